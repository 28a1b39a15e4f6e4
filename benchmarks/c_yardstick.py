"""The engine's own equations as C, written out element by element: the yardstick that machine code is measured against.

Made from the IR, so that both compute the same thing. One run at a time, or eight side by side in vectors, with glibc's
vector functions. Euler's method and states that add up only: what the bench model needs.
"""

from __future__ import annotations

import ctypes
import math
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

from policy_lab.engine import CompiledModel, ir
from policy_lab.engine.layout import Layout, layout_of
from policy_lab.engine.timeline import Timeline

INFIX = {"add": "+", "sub": "-", "mul": "*", "div": "/"}
COMPARED = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}
CALLED = {
    "exp": "EXP",
    "ln": "LOG",
    "pow": "POW",
    "sin": "SIN",
    "min": "MIN",
    "max": "MAX",
    "xidz": "XIDZ",
    "abs": "ABS",
}
SCALAR = """#include <cmath>
#define LANES 1
typedef double V;
static inline V K(double x){return x;}
#define EXP exp
#define LOG log
#define SIN sin
#define POW pow
#define ABS fabs
static inline bool NOT(bool c){return !c;}
"""
LANES = """#include <cmath>
#include <immintrin.h>
#define LANES 8
typedef double V __attribute__((vector_size(64)));
typedef long W __attribute__((vector_size(64)));
static inline V K(double x){return (V){} + x;}
extern "C" __m512d _ZGVeN8v_exp(__m512d); extern "C" __m512d _ZGVeN8v_log(__m512d);
extern "C" __m512d _ZGVeN8v_sin(__m512d); extern "C" __m512d _ZGVeN8vv_pow(__m512d,__m512d);
static inline V EXP(V x){return (V)_ZGVeN8v_exp((__m512d)x);}
static inline V LOG(V x){return (V)_ZGVeN8v_log((__m512d)x);}
static inline V SIN(V x){return (V)_ZGVeN8v_sin((__m512d)x);}
static inline V POW(V x,V y){return (V)_ZGVeN8vv_pow((__m512d)x,(__m512d)y);}
static inline V ABS(V x){return x<K(0)?-x:x;}
static inline W NOT(W c){return ~c;}
"""
SHARED = """static inline V MIN(V a,V b){return a<b?a:b;}
static inline V MAX(V a,V b){return a>b?a:b;}
static inline V XIDZ(V a,V b,V x){return ABS(b)<K(1e-6)?x:a/b;}
"""


