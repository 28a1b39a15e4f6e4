"""The value of perfect information: how much better would the choice be if some of what is not known were known?

Nothing is run here: ``evaluate`` turns a plan into results, and is usually :func:`policy_lab.run.run`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from policy_lab.analysis.beside import burdens, ratio_to_base
from policy_lab.analysis.dominance import put_in_pairs
from policy_lab.analysis.findings import main_group
from policy_lab.analysis.outcomes import over_futures
from policy_lab.analysis.put_in import LUCK_TITLE, grade_groups, input_groups
from policy_lab.analysis.setting import setting_of
from policy_lab.analysis.shortfall import shortfall
from policy_lab.analysis.stochastic import BURDEN, RISK
from policy_lab.results.types import Results
from policy_lab.study.plan import PARAMETERS

if TYPE_CHECKING:
    from policy_lab.analysis.put_in import Evaluate
    from policy_lab.study.plan import Plan

EVERYTHING = "everything but luck"
BY_KIND, BY_GRADE = "by kind", "by grade of evidence"
_ROUNDING = 1e-12
_COLUMNS = [
    "split",
    "group",
    "measure",
    "value",
    "error",
    "share_of_all",
    "changes",
    "chosen",
    "put_in",
    "worlds",
    "redraws",
]


@dataclass(frozen=True)
class Value:
    """What knowing would be worth, its standard error, and in which share of worlds the choice would be another.

    ``value`` is in the unit of the losses; ``chosen`` is the place of the option with the least loss on average.
    """

    value: float
    error: float
    changes: float
    chosen: int


def perfect_information(losses: np.ndarray) -> Value:
    """Estimate the expected value of perfect information from a nested sample of losses.

    ``V = min_d E[L_d] - E[min_d E(L_d | known)]``: what is expected to be lost by the best choice now, less what would
    be lost if the choice could wait for what becomes known (Raiffa & Schlaifer 1961, *Applied Statistical Decision
    Theory*).

    Parameters
    ----------
    losses
        ``[outer, inner, option]``, less being better: for each draw of what would become known, several draws of all
        that would not. Draws with a not-a-number are left out.

    Returns
    -------
    Value
        With a jackknife standard error over the outer draws; not-a-number with fewer than three of them, or one inner
        draw.

    Notes
    -----
    The mean over few inner draws is noisy, and taking the least of noisy means flatters the value. So the inner means
    are moved, as little as possible, until their covariance is the one between outer draws alone, ``S - W / J``
    (one-way analysis of variance; ``S`` covariance of the means, ``W`` covariance inside, ``J`` inner draws). That is
    moment matching (Heath, Manolopoulou & Baio 2018, *Medical Decision Making* 38:163-173), by the linear map that
    takes one covariance into the other at least distance (Dowson & Landau 1982, *Journal of Multivariate Analysis*
    12:450-455).
    What all options lose alike is taken out first, because it decides nothing.
    """
    usable = losses[np.isfinite(losses).all(axis=(1, 2))]
    outer, inner, _ = usable.shape
    if outer < 3 or inner < 2:
        return Value(float("nan"), float("nan"), float("nan"), -1)
    apart = usable - usable.mean(axis=2, keepdims=True)
    means = apart.mean(axis=1)
    inside = np.einsum("ijd,ije->ide", apart - means[:, None], apart - means[:, None]) / (inner - 1)
    value, known = _value(means, inside / inner)
    without = np.array([_value(np.delete(means, at, 0), np.delete(inside, at, 0) / inner)[0] for at in range(outer)])
    error = np.sqrt((outer - 1) / outer * ((without - without.mean()) ** 2).sum())
    chosen = int(means.mean(axis=0).argmin())
    changes = known[:, chosen] > known.min(axis=1) + _ROUNDING
    return Value(value, float(error), float(changes.mean()), chosen)


def _value(means: np.ndarray, noise: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the value, and each outer draw's expected losses less noise."""
    centre = means.mean(axis=0)
    spread = np.atleast_2d(np.cov(means, rowvar=False))
    known = centre + (means - centre) @ _transport(spread, _nearest_covariance(spread - noise.mean(axis=0)))
    value = float(centre.min() - known.min(axis=1).mean())
    return (value if value > _ROUNDING else 0.0), known


