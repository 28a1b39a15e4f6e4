"""The table of places from which a model can start."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.study.area_schema import Areas, Neighbours
from policy_lab.study.study import Study
from policy_lab.study.table_files import table_path

if TYPE_CHECKING:
    from policy_lab.study.neighbours import Filled

_NO_FIGURES: Mapping[str, Filled] = MappingProxyType({})


@dataclass(frozen=True)
class Area:
    """One place: the constants that its row of the table gives, in the model's units.

    Parameters
    ----------
    values
        Every constant that the place gives, those that are filled from its neighbours included.
    filled
        The constants among them that the table leaves empty, and whose median stands in.
    missing
        The bound constants that stay empty: they stay as the study has them.
    neighbours
        Keys of the places nearest to it by published figures, nearest first; none where the study compares none.
    """

    key: str
    name: str
    values: Mapping[str, float]
    missing: tuple[str, ...] = ()
    filled: Mapping[str, Filled] = field(default_factory=lambda: _NO_FIGURES)
    neighbours: tuple[str, ...] = ()

    @property
    def published(self) -> Mapping[str, float]:
        """The constants that come from the place's own published figures."""
        return {name: value for name, value in self.values.items() if name not in self.filled}


@dataclass(frozen=True)
class _Row:
    """A row of the table as it stands."""

    area: Area
    cells: Mapping[str, str | float | None]


def read_areas(study: Study) -> Mapping[str, Area]:
    """Return the places of a study by key, in the order of the table; none where it binds no table.

    What a place lacks is filled from its neighbours, where the study says how near places are.

    Raises
    ------
    InputError
        When the table or one of its columns is not there, a key stands twice, or a figure is no number.
    """
    binding = study.file.areas
    if binding is None:
        return MappingProxyType({})
    path = table_path(study.folder, binding.table, named_in=study.files["study"])
    with path.open(encoding="utf-8-sig", newline="") as text:
        reader = csv.DictReader(text)
        _require_columns(binding, tuple(reader.fieldnames or ()))
        rows: dict[str, _Row] = {}
        for cells in reader:
            if binding.period_column and cells[binding.period_column] != binding.period:
                continue
            row = _row(binding, cells, reader.line_num)
            if row.area.key in rows:
                raise InputError(Problem(what=f"`{row.area.key}` stands twice", file=path, line=reader.line_num))
            rows[row.area.key] = row
    if binding.neighbours is None or not rows:
        return MappingProxyType({key: row.area for key, row in rows.items()})
    return MappingProxyType(_beside_neighbours(binding, binding.neighbours, tuple(rows.values())))


def bound_areas(study: Study) -> Areas:
    """Return what a study says of its table of areas.

    Raises
    ------
    InputError
        When it binds none.
    """
    if study.file.areas is None:
        raise InputError(Problem(what="this study binds no table of areas", file=study.files["study"]))
    return study.file.areas


def find_area(areas: Mapping[str, Area], asked: str) -> str:
    """Return the key of a place, asked for by its key or by its name in capitals or small letters.

    Raises
    ------
    InputError
        For a place that is not in the table, with the nearest names, and for a name that several places have.
    """
    if asked in areas:
        return asked
    plain = _plain(asked)
    found = [area for area in areas.values() if _plain(area.name) == plain]
    if len(found) == 1:
        return found[0].key
    if found:
        keys = ", ".join(area.key for area in found)
        raise InputError(Problem(what=f"several places are called `{asked}`", remedy=f"Name one by its key: {keys}."))
    if not areas:
        raise InputError(Problem(what=f"no area `{asked}`: this study binds no table of areas"))
    names = [area.name for area in areas.values()]
    within = [name for name in names if len(plain) > 2 and plain in _plain(name)]
    nearest = tuple(dict.fromkeys((*nearest_names(asked, names), *within)))[:5]
    some = next(iter(areas.values()))
    remedy = f"Ask by name or key, as `{some.name}` or `{some.key}`; `policy-lab places` lists all {len(areas)}."
    raise InputError(Problem(what=f"no area `{asked}` in this study", nearest=nearest, remedy=remedy))


