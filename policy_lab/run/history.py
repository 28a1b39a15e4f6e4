"""The model driven through the past: laws, events and exogenous series as `history.yaml` dates them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from policy_lab.study.constants import element_index
from policy_lab.study.draws import members_array, set_constants
from policy_lab.study.history import MONTHS, FitParameter, History, given_figure, year_end
from policy_lab.study.history_schema import Given, Observed
from policy_lab.study.parameters import split_element

if TYPE_CHECKING:
    from policy_lab.engine import CompiledModel, Series

Array = np.ndarray
Draws = Mapping[str, Array]
"""By name of a fitted parameter, ``(draws,)`` in its unit."""

MONTH_OF_CHANGE = 1.0
"""A law that comes into force takes its effect over one month, because series are straight lines between points."""
LARGEST_BATCH = 512


@dataclass(frozen=True)
class Past:
    """A model made ready to be driven through the past of its study."""

    history: History
    compiled: CompiledModel
    constants: Mapping[str, Array]
    series: Mapping[str, tuple[Array, Array]]
    start: Array
    time_step: float | None

    def simulate(self, draws: Draws, parameters: Iterable[FitParameter]) -> dict[str, Array]:
        """Return what the model says of each published series, ``(draws, years)`` in the series' own unit.

        A run whose numbers are not finite gives not-a-number.
        """
        count = len(next(iter(draws.values())))
        known = {one.name: one for one in parameters}
        found: dict[str, list[Array]] = {key: [] for key in self.history.series}
        for first in range(0, count, LARGEST_BATCH):
            part = {name: values[first : first + LARGEST_BATCH] for name, values in draws.items()}
            run = self.compiled.run(
                self._inputs(part, known),
                start=self.start,
                series=dict(self.series),
                outputs=self._outputs(),
                final_time=float(self.history.horizon),
                save_period=1.0,
                time_step=self.time_step,
            )
            for key, published in self.history.series.items():
                found[key].append(answer(run, published.observed, published.months))
        return {key: np.concatenate(parts) for key, parts in found.items()}

    def _outputs(self) -> list[str]:
        names = [
            split_element(n)[0] for one in self.history.file.observed.values() for n in (*one.variables, *one.over)
        ]
        return list(dict.fromkeys(names))

    def _inputs(self, draws: Draws, known: Mapping[str, FitParameter]) -> dict[str, Array]:
        """Return the constants of a batch: what the history sets, and over it what is drawn."""
        study = self.history.study
        count = len(next(iter(draws.values())))
        inputs = {name: np.broadcast_to(value, (count, *value.shape)) for name, value in self.constants.items()}
        for spelled, values in draws.items():
            name, elements = split_element(spelled)
            base = inputs.get(name, np.broadcast_to(study.constants[name], (count, *study.constants[name].shape)))
            array = np.array(base)
            if known[spelled].together:
                array *= values.reshape(-1, *([1] * (array.ndim - 1)))
            else:
                place: tuple[Any, ...] = (..., *(element_index(study.model, name, elements) if elements else ()))
                array[place] = values.reshape(-1, *([1] * (array[place].ndim - 1)))
            inputs[name] = array
        return inputs


def the_past(history: History, held: Mapping[str, float] | None = None, *, time_step: float | None = None) -> Past:
    """Make the model of a study ready to be driven through its past.

    The run starts where the base values rest under the design that `history.yaml` names; the years before the first
    figure let each draw find its own course.

    Parameters
    ----------
    held
        Constants held on top of those of `history.yaml`: what a rival explanation sets.
    time_step
        In the model's unit; the model's own unless told.

    Raises
    ------
    InputError
        When the model cannot be computed, or a constant is not known.
    """
    from policy_lab.engine import compile_model
    from policy_lab.engine.rest import solve_rest

    study = history.study
    series = {**_laws(history), **dict(_given(history, key, one) for key, one in history.file.given.items())}
    compiled = compile_model(study.model, series=tuple(series))
    constants = {
        name: value
        for name, value in set_constants(study, {**history.file.set, **study.file.rest.set, **(held or {})}).items()
        if name not in series
    }
    start = solve_rest(compiled, constants, series=series, time=study.model.time.initial).states[0]
    return Past(history, compiled, MappingProxyType(constants), MappingProxyType(series), start, time_step)


def _laws(history: History) -> dict[str, tuple[Array, Array]]:
    """Return levers and members over time: the mode scores of each design while it was the law."""
    study, file = history.study, history.file
    designs = [study.design(name) for name in (file.rest, *(law.design for law in file.laws))]
    months = [_month_of_law(history, law.from_) for law in file.laws]
    times = [0.0]
    for month in months:
        times += [month, month + MONTH_OF_CHANGE]
    owner = [0, *(at for index in range(len(months)) for at in (index, index + 1))]
    found = {
        lever.variable: np.array([float(designs[at].levers[key].mode) for at in owner])
        for key, lever in study.file.levers.items()
    }
    if study.file.membership:
        found[study.file.membership.variable] = np.stack([members_array(study, designs[at].members) for at in owner])
    return {name: (np.array(times), values) for name, values in found.items()}


def _month_of_law(history: History, day: dt.date) -> float:
    """Return the month in which a law begins, counted from the clock's start."""
    start = history.file.clock.start
    return float((day.year - start.year) * MONTHS + day.month - start.month)


