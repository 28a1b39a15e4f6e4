"""Chunks computed by other processes: of this machine, or of a Dask cluster.

A task is a plan's file and the number of a chunk: small. Each process reads the plan and compiles its model once. Who
sees the batch's folder writes the runs there himself; who does not sends them back as the bytes of their file.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import tempfile
import threading
from collections.abc import Generator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import lru_cache
from multiprocessing import connection, get_context, parent_process
from pathlib import Path
from time import perf_counter

from policy_lab.engine.compiled import usable_processors
from policy_lab.errors import EngineError, InputError, Problem
from policy_lab.run.batch_folder import LOG
from policy_lab.run.bench import Bench, bench_of
from policy_lab.run.chunks import chunks_of
from policy_lab.study.plan_file import PlanSet, read_plan

RETRIES = 3
"""How often work is given out again when the processes that did it die and nothing gets done in between."""

_PATIENCE = "10s"
"""How long a scheduler has to answer."""


@dataclass(frozen=True)
class Task:
    """One chunk for a worker: its number, the plan, and where the runs belong.

    ``model`` is the digest of the model that the worker must have; ``token`` stands in the log of the batch's folder,
    so that a worker knows that folder from another of the same name.
    """

    number: int
    plan: str
    text: bytes
    model: str
    memory: int
    folder: str
    token: str
    threads: int = 1


@dataclass(frozen=True)
class Answer:
    """What a worker says: which chunk is done, how long it took, and the runs, unless it wrote them itself."""

    number: int
    seconds: float
    worker: str
    runs: bytes | None


def work(task: Task) -> Answer:
    """Compute a chunk and write its runs, or return them.

    Raises
    ------
    InputError
        When this process has another model than the one asked for, or the runs cannot be written.
    """
    begun = perf_counter()
    bench = _bench(task.plan, task.text, task.model)
    chunk = chunks_of(bench.plan_set, task.memory)[task.number]
    computed = bench.computed(chunk, threads=task.threads)
    runs: bytes | None = None
    if _sees(Path(task.folder), task.token):
        computed.write(chunk.path(Path(task.folder)), bench.plan_set)
    else:
        with tempfile.TemporaryDirectory() as folder:
            runs = computed.write(Path(folder) / "runs.parquet", bench.plan_set).read_bytes()
    return Answer(task.number, perf_counter() - begun, f"{socket.gethostname()}:{os.getpid()}", runs)


def in_processes(tasks: Sequence[Task], workers: int) -> Generator[Answer, None, None]:
    """Yield the answers of so many processes of this machine, as they come.

    A process that dies costs the chunks that were being computed; they are given out again.

    Raises
    ------
    EngineError
        When processes die again and again.
    """
    threads = max(1, usable_processors() // workers)
    waiting = {task.number: replace(task, threads=threads) for task in tasks}
    vain = 0
    while waiting:
        before = len(waiting)
        try:
            for answer in _pooled(tuple(waiting.values()), workers):
                del waiting[answer.number]
                yield answer
        except BrokenProcessPool as error:
            vain = 0 if len(waiting) < before else vain + 1
            if vain > RETRIES:
                raise EngineError("the worker processes die before they finish anything: is memory short?") from error


def on_cluster(tasks: Sequence[Task], address: str) -> Generator[Answer, None, None]:
    """Yield the answers of the workers of a Dask scheduler, as they come; the scheduler gives out again what is lost.

    Raises
    ------
    InputError
        When Dask is not installed or no scheduler answers.
    EngineError
        When workers die again and again.
    """
    try:
        from distributed import Client, KilledWorker
        from distributed import as_completed as as_they_come
    except ImportError as error:
        raise InputError(Problem(what="a cluster needs Dask", remedy='pip install "policy_lab[cluster]"')) from error
    try:
        client = Client(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError(Problem(what=f"no Dask scheduler answers at {address}: {error}")) from error
    with client:
        futures = [client.submit(work, task, pure=False, retries=RETRIES) for task in tasks]
        try:
            for future in as_they_come(futures, loop=client.loop):
                yield future.result()
                future.release()
        except KilledWorker as error:
            raise EngineError(f"the cluster's workers die before they finish: {error}") from error
        finally:
            client.cancel(futures, force=True)


def _pooled(tasks: Sequence[Task], workers: int) -> Generator[Answer, None, None]:
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_start)
    try:
        for future in as_completed([pool.submit(work, task) for task in tasks]):
            yield future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _start() -> None:
    """Leave Ctrl-C to the process that gives out the work, and end when it is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    if parent is not None:

        def watch() -> None:
            connection.wait([parent.sentinel])
            os._exit(1)

        threading.Thread(target=watch, daemon=True).start()


@lru_cache(maxsize=1)
def _bench(plan: str, text: bytes, model: str) -> Bench:
    """Read the plan and compile its model, once a process."""
    plan_set = _read(Path(plan), text)
    if plan_set.study.model.digest != model:
        what = f"worker {socket.gethostname()}: its model of `{plan_set.study.name}` is another"
        raise InputError(Problem(what=what, remedy="Give all workers the same study."))
    return bench_of(plan_set)


def _read(path: Path, text: bytes) -> PlanSet:
    """Read the plan where it stands, or from its bytes where it does not."""
    if path.is_file() and path.read_bytes() == text:
        return read_plan(path)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        copy.write_bytes(text)
        return read_plan(copy)


def _sees(folder: Path, token: str) -> bool:
    """Say whether this process sees the folder that the batch is written to, and not another of that name."""
    log = folder / LOG
    try:
        lines = log.read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    return any(json.loads(line).get("token") == token for line in lines if line.endswith("}"))
