"""Where the cells of a program stand: one flat numbering for every backend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from policy_lab.engine.ir import Program, Role, StateKind, Symbol


@dataclass(frozen=True)
class Layout:
    """First cell of each symbol; what is given for a run comes first, then states and their rates side by side.

    ``states`` and ``rates`` are the first cells of the two vectors, in which a state's cell and its rate's cell have
    the same place; ``kinds`` gives the slice of the state vector that each kind of state takes.
    """

    offsets: Mapping[str, int]
    size: int
    given: int
    series: int
    states: int
    rates: int
    state_names: tuple[str, ...]
    kinds: Mapping[StateKind, slice]

    @property
    def state_count(self) -> int:
        """Length of the state vector."""
        return len(self.state_names)

    def cells(self, symbol: Symbol) -> np.ndarray:
        """Return the cell numbers of a symbol, in its shape."""
        first = self.offsets[symbol.name]
        return np.arange(first, first + symbol.size).reshape(symbol.shape)


def layout_of(program: Program) -> Layout:
    """Number the cells: inputs, literals, series, then states, rates, held values and auxiliaries."""
    offsets: dict[str, int] = {}
    position = 0

    def place(*symbols: Symbol) -> None:
        nonlocal position
        for symbol in symbols:
            offsets[symbol.name] = position
            position += symbol.size

    place(*program.of_role(Role.INPUT, Role.LITERAL))
    given = position
    place(*program.of_role(Role.SERIES))
    series = position
    place(*(program.symbols[state.symbol] for state in program.states))
    count = position - series
    rates = position
    for state in program.states:
        if state.rate:
            offsets[state.rate] = rates + offsets[state.symbol] - series
    position = rates + count
    place(*program.of_role(Role.HELD, Role.AUXILIARY))
    kinds: dict[StateKind, slice] = {}
    first = 0
    for kind in StateKind:
        length = sum(len(state.names) for state in program.states if state.kind is kind)
        kinds[kind] = slice(first, first + length)
        first += length
    names = tuple(name for state in program.states for name in state.names)
    return Layout(offsets, position, given, series, series, rates, names, kinds)


def by_symbol(outputs: np.ndarray, symbols: Sequence[Symbol]) -> dict[str, np.ndarray]:
    """Take saved cells apart: from (times, cells, runs) to an array of (runs, times, dimensions) for each symbol."""
    values: dict[str, np.ndarray] = {}
    at = 0
    for symbol in symbols:
        part = outputs[:, at : at + symbol.size, :].transpose(2, 0, 1)
        values[symbol.name] = part.reshape(*part.shape[:2], *symbol.shape)
        at += symbol.size
    return values
