"""What a result may say, in sentences computed from its tables: hedged by rule, never canned."""

from __future__ import annotations

import pandas as pd

from policy_lab.analysis.dominance import PUT_IN, SAME
from policy_lab.analysis.setting import Setting
from policy_lab.analysis.shortfall import BY_SPEED, DIP, NONE, SHOCK, START, WORN
from policy_lab.analysis.words import (
    count,
    frequency,
    likelihood,
    listed,
    more_or_less,
    percent,
    two_figures,
    without_capital,
)

_BEGINNINGS = {
    START: "existed from the start",
    SHOCK: "began with a shock or event",
    DIP: "came in the dip after the change",
    WORN: "came by wearing down",
}
_UNCLEAR = "; not clear: the 9 in 10 range of the difference holds zero"
_STEEP = "began with a steep fall"
"""Said of shocks where nothing but the speed of the fall tells them."""


def main_group(setting: Setting) -> str:
    """Return the group that the headline is about: the base design's where it has company, else the largest."""
    members = list(setting.group_of.values())
    own = setting.group_of.get(setting.base, "")
    return own if members.count(own) > 1 else max(members, key=members.count)


def main_members(setting: Setting) -> list[str]:
    """Return the designs that the headline is about."""
    main = main_group(setting)
    return [name for name, group in setting.group_of.items() if group == main]


def groups_in_order(table: pd.DataFrame, setting: Setting) -> list[str]:
    """Return the groups of a table: the one that the headline is about, then as the study lists them."""
    present = set(table["group"])
    known = dict.fromkeys((main_group(setting), *setting.groups, *table["group"]))
    return [group for group in known if group in present]


def unknowns_finding(table: pd.DataFrame, setting: Setting) -> str:
    """Say where what is not known moves the risk more than the choice does; empty where it does not.

    The rule: under every design of the main group the range of nine in ten worlds is wider than the span of the risks
    of these designs.
    """
    group = table[table["group"] == main_group(setting)]
    widths = group["risk_q95"] - group["risk_q05"]
    span = float(group["risk"].max() - group["risk"].min())
    if len(group) < 2 or not (widths > span).all():
        return ""
    row = group.loc[widths.idxmax()]
    return (
        f"What is not known moves the risk more than the choice does: from {percent(row['risk_q05'])} to "
        f"{percent(row['risk_q95'])} between worlds under {setting.short(str(row['design']))}, from "
        f"{percent(group['risk'].min())} to {percent(group['risk'].max())} between designs"
    )


def headline(table: pd.DataFrame, pairs: pd.DataFrame, setting: Setting) -> str:
    """State the finding about the main group in one sentence, and how far burdens differ.

    The order of the tests is the rule: one design alone → its risk; all the same → say so; lowest place put in → say
    so; tie or an interval of the paired difference that holds zero → no clear order; else the lowest.
    """
    burden = burden_finding(table, setting)
    return _order_finding(table, pairs, setting) + (f"; {burden}" if burden else "")


def burden_finding(table: pd.DataFrame, setting: Setting) -> str:
    """Say in the study's words whether burdens can be told apart, and by how much.

    The ratio concerned is that of the design with the lowest risk to the base; where that is the base itself, every
    other design of its group. Empty where no ratio is known, or where only some of several can be told apart.
    """
    group = table[table["group"] == main_group(setting)].sort_values(["risk", "design"])
    lowest = group.iloc[:1]
    about = group[group["design"] != setting.base] if lowest["design"].iloc[0] == setting.base else lowest
    about = about[about["burden_ratio_q05"].notna()]
    if about.empty:
        return ""
    if not about["burden_clear"].any():
        return setting.unclear_burden
    if len(about) > 1:
        return ""
    row = about.iloc[0]
    return f"{setting.clear_burden}: {more_or_less(row['burden_ratio'])} under {setting.short(str(row['design']))}"