@dataclass(frozen=True)
class Writer:
    """Writes expressions of a program, each cell a name."""

    program: ir.Program
    layout: Layout

    def cell(self, symbol: str, index: ir.Index, turns: dict[str, int]) -> int:
        at = 0
        for part, length in zip(index, self.program.symbols[symbol].shape, strict=True):
            place = part.position if isinstance(part, ir.Fixed) else part.positions[turns[part.axis]]
            at = at * length + place
        return self.layout.offsets[symbol] + at

    def number(self, node: ir.Node, turns: dict[str, int]) -> str:
        match node:
            case ir.Number(value=value):
                return f"K({_written(value)})"
            case ir.Clock(name=name):
                return "t" if name == "time" else f"K({name})"
            case ir.Read(symbol=symbol, index=index):
                return f"v{self.cell(symbol, index, turns)}"
            case ir.Interpolate(table=table, argument=argument):
                return f"table_{list(self.program.tables).index(table)}({self.number(argument, turns)})"
            case ir.Fold(function=function, axes=axes, argument=argument):
                items = [
                    self.number(argument, turns | dict(zip((a.name for a in axes), turn, strict=True)))
                    for turn in product(*(range(axis.size) for axis in axes))
                ]
                return _folded(function, items)
            case ir.Apply(function=function):
                if function in ir.LOGICAL:
                    return f"({self.condition(node, turns)}?K(1):K(0))"
                return self._applied(node, turns)
        raise AssertionError(node)

    def _applied(self, node: ir.Apply, turns: dict[str, int]) -> str:
        if node.function == "select":
            yes, no = (self.number(n, turns) for n in node.arguments[1:])
            return f"({self.condition(node.arguments[0], turns)}?{yes}:{no})"
        a = [self.number(n, turns) for n in node.arguments]
        match node.function:
            case "neg":
                return f"(-{a[0]})"
            case "step":
                return f"(t+K(time_step/2)>{a[1]}?{a[0]}:K(0))"
            case "pulse":
                return f"((({a[0]}-K(1e-6)<=t)&(t<{a[0]}+{a[1]}))?K(1):K(0))"
            case "ramp":
                return f"(t+K(1e-6)>{a[1]}?{a[0]}*(MIN({a[2]},t)-{a[1]}):K(0))"
            case name if name in INFIX:
                return f"({a[0]}{INFIX[name]}{a[1]})"
            case name:
                return f"{CALLED[name]}({','.join(a)})"

    def condition(self, node: ir.Node, turns: dict[str, int]) -> str:
        if not (isinstance(node, ir.Apply) and node.function in ir.LOGICAL):
            return f"({self.number(node, turns)}!=K(0))"
        if node.function in COMPARED:
            first, second = (self.number(n, turns) for n in node.arguments)
            return f"({first}{COMPARED[node.function]}{second})"
        parts = [self.condition(n, turns) for n in node.arguments]
        return (
            f"NOT({parts[0]})"
            if node.function == "not"
            else f"({parts[0]}{'&' if node.function == 'and' else '|'}{parts[1]})"
        )

    def lines(self, statements: Sequence[ir.Statement]) -> list[str]:
        written = []
        for one in statements:
            for turn in product(*(range(axis.size) for axis in one.axes)):
                turns = dict(zip((axis.name for axis in one.axes), turn, strict=True))
                written.append(f"const V v{self.cell(one.target, one.index, turns)}={self.number(one.value, turns)};")
        return written


def _written(value: float) -> str:
    if math.isnan(value):
        return '__builtin_nan("")'
    return repr(value) if math.isfinite(value) else f"{'-' if value < 0 else ''}__builtin_inf()"


def _folded(function: str, items: list[str]) -> str:
    total = items[0]
    for item in items[1:]:
        total = f"({total}{'+' if function == 'sum' else '*'}{item})" if function in ("sum", "prod") else (
            f"{function.upper()}({total},{item})"
        )  # fmt: skip
    return total


def _table(number: int, table: ir.Table) -> str:
    """Return a table as a chain of choices, clamped at its ends."""
    x, y = table.x, table.y
    text = f"K({y[-1]!r})"
    for i in range(len(x) - 2, -1, -1):
        slope = (y[i + 1] - y[i]) / (x[i + 1] - x[i])
        text = f"(x<K({x[i + 1]!r})?K({slope!r})*(x-K({x[i]!r}))+K({y[i]!r}):{text})"
    return f"static inline V table_{number}(V x){{return x<K({x[0]!r})?K({y[0]!r}):{text};}}"


