"""The sign of each causal link, and how long it takes to show, by moving the cause a little and computing the effect.

A link is one equation: the cause is moved by a small share of itself, everything else is held, and the effect is
computed again. A stock, or what a delay or a smooth holds inside an equation, is given a short while to move. Signs
are taken element by element and at every point that is given, so that a link whose sign depends on where the model
stands is told apart from one that always has the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from policy_lab.engine import ir
from policy_lab.engine.evaluate import Clocks, Computation, computation, gather
from policy_lab.engine.layout import Layout, layout_of
from policy_lab.engine.numpy_backend import NumpyBackend

if TYPE_CHECKING:
    from policy_lab.engine.compiled import CompiledModel

Array = NDArray[np.float64]
Values = Mapping[str, Array]

_MOVE = 1e-4
"""How far a cause is moved, as a share of the largest of its elements."""
_SMALL = 1e-13
"""Changes of an effect below this share of its size are rounding."""
_SLOWEST = 1e-7
"""A rate that falls more slowly with its state than this, per unit of time, only accumulates."""
_STAGES = 20
"""How many short whiles an effect is given to move through the stages of a delay."""
_WHILE = 0.5
"""The length of a short while, in time steps."""


class Sign(StrEnum):
    """Which way an effect goes when its cause rises and all else stays."""

    MORE = "+"
    LESS = "−"
    EITHER = "±"
    NONE = "0"


@dataclass(frozen=True)
class Link:
    """One causal link at some points of a model.

    Attributes
    ----------
    sign
        ``±`` where it is + at some elements or points and − at others, ``0`` where nothing moved at any.
    rising
        The share of moved elements and points at which it is +; not-a-number where nothing moved.
    delay
        The effect's own adjustment time, in the model's unit: minus one over the slope of its rate with respect to
        itself, by whatever answers at once, the median over elements and points, summed over the stages of a delay. 0
        where the effect has no memory, infinite where it only accumulates.
    """

    cause: str
    effect: str
    sign: Sign
    rising: float
    delay: float

    @property
    def delayed(self) -> bool:
        """Whether the effect takes time to show."""
        return self.delay > 0


def links_at(
    compiled: CompiledModel,
    links: Iterable[tuple[str, str]],
    states: ArrayLike,
    inputs: Mapping[str, ArrayLike] | None = None,
    *,
    time: float | None = None,
) -> tuple[Link, ...]:
    """Return the sign and the delay of links at given points.

    Parameters
    ----------
    compiled
        The model; its own backend does not matter.
    links
        Pairs of whole variables, cause first.
    states
        The points, shape (states,) or (points, states), in the order of ``compiled.states``.
    inputs
        Constants at the points, shape (*dimensions) or (points, *dimensions).
    time
        The time at which the equations are computed; the initial time when not given.

    Returns
    -------
    tuple of Link
        In the order of ``links``.

    Raises
    ------
    InputError
        For inputs and states that cannot be used.
    """
    given, line, first = compiled.ready(inputs or {}, states, {})
    at = line.initial_time if time is None else time
    asked = tuple(links)
    layout = layout_of(compiled.program)
    values = NumpyBackend(compiled.program, layout).values(given, line, first, at)
    clocks = Clocks(at, line.time_step, line.initial_time, line.final_time, line.save_period, at)
    moved = _Moved(compiled.program, values, clocks)
    columns = moved.cells_of(layout, {effect for _, effect in asked})
    moves = np.ascontiguousarray(_MOVE * (np.abs(first[columns]) + 1e-6))
    _, slopes = compiled.backend.jacobian(given, line, first, at, columns, moves, 1)
    own = {int(column): slopes[place, column] for place, column in enumerate(columns)}
    return tuple(
        Link(cause, effect, *moved.sign(cause, effect), moved.adjustment(layout, effect, own))
        for cause, effect in asked
    )


@dataclass(frozen=True)
class _Step:
    """A statement with its computation."""

    target: str
    where: tuple[Any, ...]
    compute: Computation


@dataclass(frozen=True)
class _Moved:
    """The values of all symbols at some points, and what happens when one of them is moved."""

    program: ir.Program
    values: Values
    clocks: Clocks

    @cached_property
    def _steps(self) -> Mapping[str, tuple[ir.Statement, ...]]:
        """Return the statements of each variable, those inside its delays included, in order."""
        found: dict[str, list[ir.Statement]] = {}
        for statement in (*self.program.constants, *self.program.dynamic, *self.program.observed):
            found.setdefault(self.program.symbols[statement.target].variable, []).append(statement)
        return {name: tuple(statements) for name, statements in found.items()}

    @cached_property
    def _states(self) -> Mapping[str, tuple[ir.State, ...]]:
        """Return the states of each variable: a stock's own, or those inside its equation."""
        found: dict[str, list[ir.State]] = {}
        for state in self.program.states:
            if state.kind is not ir.StateKind.INITIAL:
                found.setdefault(self.program.symbols[state.symbol].variable, []).append(state)
        return {name: tuple(states) for name, states in found.items()}

    def sign(self, cause: str, effect: str) -> tuple[Sign, float]:
        """Return which way an effect goes when each element of its cause is moved, and the share that goes up."""
        higher, lower = (self._effect(cause, effect, way) for way in (1.0, -1.0))
        size = float(np.nanmax(np.abs(self.values[effect]), initial=0.0))
        with np.errstate(invalid="ignore"):
            more, less = (int(np.sum(way * (higher - lower) > _SMALL * size)) for way in (1.0, -1.0))
        if not more + less:
            return Sign.NONE, np.nan
        sign = Sign.EITHER if more and less else Sign.MORE if more else Sign.LESS
        return sign, more / (more + less)

    def cells_of(self, layout: Layout, variables: Iterable[str]) -> NDArray[np.int64]:
        """Return the places, in the state vector, of what some variables carry from step to step."""
        cells = [self._cells(layout, state) for name in sorted(variables) for state in self._states.get(name, ())]
        return np.concatenate([np.empty(0, dtype=np.int64), *cells])

    def adjustment(self, layout: Layout, effect: str, own: Mapping[int, Array]) -> float:
        """Return how long a variable takes to adjust: its states' time constants, added up."""
        total = 0.0
        for state in self._states.get(effect, ()):
            if state.kind in (ir.StateKind.PIPELINE, ir.StateKind.ASSIGNED):
                total += self._pipeline(state)
                continue
            slope = np.stack([own[int(cell)] for cell in self._cells(layout, state)])
            falling = slope[slope < -_SLOWEST]
            total += float(np.median(-1.0 / falling)) if falling.size else np.inf
        return total

    def _cells(self, layout: Layout, state: ir.State) -> NDArray[np.int64]:
        return np.arange(len(state.names)) + layout.offsets[state.symbol] - layout.states

    def _pipeline(self, state: ir.State) -> float:
        """Return the median length of a pipeline delay; what is sampled is held for a step at least."""
        steps = self.values[state.delay] if state.delay else np.array([1.0])
        return float(np.nanmedian(steps)) * self.clocks.time_step

    def _effect(self, cause: str, effect: str, way: float) -> Array:
        """Return the effect, (*shape, cells of the cause × points), after each cell of the cause was moved.

        Of a stock it is the rate that is returned; what a delay or a smooth holds inside is given time to move.
        """
        cells = self.values[cause]
        changed = {cause: _each_moved(cells, way * _MOVE * _scale(cells))}
        after = self._computed(effect, changed, cells)
        states = self._states.get(effect, ())
        if not states:
            return after[effect]
        if states[0].symbol == effect:
            return after[states[0].rate]
        still = self._computed(effect, {cause: _each_moved(cells, 0.0)}, cells)
        for _ in range(_STAGES):
            if not np.array_equal(after[effect], still[effect], equal_nan=True):
                break
            drift = {state.symbol: self._drift(state, after, still) for state in states}
            if not any(np.any(moved) for moved in drift.values()):
                break
            changed |= {name: after[name] + drift[name] for name in drift}
            after = self._computed(effect, changed, cells)
        return after[effect]

    def _drift(self, state: ir.State, after: Values, still: Values) -> Array:
        """Return how far a state goes in a short while because its cause was moved."""
        span = 1.0 if state.kind in (ir.StateKind.PIPELINE, ir.StateKind.ASSIGNED) else self.clocks.time_step
        return np.asarray(_WHILE * span * (after[state.rate] - still[state.rate]))

    def _computed(self, effect: str, changed: Mapping[str, Array], like: Array) -> Values:
        """Return the symbols that belong to a variable, computed with some symbols changed, in every lane."""
        lanes = like[..., 0].size
        needed = {read.symbol for statement in self._steps.get(effect, ()) for read in ir.reads(statement.value)}
        own = [name for name, symbol in self.program.symbols.items() if symbol.variable == effect]
        env = {name: _repeated(self.values[name], lanes) for name in {*needed, *own} if name in self.values}
        env |= {name: np.array(values) for name, values in changed.items()}
        with np.errstate(all="ignore"):
            for step in self._prepared(effect):
                env[step.target][step.where] = step.compute(env, self.clocks)
        return env

    def _prepared(self, effect: str) -> tuple[_Step, ...]:
        tables, shapes = self.program.tables, self.program.table_shapes
        return tuple(
            _Step(one.target, gather(one.index, one.axes), computation(one.value, one.axes, tables, shapes))
            for one in self._steps.get(effect, ())
        )


def _scale(cells: Array) -> float:
    """Return the size of the largest cell, or 1 where all are zero or unknown."""
    finite = np.abs(cells[np.isfinite(cells)])
    return float(finite.max()) if finite.size and finite.max() > 0 else 1.0


def _repeated(cells: Array, lanes: int) -> Array:
    """Return cells of shape (*shape, points) once for each lane: (*shape, lanes × points)."""
    return np.tile(cells, (*([1] * (cells.ndim - 1)), lanes))


def _each_moved(cells: Array, move: float) -> Array:
    """Return cells of shape (*shape, points) as (*shape, cells × points), in lane k the k-th cell moved."""
    count = cells[..., 0].size
    lanes = _repeated(cells, count).reshape(count, count, cells.shape[-1])
    lanes[np.arange(count), np.arange(count)] += move
    return lanes.reshape(*cells.shape[:-1], count * cells.shape[-1])
