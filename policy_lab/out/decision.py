"""A comparison read as a decision, in words and small tables, and written to a folder."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from policy_lab.analysis.convergence import WORLDS
from policy_lab.analysis.decision import Decision, Reading
from policy_lab.analysis.decision_findings import (
    Sentences,
    convergence_finding,
    information_finding,
    reversal_finding,
    satisficing_finding,
    stochastic_finding,
    survival_finding,
    timing_finding,
)
from policy_lab.analysis.dominance import dominance
from policy_lab.analysis.findings import dominance_finding, main_group, main_members
from policy_lab.analysis.satisfice import ALL
from policy_lab.analysis.setting import Setting
from policy_lab.analysis.stochastic import distributions
from policy_lab.analysis.words import percent
from policy_lab.charts.convergence import convergence_figure
from policy_lab.charts.figure import Figure
from policy_lab.charts.information import information_figure
from policy_lab.charts.reversal import reversal_figure
from policy_lab.charts.satisfice import satisficing_figure
from policy_lab.charts.stochastic import stochastic_figure
from policy_lab.charts.survival import survival_figure
from policy_lab.charts.timing import timing_figure
from policy_lab.out.answer import write_answer
from policy_lab.out.folder import reading_tables
from policy_lab.out.layout import Block, Grid, Lines, Section, as_text
from policy_lab.results.types import Results

_INFLUENCES = 5
"""How many of the inputs that the pair's difference goes with are shown."""


def decision_sections(results: Results, found: Decision) -> tuple[Section, ...]:
    """Return the whole reading: what was put in, then a table and two sentences for each question."""
    setting, reading = found.setting, found.reading
    known = dominance_finding(dominance(results.plan.study, results.designs))
    survived = survival_finding(reading.survival, reading.holding_times, setting)
    enough = satisficing_finding(reading.satisficing, found.radius, setting)
    still = convergence_finding(reading.convergence, reading.pair_convergence, found.pair, setting)
    about = f"{setting.question} {setting.worlds:,} worlds × {setting.futures:,} futures, seed {setting.seed}."
    return (
        Section("Read as a decision", (Lines((about, f"{known}.", setting.not_a_forecast)),)),
        _section("1. How long does each hold?", survived, _holding(reading, setting)),
        _section("2. Which is good enough on every count?", enough, _enough(found)),
        _section(
            "3. Which is better for every reader?", stochastic_finding(reading.stochastic, setting), _pairs(found)
        ),
        _section("4. Which evidence is worth buying?", information_finding(found.information, setting), _values(found)),
        _section("5. Where does the order turn round?", reversal_finding(found.reversal, setting), _moved(found)),
        _section("6. How many worlds does the order need?", still, _sizes(found)),
        _section("7. When do the benefits come?", timing_finding(reading.timing, setting), _years(reading, setting)),
    )


def _section(heading: str, sentences: Sentences, grid: Grid) -> Section:
    blocks: tuple[Block, ...] = (Lines(sentences),)
    return Section(heading, (grid, *blocks) if grid.rows else blocks)


def _holding(reading: Reading, setting: Setting) -> Grid:
    rows = []
    for row in reading.holding_times.itertuples(index=False):
        half = f"{row.median:.0f}" if pd.notna(row.median) else "not by the end"
        more = "-" if row.design == setting.base or pd.isna(row.longer_than_base) else f"{row.longer_than_base:+.0f}"
        spread = f"{row.mean_time_q05:.0f} to {row.mean_time_q95:.0f}"
        rows.append((setting.short(row.design), f"{row.mean_time:.0f}", spread, half, more))
    unit = f"{setting.unit}s"
    heads = ("design", f"holds ({unit})", "9 in 10 worlds", "half have fallen short", "against the base")
    return Grid(heads, tuple(rows))


def _enough(found: Decision) -> Grid:
    table, setting = found.reading.satisficing, found.setting
    if table.empty:
        return Grid((), ())
    reached = dict(zip(found.radius["design"], found.radius["radius"], strict=True))
    keys = list(dict.fromkeys(table["criterion"]))
    wide = table.pivot(index="design", columns="criterion", values="share_worlds")
    rows = tuple(
        (
            setting.short(name),
            *(percent(float(wide.loc[name, key])) for key in keys),
            percent(reached[name]) if name in reached else "-",
        )
        for name in dict.fromkeys(table["design"])
    )
    heads = ("share of worlds", *("all at once" if key == ALL else key for key in keys), "radius")
    return Grid(heads, rows)


def _pairs(found: Decision) -> Grid:
    setting, table = found.setting, found.reading.stochastic
    members = main_members(setting)
    inside = table[table["design"].isin(members) & table["other"].isin(members)]
    rows = []
    for (one, other), pair in inside.groupby(["design", "other"], sort=False):
        told = [
            row.withheld
            or (f"{setting.short(row.dominant)}, {row.verdict}" if row.dominant else row.verdict)
            + f" (found again in {percent(row.found_again)})" * pd.notna(row.found_again)
            for row in pair.itertuples(index=False)
        ]
        rows.append((f"{setting.short(one)} or {setting.short(other)}", *told))
    return Grid(("pair", *(f"by {measure}" for measure in dict.fromkeys(inside["measure"]))), tuple(rows))


