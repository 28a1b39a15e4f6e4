"""The time settings of a model, worked out before anything is run."""

from __future__ import annotations

import math
from collections.abc import Mapping

from policy_lab.errors import Problem
from policy_lab.model import expression as ex
from policy_lab.model.convert import combined
from policy_lab.model.translation import CONTROL
from policy_lab.model.types import Kind, TimeSettings, Variable, plain_name
from policy_lab.model.walk import references


def time_settings(
    variables: Mapping[str, Variable], broken: frozenset[str]
) -> tuple[TimeSettings | None, list[Problem], list[Problem]]:
    """Return the settings, what is wrong with them and what is odd about them.

    A setting may be a number, or arithmetic over numbers, constants and other settings. ``broken`` are the plain names
    of variables whose equations could not be read: they are reported elsewhere.
    """
    by_plain = {plain_name(name): variable for name, variable in variables.items()}
    problems: list[Problem] = []
    notes: list[Problem] = []
    values: dict[str, float] = {}
    for name in CONTROL.values():
        variable = by_plain.get(plain_name(name))
        if variable is None:
            missing = _missing(name, broken)
            (notes if name == "SAVEPER" else problems).extend(missing)
            continue
        if any(plain_name(one.name) in broken for part in variable.components for one in references(part.expression)):
            continue
        value = _constant(variable, variables)
        fault = _fault(name, value)
        if fault:
            problems.append(Problem(fault, line=variable.line, variable=variable.name))
        else:
            values[name] = float(value if value is not None else math.nan)
    values.setdefault("SAVEPER", values.get("TIME STEP", math.nan))
    if problems or len(values) < len(CONTROL):
        return None, problems, notes
    unit = next((by_plain[plain_name(n)].unit for n in ("TIME STEP", "FINAL TIME", "INITIAL TIME")
                 if by_plain[plain_name(n)].unit), "")  # fmt: skip
    settings = TimeSettings(
        values["INITIAL TIME"],
        values["FINAL TIME"],
        values["TIME STEP"],
        values["SAVEPER"],
        unit,
        saves_every_step=_is_time_step(by_plain.get("saveper")),
    )
    return settings, _order_problems(settings, by_plain["final time"]), notes + _grid_notes(settings, by_plain)


def _is_time_step(saving: Variable | None) -> bool:
    """Tell whether SAVEPER is TIME STEP itself, as it is where the file does not give it."""
    return saving is None or any(
        isinstance(part.expression, ex.Reference) and plain_name(part.expression.name) == "time step"
        for part in saving.components
    )


def _missing(name: str, broken: frozenset[str]) -> list[Problem]:
    if plain_name(name) in broken:
        return []
    if name == "SAVEPER":
        return [Problem("SAVEPER is missing; every time step is saved", variable=name)]
    return [Problem(f"{name} is missing", variable=name, remedy="A model states when it runs, and in what steps.")]


def _fault(name: str, value: float | None) -> str:
    if value is None:
        return f"{name} must be a number, or arithmetic over constants"
    if math.isnan(value):
        return f"{name} is not a number"
    if math.isinf(value):
        return f"{name} is infinite"
    if name in ("TIME STEP", "SAVEPER") and value <= 0:
        return f"{name} must be greater than 0, but is {value:g}"
    return ""


def _order_problems(time: TimeSettings, final: Variable) -> list[Problem]:
    if time.final >= time.initial:
        return []
    return [Problem(f"FINAL TIME ({time.final:g}) is before INITIAL TIME ({time.initial:g})",
                    line=final.line, variable=final.name)]  # fmt: skip


def _grid_notes(time: TimeSettings, by_plain: Mapping[str, Variable]) -> list[Problem]:
    if time.final < time.initial:
        return []
    ratio = time.save_period / time.step
    if abs(ratio - round(ratio)) <= 1e-6 * max(ratio, 1) and round(ratio) >= 1:
        return []
    saving = by_plain.get("saveper")
    return [Problem(f"SAVEPER ({time.save_period:g}) is not a whole number of time steps ({time.step:g})",
                    line=saving.line if saving else None, variable="SAVEPER")]  # fmt: skip


def _constant(variable: Variable, variables: Mapping[str, Variable]) -> float | None:
    """Work out a variable that is made of numbers only, through other such variables; None where it is not."""
    if len(variable.components) != 1 or variable.dimensions:
        return None
    return _value(variable.components[0].expression, variables, frozenset({variable.name}))


def _value(node: ex.Expression, variables: Mapping[str, Variable], inside: frozenset[str]) -> float | None:
    match node:
        case ex.Number(value):
            return value
        case ex.Negative(argument):
            inner = _value(argument, variables, inside)
            return None if inner is None else -inner
        case ex.Arithmetic(operator, first, second):
            left, right = _value(first, variables, inside), _value(second, variables, inside)
            return None if left is None or right is None else combined(operator, left, right)
        case ex.Reference(name, ()) if name in variables and name not in inside and len(inside) < 20:
            other = variables[name]
            if other.dimensions or len(other.components) != 1 or other.kind not in (Kind.CONSTANT, Kind.TIME):
                return None
            return _value(other.components[0].expression, variables, inside | {name})
    return None
