"""What calibration is told about the past: `history.yaml`, and the published figures that it names.

Everything that the past was given from outside (laws, dated events, the few exogenous series) stands in that file,
so that a reader sees before any fit what was not left to the model.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import numpy as np

from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.model.types import Kind, Model
from policy_lab.study.constants import element_index
from policy_lab.study.history_schema import Given, HistoryFile, Observed, Rival, Years
from policy_lab.study.parameters import split_element
from policy_lab.study.study import Study
from policy_lab.study.table_files import table_path
from policy_lab.study.yaml_file import YamlFile, read_yaml, validated

HISTORY_FILE = "history.yaml"
MOST_FITTED = 20
"""More would be a fit of noise: the series are short."""
MONTHS = 12
DAYS_A_MONTH = 30.4375

Figures = Mapping[tuple[str, int], float]


@dataclass(frozen=True)
class PublishedSeries:
    """A published series in the unit of its :class:`Observed`.

    ``years`` are those with a figure, ``values`` belong to them, ``months`` says where each year ends, in months after
    the clock's start.
    """

    key: str
    observed: Observed
    years: np.ndarray
    values: np.ndarray
    months: np.ndarray

    def within(self, window: Years | None, without: Iterable[int] = ()) -> np.ndarray:
        """Return which years lie in a window and are not left out, ``(years,)`` of bool."""
        if window is None:
            return np.zeros(len(self.years), dtype=bool)
        inside: np.ndarray = (self.years >= window[0]) & (self.years <= window[1])
        return inside & ~np.isin(self.years, list(without))


@dataclass(frozen=True)
class FitParameter:
    """One fitted quantity: a constant, one element of it, or all its elements moved ``together``.

    ``base``, ``low`` and ``high`` are in its unit, or factors on the base values where ``together``.
    """

    name: str
    unit: str
    base: float
    low: float
    high: float
    distribution: str
    together: bool = False


@dataclass(frozen=True)
class History:
    """The past of a study, checked against its model and its data."""

    study: Study
    file: HistoryFile
    path: Path
    series: Mapping[str, PublishedSeries]
    parameters: tuple[FitParameter, ...]
    figures: Figures
    outside: Mapping[str, Figures] = field(default_factory=lambda: MappingProxyType({}))
    """By key of a series from outside: figures of a place's own that stand in for those of ``figures``."""

    @property
    def horizon(self) -> int:
        """Months from the clock's start to the last published figure."""
        return int(max(series.months.max() for series in self.series.values()))

    def rival_parameters(self, rival: Rival) -> tuple[FitParameter, ...]:
        """Return what a rival explanation may move: the fitted parameters that it does not hold, and its own."""
        taken = {*rival.fit, *rival.set}
        return (*(one for one in self.parameters if one.name not in taken), *self._uniform(rival.fit))

    @property
    def sampled(self) -> tuple[FitParameter, ...]:
        """What the posterior is drawn over: the fitted parameters, and the nuisance ones after them."""
        return (*self.parameters, *self._uniform(self.file.sampling.nuisance))

    def _uniform(self, ranges: Mapping[str, tuple[float, float]]) -> tuple[FitParameter, ...]:
        return tuple(
            FitParameter(name, self.study.parameters[name].unit, (low + high) / 2, low, high, "uniform")
            for name, (low, high) in ranges.items()
        )

    def __repr__(self) -> str:
        return (
            f"History({self.study.name!r}: {self.file.title}; {len(self.series)} series, "
            f"{len(self.parameters)} fitted parameters, {len(self.file.rivals)} rival explanations)"
        )


def month_of(day: dt.date, start: dt.date) -> float:
    """Return months from ``start`` (the first of a month) to the end of a day.

    >>> month_of(dt.date(2000, 3, 31), dt.date(1999, 4, 1))
    12.0
    """
    after = day + dt.timedelta(days=1)
    whole = (after.year - start.year) * MONTHS + after.month - start.month
    return whole + (after.day - 1) / DAYS_A_MONTH


def year_end(year: int, day: str, start: dt.date) -> float:
    """Return months from ``start`` to the end of a day, `MM-DD`, of a year."""
    month, number = (int(part) for part in day.split("-"))
    return month_of(dt.date(year, month, number), start)


def read_history(study: Study) -> History:
    """Read `history.yaml` of a study and the figures that it names.

    Raises
    ------
    InputError
        When there is none, or with one problem for each name, year or figure that is not there.
    """
    path = study.folder / HISTORY_FILE
    if not path.is_file():
        what = f"this study has no `{HISTORY_FILE}`, so nothing can be calibrated"
        remedy = "Write one: which published series answer to which variables, and which constants may be fitted."
        raise InputError(Problem(what=what, file=path, remedy=remedy))
    yaml = read_yaml(path)
    file = validated(yaml, HistoryFile)
    figures = _figures(study, yaml, file)
    problems = list(_problems(study, yaml, file, figures))
    if problems:
        raise InputError(*problems)
    series = {key: published_series(key, one, figures, file.clock.start) for key, one in file.observed.items()}
    parameters = tuple(_fit_parameter(study, name) for name in file.fit)
    return History(study, file, path, MappingProxyType(series), parameters, MappingProxyType(figures))


