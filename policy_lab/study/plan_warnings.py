"""What a user has to be told of a plan that can be run, but may not mean what it seems to."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from policy_lab.study.areas import told_gaps
from policy_lab.study.inputs import uncertain_inputs
from policy_lab.study.plan import Plan
from policy_lab.study.plan_file import PlanSet
from policy_lab.study.posterior import posterior_warnings
from policy_lab.study.samplers import SOBOL, spread
from policy_lab.study.settings import outside_ranges

MOST_PLACES = 5
"""Of more places than these it is only said how many lack figures."""

MOST_COMPARED = 10_000
"""With so many worlds no columns of a Sobol sequence are tied to one another any more, and comparing them is work."""

TIED = 1.5
"""Inputs count as tied where their correlation is so many times what independent draws would show."""


def plan_warnings(planned: PlanSet) -> tuple[str, ...]:
    """Return what a user of a plan has to be told, each sentence once."""
    plan = planned.blocks[0].plan
    found = [*_of_base(plan), *_of_measure(plan), *_of_worlds(plan), *_of_correlations(plan)]
    for block in planned.blocks:
        found += outside_ranges(planned.study.parameters.values(), block.plan.settings)
    found += _of_places(planned)
    if plan.posterior:
        found += posterior_warnings(planned.study)
    return tuple(dict.fromkeys(found))


def _of_base(plan: Plan) -> Iterator[str]:
    if plan.base not in plan.designs:
        yield f"`{plan.base}` is not among the designs: nothing can be told as a ratio to it"


def _of_measure(plan: Plan) -> Iterator[str]:
    """Say what another save period makes of a measure that counts saved periods."""
    usual, periods = plan.study.model.time.save_period, plan.study.file.measures.shortfall.periods
    if plan.save_period != usual:
        unit = f"{plan.study.model.time.unit.strip().lower().removesuffix('s')}s"
        yield (
            f"the measure counts {periods} saved periods in a row: saved every {plan.save_period:g} {unit} these are "
            f"{periods * plan.save_period:g} {unit} instead of {periods * usual:g}, so that risks are not the study's"
        )


def _of_worlds(plan: Plan) -> Iterator[str]:
    if plan.sampler != SOBOL:
        return
    if plan.worlds & (plan.worlds - 1):
        below = 1 << plan.worlds.bit_length() - 1
        yield (
            f"a Sobol sequence is balanced at powers of two: {below} or {2 * below} worlds are spread more evenly "
            f"than {plan.worlds}"
        )
    streams = [one.stream for one in uncertain_inputs(plan)]
    if 1 < plan.worlds < MOST_COMPARED and len(streams) > 1:
        points = np.stack([spread(SOBOL, plan.study, plan.seed, name, plan.worlds) for name in streams], axis=-1)
        strongest = np.abs(np.corrcoef(points, rowvar=False) - np.eye(len(streams))).max()
        if strongest > TIED * _strongest_by_chance(len(streams), plan.worlds):
            yield (
                f"with {plan.worlds} worlds the Sobol sequence ties some of its {len(streams)} inputs to one another "
                f"(a correlation of {strongest:.2g}): take more worlds, or a Latin hypercube"
            )


def _strongest_by_chance(inputs: int, worlds: int) -> float:
    """Return the strongest correlation to expect between independent draws: the largest of p normals, √(2 ln p / n)."""
    return float(np.sqrt(2 * np.log(max(inputs * (inputs - 1) / 2, 2)) / worlds))


def _of_correlations(plan: Plan) -> Iterator[str]:
    """Say whose share of variance a split by group or grade cannot tell apart."""
    rows = plan.study.parameters
    for pair in plan.correlations:
        first, second = sorted((pair.first, pair.second), key=list(rows).index)
        if (rows[first].group, rows[first].grade) != (rows[second].group, rows[second].grade):
            yield (
                f"`{first}` and `{second}` are drawn together and belong to different groups or grades: a split of "
                f"variance by these counts what they share as the first one's"
            )


def _of_places(planned: PlanSet) -> Iterator[str]:
    keys = dict.fromkeys(block.area for block in planned.blocks if block.area)
    if not keys:
        return
    areas = planned.study.areas()
    if len(keys) <= MOST_PLACES:
        for key in keys:
            yield from told_gaps(areas, key)
        return
    lacking = sum(any(told_gaps(areas, key)) for key in keys)
    if lacking:
        yield (
            f"{lacking} of {len(keys)} places do not publish every figure; the manifest says what stands in for them"
        )
