"""Do the files of a study fit together? Each function yields the problems of one of them; nothing is raised here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.model.types import Kind, Model
from policy_lab.study.constants import element_index
from policy_lab.study.elements import split_element
from policy_lab.study.panel_checks import panel_problems
from policy_lab.study.parameters import ParameterRow
from policy_lab.study.schema import DesignsFile, Overlay, Scenario, ScenariosFile, Score, StudyFile
from policy_lab.study.slider_checks import slider_problems
from policy_lab.study.stress_checks import stress_problems
from policy_lab.study.yaml_file import Place, YamlFile

SAME = 1e-9
"""Relative difference within which a base value is the model's own."""


@dataclass(frozen=True)
class Parts:
    """The files of a study, each valid in itself."""

    study_yaml: YamlFile
    designs_yaml: YamlFile
    scenarios_yaml: YamlFile
    parameters_file: Path
    file: StudyFile
    designs: DesignsFile
    scenarios: ScenariosFile
    rows: tuple[ParameterRow, ...]
    model: Model
    constants: Mapping[str, np.ndarray]

    def chosen(self) -> dict[str, str]:
        """Return the constants that a design sets, and what for."""
        found = {lever.variable: "lever" for lever in self.file.levers.values()}
        if self.file.membership:
            found[self.file.membership.variable] = "membership"
        if self.file.transition:
            found[self.file.transition.variable] = "transition"
        return found


def problems_of(parts: Parts) -> Iterator[Problem]:
    """Yield everything that does not fit, file by file."""
    yield from parameter_problems(parts)
    yield from study_problems(parts)
    yield from measure_problems(parts)
    yield from indicator_problems(parts)
    yield from slider_problems(parts)
    yield from panel_problems(parts)
    yield from stress_problems(parts)
    yield from structure_problems(parts)
    yield from loop_problems(parts)
    yield from design_problems(parts)
    yield from scenario_problems(parts)


def parameter_problems(parts: Parts) -> Iterator[Problem]:
    """Hold `parameters.csv` against the constants of the model: one row each, same unit, same base value."""
    covered = {name: np.zeros(values.shape, dtype=bool) for name, values in parts.constants.items()}
    for row in parts.rows:
        yield from _row_problems(parts, row, covered)
    for name, done in covered.items():
        if not done.any():
            what = "this constant of the model has no row in parameters.csv"
        elif not done.all():
            elements = parts.model.elements(name)
            labels = [
                ",".join(known[at] for known, at in zip(elements, place, strict=True)) for place in np.argwhere(~done)
            ]
            what = f"no row in parameters.csv for [{'], ['.join(labels[:5])}]"
        else:
            continue
        yield Problem(what=what, file=parts.model.path, line=parts.model[name].line, variable=name)


def _row_problems(parts: Parts, row: ParameterRow, covered: dict[str, np.ndarray]) -> Iterator[Problem]:
    parameter = row.parameter
    name, elements = split_element(parameter.variable)

    def problem(what: str, nearest: tuple[str, ...] = ()) -> Problem:
        return Problem(
            what=what, file=parts.parameters_file, line=row.line, variable=parameter.variable, nearest=nearest
        )

    if name not in parts.constants:
        variable = parts.model.variables.get(name)
        kind = f"is no constant of the model but of kind {variable.kind.value}" if variable else ""
        what = kind or "the model has no such constant"
        yield problem(what, () if variable else nearest_names(name, parts.constants))
        return
    place: tuple[int, ...] = ()
    if elements:
        try:
            place = element_index(parts.model, name, elements)
        except InputError as error:
            yield problem(error.problems[0].what, error.problems[0].nearest)
            return
    if covered[name][place].any():
        yield problem("is covered by an earlier row as well")
    covered[name][place] = True
    if parameter.unit != parts.model[name].unit:
        yield problem(f"unit is `{parameter.unit}`, but `{parts.model[name].unit}` in the model")
    base = parts.constants[name][place]
    if (np.abs(base - parameter.base) > SAME * np.maximum(1.0, np.abs(base))).any():
        spoken = ", ".join(f"{value:g}" for value in np.unique(base)[:5])
        yield problem(f"base is {parameter.base:g}, but {spoken} in the model")
    if parameter.distribution == "dirichlet" and not elements:
        yield problem("`dirichlet` shares need one row for each element")
    yield from _range_problems(parts, row, problem)
    chosen = parts.chosen()
    if (parameter.distribution == "lever") != (name in chosen):
        yield problem(
            f"is a {chosen[name]} in study.yaml, so its distribution has to be `lever`"
            if name in chosen
            else "is marked `lever`, but study.yaml names it neither as lever nor as membership or transition"
        )


