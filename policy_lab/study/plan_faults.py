"""Does a plan fit its study? Every fault is yielded; nothing is raised here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.study.mixture import mixture_problems, unmixed
from policy_lab.study.plan import GROUPS, names_of
from policy_lab.study.posterior import read_posterior
from policy_lab.study.samplers import SAMPLERS, correlation_faults
from policy_lab.study.scores import unscored

if TYPE_CHECKING:
    from policy_lab.study.plan import Plan


def faults(plan: Plan) -> Iterator[Problem]:
    """Yield everything in a plan that its study does not know."""
    unknown = [*_group_faults(plan), *_design_faults(plan)]
    yield from unknown or _score_faults(plan)
    if len(set(plan.designs)) < len(plan.designs):
        yield Problem(what=f"a design stands twice: {', '.join(plan.designs)}")
    for label, number in (("worlds", plan.worlds), ("futures", plan.futures)):
        if number < 1:
            yield Problem(what=f"{label}: {number} is not a whole number from 1")
    if plan.places:
        yield from _place_faults(plan)
    if plan.quantiles:
        from policy_lab.study.inputs import given_problems

        yield from given_problems(plan)
    if plan.seed < 0 or any(seed < 0 for seed in plan.seeds.values()):
        yield Problem(what="a seed is a whole number from 0")
    yield from _spread_faults(plan)
    for name in plan.outcomes:
        if name not in plan.study.model.variables:
            nearest = nearest_names(name, plan.study.model.variables)
            yield Problem(what=f"the model has no variable `{name}`", nearest=nearest)


def _group_faults(plan: Plan) -> Iterator[Problem]:
    rows = plan.study.parameters.values()
    groups = {*GROUPS, *(name for row in rows for name in names_of(row)[:2])}
    single = {name for row in rows for name in names_of(row)[2:]}
    for name in sorted((plan.vary - groups - single) | (plan.seeds.keys() - groups)):
        yield Problem(what=f"no group `{name}` of uncertain inputs", nearest=nearest_names(name, groups | single))


def _design_faults(plan: Plan) -> Iterator[Problem]:
    for name in (*unmixed(plan.designs, plan.mixed), *plan.scores_from, *plan.scores_from.values()):
        try:
            plan.study.design_parts(name)
        except InputError as error:
            yield from error.problems


def _score_faults(plan: Plan) -> Iterator[Problem]:
    designs = (*unmixed(plan.designs, plan.mixed), *plan.scores_from.values(), plan.base)
    yield from unscored(plan.study, designs)
    yield from mixture_problems(plan.mixed, plan.study.file, plan.worlds)


def _place_faults(plan: Plan) -> Iterator[Problem]:
    areas = plan.study.areas()
    for key in plan.places:
        if key not in areas:
            yield Problem(what=f"no area `{key}` in this study", nearest=nearest_names(key, areas))
    if len(plan.places) != plan.worlds:
        yield Problem(what=f"{len(plan.places)} places for {plan.worlds} worlds: each world is one")
    if plan.area is not None:
        yield Problem(what="a plan has one area or many places, not both")


def _spread_faults(plan: Plan) -> Iterator[Problem]:
    if plan.sampler not in SAMPLERS:
        nearest = nearest_names(plan.sampler, SAMPLERS)
        yield Problem(what=f"no sampler `{plan.sampler}`", nearest=nearest, remedy=f"Known: {', '.join(SAMPLERS)}.")
    if plan.correlations:
        fitted = tuple(read_posterior(plan.study)) if plan.posterior else ()
        for _, problem in correlation_faults(plan.study, plan.correlations, fitted):
            yield problem
