"""Figures from a CSV table, on the clock of a run: what a path is held against, or what drives it."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.study.check_schema import Check, FromTable
from policy_lab.study.table_files import table_path


def tables_of(check: Check) -> Iterator[FromTable]:
    """Yield the tables that a check reads: what drives its runs, and what stands beside them."""
    usual = check.expect.effect
    conditions = [check.when, check.against, *((usual.when, usual.against) if usual else ())]
    for condition in conditions:
        values = condition.over_time.values() if condition is not None else ()
        yield from (one for one in values if isinstance(one, FromTable))
    for figures in (check.expect.data, check.beside):
        if figures is not None and figures.table is not None:
            yield figures.table


def table_points(folder: Path, wanted: FromTable) -> tuple[np.ndarray, np.ndarray]:
    """Return times (in the run's time unit) and figures out of a table, in the order of time.

    Parameters
    ----------
    folder
        The study's.
    wanted
        Which rows and columns.

    Raises
    ------
    InputError
        When the table, a column or every row is missing, a cell holds no number or a time comes twice.
    """
    path = table_path(folder, wanted.table)
    points = sorted(_rows(path, wanted))
    if not points:
        asked = ", ".join(f"{column} = {value}" for column, value in wanted.where.items())
        raise InputError(Problem(what=f"no row gives a figure{f' for {asked}' if asked else ''}", file=path))
    at = np.array([point[0] for point in points])
    if (np.diff(at) <= 0).any():
        again = at[:-1][np.diff(at) <= 0][0]
        raise InputError(
            Problem(what=f"more than one row for {wanted.time} {again:g}", file=path, remedy="Name more in `where`.")
        )
    return (at - wanted.origin) * wanted.period, np.array([point[1] for point in points]) * wanted.times


def _rows(path: Path, wanted: FromTable) -> Iterator[tuple[float, float]]:
    with path.open(encoding="utf-8-sig", newline="") as text:
        reader = csv.DictReader(text)
        columns = tuple(reader.fieldnames or ())
        missing = [name for name in (*wanted.where, wanted.time, wanted.value) if name not in columns]
        if missing:
            raise InputError(
                *(
                    Problem(what=f"no column `{name}`", file=path, line=1, nearest=nearest_names(name, columns))
                    for name in missing
                )
            )
        for row in reader:
            if any((row[column] or "").strip() != value for column, value in wanted.where.items()):
                continue
            if not (row[wanted.value] or "").strip():
                continue
            at = _number(path, reader.line_num, wanted.time, row[wanted.time])
            if at >= _or(wanted.since, -math.inf) and at <= _or(wanted.until, math.inf):
                yield at, _number(path, reader.line_num, wanted.value, row[wanted.value])


def _or(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value


def _number(path: Path, line: int, column: str, cell: str | None) -> float:
    try:
        number = float(cell or "")
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InputError(Problem(what=f"`{column}` holds no number: `{cell}`", file=path, line=line))
    return number