def _order_finding(table: pd.DataFrame, pairs: pd.DataFrame, setting: Setting) -> str:
    group = table[table["group"] == main_group(setting)].sort_values(["risk", "design"])
    lowest, name = group.iloc[0], setting.short(str(group["design"].iloc[0]))
    first = f"{_beginning(in_futures(lowest['risk'], setting))} fall short under {name}"
    if len(group) == 1:
        return f"{first}, the only {setting.design} of its group here"
    rivals = [str(rival) for rival in group["design"].iloc[1:]]
    orders = {rival: pair_of(pairs, str(lowest["design"]), rival) for rival in rivals}
    if lowest["risk"] == group.iloc[-1]["risk"]:
        known = "" if not any(pair["put_in_above"] for pair in orders.values()) else ", although an order was put in"
        share = in_futures(lowest["risk"], setting)
        return f"No {setting.design} of this group differs in modelled risk{known}: {share} fall short"
    turned = {rival for rival in rivals if orders[rival]["put_in_above"] == rival}
    named = {rival: _named(rival, turned, setting) for rival in rivals}
    second = f"{_beside(group, setting)} under {named[rivals[0]]}"
    beneath = [rival for rival in rivals if orders[rival]["put_in_above"] == lowest["design"]]
    if len(beneath) == len(rivals):
        return f"{first} and {second}: an order put in, not found"
    known = f"; its place above {listed([setting.short(rival) for rival in beneath])} was put in" if beneath else ""
    close = [named[rival] for rival in rivals if rival not in beneath and not orders[rival]["clear"]]
    if close:
        names = listed(close[:2] if len(close) < 4 else [*close[:2], count(len(close) - 2, "other")])
        first = f"{in_futures(lowest['risk'], setting)} fall short under {name}"
        return f"No clear order: {first}, the fewest, but the model cannot tell it from {names}{known}"
    return f"{first}, the fewest of its group, and {second}, the next{known}"


def _beside(group: pd.DataFrame, setting: Setting) -> str:
    """Say the frequency of the second row after that of the first; two that sound the same are not told apart."""
    one, other = (frequency(share, setting.cases) for share in group["risk"].iloc[:2])
    return "about as many" if one == other else other


def _beginning(words: str) -> str:
    return words[:1].upper() + words[1:]


def _named(name: str, turned: set[str], setting: Setting) -> str:
    """Return a rival's title, with a word where its scores were put in above those of the design that ranks lowest."""
    return setting.short(name) + (" (whose scores were put in above it)" if name in turned else "")


def pair_of(pairs: pd.DataFrame, one: str, other: str) -> pd.Series:
    """Return the row of a pair, whichever of the two stands first in it."""
    forward = (pairs["design"] == one) & (pairs["other"] == other)
    backward = (pairs["design"] == other) & (pairs["other"] == one)
    return pairs[forward | backward].iloc[0]


def in_futures(share: float, setting: Setting) -> str:
    """Return a share as a frequency of modelled futures: ``about 3 of 10 modelled futures``."""
    return f"{frequency(share, setting.cases)} modelled futures"


def dominance_finding(dominated: pd.DataFrame) -> str:
    """Say how many orders were put in, before anything was run."""
    pairs = len(dominated)
    put_in = int((dominated["order"] == PUT_IN).sum())
    if pairs == 0:
        return "One design alone: there is no order to put in"
    if put_in == 0:
        return f"None of the {count(pairs, 'order')} between designs was put in by the lever scores"
    if put_in == pairs == 1:
        return "The one order between designs was put in by the lever scores, not found"
    verb = "was" if put_in == 1 else "were"
    return f"{put_in} of {count(pairs, 'order')} between designs {verb} put in by the lever scores, not found"


def pair_sentence(pair: pd.Series, setting: Setting) -> str:
    """Say in words what a pair's row shows, the design that is more often the better one first."""
    one, other, gap = setting.short(str(pair["design"])), setting.short(str(pair["other"])), float(pair["difference"])
    chance = float(pair["chance_better"])
    if pair["order"] == PUT_IN:
        above, below = (one, other) if pair["put_in_above"] == pair["design"] else (other, one)
        by = -gap if above == one else gap
        number = round(abs(100 * by))
        more = f"{number} {'fewer' if by >= 0 else 'more'} of 100" if number else "about as many"
        unsure = "" if pair["clear"] else _UNCLEAR
        size = f"{more} modelled futures fall short under {above}{unsure}"
        return f"{above} above {below}: the order was put in, not found; the model sizes it: {size}."
    if pair["order"] == SAME:
        return f"{one} and {other} have the same scores on every lever."
    if chance < 0.5:
        one, other, chance, gap = other, one, 1 - chance, -gap
    clear = "" if pair["clear"] else _UNCLEAR
    return (
        f"{one} has a lower modelled risk than {other} in {percent(chance)} of worlds ({likelihood(chance)}), "
        f"on average by {-100 * gap:.0f} in 100 modelled futures{clear}."
    )


