"""A step of Euler's method in one piece, for the steps whose values nobody looks at.

A program's own functions store every value that they compute, because a saved time may ask for any of them. Between two
saved times only the states have to outlast a step: here an auxiliary that is read where it is computed stays in a
register, and a state that nothing reads any more moves at once. The operations on each number are the same and so are
their bits; half of the work of a step is storing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from policy_lab.engine import ir
from policy_lab.engine.grouping import Group, grouped, most_nodes, placed, split
from policy_lab.engine.llvm_near import near
from policy_lab.engine.llvm_nodes import WRITTEN_OUT as WRITTEN_FOLD
from policy_lab.engine.llvm_nodes import Emitter, Memory
from policy_lab.engine.llvm_program import emit_group, functions_of
from policy_lab.engine.llvm_slots import SlotReader
from policy_lab.engine.llvm_text import FunctionText, ModuleText

_MOVING = (ir.StateKind.INTEGRATED, ir.StateKind.NON_NEGATIVE)


@dataclass(frozen=True)
class Leap:
    """What one step in one piece leaves out.

    ``kept`` are auxiliaries that are not stored; ``moved`` are the states that move at once, by the name of their rate,
    which is not stored either.
    """

    groups: tuple[Group, ...]
    kept: frozenset[str]
    moved: Mapping[str, ir.State]


def leap_of(program: ir.Program, written_out: int) -> Leap:
    """Work out what a step in one piece can leave out."""
    groups = split(grouped(program.dynamic, program, written_out), most_nodes(written_out))
    if written_out == 1:  # what is written out stays as it is, so that LLVM finds equal operations side by side
        groups = [replace(group, statements=near(group.statements)) for group in groups]
    writers: dict[str, list[tuple[int, ir.Statement]]] = {}
    readers: dict[str, list[tuple[int, ir.Statement, ir.Read, bool]]] = {}
    for number, group in enumerate(groups):
        for statement in group.statements:
            writers.setdefault(statement.target, []).append((number, statement))
            for read, looped in _reads(statement.value, looped=False):
                readers.setdefault(read.symbol, []).append((number, statement, read, looped))
    kept = frozenset(
        name
        for name, written in writers.items()
        if program.symbols[name].role is ir.Role.AUXILIARY
        and _whole(program, name, written)
        and _stays(groups, written, readers.get(name, []))
    )
    moved = {
        state.rate: state
        for state in program.states
        if state.kind in _MOVING
        and state.rate not in readers
        and _whole(program, state.rate, writers.get(state.rate, []))
        and _moves_at_once(groups, writers[state.rate], readers.get(state.symbol, []))
    }
    return Leap(tuple(groups), kept, moved)


def _reads(node: ir.Node, *, looped: bool) -> Iterator[tuple[ir.Read, bool]]:
    """Yield every read, and whether it stands inside a reduction that stays a loop."""
    pending = [(node, looped)]
    while pending:
        current, inside = pending.pop()
        if isinstance(current, ir.Read):
            yield current, inside
        if isinstance(current, ir.Fold):
            inside = inside or int(np.prod([axis.size for axis in current.axes])) > WRITTEN_FOLD
        pending.extend((child, inside) for child in ir.children(current))


def _stays(
    groups: Sequence[Group],
    written: Sequence[tuple[int, ir.Statement]],
    read: Sequence[tuple[int, ir.Statement, ir.Read, bool]],
) -> bool:
    """Tell whether a value is read only by the same turn of the same loop, so that it can stay in a register."""
    home = written[0][0]
    if any(number != home for number, _ in written) or any(number != home for number, *_ in read):
        return False
    if not groups[home].sizes:
        return not any(looped for *_, looped in read)
    places = {placed(one.index, one) for _, one in written}
    return all(placed(one.index, reader) in places for _, reader, one, _ in read)


def _whole(program: ir.Program, name: str, written: Sequence[tuple[int, ir.Statement]]) -> bool:
    """Tell whether every cell of a symbol is written at every step: some of an auxiliary's may hold for the run."""
    symbol = program.symbols[name]
    reached = [ir.cells(statement.index, symbol.shape) for _, statement in written]
    return bool(reached) and len(np.unique(np.concatenate(reached))) == symbol.size


def _moves_at_once(
    groups: Sequence[Group],
    written: Sequence[tuple[int, ir.Statement]],
    read: Sequence[tuple[int, ir.Statement, ir.Read, bool]],
) -> bool:
    """Tell whether nothing reads the old value of a state after the end of the turn that knows the rate."""
    for home, statement in written:
        own = placed(statement.index, statement)
        for number, reader, one, _ in read:
            if number > home or (number == home and groups[home].sizes and placed(one.index, reader) != own):
                return False
    return True


