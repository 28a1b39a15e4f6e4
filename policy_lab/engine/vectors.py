"""Functions of whole vectors and matrices, written in the nodes that every backend knows.

Sorting counts, for each element, how many come before it; equal elements keep their order where the smallest comes
first, and turn it where the largest does, as in PySD. A matrix is inverted by Gauss and Jordan's elimination, in each
step with the largest pivot of its column.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from policy_lab.engine import ir
from policy_lab.model import expression as ex
from policy_lab.model.types import Kind, Model

LARGEST_MATRIX = 32


def apply(function: str, *arguments: ir.Node) -> ir.Node:
    """Return a function applied to nodes."""
    return ir.Apply(function, arguments)


def earlier(first: ir.Node, first_place: ir.Node, second: ir.Node, second_place: ir.Node, rising: ir.Node) -> ir.Node:
    """Return whether the second of two elements comes before the first."""
    same = apply("eq", second, first)
    up = apply("or", apply("lt", second, first), apply("and", same, apply("lt", second_place, first_place)))
    down = apply("or", apply("gt", second, first), apply("and", same, apply("gt", second_place, first_place)))
    return apply("select", rising, up, down)


def selected(
    action: int, error: int, chosen: ir.Node, value: ir.Node, missing: ir.Node, over: Sequence[ir.Axis]
) -> ir.Node:
    """Return VECTOR SELECT; where its error action would stop a run, the value is NaN."""
    axes = tuple(over)
    weighted = apply("mul", chosen, value) if action < 5 else apply("pow", value, chosen) if action == 5 else value
    fold = {0: "sum", 6: "sum", 4: "sum", 10: "sum", 2: "min", 8: "min", 3: "max", 9: "max"}.get(action, "prod")
    empty = {"sum": 0.0, "prod": 1.0, "min": math.inf, "max": -math.inf}[fold]
    counted = ir.Fold("sum", axes, apply("ne", chosen, ir.Number(0.0)))
    result: ir.Node = ir.Fold(
        fold, axes, apply("select", apply("ne", chosen, ir.Number(0.0)), weighted, ir.Number(empty))
    )
    if action in (4, 10):
        result = apply("div", result, counted)
    none = apply("eq", counted, ir.Number(0.0))
    result = apply("select", none, ir.Number(math.nan) if error in (1, 3) else missing, result)
    if error in (2, 3):
        result = apply("select", apply("gt", counted, ir.Number(1.0)), ir.Number(math.nan), result)
    return result


def known_number(expression: ex.Expression, model: Model) -> tuple[float, str] | None:
    """Return a number that is fixed when a model is read, and the constant that gives it where one does."""
    if isinstance(expression, ex.Number):
        return expression.value, ""
    if isinstance(expression, ex.Reference) and not expression.subscripts and expression.name in model.variables:
        variable = model.variables[expression.name]
        if variable.kind is Kind.CONSTANT and not variable.dimensions:
            value = variable.components[0].expression
            if isinstance(value, ex.Number):
                return value.value, variable.name
    return None


def moved(index: ir.Index, axis: str, to: ir.Axis) -> ir.Index:
    """Return an index that follows another loop where it followed ``axis``."""
    return tuple(
        ir.Along(to.name, part.positions) if isinstance(part, ir.Along) and part.axis == axis else part
        for part in index
    )


@dataclass(frozen=True)
class Elimination:
    """Where a matrix stands while it is inverted: the loops around it, its row and column loops, and its size."""

    around: tuple[ir.Axis, ...]
    row: ir.Axis
    size: int
    new: Callable[[str, tuple[int, ...]], str]
    write: Callable[[ir.Statement], None]
    line: int

    def along(self, axis: ir.Axis) -> ir.Along:
        """Return every element of a loop."""
        return ir.Along(axis.name, tuple(range(axis.size)))

    def outside(self) -> ir.Index:
        """Return the index over the loops around the matrix."""
        return tuple(self.along(axis) for axis in self.around)


def eliminated(matrix: str, at: Elimination) -> str:
    """Add the steps that turn ``matrix``, of size columns and as many of the unit matrix, into unit and inverse.

    Returns the name of the symbol that holds them in the end.
    """
    size = at.size
    columns = ir.Axis("· column", 2 * size)
    places = at.new("places", (size,))  # 0, 1, 2 …
    for step in range(size):
        matrix = _step(matrix, step, at, places, columns)
    return matrix


def _step(matrix: str, step: int, at: Elimination, places: str, columns: ir.Axis) -> str:
    """Add one step of the elimination: find the pivot, divide its row, and take it from every other row."""
    inner, other = ir.Axis("· inner", at.size), ir.Axis("· other", at.size)
    outside, row, column = at.outside(), at.along(at.row), at.along(columns)
    shape = tuple(axis.size for axis in at.around)
    pivot = at.new(f"pivot {step + 1}", shape)
    pivot_row = at.new(f"pivot row {step + 1}", (*shape, columns.size))
    following = at.new(f"matrix {step + 1}", (*shape, at.size, columns.size))
    here = ir.Number(float(step))

    def number(axis: ir.Axis) -> ir.Node:
        return ir.Read(places, (at.along(axis),))

    def cell(line: ir.Fixed | ir.Along, where: ir.Fixed | ir.Along) -> ir.Node:
        return ir.Read(matrix, (*outside, line, where))

    def size_below(axis: ir.Axis) -> ir.Node:
        entry = apply("abs", cell(at.along(axis), ir.Fixed(step)))
        return apply("select", apply("ge", number(axis), here), entry, ir.Number(-1.0))

    def of_pivot(where: ir.Fixed | ir.Along) -> ir.Node:
        chosen = apply("eq", number(inner), ir.Read(pivot, outside))
        return ir.Fold("sum", (inner,), apply("select", chosen, cell(at.along(inner), where), ir.Number(0.0)))

    def swapped(where: ir.Fixed | ir.Along) -> ir.Node:
        is_pivot = apply("eq", number(at.row), ir.Read(pivot, outside))
        return apply("select", is_pivot, cell(ir.Fixed(step), where), cell(row, where))

    largest = ir.Fold("max", (inner,), size_below(inner))
    candidate = apply("select", apply("eq", size_below(other), largest), number(other), ir.Number(math.inf))
    at.write(ir.Statement(pivot, at.around, outside, ir.Fold("min", (other,), candidate), at.line))
    divided = apply("div", of_pivot(column), of_pivot(ir.Fixed(step)))
    at.write(ir.Statement(pivot_row, (*at.around, columns), (*outside, column), divided, at.line))
    scaled = ir.Read(pivot_row, (*outside, column))
    reduced = apply("sub", swapped(column), apply("mul", swapped(ir.Fixed(step)), scaled))
    value = apply("select", apply("eq", number(at.row), here), scaled, reduced)
    at.write(ir.Statement(following, (*at.around, at.row, columns), (*outside, row, column), value, at.line))
    return following
