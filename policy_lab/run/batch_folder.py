"""The folder of a batch: begun, gone on with, and finished; what stands in it is whole at every moment."""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from policy_lab.errors import InputError, Problem
from policy_lab.results.failures import FAILURE_COLUMNS
from policy_lab.results.files import unwritable, written_whole
from policy_lab.results.parts import Block, inputs_path, read_notes, write_inputs
from policy_lab.results.read_write import column_names, read_manifest
from policy_lab.run.chunks import Chunk
from policy_lab.run.identity import differences

if TYPE_CHECKING:
    from policy_lab.study.plan_file import PlanSet

PLAN, MANIFEST, FAILURES, LOG = "plan.yaml", "manifest.json", "failures.csv", "log.jsonl"


@dataclass(frozen=True)
class BatchFolder:
    """An open folder: no other process writes to it. ``token`` is new each time, and stands in the log.

    ``known`` is the manifest of the whole batch, without what only its end knows.
    """

    path: Path
    plan_set: PlanSet
    chunks: tuple[Chunk, ...]
    known: Mapping[str, Any]
    token: str
    log_file: IO[str]

    def log(self, event: str, **more: object) -> None:
        """Add a line to the log, the only file that says when anything happened."""
        at = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
        try:
            self.log_file.write(json.dumps({"at": at, "event": event, **more}, ensure_ascii=False) + "\n")
            self.log_file.flush()
        except OSError as error:
            raise unwritable(self.path / LOG, error) from error

    def missing(self) -> tuple[Chunk, ...]:
        """Return the chunks whose runs are not there; a file that is not whole is removed."""
        found = []
        for chunk in self.chunks:
            path = chunk.path(self.path)
            if path.is_file() and not _is_whole(path, chunk):
                path.unlink()
            if not path.is_file():
                found.append(chunk)
        return tuple(found)

    def finish(self) -> None:
        """Write what only a whole batch knows: inputs with their anchors, the failed cases and how many they are."""
        _clean(self.path)
        failed = beyond = 0
        with (
            written_whole(self.path / FAILURES) as temporary,
            temporary.open("w", encoding="utf-8", newline="") as file,
        ):
            table = csv.writer(file, lineterminator="\n")
            table.writerow((*FAILURE_COLUMNS, "future_inputs"))
            for block, chunks in _by_block(self.chunks):
                notes = [read_notes(chunk.path(self.path)) for chunk in chunks]
                self._write_inputs(block, chunks[0].place, notes)
                failures = [case for each in notes for case in each["failures"]]
                table.writerows(self._failure_rows(block, chunks[0].place, failures))
                failed += len(failures)
                beyond += sum(each["beyond_tolerance"] for each in notes)
        more = {"cases_beyond_tolerance": beyond} if "tolerance" in self.known else {}
        _write_json(self.path / MANIFEST, {**self.known, "failed_cases": failed, **more})

    def _write_inputs(self, block: Block, place: int, notes: Sequence[Mapping[str, Any]]) -> None:
        plan = self.plan_set.blocks[place].plan
        worlds = dict(plan.world_inputs())
        for name in notes[0]["anchors"]:
            worlds[name] = np.concatenate([np.array(each["anchors"][name], dtype=float) for each in notes])
        write_inputs(plan, worlds, inputs_path(self.path, block), block=block)

    def _failure_rows(self, block: Block, place: int, failures: Sequence[Mapping[str, Any]]) -> Iterator[list[str]]:
        """Yield a row for each failed case; what the scenario drew in it stands in the last column."""
        if not failures:
            return
        plan = self.plan_set.blocks[place].plan
        drawn = plan.future_inputs()
        for case in failures:
            luck = {
                spelled: float(value)
                for name, values in drawn.items()
                for spelled, value in zip(
                    column_names(name, plan.study.model.elements(name)),
                    values[case["world"], case["future"]].ravel(),
                    strict=True,
                )
            }
            keys = {"scenario": block.scenario, "area": block.area, "setting": block.setting, **case}
            yield [*(str(keys[name]) for name in FAILURE_COLUMNS), json.dumps(luck, ensure_ascii=False)]


@contextmanager
def batch_folder(
    path: Path, plan_set: PlanSet, chunks: tuple[Chunk, ...], known: Mapping[str, Any], *, resume: bool
) -> Iterator[BatchFolder]:
    """Open a batch's folder for writing, and begin it where nothing is there yet.

    Raises
    ------
    InputError
        When it holds runs and ``resume`` is false, when what it holds is of another plan, model or version, when
        another process writes to it, or when it cannot be written to.
    """
    begun = (path / MANIFEST).is_file()
    if not resume and (begun or any((path / "parts").glob("*.parquet")) or (path / "runs.parquet").is_file()):
        remedy = "Add --resume to go on with them, or name another folder (--out)."
        raise InputError(Problem(what="holds runs already", file=path, remedy=remedy))
    if begun:
        problems = list(differences(read_manifest(path / MANIFEST), known, path))
        if problems:
            raise InputError(*problems)
    try:
        (path / "parts").mkdir(parents=True, exist_ok=True)
        log_file = (path / LOG).open("a", encoding="utf-8")
    except OSError as error:
        raise unwritable(path, error) from error
    with log_file:
        _lock(log_file, path)
        _clean(path)
        folder = BatchFolder(path, plan_set, chunks, known, secrets.token_hex(8), log_file)
        _begin(folder)
        folder.log("resumed" if begun else "begun", token=folder.token, pid=os.getpid(), commit=known["commit"])
        yield folder


def _begin(folder: BatchFolder) -> None:
    """Write the plan, then the manifest, where they are missing."""
    if not (folder.path / PLAN).is_file():
        with written_whole(folder.path / PLAN) as temporary:
            temporary.write_bytes(folder.plan_set.text)
    if not (folder.path / MANIFEST).is_file():
        _write_json(folder.path / MANIFEST, folder.known)


def _clean(path: Path) -> None:
    """Remove what processes that were killed had begun to write."""
    for partial in sorted(path.rglob(".*.partial")):
        partial.unlink(missing_ok=True)


def _lock(log_file: IO[str], path: Path) -> None:
    """Hold the folder until this process ends, however it ends."""
    try:
        import fcntl
    except ImportError:  # Windows: two runs in one folder do the work twice, and write the same bytes
        return
    try:
        fcntl.flock(log_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise InputError(Problem(what="another run is writing to it", file=path)) from error


def _by_block(chunks: Sequence[Chunk]) -> Iterator[tuple[Block, list[Chunk]]]:
    for block in dict.fromkeys(chunk.block for chunk in chunks):
        yield block, [chunk for chunk in chunks if chunk.block == block]


def _is_whole(path: Path, chunk: Chunk) -> bool:
    """Say whether a file is the runs of a chunk; power may have failed before its bytes were on the disk."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from policy_lab.results.parts import CASES_KEY

    try:
        about = pq.read_schema(path).metadata or {}
        told = json.loads(about.get(CASES_KEY, b"{}"))
        return (told.get("first_world"), told.get("worlds")) == (chunk.first, chunk.last - chunk.first)
    except (OSError, pa.ArrowInvalid):
        return False


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    with written_whole(path) as temporary:
        text = json.dumps(dict(content), indent=2, ensure_ascii=False, default=str)
        temporary.write_text(text + "\n", encoding="utf-8")
