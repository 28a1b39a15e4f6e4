"""A batch that the screen asks for, as a plan's file: it can be gone on with, exported, and run elsewhere."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from policy_lab.analysis.words import count
from policy_lab.errors import InputError, Problem
from policy_lab.lab.screen_file import read_screen, screen_text
from policy_lab.lab.state import Screen
from policy_lab.provenance import digest_of
from policy_lab.results.read_write import read_manifest
from policy_lab.run.batch_folder import MANIFEST, PLAN
from policy_lab.run.chunks import SHARE, bytes_of_case, chunks_of
from policy_lab.run.identity import batch_manifest
from policy_lab.study.plan_file import PlanSet, read_plan
from policy_lab.study.samplers import SAMPLERS, Sampler
from policy_lab.study.stress import beside_calendar, placed_in
from policy_lab.study.study import Study

LEAST_WORLDS: Final = 2
MOST_WORLDS, MOST_FUTURES, MOST_SEED = 10_000, 500, 2**31 - 1
MOST_CASES = 200_000
"""Runs that are asked for from a page: about 2 GB on the disk. More belong to `policy-lab batch`, which may use every
processor and goes on when the notebook is closed."""
PARTS = 24
"""Into which a batch is cut if it can be: after each the table grows, and what a cancel loses is one."""
STEP = 2**24
"""Memory is asked for in so many bytes: a fraction of a GiB that `policy-lab batch --memory` writes exactly."""
_IDENTITY = ("plan_sha256", "model_sha256", "inputs_sha256", "settings", "versions", "memory")
MOST_LISTED = 20


@dataclass(frozen=True)
class Size:
    """How large a batch is, and how it is drawn."""

    worlds: int
    futures: int
    seed: int
    sampler: Sampler


@dataclass(frozen=True)
class Earlier:
    """A batch of a study that stands in a folder beside the notebook.

    ``kept`` of ``cases`` runs are written, to judge by whole parts; ``whole`` says that the batch was finished.
    """

    folder: Path
    words: str
    cases: int
    kept: int
    whole: bool
    at: float

    def plain(self) -> dict[str, Any]:
        """Return it as plain values, for the page."""
        kept = {"cases": self.cases, "kept": self.kept, "whole": self.whole}
        return {"name": self.folder.name, "words": self.words, **kept}


def asked_size(content: Mapping[str, Any], designs: int) -> Size:
    """Return the size that a page asks for.

    Raises
    ------
    InputError
        With one problem for each number that is none or out of its limits, and for more runs than belong here.
    """
    bounds = {"worlds": (LEAST_WORLDS, MOST_WORLDS), "futures": (1, MOST_FUTURES), "seed": (0, MOST_SEED)}
    problems = []
    for name, (low, high) in bounds.items():
        value = content.get(name)
        if type(value) is not int or not low <= value <= high:
            given = "nothing" if value is None else value
            what = f"{name}: {given} is no whole number from {low:,} to {high:,}"
            problems.append(Problem(what=what))
    sampler = content.get("sampler")
    if sampler not in SAMPLERS:
        problems.append(Problem(what=f"no sampler `{sampler}`", remedy=f"Known: {', '.join(SAMPLERS)}."))
    if problems:
        raise InputError(*problems)
    size = Size(content["worlds"], content["futures"], content["seed"], content["sampler"])
    cases = designs * size.worlds * size.futures
    if cases > MOST_CASES:
        what = f"{cases:,} runs, and {MOST_CASES:,} are the most that are run from this page"
        remedy = "Ask for fewer worlds or futures, or save the screen as YAML and use `policy-lab batch`."
        raise InputError(Problem(what=what, remedy=remedy))
    return size


def plan_text(study: Study, screen: Screen, size: Size) -> str:
    """Return the plan's file of what a screen stands at; the same screen and size give the same text."""
    ordered = screen.with_(
        settings=dict(sorted(screen.settings.items())),
        levers=dict(sorted(screen.levers.items())),
        worlds=size.worlds,
        futures=size.futures,
        seed=size.seed,
    )
    return screen_text(ordered, study, size.sampler)


