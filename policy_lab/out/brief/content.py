"""What a briefing says, read off finished results: page one after the Green Book's order, then the evidence."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from policy_lab.analysis.decision import live_pair
from policy_lab.analysis.dominance import PUT_IN, SENTENCE
from policy_lab.analysis.findings import (
    dominance_finding,
    groups_in_order,
    headline,
    main_group,
    surface_finding,
    unknowns_finding,
)
from policy_lab.analysis.put_in import LEVEL
from policy_lab.analysis.reversal import influences
from policy_lab.analysis.tables import Tables
from policy_lab.analysis.watch_words import watch_in_words
from policy_lab.analysis.words import GRADES, count, listed, percent, sentence, two_figures
from policy_lab.out.brief.parts import Box, Briefing, Item, Part, Picture, named_people
from policy_lab.out.folder import figures_of
from policy_lab.out.layout import Grid, Lines
from policy_lab.out.risk_cells import band_cell, burden_cell, chance_cell, error_cell
from policy_lab.out.summary import ENOUGH_WORLDS, resources_grid

if TYPE_CHECKING:
    from policy_lab.analysis.watch import Watch
    from policy_lab.results.types import Results

FEW: Final = ("dominance", "risk", "fan")
"""The charts of a briefing that is to be read."""

_NAMED = ("python", "numpy", "llvmlite", "pysd")
"""The programs whose versions are printed; the record has them all."""
_MOVERS = 3
"""How many of the inputs that a difference goes with are named on page one."""


@dataclass(frozen=True)
class Choice:
    """What the author of a briefing chooses.

    Parameters
    ----------
    people
        Role -> name, of `parts.ROLES`.
    charts
        Names of charts, in order; `FEW` unless told.
    final
        Whether it is no draft any more: then all roles have to be named.
    """

    people: Mapping[str, str]
    charts: tuple[str, ...] = FEW
    final: bool = False


def briefing(
    tables: Tables,
    results: Results,
    choice: Choice,
    *,
    watch: Watch | None = None,
    made_on: dt.date,
    record: Mapping[str, Any],
) -> Briefing:
    """Describe a briefing.

    Parameters
    ----------
    tables, results
        A comparison and its tables.
    choice
        People, charts and whether it is final.
    watch
        Which published figures warn, if that was worked out: `policy_lab.analysis.watch.watch`.
    made_on
        The date that is printed.
    record
        What made it, as `policy-lab reproduce` reads it.

    Raises
    ------
    InputError
        For a role or chart that does not exist, and for a final briefing for which somebody does not answer.
    """
    people = named_people(choice.people, final=choice.final)
    pictures = figures_of(results, tables, choice.charts)
    file = results.plan.study.file
    return Briefing(
        title=file.title,
        question=file.question,
        answer=f"{headline(tables.risk, tables.pairwise, tables.setting)}.",
        first=tuple(_page_one(tables, results, watch)),
        parts=tuple(_parts(tables, results, [Picture(name, figure) for name, figure in pictures.items()])),
        people=people,
        made_on=made_on,
        record=record,
        final=choice.final,
    )


def _page_one(tables: Tables, results: Results, watch: Watch | None) -> Iterator[Part]:
    setting = tables.setting
    yield Part("Answer", (Lines(tuple(_answer(tables))),))
    yield Part("How sure we are", (Lines(tuple(_sure(tables, results))),))
    yield Part("What was assumed", (Lines(tuple(_assumed(tables, results))),))
    yield Part("What would change it", (Lines(tuple(_would_change(tables, results))),))
    yield Part("Cost", (_cost(tables, results),))
    yield Part("What to watch", (Lines(tuple(_watched(results, watch))),))
    yield Part("What this is not", (Lines((setting.not_a_forecast,)),))


def _main(tables: Tables) -> pd.DataFrame:
    """Return the rows of the designs that the headline is about, lowest risk first."""
    return tables.risk[tables.risk["group"] == main_group(tables.setting)].sort_values(["risk", "design"])


def _answer(tables: Tables) -> Iterator[str]:
    setting = tables.setting
    yield f"{headline(tables.risk, tables.pairwise, setting)}."
    for _, row in _main(tables).iterrows():
        yield f"{setting.short(str(row['design']))}: {sentence(setting.sentence, row['risk'], setting.cases)}."


def _sure(tables: Tables, results: Results) -> Iterator[str]:
    setting, file = tables.setting, results.plan.study.file
    if file.words.confidence:
        yield f"Confidence: {file.words.confidence}"
    unknowns = unknowns_finding(tables.risk, setting)
    if unknowns:
        yield f"{unknowns}."
    error = float(tables.risk["simulation_error"].max())
    yield (
        f"Each {setting.design} ran through the same {count(setting.cases, 'alternative future')} "
        f"({count(setting.worlds, 'world')} × {setting.futures}); so many leave a simulation error of at most "
        f"{percent(error)} in any risk."
    )
    if setting.worlds < ENOUGH_WORLDS:
        yield f"A first look only: {ENOUGH_WORLDS} worlds or more are needed for the ranges."


def _assumed(tables: Tables, results: Results) -> Iterator[str]:
    setting, file = tables.setting, results.plan.study.file
    grade = str(tables.risk["evidence_grade"].iloc[0])
    yield (
        f"What differs between designs is judged: lever scores of evidence grade {grade} ({GRADES.get(grade, grade)}). "
        f"{dominance_finding(tables.dominance)}. {SENTENCE if (tables.dominance['order'] == PUT_IN).any() else ''}"
    ).strip()
    anchor = file.measures.shortfall.anchor
    yield f"The bar is {two_figures(setting.threshold)}. {anchor.source}; {anchor.status}."
    yield f"Scenario: {setting.scenario}. Start: {setting.start_words}.{f' {setting.held}.' if setting.held else ''}"


def _would_change(tables: Tables, results: Results) -> Iterator[str]:
    setting = tables.setting
    pair = live_pair(tables.risk, setting)
    if len(pair) == 2:
        yield _movers(results, pair, tables)
    yield f"{surface_finding(tables.surface, setting)}."
    if tables.put_in is None:
        yield "How often the order turns when only the scores are judged anew was not worked out for this briefing."


def _movers(results: Results, pair: Sequence[str], tables: Tables) -> str:
    """Say with which inputs the difference between the two live designs goes most closely."""
    setting = tables.setting
    table = influences(results, pair[0], pair[1], LEVEL)
    named = f"{setting.short(pair[0])} and {setting.short(pair[1])}"
    beyond = table[table["rank_correlation"].abs() > table["noise"]].head(_MOVERS)
    if beyond.empty:
        return f"The difference between {named} goes with no single assumption beyond chance."
    told = [f"{row.input} (grade {row.grade})" for row in beyond.itertuples(index=False)]
    return f"The difference between {named} goes most closely with {listed(told)}."


def _cost(tables: Tables, results: Results) -> Item:
    """Return what each live design takes, a row a resource; amounts over the whole horizon stand in the tables."""
    grid = resources_grid(_main(tables), tables)
    if grid is None:
        return Lines(("The study binds no resource to its model.",))
    titles = tuple(one.title for one in results.plan.study.file.measures.resources)
    rows = tuple(row for row in grid.rows if row[0].startswith(titles) and "whole horizon" not in row[0])
    return Grid(("on average over futures and worlds", *grid.heads[1:]), rows)


def _watched(results: Results, watch: Watch | None) -> Iterator[str]:
    indicators = results.plan.study.file.indicators
    if watch is not None:
        yield from watch_in_words(watch)
    elif indicators:
        titles = listed([one.title for one in indicators.values()])
        yield f"Published figures that the model knows: {titles}. Which of them warns in time was not worked out here."
    else:
        yield "The study binds no published figure to its model."


def _parts(tables: Tables, results: Results, pictures: Sequence[Picture]) -> Iterator[Part]:
    file = results.plan.study.file
    yield Part("The evidence in charts", tuple(pictures))
    yield Part("Risks, group by group", tuple(_risks(tables)))
    yield Part("What the model leaves out", (Lines(file.words.limits, bullets=True),) if file.words.limits else ())
    yield Part("Evidence by grade", (_grades(results), Lines((_grade_words(results),))))
    yield Part("Method", (_method(tables, results),))
    yield Part("Provenance", (_provenance(results), Lines((_again(),))))


def _risks(tables: Tables) -> Iterator[Item]:
    setting = tables.setting
    heads = ("design", "risk", "9 in 10 worlds", "simulation error", "chance it is lowest", "burden ratio")
    for group in groups_in_order(tables.risk, setting):
        inside = tables.risk[tables.risk["group"] == group].sort_values(["risk", "design"])
        rows = tuple(tuple(_risk_row(row, tables)) for _, row in inside.iterrows())
        yield Grid(heads, rows, title=setting.groups.get(group, group))
    about = (
        f"Risk: share of modelled futures that fall short, mean over worlds. Burden ratio: {setting.burden} "
        f"({setting.short(setting.base)} is 1), median and 9 in 10 worlds. Groups are not ranked against one "
        "another."
    )
    yield Lines((about,))


def _risk_row(row: pd.Series, tables: Tables) -> Iterator[str]:
    setting = tables.setting
    yield setting.short(str(row["design"]))
    yield percent(row["risk"])
    yield band_cell(row)
    yield error_cell(row)
    yield chance_cell(row)
    yield burden_cell(row, setting)


def _grades(results: Results) -> Grid:
    """Count the model's constants by the grade of their evidence."""
    rows = list(results.plan.study.parameters.values())
    whole: Counter[str] = Counter(row.grade for row in rows)
    varied: Counter[str] = Counter(row.grade for row in rows if row.varies)
    told = tuple((f"{key}: {words}", f"{whole[key]:,}", f"{varied[key]:,}") for key, words in GRADES.items())
    return Grid(("evidence", "constants of the model", "of which drawn from a range"), told)


