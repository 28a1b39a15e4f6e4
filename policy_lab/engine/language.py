"""What a model uses of its language, and which engine computes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from policy_lab.engine.data import read_from_file
from policy_lab.engine.lowering import lower
from policy_lab.errors import InputError, Problem
from policy_lab.model import expression as ex
from policy_lab.model.functions import spelled
from policy_lab.model.types import Component, Kind, Model
from policy_lab.model.walk import walk

_EULER = "euler"
_SPELLED = {"adaptive": "an adaptive step"}
_NAMES: dict[type, str] = {
    ex.Stock: "INTEG", ex.Delay: "material delay (DELAY1, DELAY3, DELAY N)", ex.DelayFixed: "DELAY FIXED",
    ex.Smooth: "smooth (SMOOTH, SMOOTH3, SMOOTH N)", ex.Trend: "TREND", ex.Forecast: "FORECAST",
    ex.SampleIfTrue: "SAMPLE IF TRUE", ex.Initial: "INITIAL", ex.LookupCall: "lookup", ex.Data: "data from outside",
}  # fmt: skip


@dataclass(frozen=True)
class Use:
    """One function or structure: how often and first in which line it is used, and the engines that compute it."""

    feature: str
    times: int
    line: int
    engines: tuple[str, ...]


@dataclass(frozen=True)
class Language:
    """All that a model uses, and the equations that no engine of ours computes as they stand."""

    uses: tuple[Use, ...]
    refused: tuple[Problem, ...]


def language(model: Model) -> Language:
    """Return what a model uses of its language, by name; nothing is run.

    A use has no engine where one of the equations that it stands in is refused; ``refused`` says why. PySD always
    steps by Euler's method and has no random stream that can be repeated, so that neither is its to compute.
    """
    refused = _refusals(model)
    lines = {problem.line for problem in refused}
    found: dict[str, list[int]] = {}
    for feature, line in _features(model):
        found.setdefault(feature, []).append(line)
    uses = (
        Use(feature, len(at), min(at), _engines(feature, lines & set(at) != set())) for feature, at in found.items()
    )
    return Language(tuple(sorted(uses, key=lambda one: one.feature.casefold())), refused)


def _refusals(model: Model) -> tuple[Problem, ...]:
    data = [
        name
        for name, variable in model.variables.items()
        if variable.kind is Kind.DATA and not read_from_file(variable)
    ]
    try:
        lower(model, series=data)
    except InputError as error:
        return error.problems
    return ()


def _engines(feature: str, refused: bool) -> tuple[str, ...]:
    if refused:
        return ()
    alone = feature.startswith("integration by ") and feature != f"integration by {_EULER}"
    if alone or feature.startswith("RANDOM "):
        return ("compiled", "numpy")
    return ("compiled", "numpy", "pysd")


def _features(model: Model) -> Iterator[tuple[str, int]]:
    yield f"integration by {_SPELLED.get(model.integration, model.integration)}", 0
    for name in model.mappings:
        yield "mapping or alias of ranges", _first_line(model, name)
    for variable in model.variables.values():
        if variable.dimensions:
            yield f"{len(variable.dimensions)} subscript{'s' * (len(variable.dimensions) > 1)}", variable.line
        if len(variable.components) > 1:
            yield "an equation for each part of a variable", variable.line
        for component in variable.components:
            yield from _of_equation(component, component.line or variable.line)


def _first_line(model: Model, subscript: str) -> int:
    return min((one.line for one in model.variables.values() if subscript in one.dimensions), default=0)


def _of_equation(component: Component, line: int) -> Iterator[tuple[str, int]]:
    if component.excepted:
        yield ":EXCEPT:", line
    if component.origin is not None:
        yield component.origin.function, line
    for node in walk(component.expression):
        match node:
            case ex.Call(function=function):
                yield spelled(function), line
            case ex.Stock(non_negative=True):
                yield "stock that cannot be negative", line
            case ex.Lookup(kind=kind) if kind != "interpolate":
                yield f"lookup that {'extrapolates' if kind == 'extrapolate' else 'goes in steps'}", line
            case ex.Logic(operator=operator):
                yield f":{operator.upper()}:", line
            case ex.Data(keyword=keyword) if keyword != "interpolate":
                yield f"data, :{keyword.replace('_', ' ').upper()}:", line
            case ex.Data() if component.origin is not None:
                continue
            case _ if type(node) in _NAMES:
                yield _NAMES[type(node)], line