def _values(found: Decision) -> Grid:
    rows = []
    for group, both in found.information.groupby("group", sort=False):
        risk, burden = (row for _, row in both.iterrows())
        rows.append(
            (
                str(group),
                f"{100 * risk['value']:.1f} ± {100 * risk['error']:.1f}",
                percent(float(risk["changes"])),
                f"{100 * burden['value']:.1f} ± {100 * burden['error']:.1f}",
            )
        )
    heads = ("knowing", "saves of risk (points)", "another choice in", "saves of burden (% of the base's)")
    return Grid(heads, tuple(rows))


def _moved(found: Decision) -> Grid:
    rows = tuple(
        (str(row.input), str(row.grade), f"{row.rank_correlation:+.2f}", "yes" if beyond else "no")
        for row in found.influences.head(_INFLUENCES).itertuples(index=False)
        for beyond in [abs(row.rank_correlation) > row.noise]
    )
    return Grid(("the difference goes with", "grade", "rank correlation", "beyond noise"), rows)


def _sizes(found: Decision) -> Grid:
    reading, setting = found.reading, found.setting
    pairs = reading.pair_convergence[reading.pair_convergence["varied"] == WORLDS]
    own = pairs[pairs["design"].isin(found.pair) & pairs["other"].isin(found.pair)].set_index("size")["agree"]
    table = reading.convergence
    group = table[(table["varied"] == WORLDS) & (table["group"] == main_group(setting))]
    rows = tuple(
        (
            str(row.size),
            percent(float(own[row.size])) if row.size in own.index else "-",
            percent(row.same_order),
            percent(row.same_best),
            f"{row.tau:.2f}" if pd.notna(row.tau) else "-",
        )
        for row in group.itertuples(index=False)
    )
    return Grid(("worlds in each of two runs", "the pair agrees", "same order", "same lowest", "Kendall's tau"), rows)


def _years(reading: Reading, setting: Setting) -> Grid:
    rows = []
    for name, years in reading.timing.groupby("design", sort=False):
        if name == setting.base:
            continue
        first, middle, last = years.iloc[0], years.iloc[len(years) // 2], years.iloc[-1]
        spread = f"{_more(last['so_far'])} ({_more(last['so_far_q05'])} to {_more(last['so_far_q95'])})"
        each = (_more(row["ratio"]) for row in (first, middle, last))
        rows.append((setting.short(str(name)), *each, spread, _more(last["so_far_discounted"])))
    heads = ("burden against the base", "first year", "middle year", "last year", "in all", "at 3.5% a year")
    return Grid(heads, tuple(rows))


def _more(ratio: float) -> str:
    """Return a ratio as how much more or less, in whole percent with its sign."""
    return f"{100 * (ratio - 1):+.0f}%" if pd.notna(ratio) else "-"


def decision_tables(found: Decision) -> dict[str, pd.DataFrame]:
    """Return every table of a decision that holds something, by the name of its file."""
    tables = dict(reading_tables(found.reading))
    tables |= {"information": found.information, "reach": found.reach, "radius": found.radius}
    tables |= {"influences": found.influences}
    if found.reversal is not None:
        tables["reversal"] = found.reversal.cells
    return {name: table for name, table in tables.items() if not table.empty}


def decision_figures(results: Results, found: Decision) -> dict[str, Figure]:
    """Return a chart for each question that has an answer, by the name of its file."""
    setting, reading = found.setting, found.reading
    figures = {
        "survival": survival_figure(reading.survival, reading.holding_times, setting),
        "stochastic_dominance": stochastic_figure(distributions(results), reading.stochastic, setting),
    }
    if not reading.satisficing.empty:
        figures["satisficing"] = satisficing_figure(reading.satisficing, setting)
    if not found.information.empty:
        figures["information"] = information_figure(found.information, setting)
    if found.reversal is not None:
        figures["reversal"] = reversal_figure(found.reversal, setting)
    if len(found.pair) == 2 and not reading.pair_convergence.empty:
        figures["convergence"] = convergence_figure(reading.convergence, reading.pair_convergence, found.pair, setting)
    if (reading.timing["design"] != setting.base).any():
        figures["burden_timing"] = timing_figure(reading.timing, setting)
    return figures


def write_decision(results: Results, found: Decision, folder: str | Path) -> Path:
    """Write the tables as CSV, the charts as SVG and PNG, the words and the manifest, all of it or nothing.

    Raises
    ------
    InputError
        When the folder cannot be written to.
    """
    words = as_text(decision_sections(results, found)).rstrip("\n").split("\n")
    return write_answer(folder, decision_tables(found), decision_figures(results, found), words)
