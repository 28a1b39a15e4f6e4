"""What a decision's tables say, two sentences each: computed from them, hedged by rule, put-in orders named as such."""

from __future__ import annotations

import numpy as np
import pandas as pd

from policy_lab.analysis.convergence import FUTURES, WORLDS, stands_still
from policy_lab.analysis.findings import main_group, main_members
from policy_lab.analysis.information import BY_KIND, EVERYTHING
from policy_lab.analysis.put_in import RISK
from policy_lab.analysis.reversal import EVERYWHERE, NOWHERE, Region, ReversalMap, region_of
from policy_lab.analysis.satisfice import ALL
from policy_lab.analysis.setting import Setting
from policy_lab.analysis.stochastic import BURDEN, FIRST, SECOND
from policy_lab.analysis.words import count, listed, more_or_less, percent, two_figures, without_capital

Sentences = tuple[str, str]

_CHANCE = 0.05
"""Share of cells that are clear by chance where two designs do not differ."""
_KNOWN = "an order put in, not found"


def _known(names: list[str], setting: Setting) -> str:
    """Say as an aside how an order, the best first, stands to the orders that were put in; empty where none was."""
    inside = [pair for pair in setting.put_in if set(pair) <= set(names)]
    against = [pair for pair in inside if names.index(pair[0]) > names.index(pair[1])]
    if against:
        turned = listed(sorted(f"{setting.short(above)} above {setting.short(below)}" for above, below in against))
        return f" (against what the scores put in: {turned})"
    if not inside:
        return ""
    whole = len(inside) == len(names) * (len(names) - 1) // 2
    return f" ({_KNOWN})" if whole else " (some of this order was put in, not found)"


def survival_finding(curves: pd.DataFrame, times: pd.DataFrame, setting: Setting) -> Sentences:
    """Say how long the designs of the main group hold, and when half of their futures have fallen short."""
    rows = times.set_index("design").loc[main_members(setting)].sort_values("mean_time", ascending=False)
    watched = f"{rows['watched'].iloc[0]:.0f} {setting.unit}s watched"
    held = [f"{row['mean_time']:.0f} under {setting.short(str(name))}" for name, row in rows.iterrows()]
    first = (
        f"Of the {watched}, modelled futures hold on average for {listed(held)} before a persistent shortfall begins"
        f"{_known([str(name) for name in rows.index], setting)}."
    )
    late = [str(name) for name, row in rows.iterrows() if not np.isfinite(row["median"])]
    soon = rows[rows["median"].notna()].sort_values("median")
    half = [f"by {setting.unit} {row['median']:.0f} under {setting.short(str(n))}" for n, row in soon.iterrows()]
    rest = f"under {listed([setting.short(name) for name in late])} fewer than half have by the end"
    if not half:
        return first, f"Under none of them have half of the futures fallen short by {_end(curves, setting)}."
    return first, f"Half of the futures have fallen short {listed(half)}{'; ' + rest if late else ''}."


def _end(curves: pd.DataFrame, setting: Setting) -> str:
    return f"{setting.unit} {curves['time'].max():.0f}"


def satisficing_finding(table: pd.DataFrame, radius: pd.DataFrame, setting: Setting) -> Sentences:
    """Say in how many worlds the main group is good enough, and what stands in the way or how far that holds."""
    if table.empty:
        return "This study names no criteria of what is good enough.", "`criteria` in study.yaml would."
    members = main_members(setting)
    whole = table[(table["criterion"] == ALL) & table["design"].isin(members)].sort_values(
        "share_worlds", ascending=False
    )
    number = count(table["criterion"].nunique() - 1, "criterion", "criteria")
    shares = [f"{percent(row.share_worlds)} under {setting.short(row.design)}" for row in whole.itertuples(index=False)]
    known = _known(list(whole["design"]), setting)
    first = f"Good enough on all of {number} at once, by share of worlds: {listed(shares)}{known}."
    top = str(whole["design"].iloc[0])
    single = table[(table["design"] == top) & (table["criterion"] != ALL)].sort_values("share_worlds")
    worst = single.iloc[0]
    kept = f"kept in {percent(worst['share_worlds'])} of worlds"
    second = f"Under {setting.short(top)} the criterion that fails most often is that {worst['title']} ({kept})"
    if not radius.empty:
        reached = float(radius.set_index("design")["radius"][top])
        second += f"; all hold in nine of ten worlds {_radius_words(reached)}"
    return first, second + "."


