"""Where a model comes to rest: the states whose rates are zero, found for many runs at once.

First the model is run with its clock stopped, so that the search follows the path that time would take; then
pseudo-transient continuation (implicit steps that grow as the rates fall, in the end Newton's method; Kelley & Keyes
1998) finds the point itself; then the point is nudged and run on, so that a resting place that a model would leave is
not taken for one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from policy_lab.engine import ir
from policy_lab.engine.compiled import CompiledModel, usable_processors
from policy_lab.engine.given import Backend, Given, Progress
from policy_lab.engine.llvm_linear import solve_systems
from policy_lab.engine.timeline import Timeline

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

_FIRST_STEPS = 1000  # that the model is run with a stopped clock before the first search
_LONGER = 4  # times longer after a search that failed
_ATTEMPTS = 4
_ITERATIONS = 60
_PROOF_STEPS = 500  # that a nudged resting point is run on, twice
_NUDGE = 1e-4  # of a state's scale
_CALMED = 0.9  # of a nudge that grew at first may be left after a long run on
_FLEE = 10.0  # a nudge that has grown so many times shows a point that the model leaves
_MOVE = 1e-7  # of a state's scale, for finite differences
_FIRST_SPAN = 100.0  # of the first implicit step, in time steps
_REACH = 0.5  # of the time in which states would change by their own size: a step so long is always tried, and none
#               reaches the time in which a growing state grows, beyond which it would lead back to where that came from
_LONGEST = 1e6  # implicit step, in time steps: longer ones would magnify the rounding of finite differences
_MEMORY = 128 * 2**20  # bytes of Jacobians held at once


@dataclass(frozen=True)
class Rest:
    """Resting points of a batch of runs.

    Parameters
    ----------
    states
        Shape (runs, states), in the order of ``CompiledModel.states``.
    residual
        Largest relative rate of change of a state that is not held, per unit of time: shape (runs,).
    converged
        Whether the residual is within the tolerance and a nudge dies away: shape (runs,).
    held
        States that were left at their start value, because no rate depends on them: shape (runs, states).
    """

    states: Array
    residual: Array
    converged: Flags
    held: Flags


def solve_rest(
    compiled: CompiledModel,
    inputs: Mapping[str, ArrayLike] | None = None,
    start: ArrayLike | None = None,
    tolerance: float = 1e-8,
    *,
    time: float | None = None,
    series: Mapping[str, tuple[ArrayLike, ArrayLike]] | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Rest:
    """Find the stable resting point that each run would reach if its clock stood still.

    Parameters
    ----------
    inputs
        By input, shape (dimensions) for all runs or (runs, dimensions).
    start
        States to search from, shape (states,) or (runs, states); the model's initial values when not given.
    tolerance
        Largest relative rate of change, per unit of time, of a state at rest.
    time
        Where the clock stands (for STEP, series and the like); the initial time when not given.

    Returns
    -------
    Rest
        Runs that did not converge hold the best point found.

    Raises
    ------
    InputError
        For inputs that cannot be used.
    """
    given, line, states = compiled.ready(inputs or {}, start, series or {})
    return search_rest(compiled, given, line, states, tolerance, time=time, threads=threads, progress=progress)


def search_rest(
    compiled: CompiledModel,
    given: Given,
    line: Timeline,
    states: Array,
    tolerance: float = 1e-8,
    *,
    time: float | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Rest:
    """Find resting points as `solve_rest` does, of runs whose inputs are laid out.

    Parameters
    ----------
    given, line
        The inputs, and the time settings.
    states
        To search from: shape (states, runs).
    """
    search = _Search(
        compiled.backend,
        given,
        line,
        line.initial_time if time is None else time,
        _moving_states(compiled.program),
        _groups(compiled.program),
        states,
        threads or usable_processors(),
        tolerance,
    )
    runs = given.runs
    found, residual = states.copy(), np.full(runs, np.inf)
    converged, held = np.zeros(runs, dtype=bool), np.zeros(states.shape, dtype=bool)
    position, steps = states.copy(), _FIRST_STEPS
    for attempt in range(_ATTEMPTS):
        open_runs = np.flatnonzero(~converged)
        if not len(open_runs):
            break
        part = search.of(open_runs)
        point = part.search(position[:, open_runs], steps)
        after, stays = part.proved(point)
        better = (point.residual < residual[open_runs]) | stays
        chosen = open_runs[better]
        found[:, chosen], residual[chosen] = point.states[:, better], point.residual[better]
        held[:, chosen] = point.held[:, better]
        converged[open_runs] = stays
        position[:, open_runs] = after
        steps *= _LONGER
        if progress is not None:
            progress(float(np.mean(converged)) if attempt + 1 < _ATTEMPTS else 1.0)
    return Rest(found.T, residual, converged, held.T)


@dataclass(frozen=True)
class _Point:
    states: Array
    residual: Array
    held: Flags
    scale: Array
    origin: Array  # where the model had come to when the search began

    def improved(self, runs: NDArray[np.int64], trial: _Point) -> _Point:
        """Return the points with those of some runs replaced where the trial's rates are smaller."""
        wins = trial.residual < self.residual[runs]
        chosen = runs[wins]
        changed = {name: getattr(self, name).copy() for name in ("states", "residual", "held", "scale")}
        for name, values in changed.items():
            values[..., chosen] = getattr(trial, name)[..., wins]
        return replace(self, **changed)


