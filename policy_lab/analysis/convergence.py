"""Convergence: from how many worlds and futures on would another run of the same size give the same order?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pandas as pd

from policy_lab.analysis.dominance import put_in_pairs
from policy_lab.analysis.risk import groups
from policy_lab.analysis.shortfall import shortfall
from policy_lab.analysis.sobol import kendall_tau
from policy_lab.results.types import Results
from policy_lab.study.streams import stream

WORLDS, FUTURES = "worlds", "futures"
SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
STILL = 0.95
"""Share of pairs of samples that have to agree for an order to be said to stand still."""


def twin_samples(size: int, count: int, resamples: int, generator: np.random.Generator) -> np.ndarray:
    """Return pairs of samples without replacement that share nothing: ``[resample, 2, size]`` places below ``count``.

    Two samples that may overlap, or a sample and the whole it is drawn from, agree the better the larger they are,
    whatever they say: at full size they are the same. Samples apart agree only if the order is there to be found.
    """
    orders = np.argsort(generator.random((resamples, count)), axis=1)
    return orders[:, : 2 * size].reshape(resamples, 2, size)


def sample_risks(fell: np.ndarray, varied: str, places: np.ndarray) -> np.ndarray:
    """Return the risks that some worlds, or some futures of every world, give: ``[resample, 2, design]``.

    ``fell`` is ``[design, world, future]``, 1 for a shortfall, 0 for none, not-a-number where the case failed;
    ``places`` are those of :func:`twin_samples`.
    """
    axis = 1 if varied == WORLDS else 2
    usable = np.isfinite(fell)
    if varied == WORLDS:
        count = usable.sum(axis=2)
        shares = np.where(usable, fell, 0.0).sum(axis=2) / np.maximum(count, 1)
        shares = np.where(count > 0, shares, np.nan)[:, places]  # [design, resample, 2, size]
    else:
        taken = np.take(fell, places, axis=axis)  # [design, world, resample, 2, size]
        count = np.isfinite(taken).sum(axis=-1)
        shares = np.where(np.isfinite(taken), taken, 0.0).sum(axis=-1) / np.maximum(count, 1)
        shares = np.moveaxis(np.where(count > 0, shares, np.nan), 1, -1)
    known = np.isfinite(shares)
    total = np.where(known, shares, 0.0).sum(axis=-1) / np.maximum(known.sum(axis=-1), 1)
    return np.moveaxis(np.where(known.any(axis=-1), total, np.nan), 0, -1)


def convergence(results: Results, resamples: int = 100) -> pd.DataFrame:
    """Say how well two runs of the same size that share nothing agree on the order, as the size grows.

    Worlds are drawn from the run without replacement, twice over without overlap; and likewise futures, with every
    world kept. So at most half of what was run can be judged.

    Returns
    -------
    pandas.DataFrame
        One row a group of two designs or more, what is varied (``worlds`` or ``futures``) and size: ``group``,
        ``varied``, ``size``, ``tau`` (mean of Kendall's tau-b between the two orders by risk; not-a-number where one
        of them ties throughout), ``same_best`` (share in which the same design, or the same tied ones, rank lowest),
        ``same_order`` (share in which the whole order is the same), ``resamples``.
    """
    rows = []
    for group, members, varied, size, first, second in _samples(results, resamples):
        one, other = first[:, members], second[:, members]
        taus = np.array([kendall_tau(*pair) for pair in zip(one, other, strict=True)])
        best = (_lowest(one) == _lowest(other)).all(axis=1)
        order = (_signs(one) == _signs(other)).all(axis=(1, 2))
        tau = float(taus[np.isfinite(taus)].mean()) if np.isfinite(taus).any() else float("nan")
        rows.append((group, varied, size, tau, float(best.mean()), float(order.mean()), resamples))
    return pd.DataFrame(rows, columns=["group", "varied", "size", "tau", "same_best", "same_order", "resamples"])


def pair_convergence(results: Results, resamples: int = 100) -> pd.DataFrame:
    """Say how often two runs of the same size agree on which design of a pair has the lower risk.

    Returns
    -------
    pandas.DataFrame
        One row a pair inside a group, what is varied and size: ``design``, ``other``, ``group``, ``varied``, ``size``,
        ``agree`` (share of pairs of samples with the same sign of the difference, a tie agreeing with a tie),
        ``put_in`` (whether the order was put in), ``resamples``.
    """
    put_in = put_in_pairs(results.plan.study, results.designs)
    rows = []
    for group, members, varied, size, first, second in _samples(results, resamples):
        for one, other in combinations(members, 2):
            agree = np.sign(first[:, one] - first[:, other]) == np.sign(second[:, one] - second[:, other])
            names = (results.designs[one], results.designs[other])
            known = names in put_in or names[::-1] in put_in
            rows.append((*names, group, varied, size, float(agree.mean()), known, resamples))
    columns = ["design", "other", "group", "varied", "size", "agree", "put_in", "resamples"]
    return pd.DataFrame(rows, columns=columns)


def stands_still(sizes: np.ndarray, agree: np.ndarray, share: float = STILL) -> float:
    """Return the size from which on runs agree often enough at every size that was looked at; not-a-number if none."""
    order = np.argsort(sizes)
    enough = np.logical_and.accumulate((agree[order] >= share)[::-1])[::-1]
    return float(sizes[order][enough.argmax()]) if enough.any() else float("nan")


def sample_sizes(count: int) -> list[int]:
    """Return the sizes at which a run of ``count`` is looked at: up to half of it, and that half."""
    half = count // 2
    return sorted({size for size in SIZES if size <= half} | ({half} if half else set()))


def _samples(results: Results, resamples: int) -> Iterator[tuple[str, list[int], str, int, np.ndarray, np.ndarray]]:
    """Yield each group, its members, what is varied, the size, and the risks of both samples ``[resample, design]``."""
    fell = shortfall(results).fell
    together = {group: members for group, members in groups(results).items() if len(members) > 1}
    for varied, count in ((WORLDS, fell.shape[1]), (FUTURES, fell.shape[2])):
        for size in sample_sizes(count):
            generator = stream(results.plan.seed, f"convergence/{varied}/{size}")
            risks = sample_risks(fell, varied, twin_samples(size, count, resamples, generator))
            for group, members in together.items():
                yield group, members, varied, size, risks[:, 0], risks[:, 1]


def _lowest(risks: np.ndarray) -> np.ndarray:
    """Say which designs rank lowest, ``[resample, design]``."""
    found: np.ndarray = risks == risks.min(axis=1, keepdims=True)
    return found


def _signs(risks: np.ndarray) -> np.ndarray:
    """Return which of each two designs is lower, ``[resample, design, design]``."""
    return np.sign(risks[:, :, None] - risks[:, None, :])
