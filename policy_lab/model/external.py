"""Numbers and names that a model takes from files beside it, read once: GET DIRECT and GET XLS of every kind.

PySD's own readers decide what a direction, a missing value or a transposed table means. They are kept from the disk:
every file comes through the guard of `policy_lab.model.beside`, and their cells from `policy_lab.model.cells`, so that
a cell that holds no number is a fault with its address instead of a silent NaN.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pysd.py_backend import external
from pysd.translators.structures import abstract_expressions as ae

from policy_lab.errors import clipped
from policy_lab.model import expression as ex
from policy_lab.model.beside import Beside, BesideError, read_beside
from policy_lab.model.cells import (
    Box,
    Sheet,
    address,
    column_number,
    not_a_number,
    number_of,
    place_of,
    separator_of,
    text_sheet,
)
from policy_lab.model.types import Origin
from policy_lab.model.workbooks import Workbook, open_workbook

Array = NDArray[np.float64]
Keyword: TypeAlias = Literal["interpolate", "hold_backward", "look_forward", "raw"]

FUNCTIONS: Mapping[type, str] = {
    ae.GetConstantsStructure: "GET DIRECT CONSTANTS",
    ae.GetDataStructure: "GET DIRECT DATA",
    ae.GetLookupsStructure: "GET DIRECT LOOKUPS",
}
LONGEST_ELEMENT = 200
_TEXTS = (".csv", ".tab", ".txt")


@dataclass(frozen=True)
class Tables:
    """The files that one model names, each opened once. Kept for the length of one reading."""

    folder: Path
    _files: dict[str, Beside] = field(default_factory=dict)
    _books: dict[str, Workbook] = field(default_factory=dict)
    _sheets: dict[tuple[str, str], Sheet] = field(default_factory=dict)

    @property
    def files(self) -> tuple[tuple[str, str], ...]:
        """Name and SHA-256 of each file that was read, in the order of the alphabet."""
        return tuple(sorted({(one.name, one.digest) for one in self._files.values()}))

    def sheet(self, file: str, tab: str) -> Sheet:
        """Return one sheet of a file, or a text table taken apart at the sign ``tab``."""
        found = self.file(file)
        key = (found.name, tab)
        if key not in self._sheets:
            with _Place(f"`{clipped(file)}`"):
                text = found.suffix in _TEXTS
                read = text_sheet(found.raw, separator_of(found.suffix, tab)) if text else self._book(found).sheet(tab)
            self._sheets[key] = read
        return self._sheets[key]

    def box(self, file: str, tab: str, name: str) -> Box:
        """Return the cells that a spreadsheet gives a name to."""
        found = self.file(file)
        with _Place(f"`{clipped(file)}`"):
            if found.suffix not in (".xlsx", ".xlsm"):
                what = f"`{clipped(name, 40)}` is no cell such as B2, and only an .xlsx file gives names to cells"
                raise BesideError(what)
            return self._book(found).cells_named(tab, name)

    def shown_sheet(self, file: str, tab: str) -> str:
        """Return the sheet, or the separator, as it was understood."""
        found = self.file(file)
        return separator_of(found.suffix, tab) if found.suffix in _TEXTS else self._book(found).spelled(tab)

    def file(self, file: str) -> Beside:
        """Return the content of a file, read once."""
        if file not in self._files:
            self._files[file] = read_beside(self.folder, file)
        return self._files[file]

    def _book(self, file: Beside) -> Workbook:
        if file.name not in self._books:
            self._books[file.name] = open_workbook(file)
        return self._books[file.name]


@dataclass(frozen=True)
class Points:
    """One series for each element of an equation, over the same ``x``; ``notes`` say what was filled or left out."""

    x: tuple[float, ...]
    columns: tuple[tuple[float, ...], ...]
    notes: tuple[str, ...]


def read_constant(tables: Tables, tree: ae.GetConstantsStructure, lengths: Sequence[int]) -> ex.Number | ex.Array:
    """Read the cells of a constant.

    Parameters
    ----------
    tables
        The files of the model.
    tree
        What the equation names.
    lengths
        Elements in each subscript of its left-hand side.

    Raises
    ------
    BesideError
        When a file, a sheet or a cell cannot be read, or a cell is empty or holds no number.
    """
    file, tab, cell = _arguments(tree)
    reader = _Constant(file, tab, cell, _coordinates(lengths), tables.folder, _coordinates(lengths), "")
    value = np.asarray(_read(reader, tables, lengths, most=2), dtype=float)
    if not lengths:
        return ex.Number(float(value))
    return ex.Array(tuple(value.ravel().tolist()), tuple(lengths))


def read_points(
    tables: Tables,
    tree: ae.GetDataStructure | ae.GetLookupsStructure,
    lengths: Sequence[int],
    keyword: Keyword = "interpolate",
) -> Points:
    """Read the points of a data variable or a lookup, one series for each element, in row-major order.

    Parameters
    ----------
    keyword
        How values that are missing between others are filled, and what holds between points.

    Raises
    ------
    BesideError
        When a file, a sheet or a cell cannot be read, a cell holds a text beside a time, or no time has a value.
    """
    file, tab, along, cell = _arguments(tree)
    coordinates = _coordinates(lengths)
    if isinstance(tree, ae.GetDataStructure):
        reader: Any = _Data(file, tab, along, cell, keyword, coordinates, tables.folder, coordinates, "")
    else:
        reader = _Lookup(file, tab, along, cell, coordinates, tables.folder, coordinates, "")
    found = _read(reader, tables, lengths, most=1)
    x = np.asarray(found.coords[found.dims[0]].values, dtype=float)
    columns = np.asarray(found.values, dtype=float).reshape(len(x), -1).T
    return Points(tuple(x.tolist()), tuple(tuple(column.tolist()) for column in columns), tuple(reader.notes))


def read_elements(tables: Tables, definition: Mapping[str, str]) -> list[str]:
    """Read the elements of a subscript range that GET DIRECT SUBSCRIPT names.

    Raises
    ------
    BesideError
        When the cells cannot be read, hold nothing, or hold what can be no name.
    """
    elements = list(_Subscript(tables, definition).subscript)
    if not elements:
        raise BesideError(f"`{clipped(definition['file'])}` holds no elements there")
    for one in elements:
        if not one.strip() or len(one) > LONGEST_ELEMENT or not one.isprintable():
            raise BesideError(f"`{clipped(one, 40)}` in `{clipped(definition['file'])}` can be no name of an element")
    return elements


def origin_of(tables: Tables, tree: Any) -> Origin:
    """Return where the numbers of an equation stand."""
    file, tab, *along, cell = _arguments(tree)
    return Origin(FUNCTIONS[type(tree)], file, tables.shown_sheet(file, tab), cell, along[0] if along else "")


def _arguments(tree: Any) -> list[str]:
    """Return the arguments of GET DIRECT …, which have to be quoted texts."""
    given = [*vars(tree).values()]
    if not all(isinstance(one, str) for one in given):
        raise BesideError(f"{FUNCTIONS[type(tree)]} takes texts in single quotes")
    if not all(one.strip() for one in (given[0], *given[2:])):
        raise BesideError(f"{FUNCTIONS[type(tree)]} needs a file and its cells")
    return [given[0], given[1], *(one.strip() for one in given[2:])]


def _coordinates(lengths: Sequence[int]) -> dict[str, list[str]]:
    return {f"d{place}": [str(one) for one in range(length)] for place, length in enumerate(lengths)}


def _read(reader: Any, tables: Tables, lengths: Sequence[int], most: int) -> Any:
    """Let a reader of PySD's read; what it refuses beyond what we look at ourselves is told in its last words."""
    if sum(length > 1 for length in lengths) > most:
        raise BesideError(
            f"{most} of the subscripts may run over several elements here, {sum(n > 1 for n in lengths)} do",
            "Write an equation for each element of the others.",
        )
    reader.tables = tables
    try:
        reader.initialize()
    except BesideError:
        raise
    except ValueError as error:
        told = str(error).strip().splitlines() or ["cannot be read"]
        raise BesideError(f"the cells cannot be read: {clipped(told[-1], 100)}") from error
    return reader.data


