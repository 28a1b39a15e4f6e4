"""Read `checks.yaml` and hold it against the model and the study: every fault with its line, all at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.model.types import Kind, Model
from policy_lab.study.areas import find_area
from policy_lab.study.check_schema import (
    FORMULAS,
    Check,
    ChecksFile,
    Condition,
    Data,
    Expectation,
    FromTable,
)
from policy_lab.study.check_tables import table_points
from policy_lab.study.constants import element_index
from policy_lab.study.elements import split_element
from policy_lab.study.study import Study
from policy_lab.study.yaml_file import Place, YamlFile, read_yaml, validated

CHECKS_FILE = "checks.yaml"
EVERY_STOCK = "every stock"
MOST_EXPECTED_FAILURES = 4
"""More known failures than this are no exceptions any more."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")  # a chart of the report is named after it
_NEEDS_NO_VARIABLE = ("holds", "held_by", "integration")
_COMPARES = ("direction", "paired", "effect")

Read = Callable[[Path], Model]


@dataclass(frozen=True, eq=False)
class CheckSet:
    """The checks of a study or of a single model, with the models that they are about.

    ``models`` are by the name that a condition gives them; the empty name is the main model. ``lines`` say where each
    check begins in ``path``.
    """

    path: Path
    checks: Mapping[str, Check]
    lines: Mapping[str, int]
    models: Mapping[str, Model]
    study: Study | None

    def model(self, condition: Condition) -> Model:
        """Return the model that a condition is about."""
        return self.models[condition.model]


def read_checks(path: Path, model: Model, study: Study | None, read: Read) -> CheckSet:
    """Read a file of checks.

    Parameters
    ----------
    path
        The file.
    model
        The model that the checks are about where they name no other.
    study
        The study that the model belongs to; None for a single model, whose checks can name no designs or scenarios.
    read
        Reads a model file: single-sector models are read when a check names them.

    Raises
    ------
    InputError
        With one problem for each key, name or value that cannot be used: file, line, nearest name.
    """
    yaml = read_yaml(path)
    checks = validated(yaml, ChecksFile).checks
    models, problems = _models(yaml, checks, model, study, read)
    if not problems:
        found = CheckSet(
            path,
            MappingProxyType(checks),
            MappingProxyType({name: yaml.line("checks", name) for name in checks}),
            MappingProxyType(models),
            study,
        )
        problems = tuple(_problems(found, yaml))
        if not problems:
            return found
    raise InputError(*problems)


def _models(
    yaml: YamlFile, checks: Mapping[str, Check], model: Model, study: Study | None, read: Read
) -> tuple[dict[str, Model], tuple[Problem, ...]]:
    """Return the models that the checks name."""
    models, problems = {"": model}, []
    sectors = study.file.sectors if study else ()
    for name, check in checks.items():
        effect = check.expect.effect
        sides: list[tuple[Place, Condition | None]] = [(("when",), check.when), (("against",), check.against)]
        if effect is not None:
            sides += [(("expect", "effect", side), getattr(effect, side)) for side in ("when", "against")]
        for side, condition in sides:
            if condition is None or condition.model in models:
                continue
            place: Place = ("checks", name, *side, "model")
            if study is None or condition.model not in (*sectors, study.file.model):
                what = f"`{condition.model}` is not among the study's `sectors`"
                problems.append(yaml.problem(place, what, nearest=nearest_names(condition.model, sectors)))
                continue
            try:
                models[condition.model] = read(study.folder / condition.model)
            except InputError as error:
                problems += error.problems
    return models, tuple(problems)


def _problems(found: CheckSet, yaml: YamlFile) -> Iterator[Problem]:
    known = [name for name, check in found.checks.items() if check.expected_failure]
    if len(known) > MOST_EXPECTED_FAILURES:
        what = f"{len(known)} expected failures, where at most {MOST_EXPECTED_FAILURES} are allowed: {', '.join(known)}"
        yield yaml.problem(("checks", known[-1], "expected_failure"), what)
    for name, check in found.checks.items():
        if not _NAME.fullmatch(name):
            yield yaml.problem(("checks", name), "a check is named by letters, digits, `-` and `_`")
        yield from _check_problems(found, yaml, ("checks", name), check)


