"""A small batch folder, written with the package's own writers: noise for numbers, so that any out of place is seen."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from policy_lab.results import FailedCase, Outcome
from policy_lab.results.failures import FAILURE_COLUMNS
from policy_lab.results.parts import Block, Clock, inputs_path, part_path, write_inputs, write_part
from policy_lab.study.plan import Plan
from policy_lab.study.plan_file import read_plan

PLAN = """\
study: fishery
designs: [open-access, co-management, catch-quota]
scenarios: [random, calm]
settings:
  as-is: {}
  strict: {Patrol protection: 0.8}
horizon: 24
uncertain: {worlds: 5, futures: 2, seed: 9}
"""
ANCHORED = "Reference fish stock"


def write_batch(folder: Path, plan: str = PLAN, precision: str = "float64") -> dict[str, dict[str, np.ndarray]]:
    """Write a whole batch, two or three worlds a part; return block -> outcome -> values."""
    folder.mkdir(parents=True)
    (folder / "plan.yaml").write_text(plan, encoding="utf-8")
    written: dict[str, dict[str, np.ndarray]] = {}
    entries = []
    failures: list[tuple[Block, FailedCase]] = []
    for number, each in enumerate(read_plan(folder / "plan.yaml").blocks):
        block = Block(each.key, each.scenario, each.area, each.setting)
        outcomes = noise(each.plan, number)
        if number == 1:
            failures.append((block, FailedCase(each.plan.designs[1], 3, 1, "Fleet", 4.0, "not a finite number")))
            for outcome in outcomes.values():
                outcome.values[1, 3, 1] = np.nan
        written[block.name] = {name: outcome.values for name, outcome in outcomes.items()}
        parts = [_part(folder, block, each.plan, outcomes, first, precision) for first in range(0, each.plan.worlds, 2)]
        worlds = {**each.plan.world_inputs(), ANCHORED: 5000.0 + np.arange(each.plan.worlds)}
        write_inputs(each.plan, worlds, inputs_path(folder, block), block=block)
        entries.append({**asdict(block), "cases": each.plan.cases, "parts": parts})
    _write_failures(folder, failures)
    about = {"subject": "A shared fishery", "seed": 9, "model_sha256": each.plan.study.model.digest, "blocks": entries}
    (folder / "manifest.json").write_text(json.dumps(about), encoding="utf-8")
    return written


def noise(plan: Plan, seed: int) -> dict[str, Outcome]:
    draw = np.random.default_rng(seed)
    model, times = plan.study.model, int(plan.horizon) + 1
    found = {}
    for name in plan.study.file.outcomes:
        elements = model.elements(name)
        shape = (len(plan.designs), plan.worlds, plan.futures, times, *(len(labels) for labels in elements))
        values = draw.uniform(0.2, 1.2, size=shape)
        if name == plan.study.file.measures.burden.variable:
            values = np.cumsum(values, axis=3)
        found[name] = Outcome(name, model[name].unit, model[name].dimensions, elements, values)
    return found


def _part(folder: Path, block: Block, plan: Plan, outcomes: Mapping[str, Outcome], first: int, precision: str) -> str:
    some = {name: replace(one, values=one.values[:, first : first + 2]) for name, one in outcomes.items()}
    path = write_part(
        some,
        part_path(folder, block, first),
        block=block,
        designs=plan.designs,
        time=np.arange(plan.horizon + 1),
        clock=Clock.of(plan),
        first_world=first,
        precision=precision,  # type: ignore[arg-type]
    )
    return path.name


def _write_failures(folder: Path, failures: Sequence[tuple[Block, FailedCase]]) -> None:
    with (folder / "failures.csv").open("w", encoding="utf-8", newline="") as text:
        table = csv.writer(text, lineterminator="\n")
        table.writerow(FAILURE_COLUMNS)
        for block, case in failures:
            keys = (block.scenario, block.area, block.setting, case.design, case.world, case.future)
            table.writerow((*keys, case.variable, case.time, case.reason))
