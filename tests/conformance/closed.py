"""What the variables of the conformance models must be, worked out by hand and without any engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
DT = 0.25


def late(t: Array, start: float) -> Array:
    """Return 1 from ``start`` on."""
    return (t >= start).astype(float)


def between(t: Array, start: float, end: float) -> Array:
    """Return 1 from ``start`` until ``end``."""
    return ((t >= start) & (t < end)).astype(float)


def decay(t: Array, first: float, last: float, time: float, start: float = 0.0) -> Array:
    """Return Euler's way from ``first`` to ``last``: the gap shrinks by 1 - dt/time in each step after ``start``."""
    steps = np.maximum(np.round((t - start) / DT), 0)
    return last + (first - last) * (1 - DT / time) ** steps


def chain(t: Array, order: int, time: float, first: float, signal: Callable[[Array], Array]) -> Array:
    """Return a chain of ``order`` stages fed by ``signal``, as the binomial sum of its steps."""
    rate = DT * order / time
    values = np.full(order, first)
    found = []
    for value in signal(t):
        found.append(values[-1])
        before = np.concatenate([[value], values[:-1]])
        values = values + rate * (before - values)
    return np.array(found)


def each(*columns: Array) -> Array:
    """Stand the elements of a variable side by side."""
    return np.stack(np.broadcast_arrays(*columns), axis=-1)


def _step(t: Array) -> Array:
    return late(t, 1)


def _xstep(t: Array) -> Array:
    return 5 * late(t, 3)


