"""PySD's equation visitors, without their ``eval``.

PySD builds its syntax tree with visitors that call ``eval`` on pieces of the file (lookup limits, points, numbers,
strings). The subclasses here replace every such method by one that reads a literal, and a test holds the list of
replaced methods to the list of methods in PySD that call ``eval``. Three faults of the originals are put right in the
same place, so that the tree means what the file says for every engine that is built from it, PySD's included:
``a :AND: b :OR: c`` groups the ``:AND:`` first, ``(-2)^2`` is 4, and arguments need a comma between them.
"""

# ruff: noqa: D102  the visit_… methods are named and called by parsimonious, one for each rule of PySD's grammar

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from parsimonious.nodes import Node
from pysd.translators.structures import abstract_expressions as ae
from pysd.translators.vensim import vensim_element
from pysd.translators.vensim.vensim_structures import structures as vensim_structures
from pysd.translators.xmile import xmile_element
from pysd.translators.xmile.xmile_structures import structures as xmile_structures

from policy_lab.errors import clipped
from policy_lab.model.functions import VENSIM_ARGUMENTS, XMILE_ARGUMENTS, spelled
from policy_lab.model.literals import LiteralError, read_number, read_points, read_string, read_sum

_WORD_LOGIC = re.compile(r"(and|or)", re.IGNORECASE)
_SUBSCRIPT_READERS = ("GET DIRECT SUBSCRIPT", "GET XLS SUBSCRIPT")
_XMILE_NUMBERS = {"pi": math.pi, "inf": math.inf}
_XMILE_TIMES = {"dt": "time_step", "starttime": "initial_time", "stoptime": "final_time"}


class EquationError(ValueError):
    """An equation parses but cannot mean anything; the message says why."""


class _Guarded:
    """What the two guarded visitors share. Mixed in before PySD's class, so that these methods come first."""

    unwrapped_exceptions = (EquationError, LiteralError)
    arguments_of: ClassVar[Mapping[str, tuple[int, int]]]
    elements: dict[str, Any]

    def __init__(self, tree: Node) -> None:
        self.notes: list[str] = []
        super().__init__(tree)  # type: ignore[call-arg]

    def add_element(self, element: object) -> str:
        key = f"~{len(self.elements)}"  # no name holds a tilde; PySD's random keys make parsing three times slower
        self.elements[key] = element
        return key

    def visit_expr(self, n: Node, vc: Sequence[str]) -> str:
        return vc[0] if vc[0] in self.elements else self.add_element(read_number(vc[0]))

    def visit_array(self, n: Node, vc: Sequence[str]) -> str:
        if "," not in n.text and ";" not in n.text:
            return self.add_element(read_sum(n.text))
        rows = [[read_sum(cell) for cell in row.strip().strip(",").split(",")] for row in _rows(n.text)]
        if len({len(row) for row in rows}) > 1:
            raise EquationError("the rows of this array differ in length")
        return self.add_element(np.squeeze(np.array(rows, dtype=float)))

    def visit_arguments(self, n: Node, vc: Sequence[str]) -> str:
        if any(not part.endswith(",") for part in vc[:-1]) or any(part.endswith(",") for part in vc[-1:]):
            raise EquationError("the arguments of a function are separated by commas")
        return self.add_element(tuple(self._argument(part.strip(",")) for part in vc))

    def _argument(self, part: str) -> object:
        return self.elements[part] if part in self.elements else read_number(part)

    def visit_exp_expr(self, n: Node, vc: Sequence[str]) -> str:
        key: str = super().visit_exp_expr(n, vc)  # type: ignore[misc]
        tree = self.elements.get(key)
        if isinstance(tree, ae.ArithmeticStructure) and "^" in tree.operators:
            tree.arguments = [_negative_base(argument) for argument in tree.arguments[:-1]] + [tree.arguments[-1]]
        return key

    def check_arguments(self, function: str, given: int) -> None:
        """Refuse a built-in function with a number of arguments that it does not take."""
        least, most = self.arguments_of.get(function, (given, given))
        if not least <= given <= most:
            wanted = str(least) if least == most else f"{least} to {most}"
            plural = "" if wanted == "1" else "s"
            raise EquationError(f"{spelled(function)} takes {wanted} argument{plural}, {given} given")