def at_period(study: Study, period: str) -> Study:
    """Return the study with its places as they were in another period of the same table.

    Raises
    ------
    InputError
        When the table has no column of periods, or no place in that one.
    """
    binding = study.file.areas
    if binding is None or not period or period == binding.period:
        return study
    if not binding.period_column:
        problem = Problem(what=f"`areas` names no `period_column`, and `{period}` is asked for")
        raise InputError(problem)
    areas = binding.model_copy(update={"period": period})
    other = replace(study, file=study.file.model_copy(update={"areas": areas}))
    if not other.areas():
        raise InputError(Problem(what=f"no place has figures of `{period}`", file=binding.table))
    return other


def told_gaps(areas: Mapping[str, Area], key: str) -> Iterator[str]:
    """Say, for each figure that a place lacks, what stands in for it."""
    place = areas[key]
    for name, figure in place.filled.items():
        others = ", ".join(areas[one].name for one in figure.places)
        value = f"{figure.value:,.0f}" if abs(figure.value) >= 1000 else f"{figure.value:g}"
        yield f"no figure of `{name}` is published for {place.name}: {value}, the median of {others}, is used"
    for name in place.missing:
        yield f"no figure of `{name}` is known for {place.name}: the study's own is used"


def _beside_neighbours(binding: Areas, how: Neighbours, rows: Sequence[_Row]) -> dict[str, Area]:
    import numpy as np

    from policy_lab.study.neighbours import distances, fill, nearest

    keys = [row.area.key for row in rows]
    apart = distances({name: [row.cells[name] for row in rows] for name in how.compare}, how.compare)
    figures = {name: np.array([row.area.values.get(name, math.nan) for row in rows]) for name in binding.bind}
    areas = {}
    for place, (row, filled) in enumerate(zip(rows, fill(keys, figures, apart, how.count), strict=True)):
        values = {**row.area.values, **{name: figure.value for name, figure in filled.items()}}
        areas[row.area.key] = replace(
            row.area,
            values=MappingProxyType({name: values[name] for name in binding.bind if name in values}),
            missing=tuple(name for name in row.area.missing if name not in filled),
            filled=MappingProxyType(dict(filled)),
            neighbours=tuple(keys[one] for one in nearest(apart[place], how.count)),
        )
    return areas


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


def _require_columns(binding: Areas, columns: tuple[str, ...]) -> None:
    wanted = [
        binding.key,
        binding.name,
        *([binding.period_column] if binding.period_column else []),
        *binding.bind.values(),
        *(binding.neighbours.compare if binding.neighbours else ()),
    ]
    problems = [
        Problem(what=f"no column `{name}`", file=binding.table, line=1, nearest=nearest_names(name, columns))
        for name in dict.fromkeys(wanted)
        if name not in columns
    ]
    if problems:
        raise InputError(*problems)


def _row(binding: Areas, row: Mapping[str, str], line: int) -> _Row:
    values: dict[str, float] = {}
    for variable, column in binding.bind.items():
        value = _number(binding, row, column, line)
        if value is not None:  # a suppressed figure stays missing
            values[variable] = value
    missing = tuple(variable for variable in binding.bind if variable not in values)
    area = Area(row[binding.key], row[binding.name], MappingProxyType(values), missing)
    return _Row(area, MappingProxyType(dict(_compared(binding, row, line))))


def _compared(binding: Areas, row: Mapping[str, str], line: int) -> Iterator[tuple[str, str | float | None]]:
    """Yield the cells by which places are compared."""
    for column, how in (binding.neighbours.compare if binding.neighbours else {}).items():
        if how == "category":
            yield column, (row[column] or "").strip() or None
        else:
            yield column, _number(binding, row, column, line)


def _number(binding: Areas, row: Mapping[str, str], column: str, line: int) -> float | None:
    """Return the figure in a cell, None where it is empty."""
    cell = (row[column] or "").strip()
    try:
        value = float(cell) if cell else None
    except ValueError as error:
        problem = Problem(what=f"`{column}` holds no number: `{cell}`", file=binding.table, line=line)
        raise InputError(problem) from error
    if value is not None and not math.isfinite(value):
        raise InputError(Problem(what=f"`{column}` holds no finite number: `{cell}`", file=binding.table, line=line))
    return value
