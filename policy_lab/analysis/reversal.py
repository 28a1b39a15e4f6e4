"""Where an order turns round: which of two designs falls short less often, over two inputs that are not known.

Nothing is run here: ``evaluate`` turns a plan into results, and is usually :func:`policy_lab.run.run`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from policy_lab.analysis.dominance import put_in_pairs
from policy_lab.analysis.outcomes import mean_of, standard_error
from policy_lab.analysis.put_in import LEVEL, RISK, levels
from policy_lab.analysis.risk import world_risks
from policy_lab.analysis.words import spoken_unit, two_figures
from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.results.types import Results
from policy_lab.study.elements import split_element
from policy_lab.study.inputs import UncertainInput, uncertain_inputs

if TYPE_CHECKING:
    from policy_lab.analysis.put_in import Evaluate
    from policy_lab.study.plan import Plan

UNCLEAR = "no clear difference"
NOWHERE, EVERYWHERE = "in no part of the map", "in every part of the map"
_CLEAR = 1.96
"""Standard errors from zero at which a cell counts as clear."""
_INFLUENCE_COLUMNS = ["stream", "input", "group", "grade", "rank_correlation", "noise", "worlds"]


@dataclass(frozen=True)
class ReversalMap:
    """Which of two designs has the lower risk over the ranges of two inputs.

    ``cells`` has one row a cell: ``x``, ``y`` (values, in ``x_unit`` and ``y_unit``), ``x_quantile``, ``y_quantile``
    (where in its distribution the input stands), ``difference`` (of ``measure``, the first design's less the other's,
    turned so that negative is better for the first; mean over the worlds of the cell), ``error`` (its standard error),
    ``better`` (the design that is better by 1.96 standard errors or more, or ``no clear difference``), ``worlds``.
    """

    design: str
    other: str
    measure: str
    x: UncertainInput
    y: UncertainInput
    cells: pd.DataFrame
    put_in_above: str
    """Which of the two the scores put in above the other; empty where the order is open."""


def differences(results: Results, one: str, other: str, measure: str = RISK) -> np.ndarray:
    """Return the first design's loss less the other's in each world, ``[world]``: below zero the first is better."""
    values = world_risks(results) if measure == RISK else -levels(results)
    found: np.ndarray = values[results.designs.index(one)] - values[results.designs.index(other)]
    return found


def drawn_values(results: Results, row: UncertainInput) -> np.ndarray:
    """Return what one uncertain input was in each world, ``(worlds,)``, in its own unit."""
    plan = results.plan
    if row.lever:
        carriers = {key: lever.variable for key, lever in plan.study.file.levers.items()}
        if plan.study.file.transition is not None:
            carriers["disruption"] = plan.study.file.transition.variable
        return np.asarray(plan.design_inputs(row.design)[carriers[row.lever]])
    name, _ = split_element(row.title)
    values = results.worlds[name]
    return values.reshape(len(values), -1)[:, _place(plan, row.title)]


def _place(plan: Plan, spelled: str) -> int:
    """Return where an element of a constant lies in its flattened values; a whole constant is its first element."""
    name, labels = split_element(spelled)
    known = plan.study.model.elements(name)
    if not labels:
        return 0
    at = [every.index(label) for every, label in zip(known, labels, strict=True)]
    return int(np.ravel_multi_index(at, tuple(len(every) for every in known)))


def pair_inputs(plan: Plan, one: str, other: str) -> tuple[UncertainInput, ...]:
    """Return the inputs that can be an axis of a pair's map: parameters, and the scores of the two designs.

    An overlay's scores, which both designs may carry, are left out.
    """
    pair = plan.with_(designs=(one, other))
    return tuple(row for row in uncertain_inputs(pair) if not row.design or row.design in plan.study.designs)


def influences(results: Results, one: str, other: str, measure: str = RISK) -> pd.DataFrame:
    """Rank the inputs by how closely the difference between two designs goes with them over the worlds.

    Spearman's rank correlation (1904, *American Journal of Psychology* 15:72-101) of each input with the difference.
    ``noise`` is what the largest of so many inputs that do not matter stays below nineteen times in twenty: ``z /
    sqrt(K - 1)``, ``z`` the normal quantile at ``1 - 0.05 / (2 m)`` (Bonferroni's bound; ``m`` inputs, ``K`` worlds).

    Returns
    -------
    pandas.DataFrame
        Strongest first: ``stream``, ``input``, ``group``, ``grade``, ``rank_correlation`` (of the difference that is
        good for the second design: positive, a higher value speaks for the second), ``noise``, ``worlds``.
    """
    gap = differences(results, one, other, measure)
    usable = np.isfinite(gap)
    inputs = pair_inputs(results.plan, one, other)
    count = int(usable.sum())
    noise = NormalDist().inv_cdf(1 - 0.05 / (2 * max(1, len(inputs)))) / np.sqrt(max(1, count - 1))
    rows = [
        (row.stream, row.title, row.group, row.grade, _spearman(drawn_values(results, row)[usable], gap[usable]))
        for row in inputs
    ]
    table = pd.DataFrame([(*row, noise, count) for row in rows], columns=_INFLUENCE_COLUMNS)
    order = table["rank_correlation"].abs().fillna(-1.0).sort_values(ascending=False, kind="stable").index
    return table.loc[order].reset_index(drop=True)


def _spearman(one: np.ndarray, other: np.ndarray) -> float:
    first, second = pd.Series(one).rank().to_numpy(), pd.Series(other).rank().to_numpy()
    if len(first) < 3 or first.std() == 0 or second.std() == 0:
        return float("nan")
    return float(np.corrcoef(first, second)[0, 1])


def reversal_map(
    results: Results,
    evaluate: Evaluate,
    one: str,
    other: str,
    inputs: Sequence[str] = (),
    cells: int = 5,
    worlds: int = 24,
    futures: int = 5,
) -> ReversalMap:
    """Run a pair of designs over the ranges of two inputs, everything else drawn anew in each cell.

    The map is of risk or, where no cell tells the two apart by risk, of the outcome's average.

    Parameters
    ----------
    results
        Finished cases: they choose the two inputs with which the difference in the average outcome goes most closely
        (it moves even where no future falls short), unless two are named.
    evaluate
        Turns a plan into results.
    one, other
        The two designs.
    inputs
        Two inputs, as :func:`pair_inputs` titles them, or by stream.
    cells
        Along each axis, of equal probability: the input stands at the middle quantile of each. A structural switch
        has two.
    worlds, futures
        In each cell.

    Raises
    ------
    InputError
        For an unknown input or design, and where inputs are drawn together (experts' scores) and none can be moved
        alone. A saved posterior and correlations are set aside: every other input is drawn from its own range.
    """
    for name in (one, other):
        if name not in results.designs:
            known = results.designs
            raise InputError(Problem(what=f"no design `{name}` in these results", nearest=nearest_names(name, known)))
    plan = results.plan.with_(designs=(one, other), posterior=False, correlations=(), places=(), scores_from={})
    x, y = _axes(results, plan, one, other, inputs)
    grid = np.array([(across, up) for up in _quantiles(y, cells) for across in _quantiles(x, cells)])
    places = np.repeat(np.arange(len(grid)), worlds)
    moved = {x.stream: grid[places, 0], y.stream: grid[places, 1]}
    found = evaluate(plan.with_(worlds=len(places), futures=min(futures, plan.futures), quantiles=moved))
    measure, cells_of = RISK, _cells(found, x, y, grid, places, (one, other), RISK)
    if (cells_of["better"] == UNCLEAR).all():
        measure, cells_of = LEVEL, _cells(found, x, y, grid, places, (one, other), LEVEL)
    put_in = put_in_pairs(plan.study, (one, other))
    return ReversalMap(one, other, measure, x, y, cells_of, next((better for better, _ in put_in), ""))


def _cells(
    found: Results,
    x: UncertainInput,
    y: UncertainInput,
    grid: np.ndarray,
    places: np.ndarray,
    pair: tuple[str, str],
    measure: str,
) -> pd.DataFrame:
    """Return one row a cell; ``places`` says which cell of ``grid`` each world is in."""
    gap = differences(found, *pair, measure)
    across, up = drawn_values(found, x), drawn_values(found, y)
    rows = []
    for at, (first, second) in enumerate(grid):
        inside = places == at
        difference, error = mean_of(gap[inside]), standard_error(gap[inside])
        clear = abs(difference) > _CLEAR * error
        better = UNCLEAR if not clear else pair[0] if difference < 0 else pair[1]
        where = (float(across[inside].mean()), float(up[inside].mean()), first, second)
        rows.append((*where, difference, error, better, int(inside.sum())))
    names = ["x", "y", "x_quantile", "y_quantile", "difference", "error", "better", "worlds"]
    return pd.DataFrame(rows, columns=names)


def _axes(
    results: Results, plan: Plan, one: str, other: str, inputs: Sequence[str]
) -> tuple[UncertainInput, UncertainInput]:
    known = {row.title: row for row in pair_inputs(plan, one, other)}
    by_stream = {row.stream: row for row in known.values()}
    if not inputs:
        strongest = [name for name in influences(results, one, other, LEVEL)["stream"] if name in by_stream]
        if len(strongest) < 2:
            raise InputError(Problem(what="a map needs two uncertain inputs, and the plan draws fewer"))
        return by_stream[strongest[0]], by_stream[strongest[1]]
    if len(inputs) != 2 or inputs[0] == inputs[1]:
        raise InputError(Problem(what=f"a map is over two inputs, not over {', '.join(inputs)}"))
    problems = [
        Problem(what=f"no uncertain input `{name}`", nearest=nearest_names(name, known))
        for name in inputs
        if name not in known and name not in by_stream
    ]
    if problems:
        raise InputError(*problems)
    first, second = (known.get(name) or by_stream[name] for name in inputs)
    return first, second


def _quantiles(row: UncertainInput, cells: int) -> np.ndarray:
    count = 2 if row.distribution == "switch" else cells
    return (np.arange(count) + 0.5) / count


@dataclass(frozen=True)
class Region:
    """A part of a map in words: ``where A is at most about 0.4 and B at least about 12 month``.

    ``density`` is the share of its cells in which the design is clearly better, ``coverage`` the share of all such
    cells that lie in it.
    """

    words: str
    density: float
    coverage: float


def region_of(found: ReversalMap, design: str) -> Region:
    """Say in words where a design is clearly the better one.

    Of all rectangles of cells the one with the greatest harmonic mean of density and coverage (the F-measure of van
    Rijsbergen 1979, *Information Retrieval*); among equals the largest.
    """
    wide = found.cells.pivot(index="y_quantile", columns="x_quantile", values="better").to_numpy() == design
    if not wide.any():
        return Region(NOWHERE, 0.0, 0.0)
    best, where = (-1.0, -1), (slice(None), slice(None))
    for up in _stretches(wide.shape[0]):
        for across in _stretches(wide.shape[1]):
            part = wide[up, across]
            score = (round(2 * part.sum() / (part.size + wide.sum()), 12), part.size)
            if score > best:
                best, where = score, (up, across)
    part = wide[where]
    words = [
        words
        for row, axis, cut in ((found.x, "x", where[1]), (found.y, "y", where[0]))
        for words in _bounds(row, found.cells.groupby(f"{axis}_quantile")[axis].first().to_numpy(), cut)
    ]
    text = f"where {' and '.join(words)}" if words else EVERYWHERE
    return Region(text, float(part.mean()), float(part.sum() / wide.sum()))


def _stretches(count: int) -> list[slice]:
    return [slice(first, last + 1) for first in range(count) for last in range(first, count)]


def _bounds(row: UncertainInput, values: np.ndarray, cut: slice) -> list[str]:
    """Say how a stretch of cells is bounded along one input, half way between two cells; empty if it is not."""
    unit = spoken_unit(row.unit)
    tail = "" if unit == "no unit" else f" {unit}"
    between = (values[:-1] + values[1:]) / 2
    parts = []
    if cut.start > 0:
        parts.append(f"above {two_figures(between[cut.start - 1])}{tail}")
    if cut.stop < len(values):
        parts.append(f"below {two_figures(between[cut.stop - 1])}{tail}")
    return [f"{row.title} is {' and '.join(parts)}"] if parts else []
