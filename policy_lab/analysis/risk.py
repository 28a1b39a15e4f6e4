"""Modelled shortfall risk and what stands beside it: one row a design, one row a pair, and the bar moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from policy_lab.analysis.beside import burden_columns, design_columns, gap_columns, resource_columns, transition_columns
from policy_lab.analysis.dominance import OPEN, PUT_IN, SAME, dominance, put_in_pairs
from policy_lab.analysis.outcomes import band, mean_of, over_futures, path, standard_error
from policy_lab.analysis.shortfall import longest_runs, shortfall
from policy_lab.results.types import Results


def world_risks(results: Results, threshold: float | None = None, periods: int | None = None) -> np.ndarray:
    """Return the share of usable futures that fall short, ``[design, world]``, between 0 and 1."""
    return over_futures(shortfall(results, threshold, periods).fell)


def risk(results: Results) -> pd.DataFrame:
    """Return one row a design: modelled shortfall risk, and everything that must stand beside it.

    Within a world the risk of a design is the share of its futures that fall short; the headline is its mean over
    worlds, bands are quantiles over worlds, and the simulation error is the standard error of that mean. Ranks, the
    chance of being best and regret compare designs of the same group only, and the chance of being best is withheld
    (not-a-number, with the reason in ``chance_best_withheld``) where an order inside the group was put in.
    :func:`policy_lab.analysis.columns.column_notes` gives unit and definition of every column.

    Returns
    -------
    pandas.DataFrame
        In the order of ``results.designs``.
    """
    shares = world_risks(results)
    columns: dict[str, object] = {}
    columns.update(design_columns(results))
    columns.update(_risk_columns(results, shares))
    columns.update(_choice_columns(results, shares))
    columns.update(burden_columns(results))
    columns.update(gap_columns(results))
    columns.update(transition_columns(results))
    columns.update(resource_columns(results))
    columns["failed_cases"] = _failed(results)
    return pd.DataFrame(columns)


def _risk_columns(results: Results, shares: np.ndarray) -> dict[str, object]:
    columns: dict[str, object] = {"risk": [mean_of(row) for row in shares]}
    for name, quantile in (("q05", 0.05), ("q25", 0.25), ("q50", 0.5), ("q75", 0.75), ("q95", 0.95)):
        columns[f"risk_{name}"] = [band(row, quantile) for row in shares]
    columns["simulation_error"] = [share_error(row) for row in shares]
    columns["simulation_error_luck"] = _luck_error(results)
    return columns


def share_error(shares: np.ndarray) -> float:
    """Return the standard error of a mean share over independent worlds.

    ``sd / sqrt(K)`` where worlds differ. Where all worlds agree that formula gives zero, which no finite run can
    know: then the Agresti-Coull error ``sqrt(p (1 - p) / (K + 4))`` with ``p = (sum + 2) / (K + 4)`` (Agresti & Coull
    1998, *The American Statistician* 52:119-126) stands in.
    """
    usable = shares[np.isfinite(shares)]
    if usable.size == 0:
        return float("nan")
    error = standard_error(usable)
    if np.isfinite(error) and error > 0:
        return error
    adjusted = (usable.sum() + 2) / (usable.size + 4)
    return float(np.sqrt(adjusted * (1 - adjusted) / (usable.size + 4)))


def _luck_error(results: Results) -> list[float]:
    """Return the part of the simulation error that more futures a world would remove.

    ``sqrt(mean over worlds of r (1 - r) / (S - 1) / K)``: the unbiased binomial variance inside each world.
    """
    fell = shortfall(results).fell
    errors = []
    for cases in fell:
        usable = np.isfinite(cases)
        count = usable.sum(axis=1)
        enough = count > 1
        if not enough.any():
            errors.append(float("nan"))
            continue
        share = np.where(usable, cases, 0.0).sum(axis=1)[enough] / count[enough]
        variance = share * (1 - share) / (count[enough] - 1)
        errors.append(float(np.sqrt(variance.mean() / enough.sum())))
    return errors


def groups(results: Results) -> dict[str, list[int]]:
    """Return the places of the designs of each group, in order of appearance."""
    found: dict[str, list[int]] = {}
    for place, name in enumerate(results.designs):
        found.setdefault(results.plan.study.design(name).group, []).append(place)
    return found


def best_shares(shares: np.ndarray) -> np.ndarray:
    """Return for each design and world its part of being best: 1 if alone, ``1/m`` where ``m`` tie, else 0.

    ``shares`` is ``[design, world]``; a world with a not-a-number is not-a-number throughout.
    """
    best = shares == np.nanmin(np.where(np.isfinite(shares), shares, np.inf), axis=0)
    parts = best / np.maximum(best.sum(axis=0), 1)
    return np.where(np.isfinite(shares).all(axis=0), parts, np.nan)


def regrets(shares: np.ndarray) -> np.ndarray:
    """Return for each design and world how much more risk it has than the best design of that world (Savage 1951)."""
    lost: np.ndarray = shares - shares.min(axis=0)
    return lost


def _choice_columns(results: Results, shares: np.ndarray) -> dict[str, object]:
    """Return ranks, chances of being best and regret, each inside its group."""
    count = len(results.designs)
    columns: dict[str, object] = {
        "rank_in_group": np.full(count, np.nan),
        "chance_best": np.full(count, np.nan),
        "chance_best_error": np.full(count, np.nan),
        "expected_regret": np.full(count, np.nan),
        "regret_1_in_20": np.full(count, np.nan),
    }
    reasons = ["" for _ in results.designs]
    put_in = put_in_pairs(results.plan.study, results.designs)
    for members in groups(results).values():
        inside = shares[members]
        names = [results.designs[place] for place in members]
        means = np.array([mean_of(row) for row in inside])
        best, lost = best_shares(inside), regrets(inside)
        for row, place in enumerate(members):
            columns["rank_in_group"][place] = 1 + int((means < means[row]).sum())  # type: ignore[index]
            if len(members) == 1:
                reasons[place] = "the only design of its group here"
                continue
            columns["expected_regret"][place] = mean_of(lost[row])  # type: ignore[index]
            columns["regret_1_in_20"][place] = band(lost[row], 0.95)  # type: ignore[index]
            reasons[place] = order_put_in(names[row], names, put_in)
            if not reasons[place]:
                columns["chance_best"][place] = mean_of(best[row])  # type: ignore[index]
                columns["chance_best_error"][place] = share_error(best[row])  # type: ignore[index]
    columns["chance_best_withheld"] = reasons
    return columns


def order_put_in(name: str, names: Sequence[str], put_in: frozenset[tuple[str, str]]) -> str:
    """Say above and below which of the named designs a design was put in; empty where its place was not put in."""
    above = [other for other in names if (other, name) in put_in]
    below = [other for other in names if (name, other) in put_in]
    parts = []
    if below:
        parts.append(f"above {', '.join(below)}")
    if above:
        parts.append(f"below {', '.join(above)}")
    return f"its order was put in, not found: {' and '.join(parts)}" if parts else ""


def _failed(results: Results) -> list[int]:
    fell = shortfall(results).fell
    return [int((~np.isfinite(cases)).sum()) for cases in fell]


def pairwise(results: Results) -> pd.DataFrame:
    """Return one row a pair: how likely the first design has the lower risk, and by how much they differ.

    In each world the designs meet the same futures, so differences are paired. ``chance_better`` is the share of worlds
    in which the first design has the lower risk, ties counting one half; it is withheld where the order was put in.
    ``difference`` is the mean over worlds of the first design's risk minus the second's (negative: the first is
    better), with the 5 % and 95 % quantiles over worlds; ``clear`` says whether that interval leaves zero out.

    Returns
    -------
    pandas.DataFrame
        ``design``, ``other``, ``same_group``, ``order``, ``put_in_above`` (which of the two, if one was),
        ``chance_better``, ``chance_better_error``, ``withheld``, ``difference``, ``difference_q05``,
        ``difference_q95``, ``difference_error``, ``clear``.
    """
    shares = world_risks(results)
    orders = _orders(results)
    rows = []
    for one, other in combinations(range(len(results.designs)), 2):
        gap = shares[one] - shares[other]
        wins = np.where(np.isfinite(gap), (gap < 0) + 0.5 * (gap == 0), np.nan)
        first, second = results.designs[one], results.designs[other]
        order, above, same_group = orders[frozenset((first, second))]
        withheld = (
            "" if order == OPEN else f"the order was {order}" if order == PUT_IN else "the lever scores are the same"
        )
        low, high = band(gap, 0.05), band(gap, 0.95)
        rows.append(
            {
                "design": first,
                "other": second,
                "same_group": same_group,
                "order": order,
                "put_in_above": above,
                "chance_better": float("nan") if withheld else mean_of(wins),
                "chance_better_error": float("nan") if withheld else share_error(wins),
                "withheld": withheld,
                "difference": mean_of(gap),
                "difference_q05": low,
                "difference_q95": high,
                "difference_error": standard_error(gap),
                "clear": bool(low > 0 or high < 0),
            }
        )
    return pd.DataFrame(rows, columns=_PAIR_COLUMNS)


_PAIR_WITHHELD = {OPEN: "", PUT_IN: "the order was put in", SAME: "the lever scores are the same"}
_PAIR_COLUMNS = [
    "design",
    "other",
    "same_group",
    "order",
    "put_in_above",
    "chance_better",
    "chance_better_error",
    "withheld",
    "difference",
    "difference_q05",
    "difference_q95",
    "difference_error",
    "clear",
]


def _orders(results: Results) -> Mapping[frozenset[str], tuple[str, str, bool]]:
    """Return for each pair its order, which of the two was put in above the other, and whether they share a group."""
    table = dominance(results.plan.study, results.designs)
    return {
        frozenset((row.design, row.other)): (
            str(row.order),
            str(row.design) if row.order == PUT_IN else "",
            bool(row.same_group),
        )
        for row in table.itertuples(index=False)
    }


def surface(
    results: Results, thresholds: Sequence[float] | None = None, periods: Sequence[int] | None = None
) -> pd.DataFrame:
    """Return the risk of each design under every bar and persistence: the headline is one point of this surface.

    Parameters
    ----------
    thresholds, periods
        The grid; by default the study's and the bars beside its own. The study's own point is always added.

    Returns
    -------
    pandas.DataFrame
        ``design``, ``threshold`` (unit of the outcome), ``periods`` (saved periods), ``risk``, ``simulation_error``
        and ``headline`` (whether this is the study's own point).
    """
    measure = results.plan.study.file.measures.shortfall
    grid = (*measure.thresholds, *measure.also_thresholds.values()) if thresholds is None else thresholds
    bars = sorted({measure.threshold, *grid})
    lengths = sorted({measure.periods, *(measure.all_periods if periods is None else periods)})
    values = path(results, measure.variable)
    rows = []
    for bar in bars:
        longest = longest_runs(values, bar)
        for length in lengths:
            shares = over_futures(np.where(np.isfinite(longest), longest >= length, np.nan))
            here = bar == measure.threshold and length == measure.periods
            for name, row in zip(results.designs, shares, strict=True):
                rows.append((name, bar, length, mean_of(row), share_error(row), here))
    return pd.DataFrame(rows, columns=["design", "threshold", "periods", "risk", "simulation_error", "headline"])


def at_thresholds(results: Results) -> pd.DataFrame:
    """Return the risk of each design under the bars that are reported beside the study's own.

    Returns
    -------
    pandas.DataFrame
        ``design``, ``bar`` (its name in study.yaml; ``headline`` for the study's own), ``threshold``, ``risk``,
        ``simulation_error``.
    """
    measure = results.plan.study.file.measures.shortfall
    rows = []
    for label, bar in {"headline": measure.threshold, **measure.also_thresholds}.items():
        for name, row in zip(results.designs, world_risks(results, bar), strict=True):
            rows.append((name, label, bar, mean_of(row), share_error(row)))
    return pd.DataFrame(rows, columns=["design", "bar", "threshold", "risk", "simulation_error"])
