"""What a file of ours carries: its record, and everything that it says."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from policy_lab.analysis.needed import needed
from policy_lab.errors import InputError, Problem
from policy_lab.out.brief.record import PART, read_code, read_record
from policy_lab.results.read_write import read_manifest

if TYPE_CHECKING:
    import pandas as pd

ENDINGS: Final = (".docx", ".pptx", ".html", ".odt", ".pdf", ".svg", ".png", ".csv")
_SVG: Final = "{urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0}"
LARGEST: Final = 200_000_000
"""Bytes that are read of one part of a file: a document of ours is far smaller."""


@dataclass(frozen=True)
class Carried:
    """A file read back.

    ``texts`` are what it says, in order; ``flowing``: lines are broken anew, so that only numbers can be compared;
    ``pictures`` the drawings in it; ``rows`` the cells of a table.
    """

    path: Path
    kind: Literal["briefing", "chart", "table"]
    record: dict[str, Any]
    texts: tuple[str, ...] = ()
    flowing: bool = False
    pictures: frozenset[bytes] = frozenset()
    rows: tuple[tuple[str, ...], ...] = ()
    title: str = ""

    def spelled(self, table: pd.DataFrame) -> tuple[tuple[str, ...], ...]:
        """Return the cells of a table as our own files spell them."""
        from policy_lab.out.tables import csv_text

        return tuple(tuple(row) for row in csv.reader(io.StringIO(csv_text(table))))


def carried_by(path: Path) -> Carried:
    """Read a file back.

    Raises
    ------
    InputError
        For a file that is not ours, or of a kind that carries no record.
    """
    readers = {
        ".docx": _docx, ".pptx": _pptx, ".html": _html, ".odt": _odt, ".pdf": _pdf, ".svg": _chart, ".png": _chart,
        ".csv": _table,
    }  # fmt: skip
    ending = path.suffix.lower()
    if ending not in readers:
        what = f"a {ending or 'file without an ending'} carries no record"
        raise InputError(Problem(what=what, file=path, remedy=f"Files that carry one: {', '.join(ENDINGS)}."))
    if not path.is_file():
        raise InputError(Problem(what="there is no such file", file=path))
    try:
        found = readers[ending](path)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise InputError(Problem(what=f"cannot be read as {ending}: {error}", file=path)) from error
    if not found.record:
        remedy = "Only files that policy_lab wrote can be made again."
        raise InputError(Problem(what="carries no record of policy_lab", file=path, remedy=remedy))
    return found


def _docx(path: Path) -> Carried:
    from policy_lab.out.brief.docx import texts_of_docx

    with zipfile.ZipFile(path) as packed:
        record = read_record(_inner(packed, PART.lstrip("/")).decode("utf-8"), escaped=True)
        pictures = frozenset(packed.read(name) for name in packed.namelist() if name.startswith("word/media/"))
    return Carried(path, "briefing", record, tuple(texts_of_docx(path)), pictures=pictures)


def _pptx(path: Path) -> Carried:
    from policy_lab.out.brief.pptx import texts_of_pptx

    with zipfile.ZipFile(path) as packed:
        record = read_record(_inner(packed, PART.lstrip("/")).decode("utf-8"), escaped=True)
        pictures = frozenset(packed.read(name) for name in packed.namelist() if name.startswith("ppt/media/"))
    return Carried(path, "briefing", record, tuple(texts_of_pptx(path)), pictures=pictures)


def _odt(path: Path) -> Carried:
    from lxml import etree

    with zipfile.ZipFile(path) as packed:
        record = read_code(_inner(packed, "meta.xml").decode("utf-8"))
        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        body = etree.fromstring(_inner(packed, "content.xml"), parser)
    space = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
    for words in list(body.iter(f"{_SVG}title", f"{_SVG}desc")):  # of pictures, which stand inside paragraphs
        words.text = ""
    texts = ("".join(node.itertext()) for node in body.iter(f"{space}p", f"{space}h"))
    return Carried(path, "briefing", record, tuple(text for text in texts if text.strip()))


def _pdf(path: Path) -> Carried:
    reader = needed("pypdf", "brief", "reading a PDF back").PdfReader(str(path))
    record = read_code(str((reader.metadata or {}).get("/Keywords", "")))
    return Carried(path, "briefing", record, tuple(page.extract_text() for page in reader.pages), flowing=True)


def _inner(packed: zipfile.ZipFile, name: str) -> bytes:
    if name not in packed.namelist():
        return b""
    if packed.getinfo(name).file_size > LARGEST:
        raise ValueError(f"{name} is larger than any document of ours")
    return packed.read(name)


class _Page(HTMLParser):
    """Collects what a page says, block by block, and its record; drawings and the data folded under them are left."""

    _BLOCKS = frozenset({"p", "li", "h1", "h2", "h3", "th", "td", "caption", "b", "span"})
    _SKIPPED = frozenset({"style", "svg", "details"})

    def __init__(self) -> None:
        super().__init__()
        self.record: dict[str, Any] = {}
        self.texts: list[str] = []
        self._words: list[str] = []
        self._skipping = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag == "meta" and told.get("name") == "policy_lab-record":
            self.record = read_record(told.get("content") or "")
        if tag in self._SKIPPED:
            self._skipping += 1
        if tag in self._BLOCKS:
            self._close()

    def handle_endtag(self, tag: str) -> None:
        if tag in self._SKIPPED:
            self._skipping -= 1
        if tag in self._BLOCKS:
            self._close()

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            self._words.append(data)

    def _close(self) -> None:
        text = "".join(self._words).strip()
        self._words = []
        if text:
            self.texts.append(text)


def _html(path: Path) -> Carried:
    page = _Page()
    page.feed(path.read_text(encoding="utf-8"))
    return Carried(path, "briefing", page.record, tuple(page.texts))


def _chart(path: Path) -> Carried:
    title, told = next(_named_of(path), ("", ""))
    manifest = json.loads(told) if told.startswith("{") else {}
    return Carried(path, "chart", {"manifest": manifest} if manifest else {}, title=title)


def _named_of(path: Path) -> Iterator[tuple[str, str]]:
    """Yield title and manifest of a drawing."""
    if path.suffix.lower() == ".png":
        from PIL import Image

        with Image.open(path) as image:
            yield str(image.info.get("Title", "")), str(image.info.get("Comment", ""))
        return
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    root = etree.fromstring(path.read_bytes(), parser)
    space = "{http://purl.org/dc/elements/1.1/}"
    title = root.find(f".//{space}title")
    source = root.find(f".//{space}source")
    yield (title.text or "" if title is not None else ""), (source.text or "" if source is not None else "")


def _table(path: Path) -> Carried:
    beside = path.parent / "manifest.json"
    record = {"manifest": read_manifest(beside)} if beside.is_file() else {}
    text = path.read_text(encoding="utf-8-sig")
    return Carried(path, "table", record, rows=tuple(tuple(row) for row in csv.reader(io.StringIO(text))))
