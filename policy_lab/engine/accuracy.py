"""How far results depend on how they were computed: one time step against half of it, one method against another."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from policy_lab.engine.adaptive import Tolerance
from policy_lab.engine.compiled import CompiledModel
from policy_lab.engine.series import Series

Array = NDArray[np.float64]
Allowed: TypeAlias = float | Sequence[float] | Tolerance | None


@dataclass(frozen=True)
class Difference:
    """How far one element of a variable differs between two ways to compute it.

    Parameters
    ----------
    name
        The element, as PySD spells it.
    unit
        Its unit.
    largest
        The largest difference over runs and times, in that unit.
    relative
        The largest difference of a run as a share of the largest value in that run: 0.001 is a tenth of a per cent.
    time
        When the relative difference is largest.
    variable
        The variable that it is an element of.
    """

    name: str
    unit: str
    largest: float
    relative: float
    time: float
    variable: str = ""

    @property
    def digits(self) -> float:
        """How many digits of the largest value stand."""
        return math.inf if self.relative == 0 else -math.log10(self.relative)


def compare_time_steps(
    compiled: CompiledModel,
    inputs: Mapping[str, ArrayLike] | None = None,
    outputs: Sequence[str] | None = None,
    *,
    start: ArrayLike | None = None,
    time_step: float | None = None,
    final_time: float | None = None,
    method: str | None = None,
    tolerance: Allowed = None,
    series: Mapping[str, tuple[ArrayLike, ArrayLike]] | None = None,
) -> tuple[Difference, ...]:
    """Compare runs at the time step with runs at half of it.

    Parameters
    ----------
    inputs, start, final_time, method, tolerance, series
        As for :meth:`CompiledModel.run`.
    outputs
        Variables to compare; all when not given.
    time_step
        The longer step; the model's own when not given.

    Returns
    -------
    tuple of Difference
        One for each element, the largest relative difference first.
    """
    step = compiled.model.time.step if time_step is None else time_step
    period = max(compiled.model.time.save_period, step)

    def computed(at: float) -> Series:
        return compiled.run(
            inputs,
            outputs=outputs,
            start=start,
            final_time=final_time,
            time_step=at,
            save_period=period,
            method=method,
            tolerance=tolerance,
            series=series,
        )

    return differences(computed(step), computed(step / 2))


def compare_methods(
    compiled: CompiledModel,
    inputs: Mapping[str, ArrayLike] | None = None,
    outputs: Sequence[str] | None = None,
    *,
    methods: tuple[str, str] = ("euler", "rk4"),
    tolerances: tuple[Allowed, Allowed] = (None, None),
    start: ArrayLike | None = None,
    time_step: float | None = None,
    final_time: float | None = None,
    series: Mapping[str, tuple[ArrayLike, ArrayLike]] | None = None,
) -> tuple[Difference, ...]:
    """Compare two methods of integration at one time step, each with its tolerance; see :func:`compare_time_steps`."""

    def computed(method: str, tolerance: Allowed) -> Series:
        return compiled.run(
            inputs,
            outputs=outputs,
            start=start,
            time_step=time_step,
            final_time=final_time,
            method=method,
            tolerance=tolerance,
            series=series,
        )

    first, second = zip(methods, tolerances, strict=True)
    return differences(computed(*first), computed(*second))


def differences(first: Series, second: Series) -> tuple[Difference, ...]:
    """Compare two series over the times that both have saved, the largest relative difference first.

    A value that is missing in one only is an infinite difference.
    """
    common = [(i, j) for i, t in enumerate(first.time) for j in np.flatnonzero(np.isclose(second.time, t, atol=1e-9))]
    ours, theirs = [i for i, _ in common], [j for _, j in common]
    times = first.time[ours]
    found = []
    for name in first.values:
        a = first[name][:, ours].reshape(first.runs, len(ours), -1)
        b = second[name][:, theirs].reshape(second.runs, len(theirs), -1)
        for place, element in enumerate(first.element_names(name)):
            apart = _difference(element, first.units[name], a[:, :, place], b[:, :, place], times)
            found.append(replace(apart, variable=name))
    return tuple(sorted(found, key=lambda difference: -difference.relative))


def _difference(name: str, unit: str, first: Array, second: Array, times: Array) -> Difference:
    same = (first == second) | (np.isnan(first) & np.isnan(second))
    with np.errstate(all="ignore"):
        gap = np.where(same, 0.0, np.abs(first - second))
        gap = np.where(np.isnan(gap), np.inf, gap)
        size = np.max(np.where(np.isfinite(second), np.abs(second), 0.0), axis=1, initial=0.0, keepdims=True)
        relative = np.where(gap == 0.0, 0.0, np.where(size > 0.0, gap / size, np.inf))
    worst = int(np.argmax(relative.max(axis=0))) if relative.size else 0
    at = float(times[worst]) if len(times) else math.nan
    return Difference(name, unit, float(gap.max(initial=0.0)), float(relative.max(initial=0.0)), at)