@dataclass(frozen=True)
class _Search:
    """The runs of one search, and what it needs to know of their model."""

    backend: Backend
    given: Given
    line: Timeline
    time: float
    moving: NDArray[np.int64]  # states on which the rate of another moving state, or their own, may depend
    groups: NDArray[np.int64]  # the symbol that each state belongs to
    start: Array
    threads: int
    tolerance: float

    def of(self, runs: NDArray[np.int64]) -> _Search:
        """Return the search for some of the runs."""
        return replace(self, given=self.given.chosen(runs), start=np.ascontiguousarray(self.start[:, runs]))

    def search(self, position: Array, steps: int) -> _Point:
        """Follow the model for a number of steps, then go to the resting point nearby."""
        size = max(1, int(_MEMORY / (8 * max(1, len(self.moving) ** 2))))
        parts = []
        for first in range(0, position.shape[1], size):
            runs = np.arange(first, min(first + size, position.shape[1]))
            parts.append(self.of(runs)._searched(position[:, runs], steps))
        names = ("states", "residual", "held", "scale", "origin")
        return _Point(*(np.concatenate([getattr(part, name) for part in parts], axis=-1) for name in names))

    def _searched(self, position: Array, steps: int) -> _Point:
        scale = self.scale(position)
        _, slopes = self.slopes(position, scale)
        held = self.held(slopes)
        walked = self._walk(position, held, steps)
        lost = ~np.all(np.isfinite(walked), axis=0)
        walked[:, lost] = position[:, lost]
        return self.settle(np.where(held, self.start, walked))

    def _walk(self, position: Array, held: Flags, steps: int) -> Array:
        """Run the model on with its clock stopped."""
        line = replace(
            self.line, times=np.full(steps + 1, self.time), saved=np.empty(0, dtype=np.int64), labels=np.empty(0)
        )
        cells = np.empty(0, dtype=np.int64)
        raw = self.backend.simulate(
            self.given,
            line,
            cells,
            method="euler",
            start=position,
            threads=self.threads,
            progress=None,
            held=held.astype(np.float64),
        )
        return np.array(raw.states)

    def scale(self, states: Array) -> Array:
        """Return what a state's rate is measured against: its size, and a little of its largest sibling's."""
        return np.abs(np.where(np.isfinite(states), states, 0.0)) + 1e-3 * self._largest(states) + 1e-9

    def _largest(self, states: Array) -> Array:
        """Return, for each state, the largest size of its symbol's states, now or at the start."""
        size = np.abs(np.where(np.isfinite(states), states, 0.0))
        largest = np.zeros((int(self.groups.max(initial=-1)) + 1, states.shape[1]))
        np.maximum.at(largest, self.groups, np.maximum(size, np.abs(self.start)))
        return largest[self.groups]

    def slopes(self, states: Array, scale: Array) -> tuple[Array, Array]:
        """Return the rates, and the Jacobian among moving states: shape (runs, moving, moving)."""
        moves = np.ascontiguousarray(_MOVE * scale[self.moving])
        rates, slopes = self.backend.jacobian(
            self.given, self.line, np.ascontiguousarray(states), self.time, self.moving, moves, self.threads
        )
        return rates, np.ascontiguousarray(slopes[:, self.moving, :].transpose(2, 1, 0))  # each run in one piece

    def held(self, slopes: Array) -> Flags:
        """Return the states that no rate depends on, or only the rates of states that are held themselves."""
        depends = slopes != 0.0
        held = ~depends.any(axis=1)
        while True:
            more = ~(depends & ~held[:, :, None]).any(axis=1)
            if np.array_equal(more, held):
                break
            held = more
        whole = np.ones((len(self.groups), slopes.shape[0]), dtype=bool)
        whole[self.moving] = held.T
        return whole

    def settle(self, states: Array) -> _Point:
        """Take implicit steps, longer as the rates fall, until each run's rates are well within the tolerance."""
        runs = np.arange(states.shape[1])
        unknown = np.full(len(runs), np.inf)
        best = _Point(states, unknown, np.zeros(states.shape, dtype=bool), self.scale(states), states)
        first = np.full(len(runs), _FIRST_SPAN * self.line.time_step)
        descent = _Descent(self, states, np.zeros_like(states), unknown, unknown, first, unknown > 0)
        for _ in range(_ITERATIONS):
            point, descent = descent.taken()
            best = best.improved(runs, point)
            going = (best.residual[runs] > 0.01 * self.tolerance) & ~descent.at_the_floor(self.tolerance)
            if not going.any():
                break
            if not going.all():
                runs, descent = runs[going], descent.of(np.flatnonzero(going))
        return best

    def proved(self, point: _Point) -> tuple[Array, Flags]:
        """Nudge each point and run on: return where that leads, and whether the point is one of rest that holds.

        The nudge goes back to where the search began, and a little up and down for every state; a state that is zero
        all the way is left at zero. A point holds if the nudge dies away, or at least does not go on growing;
        where it still grows, a long run on tells.
        """
        back = np.where(point.held, 0.0, point.origin - point.states)
        away = _farthest(back, point.scale)
        signs = np.where(np.arange(len(self.groups)) % 2, 1.0, -1.0)[:, None]
        nudge = 0.5 * _NUDGE * (back / np.maximum(away, 1e-300) + np.where(point.held, 0.0, signs * point.states))
        first = self._walk(point.states + nudge, point.held, _PROOF_STEPS)
        after = self._walk(first, point.held, _PROOF_STEPS)
        lost = ~np.all(np.isfinite(after), axis=0)
        after[:, lost] = point.states[:, lost]
        wide = point.scale + np.abs(point.origin) + self._largest(point.states)  # zero may be passed on the way back
        gaps = [_farthest(gap, wide) for gap in (nudge, first - point.states, after - point.states)]
        calm = (gaps[1] <= gaps[0]) | (gaps[2] <= np.maximum(gaps[0], gaps[1]))
        near = (gaps[2] <= _FLEE * _NUDGE) & ~lost & (point.residual <= self.tolerance)
        slow = np.flatnonzero(near & ~calm)  # what dies away over decades may grow for years at first
        if len(slow):
            part, held = self.of(slow), point.held[:, slow]
            later = part._walk(after[:, slow], held, _LONGER**2 * _PROOF_STEPS)
            calm[slow] = _farthest(later - point.states[:, slow], wide[:, slow]) <= _CALMED * gaps[2][slow]
        return after, calm & near


