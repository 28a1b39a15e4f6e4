"""Stochastic dominance between designs: is one better for every reader, whatever each makes of bad worlds?"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from policy_lab.analysis.beside import burden_ratios
from policy_lab.analysis.dominance import OPEN, dominance
from policy_lab.analysis.risk import world_risks
from policy_lab.results.types import Results
from policy_lab.study.streams import stream

RISK, BURDEN = "modelled shortfall risk", "burden ratio"
FIRST, SECOND, NO_ORDER, ALIKE = "first order", "second order", "no order", "alike"
SURE = 0.95
"""Share of resamples in which an order has to be found again to be called sure."""
_ROUNDING = 1e-12
_COLUMNS = [
    "design",
    "other",
    "measure",
    "same_group",
    "verdict",
    "dominant",
    "sure",
    "found_again",
    "violation",
    "withheld",
]


@dataclass(frozen=True)
class Orders:
    """Whether the first of two samples dominates the second at first and at second order, one entry a resample."""

    first: np.ndarray
    second: np.ndarray


def stochastic_orders(one: np.ndarray, other: np.ndarray, weights: np.ndarray) -> Orders:
    """Say whether one distribution of losses dominates another, for each of several weightings of the worlds.

    Parameters
    ----------
    one, other
        ``[world]``: a loss in each world, less being better.
    weights
        ``[resample, world]``: how often each world stands in a resample.

    Notes
    -----
    First order: ``F_one(x) >= F_other(x)`` at every x, and above somewhere: better for everybody who wants less (Hadar
    & Russell 1969, *American Economic Review* 59:25-34). Second order, for losses: ``E max(one - x, 0) <= E max(other -
    x, 0)`` at every x, and below somewhere: better for everybody who wants less and shuns bad worlds (increasing convex
    order; Rothschild & Stiglitz 1970, *Journal of Economic Theory* 2:225-243; Shaked & Shanthikumar 2007, §4.A). Both
    need looking at only where a sample has a value.
    """
    grid = np.unique(np.concatenate([one, other]))
    counts = weights.sum(axis=1, keepdims=True)
    ahead = weights @ ((one[:, None] <= grid).astype(float) - (other[:, None] <= grid)) / counts
    spared = weights @ (np.maximum(other[:, None] - grid, 0) - np.maximum(one[:, None] - grid, 0)) / counts
    return Orders(_never_behind(ahead), _never_behind(spared))


def _never_behind(lead: np.ndarray) -> np.ndarray:
    return np.all(lead >= -_ROUNDING, axis=1) & np.any(lead > _ROUNDING, axis=1)


def violation(one: np.ndarray, other: np.ndarray) -> float:
    """Return how far the first distribution of losses is from dominating the second at first order, 0 to 1.

    The area in which it lies behind over the whole area between the two: ``int max(F_other - F_one, 0) / int |F_one -
    F_other|``. 0: it dominates; under 0.06 most people whom one asks choose as if it did (almost stochastic
    dominance; Leshno & Levy 2002, *Management Science* 48:1074-1085; Levy et al. 2010, *European Journal of Operational
    Research* 203:193-199). Not-a-number where the two are the same.
    """
    grid = np.unique(np.concatenate([one, other]))
    lead = (one[:, None] <= grid).mean(axis=0) - (other[:, None] <= grid).mean(axis=0)
    steps = np.diff(grid)
    between = float(np.abs(lead[:-1]) @ steps)
    return float(np.maximum(-lead[:-1], 0) @ steps / between) if between > 0 else float("nan")


def stochastic_dominance(results: Results, resamples: int = 200) -> pd.DataFrame:
    """Say for each pair whether one design's distribution over worlds dominates the other's, by risk and by burden.

    The worlds are resampled with replacement, both designs together (paired bootstrap), to see how often the order is
    found again. Nothing is said of a pair whose order was put in, nor of the same scores.

    Returns
    -------
    pandas.DataFrame
        One row a pair and measure (``modelled shortfall risk``; ``burden ratio`` to the base design): ``design``,
        ``other``, ``measure``, ``same_group``, ``verdict`` (``first order``, ``second order``, ``no order``, ``alike``;
        empty where withheld), ``dominant`` (which of the two), ``found_again`` (share of resamples in which the
        dominant one dominates at that order or, for ``no order``, neither does at either), ``sure`` (whether that is
        95 % or more), ``violation`` (of first order, by the one with the lower mean: :func:`violation`), ``withheld``.
    """
    orders = {
        frozenset((row.design, row.other)): (str(row.order), bool(row.same_group))
        for row in dominance(results.plan.study, results.designs).itertuples(index=False)
    }
    rows = []
    for measure, losses in ((RISK, world_risks(results)), (BURDEN, burden_ratios(results))):
        for one, other in combinations(range(len(results.designs)), 2):
            pair = (results.designs[one], results.designs[other])
            order, same_group = orders[frozenset(pair)]
            usable = np.isfinite(losses[one]) & np.isfinite(losses[other])
            found = ("", "", False, float("nan"), float("nan"))
            withheld = "" if order == OPEN else f"the order was {order}" if order == "put in" else "the same scores"
            if not withheld and usable.sum() < 2:
                withheld = "not known"
            if not withheld:
                generator = stream(results.plan.seed, f"stochastic dominance/{measure}/{'/'.join(pair)}")
                found = _verdict(pair, losses[one][usable], losses[other][usable], generator, resamples)
            rows.append((*pair, measure, same_group, *found, withheld))
    return pd.DataFrame(rows, columns=_COLUMNS)


def _verdict(
    pair: tuple[str, str], one: np.ndarray, other: np.ndarray, generator: np.random.Generator, resamples: int
) -> tuple[str, str, bool, float, float]:
    """Return verdict, dominant design, whether it is sure, how often it is found again, and the violation."""
    picks = generator.integers(0, len(one), size=(resamples, len(one)))
    weights = np.stack([np.bincount(pick, minlength=len(one)) for pick in picks]).astype(float)
    weights = np.concatenate([np.ones((1, len(one))), weights])  # the sample itself comes first
    forward, backward = stochastic_orders(one, other, weights), stochastic_orders(other, one, weights)
    if (np.sort(one) == np.sort(other)).all():
        return ALIKE, "", False, float("nan"), float("nan")
    lower_first = one.mean() <= other.mean()
    missed = violation(one, other) if lower_first else violation(other, one)
    for verdict, ours, theirs in ((FIRST, forward.first, backward.first), (SECOND, forward.second, backward.second)):
        for name, found in zip(pair, (ours, theirs), strict=True):
            if found[0]:
                again = float(found[1:].mean())
                return verdict, name, again >= SURE, again, missed
    neither = ~(forward.first | backward.first | forward.second | backward.second)
    again = float(neither[1:].mean())
    return NO_ORDER, "", again >= SURE, again, missed


def distributions(results: Results) -> pd.DataFrame:
    """Return each design's distribution of risk over worlds, from which its dominance is read.

    Returns
    -------
    pandas.DataFrame
        ``design``, ``risk`` (share of futures), ``worlds`` (share of worlds whose risk is at most that).
    """
    frames = []
    for name, shares in zip(results.designs, world_risks(results), strict=True):
        usable = np.sort(shares[np.isfinite(shares)])
        steps = np.unique(np.concatenate([[0.0], usable, [1.0]]))
        below = np.searchsorted(usable, steps, side="right") / max(1, len(usable))
        frames.append(pd.DataFrame({"design": name, "risk": steps, "worlds": below}))
    return pd.concat(frames, ignore_index=True)
