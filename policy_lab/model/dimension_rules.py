"""What units the arguments of each built-in function must have, and the unit of its value; and what numbers come to.

Letters: ``u`` one unit, the same throughout a call; ``1`` a plain number; ``t`` the unit of time; ``*`` anything. The
last letter of the arguments holds for all further ones.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

from policy_lab.model import expression as ex
from policy_lab.model.expression import Expression

RULES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(["abs", "integer", "max", "min", "modulo", "quantum", "sum", "vmax", "vmin"], ("u", "u")),
        **dict.fromkeys(["vmax_xmile", "vmin_xmile"], ("u", "u")),
        **dict.fromkeys(["arccos", "arcsin", "arctan", "cos", "cosh", "exp", "ln", "log", "sin", "sinh", "tan", "tanh"],
                        ("1", "1")),
        **dict.fromkeys(["elmcount", "vector_rank", "vector_sort_order", "random_0_1", "pi"], ("*", "1")),
        **dict.fromkeys(["get_time_value", "invert_matrix", "prod"], ("*", "*")),
        **dict.fromkeys(["random_normal", "random_exponential"], ("uuuu*", "u")),
        "random_uniform": ("uu*", "u"),
        "if_then_else": ("*u", "u"),
        "vector_reorder": ("u*", "u"),
        "vector_select": ("*u*", "u"),
        "step": ("ut", "u"),
        "pulse": ("t", "1"),
        "pulse_train": ("t", "1"),
        "xpulse": ("ut", "u/t"),
        "xpulse_train": ("ut", "u/t"),
        "ramp": ("ut", "u*t"),
        "xramp": ("ut", "u*t"),
        "sqrt": ("u", "u^0.5"),
        "power": ("u1", "u^"),
        "active_initial": ("*", "first"),
        "zidz": ("**", "/"),
        "xidz": ("***", "/"),
    }
)  # fmt: skip


def letter(function: str, place: int) -> str:
    """Return what the argument at ``place``, counted from 0, has to be."""
    letters = RULES.get(function, ("*", "*"))[0]
    return letters[min(place, len(letters) - 1)]


def worked_out(node: Expression) -> float:
    """Return the value of arithmetic over numbers; NaN where it is something else, or has no value."""
    match node:
        case ex.Number(value):
            return value
        case ex.Negative(argument):
            return -worked_out(argument)
        case ex.Arithmetic(operator, first, second):
            one, other = worked_out(first), worked_out(second)
            return _combined(operator, one, other)
    return math.nan


def _combined(operator: str, one: float, other: float) -> float:
    try:
        match operator:
            case "+":
                return one + other
            case "-":
                return one - other
            case "*":
                return one * other
            case "/":
                return one / other
            case _:
                return math.pow(one, other)
    except (ArithmeticError, ValueError):  # 1/0, (-1)^0.5
        return math.nan
