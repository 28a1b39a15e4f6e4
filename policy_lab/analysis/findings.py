"""What a result may say, in sentences computed from its tables: hedged by rule, never canned."""

from __future__ import annotations

import pandas as pd

from policy_lab.analysis.dominance import PUT_IN, SAME
from policy_lab.analysis.setting import Setting
from policy_lab.analysis.shortfall import DIP, NONE, SHOCK, START, WORN
from policy_lab.analysis.words import count, frequency, likelihood, listed, percent, two_figures

_BEGINNINGS = {
    START: "were there from the start",
    SHOCK: "began with a shock",
    DIP: "came in the dip after the change",
    WORN: "came by wearing down, not by a shock",
}


def main_group(setting: Setting) -> str:
    """Return the group that the headline is about: the base design's where it has company, else the largest."""
    members = list(setting.group_of.values())
    own = setting.group_of.get(setting.base, "")
    return own if members.count(own) > 1 else max(members, key=members.count)


def headline(table: pd.DataFrame, pairs: pd.DataFrame, setting: Setting) -> str:
    """State the finding about the main group in one sentence, and that burdens do not differ clearly where they do not.

    The order of the tests is the rule: one design alone → its risk; lowest place put in → say so; tie or an interval of
    the paired difference that holds zero → no clear order; else the lowest.
    """
    burden = burden_finding(table, setting)
    return _order_finding(table, pairs, setting) + (f"; {burden}" if burden else "")


def burden_finding(table: pd.DataFrame, setting: Setting) -> str:
    """Return the study's words for burdens that cannot be told apart, where that holds for the lowest design.

    The ratio concerned is that of the design with the lowest risk to the base; where that is the base itself, every
    other design of its group. Empty where the intervals leave one out, or where no ratio is known.
    """
    group = table[table["group"] == main_group(setting)].sort_values(["risk", "design"])
    lowest = group.iloc[:1]
    about = group[group["design"] != setting.base] if lowest["design"].iloc[0] == setting.base else lowest
    about = about[about["burden_ratio_q05"].notna()]
    if about.empty or about["burden_clear"].any():
        return ""
    return setting.unclear_burden


def _order_finding(table: pd.DataFrame, pairs: pd.DataFrame, setting: Setting) -> str:
    group = table[table["group"] == main_group(setting)].sort_values(["risk", "design"])
    lowest = group.iloc[0]
    first = f"{setting.short(lowest['design'])} ({in_futures(lowest['risk'], setting)})"
    if len(group) == 1:
        return f"{first}: the only {setting.design} of its group here"
    rivals = [str(name) for name in group["design"].iloc[1:]]
    orders = {name: pair_of(pairs, str(lowest["design"]), name) for name in rivals}
    if lowest["risk"] == group.iloc[-1]["risk"]:
        known = "" if not any(pair["put_in_above"] for pair in orders.values()) else ", although an order was put in"
        share = in_futures(lowest["risk"], setting)
        return f"No {setting.design} of this group differs in modelled risk{known}: {share}"
    turned = {name for name in rivals if orders[name]["put_in_above"] == name}
    named = {name: _named(name, turned, setting) for name in rivals}
    second = f"{named[rivals[0]]} ({in_futures(group.iloc[1]['risk'], setting)})"
    beneath = [name for name in rivals if orders[name]["put_in_above"] == lowest["design"]]
    if len(beneath) == len(rivals):
        return f"{first} ranks lowest, but that order was put in, not found; next is {second}"
    known = f"; its place above {listed([setting.short(name) for name in beneath])} was put in" if beneath else ""
    close = [named[name] for name in rivals if name not in beneath and not orders[name]["clear"]]
    if close:
        names = listed(close[:2] if len(close) < 4 else [*close[:2], count(len(close) - 2, "other")])
        return f"No clear order: {first} ranks lowest, but the model cannot tell it from {names}{known}"
    return f"{first} has the lowest modelled risk of its group; next is {second}{known}"


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
        more = f"{number} {'fewer' if by >= 0 else 'more'}" if number else "about as many"
        size = f"{more} of 100 modelled futures fall short under {above}"
        return f"{above} above {below}: the order was put in, not found; the model sizes it: {size}."
    if pair["order"] == SAME:
        return f"{one} and {other} have the same scores on every lever."
    if chance < 0.5:
        one, other, chance, gap = other, one, 1 - chance, -gap
    clear = "" if pair["clear"] else "; not clear: the 9 in 10 range of the difference holds zero"
    return (
        f"{one} has a lower modelled risk than {other} in {percent(chance)} of worlds ({likelihood(chance)}), "
        f"on average by {-100 * gap:.0f} in 100 modelled futures{clear}."
    )


def surface_finding(table: pd.DataFrame, setting: Setting) -> str:
    """Say whether the design with the lowest risk in the main group stays the same as the bar moves."""
    names = [name for name, member_of in setting.group_of.items() if member_of == main_group(setting)]
    here = table[(table["periods"] == setting.periods) & table["design"].isin(names)]
    wide = here.pivot(index="threshold", columns="design", values="risk")
    apart = wide[wide.max(axis=1) > wide.min(axis=1)]
    if apart.empty:
        return "The designs do not differ at any bar shown"
    lowest = apart.eq(apart.min(axis=1), axis=0)
    span = f"from {apart.index.min():.2g} to {apart.index.max():.2g}"
    always = [str(name) for name in lowest.columns if lowest[name].all()]
    if always:
        return f"{setting.short(always[0])} ranks lowest at every bar {span} at which the designs differ"
    leaders = [setting.short(str(name)) for name in lowest.idxmax(axis=1).drop_duplicates()]
    return f"The bar decides: {listed(leaders)} rank lowest at different bars {span}"


def split_finding(table: pd.DataFrame, setting: Setting) -> str:
    """Say how most shortfalls began, over all designs shown."""
    causes = table[table["cause"] != NONE].groupby("cause", sort=False)["share"].sum()
    total = float(causes.sum())
    if total == 0:
        return "No modelled future falls short under any design shown"
    cause = str(causes.idxmax())
    share = float(causes.max()) / total
    amount = "Most" if share > 0.5 else "The largest part of"
    return f"{amount} modelled shortfalls ({percent(share)}) {_BEGINNINGS[cause]}"


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
    return (
        f"{variable} ends lowest under {setting.short(bottom)} ({two_figures(medians[bottom])}) and highest under "
        f"{setting.short(top)} ({two_figures(medians[top])}); {tail}"
    )
