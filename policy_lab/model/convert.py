"""From PySD's syntax tree to our expressions: names as the file spells them, faults collected, nothing computed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from pysd.translators.structures import abstract_expressions as ae

from policy_lab.errors import Problem, nearest_names
from policy_lab.model import expression as ex
from policy_lab.model.chains import chained
from policy_lab.model.expression import Expression
from policy_lab.model.functions import CALLS, spelled
from policy_lab.model.ranges import Ranges
from policy_lab.model.types import plain_name

UNKNOWN = ex.Number(math.nan)
TIME = "Time"

_RENAMED = {"Xramp": "xramp", "Xpulse": "xpulse", "Xpulse_train": "xpulse_train"}
_COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")
_OUTSIDE = {
    ae.GetConstantsStructure: "GET DIRECT CONSTANTS",
    ae.GetDataStructure: "GET DIRECT DATA",
    ae.GetLookupsStructure: "GET DIRECT LOOKUPS",
}


@dataclass(frozen=True)
class Names:
    """What a name in an equation can mean.

    ``variables`` maps plain names to names as the file spells them, ``tables`` are the lookups, ``broken`` the names
    whose own equations could not be read.
    """

    variables: Mapping[str, str]
    tables: frozenset[str]
    ranges: Ranges
    broken: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Converter:
    """Turns the trees of one equation into expressions, and keeps what is wrong with them."""

    names: Names
    variable: str
    line: int
    problems: list[Problem] = field(default_factory=list)

    def __call__(self, tree: Any) -> Expression:
        """Convert a tree of PySD's. A part that cannot be converted gives a problem, and NaN in its place."""
        if isinstance(tree, (int, float, np.number)):
            return ex.Number(float(tree))
        convert = _CONVERSIONS.get(type(tree))
        if convert is None:
            return self.refuse(f"{type(tree).__name__.removesuffix('Structure')} is not supported")
        return convert(self, tree)

    def refuse(self, what: str, nearest: tuple[str, ...] = (), remedy: str = "") -> ex.Number:
        """Note a problem of this equation and go on."""
        self.problems.append(Problem(what, line=self.line, variable=self.variable, nearest=nearest, remedy=remedy))
        return UNKNOWN

    def subscripts(self, tree: Any) -> tuple[str, ...]:
        """Return the subscripts of a reference as the file spells them."""
        found = []
        for subscript in getattr(tree, "subscripts", ()) or ():
            name = self.names.ranges.name(subscript)
            if name is None:
                known = nearest_names(subscript, self.names.ranges.spelled.values())
                self.refuse(f"no subscript `{subscript}`", known)
            found.append(name or subscript)
        return tuple(found)


def _array(one: Converter, tree: np.ndarray) -> Expression:
    return ex.Array(tuple(float(value) for value in tree.ravel()), tuple(tree.shape))


def _reference(one: Converter, tree: ae.ReferenceStructure) -> Expression:
    plain = plain_name(tree.reference)
    name = one.names.variables.get(plain)
    if name is not None:
        return ex.Reference(name, one.subscripts(tree.subscripts))
    if plain == "time":
        return ex.Reference(TIME)
    subscript = one.names.ranges.name(tree.reference)
    if subscript is not None:  # its place in the range, counted from 1
        return ex.Reference(subscript)
    written = tree.reference.replace("_", " ")
    return one.refuse(f"no variable `{written}` in this model", nearest_names(written, one.names.variables.values()))


def _arithmetic(one: Converter, tree: ae.ArithmeticStructure) -> Expression:
    arguments = [one(argument) for argument in tree.arguments]
    if list(tree.operators) == ["negative"]:
        return ex.Negative(arguments[0])
    if "^" in tree.operators:  # 2 ^ 3 ^ 2 is 2 ^ (3 ^ 2), as in PySD's Python
        result = arguments[-1]
        for argument in reversed(arguments[:-1]):
            result = ex.Arithmetic("^", argument, result)
        return result
    return chained(list(tree.operators), arguments)


def _logic(one: Converter, tree: ae.LogicStructure) -> Expression:
    arguments = tuple(one(argument) for argument in tree.arguments)
    operator = tree.operators[0]
    if operator in _COMPARISONS:
        return ex.Compare(operator, arguments[0], arguments[1])
    # PySD lists :AND: and :OR: together and its own builder groups them from the right; Vensim takes :AND: first.
    groups: list[list[Expression]] = [[arguments[0]]]
    for joined, argument in zip(tree.operators, arguments[1:], strict=False):
        if joined.strip(":").lower() == "or":
            groups.append([argument])
        else:
            groups[-1].append(argument)
    parts = tuple(ex.Logic("and", tuple(group)) if len(group) > 1 else group[0] for group in groups)
    if operator.strip(":").lower() == "not":
        return ex.Logic("not", arguments)
    return ex.Logic("or", parts) if len(parts) > 1 else parts[0]


def _call(one: Converter, tree: ae.CallStructure) -> Expression:
    written = tree.function.reference
    name = one.names.variables.get(plain_name(written))
    if name is not None:
        return _lookup_call(one, name, tree)
    function = _RENAMED.get(written, written)
    if function == "a_function_of":
        return one.refuse("no equation yet: A FUNCTION OF names its causes only", remedy="Write its equation.")
    if function not in CALLS:
        known = nearest_names(spelled(function), [spelled(call) for call in CALLS])
        return one.refuse(f"unknown function {spelled(function)}", known)
    return ex.Call(function, tuple(one(argument) for argument in tree.arguments))