def _range_problems(parts: Parts, row: ParameterRow, problem: Callable[[str], Problem]) -> Iterator[Problem]:
    """Hold a range against the limits that the model states."""
    lowest, highest = parts.model[split_element(row.parameter.variable)[0]].limits
    for label, value in (("base", row.parameter.base), ("low", row.parameter.low), ("high", row.parameter.high)):
        if value is not None and ((lowest is not None and value < lowest) or (highest is not None and value > highest)):
            yield problem(f"{label} {value:g} lies outside the model's limits [{lowest}, {highest}]")


def study_problems(parts: Parts) -> Iterator[Problem]:
    """Check levers, membership, transition, comparison, reference and rest of `study.yaml`."""
    file, yaml = parts.file, parts.study_yaml
    for key, lever in file.levers.items():
        yield from _constant(parts, yaml, ("levers", key, "variable"), lever.variable, scalar=True, unit=lever.unit)
    if file.membership:
        place: Place = ("membership", "variable")
        yield from _constant(parts, yaml, place, file.membership.variable)
        if file.membership.variable in parts.constants and parts.constants[file.membership.variable].ndim != 1:
            yield yaml.problem(place, f"`{file.membership.variable}` needs exactly one subscript")
    if file.transition:
        variable = file.transition.variable
        yield from _constant(parts, yaml, ("transition", "variable"), variable, scalar=True, unit=file.transition.unit)
    yield from _design_name(parts, ("comparison", "base"), file.comparison.base)
    yield from _design_name(parts, ("measures", "shortfall", "anchor", "design"), file.measures.shortfall.anchor.design)
    for at, name in enumerate(file.comparison.designs):
        yield from _design_name(parts, ("comparison", "designs", at), name)
    if file.comparison.scenario not in parts.scenarios.scenarios:
        yield _unknown(
            yaml, ("comparison", "scenario"), "scenario", file.comparison.scenario, parts.scenarios.scenarios
        )
    yield from _reference_problems(parts)
    for key, variant in file.comparison.variants.items():
        for name in variant.set:
            yield from _constant(parts, yaml, ("comparison", "variants", key, "set", name), split_element(name)[0])
    for name in file.rest.set:
        yield from _constant(parts, yaml, ("rest", "set", name), name)
    for name in file.areas.bind if file.areas else ():
        yield from _constant(parts, yaml, ("areas", "bind", name), split_element(name)[0])
    for name in file.areas.titles if file.areas else ():
        if file.areas and name not in file.areas.bind:
            yield _unknown(yaml, ("areas", "titles", name), "bound constant", name, file.areas.bind)
    for at, name in enumerate(file.areas.outcomes if file.areas else ()):
        if name not in file.outcomes:
            yield _unknown(yaml, ("areas", "outcomes", at), "saved outcome", name, file.outcomes)


