"""What a plan would cost, from a handful of its own cases run here and now."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from policy_lab.results.parts import Block
from policy_lab.run.bench import Computed
from policy_lab.run.cases import run_cases
from policy_lab.run.chunks import MEMORY, Chunk, bytes_of_case, chunks_of
from policy_lab.run.drawn import Drawn
from policy_lab.run.solve import solve

if TYPE_CHECKING:
    from policy_lab.study.plan_file import PlanSet

WORLDS = 8
CASES = 300
"""What is tried: so many worlds, and about so many cases in them."""


@dataclass(frozen=True)
class Estimate:
    """What a plan would cost on this machine, in this process.

    ``seconds`` of wall time, of which ``solving`` go into resting points; ``disk`` and ``memory`` in bytes; ``parts``
    files. ``tried`` cases were run to know.
    """

    cases: int
    blocks: int
    worlds: int
    parts: int
    seconds: float
    solving: float
    disk: float
    memory: float
    tried: int


def estimate(plan_set: PlanSet, *, memory: int = MEMORY, threads: int | None = None) -> Estimate:
    """Run a handful of a plan's cases and say what all of them would cost.

    Worlds cost the search for their resting points, cases the run itself, and the writing what their bytes do. Runs of
    all blocks are taken to cost what those of the first do.

    Parameters
    ----------
    plan_set
        The plan; nothing of it is kept.
    memory, threads
        As for `run_batch`.
    """
    from policy_lab.engine import compile_model

    chunks = chunks_of(plan_set, memory)
    compiled = compile_model(plan_set.study.model)
    whole = plan_set.blocks[0].plan
    worlds = min(WORLDS, whole.worlds)
    futures = max(1, min(whole.futures, CASES // (worlds * len(whole.designs))))
    sample = whole.with_(worlds=worlds, futures=futures)
    solve(Drawn.of(whole.with_(worlds=1, futures=1)), compiled, threads)  # loads the machine code of the search
    times = [perf_counter()]
    solved = solve(Drawn.of(sample), compiled, threads)
    times.append(perf_counter())
    ran = run_cases(solved, compiled, threads=threads)
    times.append(perf_counter())
    one = Chunk(0, Block("tried", whole.scenario), 0, worlds, sample.cases)
    with tempfile.TemporaryDirectory() as folder:
        written = Computed(one, solved, ran).write(Path(folder) / "tried.parquet", plan_set).stat().st_size
    times.append(perf_counter())
    solving, running, writing = (after - before for before, after in pairwise(times))
    all_worlds = sum(block.plan.worlds for block in plan_set.blocks)
    solving *= all_worlds / worlds
    return Estimate(
        cases=plan_set.cases,
        blocks=len(plan_set.blocks),
        worlds=all_worlds,
        parts=len(chunks),
        seconds=solving + (running + writing) * plan_set.cases / sample.cases,
        solving=solving,
        disk=written * plan_set.cases / sample.cases,
        memory=_resident() + _held(plan_set, chunks) + _drawn(solved.drawn, plan_set),
        tried=sample.cases,
    )


def _held(plan_set: PlanSet, chunks: Sequence[Chunk]) -> float:
    """Return the bytes of two chunks, and of the copies of one design while it is written."""
    largest = max(chunk.cases * bytes_of_case(plan_set.blocks[chunk.place].plan) for chunk in chunks)
    return 2 * largest * (1 + 2 / len(plan_set.blocks[0].plan.designs))


def _drawn(sample: Drawn, plan_set: PlanSet) -> float:
    """Return the bytes of what is drawn for the largest block."""
    by_world = [sample.worlds, sample.reference, *sample.rests.values(), *sample.designs.values()]
    each = sum(array.nbytes for arrays in by_world for array in arrays.values()) / sample.count
    luck = sum(array.nbytes for array in sample.futures.values()) / (sample.count * sample.plan.futures)
    return max(block.plan.worlds * (each + luck * block.plan.futures) for block in plan_set.blocks)


def _resident() -> float:
    """Return the bytes that this process has had at most; nothing where the system does not say."""
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    unit = 1 if sys.platform == "darwin" else 1024
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)
