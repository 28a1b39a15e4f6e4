"""What an answer hangs on and where it fails: tables and sentences of the analysis, as plain values for the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from policy_lab.analysis.boxes import Found
from policy_lab.analysis.discovery import Discovery, in_words
from policy_lab.analysis.measured import BURDEN, LEVEL, OUTCOMES, RISK, Question, luck_free, put_in_words
from policy_lab.analysis.screening import rows_wanted
from policy_lab.analysis.sensitivity import BUDGET, CAVEAT, Evaluate, Sensitivity
from policy_lab.analysis.words import count
from policy_lab.errors import InputError, Problem
from policy_lab.lab.batch_table import plain
from policy_lab.lab.long_work import Job
from policy_lab.lab.moving import plan_of
from policy_lab.lab.state import Screen
from policy_lab.run.batch import run
from policy_lab.study.inputs import uncertain_inputs
from policy_lab.study.plan import Plan
from policy_lab.study.study import Study

TOP: Final = 10
"""Inputs that the chart shows; its table has all."""
FUTURES: Final = 5
"""Futures, the same for every world, in which an input is moved: as on the command line."""
METHOD: Final = "morris"
"""Screening: every input moved by itself, in few runs; the cheapest method that leaves none out."""
BINS: Final = 24
"""Bars of a histogram beneath the range of an input."""


def outcomes_offered(study: Study) -> list[list[str]]:
    """Return what can be asked for, each with its words."""
    measures = study.file.measures
    told = {
        LEVEL: f"{measures.shortfall.variable}, mean over the horizon",
        RISK: measures.shortfall.title,
        BURDEN: f"{measures.burden.title}, as a ratio",
    }
    return [[name, told.get(name, f"{name}, mean over the horizon")] for name in (*OUTCOMES, *study.file.outcomes)]


def asked_question(content: Mapping[str, Any], study: Study, screen: Screen) -> Question:
    """Return what a page asks of the sensitivity of a result.

    Raises
    ------
    InputError
        For anything that was not offered.
    """
    outcome = str(content.get("outcome"))
    if outcome not in (*OUTCOMES, *study.file.outcomes):
        raise InputError(Problem(what=f"no outcome `{outcome}`"))
    return Question(outcome, asked_design(content, "design", screen.designs), _other(content, screen.designs))


def asked_design(content: Mapping[str, Any], key: str, designs: Sequence[str]) -> str:
    """Return a design that a page names, of those that are there.

    Raises
    ------
    InputError
        For any other.
    """
    name = content.get(key)
    if name not in designs:
        raise InputError(Problem(what=f"no design `{name}` here", remedy=f"Designs: {', '.join(designs)}."))
    return str(name)


def _other(content: Mapping[str, Any], designs: Sequence[str]) -> str:
    return asked_design(content, "other", designs) if content.get("other") else ""


def asked_pair(content: Mapping[str, Any], designs: Sequence[str]) -> tuple[str, str]:
    """Return whose failures a page asks for: a design, and the one to which it is compared, or nothing."""
    return asked_design(content, "design", designs), _other(content, designs)


def sensitivity_plan(study: Study, screen: Screen) -> Plan:
    """Return the plan whose inputs are moved: the screen's, as far as it is held; worlds are the method's own."""
    return plan_of(study, screen, worlds=2, futures=FUTURES)


def runs_needed(plan: Plan, question: Question) -> tuple[int, int]:
    """Return how many inputs would be moved, and how many runs that takes."""
    needs = question.needs(plan.base)
    inputs = len(uncertain_inputs(plan.with_(designs=needs, vary=luck_free(plan.vary), places=())))
    blocks = rows_wanted(METHOD, inputs, BUDGET)
    worlds = blocks * (inputs + 1) + blocks  # each trajectory, and its first world once more with other luck
    return inputs, worlds * plan.futures * len(needs)


def counted(job: Job, total: int) -> Evaluate:
    """Return what runs plans and counts their runs together, in one thread: a slider that moves has the others."""
    done = 0

    def evaluate(plan: Plan) -> Any:
        nonlocal done
        before = done
        results = run(plan, threads=1, progress=lambda ran, _of: job.progress(before + ran, total))
        done = before + plan.cases
        return results

    return evaluate


def plain_sensitivity(found: Sensitivity, study: Study, screen: Screen) -> dict[str, Any]:
    """Return what the page shows of it: every row in order, the most important first."""
    rows = [
        {
            "input": str(row["input"]),
            "group": str(row["group"]),
            "grade": str(row["grade"]),
            "range": [plain(float(row["low"])), plain(float(row["high"]))],
            "unit": str(row["unit"]),
            "size": plain(float(row["importance"])),
            "q05": plain(float(row["importance_q05"])),
            "q95": plain(float(row["importance_q95"])),
            "verdict": str(row["verdict"]),
            "direction": plain(float(row["direction"])),
        }
        for row in found.table.to_dict("records")
    ]
    put_in = put_in_words(study, found.question)
    return {
        "title": found.title,
        "unit": "" if found.unit == "no unit" else found.unit,
        "rows": rows,
        "top": TOP,
        "floor": plain(float(found.table["floor"].iloc[0])),
        "floor_words": found.floor_words,
        "meaning": str(found.table["meaning"].iloc[0]),
        "finding": found.sentences[0],
        "settled": found.sentences[1],
        "notes": [note for note in (put_in, CAVEAT, _held_words(study, screen)) if note],
        "source": found.source,
        "worlds": found.worlds,
        "failed": found.failed,
    }


def _held_words(study: Study, screen: Screen) -> str:
    """Say what the screen holds, which is therefore not moved, and which of its choices play no part."""
    held = [
        f"{count(len(screen.settings), 'constant')} set by hand" if screen.settings else "",
        "the times and sizes of events on the stress calendar" if screen.events else "",
        f"what the figures of {study.areas()[screen.area].name} give" if screen.area else "",
        "levers that stand at one end of their scores" if screen.levers else "",
    ]
    named = ", ".join(part for part in held if part)
    first = f"Held and so not moved: {named}. " if named else ""
    return f"{first}Worlds, sampler and seed of the batch above play no part here: the method has its own."


def plain_discovery(found: Discovery) -> dict[str, Any]:
    """Return what the page shows of a search: the box, if there is one that holds, and each of its limits."""
    box = found.box
    limits = [_limit(found, name) for name in dict.fromkeys(one.column for one in box.limits)]
    return {
        "what": found.what,
        "holds": box.better_than_chance,
        "sentences": list(found.sentences),
        "box": in_words(box.limits, found.columns),
        "limits": limits if box.better_than_chance else [],
        "sought": _shares(box.sought),
        "held_out": _shares(box.held_out),
        "resamples": box.resamples,
        "by_chance": plain(box.held_out.by_chance),
        "regions": [
            [str(row["region"]), *(plain(float(row[f"{name}_held_out"])) for name in ("density", "coverage", "mass"))]
            for row in found.regions.to_dict("records")
        ],
        "rows": len(found.values),
        "happens": int(found.happens.sum()),
        "of": "worlds" if found.other else "futures",
        "source": found.source,
    }


def _limit(found: Discovery, name: str) -> dict[str, Any]:
    """Return the limits of one input beside all its values: a histogram of them, and of those where it happens."""
    column, values = found.columns[name], found.values[name].to_numpy(dtype=float)
    own = {one.side: one for one in found.box.limits if one.column == name}
    edges = np.linspace(values.min(), values.max(), BINS + 1)
    return {
        "input": name,
        "kind": column.kind,
        "grade": column.grade,
        "unit": column.unit,
        "range": [float(values.min()), float(values.max())],
        "limits": [
            {"side": side, "value": one.value, "quasi_p": plain(one.quasi_p), "again": plain(one.again)}
            for side, one in own.items()
        ],
        "all": np.histogram(values, edges)[0].tolist(),
        "hits": np.histogram(values[found.happens], edges)[0].tolist(),
    }


def _shares(found: Found) -> dict[str, Any]:
    shares = {name: plain(getattr(found, name)) for name in ("density", "coverage", "mass", "base")}
    return {**shares, "inside": found.inside, "hits": found.hits, "rows": found.rows}
