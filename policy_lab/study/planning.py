"""Make a plan from what a user asks for, and refuse what the study does not know."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.study.areas import find_area
from policy_lab.study.plan import Plan
from policy_lab.study.posterior import read_posterior
from policy_lab.study.score_file import read_scores
from policy_lab.study.scores import Scores, scored_study
from policy_lab.study.settings import Setting, resolve_settings
from policy_lab.study.study import Study

STARTS = ("switch", "settled", "file")


def make_plan(
    study: Study,
    *,
    designs: Iterable[str] | None,
    scenario: str | None,
    start: Literal["switch", "settled", "file"] | None,
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
    )
    problems += _choice("scenario", plan.scenario, study.scenarios)
    problems += _choice("start", plan.start, STARTS)
    if posterior:
        try:
            read_posterior(study)
        except InputError as error:
            problems.extend(error.problems)
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
