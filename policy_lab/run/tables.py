"""Tables with a `time` column: read them as inputs, write a series as one."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.model.types import Kind, Model
from policy_lab.results.files import written_whole
from policy_lab.run.table_rows import table_rows

if TYPE_CHECKING:
    from policy_lab.engine import Series
    from policy_lab.engine.digits import Accuracy

TIME = "time"


@dataclass(frozen=True)
class TimeTable:
    """A table whose first column is time. Empty cells are not-a-number."""

    path: Path
    columns: tuple[str, ...]
    time: np.ndarray
    values: np.ndarray


def read_time_table(path: Path) -> TimeTable:
    """Read a table with a ``time`` column and columns of numbers: CSV, tab-separated, or a spreadsheet's first sheet.

    The times may lie in the first row as well, with a row for each variable, as Vensim writes its results.

    Raises
    ------
    InputError
        With one problem for each cell that is no number, each row of another length, and a time that does not rise.
    """
    (_, header), *rows = table_rows(path) or [(1, [])]
    header = [cell.strip() for cell in header]
    if not header or header[0].casefold() != TIME or len(header) < 2 or len(set(header)) < len(header):
        what = f"the header has to be `{TIME}` followed by different names of variables"
        raise InputError(Problem(what=what, file=path, line=1))
    problems: list[Problem] = []
    numbers = np.array([_numbers(path, line, row, header, problems) for line, row in rows]).reshape(-1, len(header))
    if not rows:
        problems.append(Problem(what="holds no rows", file=path))
    for (line, _), step in zip(rows[1:], np.diff(numbers[:, 0]), strict=False):
        if not step > 0 and not problems:
            problems.append(Problem(what="time does not rise", file=path, line=line or None))
    if problems:
        raise InputError(*problems)
    return TimeTable(path, tuple(header[1:]), numbers[:, 0], numbers[:, 1:])


def read_data(model: Model, paths: Iterable[Path]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Read tables for a model's data variables: by variable ``(times, values)``, values of shape ``(times, *dims)``.

    Each column is a variable, or one element of it (``Name[a,b]``).

    Raises
    ------
    InputError
        For an unknown column, a variable given twice, and elements that are missing.
    """
    found: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    problems: list[Problem] = []
    for path in paths:
        table = read_time_table(path)
        names, faults = _variables(model, table)
        problems += faults
        for name in names:
            if name in found:
                problems.append(Problem(what="is given by two tables", file=path, variable=name))
                continue
            try:
                found[name] = column_values(model, table, name)
            except InputError as error:
                problems.extend(error.problems)
    missing = [name for name in waiting_for_data(model) if name not in found]
    if missing and found:
        problems.append(Problem(what=f"no table gives {', '.join(missing)}", file=model.path))
    if problems:
        raise InputError(*problems)
    return found


def waiting_for_data(model: Model) -> list[str]:
    """Return the data variables of a model whose values no file beside it gives."""
    data = [variable for variable in model.variables.values() if variable.kind is Kind.DATA]
    return [one.name for one in data if not all(component.origin for component in one.components)]