class _Place:
    """Says in every fault which file it is about."""

    def __init__(self, place: str) -> None:
        self._place = place

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, BesideError):
            raise BesideError(f"{self._place}: {error}", error.remedy, error.nearest) from error


class _Guarded:
    """What stands before PySD's readers: cells come from `Tables`, and nothing else is opened."""

    missing = "ignore"
    tables: Tables
    file: str
    tab: str

    def _resolve_file(self, root: object) -> None:
        self.tables.sheet(self.file, self.tab)

    def _sheet(self) -> Sheet:
        return self.tables.sheet(self.file, self.tab)

    def _fault(self, what: str, row: int, column: int, remedy: str = "") -> BesideError:
        return BesideError(f"{what} (cell {address(row, column)} of `{clipped(self.file)}`)", remedy)


class _Constant(_Guarded, external.ExtConstant):
    """PySD's reader of constants, every cell of which has to hold a number."""

    def _get_data_from_file(self, rows: Sequence[int], cols: Sequence[int]) -> Any:
        data = np.array([[self._number(row, column) for column in range(*cols)] for row in range(*rows)], dtype=float)
        data = data[:, 0] if data.shape[1] == 1 else data
        return data[0] if data.shape[0] == 1 else data

    def _get_data_from_file_opyxl(self, cellname: str) -> tuple[Any, list[int]]:
        box = self.tables.box(self.file, self.tab, cellname)
        rows, columns = [box.top, box.bottom + 1], [box.left, box.right + 1]
        return self._get_data_from_file(rows, columns), [rows[1] - rows[0], columns[1] - columns[0]]

    def _number(self, row: int, column: int) -> float:
        cell = self._sheet().at(row, column)
        number = number_of(cell)
        if number is None:
            raise self._fault(not_a_number(str(cell)), row, column)
        if np.isnan(number):
            raise self._fault("a number is due, and the cell is empty", row, column)
        return number


