"""What the panels of single cells say in words, at every moment: a matrix of one variable, a balance of two.

Pure functions of arrays. A path is ``[time, row, column]``; the words for one moment are one short paragraph.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from policy_lab.analysis.words import count, listed

MOST_NAMED = 3
"""Cells that a sentence names one by one."""
SAME = 1e-9
"""Relative difference up to which numbers are one."""
UNKNOWN = "No run gave usable numbers here."

Named = Callable[[str, str], str]
"""Row and column -> the cell in words."""


@dataclass(frozen=True)
class Cells:
    """The elements of two dimensions, how a cell of them is called, and which cells mean something."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    named: Named
    shown: np.ndarray
    """``[row, column]``: false where the model holds nothing."""

    def name(self, place: int) -> str:
        """Name the cell at a place of the flattened table."""
        row, column = divmod(place, len(self.columns))
        return self.named(self.rows[row], self.columns[column])

    def flat(self, values: np.ndarray) -> np.ndarray:
        """Lay rows out one after the other; what means nothing is not-a-number."""
        return np.where(self.shown, values, np.nan).reshape(*values.shape[:-2], -1)


def places_for(low: float, high: float) -> int:
    """Return how many decimals tell about a hundredth of a range apart.

    >>> places_for(0.2, 0.7), places_for(0.0, 0.012), places_for(100.0, 900.0), places_for(0.3, 0.3)
    (2, 3, 0, 3)
    """
    span = high - low
    size = span if span > 1e-12 * max(1.0, abs(high)) else abs(high) / 10
    if not math.isfinite(size) or size <= 0:
        return 2
    return min(6, max(0, 2 - math.ceil(math.log10(size) - 1e-9)))


def own_cells_mean_nothing(values: np.ndarray) -> bool:
    """Say whether the cells of each element with itself are there only because a table has them.

    So it is where at every moment, under every design, they are all one and the same number, which tells nothing of any
    element, while the other cells differ from one another.

    Parameters
    ----------
    values
        ``[design, time, row, column]``, with as many rows as columns.

    >>> own_cells_mean_nothing(np.array([[[[0.3, 0.5], [0.4, 0.3]]]]))
    True
    >>> own_cells_mean_nothing(np.array([[[[0.3, 0.5], [0.4, 0.6]]]]))
    False
    """
    diagonal = np.diagonal(values, axis1=-2, axis2=-1)
    others = values[..., ~np.eye(values.shape[-1], dtype=bool)]
    spread = np.ptp(diagonal, axis=-1)
    alike = bool((spread <= SAME * np.maximum(1.0, np.abs(diagonal).max(axis=-1))).all())
    return alike and bool((np.ptp(others, axis=-1) > 0).any())


def matrix_words(path: np.ndarray, other: np.ndarray | None, cells: Cells, places: int, against: str) -> list[str]:
    """Say for every moment which cells are highest and lowest, the mean, its change, and the other design.

    Parameters
    ----------
    path, other
        ``[time, row, column]`` of the design and of what it is set against; nothing where that is the same design.
    against
        The short name of the other design.
    """
    values = cells.flat(path)
    others = None if other is None else cells.flat(other)
    return [_matrix_at(at, values, others, cells, places, against) for at in range(len(values))]


def _matrix_at(at: int, values: np.ndarray, others: np.ndarray | None, cells: Cells, places: int, against: str) -> str:
    now = values[at]
    if not np.isfinite(now).any():
        return UNKNOWN
    high, low = int(np.nanargmax(now)), int(np.nanargmin(now))
    spoken = [_figure(now[place], places) for place in (high, low)]
    mean = float(np.nanmean(now))
    if spoken[0] == spoken[1]:
        said = [f"All {np.isfinite(now).sum()} cells stand at {spoken[0]}."]
    else:
        said = [f"Highest: {cells.name(high)} ({spoken[0]}). Lowest: {cells.name(low)} ({spoken[1]})."]
        first = _figure(float(np.nanmean(values[0])), places)
        since = "" if not at else ", as at the start" if first == _figure(mean, places) else f", at the start {first}"
        said.append(f"The mean is {_figure(mean, places)}{since}.")
    if others is not None and np.isfinite(others[at]).any():
        said.append(_beside(now, others[at], cells, places, against))
    return " ".join(said)


def _beside(now: np.ndarray, other: np.ndarray, cells: Cells, places: int, against: str) -> str:
    mean = _figure(float(np.nanmean(other)), places)
    gap = np.abs(now - other)
    if not np.isfinite(gap).any():
        return f"Under {against} the mean is {mean}."
    widest = int(np.nanargmax(gap))
    one, two = _figure(now[widest], places), _figure(other[widest], places)
    if one == two:
        return f"Under {against} no cell differs to the last digit shown."
    return f"Under {against} the mean is {mean}; the two differ most in {cells.name(widest)}: {one} against {two}."