def _radius_words(reached: float) -> str:
    if not np.isfinite(reached):
        return "over a range that is not known"
    if reached <= 0:
        return "at no width of what is not known, not even where everything is as held most likely"
    if reached >= 1:
        return "over the whole range of what is not known"
    return f"only while what is not known stays within {percent(reached)} of its range"


def stochastic_finding(table: pd.DataFrame, setting: Setting) -> Sentences:
    """Say which open pairs of the main group have an order that every reader would share, by risk and by burden."""
    return _dominance_words(table, RISK, setting), _dominance_words(table, BURDEN, setting)


def _dominance_words(table: pd.DataFrame, measure: str, setting: Setting) -> str:
    members = main_members(setting)
    inside = table[(table["measure"] == measure) & table["design"].isin(members) & table["other"].isin(members)]
    open_pairs = inside[inside["withheld"] == ""]
    about = f"By {measure}"
    if open_pairs.empty:
        reasons = listed(sorted(set(inside["withheld"]))) or "there is one design only"
        return f"{about}, nothing is said of the {count(len(inside), 'pair')} of the group: {reasons}."
    ordered = open_pairs["verdict"].isin([FIRST, SECOND])
    sure = open_pairs[open_pairs["sure"] & ordered]
    parts = []
    for row in sure.itertuples(index=False):
        other = row.other if row.dominant == row.design else row.design
        who = "every reader" if row.verdict == FIRST else "every reader who shuns bad worlds"
        parts.append(f"{setting.short(str(row.dominant))} is better than {setting.short(str(other))} for {who}")
    unsure = int((ordered & ~open_pairs["sure"]).sum())
    none = len(open_pairs) - len(sure) - unsure
    if none:
        parts.append(f"in {count(none, 'pair')} there is no order that all would share")
    if unsure:
        parts.append(f"in {count(unsure, 'pair')} the order hangs on the sample of worlds")
    return f"{about}, of {count(len(open_pairs), 'open pair')} of the group: {'; '.join(parts)}."


def information_finding(table: pd.DataFrame, setting: Setting) -> Sentences:
    """Say what knowing everything but luck would be worth, and which evidence is worth buying."""
    if table.empty:
        return "One design alone is no choice that knowledge could change.", "No evidence has a value here."
    rows = table[table["measure"] == RISK]
    whole = rows[rows["group"] == EVERYTHING].iloc[0]
    aside = ""
    if whole["put_in"]:
        aside = "; an order among these was put in, so that this says whether knowledge could overturn it"
    chosen = setting.short(str(whole["chosen"]))
    clear = "" if whole["value"] > 2 * whole["error"] else " (not clear of its error)"
    first = (
        f"Now {chosen} has the lowest risk; knowing everything but luck before choosing would take {_points(whole)} "
        f"off it{clear} and change the choice in {percent(whole['changes'])} of worlds{aside}."
    )
    kinds = rows[rows["split"] == BY_KIND].sort_values("value", ascending=False)
    worth = kinds[(kinds["value"] > 2 * kinds["error"]) & (kinds["value"] >= 0.0005)]
    if worth.empty:
        return first, (
            "No single group of uncertainties has a value that stands clear of its error: for this choice, no evidence "
            "of one kind alone is worth buying."
        )
    named = listed([f"{row.group} ({_points(row)})" for row in worth.itertuples(index=False)])
    others = [str(name) for name in kinds["group"] if name not in set(worth["group"])]
    none = f"; {listed(others)} {'has' if len(others) == 1 else 'have'} no value clear of its error" if others else ""
    return first, f"Evidence worth buying, by kind: {named}{none}."


def _points(row: object) -> str:
    """Return a value of information as percentage points of risk with its standard error."""
    value, error = (100 * float(getattr(row, name)) for name in ("value", "error"))
    return f"{_tenths(value)} ± {_tenths(error)} points"


def _tenths(points: float) -> str:
    return two_figures(points) if points >= 0.05 else "under 0.1"


