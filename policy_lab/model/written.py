"""Expressions as a modeller writes them, for messages."""

from __future__ import annotations

from policy_lab.errors import clipped
from policy_lab.model import expression as ex
from policy_lab.model.expression import Expression
from policy_lab.model.functions import spelled
from policy_lab.model.walk import children

_BINDS = {"or": 1, "and": 2, "not": 3, "compare": 4, "+": 5, "-": 5, "*": 6, "/": 6, "negative": 7, "^": 8, "atom": 9}
_DEEPEST = 12


def written(node: Expression, length: int = 80) -> str:
    """Return an expression as text, with brackets where they are needed; a long one is cut short."""
    return clipped(_text(node, 0), length)


def _text(node: Expression, depth: int) -> str:
    if depth > _DEEPEST:  # what stands deeper is cut off anyway
        return "…"
    match node:
        case ex.Number(value):
            return f"{value:g}"
        case ex.Array(values):
            return ",".join(f"{value:g}" for value in values[:20])
        case ex.Reference(name, subscripts):
            return f"{name}[{','.join(subscripts)}]" if subscripts else name
        case ex.Held():
            return "the held value"
        case ex.Data() | ex.Lookup():
            return "a series" if isinstance(node, ex.Data) else "a table"
        case ex.Arithmetic(operator, first, second):
            power = operator == "^"  # the one that groups from the right
            left, right = _inner(first, node, depth, tighter=power), _inner(second, node, depth, tighter=not power)
            return f"{left}{operator}{f'({right})' if right.startswith('-') else right}"
        case ex.Compare(operator, first, second):
            return f"{_inner(first, node, depth)}{operator}{_inner(second, node, depth)}"
        case ex.Negative(argument):
            return f"-{_inner(argument, node, depth, tighter=True)}"
        case ex.Logic("not", arguments):
            return f":NOT: {_inner(arguments[0], node, depth)}"
        case ex.Logic(operator, arguments):
            return f" :{operator.upper()}: ".join(_inner(argument, node, depth) for argument in arguments)
        case ex.LookupCall(table, argument):
            name = _text(table, depth + 1) if isinstance(table, ex.Reference) else "WITH LOOKUP"
            return f"{name}({_text(argument, depth + 1)})"
        case _:
            inside = ",".join(_text(inner, depth + 1) for inner in children(node))
            return f"{_function(node)}({inside})"


def _function(node: Expression) -> str:
    if isinstance(node, ex.Call):
        return spelled(node.function)
    names = {ex.Stock: "INTEG", ex.DelayFixed: "DELAY FIXED", ex.SampleIfTrue: "SAMPLE IF TRUE"}
    return names.get(type(node), type(node).__name__.upper())


def _inner(node: Expression, outer: Expression, depth: int, tighter: bool = False) -> str:
    text = _text(node, depth + 1)
    loose = _strength(node) <= _strength(outer) if tighter else _strength(node) < _strength(outer)
    return f"({text})" if loose else text


def _strength(node: Expression) -> int:
    match node:
        case ex.Arithmetic(operator):
            return _BINDS[operator]
        case ex.Negative():
            return _BINDS["negative"]
        case ex.Compare():
            return _BINDS["compare"]
        case ex.Logic(operator):
            return _BINDS[operator]
        case ex.Number(value) if value < 0:
            return _BINDS["negative"]
        case _:
            return _BINDS["atom"]
