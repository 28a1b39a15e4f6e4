"""A plan's cases in chunks: some worlds of a block, computed, written and, after a stop, done again as one.

Where one chunk ends and the next begins depends on the plan and on the memory that may be used, and on nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from policy_lab.errors import InputError, Problem
from policy_lab.results.parts import Block, part_path

if TYPE_CHECKING:
    from policy_lab.study.plan import Plan
    from policy_lab.study.plan_file import PlanSet

MEMORY = 2**30
"""Bytes that a process may use, unless told."""
SHARE = 8
"""A chunk's values take at most this part of it: one chunk is computed while another is written, each with copies."""
MOST_CASES = 10_000
"""In a chunk, unless a single world has more: what a stop costs at most."""


@dataclass(frozen=True)
class Chunk:
    """Worlds ``first`` up to ``last`` of the block at ``place`` in the plan."""

    place: int
    block: Block
    first: int
    last: int
    cases: int

    def path(self, folder: Path) -> Path:
        """Return where its runs stand in a batch's folder."""
        return part_path(folder, self.block, self.first)


def chunks_of(plan_set: PlanSet, memory: int = MEMORY) -> tuple[Chunk, ...]:
    """Return the chunks of a plan, block by block.

    Parameters
    ----------
    plan_set
        The plan.
    memory
        Bytes that a process may use.

    Raises
    ------
    InputError
        When not even one world fits.
    """
    found = []
    for place, entry in enumerate(plan_set.blocks):
        plan = entry.plan
        block = Block(entry.key, entry.scenario, entry.area, entry.setting)
        beside = len(plan.designs) * plan.futures
        fitting = memory // SHARE // (beside * bytes_of_case(plan))
        if not fitting:
            raise InputError(_too_large(plan, memory))
        count = -(-plan.worlds // max(1, min(fitting, MOST_CASES // beside)))
        edges = [at * plan.worlds // count for at in range(count + 1)]
        found += [Chunk(place, block, first, last, beside * (last - first)) for first, last in pairwise(edges)]
    return tuple(found)


def bytes_of_case(plan: Plan) -> int:
    """Return the room that the saved values of one case take in memory."""
    times = int(plan.horizon / plan.save_period + 1e-6) + 1
    model = plan.study.model
    cells = sum(int(np.prod([len(labels) for labels in model.elements(name)], dtype=int)) for name in plan.saved)
    return 8 * times * cells


def _too_large(plan: Plan, memory: int) -> Problem:
    needed = SHARE * len(plan.designs) * plan.futures * bytes_of_case(plan)
    return Problem(
        what=f"{plan.futures:,} futures of one world need {needed / 1e9:.1f} GB, and {memory / 1e9:.1f} GB may be used",
        remedy="Ask for more worlds and fewer futures in each, for fewer outcomes, or allow more memory.",
    )
