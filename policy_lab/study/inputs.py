"""Every uncertain input of a plan by itself: its stream, its range, its evidence; and what quantiles may be given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from policy_lab.errors import Problem, nearest_names
from policy_lab.study.draws import change_scores
from policy_lab.study.elements import split_element
from policy_lab.study.plan import LEVERS
from policy_lab.study.settings import resolve_settings

if TYPE_CHECKING:
    from policy_lab.study.plan import Plan
    from policy_lab.study.schema import Score

LEVER_GROUP = "lever scores"


@dataclass(frozen=True)
class UncertainInput:
    """One thing that worlds differ in.

    ``stream`` is the name under which its quantiles are drawn or given, ``title`` what a reader calls it; ``low`` and
    ``high`` are its stated range, in ``unit``. For a lever score, ``design`` is the design or overlay that it belongs
    to and ``lever`` the lever's key, or ``disruption``; for a parameter both are empty.
    """

    stream: str
    title: str
    group: str
    grade: str
    unit: str
    low: float
    high: float
    distribution: str
    design: str = ""
    lever: str = ""


def uncertain_inputs(plan: Plan) -> tuple[UncertainInput, ...]:
    """Return what is drawn for the worlds of a plan: parameters first, then the scores of its designs.

    Left out is what does not differ between worlds: what the plan's ``vary`` leaves out, what is scored with
    certainty, and constants that the user or a place holds at a value. A switch starts from the base design, whose
    scores are inputs too. Luck is not among them.

    Examples
    --------
    >>> from policy_lab.study import open_study
    >>> [row.title for row in uncertain_inputs(open_study("fishery").plan(designs=["open-access"]))][-2:]
    ['Say of the communities of Open access', 'Licences of Open access']
    """
    found = (*_parameters(plan), *_scores(plan))
    return tuple({row.stream: row for row in found}.values())


def _parameters(plan: Plan) -> Iterator[UncertainInput]:
    held = _held(plan)
    for spelled, row in plan.study.parameters.items():
        if not row.varies or not plan.parameter_varies(row) or held & {spelled, split_element(spelled)[0]}:
            continue
        low, high = (row.base if bound is None else bound for bound in (row.low, row.high))
        stream = f"parameter/{spelled}"
        yield UncertainInput(stream, spelled, row.group, row.grade, row.unit, low, high, row.distribution)


def _held(plan: Plan) -> frozenset[str]:
    """Return the constants, and elements of constants, that all worlds have at a value given from outside."""
    held = set(plan.spoken_settings())
    areas = plan.study.areas() if plan.area is not None or plan.places else {}
    for key in (plan.area,) if plan.area is not None else plan.places:
        held |= set(areas[key].values)
    for spelled in tuple(held):
        (setting,) = resolve_settings(plan.study.model, {spelled: 0.0})
        held.add(setting.spoken(plan.study.model))
    return frozenset(held)


def _scores(plan: Plan) -> Iterator[UncertainInput]:
    if LEVERS not in plan.vary:
        return
    study = plan.study
    starting = (plan.base,) if plan.start == "switch" else ()
    for design in dict.fromkeys((*plan.designs, *starting)):
        base, overlays = study.design_parts(plan.scores_from.get(design, design))
        for key, lever in study.file.levers.items():
            row = study.parameters.get(lever.variable)
            what = (lever.title, key, row.grade if row is not None else "C", lever.unit)
            if key in study.designs[base].levers:
                yield from _score(study.designs[base].levers[key], base, _short(plan, base), *what)
            for name in overlays:
                if key in study.overlays[name].adds:
                    added = study.overlays[name]
                    yield from _score(added.adds[key], name, added.short or added.title, *what)
        transition = study.file.transition
        if transition is not None and plan.start == "switch":
            for name, score in change_scores(study, design).items():
                what = ("Cost of changing to", "disruption", "C", transition.unit)
                yield from _score(score, name, _short(plan, name), *what)


def _score(
    score: Score, owner: str, short: str, title: str, key: str, grade: str, unit: str
) -> Iterator[UncertainInput]:
    if score.low < score.high:
        joined = f"{title} {short}" if key == "disruption" else f"{title} of {short}"
        stream = f"lever/{owner}/{key}"
        yield UncertainInput(stream, joined, LEVER_GROUP, grade, unit, score.low, score.high, "triangular", owner, key)


def _short(plan: Plan, name: str) -> str:
    known = plan.study.designs.get(name) or plan.study.overlays[name]
    return known.short or known.title


def given_problems(plan: Plan) -> list[Problem]:
    """Return what is wrong with the quantiles that a plan was given."""
    together = {
        "a saved posterior": plan.posterior,
        "experts' scores": plan.study.scores,
        "correlations": plan.correlations,
    }
    if any(together.values()):
        what = next(name for name, there in together.items() if there)
        return [Problem(what=f"quantiles are given one input at a time, and {what} draws several together")]
    streams = [row.stream for row in uncertain_inputs(plan)]
    problems = []
    for name, values in plan.quantiles.items():
        if name not in streams:
            problems.append(Problem(what=f"no uncertain input `{name}`", nearest=nearest_names(name, streams)))
        elif np.shape(values) != (plan.worlds,):
            problems.append(Problem(what=f"`{name}` needs {plan.worlds} quantiles, one a world"))
        elif not ((values >= 0) & (values <= 1)).all():
            problems.append(Problem(what=f"quantiles of `{name}` do not lie between 0 and 1"))
    return problems