def figures_of(history: History) -> dict[str, Path]:
    """Return the tables of figures that a history names, by name: the study's own, the panel's and the places'."""
    file = history.file
    names = [file.table, *(one.table for one in (file.panel, file.area) if one is not None)]
    return {name: table_path(history.study.folder, name, named_in=history.path) for name in dict.fromkeys(names)}


def read_panel(history: History) -> tuple[tuple[str, int, dict[str, float]], ...]:
    """Return the rows of the panel: place, year, and the figures that are there; none where the history has no panel.

    Raises
    ------
    InputError
        When the table or a column is not there.
    """
    panel = history.file.panel
    if panel is None:
        return ()
    path = table_path(history.study.folder, panel.table, named_in=history.path)
    with path.open(encoding="utf-8-sig", newline="") as text:
        rows = csv.DictReader(text)
        columns = tuple(rows.fieldnames or ())
        missing = [one for one in (panel.place, "year", *panel.only, *panel.figures) if one not in columns]
        if missing:
            near = nearest_names(missing[0], columns)
            raise InputError(Problem(what=f"no column `{missing[0]}`", file=path, line=1, nearest=near))
        return tuple(
            (row[panel.place], int(row["year"]), {n: float(row[n]) for n in panel.figures if row[n].strip()})
            for row in rows
            if all(row[column] == value for column, value in panel.only.items())
        )


def _figures(study: Study, yaml: YamlFile, file: HistoryFile) -> dict[tuple[str, int], float]:
    """Return the figures of the table by measure and year; blanks are missing."""
    try:
        path = table_path(study.folder, file.table)
    except InputError as error:
        fault = error.problems[0]
        raise InputError(yaml.problem(("table",), fault.what, nearest=fault.nearest)) from error
    with path.open(encoding="utf-8-sig", newline="") as text:
        rows = csv.DictReader(text)
        return {(row["measure"], int(row["year"])): float(row["value"]) for row in rows if row["value"].strip()}


def _problems(study: Study, yaml: YamlFile, file: HistoryFile, figures: Figures) -> Iterator[Problem]:
    if file.clock.start.day != 1:
        yield yaml.problem(("clock", "start"), "should be the first of a month")
    places: list[tuple[tuple[str | int, ...], str]] = [(("rest",), file.rest)]
    places += [(("laws", at, "design"), law.design) for at, law in enumerate(file.laws)]
    for place, design in places:
        if design not in study.designs:
            yield yaml.problem(place, f"no design `{design}`", nearest=nearest_names(design, study.designs))
    yield from _constant_problems(study, yaml, file)
    yield from _series_problems(study, yaml, file, figures)
    yield from _area_problems(study, yaml, file)
    for at, turn in enumerate(file.turns):
        for name in (turn.series,) if isinstance(turn.series, str) else turn.series:
            if name not in file.observed:
                near = nearest_names(name, file.observed)
                yield yaml.problem(("turns", at, "series"), f"no observed series `{name}`", nearest=near)


def _area_problems(study: Study, yaml: YamlFile, file: HistoryFile) -> Iterator[Problem]:
    """Yield a problem for each name of `area` that is not there; its table is read when a place is asked for."""
    if file.area is None:
        return
    for key in file.area.given:
        if key not in file.given:
            yield yaml.problem(
                ("area", "given"), f"no series from outside `{key}`", nearest=nearest_names(key, file.given)
            )
    for name, series in file.area.moves.items():
        place = ("area", "moves", name)
        if name not in study.parameters:
            yield yaml.problem(place, f"no parameter `{name}`", nearest=nearest_names(name, study.parameters))
        elif study.parameters[name].base <= 0:
            yield yaml.problem(place, f"`{name}` has no positive base value, so it cannot differ by a share")
        if series not in file.observed:
            yield yaml.problem(place, f"no observed series `{series}`", nearest=nearest_names(series, file.observed))


