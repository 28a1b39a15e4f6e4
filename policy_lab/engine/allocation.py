"""ALLOCATE BY PRIORITY in closed form.

Supply fills requests like water. A request is open from the moment when the one of the next higher priority has been
filled to a share of (difference of priorities) / width, at most wholly, and all open requests fill at the same share a
unit of level. So with ``start`` the level at which a request opens, it has got the share ``level - start``, held
between 0 and 1, and the level is where what all have got is the supply: between two levels at which a request opens or
is full. Vensim and PySD go from one such level to the next; here they are all looked at, and the right one is taken.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from policy_lab.engine import ir

_ZERO, _ONE = ir.Number(0.0), ir.Number(1.0)


@dataclass(frozen=True)
class Claims:
    """The requests and priorities as read at this element and at every other; ``keep`` names a value.

    ``keep(node, what)`` gives a value of each element a symbol and returns its read here and, by ``axis``, everywhere.
    """

    request: ir.Node
    priority: ir.Node
    requests: ir.Node
    priorities: ir.Node
    axis: ir.Axis
    keep: Callable[[ir.Node, str], tuple[ir.Node, ir.Node]]

    def over(self, fold: str, node: ir.Node) -> ir.Node:
        """Return a fold over every element."""
        return ir.Fold(fold, (self.axis,), node)


def _apply(function: str, *arguments: ir.Node) -> ir.Node:
    return ir.Apply(function, arguments)


def _share(level: ir.Node, start: ir.Node) -> ir.Node:
    return _apply("min", _apply("max", _apply("sub", level, start), _ZERO), _ONE)


def allocated(one: Claims, width: ir.Node, supply: ir.Node) -> ir.Node:
    """Return what this element gets."""
    asks = _apply("gt", one.requests, _ZERO)
    lower = _apply("and", asks, _apply("lt", one.priorities, one.priority))
    below = one.over("max", _apply("select", lower, one.priorities, ir.Number(-math.inf)))
    equal = one.over("sum", _apply("and", asks, _apply("eq", one.priorities, one.priority)))
    gap = _apply("min", _apply("div", _apply("sub", one.priority, below), width), _ONE)
    _, gaps = one.keep(_apply("select", _apply("gt", equal, _ZERO), _apply("div", gap, equal), _ZERO), "gap")
    higher = _apply("and", asks, _apply("gt", one.priorities, one.priority))
    start, starts = one.keep(one.over("sum", _apply("select", higher, gaps, _ZERO)), "start")
    reached: ir.Node = _ZERO
    for what, node in (("opening", start), ("full", _apply("add", start, _ONE))):
        at, everywhere = one.keep(node, what)
        filled = one.over("sum", _apply("mul", one.requests, _share(at, starts)))
        _, amounts = one.keep(filled, f"supply at {what}")
        passed = _apply("and", asks, _apply("le", amounts, supply))
        reached = _apply("max", reached, one.over("max", _apply("select", passed, everywhere, _ZERO)))
    base, _ = one.keep(reached, "level passed")
    is_open = _apply("and", _apply("le", starts, base), _apply("lt", base, _apply("add", starts, _ONE)))
    slope, _ = one.keep(one.over("sum", _apply("select", is_open, one.requests, _ZERO)), "open requests")
    given = one.over("sum", _apply("mul", one.requests, _share(base, starts)))
    more = _apply("select", _apply("gt", slope, _ZERO), _apply("div", _apply("sub", supply, given), slope), _ZERO)
    final, _ = one.keep(_apply("add", base, more), "level")
    part = _apply("mul", one.request, _share(final, start))
    enough = _apply("ge", supply, one.over("sum", one.requests))
    return _apply("select", enough, one.request, _apply("select", _apply("gt", supply, _ZERO), part, _ZERO))
