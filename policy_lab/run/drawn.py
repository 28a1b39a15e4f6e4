"""Everything that a plan draws, once for all its worlds; a part of the worlds is a view of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from policy_lab.study.plan import Plan

Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Drawn:
    """The inputs of some worlds of a plan, in a row.

    Parameters
    ----------
    first, count
        The number in the plan of the first of these worlds, and how many there are.
    worlds
        What a world fixes, ``[world, *dims]``; what the reference anchors is not known yet.
    reference
        Under what the policy-intent reference is at rest; empty where it anchors nothing.
    rests
        Design -> under what it is at rest, for each design that is a start.
    designs
        Design -> what it sets, ``[world, *dims]``.
    futures
        What the scenario sets or draws, ``[world, future, *dims]``.
    """

    plan: Plan
    first: int
    count: int
    worlds: Arrays
    reference: Arrays
    rests: Mapping[str, Arrays]
    designs: Mapping[str, Arrays]
    futures: Arrays

    @classmethod
    def of(cls, plan: Plan) -> Drawn:
        """Draw the inputs of all worlds of a plan."""
        reference = plan.study.file.reference
        worlds = plan.world_inputs()
        return cls(
            plan=plan,
            first=0,
            count=plan.worlds,
            worlds=worlds,
            reference=plan.reference_inputs(worlds) if reference and reference.anchors else {},
            rests={name: plan.rest_inputs(name, worlds) for name in _resting(plan)},
            designs={name: plan.design_inputs(name) for name in plan.designs},
            futures=plan.future_inputs(),
        )

    def part(self, first: int, last: int) -> Drawn:
        """Return the worlds from ``first`` up to ``last``, counted from the first of these."""

        def some(arrays: Arrays) -> Arrays:
            return {name: values[first:last] for name, values in arrays.items()}

        return replace(
            self,
            first=self.first + first,
            count=min(last, self.count) - first,
            worlds=some(self.worlds),
            reference=some(self.reference),
            rests={name: some(arrays) for name, arrays in self.rests.items()},
            designs={name: some(arrays) for name, arrays in self.designs.items()},
            futures=some(self.futures),
        )

    def rest_of(self, design: str) -> str:
        """Return the design at whose rest a design starts."""
        return self.plan.base if self.plan.start == "switch" else design


def _resting(plan: Plan) -> tuple[str, ...]:
    return (plan.base,) if plan.start == "switch" else plan.designs
