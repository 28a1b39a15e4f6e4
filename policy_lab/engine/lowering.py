"""A model's equations lowered to an ordered program."""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np

from policy_lab.engine import ir
from policy_lab.engine.data import followed, read_from_file, table_of
from policy_lab.engine.evaluate import Array, Clocks, computation, gather
from policy_lab.engine.expressions import (
    Draft,
    LoweringError,
    Place,
    free_table_name,
    lower_expression,
    lower_table,
    places,
)
from policy_lab.engine.lowered import Lowered
from policy_lab.engine.memory import declare_stock, lower_stateful, lower_stock
from policy_lab.engine.ordering import CircularError, order_statements
from policy_lab.engine.subscripts import SubscriptError, target_index, undefined_boxes
from policy_lab.errors import InputError, Problem
from policy_lab.model import expression as ex
from policy_lab.model.types import Kind, Model, Variable


def lower(model: Model, *, free: Collection[str] = (), series: Collection[str] = ()) -> Lowered:
    """Lower a model.

    Parameters
    ----------
    free
        Variables whose equations are left out: each becomes an input.
    series
        Constants, auxiliaries or data whose values are given over time; data that a file beside the model gives are
        too, unless told otherwise.

    Raises
    ------
    InputError
        With every equation that the engine cannot compute exactly, by name and line.
    """
    series = [*series, *(name for name, one in followed(model).items() if one.values and name not in series)]
    constants = [v for v in model.variables.values() if v.kind is Kind.CONSTANT and v.name not in {*free, *series}]
    given: dict[str, ir.Symbol] = {}
    for role, names in ((ir.Role.INPUT, [*(v.name for v in constants), *free]), (ir.Role.SERIES, [*series])):
        for name in names:
            variable = model.variables[name]
            shape = tuple(len(model.subscripts[dimension]) for dimension in variable.dimensions)
            given[name] = ir.Symbol(name, shape, role, name, variable.line, variable.dimensions, variable.unit)
    replaced = [model.variables[name] for name in series if model.variables[name].kind is Kind.CONSTANT]
    defaults = _defaults(model, [*constants, *replaced])
    draft = lower_equations(model, {*given})
    symbols = {**given, **draft.symbols}
    try:
        orders = order_statements(draft, symbols)
    except CircularError as error:
        raise InputError(Problem(what=str(error), file=model.path, line=error.line or None)) from None
    program = ir.Program(
        symbols=symbols,
        tables=draft.tables,
        table_shapes=draft.table_shapes,
        literals=draft.literals,
        states=tuple(sorted(draft.states, key=lambda state: state.kind)),
        start=orders.start,
        constants=orders.constants,
        dynamic=orders.dynamic,
        observed=orders.observed,
        timing=orders.timing,
    )
    return Lowered(program, defaults, frozenset(draft.structural))


def _defaults(model: Model, constants: Collection[Variable]) -> dict[str, Array]:
    """Return the value that the file gives to each constant, over its dimensions; elements without one are NaN."""
    defaults: dict[str, Array] = {}
    problems: list[Problem] = []
    for variable in constants:
        try:
            defaults[variable.name] = _constant_value(model, variable)
        except (LoweringError, SubscriptError) as error:
            problems.append(problem_of(error, model, variable, variable.line))
    if problems:
        raise InputError(*problems)
    return defaults


def _constant_value(model: Model, variable: Variable) -> Array:
    draft = Draft()
    value = np.full([len(model.subscripts[dimension]) for dimension in variable.dimensions], np.nan)
    for place, expression in places(model, draft, variable, lower_stateful):
        node = lower_expression(expression, place)
        if any(isinstance(part, ir.Clock) for part in ir.walk(node)) or draft.states:
            raise LoweringError("a constant whose value depends on time")
        environment = {
            name: np.array(numbers).reshape((*draft.symbols[name].shape, 1)) for name, numbers in draft.literals.items()
        }
        if any(read.symbol not in environment for read in ir.reads(node)):
            raise LoweringError("a constant whose value depends on other variables")
        axes = place.scope.axes()
        with np.errstate(all="ignore"):
            numbers = computation(node, axes, draft.tables, draft.table_shapes)(environment, Clocks(*[np.nan] * 6))
        where = gather(target_index(model, variable, place.scope), axes)
        shape = tuple(axis.size for axis in axes)
        value[where] = np.broadcast_to(numbers, (*shape, 1))[..., 0]
    return value


