"""The table of slots that machine code is called with, and how its functions read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, auto

from policy_lab.engine import ir
from policy_lab.engine.layout import Layout
from policy_lab.engine.llvm_text import FunctionText, ModuleText


class Slot(IntEnum):
    """What stands in each slot of the table that an entry is called with."""

    CELLS = 0  # workspace of this thread: every cell of a block, and room for the stages of a step
    CLOCKS = auto()  # time and the time settings, six doubles of this thread
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
    TOLERANCE = auto()  # two doubles: the error allowed as a share of a stock, and in its unit
    RECORD = auto()  # [policy_lab.engine.adaptive.Record][run]
    SERIES_TIMES = auto()  # address of each series cell's times, the last one twice


STAGES = 7  # whose rates the adaptive step keeps


@dataclass(frozen=True)
class Room:
    """Where the driver keeps what it needs beside the cells: first cells of its own arrays."""

    before: int
    total: int
    assigned: int
    pipes: int
    stages: int
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
    return Room(first, second, third, fourth, fifth, fifth + STAGES * flows)


class SlotReader:
    """Writes functions that get the table of slots as their first argument."""

    def __init__(self, module: ModuleText, program: ir.Program, layout: Layout) -> None:
        self.module = module
        self.program = program
        self.layout = layout
        self.room = room_of(layout)

    def slot(self, text: FunctionText, slot: Slot) -> str:
        """Read a slot as a number."""
        return text.op(f"load i64, ptr {text.at('%slots', int(slot), 'i64')}, align 8")

    def pointer(self, text: FunctionText, slot: Slot) -> str:
        """Read a slot as an address."""
        return text.op(f"inttoptr i64 {self.slot(text, slot)} to ptr")

    def run_place(self, text: FunctionText, base: str, row: str, stride: str, run: str) -> str:
        """Return the address of ``base[row][run]``, doubles."""
        return text.at(base, text.op(f"add i64 {text.op(f'mul i64 {row}, {stride}')}, {run}"), "double")

    def integer(self, text: FunctionText, base: str, place: str) -> str:
        """Load ``base[place]``, an integer."""
        return text.op(f"load i64, ptr {text.at(base, place, 'i64')}, align 8")

    def double(self, text: FunctionText, base: str, place: int | str) -> str:
        """Load ``base[place]``, a double."""
        return text.op(f"load double, ptr {text.at(base, place, 'double')}, align 8")

    def begin_function(self, name: str, more: str = "") -> tuple[FunctionText, str, str]:
        """Open a function; returns it and the addresses of this thread's cells and clocks."""
        text = FunctionText(self.module, f"internal void @{name}(ptr noalias %slots{more}) noinline nounwind")
        return text, self.pointer(text, Slot.CELLS), self.pointer(text, Slot.CLOCKS)

    def set_time(self, text: FunctionText, clocks: str, time: str) -> None:
        """Begin a time step."""
        for place in (0, 5):
            text.do(f"store double {time}, ptr {text.at(clocks, place, 'double')}, align 8")

    def derive(self, text: FunctionText, cells: str, clocks: str) -> None:
        """Compute the rates from the states as they stand."""
        text.do(f"call void @dynamic(ptr {cells}, ptr {clocks})")

    @staticmethod
    def each(text: FunctionText, count: int, write: Callable[[str], None]) -> None:
        """Loop over ``count`` cells, if there are any; ``write`` gets the counter."""
        if count:
            loop = text.begin_loop(count)
            write(loop.counter)
            text.end_loop(loop)

    def copy(self, text: FunctionText, count: int, source: str, target: str) -> None:
        """Copy cells."""
        self.each(text, count, lambda i: text.store(text.load(text.at(source, i)), text.at(target, i)))