_MATHS: dict[str, Callable[[Array], Array]] = {
    "abs value": lambda t: np.abs(t - 4),
    "exp value": lambda t: np.e ** (-t / 3),
    "ln value": np.log1p,
    "log value": lambda t: np.log10(1 + t),
    "sqrt value": lambda t: t**0.5,
    "sin value": np.sin,
    "cos value": np.cos,
    "tan value": lambda t: np.sin(t / 8) / np.cos(t / 8),
    "arcsin value": lambda t: np.pi / 2 - np.arccos(t / 8),
    "arccos value": lambda t: np.pi / 2 - np.arcsin(t / 8),
    "arctan value": lambda t: np.arctan2(t - 4, 1),
    "sinh value": lambda t: (np.exp(t / 4) - np.exp(-t / 4)) / 2,
    "cosh value": lambda t: (np.exp(t / 4) + np.exp(-t / 4)) / 2,
    "tanh value": lambda t: 1 - 2 / (np.exp(2 * (t - 4)) + 1),
    "integer value": lambda t: np.sign(t - 4) * np.floor(np.abs(t - 4)),
    "min value": lambda t: np.where(t < 3, t, 3.0),
    "max value": lambda t: np.where(t > 3, t, 3.0),
    "modulo value": lambda t: t % 3,
    "power value": lambda t: t * t**0.5,
    "quantum value": lambda t: 1.5 * np.floor(t / 1.5),
    "xidz value": lambda t: np.where(t == 4, 7.0, 1 / np.where(t == 4, 1.0, t - 4)),
    "zidz value": lambda t: np.where(t == 4, 0.0, 1 / np.where(t == 4, 1.0, t - 4)),
    "caret": lambda t: t * t,
    "caret twice": lambda t: 512.0 + 0 * t,
    "minus and caret": lambda t: -(t * t),
    "minus": lambda t: 2 - t,
    "division twice": lambda t: 3 / (1 + t),
    "times and plus": lambda t: 2 + 3 * t,
    "unary minus": lambda t: -5 * t,
    "brackets": lambda t: 5 * t,
    "scientific": lambda t: 200 + 0.0015 * t,
    "game value": lambda t: t / 2,
}
_LOGIC: dict[str, Callable[[Array], Array]] = {
    "equal": lambda t: between(t, 4, 4.25),
    "unequal": lambda t: 1 - between(t, 4, 4.25),
    "less": lambda t: 1 - late(t, 4),
    "at most": lambda t: 1 - late(t, 4.25),
    "more": lambda t: late(t, 4.25),
    "at least": lambda t: late(t, 4),
    "both": lambda t: between(t, 2.25, 6),
    "either": lambda t: 1 - between(t, 2, 6.25),
    "neither": lambda t: late(t, 2),
    "nested": lambda t: np.where(t < 2, 1.0, np.where(t < 4, 2.0, t)),
    "lazy branch": lambda t: np.where(t > 1, np.log(np.maximum(t, 1)), 5.0),
}
_GROUPING: dict[str, Callable[[Array], Array]] = {
    "three joined": lambda t: 1 - late(t, 6),
    "joined the other way": lambda t: 1 - between(t, 2, 6.25) - late(t, 7),
}
_TIMING: dict[str, Callable[[Array], Array]] = {
    "stepped": lambda t: 5 * late(t, 3),
    "stepped between": lambda t: 5 * late(t, 3),
    "pulsed": lambda t: between(t, 2, 3.5),
    "pulsed of no length": lambda t: 0 * t,
    "train": lambda t: between(t, 1, 1.5) + between(t, 3, 3.5) + between(t, 5, 5.5),
    "ramped": lambda t: 2 * np.clip(t - 3, 0, 2),
    "clock": lambda t: 2 * t,
    "step length": lambda t: t / 4,
    "beginning": lambda t: t,
    "ending": lambda t: 8 - t,
    "saving": lambda t: t / 4,
}
_TABLES: dict[str, Callable[[Array], Array]] = {
    "read": lambda t: np.interp(t, [0, 2, 4, 8], [0, 4, 6, 10]),
    "read below": lambda t: 1 + 0 * t,
    "read above": lambda t: 3 + 0 * t,
    "read each": lambda t: each(t, np.where(t < 4, 1 - t / 4, 3 * (t - 4) / 4)),
    "read one": lambda t: np.where(t < 4, 1 - t / 4, 3 * (t - 4) / 4),
    "in place": lambda t: np.interp(t, [0, 4, 6], [1, 3, 0]),
    "in place each": lambda t: each(np.interp(t, [0, 4, 6], [1, 3, 0]), np.interp(2 * t, [0, 4, 6], [1, 3, 0])),
    "twice": lambda t: np.interp(np.interp(t, [0, 2, 4, 8], [0, 4, 6, 10]), [0, 2, 4, 8], [0, 4, 6, 10]),
}
_MEMORY: dict[str, Callable[[Array], Array]] = {
    "tank": lambda t: decay(t, 3, 8, 4),
    "of an auxiliary": lambda t: 4 + t + t * (t - DT) / 2,
    "kept": lambda t: 6 + 0 * t,
    "begun with": lambda t: t + 1,
    "grown": lambda t: 5 + 0 * t,
    "delay one": lambda t: decay(t, 0, 1, 2, 1),
    "delay one from": lambda t: chain(t, 1, 2, 3, _step),
    "delay three": lambda t: chain(t, 3, 3, 0, _step),
    "delay three from": lambda t: chain(t, 3, 3, 2, _step),
    "delay of five": lambda t: chain(t, 5, 4, 1, _step),
    "pipe": lambda t: np.where(t < 2, -1.0, t - 2),
    "smooth one": lambda t: decay(t, 0, 1, 2, 1),
    "smooth one from": lambda t: chain(t, 1, 2, 3, _step),
    "smooth three": lambda t: chain(t, 3, 3, 0, _step),
    "smooth three from": lambda t: chain(t, 3, 3, 2, _step),
    "smooth of five": lambda t: chain(t, 5, 4, 1, _step),
    "sample": lambda t: 2 * np.floor(t / 2),
    "smooth of smooth": lambda t: chain(t, 2, 4, 0, _step),
}
_SUBSCRIPTS: dict[str, Callable[[Array], Array]] = {
    "over one": lambda t: each(t, 2 * t, 3 * t),
    "over two": lambda t: each(1 + t, 2 + t, 3 + t, 4 + t, 5 + t, 6 + t),
    "three": lambda t: each(*(k * d + t for k in range(1, 7) for d in (10, 20))),
    "turned": lambda t: each(t, 3 * t, 5 * t, 2 * t, 4 * t, 6 * t),
    "one": lambda t: each(1 + 0 * t, 2 + 0 * t, 3 + 0 * t),
    "two": lambda t: each(*(k + 0 * t for k in range(1, 7))),
    "element": lambda t: 2 + t,
    "subrange": lambda t: each(2 + t, 3 + t),
    "except": lambda t: each(t, -t, t),
    "pieces": lambda t: each(t, 2 * t + 2, 2 * t + 3),
    "alias": lambda t: each(t, 2 * t, 3 * t),
    "mapped": lambda t: each(7 + t, 8 + t, 9 + t),
    "numbered": lambda t: each(t, 2 * t, 3 * t, 4 * t),
    "of ranges": lambda t: each(t, t, t, t, t),
    "whole": lambda t: 6 * t,
    "whole of two": lambda t: 21 + 6 * t,
    "rows": lambda t: each(3 + 2 * t, 7 + 2 * t, 11 + 2 * t),
    "columns": lambda t: each(9 + 3 * t, 12 + 3 * t),
    "product": lambda t: 6 * t**3,
    "largest": lambda t: 3 * t,
    "smallest": lambda t: t,
    "weighted": lambda t: 14 * t,
    "share": lambda t: each(1 / 6 + t, 2 / 6 + t, 3 / 6 + t),
    "counted": lambda t: 3 + t,
    "stocks": lambda t: each(*(decay(t, 3, 4 * k, 4) for k in (1, 2, 3))),
    "delays": lambda t: each(*(k * chain(t, 3, 2, 0, _step) for k in (1, 2, 3))),
    "chosen": lambda t: each(*(np.maximum(t, k) for k in (1, 2, 3))),
}
_VECTORS: dict[str, Callable[[Array], Array]] = {
    "rank up": lambda t: each(3 + 0 * t, 1 + 0 * t, 4 + 0 * t, 2 + 0 * t),
    "rank down": lambda t: each(2 + 0 * t, 4 + 0 * t, 1 + 0 * t, 3 + 0 * t),
    "tied up": lambda t: each(3 + 0 * t, 1 + 0 * t, 4 + 0 * t, 2 + 0 * t),
    "tied down": lambda t: each(2 + 0 * t, 0 * t, 3 + 0 * t, 1 + 0 * t),
    "order up": lambda t: each(1 + 0 * t, 3 + 0 * t, 0 * t, 2 + 0 * t),
    "order down": lambda t: each(2 + 0 * t, 0 * t, 3 + 0 * t, 1 + 0 * t),
    "order of rows": lambda t: each(*(k + 0 * t for k in (1, 2, 0, 1, 2, 0, 0, 2, 1, 0, 1, 2))),
    "weighted sum": lambda t: 5 * (1 + t),
    "weighted product": lambda t: 4 * (1 + t) ** 2,
    "weighted least": lambda t: 1 + t,
    "weighted most": lambda t: 4 * (1 + t),
    "weighted mean": lambda t: 2.5 * (1 + t),
    "powers": lambda t: (1 + t) * (2 * (1 + t)) ** 2,
    "plain sum": lambda t: 3 * (1 + t),
    "plain product": lambda t: 2 * (1 + t) ** 2,
    "plain least": lambda t: 1 + t,
    "plain most": lambda t: 2 * (1 + t),
    "plain mean": lambda t: 1.5 * (1 + t),
    "nothing": lambda t: -1 + 0 * t,
    "of rows": lambda t: each(11 + 0 * t, 11 + 0 * t, 14 + 0 * t),
}


