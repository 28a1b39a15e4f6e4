"""The loops around a program: blocks of runs, steps, saving, and the ways to step. Called through ctypes.

Every entry takes the address of a table of 64-bit slots (:class:`Slot`) and the blocks to compute. Runs stand side by
side in memory, in rows padded to whole blocks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, auto

from policy_lab.engine import ir
from policy_lab.engine.layout import Layout
from policy_lab.engine.llvm_text import FunctionText, Loop, ModuleText, hexadecimal


class Slot(IntEnum):
    """What stands in each slot of the table that an entry is called with."""

    CELLS = 0  # workspace of this thread: every cell of a block, and room for the stages of a step
    CLOCKS = auto()  # time and the time settings, five doubles of this thread
    STRIDE = auto()  # runs in a padded row
    SHARED = auto()  # values of the given cells that hold for all runs
    ROW = auto()  # row of each given cell in VARYING, or −1
    VARYING = auto()
    TIMES = auto()  # the times of all steps
    STEPS = auto()  # how many they are
    SAVE = auto()  # for each step, where it is saved, or −1
    OUTPUTS = auto()  # cells that are saved
    OUTPUT_COUNT = auto()
    OUT = auto()  # saved values, [save][output][run]
    START = auto()  # states to start from, [state][run], or 0
    FINAL = auto()  # where states (or rates) go, [state][run]
    NEEDED = auto()  # which observed groups are needed, bytes
    METHOD = auto()  # number of stages of a step: 1 Euler, 2 Heun, 4 Runge–Kutta
    SERIES_COUNT = auto()  # series cells
    SERIES_VALUES = auto()  # address of each series cell's values, [point][run]
    SERIES_STRIDE = auto()  # runs in a row of them: 0 when one run stands for all
    SERIES_POINT = auto()  # [step · 3 + stage][series cell]: the point to the left
    SERIES_SHARE = auto()  # the same: how far on to the next point
    RING = auto()  # what entered the pipelines, [step mod length][pipeline][lane], of this thread
    RING_LENGTH = auto()
    COLUMNS = auto()  # states to perturb
    COLUMN_COUNT = auto()
    PERTURBATION = auto()  # [column][run]
    JACOBIAN = auto()  # [column][state][run]
    HELD = auto()  # [state][run]: 1 where a state does not move; or 0


@dataclass(frozen=True)
class Room:
    """Where the driver keeps what it needs beside the cells: first cells of its own arrays."""

    before: int
    total: int
    assigned: int
    pipes: int
    size: int


def room_of(layout: Layout) -> Room:
    """Return the driver's part of a workspace, which stands after the cells."""
    flows = layout.kinds[ir.StateKind.NON_NEGATIVE].stop
    assigned = layout.kinds[ir.StateKind.ASSIGNED]
    pipes = layout.kinds[ir.StateKind.PIPELINE]
    first = layout.size
    second = first + flows
    third = second + flows
    fourth = third + (assigned.stop - assigned.start)
    fifth = fourth + 2 * (pipes.stop - pipes.start)
    return Room(first, second, third, fourth, fifth)