def _lookup_call(one: Converter, name: str, tree: ae.CallStructure) -> Expression:
    if name in one.names.broken:
        return UNKNOWN
    if name not in one.names.tables:
        return one.refuse(f"`{name}` is called like a function, but it is not a lookup")
    if len(tree.arguments) != 1:
        return one.refuse(f"the lookup `{name}` takes 1 argument, {len(tree.arguments)} given")
    table = ex.Reference(name, one.subscripts(tree.function.subscripts))
    return ex.LookupCall(table, one(tree.arguments[0]))


def _lookup(one: Converter, tree: ae.LookupsStructure) -> ex.Lookup:
    return ex.Lookup(tuple(map(float, tree.x)), tuple(map(float, tree.y)), tree.type)


def _inline_lookup(one: Converter, tree: ae.InlineLookupsStructure) -> Expression:
    return ex.LookupCall(_lookup(one, tree.lookups), one(tree.argument))


def _stock(one: Converter, tree: ae.IntegStructure) -> Expression:
    return ex.Stock(one(tree.flow), one(tree.initial), bool(tree.non_negative))


def _delay(one: Converter, tree: ae.DelayStructure | ae.DelayNStructure) -> Expression:
    parts = (one(tree.input), one(tree.delay_time), one(tree.initial), one(tree.order))
    return ex.Delay(*parts, carries_time=isinstance(tree, ae.DelayNStructure))


def _delay_fixed(one: Converter, tree: ae.DelayFixedStructure) -> Expression:
    return ex.DelayFixed(one(tree.input), one(tree.delay_time), one(tree.initial))


def _smooth(one: Converter, tree: ae.SmoothStructure | ae.SmoothNStructure) -> Expression:
    return ex.Smooth(one(tree.input), one(tree.smooth_time), one(tree.initial), one(tree.order))


def _trend(one: Converter, tree: ae.TrendStructure) -> Expression:
    return ex.Trend(one(tree.input), one(tree.average_time), one(tree.initial_trend))


def _forecast(one: Converter, tree: ae.ForecastStructure) -> Expression:
    return ex.Forecast(one(tree.input), one(tree.average_time), one(tree.horizon), one(tree.initial_trend))


def _sample(one: Converter, tree: ae.SampleIfTrueStructure) -> Expression:
    return ex.SampleIfTrue(one(tree.condition), one(tree.input), one(tree.initial))


def _outside(one: Converter, tree: Any) -> Expression:
    what = f"{_OUTSIDE[type(tree)]} stands within an expression"
    return one.refuse(what, remedy="Read the values into a variable of their own, and name that here.")


def _allocate(one: Converter, tree: ae.AllocateAvailableStructure) -> Expression:
    return ex.Call("allocate_available", tuple(one(part) for part in (tree.request, tree.pp, tree.avail)))


def _allocate_by_priority(one: Converter, tree: ae.AllocateByPriorityStructure) -> Expression:
    parts = (tree.request, tree.priority, tree.size, tree.width, tree.supply)
    return ex.Call("allocate_by_priority", tuple(one(part) for part in parts))


_CONVERSIONS: Mapping[type, Callable[[Converter, Any], Expression]] = {
    np.ndarray: _array,
    ae.ReferenceStructure: _reference,
    ae.ArithmeticStructure: _arithmetic,
    ae.LogicStructure: _logic,
    ae.CallStructure: _call,
    ae.LookupsStructure: _lookup,
    ae.InlineLookupsStructure: _inline_lookup,
    ae.IntegStructure: _stock,
    ae.InitialStructure: lambda one, tree: ex.Initial(one(tree.initial)),
    ae.DelayStructure: _delay,
    ae.DelayNStructure: _delay,
    ae.DelayFixedStructure: _delay_fixed,
    ae.SmoothStructure: _smooth,
    ae.SmoothNStructure: _smooth,
    ae.TrendStructure: _trend,
    ae.ForecastStructure: _forecast,
    ae.SampleIfTrueStructure: _sample,
    ae.GameStructure: lambda one, tree: one(tree.expression),
    ae.DataStructure: lambda one, tree: ex.Data(),
    ae.GetConstantsStructure: _outside,
    ae.GetDataStructure: _outside,
    ae.GetLookupsStructure: _outside,
    ae.AllocateAvailableStructure: _allocate,
    ae.AllocateByPriorityStructure: _allocate_by_priority,
}


def folded_number(tree: Expression) -> Expression:
    """Work out an equation that holds nothing but numbers (``60*24``, ``1/3``); anything else comes back as it is."""
    match tree:
        case ex.Negative(argument):
            inner = folded_number(argument)
            return ex.Number(-inner.value) if isinstance(inner, ex.Number) else tree
        case ex.Arithmetic(operator, first, second):
            left, right = folded_number(first), folded_number(second)
            if isinstance(left, ex.Number) and isinstance(right, ex.Number):
                return ex.Number(combined(operator, left.value, right.value))
    return tree


def combined(operator: str, left: float, right: float) -> float:
    """Return ``left operator right`` as IEEE arithmetic has it: no exception, but NaN and infinity."""
    with np.errstate(all="ignore"):
        a, b = np.float64(left), np.float64(right)
        return float({"+": a + b, "-": a - b, "*": a * b, "/": a / b, "^": a**b}[operator])


def shaped(array: ex.Array, lengths: Sequence[int]) -> ex.Array | None:
    """Give a literal list the shape of the component's own subscripts; None where the numbers do not fit."""
    given = tuple(length for length in array.shape if length > 1)
    if math.prod(lengths) != len(array.values) or (len(given) > 1 and given != tuple(n for n in lengths if n > 1)):
        return None
    return ex.Array(array.values, tuple(lengths))
