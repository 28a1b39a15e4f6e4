"""One ordered, typed, named form of a model's equations, which every backend computes from.

A program is a list of statements over *cells*. A symbol is a named array of cells (a variable, or the inside of a
delay); a statement writes one rectangular part of a symbol and says where each of its reads comes from, so that
subscripts, aliases, subranges and exceptions are settled here once. Nothing in this module computes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TypeAlias

import numpy as np


class Role(StrEnum):
    """Where the cells of a symbol get their values from."""

    INPUT = "input"  # a constant of the model, or a freed variable: given for each run
    LITERAL = "literal"  # numbers written inside an equation
    SERIES = "series"  # given over time
    HELD = "held"  # computed once, when the run starts, and not part of the state
    AUXILIARY = "auxiliary"  # computed at every step
    STATE = "state"  # carried from step to step
    RATE = "rate"  # what happens to a state in a step


class StateKind(IntEnum):
    """How a state moves on; the order is the order of states in the state vector."""

    INTEGRATED = 0  # state + rate · step
    NON_NEGATIVE = 1  # the same, never below zero
    ASSIGNED = 2  # becomes its rate cell
    PIPELINE = 3  # becomes what its rate cell was a given number of steps ago
    INITIAL = 4  # never moves


class Timing(IntEnum):
    """What a value can depend on, so that nothing is computed more often than it must be."""

    CONSTANT = 0  # only on inputs: once a run
    TIME = 1  # on time too: once a step, whatever the states are
    DYNAMIC = 2  # on states


@dataclass(frozen=True, slots=True)
class Axis:
    """A loop over the elements of a subscript range (or of part of it)."""

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Fixed:
    """One element of a dimension."""

    position: int


@dataclass(frozen=True, slots=True)
class Along:
    """The element of a dimension that belongs to each turn of a loop."""

    axis: str
    positions: tuple[int, ...]


Index: TypeAlias = tuple[Fixed | Along, ...]


@dataclass(frozen=True, slots=True)
class Number:
    """A literal number."""

    value: float


@dataclass(frozen=True, slots=True)
class Clock:
    """``time`` or a time setting: ``time_step``, ``initial_time``, ``final_time``, ``save_period``."""

    name: str


@dataclass(frozen=True, slots=True)
class Read:
    """One cell of a symbol."""

    symbol: str
    index: Index = ()


@dataclass(frozen=True, slots=True)
class Apply:
    """A function of :data:`FUNCTIONS` on its arguments; true is 1 and false is 0."""

    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Fold:
    """``sum``, ``prod``, ``max`` or ``min`` of the argument over some axes."""

    function: str
    axes: tuple[Axis, ...]
    argument: Node


@dataclass(frozen=True, slots=True)
class Interpolate:
    """A table (one of several, by subscript) read at the argument."""

    table: str
    index: Index
    argument: Node


@dataclass(frozen=True, slots=True)
class Unknown:
    """The number that the :class:`Root` of this name looks for; it stands inside its argument only."""

    name: str


@dataclass(frozen=True, slots=True)
class Root:
    """The place between ``low`` and ``high`` where the argument, which never rises, goes through zero.

    It is found by :data:`HALVINGS` halvings, whatever the numbers are, so that it takes the same time in every run. Its
    own derivative is taken to be zero: who reads it adds a step of Newton's method, which has the right one.
    """

    name: str
    low: Node
    high: Node
    argument: Node


Node: TypeAlias = Number | Clock | Read | Apply | Fold | Interpolate | Unknown | Root

#: How often the search of a root halves its interval: by then both ends are neighbours, or the interval a part in 10¹⁹.
HALVINGS = 64

#: Every function that a backend must know, with its number of arguments.
FUNCTIONS: Mapping[str, int] = {
    **dict.fromkeys(["neg", "not", "abs", "exp", "ln", "sqrt", "trunc", "round"], 1),
    **dict.fromkeys(["sin", "cos", "tan", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "erfc"], 1),
    **dict.fromkeys(["add", "sub", "mul", "div", "pow", "min", "max", "and", "or"], 2),
    **dict.fromkeys(["lt", "le", "gt", "ge", "eq", "ne", "quantum", "modulo"], 2),
    **dict.fromkeys(["step", "pulse", "active_initial", "noise"], 2),
    **dict.fromkeys(["select", "xidz", "ramp"], 3),
    "pulse_train": 4,
}
#: Time and the time settings, as a model spells them (folded) → the clock that says them.
CLOCKS: Mapping[str, str] = {
    "time": "time",
    "time step": "time_step",
    "initial time": "initial_time",
    "final time": "final_time",
    "saveper": "save_period",
}
#: Every clock that an expression may name: those, and the time at which the step under way began.
CLOCK_NAMES: frozenset[str] = frozenset([*CLOCKS.values(), "step_start"])
#: Functions that read the clock although no argument says so.
TIMED: frozenset[str] = frozenset(["step", "pulse", "pulse_train", "ramp"])
#: Functions whose value is true or false.
LOGICAL: frozenset[str] = frozenset(["lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not"])


@dataclass(frozen=True, slots=True)
class Symbol:
    """A named array of cells.

    ``variable`` is the one to whose equation it belongs, ``line`` where that stands; ``dimensions`` are the names of
    its subscript ranges, or of loops, and ``unit`` what the model file says of a variable: the inside of a delay has
    none of its own.
    """

    name: str
    shape: tuple[int, ...]
    role: Role
    variable: str
    line: int = 0
    dimensions: tuple[str, ...] = ()
    unit: str = ""

    @property
    def size(self) -> int:
        """Number of cells."""
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True)
class Statement:
    """``target[index] = value`` for every turn of the axes."""

    target: str
    axes: tuple[Axis, ...]
    index: Index
    value: Node
    line: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """Points of a lookup, x strictly rising; ``kind`` as in the model."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    kind: str


