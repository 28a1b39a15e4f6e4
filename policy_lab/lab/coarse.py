"""The small sample of a movement: run at a longer time step, and again at the model's own where that could matter.

Whether a future falls short is decided by one level of its path (`deciding_levels`). A longer step moves that level a
little. By how much is measured, where the sliders stand first, by running the sample both ways. Futures whose level
comes within `_SAFE` times the largest difference of the bar run again at the model's own step. So no future changes
sides by the shortcut unless a slider makes the differences more than `_SAFE` times as large.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from policy_lab.analysis.shortfall import deciding_levels
from policy_lab.engine.laid import Laid
from policy_lab.engine.timeline import Timeline

_FACTORS = (4, 2)
"""Times the model's own step that are tried, the longest first."""
_SAFE = 2.0
_MOST_AGAIN = 1 / 6
"""Of the sample may come near the bar; where more do, a longer step saves little."""


@dataclass(frozen=True)
class Coarse:
    """How the sample is run: at how many times the model's own step, and how near the bar a future runs again."""

    factor: int
    margin: float


@dataclass(frozen=True)
class Runs:
    """Runs laid out, where they start, and the measure that is taken of them."""

    laid: Laid
    start: np.ndarray
    variable: str
    element: tuple[int, ...]
    line: Timeline
    bar: float
    periods: int

    def paths(self, runs: np.ndarray, line: Timeline | None = None) -> np.ndarray:
        """Run some of them: ``[run, time]``."""
        return self.laid.chosen(runs).path(self.variable, self.element, line or self.line, self.start[runs])

    def levels(self, runs: np.ndarray, line: Timeline | None = None) -> np.ndarray:
        """Return the level of each that decides whether it falls short."""
        return deciding_levels(self.paths(runs, line), self.periods)

    def longer(self, factor: int) -> Timeline | None:
        """Return when runs step and save at a longer step; nothing where that would save at other times."""
        own = self.line
        line = self.laid.compiled.timeline(own.initial_time, own.final_time, factor * own.time_step, own.save_period)
        same = line.labels.shape == own.labels.shape and np.allclose(line.labels, own.labels, atol=1e-9)
        return line if same else None


def sampled(
    runs: Runs, sample: np.ndarray, central: np.ndarray, coarse: Coarse | None
) -> tuple[np.ndarray, np.ndarray, Coarse]:
    """Run central paths and a sample.

    Parameters
    ----------
    sample, central
        Their numbers among the runs.
    coarse
        How the sample may be run; nothing where that has not been measured yet.

    Returns
    -------
    numpy.ndarray, numpy.ndarray, Coarse
        The central paths ``[run, time]``; of each run of the sample 1.0 where it falls short, 0.0 where it does not,
        not-a-number where it failed; and how the sample may be run next.
    """
    line = runs.longer(coarse.factor) if coarse is not None and coarse.factor > 1 else None
    if coarse is None or line is None:
        paths = runs.paths(np.append(sample, central))
        levels = deciding_levels(paths[: len(sample)], runs.periods)
        return paths[len(sample) :], _fell(levels, runs.bar), coarse or measured(runs, sample, levels)
    levels = runs.levels(sample, line)
    again = ~(np.abs(levels - runs.bar) > coarse.margin)  # what failed at the longer step, too
    paths = runs.paths(np.append(sample[again], central))
    count = int(again.sum())
    levels[again] = deciding_levels(paths[:count], runs.periods)
    return paths[count:], _fell(levels, runs.bar), coarse


def measured(runs: Runs, sample: np.ndarray, levels: np.ndarray) -> Coarse:
    """Return the longest step at which few futures have to run again, from the levels at the model's own."""
    for factor in _FACTORS:
        line = runs.longer(factor)
        if line is None:
            continue
        apart = np.abs(runs.levels(sample, line) - levels)
        if not np.array_equal(np.isfinite(apart), np.isfinite(levels)):
            continue  # runs are lost at this step that are not at the model's own
        margin = _SAFE * float(np.nanmax(apart, initial=0.0))
        if (np.abs(levels - runs.bar) <= margin).mean() <= _MOST_AGAIN:
            return Coarse(factor, margin)
    return Coarse(1, 0.0)


def _fell(levels: np.ndarray, bar: float) -> np.ndarray:
    return np.where(np.isnan(levels), np.nan, (levels < bar).astype(float))