def _constant_problems(study: Study, yaml: YamlFile, file: HistoryFile) -> Iterator[Problem]:
    """Yield a problem for each constant that is set or fitted and that the study does not have, or cannot vary."""
    places: list[tuple[tuple[str | int, ...], str]] = [(("set", name), name) for name in file.set]
    sampling = file.sampling
    places += [
        (("sampling", part, name), name) for part in ("structures", "nuisance") for name in getattr(sampling, part)
    ]
    for key, rival in file.rivals.items():
        places += [(("rivals", key, part, name), name) for part in ("set", "fit") for name in getattr(rival, part)]
    for place, name in places:
        if split_element(name)[0] not in study.constants:
            yield yaml.problem(place, f"no constant `{name}`", nearest=nearest_names(name, study.constants))
    if not 1 <= len(file.fit) <= MOST_FITTED:
        yield yaml.problem(("fit",), f"names {len(file.fit)} parameters; 1 to {MOST_FITTED} can be fitted")
    for at, name in enumerate(file.fit):
        rows = fitted_rows(study, name)
        if not rows:
            near = nearest_names(name, study.parameters)
            yield yaml.problem(("fit", at), f"no parameter `{name}`", nearest=near)
        elif not all(study.parameters[row].varies for row in rows):
            yield yaml.problem(("fit", at), f"`{name}` has no range in parameters.csv, so it cannot be fitted")


def _series_problems(study: Study, yaml: YamlFile, file: HistoryFile, figures: Figures) -> Iterator[Problem]:
    measures = sorted({measure for measure, _ in figures})
    entries: list[tuple[tuple[str, str], Given | Observed]] = [(("given", k), one) for k, one in file.given.items()]
    entries += [(("observed", k), one) for k, one in file.observed.items()]
    for place, entry in entries:
        named = entry.measures if isinstance(entry, Given) else (entry.measure,)
        for measure in (*named, *([entry.per] if entry.per else [])):
            if measure not in measures:
                near = nearest_names(measure, measures)
                yield yaml.problem(place, f"`{file.table}` has no measure `{measure}`", nearest=near)
        if isinstance(entry, Given) and not np.isfinite(given_figure(figures, entry, entry.anchor_year)):
            yield yaml.problem((*place, "anchor_year"), f"no figure of {entry.anchor_year}, or not of all measures")
        for name in (entry.variable,) if isinstance(entry, Given) else (*entry.variables, *entry.over):
            yield from _variable_problems(study.model, yaml, place, name)


def _variable_problems(model: Model, yaml: YamlFile, place: tuple[str, str], spelled: str) -> Iterator[Problem]:
    name, elements = split_element(spelled)
    known = [one.name for one in model.variables.values() if one.kind != Kind.TIME]
    if name not in known:
        yield yaml.problem(place, f"no variable `{name}` in the model", nearest=nearest_names(name, known))
    elif elements:
        try:
            element_index(model, name, elements)
        except InputError as error:
            yield yaml.problem(place, error.problems[0].what, nearest=error.problems[0].nearest)


def published_series(key: str, observed: Observed, figures: Figures, start: dt.date) -> PublishedSeries:
    """Return a published series in its reported unit, in the years of its windows that have a figure."""
    windows = [window for window in (observed.fit, observed.held_out) if window]
    wanted = range(min(first for first, _ in windows), max(last for _, last in windows) + 1)
    found = {year: divided_by(observed.per, figures, year) for year in wanted if (observed.measure, year) in figures}
    years = [year for year, per in found.items() if np.isfinite(per)]
    values = [figures[observed.measure, year] / found[year] * _scale(observed) for year in years]
    months = [year_end(year, observed.day, start) for year in years]
    return PublishedSeries(key, observed, np.array(years), np.array(values), np.array(months))


def _scale(observed: Observed) -> float:
    """Return what brings the published figure to the reported unit: rates are per so many, percentages are already."""
    return observed.measure_factor * (observed.factor if observed.per else 1.0)


def divided_by(per: str, figures: Figures, year: int) -> float:
    """Return what the figure of a year is divided by: that of the same year, or of the one before where none is out."""
    if not per:
        return 1.0
    return figures.get((per, year), figures.get((per, year - 1), float("nan")))


def given_figure(figures: Figures, given: Given, year: int) -> float:
    """Return the figure of a series from outside in one year; not-a-number where one of its parts is missing."""
    total = sum(figures.get((measure, year), float("nan")) for measure in given.measures)
    return total / divided_by(given.per, figures, year) / given.deflator.get(year, 1.0)


def fitted_rows(study: Study, name: str) -> tuple[str, ...]:
    """Return the rows of parameters.csv that a fitted name stands for: its own, or those of all its elements."""
    if name in study.parameters:
        return (name,)
    return tuple(row for row in study.parameters if split_element(row)[0] == name)


def _fit_parameter(study: Study, name: str) -> FitParameter:
    rows = fitted_rows(study, name)
    first = study.parameters[rows[0]]
    low, high = (first.base if bound is None else bound for bound in (first.low, first.high))
    if len(rows) == 1:
        return FitParameter(name, first.unit, first.base, low, high, first.distribution)
    scale = first.base
    return FitParameter(name, first.unit, 1.0, low / scale, high / scale, first.distribution, together=True)
