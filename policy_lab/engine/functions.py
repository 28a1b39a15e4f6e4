"""The built-in functions without memory that the engine computes, and what each becomes in the IR."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

from policy_lab.engine.ir import Apply, Clock, Node, Number

Builder = Callable[..., Node]


def _direct(function: str) -> Builder:
    return lambda *arguments: Apply(function, arguments)


def _log(value: Node, base: Node) -> Node:
    return Apply("div", (Apply("ln", (value,)), Apply("ln", (base,))))


def _height(magnitude: Node) -> Node:
    """XMILE gives a pulse by its area: it is spread over one time step."""
    return Apply("div", (magnitude, Clock("time_step")))


def _half_step() -> Node:
    return Apply("mul", (Number(0.5), Clock("time_step")))


def _xmile_pulse(start: Node, magnitude: Node) -> Node:
    return Apply("mul", (Apply("pulse", (start, _half_step())), _height(magnitude)))


def _xmile_pulse_train(start: Node, interval: Node, magnitude: Node) -> Node:
    train = Apply("pulse_train", (start, interval, _half_step(), Number(math.inf)))
    return Apply("mul", (train, _height(magnitude)))


#: Name in the model → (number of arguments, what builds its IR). Reductions and ELMCOUNT are lowered elsewhere.
CALLS: Mapping[str, tuple[int, Builder]] = MappingProxyType(
    {
        **{name: (1, _direct(name)) for name in ("abs", "exp", "ln", "sqrt", "sin", "cos", "tan")},
        **{name: (1, _direct(name)) for name in ("arcsin", "arccos", "arctan", "sinh", "cosh", "tanh")},
        **{name: (2, _direct(name)) for name in ("min", "max", "quantum", "modulo", "step", "pulse", "active_initial")},
        "integer": (1, _direct("trunc")),
        "power": (2, _direct("pow")),
        "log": (2, _log),
        "pi": (0, lambda: Number(math.pi)),
        "if_then_else": (3, _direct("select")),
        "xidz": (3, _direct("xidz")),
        "zidz": (2, lambda numerator, denominator: Apply("xidz", (numerator, denominator, Number(0.0)))),
        "ramp": (3, _direct("ramp")),
        "pulse_train": (4, _direct("pulse_train")),
        "xramp": (2, lambda slope, start: Apply("ramp", (slope, start, Number(math.inf)))),
        "xpulse": (2, _xmile_pulse),
        "xpulse_train": (3, _xmile_pulse_train),
    }
)
#: Reductions over ``!`` subscripts → the fold that computes them.
REDUCTIONS: Mapping[str, str] = MappingProxyType(
    {
        "sum": "sum",
        "prod": "prod",
        "vmax": "max",
        "vmin": "min",
        "vmax_xmile": "max",
        "vmin_xmile": "min",
    }
)
#: Functions of whole vectors and matrices, or of the clock in other units, with their numbers of arguments.
ARRAY_CALLS: Mapping[str, int] = MappingProxyType(
    {
        "vector_select": 5,
        "vector_rank": 2,
        "vector_sort_order": 2,
        "vector_reorder": 2,
        "invert_matrix": 2,
        "get_time_value": 3,
        "allocate_by_priority": 5,
        "allocate_available": 3,
    }
)
#: Random functions, with their numbers of arguments; the last one is the seed.
RANDOM_CALLS: Mapping[str, int] = MappingProxyType(
    {"random_0_1": 0, "random_uniform": 3, "random_normal": 5, "random_exponential": 5}
)
