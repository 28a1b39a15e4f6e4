"""Does a plan's file fit its study? Each function yields the problems of one part of it; nothing is raised here."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.study.areas import find_area
from policy_lab.study.checks import Parts, scenario_problems
from policy_lab.study.elements import split_element
from policy_lab.study.plan import GROUPS, PARAMETERS, names_of
from policy_lab.study.plan_schema import OWN_AREA, PlanFile
from policy_lab.study.posterior import read_posterior
from policy_lab.study.samplers import correlation_faults
from policy_lab.study.schema import DesignsFile, ScenariosFile
from policy_lab.study.settings import resolve_settings
from policy_lab.study.stress import constants_of, placed_faults
from policy_lab.study.study import Study
from policy_lab.study.yaml_file import Place, YamlFile, spoken


def plan_problems(yaml: YamlFile, file: PlanFile, study: Study) -> Iterator[Problem]:
    """Yield everything in a plan's file that its study does not know, from top to bottom."""
    yield from _design_problems(yaml, file, study)
    yield from _scenario_problems(yaml, file, study)
    yield from _step_problems(yaml, file, study)
    yield from _stress_problems(yaml, file, study)
    yield from _area_problems(yaml, file, study)
    yield from _setting_problems(yaml, file, study)
    yield from _switch_problems(yaml, file, study)
    yield from _vary_problems(yaml, file, study)
    yield from _together_problems(yaml, file, study)
    yield from _outcome_problems(yaml, file, study)
    yield from _clock_problems(yaml, file, study)


def _design_problems(yaml: YamlFile, file: PlanFile, study: Study) -> Iterator[Problem]:
    yield from _empty_or_twice(yaml, ("designs",), file.designs)
    for at, name in enumerate(file.designs or ()):
        try:
            study.design_parts(name)
        except InputError as error:
            yield from _said(yaml, ("designs", at), error)


def _scenario_problems(yaml: YamlFile, file: PlanFile, study: Study) -> Iterator[Problem]:
    known = {**study.scenarios, **file.new_scenarios}
    yield from _empty_or_twice(yaml, ("scenarios",), file.scenarios)
    for at, name in enumerate(file.scenarios or ()):
        if name not in known:
            yield yaml.problem(
                ("scenarios", at),
                f"no scenario `{name}` in this study or plan",
                nearest=nearest_names(name, known),
                remedy=f"Known: {', '.join(known)}.",
            )
    for name in file.new_scenarios:
        if name in study.scenarios:
            what = f"the study has a scenario `{name}` already"
            yield yaml.problem(("new_scenarios", name), what, remedy=f"Call it otherwise, and say `extends: {name}`.")
    if file.new_scenarios:
        for problem in scenario_problems(_as_parts(yaml, file, study)):
            yield replace(problem, variable=f"new_{problem.variable}")


def _step_problems(yaml: YamlFile, file: PlanFile, study: Study) -> Iterator[Problem]:
    known = study.file.levers
    for name in file.steps:
        if name not in known:
            remedy = f"Its levers: {', '.join(known)}."
            yield yaml.problem(
                ("steps", name), f"no lever `{name}` in this study", nearest=nearest_names(name, known), remedy=remedy
            )
    if file.steps and file.uncertain.scores:
        what = "levers stand at the ends of the study's own scores, and this plan draws experts' scores"
        yield yaml.problem(("steps",), what, remedy="Leave out one of the two.")


def _stress_problems(yaml: YamlFile, file: PlanFile, study: Study) -> Iterator[Problem]:
    for at, key, problem in placed_faults(study, file.stress, file.horizon, file.save_period):
        yield from _said(yaml, ("stress", at, key), InputError(problem))


def _calendar(yaml: YamlFile, file: PlanFile, study: Study) -> dict[tuple[str, tuple[int, ...]], Place]:
    """Return the constants that a calendar holds, as `resolve_settings` has them, with the place that does."""
    if not file.stress:
        return {}
    names = [name for kind in study.file.stress.values() for name in constants_of(study.model, kind)]
    return {(one.variable, one.place): ("stress",) for one in resolve_settings(study.model, dict.fromkeys(names, 0.0))}


