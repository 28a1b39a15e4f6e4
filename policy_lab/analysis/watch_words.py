"""What watching published indicators is worth, in plain sentences computed from the tables."""

from __future__ import annotations

import pandas as pd

from policy_lab.analysis.watch import UNPUBLISHED, Watch
from policy_lab.analysis.words import count, listed, percent, two_figures, without_capital

FEW = 20
"""Crossings under which nothing is said of one indicator before another."""


def watch_in_words(found: Watch) -> tuple[str, ...]:
    """Say in plain sentences which indicator warns earliest, how often for nothing, and what the rest are worth."""
    limits = (
        "Found in the half of the worlds on which no level was set, and in this model only: no alarm was tried on real "
        f"figures. {found.setting.not_a_forecast}"
    )
    if found.crossings < FEW:
        return (_best(found), limits)
    return (_best(found), _others(found), limits)


def headline(found: Watch) -> str:
    """State the finding as a title."""
    useful = useful_indicators(found)
    if found.crossings < FEW or useful.empty:
        return "No published indicator can be told to warn better than chance"
    row = useful.iloc[0]
    hits, chance = percent(row["hits"]), percent(row["hits_by_chance"])
    return f"Best warning of what is published: {row['title']}, before {hits} of crossings ({chance} by chance)"


def useful_indicators(found: Watch) -> pd.DataFrame:
    """Return the published indicators that warn more often than by chance, the one that tells most first."""
    table = found.indicators
    return table[table["informative"] & (table["indicator"] != UNPUBLISHED)]


def _best(found: Watch) -> str:
    unit, design = found.setting.unit, found.setting.short(found.design)
    size = f"{count(found.crossings, 'crossing')} in {found.futures:,} futures under {design}"
    if found.crossings < FEW:
        return f"Too few to judge by: {size}. Run more worlds or futures."
    quiet = f"alarms asked to be on in {percent(found.asked)} of quiet {unit}s"
    asked = f"With a window of {found.window:g} {unit}s and {quiet}"
    useful = useful_indicators(found)
    if useful.empty:
        return f"{asked}, no published indicator can be told to warn more often than by chance ({size})."
    row = useful.iloc[0]
    title = without_capital(str(row["title"]))
    return (
        f"{asked}, the best warning is {title}, when the figure {row['sign']} by more than "
        f"{two_figures(100 * row['level'])}%: before {percent(row['hits'])} of crossings, typically {row['lead']:.0f} "
        f"{unit}s ahead (9 of 10 warnings between {row['lead_q05']:.0f} and {row['lead_q95']:.0f}); the same alarm "
        f"read in another future would have been on before {percent(row['hits_by_chance'])} of them ({size}; alarms "
        f"were on in {percent(row['false_alarms'])} of quiet {unit}s)."
    )


def _others(found: Watch) -> str:
    useful, unit = useful_indicators(found), found.setting.unit
    published = found.indicators[found.indicators["indicator"] != UNPUBLISHED]
    idle = [without_capital(str(title)) for title in published.loc[~published["informative"], "title"]]
    best = found.indicators[found.indicators["indicator"] == UNPUBLISHED].iloc[0]
    parts = []
    if len(useful) > 1:
        more = [
            f"{without_capital(str(row.title))} ({percent(row.hits)})" for row in useful[1:].itertuples(index=False)
        ]
        first = useful.loc[useful["lead"].idxmax()]
        title = without_capital(str(first["title"]))
        parts += [
            f"less well: {listed(more)}",
            f"earliest of these: {title}, typically {first['lead']:.0f} {unit}s ahead",
        ]
    if idle and len(useful):
        parts.append(f"no better than chance: {listed(idle)}")
    parts.append(f"the outcome itself, if anybody could see it at once, before {percent(best['hits'])}")
    told = "; ".join(parts)
    return f"{told[:1].upper()}{told[1:]}."