def _grade_words(results: Results) -> str:
    levers = sum(len(results.plan.study.design(name).levers) for name in results.designs)
    return (
        f"Beside them stand {count(levers, 'lever score')} of the designs compared, all of them judgement. Every "
        "constant has its unit, range, grade and source in parameters.csv."
    )


def _method(tables: Tables, results: Results) -> Box:
    setting, plan = tables.setting, results.plan
    measure = plan.study.file.measures.shortfall
    step = plan.time_step or plan.study.model.time.step
    ran = (
        f"A system-dynamics model ({plan.study.files['model'].name}) was run over {setting.horizon:g} "
        f"{setting.unit}s for every {setting.design}, in steps of {step:g} {setting.unit}."
    )
    drawn = (
        "A world is one draw of what is not known (parameters, lever scores, structure); a future is one draw of "
        "luck inside it (shocks, events). All designs meet the same worlds and futures."
    )
    measured = (
        f"A future falls short where {measure.variable} stays below the bar of {two_figures(measure.threshold)} "
        f"for at least {measure.periods} saved periods in a row. Within a world the risk is the share of its "
        "futures that fall short; ranges and chances run over worlds."
    )
    failed = count(int(tables.risk["failed_cases"].sum()), "case")
    lines = (ran, drawn, measured, f"Seed {setting.seed}; {failed} could not be used.")
    return Box("How these figures were made", lines)


def _provenance(results: Results) -> Grid:
    made = results.manifest
    digests = made.get("inputs_sha256", {})
    rows = [
        ("model", f"{made['model']}, SHA-256 {str(made['model_sha256'])[:16]}…"),
        *((name, f"SHA-256 {digest[:16]}…") for name, digest in sorted(digests.items())),
        ("policy_lab", f"{made['versions']['policy_lab']}, commit {str(made['commit'])[:12]}"),
        ("engine", f"{made['engine']}, {made['integration']}, time step {made['time_step']:g}"),
        ("Python and libraries", listed([f"{name} {made['versions'][name]}" for name in _NAMED])),
        ("runs", f"{results.plan.cases:,}"),
    ]
    return Grid(("what", "which"), tuple(rows))


def _again() -> str:
    return (
        "This file carries its whole record. `policy-lab reproduce FILE` runs the same plan again and says whether "
        "every number in it comes out the same, or which version or input differs."
    )
