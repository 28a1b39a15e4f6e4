"""Boxes of inputs in which something happens more often: PRIM and a classification tree, judged on what they never saw.

Half of the rows, drawn by chance, are searched; how good a box is, is told from the other half. Pure functions on a
table and a yes or no a row.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from policy_lab.analysis.needed import needed
from policy_lab.study.streams import stream

MOST_LIMITS = 4
"""Inputs that a box may restrict: more cannot be kept in mind."""
QUASI_P = 0.05
"""A limit whose quasi-p-value is above this is dropped."""
CHANCE = 0.05
"""A box that this often comes out so dense by chance does no better than chance."""
SEARCHED = 8
"""Inputs among which a box is sought: PRIM spreads its limits over all it is given, and loses the few that count."""
TREES = 100
FEWEST = 10
"""Rows of interest that a search needs."""
ABOVE, BELOW = "above", "below"

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Limit:
    """One limit of a box. ``quasi_p`` is the chance of as dense a box without it (Bryant and Lempert 2010);

    ``again`` the share of resamples whose box limits the same input on the same side.
    """

    column: str
    side: str
    value: float
    quasi_p: float
    again: float


@dataclass(frozen=True)
class Found:
    """How many rows of interest a box holds, of how many, in a set of rows with ``base`` as their share in all."""

    inside: int
    hits: int
    rows: int
    all_hits: int

    @property
    def density(self) -> float:
        """Share of the rows in the box that are of interest."""
        return self.hits / self.inside if self.inside else math.nan

    @property
    def coverage(self) -> float:
        """Share of all rows of interest that are in the box."""
        return self.hits / self.all_hits if self.all_hits else math.nan

    @property
    def mass(self) -> float:
        """Share of all rows that are in the box."""
        return self.inside / self.rows if self.rows else math.nan

    @property
    def base(self) -> float:
        """Share of all rows that are of interest."""
        return self.all_hits / self.rows if self.rows else math.nan

    @property
    def by_chance(self) -> float:
        """How often as many rows of interest would fall into the box by chance (hypergeometric, one-sided)."""
        from scipy.stats import hypergeom

        return float(hypergeom.sf(self.hits - 1, self.rows, self.all_hits, self.inside)) if self.inside else 1.0


@dataclass(frozen=True)
class Box:
    """A box: its limits, how it does where it was sought and on the rows held out, and the way to it.

    ``path`` has one row a step of peeling: ``coverage``, ``density``, ``mass``, ``limits`` and ``chosen``; ``scores``
    one row an input: ``input``, ``score`` (all add up to one) and ``searched``. Without limits there is no box.
    """

    limits: tuple[Limit, ...]
    sought: Found
    held_out: Found
    path: pd.DataFrame = field(repr=False)
    scores: pd.DataFrame = field(repr=False)
    resamples: int

    @property
    def better_than_chance(self) -> bool:
        """Whether the box holds on rows that it was not made from."""
        return bool(self.limits) and self.held_out.by_chance < CHANCE


def halves(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows to search and the rows to hold out, in order."""
    order = stream(seed, "discovery/halves").permutation(rows)
    return np.sort(order[: rows - rows // 2]), np.sort(order[rows - rows // 2 :])


def find_box(
    x: pd.DataFrame, y: np.ndarray, seed: int, *, resamples: int = 10, progress: Progress | None = None
) -> Box:
    """Find the box of inputs in which ``y`` is true most often, and judge it on rows that were held out.

    First every input is scored by how much of the outcome a forest of extremely randomised trees tells by it (Geurts et
    al. 2006, *Machine Learning* 63:3-42; Jaxa-Rozen and Kwakkel 2018, *Environmental Modelling & Software* 107:245),
    and the eight that tell most are searched; ``scores`` tells of all. PRIM (Friedman and Fisher 1999, *Statistics and
    Computing* 9:123-143) as in the EMA Workbench then peels twentieths off.
    From each of its boxes, inputs whose quasi-p-value is above 0.05 are dropped (Bryant and Lempert 2010,
    *Technological Forecasting and Social Change* 77:34-49); of what is left, with at most four limited inputs, the box
    is taken whose coverage and density have the largest harmonic mean.

    Parameters
    ----------
    x
        One row a case, numbers only.
    y
        ``(rows,)``: whether the row is of interest. Rows have to be independent of one another.
    seed
        For the halves and the resamples.
    resamples
        Whole searches, scores included, of as many rows drawn with replacement, to see which limits come again.

    Returns
    -------
    Box
        Without limits where fewer than ten rows of interest are there to be searched.

    Raises
    ------
    InputError
        Where the EMA Workbench is not installed.
    """
    search, held = halves(len(x), seed)
    inner, outcome = x.iloc[search].reset_index(drop=True), y[search]
    if min(outcome.sum(), (~outcome).sum()) < FEWEST or x.shape[1] == 0:
        empty = pd.DataFrame(columns=_PATH), pd.DataFrame(columns=_SCORES)
        return Box((), _found(inner, outcome, ()), _found(x.iloc[held], y[held], ()), *empty, 0)
    told = progress or _silent
    bare, path, scores = _search(inner, outcome, seed)
    told(1, 1 + resamples)
    again: dict[tuple[str, str], int] = {}
    generator = stream(seed, "discovery/resamples")
    for number in range(resamples if bare else 0):
        pick = generator.integers(0, len(inner), len(inner))
        for limit in _search(inner.iloc[pick].reset_index(drop=True), outcome[pick], seed)[0]:
            again[limit.column, limit.side] = again.get((limit.column, limit.side), 0) + 1
        told(2 + number, 1 + resamples)
    limits = tuple(replace(one, again=again.get((one.column, one.side), 0) / max(resamples, 1)) for one in bare)
    sought, judged = _found(inner, outcome, limits), _found(x.iloc[held], y[held], limits)
    return Box(limits, sought, judged, path, scores, resamples)


def _silent(done: int, of: int) -> None:
    """Tell nobody."""


def _search(x: pd.DataFrame, y: np.ndarray, seed: int) -> tuple[tuple[Limit, ...], pd.DataFrame, pd.DataFrame]:
    """Score the inputs, and seek a box among those that tell most; return its limits, its path and the scores."""
    if min(y.sum(), (~y).sum()) < 2:
        return (), pd.DataFrame(columns=_PATH), pd.DataFrame(columns=_SCORES)
    forest = needed("sklearn.ensemble", "discovery", "discovery").ExtraTreesClassifier(
        TREES, min_samples_leaf=5, max_features=None, random_state=seed % 2**32
    )
    scores = forest.fit(x.to_numpy(), y).feature_importances_
    best = np.argsort(-scores, kind="stable")[:SEARCHED]
    limits, path = _prim(x.iloc[:, best], y)
    searched = np.isin(np.arange(x.shape[1]), best)
    table = pd.DataFrame({"input": list(x.columns), "score": scores, "searched": searched})
    return limits, path, table.sort_values("score", ascending=False, kind="stable", ignore_index=True)


_SCORES = ["input", "score", "searched"]
_PATH = ["coverage", "density", "mass", "limits", "chosen"]


def _prim(x: pd.DataFrame, y: np.ndarray) -> tuple[tuple[Limit, ...], pd.DataFrame]:
    """Return the limits of the box that PRIM finds, and its peeling path; no limits where it finds none."""
    prim = needed("ema_workbench.analysis.prim", "discovery", "discovery")
    names = [f"x{place}" for place in range(x.shape[1])]
    with _quiet("ema_workbench"):
        # Friedman and Fisher's own objective: the workbench's, made for mixed types, can stop early on numbers alone.
        original = prim.PRIMObjectiveFunctions.ORIGINAL
        box = prim.Prim(x.set_axis(names, axis=1), y, threshold=float(y.mean()), obj_function=original).find_box()
    ends = [(limits[names].to_numpy(dtype=float)) for limits in box.box_lims]
    start = ends[0]
    boxes = [pruned(_as_limits(each, start, list(x.columns)), x, y) for each in ends]
    found = [_found(x, y, limits) for limits in boxes]
    path = pd.DataFrame(
        {
            "coverage": [one.coverage for one in found],
            "density": [one.density for one in found],
            "mass": [one.mass for one in found],
            "limits": [len({limit.column for limit in limits}) for limits in boxes],
        }
    )
    chosen = _choose(path)
    return boxes[chosen], path.assign(chosen=np.arange(len(path)) == chosen)


def _as_limits(ends: np.ndarray, start: np.ndarray, columns: Sequence[str]) -> tuple[Limit, ...]:
    """Return the limits of a box, ``(2, columns)`` of lower and upper ends, that differ from those of all rows."""
    return tuple(
        Limit(column, side, float(ends[row, place]), math.nan, math.nan)
        for place, column in enumerate(columns)
        for row, side in enumerate((ABOVE, BELOW))
        if ends[row, place] != start[row, place]
    )


def pruned(limits: Sequence[Limit], x: pd.DataFrame, y: np.ndarray) -> tuple[Limit, ...]:
    """Return the limits that hold, each with its quasi-p-value; inputs are dropped one by one, the weakest first.

    The quasi-p-value of a limit is the chance of as many rows of interest among as many rows as lie in the box, if
    each were so with the share of the box without that limit (binomial, one-sided). An input holds when the better of
    its two limits does.
    """
    kept = tuple(limits)
    while True:
        told = tuple(replace(one, quasi_p=_quasi_p(kept, one, x, y)) for one in kept)
        best = {one.column: min(each.quasi_p for each in told if each.column == one.column) for one in told}
        failing = [name for name, value in best.items() if value > QUASI_P]
        if not failing:
            return told
        worst = max(failing, key=best.__getitem__)
        kept = tuple(one for one in kept if one.column != worst)


def _quasi_p(limits: Sequence[Limit], left_out: Limit, x: pd.DataFrame, y: np.ndarray) -> float:
    from scipy.special import bdtrc

    whole = inside(x, limits)
    without = inside(x, [one for one in limits if one != left_out])
    share = float(y[without].mean())
    hits, rows = int(y[whole].sum()), int(whole.sum())
    return 1.0 if hits == 0 else float(bdtrc(hits - 1, rows, share))


def _choose(steps: pd.DataFrame) -> int:
    """Return the step whose coverage and density have the largest harmonic mean, among those with few limits."""
    coverage, density = steps["coverage"].to_numpy(), steps["density"].to_numpy()
    both = coverage + density
    score = np.divide(2 * coverage * density, both, out=np.zeros(len(both)), where=both > 0)
    limits = steps["limits"].to_numpy()
    score[(limits > MOST_LIMITS) | (limits < 1)] = -1.0
    return int(np.argmax(score)) if (score > 0).any() else 0


def inside(x: pd.DataFrame, limits: Sequence[Limit]) -> np.ndarray:
    """Return which rows lie within all limits, the limits themselves included."""
    within = np.ones(len(x), dtype=bool)
    for one in limits:
        values = x[one.column].to_numpy()
        within &= values >= one.value if one.side == ABOVE else values <= one.value
    return within


def _found(x: pd.DataFrame, y: np.ndarray, limits: Sequence[Limit]) -> Found:
    within = inside(x, limits)
    return Found(int(within.sum()), int((within & y).sum()), len(y), int(y.sum()))


@dataclass(frozen=True)
class Leaf:
    """One end of a classification tree: the limits that lead to it, and how it does on both halves."""

    limits: tuple[Limit, ...]
    sought: Found
    held_out: Found


def tree_leaves(x: pd.DataFrame, y: np.ndarray, seed: int, depth: int = 3) -> tuple[Leaf, ...]:
    """Cut the inputs into regions by a small classification tree (CART; Breiman et al. 1984), the densest first.

    Made from one half of the rows (the same as that of :func:`find_box`), told on both. A region holds at least a
    twentieth of the rows.
    """
    tree = needed("sklearn.tree", "discovery", "discovery")
    search, held = halves(len(x), seed)
    inner, outcome = x.iloc[search], y[search]
    if min(outcome.sum(), (~outcome).sum()) < FEWEST or x.shape[1] == 0:
        return ()
    least = max(5, len(inner) // 20)
    grown = tree.DecisionTreeClassifier(max_depth=depth, min_samples_leaf=least, random_state=seed % 2**32)
    grown.fit(inner.to_numpy(), outcome)
    leaves = [
        Leaf(limits, _found(inner, outcome, limits), _found(x.iloc[held], y[held], limits))
        for limits in _paths(grown.tree_, list(x.columns), 0, ())
    ]
    return tuple(sorted(leaves, key=lambda leaf: -leaf.sought.density))


def _paths(tree: Any, columns: list[str], node: int, taken: tuple[Limit, ...]) -> Iterator[tuple[Limit, ...]]:
    left, right = tree.children_left[node], tree.children_right[node]
    if left == right:
        yield taken
        return
    column, value = columns[tree.feature[node]], float(tree.threshold[node])
    for child, side in ((left, BELOW), (right, ABOVE)):
        tighter = Limit(column, side, value, math.nan, math.nan)
        kept = tuple(one for one in taken if (one.column, one.side) != (column, side))
        yield from _paths(tree, columns, child, (*kept, tighter))


@contextmanager
def _quiet(name: str) -> Iterator[None]:
    """Silence the messages of a library for as long as it works."""
    import warnings

    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)