def source(compiled: CompiledModel, line: Timeline, outputs: Sequence[str], lanes: int) -> str:
    """Return the C++ text of a program: ``sim(given, out, runs, first block, last block)``."""
    program = compiled.program
    layout = layout_of(program)
    if any(state.kind is not ir.StateKind.INTEGRATED for state in program.states):
        raise ValueError("the yardstick knows no states that jump")
    writer = Writer(program, layout)
    states, count = layout.states, layout.state_count
    wanted = [cell for name in outputs for cell in layout.cells(program.symbols[name]).ravel()]
    needed = set(outputs)
    for one in reversed(program.observed):
        if one.target in needed:
            needed |= {read.symbol for read in ir.reads(one.value)}
    observed = [one for one in program.observed if one.target in needed]
    every = round(line.save_period / line.time_step)
    begun = writer.lines(program.start)
    return "\n".join(
        [
            LANES if lanes > 1 else SCALAR,
            SHARED,
            f"static const double time_step={line.time_step!r};",
            *(_table(k, tables[0]) for k, tables in enumerate(program.tables.values()) if tables[0] is not None),
            'extern "C" void sim(const double* P,double* out,long runs,long first,long last){',
            "for(long b=first;b<last;b++){const long r=b*LANES;",
            *(f"const V v{k}=*(const V*)(P+{k}*runs+r);" for k in range(layout.given)),
            f"V S[{count}];double now={line.initial_time!r};{{const V t=K(now);",
            *begun,
            *(f"S[{k}]=v{states + k};" for k in range(count)),
            "}",
            *_held(program, layout, writer),
            "{const V t=K(now);}" if not program.constants else "const V t=K(now);",
            *writer.lines(program.constants),
            f"for(long k=0;k<{len(line.times)};k++){{const V t=K(now);",
            *(f"const V v{states + k}=S[{k}];" for k in range(count)),
            *writer.lines(program.dynamic),
            f"if(k%{every}==0){{double* o=out+(k/{every})*{len(wanted)}*runs+r;",
            *writer.lines(observed),
            *(f"*(V*)(o+{j}*runs)=v{cell};" for j, cell in enumerate(wanted)),
            "}",
            *(f"S[{k}]=v{states + k}+K(time_step)*v{layout.rates + k};" for k in range(count)),
            "now+=time_step;}}}",
        ]
    )


def _held(program: ir.Program, layout: Layout, writer: Writer) -> list[str]:
    """Compute what is held from the start again, outside the block in which the first states are."""
    held = {s.name for s in program.of_role(ir.Role.HELD)}
    needed = set(held)
    kept: list[ir.Statement] = []
    for one in reversed(program.start):
        if one.target in needed:
            kept.append(one)
            needed |= {read.symbol for read in ir.reads(one.value)}
    later = {one.target for part in (program.constants, program.dynamic, program.observed) for one in part}
    kept = [one for one in reversed(kept) if one.target not in later]
    return ["const V t0=K(now);", *(line.replace("t+", "t0+") for line in writer.lines(kept))]


class Yardstick:
    """Compiled C, called as the engine is: values of the inputs in, saved outputs back."""

    def __init__(self, compiled: CompiledModel, outputs: Sequence[str], lanes: int, folder: Path) -> None:
        self.line = compiled.timeline()
        self.lanes = lanes
        program, layout = compiled.program, layout_of(compiled.program)
        self.width = sum(program.symbols[name].size for name in outputs)
        text = folder / f"yardstick_{lanes}.cpp"
        text.write_text(source(compiled, self.line, outputs, lanes), encoding="utf-8")
        made = text.with_suffix(".so")
        flags = ["-O3", "-march=native", "-shared", "-fPIC", "-x", "c++"]
        subprocess.run(["gcc", *flags, str(text), "-o", str(made), "-lm", "-lmvec"], check=True)  # noqa: S607
        kinds = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_long, ctypes.c_long, ctypes.c_long]
        self.sim = ctypes.CDLL(str(made)).sim
        self.sim.argtypes, self.sim.restype = kinds, None
        given = np.zeros(layout.given)
        for symbol in program.of_role(ir.Role.INPUT, ir.Role.LITERAL):
            first = layout.offsets[symbol.name]
            known = compiled.inputs.get(symbol.name)
            values = program.literals[symbol.name] if known is None else np.ravel(known.default)
            given[first : first + symbol.size] = values
        self.given = given

    def run(self, runs: int) -> np.ndarray:
        """Return the saved outputs of runs of the base case, shape (saves, outputs, runs)."""
        padded = math.ceil(runs / self.lanes) * self.lanes
        values, whole = aligned(len(self.given) * padded)
        values[:] = np.repeat(self.given, padded)
        out, kept = aligned(len(self.line.saved) * self.width * padded)
        self.sim(values.ctypes.data, out.ctypes.data, padded, 0, padded // self.lanes)
        del whole, kept
        return out.reshape(len(self.line.saved), self.width, padded)


def aligned(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return memory that begins on a cache line, and what must be kept for it."""
    whole = np.empty(count + 8)
    first = (-whole.ctypes.data // 8) % 8
    return whole[first : first + count], whole