def _reference_problems(parts: Parts) -> Iterator[Problem]:
    reference, yaml = parts.file.reference, parts.study_yaml
    if reference is None:
        return
    for name in reference.set:
        yield from _constant(parts, yaml, ("reference", "set", name), name)
    for key in reference.levers:
        if key not in parts.file.levers:
            yield _unknown(yaml, ("reference", "levers", key), "lever", key, parts.file.levers)
    missing = [key for key in parts.file.levers if key not in reference.levers]
    if missing:
        yield yaml.problem(("reference", "levers"), f"no score for {', '.join(missing)}")
    yield from _members(parts, yaml, ("reference", "members"), reference.members)
    for constant, variable in reference.anchors.items():
        yield from _constant(parts, yaml, ("reference", "anchors", constant), constant)
        yield from _variable(parts, yaml, ("reference", "anchors", constant), variable)
        if constant in parts.constants and variable in parts.model.variables:
            shape = tuple(len(elements) for elements in parts.model.elements(variable))
            if shape != parts.constants[constant].shape:
                yield yaml.problem(
                    ("reference", "anchors", constant), f"`{variable}` has other subscripts than `{constant}`"
                )


def measure_problems(parts: Parts) -> Iterator[Problem]:
    """Check that outcomes exist and that every measure is taken on a saved outcome."""
    file, yaml = parts.file, parts.study_yaml
    for at, name in enumerate(file.outcomes):
        yield from _variable(parts, yaml, ("outcomes", at), name)
        if name in file.outcomes[:at]:
            yield yaml.problem(("outcomes", at), f"`{name}` stands twice")
    measured: list[tuple[Place, str]] = [
        (("measures", "shortfall", "variable"), file.measures.shortfall.variable),
        (("measures", "burden", "variable"), file.measures.burden.variable),
    ]
    if file.measures.gap:
        measured += [(("measures", "gap", key), getattr(file.measures.gap, key)) for key in ("intent", "implemented")]
    measured += [
        (("measures", "resources", at, "variable"), each.variable) for at, each in enumerate(file.measures.resources)
    ]
    measured += [(("criteria", key, "variable"), each.variable) for key, each in file.criteria.items() if each.variable]
    yield from _criteria_problems(parts)
    for place, spelled in measured:
        yield from _spelled(parts, yaml, place, spelled)
        name, _ = split_element(spelled)
        if name in parts.model.variables and name not in file.outcomes:
            yield yaml.problem(place, f"`{name}` is not among the outcomes", remedy="Add it to `outcomes`.")


def _criteria_problems(parts: Parts) -> Iterator[Problem]:
    """Check that each criterion is one number a moment, and that what it measures is measured."""
    for key, criterion in parts.file.criteria.items():
        if criterion.measure == "gap" and not parts.file.measures.gap:
            yield parts.study_yaml.problem(("criteria", key, "measure"), "this study measures no gap")
        variable = criterion.variable or ""
        if variable in parts.model.variables and criterion.elements == "only" and parts.model.elements(variable):
            what = f"`{variable}` has several elements where one number is needed"
            remedy = "Name one of them, or say `elements: sum` or `mean`."
            yield parts.study_yaml.problem(("criteria", key, "variable"), what, remedy=remedy)


def indicator_problems(parts: Parts) -> Iterator[Problem]:
    """Check that each published indicator is one number a moment."""
    yaml = parts.study_yaml
    for key, indicator in parts.file.indicators.items():
        place: Place = ("indicators", key, "variable")
        yield from _spelled(parts, yaml, place, indicator.variable)
        name, elements = split_element(indicator.variable)
        whole = name in parts.model.variables and not elements
        if whole and indicator.elements == "only" and parts.model.elements(name):
            remedy = "Name one of them, or say `elements: sum` or `mean`."
            yield yaml.problem(place, f"`{name}` has several elements where one number is needed", remedy=remedy)


def structure_problems(parts: Parts) -> Iterator[Problem]:
    """Check the names in the structural rule."""
    rule, yaml = parts.file.structure, parts.study_yaml
    if rule is None:
        return
    if rule.within and rule.within not in parts.model.subscripts:
        yield _unknown(yaml, ("structure", "within"), "subscript range", rule.within, parts.model.subscripts)
    for key in ("joint", "environment"):
        for at, name in enumerate(getattr(rule, key)):
            yield from _variable(parts, yaml, ("structure", key, at), name)