def _given(history: History, key: str, given: Given) -> tuple[str, tuple[Array, Array]]:
    """Return an exogenous series: an index of published figures on the model's own value in the anchor year.

    Where a year has no figure, a straight line joins those beside it. A place's own figures are an index on the anchor
    year's figure of the whole, so that its level is its own too.
    """
    study = history.study
    figures = history.outside.get(key, history.figures)
    found = {year: given_figure(figures, given, year) for year in range(given.years[0], given.years[1] + 1)}
    years = [year for year, value in found.items() if np.isfinite(value)]
    index = np.array([found[year] for year in years]) / given_figure(history.figures, given, given.anchor_year)
    times = np.array([year_end(year, given.day, history.file.clock.start) for year in years])
    name, elements = split_element(given.variable)
    scale = float(study.constants[given.base]) if given.base else None
    if scale is not None:
        return name, (times, index * scale)
    values = np.repeat(study.constants[name][None], len(times), axis=0).astype(float)
    place: tuple[Any, ...] = (..., *(element_index(study.model, name, elements) if elements else ()))
    values[place] *= index
    return name, (times, values)


def answer(run: Series, observed: Observed, months: Array) -> Array:
    """Return what a run says of a published series, ``(runs, years)``: of the twelve months to each day, or on the day.

    A year's flow is the mean of its monthly values (trapezium rule) times twelve.
    """
    top, bottom = (_total(run, names) for names in (observed.variables, observed.over))
    time = np.asarray(run.time)
    if observed.kind == "stock":
        values = _on(time, top, months) / (_on(time, bottom, months) if observed.over else 1.0)
    else:
        values = _mean_of_year(time, top, months)
        values = values / (_mean_of_year(time, bottom, months) if observed.over else 1.0)
        if not observed.each:
            values = values * MONTHS
    return np.asarray(values * observed.factor)


def _total(run: Series, names: Iterable[str]) -> Array:
    """Return the sum of variables over all their elements, ``(runs, times)``; one where none is named."""
    parts = []
    for spelled in names:
        name, elements = split_element(spelled)
        values = np.asarray(run[name])
        if elements:
            labels = list(run.element_names(name))
            values = values.reshape(*values.shape[:2], -1)[:, :, [labels.index(f"{name}[{','.join(elements)}]")]]
        parts.append(values.reshape(*values.shape[:2], -1).sum(axis=2))
    return np.sum(parts, axis=0) if parts else np.ones(1)


def _on(time: Array, values: Array, months: Array) -> Array:
    """Return values at moments, by straight lines between saved times."""
    at = np.clip(np.searchsorted(time, months), 1, len(time) - 1)
    share = (months - time[at - 1]) / (time[at] - time[at - 1])
    return np.asarray(values[:, at - 1] * (1 - share) + values[:, at] * share)


def _mean_of_year(time: Array, values: Array, months: Array) -> Array:
    """Return the mean over the twelve months to each moment (monthly saves, trapezium rule)."""
    weights = np.ones(MONTHS + 1)
    weights[[0, -1]] = 0.5
    back = months[:, None] - np.arange(MONTHS, -1, -1)
    monthly = _on(time, values, back.ravel()).reshape(len(values), len(months), MONTHS + 1)
    return np.asarray(monthly @ weights / MONTHS)
