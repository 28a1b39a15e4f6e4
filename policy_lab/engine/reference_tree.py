"""A parsed model with every name of the file taken out of it, as plain JSON and back.

PySD writes Python from the names, units and documentation in a model and then runs it, so that a name can carry code.
What is written here holds numbers, operators, names of built-in functions, and names of our own (``v12``, ``r3``,
``e7``, and ``t4`` for a text about a table beside the model); reading it back refuses anything else.

Quotients and powers become calls of NumPy's ``divide`` and ``power``: PySD writes ``x/0`` of two Python numbers, which
raises and ends the run where every other engine goes on with infinity.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np
from pysd.builders.python.python_functions import functionspace
from pysd.translators.structures import abstract_expressions as ae
from pysd.translators.structures import abstract_model as am

from policy_lab.model.types import plain_name

CONTROLS = {"initial time": "initial_time", "final time": "final_time", "time step": "time_step", "saveper": "saveper"}

_OWN = re.compile(r"[vret]\d{1,9}!?\Z")
_TEXT = re.compile(r"t\d{1,9}\Z")
DIVIDE = "divide"

_FIXED = frozenset({"time", DIVIDE, *CONTROLS.values(), *functionspace})
_OPERATORS = frozenset({"+", "-", "*", "/", "^", "negative", "=", "<>", "<", "<=", ">", ">=", ":AND:", ":OR:", ":NOT:"})
_TABLES = frozenset({"interpolate", "extrapolate", "hold_backward"})
_NODES: Mapping[str, type] = {
    cls.__name__: cls
    for cls in (
        ae.ArithmeticStructure, ae.LogicStructure, ae.SubscriptsReferenceStructure, ae.ReferenceStructure,
        ae.CallStructure, ae.GameStructure, ae.InitialStructure, ae.IntegStructure, ae.DelayStructure,
        ae.DelayNStructure, ae.DelayFixedStructure, ae.SmoothStructure, ae.SmoothNStructure, ae.TrendStructure,
        ae.ForecastStructure, ae.SampleIfTrueStructure, ae.LookupsStructure, ae.InlineLookupsStructure,
        ae.GetConstantsStructure, ae.GetDataStructure, ae.GetLookupsStructure,
    )
}  # fmt: skip


class ForeignText(ValueError):
    """A tree holds something that may not be written into Python."""


@dataclass(frozen=True)
class Neutral:
    """Our own names for those of a file: ``variables`` and ``subscripts`` by plain name, ``back`` the other way."""

    variables: Mapping[str, str]
    subscripts: Mapping[str, str]
    back: Mapping[str, str]

    def subscript(self, name: str) -> str:
        """Return our name of a range or an element, with its ``!``."""
        bang = "!" if name.endswith("!") else ""
        return self.subscripts[plain_name(name.removesuffix("!"))] + bang

    def text_back(self, text: str) -> str:
        """Put the names of the file back into a message."""
        return re.sub(r"(?<![^\W_])[vre]\d+\b", lambda found: self.back.get(found.group(), found.group()), text)


def neutral_names(model: am.AbstractModel) -> Neutral:
    """Choose a name of our own for every variable, range and element of a parsed model."""
    section = model.sections[0]
    variables = {plain_name(element.name): f"v{place}" for place, element in enumerate(section.elements)}
    variables |= {plain: own for plain, own in CONTROLS.items() if plain in variables}
    # PySD prefers the range that comes first in the alphabet, so our names keep that order
    ranges = sorted({plain_name(one.name): one.name for one in section.subscripts}.items())
    subscripts = {plain: f"r{place:06}" for place, (plain, _) in enumerate(ranges)}
    spelled = dict(ranges)
    for one in section.subscripts:
        for element in one.subscripts if isinstance(one.subscripts, (list, tuple)) else ():
            if plain_name(element) not in subscripts:
                subscripts[plain_name(element)] = f"e{len(subscripts):06}"
                spelled[plain_name(element)] = element
    back = {own: spelled[plain] for plain, own in subscripts.items()}
    back |= {variables[plain_name(element.name)]: element.name for element in section.elements}
    return Neutral(variables, subscripts, back)


def hoist_tables(model: am.AbstractModel) -> None:
    """Give every table that is written in place and does not hold its ends a variable of its own.

    PySD reads tables in place with ``numpy.interp``, whatever the file says of what lies between and beyond the points.
    """
    elements = list(model.sections[0].elements)
    for element in tuple(elements):
        for component in element.components:
            component.ast = _without_tables(component.ast, element.name, elements)
    model.sections[0].elements = tuple(elements)


def _without_tables(tree: Any, owner: str, elements: list[am.AbstractElement]) -> Any:
    if isinstance(tree, (list, tuple)):
        return type(tree)(_without_tables(item, owner, elements) for item in tree)
    if not is_dataclass(tree) or isinstance(tree, (type, ae.LookupsStructure)):
        return tree
    for field in fields(tree):
        setattr(tree, field.name, _without_tables(getattr(tree, field.name), owner, elements))
    if not isinstance(tree, ae.InlineLookupsStructure) or tree.lookups.type == "interpolate":
        return tree
    name = f"table {len(elements)} of {owner}"
    elements.append(am.AbstractElement(name=name, components=[am.AbstractLookup(([], []), tree.lookups)]))
    return ae.CallStructure(ae.ReferenceStructure(name, None), (tree.argument,))


def encode(tree: Any, neutral: Neutral) -> Any:
    """Write a syntax tree of PySD's as JSON under our own names.

    Raises
    ------
    ForeignText
        When the tree holds a text, a number or a structure that may not reach Python.
    """
    if isinstance(tree, (bool, int, type(None))):  # PySD wants the order of DELAY3 as the integer that it put there
        return tree
    if isinstance(tree, (float, np.number)):
        if math.isinf(tree):
            raise ForeignText("an infinite number")
        return float(tree)
    if isinstance(tree, np.ndarray):
        return {"array": [encode(value, neutral) for value in tree.ravel().tolist()], "shape": list(tree.shape)}
    if isinstance(tree, (list, tuple)):
        return [encode(item, neutral) for item in tree]
    if isinstance(tree, ae.ReferenceStructure):
        return {"node": "ReferenceStructure", "reference": _name(tree.reference, neutral),
                "subscripts": encode(tree.subscripts, neutral)}  # fmt: skip
    if isinstance(tree, ae.SubscriptsReferenceStructure):
        own = [neutral.subscript(name) for name in tree.subscripts]
        return {"node": "SubscriptsReferenceStructure", "subscripts": own}
    if isinstance(tree, ae.ArithmeticStructure) and set(tree.operators) & {"/", "^"}:
        return _total(list(tree.operators), [encode(argument, neutral) for argument in tree.arguments])
    if isinstance(tree, str) and (tree in _OPERATORS | _TABLES or _TEXT.match(tree)):
        return tree
    kind = type(tree).__name__
    if kind not in _NODES:
        raise ForeignText(kind.removesuffix("Structure"))
    node = {field.name: encode(getattr(tree, field.name), neutral) for field in fields(tree)}
    if isinstance(node.get("order"), float) and node["order"].is_integer():
        node["order"] = int(node["order"])  # PySD's own parser reads the 5 of SMOOTH N as an integer, and needs one
    return {"node": kind} | node


def _total(operators: list[str], arguments: list[Any]) -> Any:
    """Write a chain of products and quotients from the left, a chain of powers from the right."""
    if "^" in operators:
        result = arguments[-1]
        for argument in reversed(arguments[:-1]):
            result = _called("power", argument, result)
        return result
    result = arguments[0]
    for operator, argument in zip(operators, arguments[1:], strict=True):
        if operator == "/":
            result = _called(DIVIDE, result, argument)
        else:
            result = {"node": "ArithmeticStructure", "operators": [operator], "arguments": [result, argument]}
    return result


def _called(function: str, *arguments: Any) -> dict[str, Any]:
    reference = {"node": "ReferenceStructure", "reference": function, "subscripts": None}
    return {"node": "CallStructure", "function": reference, "arguments": list(arguments)}


def _name(written: str, neutral: Neutral) -> str:
    plain = plain_name(written)
    if plain in neutral.variables:
        return neutral.variables[plain]
    if plain in neutral.subscripts:
        return neutral.subscripts[plain]
    if written not in _FIXED:
        raise ForeignText(f"the name `{written[:40]}`")
    return written


def decode(data: Any) -> Any:
    """Build the syntax tree that `encode` wrote.

    Raises
    ------
    ForeignText
        When the data hold anything that `encode` would not have written.
    """
    if isinstance(data, (bool, float, int, type(None))):
        return data
    if isinstance(data, str):
        if not (_OWN.match(data) or data in _FIXED or data in _OPERATORS or data in _TABLES):
            raise ForeignText(data[:40])
        return data
    if isinstance(data, list):
        return [decode(item) for item in data]
    if set(data) == {"array", "shape"}:
        return np.array(data["array"], dtype=float).reshape([int(size) for size in data["shape"]])
    kind = _NODES.get(str(data.get("node")))
    if kind is None:
        raise ForeignText(str(data)[:40])
    return kind(**{name: decode(value) for name, value in data.items() if name != "node"})
