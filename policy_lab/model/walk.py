"""Going through expressions without recursion, and what a value needs at the start and during a step."""

from __future__ import annotations

from collections.abc import Iterator

from policy_lab.model import expression as ex
from policy_lab.model.expression import Expression


def children(node: Expression) -> tuple[Expression, ...]:
    """Return the expressions directly inside ``node``, in the order in which the file has them."""
    match node:
        case ex.Arithmetic() | ex.Compare():
            return (node.first, node.second)
        case ex.Negative() | ex.Initial():
            return (node.argument,)
        case ex.Logic() | ex.Call():
            return node.arguments
        case ex.LookupCall():
            return (node.table, node.argument)
        case ex.Stock():
            return (node.flow, node.initial)
        case ex.Delay() | ex.Smooth():
            return (node.input, node.time, node.initial, node.order)
        case ex.DelayFixed() | ex.Trend():
            return (node.input, node.time, node.initial)
        case ex.Forecast():
            return (node.input, node.time, node.horizon, node.initial)
        case ex.SampleIfTrue():
            return (node.condition, node.input, node.initial)
        case _:
            return ()


def needed_now(node: Expression) -> tuple[Expression, ...]:
    """Return the parts of ``node`` whose values at time t its own value at t needs.

    The output of a stock, a smooth, a pipeline delay or ``DELAY N`` is held in its state; ``DELAY1/3`` divide their
    state by the delay time of the moment; ``TREND``, ``FORECAST`` and ``SAMPLE IF TRUE`` compare it with their input.
    """
    match node:
        case ex.Stock() | ex.Smooth() | ex.DelayFixed() | ex.Initial():
            return ()
        case ex.Delay():
            return () if node.carries_time else (node.time,)
        case ex.Trend():
            return (node.input, node.time)
        case ex.Forecast():
            return (node.input, node.time, node.horizon)
        case ex.SampleIfTrue():
            return (node.condition, node.input)
        case ex.Call(function="active_initial"):
            return node.arguments[:1]
        case _:
            return children(node)


def needed_first(node: Expression) -> tuple[Expression, ...]:
    """Return the parts of ``node`` that must be known to give its value at the start of a run."""
    match node:
        case ex.Stock():
            return (node.initial,)
        case ex.Delay() | ex.Smooth():
            return (node.time, node.initial, node.order)
        case ex.DelayFixed():
            return (node.time, node.initial)
        case ex.Trend():
            return (node.input, node.time, node.initial)
        case ex.Call(function="active_initial"):
            return node.arguments[1:]
        case _:
            return children(node)


def acting(node: Expression) -> tuple[Expression, ...]:
    """Return the parts of ``node`` that act during a run: all but initial values."""
    match node:
        case ex.Stock():
            return (node.flow,)
        case ex.Delay() | ex.Smooth():
            return (node.input, node.time)
        case ex.DelayFixed() | ex.Trend():
            return (node.input, node.time)
        case ex.Forecast():
            return (node.input, node.time, node.horizon)
        case ex.SampleIfTrue():
            return (node.condition, node.input)
        case ex.Initial():
            return ()
        case ex.Call(function="active_initial"):
            return node.arguments[:1]
        case _:
            return children(node)


def walk(node: Expression) -> Iterator[Expression]:
    """Yield ``node`` and everything inside it, outer first and left to right."""
    queue = [node]
    while queue:
        current = queue.pop()
        yield current
        queue += reversed(children(current))


def references(node: Expression) -> Iterator[ex.Reference]:
    """Yield every reference inside ``node``, left to right."""
    return (inner for inner in walk(node) if isinstance(inner, ex.Reference))
