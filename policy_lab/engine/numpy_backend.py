"""The readable engine: every statement of the program computed with NumPy over all runs of a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from policy_lab.engine import ir
from policy_lab.engine.adaptive import ADAPTIVE, Tolerance, new_record
from policy_lab.engine.evaluate import Array, Clocks, Computation, computation, gather
from policy_lab.engine.given import Given, Progress, Raw
from policy_lab.engine.layout import Layout
from policy_lab.engine.numpy_adaptive import Flow, advance
from policy_lab.engine.timeline import Timeline
from policy_lab.engine.wanted import Wanted

_RUNS_AT_ONCE = 1000
#: Times within a step at which rates are taken, and their weights; each stage starts from the one before it.
STAGES: dict[str, tuple[tuple[float, float], ...]] = {
    "euler": ((0.0, 1.0),),
    "rk2": ((0.0, 1 / 2), (1.0, 1 / 2)),
    "rk4": ((0.0, 1 / 6), (0.5, 1 / 3), (0.5, 1 / 3), (1.0, 1 / 6)),
}


@dataclass(frozen=True)
class _Ready:
    """A statement with its computation."""

    target: str
    where: tuple[Any, ...]
    compute: Computation


class NumpyBackend:
    """A program computed with NumPy."""

    def __init__(self, program: ir.Program, layout: Layout) -> None:
        self.program = program
        self.layout = layout
        self._start = self._prepared(program.start)
        self._constants = self._prepared(program.constants)
        self._dynamic = self._prepared(program.dynamic)
        self._observed = self._prepared(program.observed)
        self._wanted = Wanted(layout, [[one] for one in program.observed])

    def _prepared(self, statements: Sequence[ir.Statement]) -> tuple[_Ready, ...]:
        tables, shapes = self.program.tables, self.program.table_shapes
        return tuple(
            _Ready(s.target, gather(s.index, s.axes), computation(s.value, s.axes, tables, shapes)) for s in statements
        )

    def observed_for(self, cells: NDArray[np.int64]) -> tuple[_Ready, ...]:
        """Return what has to be computed for these cells beside what the rates need."""
        flags = self._wanted.flags(cells)
        return tuple(one for one, wanted in zip(self._observed, flags, strict=False) if wanted)

    def simulate(
        self,
        given: Given,
        timeline: Timeline,
        cells: NDArray[np.int64],
        *,
        method: str,
        start: Array | None,
        threads: int,
        progress: Progress | None,
        held: Array | None = None,
        tolerance: Tolerance | None = None,
    ) -> Raw:
        """Run all runs of ``given`` and keep ``cells`` at the saved times; states where ``held`` is 1 do not move.

        Runs with an adaptive step go one by one, each at its own pace.
        """
        alone = method == ADAPTIVE
        record = new_record(given.runs)
        together = 1 if alone else _RUNS_AT_ONCE
        outputs = np.empty((len(timeline.saved), len(cells), given.runs))
        states = np.empty((self.layout.state_count, given.runs))
        for first in range(0, given.runs, together):
            last = min(first + together, given.runs)
            batch = _Batch(self, given.part(first, last), timeline)
            batch.begin(None if start is None else start[:, first:last])
            batch.held = None if held is None else held[:, first:last] != 0
            batch.record = record[:, first]
            batch.tolerance = tolerance or Tolerance()
            batch.run(cells, outputs[:, :, first:last], method, _told(progress, first, last, given.runs))
            states[:, first:last] = batch.states
        return Raw(outputs, states, record if alone else None)

    def initial_states(self, given: Given, timeline: Timeline) -> Array:
        """Return the states at the initial time."""
        batch = _Batch(self, given, timeline)
        batch.begin(None)
        return batch.states.copy()

    def rates(self, given: Given, timeline: Timeline, states: Array, time: float) -> Array:
        """Return the change of each state per unit of time."""
        batch = _Batch(self, given, timeline)
        batch.begin(states)
        batch.go_to(time)
        return batch.change()

    def values(self, given: Given, timeline: Timeline, states: Array, time: float) -> dict[str, Array]:
        """Return every symbol at a time, ``(*shape, runs)``: states as given, all else computed from them."""
        batch = _Batch(self, given, timeline)
        batch.begin(states)
        batch.go_to(time)
        batch._compute(self._observed, time)
        return batch.env

    def jacobian(
        self,
        given: Given,
        timeline: Timeline,
        states: Array,
        time: float,
        columns: NDArray[np.int64],
        moves: Array,
        threads: int,
    ) -> tuple[Array, Array]:
        """Return the rates, and d(rate)/d(state) for each of ``columns`` by moving that state by ``moves``."""
        batch = _Batch(self, given, timeline)
        batch.begin(states)
        batch.go_to(time)
        rates = batch.change()
        slopes = np.empty((len(columns), *states.shape))
        for place, (column, move) in enumerate(zip(columns, moves, strict=True)):
            kept = batch.states[column].copy()
            batch.states[column] = kept + move
            batch.derive(time)
            slopes[place] = (batch.change() - rates) / (batch.states[column] - kept)
            batch.states[column] = kept
        return rates, slopes


def _told(progress: Progress | None, first: int, last: int, runs: int) -> Callable[[float], object]:
    """Return what tells of progress inside one part of a batch."""
    if progress is None:
        return lambda share: None
    return lambda share: progress((first + share * (last - first)) / runs)


def interpolated(times: Array, values: Array, time: float) -> Array:
    """Return ``values[cell, point, run]`` at a time: linear between points, held beyond the ends."""
    if time <= times[0]:
        return values[:, 0]
    if time >= times[-1]:
        return values[:, -1]
    left = int(np.searchsorted(times, time, side="right")) - 1
    share = (time - times[left]) / (times[left + 1] - times[left])
    return values[:, left] + share * (values[:, left + 1] - values[:, left])


class _Batch:
    """The cells of some runs, for the length of one call."""

    def __init__(self, backend: NumpyBackend, given: Given, timeline: Timeline) -> None:
        layout = backend.layout
        self._backend = backend
        self._given = given
        self._timeline = timeline
        self._cells = np.full((layout.size, given.runs), np.nan)
        self.kinds = layout.kinds
        self._series = self._cells[layout.given : layout.series]
        self.states = self._cells[layout.states : layout.states + layout.state_count]
        self.rates = self._cells[layout.rates : layout.rates + layout.state_count]
        symbols = backend.program.symbols
        self.env = {
            name: self._cells[offset : offset + symbols[name].size].reshape((*symbols[name].shape, given.runs))
            for name, offset in layout.offsets.items()
        }
        self.rates[...] = 0.0
        self.held: NDArray[np.bool_] | None = None
        self.record: Array = np.empty(0)
        self.tolerance = Tolerance()
        self._step_start = timeline.initial_time
        varies = given.row >= 0
        self._cells[: layout.given][~varies] = given.shared[~varies, None]
        self._cells[: layout.given][varies] = given.varying[given.row[varies]]

    def _compute(self, statements: tuple[_Ready, ...], time: float) -> None:
        line = self._timeline
        clocks = Clocks(time, line.time_step, line.initial_time, line.final_time, line.save_period, self._step_start)
        with np.errstate(all="ignore"):
            for statement in statements:
                self.env[statement.target][statement.where] = statement.compute(self.env, clocks)

    def _follow_series(self, time: float) -> None:
        row = 0
        for series in self._given.series:
            count = series.values.shape[0]
            self._series[row : row + count] = interpolated(series.times, series.values, time)
            row += count

    def begin(self, start: Array | None) -> None:
        """Compute the first states and what holds for the whole run."""
        self._follow_series(self._timeline.initial_time)
        self._compute(self._backend._start, self._timeline.initial_time)
        if start is not None:
            self.states[...] = start
        self._compute(self._backend._constants, self._timeline.initial_time)

    def go_to(self, time: float) -> None:
        """Begin a time step, and compute the rates there."""
        self._step_start = time
        self.derive(time)

    def derive(self, time: float) -> None:
        """Compute the rates at a time from the states as they stand."""
        self._follow_series(time)
        self._compute(self._backend._dynamic, time)

    def change(self) -> Array:
        """Return the change of each state per unit of time."""
        change = self.rates.copy()
        for kind in (ir.StateKind.ASSIGNED, ir.StateKind.PIPELINE):
            part = self.kinds[kind]
            change[part] = (self.rates[part] - self.states[part]) / self._timeline.time_step
        return change

    def run(self, cells: NDArray[np.int64], outputs: Array, method: str, tell: Callable[[float], object]) -> None:
        """Step from the first time to the last."""
        line = self._timeline
        saved = 0
        pipes = _Pipes(self, self._backend)
        observed = self._backend.observed_for(cells)
        for step, time in enumerate(line.times):
            self.go_to(float(time))
            if saved < len(line.saved) and line.saved[saved] == step:
                self._compute(observed, float(time))
                outputs[saved] = self._cells[cells]
                saved += 1
            if step + 1 < len(line.times):
                entering = self.rates[self.kinds[ir.StateKind.PIPELINE]].copy()
                self._step(float(time), method)
                pipes.push(entering, step)
            if step % 100 == 0:
                tell(step / len(line.times))
        tell(1.0)

    def _step(self, time: float, method: str) -> None:
        """Go on to the next time step; what jumps has its next value from the start of this one."""
        assigned = self.kinds[ir.StateKind.ASSIGNED]
        following = self.rates[assigned].copy()
        flow = slice(0, self.kinds[ir.StateKind.NON_NEGATIVE].stop)
        with np.errstate(all="ignore"):
            if method != ADAPTIVE:
                self._advance(time, method, flow)
            elif flow.stop:
                self._adapt(time, flow)
        self.states[assigned] = following

    def _advance(self, time: float, method: str, flow: slice) -> None:
        line = self._timeline
        before = self.states[flow].copy()
        stages = STAGES[method]
        total = self.rates[flow] * stages[0][1]
        for ahead, weight in stages[1:]:
            self.states[flow] = before + self.rates[flow] * (ahead * line.time_step)
            self._bound()
            self.derive(time + ahead * line.time_step)
            total = total + weight * self.rates[flow]
        if self.held is not None:
            total = np.where(self.held[flow], 0.0, total)
        self.states[flow] = before + total * line.time_step
        self._bound()

    def _bound(self) -> None:
        """Keep stocks that cannot be negative from being so."""
        part = self.kinds[ir.StateKind.NON_NEGATIVE]
        self.states[part] = np.maximum(self.states[part], 0.0)

    def _adapt(self, time: float, flow: slice) -> None:
        def moving() -> Array:
            rates = self.rates[flow, 0].copy()
            if self.held is not None:
                rates[self.held[flow, 0]] = 0.0
            return rates

        def rates_at(moment: float) -> Array:
            self.derive(moment)
            return moving()

        stocks = Flow(self.states[flow, 0], rates_at, self._bound, self.tolerance, self.record)
        advance(stocks, time, self._timeline.time_step, moving())


class _Pipes:
    """The contents of DELAY FIXED: what entered in the last steps, a ring as long as the longest delay."""

    def __init__(self, batch: _Batch, backend: NumpyBackend) -> None:
        self._states = batch.states[batch.kinds[ir.StateKind.PIPELINE]]
        self._initial = self._states.copy()
        delays = [batch.env[s.delay].reshape(-1, self._states.shape[1]) for s in backend.program.states if s.delay]
        steps = np.concatenate(delays) if delays else np.ones_like(self._states)
        self._unknown = ~np.isfinite(steps)
        self._steps = np.where(self._unknown, 1, steps).astype(np.int64)
        length = int(self._steps.max(initial=1))
        self._ring = np.empty((length, *self._states.shape))

    def push(self, entering: Array, step: int) -> None:
        """Let the inflow of a step enter, and what leaves after it stand in the states."""
        if not self._states.size:
            return
        length = len(self._ring)
        self._ring[step % length] = entering
        entered = step + 1 - self._steps
        leaving = np.take_along_axis(self._ring, (entered % length)[None], axis=0)[0]
        self._states[...] = np.where(self._unknown, np.nan, np.where(entered < 0, self._initial, leaving))
