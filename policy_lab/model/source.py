"""A model file as text: bytes decoded without losing a character, and refused where they are no model at all."""

from __future__ import annotations

import codecs
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from policy_lab.errors import InputError, Problem

VENSIM_SUFFIXES = (".mdl",)
XMILE_SUFFIXES = (".xmile", ".stmx", ".itmx", ".xml")
LARGEST_FILE = 50_000_000

_HEADER = re.compile(rb"^\{([A-Za-z0-9_\-]+)\}")
_PICKLE = re.compile(rb"^\x80[\x02-\x05]")
_BINARY = re.compile(r"[\x00-\x08\x0e-\x1f]")


@dataclass(frozen=True)
class Source:
    """The text of one model file; ``digest`` is the SHA-256 of its bytes.

    The text of an XML file is its bytes read as Latin-1, one character a byte: the XML parser decodes them itself.
    """

    path: Path
    text: str
    digest: str
    warnings: tuple[Problem, ...] = ()


def read_source(path: str | Path) -> Source:
    """Read and decode a model file.

    Raises
    ------
    InputError
        When the file is missing, too large, empty, binary or of an unknown kind.
    """
    path = Path(path)
    raw = _read_bytes(path)
    if path.suffix.lower() in XMILE_SUFFIXES:
        return Source(path, _printable(raw.decode("latin-1"), path), _digest(raw))  # lxml decodes as the file declares
    text, warnings = _decode(raw, path)
    return Source(path, _printable(text, path), _digest(raw), warnings)


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def _printable(text: str, path: Path) -> str:
    control = _BINARY.search(text)
    if control is not None:
        line = text.count("\n", 0, control.start()) + 1
        raise InputError(Problem("binary content; this is not a model file", file=path, line=line))
    return text


def _read_bytes(path: Path) -> bytes:
    if path.suffix.lower() not in VENSIM_SUFFIXES + XMILE_SUFFIXES:
        known = ", ".join(VENSIM_SUFFIXES + XMILE_SUFFIXES)
        raise InputError(Problem(f"unknown kind of model file; known are {known}", file=path))
    if not path.is_file():
        raise InputError(Problem("no such file", file=path))
    try:
        size = path.stat().st_size
        raw = path.read_bytes() if size <= LARGEST_FILE else b""
    except OSError as error:
        raise InputError(Problem(f"cannot be read: {error.strerror}", file=path)) from error
    if size > LARGEST_FILE:
        raise InputError(Problem(f"{size:,} bytes, larger than the limit of {LARGEST_FILE:,}", file=path))
    if not raw.strip():
        raise InputError(Problem("the model file is empty", file=path))
    if _PICKLE.match(raw):
        raise InputError(Problem("this is a Python pickle, not a model; it was not opened", file=path))
    return raw


def _decode(raw: bytes, path: Path) -> tuple[str, tuple[Problem, ...]]:
    """Decode by the file's own header (``{UTF-8}``), else by UTF-8, else by Windows-1252 with a warning."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", errors="replace"), ()
    raw = raw.removeprefix(codecs.BOM_UTF8)
    header = _HEADER.match(raw)
    wanted = header.group(1).decode("ascii") if header else "utf-8"
    try:
        return raw.decode(wanted), ()
    except (LookupError, UnicodeDecodeError) as error:
        place = raw.count(b"\n", 0, error.start) + 1 if isinstance(error, UnicodeDecodeError) else 1
    text = raw.decode("cp1252", errors="ignore")
    if len(text) != len(raw):  # five bytes have no meaning in Windows-1252; Latin-1 gives every byte one
        text = raw.decode("latin-1")
    warning = Problem(
        f"not valid {wanted}; read as Windows-1252, so that no character is lost",
        file=path,
        line=place,
        remedy="Save the file as UTF-8.",
    )
    return text, (warning,)
