"""The tables by which a batch is read as a decision: those of every block, one below the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from policy_lab.analysis.beside import total_names
from policy_lab.analysis.findings import dominance_finding, headline, split_finding, unknowns_finding
from policy_lab.analysis.outcomes import time_unit, unit_of
from policy_lab.analysis.quantiles import QUANTILES
from policy_lab.analysis.tables import Tables, tables_of
from policy_lab.out.decision_columns import DECISION_COLUMNS
from policy_lab.out.workbook import Sheet
from policy_lab.results.choosing import OWN, Choice
from policy_lab.results.parts import Block
from policy_lab.results.stored import StoredRuns
from policy_lab.results.types import Results

if TYPE_CHECKING:
    from policy_lab.study.study import Study

Calm = Callable[[Results], Results]
Progress = Callable[[int, int], None]
_BLOCK_NOTES = {
    "scenario": "What the world does, as the plan names it",
    "area": "Place from whose figures the runs start; `own`: the study's own. No league table of places",
    "setting": "Which constants are held by hand, as the plan names it",
}


@dataclass(frozen=True)
class DecisionTables:
    """The tables of a batch as sheets, in reading order: what was put in comes before what was found."""

    study: Study
    sheets: tuple[Sheet, ...]
    worlds: int
    futures: int


def decision_tables(
    stored: StoredRuns, choice: Choice, *, calm: Calm | None = None, progress: Progress | None = None
) -> DecisionTables:
    """Make the tables of every chosen block, each held in memory only while it is its turn.

    Parameters
    ----------
    stored
        A batch with its plan.
    choice
        Which blocks and designs; the base design is added, because ratios refer to it. Quantile paths are made of the
        chosen outcomes, the tables of the measures whatever is chosen.
    calm
        Given the results of a block, runs the same worlds when nothing happens; with it shocks are told from wear by
        comparison, without it by the speed of the fall.
    progress
        Told how many blocks are done, of how many.

    Raises
    ------
    InputError
        Without a plan beside the runs, when runs are missing, and when a design has no usable case.
    """
    blocks = [block for _, block in choice.blocks(stored.blocks)]
    found: dict[str, list[pd.DataFrame]] = {}
    units: dict[str, Mapping[str, str]] = {}
    for done, block in enumerate(blocks, start=1):
        results = _results(stored, block, choice)
        tables = tables_of(results, calm=calm(results) if calm else None)
        shown = _shown(tables, choice.outcomes, results)
        for name, table in shown.items():
            found.setdefault(name, []).append(_with_keys(table, stored, block))
        units = _units(results, tables)
        if progress:
            progress(done, len(blocks))
    sheets = [_sheet(name, pd.concat(parts, ignore_index=True), units[name]) for name, parts in found.items()]
    guide = _guide(sheets, tables)
    return DecisionTables(results.plan.study, (*sheets, guide), results.plan.worlds, results.plan.futures)


def measured(study: Study) -> tuple[str, ...]:
    """Return the outcomes from which the tables are made."""
    measures = study.file.measures
    gap = (measures.gap.intent, measures.gap.implemented) if measures.gap else ()
    criteria = (one.variable for one in study.file.criteria.values() if one.variable)
    resources = (one.variable for one in measures.resources)
    names = (measures.shortfall.variable, measures.burden.variable, *gap, *resources, *criteria)
    return tuple(dict.fromkeys(name.partition("[")[0].strip() for name in names))


def _results(stored: StoredRuns, block: Block, choice: Choice) -> Results:
    plan = stored.plan(block)
    base = () if plan.base in choice.designs or plan.base not in stored.designs else (plan.base,)
    designs = (*choice.designs, *base)
    outcomes = tuple(dict.fromkeys((*measured(plan.study), *choice.outcomes)))
    return stored.results(block, design=designs, outcome=outcomes)


def _shown(tables: Tables, outcomes: Iterable[str], results: Results) -> dict[str, pd.DataFrame]:
    """Return the tables of one block as a reader meets them."""
    resources = [name for name in tables.risk.columns if name in _resource_columns(results)]
    return {
        "Findings": _findings(tables),
        "Put in": tables.dominance.drop(columns=["sentence"]),
        "Risk": tables.risk.drop(columns=resources),
        "Pairs": tables.pairwise,
        "Shortfalls": tables.split,
        "Bars": tables.surface,
        "Resources": _resources(tables.risk, results),
        "Paths": _paths(tables.series, outcomes),
    }


def _findings(tables: Tables) -> pd.DataFrame:
    setting = tables.setting
    row = {
        "in short": f"{headline(tables.risk, tables.pairwise, setting)}.",
        "what is not known": f"{unknowns_finding(tables.risk, setting)}.".lstrip("."),
        "what was put in": f"{dominance_finding(tables.dominance)}.",
        "how shortfalls begin": f"{split_finding(tables.split, setting)}.",
        "start": setting.start_words,
        "held": setting.held,
        "failed cases": int(tables.risk["failed_cases"].sum()),
    }
    return pd.DataFrame([row])


def _resource_columns(results: Results) -> list[str]:
    names = []
    for resource in results.plan.study.file.measures.resources:
        names += [f"{resource.title} ({resource.unit})", *(total_names(resource) if resource.total_unit else ())]
    return names


def _resources(risk: pd.DataFrame, results: Results) -> pd.DataFrame:
    """Return one row a design and resource, from the columns of the risk table."""
    rows = []
    for design, row in zip(risk["design"], risk.to_dict("records"), strict=True):
        for resource in results.plan.study.file.measures.resources:
            totals = total_names(resource) if resource.total_unit else ("", "")
            total, discounted = (row.get(name, np.nan) for name in totals)
            mean = row[f"{resource.title} ({resource.unit})"]
            rows.append((design, resource.title, mean, resource.unit, total, discounted, resource.total_unit))
    names = ["design", "resource", "mean", "unit", "total", "total_discounted", "total_unit"]
    return pd.DataFrame(rows, columns=names)


def _paths(series: pd.DataFrame, outcomes: Iterable[str]) -> pd.DataFrame:
    """Return quantiles side by side: one row a design, outcome, element and saved time."""
    some = series[series["variable"].isin(list(outcomes))]
    count = len(QUANTILES)
    wide = some.iloc[::count][["design", "variable", "subscripts", "unit", "time", "date"]].reset_index(drop=True)
    values = some["value"].to_numpy().reshape(-1, count)
    for place, quantile in enumerate(QUANTILES):  # the quantiles of one moment stand one below the other
        wide[f"q{round(100 * quantile):02d}"] = values[:, place]
    days = pd.to_datetime(wide["date"], errors="coerce")
    wide["date"] = days.dt.date if days.notna().all() else ""
    return wide


def _with_keys(table: pd.DataFrame, stored: StoredRuns, block: Block) -> pd.DataFrame:
    """Return a table with the block in its first columns."""
    keys = {"scenario": block.scenario}
    if stored.areas:
        keys["area"] = block.area or OWN
    if stored.settings:
        keys["setting"] = block.setting
    return pd.concat([pd.DataFrame(keys, index=table.index), table], axis=1)


def _units(results: Results, tables: Tables) -> dict[str, Mapping[str, str]]:
    """Return sheet -> column -> unit."""
    file = results.plan.study.file
    known = {
        "{outcome}": unit_of(results, file.measures.shortfall.variable),
        "{time}": time_unit(results),
        "{change}": file.transition.unit if file.transition else "",
        "{period}": f"saved periods of {results.plan.save_period:g} {time_unit(results)}",
    }
    units = {
        sheet: {name: known.get(unit, unit) for name, (unit, _) in columns.items()}
        for sheet, columns in DECISION_COLUMNS.items()
    }
    units["Risk"] = dict(zip(tables.columns["column"], tables.columns["unit"], strict=True))
    return {sheet: {name: unit for name, unit in columns.items() if unit} for sheet, columns in units.items()}


_TITLES = {
    "Findings": "What was found, in words, block by block",
    "Put in": "What was put in before anything was run: the order of designs by their lever scores",
    "Risk": "Modelled shortfall risk of each design, and what stands beside it",
    "Pairs": "Pairs of designs on the same worlds and futures",
    "Shortfalls": "How shortfalls begin, and whether they end",
    "Bars": "The same risk under other bars and durations",
    "Resources": "What each design takes",
    "Paths": "Outcomes over time: quantiles over all modelled futures",
    "Columns": "What every column holds",
}


def _sheet(name: str, table: pd.DataFrame, units: Mapping[str, str]) -> Sheet:
    return Sheet(
        name,
        _TITLES[name],
        table,
        ("Columns are explained on the sheet Columns, signs and words on the sheet Notes.",),
        units,
    )


def _guide(sheets: Iterable[Sheet], tables: Tables) -> Sheet:
    """Return the sheet that explains every column of every other one."""
    risk = dict(zip(tables.columns["column"], tables.columns["definition"], strict=True))
    rows = []
    for sheet in sheets:
        written = {name: meaning for name, (_, meaning) in DECISION_COLUMNS.get(sheet.name, {}).items()}
        meanings = {**_BLOCK_NOTES, **(risk if sheet.name == "Risk" else written)}
        rows += [(sheet.name, name, sheet.units.get(name, ""), meanings[name]) for name in sheet.table.columns]
    table = pd.DataFrame(rows, columns=["sheet", "column", "unit", "definition"])
    return replace(_sheet("Columns", table, {}), words=())
