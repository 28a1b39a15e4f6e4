"""The two functions that share a supply among requests, where they stand in an equation."""

from __future__ import annotations

import math

from policy_lab.engine import ir
from policy_lab.engine.allocation import Claims, allocated
from policy_lab.engine.expressions import LoweringError, Place, find_variable, lower_expression
from policy_lab.engine.priorities import SHAPES, Profile, Requests, available
from policy_lab.engine.subscripts import Loop
from policy_lab.engine.vectors import moved
from policy_lab.engine.whole import Vector, read_with, symbol_of, vector_of
from policy_lab.model import expression as ex
from policy_lab.model.types import Kind, Variable

_PARTS = ("shape", "priority", "width", "fourth number")
_OTHER_SHAPES = {0.0: "fixed quantity", 5.0: "constant elasticity"}


def lower_by_priority(arguments: tuple[ex.Expression, ...], place: Place) -> ir.Node:
    """Return ALLOCATE BY PRIORITY(request, priority, size, width, supply) over the last subscript of the request."""
    request = vector_of(arguments[0], "ALLOCATE BY PRIORITY", place)
    priority = vector_of(arguments[1], "ALLOCATE BY PRIORITY", place)
    loop = request.loop
    if priority.loop != loop:
        raise LoweringError("the requests and the priorities of ALLOCATE BY PRIORITY have different last subscripts")
    axis = ir.Axis(f"· beside {loop.axis.name}", loop.axis.size)

    def keep(node: ir.Node, what: str) -> tuple[ir.Node, ir.Node]:
        here = symbol_of(node, what, place)
        return here, ir.Read(here.symbol, moved(here.index, loop.axis.name, axis))

    width, _ = keep(lower_expression(arguments[3], place), "width")
    supply, _ = keep(lower_expression(arguments[4], place), "supply")
    claims = Claims(request.here, priority.here, request.beside(axis), priority.beside(axis), axis, keep)
    return allocated(claims, width, supply)


def lower_available(arguments: tuple[ex.Expression, ...], place: Place) -> ir.Node:
    """Return ALLOCATE AVAILABLE(request, profile, supply) over the last subscript of the request.

    Raises
    ------
    LoweringError
        When the profile is not a variable over that subscript and one of four elements, or has a shape that is not
        one of :data:`policy_lab.engine.priorities.SHAPES`.
    """
    request = vector_of(arguments[0], "ALLOCATE AVAILABLE", place)
    profile, elements = _profile(arguments[1], request.loop, place)
    supply = lower_expression(arguments[2], place)
    axis = ir.Axis(f"· beside {request.loop.axis.name}", request.loop.axis.size)
    if any(request.loop.axis.name == part.axis for part in _loops_of(supply)):
        raise LoweringError("the supply of ALLOCATE AVAILABLE has the subscript that it is shared over")
    around = tuple(one for one in place.scope.axes() if one != request.loop.axis)
    where = tuple(ir.Along(one.name, tuple(range(one.size))) for one in around)

    def keep(node: ir.Node, what: str) -> ir.Node:
        shape = tuple(one.size for one in around)
        own = ir.Symbol(f"{place.variable.name} · {what}", shape, ir.Role.AUXILIARY, place.variable.name, place.line)
        name = place.draft.add(own).name
        place.draft.running.append(ir.Statement(name, around, where, node, place.line))
        return ir.Read(name, where)

    among = Requests(
        _of_element(request, None, profile, elements, place), _of_element(request, axis, profile, elements, place),
        axis, keep,
    )  # fmt: skip
    return available(among, keep(supply, "supply"), f"{place.variable.name} · price")


def _loops_of(node: ir.Node) -> list[ir.Along]:
    """Return the loops that the reads of a node follow."""
    return [part for read in ir.reads(node) for part in read.index if isinstance(part, ir.Along)]


def _profile(expression: ex.Expression, loop: Loop, place: Place) -> tuple[ex.Reference, tuple[str, ...]]:
    """Return the priority profile and its four elements; the equation names the first of them."""
    if isinstance(expression, ex.Reference) and len(expression.subscripts) > 1:
        variable = find_variable(place.model, expression.name)
        if variable is not None and len(variable.dimensions) == len(expression.subscripts):
            elements = place.model.subscripts[variable.dimensions[-1]]
            here = place.scope.loops.get(expression.subscripts[-2])
            if here == loop and len(elements) == len(_PARTS) and expression.subscripts[-1] == elements[0]:
                _check_shapes(variable, tuple(elements))
                return expression, tuple(elements)
    raise LoweringError(
        "the profile of ALLOCATE AVAILABLE must be a variable over the subscript of the requests and one of four "
        "elements: shape, priority, width and a fourth number",
        "Name its first element: `profile[who, ptype]`.",
    )


def _check_shapes(variable: Variable, elements: tuple[str, ...]) -> None:
    """Refuse other shapes where the file itself gives them as numbers."""
    shapes = ", ".join(f"{number} {name}" for number, name in SHAPES.items())
    for component in variable.components if variable.kind is Kind.CONSTANT else ():
        value, last = component.expression, component.subscripts[-1]
        numbers = value.values if isinstance(value, ex.Array) else (getattr(value, "value", math.nan),)
        if last in elements[1:]:
            continue
        for number in numbers if last == elements[0] else numbers[:: len(_PARTS)]:
            if number not in SHAPES:
                named = _OTHER_SHAPES.get(number, "integer amounts" if number >= 10 else "no shape of Vensim's")
                raise LoweringError(
                    f"`{variable.name}` gives the shape {number:g} ({named}) to ALLOCATE AVAILABLE",
                    f"The shapes {shapes} are computed.",
                )


def _of_element(
    request: Vector, axis: ir.Axis | None, profile: ex.Reference, elements: tuple[str, ...], place: Place
) -> Profile:
    """Return the request and its profile at this element, or at every turn of another axis."""
    parts = []
    for element in elements[:3]:
        named = ex.Reference(profile.name, (*profile.subscripts[:-1], element))
        if axis is None:
            parts.append(lower_expression(named, place))
        else:
            parts.append(read_with(named, {len(named.subscripts) - 2: (axis, request.loop)}, place))
    return Profile(request.here if axis is None else request.beside(axis), *parts)