def reversal_finding(found: ReversalMap | None, setting: Setting) -> Sentences:
    """Say where on the map each design of the pair wins, and of which two inputs it is."""
    if found is None:
        return (
            "No map was drawn: it needs two designs and inputs that can be moved one by one.",
            "Name a pair to see one.",
        )
    what = "lower risk" if found.measure == RISK else "better average outcome (no difference in risk is clear)"
    parts = []
    for name in (found.design, found.other):
        region, clear = region_of(found, name), found.cells["better"] == name
        few = clear.sum() <= max(1, round(_CHANCE * len(clear)))
        share = f"{percent(float(clear.mean()))} of the map{' (as few cells as chance alone may give)' if few else ''}"
        parts.append(
            f"{setting.short(name)} nowhere on the map"
            if region.words == NOWHERE
            else f"{setting.short(name)} in {share}{_mostly(region)}"
        )
    known = ""
    if found.put_in_above:
        above = setting.short(found.put_in_above)
        known = f" {above} was put in above the other; the map shows where that gives way, if anywhere."
    first = f"A clearly {what}: {'; '.join(parts)}.{known}"
    second = (
        f"The map runs over {without_capital(found.x.title)} and {without_capital(found.y.title)}, evidence grade "
        f"{found.x.grade} and {found.y.grade}; everything else that is not known is drawn anew in each cell."
    )
    return first, second


def _mostly(region: Region) -> str:
    return "" if region.words == EVERYWHERE else f", mostly {region.words}"


def convergence_finding(table: pd.DataFrame, pairs: pd.DataFrame, pair: tuple[str, ...], setting: Setting) -> Sentences:
    """Say from how many worlds on the order of the pair and of its whole group stands still."""
    group = table[(table["group"] == main_group(setting)) & (table["varied"] == WORLDS)]
    if len(pair) != 2 or group.empty:
        return "There is no order to stand still: too few designs or worlds.", "Compare two designs in four worlds."
    own = pairs[pairs["design"].isin(pair) & pairs["other"].isin(pair)]
    one, lucky = (own[own["varied"] == varied] for varied in (WORLDS, FUTURES))
    names = f"{setting.short(pair[0])} and {setting.short(pair[1])}"
    known = f" ({_KNOWN})" if len(one) and bool(one["put_in"].iloc[0]) else ""
    luck = f"; with these worlds kept it {_still_words(lucky, 'agree', 'future')}" if len(lucky) else ""
    first = f"The order of {names}{known} {_still_words(one, 'agree')}{luck}."
    last = group.sort_values("size").iloc[-1]
    same = f"the same one ranks lowest in {percent(float(last['same_best']))} of pairs of runs"
    size = count(int(last["size"]), "world")
    second = f"The whole order of the group {_still_words(group, 'same_order')}; {same} of {size}."
    return first, second


def _still_words(rows: pd.DataFrame, column: str, noun: str = "world") -> str:
    if rows.empty:
        return "was not looked at"
    rows = rows.sort_values("size")
    at = stands_still(rows["size"].to_numpy(), rows[column].to_numpy())
    last = rows.iloc[-1]
    if np.isfinite(at):
        return f"stands still from about {count(int(at), noun)} on"
    size, agree = count(int(last["size"]), noun), percent(float(last[column]))
    return f"does not stand still: two runs of {size} agree in {agree} of cases"


def timing_finding(table: pd.DataFrame, setting: Setting) -> Sentences:
    """Say from which year on less accumulates than under the base, and what discounting changes."""
    members = [name for name in main_members(setting) if name != setting.base]
    if table.empty or not members:
        return "Without the base design and another there is no timing to tell.", "Add the base design."
    firsts, never, seconds = [], [], []
    for name in members:
        rows = table[table["design"] == name].sort_values("year")
        last, short = rows.iloc[-1], setting.short(name)
        better = (rows["ratio"] < 1).to_numpy()
        lasting = np.logical_and.accumulate(better[::-1])[::-1]
        if lasting.any():
            firsts.append(f"under {short} from year {rows['year'].iloc[lasting.argmax()]:.0f} on")
        else:
            never.append(short)
        plain, discounted = (more_or_less(float(last[key])) for key in ("so_far", "so_far_discounted"))
        ahead = percent(float(last["ahead"]))
        seconds.append(f"{short} {plain} undiscounted, {discounted} at 3.5% a year (less in {ahead} of worlds)")
    if never:
        firsts.append(f"in no lasting stretch of the horizon under {listed(never)}")
    first = f"In the median world less accumulates in a year than under the base {'; '.join(firsts)}."
    return first, f"Over the whole horizon, against {setting.short(setting.base)}: {'; '.join(seconds)}."
