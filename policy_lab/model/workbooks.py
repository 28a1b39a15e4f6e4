"""Spreadsheets beside a model, opened for the values of their cells alone.

``.xlsx``, ``.xlsm`` and ``.ods`` are archives of XML: they are looked through before anything is parsed, so that one
that expands beyond a limit or declares a document type is refused. Formulas, macros, links and pictures are never
looked at; the value that a formula had when the file was saved is the value of its cell.
"""

from __future__ import annotations

import io
import math
import re
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from policy_lab.errors import clipped, nearest_names
from policy_lab.model.beside import Beside, BesideError
from policy_lab.model.cells import MOST_CELLS, TALLEST, WIDEST, Box, Cell, Sheet, place_of, sheet_of

EXPANDED: Final = 100_000_000
"""Bytes of all parts of a spreadsheet together, once they are expanded."""
MOST_PARTS: Final = 2_000

_ENCODING = re.compile(rb"^<\?xml[^>]*?encoding\s*=\s*[\"']([^\"']*)[\"']")
_ENCODINGS = frozenset([b"utf-8", b"utf-16", b"us-ascii", b"ascii"])
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"


@dataclass(frozen=True)
class Named:
    """A name that a spreadsheet gives to a rectangle of cells of one sheet; ``only`` is the sheet that knows it."""

    name: str
    sheet: str
    box: Box
    only: str = ""


@dataclass(frozen=True)
class Workbook:
    """A spreadsheet: the names of its sheets, the names that it gives to cells, and ``rows`` to read one sheet by."""

    sheets: tuple[str, ...]
    named: tuple[Named, ...]
    rows: Callable[[str], Iterator[Sequence[Cell]]]

    def sheet(self, name: str) -> Sheet:
        """Read one sheet; case does not count in its name.

        Raises
        ------
        BesideError
            When there is none of that name, it is beyond the limits, or it cannot be read.
        """
        spelled = self.spelled(name)
        return _foreign(lambda: sheet_of(spelled, self.rows(spelled)))

    def spelled(self, name: str) -> str:
        """Return the name of a sheet as the file spells it."""
        if name in self.sheets:
            return name
        for one in self.sheets:
            if one.casefold() == name.strip().casefold():
                return one
        raise BesideError(f"no sheet `{clipped(name, 40)}` in it", nearest=nearest_names(name, self.sheets))

    def cells_named(self, sheet: str, name: str) -> Box:
        """Return the rectangle of a name on a sheet: the sheet's own names go before those of the whole file."""
        spelled = self.spelled(sheet)
        fitting = [one for one in self.named if one.name.casefold() == name.casefold() and one.sheet == spelled]
        fitting.sort(key=lambda one: one.only != spelled)
        if not fitting or fitting[0].only not in ("", spelled):
            known = [one.name for one in self.named if one.sheet == spelled]
            what = f"`{clipped(name, 40)}` is neither a cell nor a range that the sheet `{clipped(spelled, 40)}` names"
            raise BesideError(what, nearest=nearest_names(name, known))
        return fitting[0].box


def open_workbook(file: Beside) -> Workbook:
    """Open a spreadsheet; its cells are read when a sheet is asked for.

    Raises
    ------
    BesideError
        When it is none, expands beyond `EXPANDED`, holds a document type declaration or is encrypted.
    """
    if file.suffix == ".xls":
        return _foreign(lambda: _xls(file.raw))
    _look_through(file.raw)
    return _foreign(lambda: (_ods if file.suffix == ".ods" else _xlsx)(file.raw))


def _foreign(read: Callable[[], Any]) -> Any:
    """Call a reader of a foreign format; whatever it raises on a file that is not whole is one clear fault."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of parts that are not read: validation, styles, pictures
            return read()
    except (BesideError, MemoryError):
        raise
    except Exception as error:
        raise BesideError("it is no spreadsheet of its kind, or not a whole one", "Save it anew.") from error


def _look_through(raw: bytes) -> None:
    """Refuse an archive that expands beyond the limits, is encrypted, or holds XML that could name other files."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > EXPANDED:
                what = f"it expands to more than {EXPANDED:,} bytes or {MOST_PARTS:,} parts"
                raise BesideError(what, "Keep the tables of a model in a file of their own.")
            if any(part.flag_bits & 1 for part in parts):
                raise BesideError("it is encrypted", "Save it without a password.")
            if any(part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for part in parts):
                raise BesideError("it is packed in a way that no spreadsheet program uses", "Save it anew.")
            for part in parts:
                _look_at(archive.read(part), named_xml=part.filename.lower().endswith((".xml", ".rels", ".vml")))
    except BesideError:
        raise
    except Exception as error:  # zipfile raises a dozen kinds on an archive that is not whole
        raise BesideError("it is no spreadsheet of its kind, or not a whole one", "Save it anew.") from error