class _Along(_Guarded):
    """What data and lookups share: a row or column of times or x values, and values along it."""

    notes: tuple[str, ...] = ()
    cell: str

    def _get_series_data(
        self, series_across: str, series_row_or_col: str, cell: str, size: int
    ) -> tuple[Array, NDArray[np.float64]]:
        along, values, lying = self._boxes(series_across, series_row_or_col, cell, size)
        axis = [*itertools.product(range(along.top, along.bottom + 1), range(along.left, along.right + 1))]
        x = np.full(len(axis), np.nan)
        y = np.full((len(axis), size), np.nan)
        beside = 0
        sheet = self._sheet()
        for place, (row, column) in enumerate(axis):
            at = number_of(sheet.at(row, column))
            known = at is not None and not math.isnan(at)
            for item in range(size):
                to = (values.top + item, values.left + place) if lying else (values.top + place, values.left + item)
                found = number_of(sheet.at(*to))
                if found is None and known:
                    raise self._fault(not_a_number(str(sheet.at(*to))), *to)
                if at is None and (found is None or not math.isnan(found)):
                    raise self._fault(not_a_number(str(sheet.at(row, column))), row, column)
                if found is not None:
                    y[place, item] = found
                    beside += not known and not math.isnan(found)
            if known:
                x[place] = at
        self._check(x, y, beside)
        return x, y

    def _boxes(self, across: str, along: str, cell: str, size: int) -> tuple[Box, Box, bool]:
        """Return where the axis stands, where the values do, and whether they lie in rows."""
        sheet = self._sheet()
        if across == "name":
            return self._named(along, cell, size)
        start = place_of(cell)
        if start is None:
            raise BesideError(f"`{clipped(cell, 40)}` is no cell such as B2")
        top, left = start
        if across == "row":
            row, last = int(along) - 1, max(sheet.width - 1, left)
            if row < 0:
                raise BesideError("rows are counted from 1")
            return Box(row, left, row, last), Box(top, left, top + size - 1, last), True
        if not (along.isascii() and along.isalpha() and len(along) <= 3):
            raise BesideError(f"`{clipped(along, 40)}` is neither a row such as 1 nor a column such as A")
        column, last = column_number(along), max(len(sheet.rows) - 1, top)
        return Box(top, column, last, column), Box(top, left, last, left + size - 1), False

    def _named(self, along: str, cell: str, size: int) -> tuple[Box, Box, bool]:
        axis, values = (self.tables.box(self.file, self.tab, name) for name in (along, cell))
        lying = axis.right > axis.left
        if lying and axis.bottom > axis.top:
            raise BesideError(f"`{clipped(along, 40)}` of `{clipped(self.file)}` is a table, and a line of it is due")
        length = axis.right - axis.left + axis.bottom - axis.top + 1
        tall, wide = values.bottom - values.top + 1, values.right - values.left + 1
        if (wide, tall) != (length, size) if lying else (tall, wide) != (length, size):
            what = f"`{clipped(cell, 40)}` has {tall} × {wide} cells; {size} values at each of {length} points are due"
            raise BesideError(what)
        return axis, values, lying

    def _check(self, x: Array, y: NDArray[np.float64], beside: int) -> None:
        known = ~np.isnan(x)
        if not known.any():
            raise BesideError(f"no numbers along `{clipped(self.cell, 40)}` of `{clipped(self.file)}` to read it at")
        rising = np.sort(x[known])
        twice = rising[:-1][np.diff(rising) == 0]
        if twice.size:
            raise BesideError(f"`{clipped(self.file)}` has more than one value at {twice[0]:g}")
        gaps = np.isnan(y[known])
        if gaps.all(axis=0).any():
            raise BesideError(f"no values at `{clipped(self.cell, 40)}` of `{clipped(self.file)}`")
        notes = [f"{gaps.sum()} of {gaps.size} values are missing in {self.file}"] if gaps.any() else []
        if beside:
            notes.append(f"{beside} value{'s' * (beside > 1)} without a time or x in {self.file} left out")
        self.notes = (*self.notes, *notes)