def problem_of(error: Exception, model: Model, variable: Variable, line: int) -> Problem:
    """Return a lowering error as a problem with its place."""
    return Problem(
        what=str(error),
        file=model.path,
        line=line or variable.line or None,
        variable=variable.name,
        remedy=getattr(error, "remedy", ""),
        nearest=getattr(error, "nearest", ()),
    )


def lower_table_variable(model: Model, draft: Draft, variable: Variable) -> None:
    """Add the tables of a lookup variable, one an element."""
    shape = tuple(len(model.subscripts[dimension]) for dimension in variable.dimensions)
    count = 1
    for size in shape:
        count *= size
    tables: list[ir.Table | None] = [None] * count
    for place, expression in places(model, draft, variable, lower_stateful):
        if not isinstance(expression, ex.Lookup):
            raise LoweringError("an equation that is not a table, in a variable that is a lookup")
        for cell in ir.cells(target_index(model, variable, place.scope), shape):
            tables[int(cell)] = lower_table(expression)
    draft.tables[variable.name] = tuple(tables)
    draft.table_shapes[variable.name] = shape


def lower_equations(model: Model, given: Collection[str]) -> Draft:
    """Lower every equation but those of ``given`` variables, which the caller has added as inputs.

    Raises
    ------
    InputError
        With every problem of the model.
    """
    draft = Draft()
    problems: list[Problem] = []
    for variable in model.variables.values():
        if variable.name in given or variable.kind in (Kind.TIME, Kind.CONSTANT):
            continue
        line = variable.line
        try:
            if variable.kind is Kind.LOOKUP:
                lower_table_variable(model, draft, variable)
                continue
            if variable.kind is Kind.DATA and not read_from_file(variable):
                raise LoweringError("a data variable without data", "Give its values as a time series.")
            for place, expression in _declared(model, draft, variable):
                line = place.line
                _lower_component(expression, place)
            draft.running += _without_value(model, variable)
        except (LoweringError, SubscriptError) as error:
            problems.append(problem_of(error, model, variable, line))
        except RecursionError:
            problems.append(problem_of(LoweringError("this equation is nested too deeply"), model, variable, line))
    if problems:
        raise InputError(*problems)
    return draft


def _declared(model: Model, draft: Draft, variable: Variable) -> list[tuple[Place, ex.Expression]]:
    """Add the symbol of a variable and return its parts."""
    parts = list(places(model, draft, variable, lower_stateful))
    if not parts:
        raise LoweringError("a variable without an equation")
    stocks = [expression for _, expression in parts if isinstance(expression, ex.Stock)]
    shape = tuple(len(model.subscripts[dimension]) for dimension in variable.dimensions)
    whole = len(stocks) == len(parts) and len({stock.non_negative for stock in stocks}) == 1
    role = ir.Role.STATE if whole else ir.Role.AUXILIARY
    draft.symbols[variable.name] = ir.Symbol(
        variable.name, shape, role, variable.name, variable.line, variable.dimensions, variable.unit
    )
    if whole:
        declare_stock(model, draft, variable, stocks[0].non_negative)
    return parts


def _without_value(model: Model, variable: Variable) -> list[ir.Statement]:
    """Return what gives the elements that no equation defines the value that they have: none."""
    found = []
    for box in undefined_boxes(model, variable) if variable.dimensions else ():
        axes = tuple(ir.Axis(f"· missing {k}", len(elements)) for k, elements in enumerate(box.elements))
        index = tuple(
            ir.Along(axis.name, tuple(model.subscripts[dimension].index(one) for one in elements))
            for axis, dimension, elements in zip(axes, variable.dimensions, box.elements, strict=True)
        )
        found.append(ir.Statement(variable.name, axes, index, ir.Number(math.nan), variable.line))
    return found


def _lower_component(expression: ex.Expression, place: Place) -> None:
    name = place.variable.name
    index = target_index(place.model, place.variable, place.scope)
    if place.draft.symbols[name].role is ir.Role.STATE:
        lower_stock(expression, place, index)
    else:
        value = _moments(expression, place) if isinstance(expression, ex.Data) else lower_expression(expression, place)
        place.draft.running.append(place.statement(name, index, value))


def _moments(data: ex.Data, place: Place) -> ir.Node:
    """Return a series that is not followed over time, of which single moments have a value."""
    table = free_table_name(place)
    place.draft.tables[table] = (table_of(data),)
    place.draft.table_shapes[table] = ()
    return ir.Interpolate(table, (), ir.Clock("time"))
