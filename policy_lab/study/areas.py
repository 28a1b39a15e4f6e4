"""The table of places from which a model can start."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.provenance import bundled
from policy_lab.study.schema import Areas
from policy_lab.study.study import Study


@dataclass(frozen=True)
class Area:
    """One place: the constants that its row of the table gives, in the model's units.

    ``missing`` are the bound constants that the table leaves empty: they stay as the study has them.
    """

    key: str
    name: str
    values: Mapping[str, float]
    missing: tuple[str, ...] = ()


def read_areas(study: Study) -> Mapping[str, Area]:
    """Return the places of a study by key, in the order of the table; none where it binds no table.

    Raises
    ------
    InputError
        When the table or one of its columns is not there, a key stands twice, or a figure is no number.
    """
    binding = study.file.areas
    if binding is None:
        return MappingProxyType({})
    path = _table(study, binding)
    with path.open(encoding="utf-8-sig", newline="") as text:
        reader = csv.DictReader(text)
        _require_columns(binding, tuple(reader.fieldnames or ()))
        areas: dict[str, Area] = {}
        for row in reader:
            if binding.period_column and row[binding.period_column] != binding.period:
                continue
            area = _area(binding, row, reader.line_num)
            if area.key in areas:
                raise InputError(Problem(what=f"`{area.key}` stands twice", file=path, line=reader.line_num))
            areas[area.key] = area
    return MappingProxyType(areas)


def _table(study: Study, binding: Areas) -> Path:
    """Return the table's path: in the study's own folder, or in the bundled data."""
    homes = (study.folder, bundled("data"))
    for home in homes:
        path = home / binding.table
        if path.is_file() and path.resolve().is_relative_to(home.resolve()):
            return path
    known = [entry.name for home in homes for entry in home.glob("*.csv")]
    what = f"no table `{binding.table}` beside the study or in the data folder"
    raise InputError(Problem(what=what, file=study.files["study"], nearest=nearest_names(binding.table, known)))


def _require_columns(binding: Areas, columns: tuple[str, ...]) -> None:
    wanted = [
        binding.key,
        binding.name,
        *([binding.period_column] if binding.period_column else []),
        *binding.bind.values(),
    ]
    problems = [
        Problem(what=f"no column `{name}`", file=binding.table, line=1, nearest=nearest_names(name, columns))
        for name in dict.fromkeys(wanted)
        if name not in columns
    ]
    if problems:
        raise InputError(*problems)


def _area(binding: Areas, row: Mapping[str, str], line: int) -> Area:
    values: dict[str, float] = {}
    missing: list[str] = []
    for variable, column in binding.bind.items():
        cell = (row[column] or "").strip()
        if not cell:  # a suppressed figure stays missing
            missing.append(variable)
            continue
        try:
            values[variable] = float(cell)
        except ValueError as error:
            problem = Problem(what=f"`{column}` holds no number: `{cell}`", file=binding.table, line=line)
            raise InputError(problem) from error
    return Area(row[binding.key], row[binding.name], MappingProxyType(values), tuple(missing))
