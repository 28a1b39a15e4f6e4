"""The rows of a table that a user names: CSV, tab-separated text or the first sheet of a spreadsheet."""

from __future__ import annotations

import csv
from pathlib import Path

from policy_lab.errors import InputError, Problem

Rows = list[tuple[int, list[str]]]
"""Line and cells of each row that holds something."""


def table_rows(path: Path) -> Rows:
    """Read the rows of a table as texts, the first one its header; a table whose times lie in a row is turned.

    Parameters
    ----------
    path
        ``.csv``, ``.tab``, ``.txt``, ``.xls``, ``.xlsx``, ``.xlsm`` or ``.ods``; anything else is read as CSV.

    Raises
    ------
    InputError
        When the file cannot be read as a table.
    """
    from policy_lab.model.beside import SUFFIXES

    other = path.suffix.lower() in SUFFIXES and path.suffix.lower() != ".csv"
    rows = _cells(path) if other else _csv(path)
    header = rows[0][1] if rows else []
    if len(header) > 1 and all(_is_number(cell) for cell in header[1:]) and len({len(row) for _, row in rows}) == 1:
        return [(0, list(column)) for column in zip(*(row for _, row in rows), strict=True)]
    return rows


def _csv(path: Path) -> Rows:
    try:
        with path.open(encoding="utf-8-sig", newline="") as text:
            reader = csv.reader(text, strict=True)
            header = [(1, [cell.strip() for cell in next(reader, [])])]
            return header + [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(Problem(what=f"cannot be read as a CSV table: {error}", file=path)) from error


def _cells(path: Path) -> Rows:
    from policy_lab.model.beside import BesideError, read_beside
    from policy_lab.model.cells import text_sheet
    from policy_lab.model.workbooks import open_workbook

    whole = path.resolve()  # the user's own choice of a file may be a link
    try:
        file = read_beside(whole.parent, whole.name)
        if file.suffix in (".tab", ".txt"):
            sheet = text_sheet(file.raw, "\t")
        else:
            book = open_workbook(file)
            sheet = book.sheet(next(iter(book.sheets), ""))
    except BesideError as error:
        raise InputError(Problem(f"cannot be read as a table: {error}", file=path, remedy=error.remedy)) from error
    texts = [["" if cell is None else f"{cell}" for cell in row] for row in sheet.rows]
    full = [row + [""] * (sheet.width - len(row)) for row in texts]
    return [(line, row) for line, row in enumerate(full, start=1) if line == 1 or any(row)]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
