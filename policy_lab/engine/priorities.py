"""ALLOCATE AVAILABLE: a supply shared among requests, each of which falls with the price in a shape of its own.

Vensim gives every request a priority profile of four numbers: the shape, the priority at which half of the request is
met, the width, and a fourth that the shapes here ignore. At a price x a request asks for its quantity times a share,
one minus the integral of the shape up to x, and the price is where all that is asked for is the supply. The shapes are
Vensim's 1 to 4 (https://www.vensim.com/documentation/24335.html): rectangular, triangular, normal and exponential.

The price is found by halving (:class:`policy_lab.engine.ir.Root`) over the priorities and as many widths beside them as
leave a normal or exponential share of less than 1e-16; then every share goes one step of Newton's method further, by
the slope of its own shape. What is handed out so adds up to the supply to 1e-12 of it, and the derivative of what each
gets is that of the exact solution. PySD stops its search earlier, and its shares are some 1e-9 to 1e-6 off.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce

from policy_lab.engine import ir

#: Vensim's shapes that can be computed, by their numbers.
SHAPES = {1: "rectangular", 2: "triangular", 3: "normal", 4: "exponential"}
_REACH = 40.0  # widths beside a priority: erfc(40/√2) and exp(-40) are nothing beside one
_ZERO, _HALF, _ONE = ir.Number(0.0), ir.Number(0.5), ir.Number(1.0)


@dataclass(frozen=True)
class Profile:
    """The request of one element with its profile, as nodes."""

    request: ir.Node
    shape: ir.Node
    priority: ir.Node
    width: ir.Node


def _apply(function: str, *arguments: ir.Node) -> ir.Node:
    return ir.Apply(function, arguments)


def _times(*factors: ir.Node) -> ir.Node:
    return reduce(lambda first, second: _apply("mul", first, second), factors)


def _number(value: float) -> ir.Node:
    return ir.Number(float(value))


def _less(first: ir.Node, second: float) -> ir.Node:
    return _apply("lt", first, _number(second))


def _bell(size: ir.Node) -> ir.Node:
    return _apply("exp", _apply("neg", _times(size, size)))


def _of_shape(shape: ir.Node, forms: Sequence[ir.Node]) -> ir.Node:
    """Choose by the number of the shape; a number that is none of ours gives no value."""
    value: ir.Node = _number(math.nan)
    for number, form in zip(SHAPES, forms, strict=True):
        value = _apply("select", _apply("eq", shape, _number(number)), form, value)
    return value


def share(at: ir.Node, one: Profile) -> ir.Node:
    """Return the share of its request that an element asks for at a price, and no value for a width of zero or less."""
    z = _apply("div", _apply("sub", at, one.priority), one.width)
    ramp = _apply("min", _apply("max", _apply("sub", _HALF, z), _ZERO), _ONE)
    rest = _apply("sub", _ONE, ramp)
    triangle = _apply(
        "select", _less(ramp, 0.5),
        _times(_number(2.0), ramp, ramp), _apply("sub", _ONE, _times(_number(2.0), rest, rest)),
    )  # fmt: skip
    normal = _times(_HALF, _apply("erfc", _times(z, _number(math.sqrt(0.5)))))
    tail = _times(_HALF, _apply("exp", _apply("neg", _apply("abs", z))))
    exponential = _apply("select", _less(z, 0.0), _apply("sub", _ONE, tail), tail)
    value = _of_shape(one.shape, (ramp, triangle, normal, exponential))
    return _apply("select", _apply("gt", one.width, _ZERO), value, _number(math.nan))


def density(at: ir.Node, one: Profile) -> ir.Node:
    """Return how fast the share falls with the price: the shape itself."""
    z = _apply("div", _apply("sub", at, one.priority), one.width)
    size = _apply("abs", z)
    inside = _less(size, 0.5)
    triangle = _apply("max", _apply("sub", _number(2.0), _times(_number(4.0), size)), _ZERO)
    normal = _times(_number(1 / math.sqrt(2 * math.pi)), _bell(_times(size, _number(math.sqrt(0.5)))))
    exponential = _times(_HALF, _apply("exp", _apply("neg", size)))
    return _apply("div", _of_shape(one.shape, (inside, triangle, normal, exponential)), one.width)


@dataclass(frozen=True)
class Requests:
    """The profile of one element, and everyone's by ``axis``; ``keep`` gives a value for all elements a symbol."""

    one: Profile
    each: Profile
    axis: ir.Axis
    keep: Callable[[ir.Node, str], ir.Node]

    def over(self, fold: str, node: ir.Node) -> ir.Node:
        """Return a fold over every element."""
        return ir.Fold(fold, (self.axis,), node)


def available(among: Requests, supply: ir.Node, name: str) -> ir.Node:
    """Return what this element gets of ``supply``: no value where the supply or any request is below zero."""
    each, one = among.each, among.one
    reach = _times(_number(_REACH), each.width)
    asks = _apply("gt", each.request, _ZERO)
    low = among.over("min", _apply("select", asks, _apply("sub", each.priority, reach), _number(math.inf)))
    high = among.over("max", _apply("select", asks, _apply("add", each.priority, reach), _number(-math.inf)))
    at = ir.Unknown(name)
    excess = _apply("sub", among.over("sum", _asked(at, each)), supply)
    price = among.keep(ir.Root(name, low, high, excess), "price")
    missing = _apply("sub", supply, among.over("sum", _asked(price, each)))
    slope = among.over("sum", _weighed(each, density(price, each)))
    step = among.keep(_apply("select", _apply("gt", slope, _ZERO), _apply("div", missing, slope), _ZERO), "last step")
    part = _apply("add", _asked(price, one), _times(_weighed(one, density(price, one)), step))
    enough = _apply("ge", supply, among.over("sum", each.request))
    refused = _apply("or", _less(among.over("min", each.request), 0.0), _apply("lt", supply, _ZERO))
    given = _apply("select", enough, one.request, _apply("select", _apply("gt", supply, _ZERO), part, _ZERO))
    return _apply("select", refused, _number(math.nan), given)


def _weighed(one: Profile, share_of_it: ir.Node) -> ir.Node:
    """Return a share of a request; who asks for nothing gets nothing, whatever the profile."""
    return _apply("select", _apply("gt", one.request, _ZERO), _times(one.request, share_of_it), _ZERO)


def _asked(at: ir.Node, one: Profile) -> ir.Node:
    return _weighed(one, share(at, one))