class _Data(_Along, external.ExtData):
    """PySD's reader of data variables."""


class _Lookup(_Along, external.ExtLookup):
    """PySD's reader of lookups."""


class _Subscript(_Guarded, external.ExtSubscript):
    """PySD's reader of the elements of a range."""

    def __init__(self, tables: Tables, definition: Mapping[str, str]) -> None:
        self.tables = tables
        given = {name: definition[name].strip() for name in ("firstcell", "lastcell")}
        if not given["firstcell"]:
            raise BesideError("GET DIRECT SUBSCRIPT needs a first cell")
        super().__init__(definition["file"], definition["tab"], **given, prefix=definition["prefix"], root=None)

    def get_subscripts_cell(self, row_first: int, col_first: int, lastcell: str) -> NDArray[np.object_]:
        sheet = self._sheet()
        bottom, right = max(len(sheet.rows) - 1, row_first), max(sheet.width - 1, col_first)
        last = place_of(lastcell)
        if last is not None:
            bottom, right = last
        elif lastcell.isascii() and lastcell.isdigit():
            bottom = int(lastcell) - 1
        elif lastcell.isascii() and lastcell.isalpha() and len(lastcell) <= 3:
            right = column_number(lastcell)
        elif lastcell:
            raise BesideError(f"`{clipped(lastcell, 40)}` is neither a cell such as B2, a row nor a column")
        return self._names(Box(row_first, col_first, min(bottom, len(sheet.rows) - 1), min(right, sheet.width - 1)))

    def get_subscripts_name(self, cellname: str) -> NDArray[np.object_]:
        return self._names(self.tables.box(self.file, self.tab, cellname))

    def _names(self, box: Box) -> NDArray[np.object_]:
        sheet = self._sheet()
        cells = [sheet.at(*at) for at in itertools.product(*_spans(box))]
        found = [f"{cell:.17g}" if isinstance(cell, float) else cell for cell in cells if cell is not None]
        return np.array(found, dtype=object)


def _spans(box: Box) -> tuple[range, range]:
    return range(box.top, box.bottom + 1), range(box.left, box.right + 1)