def _check_problems(found: CheckSet, yaml: YamlFile, place: Place, check: Check) -> Iterator[Problem]:
    yield from _condition_problems(found, yaml, (*place, "when"), check.when)
    if check.against is not None:
        yield from _condition_problems(found, yaml, (*place, "against"), check.against)
    kind, model = check.expect.kind, found.model(check.when)
    if not check.variables and kind not in _NEEDS_NO_VARIABLE:
        yield yaml.problem(place, f"`{kind}` needs a `variable`")
    for named in (*check.variables, *check.leaving_out):
        if named != EVERY_STOCK:
            yield from _quantity(yaml, (*place, "variable"), model, named)
    if check.divided_by:
        yield from _quantity(yaml, (*place, "divided_by"), model, check.divided_by)
    compares = kind in _COMPARES or getattr(check.expect.what, "of", "") == "base"
    if compares and check.against is None and check.when.undisturbed == check.when:
        what = "nothing happens in `when` that a base could leave out, so `against` has to say what to compare with"
        yield yaml.problem((*place, "expect"), what)
    if compares and check.against is not None and _size(check.against) != _size(check.when):
        yield yaml.problem((*place, "against"), "needs as many worlds and futures as `when`")
    if check.beside is not None and check.beside.table is not None:
        yield from _table(found, yaml, (*place, "beside", "table"), check.beside.table)
    yield from _expectation_problems(found, yaml, (*place, "expect", kind), model, check.expect)


def _size(condition: Condition) -> tuple[int, int]:
    return condition.worlds, condition.futures


def _condition_problems(found: CheckSet, yaml: YamlFile, place: Place, condition: Condition) -> Iterator[Problem]:
    model, study = found.model(condition), found.study
    if study is None or condition.model:
        for key in ("design", "switch_to", "scenario", "area", "worlds", "without"):
            if getattr(condition, key):
                what = "only the model of a study has designs, scenarios, places, worlds and named loops"
                yield yaml.problem((*place, key), what)
    else:
        yield from _study_names(study, yaml, place, condition)
    for name in condition.set:
        yield from _constant(yaml, (*place, "set", name), model, name)
    for at, change in enumerate(condition.change):
        for name in change.set:
            yield from _constant(yaml, (*place, "change", at, "set", name), model, name)
    for key in ("over_time", "fix"):
        for name in getattr(condition, key):
            yield from _replaceable(yaml, (*place, key, name), model, name)
    for name, values in condition.over_time.items():
        if isinstance(values, FromTable):
            yield from _table(found, yaml, (*place, "over_time", name), values)
    for at, name in enumerate(condition.hold):
        yield from _replaceable(yaml, (*place, "hold", at), model, name)
    for at, link in enumerate(condition.cut):
        yield from _link(yaml, (*place, "cut", at), model, link)
    if condition.plant is not None:
        yield from _plant(yaml, (*place, "plant", "replace"), model, condition.plant.replace)
    if condition.alike is not None and condition.alike.dimension not in model.subscripts:
        yield _unknown(
            yaml, (*place, "alike", "dimension"), "subscript range", condition.alike.dimension, model.subscripts
        )
    for at, name in enumerate(condition.alike.leaving_out if condition.alike else ()):
        yield from _quantity(yaml, (*place, "alike", "leaving_out", at), model, name)


def _study_names(study: Study, yaml: YamlFile, place: Place, condition: Condition) -> Iterator[Problem]:
    for key in ("design", "switch_to"):
        try:
            if getattr(condition, key):
                study.design_parts(getattr(condition, key))
        except InputError as error:
            yield from (yaml.problem((*place, key), one.what, nearest=one.nearest) for one in error.problems)
    if condition.scenario and condition.scenario not in study.scenarios:
        yield _unknown(yaml, (*place, "scenario"), "scenario", condition.scenario, study.scenarios)
    for at, name in enumerate(condition.without):
        if name not in study.file.loops:
            yield _unknown(yaml, (*place, "without", at), "loop", name, study.file.loops)
    try:
        if condition.area:
            find_area(study.areas(), condition.area)
    except InputError as error:
        yield from (yaml.problem((*place, "area"), one.what, nearest=one.nearest) for one in error.problems)


