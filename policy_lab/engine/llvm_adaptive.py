"""The adaptive step of a single run: sub-steps of a time step as `policy_lab.engine.adaptive` lays them down."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from policy_lab.engine import ir
from policy_lab.engine.adaptive import (
    COARSE,
    EASY,
    ERROR,
    FINEST,
    MOMENTS,
    PATIENCE,
    STRIDES,
    WEIGHTS,
    Record,
)
from policy_lab.engine.llvm_slots import STAGES, Slot
from policy_lab.engine.llvm_steps import StepWriter
from policy_lab.engine.llvm_text import FunctionText, hexadecimal

_WHOLE = 1 << FINEST  # a time step, in its shortest sub-steps


@dataclass(frozen=True)
class _Step:
    """What the writing of a time step needs at hand: addresses, and values that hold for all of it."""

    text: FunctionText
    cells: str
    clocks: str
    time: str
    length: str
    last: str
    position: str
    wish: str
    tries: str


@dataclass(frozen=True)
class _Trial:
    """A sub-step that is tried: its length as a level and in time, when it begins, and how short it may be."""

    level: str
    floor: str
    here: str
    span: str


class AdaptiveWriter(StepWriter):
    """Writes ``@adapt``, which stands in a module of its own for single runs: lanes of runs would share their steps."""

    def add_adapt(self) -> None:
        """One time step of the states in sub-steps; what jumps is set aside at its start, as in other methods."""
        text, cells, clocks = self.begin_function("adapt", ", i64 %step, i64 %run")
        layout, room = self.layout, self.room
        jumps = layout.kinds[ir.StateKind.ASSIGNED]
        count, kept = jumps.stop - jumps.start, text.at(cells, room.assigned)
        self.copy(text, count, text.at(cells, layout.rates + jumps.start), kept)
        if self._flows:
            self._sub_steps(self._begun(text, cells, clocks))
        self.copy(text, count, kept, text.at(cells, layout.states + jumps.start))
        text.finish()

    @property
    def _flows(self) -> int:
        return self.layout.kinds[ir.StateKind.NON_NEGATIVE].stop

    def _begun(self, text: FunctionText, cells: str, clocks: str) -> _Step:
        position, wish, tries = (text.op("alloca i64") for _ in range(3))
        time, length = self.double(text, clocks, 0), self.double(text, clocks, 1)
        end = text.op(f"fadd double {time}, {length}")
        size = self._larger(text, self._absolute(text, end), length)
        little = text.op(f"fmul double {size}, {hexadecimal(2.0**-52)}")
        last = text.op(f"fsub double {end}, {little}")
        return _Step(text, cells, clocks, time, length, last, position, wish, tries)

    def _sub_steps(self, at: _Step) -> None:
        text = at.text
        level = self._noted(text, Record.LEVEL)
        text.do(f"store i64 0, ptr {at.position}, align 8")
        text.do(f"store i64 0, ptr {at.tries}, align 8")
        wish = text.op(f"fptosi double {text.op(f'load double, ptr {level}, align 8')} to i64")
        text.do(f"store i64 {wish}, ptr {at.wish}, align 8")
        self.copy(text, self._flows, text.at(at.cells, self.layout.states), text.at(at.cells, self.room.before))
        self._keep_rates(at, 0)
        again = text.begin_repeat()
        trial = self._trial(at)
        for stage in range(1, STAGES):
            self._stage(at, trial, stage)
        worst, state = self._largest_error(at, trial)
        self._judge(at, trial, worst, state)
        there = text.op(f"load i64, ptr {at.position}, align 8")
        text.end_repeat(again, text.op(f"icmp ult i64 {there}, {_WHOLE}"))
        wished = text.op(f"load i64, ptr {at.wish}, align 8")
        text.do(f"store double {text.op(f'uitofp i64 {wished} to double')}, ptr {level}, align 8")
        text.do(f"store double {at.time}, ptr {at.clocks}, align 8")

    def _trial(self, at: _Step) -> _Trial:
        """Choose the length of the next sub-step: as wished, but no longer than where it starts allows."""
        text = at.text
        position, tries = (text.op(f"load i64, ptr {place}, align 8") for place in (at.position, at.tries))
        text.do(f"store i64 {text.op(f'add i64 {tries}, 1')}, ptr {at.tries}, align 8")
        self.module.declare("i64 @llvm.cttz.i64(i64, i1)")
        marked = text.op(f"or i64 {position}, {_WHOLE}")
        aligned = text.op(f"call i64 @llvm.cttz.i64(i64 {marked}, i1 true)")
        patient = text.op(f"icmp ult i64 {tries}, {PATIENCE}")
        floor = text.op(f"select i1 {patient}, i64 0, i64 {self._least(text, aligned, str(FINEST - COARSE))}")
        wished = self._least(text, text.op(f"load i64, ptr {at.wish}, align 8"), aligned)
        level = self._most(text, wished, floor)
        span = text.op(f"fmul double {at.length}, {self._part(text, text.op(f'shl i64 1, {level}'))}")
        gone = text.op(f"fmul double {at.length}, {self._part(text, position)}")
        return _Trial(level, floor, text.op(f"fadd double {at.time}, {gone}"), span)

    def _part(self, text: FunctionText, count: str) -> str:
        """Return a number of shortest sub-steps as a share of a time step."""
        return text.op(f"fmul double {text.op(f'uitofp i64 {count} to double')}, {hexadecimal(1 / _WHOLE)}")

    def _stage(self, at: _Step, trial: _Trial, stage: int) -> None:
        """Go to where a stage takes its rates, never as late as the next time step begins, and take them."""
        text = at.text
        before, states = text.at(at.cells, self.room.before), text.at(at.cells, self.layout.states)

        def reach(i: str) -> None:
            moved = text.op(f"fmul double {self._weighed(at, i, WEIGHTS[stage - 1])}, {trial.span}")
            text.store(text.op(f"fadd double {text.load(text.at(before, i))}, {moved}"), text.at(states, i))

        self.each(text, self._flows, reach)
        self.bound(text, at.cells)
        gone = text.op(f"fmul double {trial.span}, {hexadecimal(MOMENTS[stage - 1])}")
        time = text.op(f"fadd double {trial.here}, {gone}")
        early = text.op(f"fcmp olt double {time}, {at.last}")
        time = text.op(f"select i1 {early}, double {time}, double {at.last}")
        text.do(f"store double {time}, ptr {at.clocks}, align 8")
        text.do(f"call void @follow_series_to(ptr %slots, i64 %step, double {time}, i64 %run)")
        self.derive(text, at.cells, at.clocks)
        self._keep_rates(at, stage)

    def _keep_rates(self, at: _Step, stage: int) -> None:
        rates = at.text.at(at.cells, self.layout.rates)
        self.hold(at.text, rates, self._flows)
        self.copy(at.text, self._flows, rates, self._stage_rates(at, stage))

    def _stage_rates(self, at: _Step, stage: int) -> str:
        return at.text.at(at.cells, self.room.stages + stage * self._flows)

    def _weighed(self, at: _Step, i: str, weights: Sequence[float]) -> str:
        """Return the weighted sum of the rates of the stages so far."""
        text, total = at.text, ""
        for stage, weight in enumerate(weights):
            if weight:
                rate = text.load(text.at(self._stage_rates(at, stage), i))
                term = text.op(f"fmul double {rate}, {hexadecimal(weight)}")
                total = text.op(f"fadd double {total}, {term}") if total else term
        return total

    def _largest_error(self, at: _Step, trial: _Trial) -> tuple[str, str]:
        """Return the largest error of a sub-step, as a multiple of what is allowed, and the state that has it."""
        text = at.text
        allowed = self.pointer(text, Slot.TOLERANCE)
        relative, absolute = self.double(text, allowed, 0), self.double(text, allowed, 1)
        before, states = text.at(at.cells, self.room.before), text.at(at.cells, self.layout.states)
        loop = text.begin_loop(self._flows, [("double", hexadecimal(0.0)), ("i64", "0")])
        i, (worst, state) = loop.counter, loop.carried
        was, now = (self._absolute(text, text.load(text.at(base, i))) for base in (before, states))
        first = self._absolute(text, text.load(text.at(self._stage_rates(at, 0), i)))
        error = self._absolute(text, text.op(f"fmul double {self._weighed(at, i, ERROR)}, {trial.span}"))
        share = text.op(f"fmul double {relative}, {self._larger(text, now, was)}")
        ratio = text.op(f"fdiv double {error}, {text.op(f'fadd double {absolute}, {share}')}")
        endless, nothing = hexadecimal(math.inf), hexadecimal(0.0)
        ratio = text.op(f"select i1 {self._finite(text, ratio)}, double {ratio}, double {endless}")
        usable = text.op(f"and i1 {self._finite(text, was)}, {self._finite(text, first)}")
        ratio = text.op(f"select i1 {usable}, double {ratio}, double {nothing}")
        larger = text.op(f"fcmp ogt double {ratio}, {worst}")
        state = text.op(f"select i1 {larger}, i64 {i}, i64 {state}")
        worst = text.op(f"select i1 {larger}, double {ratio}, double {worst}")
        text.end_loop(loop, [worst, state])
        return worst, state

    def _judge(self, at: _Step, trial: _Trial, worst: str, state: str) -> None:
        """Keep the sub-step or not, and wish for the length of the next."""
        text = at.text
        met = text.op(f"fcmp ole double {worst}, {hexadecimal(1.0)}")
        kept = text.op(f"or i1 {met}, {text.op(f'icmp ule i64 {trial.level}, {trial.floor}')}")
        self._add_to(text, Record.TRIED, "1.0")
        refused = text.begin_if(text.op(f"xor i1 {kept}, true"))
        self._shorten(at, trial, worst)
        text.end_if(refused)
        after = text.begin_if(kept)
        self._lengthen(at, trial, worst)
        self._add_to(text, Record.KEPT, "1.0")
        beyond = text.begin_if(text.op(f"xor i1 {met}, true"))
        self._note(at, trial, worst, state)
        text.end_if(beyond)
        self._settle(at)
        position = text.op(f"load i64, ptr {at.position}, align 8")
        gone = text.op(f"shl i64 1, {trial.level}")
        text.do(f"store i64 {text.op(f'add i64 {position}, {gone}')}, ptr {at.position}, align 8")
        text.end_if(after)

    def _shorten(self, at: _Step, trial: _Trial, worst: str) -> None:
        text = at.text
        halvings = str(STRIDES[-1][1])
        for above, count in reversed(STRIDES[:-1]):
            within = text.op(f"fcmp ole double {worst}, {hexadecimal(above)}")
            halvings = text.op(f"select i1 {within}, i64 {count}, i64 {halvings}")
        lower = text.op(f"sub i64 {trial.level}, {halvings}")
        below = text.op(f"icmp slt i64 {lower}, 0")
        text.do(f"store i64 {text.op(f'select i1 {below}, i64 0, i64 {lower}')}, ptr {at.wish}, align 8")

    def _lengthen(self, at: _Step, trial: _Trial, worst: str) -> None:
        text = at.text
        easy = text.op(f"fcmp ole double {worst}, {hexadecimal(EASY)}")
        longer = self._least(text, text.op(f"add i64 {trial.level}, 1"), str(FINEST))
        longer = self._most(text, longer, text.op(f"load i64, ptr {at.wish}, align 8"))
        text.do(f"store i64 {text.op(f'select i1 {easy}, i64 {longer}, i64 {trial.level}')}, ptr {at.wish}, align 8")

    def _settle(self, at: _Step) -> None:
        """Let the result of a sub-step be the start of the next; its last rates are the next one's first."""
        text = at.text
        self.copy(text, self._flows, self._stage_rates(at, STAGES - 1), self._stage_rates(at, 0))
        self.copy(text, self._flows, text.at(at.cells, self.layout.states), text.at(at.cells, self.room.before))

    def _note(self, at: _Step, trial: _Trial, worst: str, state: str) -> None:
        """Note an error beyond the tolerance, and where the largest one was."""
        text = at.text
        self._add_to(text, Record.UNMET, "1.0")
        place = self._noted(text, Record.WORST)
        larger = text.op(f"fcmp ogt double {worst}, {text.op(f'load double, ptr {place}, align 8')}")
        after = text.begin_if(larger)
        text.do(f"store double {worst}, ptr {place}, align 8")
        number = text.op(f"uitofp i64 {state} to double")
        text.do(f"store double {number}, ptr {self._noted(text, Record.STATE)}, align 8")
        text.do(f"store double {trial.here}, ptr {self._noted(text, Record.TIME)}, align 8")
        text.end_if(after)

    def _noted(self, text: FunctionText, row: Record) -> str:
        stride = self.slot(text, Slot.STRIDE)
        return self.run_place(text, self.pointer(text, Slot.RECORD), str(int(row)), stride, "%run")

    def _add_to(self, text: FunctionText, row: Record, amount: str) -> None:
        place = self._noted(text, row)
        total = text.op(f"fadd double {text.op(f'load double, ptr {place}, align 8')}, {amount}")
        text.do(f"store double {total}, ptr {place}, align 8")

    @staticmethod
    def _absolute(text: FunctionText, value: str) -> str:
        return text.intrinsic("fabs", value)

    @staticmethod
    def _finite(text: FunctionText, size: str) -> str:
        return text.op(f"fcmp olt double {size}, {hexadecimal(math.inf)}")

    @staticmethod
    def _larger(text: FunctionText, first: str, second: str) -> str:
        return text.op(f"select i1 {text.op(f'fcmp ogt double {first}, {second}')}, double {first}, double {second}")

    @staticmethod
    def _least(text: FunctionText, first: str, second: str) -> str:
        return text.op(f"select i1 {text.op(f'icmp ult i64 {first}, {second}')}, i64 {first}, i64 {second}")

    @staticmethod
    def _most(text: FunctionText, first: str, second: str) -> str:
        return text.op(f"select i1 {text.op(f'icmp ugt i64 {first}, {second}')}, i64 {first}, i64 {second}")