@dataclass(frozen=True)
class State:
    """A symbol that is carried from step to step, its rate, and the names of its cells."""

    symbol: str
    rate: str
    kind: StateKind
    names: tuple[str, ...]
    delay: str = ""  # PIPELINE: the held symbol with the number of steps


@dataclass(frozen=True)
class Program:
    """All statements of a model, in the order in which they are computed.

    ``start`` gives states and held values their first values; ``constants`` follow it once a run; ``dynamic`` is what
    the rates need at every step, the rates included; ``observed`` is what only a reader of results needs.
    """

    symbols: Mapping[str, Symbol]
    tables: Mapping[str, tuple[Table | None, ...]]
    table_shapes: Mapping[str, tuple[int, ...]]
    literals: Mapping[str, tuple[float, ...]]
    states: tuple[State, ...]
    start: tuple[Statement, ...]
    constants: tuple[Statement, ...]
    dynamic: tuple[Statement, ...]
    observed: tuple[Statement, ...]
    timing: Mapping[str, Timing]
    _digest: str = field(default="", init=False, compare=False, repr=False)

    def __str__(self) -> str:
        return "\n".join(_listing(self))

    def digest(self) -> str:
        """Return the SHA-256 of all that a computation depends on: not of names of variables, units and lines."""
        if not self._digest:
            from policy_lab.engine.ir_json import digest  # which reads and writes programs, and so imports this module

            self.remember(digest(self))
        return self._digest

    def remember(self, digest: str) -> None:
        """Keep a digest that has been worked out; a changed copy works out its own."""
        object.__setattr__(self, "_digest", digest)

    def of_role(self, *roles: Role) -> tuple[Symbol, ...]:
        """Return the symbols with one of these roles, in order."""
        return tuple(symbol for symbol in self.symbols.values() if symbol.role in roles)


