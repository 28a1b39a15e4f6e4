"""Numbers that are none: which variable went wrong first, when, and by which operation."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from policy_lab.engine.series import Series
from policy_lab.errors import Problem
from policy_lab.model import expression as ex
from policy_lab.model.elements import component_elements
from policy_lab.model.links import bound_elements, component_links, element_name, referenced
from policy_lab.model.missing import of_variable
from policy_lab.model.types import Kind, Model, Variable, plain_name
from policy_lab.model.walk import children, needed_first, needed_now, walk

MOST_TOLD = 20
"""Variables that are named one by one; the others are counted."""

Values = Callable[[str, tuple[str, ...]], float]
_DELAYS = (ex.Delay, ex.DelayFixed, ex.Smooth, ex.Trend, ex.Forecast)


@dataclass(frozen=True)
class _Bad:
    """An element of a variable that is no finite number from a saved time on, or at it."""

    variable: Variable
    element: tuple[str, ...]
    at: int
    value: float
    lasting: bool

    @property
    def name(self) -> str:
        """The element as PySD spells it."""
        return element_name(self.variable.name, self.element)


def numeric_warnings(series: Series, model: Model) -> tuple[Problem, ...]:
    """Say which variables of a run are no finite numbers, causes only, first time first.

    A variable that is not a number because another is not is counted, not named. Delay times of zero are told as well.

    Parameters
    ----------
    series
        What an engine returned; of many runs, all are looked at.
    model
        The model that was run.
    """
    bad = _bad_elements(series, model)
    roots = _roots(model, bad)
    told: dict[str, Problem] = {}
    for one in sorted(roots, key=lambda found: (found.at, found.variable.line)):
        if one.variable.name not in told:
            told[one.variable.name] = _problem(series, model, one)
    for name, problem in zero_delays(model, _values(series, model, 0)).items():
        told.setdefault(name, problem)
    shown = list(told.values())[:MOST_TOLD]
    others = {one.variable.name for one in bad.values()} - {str(problem.variable) for problem in shown}
    if others:
        count = len(others)
        what = f"{count} other variable{'s are' if count > 1 else ' is'} no finite number at some time as a consequence"
        shown.append(Problem(what, file=model.path))
    return tuple(shown)


def zero_delays(model: Model, values: Values | None = None) -> dict[str, Problem]:
    """Return a problem for each variable with a delay, a smooth or a trend over no time at all.

    ``values`` gives the number of an element; where it is left out, constants alone are looked at.
    """
    values = values or (lambda name, element: _constant(model, name, element))
    found: dict[str, Problem] = {}
    for variable in model.variables.values():
        for component in variable.components:
            times = [node.time for node in walk(component.expression) if isinstance(node, _DELAYS)]
            for element in component_elements(component, model.subscripts) if times else ():
                bound = bound_elements(model, component, element)
                if any(_value(model, time, bound, values) <= 0 for time in times):
                    found[variable.name] = Problem(
                        "the delay time is 0", file=model.path, line=component.line, variable=variable.name,
                        why="nothing can be delayed or smoothed over no time",
                    )  # fmt: skip
                    break
    return found


def _bad_elements(series: Series, model: Model) -> dict[str, _Bad]:
    found: dict[str, _Bad] = {}
    for name, values in series.values.items():
        finite = np.asarray(np.isfinite(values).all(axis=0))
        if finite.all():
            continue
        names = model.elements(name)
        missing = frozenset(of_variable(model, model.variables[name]))
        for place in np.argwhere(~finite.all(axis=0)) if names else [()]:
            column = (slice(None), *place)
            at = int(np.argmin(finite[column]))
            run = int(np.argmin(np.isfinite(values[(slice(None), at, *place)])))
            element = tuple(members[index] for members, index in zip(names, place, strict=True))
            if element in missing:
                continue
            value = float(values[(run, at, *place)])
            one = _Bad(model.variables[name], element, at, value, not finite[column][at:].any())
            found[one.name] = one
    return found


def _roots(model: Model, bad: Mapping[str, _Bad]) -> list[_Bad]:
    """Return the elements that went wrong by themselves.

    An auxiliary follows whatever it needs at the same moment. A stock follows what went wrong at an earlier saved time,
    or, where several steps lie between two saved times, any auxiliary that went wrong by itself until then.
    """
    by_variable = {one.variable.name: one.variable for one in bad.values()}
    now = _causes(model, by_variable, needed_now)
    first = _causes(model, by_variable, needed_first)
    ever = _causes(model, by_variable, children)
    direct, held = [], []
    for name, one in bad.items():
        same_moment = now.get(name, set()) | (first.get(name, set()) if one.at == 0 else set())
        if any(cause in bad and bad[cause].at <= one.at for cause in same_moment - {name}):
            continue
        earlier = any(cause in bad and bad[cause].at < one.at for cause in ever.get(name, set()) - {name})
        if one.variable.kind is Kind.STOCK:
            held += [] if earlier else [one]
        elif not earlier or not _keeps(one.variable):
            direct.append(one)
    earliest = min((one.at for one in direct), default=math.inf)
    return direct + [one for one in held if one.at < earliest]


def _keeps(variable: Variable) -> bool:
    """Tell whether the equations of a variable hold a state: what they show may have gone wrong earlier."""
    return any(isinstance(node, _DELAYS) for part in variable.components for node in walk(part.expression))


def _causes(
    model: Model, variables: Mapping[str, Variable], parts: Callable[[ex.Expression], tuple[ex.Expression, ...]]
) -> dict[str, set[str]]:
    causes: dict[str, set[str]] = {}
    for variable in variables.values():
        for cause, effect in component_links(model, variable, parts):
            causes.setdefault(effect, set()).add(cause)
    return causes


def _problem(series: Series, model: Model, one: _Bad) -> Problem:
    what = "is not a number" if math.isnan(one.value) else "is infinite"
    when = f"{series.time_unit or 'time'} {series.time[one.at]:g}"
    since = f"from {when} on" if one.lasting else f"at {when}"
    reason = _reason(series, model, one)
    subject = f"`{one.name}` " if one.element else ""
    own = (part.line for part in one.variable.components if one.element in component_elements(part, model.subscripts))
    return Problem(
        f"{subject}{what} {since}{f': {reason}' if reason else ''}",
        file=model.path,
        line=next(own, 0) or one.variable.line,
        variable=one.variable.name,
    )


def _reason(series: Series, model: Model, one: _Bad) -> str:
    """Name the operation that gave no number, as far as the values of the moment show it."""
    values = _values(series, model, one.at)
    for component in one.variable.components:
        if one.element not in set(component_elements(component, model.subscripts)):
            continue
        bound = bound_elements(model, component, one.element)
        work_out = partial(_value, model, bound=bound, values=values)
        reason = next(filter(None, (_fault_of(node, work_out) for node in walk(component.expression))), "")
        if reason:
            return reason
    if one.variable.kind is Kind.CONSTANT:
        return "the model gives it no value"
    return "overflow, larger than any number that a computer holds" if math.isinf(one.value) else ""


def _fault_of(node: ex.Expression, value: Callable[[ex.Expression], float]) -> str:
    match node:
        case ex.Arithmetic("/", _, second) if value(second) == 0:
            return "division by zero"
        case ex.Call("ln" | "log", arguments) if value(arguments[0]) <= 0:
            return "the logarithm of a number that is not positive"
        case ex.Call("sqrt", (argument,)) if value(argument) < 0:
            return "the square root of a negative number"
        case ex.Call("exp", (argument,)) if value(argument) > 709:
            shown = f" of {value(argument):.4g}" if math.isfinite(value(argument)) else ""
            return f"overflow in EXP{shown}"
        case ex.Arithmetic("^", first, second) if value(first) < 0 and value(second) % 1 != 0:
            return "a fractional power of a negative number"
        case ex.Delay() | ex.Smooth() | ex.Trend() | ex.Forecast() if value(node.time) == 0:
            return "the delay time is 0"
    return ""


def _values(series: Series, model: Model, at: int) -> Values:
    """Return the numbers of one saved time, of the first run; NaN for what was not saved."""

    def value(name: str, element: tuple[str, ...]) -> float:
        if plain_name(name) == "time":
            return float(series.time[at])
        if name not in series.values:
            return _constant(model, name, element)
        names = model.elements(name)
        place = tuple(members.index(chosen) for members, chosen in zip(names, element, strict=True))
        return float(series.values[name][(0, at, *place)])

    return value


def _constant(model: Model, name: str, element: tuple[str, ...]) -> float:
    variable = model.variables.get(name)
    if variable is None or variable.kind is not Kind.CONSTANT:
        return math.nan
    for component in variable.components:
        elements = list(component_elements(component, model.subscripts))
        if element in elements and isinstance(component.expression, ex.Number):
            return component.expression.value
        if element in elements and isinstance(component.expression, ex.Array) and not component.excepted:
            return component.expression.values[elements.index(element)]
    return math.nan


def _value(model: Model, node: ex.Expression, bound: Mapping[str, str], values: Values) -> float:
    """Work out plain arithmetic; NaN for anything else."""
    match node:
        case ex.Number(number):
            return number
        case ex.Negative(argument):
            return -_value(model, argument, bound, values)
        case ex.Arithmetic(operator, first, second):
            left, right = _value(model, first, bound, values), _value(model, second, bound, values)
            with np.errstate(all="ignore"):
                a, b = np.float64(left), np.float64(right)
                return float(
                    {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "^": np.power}[operator](a, b)
                )
        case ex.Reference(name, subscripts) if not any(one.endswith("!") for one in subscripts):
            return next((values(name, element) for element in _one(model, node, bound)), math.nan)
    return math.nan


def _one(model: Model, node: ex.Reference, bound: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    chosen = list(referenced(model, node, bound))
    return iter(chosen if len(chosen) == 1 else [])
