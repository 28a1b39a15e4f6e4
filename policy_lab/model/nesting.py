"""Deeply nested brackets, parsed in layers, so that no file can exhaust the parser's stack.

PySD's grammar needs some twenty Python frames for one level of brackets. Instead of raising the interpreter's limit for
everyone, an expression is cut at every `DEPTH` levels: a bracket or argument there that holds further brackets is
parsed by itself, and a placeholder name stands in its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any

from pysd.translators.structures import abstract_expressions as ae

from policy_lab.model.chains import chain_depth
from policy_lab.model.guarded import EquationError

DEPTH = 8
DEEPEST_TREE = 200

_HOLE = "hole_of_the_reader_"
_FILLED = re.compile(rf"{_HOLE}(\d+)\Z")
_NUMBER = r"\s*[+-]?[\d.eE+-]+\s*"
_POINT = rf"\s*\({_NUMBER},{_NUMBER}\)\s*"
_POINTS = re.compile(rf"(?:{_POINT}|\s*\(\s*(?:\[[^\]]*\]\s*,)?{_POINT}(?:,?{_POINT})*\))\s*\Z")


def parse_nested(text: str, parse: Callable[[str], tuple[Any, list[str]]]) -> tuple[Any, list[str]]:
    """Parse ``text`` with ``parse``, however deep its brackets are nested.

    Raises
    ------
    EquationError
        When the brackets do not balance, or the tree is deeper than `DEEPEST_TREE` once redundant brackets are gone.
    """
    parsed: list[Any] = []
    notes: list[str] = []
    for layer in cut(text):
        tree, found = parse(layer)
        parsed.append(_fill(tree, parsed))
        notes += found
    check_depth(parsed[-1])
    return parsed[-1], notes


def cut(text: str) -> list[str]:
    """Cut an expression into layers, inner ones first; layer k stands as a placeholder name in a later one."""
    finished: list[str] = []
    layers: list[tuple[list[str], int]] = []
    pieces, depth = [], 0
    at = 0
    while at < len(text):
        end = _opaque_end(text, at)
        part = text[at:end]
        at = end
        if part == "(":
            pieces.append(part)
            depth += 1
            if depth == DEPTH:
                layers.append((pieces, depth))
                pieces, depth = [], 0
        elif part == "," and depth == 0 and layers:
            layers[-1][0].extend((_held(pieces, finished), ","))
            pieces = []
        elif part == ")" and depth == 0:
            if not layers:
                raise EquationError("the brackets do not balance: a `)` too many")
            inner = _held(pieces, finished)
            pieces, depth = layers.pop()
            pieces.extend((inner, ")"))
            depth -= 1
        else:
            depth -= part == ")"
            pieces.append(part)
    if layers or depth:
        raise EquationError("the brackets do not balance: a `)` is missing")
    return [*finished, "".join(pieces)]


def _opaque_end(text: str, at: int) -> int:
    """Return where the next part ends: one sign, or a whole quoted name, quoted text or subscript list."""
    sign = text[at]
    if sign == '"':
        end = at + 1
        while end < len(text) and (text[end] != '"' or text[end - 1] == "\\"):
            end += 1
        return min(end + 1, len(text))
    opens_text = sign == "'" and text[:at].rstrip()[-1:] in ("(", ",")
    closing = {"[": "]", "'": "'"}.get(sign) if sign == "[" or opens_text else None
    end = text.find(closing, at + 1) if closing else -1
    return end + 1 if end > 0 else at + 1


def _held(pieces: list[str], finished: list[str]) -> str:
    """Return a piece as it stands where it is flat, else put it away and return its placeholder."""
    text = "".join(pieces)
    if "(" not in text or _POINTS.match(text):
        return text
    finished.append(text)
    return f" {_HOLE}{len(finished) - 1} "


def _fill(tree: Any, parsed: list[Any]) -> Any:
    """Put the parsed layers where their placeholders stand; everything else stays the object that it was."""
    if isinstance(tree, ae.ReferenceStructure):
        hole = _FILLED.match(tree.reference)
        if hole is None or int(hole.group(1)) >= len(parsed):
            return tree
        held = parsed[int(hole.group(1))]
        negative = isinstance(held, (int, float)) and held < 0
        return ae.ArithmeticStructure(["negative"], [-held]) if negative else held
    if isinstance(tree, (list, tuple)):
        return type(tree)(_fill(item, parsed) for item in tree)
    if is_dataclass(tree) and not isinstance(tree, (type, ae.LookupsStructure, ae.SubscriptsReferenceStructure)):
        for field in fields(tree):
            setattr(tree, field.name, _fill(getattr(tree, field.name), parsed))
    return tree


def check_depth(tree: Any) -> None:
    """Refuse a tree that no engine would follow without exhausting its stack; long chains are taken in groups."""
    queue: list[tuple[Any, int]] = [(tree, 1)]
    while queue:
        node, depth = queue.pop()
        if depth > DEEPEST_TREE:
            raise EquationError(f"too deeply nested: more than {DEEPEST_TREE} operations inside one another")
        if isinstance(node, (ae.ArithmeticStructure, ae.LogicStructure)):
            powers = "^" in node.operators
            depth += len(node.arguments) - 1 if powers else chain_depth(len(node.arguments))
            queue += [(argument, depth) for argument in node.arguments]
        elif isinstance(node, (list, tuple)):
            queue += [(item, depth) for item in node]
        elif is_dataclass(node) and not isinstance(node, (type, ae.LookupsStructure, ae.ReferenceStructure)):
            queue += [(getattr(node, field.name), depth + 1) for field in fields(node)]
