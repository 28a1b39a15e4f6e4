"""What a plan would cost, from a handful of its own cases run here and now."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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
    from pyarrow.parquet import ColumnChunkMetaData

    from policy_lab.engine import CompiledModel
    from policy_lab.study.plan import Plan
    from policy_lab.study.plan_file import PlanSet

WORLDS = 16
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


@dataclass(frozen=True)
class _Tried:
    """What a handful of cases of one scenario took: seconds to solve and to run and write, and bytes on the disk."""

    drawn: Drawn
    cases: int
    solving: float
    running: float
    disk: int


def estimate(plan_set: PlanSet, *, memory: int = MEMORY, threads: int | None = None) -> Estimate:
    """Run a handful of a plan's cases and say what all of them would cost.

    Worlds cost the search for their resting points, cases the run itself and the writing of their bytes. Tried are
    cases of each scenario; areas and settings are taken to change nothing.

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
    plans = [block.plan for block in plan_set.blocks]
    by_scenario = {name: [plan for plan in plans if plan.scenario == name] for name in {p.scenario: 0 for p in plans}}
    # the first turn loads machine code and what writes files, which the rest of a batch does not do again
    _try(plan_set, plans[0].with_(worlds=1, futures=1), compiled, 1, threads)
    share = max(1, CASES // len(by_scenario))
    seconds = solving = disk = 0.0
    tried = []
    for own in by_scenario.values():
        one = _try(plan_set, own[0], compiled, share, threads)
        cases = sum(plan.cases for plan in own) / one.cases
        solved = one.solving * sum(plan.worlds for plan in own) / one.drawn.count
        seconds, solving, disk = seconds + solved + one.running * cases, solving + solved, disk + one.disk * cases
        tried.append(one)
    return Estimate(
        cases=plan_set.cases,
        blocks=len(plans),
        worlds=sum(plan.worlds for plan in plans),
        parts=len(chunks),
        seconds=seconds,
        solving=solving,
        disk=disk,
        memory=_resident() + _held(plan_set, chunks) + _drawn(tried[0].drawn, plan_set),
        tried=sum(one.cases for one in tried),
    )


def _try(plan_set: PlanSet, plan: Plan, compiled: CompiledModel, cases: int, threads: int | None) -> _Tried:
    """Run a handful of cases of a plan, and write them where they are forgotten."""
    worlds = min(WORLDS, plan.worlds)
    futures = max(1, min(plan.futures, cases // worlds))
    sample = plan.with_(designs=plan.designs[:1], worlds=worlds, futures=futures)  # one full call of the engine
    searches = (1 + len(plan.designs)) / 2 if plan.start != "switch" else 1.0  # for as many resting points as sample's
    times = [perf_counter()]
    drawn = Drawn.of(sample)
    solved = solve(drawn, compiled, threads)
    times.append(perf_counter())
    ran = run_cases(solved, compiled, threads=threads)
    chunk = Chunk(0, Block("tried", plan.scenario), 0, worlds, sample.cases)
    with tempfile.TemporaryDirectory() as folder:
        path = Computed(chunk, solved, ran).write(Path(folder) / "tried.parquet", plan_set)
        disk = sum(piece.total_compressed_size for piece in _pieces(path))
    times.append(perf_counter())
    return _Tried(drawn, sample.cases, searches * (times[1] - times[0]), times[2] - times[1], disk)


def _pieces(path: Path) -> Iterator[ColumnChunkMetaData]:
    """Yield what is known of each piece of a column in a file of runs."""
    import pyarrow.parquet as pq

    about = pq.read_metadata(path)
    for group in range(about.num_row_groups):
        for column in range(about.num_columns):
            yield about.row_group(group).column(column)


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
