"""Every case of a plan's file, streamed to a folder: a chunk at a time, here, in several processes or on a cluster."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter

from policy_lab.errors import EngineError
from policy_lab.results.files import written_whole
from policy_lab.run.batch_folder import BatchFolder, batch_folder
from policy_lab.run.bench import bench_of
from policy_lab.run.cases import Progress
from policy_lab.run.chunks import MEMORY, Chunk, chunks_of
from policy_lab.run.identity import batch_manifest
from policy_lab.run.workers import Answer, Task, in_processes, on_cluster
from policy_lab.study.plan_file import PlanSet, read_plan

_LOOK = 0.2
"""Seconds between two looks at how far the work has come."""

Finished = Callable[[Path], None]
Give = Callable[[Sequence[Task]], Generator[Answer, None, None]]


@dataclass(frozen=True)
class Done:
    """A chunk whose runs are written, and what is known of how that went."""

    chunk: Chunk
    seconds: float
    worker: str = ""


def run_batch(
    plan: PlanSet | str | Path,
    folder: str | Path,
    *,
    resume: bool = False,
    workers: int | None = None,
    cluster: str | None = None,
    memory: int = MEMORY,
    threads: int | None = None,
    progress: Progress | None = None,
    finished: Finished | None = None,
) -> Path:
    """Run every case of a plan's file and stream the runs to a folder, whose memory does not grow with their number.

    The cases run in chunks of some worlds of a block (`chunks.chunks_of`). In each, the reference and the starting
    states are solved, every design runs through every future, and the runs are written whole or not at all while the
    next chunk is computed. A run that was stopped, however hard, goes on with ``resume``; the end has the same bytes as
    that of a run that was never stopped, but for ``log.jsonl``, and whoever computed it.

    Parameters
    ----------
    plan
        A plan's file, or what `read_plan` made of it.
    folder
        Is made where it is missing; `policy_lab.open_batch` reads it.
    resume
        Go on with what the folder holds, and do only what is missing.
    workers
        So many processes of this machine instead of the threads of this one. Each needs the memory anew.
    cluster
        Address of a Dask scheduler, whose workers compute; they need the same version of policy_lab and of the study.
    memory
        Bytes that a process may use; sizes the chunks.
    threads
        Threads of the engine in this process; all processors unless told.
    progress
        Told how many cases are done, of how many, those that were there already included.
    finished
        Told each file of runs as soon as it is whole, those that were there already first.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    InputError
        When the plan or the folder cannot be used, or the disk is full; what was written stays and can be gone on with.
    EngineError
        When workers die again and again.

    Examples
    --------
    ``pl.run_batch("models/fishery/plans/weather.yaml", "results/weather", workers=4)``
    """
    plan_set = plan if isinstance(plan, PlanSet) else read_plan(Path(plan))
    chunks = chunks_of(plan_set, memory)
    known = batch_manifest(plan_set, chunks, memory)
    give: Give | None = None
    if cluster is not None:
        give = partial(on_cluster, address=cluster)
    elif workers is not None:
        give = partial(in_processes, workers=workers)
    with batch_folder(Path(folder), plan_set, chunks, known, resume=resume) as target:
        _run_missing(target, give, threads, _Told(target, progress, finished))
        target.finish()
        target.log("finished", cases=plan_set.cases)
    return target.path


def _run_missing(target: BatchFolder, give: Give | None, threads: int | None, told: _Told) -> None:
    """Run what the folder lacks, here or wherever it is given to."""
    missing = target.missing()
    told.already(missing)
    if missing:
        done = _here(target, missing, threads, told.within) if give is None else _by_workers(target, missing, give)
        with closing(done):
            for one in done:
                told.done(one)


class _Told:
    """Tells who waits how far the work has come."""

    def __init__(self, target: BatchFolder, progress: Progress | None, finished: Finished | None) -> None:
        self._target = target
        self._progress = progress
        self._finished = finished
        self._total = target.plan_set.cases
        self._cases = 0

    def already(self, missing: Sequence[Chunk]) -> None:
        """Tell of the chunks that were there before."""
        gone = set(missing)
        there = [chunk for chunk in self._target.chunks if chunk not in gone]
        self._cases = sum(chunk.cases for chunk in there)
        self._tell(self._cases)
        for chunk in there:
            self._tell_file(chunk)

    def within(self, cases: int) -> None:
        """Tell of cases that have run but are not written yet."""
        self._tell(self._cases + cases)

    def done(self, one: Done) -> None:
        """Tell of a chunk that is written."""
        self._cases += one.chunk.cases
        name = one.chunk.path(self._target.path).name
        self._target.log("part", part=name, seconds=round(one.seconds, 3), worker=one.worker)
        self._tell(self._cases)
        self._tell_file(one.chunk)

    def _tell(self, cases: int) -> None:
        if self._progress:
            self._progress(cases, self._total)

    def _tell_file(self, chunk: Chunk) -> None:
        if self._finished:
            self._finished(chunk.path(self._target.path))


def _here(
    target: BatchFolder, missing: Sequence[Chunk], threads: int | None, within: Callable[[int], None]
) -> Generator[Done, None, None]:
    """Compute the chunks in this process, two at a time, so that one is solved or written while the other runs."""
    bench = bench_of(target.plan_set)
    stopped = threading.Event()
    ran = [0] * len(missing)

    def note(number: int, cases: int, _: int) -> None:
        if stopped.is_set():
            raise _StoppedError
        ran[number] = cases

    def done(number: int) -> Done:
        begun, chunk = perf_counter(), missing[number]
        computed = bench.computed(chunk, progress=partial(note, number), threads=threads)
        computed.write(chunk.path(target.path), target.plan_set)
        return Done(chunk, perf_counter() - begun)

    with ThreadPoolExecutor(2) as pair:
        waiting = deque(pair.submit(done, number) for number in range(min(2, len(missing))))
        try:
            for number in range(len(missing)):
                while not wait(tuple(waiting)[:1], timeout=_LOOK).done:
                    within(sum(ran[number : number + 2]))
                one = waiting.popleft().result()
                if number + 2 < len(missing):
                    waiting.append(pair.submit(done, number + 2))
                yield one
        finally:
            stopped.set()  # what has not been written when Ctrl-C comes is computed again by the next run


class _StoppedError(Exception):
    """Ends the computation of a chunk that nobody waits for any more."""


def _by_workers(target: BatchFolder, missing: Sequence[Chunk], give: Give) -> Generator[Done, None, None]:
    """Give the chunks out to other processes, and write the runs of those that do not see the folder."""
    plan_set, known, wanted = target.plan_set, target.known, set(missing)
    tasks = [
        Task(
            number=number,
            plan=str(plan_set.path.resolve()),
            text=plan_set.text,
            model=known["model_sha256"],
            memory=known["memory"],
            folder=str(target.path.resolve()),
            token=target.token,
        )
        for number, chunk in enumerate(target.chunks)
        if chunk in wanted
    ]
    for answer in give(tasks):
        chunk = target.chunks[answer.number]
        path = chunk.path(target.path)
        if answer.runs is not None:
            with written_whole(path) as temporary:
                temporary.write_bytes(answer.runs)
        elif not path.is_file():
            raise EngineError(f"worker {answer.worker} wrote {path.name}, and it is not in {target.path}")
        yield Done(chunk, answer.seconds, answer.worker)
