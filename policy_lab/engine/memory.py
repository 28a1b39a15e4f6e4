"""Stocks, delays, smooths and their kin: what each keeps from step to step, as states and rates of the IR.

The forms follow PySD's statefuls: a delay's stages hold material, and the flow out of a stage is its content over the
delay time of the moment; a smooth's stages chase one another.
"""

from __future__ import annotations

import math
from dataclasses import replace

from policy_lab.engine import ir
from policy_lab.engine.expressions import Draft, LoweringError, Place, find_variable, lower_expression
from policy_lab.engine.subscripts import element_names
from policy_lab.engine.whole import spread_out
from policy_lab.model import expression as ex
from policy_lab.model.types import Kind, Model, Variable

MAXIMUM_STAGES = 1000


def declare_stock(model: Model, draft: Draft, variable: Variable, non_negative: bool) -> None:
    """Declare the state of a variable that is a stock in all of its equations; its symbol is in the draft already."""
    symbol = draft.symbols[variable.name]
    names = element_names(variable.name, tuple(model.subscripts[dimension] for dimension in variable.dimensions))
    kind = ir.StateKind.NON_NEGATIVE if non_negative else ir.StateKind.INTEGRATED
    per = f"{symbol.unit}/{model.time.unit}" if symbol.unit and model.time.unit else ""
    _declare(draft, symbol, kind, names, rate_unit=per)


def lower_stock(expression: ex.Expression, place: Place, index: ir.Index) -> None:
    """Add the initial value and the rate of one part of a stock."""
    if not isinstance(expression, ex.Stock):
        raise LoweringError("a stock in one equation and something else in another")
    name = place.variable.name
    draft = place.draft
    draft.starting.append(place.statement(name, index, lower_expression(expression.initial, place)))
    draft.running.append(place.statement(_rate_name(name), index, lower_expression(expression.flow, place)))


def lower_stateful(expression: ex.Expression, place: Place) -> ir.Node:
    """Add the states of a function with memory and return its value.

    Inside a reduction it has a state for every turn of it.

    Raises
    ------
    LoweringError
        When its number of stages is not known.
    """
    place = spread_out(place)
    match expression:
        case ex.Stock():
            return _inner_stock(expression, place)
        case ex.Delay():
            return _delay(expression, place)
        case ex.DelayFixed():
            return _pipeline(expression, place)
        case ex.Smooth():
            return _smooth(expression, place)
        case ex.Trend():
            return _trend(expression, place)
        case ex.Forecast():
            return _forecast(expression, place)
        case ex.SampleIfTrue():
            return _sample(expression, place)
        case ex.Initial():
            return _initial(expression, place)
        case _:
            raise LoweringError(f"`{type(expression).__name__}` is not supported by the compiled engine")


def _rate_name(symbol: str) -> str:
    return f"{symbol} · rate"


def _declare(
    draft: Draft,
    symbol: ir.Symbol,
    kind: ir.StateKind,
    names: tuple[str, ...],
    delay: str = "",
    rate_unit: str = "",
) -> ir.Symbol:
    if len(names) != symbol.size:  # machine code trusts these numbers
        raise LoweringError(f"{len(names)} states were named for {symbol.size} values of `{symbol.name}`")
    rate = replace(symbol, name=_rate_name(symbol.name), role=ir.Role.RATE, unit=rate_unit)
    if kind is not ir.StateKind.INITIAL:
        draft.symbols[rate.name] = rate
    moves = kind is not ir.StateKind.INITIAL
    draft.states.append(ir.State(symbol.name, rate.name if moves else "", kind, names, delay))
    return symbol


def _state(place: Place, what: str, kind: ir.StateKind, delay: str = "") -> ir.Symbol:
    symbol = place.hidden(what, ir.Role.STATE)
    return _declare(place.draft, symbol, kind, element_names(symbol.name, place.scope.box.elements), delay)


def _start(place: Place, symbol: ir.Symbol, value: ir.Node) -> None:
    place.draft.starting.append(place.statement(symbol.name, place.here(), value))