class LeapEmitter(Emitter):
    """Writes statements without storing what nobody reads later, and moves states once nothing reads them any more."""

    def __init__(self, text: FunctionText, memory: Memory, leap: Leap, group: Group) -> None:
        super().__init__(text, memory)
        self.leap = leap
        self._rates: dict[str, list[tuple[ir.Index, dict[str, int | str], str]]] = {}
        self._ends: dict[int, list[ir.State]] = {}
        last: dict[str, ir.Statement] = {}
        for statement in group.statements:
            last |= dict.fromkeys((read.symbol for read in ir.reads(statement.value)), statement)
            last[statement.target] = statement
        places = {id(statement): place for place, statement in enumerate(group.statements)}
        for state in (leap.moved[one] for one in {s.target: None for s in group.statements} if one in leap.moved):
            ends = [last[name] for name in (state.symbol, state.rate) if name in last]
            self._ends.setdefault(max(places[id(one)] for one in ends), []).append(state)
        self._places = places

    def read(self, symbol: str, index: ir.Index) -> str:
        """Load one cell, unless this turn knows it already."""
        if symbol in self.leap.kept and self.key(symbol, index) not in self.known:
            raise AssertionError(f"{symbol} is read but was not stored")
        return super().read(symbol, index)

    def write(self, symbol: str, index: ir.Index, value: str) -> None:
        """Store one cell if it is read elsewhere, and remember its value for this turn."""
        if symbol in self.leap.moved:
            self._rates.setdefault(symbol, []).append((index, dict(self.turns), value))
        elif symbol in self.leap.kept:
            self.known[self.key(symbol, index)] = value
        else:
            super().write(symbol, index, value)

    def end_statement(self, statement: ir.Statement) -> None:
        """Move the states that nothing reads after this statement."""
        for state in self._ends.get(self._places[id(statement)], ()):
            self._move(state)

    def _move(self, state: ir.State) -> None:
        text, step = self.text, self.number(ir.Clock("time_step"))
        for index, turns, rate in self._rates[state.rate]:
            self.turns = turns
            moved = text.two("fadd", self.read(state.symbol, index), text.two("fmul", rate, step))
            if state.kind is ir.StateKind.NON_NEGATIVE:
                zero = text.module.number(0.0)
                moved = text.select(text.compare("olt", moved, zero), zero, moved)
            text.store(moved, self.address(state.symbol, index))


def add_leap(module: ModuleText, memory: Memory, leap: Leap) -> None:
    """Add ``@leap(cells, clocks)``: one step of Euler's method, but for the states that are not in ``leap.moved``."""
    functions_of(
        module, "leap", leap.groups, lambda text, group: emit_group(text, group, LeapEmitter(text, memory, leap, group))
    )


def add_landing(writer: SlotReader, leap: Leap) -> None:
    """Add ``@land(slots)``, which moves the states that a leap has left where they were."""
    text, cells, clocks = writer.begin_function("land")
    layout, zero = writer.layout, writer.module.number(0.0)
    step = text.spread(writer.double(text, clocks, 1))
    for first, count, bounded in _stretches(writer, leap):
        states, rates = text.at(cells, layout.states + first), text.at(cells, layout.rates + first)

        def move(i: str, states: str = states, rates: str = rates, bounded: bool = bounded) -> None:
            change = text.two("fmul", text.load(text.at(rates, i)), step)
            moved = text.two("fadd", text.load(text.at(states, i)), change)
            if bounded:
                moved = text.select(text.compare("olt", moved, zero), zero, moved)
            text.store(moved, text.at(states, i))

        writer.each(text, count, move)
    jumps = layout.kinds[ir.StateKind.ASSIGNED]
    states, rates = text.at(cells, layout.states + jumps.start), text.at(cells, layout.rates + jumps.start)
    writer.copy(text, jumps.stop - jumps.start, rates, states)
    text.finish()


def _stretches(writer: SlotReader, leap: Leap) -> list[tuple[int, int, bool]]:
    """Return the first cell, the number of cells and whether they stay above zero, of states left to move."""
    found: list[tuple[int, int, bool]] = []
    for state in writer.program.states:
        if state.kind not in _MOVING or state.rate in leap.moved:
            continue
        first = writer.layout.offsets[state.symbol] - writer.layout.states
        bounded = state.kind is ir.StateKind.NON_NEGATIVE
        if found and found[-1][0] + found[-1][1] == first and found[-1][2] is bounded:
            found[-1] = (found[-1][0], found[-1][1] + len(state.names), bounded)
        else:
            found.append((first, len(state.names), bounded))
    return found