def _inverse(t: Array) -> Array:
    matrices = np.array([[0, 2, 1], [1, 0, 3], [2, 5, 0]]) + t[:, None, None] / 10
    return np.linalg.inv(matrices)


_REQUESTS = (3.0, 4.0, 2.5)
_PRIORITIES, _WIDTHS = (1.0, 2.0, 1.5), (1.0, 1.0, 2.0)
_MIXED = (("rectangular", 1.0, 3.0), ("normal", 2.0, 1.0), ("exponential", 1.5, 0.5))


def _shared(supplies: Array, requests: Array, profiles: Sequence[tuple[str, float, float]]) -> Array:
    """Return what each gets: at the price, found by Brent's method, where the shares of the requests are the supply."""
    from scipy import optimize, stats

    shapes: dict[str, Callable[[float, float], Any]] = {
        "rectangular": lambda at, width: stats.uniform(at - width / 2, width),
        "triangular": lambda at, width: stats.triang(0.5, at - width / 2, width),
        "normal": stats.norm,
        "exponential": stats.laplace,
    }
    each_one = [shapes[shape](at, width) for shape, at, width in profiles]

    def asked(price: float, wanted: Array) -> Array:
        return np.array([one.sf(price) for one in each_one]) * wanted

    found = []
    for supply, wanted in zip(supplies, np.broadcast_to(requests, (len(supplies), len(profiles))), strict=True):
        if supply >= wanted.sum() or supply == 0:
            found.append(wanted if supply else 0 * wanted)
            continue
        price = optimize.brentq(lambda x, s=supply, w=wanted: asked(x, w).sum() - s, -50, 50, xtol=1e-14)
        found.append(asked(price, wanted))
    return np.array(found)