class VensimVisitor(_Guarded, vensim_element.EquationVisitor):
    """PySD's visitor of the right-hand side of a Vensim equation, without ``eval``."""

    arguments_of = VENSIM_ARGUMENTS

    def visit_call(self, n: Node, vc: Sequence[str]) -> str:
        self.check_arguments(self.elements[vc[0]].reference, len(self.elements[vc[4]]))
        return str(super().visit_call(n, vc))

    def visit_final_expr(self, n: Node, vc: Sequence[str]) -> str:
        parts, operators = _logic_parts("".join(vc).strip())
        return self.add_element(_logic([self.elements[part] for part in parts], operators)) if operators else parts[0]

    def visit_subscript_list(self, n: Node, vc: Sequence[str]) -> str:
        self.subs = vensim_structures["subscripts_ref"](split_names(vc[2]))
        return ""

    def visit_limits(self, n: Node, vc: Sequence[str]) -> str:
        self.notes += limit_notes(n.text)
        return ""

    def visit_lookup_with_def(self, n: Node, vc: Sequence[str]) -> str:
        table = lookup_from(read_points(vc[11]))
        return self.add_element(vensim_structures["with_lookup"](self.elements[vc[4]], table))

    def visit_string(self, n: Node, vc: Sequence[str]) -> str:
        return self.add_element(read_string(n.text))


class VensimLookupVisitor(vensim_element.LookupsVisitor):
    """PySD's visitor of a Vensim lookup definition, without ``eval``."""

    unwrapped_exceptions = (EquationError, LiteralError)

    def __init__(self, tree: Node) -> None:
        self.notes: list[str] = []
        super().__init__(tree)

    def visit_regularLookup(self, n: Node, vc: Sequence[str]) -> None:
        self.translation = lookup_from(read_points(vc[2]))

    def visit_limits(self, n: Node, vc: Sequence[str]) -> str:
        self.notes += limit_notes(n.text)
        return ""

    def visit_excelLookup(self, n: Node, vc: Sequence[str]) -> None:
        if len(self.qargs) != 4:
            raise EquationError(f"GET DIRECT LOOKUPS takes 4 arguments, {len(self.qargs)} given")
        super().visit_excelLookup(n, vc)


class XmileVisitor(_Guarded, xmile_element.EquationVisitor):
    """PySD's visitor of an XMILE equation, without ``eval``."""

    arguments_of = XMILE_ARGUMENTS

    def visit_call(self, n: Node, vc: Sequence[str]) -> str:
        function, arguments = self.elements[vc[0]].reference, self.elements[vc[4]]
        self.check_arguments(function, len(arguments))
        if function == "previous":  # of one time step ago: a delay of just that
            step = ae.ReferenceStructure("time_step", None)
            return self.add_element(ae.DelayFixedStructure(arguments[0], step, arguments[1]))
        if function == "lookup":  # the name of a table, and where to read it
            if not isinstance(arguments[0], ae.ReferenceStructure):
                raise EquationError("LOOKUP needs the name of a graphical function first")
            return self.add_element(ae.CallStructure(arguments[0], (arguments[1],)))
        key = str(super().visit_call(n, vc))
        tree = self.elements[key]
        if isinstance(tree, ae.CallStructure) and tree.function.reference == "log10":  # PySD knows LOG of a base only
            self.elements[key] = ae.CallStructure(ae.ReferenceStructure("log"), (*tree.arguments, 10))
        return key

    def visit_logic2_expr(self, n: Node, vc: Sequence[str]) -> str:
        parts, operators = _logic_parts(_WORD_LOGIC.sub(r":\1:", "".join(vc).strip()))
        return self.add_element(_logic([self.elements[part] for part in parts], operators)) if operators else parts[0]

    def visit_reference(self, n: Node, vc: Sequence[str]) -> str:
        key: str = super().visit_reference(n, vc)
        tree = self.elements[key]
        if tree.subscripts is None and tree.reference in _XMILE_NUMBERS:
            self.elements[key] = _XMILE_NUMBERS[tree.reference]
        elif tree.subscripts is None and tree.reference in _XMILE_TIMES:
            tree.reference = _XMILE_TIMES[tree.reference]
        return key

    def visit_subscript_list(self, n: Node, vc: Sequence[str]) -> str:
        self.subs = xmile_structures["subscripts_ref"](split_names(vc[2]))
        return ""

    def visit_conditional_statement(self, n: Node, vc: Sequence[str]) -> str:
        parts = (self.elements[vc[2]], self.elements[vc[6]], self.elements[vc[10]])
        return self.add_element(xmile_structures["if_then_else"](*parts))