@dataclass(frozen=True)
class _Descent:
    """Where the implicit steps of some runs have come to, and the step that comes next."""

    search: _Search
    current: Array
    change: Array
    norm: Array  # of the relative rates at ``current``
    worst: Array  # the largest of them
    span: Array  # length of the implicit step, in time
    falling: Flags  # whether the last step at least halved ``worst``

    def of(self, runs: NDArray[np.int64]) -> _Descent:
        """Return the descent of some of the runs."""
        return _Descent(
            self.search.of(runs),
            self.current[:, runs],
            self.change[:, runs],
            self.norm[runs],
            self.worst[runs],
            self.span[runs],
            self.falling[runs],
        )

    def at_the_floor(self, tolerance: float) -> Flags:
        """Return which runs are at rest and come no closer to it: rounding in the Jacobian sets a floor."""
        return ~self.falling & (self.worst <= tolerance)

    def taken(self) -> tuple[_Point, _Descent]:
        """Take the step: return where it leads, and the descent from there, or from here with a shorter step."""
        trial = self.current + self.change
        scale = self.search.scale(trial)
        rates, slopes = self.search.slopes(trial, scale)
        held = self.search.held(slopes)
        relative = np.where(held, 0.0, np.abs(rates) / scale)
        known: Flags = np.asarray(np.isfinite(slopes).all(axis=(1, 2)))
        unknown = ~(np.isfinite(relative).all(axis=0) & known)
        with np.errstate(over="ignore"):  # a step that leads beyond all numbers is of infinite size, and not accepted
            size = np.where(unknown, np.inf, np.sqrt(np.square(np.where(unknown, 0.0, relative)).sum(axis=0)))
        worst = np.where(unknown, np.inf, relative.max(axis=0, initial=0.0))
        accepted = (size <= 5.0 * self.norm) & ~unknown
        with np.errstate(all="ignore"):
            growth = np.clip(np.nan_to_num(self.norm / size, nan=1.0, posinf=10.0), 0.3, 10.0)
            reach = np.minimum(_REACH / size, 10.0 * self.span)
        growth = np.where(np.isinf(self.norm), 1.0, growth)
        longest = _LONGEST * self.search.line.time_step
        span = np.where(accepted, np.minimum(np.maximum(self.span * growth, reach), longest), 0.1 * self.span)
        current = np.where(accepted, trial, self.current)
        step = _bounded(self._implicit_step(rates, slopes, known, held, span), current, scale)
        change = np.where(accepted, step, 0.1 * self.change)
        norm, reached = np.where(accepted, size, self.norm), np.where(accepted, worst, self.worst)
        falling = accepted & (worst <= 0.5 * self.worst)
        following = _Descent(self.search, current, change, norm, reached, span, falling)
        return _Point(trial, worst, held, scale, trial), following

    def _implicit_step(self, rates: Array, slopes: Array, known: Flags, held: Flags, span: Array) -> Array:
        """Solve (1/span − J) · step = rates, with held states left where they are; ``known`` runs have all slopes."""
        moving = self.search.moving
        count = len(moving)
        fixed = held[moving].T
        matrix = np.negative(slopes)
        matrix[fixed] = 0.0
        matrix.transpose(0, 2, 1)[fixed] = 0.0
        diagonal = np.arange(count)
        matrix[:, diagonal, diagonal] += np.where(fixed, 1.0, (1.0 / span)[:, None])
        right = np.where(fixed, 0.0, rates[moving].T)
        usable = known & np.isfinite(span) & np.isfinite(right).all(axis=1)
        matrix[~usable] = np.eye(count)
        right[~usable] = 0.0
        step = np.zeros_like(rates)
        step[moving] = solve_systems(matrix, right, self.search.threads, overwrite=True).T
        return np.where(np.isfinite(step).all(axis=0), step, 0.0)


