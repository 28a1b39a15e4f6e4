"""The past of one place: the study's own history, with the place's published figures in it."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.study.areas import find_area
from policy_lab.study.history import Figures, History, PublishedSeries, given_figure, published_series
from policy_lab.study.history_schema import AreaColumn, AreaPast, Observed, Turn
from policy_lab.study.table_files import table_path

if TYPE_CHECKING:
    from pathlib import Path

FEWEST = 3
"""Years with a figure that a series needs: fewer are no series."""


@dataclass(frozen=True)
class PlacePast:
    """A place's own past.

    Parameters
    ----------
    history
        The study's, with the place's series; what may move in it is not chosen yet.
    gaps
        What is not published for the place, and what follows, each in one sentence.
    elsewhere
        The fitted series of every other place: by key of the place, then of the series.
    """

    key: str
    name: str
    binding: AreaPast
    history: History
    gaps: tuple[str, ...]
    elsewhere: Mapping[str, Mapping[str, PublishedSeries]]


def read_place_past(history: History, asked: str) -> PlacePast:
    """Read the past of a place, asked for by its key or its name.

    Figures that are not published are not filled: a series of fewer than three fitted years is left out, and told.

    Raises
    ------
    InputError
        When the history says nothing of places, a column is not there, the place is unknown or publishes too little.
    """
    binding = history.file.area
    if binding is None:
        remedy = "Write there which columns of a table are a place's own figures, and which parameters may move."
        raise InputError(Problem(what="says nothing of places: it has no `area`", file=history.path, remedy=remedy))
    areas = history.study.areas()
    key = find_area(areas, asked)
    path = table_path(history.study.folder, binding.table, named_in=history.path)
    figures = _read_figures(path, binding)
    if key not in figures:
        raise InputError(Problem(what=f"has no figures of {areas[key].name} (`{key}`)", file=path))
    observed = {name: _windowed(one, binding) for name, one in history.file.observed.items()}
    found = {place: _series(history, observed, one) for place, one in figures.items()}
    series = {name: one for name, one in found[key].items() if _enough(one)}
    gaps = [*_gaps(observed, found[key], binding)]
    if not any(one.observed.fit for one in series.values()):
        years = f"{binding.fit[0]} to {binding.fit[1]}"
        what = f"too little is published of {areas[key].name} (`{key}`): no series has {FEWEST} figures in {years}"
        raise InputError(Problem(what=what, file=path))
    outside, told = _outside(history, binding, figures[key])
    file = history.file.model_copy(
        update={
            "title": f"{areas[key].name}, {binding.fit[0]} to {binding.held_out[1]}",
            "observed": {name: series[name].observed for name in series},
            "turns": tuple(turn for turn in history.file.turns if _can_be_judged(turn, series)),
        }
    )
    own = replace(history, file=file, series=MappingProxyType(series), outside=MappingProxyType(outside))
    others = {place: {name: one[name] for name in one if _enough(one[name])} for place, one in found.items()}
    del others[key]
    return PlacePast(key, areas[key].name, binding, own, (*gaps, *told), MappingProxyType(others))


def _read_figures(path: Path, binding: AreaPast) -> dict[str, dict[tuple[str, int], float]]:
    """Return the figures of every place by measure and year; blanks are missing."""
    columns = {name: AreaColumn(column=one) if isinstance(one, str) else one for name, one in binding.measures.items()}
    wanted = [binding.place, "year", *binding.only, *(one.column for one in columns.values())]
    wanted += [one.times for one in columns.values() if one.times]
    with path.open(encoding="utf-8-sig", newline="") as text:
        rows = csv.DictReader(text)
        header = tuple(rows.fieldnames or ())
        missing = [name for name in dict.fromkeys(wanted) if name not in header]
        if missing:
            raise InputError(
                *(
                    Problem(what=f"no column `{name}`", file=path, line=1, nearest=nearest_names(name, header))
                    for name in missing
                )
            )
        found: dict[str, dict[tuple[str, int], float]] = {}
        for row in rows:
            if any(row[column] != value for column, value in binding.only.items()):
                continue
            own = found.setdefault(row[binding.place], {})
            for name, one in columns.items():
                cells = [row[one.column], *([row[one.times]] if one.times else [])]
                if all(cell.strip() for cell in cells):
                    own[name, int(row["year"])] = one.factor * float(np.prod([float(cell) for cell in cells]))
    return found


def _windowed(observed: Observed, binding: AreaPast) -> Observed:
    """Return what is observed, with the windows of places; what is only scored elsewhere is only scored here."""
    if observed.fit:
        return observed.model_copy(update={"fit": binding.fit, "held_out": binding.held_out})
    return observed.model_copy(update={"held_out": (binding.fit[0], binding.held_out[1])})


def _series(history: History, observed: Mapping[str, Observed], figures: Figures) -> dict[str, PublishedSeries]:
    """Return the series of a place, each with the years in which its figure is there and above zero."""
    found = {}
    for key, one in observed.items():
        series = published_series(key, one, figures, history.file.clock.start)
        above = series.values > 0
        found[key] = replace(
            series, years=series.years[above], values=series.values[above], months=series.months[above]
        )
    return found


def _enough(series: PublishedSeries) -> bool:
    return int(series.within(series.observed.fit or series.observed.held_out).sum()) >= FEWEST


def _gaps(observed: Mapping[str, Observed], found: Mapping[str, PublishedSeries], binding: AreaPast) -> list[str]:
    told = []
    for key, one in observed.items():
        series, title = found[key], one.title
        years = [year for year in range(binding.fit[0], binding.held_out[1] + 1) if year not in series.years]
        if not len(series.years):
            told.append(f"{title}: nothing is published for this place, so it is left out.")
        elif not _enough(series):
            told.append(f"{title}: figures of fewer than {FEWEST} of the years to be fitted, so it is left out.")
        elif years:
            told.append(f"{title}: no figure of {', '.join(map(str, years))}; nothing stands in for it.")
    return told


def _outside(history: History, binding: AreaPast, figures: Figures) -> tuple[dict[str, Figures], list[str]]:
    """Return the series from outside that are the place's own, and what is told of the others."""
    found, told = {}, []
    for key in binding.given:
        given = history.file.given[key]
        years = range(given.years[0], given.years[1] + 1)
        missing = [year for year in years if not np.isfinite(given_figure(figures, given, year))]
        if len(years) - len(missing) < FEWEST:
            told.append(f"{given.title}: hardly published for this place, so the whole's course is used.")
            continue
        found[key] = figures
        if missing:
            told.append(f"{given.title}: no figure of {', '.join(map(str, missing))}; straight lines join the others.")
    return found, told


def _can_be_judged(turn: Turn, series: Mapping[str, PublishedSeries]) -> bool:
    names = (turn.series,) if isinstance(turn.series, str) else turn.series
    return all(name in series and {turn.from_, turn.to} <= set(series[name].years.tolist()) for name in names)