class VensimLeftSide(vensim_element.ElementsComponentVisitor):
    """PySD's visitor of the left-hand side of a Vensim equation; says so instead of warning where it cannot follow."""

    unwrapped_exceptions = (EquationError, ValueError)

    def visit_imported_subscript(self, n: Node, vc: Sequence[str]) -> None:
        function = " ".join(n.text.partition("(")[0].replace("_", " ").split()).upper()
        if function not in _SUBSCRIPT_READERS:
            raise EquationError(f"a subscript range cannot be read by {clipped(function, 40)}")
        if len(self.qargs) != 5:
            raise EquationError(f"{function} takes 5 arguments, {len(self.qargs)} given")
        super().visit_imported_subscript(n, vc)

    def __init__(self, tree: Node) -> None:
        self.matched: list[tuple[str, tuple[str, ...]]] = []  # (range, its elements in the order of ours)
        super().__init__(tree)

    def visit_subscript_definition(self, n: Node, vc: Sequence[str]) -> None:
        super().visit_subscript_definition(n, vc)
        self.component.matched = tuple(self.matched)

    def visit_subscript_mapping(self, n: Node, vc: Sequence[str]) -> None:
        target, colon, elements = n.text.strip().strip("()").partition(":")
        if colon:
            items = tuple(split_names(elements))
            del self.subscripts[-len(items) :]  # PySD takes them for elements of the range itself
            self.matched.append((target.strip(), items))
        else:
            self.mapping.append(target.strip())


def limit_notes(text: str) -> list[str]:
    """Say so when the drawing limits ``[(0,0)-(10,10)],`` of a lookup are not numbers; nothing else uses them."""
    try:
        read_points(text.strip().removesuffix(",").strip().strip("[]").replace(")-(", "),("))
    except LiteralError:
        return ["the drawing limits of this lookup are not numbers; they were ignored"]
    return []


def lookup_from(points: Sequence[tuple[float, float]]) -> ae.LookupsStructure:
    """Return PySD's structure for a table of points, sorted by x."""
    points = sorted(points, key=lambda point: point[0])
    xs, ys = (tuple(column) for column in zip(*points, strict=True))
    if len(set(xs)) < len(xs):
        twice = next(x for x in xs if xs.count(x) > 1)
        raise EquationError(f"the lookup has more than one point at x = {twice:g}")
    return ae.LookupsStructure(x=xs, y=ys, x_limits=(xs[0], xs[-1]), y_limits=(min(ys), max(ys)), type="interpolate")


def split_names(text: str) -> list[str]:
    """Split a list of names at its commas, those inside quotes apart."""
    names, start, quoted = [], 0, False
    for at, sign in enumerate(text):
        if sign == '"' and text[at - 1 : at] != "\\":
            quoted = not quoted
        elif sign == "," and not quoted:
            names.append(text[start:at].strip())
            start = at + 1
    return [*names, text[start:].strip()]


def _rows(text: str) -> list[str]:
    return [row for row in text.strip().strip(";").split(";") if row.strip()]


def _negative_base(argument: object) -> object:
    """A negative literal as the base of a power, written so that PySD's Python keeps its brackets."""
    if isinstance(argument, (int, float)) and argument < 0:
        return ae.ArithmeticStructure(["negative"], [-argument])
    return argument


def _logic_parts(text: str) -> tuple[list[str], list[str]]:
    """Split ``key:AND:key:OR:key`` into keys and operators."""
    pieces = text.split(":")
    return [piece.strip() for piece in pieces[::2]], [f":{piece.strip().upper()}:" for piece in pieces[1::2]]


def _logic(arguments: list[object], operators: list[str]) -> object:
    """Group ``:AND:`` before ``:OR:``, each group flat."""
    groups: list[list[object]] = [[arguments[0]]]
    for operator, argument in zip(operators, arguments[1:], strict=True):
        if operator == ":AND:":
            groups[-1].append(argument)
        else:
            groups.append([argument])
    merged = [group[0] if len(group) == 1 else _joined(":AND:", group) for group in groups]
    return merged[0] if len(merged) == 1 else _joined(":OR:", merged)


def _joined(operator: str, arguments: list[object]) -> ae.LogicStructure:
    return ae.LogicStructure([operator] * (len(arguments) - 1), arguments)
