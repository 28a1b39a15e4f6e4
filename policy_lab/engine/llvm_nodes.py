"""Expressions of the IR written as LLVM instructions on lanes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from policy_lab.engine import ir
from policy_lab.engine.evaluate import SMALL
from policy_lab.engine.layout import Layout
from policy_lab.engine.llvm_random import write_noise
from policy_lab.engine.llvm_tables import WRITTEN_POINTS, written_table
from policy_lab.engine.llvm_text import FunctionText

#: Reductions over at most this many elements are written out; longer ones loop.
WRITTEN_OUT = 8
CLOCK_ORDER = ("time", "time_step", "initial_time", "final_time", "save_period", "step_start")
_OPERATIONS = {"add": "fadd", "sub": "fsub", "mul": "fmul", "div": "fdiv"}
_PREDICATES = {"lt": "olt", "le": "ole", "gt": "ogt", "ge": "oge", "eq": "oeq", "ne": "une"}
_INTRINSICS = {"abs": "fabs", "sqrt": "sqrt", "trunc": "trunc", "round": "rint"}
OWN = {"exp": "exp_lanes", "ln": "ln_lanes", "tanh": "tanh_lanes"}
_LIBM = {
    **{name: name for name in ("sin", "cos", "tan", "sinh", "cosh", "erfc")},
    **{f"arc{name}": f"a{name}" for name in ("sin", "cos", "tan")},
}


@dataclass(frozen=True)
class Memory:
    """What a function reads: a program, where its cells stand, and the addresses of the cells and the clocks."""

    program: ir.Program
    layout: Layout
    tables: Mapping[str, str]


@dataclass
class Emitter:
    """Writes expressions into a function, for one turn of the loops around them.

    ``turns`` gives each axis its element: a number where the loop is written out, else a register. ``known`` holds
    values that this turn has already computed or loaded, by cell; ``abreast`` what was computed for all turns of a
    statement at once, by node and turn.
    """

    text: FunctionText
    memory: Memory
    turns: dict[str, int | str] = field(default_factory=dict)
    known: dict[tuple[object, ...], str] = field(default_factory=dict)
    abreast: dict[tuple[object, ...], str] = field(default_factory=dict)

    def number(self, node: ir.Node) -> str:
        """Write a node as a number and return its register."""
        if self.abreast and (id(node), *self.turns.values()) in self.abreast:
            return self.abreast[id(node), *self.turns.values()]
        if isinstance(node, ir.Apply) and node.function in ir.LOGICAL:
            return _one_if(self, self.condition(node))
        match node:
            case ir.Number(value=value):
                return self.text.module.number(value)
            case ir.Clock(name=name):
                return self._clock(name)
            case ir.Read(symbol=symbol, index=index):
                return self.read(symbol, index)
            case ir.Fold():
                return self._fold(node)
            case ir.Interpolate():
                return self._interpolate(node)
            case ir.Unknown(name=name):
                return self.known["unknown", name]
            case ir.Root():
                return self._root(node)
            case ir.Apply(function=function, arguments=arguments):
                return _APPLICATIONS[function](self, *arguments)
        raise AssertionError(node)

    def condition(self, node: ir.Node) -> str:
        """Write a node as true or false: anything but zero is true, NaN too."""
        text = self.text
        if not (isinstance(node, ir.Apply) and node.function in ir.LOGICAL):
            return text.compare("une", self.number(node), text.module.number(0.0))
        if node.function in _PREDICATES:
            first, second = node.arguments
            return text.compare(_PREDICATES[node.function], self.number(first), self.number(second))
        parts = [self.condition(argument) for argument in node.arguments]
        if node.function == "not":
            true = "true" if text.module.width == 1 else "splat (i1 true)"
            return text.op(f"xor {text.module.mask} {parts[0]}, {true}")
        return text.op(f"{node.function} {text.module.mask} {parts[0]}, {parts[1]}")

    def _clock(self, name: str) -> str:
        key = ("clock", name)
        if key not in self.known:
            place = self.text.at("%clocks", CLOCK_ORDER.index(name), "double")
            self.known[key] = self.text.spread(self.text.op(f"load double, ptr {place}, align 8"))
        return self.known[key]

    def read(self, symbol: str, index: ir.Index) -> str:
        """Load one cell, unless this turn knows it already."""
        key = self.key(symbol, index)
        if key not in self.known:
            self.known[key] = self.text.load(self.address(symbol, index))
        return self.known[key]

    def write(self, symbol: str, index: ir.Index, value: str) -> None:
        """Store one cell and remember its value for this turn."""
        self.text.store(value, self.address(symbol, index))
        self.known[self.key(symbol, index)] = value

    def end_statement(self, statement: ir.Statement) -> None:
        """Do what is left to do after a statement: nothing."""

    def key(self, symbol: str, index: ir.Index) -> tuple[object, ...]:
        """Return what :attr:`known` has a cell under."""
        parts: list[object] = [symbol]
        for part in index:
            if isinstance(part, ir.Fixed):
                parts.append(part.position)
            else:
                turn = self.turns[part.axis]
                parts.append(part.positions[turn] if isinstance(turn, int) else (turn, part.positions))
        return tuple(parts)

    def address(self, symbol: str, index: ir.Index) -> str:
        """Return where a cell stands."""
        offset = self._offset(index, self.memory.program.symbols[symbol].shape)
        first = self.memory.layout.offsets[symbol]
        if isinstance(offset, int):
            return self.text.at("%cells", first + offset)
        return self.text.at(self.text.at("%cells", first), offset)

    def _offset(self, index: ir.Index, shape: tuple[int, ...]) -> int | str:
        """Return the flat position of an index: a number where all turns are known, else a register."""
        strides = [math.prod(shape[place + 1 :]) for place in range(len(shape))]
        constant, moving = 0, None
        for part, stride in zip(index, strides, strict=True):
            turn = self.turns[part.axis] if isinstance(part, ir.Along) else None
            if isinstance(part, ir.Fixed):
                constant += part.position * stride
            elif isinstance(turn, int):
                constant += part.positions[turn] * stride
            else:
                fixed, register = self._moving(part.positions, str(turn), stride)
                constant += fixed
                moving = register if moving is None else self.text.op(f"add nuw nsw i64 {moving}, {register}")
        if moving is None:
            return constant
        return moving if constant == 0 else self.text.op(f"add nuw nsw i64 {moving}, {constant}")

    def _moving(self, positions: tuple[int, ...], turn: str, stride: int) -> tuple[int, str]:
        """Return what a loop adds to a position: a constant and a register; evenly spaced positions need no table."""
        spacing = positions[1] - positions[0] if len(positions) > 1 else 1
        if spacing > 0 and positions == tuple(positions[0] + spacing * k for k in range(len(positions))):
            step = spacing * stride
            return positions[0] * stride, turn if step == 1 else self.text.op(f"mul nuw nsw i64 {turn}, {step}")
        table = self.text.module.integers(position * stride for position in positions)
        place = self.text.at(table, turn, "i64")
        return 0, self.text.op(f"load i64, ptr {place}, align 8")

    def _fold(self, node: ir.Fold) -> str:
        if math.prod(axis.size for axis in node.axes) <= WRITTEN_OUT:
            return self._written_fold(node)
        kept, turns = dict(self.known), dict(self.turns)
        start = {"sum": 0.0, "prod": 1.0, "max": -math.inf, "min": math.inf}[node.function]
        running = self.text.module.number(start)
        loops = []
        for axis in node.axes:
            loop = self.text.begin_loop(axis.size, [(self.text.module.value, running)])
            self.turns[axis.name] = loop.counter
            running = loop.carried[0]
            loops.append(loop)
        running = self._folded(node.function, running, self.number(node.argument))
        for loop in reversed(loops):
            self.text.end_loop(loop, [running])
        self.known, self.turns = kept, turns
        return running

    def _written_fold(self, node: ir.Fold) -> str:
        turns = dict(self.turns)
        running = ""
        for position in np.ndindex(*(axis.size for axis in node.axes)):
            self.turns.update({axis.name: int(k) for axis, k in zip(node.axes, position, strict=True)})
            value = self.number(node.argument)
            running = self._folded(node.function, running, value) if running else value
        self.turns = turns
        return running

    def _root(self, node: ir.Root) -> str:
        """Halve the interval between the ends, each lane for itself, and keep the half with the root."""
        text, value, half = self.text, self.text.module.value, self.text.module.number(0.5)
        ends = [(value, self.number(node.low)), (value, self.number(node.high))]
        kept = dict(self.known)
        loop = text.begin_loop(ir.HALVINGS, ends)
        low, high = loop.carried
        middle = text.two("fmul", half, text.two("fadd", low, high))
        self.known["unknown", node.name] = middle
        right = text.compare("ogt", self.number(node.argument), text.module.number(0.0))
        low, high = text.select(right, middle, low), text.select(right, high, middle)
        text.end_loop(loop, [low, high])
        self.known = kept
        return text.two("fmul", half, text.two("fadd", low, high))

    def _folded(self, function: str, running: str, value: str) -> str:
        if function in ("sum", "prod"):
            return self.text.two("fadd" if function == "sum" else "fmul", running, value)
        return extreme(self.text, function, running, value)

    def _interpolate(self, node: ir.Interpolate) -> str:
        tables = self.memory.program.tables[node.table]
        offset = self._offset(node.index, self.memory.program.table_shapes[node.table])
        at = self.number(node.argument)
        table = tables[offset] if isinstance(offset, int) else None
        if table is not None and len(table.x) <= WRITTEN_POINTS:
            return written_table(self.text, table, at)
        points = max(len(t.x) if t else 1 for t in tables)
        record = 2 + 3 * points
        known = isinstance(offset, int)
        place = offset * record if known else self.text.op(f"mul nuw nsw i64 {offset}, {record}")
        start = self.text.at(self.memory.tables[node.table], place, "double")
        kind = self.text.module.value
        return self.text.op(f"call {kind} @table_lanes({kind} {at}, ptr {start}, i64 {points})")


def extreme(text: FunctionText, function: str, first: str, second: str) -> str:
    """Write MAX or MIN as NumPy's: NaN if either is."""
    chosen = text.select(text.compare("ogt" if function == "max" else "olt", first, second), first, second)
    return text.select(text.compare("uno", first, first), first, chosen)