def _as_parts(yaml: YamlFile, file: PlanFile, study: Study) -> Parts:
    """Return the study with the file's scenarios in the place of `scenarios.yaml`, to be checked in the same way."""
    whole = {**study.scenarios, **file.new_scenarios}
    _, lines = yaml.lines["new_scenarios"]
    own = [yaml.line("new_scenarios"), lines]
    seen = YamlFile(yaml.path, {"scenarios": yaml.data["new_scenarios"]}, {"scenarios": own})
    return Parts(
        study_yaml=yaml,
        designs_yaml=yaml,
        scenarios_yaml=seen,
        parameters_file=study.files["parameters"],
        file=study.file,
        designs=DesignsFile(designs=dict(study.designs), overlays=dict(study.overlays)),
        scenarios=ScenariosFile(scenarios=whole),
        rows=(),
        model=study.model,
        constants=study.constants,
    )


def _area_problems(yaml: YamlFile, file: PlanFile, study: Study) -> Iterator[Problem]:
    if file.areas == "all":
        if not study.areas():
            yield yaml.problem(("areas",), "this study binds no table of areas")
        return
    found: dict[str, int] = {}
    for at, name in enumerate(file.areas):
        try:
            key = name if name == OWN_AREA else find_area(study.areas(), name)
        except InputError as error:
            yield from _said(yaml, ("areas", at), error)
            continue
        if found.setdefault(key, at) != at:
            yield yaml.problem(("areas", at), f"`{name}` stands twice")


def _setting_problems(yaml: YamlFile, file: PlanFile, study: Study) -> Iterator[Problem]:
    """Check every held constant, and that none is held by two entries at once."""
    everywhere = _calendar(yaml, file, study)
    switches = {name: value for name, value in file.uncertain.held.items() if name in file.uncertain.switches}
    yield from _held_problems(yaml, ("uncertain", "hold"), file.uncertain.hold, study, everywhere)
    known = {name: value for name, value in switches.items() if name in study.parameters}
    yield from _held_problems(yaml, ("uncertain", "switches"), known, study, everywhere)
    for name, values in file.settings.items():
        yield from _held_problems(yaml, ("settings", name), values, study, dict(everywhere))


def _held_problems(
    yaml: YamlFile,
    section: Place,
    values: Mapping[str, float],
    study: Study,
    seen: dict[tuple[str, tuple[int, ...]], Place],
) -> Iterator[Problem]:
    for spelled, value in values.items():
        place = (*section, spelled)
        try:
            (setting,) = resolve_settings(study.model, {spelled: value})
        except InputError as error:
            yield from _said(yaml, place, error)
            continue
        other = seen.setdefault((setting.variable, setting.place), place)
        if other != place:
            yield yaml.problem(place, f"is held in line {yaml.line(*other)} as well")


def _switch_problems(yaml: YamlFile, file: PlanFile, study: Study) -> Iterator[Problem]:
    known = {name: row for name, row in study.parameters.items() if row.distribution == "switch"}
    for name, value in file.uncertain.switches.items():
        place: Place = ("uncertain", "switches", name)
        if name not in known:
            remedy = f"Its switches: {', '.join(known)}." if known else "It has none."
            what = f"`{name}` is no structural switch of this study"
            yield yaml.problem(place, what, nearest=nearest_names(name, known), remedy=remedy)
        elif value not in ("drawn", known[name].low, known[name].high):
            yield yaml.problem(place, f"should be `drawn`, {known[name].low:g} or {known[name].high:g}")


