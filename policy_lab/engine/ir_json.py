"""The JSON form of a program: complete, exact to the bit, and checked when it is read.

One object with three parts. ``form`` is the version of the form. ``equations`` is all that a computation depends on;
its SHA-256 is the digest of the program. ``places`` says what each symbol and each statement stands for (variable,
dimensions, unit, line), so that an edit of words or a line more in a model file does not change the digest.

Expressions are a table of nodes in which each comes after those that it holds and equal ones are one: however deep
an expression is, the JSON is flat, and nothing in this module recurses.
"""

from __future__ import annotations

import hashlib
import json
import math
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from types import MappingProxyType
from typing import Any, Final, get_args

from policy_lab.engine import ir
from policy_lab.engine.ir_check import check

FORM: Final = "policy_lab program 1"
PARTS: Final = ("start", "constants", "dynamic", "observed")
_NODES: Final[Mapping[str, type[ir.Node]]] = MappingProxyType({one.__name__: one for one in get_args(ir.Node)})
_KINDS: Final = MappingProxyType({name: tuple(str(one.type) for one in fields(node)) for name, node in _NODES.items()})


def to_json(program: ir.Program) -> str:
    """Return a program as JSON.

    Raises
    ------
    TypeError
        When the program holds something that this form has no word for.
    """
    return text_of(plain(program))


def plain(program: ir.Program) -> dict[str, Any]:
    """Return what :func:`to_json` writes, before it is text."""
    return {"form": FORM, "equations": _equations(program), "places": _places(program)}


def from_json(text: str | bytes) -> ir.Program:
    """Return the program that :func:`to_json` wrote.

    Raises
    ------
    ValueError
        When the text is something else, or a program that no backend may be given: :func:`ir_check.check`.
    """
    return program_of(parsed(text))


def parsed(text: str | bytes) -> Any:
    """Return what JSON says, or raise a ValueError."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("JSON nested too deeply") from None


def program_of(whole: Any) -> ir.Program:
    """Return the program that the parsed JSON says; errors as in :func:`from_json`."""
    try:
        if whole["form"] != FORM:
            raise ValueError(f"not `{FORM}`")
        program = _program(whole["equations"], whole["places"])
    except (TypeError, KeyError, IndexError, AttributeError, struct.error) as error:
        raise ValueError(f"not a program: {error!r}") from error
    check(program)
    program.remember(_digest(whole["equations"]))
    return program


def digest(program: ir.Program) -> str:
    """Return the SHA-256 of all that a computation depends on."""
    return _digest(_equations(program))


def number_text(value: float) -> float | str:
    """Return a number as JSON can hold it: as itself, or by its bits where it is infinite or not a number."""
    value = float(value)
    return value if math.isfinite(value) else struct.pack(">d", value).hex()


def number_of(value: float | str) -> float:
    """Return the number that :func:`number_text` wrote."""
    if isinstance(value, str):
        (number,) = struct.unpack(">d", bytes.fromhex(value))
        return float(number)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} is not a number")
    return float(value)


def text_of(value: object) -> str:
    """Return JSON text, without spaces and without numbers that JSON does not know."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _digest(equations: object) -> str:
    return hashlib.sha256(text_of(equations).encode("utf-8", "surrogatepass")).hexdigest()


def _equations(program: ir.Program) -> dict[str, Any]:
    pools = _Pools()
    parts = {
        name: [
            [s.target, pools.axes(s.axes), pools.index(s.index), pools.node(s.value)] for s in getattr(program, name)
        ]
        for name in PARTS
    }
    return {
        "symbols": [[one.name, list(one.shape), one.role.value] for one in program.symbols.values()],
        "tables": [
            [name, list(program.table_shapes[name]), [None if one is None else _table(one) for one in tables]]
            for name, tables in program.tables.items()
        ],
        "literals": [[name, [number_text(one) for one in values]] for name, values in program.literals.items()],
        "states": [[one.symbol, one.rate, one.kind.name, list(one.names), one.delay] for one in program.states],
        "axes": pools.all_axes,
        "indexes": pools.all_indexes,
        "nodes": pools.all_nodes,
        **parts,
        "timing": [[name, timing.name] for name, timing in program.timing.items()],
    }


def _places(program: ir.Program) -> dict[str, Any]:
    symbols = program.symbols.values()
    return {
        "symbols": [[one.variable, one.line, list(one.dimensions), one.unit] for one in symbols],
        **{name: [statement.line for statement in getattr(program, name)] for name in PARTS},
    }


def _table(table: ir.Table) -> list[Any]:
    return [[number_text(one) for one in table.x], [number_text(one) for one in table.y], table.kind]