def _profiles(shape: str) -> list[tuple[str, float, float]]:
    return [(shape, at, width) for at, width in zip(_PRIORITIES, _WIDTHS, strict=True)]


def _rising(t: Array) -> Array:
    return np.array(_REQUESTS) * (1 + t[:, None] / 10)


_ALLOCATED: dict[str, Callable[[Array], Array]] = {
    "by rectangles": lambda t: _shared(1.3 * t, np.array(_REQUESTS), _profiles("rectangular")),
    "by triangles": lambda t: _shared(1.3 * t, np.array(_REQUESTS), _profiles("triangular")),
    "by normals": lambda t: _shared(1.3 * t, np.array(_REQUESTS), _profiles("normal")),
    "by exponentials": lambda t: _shared(1.3 * t, _rising(t), _profiles("exponential")),
    "by all": lambda t: _shared(1.3 * t, _rising(t), _MIXED),
    "in two": lambda t: np.hstack(
        [_shared(1.1 * t, np.array(_REQUESTS), _MIXED), _shared(0.5 * t, np.array([1.0, 2, 3]), _MIXED)]
    ),
}
_NAMES: dict[str, Callable[[Array], Array]] = {
    '"a name, in quotes!"': lambda t: t,
    "Größe in Köln": lambda t: 2 * t,
    "Under_scored Name": lambda t: 3 * t,
    "case folds": lambda t: 3 * t,
    "1st of April": lambda t: t + 1,
    "long line": lambda t: 3 * t,
    "within limits": lambda t: t,
}
_XMILE: dict[str, Callable[[Array], Array]] = {
    "tank": lambda t: decay(t, 3, 8, 4),
    "truncated": lambda t: np.floor(t / 2),
    "remainder": lambda t: t % 3,
    "safe": lambda t: np.where(t == 4, 0.0, 1 / np.where(t == 4, 1.0, t - 4)),
    "safe_with": lambda t: np.where(t == 4, 7.0, 1 / np.where(t == 4, 1.0, t - 4)),
    "chosen": lambda t: 2 - between(t, 4.25, 6.25),
    "either": lambda t: 1 + between(t, 2, 6.25),
    "stepped": _xstep,
    "ramped": lambda t: 2 * np.maximum(t - 3, 0),
    "ramped_until": lambda t: 2 * np.clip(t - 3, 0, 2),
    "pulsed": lambda t: 20 * between(t, 3, 3.25),
    "pulsed_often": lambda t: 20 * (between(t, 3, 3.25) + between(t, 5, 5.25) + between(t, 7, 7.25)),
    "kept": lambda t: 6 + 0 * t,
    "delayed": lambda t: np.where(t < 2, -1.0, t - 2),
    "delayed_once": lambda t: chain(t, 1, 2, 0, _xstep),
    "delayed_thrice": lambda t: chain(t, 3, 3, 2, _xstep),
    "delayed_n": lambda t: chain(t, 5, 4, 0, _xstep),
    "smoothed": lambda t: chain(t, 1, 2, 0, _xstep),
    "smoothed_thrice": lambda t: chain(t, 3, 3, 2, _xstep),
    "smoothed_n": lambda t: chain(t, 5, 4, 0, _xstep),
    "curve": lambda t: np.interp(t - 2, [0, 2, 4], [0, 4, 6]),
    "curve_beyond": lambda t: np.where(t < 4, 2 * (t - 2), 4 + (t - 4)),
    "stairs": lambda t: 4 * late(t, 4) + 2 * late(t, 6),
    "table_read": lambda t: np.interp(t, [0, 4, 8], [1, 5, 2]),
    "for_all": lambda t: each(t, 2 * t),
    "one_element": lambda t: 2 * t + 1,
}


def _runge_kutta(t: Array, order: int) -> Array:
    """Return the decay of 8 at half a unit each month: each step multiplies by the Taylor sum of that order."""
    move = DT / 2
    factor = sum((-move) ** k / np.prod(np.arange(1, k + 1)) for k in range(order + 1))
    return 8 * factor ** np.round(t / DT)


