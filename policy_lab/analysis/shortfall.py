"""Persistent shortfall: an outcome that stays below a bar for several saved periods in a row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from policy_lab.analysis.outcomes import path
from policy_lab.results.types import Results
from policy_lab.study.measure import refuse_placeholder

START = "below the bar from the start"
SHOCK = "pushed below by a shock or event"
DIP = "in the dip after the change"
WORN = "worn down"
NONE = "no persistent shortfall"
FAILED = "case failed"

BY_SPEED = "by the speed of the fall"
BY_TWIN = "against the same world in which nothing happens"


@dataclass(frozen=True)
class Spells:
    """Persistent spells below a bar, one entry a case (arrays of the shape of the cases).

    ``fell`` is 1.0 where there is at least one spell, 0.0 where there is none, not-a-number where the case failed;
    ``first`` is the index of the saved time at which the first spell began (-1: none); ``recovered`` says whether the
    outcome was back at or above the bar for as many periods in a row after the last spell.
    """

    fell: np.ndarray
    first: np.ndarray
    recovered: np.ndarray


def run_lengths(flags: np.ndarray) -> np.ndarray:
    """Return, at each saved time, how many flags in a row have been set up to and including it.

    Along the last axis: ``n[t] = flag[t] * (n[t-1] + 1)``, computed without a loop as the count so far minus the count
    at the last unset flag.
    """
    count = np.cumsum(flags, axis=-1, dtype=np.int32)
    at_last_unset = np.maximum.accumulate(np.where(flags, 0, count), axis=-1)
    lengths: np.ndarray = count - at_last_unset
    return lengths


def spells(values: np.ndarray, threshold: float, periods: int) -> Spells:
    """Find the persistent spells below a bar.

    Parameters
    ----------
    values
        ``[..., time]``; the saved times are equally spaced.
    threshold
        The bar, in the unit of ``values``. A value equal to the bar is not below it.
    periods
        How many saved periods in a row make a spell persistent.
    """
    usable = np.isfinite(values).all(axis=-1)
    below = values < threshold
    reached = run_lengths(below) >= periods
    fell = reached.any(axis=-1)
    first = np.where(fell, reached.argmax(axis=-1) - periods + 1, -1)
    last = values.shape[-1] - 1 - reached[..., ::-1].argmax(axis=-1)
    back = run_lengths(~below) >= periods
    after = np.arange(values.shape[-1]) > last[..., None]
    recovered = fell & (back & after).any(axis=-1)
    return Spells(np.where(usable, fell.astype(float), np.nan), first, recovered)


def deciding_levels(values: np.ndarray, periods: int) -> np.ndarray:
    """Return the level that decides whether there is a persistent spell: ``[..., time] -> [...]``.

    A bar above it has one, a bar at it or below has none: the lowest of the highest values in ``periods`` saved times
    in a row. Not-a-number where the case failed.

    Examples
    --------
    >>> import numpy as np
    >>> float(deciding_levels(np.array([5.0, 1.0, 3.0, 2.0, 5.0]), 3))
    3.0
    """
    usable = np.isfinite(values).all(axis=-1)
    if values.shape[-1] < periods:
        return np.where(usable, np.inf, np.nan)
    highest = np.lib.stride_tricks.sliding_window_view(values, periods, axis=-1).max(axis=-1)
    return np.where(usable, highest.min(axis=-1), np.nan)


def longest_runs(values: np.ndarray, threshold: float) -> np.ndarray:
    """Return the longest spell below a bar, in saved periods: ``[..., time] -> [...]``; NaN where the case failed."""
    longest = run_lengths(values < threshold).max(axis=-1)
    return np.where(np.isfinite(values).all(axis=-1), longest.astype(float), np.nan)


def shortfall(results: Results, threshold: float | None = None, periods: int | None = None) -> Spells:
    """Return the study's shortfall of every case, ``[design, world, future]``.

    ``threshold`` and ``periods`` are the study's unless given.

    Raises
    ------
    InputError
        When nobody has chosen the measure yet.
    """
    refuse_placeholder(results.plan.study)
    measure = results.plan.study.file.measures.shortfall
    return spells(
        path(results, measure.variable),
        measure.threshold if threshold is None else threshold,
        measure.periods if periods is None else periods,
    )


def causes(values: np.ndarray, found: Spells, periods: int, calm: Spells | None = None) -> np.ndarray:
    """Say for every case how its shortfall began.

    Parameters
    ----------
    values
        ``[design, world, future, time]``.
    found
        The spells of these cases.
    periods
        The persistence of the measure, in saved periods.
    calm
        The spells of the same designs and worlds without luck, ``[design, world, 1]``. With it the rule is a
        comparison: *pushed below by a shock* where the same world without luck has no shortfall, or has one that begins
        more than ``periods`` later; *in the dip after the change* where it falls short by then in any case but comes
        back within the horizon (nothing happens in it, so that the change itself is all that can pass); *worn down*
        where it falls short by then and stays so.
        Without it the rule is the speed of the fall: *pushed below by a shock* where at least half of the fall from the
        highest earlier level happened in the last ``periods`` before the outcome crossed the bar. The comparison is the
        better rule: speed alone mistakes a steep collapse from inside for a shock.

    Returns
    -------
    numpy.ndarray
        One of the words of this module for each case.
    """
    if calm is None:
        pushed = _fell_fast(values, found.first, periods)
        passing = np.zeros_like(pushed)
    else:
        pushed = (calm.fell != 1.0) | (calm.first > found.first + periods)
        passing = np.broadcast_to(calm.recovered, pushed.shape)
    rules = [~np.isfinite(found.fell), found.fell != 1.0, found.first == 0, pushed, passing]
    words = np.select(rules, [FAILED, NONE, START, SHOCK, DIP], WORN)
    return words.astype(object)


def _fell_fast(values: np.ndarray, first: np.ndarray, periods: int) -> np.ndarray:
    at = np.clip(first, 0, None)[..., None]
    highest = np.take_along_axis(np.maximum.accumulate(values, axis=-1), at, axis=-1)
    crossing = np.take_along_axis(values, at, axis=-1)
    before = np.take_along_axis(values, np.clip(at - periods, 0, None), axis=-1)
    fast: np.ndarray = ((before - crossing) >= 0.5 * (highest - crossing))[..., 0]
    return fast


def split(results: Results, calm: Results | None = None) -> pd.DataFrame:
    """Split the modelled shortfall risk of each design by how the shortfall began and whether it ended.

    Parameters
    ----------
    results
        Finished cases.
    calm
        The same plan with one future a world and no luck; see :func:`causes` for the rule with and without it.

    Returns
    -------
    pandas.DataFrame
        ``design``, ``cause``, ``recovered`` (shares of all usable futures that fell short so and were back above the
        bar for as long within the horizon), ``not_recovered``, ``share`` (their sum) and ``rule`` (how shock was told
        from wear). Shares of each design add up to one with *no persistent shortfall* among the causes.
    """
    measure = results.plan.study.file.measures.shortfall
    values = path(results, measure.variable)
    found = shortfall(results)
    words = causes(values, found, measure.periods, None if calm is None else _aligned(calm, results))
    rule = BY_SPEED if calm is None else BY_TWIN
    rows = []
    for place, design in enumerate(results.designs):
        usable = int((words[place] != FAILED).sum())
        for cause in (START, SHOCK, DIP, WORN, NONE):
            here = words[place] == cause
            back = int((here & found.recovered[place]).sum())
            share = int(here.sum()) / usable if usable else float("nan")
            recovered = back / usable if usable else float("nan")
            rows.append((design, cause, share, recovered, share - recovered, rule))
    return pd.DataFrame(rows, columns=["design", "cause", "share", "recovered", "not_recovered", "rule"])


def _aligned(calm: Results, results: Results) -> Spells:
    """Return the calm spells in the order of the designs of ``results``."""
    order = [calm.designs.index(design) for design in results.designs]
    found = shortfall(calm)
    return Spells(found.fell[order], found.first[order], found.recovered[order])


def first_times(results: Results) -> np.ndarray:
    """Return the time at which each case's first persistent shortfall began, in the model's time unit; NaN if none."""
    found = shortfall(results)
    times = results.time[np.clip(found.first, 0, None)]
    return np.where(found.fell == 1.0, times, np.nan)
