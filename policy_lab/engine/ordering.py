"""The order in which statements are computed: one order to start a run, another to step it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from policy_lab.engine import ir
from policy_lab.engine.expressions import Draft
from policy_lab.engine.untangle import written_out


class CircularError(ValueError):
    """Equations that need one another's values at the same moment."""

    def __init__(self, names: Sequence[str], line: int, circle: Sequence[int], *, starting: bool) -> None:
        chain = " → ".join(names)
        super().__init__(
            f"circular initial values: {chain}" if starting else f"equations that depend on themselves: {chain}"
        )
        self.variable = names[0]
        self.line = line
        self.circle = frozenset(circle)


@dataclass(frozen=True)
class Orders:
    """The statements of a program by the moment at which they are needed."""

    start: tuple[ir.Statement, ...]
    constants: tuple[ir.Statement, ...]
    dynamic: tuple[ir.Statement, ...]
    observed: tuple[ir.Statement, ...]
    timing: Mapping[str, ir.Timing]


def order_statements(draft: Draft, symbols: Mapping[str, ir.Symbol]) -> Orders:
    """Sort the statements of a draft.

    Raises
    ------
    CircularError
        When equations, or initial values, depend on themselves.
    """
    running = [_staged(statement, 0) for statement in draft.running]
    auxiliary = [s for s in running if symbols[s.target].role is ir.Role.AUXILIARY]
    rates = [s for s in running if symbols[s.target].role is ir.Role.RATE]
    stepping, order = _untangled(auxiliary + rates, symbols, len, starting=False)
    first_rate = _first(stepping.statements, symbols, ir.Role.RATE)
    timing = _timings(order, stepping, symbols, draft)
    needed = set(stepping.sorted(range(first_rate, len(stepping.statements)), starting=False))
    started = [_staged(s, 1) for s in draft.starting]
    others = [_staged(s, 1) for s in draft.running if symbols[s.target].role is ir.Role.AUXILIARY]
    beginning, start = _untangled(
        started + others, symbols, lambda statements: _first(statements, symbols, ir.Role.AUXILIARY), starting=True
    )

    def chosen(wanted: Callable[[int], bool]) -> tuple[ir.Statement, ...]:
        return tuple(stepping.statements[k] for k in order if wanted(k))

    return Orders(
        start=tuple(beginning.statements[k] for k in start),
        constants=chosen(lambda k: k < first_rate and timing[k] is ir.Timing.CONSTANT),
        dynamic=chosen(lambda k: k in needed and (k >= first_rate or timing[k] is not ir.Timing.CONSTANT)),
        observed=chosen(lambda k: k not in needed and timing[k] is not ir.Timing.CONSTANT),
        timing=_by_symbol(stepping.statements, timing),
    )


def _first(statements: Sequence[ir.Statement], symbols: Mapping[str, ir.Symbol], role: ir.Role) -> int:
    """Return the place of the first statement that writes a symbol of a role; the number of statements if none does."""
    return next((k for k, one in enumerate(statements) if symbols[one.target].role is role), len(statements))


def _untangled(
    statements: Sequence[ir.Statement],
    symbols: Mapping[str, ir.Symbol],
    wanted: Callable[[Sequence[ir.Statement]], int],
    *,
    starting: bool,
) -> tuple[_Graph, list[int]]:
    """Order what the first ``wanted`` statements need; those that need themselves element by element are written out.

    Raises
    ------
    CircularError
        When an element needs itself.
    """
    while True:
        graph = _Graph(statements, symbols)
        try:
            return graph, graph.sorted(range(wanted(statements)), starting=starting)
        except CircularError as error:
            targets = {statements[k].target for k in error.circle}
            parts = {k: written_out(statements[k], targets) for k in error.circle}
            if all(len(part) == 1 for part in parts.values()):
                raise
            statements = [one for k, whole in enumerate(statements) for one in parts.get(k, [whole])]


def _by_symbol(statements: Sequence[ir.Statement], timing: Mapping[int, ir.Timing]) -> dict[str, ir.Timing]:
    latest: dict[str, ir.Timing] = {}
    for k, statement in enumerate(statements):
        latest[statement.target] = max(timing[k], latest.get(statement.target, ir.Timing.CONSTANT))
    return latest