_ALONE: dict[tuple[str, str], Callable[[Array], Array]] = {
    ("negative_base.mdl", "negative base"): lambda t: 4 + 0 * t,
    ("pipes.mdl", "pipes"): lambda t: each(*(k * np.maximum(t - k, 0) for k in (1, 2, 3))),
    ("notes.mdl", "braced"): lambda t: t + 1,
    ("subscripted_macros.mdl", "in each"): lambda t: each(
        *(k * chain(t, 1, 4, 2, lambda t: 1 + late(t, 2)) for k in (1, 3))
    ),
    ("reorder.mdl", "sorted"): lambda t: each(1 + t, 2 + 2 * t, 3 + 3 * t, 4 + 4 * t),
    ("inverse.mdl", "inverse"): _inverse,
    ("long_sum.mdl", "long sum"): lambda t: t * (1 + sum(-k if k % 3 == 0 else k for k in range(2, 401))),
    ("four_subscripts.mdl", "over all"): lambda t: 1800 + 36 * t + 7200 * t,
    ("two_outputs.mdl", "half"): lambda t: t / 2,
    ("two_outputs.mdl", "third"): lambda t: t / 3,
    ("two_outputs.mdl", "sum of thirds"): lambda t: 1 + t * (t - DT) / 6,
    ("two_outputs.mdl", "third of each"): lambda t: each(2 * t / 3, 4 * t / 3),
    ("macro_ranges.mdl", "spread"): lambda t: 2 + 6 * decay(t, 0, 1, 2, 1),
    ("macro_ranges.mdl", "spread of each"): lambda t: each(*(2 + 6 * k * decay(t, 0, 1, 2, 1) for k in (1, 10))),
    ("macro_ranges.mdl", "total"): lambda t: 22 * t,
    ("macro_ranges.mdl", "total of rows"): lambda t: each(2 * (14 + 6 * t), 2 * (77 + 15 * t)),
    ("macro_ranges.mdl", "of a sum"): lambda t: 22 * t,
    ("macro_ranges.mdl", "deep"): lambda t: 4 * (2 + 6 * decay(t, 0, 1, 2)) + 4 * t,
    ("macro.xmile", "called"): lambda t: chain(t, 1, 2, 2, lambda t: 1 + late(t, 2)),
    ("macro.xmile", "by_default"): lambda t: 1 + chain(t, 1, 4, 2, lambda t: 1 + late(t, 2)),
    ("macro.xmile", "in_each"): lambda t: each(*(k * chain(t, 1, 4, 2, lambda t: 1 + late(t, 2)) for k in (1, 3))),
    ("macro.xmile", "nested"): lambda t: 4 * t + 2 * chain(t, 1, 2, 2, lambda t: 1 + late(t, 2)),
    ("element_mapping.mdl", "in order"): lambda t: each(1 + t, 2 + t),
    ("element_mapping.mdl", "mapped"): lambda t: each(2 + t, 1 + t),
    ("element_mapping.mdl", "mapped back"): lambda t: each(6 + t, 5 + t),
    ("element_mapping.mdl", "of its land"): lambda t: each(10 + t, 10 + t, 20 + t, 30 + t, 30 + t),
    ("element_mapping.mdl", "of the south"): lambda t: each(30 * t, 30 * t),
    ("element_mapping.mdl", "of its side"): lambda t: each(7 + t, 7 + t, 8 + t, 8 + t),
    ("element_mapping.mdl", "second target"): lambda t: each(2 * t, t),
    ("memory_in_sum.mdl", "remembered"): lambda t: sum(
        chain(t, 1, k, 0, lambda t, k=k: k * _step(t)) for k in (1, 2, 3, 4)
    ),
    ("time_value.mdl", "later"): lambda t: t + 3,
    ("settings.xmile", "decades"): lambda t: np.log10(1 + t),
    ("infinity.xmile", "bounded"): lambda t: np.maximum(t, 3),
    ("settings.xmile", "settings"): lambda t: np.pi / 4 + 8 * t,
    ("notes.xmile", "commented"): lambda t: t + 1,
    ("upper_mod.xmile", "rest"): lambda t: t % 3,
    ("star.xmile", "most"): lambda t: 2 * t,
    ("star.xmile", "every_one"): lambda t: each(1 / 3 + t, 2 / 3 + t),
    ("star.xmile", "total"): lambda t: 3 + 0 * t,
    ("rk4.xmile", "decaying"): lambda t: _runge_kutta(t, 4),
    ("rk2.xmile", "decaying_too"): lambda t: _runge_kutta(t, 2),
    ("rk45.xmile", "adapted"): lambda t: 8 * np.exp(-t / 20),
    ("rk4_auto.mdl", "eased"): lambda t: 8 * np.exp(-t / 20),
    ("rk4_fixed.mdl", "edged"): lambda t: 8 * np.exp(-t / 20) + 40 * (1 - np.exp(-np.maximum(t - 3, 0) / 20)),
    ("non_negative.xmile", "emptied"): lambda t: np.maximum(3 - t, 0),
}
_YEARS, _NORTH, _SOUTH = np.array([1.0, 2, 5, 7]), np.array([1.0, 3, 9, 2]), np.array([10.0, 20, 40, 50])