def _rate(place: Place, symbol: ir.Symbol, value: ir.Node) -> None:
    place.draft.running.append(place.statement(_rate_name(symbol.name), place.here(), value))


def _named(expression: ex.Expression, what: str, place: Place) -> ir.Node:
    """Lower an argument that is used more than once; anything but a plain value becomes an auxiliary of its own."""
    node = lower_expression(expression, place)
    if isinstance(node, ir.Number | ir.Read | ir.Clock):
        return node
    symbol = place.hidden(what, ir.Role.AUXILIARY)
    place.draft.running.append(place.statement(symbol.name, place.here(), node))
    return ir.Read(symbol.name, place.here())


def _read(symbol: ir.Symbol, place: Place) -> ir.Node:
    return ir.Read(symbol.name, place.here())


def _apply(function: str, *arguments: ir.Node) -> ir.Node:
    return ir.Apply(function, arguments)


def _stages(expression: ex.Expression, place: Place) -> int:
    """Return the order of a delay or smooth, which fixes the shape of the program."""
    value = math.nan
    if isinstance(expression, ex.Number):
        value = expression.value
    elif isinstance(expression, ex.Reference) and not expression.subscripts:
        variable = find_variable(place.model, expression.name)
        if variable is not None and variable.kind is Kind.CONSTANT and not variable.dimensions:
            component = variable.components[0].expression
            if isinstance(component, ex.Number):
                value = component.value
                place.draft.structural.add(variable.name)
    if not 1 <= value <= MAXIMUM_STAGES:
        raise LoweringError(
            f"the order of a delay must be a number from 1 to {MAXIMUM_STAGES}", "Write it as a number or a constant."
        )
    return int(value)


def _inner_stock(expression: ex.Stock, place: Place) -> ir.Node:
    kind = ir.StateKind.NON_NEGATIVE if expression.non_negative else ir.StateKind.INTEGRATED
    stock = _state(place, "stock", kind)
    _start(place, stock, lower_expression(expression.initial, place))
    _rate(place, stock, lower_expression(expression.flow, place))
    return _read(stock, place)


def _smooth(expression: ex.Smooth, place: Place) -> ir.Node:
    count = _stages(expression.order, place)
    goal = _named(expression.input, "input", place)
    time = _named(expression.time, "smooth time", place)
    initial = lower_expression(expression.initial, place)
    for stage in range(1, count + 1):
        level = _state(place, f"stage {stage}", ir.StateKind.INTEGRATED)
        _start(place, level, initial)
        gap = _apply("sub", goal, _read(level, place))
        if count > 1:
            gap = _apply("mul", gap, ir.Number(float(count)))
        _rate(place, level, _apply("div", gap, time))
        goal = _read(level, place)
    return goal


def _delay(expression: ex.Delay, place: Place) -> ir.Node:
    count = _stages(expression.order, place)
    inflow = _named(expression.input, "input", place)
    time = _named(expression.time, "delay time", place)
    initial = _apply("mul", lower_expression(expression.initial, place), time)
    order = _delay_order(count, time, place)
    levels = [_state(place, f"stage {stage}", ir.StateKind.INTEGRATED) for stage in range(1, count + 1)]
    times = _carried_times(expression, count, time, place)
    for level, own_time in zip(levels, (time, *times), strict=False):
        _start(place, level, initial)
        outflow = _apply("div", _read(level, place), own_time)
        change = _apply("sub", inflow, outflow)
        _rate(place, level, change if order is None else _apply("mul", change, order))
        inflow = outflow
    last: ir.Node = _read(levels[0], place)
    if order is not None:
        last = ir.Number(math.nan)
        for stage, level in enumerate(levels, start=1):
            last = _apply("select", _apply("ge", order, ir.Number(float(stage))), _read(level, place), last)
    return _apply("div", last, times[0])