def _expectation_problems(
    found: CheckSet, yaml: YamlFile, place: Place, model: Model, expect: Expectation
) -> Iterator[Problem]:
    if expect.effect is not None:
        for side in ("when", "against"):
            condition = getattr(expect.effect, side)
            if condition is not None:
                yield from _condition_problems(found, yaml, (*place, side), condition)
    if expect.conserved is not None:
        for key in ("entries", "exits"):
            for at, name in enumerate(getattr(expect.conserved, key)):
                yield from _quantity(yaml, (*place, key, at), model, name)
    if expect.equals is not None:
        for key in FORMULAS:
            terms = getattr(expect.equals, key)
            for term in terms if isinstance(terms, tuple) else (terms,):
                if isinstance(term, str):
                    yield from _quantity(yaml, (*place, key), model, term)
    if isinstance(expect.what, Data) and expect.what.table is not None:
        yield from _table(found, yaml, (*place, "table"), expect.what.table)
    if expect.alike is not None and expect.alike.over not in model.subscripts:
        yield _unknown(yaml, (*place, "over"), "subscript range", expect.alike.over, model.subscripts)
    if expect.holds == "structure" and (found.study is None or found.study.file.structure is None):
        yield yaml.problem(place, "the study states no `structure` that the graph could obey")


def _quantity(yaml: YamlFile, place: Place, model: Model, spelled: str) -> Iterator[Problem]:
    """Yield what is wrong with the name of a variable or an element."""
    name, elements = split_element(spelled)
    try:
        name = model.spelled(name)
        if elements:
            element_index(model, name, elements)
    except InputError as error:
        yield from (yaml.problem(place, f"`{name}`: {one.what}", nearest=one.nearest) for one in error.problems)
        return
    if model[name].kind is Kind.LOOKUP:
        yield yaml.problem(place, f"`{name}` is a table, which has no path")


def _constant(yaml: YamlFile, place: Place, model: Model, spelled: str) -> Iterator[Problem]:
    faults = tuple(_quantity(yaml, place, model, spelled))
    yield from faults
    variable = None if faults else model[split_element(spelled)[0]]
    if variable is not None and variable.kind is not Kind.CONSTANT:
        remedy = "`fix` puts a number in place of an equation."
        yield yaml.problem(place, f"is no constant of the model but of kind {variable.kind.value}", remedy=remedy)


def _replaceable(yaml: YamlFile, place: Place, model: Model, spelled: str) -> Iterator[Problem]:
    faults = tuple(_quantity(yaml, place, model, spelled))
    yield from faults
    if faults:
        return
    name, elements = split_element(spelled)
    if elements:
        yield yaml.problem(place, "only whole variables can be replaced")
    elif model[name].kind in (Kind.TIME, Kind.DATA) or (model[name].kind is Kind.CONSTANT and "over_time" not in place):
        yield yaml.problem(place, f"a {model[name].kind.value} cannot be replaced", remedy="Use `set` for a constant.")


def _link(yaml: YamlFile, place: Place, model: Model, link: str) -> Iterator[Problem]:
    cause, arrow, effect = (part.strip() for part in link.partition("->"))
    if not arrow or not cause or not effect:
        yield yaml.problem(place, f"`{link}` does not read as `cause -> effect`")
        return
    faults = [*_quantity(yaml, place, model, cause), *_quantity(yaml, place, model, effect)]
    yield from faults
    if not faults and model.spelled(cause) not in model[effect].causes:
        causes = model[effect].causes
        yield yaml.problem(
            place, f"no link from `{cause}` to `{effect}`", remedy=f"What drives it: {', '.join(causes) or 'nothing'}."
        )


def _plant(yaml: YamlFile, place: Place, model: Model, text: str) -> Iterator[Problem]:
    times = model.path.read_text(encoding="utf-8", errors="replace").count(text)
    if times != 1:
        yield yaml.problem(place, f"the text stands {times} times in {model.path.name}, where once is needed")


def _table(found: CheckSet, yaml: YamlFile, place: Place, table: FromTable) -> Iterator[Problem]:
    try:
        table_points(found.path.parent, table)
    except InputError as error:
        for one in error.problems:
            where = f" in {Path(one.file).name}" if one.file else ""
            yield yaml.problem(place, f"{one.what}{where}", nearest=one.nearest, remedy=one.remedy)


def _unknown(yaml: YamlFile, place: Place, kind: str, name: str, known: Iterable[str]) -> Problem:
    return yaml.problem(place, f"no {kind} `{name}`", nearest=nearest_names(name, tuple(known)))