def children(node: Node) -> tuple[Node, ...]:
    """Return the arguments of a node."""
    match node:
        case Apply(arguments=arguments):
            return arguments
        case Fold(argument=argument) | Interpolate(argument=argument):
            return (argument,)
        case Root(low=low, high=high, argument=argument):
            return (low, high, argument)
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and everything below it; does not recurse, so depth is no limit."""
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(children(current))


def reads(node: Node) -> Iterator[Read]:
    """Yield every read in an expression."""
    return (found for found in walk(node) if isinstance(found, Read))


def cells(index: Index, shape: tuple[int, ...]) -> np.ndarray:
    """Return the flat cell numbers that an index can reach, sorted and without repeats."""
    reached = np.zeros(1, dtype=np.int64)
    for part, length in zip(index, shape, strict=True):
        positions = np.array(
            [part.position] if isinstance(part, Fixed) else sorted(set(part.positions)), dtype=np.int64
        )
        reached = (reached[:, None] * length + positions[None, :]).ravel()
    return reached


def _listing(program: Program) -> Iterable[str]:
    for symbol in program.symbols.values():
        numbers = f" = {program.literals[symbol.name]}" if symbol.name in program.literals else ""
        yield f"{symbol.role} {symbol.name}{_over(symbol)}{numbers}{_unit(symbol)}{_line(symbol.line)}"
    for name, tables in program.tables.items():
        yield f"table {name}{list(program.table_shapes[name])} {tables!r}"
    for state in program.states:
        yield f"state {state.symbol} {state.kind.name} by {state.rate} {state.delay}".rstrip()
    for part in ("start", "constants", "dynamic", "observed"):
        yield f"{part}:"
        for statement in getattr(program, part):
            loops = "".join(f" for {axis.name}({axis.size})" for axis in statement.axes)
            place = f"{_unit(program.symbols[statement.target])}{_line(statement.line)}"
            yield f"  {statement.target}{_spelled(statement.index)} = {spelled(statement.value)}{loops}{place}"


def _over(symbol: Symbol) -> str:
    """Return the dimensions of a symbol: by name where they have one, and by size."""
    names = symbol.dimensions or [""] * len(symbol.shape)
    over = ", ".join(f"{name}({size})" if name else str(size) for name, size in zip(names, symbol.shape, strict=True))
    return f"[{over}]" if over else ""


def _unit(symbol: Symbol) -> str:
    return f" {{{symbol.unit}}}" if symbol.unit else ""


def _line(line: int) -> str:
    return f"  # line {line}" if line else ""


def _spelled(index: Index) -> str:
    return f"[{' '.join(map(_spelled_part, index))}]" if index else ""


def _spelled_part(part: Fixed | Along) -> str:
    if isinstance(part, Fixed):
        return str(part.position)
    first, last = part.positions[0], part.positions[-1]
    if part.positions == tuple(range(first, last + 1)):
        return f"{part.axis}:{first}..{last}"
    return f"{part.axis}:{','.join(map(str, part.positions))}"


def spelled(node: Node) -> str:
    """Return an expression as text."""
    match node:
        case Number(value=value):
            return repr(value)
        case Clock(name=name):
            return f"<{name}>"
        case Read(symbol=symbol, index=index):
            return f"{symbol}{_spelled(index)}"
        case Apply(function=function, arguments=arguments):
            return f"{function}({', '.join(map(spelled, arguments))})"
        case Fold(function=function, axes=axes, argument=argument):
            return f"{function}<{' '.join(f'{a.name}({a.size})' for a in axes)}>({spelled(argument)})"
        case Interpolate(table=table, index=index, argument=argument):
            return f"{table}{_spelled(index)}({spelled(argument)})"
        case Unknown(name=name):
            return f"<{name}>"
        case Root(name=name, low=low, high=high, argument=argument):
            return f"root<{name}>({spelled(low)}, {spelled(high)}, {spelled(argument)})"