def _delay_order(count: int, time: ir.Node, place: Place) -> ir.Node | None:
    """Return the order that the time step allows, fixed when a run starts: as high as asked, while order · step ≤ time.

    A delay of several stages that is shorter than one time step has order 0, and no value.
    """
    if count == 1:
        return None
    shortest = ir.Fold("min", place.scope.axes(), time) if place.scope.axes() else time
    held = place.hidden("order", ir.Role.HELD, scalar=True)
    total: ir.Node = ir.Number(0.0)
    for stages in range(1, count + 1):
        span = _apply("mul", ir.Number(float(stages)), ir.Clock("time_step"))
        total = _apply("add", total, _apply("not", _apply("gt", span, shortest)))
    place.draft.starting.append(ir.Statement(held.name, (), (), total, place.line))
    return ir.Read(held.name)


def _carried_times(expression: ex.Delay, count: int, time: ir.Node, place: Place) -> list[ir.Node]:
    """Return the delay times that the content of each stage carries: all the same, but in DELAY N."""
    if not expression.carries_time or isinstance(time, ir.Number):
        return [time] * count
    carried = [_state(place, f"time {stage}", ir.StateKind.ASSIGNED) for stage in range(1, count + 1)]
    newest: ir.Node = time
    for held in carried:
        _start(place, held, time)
        _rate(place, held, newest)
        newest = _read(held, place)
    return [_read(held, place) for held in carried]


def _pipeline(expression: ex.DelayFixed, place: Place) -> ir.Node:
    steps = place.hidden("steps", ir.Role.HELD)
    span = _apply("div", lower_expression(expression.time, place), ir.Clock("time_step"))
    whole = _apply("round", _apply("add", _apply("max", span, ir.Number(1.0)), ir.Number(1e-6)))
    _start(place, steps, whole)
    end = _state(place, "pipeline", ir.StateKind.PIPELINE, delay=steps.name)
    _start(place, end, lower_expression(expression.initial, place))
    _rate(place, end, lower_expression(expression.input, place))
    return _read(end, place)


def _trend(expression: ex.Trend, place: Place) -> ir.Node:
    value = _named(expression.input, "input", place)
    time = _named(expression.time, "average time", place)
    initial = lower_expression(expression.initial, place)
    average = _state(place, "average", ir.StateKind.INTEGRATED)
    _start(place, average, _apply("div", value, _apply("add", ir.Number(1.0), _apply("mul", initial, time))))
    gap = _apply("sub", value, _read(average, place))
    _rate(place, average, _apply("div", gap, time))
    return _apply("xidz", gap, _apply("mul", time, _apply("abs", _read(average, place))), ir.Number(0.0))


def _forecast(expression: ex.Forecast, place: Place) -> ir.Node:
    value = _named(expression.input, "input", place)
    time = _named(expression.time, "average time", place)
    initial = lower_expression(expression.initial, place)
    average = _state(place, "average", ir.StateKind.INTEGRATED)
    _start(place, average, _apply("div", value, _apply("add", ir.Number(1.0), initial)))
    gap = _apply("sub", value, _read(average, place))
    _rate(place, average, _apply("div", gap, time))
    trend = _apply("xidz", gap, _apply("mul", time, _read(average, place)), ir.Number(0.0))
    growth = _apply("add", ir.Number(1.0), _apply("mul", trend, lower_expression(expression.horizon, place)))
    return _apply("mul", value, growth)


def _sample(expression: ex.SampleIfTrue, place: Place) -> ir.Node:
    held = _state(place, "sample", ir.StateKind.ASSIGNED)
    inside = replace(place, held=_read(held, place))
    condition = lower_expression(expression.condition, inside)
    value = lower_expression(expression.input, inside)
    _start(place, held, lower_expression(expression.initial, place))
    now = _apply("select", condition, value, _read(held, place))
    _rate(place, held, now)
    return now


def _initial(expression: ex.Initial, place: Place) -> ir.Node:
    held = _state(place, "initial", ir.StateKind.INITIAL)
    _start(place, held, lower_expression(expression.argument, place))
    return _read(held, place)
