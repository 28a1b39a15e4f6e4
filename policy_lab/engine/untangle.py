"""Statements that need themselves through other elements, taken apart so that they can be ordered.

A recurrence along a range (``cohort[next] = cohort[previous] + 1``) is one statement that reads cells which it writes.
No element needs itself, so the statement is written out turn by turn and the turns are ordered like any others.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields, replace
from typing import Any, get_args

from policy_lab.engine import ir

MOST_TURNS = 20_000


def written_out(statement: ir.Statement, circle: Collection[str]) -> list[ir.Statement]:
    """Return a statement turn by turn, along the axes on which it reads the symbols of a circle at other places.

    Along all its axes where no single one shifts; the statement itself where it has none, or far too many turns.
    """
    target = {part.axis: part.positions for part in statement.index if isinstance(part, ir.Along)}
    shifted = {
        part.axis
        for read in ir.reads(statement.value)
        if read.symbol in circle
        for part in read.index
        if isinstance(part, ir.Along) and part.axis in target and part.positions != target[part.axis]
    }
    axes = [axis for axis in statement.axes if not shifted or axis.name in shifted]
    turns: list[dict[str, int]] = [{}]
    for axis in axes:
        turns = [{**turn, axis.name: place} for turn in turns for place in range(axis.size)]
        if len(turns) > MOST_TURNS:
            return [statement]
    kept = tuple(axis for axis in statement.axes if axis not in axes)
    return [
        replace(statement, axes=kept, index=_settled(statement.index, turn), value=_value(statement.value, turn))
        for turn in turns
    ]


def _settled(index: ir.Index, turn: Mapping[str, int]) -> ir.Index:
    return tuple(
        ir.Fixed(part.positions[turn[part.axis]]) if isinstance(part, ir.Along) and part.axis in turn else part
        for part in index
    )


def _value(node: ir.Node, turn: Mapping[str, int]) -> ir.Node:
    """Return an expression at one turn; whatever kinds of node there are, what they hold below them is followed."""
    inner: dict[str, Any] = {}
    for field in fields(node):
        held = getattr(node, field.name)
        if field.name == "index":
            inner["index"] = _settled(held, turn)
        elif isinstance(held, get_args(ir.Node)):
            inner[field.name] = _value(held, turn)
        elif field.name == "arguments":
            inner["arguments"] = tuple(_value(argument, turn) for argument in held)
    return replace(node, **inner) if inner else node