def _look_at(part: bytes, *, named_xml: bool) -> None:
    plain = part.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe")  # UTF-16 without zeros is good enough to search
    encoding = _ENCODING.match(plain)
    known = encoding is None or encoding.group(1).lower() in _ENCODINGS
    if named_xml and not plain.lstrip().startswith(b"<") and plain.strip():
        known = False
    if not known or b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
        raise BesideError("it declares a document type or an encoding that no spreadsheet program writes")


def _xlsx(raw: bytes) -> Workbook:
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(raw), read_only=True, data_only=True, keep_links=False, keep_vba=False)
    sheets = {sheet.title: sheet for sheet in book.worksheets}

    def rows(name: str) -> Iterator[Sequence[Cell]]:
        sheets[name].reset_dimensions()  # what a file says of its own size is not believed
        return ([_cell(value) for value in row] for row in sheets[name].iter_rows(values_only=True))

    named = [*_named(book.defined_names, "")]
    for title, sheet in sheets.items():
        named += _named(sheet.defined_names, title)
    return Workbook(tuple(sheets), tuple(named), rows)


def _named(names: Mapping[str, Any], only: str) -> Iterator[Named]:
    for name, defined in names.items():
        places = [*defined.destinations] if defined.type == "RANGE" else []
        if len(places) != 1:
            continue
        sheet, cells = places[0]
        first, _, last = cells.replace("$", "").partition(":")
        start, end = place_of(first), place_of(last or first)
        if start is not None and end is not None and start <= end:
            yield Named(name, sheet, Box(*start, *end), only)


def _xls(raw: bytes) -> Workbook:
    import xlrd

    book = xlrd.open_workbook(file_contents=raw, logfile=io.StringIO(), on_demand=True, ragged_rows=True)

    def value(cell: Any) -> Cell:
        if cell.ctype == xlrd.XL_CELL_DATE:
            return _cell(xlrd.xldate_as_datetime(cell.value, book.datemode))
        if cell.ctype == xlrd.XL_CELL_BOOLEAN:
            return _cell(bool(cell.value))
        if cell.ctype == xlrd.XL_CELL_ERROR:
            return str(xlrd.error_text_from_code.get(cell.value, "an error"))
        return _cell(cell.value or (cell.value if cell.ctype == xlrd.XL_CELL_NUMBER else None))

    def rows(name: str) -> Iterator[Sequence[Cell]]:
        sheet = book.sheet_by_name(name)
        return ([value(cell) for cell in sheet.row(place)] for place in range(sheet.nrows))

    return Workbook(tuple(book.sheet_names()), (), rows)


def _ods(raw: bytes) -> Workbook:
    from lxml import etree

    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        content = archive.read("content.xml")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    tree = etree.fromstring(content, parser)
    tables = {str(table.get(f"{_TABLE}name")): table for table in tree.iter(f"{_TABLE}table")}

    def rows(name: str) -> Iterator[Sequence[Cell]]:
        return _ods_rows(tables[name])

    return Workbook(tuple(tables), (), rows)


def _ods_rows(table: Any) -> Iterator[Sequence[Cell]]:
    empty = 0  # rows that are passed over only if nothing follows: files end with a million of them
    for node in table.iter(f"{_TABLE}table-row"):
        cells: list[Cell] = []
        gap = 0
        for part in node.iterchildren(f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
            value, times = _ods_cell(part), _times(part, "number-columns-repeated")
            if value is None:
                gap += times
                continue
            if len(cells) + gap + times > WIDEST:
                raise BesideError(f"a row has more than {WIDEST:,} columns, the limit")
            cells += [None] * gap + [value] * times
            gap = 0
        times = _times(node, "number-rows-repeated")
        if not cells:
            empty += times
            continue
        if empty + times > TALLEST or len(cells) * times > MOST_CELLS:
            raise BesideError(f"a sheet goes on beyond {TALLEST:,} rows or {MOST_CELLS:,} cells")
        yield from ([] for _ in range(empty))
        yield from (cells for _ in range(times))
        empty = 0


def _times(node: Any, attribute: str) -> int:
    return max(1, int(node.get(f"{_TABLE}{attribute}", "1")))


def _ods_cell(node: Any) -> Cell:
    kind = node.get(f"{_OFFICE}value-type")
    if kind in ("float", "percentage", "currency"):
        return _cell(float(node.get(f"{_OFFICE}value", "nan")))
    if kind is None:
        return None
    for attribute in ("date-value", "time-value", "boolean-value", "string-value"):
        if node.get(f"{_OFFICE}{attribute}") is not None:
            return str(node.get(f"{_OFFICE}{attribute}")) or None
    return "\n".join("".join(part.itertext()) for part in node.iterchildren(f"{_TEXT}p")).strip() or None


def _cell(value: Any) -> Cell:
    """Return what a reader gives for a cell as a number, a text or nothing: dates and truth values are texts."""
    if value is None or isinstance(value, str):
        return value.strip() or None if value else None
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return float(value) if math.isfinite(value) else "an endless number"
    return str(value)
