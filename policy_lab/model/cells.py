"""Tables as cells: what a number is, where a cell stands, and text files (CSV, tab-separated) taken apart.

A cell is a number, a text or nothing. Nothing in it is computed: a text that begins with ``=`` is a text.
"""

from __future__ import annotations

import codecs
import csv
import io
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from policy_lab.errors import clipped
from policy_lab.model.beside import BesideError

Cell: TypeAlias = "float | str | None"

WIDEST: Final = 18_278
"""Columns of a sheet: the last has the name ZZZ, the last that a cell address can name."""
TALLEST: Final = 1_048_576
"""Rows of a sheet, as many as spreadsheet programs hold."""
MOST_CELLS: Final = 4_000_000
"""Cells of a sheet, counted as its rows times its columns."""
MISSING: Final = frozenset(
    ["", "#N/A", "#N/A N/A", "#NA", "-NaN", "-nan", "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"]
)
"""Texts that say that there is no value."""

_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\Z")
_ADDRESS = re.compile(r"([A-Za-z]{1,3})([1-9][0-9]{0,6})\Z")


@dataclass(frozen=True)
class Sheet:
    """The cells of one sheet: ``rows`` may differ in length; ``width`` is that of the longest."""

    name: str
    rows: tuple[tuple[Cell, ...], ...]
    width: int

    def at(self, row: int, column: int) -> Cell:
        """Return a cell, counted from 0; there is nothing beyond the last."""
        if not 0 <= row < len(self.rows) or not 0 <= column < len(self.rows[row]):
            return None
        return self.rows[row][column]


@dataclass(frozen=True)
class Box:
    """A rectangle of cells, counted from 0; the last row and column are part of it."""

    top: int
    left: int
    bottom: int
    right: int


def sheet_of(name: str, rows: Iterable[Sequence[Cell]]) -> Sheet:
    """Return rows as a sheet, without what is empty at their ends; the limits of a sheet are held while they come.

    Raises
    ------
    BesideError
        When there are more than `TALLEST` rows, `WIDEST` columns or `MOST_CELLS` cells.
    """
    kept: list[tuple[Cell, ...]] = []
    width = seen = 0
    for place, row in enumerate(rows):
        seen += len(row) + 1
        if place >= TALLEST or seen > 4 * MOST_CELLS:
            raise BesideError(f"a sheet goes on beyond {TALLEST:,} rows or {4 * MOST_CELLS:,} cells")
        end = len(row)
        while end and row[end - 1] is None:
            end -= 1
        width = max(width, end)
        kept.append(tuple(row[:end]))
        if width > WIDEST:
            raise BesideError(f"a row has {width:,} columns; the limit is {WIDEST:,}")
        if end and len(kept) * width > MOST_CELLS:
            raise BesideError(f"a sheet of {len(kept):,} rows × {width:,} columns; the limit is {MOST_CELLS:,} cells")
    while kept and not kept[-1]:
        kept.pop()
    return Sheet(name, tuple(kept), width)


def text_sheet(raw: bytes, separator: str) -> Sheet:
    """Take a text table apart at one sign; cells in double quotes may hold it.

    Raises
    ------
    BesideError
        When the text is not UTF-8 (or UTF-16 with its mark), or beyond the limits of a sheet.
    """
    text = _decoded(raw)
    widest = max((line.count(separator) for line in text.split("\n")), default=0) + 1
    if widest > WIDEST:
        raise BesideError(f"a row has {widest:,} columns; the limit is {WIDEST:,}")
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        return sheet_of("", ([cell.strip() or None for cell in line] for line in lines))
    except csv.Error as error:
        raise BesideError(f"line {lines.line_num} cannot be taken apart: {error}") from error


def separator_of(suffix: str, given: str) -> str:
    """Return the sign between the cells of a text table: the one that a model names, or the kind's own.

    A name that begins with a letter or a digit is that of a sheet, which a text table does not have.

    Raises
    ------
    BesideError
        When more than one sign is given.
    """
    if not given or given[0].isalnum():
        return "," if suffix == ".csv" else "\t"
    sign = "\t" if given == "\\t" else given
    if len(sign) > 1 or sign in '"\r\n':
        raise BesideError(f"`{clipped(given, 20)}` does not separate cells; give one sign, as `,` or `;`")
    return sign


def number_of(cell: Cell) -> float | None:
    """Return the number that a cell holds, NaN where it says that there is none, or None where it holds a text."""
    if cell is None:
        return math.nan
    if isinstance(cell, float):
        return cell
    text = cell.strip()
    if text in MISSING:
        return math.nan
    number = float(text) if _DECIMAL.match(text) else math.inf
    return number if math.isfinite(number) else None


def not_a_number(text: str) -> str:
    """Say what stands where a number is due, and what may have been meant."""
    shown = f"`{clipped(text, 30)}` is not a number"
    if text.startswith("="):
        return f"{shown} but a formula, and formulas are not computed"
    if re.fullmatch(r"[+-]?[0-9.]*,[0-9]+", text.strip()):
        return f"{shown}: it has a comma where a point is due"
    return shown


def column_number(name: str) -> int:
    """Return the place of a column (``A`` is 0, ``AA`` 26)."""
    number = 0
    for letter in name.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def column_name(number: int) -> str:
    """Return the letters of a column, counted from 0."""
    name = ""
    number += 1
    while number:
        number, letter = divmod(number - 1, 26)
        name = chr(ord("A") + letter) + name
    return name


def address(row: int, column: int) -> str:
    """Return the name of a cell, counted from 0: ``B2`` is (1, 1)."""
    return f"{column_name(column)}{row + 1}"


def place_of(cell: str) -> tuple[int, int] | None:
    """Return row and column of an address, counted from 0; None where the text is none, and so a name."""
    found = _ADDRESS.match(cell.strip())
    return (int(found.group(2)) - 1, column_number(found.group(1))) if found else None


def _decoded(raw: bytes) -> str:
    encoding = "utf-16" if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise BesideError(
            f"line {line} is not valid {'UTF-16' if encoding == 'utf-16' else 'UTF-8'}", "Save it as UTF-8."
        ) from error
    if "\0" in text:
        raise BesideError("it holds binary content; this is not a text table")
    return text
