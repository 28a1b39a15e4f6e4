"""One step of the states of a block: rates to new states, by Euler, Heun or Runge and Kutta, and pipelines."""

from __future__ import annotations

from policy_lab.engine import ir
from policy_lab.engine.llvm_slots import Slot, SlotReader
from policy_lab.engine.llvm_text import FunctionText, hexadecimal


class StepWriter(SlotReader):
    """Writes ``@advance`` and ``@push``."""

    def add_advance(self) -> None:
        """One step of the states: S + (sum of weighted rates) · dt, in the order in which PySD multiplies and adds."""
        text, cells, clocks = self.begin_function("advance", ", i64 %step, i64 %run")
        layout, room = self.layout, self.room
        flows = layout.kinds[ir.StateKind.NON_NEGATIVE].stop
        jumps = layout.kinds[ir.StateKind.ASSIGNED]
        count = jumps.stop - jumps.start
        states, rates = text.at(cells, layout.states), text.at(cells, layout.rates)
        before, total, kept = text.at(cells, room.before), text.at(cells, room.total), text.at(cells, room.assigned)
        step = text.spread(self.double(text, clocks, 1))
        stages = self.slot(text, Slot.METHOD)
        self.copy(text, count, text.at(rates, jumps.start), kept)
        several = text.begin_if(text.op(f"icmp ne i64 {stages}, 1"))
        self.copy(text, flows, states, before)
        self._stage_by_stage(text, cells, clocks, stages)
        self.copy(text, flows, total, rates)
        self.copy(text, flows, before, states)
        text.end_if(several)
        self.hold(text, rates, flows)

        def move(i: str) -> None:
            moved = text.two("fmul", text.load(text.at(rates, i)), step)
            text.store(text.two("fadd", text.load(text.at(states, i)), moved), text.at(states, i))

        self.each(text, flows, move)
        self.bound(text, cells)
        self.copy(text, count, kept, text.at(states, jumps.start))
        text.finish()

    def bound(self, text: FunctionText, cells: str) -> None:
        """Keep stocks that cannot be negative from being so."""
        bounded = self.layout.kinds[ir.StateKind.NON_NEGATIVE]
        held = text.at(cells, self.layout.states + bounded.start)

        def cut(i: str) -> None:
            value, zero = text.load(text.at(held, i)), self.module.number(0.0)
            text.store(text.select(text.compare("olt", value, zero), zero, value), text.at(held, i))

        self.each(text, bounded.stop - bounded.start, cut)

    def hold(self, text: FunctionText, rates: str, flows: int) -> None:
        """Take the rates away from states that are held."""
        held = self.slot(text, Slot.HELD)
        after = text.begin_if(text.op(f"icmp ne i64 {held}, 0"))
        base, stride = text.op(f"inttoptr i64 {held} to ptr"), self.slot(text, Slot.STRIDE)

        def stop(i: str) -> None:
            flag = text.load(self.run_place(text, base, i, stride, "%run"))
            zero = self.module.number(0.0)
            kept = text.select(text.compare("oeq", flag, zero), text.load(text.at(rates, i)), zero)
            text.store(kept, text.at(rates, i))

        self.each(text, flows, stop)
        text.end_if(after)

    def _stage_by_stage(self, text: FunctionText, cells: str, clocks: str, stages: str) -> None:
        """Heun (2 stages) or Runge–Kutta (4): sum the weighted rates of all stages."""
        flows = self.layout.kinds[ir.StateKind.NON_NEGATIVE].stop
        states, rates = text.at(cells, self.layout.states), text.at(cells, self.layout.rates)
        before, total = text.at(cells, self.room.before), text.at(cells, self.room.total)
        four = text.op(f"icmp eq i64 {stages}, 4")
        now, step = self.double(text, clocks, 0), self.double(text, clocks, 1)
        ends = text.op(f"select i1 {four}, double {hexadecimal(1 / 6)}, double {hexadecimal(1 / 2)}")

        def weighted(i: str, weight: str) -> str:
            return text.two("fmul", text.load(text.at(rates, i)), text.spread(weight))

        self.each(text, flows, lambda i: text.store(weighted(i, ends), text.at(total, i)))
        loop = text.begin_loop(text.op(f"sub i64 {stages}, 1"))
        last = text.op(f"icmp eq i64 {text.op(f'add i64 {loop.counter}, 2')}, {stages}")
        ahead = text.op(f"select i1 {last}, double {hexadecimal(1.0)}, double {hexadecimal(0.5)}")
        weight = text.op(f"select i1 {last}, double {ends}, double {hexadecimal(1 / 3)}")
        span = text.op(f"fmul double {ahead}, {step}")

        def reach(i: str) -> None:
            text.store(text.two("fadd", text.load(text.at(before, i)), weighted(i, span)), text.at(states, i))

        def gather(i: str) -> None:
            text.store(text.two("fadd", text.load(text.at(total, i)), weighted(i, weight)), text.at(total, i))

        self.each(text, flows, reach)
        self.bound(text, cells)
        text.do(f"store double {text.op(f'fadd double {now}, {span}')}, ptr {clocks}, align 8")
        offset = text.op(f"select i1 {last}, i64 2, i64 1")
        moment = text.op(f"add i64 {text.op('mul i64 %step, 3')}, {offset}")
        text.do(f"call void @follow_series(ptr %slots, i64 {moment}, i64 %run)")
        self.derive(text, cells, clocks)
        self.each(text, flows, gather)
        text.end_loop(loop)
        text.do(f"store double {now}, ptr {clocks}, align 8")

    def add_push(self) -> None:
        """Let what flows into each pipeline enter its ring, and what entered a delay ago leave it, lane by lane."""
        text, cells, _ = self.begin_function("push", ", i64 %step")
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
            ring, length = self.pointer(text, Slot.RING), self.slot(text, Slot.RING_LENGTH)
            row = text.op(f"mul i64 {text.op(f'urem i64 %step, {length}')}, {count}")
            loop = text.begin_loop(count)
            entering = text.load(text.at(text.at(cells, self.room.pipes + count), loop.counter))
            text.store(entering, text.at(ring, text.op(f"add i64 {row}, {loop.counter}")))
            delay = text.op(f"mul i64 {self.integer(text, delays, loop.counter)}, {width}")
            lane = text.begin_loop(width)
            steps = self.double(text, cells, text.op(f"add i64 {delay}, {lane.counter}"))
            here = text.op(f"add i64 {text.op(f'mul i64 {loop.counter}, {width}')}, {lane.counter}")
            first = self.double(text, text.at(cells, self.room.pipes), here)
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
        held = self.double(text, ring, text.op(f"add i64 {row}, {here}"))
        value = text.op(f"select i1 {early}, double {first}, double {held}")
        return text.op(f"select i1 {unknown}, double {hexadecimal(float('nan'))}, double {value}")

    def keep_pipes(self, text: FunctionText, cells: str, *, entering: bool) -> None:
        """Copy the first contents of pipelines aside, or what is entering them now."""
        pipes = self.layout.kinds[ir.StateKind.PIPELINE]
        count = pipes.stop - pipes.start
        source = self.layout.rates if entering else self.layout.states
        target = self.room.pipes + (count if entering else 0)
        self.copy(text, count, text.at(cells, source + pipes.start), text.at(cells, target))
