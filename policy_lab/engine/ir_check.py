"""What has to hold in a program before any backend is given it: machine code looks at no index twice."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

from policy_lab.engine import ir

Free = frozenset[tuple[str, int]]
"""Loops, by name and length, that have to stand around an expression."""
_NONE: Final[Free] = frozenset()
_FOLDS: Final = frozenset(["sum", "prod", "max", "min"])


def check(program: ir.Program) -> None:
    """Check that every name is known and every index stays within the symbol that it belongs to.

    Raises
    ------
    ValueError
        At the first thing that does not hold.
    """
    for name, symbol in program.symbols.items():
        _holds(symbol.name == name and _whole(symbol.shape) and _whole([symbol.line]), f"symbol `{name}`")
        _holds(all(isinstance(one, str) for one in (symbol.variable, symbol.unit, *symbol.dimensions)), f"`{name}`")
    for name, values in program.literals.items():
        _holds(len(values) == _symbol(program, name).size, f"numbers of `{name}`")
    for symbol in program.of_role(ir.Role.LITERAL):
        _holds(symbol.name in program.literals, f"numbers of `{symbol.name}`")
    for name, tables in program.tables.items():
        shape = program.table_shapes[name]
        _holds(_whole(shape) and len(tables) == math.prod(shape), f"tables of `{name}`")
        for table in tables:
            _holds(table is None or _is_table(table), f"table `{name}`")
    for state in program.states:
        _check_state(program, state)
    _holds(all(name in program.symbols for name in program.timing), "timing")
    _check_statements(program)


def _check_state(program: ir.Program, state: ir.State) -> None:
    symbol = _symbol(program, state.symbol)
    still = state.kind is ir.StateKind.INITIAL
    _holds(symbol.role is ir.Role.STATE and len(state.names) == symbol.size, f"state `{state.symbol}`")
    _holds(all(isinstance(name, str) for name in state.names), f"state `{state.symbol}`")
    _holds(bool(state.delay) == (state.kind is ir.StateKind.PIPELINE), f"delay of `{state.symbol}`")
    for name, role, wanted in ((state.rate, ir.Role.RATE, not still), (state.delay, ir.Role.HELD, bool(state.delay))):
        if wanted:
            other = _symbol(program, name)
            _holds(other.role is role and other.shape == symbol.shape, f"`{name}`")


def _check_statements(program: ir.Program) -> None:
    free = _Free(program)
    for statement in (*program.start, *program.constants, *program.dynamic, *program.observed):
        around = frozenset((axis.name, axis.size) for axis in statement.axes)
        what = f"the statement of `{statement.target}`"
        _holds(len({axis.name for axis in statement.axes}) == len(statement.axes), what)
        _holds(_whole([*(axis.size for axis in statement.axes), statement.line]), what)
        _holds(free.index(statement.index, _symbol(program, statement.target).shape) <= around, what)
        _holds(free.of(statement.value) <= around, what)


class _Free:
    """The loops that each expression needs around it; an expression that stands in many places is looked at once."""

    def __init__(self, program: ir.Program) -> None:
        self._program = program
        self._found: dict[int, Free] = {}
        self._indexes: dict[tuple[int, tuple[int, ...]], Free] = {}

    def of(self, root: ir.Node) -> Free:
        """Return the loops that an expression needs."""
        pending = [root]
        while pending:
            node = pending[-1]
            missing = [child for child in ir.children(node) if id(child) not in self._found]
            if missing:
                pending += missing
                continue
            self._found[id(pending.pop())] = self._needed(node)
        return self._found[id(root)]

    def index(self, index: ir.Index, shape: tuple[int, ...]) -> Free:
        """Return the loops that an index needs."""
        key = (id(index), shape)
        if key not in self._indexes:
            _holds(len(index) == len(shape), f"an index of {len(index)} parts")
            for part, size in zip(index, shape, strict=True):
                positions = [part.position] if isinstance(part, ir.Fixed) else part.positions
                _holds(_whole(positions) and max(positions, default=-1) < size, f"an index beyond {size}")
            self._indexes[key] = frozenset(
                (part.axis, len(part.positions)) for part in index if isinstance(part, ir.Along)
            )
        return self._indexes[key]

    def _needed(self, node: ir.Node) -> Free:
        inner = _NONE.union(*(self._found[id(child)] for child in ir.children(node)))
        match node:
            case ir.Number(value=value):
                _holds(isinstance(value, float), "a number")
            case ir.Clock(name=name):
                _holds(name in ir.CLOCK_NAMES, f"clock `{name}`")
            case ir.Read(symbol=name, index=index):
                return self.index(index, _symbol(self._program, name).shape)
            case ir.Apply(function=function, arguments=arguments):
                _holds(ir.FUNCTIONS.get(function) == len(arguments), f"function `{function}`")
            case ir.Fold(function=function, axes=axes):
                return self._folded(function, axes, inner)
            case ir.Interpolate(table=table, index=index):
                _holds(table in self._program.tables, f"table `{table}`")
                return inner | self.index(index, self._program.table_shapes[table])
            case ir.Unknown(name=name):
                return frozenset([(_looked_for(name), 0)])
            case ir.Root(name=name):
                return inner - {(_looked_for(name), 0)}
        return inner

    def _folded(self, function: str, axes: tuple[ir.Axis, ...], inner: Free) -> Free:
        _holds(function in _FOLDS and bool(axes), f"reduction `{function}`")
        own = {axis.name: axis.size for axis in axes}
        _holds(len(own) == len(axes) and _whole(own.values()), f"reduction `{function}`")
        _holds(all(own.get(name, size) == size for name, size in inner), f"reduction `{function}`")
        return frozenset(one for one in inner if one[0] not in own)


def _looked_for(name: str) -> str:
    """Return what the number that a root looks for counts as: a loop of no length, which no statement has."""
    return f"<{name}>"


def _symbol(program: ir.Program, name: str) -> ir.Symbol:
    _holds(name in program.symbols, f"symbol `{name}`")
    return program.symbols[name]


def _is_table(table: ir.Table) -> bool:
    rising = all(first < second for first, second in zip(table.x, table.x[1:], strict=False))
    return len(table.x) == len(table.y) > 0 and rising


def _whole(numbers: Iterable[object]) -> bool:
    return all(type(number) is int and number >= 0 for number in numbers)


def _holds(fact: bool, what: str) -> None:
    if not fact:
        raise ValueError(f"not a program: {what}")
