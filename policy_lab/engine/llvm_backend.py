"""The fast engine: a program as machine code, one run at a time or a lane of runs side by side, blocks over threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from policy_lab.engine import ir
from policy_lab.engine.adaptive import ADAPTIVE, Tolerance, new_record
from policy_lab.engine.given import Given, Progress, Raw, SeriesValues
from policy_lab.engine.grouping import observed_groups
from policy_lab.engine.layout import Layout
from policy_lab.engine.llvm_compile import MachineCode, is_kept, load
from policy_lab.engine.llvm_hoist import taken_out
from policy_lab.engine.llvm_slots import Slot, room_of
from policy_lab.engine.target import LANES, LANES_FROM
from policy_lab.engine.threads import shared_out
from policy_lab.engine.timeline import Timeline
from policy_lab.engine.wanted import Wanted

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
_ENTRIES = ("simulate", "initial", "rates", "jacobian")
_STAGES = {"euler": 1, "rk2": 2, "rk4": 4}
_QUICK_RUNS = 4  # single runs after which code that runs faster, but takes longer to make, is made behind them
_WRITTEN_OUT = 8  # elements of a loop that the faster code writes out
_LARGEST_WRITTEN = 4000  # statements over elements: a larger program is left as it is
_PARTS_A_THREAD = 8  # of the blocks of a batch, so that threads end together and progress can be told


class LlvmBackend:
    """A program as machine code; each kernel is made when it is first needed."""

    def __init__(self, program: ir.Program, layout: Layout) -> None:
        self._digest = program.digest()
        program, layout = taken_out(program, layout)
        self._program = program
        self._layout = layout
        self._code: dict[int, MachineCode] = {}
        self._adaptive: list[MachineCode] = []
        self._lock = threading.Lock()
        self._single_runs = 0
        self._improving: threading.Thread | None = None
        self._wanted = Wanted(layout, [group.statements for group in observed_groups(program)])

    def prepare(self, runs: int) -> int:
        """Make the kernel for a number of runs and return its width.

        The kernel for single runs is made quickly at first. After a few of them (a slider is being moved) the faster
        one is made in a thread behind them and takes its place; both give the same bits.
        """
        width = LANES if runs >= LANES_FROM else 1
        with self._lock:
            if width not in self._code:
                kept = width == 1 and self._small() and is_kept(self._key(faster=True))
                self._code[width] = self._faster() if kept else self._quick(width)
                self._single_runs += _QUICK_RUNS + 1 if kept else 0
            if width == 1:
                self._single_runs += 1
                if self._single_runs == _QUICK_RUNS and self._small():
                    self._improving = threading.Thread(target=self._improve, name="policy_lab compiles")
                    self._improving.start()
        return width

    def settle(self) -> None:
        """Wait until faster code that is being made is in use."""
        if self._improving is not None:
            self._improving.join()

    def _key(self, *, faster: bool, width: int = 1) -> list[str]:
        return [self._digest, str(width), *(["faster"] if faster else [])]

    def _quick(self, width: int) -> MachineCode:
        return load(
            self._key(faster=False, width=width),
            lambda: self._text(width, 1),
            _ENTRIES,
        )

    def _faster(self) -> MachineCode:
        return load(
            self._key(faster=True),
            lambda: self._text(1, _WRITTEN_OUT),
            _ENTRIES,
            pair=True,
        )

    def _adaptive_code(self) -> MachineCode:
        """Return the code for single runs with an adaptive step, made when the first of them is asked for."""
        with self._lock:
            if not self._adaptive:
                self._adaptive.append(load([*self._key(faster=False), ADAPTIVE], self._adaptive_text, _ENTRIES))
            return self._adaptive[0]

    def _adaptive_text(self) -> str:
        from policy_lab.engine.llvm_module import module_text

        return module_text(self._program, self._layout, 1, leaping=False, adaptive=True)

    def _text(self, width: int, written_out: int) -> str:
        from policy_lab.engine.llvm_module import module_text  # where the code is kept, nobody needs what writes it

        first = width == 1 and written_out == 1 and self._small()  # an answer soon, and faster code after it
        return module_text(self._program, self._layout, width, written_out, leaping=not first)

    def _improve(self) -> None:
        code = self._faster()
        with self._lock:
            self._code[1] = code

    def _small(self) -> bool:
        return self._layout.size <= _LARGEST_WRITTEN

    def simulate(
        self,
        given: Given,
        timeline: Timeline,
        cells: Integers,
        *,
        method: str,
        start: Array | None,
        threads: int,
        progress: Progress | None,
        held: Array | None = None,
        tolerance: Tolerance | None = None,
    ) -> Raw:
        """Run all runs of ``given`` and keep ``cells`` at the saved times; states where ``held`` is 1 do not move.

        Runs with an adaptive step go one by one, each at its own pace: runs side by side would have to share it.
        """
        alone = method == ADAPTIVE
        call = self._call(given, timeline, start, alone=alone)
        save = np.full(len(timeline.times), -1, dtype=np.int64)
        save[timeline.saved] = np.arange(len(timeline.saved))
        outputs = np.empty((len(timeline.saved), len(cells), call.padded))
        needed = self._wanted.flags(cells)
        call.put(
            {
                Slot.TIMES: timeline.times,
                Slot.SAVE: save,
                Slot.OUTPUTS: np.ascontiguousarray(cells, dtype=np.int64),
                Slot.OUT: outputs,
                Slot.NEEDED: needed,
            }
        )
        call.set({Slot.STEPS: len(timeline.times), Slot.OUTPUT_COUNT: len(cells), Slot.METHOD: _STAGES.get(method, 0)})
        if held is not None:
            call.put({Slot.HELD: call.pad(held)})
        record = new_record(given.runs if alone else 0)
        if alone:
            allowed = tolerance or Tolerance()
            call.put({Slot.TOLERANCE: np.array([allowed.relative, allowed.absolute]), Slot.RECORD: record})
        ring = self._ring_length(given, timeline)
        call.follow(given.series, _moments(timeline.times, timeline.time_step))
        call.make("simulate", threads, progress, ring)
        return Raw(outputs[:, :, : given.runs], call.final[:, : given.runs], record if alone else None)

    def initial_states(self, given: Given, timeline: Timeline) -> Array:
        """Return the states at the initial time."""
        call = self._call(given, timeline, None)
        call.follow(given.series, _moments(timeline.times[:1], timeline.time_step))
        call.make("initial", 1, None, 1)
        return call.final[:, : given.runs]

    def rates(self, given: Given, timeline: Timeline, states: Array, time: float) -> Array:
        """Return the change of each state per unit of time."""
        call = self._at(given, timeline, states, time)
        call.make("rates", 1, None, 1)
        return call.final[:, : given.runs]

    def jacobian(
        self,
        given: Given,
        timeline: Timeline,
        states: Array,
        time: float,
        columns: Integers,
        moves: Array,
        threads: int,
    ) -> tuple[Array, Array]:
        """Return the rates, and d(rate)/d(state) for each of ``columns``, by moving that state by ``moves``.

        Returns
        -------
        rates
            Shape (states, runs).
        slopes
            Shape (columns, states, runs).
        """
        if not len(columns):  # a loop of machine code has at least one turn
            return self.rates(given, timeline, states, time), np.empty((0, *states.shape))
        call = self._at(given, timeline, states, time)
        slopes = np.empty((len(columns), self._layout.state_count, call.padded))
        call.put({Slot.COLUMNS: columns, Slot.PERTURBATION: call.pad(moves), Slot.JACOBIAN: slopes})
        call.set({Slot.COLUMN_COUNT: len(columns)})
        call.make("jacobian", threads, None, 1)
        return call.final[:, : given.runs], slopes[:, :, : given.runs]

    def _at(self, given: Given, timeline: Timeline, states: Array, time: float) -> _Call:
        call = self._call(given, timeline, states)
        call.put({Slot.TIMES: np.array([time], dtype=np.float64)})
        moments = np.repeat([timeline.initial_time, time], 3)
        call.follow(given.series, moments)
        return call

    def _call(self, given: Given, timeline: Timeline, start: Array | None, *, alone: bool = False) -> _Call:
        if alone:
            return _Call(self._adaptive_code(), self._layout, 1, given, timeline, start)
        width = self.prepare(given.runs)
        return _Call(self._code[width], self._layout, width, given, timeline, start)

    def _ring_length(self, given: Given, timeline: Timeline) -> int:
        """Return the longest pipeline delay of all runs, in steps."""
        delays = [self._layout.cells(self._program.symbols[s.delay]).ravel() for s in self._program.states if s.delay]
        if not delays:
            return 1
        held = self.simulate_cells(given, timeline, np.concatenate(delays))
        return int(np.nanmax(held, initial=1.0))

    def simulate_cells(self, given: Given, timeline: Timeline, cells: Integers) -> Array:
        """Return cells as they stand at the initial time."""
        call = self._call(given, timeline, None)
        outputs = np.empty((1, len(cells), call.padded))
        call.put(
            {
                Slot.TIMES: timeline.times[:1],
                Slot.SAVE: np.zeros(1, dtype=np.int64),
                Slot.OUTPUTS: cells,
                Slot.OUT: outputs,
                Slot.NEEDED: self._wanted.flags(cells),
            }
        )
        call.set({Slot.STEPS: 1, Slot.OUTPUT_COUNT: len(cells), Slot.METHOD: 1})
        call.follow(given.series, _moments(timeline.times[:1], timeline.time_step))
        call.make("simulate", 1, None, 1)
        return outputs[0, :, : given.runs]


def _moments(times: Array, step: float) -> Array:
    """Return the times at which rates may be taken: each step's, its middle and its end."""
    return (times[:, None] + np.array([0.0, 0.5, 1.0]) * step).ravel()


