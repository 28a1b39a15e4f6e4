"""Hold the kinds of event that can be placed by hand against the model and `parameters.csv`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from policy_lab.errors import Problem, nearest_names
from policy_lab.study.elements import split_element
from policy_lab.study.stress_schema import SIZES, StressKind

if TYPE_CHECKING:
    from policy_lab.study.checks import Parts
    from policy_lab.study.yaml_file import Place


def stress_problems(parts: Parts) -> Iterator[Problem]:
    """Check that each kind of event has constants of its own, which scenarios may set, and sizes in order."""
    seen: dict[str, str] = {}
    for key, kind in parts.file.stress.items():
        named: list[tuple[Place, str]] = [(("stress", key, "time"), kind.time)]
        named += [(("stress", key, "size", "variable"), kind.size.variable)] if kind.size else []
        found = [problem for place, name in named for problem in _of_scenarios(parts, place, name)]
        yield from found or _of_kind(parts, key, kind)
        for place, name in named:
            if seen.setdefault(name, key) != key or (kind.size and kind.size.variable == kind.time):
                yield parts.study_yaml.problem(place, f"`{name}` carries an event already")


def _of_scenarios(parts: Parts, place: Place, name: str) -> Iterator[Problem]:
    """Check that a constant is one that scenarios set, and nothing else does."""
    rows = {split_element(row.parameter.variable)[0]: row.parameter for row in parts.rows}
    if name not in parts.constants:
        nearest = nearest_names(name, parts.constants)
        yield parts.study_yaml.problem(place, f"the model has no constant `{name}`", nearest=nearest)
    elif name in rows and rows[name].distribution != "scenario":
        remedy = "An event can be placed where parameters.csv says `scenario`."
        what = f"`{name}` is marked `{rows[name].distribution}` in parameters.csv"
        yield parts.study_yaml.problem(place, what, remedy=remedy)
    elif parts.constants[name].ndim > 1:
        yield parts.study_yaml.problem(place, f"`{name}` has several subscripts; one at most can number the events")


def _of_kind(parts: Parts, key: str, kind: StressKind) -> Iterator[Problem]:
    """Check unit, never and sizes of a kind whose constants are there."""
    yaml, model = parts.study_yaml, parts.model
    if model[kind.time].unit.strip().lower() != model.time.unit.strip().lower():
        what = f"`{kind.time}` is in {model[kind.time].unit}, and time in {model.time.unit}"
        yield yaml.problem(("stress", key, "time"), what)
    end = model.time.initial + parts.file.clock.horizon
    if not kind.never > end:
        yield yaml.problem(("stress", key, "never"), f"{kind.never:g} is not after the end of a run, {end:g}")
    if kind.size is None:
        return
    if model.elements(kind.size.variable) != model.elements(kind.time):
        what = f"`{kind.size.variable}` has other subscripts than `{kind.time}`"
        yield yaml.problem(("stress", key, "size", "variable"), what)
    values = [kind.size.of(size).value for size in SIZES]
    if not values[0] < values[1] < values[2]:
        spoken = ", ".join(f"{value:g}" for value in values)
        yield yaml.problem(("stress", key, "size"), f"low < typical < high does not hold: {spoken}")
    lowest, highest = model[kind.size.variable].limits
    for size, value in zip(SIZES, values, strict=True):
        if (lowest is not None and value < lowest) or (highest is not None and value > highest):
            what = f"{value:g} lies outside the model's limits [{lowest}, {highest}]"
            yield yaml.problem(("stress", key, "size", size), what)
