"""Good enough on several counts at once: in how many worlds a design satisfies every criterion, and how far that holds.

The domain criterion: prefer what satisfies its requirements in the largest share of the states of the world (Starr
1963, *Product Design and Decision Theory*; Schneller & Sphicas 1983, *Theory and Decision* 15:321-336). It asks for no
weights between criteria, and for nothing beyond good enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from policy_lab.analysis.beside import burdens, ratio_to_base
from policy_lab.analysis.dominance import put_in_pairs
from policy_lab.analysis.outcomes import band, mean_of, over_futures, over_time, path
from policy_lab.analysis.risk import groups, order_put_in, share_error
from policy_lab.analysis.shortfall import shortfall
from policy_lab.study.elements import split_element
from policy_lab.study.narrowed import narrowed

if TYPE_CHECKING:
    from policy_lab.analysis.put_in import Evaluate
    from policy_lab.results.types import Results
    from policy_lab.study.criteria_schema import Criterion
    from policy_lab.study.plan import Plan

ALL = "all"
"""The row in which every criterion has to hold."""
WIDTHS = (0.25, 0.5, 0.75, 1.0)
"""Shares of the ranges of all that is not known at which the radius is sought."""
KEPT = 0.9
"""Share of worlds in which all criteria have to hold within the radius."""
_COLUMNS = [
    "design",
    "criterion",
    "title",
    "bound",
    "value",
    "value_q05",
    "value_q95",
    "share_worlds",
    "share_worlds_error",
    "share_futures",
    "fails_alone",
    "order_put_in",
]


def criterion_values(results: Results, criterion: Criterion) -> tuple[np.ndarray, np.ndarray]:
    """Return what a criterion is about, ``[design, world, future]`` and ``[design, world]``, in the bound's unit.

    Not known (not-a-number) where a plan does not save the variable. A world's value is the mean over its usable
    futures; ratios to the base design are taken between means, so that one
    future in which hardly anything accumulates does not decide.
    """
    gap = results.plan.study.file.measures.gap
    if criterion.measure == "shortfall":
        fell = shortfall(results).fell
        return fell, over_futures(fell)
    if criterion.measure == "burden":
        amounts, ratio = burdens(results), True
    elif criterion.measure == "gap" and gap is not None:  # a study without one has been refused
        difference = path(results, gap.intent, "mean") - path(results, gap.implemented, "mean")
        amounts, ratio = over_time(difference, results.time), False
    else:
        amounts, ratio = _taken(results, criterion) * criterion.per, criterion.against_base
    worlds = over_futures(amounts)
    return (ratio_to_base(results, amounts), ratio_to_base(results, worlds)) if ratio else (amounts, worlds)


def _taken(results: Results, criterion: Criterion) -> np.ndarray:
    name, _ = split_element(criterion.variable or "")
    if name not in results.outcomes:
        return np.full(next(iter(results.outcomes.values())).values.shape[:3], np.nan)
    values = path(results, criterion.variable or "", criterion.elements)
    if criterion.over == "mean":
        return over_time(values, results.time)
    found: np.ndarray = {"end": values[..., -1], "lowest": values.min(axis=-1), "highest": values.max(axis=-1)}[
        criterion.over
    ]
    return found


def holds(values: np.ndarray, criterion: Criterion) -> np.ndarray:
    """Return 1.0 where a value keeps the bound (which belongs to it), 0.0 where not; what is not known stays so."""
    kept = values <= criterion.at_most if criterion.at_most is not None else values >= criterion.at_least
    return np.where(np.isfinite(values), kept.astype(float), np.nan)


def satisficing(results: Results) -> pd.DataFrame:
    """Return in which share of worlds each design keeps each criterion of the study, and all of them at once.

    Returns
    -------
    pandas.DataFrame
        One row a design and criterion, and one with ``criterion`` ``all``; empty where the study has no criteria.
        ``value``, ``value_q05``, ``value_q95``: mean and 5-95 % over worlds, in the bound's unit (not-a-number for
        ``all``). ``share_worlds`` with ``share_worlds_error``: the domain criterion. ``share_futures``: the same over
        single futures, in which a shortfall either happens or does not. ``fails_alone``: share of worlds in which this
        criterion fails and no other does (what would be gained by giving it up). ``order_put_in``: where the scores
        put this design above or below another of its group, so that their order by these shares is no finding.
    """
    criteria = results.plan.study.file.criteria
    if not criteria:
        return pd.DataFrame(columns=_COLUMNS)
    values = {key: criterion_values(results, each) for key, each in criteria.items()}
    futures = {key: holds(found[0], criteria[key]) for key, found in values.items()}
    worlds = {key: holds(found[1], criteria[key]) for key, found in values.items()}
    every_future, every_world = (np.min(list(kept.values()), axis=0) for kept in (futures, worlds))
    reasons = _reasons(results)
    rows = []
    for place, design in enumerate(results.designs):
        for key, criterion in criteria.items():
            found = values[key][1][place]
            others = [kept[place] for name, kept in worlds.items() if name != key]
            alone = (1 - worlds[key][place]) * np.min(others, axis=0, initial=1.0)
            words = (criterion.title, criterion.bound)
            figures = (mean_of(found), band(found, 0.05), band(found, 0.95))
            shares = _shares(worlds[key][place], futures[key][place])
            rows.append((design, key, *words, *figures, *shares, mean_of(alone), reasons[place]))
        nothing = (float("nan"),) * 3
        shares = _shares(every_world[place], every_future[place])
        rows.append((design, ALL, "every criterion", "", *nothing, *shares, float("nan"), reasons[place]))
    return pd.DataFrame(rows, columns=_COLUMNS)


def _shares(worlds: np.ndarray, futures: np.ndarray) -> tuple[float, float, float]:
    return mean_of(worlds), share_error(worlds), mean_of(futures)


def _reasons(results: Results) -> list[str]:
    """Say for each design above and below which others of its group it was put in."""
    put_in = put_in_pairs(results.plan.study, results.designs)
    reasons = ["" for _ in results.designs]
    for members in groups(results).values():
        names = [results.designs[place] for place in members]
        for place in members:
            reasons[place] = order_put_in(results.designs[place], names, put_in)
    return reasons


def all_hold(results: Results) -> np.ndarray:
    """Return for each design and world 1.0 where every criterion of the study holds, ``[design, world]``."""
    criteria = results.plan.study.file.criteria.values()
    kept: np.ndarray = np.min([holds(criterion_values(results, each)[1], each) for each in criteria], axis=0)
    return kept


def reach(
    plan: Plan, evaluate: Evaluate, widths: Sequence[float] = WIDTHS, worlds: int = 40, futures: int = 20
) -> pd.DataFrame:
    """Return how the share of worlds in which all criteria hold falls as less is held to be known.

    Every range (parameters and scores alike) is drawn in to a share of its width about what is held most likely
    (:func:`policy_lab.study.narrowed.narrowed`); at width 0 everything but luck stands there. The same worlds, drawn
    in, meet the same luck. A saved posterior is not used here, because it has no ranges to draw in.

    Returns
    -------
    pandas.DataFrame
        ``design``, ``width`` (0 to 1), ``share`` of worlds in which all criteria hold, ``simulation_error``; empty
        where the study has no criteria.
    """
    rows: list[tuple[object, ...]] = []
    if plan.study.file.criteria:
        small = plan.with_(worlds=worlds, futures=min(futures, plan.futures), posterior=False)
        for width in (0.0, *widths):
            drawn_in = small.with_(vary={"luck"}) if width == 0 else small.with_(study=narrowed(plan.study, width))
            found = all_hold(evaluate(drawn_in))
            for design, kept in zip(plan.designs, found, strict=True):
                rows.append((design, width, mean_of(kept), share_error(kept)))
    return pd.DataFrame(rows, columns=["design", "width", "share", "simulation_error"])


def radius(table: pd.DataFrame, kept: float = KEPT) -> pd.DataFrame:
    """Return how wide the ranges may be until all criteria no longer hold in nine of ten worlds.

    The robustness of information-gap theory, ``alpha(q) = max {alpha : requirement met within U(alpha)}`` (Ben-Haim
    2006, *Info-Gap Decision Theory*), with nine of ten sampled worlds in the place of every world, for a sample never
    holds the worst. Between two widths the share is taken to fall on a straight line.

    Parameters
    ----------
    table
        Of :func:`reach`.
    kept
        Share of worlds in which all criteria have to hold.

    Returns
    -------
    pandas.DataFrame
        ``design``, ``radius``: a share of the full ranges; 0 where the criteria fail already where everything is as
        held most likely, 1 where they hold at full width.
    """
    rows = [
        (design, _radius(found["width"].to_numpy(), found["share"].to_numpy(), kept))
        for design, found in table.groupby("design", sort=False)
    ]
    return pd.DataFrame(rows, columns=["design", "radius"])


def _radius(widths: np.ndarray, shares: np.ndarray, kept: float) -> float:
    if not np.isfinite(shares).all():
        return float("nan")
    short = shares < kept
    if not short.any():
        return float(widths[-1])
    at = int(short.argmax())
    if at == 0:
        return 0.0
    part = (shares[at - 1] - kept) / (shares[at - 1] - shares[at])
    return float(widths[at - 1] + part * (widths[at] - widths[at - 1]))
