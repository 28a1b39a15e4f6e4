"""Functions of whole vectors and matrices where they stand in an equation."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

from policy_lab.engine import ir
from policy_lab.engine.allocation_calls import lower_available, lower_by_priority
from policy_lab.engine.expressions import (
    LoweringError,
    Place,
    constant_symbol,
    lower_expression,
    reduced_place,
)
from policy_lab.engine.functions import ARRAY_CALLS
from policy_lab.engine.subscripts import Loop
from policy_lab.engine.vectors import (
    LARGEST_MATRIX,
    Elimination,
    apply,
    earlier,
    eliminated,
    known_number,
    moved,
    selected,
)
from policy_lab.engine.whole import spread_out, symbol_of, vector_of
from policy_lab.model import expression as ex
from policy_lab.model.walk import references


def lower_array_call(function: str, arguments: tuple[ex.Expression, ...], place: Place) -> ir.Node:
    """Return the IR of a function of :data:`ARRAY_CALLS`.

    Raises
    ------
    LoweringError
        When its arguments are not of the form that it is defined for.
    """
    shown = function.replace("_", " ").upper()
    if len(arguments) != ARRAY_CALLS[function]:
        raise LoweringError(f"{shown} takes {ARRAY_CALLS[function]} arguments, {len(arguments)} given")
    if function == "get_time_value":
        return _time_value(arguments, place)
    if function == "vector_select":
        return _select(arguments, place)
    place = spread_out(place)
    if function in _WHOLE:
        return _WHOLE[function](arguments, place)
    rank, loop = _rank(arguments, shown, place)
    return rank if function == "vector_rank" else _order(rank, loop, place)


def _fixed(expression: ex.Expression, what: str, place: Place) -> int:
    """Return a number that fixes the shape of the program, and remember the constant that gives it."""
    found = known_number(expression, place.model)
    if found is None or not found[0].is_integer():
        raise LoweringError(f"{what} must be a whole number", "Write it as a number or a constant.")
    if found[1]:
        place.draft.structural.add(found[1])
    return int(found[0])


def _time_value(arguments: tuple[ex.Expression, ...], place: Place) -> ir.Node:
    relative, measure = (_fixed(arguments[at], "the first and the last argument of GET TIME VALUE", place)
                         for at in (0, 2))  # fmt: skip
    if (relative, measure) != (0, 0):
        raise LoweringError(
            f"GET TIME VALUE({relative}, …, {measure}) reads a calendar or the clock of the computer",
            "Only GET TIME VALUE(0, offset, 0), the time of the model, is supported.",
        )
    return apply("add", ir.Clock("time"), lower_expression(arguments[1], place))


def _select(arguments: tuple[ex.Expression, ...], place: Place) -> ir.Node:
    action = _fixed(arguments[3], "the numerical action of VECTOR SELECT", place)
    error = _fixed(arguments[4], "the error action of VECTOR SELECT", place)
    if not 0 <= action <= 10 or not 0 <= error <= 3:
        raise LoweringError("VECTOR SELECT knows the numerical actions 0 to 10 and the error actions 0 to 3")
    inner, axes = reduced_place(arguments[:2], "VECTOR SELECT", place)
    chosen, value = (lower_expression(one, inner) for one in arguments[:2])
    return selected(action, error, chosen, value, lower_expression(arguments[2], place), axes)


def _place_of(axis: ir.Axis, place: Place) -> ir.Node:
    """Return the place of each turn of a loop, counted from 0."""
    places = tuple(range(axis.size))
    return constant_symbol(tuple(map(float, places)), (axis.size,), (ir.Along(axis.name, places),), place)


def _rank(arguments: tuple[ex.Expression, ...], shown: str, place: Place) -> tuple[ir.Read, Loop]:
    """Count the elements that come before each, into a symbol of its own; the first has rank 1."""
    vector = vector_of(arguments[0], shown, place)
    rising = apply("gt", lower_expression(arguments[1], place), ir.Number(0.0))
    loop = vector.loop
    axis = ir.Axis(f"· beside {loop.axis.name}", loop.axis.size)
    before = earlier(vector.here, _place_of(loop.axis, place), vector.beside(axis), _place_of(axis, place), rising)
    return symbol_of(apply("add", ir.Number(1.0), ir.Fold("sum", (axis,), before)), "rank", place), loop


def _order(rank: ir.Read, loop: Loop, place: Place) -> ir.Node:
    """Return the place, counted from 0, of the element that stands at each place of the sorted vector."""
    axis = ir.Axis(f"· sorted {loop.axis.name}", loop.axis.size)
    theirs = ir.Read(rank.symbol, moved(rank.index, loop.axis.name, axis))
    wanted = apply("add", _place_of(loop.axis, place), ir.Number(1.0))
    own = apply("select", apply("eq", theirs, wanted), _place_of(axis, place), ir.Number(0.0))
    return ir.Fold("sum", (axis,), own)


def _reorder(arguments: tuple[ex.Expression, ...], place: Place) -> ir.Node:
    """Return the vector at the places that the second one gives; a place outside it has no value."""
    vector = vector_of(arguments[0], "VECTOR REORDER", place)
    axis = ir.Axis(f"· sorted {vector.loop.axis.name}", vector.loop.axis.size)
    wanted = symbol_of(apply("trunc", lower_expression(arguments[1], place)), "place", place)
    return _element(wanted, vector.beside(axis), axis, place)


def _element(wanted: ir.Node, value: ir.Node, axis: ir.Axis, place: Place) -> ir.Node:
    """Return the value at a place of an axis, counted from 0; a place outside it has no value."""
    here = apply("eq", _place_of(axis, place), wanted)
    found = ir.Fold("sum", (axis,), apply("select", here, value, ir.Number(0.0)))
    last = ir.Number(float(axis.size - 1))
    inside = apply("and", apply("ge", wanted, ir.Number(0.0)), apply("le", wanted, last))
    return apply("select", inside, found, ir.Number(math.nan))


def _is_square(matrix: ex.Expression, sides: list[str]) -> bool:
    """Tell whether a matrix runs over the last two subscripts of the left-hand side, and in their order."""
    if isinstance(matrix, ex.Reference):
        return list(matrix.subscripts[-2:]) == sides
    return {*sides} <= {subscript for one in references(matrix) for subscript in one.subscripts}


def _inverse(arguments: tuple[ex.Expression, ...], place: Place) -> ir.Node:
    """Add the elimination that inverts a matrix over the last two subscripts, and return its right half."""
    vector = vector_of(arguments[0], "INVERT MATRIX", place)
    matrix, columns = vector.here, vector.loop
    axes = place.scope.axes()
    size = columns.axis.size
    if len(axes) < 2 or axes[-2].size != size or not _is_square(arguments[0], [*place.scope.loops][-2:]):
        raise LoweringError("INVERT MATRIX needs a square matrix over the last two subscripts of the left-hand side")
    if size > LARGEST_MATRIX:
        raise LoweringError(f"INVERT MATRIX of {size} rows; at most {LARGEST_MATRIX} are inverted")
    around, row = axes[:-2], axes[-2]

    def new(what: str, shape: tuple[int, ...]) -> str:
        if what == "places":
            every = tuple(map(float, range(size)))
            return constant_symbol(every, shape, (ir.Along(row.name, tuple(range(size))),), place).symbol
        symbol = ir.Symbol(f"{place.variable.name} · {what}", shape, ir.Role.AUXILIARY, place.variable.name, place.line)
        return place.draft.add(symbol).name

    at = Elimination(around, row, size, new, place.draft.running.append, place.line)
    first = new("matrix", (*(axis.size for axis in around), size, 2 * size))
    left = (*at.outside(), at.along(row), ir.Along(columns.axis.name, tuple(range(size))))
    right = (*at.outside(), at.along(row), ir.Along(columns.axis.name, tuple(range(size, 2 * size))))
    place.draft.running.append(ir.Statement(first, axes, left, matrix, place.line))
    unit = apply("eq", _place_of(row, place), _place_of(columns.axis, place))
    place.draft.running.append(ir.Statement(first, axes, right, unit, place.line))
    return ir.Read(eliminated(first, at), right)


_WHOLE: Mapping[str, Callable[[tuple[ex.Expression, ...], Place], ir.Node]] = MappingProxyType(
    {
        "invert_matrix": _inverse,
        "vector_reorder": _reorder,
        "allocate_by_priority": lower_by_priority,
        "allocate_available": lower_available,
    }
)
