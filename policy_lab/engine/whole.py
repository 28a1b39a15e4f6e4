"""The vector that a function of whole vectors takes: here, and at every turn of a second loop beside this one.

A vector may be any expression, as long as it runs over the last subscript of the left-hand side; what is not a plain
variable gets a symbol of its own. Inside a reduction, the loops of the reduction count as part of the left-hand side.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from policy_lab.engine import ir
from policy_lab.engine.expressions import LoweringError, Place, lower_expression
from policy_lab.engine.subscripts import Box, Loop
from policy_lab.engine.vectors import moved
from policy_lab.model import expression as ex
from policy_lab.model.walk import references


@dataclass(frozen=True)
class Vector:
    """A vector over ``loop``: its value at this element, and by ``beside`` that at every turn of another axis."""

    loop: Loop
    here: ir.Node
    beside: Callable[[ir.Axis], ir.Node]


def spread_out(place: Place) -> Place:
    """Return a place whose left-hand side runs over the reductions around it too, so that symbols can stand there."""
    scope = place.scope
    if not scope.folded:
        return place
    fresh = {name: loop for name, loop in scope.folded.items() if name not in scope.loops}  # not yet, when nested
    box = Box((*scope.box.elements, *(loop.elements for loop in fresh.values())))
    return replace(place, scope=replace(scope, loops={**scope.loops, **fresh}, box=box))


def vector_of(expression: ex.Expression, shown: str, place: Place) -> Vector:
    """Return an argument as a vector over the last subscript of the left-hand side.

    Raises
    ------
    LoweringError
        When it does not run over that subscript, or the equation covers a part of it only.
    """
    if isinstance(expression, ex.Reference) and expression.subscripts:
        key = expression.subscripts[-1]
        if key in place.scope.loops:
            loop = _whole_loop(key, shown, place)
            return Vector(loop, lower_expression(expression, place), _read_beside(expression, loop, place))
    else:
        named = {subscript for one in references(expression) for subscript in one.subscripts}
        keys = [key for key in place.scope.loops if key in named]
        if keys:
            return _computed(expression, _whole_loop(keys[-1], shown, place), place)
    raise LoweringError(
        f"{shown} needs a vector whose last subscript stands on the left-hand side too",
        "Give the vector a variable of its own.",
    )


def _whole_loop(key: str, shown: str, place: Place) -> Loop:
    loop = place.scope.loops[key]
    if loop.axis.size != len(place.model.subscripts[key.removesuffix("!")]):
        raise LoweringError(f"{shown} stands in an equation with `:EXCEPT:`")
    return loop


def _read_beside(reference: ex.Reference, loop: Loop, place: Place) -> Callable[[ir.Axis], ir.Node]:
    def read(axis: ir.Axis) -> ir.Node:
        return read_with(reference, {len(reference.subscripts) - 1: (axis, loop)}, place)

    return read


def read_with(reference: ex.Reference, moves: dict[int, tuple[ir.Axis, Loop]], place: Place) -> ir.Node:
    """Read a reference with other loops in some of its positions."""
    subscripts = list(reference.subscripts)
    loops = {}
    for position, (axis, loop) in moves.items():
        subscripts[position] = f"{subscripts[position]}!!"
        loops[subscripts[position]] = Loop(axis, loop.elements)
    inner = replace(place, scope=place.scope.inside(loops))
    return lower_expression(replace(reference, subscripts=tuple(subscripts)), inner)


def _computed(expression: ex.Expression, loop: Loop, place: Place) -> Vector:
    here = symbol_of(lower_expression(expression, place), "vector", place)
    return Vector(loop, here, lambda axis: ir.Read(here.symbol, moved(here.index, loop.axis.name, axis)))


def symbol_of(node: ir.Node, what: str, place: Place) -> ir.Read:
    """Give a value of every element of the left-hand side a symbol, and return its read at this one."""
    symbol = place.hidden(what, ir.Role.AUXILIARY)
    place.draft.running.append(place.statement(symbol.name, place.here(), node))
    return ir.Read(symbol.name, place.here())
