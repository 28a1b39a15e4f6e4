"""A plan made ready to run: its model compiled once, each block drawn once, and chunks computed from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from policy_lab.results.parts import Clock, write_part
from policy_lab.run.cases import Progress, Ran, run_cases
from policy_lab.run.chunks import Chunk
from policy_lab.run.drawn import Drawn
from policy_lab.run.solve import Solved, anchor_names, solve

if TYPE_CHECKING:
    from policy_lab.engine import CompiledModel
    from policy_lab.study.plan_file import PlanSet


@dataclass(frozen=True)
class Bench:
    """What computes the chunks of a plan; ``drawn`` gives the inputs of the block at a place."""

    plan_set: PlanSet
    compiled: CompiledModel
    drawn: Callable[[int], Drawn]

    def computed(self, chunk: Chunk, *, progress: Progress | None = None, threads: int | None = None) -> Computed:
        """Solve the worlds of a chunk and run its cases."""
        solved = solve(self.drawn(chunk.place).part(chunk.first, chunk.last), self.compiled, threads)
        return Computed(chunk, solved, run_cases(solved, self.compiled, progress=progress, threads=threads))


@dataclass(frozen=True)
class Computed:
    """The finished runs of a chunk, not yet written."""

    chunk: Chunk
    solved: Solved
    ran: Ran

    @property
    def notes(self) -> Mapping[str, Any]:
        """What goes with the runs: what the reference anchored in each world, and which cases failed."""
        anchors = anchor_names(self.solved.drawn.plan)
        return {
            "anchors": {name: self.solved.worlds[name].tolist() for name in anchors},
            "failures": [asdict(case) for case in self.ran.failures],
            "beyond_tolerance": self.ran.beyond,
        }

    def write(self, path: Path, plan_set: PlanSet) -> Path:
        """Write the runs and what goes with them, whole or not at all."""
        plan = self.solved.drawn.plan
        return write_part(
            self.ran.outcomes,
            path,
            block=self.chunk.block,
            designs=plan.designs,
            time=self.ran.time,
            clock=Clock.of(plan),
            first_world=self.chunk.first,
            precision="float32" if plan_set.precision == "single" else "float64",
            notes=self.notes,
        )


def bench_of(plan_set: PlanSet) -> Bench:
    """Compile the model of a plan. The inputs of the block in work are kept, and drawn anew for another."""
    from policy_lab.engine import compile_model

    @lru_cache(maxsize=1)
    def drawn(place: int) -> Drawn:
        return Drawn.of(plan_set.blocks[place].plan)

    return Bench(plan_set, compile_model(plan_set.study.model), drawn)
