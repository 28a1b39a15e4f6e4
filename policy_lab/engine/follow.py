"""Resting points followed while a constant moves: a few cheap steps from the last ones instead of a new search.

`solve_rest` proves that what it finds is a point of rest that holds. While somebody moves a constant, the next point
lies close to the last, and the slopes of the rates have hardly changed. Each step costs one evaluation of the rates and
mends the inverted slopes by what it met (Broyden 1965, *Mathematics of Computation* 19:577-593, his first update),
and the next movement goes on with the mended ones. Where the steps do not close in, `solve_rest` searches.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from policy_lab.engine.compiled import CompiledModel
from policy_lab.engine.given import Backend, Given
from policy_lab.engine.rest import Rest, search_rest
from policy_lab.engine.timeline import Timeline

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

TOLERANCE = 1e-6
"""Largest relative rate of change at rest, per unit of time: states are good to about four figures."""
_STEPS = 50
_SHORTER = 3  # times that a step which makes the rates grow is shortened
_GROWTH = 2.0  # of the relative rates that a step may bring
_MOVE = 1e-7  # of a state's size, for the slopes
_LEAP = 4.0  # sizes of a state that a step may add to it


@dataclass(frozen=True)
class Footing:
    """Resting points of a batch of runs, and the inverted slopes with which nearby ones are found.

    Parameters
    ----------
    rest
        The points.
    inverse
        Of d(rate)/d(state) among the states that move: shape (runs, moving, moving).
    moving
        Places of those states.
    steps
        How many cheap steps led here; -1 where a new search did.
    """

    rest: Rest
    inverse: Array
    moving: NDArray[np.int64]
    steps: int = 0


def footing(compiled: CompiledModel, inputs: Mapping[str, ArrayLike], rest: Rest) -> Footing:
    """Return resting points with the inverted slopes of their rates.

    Parameters
    ----------
    inputs
        Those under which the points are at rest: shape (runs, dimensions) or (dimensions).
    rest
        As `solve_rest` found them.
    """
    given, line, _ = compiled.ready(inputs, rest.states, {})
    return footing_of(compiled, given, line, rest)


def footing_of(compiled: CompiledModel, given: Given, line: Timeline, rest: Rest) -> Footing:
    """Return resting points with the inverted slopes of their rates, of runs whose inputs are laid out."""
    moving = np.flatnonzero(~rest.held.all(axis=0)).astype(np.int64)
    states = np.ascontiguousarray(rest.states.T)
    moves = np.ascontiguousarray(_MOVE * _scale(states)[moving])
    _, slopes = compiled.backend.jacobian(given, line, states, line.initial_time, moving, moves, 1)
    matrix = slopes[:, moving, :].transpose(2, 1, 0).copy()
    fixed = rest.held[:, moving]
    matrix[fixed] = 0.0
    matrix.transpose(0, 2, 1)[fixed] = 0.0
    runs, places = np.nonzero(fixed)
    matrix[runs, places, places] = 1.0
    usable = np.isfinite(matrix).all(axis=(1, 2))
    matrix[~usable] = np.eye(len(moving))
    return Footing(rest, _inverted(matrix), moving)


def follow(
    compiled: CompiledModel, inputs: Mapping[str, ArrayLike], last: Footing, tolerance: float = TOLERANCE
) -> Footing:
    """Return the resting points under inputs that differ a little from those of the last.

    Parameters
    ----------
    inputs
        As for `footing`.
    last
        Where the steps begin.
    tolerance
        Largest relative rate of change, per unit of time, of a state at rest.

    Returns
    -------
    Footing
        Its `rest.converged` says which runs are at rest. Unlike `solve_rest` it takes no time to prove that a point
        holds: use that before a figure is kept.
    """
    given, line, _ = compiled.ready(inputs, last.rest.states, {})
    return follow_laid(compiled, given, line, last, tolerance)


def follow_laid(
    compiled: CompiledModel, given: Given, line: Timeline, last: Footing, tolerance: float = TOLERANCE
) -> Footing:
    """Return what `follow` does, of runs whose inputs are laid out."""
    rates = _Rates(compiled.backend, given, line, last.rest.held.T)
    states, slopes = np.ascontiguousarray(last.rest.states.T), _Slopes(last.inverse)
    current, taken = rates(states), 0
    while True:
        size = _scale(states)
        residual = np.nan_to_num(np.abs(current / size).max(axis=0, initial=0.0), nan=np.inf)
        going = residual > tolerance
        if not going.any() or taken == _STEPS:
            break
        step, following = _stepped(rates, states, current, slopes, last.moving, going)
        slopes = slopes.mended(step[last.moving].T, (following - current)[last.moving].T, size[last.moving].T)
        states, current, taken = states + step, following, taken + 1
    if going.any():
        start = np.ascontiguousarray(last.rest.states.T)
        return replace(footing_of(compiled, given, line, search_rest(compiled, given, line, start)), steps=-1)
    rest = Rest(np.ascontiguousarray(states.T), residual, residual <= tolerance, last.rest.held)
    return Footing(rest, slopes.whole(), last.moving, taken)


@dataclass(frozen=True)
class _Rates:
    """The rates of some runs with the clock stopped; those of held states are zero."""

    backend: Backend
    given: Given
    line: Timeline
    held: Flags

    def __call__(self, states: Array) -> Array:
        rates = self.backend.rates(self.given, self.line, np.ascontiguousarray(states), self.line.initial_time)
        return np.where(self.held, 0.0, rates)


@dataclass(frozen=True)
class _Slopes:
    """Inverted slopes of each run: a matrix, and the products of a column and a row that later steps add to it.

    A step then costs two products of a matrix and a vector; the sum itself is made once, at the end.
    """

    matrix: Array
    columns: tuple[Array, ...] = ()
    rows: tuple[Array, ...] = ()

    def times(self, vector: Array) -> Array:
        """Return the product with a column vector of each run: shape (runs, moving)."""
        found = np.matmul(self.matrix, vector[:, :, None])[:, :, 0]
        for column, row in zip(self.columns, self.rows, strict=True):
            found += column * (row * vector).sum(axis=1, keepdims=True)
        return found

    def times_from_left(self, vector: Array) -> Array:
        """Return the product with a row vector of each run: shape (runs, moving)."""
        found = np.matmul(vector[:, None, :], self.matrix)[:, 0]
        for column, row in zip(self.columns, self.rows, strict=True):
            found += row * (column * vector).sum(axis=1, keepdims=True)
        return found

    def mended(self, step: Array, change: Array, size: Array) -> _Slopes:
        """Return the slopes with Broyden's update, states measured by their size.

        ``H + (s - H y) (s' H) / (s' H y)`` for a step s that changed the rates by y; nothing for a run that stayed.
        """
        measured = step / np.square(size)
        met = self.times(change)
        along = (measured * met).sum(axis=1, keepdims=True)
        usable = np.isfinite(along) & (np.abs(along) > np.finfo(float).tiny)
        weight = np.where(usable, 1.0 / np.where(usable, along, 1.0), 0.0)
        column, row = np.nan_to_num((step - met) * weight), np.nan_to_num(self.times_from_left(measured))
        return _Slopes(self.matrix, (*self.columns, column), (*self.rows, row))

    def whole(self) -> Array:
        """Return the slopes as one matrix a run."""
        if not self.columns:
            return self.matrix
        return self.matrix + np.matmul(np.stack(self.columns, axis=2), np.stack(self.rows, axis=1))


def _stepped(
    rates: _Rates, states: Array, current: Array, slopes: _Slopes, moving: NDArray[np.int64], going: Flags
) -> tuple[Array, Array]:
    """Return the step of each run that goes on, shortened where rates would grow, and the rates to which it leads."""
    size = _scale(states)
    step = np.zeros_like(states)
    step[moving] = -slopes.times(current[moving].T).T
    step = np.where(going, _bounded(step, states, size), 0.0)
    following = rates(states + step)
    for _ in range(_SHORTER):
        grown = ~(_length(following / size) <= _GROWTH * _length(current / size)) & going
        if not grown.any():
            break
        step = np.where(grown, 0.3 * step, step)
        following = rates(states + step)
    return step, following


def _bounded(step: Array, states: Array, size: Array) -> Array:
    """Shorten steps that would carry a state past zero, or to many times its size."""
    with np.errstate(all="ignore"):
        limit = np.where(np.sign(step) == np.sign(states), _LEAP * size, 0.9 * np.abs(states) + 0.1 * size)
        share = np.where(step == 0.0, 1.0, limit / np.abs(step))
    return np.nan_to_num(step) * np.clip(np.nan_to_num(share, nan=1.0).min(axis=0, initial=1.0), 0.02, 1.0)


def _length(relative: Array) -> Array:
    return np.sqrt(np.square(relative).sum(axis=0))


def _scale(states: Array) -> Array:
    """Return what a state's rate is measured against: its size."""
    return np.abs(states) + 1e-6


def _inverted(matrix: Array) -> Array:
    """Return the inverse of each matrix; the pseudo-inverses where one is singular."""
    try:
        return np.asarray(np.linalg.inv(matrix), dtype=np.float64)
    except np.linalg.LinAlgError:
        return np.asarray(np.linalg.pinv(matrix), dtype=np.float64)