@dataclass(frozen=True)
class Sides:
    """What a balance weighs, in words.

    Parameters
    ----------
    motivators, barriers
        What the two sides are called, in the plural.
    level
        What a column is called.
    places
        Decimals of figures.
    """

    motivators: str
    barriers: str
    level: str
    places: int


def balance_words(net: np.ndarray, other: np.ndarray | None, cells: Cells, sides: Sides, against: str) -> list[str]:
    """Say for every moment where barriers outweigh motivators, at which level, and whether that changes.

    Parameters
    ----------
    net, other
        Motivators less barriers, ``[time, row, column]``, of the design and of what it is set against; nothing where
        that is the same design.
    against
        The short name of the other design.
    """
    values = cells.flat(net)
    others = None if other is None else cells.flat(other)
    return [_balance_at(at, values, others, cells, sides, against) for at in range(len(values))]


def _balance_at(
    at: int, values: np.ndarray, others: np.ndarray | None, cells: Cells, sides: Sides, against: str
) -> str:
    now = values[at]
    known = np.isfinite(now)
    if not known.any():
        return UNKNOWN
    behind = np.flatnonzero(now < 0)
    lead = f"{_capital(sides.barriers)} outweigh {sides.motivators}"
    if len(behind) == 0:
        said = [f"{lead} nowhere; least is missing at {_by(int(np.nanargmin(now)), now, cells, sides)}."]
    else:
        worst = behind[np.argsort(now[behind], kind="stable")]
        most = "most at " if len(behind) > MOST_NAMED else ""
        named = [_by(int(place), now, cells, sides) for place in worst]
        said = [f"{lead} at {len(behind)} of {known.sum()}: {most}{_some(named)}.", _by_level(now, cells, sides)]
    said.append(_together(now, cells, sides))
    if at:
        said.append(_turned(values[0], now, cells, sides))
    if others is not None and np.isfinite(others[at]).any():
        there = int((others[at] < 0).sum())
        said.append(f"Under {against} {'also ' if there == len(behind) else ''}at {there or 'none'} of {known.sum()}.")
    return " ".join(part for part in said if part)


def _by(place: int, now: np.ndarray, cells: Cells, sides: Sides) -> str:
    return f"{cells.name(place)} (by {_figure(abs(float(now[place])), sides.places)})"


def _by_level(now: np.ndarray, cells: Cells, sides: Sides) -> str:
    """Say at which levels that is so, most first; nothing where every level is the same."""
    behind = (now.reshape(len(cells.rows), -1) < 0).sum(axis=0)
    if len(set(behind.tolist())) == 1:
        return ""
    order = [at for at in np.argsort(-behind, kind="stable") if behind[at]]
    told = [f"{cells.columns[at]} {behind[at]} of {len(cells.rows)}" for at in order]
    rest = "; no other" if len(order) < len(behind) else ""
    return f"By {sides.level}: {', '.join(told)}{rest}."


def _together(now: np.ndarray, cells: Cells, sides: Sides) -> str:
    """Say for which rows barriers outweigh with all levels taken together."""
    behind = np.flatnonzero(np.nansum(now.reshape(len(cells.rows), -1), axis=1) < 0)
    lead = f"With every {sides.level} taken together,"
    if len(behind) == 0:
        return f"{lead} {sides.motivators} outweigh {sides.barriers} everywhere."
    return f"{lead} {sides.barriers} outweigh {sides.motivators} for {_some([cells.rows[at] for at in behind])}."


def _turned(first: np.ndarray, now: np.ndarray, cells: Cells, sides: Sides) -> str:
    to = {
        sides.barriers: np.flatnonzero((first >= 0) & (now < 0)),
        sides.motivators: np.flatnonzero((first < 0) & (now >= 0)),
    }
    told = [f"to {side} at {_some([cells.name(int(at)) for at in at_])}" for side, at_ in to.items() if len(at_)]
    if not told:
        return "Nowhere has that turned since the start."
    return f"Since the start it has turned {listed(told)}."


def _some(named: Sequence[str]) -> str:
    """List names, the first few one by one."""
    more = len(named) - MOST_NAMED
    return listed([*named[:MOST_NAMED], count(more, "other")] if more > 0 else named)


def _figure(value: float, places: int) -> str:
    if not math.isfinite(value):
        return "not known"
    rounded = round(float(value), places) + 0.0  # no minus before a zero
    return f"{rounded:,.{places}f}".replace("-", "\N{MINUS SIGN}")


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
