"""The loops around a program: blocks of runs, steps and saving. Called through ctypes.

Every entry takes the address of a table of 64-bit slots (`policy_lab.engine.llvm_slots.Slot`) and the blocks to
compute. Runs stand side by side in memory, in rows padded to whole blocks.
"""

from __future__ import annotations

from policy_lab.engine import ir
from policy_lab.engine.llvm_adaptive import AdaptiveWriter
from policy_lab.engine.llvm_slots import Slot
from policy_lab.engine.llvm_text import FunctionText, Loop, hexadecimal


class Driver(AdaptiveWriter):
    """Writes the entries of a module."""

    def add_entries(self, *, leaping: bool, adaptive: bool) -> None:
        """Add ``@simulate``, ``@initial``, ``@rates`` and ``@jacobian``."""
        self._add_load_given()
        self._add_follow_series()
        self._add_begin()
        self._add_save()
        if adaptive:
            self._add_follow_series_to()
            self.add_adapt()
        else:
            self.add_advance()
        self.add_push()
        self._add_simulate(leaping=leaping, move="adapt" if adaptive else "advance")
        self._add_initial()
        self._add_rates()
        self._add_jacobian()

    def _add_load_given(self) -> None:
        text, cells, _ = self.begin_function("load_given", ", i64 %run")
        if self.layout.given:
            shared, rows = self.pointer(text, Slot.SHARED), self.pointer(text, Slot.ROW)
            varying, stride = self.pointer(text, Slot.VARYING), self.slot(text, Slot.STRIDE)
            loop = text.begin_loop(self.layout.given)
            row = self.integer(text, rows, loop.counter)
            text.store(text.spread(self.double(text, shared, loop.counter)), text.at(cells, loop.counter))
            after = text.begin_if(text.op(f"icmp sge i64 {row}, 0"))
            value = text.load(self.run_place(text, varying, row, stride, "%run"))
            text.store(value, text.at(cells, loop.counter))
            text.end_if(after)
            text.end_loop(loop)
        text.finish()

    def _add_follow_series(self) -> None:
        """Series cells at a moment: the point to the left and how far on, found beforehand for every step and stage."""
        text, cells, _ = self.begin_function("follow_series", ", i64 %moment, i64 %run")
        count = self.layout.series - self.layout.given
        if count:
            values, strides = self.pointer(text, Slot.SERIES_VALUES), self.pointer(text, Slot.SERIES_STRIDE)
            points, shares = self.pointer(text, Slot.SERIES_POINT), self.pointer(text, Slot.SERIES_SHARE)
            first = text.op(f"mul i64 %moment, {count}")
            loop = text.begin_loop(count)
            base = text.op(f"inttoptr i64 {self.integer(text, values, loop.counter)} to ptr")
            stride = self.integer(text, strides, loop.counter)
            place = text.op(f"add i64 {first}, {loop.counter}")
            point, share = self.integer(text, points, place), self.double(text, shares, place)
            target = text.at(cells, text.op(f"add i64 {loop.counter}, {self.layout.given}"))
            one = text.op(f"icmp eq i64 {stride}, 0")
            self._series_value(text, target, base, point, share, stride, one, by_run=False)
            self._series_value(text, target, base, point, share, stride, one, by_run=True)
            text.end_loop(loop)
        text.finish()

    def _add_follow_series_to(self) -> None:
        """Series cells at any time inside a step: the last of the points from the step's start on that is not later."""
        text, cells, _ = self.begin_function("follow_series_to", ", i64 %step, double %time, i64 %run")
        count = self.layout.series - self.layout.given
        if count:
            values, strides = self.pointer(text, Slot.SERIES_VALUES), self.pointer(text, Slot.SERIES_STRIDE)
            points, all_times = self.pointer(text, Slot.SERIES_POINT), self.pointer(text, Slot.SERIES_TIMES)
            first = text.op(f"mul i64 %step, {3 * count}")
            loop = text.begin_loop(count)
            base = text.op(f"inttoptr i64 {self.integer(text, values, loop.counter)} to ptr")
            times = text.op(f"inttoptr i64 {self.integer(text, all_times, loop.counter)} to ptr")
            stride = self.integer(text, strides, loop.counter)
            begin = text.op(f"add i64 {first}, {loop.counter}")
            left = self.integer(text, points, begin)
            right = self.integer(text, points, text.op(f"add i64 {begin}, {2 * count}"))
            turns = text.op(f"add i64 {text.op(f'sub i64 {right}, {left}')}, 1")
            search = text.begin_loop(turns, [("i64", left)])
            candidate = text.op(f"add i64 {left}, {search.counter}")
            passed = text.op(f"fcmp ole double {self.double(text, times, candidate)}, %time")
            point = text.op(f"select i1 {passed}, i64 {candidate}, i64 {search.carried[0]}")
            text.end_loop(search, [point])
            share = self._share(text, times, point)
            target = text.at(cells, text.op(f"add i64 {loop.counter}, {self.layout.given}"))
            one = text.op(f"icmp eq i64 {stride}, 0")
            self._series_value(text, target, base, point, share, stride, one, by_run=False)
            self._series_value(text, target, base, point, share, stride, one, by_run=True)
            text.end_loop(loop)
        text.finish()

    def _share(self, text: FunctionText, times: str, point: str) -> str:
        """How far ``%time`` is on from a point to the next; nothing before the first point and after the last."""
        earlier, zero = self.double(text, times, point), hexadecimal(0.0)
        gap = text.op(f"fsub double {self.double(text, times, text.op(f'add i64 {point}, 1'))}, {earlier}")
        gone = text.op(f"fsub double %time, {earlier}")
        inside = text.op(
            f"and i1 {text.op(f'fcmp ogt double {gap}, {zero}')}, {text.op(f'fcmp ogt double {gone}, {zero}')}"
        )
        return text.op(f"select i1 {inside}, double {text.op(f'fdiv double {gone}, {gap}')}, double {zero}")

    def _series_value(
        self, text: FunctionText, target: str, base: str, point: str, share: str, stride: str, one: str, *, by_run: bool
    ) -> None:
        asked = text.op(f"xor i1 {one}, true") if by_run else one
        after = text.begin_if(asked)
        following = text.op(f"add i64 {point}, 1")
        if by_run:
            left = text.load(self.run_place(text, base, point, stride, "%run"))
            right = text.load(self.run_place(text, base, following, stride, "%run"))
        else:
            left = text.spread(self.double(text, base, point))
            right = text.spread(self.double(text, base, following))
        rise = text.two("fmul", text.spread(share), text.two("fsub", right, left))
        text.store(text.two("fadd", left, rise), target)
        text.end_if(after)

    def _add_begin(self) -> None:
        """Load what is given and compute the first states and what holds for the whole run."""
        text, cells, clocks = self.begin_function("begin", ", i64 %run")
        text.do("call void @load_given(ptr %slots, i64 %run)")
        text.do("call void @follow_series(ptr %slots, i64 0, i64 %run)")
        initial = self.double(text, clocks, 2)
        self.set_time(text, clocks, initial)
        text.do(f"call void @start(ptr {cells}, ptr {clocks})")
        given = self.slot(text, Slot.START)
        if self.layout.state_count:
            after = text.begin_if(text.op(f"icmp ne i64 {given}, 0"))
            base, stride = text.op(f"inttoptr i64 {given} to ptr"), self.slot(text, Slot.STRIDE)
            loop = text.begin_loop(self.layout.state_count)
            value = text.load(self.run_place(text, base, loop.counter, stride, "%run"))
            text.store(value, text.at(text.at(cells, self.layout.states), loop.counter))
            text.end_loop(loop)
            text.end_if(after)
        text.do(f"call void @constants(ptr {cells}, ptr {clocks})")
        text.finish()

    def _add_save(self) -> None:
        text, cells, _ = self.begin_function("save", ", i64 %place, i64 %run")
        wanted, count = self.pointer(text, Slot.OUTPUTS), self.slot(text, Slot.OUTPUT_COUNT)
        out, stride = self.pointer(text, Slot.OUT), self.slot(text, Slot.STRIDE)
        first = text.op(f"mul i64 %place, {count}")
        after = text.begin_if(text.op(f"icmp ne i64 {count}, 0"))
        loop = text.begin_loop(count)
        value = text.load(text.at(cells, self.integer(text, wanted, loop.counter)))
        row = text.op(f"add i64 {first}, {loop.counter}")
        text.store(value, self.run_place(text, out, row, stride, "%run"))
        text.end_loop(loop)
        text.end_if(after)
        text.finish()

    def _blocks(self, name: str) -> tuple[FunctionText, str, str, Loop, str]:
        """Open an entry: the loop over its blocks, and the first run of each."""
        text = FunctionText(self.module, f"void @{name}(ptr noalias %slots, i64 %first, i64 %last) nounwind")
        cells, clocks = self.pointer(text, Slot.CELLS), self.pointer(text, Slot.CLOCKS)
        loop = text.begin_loop(text.op("sub i64 %last, %first"))
        block = text.op(f"add i64 {loop.counter}, %first")
        return text, cells, clocks, loop, text.op(f"mul i64 {block}, {self.module.width}")

    def _write_states(self, text: FunctionText, cells: str, run: str, source: int, slot: Slot) -> None:
        base, stride = self.pointer(text, slot), self.slot(text, Slot.STRIDE)
        own = text.at(cells, source)

        def write(i: str) -> None:
            text.store(text.load(text.at(own, i)), self.run_place(text, base, i, stride, run))

        self.each(text, self.layout.state_count, write)

    def _add_simulate(self, *, leaping: bool, move: str) -> None:
        text, cells, clocks, blocks, run = self._blocks("simulate")
        times, steps = self.pointer(text, Slot.TIMES), self.slot(text, Slot.STEPS)
        saves, needed = self.pointer(text, Slot.SAVE), self.pointer(text, Slot.NEEDED)
        text.do(f"call void @begin(ptr %slots, i64 {run})")
        self.keep_pipes(text, cells, entering=False)
        loop = text.begin_loop(steps)
        step = loop.counter
        self.set_time(text, clocks, self.double(text, times, step))
        moment = text.op(f"mul i64 {step}, 3")
        text.do(f"call void @follow_series(ptr %slots, i64 {moment}, i64 {run})")
        place = self.integer(text, saves, step)
        saved = text.op(f"icmp sge i64 {place}, 0")
        more = text.op(f"icmp ult i64 {text.op(f'add i64 {step}, 1')}, {steps}")
        leaps = self._leaps(text, saved, more) if leaping else "false"
        walked = text.begin_if(text.op(f"xor i1 {leaps}, true"))
        self.derive(text, cells, clocks)
        unsaved = text.begin_if(saved)
        text.do(f"call void @observed(ptr {cells}, ptr {clocks}, ptr {needed})")
        text.do(f"call void @save(ptr %slots, i64 {place}, i64 {run})")
        text.end_if(unsaved)
        ended = text.begin_if(more)
        self.keep_pipes(text, cells, entering=True)
        text.do(f"call void @{move}(ptr %slots, i64 {step}, i64 {run})")
        text.do(f"call void @push(ptr %slots, i64 {step})")
        text.end_if(ended)
        text.end_if(walked)
        if leaping:
            landed = text.begin_if(leaps)
            text.do(f"call void @leap(ptr {cells}, ptr {clocks})")
            self.keep_pipes(text, cells, entering=True)
            text.do("call void @land(ptr %slots)")
            text.do(f"call void @push(ptr %slots, i64 {step})")
            text.end_if(landed)
        text.end_loop(loop)
        self._write_states(text, cells, run, self.layout.states, Slot.FINAL)
        text.end_loop(blocks)
        text.finish()

    def _leaps(self, text: FunctionText, saved: str, more: str) -> str:
        """Tell whether a step can be taken in one piece: by Euler's method, unseen, and with no state held."""
        euler = text.op(f"icmp eq i64 {self.slot(text, Slot.METHOD)}, 1")
        free = text.op(f"icmp eq i64 {self.slot(text, Slot.HELD)}, 0")
        unseen = text.op(f"and i1 {more}, {text.op(f'xor i1 {saved}, true')}")
        return text.op(f"and i1 {unseen}, {text.op(f'and i1 {euler}, {free}')}")

    def _add_initial(self) -> None:
        text, cells, _, blocks, run = self._blocks("initial")
        text.do(f"call void @begin(ptr %slots, i64 {run})")
        self._write_states(text, cells, run, self.layout.states, Slot.FINAL)
        text.end_loop(blocks)
        text.finish()

    def _add_rates(self) -> None:
        text, cells, clocks, blocks, run = self._blocks("rates")
        self._begin_at(text, clocks, run)
        self.derive(text, cells, clocks)
        self._jumps_to_rates(text, cells, clocks)
        self._write_states(text, cells, run, self.layout.rates, Slot.FINAL)
        text.end_loop(blocks)
        text.finish()

    def _begin_at(self, text: FunctionText, clocks: str, run: str) -> None:
        """Begin, then go to the time of the call."""
        text.do(f"call void @begin(ptr %slots, i64 {run})")
        time = self.double(text, self.pointer(text, Slot.TIMES), 0)
        self.set_time(text, clocks, time)
        text.do(f"call void @follow_series(ptr %slots, i64 3, i64 {run})")

    def _jumps_to_rates(self, text: FunctionText, cells: str, clocks: str) -> None:
        """Turn the next values of states that jump into changes per unit of time."""
        first = self.layout.kinds[ir.StateKind.ASSIGNED].start
        last = self.layout.kinds[ir.StateKind.PIPELINE].stop
        step = text.spread(self.double(text, clocks, 1))
        rates, states = text.at(cells, self.layout.rates + first), text.at(cells, self.layout.states + first)

        def divide(i: str) -> None:
            gap = text.two("fsub", text.load(text.at(rates, i)), text.load(text.at(states, i)))
            text.store(text.two("fdiv", gap, step), text.at(rates, i))

        self.each(text, last - first, divide)

    def _add_jacobian(self) -> None:
        """Rates at the start, and for each column the change of all rates when that state is moved a little."""
        text, cells, clocks, blocks, run = self._blocks("jacobian")
        count, stride = self.layout.state_count, self.slot(text, Slot.STRIDE)
        columns, moves = self.pointer(text, Slot.COLUMNS), self.pointer(text, Slot.PERTURBATION)
        out, final = self.pointer(text, Slot.JACOBIAN), self.pointer(text, Slot.FINAL)
        self._begin_at(text, clocks, run)
        self.derive(text, cells, clocks)
        self._jumps_to_rates(text, cells, clocks)
        self._write_states(text, cells, run, self.layout.rates, Slot.FINAL)
        loop = text.begin_loop(self.slot(text, Slot.COLUMN_COUNT))
        column = self.integer(text, columns, loop.counter)
        place = text.at(text.at(cells, self.layout.states), column)
        kept = text.load(place)
        move = text.load(self.run_place(text, moves, loop.counter, stride, run))
        moved = text.two("fadd", kept, move)
        text.store(moved, place)
        self.derive(text, cells, clocks)
        self._jumps_to_rates(text, cells, clocks)
        text.store(kept, place)
        exact = text.two("fsub", moved, kept)
        first = text.op(f"mul i64 {loop.counter}, {max(count, 1)}")
        rates = text.at(cells, self.layout.rates)

        def write(i: str) -> None:
            was = text.load(self.run_place(text, final, i, stride, run))
            slope = text.two("fdiv", text.two("fsub", text.load(text.at(rates, i)), was), exact)
            text.store(slope, self.run_place(text, out, text.op(f"add i64 {first}, {i}"), stride, run))

        self.each(text, count, write)
        text.end_loop(loop)
        text.end_loop(blocks)
        text.finish()