def _following(values: list[float]) -> Callable[[Array], Array]:
    """Return the next of the values at the years, the last one beyond them."""
    return lambda t: np.array(values)[np.minimum(np.searchsorted(_YEARS, t), 3)]


def _holding(values: list[float]) -> Callable[[Array], Array]:
    """Return the last of the values at the years, the first one before them."""
    return lambda t: np.array(values)[np.maximum(np.searchsorted(_YEARS, t, side="right") - 1, 0)]


def _bare(t: Array) -> Array:
    found = np.full(len(t), np.nan)
    found[np.searchsorted(t, _YEARS)] = _NORTH
    return found


_DIRECT: dict[str, dict[str, Callable[[Array], Array]]] = {
    "direct_constants.mdl": {
        "read constant": lambda t: np.full(len(t), 3.0),
        "read row": lambda t: each(*np.full((3, len(t)), [[9], [40], [7]])),
        "read column": lambda t: each(*np.full((4, len(t)), [[5], [6], [7], [8]])),
        "read square": lambda t: np.broadcast_to([[9.0, 40, 7], [2, 50, 8]], (len(t), 2, 3)),
        "read turned": lambda t: np.broadcast_to([[9.0, 2], [40, 50], [7, 8]], (len(t), 3, 2)),
        "read each": lambda t: each(*np.full((3, len(t)), [[1], [6], [4]])),
        "read old sheet": lambda t: each(*np.full((3, len(t)), [[9], [40], [7]])),
        "read named": lambda t: np.full(len(t), 40.0),
        "read result": lambda t: np.full(len(t), 11.0),
        "used in a flow": lambda t: 6 + 3 * t,
    },
    "direct_below.mdl": {"below an empty line": lambda t: np.full(len(t), 3.0)},
    "direct_lookups.mdl": {
        "read down": lambda t: np.interp(1.5 * t - 2, _YEARS, _NORTH),
        "read along": lambda t: np.interp(t, _YEARS, _NORTH),
        "read for each": lambda t: each(np.interp(t, _YEARS, _NORTH), np.interp(t, _YEARS, _SOUTH)),
    },
    "direct_data.mdl": {
        "read data": lambda t: np.interp(t, _YEARS, _NORTH),
        "read data along": lambda t: np.interp(t, _YEARS, _SOUTH),
        "with gaps": lambda t: np.interp(t, [1, 5, 7], [10, 40, 50]),
        "held": _holding([1, 3, 9, 2]),
        "held with gaps": _holding([10, 10, 40, 50]),
        "ahead": _following([1, 3, 9, 2]),
        "ahead with gaps": _following([10, 40, 40, 50]),
        "bare": _bare,
        "gathered": lambda t: np.concatenate([[0], np.cumsum(DT * np.interp(t, _YEARS, _NORTH))[:-1]]),
        "begun": lambda t: np.full(len(t), 1.0),
    },
    "direct_subscripts.mdl": {
        "over a range read": lambda t: each(*np.full((3, len(t)), [[9], [40], [7]])),
        "over the rest": lambda t: each(t, 2 * t),
    },
}
_FILES = {
    "maths.mdl": _MATHS, "logic.mdl": _LOGIC, "grouping.mdl": _GROUPING, "timing.mdl": _TIMING, "tables.mdl": _TABLES,
    "memory.mdl": _MEMORY, "subscripts.mdl": _SUBSCRIPTS, "names.mdl": _NAMES,
    "vectors.mdl": _VECTORS, "allocate_available.mdl": _ALLOCATED, "xmile.xmile": _XMILE, **_DIRECT,
}  # fmt: skip
FORMS: Mapping[tuple[str, str], Callable[[Array], Array]] = MappingProxyType(
    {(file, name): form for file, forms in _FILES.items() for name, form in forms.items()} | _ALONE
)