def _operation(function: str) -> Callable[..., str]:
    name = _OPERATIONS[function]
    return lambda e, a, b: e.text.two(name, e.number(a), e.number(b))


def _called(name: str) -> Callable[..., str]:
    def write(e: Emitter, *arguments: ir.Node) -> str:
        kind = e.text.module.value
        given = ", ".join(f"{kind} {e.number(argument)}" for argument in arguments)
        return e.text.op(f"call {kind} @{name}({given})")

    return write


def is_product(exponent: ir.Node) -> bool:
    """Tell whether a power with this exponent is written as a product of its base."""
    return isinstance(exponent, ir.Number) and exponent.value in (1.0, 2.0, 3.0)


def _power(e: Emitter, base: ir.Node, exponent: ir.Node) -> str:
    if isinstance(exponent, ir.Number) and is_product(exponent):
        value = e.number(base)
        result = value
        for _ in range(int(exponent.value) - 1):
            result = e.text.two("fmul", result, value)
        return result
    return _called("pow_lanes")(e, base, exponent)


def _same_in_every_lane(node: ir.Node) -> bool:
    """Tell whether a node depends on nothing but time."""
    return all(isinstance(part, ir.Number | ir.Clock | ir.Apply) for part in ir.walk(node))


def _each_lane(name: str) -> Callable[..., str]:
    """Call a function of libm once a lane."""

    def write(e: Emitter, argument: ir.Node) -> str:
        text, module = e.text, e.text.module
        module.declare(f"double @{name}(double)")
        value = e.number(argument)
        if module.width == 1:
            return text.op(f"call double @{name}(double {value})")
        if _same_in_every_lane(argument):
            first = text.op(f"extractelement {module.value} {value}, i64 0")
            return text.spread(text.op(f"call double @{name}(double {first})"))
        result = "poison"
        for lane in range(module.width):
            one = text.op(f"extractelement {module.value} {value}, i64 {lane}")
            done = text.op(f"call double @{name}(double {one})")
            result = text.op(f"insertelement {module.value} {result}, double {done}, i64 {lane}")
        return result

    return write