class _Call:
    """The table of slots of one call, and the arrays that it points to."""

    def __init__(
        self, code: MachineCode, layout: Layout, width: int, given: Given, timeline: Timeline, start: Array | None
    ) -> None:
        self._code = code
        self._layout = layout
        self._width = width
        self._runs = given.runs
        self._clocks = np.array(
            [
                timeline.initial_time,
                timeline.time_step,
                timeline.initial_time,
                timeline.final_time,
                timeline.save_period,
                timeline.initial_time,
            ]
        )
        self.padded = -(-given.runs // width) * width
        self.final = np.empty((layout.state_count, self.padded))
        self._slots = np.zeros(len(Slot), dtype=np.int64)
        self._kept: list[object] = []
        self.set({Slot.STRIDE: self.padded, Slot.RING_LENGTH: 1})
        self.put(
            {
                Slot.SHARED: given.shared,
                Slot.ROW: given.row,
                Slot.VARYING: self.pad(given.varying),
                Slot.FINAL: self.final,
            }
        )
        if start is not None:
            self.put({Slot.START: self.pad(start)})

    def pad(self, rows: Array) -> Array:
        """Return rows of runs filled up to whole blocks with their last run."""
        missing = self.padded - rows.shape[1]
        return np.ascontiguousarray(np.pad(rows, ((0, 0), (0, missing)), mode="edge") if missing else rows)

    def set(self, values: dict[Slot, int]) -> None:
        """Put numbers into slots."""
        for slot, value in values.items():
            self._slots[slot] = value

    def put(self, arrays: dict[Slot, NDArray[np.generic]]) -> None:
        """Put the addresses of arrays into slots, and keep the arrays."""
        for slot, array in arrays.items():
            self._slots[slot] = array.ctypes.data
            self._kept.append(array)

    def follow(self, series: Sequence[SeriesValues], moments: Array) -> None:
        """Lay out series: for every moment and cell the point to the left, and how far on to the next."""
        addresses, strides, points, shares, times = [], [], [], [], []
        for one in series:
            values = np.concatenate([one.values, one.values[:, -1:]], axis=1)  # so that the last point has a next one
            if values.shape[2] > 1:
                values = np.stack([self.pad(cell) for cell in values])
            stacked = np.ascontiguousarray(values)
            moments_of = np.append(one.times, one.times[-1])
            self._kept += [stacked, moments_of]
            left = np.clip(np.searchsorted(one.times, moments, side="right") - 1, 0, len(one.times) - 1)
            right = np.minimum(left + 1, len(one.times) - 1)
            gap = one.times[right] - one.times[left]
            beyond = (gap == 0) | (moments <= one.times[0])
            share = np.where(beyond, 0.0, (moments - one.times[left]) / np.where(gap == 0, 1.0, gap))
            for cell in range(stacked.shape[0]):
                addresses.append(stacked.ctypes.data + cell * stacked.strides[0])
                strides.append(stacked.shape[2] if stacked.shape[2] > 1 else 0)
                points.append(left)
                shares.append(share)
                times.append(moments_of.ctypes.data)
        if addresses:
            self.put(
                {
                    Slot.SERIES_VALUES: np.array(addresses, dtype=np.int64),
                    Slot.SERIES_STRIDE: np.array(strides, dtype=np.int64),
                    Slot.SERIES_TIMES: np.array(times, dtype=np.int64),
                    Slot.SERIES_POINT: np.ascontiguousarray(np.stack(points, axis=1), dtype=np.int64),
                    Slot.SERIES_SHARE: np.ascontiguousarray(np.stack(shares, axis=1)),
                }
            )

    def make(self, entry: str, threads: int, progress: Progress | None, ring: int) -> None:
        """Call an entry for all blocks, parts of them in each thread."""
        blocks = self.padded // self._width
        function = self._code.entries[entry]
        threads = max(1, min(threads, blocks))
        parts = max(1, min(blocks, threads * _PARTS_A_THREAD if threads > 1 or progress else 1))
        edges = np.arange(parts + 1) * blocks // parts

        def prepare() -> Callable[[int], None]:
            room = _Workspace(self, ring)
            return lambda part: function(room.address, int(edges[part]), int(edges[part + 1]))

        shared_out(parts, threads, prepare, progress)


class _Workspace:
    """The memory of one thread: a block's cells, its clocks, its pipelines, and its own table of slots."""

    def __init__(self, call: _Call, ring: int) -> None:
        layout, width = call._layout, call._width
        pipes = layout.kinds[ir.StateKind.PIPELINE]
        self._cells, cells = _aligned(room_of(layout).size * width)
        cells[:] = np.nan
        cells[layout.rates * width : (layout.rates + layout.state_count) * width] = 0.0
        self._ring, pipeline = _aligned(max(1, ring * (pipes.stop - pipes.start) * width))
        self._clocks = call._clocks.copy()
        self._slots = call._slots.copy()
        self._slots[Slot.CELLS] = cells.ctypes.data
        self._slots[Slot.CLOCKS] = self._clocks.ctypes.data
        self._slots[Slot.RING] = pipeline.ctypes.data
        self._slots[Slot.RING_LENGTH] = max(1, ring)
        self.address = self._slots.ctypes.data


def _aligned(count: int) -> tuple[Array, Array]:
    """Return memory for doubles that begins on a cache line, and what must be kept for it."""
    whole = np.empty(count + 8)
    first = (-whole.ctypes.data // 8) % 8
    return whole, whole[first : first + count]
