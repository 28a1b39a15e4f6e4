"""What a batch is: its plan, model, inputs and versions; and in what another batch differs from it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from policy_lab.errors import Problem
from policy_lab.provenance import digest_of, manifest
from policy_lab.run.chunks import Chunk
from policy_lab.study.posterior import POSTERIOR_FILE

if TYPE_CHECKING:
    from policy_lab.study.plan_file import PlanSet

_WORDS = {
    "plan_sha256": "the plan's file",
    "model_sha256": "the model",
    "inputs_sha256": "what the study reads",
    "settings": "a choice",
    "versions": "the version of",
    "memory": "the memory that may be used, which sets the size of the parts,",
}
"""What has to be the same for a batch to go on; the commit may differ, and is noted in the log."""


def batch_manifest(plan_set: PlanSet, chunks: Sequence[Chunk], memory: int) -> dict[str, Any]:
    """Return the manifest of a whole batch, as far as it is known before the first case has run."""
    from policy_lab.engine.adaptive import ADAPTIVE, Tolerance

    study, plan = plan_set.study, plan_set.blocks[0].plan
    posterior = {"posterior": study.folder / POSTERIOR_FILE} if plan.posterior else {}
    inputs = {name: path for name, path in study.files.items() if name not in ("model", "plan")}
    choices = {name: value for name, value in plan.choices().items() if name not in ("scenario", "area", "set")}
    places = [block.area for block in plan_set.blocks if block.area]
    if places:  # the table of places lies outside the study's own files
        areas = study.areas()
        choices["areas_sha256"] = digest_of({key: dict(areas[key].values) for key in sorted(set(places))})
    adaptive = {"tolerance": asdict(Tolerance())} if study.model.integration == ADAPTIVE else {}
    return manifest(
        subject=plan_set.title or study.file.title,
        model=study.files["model"],
        model_digest=study.model.digest,
        tables=study.model.files,
        files={**inputs, **posterior},
        seed=plan.seed,
        time_step=plan.time_step or study.model.time.step,
        method=study.model.integration,
        engine="compiled",
        settings={**choices, "precision": plan_set.precision},
        cases=plan_set.cases,
        plan_sha256=hashlib.sha256(plan_set.text).hexdigest(),
        memory=memory,
        blocks=_blocks(plan_set, chunks),
        **adaptive,
    )


def differences(before: Mapping[str, Any], now: Mapping[str, Any], folder: Path) -> Iterator[Problem]:
    """Yield in what the batch in a folder differs from the one that is to go on there."""
    remedy = "Run the whole batch in another folder (--out), or put back what it was begun with."
    plain = json.loads(json.dumps(dict(now), default=str))
    for key, words in _WORDS.items():
        old, new = before.get(key), plain[key]
        if old == new:
            continue
        which = ""
        if isinstance(old, dict) and isinstance(new, dict):
            named = [name for name in {**old, **new} if old.get(name) != new.get(name)]
            which = f" ({', '.join(_change(old, new, name) for name in named)})"
        yield Problem(
            what=f"the runs in this folder are of another batch: {words}{which} differs", file=folder, remedy=remedy
        )


def _change(old: Mapping[str, Any], new: Mapping[str, Any], name: str) -> str:
    values = [str(one.get(name, "nothing")) for one in (old, new)]
    return name if max(map(len, values)) > 20 else f"{name} {values[0]}, now {values[1]}"


def _blocks(plan_set: PlanSet, chunks: Sequence[Chunk]) -> list[dict[str, Any]]:
    found = []
    for place, entry in enumerate(plan_set.blocks):
        own = [chunk for chunk in chunks if chunk.place == place]
        parts = [chunk.path(Path()).name for chunk in own]
        block = {**asdict(own[0].block), "set": entry.plan.spoken_settings(), "cases": entry.plan.cases}
        found.append({**block, "parts": parts})
    return found