class Driver:
    """Writes the entries of a module."""

    def __init__(self, module: ModuleText, program: ir.Program, layout: Layout) -> None:
        self.module = module
        self.program = program
        self.layout = layout
        self.room = room_of(layout)

    def add_entries(self) -> None:
        """Add ``@simulate``, ``@initial``, ``@rates`` and ``@jacobian``."""
        self._add_load_given()
        self._add_follow_series()
        self._add_begin()
        self._add_save()
        self._add_advance()
        self._add_push()
        self._add_simulate()
        self._add_initial()
        self._add_rates()
        self._add_jacobian()

    def _slot(self, text: FunctionText, slot: Slot) -> str:
        return text.op(f"load i64, ptr {text.at('%slots', int(slot), 'i64')}, align 8")

    def _pointer(self, text: FunctionText, slot: Slot) -> str:
        return text.op(f"inttoptr i64 {self._slot(text, slot)} to ptr")

    def _run_place(self, text: FunctionText, base: str, row: str, stride: str, run: str) -> str:
        """Return the address of ``base[row][run]``, doubles."""
        return text.at(base, text.op(f"add i64 {text.op(f'mul i64 {row}, {stride}')}, {run}"), "double")

    def _integer(self, text: FunctionText, base: str, place: str) -> str:
        return text.op(f"load i64, ptr {text.at(base, place, 'i64')}, align 8")

    def _double(self, text: FunctionText, base: str, place: int | str) -> str:
        return text.op(f"load double, ptr {text.at(base, place, 'double')}, align 8")

    def _start(self, name: str, more: str = "") -> tuple[FunctionText, str, str]:
        text = FunctionText(self.module, f"internal void @{name}(ptr noalias %slots{more}) noinline nounwind")
        return text, self._pointer(text, Slot.CELLS), self._pointer(text, Slot.CLOCKS)

    def _add_load_given(self) -> None:
        text, cells, _ = self._start("load_given", ", i64 %run")
        if self.layout.given:
            shared, rows = self._pointer(text, Slot.SHARED), self._pointer(text, Slot.ROW)
            varying, stride = self._pointer(text, Slot.VARYING), self._slot(text, Slot.STRIDE)
            loop = text.begin_loop(self.layout.given)
            row = self._integer(text, rows, loop.counter)
            text.store(text.spread(self._double(text, shared, loop.counter)), text.at(cells, loop.counter))
            after = text.begin_if(text.op(f"icmp sge i64 {row}, 0"))
            value = text.load(self._run_place(text, varying, row, stride, "%run"))
            text.store(value, text.at(cells, loop.counter))
            text.end_if(after)
            text.end_loop(loop)
        text.finish()

    def _add_follow_series(self) -> None:
        """Series cells at a moment: the point to the left and how far on, found beforehand for every step and stage."""
        text, cells, _ = self._start("follow_series", ", i64 %moment, i64 %run")
        count = self.layout.series - self.layout.given
        if count:
            values, strides = self._pointer(text, Slot.SERIES_VALUES), self._pointer(text, Slot.SERIES_STRIDE)
            points, shares = self._pointer(text, Slot.SERIES_POINT), self._pointer(text, Slot.SERIES_SHARE)
            first = text.op(f"mul i64 %moment, {count}")
            loop = text.begin_loop(count)
            base = text.op(f"inttoptr i64 {self._integer(text, values, loop.counter)} to ptr")
            stride = self._integer(text, strides, loop.counter)
            place = text.op(f"add i64 {first}, {loop.counter}")
            point, share = self._integer(text, points, place), self._double(text, shares, place)
            target = text.at(cells, text.op(f"add i64 {loop.counter}, {self.layout.given}"))
            one = text.op(f"icmp eq i64 {stride}, 0")
            self._series_value(text, target, base, point, share, stride, one, by_run=False)
            self._series_value(text, target, base, point, share, stride, one, by_run=True)
            text.end_loop(loop)
        text.finish()

    def _series_value(
        self, text: FunctionText, target: str, base: str, point: str, share: str, stride: str, one: str, *, by_run: bool
    ) -> None:
        asked = text.op(f"xor i1 {one}, true") if by_run else one
        after = text.begin_if(asked)
        following = text.op(f"add i64 {point}, 1")
        if by_run:
            left = text.load(self._run_place(text, base, point, stride, "%run"))
            right = text.load(self._run_place(text, base, following, stride, "%run"))
        else:
            left = text.spread(self._double(text, base, point))
            right = text.spread(self._double(text, base, following))
        rise = text.two("fmul", text.spread(share), text.two("fsub", right, left))
        text.store(text.two("fadd", left, rise), target)
        text.end_if(after)

    def _add_begin(self) -> None:
        """Load what is given and compute the first states and what holds for the whole run."""
        text, cells, clocks = self._start("begin", ", i64 %run")
        text.do("call void @load_given(ptr %slots, i64 %run)")
        text.do("call void @follow_series(ptr %slots, i64 0, i64 %run)")
        initial = self._double(text, clocks, 2)
        text.do(f"store double {initial}, ptr {clocks}, align 8")
        text.do(f"call void @start(ptr {cells}, ptr {clocks})")
        given = self._slot(text, Slot.START)
        if self.layout.state_count:
            after = text.begin_if(text.op(f"icmp ne i64 {given}, 0"))
            base, stride = text.op(f"inttoptr i64 {given} to ptr"), self._slot(text, Slot.STRIDE)
            loop = text.begin_loop(self.layout.state_count)
            value = text.load(self._run_place(text, base, loop.counter, stride, "%run"))
            text.store(value, text.at(text.at(cells, self.layout.states), loop.counter))
            text.end_loop(loop)
            text.end_if(after)
        text.do(f"call void @constants(ptr {cells}, ptr {clocks})")
        text.finish()

    def _add_save(self) -> None:
        text, cells, _ = self._start("save", ", i64 %place, i64 %run")
        wanted, count = self._pointer(text, Slot.OUTPUTS), self._slot(text, Slot.OUTPUT_COUNT)
        out, stride = self._pointer(text, Slot.OUT), self._slot(text, Slot.STRIDE)
        first = text.op(f"mul i64 %place, {count}")
        after = text.begin_if(text.op(f"icmp ne i64 {count}, 0"))
        loop = text.begin_loop(count)
        value = text.load(text.at(cells, self._integer(text, wanted, loop.counter)))
        row = text.op(f"add i64 {first}, {loop.counter}")
        text.store(value, self._run_place(text, out, row, stride, "%run"))
        text.end_loop(loop)
        text.end_if(after)
        text.finish()

    def _derive(self, text: FunctionText, cells: str, clocks: str) -> None:
        text.do(f"call void @dynamic(ptr {cells}, ptr {clocks})")

    @staticmethod
    def _each(text: FunctionText, count: int, write: Callable[[str], None]) -> None:
        """Loop over ``count`` cells, if there are any; ``write`` gets the counter."""
        if count:
            loop = text.begin_loop(count)
            write(loop.counter)
            text.end_loop(loop)

    def _copy(self, text: FunctionText, count: int, source: str, target: str) -> None:
        """Copy cells."""
        self._each(text, count, lambda i: text.store(text.load(text.at(source, i)), text.at(target, i)))

    def _add_advance(self) -> None:
        """One step of the states: S + (sum of weighted rates) · dt, in the order in which PySD multiplies and adds."""
        text, cells, clocks = self._start("advance", ", i64 %step, i64 %run")
        layout, room = self.layout, self.room
        flows = layout.kinds[ir.StateKind.NON_NEGATIVE].stop
        jumps = layout.kinds[ir.StateKind.ASSIGNED]
        count = jumps.stop - jumps.start
        states, rates = text.at(cells, layout.states), text.at(cells, layout.rates)
        before, total, kept = text.at(cells, room.before), text.at(cells, room.total), text.at(cells, room.assigned)
        step = text.spread(self._double(text, clocks, 1))
        stages = self._slot(text, Slot.METHOD)
        self._copy(text, count, text.at(rates, jumps.start), kept)
        several = text.begin_if(text.op(f"icmp ne i64 {stages}, 1"))
        self._copy(text, flows, states, before)
        self._stage_by_stage(text, cells, clocks, stages)
        self._copy(text, flows, total, rates)
        self._copy(text, flows, before, states)
        text.end_if(several)
        self._hold(text, rates, flows)

        def move(i: str) -> None:
            moved = text.two("fmul", text.load(text.at(rates, i)), step)
            text.store(text.two("fadd", text.load(text.at(states, i)), moved), text.at(states, i))

        self._each(text, flows, move)
        bounded = layout.kinds[ir.StateKind.NON_NEGATIVE]
        held = text.at(states, bounded.start)

        def bound(i: str) -> None:
            value, zero = text.load(text.at(held, i)), self.module.number(0.0)
            text.store(text.select(text.compare("olt", value, zero), zero, value), text.at(held, i))

        self._each(text, bounded.stop - bounded.start, bound)
        self._copy(text, count, kept, text.at(states, jumps.start))
        text.finish()

    def _hold(self, text: FunctionText, rates: str, flows: int) -> None:
        """Take the rates away from states that are held."""
        held = self._slot(text, Slot.HELD)
        after = text.begin_if(text.op(f"icmp ne i64 {held}, 0"))
        base, stride = text.op(f"inttoptr i64 {held} to ptr"), self._slot(text, Slot.STRIDE)

        def stop(i: str) -> None:
            flag = text.load(self._run_place(text, base, i, stride, "%run"))
            zero = self.module.number(0.0)
            kept = text.select(text.compare("oeq", flag, zero), text.load(text.at(rates, i)), zero)
            text.store(kept, text.at(rates, i))

        self._each(text, flows, stop)
        text.end_if(after)

    def _stage_by_stage(self, text: FunctionText, cells: str, clocks: str, stages: str) -> None:
        """Heun (2 stages) or Runge–Kutta (4): sum the weighted rates of all stages."""
        flows = self.layout.kinds[ir.StateKind.NON_NEGATIVE].stop
        states, rates = text.at(cells, self.layout.states), text.at(cells, self.layout.rates)
        before, total = text.at(cells, self.room.before), text.at(cells, self.room.total)
        four = text.op(f"icmp eq i64 {stages}, 4")
        now, step = self._double(text, clocks, 0), self._double(text, clocks, 1)
        ends = text.op(f"select i1 {four}, double {hexadecimal(1 / 6)}, double {hexadecimal(1 / 2)}")

        def weighted(i: str, weight: str) -> str:
            return text.two("fmul", text.load(text.at(rates, i)), text.spread(weight))

        self._each(text, flows, lambda i: text.store(weighted(i, ends), text.at(total, i)))
        loop = text.begin_loop(text.op(f"sub i64 {stages}, 1"))
        last = text.op(f"icmp eq i64 {text.op(f'add i64 {loop.counter}, 2')}, {stages}")
        ahead = text.op(f"select i1 {last}, double {hexadecimal(1.0)}, double {hexadecimal(0.5)}")
        weight = text.op(f"select i1 {last}, double {ends}, double {hexadecimal(1 / 3)}")
        span = text.op(f"fmul double {ahead}, {step}")

        def reach(i: str) -> None:
            text.store(text.two("fadd", text.load(text.at(before, i)), weighted(i, span)), text.at(states, i))

        def gather(i: str) -> None:
            text.store(text.two("fadd", text.load(text.at(total, i)), weighted(i, weight)), text.at(total, i))

        self._each(text, flows, reach)
        text.do(f"store double {text.op(f'fadd double {now}, {span}')}, ptr {clocks}, align 8")
        offset = text.op(f"select i1 {last}, i64 2, i64 1")
        moment = text.op(f"add i64 {text.op('mul i64 %step, 3')}, {offset}")
        text.do(f"call void @follow_series(ptr %slots, i64 {moment}, i64 %run)")
        self._derive(text, cells, clocks)
        self._each(text, flows, gather)
        text.end_loop(loop)
        text.do(f"store double {now}, ptr {clocks}, align 8")

    def _add_push(self) -> None:
        """Let what flows into each pipeline enter its ring, and what entered a delay ago leave it, lane by lane."""
        text, cells, _ = self._start("push", ", i64 %step")
        pipes = self.layout.kinds[ir.StateKind.PIPELINE]
        count = pipes.stop - pipes.start
        if count:
            delays = self.module.integers(
                int(cell)
                for state in self.program.states
                if state.delay
                for cell in self.layout.cells(self.program.symbols[state.delay]).ravel()
            )
            width = self.module.width
            ring, length = self._pointer(text, Slot.RING), self._slot(text, Slot.RING_LENGTH)
            row = text.op(f"mul i64 {text.op(f'urem i64 %step, {length}')}, {count}")
            loop = text.begin_loop(count)
            entering = text.load(text.at(text.at(cells, self.room.pipes + count), loop.counter))
            text.store(entering, text.at(ring, text.op(f"add i64 {row}, {loop.counter}")))
            delay = text.op(f"mul i64 {self._integer(text, delays, loop.counter)}, {width}")
            lane = text.begin_loop(width)
            steps = self._double(text, cells, text.op(f"add i64 {delay}, {lane.counter}"))
            here = text.op(f"add i64 {text.op(f'mul i64 {loop.counter}, {width}')}, {lane.counter}")
            first = self._double(text, text.at(cells, self.room.pipes), here)
            leaving = self._leaving(text, ring, length, count, steps, here, first)
            target = text.at(text.at(cells, self.layout.states + pipes.start), here, "double")
            text.do(f"store double {leaving}, ptr {target}, align 8")
            text.end_loop(lane)
            text.end_loop(loop)
        text.finish()

    def _leaving(
        self, text: FunctionText, ring: str, length: str, count: int, steps: str, here: str, first: str
    ) -> str:
        unknown = text.op(f"fcmp uno double {steps}, {steps}")
        known = text.op(f"select i1 {unknown}, double {hexadecimal(1.0)}, double {steps}")
        entered = text.op(f"sub i64 {text.op('add i64 %step, 1')}, {text.op(f'fptosi double {known} to i64')}")
        early = text.op(f"icmp slt i64 {entered}, 0")
        place = text.op(f"urem i64 {text.op(f'select i1 {early}, i64 0, i64 {entered}')}, {length}")
        row = text.op(f"mul i64 {place}, {count * self.module.width}")
        held = self._double(text, ring, text.op(f"add i64 {row}, {here}"))
        value = text.op(f"select i1 {early}, double {first}, double {held}")
        return text.op(f"select i1 {unknown}, double {hexadecimal(float('nan'))}, double {value}")

    def _keep_pipes(self, text: FunctionText, cells: str, *, entering: bool) -> None:
        """Copy the first contents of pipelines aside, or what is entering them now."""
        pipes = self.layout.kinds[ir.StateKind.PIPELINE]
        count = pipes.stop - pipes.start
        source = self.layout.rates if entering else self.layout.states
        target = self.room.pipes + (count if entering else 0)
        self._copy(text, count, text.at(cells, source + pipes.start), text.at(cells, target))

    def _blocks(self, name: str) -> tuple[FunctionText, str, str, Loop, str]:
        """Open an entry: the loop over its blocks, and the first run of each."""
        text = FunctionText(self.module, f"void @{name}(ptr noalias %slots, i64 %first, i64 %last) nounwind")
        cells, clocks = self._pointer(text, Slot.CELLS), self._pointer(text, Slot.CLOCKS)
        loop = text.begin_loop(text.op("sub i64 %last, %first"))
        block = text.op(f"add i64 {loop.counter}, %first")
        return text, cells, clocks, loop, text.op(f"mul i64 {block}, {self.module.width}")

    def _write_states(self, text: FunctionText, cells: str, run: str, source: int, slot: Slot) -> None:
        base, stride = self._pointer(text, slot), self._slot(text, Slot.STRIDE)
        own = text.at(cells, source)

        def write(i: str) -> None:
            text.store(text.load(text.at(own, i)), self._run_place(text, base, i, stride, run))

        self._each(text, self.layout.state_count, write)

    def _add_simulate(self) -> None:
        text, cells, clocks, blocks, run = self._blocks("simulate")
        times, steps = self._pointer(text, Slot.TIMES), self._slot(text, Slot.STEPS)
        saves, needed = self._pointer(text, Slot.SAVE), self._pointer(text, Slot.NEEDED)
        text.do(f"call void @begin(ptr %slots, i64 {run})")
        self._keep_pipes(text, cells, entering=False)
        loop = text.begin_loop(steps)
        step = loop.counter
        text.do(f"store double {self._double(text, times, step)}, ptr {clocks}, align 8")
        moment = text.op(f"mul i64 {step}, 3")
        text.do(f"call void @follow_series(ptr %slots, i64 {moment}, i64 {run})")
        self._derive(text, cells, clocks)
        place = self._integer(text, saves, step)
        unsaved = text.begin_if(text.op(f"icmp sge i64 {place}, 0"))
        text.do(f"call void @observed(ptr {cells}, ptr {clocks}, ptr {needed})")
        text.do(f"call void @save(ptr %slots, i64 {place}, i64 {run})")
        text.end_if(unsaved)
        more = text.op(f"icmp ult i64 {text.op(f'add i64 {step}, 1')}, {steps}")
        ended = text.begin_if(more)
        self._keep_pipes(text, cells, entering=True)
        text.do(f"call void @advance(ptr %slots, i64 {step}, i64 {run})")
        text.do(f"call void @push(ptr %slots, i64 {step})")
        text.end_if(ended)
        text.end_loop(loop)
        self._write_states(text, cells, run, self.layout.states, Slot.FINAL)
        text.end_loop(blocks)
        text.finish()

    def _add_initial(self) -> None:
        text, cells, _, blocks, run = self._blocks("initial")
        text.do(f"call void @begin(ptr %slots, i64 {run})")
        self._write_states(text, cells, run, self.layout.states, Slot.FINAL)
        text.end_loop(blocks)
        text.finish()

    def _add_rates(self) -> None:
        text, cells, clocks, blocks, run = self._blocks("rates")
        self._begin_at(text, clocks, run)
        self._derive(text, cells, clocks)
        self._jumps_to_rates(text, cells, clocks)
        self._write_states(text, cells, run, self.layout.rates, Slot.FINAL)
        text.end_loop(blocks)
        text.finish()

    def _begin_at(self, text: FunctionText, clocks: str, run: str) -> None:
        """Begin, then go to the time of the call."""
        text.do(f"call void @begin(ptr %slots, i64 {run})")
        time = self._double(text, self._pointer(text, Slot.TIMES), 0)
        text.do(f"store double {time}, ptr {clocks}, align 8")
        text.do(f"call void @follow_series(ptr %slots, i64 3, i64 {run})")

    def _jumps_to_rates(self, text: FunctionText, cells: str, clocks: str) -> None:
        """Turn the next values of states that jump into changes per unit of time."""
        first = self.layout.kinds[ir.StateKind.ASSIGNED].start
        last = self.layout.kinds[ir.StateKind.PIPELINE].stop
        step = text.spread(self._double(text, clocks, 1))
        rates, states = text.at(cells, self.layout.rates + first), text.at(cells, self.layout.states + first)

        def divide(i: str) -> None:
            gap = text.two("fsub", text.load(text.at(rates, i)), text.load(text.at(states, i)))
            text.store(text.two("fdiv", gap, step), text.at(rates, i))

        self._each(text, last - first, divide)

    def _add_jacobian(self) -> None:
        """Rates at the start, and for each column the change of all rates when that state is moved a little."""
        text, cells, clocks, blocks, run = self._blocks("jacobian")
        count, stride = self.layout.state_count, self._slot(text, Slot.STRIDE)
        columns, moves = self._pointer(text, Slot.COLUMNS), self._pointer(text, Slot.PERTURBATION)
        out, final = self._pointer(text, Slot.JACOBIAN), self._pointer(text, Slot.FINAL)
        self._begin_at(text, clocks, run)
        self._derive(text, cells, clocks)
        self._jumps_to_rates(text, cells, clocks)
        self._write_states(text, cells, run, self.layout.rates, Slot.FINAL)
        loop = text.begin_loop(self._slot(text, Slot.COLUMN_COUNT))
        column = self._integer(text, columns, loop.counter)
        place = text.at(text.at(cells, self.layout.states), column)
        kept = text.load(place)
        move = text.load(self._run_place(text, moves, loop.counter, stride, run))
        moved = text.two("fadd", kept, move)
        text.store(moved, place)
        self._derive(text, cells, clocks)
        self._jumps_to_rates(text, cells, clocks)
        text.store(kept, place)
        exact = text.two("fsub", moved, kept)
        first = text.op(f"mul i64 {loop.counter}, {max(count, 1)}")
        rates = text.at(cells, self.layout.rates)

        def write(i: str) -> None:
            was = text.load(self._run_place(text, final, i, stride, run))
            slope = text.two("fdiv", text.two("fsub", text.load(text.at(rates, i)), was), exact)
            text.store(slope, self._run_place(text, out, text.op(f"add i64 {first}, {i}"), stride, run))

        self._each(text, count, write)
        text.end_loop(loop)
        text.end_loop(blocks)
        text.finish()