def _transport(given: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return the symmetric matrix ``A`` of least movement with ``A given A = wanted``."""
    root = _power(given, 0.5)
    back = _power(given, -0.5)
    moved: np.ndarray = back @ _power(root @ wanted @ root, 0.5) @ back
    return moved


def _nearest_covariance(matrix: np.ndarray) -> np.ndarray:
    """Return the matrix with its negative eigenvalues, which only noise can give a covariance, set to zero."""
    return _power(matrix, 1.0)


def _power(matrix: np.ndarray, exponent: float) -> np.ndarray:
    """Return a power of a symmetric matrix that is not negative; a zero eigenvalue stays zero."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    floor = 1e-12 * max(float(np.abs(values).max()), 1e-300)
    raised = np.where(values > floor, np.maximum(values, floor) ** exponent, 0.0)
    found: np.ndarray = (vectors * raised) @ vectors.T
    return found


def information_value(
    results: Results, evaluate: Evaluate, worlds: int = 100, redraws: int = 3, futures: int = 5
) -> pd.DataFrame:
    """Say which evidence would be worth buying: what knowing each group of inputs would take off the best choice.

    The choice is between the designs of the group that the headline is about. Groups are those of the variance split:
    lever scores, structure and other parameters; and parameters by grade of evidence. A group is known when its draws
    stay while all others, luck always among them, are drawn again. Luck cannot be known beforehand, and has no value.

    Parameters
    ----------
    results
        Finished cases; the value of knowing everything but luck comes from all of them.
    evaluate
        Turns a plan into results.
    worlds, redraws, futures
        Outer draws; how often everything else is drawn again beside them; futures in each.

    Returns
    -------
    pandas.DataFrame
        One row a group and measure: ``split`` (``by kind``, ``by grade of evidence``), ``group``, ``measure``
        (``modelled shortfall risk``: ``value`` in shares of futures; ``burden ratio``: in parts of the base design's
        burden), ``value`` with its standard ``error``, ``share_of_all`` (of the value of knowing everything),
        ``changes`` (share of worlds in which another design would be chosen), ``chosen`` (the design that is best
        now), ``put_in`` (whether an order among these designs was put in: then the value says whether knowledge could
        overturn what was put in), ``worlds``, ``redraws``. Empty where the group has one design only.
    """
    setting = setting_of(results)
    names = [name for name in results.designs if setting.group_of[name] == main_group(setting)]
    if len(names) < 2:
        return pd.DataFrame(columns=_COLUMNS)
    base = results.plan.base
    plan = results.plan.with_(
        designs=tuple(dict.fromkeys((*names, *((base,) if base in results.designs else ())))),
        worlds=min(worlds, results.plan.worlds),
        futures=min(futures, results.plan.futures),
    )
    put_in = bool(put_in_pairs(plan.study, names))
    whole = {measure: perfect_information(values) for measure, values in _losses(results, names).items()}
    rows = [
        ("", EVERYTHING, measure, found, found, put_in, results.plan.worlds, results.plan.futures - 1)
        for measure, found in whole.items()
    ]
    first = _over_luck(_losses(evaluate(plan), names))
    seen: dict[tuple[tuple[str, int], ...], dict[str, Value]] = {}  # one group may stand in both splits
    for split, groups in ((BY_KIND, input_groups(plan)), (BY_GRADE, grade_groups(plan))):
        for title in groups:
            if title == LUCK_TITLE:
                continue
            key = tuple(sorted(known_seeds(plan, groups, title, 1).items()))
            if key not in seen:
                again = [
                    _over_luck(_losses(evaluate(plan.with_(seeds=known_seeds(plan, groups, title, at))), names))
                    for at in range(1, redraws + 1)
                ]
                seen[key] = {
                    measure: perfect_information(np.stack([values, *(each[measure] for each in again)], axis=1))
                    for measure, values in first.items()
                }
            rows += [
                (split, title, measure, found, whole[measure], put_in, plan.worlds, redraws)
                for measure, found in seen[key].items()
            ]
    return pd.DataFrame([_row(names, *row) for row in rows], columns=_COLUMNS)


def known_seeds(plan: Plan, groups: Mapping[str, tuple[str, ...]], title: str, again: int) -> dict[str, int]:
    """Return the seeds under which one group keeps its draws and all others are drawn again, luck included.

    What a saved posterior draws belongs to the other parameters, and to no grade.
    """
    others = {name: plan.seed + again for one, names in groups.items() if one != title for name in names}
    if plan.posterior and PARAMETERS not in groups[title]:
        others[PARAMETERS] = plan.seed + again
    return {**others, **dict.fromkeys(groups[title], plan.seed)}


def _losses(results: Results, names: list[str]) -> dict[str, np.ndarray]:
    """Return both measures of the named designs, ``[world, future, design]``, less being better."""
    places = [results.designs.index(name) for name in names]
    found = {RISK: shortfall(results).fell, BURDEN: ratio_to_base(results, burdens(results))}
    return {measure: np.moveaxis(values[places], 0, -1) for measure, values in found.items()}


def _over_luck(losses: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the mean over the futures of each world, ``[world, design]``: those of one redraw share all but luck."""
    return {measure: over_futures(np.moveaxis(values, -1, 0)).T for measure, values in losses.items()}


def _row(
    names: list[str], split: str, group: str, measure: str, found: Value, whole: Value, put_in: bool, *size: int
) -> tuple[object, ...]:
    share = found.value / whole.value if whole.value > 0 else float("nan")
    chosen = names[found.chosen] if found.chosen >= 0 else ""
    return (split, group, measure, found.value, found.error, share, found.changes, chosen, put_in, *size)
