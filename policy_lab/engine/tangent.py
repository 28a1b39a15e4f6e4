"""Forward-mode derivatives: a program that carries, beside every cell, its derivative in one direction.

Each symbol that depends on a seeded input gets a second symbol of the same shape, each statement a second statement
right after it, each state a second state that moves alike. Every run has its own direction (the seeds are inputs), so
that constants are spread over the lanes of a batch and any backend computes the result unchanged.

A branch, ``MIN``, ``MAX`` and a table have the derivative of the piece that is taken. What jumps by its nature
(``INTEGER``, ``MODULO``, the time of a pulse, a seed of random numbers) has no rule: what depends on a constant through
it is named by `Tangent.blocked`, with the reason.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from policy_lab.engine import ir

MOST_COMPARED = 64  # elements of a VMAX or VMIN: each is compared with the extreme anew


@dataclass(frozen=True)
class Tangent:
    """A program with derivatives: ``names`` gives the symbol that carries those of each active symbol.

    ``jumps`` names the symbols that jump when others move: for each, the reason and those others; ``delays`` the states
    that come later by a number of steps, which is another symbol.
    """

    program: ir.Program
    names: Mapping[str, str]
    readers: Mapping[str, Collection[str]]
    delays: Mapping[str, str]
    jumps: Mapping[str, Sequence[tuple[str, frozenset[str]]]]

    def blocked(self, seeded: str) -> dict[str, str]:
        """Return the symbols that have no derivative with respect to an input, each with the reason."""
        moved = _spread(self.readers, dict.fromkeys([seeded], "")).keys()
        first = {
            target: reason
            for target, jumps in self.jumps.items()
            for reason, causes in jumps
            if not causes.isdisjoint(moved)
        }
        whole = "the length of a fixed delay, which is a whole number of steps"
        first |= {state: whole for state, delay in self.delays.items() if delay in moved}
        return {name: reason for name, reason in _spread(self.readers, first).items() if name in moved}


def tangent(program: ir.Program, seeded: Sequence[str]) -> Tangent:
    """Return a program that computes derivatives with respect to inputs, in the direction that the seeds give.

    Parameters
    ----------
    seeded
        Names of inputs. The seed of input ``c`` is the input ``names["c"]``, of the same shape; seeds stand last among
        what is given.
    """
    readers = _readers(program)
    active = _spread(readers, dict.fromkeys(seeded, ""))
    names = {name: _free(f"∂ {name}", program.symbols) for name in program.symbols if name in active}
    rules = _Rules(program, names)
    own = [name for name in names if name not in seeded]
    symbols = {names[name]: replace(program.symbols[name], name=names[name]) for name in (*own, *seeded)}

    def both(part: Sequence[ir.Statement]) -> tuple[ir.Statement, ...]:
        return tuple(one for statement in part for one in (statement, *rules.statement(statement)))

    start, constants = both(program.start), both(program.constants)
    dynamic, observed = both(program.dynamic), both(program.observed)
    states = [replace(s, symbol=names[s.symbol], rate=names.get(s.rate, ""), names=tuple(f"∂ {n}" for n in s.names))
              for s in program.states if s.symbol in names]  # fmt: skip
    moved = replace(
        program,
        symbols={**program.symbols, **symbols},
        tables={**program.tables, **rules.tables},
        table_shapes={**program.table_shapes, **{t: program.table_shapes[rules.slope_of[t]] for t in rules.tables}},
        states=tuple(sorted((*program.states, *states), key=lambda state: state.kind)),
        timing={**program.timing, **{names[name]: timing for name, timing in program.timing.items() if name in names}},
        start=start,
        constants=constants,
        dynamic=dynamic,
        observed=observed,
    )
    return Tangent(moved, names, readers, {s.symbol: s.delay for s in program.states if s.delay}, rules.jumps)


def _free(name: str, taken: Mapping[str, object]) -> str:
    while name in taken:
        name = f"∂{name}"
    return name


def _readers(program: ir.Program) -> dict[str, set[str]]:
    """Return what reads each symbol; a state reads its rate and the length of its delay, and its rate goes with it."""
    readers: dict[str, set[str]] = {}
    for statement in (*program.start, *program.constants, *program.dynamic, *program.observed):
        for read in ir.reads(statement.value):
            readers.setdefault(read.symbol, set()).add(statement.target)
    for state in program.states:
        for cause, effect in ((state.rate, state.symbol), (state.symbol, state.rate), (state.delay, state.symbol)):
            if cause and effect:
                readers.setdefault(cause, set()).add(effect)
    return readers


def _spread(readers: Mapping[str, Collection[str]], first: Mapping[str, str]) -> dict[str, str]:
    """Spread what is said of some symbols to all that depend on them."""
    found, pending = dict(first), list(first)
    while pending:
        name = pending.pop()
        for other in sorted(readers.get(name, ())):
            if other not in found:
                found[other] = found[name]
                pending.append(other)
    return found


@dataclass
class _Rules:
    """The rules of differentiation for one program; collects slope tables, and what jumps."""

    program: ir.Program
    names: Mapping[str, str]
    tables: dict[str, tuple[ir.Table | None, ...]] = field(default_factory=dict)
    slope_of: dict[str, str] = field(default_factory=dict)
    jumps: dict[str, list[tuple[str, frozenset[str]]]] = field(default_factory=dict)
    target: str = ""

    def statement(self, statement: ir.Statement) -> tuple[ir.Statement, ...]:
        """Return the statement of the derivative, if its target has one."""
        name = self.names.get(statement.target)
        if name is None:
            return ()
        self.target = statement.target
        return (replace(statement, target=name, value=self.of(statement.value) or _ZERO),)

    def of(self, node: ir.Node) -> ir.Node | None:
        """Return the derivative of an expression; None where it is zero whatever the numbers are."""
        match node:
            case ir.Read(symbol=symbol) if symbol in self.names:
                return replace(node, symbol=self.names[symbol])
            case ir.Apply(function=function, arguments=arguments):
                slopes = [self.of(argument) for argument in arguments]
                return None if all(slope is None for slope in slopes) else self._apply(function, arguments, slopes)
            case ir.Fold():
                return self._fold(node)
            case ir.Interpolate():
                return self._table(node)
            case _:  # numbers, clocks, what is given; a root has none of its own: see ir.Root
                return None

    def _apply(self, function: str, arguments: Sequence[ir.Node], slopes: Sequence[ir.Node | None]) -> ir.Node | None:
        one = _ONE.get(function)
        if one is not None and slopes[0] is not None:
            return _mul(slopes[0], one(arguments[0]))
        rule = _MANY.get(function)
        if rule is not None:
            return rule(arguments, slopes)
        if function in ir.LOGICAL:
            return None  # a jump where the comparison turns, and nothing on either side of it
        if function in ("step", "ramp") and all(slope is None for slope in slopes[1:]):
            return _mul(slopes[0] or _ZERO, ir.Apply(function, (ir.Number(1.0), *arguments[1:])))
        moving = [a for a, slope in zip(arguments, slopes, strict=True) if slope is not None]
        if function in ("step", "ramp") and slopes[0] is not None:
            moving = moving[1:]
        self._jump(_REASONS.get(function, f"{function.upper()} jumps"), *moving)
        if function in ("step", "ramp"):
            return _mul(slopes[0] or _ZERO, ir.Apply(function, (ir.Number(1.0), *arguments[1:])))
        return None

    def _jump(self, reason: str, *arguments: ir.Node) -> None:
        """Note that the target jumps when what the arguments read moves."""
        causes = frozenset(read.symbol for argument in arguments for read in ir.reads(argument))
        self.jumps.setdefault(self.target, []).append((reason, causes))

    def _fold(self, node: ir.Fold) -> ir.Node | None:
        slope = self.of(node.argument)
        if slope is None:
            return None
        if node.function == "sum":
            return replace(node, argument=slope)
        if node.function == "prod":
            return _mul(node, ir.Fold("sum", node.axes, _div(slope, node.argument)))
        if math.prod(axis.size for axis in node.axes) > MOST_COMPARED:
            self._jump(f"{node.function.upper()} of more than {MOST_COMPARED} elements", node.argument)
            return None
        reached = ir.Apply("eq", (node.argument, node))
        total = ir.Fold("sum", node.axes, _select(reached, slope, _ZERO))
        return _div(total, ir.Fold("sum", node.axes, _select(reached, ir.Number(1.0), _ZERO)))

    def _table(self, node: ir.Interpolate) -> ir.Node | None:
        slope = self.of(node.argument)
        if slope is None:
            return None
        tables = self.program.tables[node.table]
        if any(table is not None and table.kind not in ("interpolate", "extrapolate") for table in tables):
            self._jump("a table of steps", node.argument)
            return None
        name = f"∂ {node.table}"
        self.tables[name] = tuple(None if table is None else _slopes(table) for table in tables)
        self.slope_of[name] = node.table
        return _mul(slope, replace(node, table=name))


def _slopes(table: ir.Table) -> ir.Table:
    """Return the slope of a table as a table of steps: flat beyond the ends, or as at the ends where it goes on."""
    pairs = list(zip(table.x, table.y, strict=True))
    inner = [(y1 - y0) / (x1 - x0) for (x0, y0), (x1, y1) in pairwise(pairs)]
    goes_on = table.kind == "extrapolate" and inner
    before, after = (inner[0], inner[-1]) if goes_on else (0.0, 0.0)
    lowest = min(-1e30, 2 * table.x[0])
    return ir.Table((lowest, *table.x), (before, *inner, after), "hold_backward")


_ZERO = ir.Number(0.0)
_REASONS: Mapping[str, str] = {
    "trunc": "INTEGER jumps from whole number to whole number",
    "round": "rounding jumps from whole number to whole number",
    "quantum": "QUANTUM jumps from multiple to multiple",
    "modulo": "MODULO jumps back where it has gone round",
    "pulse": "the time of a PULSE moves it from step to step",
    "pulse_train": "the time of a PULSE TRAIN moves it from step to step",
    "step": "the time of a STEP moves it from step to step",
    "ramp": "the time of a RAMP moves it from step to step",
    "noise": "a seed, or a share, of random numbers",
}


def _call(function: str, *arguments: ir.Node) -> ir.Node:
    return ir.Apply(function, arguments)


def _mul(a: ir.Node, b: ir.Node) -> ir.Node:
    if isinstance(b, ir.Number) and b.value == 1:
        return a
    return _call("mul", a, b)


def _div(a: ir.Node, b: ir.Node) -> ir.Node:
    return _call("div", a, b)


def _select(condition: ir.Node, yes: ir.Node | None, no: ir.Node | None) -> ir.Node:
    return _call("select", condition, yes or _ZERO, no or _ZERO)


def _square(a: ir.Node) -> ir.Node:
    return _call("mul", a, a)


def _one_minus(a: ir.Node) -> ir.Node:
    return _call("sub", ir.Number(1.0), a)


def _inverse(a: ir.Node) -> ir.Node:
    return _div(ir.Number(1.0), a)


#: The derivative of each function of one argument, of that argument.
_ONE: Mapping[str, Callable[[ir.Node], ir.Node]] = {
    "neg": lambda a: ir.Number(-1.0),
    "abs": lambda a: _select(_call("lt", a, _ZERO), ir.Number(-1.0), ir.Number(1.0)),
    "exp": lambda a: _call("exp", a),
    "ln": _inverse,
    "sqrt": lambda a: _div(ir.Number(0.5), _call("sqrt", a)),
    "sin": lambda a: _call("cos", a),
    "cos": lambda a: _call("neg", _call("sin", a)),
    "tan": lambda a: _inverse(_square(_call("cos", a))),
    "arcsin": lambda a: _inverse(_call("sqrt", _one_minus(_square(a)))),
    "arccos": lambda a: _call("neg", _inverse(_call("sqrt", _one_minus(_square(a))))),
    "arctan": lambda a: _inverse(_call("add", ir.Number(1.0), _square(a))),
    "sinh": lambda a: _call("cosh", a),
    "cosh": lambda a: _call("sinh", a),
    "erfc": lambda a: _mul(_call("exp", _call("neg", _square(a))), ir.Number(-2 / math.sqrt(math.pi))),
    "tanh": lambda a: _one_minus(_square(_call("tanh", a))),
}

_Nodes = Sequence[ir.Node]
_Slopes = Sequence["ir.Node | None"]


def _added(a: ir.Node | None, b: ir.Node | None) -> ir.Node:
    return _call("add", a, b) if a is not None and b is not None else a or b or _ZERO


def _subtracted(a: ir.Node | None, b: ir.Node | None) -> ir.Node:
    if b is None:
        return a or _ZERO
    return _call("neg", b) if a is None else _call("sub", a, b)


def _scaled(slope: ir.Node | None, by: ir.Node) -> ir.Node | None:
    return None if slope is None else _mul(slope, by)


def _product(a: _Nodes, d: _Slopes) -> ir.Node:
    return _added(_scaled(d[0], a[1]), _scaled(d[1], a[0]))


def _quotient(a: _Nodes, d: _Slopes) -> ir.Node:
    return _div(_subtracted(d[0], _scaled(d[1], _div(a[0], a[1]))), a[1])


def _power(a: _Nodes, d: _Slopes) -> ir.Node:
    base, exponent = a
    below = _call("pow", base, _call("sub", exponent, ir.Number(1.0)))
    first = _scaled(d[0], _mul(exponent, below))
    grown = _select(_call("gt", base, _ZERO), _mul(_call("pow", base, exponent), _call("ln", base)), _ZERO)
    return _added(first, _scaled(d[1], grown))


def _guarded_quotient(a: _Nodes, d: _Slopes) -> ir.Node:
    small = _call("lt", _call("abs", a[1]), ir.Number(1e-6))
    return _select(small, d[2], _quotient(a, d) if d[0] or d[1] else None)


#: The derivative of each function of several arguments, from the arguments and their derivatives.
_MANY: Mapping[str, Callable[[_Nodes, _Slopes], ir.Node]] = {
    "add": lambda a, d: _added(d[0], d[1]),
    "sub": lambda a, d: _subtracted(d[0], d[1]),
    "mul": _product,
    "div": _quotient,
    "pow": _power,
    "min": lambda a, d: _select(_call("le", a[0], a[1]), d[0], d[1]),
    "max": lambda a, d: _select(_call("ge", a[0], a[1]), d[0], d[1]),
    "select": lambda a, d: _select(a[0], d[1], d[2]),
    "xidz": _guarded_quotient,
}
