"""The result in words: what was put in before what was found, hedged by rule, and what it is not."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from policy_lab.analysis.decision import live_pair
from policy_lab.analysis.decision_findings import convergence_finding, satisficing_finding, survival_finding
from policy_lab.analysis.dominance import PUT_IN, SAME, SENTENCE
from policy_lab.analysis.findings import (
    dominance_finding,
    groups_in_order,
    headline,
    main_group,
    main_members,
    pair_sentence,
    split_finding,
    surface_finding,
    unknowns_finding,
)
from policy_lab.analysis.setting import Setting
from policy_lab.analysis.tables import Tables
from policy_lab.analysis.words import count, listed, percent, sentence, two_figures
from policy_lab.out.checks import check_blocks
from policy_lab.out.layout import Block, Grid, Lines, Section
from policy_lab.out.risk_cells import NONE, band_cell, burden_cell, chance_cell, error_cell
from policy_lab.study.schema import StudyFile

ENOUGH_WORLDS = 50
"""Fewer worlds leave the outer twentieths of a range to two or three of them."""

_RISK_HEADS = (
    "design",
    "risk",
    "9 in 10 worlds",
    "sim. error",
    "chance best",
    "if wrong, worse by",
    "burden ratio",
    "grade",
)


def summary(tables: Tables, file: StudyFile) -> tuple[Section, ...]:
    """Write the summary of a comparison, from its tables and the words of its study.

    Orders that were put in come first, then the table of risks, then words, then what the result is not.
    """
    return (
        Section(file.title, (Lines((file.question,)), Lines(tuple(_short_answer(tables, file))))),
        Section("1. What was put in, before anything was run", tuple(_put_in(tables, file))),
        Section("2. What the model found, given that", tuple(_found(tables))),
        Section("3. In words", tuple(_words(tables))),
        Section("4. What this is not", tuple(_limits(tables, file))),
        Section("5. What was compared", tuple(_compared(tables))),
    )


def _short_answer(tables: Tables, file: StudyFile) -> Iterator[str]:
    """Say first what a reader needs first, hedged by rule, and how sure it is."""
    setting = tables.setting
    yield f"In short: {headline(tables.risk, tables.pairwise, setting)}."
    unknowns = unknowns_finding(tables.risk, setting)
    if unknowns:
        yield f"{unknowns}."
    if file.words.confidence:
        yield f"Confidence: {file.words.confidence}"
    if setting.worlds < ENOUGH_WORLDS:
        yield (
            f"A first look only: with {count(setting.worlds, 'world')}, shares and ranges are rough "
            f"({ENOUGH_WORLDS} or more are needed)."
        )
    yield (
        f"{count(len(setting.titles), setting.design)} × {count(setting.worlds, 'world')} × "
        f"{count(setting.futures, 'alternative future')} over {setting.horizon:g} {setting.unit}s, "
        f"seed {setting.seed}. Scenario: {setting.scenario}. Start: {setting.start_words}. "
        f"Base (do minimum): {setting.short(setting.base)}.{f' {setting.held}.' if setting.held else ''}"
    )


def _compared(tables: Tables) -> Iterator[Block]:
    """Spell out what the short names stand for, and the names by which designs are asked for."""
    setting = tables.setting
    rows = tuple((setting.short(name), name, title) for name, title in setting.titles.items())
    yield Grid(("called", "name", "title"), rows)


def _put_in(tables: Tables, file: StudyFile) -> Iterator[Block]:
    setting = tables.setting
    grade = str(tables.risk["evidence_grade"].iloc[0])
    switch = setting.start == "switch"
    beside = f"their members{' and the cost of changing over' if switch else ''}"
    scores = (
        f"Lever scores are ordinal judgement, evidence grade {grade}, and all that differs between designs beside "
        f"{beside}. {dominance_finding(tables.dominance)}."
    )
    if setting.scores:
        beneath = "Overlays, members and the costs of changing over are the study's own."
        scores = f"{setting.scores}, in the place of the study's own. {beneath} {scores}"
    yield Lines((scores,))
    ordered = tables.dominance[tables.dominance["order"] == PUT_IN]
    if not ordered.empty:
        rows = tuple(tuple(_put_in_row(row, setting, switch)) for _, row in ordered.iterrows())
        heads: tuple[str, ...] = ("put in above", "put in below", "levers better", "equal", "members of the first")
        if switch:
            unit = file.transition.unit.lower() if file.transition else ""
            heads = (*heads, f"change costs ({unit})" if unit else "change costs")
        yield Grid(heads, rows)
        several = "These orders were put in, not found; the model only sizes them."
        yield Lines((several if len(ordered) > 1 else SENTENCE,))
    same = tables.dominance[tables.dominance["order"] == SAME]
    if not same.empty:
        pairs = listed([f"{row.design} and {row.other}" for row in same.itertuples(index=False)])
        yield Lines((f"Same scores on every lever: {pairs}.",))
    yield from check_blocks(tables)


def _put_in_row(row: pd.Series, setting: Setting, switch: bool) -> Iterator[str]:
    yield setting.short(str(row["design"]))
    yield setting.short(str(row["other"]))
    yield str(row["levers_better"])
    yield str(row["levers_equal"])
    yield str(row["members"])
    if switch:
        here, there = float(row["disruption"]), float(row["disruption_other"])
        yield f"{two_figures(here).removesuffix('.0')} against {two_figures(there).removesuffix('.0')}"


def _found(tables: Tables) -> Iterator[Block]:
    setting = tables.setting
    for group in groups_in_order(tables.risk, setting):
        inside = tables.risk[tables.risk["group"] == group].sort_values(["risk", "design"])
        rows = tuple(tuple(_risk_row(row, setting)) for _, row in inside.iterrows())
        yield Grid(_RISK_HEADS, rows, title=setting.groups.get(group, group))
    measure = setting.measure[:1].upper() + setting.measure[1:]
    note = (
        f"Risk: {measure}, mean over worlds of the share of futures. If wrong, worse by: how much more risk than the "
        f"best of its group, 1 in 20 worlds. Burden ratio: {setting.burden} ({setting.short(setting.base)} is 1), "
        "median and 9 in 10 worlds. Groups are not ranked against one another."
    )
    yield Lines((note,))


def _risk_row(row: pd.Series, setting: Setting) -> Iterator[str]:
    yield setting.short(str(row["design"]))
    yield percent(row["risk"])
    yield band_cell(row)
    yield error_cell(row)
    yield chance_cell(row)
    yield NONE if pd.isna(row["regret_1_in_20"]) else _points(row["regret_1_in_20"])
    yield burden_cell(row, setting)
    yield str(row["evidence_grade"])


def _points(share: float) -> str:
    points = round(100 * share)
    return f"{points} point{'' if points == 1 else 's'}"


def _words(tables: Tables) -> Iterator[Block]:
    setting = tables.setting
    group = tables.risk[tables.risk["group"] == main_group(setting)].sort_values(["risk", "design"])
    yield Lines(
        tuple(
            f"{setting.short(str(row['design']))}: {sentence(setting.sentence, row['risk'], setting.cases)}."
            for _, row in group.iterrows()
        )
    )
    inside = tables.pairwise[
        tables.pairwise["design"].isin(group["design"]) & tables.pairwise["other"].isin(group["design"])
    ]
    if not inside.empty:
        yield Lines(tuple(pair_sentence(row, setting) for _, row in inside.iterrows()))
    beside = tuple(_beside(group, tables))
    if beside:
        yield Lines(beside)
    grid = resources_grid(group, tables)
    if grid is not None:
        yield grid
    yield Lines(tuple(_read(tables)))
    yield Lines(tuple(_moved(tables)))


def _read(tables: Tables) -> Iterator[str]:
    """Say how long designs hold, whether they are good enough, and how many worlds the order needs."""
    setting, reading = tables.setting, tables.reading
    yield from survival_finding(reading.survival, reading.holding_times, setting)
    if not reading.satisficing.empty:
        yield from satisficing_finding(reading.satisficing, pd.DataFrame(), setting)
    pair = live_pair(tables.risk, setting)
    if len(pair) == 2 and not reading.convergence.empty:
        yield convergence_finding(reading.convergence, reading.pair_convergence, pair, setting)[0]


def _beside(group: pd.DataFrame, tables: Tables) -> Iterator[str]:
    """Say burden and changing over of the main group."""
    setting = tables.setting
    for _, row in group.iterrows():
        if row["design"] == setting.base:
            continue
        name = setting.short(str(row["design"]))
        if pd.notna(row["burden_ratio"]):
            ratio, discounted = two_figures(row["burden_ratio"]), two_figures(row["burden_ratio_discounted"])
            interval = f"{two_figures(row['burden_ratio_q05'])} to {two_figures(row['burden_ratio_q95'])}"
            figures = f"ratio {ratio}, 9 in 10 worlds {interval}; {discounted} with 3.5% a year discounted"
            yield f"{name} against the base: {row['burden_words']} ({figures})."
        if pd.notna(row["dip_depth"]):
            yield f"Changing to {name}: {_changing(row, tables)}"


def resources_grid(group: pd.DataFrame, tables: Tables) -> Grid | None:
    """Return what each design of a group takes, a column a design; nothing where the study binds no resource."""
    rows = tuple((name, *(two_figures(value) for value in group[name])) for name in _resource_columns(tables))
    if not rows:
        return None
    heads = (
        "mean over horizon, futures and worlds",
        *(tables.setting.short(str(name)) for name in group["design"]),
    )
    return Grid(heads, rows, title="What it takes, on average over futures and worlds")


def _resource_columns(tables: Tables) -> list[str]:
    notes = tables.columns
    start = int(notes.index[notes["column"] == "never_benefits"][0]) + 1
    return [str(name) for name in notes["column"].iloc[start:-1]]


def _changing(row: pd.Series, tables: Tables) -> str:
    setting = tables.setting
    unit, never = setting.unit, float(row["never_benefits"])
    bar = two_figures(setting.threshold)
    depth = (
        f"{setting.outcome} first falls {two_figures(row['dip_depth'])} below staying (median world; the bar: {bar})"
    )
    if row["dip_depth"] <= 0:
        depth = "no dip after the change in the median world"
    if never >= 0.995:
        return f"{depth}; in no world does it pass staying within the horizon."
    wait = count(round(row["time_to_benefit"]), unit) if row["time_to_benefit"] >= 0.5 else f"less than a {unit}"
    if never > 0.5:
        return f"{depth}; in {percent(never)} of worlds it never passes staying, in the others after about {wait}."
    tail = f"; in {percent(never)} of worlds it never does within the horizon" if never > 0 else ""
    return f"{depth}; it passes staying after about {wait} (median world){tail}."


def _moved(tables: Tables) -> Iterator[str]:
    """Say what happens when the bar moves, and how shortfalls begin."""
    setting = tables.setting
    yield f"{surface_finding(tables.surface, setting)}."
    group = main_members(setting)
    for label, rows in tables.thresholds[tables.thresholds["design"].isin(group)].groupby("bar", sort=False):
        if label != "headline":
            bar = two_figures(float(rows["threshold"].iloc[0]))
            yield f"With the bar at {bar} ({label}): {_risks(rows, setting)}."
    if tables.put_in is not None:
        variants = tables.put_in.variants
        for title, rows in variants[variants["design"].isin(group)].groupby("title", sort=False):
            yield f"With {title}: {_risks(rows, setting)}."
    yield f"{split_finding(tables.split, setting)} (told {tables.split['rule'].iloc[0]})."


def _risks(rows: pd.DataFrame, setting: Setting) -> str:
    """List the risk of each design of a table, rounded."""
    return listed([f"{setting.short(row.design)} {percent(row.risk)}" for row in rows.itertuples(index=False)])


def _limits(tables: Tables, file: StudyFile) -> Iterator[Block]:
    anchor = file.measures.shortfall.anchor
    failed = int(tables.risk["failed_cases"].sum())
    lines = [
        file.words.not_a_forecast,
        f"The bar is {two_figures(file.measures.shortfall.threshold)} ({anchor.status}). {anchor.source}.",
        f"{count(failed, 'case')} could not be used and {'is' if failed == 1 else 'are'} left out." if failed else "",
    ]
    yield Lines(tuple(line for line in lines if line))
    if file.words.limits:
        yield Lines(tuple(file.words.limits), bullets=True)