def _negative(e: Emitter, argument: ir.Node) -> str:
    return e.text.op(f"fneg {e.text.module.value} {e.number(argument)}")


def _select(e: Emitter, condition: ir.Node, yes: ir.Node, no: ir.Node) -> str:
    return e.text.select(e.condition(condition), e.number(yes), e.number(no))


def _extreme(function: str) -> Callable[..., str]:
    def write(e: Emitter, first: ir.Node, second: ir.Node) -> str:
        a, b = e.number(first), e.number(second)
        if isinstance(first, ir.Number) and not math.isnan(first.value):
            return e.text.select(e.text.compare("ogt" if function == "max" else "olt", a, b), a, b)
        if isinstance(second, ir.Number) and not math.isnan(second.value):
            return e.text.select(e.text.compare("ogt" if function == "max" else "olt", b, a), b, a)
        return extreme(e.text, function, a, b)

    return write


def _xidz(e: Emitter, numerator: ir.Node, denominator: ir.Node, otherwise: ir.Node) -> str:
    text = e.text
    above, below = e.number(numerator), e.number(denominator)
    zero = text.compare("olt", text.intrinsic("fabs", below), text.module.number(SMALL))
    return text.select(zero, e.number(otherwise), text.two("fdiv", above, below))


def _quantum_of(e: Emitter, value: str, unit: str) -> str:
    text = e.text
    whole = text.intrinsic("trunc", text.two("fdiv", value, unit))
    small = text.compare("olt", unit, text.module.number(SMALL))
    return text.select(small, value, text.two("fmul", unit, whole))