def _vary_problems(yaml: YamlFile, file: PlanFile, study: Study) -> Iterator[Problem]:
    rows = study.parameters.values()
    known = {*GROUPS, *(name for row in rows for name in names_of(row))}
    drawn = {*GROUPS, *(name for row in rows if row.varies for name in names_of(row))}
    for at, name in enumerate(file.uncertain.vary or ()):
        place: Place = ("uncertain", "vary", at)
        if name not in known:
            what = f"no group, grade or parameter `{name}` of uncertain inputs"
            yield yaml.problem(place, what, nearest=nearest_names(name, drawn))
        elif name not in drawn:
            yield yaml.problem(place, f"nothing of `{name}` has a range to be drawn from")
        elif "[" in name and study.parameters[name].distribution == "dirichlet":
            whole = split_element(name)[0]
            yield yaml.problem(place, "its shares sum to one and vary together", remedy=f"Name all of `{whole}`.")
        elif name in file.uncertain.held:
            yield yaml.problem(place, f"`{name}` is held in this plan as well")


def _together_problems(yaml: YamlFile, file: PlanFile, study: Study) -> Iterator[Problem]:
    uncertain = file.uncertain
    fitted: Iterable[str] = ()
    if uncertain.posterior:
        try:
            fitted = read_posterior(study)
        except InputError as error:
            yield from _said(yaml, ("uncertain", "posterior"), error)
    for at, problem in correlation_faults(study, uncertain.pairs, tuple(fitted)):
        yield from _said(yaml, ("uncertain", "correlations", at), InputError(problem))
    for at, pair in enumerate(uncertain.pairs):
        for name in (pair.first, pair.second):
            parameter = study.parameters.get(name)
            if parameter is None or not parameter.varies:
                continue
            if name in uncertain.held or uncertain.drawn.isdisjoint((PARAMETERS, *names_of(parameter))):
                yield yaml.problem(("uncertain", "correlations", at), f"`{name}` is not drawn in this plan")


def _outcome_problems(yaml: YamlFile, file: PlanFile, study: Study) -> Iterator[Problem]:
    asked: Mapping[str, tuple[str, ...]] = {"only": file.outcomes.only or (), "also": file.outcomes.also}
    for key, names in asked.items():
        for at, name in enumerate(names):
            if name not in study.model.variables:
                what = f"the model has no variable `{name}`"
                yield yaml.problem(("outcomes", key, at), what, nearest=nearest_names(name, study.model.variables))


def _clock_problems(yaml: YamlFile, file: PlanFile, study: Study) -> Iterator[Problem]:
    """Check that saved times fall on steps, and the end on a saved time; what the file leaves alone is the study's."""
    step = file.time_step or study.model.time.step
    period = file.save_period or study.model.time.save_period
    horizon = file.horizon or study.file.clock.horizon
    if (file.save_period or file.time_step) and not _whole(period / step):
        what = f"the save period, {period:g}, is no multiple of the time step, {step:g}"
        yield yaml.problem(("save_period",) if file.save_period else ("time_step",), what)
    if (file.horizon or file.save_period) and not _whole(horizon / period):
        what = f"the horizon, {horizon:g}, is no multiple of the save period, {period:g}"
        yield yaml.problem(("horizon",) if file.horizon else ("save_period",), what)


def _whole(ratio: float) -> bool:
    return math.isfinite(ratio) and round(ratio) >= 1 and abs(ratio - round(ratio)) < 1e-6 * ratio


def _empty_or_twice(yaml: YamlFile, place: Place, names: tuple[str, ...] | None) -> Iterator[Problem]:
    if names is None:
        return
    if not names:
        yield yaml.problem(place, "names none", remedy="Leave the key out for the study's own.")
    for at, name in enumerate(names):
        if name in names[:at]:
            yield yaml.problem((*place, at), f"`{name}` stands twice")


def _said(yaml: YamlFile, place: Place, error: InputError) -> Iterator[Problem]:
    """Yield the problems of an entry with its line."""
    for problem in error.problems:
        yield replace(problem, file=yaml.path, line=yaml.line(*place), variable=spoken(place))