def _farthest(gap: Array, scale: Array) -> Array:
    """Return the largest distance of each run, in scales."""
    with np.errstate(all="ignore"):
        return np.asarray(np.max(np.abs(gap) / scale, axis=0, initial=0.0))


def _bounded(step: Array, states: Array, scale: Array) -> Array:
    """Shorten steps that would carry a state far past zero, or to many times its size."""
    with np.errstate(all="ignore"):
        limit = np.where(np.sign(step) == np.sign(states), 4.0 * scale, 0.9 * np.abs(states) + 0.1 * scale)
        share = np.where(step == 0.0, 1.0, limit / np.abs(step))
    return step * np.clip(np.nan_to_num(share, nan=1.0).min(axis=0, initial=1.0), 0.02, 1.0)


def _groups(program: ir.Program) -> NDArray[np.int64]:
    return np.array([k for k, state in enumerate(program.states) for _ in state.names], dtype=np.int64)


def _moving_states(program: ir.Program) -> NDArray[np.int64]:
    """Return the states that can have a resting point: all but accumulators and what is fixed at the start."""
    readers: dict[str, set[str]] = {}
    for statement in (*program.constants, *program.dynamic):
        for read in ir.reads(statement.value):
            readers.setdefault(read.symbol, set()).add(statement.target)
    rates = {state.rate: state.symbol for state in program.states if state.rate}
    reach = {state.symbol: _reached(state.symbol, readers, rates) for state in program.states}
    kept = {state.symbol for state in program.states if state.kind is not ir.StateKind.INITIAL}
    while True:
        fewer = {symbol for symbol in kept if reach[symbol] & kept}
        if fewer == kept:
            break
        kept = fewer
    chosen = [state.symbol in kept for state in program.states for _ in state.names]
    return np.flatnonzero(chosen).astype(np.int64)


def _reached(symbol: str, readers: Mapping[str, set[str]], rates: Mapping[str, str]) -> set[str]:
    """Return the states whose rates depend on a symbol."""
    seen: set[str] = set()
    pending = [symbol]
    while pending:
        for reader in readers.get(pending.pop(), ()):
            if reader not in seen:
                seen.add(reader)
                pending.append(reader)
    return {rates[name] for name in seen if name in rates}