def loop_problems(parts: Parts) -> Iterator[Problem]:
    """Check the names in the loops, and that each loop is cut at a link of its own."""
    yaml = parts.study_yaml
    for key, loop in parts.file.loops.items():
        for at, name in enumerate(loop.path):
            yield from _variable(parts, yaml, ("loops", key, "path", at), name)
            if name in loop.path[:at]:
                yield yaml.problem(("loops", key, "path", at), f"`{name}` stands twice in one loop")
        if loop.cut not in zip(loop.path, (*loop.path[1:], loop.path[0]), strict=True):
            what = f"`{loop.cut[0]}` -> `{loop.cut[1]}` is no link of this loop"
            yield yaml.problem(("loops", key, "cut"), what, remedy="Name two variables that follow one another in it.")
    for key in parts.file.loops_left_out:
        if key in parts.file.loops:
            yield yaml.problem(("loops_left_out", key), f"`{key}` is among the loops as well")


def design_problems(parts: Parts) -> Iterator[Problem]:
    """Check that every design scores every lever, and that groups and members exist."""
    yaml = parts.designs_yaml
    kinds = (("designs", parts.designs.designs), ("overlays", parts.designs.overlays))
    for kind, entries in kinds:
        for name, entry in entries.items():
            if "+" in name:
                yield yaml.problem((kind, name), "a name must not contain `+`, which joins a design and an overlay")
            if entry.group not in parts.file.groups:
                yield _unknown(yaml, (kind, name, "group"), "group", entry.group, parts.file.groups)
            yield from _members(parts, yaml, (kind, name, "members"), entry.members)
            scores, place = (entry.adds, "adds") if isinstance(entry, Overlay) else (entry.levers, "levers")
            for key, score in scores.items():
                if key not in parts.file.levers:
                    yield _unknown(yaml, (kind, name, place, key), "lever", key, parts.file.levers)
                elif kind == "designs":
                    yield from _score_limits(parts, (kind, name, place, key), parts.file.levers[key].variable, score)
            if kind == "designs":
                missing = [key for key in parts.file.levers if key not in scores]
                if missing:
                    yield yaml.problem((kind, name, place), f"no score for {', '.join(missing)}")
            costs = entry.disruption
            if costs is not None and costs.high > 0 and parts.file.transition is None:
                yield yaml.problem((kind, name, "disruption"), "study.yaml names no `transition` variable for it")


def _score_limits(parts: Parts, place: Place, variable: str, score: Score) -> Iterator[Problem]:
    if variable not in parts.model.variables:
        return
    lowest, highest = parts.model[variable].limits
    for key, value in (("low", score.low), ("high", score.high)):
        if (lowest is not None and value < lowest) or (highest is not None and value > highest):
            what = f"{value:g} lies outside the limits [{lowest}, {highest}] of `{variable}`"
            yield parts.designs_yaml.problem((*place, key), what)


def scenario_problems(parts: Parts) -> Iterator[Problem]:
    """Check what scenarios set and draw, and that they extend one another without a circle."""
    yaml, scenarios = parts.scenarios_yaml, parts.scenarios.scenarios
    for name, scenario in scenarios.items():
        yield from _extends_problems(yaml, name, scenarios)
        for key, value in scenario.set.items():
            place: Place = ("scenarios", name, "set", key)
            yield from _constant(parts, yaml, place, key, chosen=True)
            shape = parts.constants[key].shape if key in parts.constants else ()
            if isinstance(value, tuple) and shape != (len(value),):
                wanted = "×".join(map(str, shape)) or "one"
                yield yaml.problem(place, f"{len(value)} values for a constant with {wanted}")
        for key, draw in scenario.draw.items():
            place = ("scenarios", name, "draw", key)
            yield from _constant(parts, yaml, place, key, chosen=True)
            if split_element(key)[1]:
                yield yaml.problem(place, "only whole constants are drawn")
            if key in scenario.set:
                yield yaml.problem(place, "is set and drawn")
            if key not in parts.constants:
                continue
            ordered = draw.distribution in ("poisson times", "exponential thresholds")
            if ordered and parts.constants[key].ndim == 0:
                yield yaml.problem(
                    place, f"`{draw.distribution}` needs a constant with a subscript, one element an event"
                )


