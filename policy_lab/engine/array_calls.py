"""Functions of whole vectors and matrices where they stand in an equation."""

from __future__ import annotations

import math
from dataclasses import replace

from policy_lab.engine import ir
from policy_lab.engine.allocation import Claims, allocated
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
    with_last,
)
from policy_lab.model import expression as ex


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
    if place.scope.folded:
        raise LoweringError(f"{shown} stands inside a reduction", "Give it its own variable.")
    if function == "invert_matrix":
        return _inverse(arguments, place)
    if function == "vector_reorder":
        return _reorder(arguments, place)
    if function == "allocate_by_priority":
        return _allocation(arguments, place)
    rank = _rank(arguments, shown, place)
    return rank if function == "vector_rank" else _order(arguments, rank, place)


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


def _vector(expression: ex.Expression, shown: str, place: Place) -> tuple[ex.Reference, Loop]:
    """Return a vector and the loop of the left-hand side over its last subscript."""
    if isinstance(expression, ex.Reference) and expression.subscripts:
        loop = place.scope.loops.get(expression.subscripts[-1])
        if loop is not None:
            if loop.axis.size != len(place.model.subscripts[expression.subscripts[-1]]):
                raise LoweringError(f"{shown} stands in an equation with `:EXCEPT:`")
            return expression, loop
    raise LoweringError(
        f"{shown} needs a variable whose last subscript stands on the left-hand side too",
        "Give the vector a variable of its own.",
    )


def _at(reference: ex.Reference, loop: Loop, axis: ir.Axis, place: Place) -> ir.Node:
    """Return a vector read at every turn of a second loop over its last subscript."""
    subscript = f"{reference.subscripts[-1]}!"
    second = replace(place, scope=place.scope.inside({subscript: Loop(axis, loop.elements)}))
    return lower_expression(with_last(reference, subscript), second)


def _place_of(axis: ir.Axis, place: Place) -> ir.Node:
    """Return the place of each turn of a loop, counted from 0."""
    places = tuple(range(axis.size))
    return constant_symbol(tuple(map(float, places)), (axis.size,), (ir.Along(axis.name, places),), place)


def _rank(arguments: tuple[ex.Expression, ...], shown: str, place: Place) -> ir.Node:
    """Count the elements that come before each, into a symbol of its own; the first has rank 1."""
    vector, loop = _vector(arguments[0], shown, place)
    rising = apply("gt", lower_expression(arguments[1], place), ir.Number(0.0))
    axis = ir.Axis(f"· beside {loop.axis.name}", loop.axis.size)
    before = earlier(
        lower_expression(vector, place), _place_of(loop.axis, place),
        _at(vector, loop, axis, place), _place_of(axis, place), rising,
    )  # fmt: skip
    count = apply("add", ir.Number(1.0), ir.Fold("sum", (axis,), before))
    symbol = place.hidden("rank", ir.Role.AUXILIARY)
    place.draft.running.append(place.statement(symbol.name, place.here(), count))
    return ir.Read(symbol.name, place.here())


def _order(arguments: tuple[ex.Expression, ...], rank: ir.Node, place: Place) -> ir.Node:
    """Return the place, counted from 0, of the element that stands at each place of the sorted vector."""
    _, loop = _vector(arguments[0], "VECTOR SORT ORDER", place)
    if not isinstance(rank, ir.Read):
        raise AssertionError(rank)
    axis = ir.Axis(f"· sorted {loop.axis.name}", loop.axis.size)
    theirs = ir.Read(rank.symbol, moved(rank.index, loop.axis.name, axis))
    wanted = apply("add", _place_of(loop.axis, place), ir.Number(1.0))
    own = apply("select", apply("eq", theirs, wanted), _place_of(axis, place), ir.Number(0.0))
    return ir.Fold("sum", (axis,), own)


def _reorder(arguments: tuple[ex.Expression, ...], place: Place) -> ir.Node:
    """Return the vector at the places that the second one gives; a place outside it has no value."""
    vector, loop = _vector(arguments[0], "VECTOR REORDER", place)
    axis = ir.Axis(f"· sorted {loop.axis.name}", loop.axis.size)
    wanted = apply("trunc", lower_expression(arguments[1], place))
    here = apply("eq", _place_of(axis, place), wanted)
    found = ir.Fold("sum", (axis,), apply("select", here, _at(vector, loop, axis, place), ir.Number(0.0)))
    last = ir.Number(float(axis.size - 1))
    inside = apply("and", apply("ge", wanted, ir.Number(0.0)), apply("le", wanted, last))
    return apply("select", inside, found, ir.Number(math.nan))


def _allocation(arguments: tuple[ex.Expression, ...], place: Place) -> ir.Node:
    """Return ALLOCATE BY PRIORITY(request, priority, size, width, supply) over the last subscript of the request."""
    request, loop = _vector(arguments[0], "ALLOCATE BY PRIORITY", place)
    priority, same = _vector(arguments[1], "ALLOCATE BY PRIORITY", place)
    if same != loop:
        raise LoweringError("the requests and the priorities of ALLOCATE BY PRIORITY have different last subscripts")
    axis = ir.Axis(f"· beside {loop.axis.name}", loop.axis.size)

    def keep(node: ir.Node, what: str) -> tuple[ir.Node, ir.Node]:
        symbol = place.hidden(what, ir.Role.AUXILIARY)
        place.draft.running.append(place.statement(symbol.name, place.here(), node))
        here = ir.Read(symbol.name, place.here())
        return here, ir.Read(symbol.name, moved(here.index, loop.axis.name, axis))

    width, _ = keep(lower_expression(arguments[3], place), "width")
    supply, _ = keep(lower_expression(arguments[4], place), "supply")
    claims = Claims(
        lower_expression(request, place), lower_expression(priority, place),
        _at(request, loop, axis, place), _at(priority, loop, axis, place), axis, keep,
    )  # fmt: skip
    return allocated(claims, width, supply)


def _inverse(arguments: tuple[ex.Expression, ...], place: Place) -> ir.Node:
    """Add the elimination that inverts a matrix over the last two subscripts, and return its right half."""
    matrix, columns = _vector(arguments[0], "INVERT MATRIX", place)
    axes = place.scope.axes()
    size = columns.axis.size
    written = [name for name in place.scope.written if name in place.scope.loops]
    if len(axes) < 2 or list(matrix.subscripts[-2:]) != written[-2:] or axes[-2].size != size:
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
    place.draft.running.append(ir.Statement(first, axes, left, lower_expression(matrix, place), place.line))
    unit = apply("eq", _place_of(row, place), _place_of(columns.axis, place))
    place.draft.running.append(ir.Statement(first, axes, right, unit, place.line))
    return ir.Read(eliminated(first, at), right)
