"""Read `plan.yaml`: what to run, as a file. Every fault has its line, and all come at once."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from policy_lab.errors import InputError, Problem
from policy_lab.study.areas import find_area
from policy_lab.study.loader import STUDY_FILE, find_folder, open_study
from policy_lab.study.plan import Plan
from policy_lab.study.plan_checks import plan_problems
from policy_lab.study.plan_schema import OWN_AREA, PlanFile
from policy_lab.study.score_file import read_scores
from policy_lab.study.scores import scored_study, unscored
from policy_lab.study.steps import stepped
from policy_lab.study.stress import stress_settings
from policy_lab.study.study import Study
from policy_lab.study.yaml_file import Place, YamlFile, read_yaml, validated

_NOT_IN_KEYS = re.compile(r"[^\w.]+")


@dataclass(frozen=True, eq=False)
class Block:
    """One scenario, one place to start from and one set of held constants, with the plan of its cases.

    ``area`` is the key of a place, empty for the study's own starting values; ``setting`` the name of a set of held
    constants, empty where the plan's file names none.
    """

    scenario: str
    area: str
    setting: str
    plan: Plan

    @property
    def key(self) -> str:
        """A short name that files can have: ``random-shocks``, ``random-shocks_e06000001_strict-patrols``."""
        parts = (self.scenario, self.area, self.setting)
        return "_".join(_NOT_IN_KEYS.sub("-", part.casefold()).strip("-.") or "-" for part in parts if part)


@dataclass(frozen=True, eq=False)
class PlanSet:
    """A plan's file, read: its blocks in order, scenario by scenario, then area by area, then setting by setting.

    ``study`` knows the scenarios of the file beside its own; ``text`` is the file, byte for byte.
    """

    path: Path
    title: str
    study: Study
    blocks: tuple[Block, ...]
    precision: Literal["single", "double"]
    text: bytes

    @property
    def cases(self) -> int:
        """How many runs all blocks hold."""
        return sum(block.plan.cases for block in self.blocks)


def read_plan(path: str | os.PathLike[str]) -> PlanSet:
    """Read a plan's file.

    Parameters
    ----------
    path
        A YAML file; `policy-lab plan new` writes one to begin with, and `plan_schema.PlanFile` explains its keys.

    Raises
    ------
    InputError
        With one problem for each key, name or value that cannot be used: file, line, nearest name.
    """
    path = Path(path)
    yaml = read_yaml(path)
    file = validated(yaml, PlanFile)
    study = _study(yaml, file)
    problems = tuple(plan_problems(yaml, file, study))
    if problems:
        raise InputError(*problems)
    study = replace(
        stepped(_scored(yaml, file, study), file.steps),
        scenarios=MappingProxyType({**study.scenarios, **file.new_scenarios}),
        files=MappingProxyType({**study.files, "plan": path}),
    )
    blocks = tuple(_blocks(yaml, file, study))
    _require_own_keys(yaml, blocks)
    return PlanSet(path, file.title, study, blocks, file.precision, path.read_bytes())


def study_folder(plan: Path, name: str) -> Path:
    """Return the folder of the study that a plan's file names: seen from the file, else as on the command line.

    Raises
    ------
    InputError
        For a study that is nowhere.
    """
    beside = plan.parent / name
    return beside if (beside / STUDY_FILE).is_file() else find_folder(name)


def _study(yaml: YamlFile, file: PlanFile) -> Study:
    """Open the study that the file names."""
    try:
        return open_study(study_folder(yaml.path, file.study))
    except InputError as error:
        raise InputError(*(_placed(yaml, ("study",), problem) for problem in error.problems)) from error


def _scored(yaml: YamlFile, file: PlanFile, study: Study) -> Study:
    """Return the study with experts' scores in the place of its own, where the file names some."""
    names = file.uncertain.scores
    if not names:
        return study
    paths = [beside if (beside := yaml.path.parent / name).exists() else Path(name) for name in names]
    place: Place = ("uncertain", "scores")
    try:
        scored = scored_study(study, read_scores(study, paths))
    except InputError as error:
        raise InputError(*(_placed(yaml, place, problem) for problem in error.problems)) from error
    asked = (*(file.designs or study.file.comparison.designs), study.file.comparison.base)
    problems = [_placed(yaml, place, problem) for problem in unscored(scored, asked)]
    if problems:
        raise InputError(*problems)
    return scored


def _blocks(yaml: YamlFile, file: PlanFile, study: Study) -> Iterator[Block]:
    scenarios = file.scenarios or (study.file.comparison.scenario,)
    settings = file.settings or {"": {}}
    areas = _areas(file, study)
    for scenario in scenarios:
        plans = {name: _plan(yaml, file, study, scenario, name, values) for name, values in settings.items()}
        for area in areas:
            for name, plan in plans.items():
                yield Block(scenario, area, name, plan.with_(area=area) if area else plan)


def _areas(file: PlanFile, study: Study) -> tuple[str, ...]:
    """Return the keys of the places to start from; an empty one stands for the study's own starting values."""
    if file.areas == "all":
        return tuple(study.areas())
    return tuple("" if name == OWN_AREA else find_area(study.areas(), name) for name in file.areas) or ("",)


def _plan(
    yaml: YamlFile,
    file: PlanFile,
    study: Study,
    scenario: str,
    name: str,
    settings: Mapping[str, float],
) -> Plan:
    uncertain = file.uncertain
    events = stress_settings(study, file.stress, file.horizon, file.save_period)
    try:
        return study.plan(
            designs=file.designs,
            scenario=scenario,
            start=file.start,
            worlds=uncertain.worlds,
            futures=uncertain.futures,
            seed=uncertain.seed,
            settings={**uncertain.held, **events, **settings},
            horizon=file.horizon,
            save_period=file.save_period,
            time_step=file.time_step,
            posterior=uncertain.posterior,
        ).with_(
            vary=uncertain.drawn,
            sampler=uncertain.sampler,
            correlations=uncertain.pairs,
            outcomes=_outcomes(file, study),
            settings_name=name,
        )
    except InputError as error:
        raise InputError(*(_placed(yaml, (), problem) for problem in error.problems)) from error


def _outcomes(file: PlanFile, study: Study) -> tuple[str, ...]:
    """Return the variables to save, none for those of the study."""
    if file.outcomes.only is None and not file.outcomes.also:
        return ()
    first = study.file.outcomes if file.outcomes.only is None else file.outcomes.only
    return (*first, *file.outcomes.also)


def _require_own_keys(yaml: YamlFile, blocks: Collection[Block]) -> None:
    """Make sure that no two blocks would share a file."""
    keys: dict[str, Block] = {}
    problems = []
    for block in blocks:
        other = keys.setdefault(block.key, block)
        if other is not block:
            what = f"two blocks of this plan would both be called `{block.key}`"
            problems.append(yaml.problem((), what, remedy="Use names that differ in more than capitals and signs."))
    if problems:
        raise InputError(*dict.fromkeys(problems))


def _placed(yaml: YamlFile, place: Place, problem: Problem) -> Problem:
    """Return a problem with this file and the line of an entry, where it has no file of its own."""
    return problem if problem.file is not None else replace(problem, file=yaml.path, line=yaml.line(*place))
