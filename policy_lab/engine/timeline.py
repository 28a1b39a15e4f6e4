"""When a run steps and when it saves: time accumulated and compared exactly as PySD does it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from policy_lab.errors import InputError, Problem

MAXIMUM_STEPS = 20_000_000
_MOST_LOST = 1e-3  # of a time step, in adding it to the time: with more a run would miss its end
_MOST_ASTRAY = 0.1  # of a time step, at the end of a run: as far as saving bears
_PRECISION = 1e-5  # of a time step: PySD's tolerance for the final time and for saving


@dataclass(frozen=True)
class Timeline:
    """The moments of a run.

    ``times`` are the accumulated times of all steps, the last one included; ``saved`` are the steps whose values are
    kept, ``labels`` their times, rounded as PySD rounds them.
    """

    initial_time: float
    final_time: float
    time_step: float
    save_period: float
    times: NDArray[np.float64]
    saved: NDArray[np.int64]
    labels: NDArray[np.float64]


def timeline(initial_time: float, final_time: float, time_step: float, save_period: float) -> Timeline:
    """Lay out a run.

    Raises
    ------
    InputError
        When a setting is not a positive, finite number, a step would be lost in rounding, or there are too many steps.
    """
    problems = [
        Problem(what=f"{name} is {value!r}, not a number")
        for name, value in (("INITIAL TIME", initial_time), ("FINAL TIME", final_time))
        if not math.isfinite(value)
    ]
    problems += [
        Problem(what=f"{name} must be greater than 0, it is {value!r}")
        for name, value in (("TIME STEP", time_step), ("SAVEPER", save_period))
        if not (math.isfinite(value) and value > 0)
    ]
    if not problems:
        problems = _impossible(initial_time, final_time, time_step)
    if problems:
        raise InputError(*problems)
    steps = (final_time - initial_time) / time_step * (1 + _lost(initial_time, final_time, time_step))
    count = max(0, math.ceil(steps)) + 2
    increments = np.full(count + 1, time_step)
    increments[0] = initial_time
    times = np.add.accumulate(increments)
    tolerance = time_step * _PRECISION
    inside = times + tolerance < final_time
    times = times[: int(np.argmin(inside)) + 1]
    astray = abs(times[-1] - (initial_time + (len(times) - 1) * time_step))
    if astray > _MOST_ASTRAY * time_step:
        raise InputError(
            _rounded(initial_time, final_time, time_step, f"{len(times) - 1:,} steps end {astray:.2g} off")
        )
    since = times - initial_time
    turns = np.round(since / save_period)
    saved = np.flatnonzero(np.abs(since - turns * save_period) < _saving_tolerance(times, time_step))
    labels = np.asarray(np.round(times[saved], -int(np.log10(tolerance))), dtype=np.float64)
    strayed = np.abs(since - turns * save_period)[saved] >= tolerance
    labels[strayed] = (initial_time + turns * save_period)[saved][strayed]
    return Timeline(initial_time, final_time, time_step, save_period, times, saved, labels)


def _saving_tolerance(times: NDArray[np.float64], time_step: float) -> NDArray[np.float64]:
    """Return how far a time may be from a time to save: PySD's tolerance, and what adding up may have lost.

    PySD allows a hundred-thousandth of a step only, and so loses rows of long runs with short steps.
    """
    lost = np.arange(len(times)) * np.spacing(np.abs(times).max())
    return time_step * _PRECISION + np.minimum(lost, _MOST_ASTRAY * time_step)


def _impossible(initial_time: float, final_time: float, time_step: float) -> list[Problem]:
    steps = (final_time - initial_time) / time_step
    if final_time < initial_time:
        return [Problem(what=f"FINAL TIME {final_time:g} is before INITIAL TIME {initial_time:g}")]
    if steps > MAXIMUM_STEPS:
        return [
            Problem(
                what=f"{steps:.3g} time steps; at most {MAXIMUM_STEPS:,} can be run",
                remedy="Raise TIME STEP or shorten the horizon.",
            )
        ]
    if _lost(initial_time, final_time, time_step) > _MOST_LOST:
        return [_rounded(initial_time, final_time, time_step)]
    return []


def _rounded(initial_time: float, final_time: float, time_step: float, found: str = "") -> Problem:
    largest = max(initial_time, final_time, key=abs)
    apart = f"numbers of that size stand {float(np.spacing(abs(largest))):.2g} apart"
    return Problem(
        what=f"TIME STEP {time_step!r} is lost in rounding beside times of {largest:g}",
        why=f"{apart}; {found}" if found else apart,
        remedy="Count time from 0, or take a longer step.",
    )


def _lost(initial_time: float, final_time: float, time_step: float) -> float:
    """Return the share of a time step that adding it to the time may lose; none where every sum is exact."""
    apart = float(np.spacing(max(abs(initial_time), abs(final_time))))
    if math.fmod(initial_time, apart) == 0 and math.fmod(time_step, apart) == 0:
        return 0.0
    return apart / time_step