class _Pools:
    """What is written once and then named by its place: loops, indexes, nodes."""

    def __init__(self) -> None:
        self.all_axes: list[Any] = []
        self.all_indexes: list[Any] = []
        self.all_nodes: list[Any] = []
        self._axes: dict[tuple[ir.Axis, ...], int] = {}
        self._indexes: dict[ir.Index, int] = {}
        self._nodes: dict[str, int] = {}
        self._at: dict[int, int] = {}  # by identity, for as long as the program lives
        self._write: Mapping[str, Callable[[Any], Any]] = {
            "str": str,
            "int": int,
            "float": number_text,
            "Index": self.index,
            "Node": lambda node: self._at[id(node)],
            "tuple[Node, ...]": lambda nodes: [self._at[id(node)] for node in nodes],
            "tuple[Axis, ...]": self.axes,
        }

    def axes(self, axes: tuple[ir.Axis, ...]) -> int:
        """Return the place of some loops."""
        if axes not in self._axes:
            self._axes[axes] = len(self.all_axes)
            self.all_axes.append([[axis.name, axis.size] for axis in axes])
        return self._axes[axes]

    def index(self, index: ir.Index) -> int:
        """Return the place of an index."""
        if index not in self._indexes:
            self._indexes[index] = len(self.all_indexes)
            self.all_indexes.append([
                part.position if isinstance(part, ir.Fixed) else [part.axis, *_runs(part.positions)] for part in index
            ])  # fmt: skip
        return self._indexes[index]

    def node(self, root: ir.Node) -> int:
        """Return the place of an expression, after the places of all its parts."""
        pending = [root]
        while pending:
            node = pending[-1]
            missing = [child for child in ir.children(node) if id(child) not in self._at]
            if missing:
                pending += missing
                continue
            pending.pop()
            if id(node) not in self._at:
                self._at[id(node)] = self._placed(node)
        return self._at[id(root)]

    def _placed(self, node: ir.Node) -> int:
        name = type(node).__name__
        values = (getattr(node, field.name) for field in fields(node))
        row = [name, *(self._written(kind, value) for kind, value in zip(_KINDS[name], values, strict=True))]
        key = repr(row)  # so that 0.0 and -0.0, 1 and 1.0 stay two
        if key not in self._nodes:
            self._nodes[key] = len(self.all_nodes)
            self.all_nodes.append(row)
        return self._nodes[key]

    def _written(self, kind: str, value: Any) -> Any:
        if kind not in self._write:
            raise TypeError(f"the JSON form of a program has no word for a `{kind}`")
        return self._write[kind](value)


def _runs(positions: Sequence[int]) -> list[int]:
    """Return positions as runs that rise by one: first, length, first, length …"""
    runs: list[int] = []
    for position in positions:
        if runs and position == runs[-2] + runs[-1]:
            runs[-1] += 1
        else:
            runs += [position, 1]
    return runs


def _positions(runs: Iterable[int]) -> tuple[int, ...]:
    numbers = iter(runs)
    return tuple(
        place for first, length in zip(numbers, numbers, strict=True) for place in range(first, first + length)
    )


def _program(equations: Any, places: Any) -> ir.Program:
    symbols = [
        ir.Symbol(str(name), tuple(shape), ir.Role(role), variable, line, tuple(dimensions), unit)
        for (name, shape, role), (variable, line, dimensions, unit) in zip(
            equations["symbols"], places["symbols"], strict=True
        )
    ]
    axes = [tuple([ir.Axis(name, size) for name, size in loops]) for loops in equations["axes"]]
    indexes = [
        tuple([ir.Fixed(one) if isinstance(one, int) else ir.Along(one[0], _positions(one[1:])) for one in index])
        for index in equations["indexes"]
    ]
    nodes = _nodes(equations["nodes"], axes, indexes)
    parts = {
        name: tuple(
            [
                ir.Statement(target, axes[loops], indexes[index], nodes[value], line)
                for (target, loops, index, value), line in zip(equations[name], places[name], strict=True)
            ]
        )
        for name in PARTS
    }
    return ir.Program(
        symbols=MappingProxyType({symbol.name: symbol for symbol in symbols}),
        tables=MappingProxyType({name: tuple(map(_table_of, tables)) for name, _, tables in equations["tables"]}),
        table_shapes=MappingProxyType({name: tuple(shape) for name, shape, _ in equations["tables"]}),
        literals=MappingProxyType({name: _numbers(values) for name, values in equations["literals"]}),
        states=tuple(
            ir.State(symbol, rate, ir.StateKind[kind], tuple(names), delay)
            for symbol, rate, kind, names, delay in equations["states"]
        ),
        timing=MappingProxyType({name: ir.Timing[timing] for name, timing in equations["timing"]}),
        **parts,
    )


def _nodes(rows: Any, axes: list[tuple[ir.Axis, ...]], indexes: list[ir.Index]) -> list[ir.Node]:
    nodes: list[ir.Node] = []
    read: Mapping[str, Callable[[Any], Any]] = {
        "str": str,
        "int": int,
        "float": number_of,
        "Index": indexes.__getitem__,
        "Node": nodes.__getitem__,
        "tuple[Node, ...]": lambda places: tuple([nodes[place] for place in places]),
        "tuple[Axis, ...]": axes.__getitem__,
    }
    made = {name: (_NODES[name], tuple(read[kind] for kind in kinds)) for name, kinds in _KINDS.items()}
    for name, *values in rows:
        node, readers = made[name]
        nodes.append(node(*[reader(value) for reader, value in zip(readers, values, strict=True)]))
    return nodes


def _table_of(row: Any) -> ir.Table | None:
    return None if row is None else ir.Table(_numbers(row[0]), _numbers(row[1]), str(row[2]))


def _numbers(values: Iterable[float | str]) -> tuple[float, ...]:
    return tuple([number_of(value) for value in values])