def surface_finding(table: pd.DataFrame, setting: Setting) -> str:
    """Say whether the design with the lowest risk in the main group stays the same as the bar moves."""
    names = main_members(setting)
    here = table[(table["periods"] == setting.periods) & table["design"].isin(names)]
    wide = here.pivot(index="threshold", columns="design", values="risk").sort_index()
    apart = wide[wide.max(axis=1) > wide.min(axis=1)]
    if len(wide.columns) == 1:
        rises = f"from {percent(float(wide.iloc[0, 0]))} to {percent(float(wide.iloc[-1, 0]))}"
        return f"The risk under {setting.short(str(wide.columns[0]))} goes {rises} as the bar rises"
    if apart.empty:
        return "The designs do not differ at any bar shown"
    lowest = apart.eq(apart.min(axis=1), axis=0)
    among = _among(setting)
    always = [str(name) for name in lowest.columns if lowest[name].all()]
    if always:
        leader = always[0]
        others = set(names) - {leader}
        known = ", an order put in, not found" if all((leader, other) in setting.put_in for other in others) else ""
        span = _span(apart.index.min(), apart.index.max())
        return f"{among}{setting.short(leader)} ranks lowest at every bar {span} at which they differ{known}"
    return _beginning(f"{among}the bar decides: {_leaders(lowest, setting)}")


def _among(setting: Setting) -> str:
    """Name the group that a sentence is about, where there are others beside it."""
    group = main_group(setting)
    title = setting.groups.get(group, group)
    several = len(set(setting.group_of.values())) > 1
    return f"Of the {without_capital(title)}, " if several else ""


def _leaders(lowest: pd.DataFrame, setting: Setting) -> str:
    """Say which design ranks lowest from which bar to which; a design that ties for lowest keeps its lead."""
    runs: list[tuple[str, float, float]] = []
    for bar, row in lowest.iterrows():
        tied = [str(name) for name in lowest.columns if row[name]]
        leader = runs[-1][0] if runs and runs[-1][0] in tied else tied[0]
        start = runs.pop()[1] if runs and runs[-1][0] == leader else float(bar)  # type: ignore[arg-type]
        runs.append((leader, start, float(bar)))  # type: ignore[arg-type]
    names = list(dict.fromkeys(leader for leader, _, _ in runs))
    if len(names) == len(runs) <= 3:
        return "lowest is " + listed([f"{setting.short(name)} {_span(low, high)}" for name, low, high in runs])
    bars = _span(lowest.index.min(), lowest.index.max())
    return f"{listed([setting.short(name) for name in names])} rank lowest at different bars {bars}"


def _span(low: float, high: float) -> str:
    return f"at {two_figures(low)}" if low == high else f"from {two_figures(low)} to {two_figures(high)}"


def split_finding(table: pd.DataFrame, setting: Setting) -> str:
    """Say how most shortfalls began: for each design of the main group where there are one or two, else for all."""
    group = main_members(setting)
    main = [name for name in dict.fromkeys(table["design"]) if name in group]
    if len(main) > 2:
        return _beginning(_split_of(table, "over all designs shown"))
    return _beginning(
        "; ".join(_split_of(table[table["design"] == name], f"under {setting.short(name)}") for name in main)
    )


def _split_of(table: pd.DataFrame, where: str) -> str:
    """Say how most shortfalls of the rows began, with the place they belong to before it."""
    causes = table[table["cause"] != NONE].groupby("cause", sort=False)["share"].sum()
    total = float(causes.sum())
    if total == 0:
        return f"{where}, no modelled future falls short"
    cause = str(causes.idxmax())
    share = float(causes.max()) / total
    amount = "most" if share > 0.5 else "the largest part of the"
    began = _STEEP if cause == SHOCK and (table["rule"] == BY_SPEED).any() else _BEGINNINGS[cause]
    return f"{where}, {amount} shortfalls ({percent(share)}) {began}"


def fan_finding(table: pd.DataFrame, variable: str, setting: Setting) -> str:
    """Say where the medians end and whether the ranges can be told apart.

    ``table`` holds the quantiles of one variable (one element) at the last saved time among its rows.
    """
    last = table[table["time"] == table["time"].max()]
    ends = last.pivot(index="design", columns="quantile", values="value")
    low, high = ends.columns.min(), ends.columns.max()
    medians = ends[0.5]
    if len(ends) == 1:
        name = str(ends.index[0])
        return f"{variable} ends at a median of {two_figures(medians.iloc[0])} under {setting.short(name)}"
    bottom, top = str(medians.idxmin()), str(medians.idxmax())
    if medians[bottom] == medians[top]:
        return f"{variable} ends at the same median under every {setting.design} shown"
    apart = ends.loc[bottom, high] < ends.loc[top, low]
    tail = "the ranges do not overlap" if apart else "the ranges overlap"
    known = ", an order put in" if (top, bottom) in setting.put_in or (bottom, top) in setting.put_in else ""
    return (
        f"{variable} ends lowest under {setting.short(bottom)} ({two_figures(medians[bottom])}) and highest under "
        f"{setting.short(top)} ({two_figures(medians[top])}){known}; {tail}"
    )
