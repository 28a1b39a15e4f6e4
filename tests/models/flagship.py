"""The flagship and its compiled model, with the two things that most tests of its behaviour do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from policy_lab.engine.compiled import CompiledModel
from policy_lab.engine.rest import solve_rest
from policy_lab.study.plan import Plan
from policy_lab.study.study import Study


@dataclass(frozen=True)
class Flagship:
    """The study, its compiled model, and where a design rests or runs."""

    study: Study
    compiled: CompiledModel

    def at_rest(self, plan: Plan, design: str) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """Return the inputs of a design in every world of a plan, and its resting states."""
        inputs = plan.rest_inputs(design)
        rest = solve_rest(self.compiled, inputs)
        assert rest.converged.all(), f"{(~rest.converged).sum()} worlds of {design} found no rest"
        return inputs, rest.states

    def in_future(self, plan: Plan, design: str) -> dict[str, np.ndarray]:
        """Return the inputs of a design in every world of a plan, under the first future of each world."""
        luck = {name: values[:, 0] for name, values in plan.future_inputs().items()}
        return {**plan.world_inputs(), **plan.design_inputs(design), **luck}