def _extends_problems(yaml: YamlFile, name: str, scenarios: Mapping[str, Scenario]) -> Iterator[Problem]:
    place: Place = ("scenarios", name, "extends")
    seen, parent = {name}, scenarios[name].extends
    while parent is not None:
        if parent not in scenarios:
            yield _unknown(yaml, place, "scenario", parent, scenarios)
            return
        if parent in seen:
            yield yaml.problem(place, "extends itself in a circle")
            return
        seen.add(parent)
        parent = scenarios[parent].extends


def _constant(
    parts: Parts,
    yaml: YamlFile,
    place: Place,
    spelled: str,
    *,
    scalar: bool = False,
    unit: str | None = None,
    chosen: bool = False,
) -> Iterator[Problem]:
    """Yield what is wrong with a name that has to be a constant of the model, or an element of one."""
    name, elements = split_element(spelled)
    found = tuple(_variable(parts, yaml, place, name))
    if found:
        yield from found
        return
    variable = parts.model.variables[name]
    if variable.kind is not Kind.CONSTANT:
        yield yaml.problem(place, f"`{name}` is no constant of the model but of kind {variable.kind.value}")
        return
    if elements:
        yield from _element(parts, yaml, place, name, elements)
    if scalar and parts.constants[name].ndim:
        yield yaml.problem(place, f"`{name}` has subscripts; a single number is needed")
    if unit is not None and unit != variable.unit:
        yield yaml.problem(place, f"the unit is `{unit}`, but `{variable.unit}` in the model")
    if chosen and name in parts.chosen():
        yield yaml.problem(place, f"`{name}` is a {parts.chosen()[name]}: designs set it, scenarios do not")


def _spelled(parts: Parts, yaml: YamlFile, place: Place, spelled: str) -> Iterator[Problem]:
    """Yield what is wrong with the name of a variable of the model, or of an element of one."""
    name, elements = split_element(spelled)
    yield from _variable(parts, yaml, place, name)
    if elements and name in parts.model.variables:
        yield from _element(parts, yaml, place, name, elements)


def _element(parts: Parts, yaml: YamlFile, place: Place, name: str, elements: tuple[str, ...]) -> Iterator[Problem]:
    try:
        element_index(parts.model, name, elements)
    except InputError as error:
        yield yaml.problem(place, f"`{name}` {error.problems[0].what}", nearest=error.problems[0].nearest)


def _variable(parts: Parts, yaml: YamlFile, place: Place, name: str) -> Iterator[Problem]:
    if name not in parts.model.variables:
        yield yaml.problem(
            place, f"the model has no variable `{name}`", nearest=nearest_names(name, parts.model.variables)
        )


def _members(parts: Parts, yaml: YamlFile, place: Place, members: Iterable[str]) -> Iterator[Problem]:
    members = tuple(members)
    if not members:
        return
    if parts.file.membership is None:
        yield yaml.problem(place, "study.yaml names no `membership` variable for them")
        return
    variable = parts.file.membership.variable
    if variable not in parts.constants or parts.constants[variable].ndim != 1:
        return
    known = parts.model.elements(variable)[0]
    for at, member in enumerate(members):
        if member not in known:
            yield _unknown(yaml, (*place, at), "member", member, known)


def _design_name(parts: Parts, place: Place, name: str) -> Iterator[Problem]:
    base, *overlays = (part.strip() for part in name.split("+"))
    if base not in parts.designs.designs:
        yield _unknown(parts.study_yaml, place, "design", base, parts.designs.designs)
    for overlay in overlays:
        if overlay not in parts.designs.overlays:
            yield _unknown(parts.study_yaml, place, "overlay", overlay, parts.designs.overlays)


def _unknown(yaml: YamlFile, place: Place, kind: str, name: str, known: Iterable[str]) -> Problem:
    return yaml.problem(place, f"no {kind} `{name}`", nearest=nearest_names(name, known))