def planned(study: Study, screen: Screen, size: Size) -> PlanSet:
    """Return the plan of a screen, read back from the text of its file.

    Raises
    ------
    InputError
        For anything that a plan's file cannot say or the study does not know, and when the study's files were changed
        since the screen was opened.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / PLAN
        path.write_text(plan_text(study, screen, size), encoding="utf-8", newline="\n")
        plan_set = read_plan(path)
    if plan_set.study.model.digest != study.model.digest:
        what = f"the model of `{study.name}` was changed since this screen was opened"
        raise InputError(Problem(what=what, remedy="Run the cell again to open the screen anew."))
    return plan_set


def memory_of(plan_set: PlanSet) -> int:
    """Return the memory to ask for, which decides how large the parts are: about `PARTS` of them, a world at least."""
    plan = plan_set.blocks[0].plan
    beside = len(plan.designs) * plan.futures
    wanted = max(beside, math.ceil(plan_set.cases / PARTS / beside) * beside)
    return math.ceil(SHARE * wanted * bytes_of_case(plan) / STEP) * STEP


def folder_of(plan_set: PlanSet, home: Path) -> Path:
    """Return the folder of a batch: one name for one plan, model, inputs and version, so that it is found again."""
    memory = memory_of(plan_set)
    known = json.loads(json.dumps(batch_manifest(plan_set, chunks_of(plan_set, memory), memory), default=str))
    mark = digest_of({name: known[name] for name in _IDENTITY})
    return home / f"lab-{plan_set.study.name}-{mark[:8]}"


def stored_plan(folder: Path) -> tuple[PlanSet, int]:
    """Return the plan of a batch that was begun, and the memory with which it was."""
    return read_plan(folder / PLAN), int(read_manifest(folder / MANIFEST)["memory"])


def stored_screen(folder: Path, study: Study) -> Screen | None:
    """Return what the screen stood at when a batch was begun; nothing where its plan is none that a screen can show."""
    try:
        return read_screen(folder / PLAN, study)
    except InputError:
        return None


def earlier(study: Study, home: Path) -> tuple[Earlier, ...]:
    """Return the batches of a study beside the notebook that belong to its model as it is now, the newest first."""
    found = [
        one
        for folder in home.glob(f"lab-{study.name}-*")
        if (folder / MANIFEST).is_file() and (folder / PLAN).is_file() and (one := _earlier(study, folder)) is not None
    ]
    return tuple(sorted(found, key=lambda one: one.at, reverse=True)[:MOST_LISTED])


def _earlier(study: Study, folder: Path) -> Earlier | None:
    """Return what a batch's manifest says of it; nothing for a batch of another model."""
    try:
        about = read_manifest(folder / MANIFEST)
    except InputError:
        return None  # begun by a process that was stopped before it had written its manifest
    if about.get("model_sha256") != study.model.digest:
        return None
    names = [name for block in about["blocks"] for name in block["parts"]]
    there = sum((folder / "parts" / name).is_file() for name in names)
    whole = "failed_cases" in about and there == len(names)
    cases = int(about["cases"])
    kept = cases if whole else cases * there // max(1, len(names))
    return Earlier(folder, _words(study, about), cases, kept, whole, (folder / MANIFEST).stat().st_mtime)


def _words(study: Study, about: Mapping[str, Any]) -> str:
    """Say in a line what a batch is."""
    choices = about["settings"]
    settings = about["blocks"][0]["set"]
    held, events = beside_calendar(study, settings), placed_in(study, settings)
    area = about["blocks"][0]["area"]
    scenario = study.scenarios[choices["scenario"]].title if choices.get("scenario") in study.scenarios else ""
    parts = [
        f"{len(choices['designs'])} × {choices['worlds']} × {choices['futures']} runs, seed {about['seed']}",
        scenario or str(about["blocks"][0]["scenario"]),
        study.areas()[area].name if area in study.areas() else "",
        f"{len(held)} held by hand" if held else "",
        f"{count(len(choices['steps']), 'lever')} at one end" if choices.get("steps") else "",
        f"{count(len(events), 'event')} on the calendar" if events else "",
    ]
    return "; ".join(part for part in parts if part)