def _staged(statement: ir.Statement, stage: int) -> ir.Statement:
    """Settle ACTIVE INITIAL: its first argument while a run steps (0), its second where a run starts (1)."""
    if not any(isinstance(node, ir.Apply) and node.function == "active_initial" for node in ir.walk(statement.value)):
        return statement
    return replace(statement, value=_settled(statement.value, stage))


def _settled(node: ir.Node, stage: int) -> ir.Node:
    match node:
        case ir.Apply(function="active_initial", arguments=arguments):
            return _settled(arguments[stage], stage)
        case ir.Apply(arguments=arguments):
            return replace(node, arguments=tuple(_settled(argument, stage) for argument in arguments))
        case ir.Fold(argument=argument) | ir.Interpolate(argument=argument):
            return replace(node, argument=_settled(argument, stage))
        case ir.Root(low=low, high=high, argument=argument):
            return ir.Root(node.name, _settled(low, stage), _settled(high, stage), _settled(argument, stage))
        case _:
            return node


class _Graph:
    """Statements and who reads whom, cell by cell where a symbol is written in several parts."""

    def __init__(self, statements: Sequence[ir.Statement], symbols: Mapping[str, ir.Symbol]) -> None:
        self.statements = statements
        self.symbols = symbols
        writers: dict[str, list[tuple[int, np.ndarray]]] = {}
        for k, statement in enumerate(statements):
            reached = ir.cells(statement.index, symbols[statement.target].shape)
            writers.setdefault(statement.target, []).append((k, reached))
        self.needs = [self._needed(statement, writers) for statement in statements]

    def _needed(self, statement: ir.Statement, writers: Mapping[str, list[tuple[int, np.ndarray]]]) -> tuple[int, ...]:
        found: dict[int, None] = {}
        for read in ir.reads(statement.value):
            candidates = writers.get(read.symbol, [])
            if len(candidates) == 1:
                found[candidates[0][0]] = None
            elif candidates:
                reached = ir.cells(read.index, self.symbols[read.symbol].shape)
                for k, written in candidates:
                    if np.isin(reached, written, assume_unique=True).any():
                        found[k] = None
        return tuple(found)

    def sorted(self, wanted: Iterable[int], *, starting: bool) -> list[int]:
        """Return what ``wanted`` needs, and they, each after what it needs; no recursion, so length is no limit."""
        order: list[int] = []
        state = [0] * len(self.statements)  # 0 unseen, 1 on the path, 2 done
        for root in wanted:
            path = [(root, iter(self.needs[root]))] if state[root] == 0 else []
            state[root] = max(state[root], 1)
            while path:
                current, rest = path[-1]
                following = next(rest, None)
                if following is None:
                    state[current] = 2
                    order.append(current)
                    path.pop()
                elif state[following] == 0:
                    state[following] = 1
                    path.append((following, iter(self.needs[following])))
                elif state[following] == 1:
                    raise self._circle([k for k, _ in path], following, starting)
        return order

    def _circle(self, path: list[int], closing: int, starting: bool) -> CircularError:
        circle = [*path[path.index(closing) :], closing]
        names: list[str] = []
        for k in circle:
            name = self.symbols[self.statements[k].target].variable
            if not names or names[-1] != name:
                names.append(name)
        if len(names) == 1:
            names.append(names[0])
        return CircularError(names, self.statements[closing].line, circle, starting=starting)


def _timings(
    order: Sequence[int], graph: _Graph, symbols: Mapping[str, ir.Symbol], draft: Draft
) -> dict[int, ir.Timing]:
    still = {state.symbol for state in draft.states if state.kind is ir.StateKind.INITIAL}
    timing: dict[int, ir.Timing] = {}
    for k in order:
        latest = max((timing[need] for need in graph.needs[k]), default=ir.Timing.CONSTANT)
        for node in ir.walk(graph.statements[k].value):
            latest = max(latest, _own_timing(node, symbols, still))
        timing[k] = latest
    return timing


def _own_timing(node: ir.Node, symbols: Mapping[str, ir.Symbol], still: set[str]) -> ir.Timing:
    match node:
        case ir.Clock(name="time" | "step_start"):
            return ir.Timing.TIME
        case ir.Apply(function=function) if function in ir.TIMED:
            return ir.Timing.TIME
        case ir.Read(symbol=name):
            role = symbols[name].role
            if role is ir.Role.STATE and name not in still:
                return ir.Timing.DYNAMIC
            return ir.Timing.TIME if role is ir.Role.SERIES else ir.Timing.CONSTANT
        case _:
            return ir.Timing.CONSTANT
