"""How much of an order is in the lever scores: redraw them alone, exchange them, split the variance of differences.

Nothing is run here: ``evaluate`` turns a plan into results, and is usually :func:`policy_lab.run.run`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from policy_lab.analysis.outcomes import mean_of, over_futures, over_time, path
from policy_lab.analysis.risk import share_error, world_risks
from policy_lab.analysis.shortfall import shortfall
from policy_lab.analysis.sobol import group_shares, kendall_tau
from policy_lab.results.types import Results
from policy_lab.study.plan import grade_group
from policy_lab.study.schema import Scenario
from policy_lab.study.settings import resolve_settings
from policy_lab.study.streams import stream

if TYPE_CHECKING:
    from policy_lab.study.plan import Plan

Evaluate = Callable[["Plan"], Results]

RISK = "modelled shortfall risk"
LEVEL = "mean outcome"
"""The shortfall outcome averaged over the horizon: it moves even where no future falls short."""

WITHOUT_LUCK = "(nothing happens)"
LUCK_TITLE = "luck"


@dataclass(frozen=True)
class Effort:
    """How many runs the checks may take, beside the comparison itself."""

    redraws: int = 100
    futures: int = 3
    exchanges: int = 4
    exchange_worlds: int = 20
    rows: int = 60
    resamples: int = 200


@dataclass(frozen=True)
class PutIn:
    """What the checks found; see the functions of this module for the columns of each table."""

    flips: pd.DataFrame
    placebo: pd.DataFrame
    variance: pd.DataFrame
    grades: pd.DataFrame
    """The same variance by grade of evidence: columns as ``variance``."""
    calm: Results
    """The same designs and worlds when nothing happens: the twin against which shocks are told from wear."""
    variants: pd.DataFrame


def put_in(results: Results, evaluate: Evaluate, effort: Effort | None = None) -> PutIn:
    """Carry out every check of what was put in, against a finished comparison."""
    size = effort or Effort()
    plan = results.plan
    flips = lever_flips(results, evaluate, size.redraws, size.futures)
    exchanged = placebo(plan, evaluate, size.exchanges, size.exchange_worlds, size.futures)
    ways = (input_groups(plan), grade_groups(plan))
    variance, grades = variance_splits(plan, evaluate, ways, size.rows, size.resamples)
    calm = evaluate(calm_plan(plan))
    return PutIn(flips, exchanged, variance, grades, calm, variants(plan, evaluate, size.futures))


def calm_plan(plan: Plan) -> Plan:
    """Return the plan in which nothing happens: no scenario, and the constants of rest, one future a world."""
    quiet = Scenario(title="Nothing happens", meaning="No scenario and no luck", set=dict(plan.study.file.rest.set))
    study = replace(plan.study, scenarios={**plan.study.scenarios, WITHOUT_LUCK: quiet})
    return plan.with_(study=study, scenario=WITHOUT_LUCK, futures=1)


def variants(plan: Plan, evaluate: Evaluate, futures: int = 3) -> pd.DataFrame:
    """Return the risks under the study's variants: the same worlds, with some constants held in all of them.

    Parameters
    ----------
    plan
        The comparison; the user's own settings stay, and win.
    evaluate
        Turns a plan into results.
    futures
        Futures in each world.

    Returns
    -------
    pandas.DataFrame
        One row a variant and design: ``variant``, ``title``, ``design``, ``risk``, ``simulation_error``.
    """
    rows = []
    for key, variant in plan.study.file.comparison.variants.items():
        held = (*resolve_settings(plan.study.model, variant.set), *plan.settings)
        found = evaluate(plan.with_(settings=held, futures=min(futures, plan.futures)))
        for name, shares in zip(found.designs, world_risks(found), strict=True):
            rows.append((key, variant.title, name, mean_of(shares), share_error(shares)))
    return pd.DataFrame(rows, columns=["variant", "title", "design", "risk", "simulation_error"])


def levels(results: Results) -> np.ndarray:
    """Return the shortfall outcome averaged over horizon and futures, ``[design, world]``, in its own unit."""
    return over_futures(over_time(path(results, results.plan.study.file.measures.shortfall.variable), results.time))


def _badness(results: Results) -> dict[str, np.ndarray]:
    """Return both measures, ``[design, world]``, turned so that less is better."""
    return {RISK: world_risks(results), LEVEL: -levels(results)}


def lever_flips(results: Results, evaluate: Evaluate, redraws: int = 100, futures: int = 3) -> pd.DataFrame:
    """Say how often each pair's order flips when only the lever scores are redrawn.

    All other parameters stand at their base values, and every redraw meets the same futures. An order flips when the
    design that is better on average in ``results`` is strictly worse in that redraw.

    Parameters
    ----------
    results
        The comparison whose orders are tested.
    evaluate
        Turns a plan into results.
    redraws, futures
        Draws of the lever scores, and futures in each.

    Returns
    -------
    pandas.DataFrame
        One row a pair and measure: ``design`` (the better one in ``results``; the first where they tie), ``other``,
        ``measure`` (``modelled shortfall risk`` or ``mean outcome``), ``flips`` (share of redraws), ``flips_error``,
        ``ties`` (share of redraws) and ``redraws``.
    """
    redrawn = _badness(evaluate(results.plan.with_(vary={"levers"}, worlds=redraws, futures=futures)))
    found = _badness(results)
    rows = []
    for measure, values in redrawn.items():
        means = np.nanmean(found[measure], axis=1)
        for one, other in combinations(range(len(results.designs)), 2):
            better, worse = (one, other) if means[one] <= means[other] else (other, one)
            gap = values[better] - values[worse]
            gap = gap[np.isfinite(gap)]
            turned = (gap > 0).astype(float)
            rows.append(
                (
                    results.designs[better],
                    results.designs[worse],
                    measure,
                    float(turned.mean()) if gap.size else float("nan"),
                    share_error(turned),
                    float((gap == 0).mean()) if gap.size else float("nan"),
                    int(gap.size),
                )
            )
    return pd.DataFrame(rows, columns=["design", "other", "measure", "flips", "flips_error", "ties", "redraws"])


def exchanges(designs: Iterable[str], count: int) -> tuple[Mapping[str, str], ...]:
    """Return up to ``count`` ways to give every design another design's lever scores.

    Cyclic shifts, spread over the possible ones: none leaves a design its own scores, and no chance is involved.
    """
    names = tuple(designs)
    possible = len(names) - 1
    wanted = min(count, possible)
    shifts = sorted({1 + round(place * (possible - 1) / max(1, wanted - 1)) for place in range(wanted)})
    return tuple({name: names[(place + shift) % len(names)] for place, name in enumerate(names)} for shift in shifts)


def placebo(plan: Plan, evaluate: Evaluate, count: int = 4, worlds: int = 20, futures: int = 3) -> pd.DataFrame:
    """Exchange the lever scores among the designs, and see whether the order follows the scores or the names.

    Each design keeps its name, members and cost of change. ``follows_scores`` is Kendall's tau-b between the risks
    found after the exchange and the risks that the owners of the scores had before it, at the same size of run;
    ``follows_names`` the same against each design's own risk before. A ``follows_scores`` near one says that the order
    of designs is the order of their scores.

    Returns
    -------
    pandas.DataFrame
        One row an exchange and measure: ``exchange``, ``measure``, ``follows_scores``, ``follows_names`` and ``scores``
        (whose scores each design carried).
    """
    small = plan.with_(worlds=min(worlds, plan.worlds), futures=min(futures, plan.futures))
    before = {name: np.nanmean(values, axis=1) for name, values in _badness(evaluate(small)).items()}
    rows = []
    for number, owners in enumerate(exchanges(plan.designs, count), start=1):
        after = _badness(evaluate(small.with_(scores_from=owners)))
        owned = [plan.designs.index(owners[name]) for name in plan.designs]
        carried = "; ".join(f"{name} had {owner}" for name, owner in owners.items())
        for measure, values in after.items():
            found = np.nanmean(values, axis=1)
            scores, names = kendall_tau(found, before[measure][owned]), kendall_tau(found, before[measure])
            rows.append((number, measure, scores, names, carried))
    return pd.DataFrame(rows, columns=["exchange", "measure", "follows_scores", "follows_names", "scores"])


def input_groups(plan: Plan) -> dict[str, tuple[str, ...]]:
    """Return the groups of the variance split: title -> groups of the plan.

    Lever scores, structure (where the study marks parameters so), other parameters, and luck where the scenario has it.
    """
    varying = {row.group for row in plan.study.parameters.values() if row.varies}
    other = tuple(sorted(varying - {"structure"}))
    structure = ("structure",) if "structure" in varying else ()
    luck = ("luck",) if plan.study.scenario(plan.scenario).draw else ()
    groups = {"lever scores": ("levers",), "structure": structure, "other parameters": other, LUCK_TITLE: luck}
    return {title: names for title, names in groups.items() if names}


def grade_groups(plan: Plan) -> dict[str, tuple[str, ...]]:
    """Return the groups of the split by evidence: parameters of each grade, lever scores (all judgement), and luck."""
    grades = sorted({row.grade for row in plan.study.parameters.values() if row.varies})
    groups: dict[str, tuple[str, ...]] = {f"grade {grade}": (grade_group(grade),) for grade in grades}
    groups["lever scores (grade C)"] = ("levers",)
    if plan.study.scenario(plan.scenario).draw:
        groups[LUCK_TITLE] = ("luck",)
    return groups


def variance_split(plan: Plan, evaluate: Evaluate, rows: int = 60, resamples: int = 200) -> pd.DataFrame:
    """Split the variance of each pairwise difference by lever scores, structure, other parameters and luck.

    See :func:`variance_splits`.
    """
    return variance_splits(plan, evaluate, (input_groups(plan),), rows, resamples)[0]


def variance_splits(
    plan: Plan, evaluate: Evaluate, splits: Sequence[Mapping[str, tuple[str, ...]]], rows: int, resamples: int
) -> tuple[pd.DataFrame, ...]:
    """Split the variance of each pairwise difference by groups of inputs, in several ways from the same two samples.

    Grouped Sobol indices on common draws: ``rows`` worlds of one future each are drawn twice, and each group in turn is
    taken from the second draw (see :func:`policy_lab.analysis.sobol.group_shares` for formulas and sources). The second
    draw's luck is that of each world's second future, so that the batch in which luck alone is taken from it costs no
    resting points. All pairs come from the same batches.

    Parameters
    ----------
    splits
        Each a set of groups that between them hold everything that is drawn: title -> groups of the plan.

    Returns
    -------
    tuple of pandas.DataFrame
        One table a split, one row a pair, measure and group: ``design``, ``other``, ``measure``, ``group``, ``alone``
        with ``alone_q05``/``alone_q95`` and ``total`` with ``total_q05``/``total_q95`` (shares of the variance; 5-95 %
        bootstrap intervals; small samples can give values a little below zero or above one), ``rows``.
    """
    every = {title: names for groups in splits for title, names in groups.items()}
    values = _batches(plan, evaluate, every, rows)
    return tuple(_shares(plan, values, groups, rows, resamples) for groups in splits)


def _shares(
    plan: Plan,
    values: Mapping[str, Mapping[str, np.ndarray]],
    groups: Iterable[str],
    rows: int,
    resamples: int,
) -> pd.DataFrame:
    """Return the shares of the groups in the variance of every difference."""
    table = []
    for measure in (RISK, LEVEL):
        for one, other in combinations(range(len(plan.designs)), 2):
            gaps = {name: found[measure][one] - found[measure][other] for name, found in values.items()}
            mixed = {title: gaps[title] for title in groups}
            generator = stream(plan.seed, f"bootstrap/{measure}/{plan.designs[one]}/{plan.designs[other]}")
            for title, share in group_shares(gaps["A"], gaps["B"], mixed, generator, resamples).items():
                table.append((plan.designs[one], plan.designs[other], measure, title, *vars(share).values(), rows))
    return pd.DataFrame(
        table,
        columns=[
            "design",
            "other",
            "measure",
            "group",
            "alone",
            "alone_q05",
            "alone_q95",
            "total",
            "total_q05",
            "total_q95",
            "rows",
        ],
    )


def _batches(
    plan: Plan, evaluate: Evaluate, groups: Mapping[str, tuple[str, ...]], rows: int
) -> dict[str, dict[str, np.ndarray]]:
    """Return both measures, ``[design, row]``, of the samples A and B and of A with each group taken from B.

    Without luck in the plan there is but one future, and both samples share it.
    """
    again = plan.seed + 1
    lucky = LUCK_TITLE in groups
    drawn = {title: names for title, names in groups.items() if title != LUCK_TITLE}
    # The second sample draws everything anew; a group by name stands above its grade, so grades need not be named too.
    others = {name: again for names in drawn.values() for name in names}
    whole = plan.with_(worlds=rows, futures=2 if lucky else 1)
    first, second = evaluate(whole), evaluate(whole.with_(seeds=others))
    values = {"A": _case_badness(first, 0), "B": _case_badness(second, 1 if lucky else 0)}
    found: dict[tuple[str, ...], dict[str, np.ndarray]] = {}  # the same group may have a title in each split
    for title, names in drawn.items():
        if names not in found:
            mixed = plan.with_(worlds=rows, futures=1, seeds=dict.fromkeys(names, again))
            found[names] = _case_badness(evaluate(mixed), 0)
        values[title] = found[names]
    if lucky:
        values[LUCK_TITLE] = _case_badness(first, 1)
    return values


def _case_badness(results: Results, future: int) -> dict[str, np.ndarray]:
    """Return both measures of one future of each world, ``[design, world]``, turned so that less is better."""
    outcome = path(results, results.plan.study.file.measures.shortfall.variable)[:, :, future]
    return {RISK: shortfall(results).fell[:, :, future], LEVEL: -over_time(outcome, results.time)}
