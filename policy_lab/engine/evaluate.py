"""The IR computed with NumPy, every cell of every run at once: the meaning of each node, written plainly.

Arrays have the axes of the statement (and of the reductions around a node) first and the runs last. NaN propagates:
unlike PySD's, sums and extremes do not skip it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policy_lab.engine import ir
from policy_lab.engine.randomness import noise

Array = NDArray[np.float64]
SMALL = 1e-6  # what Vensim takes for zero


@dataclass(frozen=True)
class Clocks:
    """Time and the time settings of a run; ``step_start`` is the time at which the present time step began."""

    time: float
    time_step: float
    initial_time: float
    final_time: float
    save_period: float
    step_start: float


Computation = Callable[[Mapping[str, Array], Clocks], Any]


def _quantum(value: Any, unit: Any) -> Any:
    return np.where(unit < SMALL, value, unit * np.trunc(value / unit))


def _true(value: Any) -> Any:
    return np.not_equal(value, 0)


def _pulse(clocks: Clocks, start: Any, width: Any) -> Any:
    return ((start - SMALL <= clocks.step_start) & (clocks.step_start < start + width)).astype(float)


def _pulse_train(clocks: Clocks, start: Any, interval: Any, width: Any, end: Any) -> Any:
    time = clocks.step_start
    within = (start <= time) & (time < end) & (np.mod(time - start + SMALL, interval) < width)
    return np.where(np.equal(interval, 0), _pulse(clocks, start, width), within.astype(float))


_PLAIN: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        **{name: getattr(np, name) for name in ("abs", "exp", "sqrt", "trunc", "sin", "cos", "tan")},
        **{name: getattr(np, name) for name in ("arcsin", "arccos", "arctan", "sinh", "cosh", "tanh")},
        "add": np.add,
        "sub": np.subtract,
        "mul": np.multiply,
        "div": np.divide,
        "pow": np.float_power,  # np.power takes a square root for powers of a half, and so loses -inf
        "neg": np.negative,
        "ln": np.log,
        "round": np.rint,
        "erfc": np.vectorize(math.erfc, otypes=[float]),  # NumPy has none
        "min": np.minimum,
        "max": np.maximum,
        "select": lambda condition, yes, no: np.where(_true(condition), yes, no),
        "xidz": lambda numerator, denominator, otherwise: np.where(
            np.abs(denominator) < SMALL, otherwise, numerator / denominator
        ),
        "quantum": _quantum,
        "noise": noise,
        "modulo": lambda value, unit: value - _quantum(value, unit),
        "lt": lambda a, b: np.less(a, b).astype(float),
        "le": lambda a, b: np.less_equal(a, b).astype(float),
        "gt": lambda a, b: np.greater(a, b).astype(float),
        "ge": lambda a, b: np.greater_equal(a, b).astype(float),
        "eq": lambda a, b: np.equal(a, b).astype(float),
        "ne": lambda a, b: np.not_equal(a, b).astype(float),
        "and": lambda a, b: (_true(a) & _true(b)).astype(float),
        "or": lambda a, b: (_true(a) | _true(b)).astype(float),
        "not": lambda a: np.equal(a, 0).astype(float),
    }
)
_TIMED: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "step": lambda clocks, height, start: height * (clocks.step_start + clocks.time_step / 2 > start),
        "ramp": lambda clocks, slope, start, end: (
            (clocks.time + SMALL > start) * slope * (np.minimum(end, clocks.time) - start)
        ),
        "pulse": _pulse,
        "pulse_train": _pulse_train,
    }
)
_FOLDS: Mapping[str, Any] = MappingProxyType({"sum": np.add, "prod": np.multiply, "max": np.maximum, "min": np.minimum})


def computation(
    node: ir.Node,
    axes: Sequence[ir.Axis],
    tables: Mapping[str, tuple[ir.Table | None, ...]],
    shapes: Mapping[str, tuple[int, ...]],
) -> Computation:
    """Return a function that computes a node from the arrays of symbols and the clocks.

    Parameters
    ----------
    axes
        The loops around the node, outermost first: the leading dimensions of the result.
    tables, shapes
        Lookups by name and the shapes of their subscripts.
    """

    def inner(part: ir.Node, around: Sequence[ir.Axis] = axes) -> Computation:
        return computation(part, around, tables, shapes)

    match node:
        case ir.Number(value=value):
            number = np.float64(value)
            return lambda env, clocks: number
        case ir.Clock(name=name):
            return lambda env, clocks: np.float64(getattr(clocks, name))
        case ir.Read(symbol=symbol, index=index):
            where = gather(index, axes)
            return lambda env, clocks: env[symbol][where]
        case ir.Apply(function=function, arguments=arguments):
            return _application(function, [inner(argument) for argument in arguments])
        case ir.Fold(function=function, axes=over, argument=argument):
            return _reduction(_FOLDS[function], axes, over, inner(argument, (*axes, *over)))
        case ir.Interpolate(table=table, index=index, argument=argument):
            return _interpolation(tables[table], gather(index, axes), shapes[table], inner(argument))
        case ir.Unknown(name=name):
            return lambda env, clocks: _outward(env[_key(name)], len(axes))
        case ir.Root(name=name, low=low, high=high, argument=argument):
            return _root(_key(name), len(axes), (inner(low), inner(high)), inner(argument))


def gather(index: ir.Index, axes: Sequence[ir.Axis]) -> tuple[Any, ...]:
    """Return the NumPy index that lays the cells of ``index`` out along ``axes``."""
    if not any(isinstance(part, ir.Along) for part in index):
        return tuple(part.position for part in index if isinstance(part, ir.Fixed))
    names = [axis.name for axis in axes]
    parts: list[Any] = []
    for part in index:
        if isinstance(part, ir.Fixed):
            parts.append(np.array(part.position).reshape((1,) * len(names)))
        else:
            place = names.index(part.axis)
            layout = [1] * len(names)
            layout[place] = len(part.positions)
            parts.append(np.array(part.positions).reshape(layout))
    return tuple(parts)


def _application(function: str, arguments: list[Computation]) -> Computation:
    if function in _TIMED:
        timed = _TIMED[function]
        return lambda env, clocks: timed(clocks, *(argument(env, clocks) for argument in arguments))
    plain = _PLAIN[function]
    if len(arguments) == 1:
        (only,) = arguments
        return lambda env, clocks: plain(only(env, clocks))
    if len(arguments) == 2:
        first, second = arguments
        return lambda env, clocks: plain(first(env, clocks), second(env, clocks))
    return lambda env, clocks: plain(*(argument(env, clocks) for argument in arguments))


def _reduction(fold: Any, axes: Sequence[ir.Axis], over: Sequence[ir.Axis], argument: Computation) -> Computation:
    least = (1,) * len(axes) + tuple(axis.size for axis in over) + (1,)

    def compute(env: Mapping[str, Array], clocks: Clocks) -> Any:
        values = argument(env, clocks)
        full = np.broadcast_to(values, np.broadcast_shapes(np.shape(values), least))
        items = full.reshape(*full.shape[: len(axes)], -1, full.shape[-1])
        total = items[..., 0, :]
        for place in range(1, items.shape[-2]):  # one after another: NumPy's own order depends on the number of runs
            total = fold(total, items[..., place, :])
        return total

    return compute


def _key(unknown: str) -> str:
    return f"<{unknown}>"


def _outward(value: Array, axes: int) -> Array:
    """Give a value room for the loops of the reductions around its reader, which stand before the runs."""
    return value.reshape(*value.shape[:-1], *[1] * (axes + 1 - value.ndim), value.shape[-1])


def _root(key: str, axes: int, ends: tuple[Computation, Computation], argument: Computation) -> Computation:
    """Halve the interval between the ends, and keep the half in which the argument goes through zero."""

    def compute(env: Mapping[str, Array], clocks: Clocks) -> Any:
        low, high = (end(env, clocks) + np.zeros((1,) * (axes + 1)) for end in ends)
        known = {**env}
        for _ in range(ir.HALVINGS):
            known[key] = middle = 0.5 * (low + high)
            right = argument(known, clocks) > 0
            low, high = np.where(right, middle, low), np.where(right, high, middle)
        return 0.5 * (low + high)

    return compute


def _interpolation(
    tables: tuple[ir.Table | None, ...], where: tuple[Any, ...], shape: tuple[int, ...], argument: Computation
) -> Computation:
    """Read a table; where several stand side by side, each is read and the right one chosen."""
    if not shape:
        (table,) = tables
        return lambda env, clocks: read_table(table, argument(env, clocks))
    numbers = np.arange(len(tables)).reshape(shape)[where]
    chosen = np.asarray(numbers)[..., None] if np.ndim(numbers) else numbers
    used = np.unique(numbers)

    def compute(env: Mapping[str, Array], clocks: Clocks) -> Any:
        at = argument(env, clocks)
        result = np.full(np.broadcast_shapes(np.shape(at), np.shape(chosen)), np.nan)
        for number in used:
            result = np.where(chosen == number, read_table(tables[number], at), result)
        return result

    return compute


def read_table(table: ir.Table | None, at: Any) -> Any:
    """Read one table at every value of ``at``; a table that no equation gives has no value."""
    if table is None:
        return np.full(np.shape(at), np.nan)
    x, y, slope = table_arrays(table)
    if table.kind != "extrapolate":
        at = np.minimum(np.maximum(at, x[0]), x[-1])
    segment = np.clip(np.searchsorted(x, at, side="right") - 1, 0, len(x) - 1)
    return slope[segment] * (at - x[segment]) + y[segment]


def table_arrays(table: ir.Table) -> tuple[Array, Array, Array]:
    """Return x, y and the slope to the right of each point (beyond the last: as the kind of table asks)."""
    x, y = np.array(table.x), np.array(table.y)
    slope = np.zeros(len(x))
    if table.kind != "hold_backward" and len(x) > 1:
        slope[:-1] = np.diff(y) / np.diff(x)
        slope[-1] = slope[-2] if table.kind == "extrapolate" else 0.0
    return x, y, slope
