"""Read `parameters.csv`: every constant of a model with its range, its evidence and its source."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.study.elements import split_element
from policy_lab.study.schema import Parameter

COLUMNS = tuple(Parameter.model_fields)
REQUIRED = tuple(name for name, field in Parameter.model_fields.items() if field.is_required())
NUMBERS = ("base", "low", "high")


@dataclass(frozen=True)
class ParameterRow:
    """A row and the line that it begins on."""

    parameter: Parameter
    line: int


def read_parameters(path: Path) -> tuple[ParameterRow, ...]:
    """Read the rows of a parameter table.

    Raises
    ------
    InputError
        With one problem for each unknown or missing column, each wrong cell and each name that stands twice.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(Problem(what=f"cannot be read as UTF-8 text: {error}", file=path)) from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = tuple(cell.strip() for cell in next(reader, []))
        _require_columns(header, path)
        return _rows(_numbered(reader), header, path)
    except csv.Error as error:
        raise InputError(Problem(what=f"not a CSV table: {error}", file=path, line=reader.line_num)) from error


def by_name(rows: Iterable[ParameterRow]) -> dict[str, Parameter]:
    """Return the parameters by ``Name`` or ``Name[element]``."""
    return {row.parameter.variable: row.parameter for row in rows}


def _require_columns(header: Sequence[str], path: Path) -> None:
    problems = [
        Problem(what=f"unknown column `{name}`", file=path, line=1, nearest=nearest_names(name, COLUMNS))
        for name in header
        if name not in COLUMNS
    ]
    problems += [Problem(what=f"no column `{name}`", file=path, line=1) for name in REQUIRED if name not in header]
    problems += [
        Problem(what=f"column `{name}` stands twice", file=path, line=1)
        for name in sorted(set(header))
        if header.count(name) > 1
    ]
    if problems:
        raise InputError(*problems)


def _numbered(reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Yield each record with the line on which it begins (a quoted cell may hold line breaks)."""
    while True:
        line = reader.line_num + 1
        record = next(reader, None)
        if record is None:
            return
        if any(cell.strip() for cell in record):
            yield line, record


def _rows(records: Iterable[tuple[int, list[str]]], header: Sequence[str], path: Path) -> tuple[ParameterRow, ...]:
    rows: list[ParameterRow] = []
    problems: list[Problem] = []
    lines: dict[str, int] = {}
    for line, record in records:
        if len(record) != len(header):
            problems.append(
                Problem(what=f"{len(record)} cells where the header has {len(header)}", file=path, line=line)
            )
            continue
        cells = {name: cell.strip() for name, cell in zip(header, record, strict=True)}
        try:
            parameter = _parameter(cells)
        except ValidationError as error:
            problems += (_problem(fault, cells, path, line) for fault in error.errors())
            continue
        if parameter.variable in lines:
            what = f"stands twice; the first row is line {lines[parameter.variable]}"
            problems.append(Problem(what=what, file=path, line=line, variable=parameter.variable))
            continue
        lines[parameter.variable] = line
        rows.append(ParameterRow(parameter, line))
    if problems:
        raise InputError(*problems)
    return tuple(rows)


def _parameter(cells: Mapping[str, str]) -> Parameter:
    values: dict[str, Any] = {name: cell for name, cell in cells.items() if cell or name not in ("group", "note")}
    for name in NUMBERS:
        try:
            number = float(cells[name])
        except ValueError:
            values[name] = cells[name] or None
        else:
            values[name] = number if math.isfinite(number) else cells[name]
    variable, elements = split_element(cells["variable"])
    values["variable"] = f"{variable}[{','.join(elements)}]" if elements else variable
    return Parameter.model_validate(values, strict=True)


def _problem(fault: Any, cells: Mapping[str, str], path: Path, line: int) -> Problem:
    what = str(fault["msg"]).removeprefix("Value error, ")
    nearest: tuple[str, ...] = ()
    if fault["loc"]:
        column = str(fault["loc"][0])
        cell = cells.get(column, "")
        if column in NUMBERS:
            what = f"`{column}` should be a number, but is `{cell}`" if cell else f"`{column}` is empty"
        else:
            choices = get_args(Parameter.model_fields[column].annotation)
            nearest = nearest_names(cell, [choice for choice in choices if isinstance(choice, str)])
            what = f"`{column}` {what.replace('Input should', 'should')}, but is `{cell}`"
    return Problem(what=what, file=path, line=line, variable=cells["variable"], nearest=nearest)