def column_values(model: Model, table: TimeTable, name: str, *, only: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Return ``(times, values)`` of one variable of a model out of a table; rows that say nothing of it are left out.

    Parameters
    ----------
    model, table, name
        The variable is named as the model spells it.
    only
        Whether a table with a single column of any name stands for a variable without subscripts.
    """
    from policy_lab.results.read_write import column_names

    wanted = column_names(name, model.elements(name))
    if only and len(wanted) == 1 and len(table.columns) == 1:
        wanted = list(table.columns)
    missing = [column for column in wanted if column not in table.columns]
    if missing:
        raise InputError(
            Problem(
                what=f"no column `{missing[0]}`",
                file=table.path,
                line=1,
                nearest=nearest_names(missing[0], table.columns),
            )
        )
    values = table.values[:, [table.columns.index(column) for column in wanted]]
    empty = np.isnan(values)
    if (empty.any(axis=1) & ~empty.all(axis=1)).any():
        raise InputError(Problem(what=f"some elements of `{name}` are empty where others are not", file=table.path))
    kept = ~empty.all(axis=1)
    if not kept.any():
        raise InputError(Problem(what=f"`{name}` has no values", file=table.path))
    shape = tuple(len(labels) for labels in model.elements(name))
    return table.time[kept], values[kept].reshape(-1, *shape)


def write_series(series: Series, path: Path, *, columns: Sequence[str] | None = None) -> Path:
    """Write a series of one run as CSV: ``time`` and a column for each element of each variable, whole or not at all.

    Parameters
    ----------
    series
        One run.
    path
        An existing file is replaced.
    columns
        Variables or single elements (``Name[a]``), in this order; everything unless told.

    Raises
    ------
    InputError
        For a column that the series does not hold, and when the file cannot be written.
    """
    table = series_columns(series)
    chosen = _chosen(table, series, columns)
    with written_whole(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([TIME, *chosen])
        matrix = np.column_stack([series.time, *(table[name] for name in chosen)])
        writer.writerows(row.tolist() for row in matrix)
    return path


def write_accuracy(found: Accuracy, path: Path) -> Path:
    """Write how many digits stand as CSV, a row for each element, whole or not at all."""
    columns = ("name", "unit", "digits", "step", "method", "time")
    with written_whole(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["element", "unit", "digits", "half the step", f"against {found.against}", "worst time"])
        writer.writerows([getattr(row, column) for column in columns] for row in found.rows)
    return path


def series_columns(series: Series) -> dict[str, np.ndarray]:
    """Return the values over time of every element of a one-run series, by its name (``Stock[a,b]``)."""
    columns: dict[str, np.ndarray] = {}
    for name, values in series.values.items():
        flat = values[0].reshape(len(series.time), -1)
        columns |= {label: flat[:, place] for place, label in enumerate(series.element_names(name))}
    return columns


def _chosen(table: Mapping[str, np.ndarray], series: Series, columns: Sequence[str] | None) -> list[str]:
    if columns is None:
        return list(table)
    chosen: dict[str, None] = {}
    problems: list[Problem] = []
    for asked in columns:
        if asked in table:
            chosen[asked] = None
            continue
        try:
            chosen |= dict.fromkeys(series.element_names(asked))
        except InputError:
            what = f"`{asked}` is not among the saved variables"
            problems.append(Problem(what=what, nearest=nearest_names(asked, [*series.values, *table])))
    if problems:
        raise InputError(*problems)
    return list(chosen)


def _numbers(path: Path, line: int, row: Sequence[str], header: Sequence[str], problems: list[Problem]) -> list[float]:
    """Return the numbers of a row; what is wrong with it is added to the problems."""
    if len(row) != len(header):
        problems.append(
            Problem(what=f"{len(row)} cells where the header has {len(header)}", file=path, line=line or None)
        )
        return [math.nan] * len(header)
    numbers = []
    for name, cell in zip(header, row, strict=True):
        try:
            number = float(cell) if cell.strip() else math.nan
        except ValueError:
            number = math.inf
        if math.isinf(number) or (math.isnan(number) and (cell.strip() or name == header[0])):
            problems.append(Problem(what=f"`{cell}` is no number", file=path, line=line or None, variable=name))
        numbers.append(number)
    return numbers


def _variables(model: Model, table: TimeTable) -> tuple[list[str], list[Problem]]:
    """Return the data variables that a table gives, and what is wrong with its columns."""
    known = {name for name, variable in model.variables.items() if variable.kind is Kind.DATA}
    names: dict[str, None] = {}
    problems = []
    for column in table.columns:
        name = column.partition("[")[0].strip() if column.endswith("]") else column
        if name in known:
            names[name] = None
        else:
            what = f"`{column}` is no data variable of this model"
            problems.append(Problem(what=what, file=table.path, line=1, nearest=nearest_names(name, known)))
    return list(names), problems