def _quantum(e: Emitter, value: ir.Node, unit: ir.Node) -> str:
    return _quantum_of(e, e.number(value), e.number(unit))


def _modulo(e: Emitter, value: ir.Node, unit: ir.Node) -> str:
    number = e.number(value)
    return e.text.two("fsub", number, _quantum_of(e, number, e.number(unit)))


def _time(e: Emitter) -> str:
    return e.number(ir.Clock("time"))


def _step_start(e: Emitter) -> str:
    """Edges stand on the grid: what STEP and PULSE are when a time step begins holds for all its stages."""
    return e.number(ir.Clock("step_start"))


def _one_if(e: Emitter, condition: str) -> str:
    return e.text.select(condition, e.text.module.number(1.0), e.text.module.number(0.0))


def _step(e: Emitter, height: ir.Node, start: ir.Node) -> str:
    half = e.text.two("fmul", e.number(ir.Clock("time_step")), e.text.module.number(0.5))
    begun = e.text.compare("ogt", e.text.two("fadd", _step_start(e), half), e.number(start))
    return e.text.two("fmul", e.number(height), _one_if(e, begun))


def _ramp(e: Emitter, slope: ir.Node, start: ir.Node, end: ir.Node) -> str:
    text = e.text
    first = e.number(start)
    begun = text.compare("ogt", text.two("fadd", _time(e), text.module.number(SMALL)), first)
    until = extreme(text, "min", e.number(end), _time(e))
    climbed = text.two("fmul", _one_if(e, begun), e.number(slope))
    return text.two("fmul", climbed, text.two("fsub", until, first))


def _pulse_between(e: Emitter, first: str, width: str) -> str:
    text = e.text
    begun = text.compare("ole", text.two("fsub", first, text.module.number(SMALL)), _step_start(e))
    open_still = text.compare("olt", _step_start(e), text.two("fadd", first, width))
    return text.op(f"and {text.module.mask} {begun}, {open_still}")


def _pulse(e: Emitter, start: ir.Node, width: ir.Node) -> str:
    return _one_if(e, _pulse_between(e, e.number(start), e.number(width)))


def _pulse_train(e: Emitter, start: ir.Node, interval: ir.Node, width: ir.Node, end: ir.Node) -> str:
    text, module = e.text, e.text.module
    first, period, length = e.number(start), e.number(interval), e.number(width)
    now = _step_start(e)
    begun = text.compare("ole", first, now)
    running = text.compare("olt", now, e.number(end))
    since = text.two("fadd", text.two("fsub", now, first), module.number(SMALL))
    phase = text.two("frem", since, period)
    other_side = text.compare("olt", text.two("fmul", phase, period), module.number(0.0))
    phase = text.select(other_side, text.two("fadd", phase, period), phase)
    high = text.compare("olt", phase, length)
    inside = text.op(f"and {module.mask} {begun}, {text.op(f'and {module.mask} {running}, {high}')}")
    single = text.compare("oeq", period, module.number(0.0))
    mask = module.mask
    once = _pulse_between(e, first, length)
    return _one_if(e, text.op(f"select {mask} {single}, {mask} {once}, {mask} {inside}"))


def _intrinsic(name: str) -> Callable[..., str]:
    return lambda e, argument: e.text.intrinsic(name, e.number(argument))


_APPLICATIONS: Mapping[str, Callable[..., str]] = MappingProxyType(
    {
        **{name: _operation(name) for name in _OPERATIONS},
        **{name: _intrinsic(intrinsic) for name, intrinsic in _INTRINSICS.items()},
        **{name: _called(own) for name, own in OWN.items()},
        **{name: _each_lane(libm) for name, libm in _LIBM.items()},
        "neg": _negative,
        "pow": _power,
        "min": _extreme("min"),
        "max": _extreme("max"),
        "select": _select,
        "xidz": _xidz,
        "quantum": _quantum,
        "noise": write_noise,
        "modulo": _modulo,
        "step": _step,
        "ramp": _ramp,
        "pulse": _pulse,
        "pulse_train": _pulse_train,
    }
)
