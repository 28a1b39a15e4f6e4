"""What the checks of the orders found, in words: lever scores redrawn and exchanged, variance of differences split."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from policy_lab.analysis.findings import main_group, main_members
from policy_lab.analysis.put_in import LEVEL, RISK, PutIn
from policy_lab.analysis.tables import Tables
from policy_lab.analysis.words import count, frequency, listed, percent, without_capital
from policy_lab.out.layout import Block, Grid, Lines

WIDEST = 0.8
"""A share of variance whose range is wider tells nothing."""


def check_blocks(tables: Tables) -> Iterator[Block]:
    """Say how often orders flip, what the placebo does, and where the variance of differences comes from."""
    checks = tables.put_in
    if checks is None:
        yield Lines(
            ("Not tested here: how often orders flip when only the lever scores are redrawn, and the placebo.",)
        )
        return
    lines = [] if checks.flips.empty else [_flip_line(checks, tables)]
    if not checks.placebo.empty:
        lines.append(_placebo_line(checks))
    if lines:
        yield Lines(tuple(lines))
    yield from _variance_blocks(
        checks.variance,
        tables,
        "Where the variance of each difference comes from (share left if all but that group were known)",
        "Ranges: 9 in 10 resampled runs. Shares add up to more than 100% where groups act together.",
    )
    yield from _variance_blocks(
        checks.grades,
        tables,
        "The same variance by grade of evidence (A published statistic, B literature, C judgement)",
        "Ranges stand in variance_grades.csv.",
        ranges=False,
    )


def _flip_line(checks: PutIn, tables: Tables) -> str:
    table = checks.flips
    ties = float(table.loc[table["measure"] == RISK, "ties"].mean())
    redraws = count(int(table["redraws"].max()), "time")
    words = f"Redrawing only the lever scores ({redraws}, all else at its base value): {_turned(table, RISK, tables)}"
    return f"{words} Risks mostly tie there; {_turned(table, LEVEL, tables)}" if ties > 0.5 else words


def _turned(table: pd.DataFrame, measure: str, tables: Tables) -> str:
    """Say how often the orders of one measure turn round: those of the main group, and all of them on average."""
    setting = tables.setting
    flips = table[table["measure"] == measure]
    inside = _inside(flips, tables)
    shown = inside if not inside.empty else flips
    turned = shown[shown["flips"] > 0].sort_values(["flips", "design"], ascending=[False, True]).head(3)
    pairs = [
        f"{setting.short(row['design'])} and {setting.short(row['other'])} in "
        f"{frequency(row['flips'], int(row['redraws']))}{_tied(row['ties'])}"
        for _, row in turned.iterrows()
    ]
    who = without_capital(setting.groups.get(main_group(setting), "")) if not inside.empty else ""
    said = f"the order of {measure} turns round for {listed(pairs)}"
    if turned.empty:
        tied = _tied(float(shown["ties"].mean()))
        said = f"no order of {measure} among the {who or 'designs'} turns round{tied}"
    total = f"over all {count(len(flips), 'pair')}, in {percent(float(flips['flips'].mean()))} of redraws on average"
    return f"{said}{f'; {total}' if len(flips) > len(shown) else ''}."


def _tied(share: float) -> str:
    return f" (tied in {percent(share)} of redraws)" if share > 0 else ""


def _placebo_line(checks: PutIn) -> str:
    table = checks.placebo
    measure = RISK if table.loc[table["measure"] == RISK, "follows_scores"].notna().any() else LEVEL
    rows = table[table["measure"] == measure]
    scores, names = float(rows["follows_scores"].mean()), float(rows["follows_names"].mean())
    if pd.isna(scores):
        return "Placebo: no order to follow, because the designs tie throughout."
    verdict = "follows the scores closely" if scores > 0.8 else "follows the scores in part"
    if scores < 0.3:
        verdict = "hardly follows the scores"
    return (
        f"Placebo: with the scores exchanged among the designs ({count(len(rows), 'time')}), the order of {measure} "
        f"{verdict} (rank correlation with the owners of the scores {scores:.1f}, with the names {names:.1f})."
    )


def _variance_blocks(
    whole: pd.DataFrame, tables: Tables, title: str, notes: str, *, ranges: bool = True
) -> Iterator[Block]:
    table = _inside(whole, tables)
    table = table if not table.empty else whole
    groups = tuple(dict.fromkeys(table["group"]))
    rows = []
    for pair, split in table.groupby(["design", "other"], sort=False):
        measure = RISK if _tells(split[split["measure"] == RISK]) else LEVEL
        shown = split[split["measure"] == measure].set_index("group")
        if shown["total"].notna().all():
            rows.append(
                (
                    *(tables.setting.short(str(name)) for name in pair),
                    measure,
                    *(_range(shown.loc[one]) if ranges else percent(_share(shown.loc[one, "total"])) for one in groups),
                )
            )
    if rows:
        yield Grid(("design", "other", "difference in", *groups), tuple(rows[:6]), title=title)
        yield Lines((notes,))


def _tells(split: pd.DataFrame) -> bool:
    """Say whether a split of variance tells anything: shares that could be nearly anything do not."""
    if split["total"].isna().any():
        return False
    widths = split["total_q95"].map(_share) - split["total_q05"].map(_share)
    return bool((widths < WIDEST).all())


def _range(row: pd.Series) -> str:
    low, high = percent(_share(row["total_q05"])), percent(_share(row["total_q95"]))
    return f"{percent(_share(row['total']))} ({low} to {high})"


def _share(value: float) -> float:
    return min(max(float(value), 0.0), 1.0)


def _inside(table: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    """Return the pairs of the main group."""
    setting = tables.setting
    group = main_members(setting)
    return table[table["design"].isin(group) & table["other"].isin(group)]
