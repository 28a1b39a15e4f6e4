"""An `evaluate` that can be solved by hand: the outcome is a weighted sum of what the plan drew, constant over time."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from policy_lab.analysis.put_in import Evaluate
from policy_lab.results.types import Outcome, Results
from policy_lab.study.plan import Plan


def evaluator(
    levers: float = 0.0,
    biology: float = 0.0,
    habits: float = 0.0,
    luck: float = 0.0,
    own: Mapping[str, float] | None = None,
) -> Evaluate:
    """Weights of the quota score, the growth rate, the weight of a motive, the first spell, and each design's own name.

    Each drawn input enters times a number that differs by design, so that it reaches pairwise differences.
    """

    def evaluate(plan: Plan) -> Results:
        cases = (len(plan.designs), plan.worlds, plan.futures)
        place = np.arange(1, len(plan.designs) + 1, dtype=float)[:, None, None]
        world = plan.world_inputs()
        outcome = np.zeros(cases)
        outcome += levers * plan.lever_scores()["quota"][:, :, None]
        outcome += place * biology * _column(world, "Intrinsic growth rate", plan) / 0.03
        outcome += place * habits * _column(world, "Weight of motive", plan)
        outcome += place * luck * (plan.future_inputs()["Spell start"][..., 0] / 100 if luck else 0)
        outcome += np.array([(own or {}).get(name, 0.0) for name in plan.designs])[:, None, None]
        path = np.repeat(outcome[..., None], 8, axis=-1)
        names = [plan.study.file.measures.shortfall.variable]
        outcomes = {name: Outcome(name, "Dmnl", (), (), path) for name in names}
        return Results(plan, plan.designs, np.arange(8.0), outcomes, world, plan.lever_scores(), {})

    return evaluate


def _column(world: Mapping[str, np.ndarray], name: str, plan: Plan) -> np.ndarray:
    values = world.get(name, np.full((plan.worlds,), plan.study.constants[name].ravel()[0]))
    return values.reshape(plan.worlds, -1)[None, :, :1]
