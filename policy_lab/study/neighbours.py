"""How near places are to one another by published figures, and what the nearest say where a figure is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from policy_lab.study.area_schema import Comparing

FEWEST = 3
"""Places that must publish a figure before their median stands in for a missing one."""
LEAST_SHARED = 0.5
"""Share of the compared figures that two places must both have before they can be near."""

Cells = Mapping[str, Sequence[str | float | None]]


@dataclass(frozen=True)
class Filled:
    """A figure that a place does not have: the median of those of other places, by their keys, nearest first."""

    value: float
    places: tuple[str, ...]


def distances(columns: Cells, compare: Mapping[str, Comparing]) -> np.ndarray:
    """Return how far places are from one another, ``(places, places)``, not-a-number on the diagonal and where unknown.

    The root of the mean squared difference over the figures that both have, each in standard deviations over places
    (``log``: of its logarithm); a ``category`` counts one standard deviation where it differs. Two places that share
    fewer than half of the figures are not compared.

    Parameters
    ----------
    columns
        Figure (number or text) of each place, None where it is missing.
    compare
        Column -> how it is compared.
    """
    apart = np.stack([_apart(columns[name], how) for name, how in compare.items()])
    shared = np.isfinite(apart)
    count = shared.sum(axis=0)
    total = np.where(shared, apart, 0.0).sum(axis=0)
    found = np.sqrt(np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0))
    found[count < LEAST_SHARED * len(compare)] = np.nan
    np.fill_diagonal(found, np.nan)
    return found


def nearest(row: np.ndarray, count: int, among: np.ndarray | None = None) -> tuple[int, ...]:
    """Return the places nearest to one, nearest first, at most ``count``; ``among`` are those that may be chosen."""
    allowed = np.isfinite(row) if among is None else np.isfinite(row) & among
    order = np.argsort(np.where(allowed, row, np.inf), kind="stable")
    return tuple(int(place) for place in order[: min(count, int(allowed.sum()))])


def fill(
    keys: Sequence[str], figures: Mapping[str, np.ndarray], apart: np.ndarray, count: int
) -> tuple[Mapping[str, Filled], ...]:
    """Return, for each place, what stands in for each figure that it lacks.

    That is the median of the ``count`` nearest places that have the figure; nothing where fewer than three have it.

    Parameters
    ----------
    figures
        Figure of each place, ``(places,)``, not-a-number where missing.
    apart
        Distances between places, as `distances` gives them.
    """
    found: tuple[dict[str, Filled], ...] = tuple({} for _ in keys)
    for name, values in figures.items():
        known = np.isfinite(values)
        for place in np.flatnonzero(~known):
            chosen = nearest(apart[place], count, known)
            if len(chosen) >= FEWEST:
                median = float(np.median(values[list(chosen)]))
                found[place][name] = Filled(median, tuple(keys[one] for one in chosen))
    return found


def _apart(cells: Sequence[str | float | None], how: Comparing) -> np.ndarray:
    """Return the squared difference in one figure, ``(places, places)``; not-a-number where one of the two lacks it."""
    if how == "category":
        known = np.array([cell is not None for cell in cells])
        texts = np.array([str(cell) for cell in cells])
        return np.where(known[:, None] & known, (texts[:, None] != texts).astype(float), np.nan)
    values = np.array([np.nan if cell is None else float(cell) for cell in cells])
    if how == "log":
        values = np.log(values, out=np.full(values.shape, np.nan), where=values > 0)
    known = np.isfinite(values)
    spread = float(values[known].std()) if known.any() else 0.0
    squared: np.ndarray = ((values[:, None] - values) / (spread or 1.0)) ** 2
    return squared
