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
    wave: float = 0.0,
) -> Evaluate:
    """Weights of the quota score, the growth rate, the weight of a motive, the first spell, and each design's own name.

    Each drawn input enters times a number that differs by design, so that it reaches pairwise differences. ``wave``
    adds a fall and a return over time, of that size. Every outcome of the study is the same number, times its elements.
    """

    def evaluate(plan: Plan) -> Results:
        cases = (len(plan.designs), plan.worlds, plan.futures)
        place = np.arange(1, len(plan.designs) + 1, dtype=float)[:, None, None]
        world = plan.world_inputs()
        outcome = np.zeros(cases)
        outcome += levers * next(iter(plan.lever_scores().values()))[:, :, None]
        outcome += place * biology * _column(world, "Intrinsic growth rate", plan) / 0.03 if biology else 0
        outcome += place * habits * _column(world, "Weight of motive", plan) if habits else 0
        outcome += place * luck * _first_spell(plan) / 100 if luck else 0
        outcome += np.array([(own or {}).get(name, 0.0) for name in plan.designs])[:, None, None]
        time = np.arange(25.0)
        path = outcome[..., None] - wave * np.sin(np.pi * time / 24)
        outcomes = {name: _outcome(plan, name, path) for name in plan.study.file.outcomes}
        return Results(plan, plan.designs, time, outcomes, world, plan.lever_scores(), {"seed": plan.seed})

    return evaluate


def _outcome(plan: Plan, name: str, path: np.ndarray) -> Outcome:
    model, burden = plan.study.model, plan.study.file.measures.burden.variable
    elements = model.elements(name)
    values = np.cumsum(np.clip(2 - path, 0.1, None), axis=-1) if name == burden else path
    shape = tuple(len(labels) for labels in elements)
    spread = np.broadcast_to(values.reshape(*values.shape, *(1 for _ in shape)), (*values.shape, *shape))
    return Outcome(name, model[name].unit, model[name].dimensions, elements, spread)


def _first_spell(plan: Plan) -> np.ndarray:
    """Return when the first spell starts, or a time so late that it is the same for all where nothing happens."""
    starts = plan.future_inputs().get("Spell start")
    return np.full((plan.worlds, plan.futures), 100.0) if starts is None else starts[..., 0]


def _column(world: Mapping[str, np.ndarray], name: str, plan: Plan) -> np.ndarray:
    values = world.get(name, np.full((plan.worlds,), plan.study.constants[name].ravel()[0]))
    return values.reshape(plan.worlds, -1)[None, :, :1]
