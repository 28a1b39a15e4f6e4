"""The built-in functions that a model file may call, with the number of arguments that each takes.

Names are PySD's: lower case with underscores. ``Call`` nodes carry these names and PySD's order of arguments, which is
the file's own but for ``pulse_train(start, interval, width, end)``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_ANY = 99
_SHARED: dict[str, tuple[int, int]] = {
    "abs": (1, 1), "arccos": (1, 1), "arcsin": (1, 1), "arctan": (1, 1), "cos": (1, 1), "cosh": (1, 1),
    "exp": (1, 1), "ln": (1, 1), "sin": (1, 1), "sinh": (1, 1), "sqrt": (1, 1), "step": (2, 2), "tan": (1, 1),
    "tanh": (1, 1), "sum": (1, 1), "prod": (1, 1), "if_then_else": (3, 3), "delay3": (2, 3), "delay1": (2, 3),
    "trend": (2, 3),
}  # fmt: skip

VENSIM_ARGUMENTS: Mapping[str, tuple[int, int]] = MappingProxyType(
    _SHARED
    | {
        "integer": (1, 1), "log": (2, 2), "max": (2, 2), "min": (2, 2), "modulo": (2, 2), "power": (2, 2),
        "quantum": (2, 2), "xidz": (3, 3), "zidz": (2, 2), "pulse": (2, 2), "pulse_train": (4, 4), "ramp": (3, 3),
        "vmax": (1, 1), "vmin": (1, 1), "elmcount": (1, 1), "active_initial": (2, 2), "initial": (1, 1),
        "integ": (2, 2), "delay1": (2, 2), "delay1i": (3, 3), "delay3": (2, 2), "delay3i": (3, 3), "delay_n": (4, 4),
        "delay_fixed": (3, 3), "smooth": (2, 2), "smoothi": (3, 3), "smooth3": (2, 2), "smooth3i": (3, 3),
        "smooth_n": (4, 4), "trend": (3, 3), "forecast": (3, 3), "sample_if_true": (3, 3), "game": (1, 1),
        "random_0_1": (0, 0), "random_uniform": (3, 3), "random_normal": (5, 5), "random_exponential": (5, 5),
        "get_time_value": (3, 3), "invert_matrix": (2, 2), "vector_select": (5, 5), "vector_sort_order": (2, 2),
        "vector_reorder": (2, 2), "vector_rank": (2, 2), "allocate_available": (3, 3), "allocate_by_priority": (5, 5),
        "get_xls_lookups": (4, 4), "get_direct_lookups": (4, 4), "get_xls_data": (4, 4), "get_direct_data": (4, 4),
        "get_xls_constants": (3, 3), "get_direct_constants": (3, 3), "a_function_of": (0, _ANY),
    }
)  # fmt: skip

XMILE_ARGUMENTS: Mapping[str, tuple[int, int]] = MappingProxyType(
    _SHARED
    | {
        "int": (1, 1), "max": (1, 2), "min": (1, 2), "modulo": (2, 2), "safediv": (2, 3),
        "pulse": (2, 3), "ramp": (2, 3), "init": (1, 1), "delay": (2, 3), "delayn": (3, 4), "smth1": (2, 3),
        "smth3": (2, 3), "previous": (2, 2), "lookup": (2, 2), "smthn": (3, 4), "forcst": (3, 4), "power": (2, 2),
        "log10": (1, 1),
    }
)  # fmt: skip

CALLS: frozenset[str] = frozenset(
    [
        "abs",
        "active_initial",
        "arccos",
        "arcsin",
        "arctan",
        "cos",
        "cosh",
        "elmcount",
        "exp",
        "get_time_value",
        "if_then_else",
        "integer",
        "invert_matrix",
        "ln",
        "log",
        "max",
        "min",
        "modulo",
        "pi",
        "power",
        "prod",
        "pulse",
        "pulse_train",
        "quantum",
        "ramp",
        "random_0_1",
        "random_exponential",
        "random_normal",
        "random_uniform",
        "sin",
        "sinh",
        "sqrt",
        "step",
        "sum",
        "tan",
        "tanh",
        "vector_rank",
        "vector_reorder",
        "vector_select",
        "vector_sort_order",
        "vmax",
        "vmax_xmile",
        "vmin",
        "vmin_xmile",
        "xidz",
        "xpulse",
        "xpulse_train",
        "xramp",
        "zidz",
    ]
)


def spelled(function: str) -> str:
    """Return a function's name as a modeller writes it."""
    return function.replace("_", " ").upper()
