"""The unit of every part of one equation, from the units of the parts inside it; gathers what is wrong."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from policy_lab.errors import Problem
from policy_lab.model import expression as ex
from policy_lab.model.dimension_rules import RULES, letter, worked_out
from policy_lab.model.expression import Expression
from policy_lab.model.functions import spelled
from policy_lab.model.types import Model, Variable
from policy_lab.model.unit_table import Unit, UnitTable
from policy_lab.model.written import written

TIME = "Time"
_NAME_IT = "Give the number a name and a unit of its own."


@dataclass(frozen=True)
class Frame:
    """What every equation of a model is held against."""

    model: Model
    table: UnitTable
    units: Mapping[str, Unit | None]
    time: Unit | None


@dataclass(frozen=True)
class Found:
    """The unit of an expression, None where everything fits; ``number`` is its value where it is made of numbers only.

    The number is NaN where no single one can be told.
    """

    unit: Unit | None
    number: float | None = None

    @property
    def bare(self) -> bool:
        """Whether this is a number, other than the nought that fits every unit."""
        return self.number is not None and self.number != 0


_ANYTHING = Found(None)


@dataclass(frozen=True)
class Equation:
    """One equation under examination; gathers what is wrong with it."""

    frame: Frame
    variable: Variable
    line: int
    found: dict[int, Found] = field(default_factory=dict)
    faults: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def of(self, node: Expression) -> Found:
        """Return what was found out about a part of this equation."""
        return self.found[id(node)]

    def shown(self, unit: Unit | None) -> str:
        """Return a unit for a message."""
        return "any unit" if unit is None else f"`{self.frame.table.shown(unit)}`"

    def fault(self, what: str, why: str = "") -> None:
        """Note a clash of units."""
        self.faults.append(self._problem(what, why))

    def _problem(self, what: str, why: str = "", remedy: str = "") -> Problem:
        return Problem(what, file=self.frame.model.path, line=self.line, variable=self.variable.name, why=why,
                       remedy=remedy)  # fmt: skip

    def wants(self, node: Expression, unit: Unit | None, role: str) -> None:
        """Hold a part of the equation against the unit that it must have."""
        found = self.of(node)
        if unit is None or found.unit is None or found.number == 0 or self.frame.table.same(found.unit, unit):
            return
        if found.bare:
            self.bare(node, f"where {role} in {self.shown(unit)} should stand")
        else:
            self.fault(f"{role} should be in {self.shown(unit)}, but `{written(node)}` is in {self.shown(found.unit)}",
                       differ(self.frame.table, found.unit, unit))  # fmt: skip

    def bare(self, node: Expression, where: str) -> None:
        """Note a number where a quantity with a unit should stand."""
        self.warnings.append(self._problem(f"`{written(node)}` is a bare number {where}", "", _NAME_IT))

    def alike(self, nodes: Sequence[Expression], expected: Unit | None) -> Found:
        """Hold parts that must have one unit against one another: the expected one where any of them has it."""
        found = [(node, self.of(node)) for node in nodes]
        known = [(node, one.unit) for node, one in found if one.unit is not None and one.number is None]
        if not known:
            return _numbers([one for _, one in found])
        table = self.frame.table
        pattern, unit = next(
            ((node, one) for node, one in known if expected is not None and table.same(one, expected)), known[0]
        )
        odd = [(node, one) for node, one in known if not table.same(one, unit)]
        beside = f"`{written(pattern)}`"
        for node, one in odd:
            self.fault(
                f"`{written(node)}` is in {self.shown(one)}, but {beside} beside it is in {self.shown(unit)}",
                differ(table, one, unit),
            )
        if not table.same(unit, table.none):
            for node in (node for node, one in found if one.bare):
                self.bare(node, f"beside {beside}, which is in {self.shown(unit)}")
        return _ANYTHING if odd else Found(unit)


def _numbers(found: Sequence[Found]) -> Found:
    """Join numbers and parts that fit everything."""
    if any(one.unit is None for one in found):
        return _ANYTHING
    noughts = all(one.number == 0 for one in found)
    return Found(found[0].unit, 0.0 if noughts else math.nan)


def differ(table: UnitTable, one: Unit, other: Unit) -> str:
    """Say by what two units differ."""
    ratio = table.ratio(one, other)
    if math.isnan(ratio):
        return f"they differ by {table.shown(one / other)}"
    return f"1 {table.shown(one)} is {ratio:.6g} {table.shown(other)}"


def terms(node: Expression) -> list[Expression]:
    """Return the terms of a sum, however many, left to right."""
    terms: list[Expression] = []
    queue = [node]
    while queue:
        one = queue.pop()
        if isinstance(one, ex.Arithmetic) and one.operator in ("+", "-"):
            queue += [one.second, one.first]
        else:
            terms.append(one)
    return terms


def judge(equation: Equation, node: Expression, expected: Unit | None) -> Found:
    """Return the unit of a part whose own parts are known."""
    frame = equation.frame
    match node:
        case ex.Number(value):
            return Found(frame.table.none, value)
        case ex.Array(values):
            return Found(frame.table.none, math.nan if any(values) else 0.0)
        case ex.Reference(name):
            if name in frame.units:
                return Found(frame.units[name])
            return Found(frame.time if name == TIME else frame.table.none)  # else the place of an element in its range
        case ex.Arithmetic("+" | "-"):
            found = equation.alike(terms(node), expected)
            return found if found.number is None else Found(found.unit, worked_out(node))
        case ex.Arithmetic():
            return _product(equation, node)
        case ex.Negative(argument):
            found = equation.of(argument)
            return found if found.number is None else Found(found.unit, -found.number)
        case ex.Initial(argument):
            return equation.of(argument)
        case ex.Compare(_, first, second):
            equation.alike((first, second), None)
            return Found(frame.table.none)
        case ex.Logic():
            return Found(frame.table.none)
        case ex.Call():
            return _call(equation, node, expected)
        case ex.LookupCall(table):
            return equation.of(table)
        case ex.Lookup() | ex.Data():
            return _ANYTHING
        case _:
            return _stateful(equation, node, expected)


def _product(equation: Equation, node: ex.Arithmetic) -> Found:
    first, second = equation.of(node.first), equation.of(node.second)
    if node.operator == "^":
        return _raised(equation, node.first, node.second)
    if first.unit is None or second.unit is None:
        return _ANYTHING
    number = None if first.number is None or second.number is None else worked_out(node)
    return Found(first.unit * second.unit if node.operator == "*" else first.unit / second.unit, number)


def _raised(equation: Equation, base: Expression, exponent: Expression) -> Found:
    """A quantity with a unit can only be raised to a power that is written down; a plain number to any."""
    table = equation.frame.table
    equation.wants(exponent, table.none, "an exponent")
    unit, power = equation.of(base).unit, equation.of(exponent).number
    if unit is None or table.same(unit, table.none):
        return Found(unit)
    if power is not None and math.isfinite(power):
        return Found(table.raised(unit, power))
    equation.fault(
        f"`{written(base)}` is in {equation.shown(unit)} and raised to `{written(exponent)}`",
        "only a number that is written down says what the unit becomes",
    )
    return _ANYTHING


def _call(equation: Equation, node: ex.Call, expected: Unit | None) -> Found:
    table, time = equation.frame.table, equation.frame.time
    result = RULES.get(node.function, ("*", "*"))[1]
    places = [(letter(node.function, place), argument) for place, argument in enumerate(node.arguments)]
    for kind, argument in places:
        if kind == "1" and result == "1":
            equation.wants(argument, table.none, f"what {spelled(node.function)} is taken of")
        elif kind == "t":
            equation.wants(argument, time, "a time")
    if result in ("1", "*"):
        return Found(table.none) if result == "1" else _unknown(equation, node)
    if result == "first":
        _start(equation, node.arguments[1], equation.of(node.arguments[0]).unit)
        return equation.of(node.arguments[0])
    if result == "/":
        return _ratio(equation, node)
    if result == "u^":
        return _raised(equation, node.arguments[0], node.arguments[1])
    found = equation.alike([argument for kind, argument in places if kind == "u"], expected)
    if result == "u" or found.unit is None:
        return found
    if result == "u^0.5":
        return Found(table.raised(found.unit, 0.5), found.number)
    if time is None:
        return _ANYTHING
    return Found(found.unit * time if result == "u*t" else found.unit / time)


def _unknown(equation: Equation, node: ex.Call) -> Found:
    """A product over a range, an inverse: of plain numbers a plain number, otherwise anything."""
    table = equation.frame.table
    units = [equation.of(argument).unit for argument in node.arguments]
    plain = node.function == "prod" and all(unit is not None and table.same(unit, table.none) for unit in units)
    return Found(table.none) if plain else _ANYTHING


def _ratio(equation: Equation, node: ex.Call) -> Found:
    """``ZIDZ(a, b)`` and ``XIDZ(a, b, x)``: a/b, where x has the unit of a/b."""
    first, second = (equation.of(argument).unit for argument in node.arguments[:2])
    if first is None or second is None:
        return _ANYTHING
    for other in node.arguments[2:]:
        equation.wants(other, first / second, "what stands for the quotient")
    return Found(first / second)


def _stateful(equation: Equation, node: Expression, expected: Unit | None) -> Found:
    table, time = equation.frame.table, equation.frame.time
    match node:
        case ex.Stock():
            return _stock(equation, node, expected)
        case ex.Trend(_, averaging, initial):
            equation.wants(averaging, time, "the averaging time")
            rate = None if time is None else table.none / time
            _start(equation, initial, rate)
            return Found(rate)
        case ex.Forecast(value, averaging, horizon):
            equation.wants(averaging, time, "the averaging time")
            equation.wants(horizon, time, "the horizon")
            return _solid(equation.of(value))
        case ex.Delay(value, delay, initial, order) | ex.Smooth(value, delay, initial, order):
            equation.wants(delay, time, "the delay time")
            equation.wants(order, table.none, "the order")
            _start(equation, initial, equation.of(value).unit)
            return _solid(equation.of(value))
        case ex.DelayFixed(value, delay, initial):
            equation.wants(delay, time, "the delay time")
            _start(equation, initial, equation.of(value).unit)
            return _solid(equation.of(value))
        case ex.SampleIfTrue(_, value, initial):
            _start(equation, initial, equation.of(value).unit)
            return _solid(equation.of(value))
    return _ANYTHING


def _stock(equation: Equation, node: ex.Stock, declared: Unit | None) -> Found:
    initial, time = equation.of(node.initial), equation.frame.time
    unit = declared if declared is not None or initial.number is not None else initial.unit
    if unit is not None and time is not None:
        equation.wants(node.flow, unit / time, "the flow")
    _start(equation, node.initial, unit)
    return Found(unit)


def _start(equation: Equation, initial: Expression, unit: Unit | None) -> None:
    """A start may be a bare number: like a constant, it takes the unit of what it starts."""
    if equation.of(initial).number is None:
        equation.wants(initial, unit, "the start")


def _solid(found: Found) -> Found:
    """What a delay gives is no number that is written down, whatever went in."""
    return found if found.number == 0 else Found(found.unit)
