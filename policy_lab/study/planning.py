"""Make a plan from what a user asks for, and refuse what the study does not know."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Literal

from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.study.areas import find_area
from policy_lab.study.elements import split_element
from policy_lab.study.plan import GROUPS, Plan
from policy_lab.study.posterior import read_posterior
from policy_lab.study.samplers import MONTE_CARLO, SAMPLERS, Correlation, Sampler, correlation_faults
from policy_lab.study.score_file import read_scores
from policy_lab.study.scores import Scores, scored_study
from policy_lab.study.settings import Setting, resolve_settings
from policy_lab.study.study import Study

STARTS = ("switch", "settled")


def make_plan(
    study: Study,
    *,
    designs: Iterable[str] | None,
    scenario: str | None,
    start: Literal["switch", "settled"] | None,
    worlds: int | None,
    futures: int | None,
    seed: int | None,
    settings: Mapping[str, float] | None,
    horizon: float | None,
    save_period: float | None,
    time_step: float | None,
    area: str | None,
    posterior: bool = False,
    scores: Scores | str | Path | None = None,
    vary: Iterable[str] | None = None,
    sampler: Sampler = MONTE_CARLO,
    correlations: Iterable[Correlation] = (),
    outcomes: Iterable[str] | None = None,
    settings_name: str = "",
) -> Plan:
    """Return the plan; see `Study.plan`, which passes everything on."""
    study = _scored(study, scores)
    usual = study.file.comparison
    problems: list[Problem] = []
    held: tuple[Setting, ...] = ()
    place: str | None = None
    try:
        place = None if area is None else find_area(study.areas(), area)
    except InputError as error:
        problems.extend(error.problems)
    try:
        held = resolve_settings(study.model, settings or {})
    except InputError as error:
        problems.extend(error.problems)
    plan = Plan(
        study=study,
        designs=tuple(name.strip() for name in (usual.designs if designs is None else designs)),
        scenario=usual.scenario if scenario is None else scenario,
        start=usual.start if start is None else start,
        worlds=usual.worlds if worlds is None else worlds,
        futures=usual.futures if futures is None else futures,
        seed=usual.seed if seed is None else seed,
        horizon=study.file.clock.horizon if horizon is None else horizon,
        save_period=study.model.time.save_period if save_period is None else save_period,
        time_step=time_step,
        settings=held,
        area=place,
        posterior=posterior,
        vary=GROUPS if vary is None else frozenset(vary),
        sampler=sampler,
        correlations=tuple(correlations),
        outcomes=() if outcomes is None else with_measured(study, outcomes),
        settings_name=settings_name,
    )
    problems += _choice("scenario", plan.scenario, study.scenarios)
    problems += _choice("start", plan.start, STARTS)
    problems += _choice("sampler", plan.sampler, SAMPLERS)
    problems += [
        Problem(what=f"the model has no variable `{name}`", nearest=nearest_names(name, study.model.variables))
        for name in plan.outcomes
        if name not in study.model.variables
    ]
    fitted: Collection[str] = ()
    if posterior:
        try:
            fitted = read_posterior(study)
        except InputError as error:
            problems.extend(error.problems)
    problems += (problem for _, problem in correlation_faults(study, plan.correlations, fitted))
    if not plan.designs:
        problems.append(
            Problem(what="a plan needs at least one design", remedy=f"Designs: {', '.join(study.designs)}.")
        )
    for label, number in (("horizon", horizon), ("save period", save_period), ("time step", time_step)):
        if number is not None and not (math.isfinite(number) and number > 0):
            problems.append(Problem(what=f"the {label} has to be above 0, but is {number:g}"))
    try:
        plan.check()
    except InputError as error:
        problems.extend(error.problems)
    if problems:
        raise InputError(*problems)
    return plan


def with_measured(study: Study, outcomes: Iterable[str]) -> tuple[str, ...]:
    """Return variables to save, and those of the study's measures and criteria, without which nothing is judged."""
    measures = study.file.measures
    spelled = [measures.shortfall.variable, measures.burden.variable]
    spelled += [measures.gap.intent, measures.gap.implemented] if measures.gap else []
    spelled += [resource.variable for resource in measures.resources]
    spelled += [criterion.variable for criterion in study.file.criteria.values() if criterion.variable]
    wanted = dict.fromkeys([*(split_element(name)[0] for name in spelled), *outcomes])
    further = [name for name in wanted if name not in study.file.outcomes]
    return (*(name for name in study.file.outcomes if name in wanted), *further)


def _scored(study: Study, scores: Scores | str | Path | None) -> Study:
    """Return the study with experts' scores in the place of its own, where some are given."""
    if scores is None:
        return study
    return scored_study(study, scores if isinstance(scores, Scores) else read_scores(study, [scores]))


def _choice(kind: str, name: str, known: Iterable[str]) -> list[Problem]:
    known = tuple(known)
    if name in known:
        return []
    return [
        Problem(
            what=f"no {kind} `{name}` in this study",
            nearest=nearest_names(name, known),
            remedy=f"Known: {', '.join(known[:20])}.",
        )
    ]
