"""Variance split by groups of inputs, from runs on common draws; and rank correlation. Estimators only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class GroupShare:
    """The part of a variance that one group of inputs has, with 5-95 % bootstrap intervals.

    ``alone`` is the closed first-order index ``S = V[E(Y | g)] / V(Y)``: what fixing the group would remove on
    average. ``total`` is ``T = E[V(Y | all but g)] / V(Y)``: what would remain if all else were known;
    ``total - alone`` is what the group does only together with others.
    """

    alone: float
    alone_q05: float
    alone_q95: float
    total: float
    total_q05: float
    total_q95: float


def group_shares(
    first: np.ndarray,
    second: np.ndarray,
    mixed: Mapping[str, np.ndarray],
    generator: np.random.Generator,
    resamples: int = 200,
) -> dict[str, GroupShare]:
    """Estimate grouped Sobol indices.

    Parameters
    ----------
    first, second
        ``(N,)``: the output on two independent samples A and B of all inputs.
    mixed
        Group name -> ``(N,)``: the output on A with that group's inputs taken from B.
    generator
        For the bootstrap over the N rows.
    resamples
        How many bootstrap samples; fewer than two give not-a-number intervals.

    Returns
    -------
    dict
        One :class:`GroupShare` a group; not-a-number throughout when the output does not vary.

    Notes
    -----
    Alone after Saltelli et al. 2010 (*Computer Physics Communications* 181:259-270, table 2 b), total after Jansen
    1999 (*Computer Physics Communications* 117:35-43): ``S = mean[B (AB - A)] / V`` on outputs centred at their mean,
    ``T = mean[(A - AB)^2] / (2 V)``, with ``V`` over A and B together. Rows with a failed run are left out.
    """
    stacked = np.stack([first, second, *mixed.values()])
    usable = np.isfinite(stacked).all(axis=0)
    stacked = stacked[:, usable]
    rows = stacked.shape[1]
    everything = _indices(stacked)
    picks = generator.integers(0, max(rows, 1), size=(resamples, rows)) if rows else np.zeros((0, 0), dtype=int)
    drawn = np.array([_indices(stacked[:, pick]) for pick in picks]).reshape(len(picks), 2, len(mixed))
    low, high = _interval(drawn, 0.05), _interval(drawn, 0.95)
    return {
        name: GroupShare(
            float(everything[0, place]),
            float(low[0, place]),
            float(high[0, place]),
            float(everything[1, place]),
            float(low[1, place]),
            float(high[1, place]),
        )
        for place, name in enumerate(mixed)
    }


def _indices(stacked: np.ndarray) -> np.ndarray:
    """Return ``[alone, total][group]`` from outputs ``[A, B, AB...][row]``."""
    groups = stacked.shape[0] - 2
    if stacked.shape[1] < 2:
        return np.full((2, groups), np.nan)
    variance = stacked[:2].var(ddof=1)
    if variance <= 1e-24 * max(1.0, float(np.abs(stacked).max()) ** 2):
        return np.full((2, groups), np.nan)
    centred = stacked - stacked[:2].mean()
    first, second, mixed = centred[0], centred[1], centred[2:]
    alone = (second * (mixed - first)).mean(axis=1) / variance
    total = ((first - mixed) ** 2).mean(axis=1) / (2 * variance)
    return np.stack([alone, total])


def _interval(drawn: np.ndarray, quantile: float) -> np.ndarray:
    if len(drawn) < 2 or not np.isfinite(drawn).any():
        return np.full(drawn.shape[1:], np.nan)
    bound: np.ndarray = np.nanquantile(drawn, quantile, axis=0)
    return bound


def kendall_tau(one: np.ndarray, other: np.ndarray) -> float:
    """Return Kendall's rank correlation tau-b, ties allowed for (Kendall 1945, *Biometrika* 33:239-251).

    Not-a-number when either order ties throughout. ``(C - D) / sqrt((n0 - t1)(n0 - t2))`` over all pairs.
    """
    ahead = np.sign(one[:, None] - one[None, :])
    behind = np.sign(other[:, None] - other[None, :])
    upper = np.triu_indices(len(one), 1)
    ahead, behind = ahead[upper], behind[upper]
    scale = np.sqrt(np.abs(ahead).sum() * np.abs(behind).sum())
    return float((ahead * behind).sum() / scale) if scale > 0 else float("nan")
