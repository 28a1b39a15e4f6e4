"""LLVM assembly written line by line: values that are one double, or a lane of doubles, a run each."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


def hexadecimal(value: float) -> str:
    """Return a double as LLVM writes it exactly."""
    (bits,) = struct.unpack("<Q", struct.pack("<d", value))
    return f"0x{bits:016X}"


@dataclass
class ModuleText:
    """Functions, constant tables and declarations of one module, for lanes of ``width`` runs.

    Loops over at most ``written_out`` elements are written out one element after another. ``mark`` ends the names of
    functions that a module has for values of several widths.
    """

    width: int
    written_out: int = 1
    mark: str = ""
    functions: list[str] = field(default_factory=list)
    constants: dict[str, str] = field(default_factory=dict)
    declarations: set[str] = field(default_factory=set)

    @property
    def value(self) -> str:
        """The type of a value: one number a run."""
        return "double" if self.width == 1 else f"<{self.width} x double>"

    @property
    def mask(self) -> str:
        """The type of a condition: true or false a run."""
        return "i1" if self.width == 1 else f"<{self.width} x i1>"

    @property
    def bits(self) -> str:
        """The type of the bits of a value."""
        return "i64" if self.width == 1 else f"<{self.width} x i64>"

    @property
    def suffix(self) -> str:
        """What the name of an intrinsic on values ends with."""
        return "f64" if self.width == 1 else f"v{self.width}f64"

    def number(self, value: float) -> str:
        """Return a constant with the same number in every lane."""
        return hexadecimal(value) if self.width == 1 else f"splat (double {hexadecimal(value)})"

    def integer(self, value: int) -> str:
        """Return a constant with the same bits in every lane."""
        return str(value) if self.width == 1 else f"splat (i64 {value})"

    def doubles(self, values: Iterable[float]) -> str:
        """Return the name of a constant table of doubles."""
        return self._table("double", [hexadecimal(value) for value in values])

    def integers(self, values: Iterable[int]) -> str:
        """Return the name of a constant table of integers."""
        return self._table("i64", [str(value) for value in values])

    def _table(self, kind: str, items: Sequence[str]) -> str:
        listed = ", ".join(f"{kind} {item}" for item in items)
        text = f"[{len(items)} x {kind}] [{listed}]"
        return self.constants.setdefault(text, f"@c{len(self.constants)}")

    def declare(self, text: str) -> None:
        """Declare a function from outside the module."""
        self.declarations.add(f"declare {text}")

    def __str__(self) -> str:
        tables = [f"{name} = private unnamed_addr constant {text}, align 64" for text, name in self.constants.items()]
        return "\n".join([*sorted(self.declarations), *tables, *self.functions, ""])


@dataclass(frozen=True)
class Loop:
    """An open loop: its counter and the values that it carries from turn to turn."""

    counter: str
    carried: tuple[str, ...]
    label: str
    count: str
    holes: tuple[int, ...]


class FunctionText:
    """The lines of one function."""

    def __init__(self, module: ModuleText, head: str) -> None:
        self.module = module
        self._lines = [f"define {head} {{", "entry:"]
        self._count = 0
        self.block = "entry"

    def op(self, text: str) -> str:
        """Add an instruction with a result and return its name."""
        self._count += 1
        name = f"%v{self._count}"
        self._lines.append(f"  {name} = {text}")
        return name

    def do(self, text: str) -> None:
        """Add an instruction without a result."""
        self._lines.append(f"  {text}")

    def finish(self, result: str = "void") -> None:
        """Return from the function and add it to its module."""
        self._lines += [f"  ret {result}", "}"]
        self.module.functions.append("\n".join(self._lines))

    def _label(self) -> str:
        self._count += 1
        return f"b{self._count}"

    def _open(self, label: str) -> None:
        self._lines.append(f"{label}:")
        self.block = label

    def begin_loop(self, count: int | str, carried: Sequence[tuple[str, str]] = ()) -> Loop:
        """Open a loop of ``count`` turns, at least one; ``carried`` are (type, first value)."""
        label, before = self._label(), self.block
        self.do(f"br label %{label}")
        self._open(label)
        holes = []
        names = []
        for kind, first in (("i64", "0"), *carried):
            self._count += 1
            name = f"%v{self._count}"
            holes.append(len(self._lines))
            names.append(name)
            self._lines.append(f"  {name} = phi {kind} [ {first}, %{before} ], ")
        return Loop(names[0], tuple(names[1:]), label, str(count), tuple(holes))

    def end_loop(self, loop: Loop, following: Sequence[str] = ()) -> None:
        """Close a loop; ``following`` are the carried values of the next turn, and, after it, the last ones."""
        raised = self.op(f"add nuw nsw i64 {loop.counter}, 1")
        for hole, value in zip(loop.holes, (raised, *following), strict=True):
            self._lines[hole] += f"[ {value}, %{self.block} ]"
        again = self.op(f"icmp ult i64 {raised}, {loop.count}")
        after = self._label()
        self.do(f"br i1 {again}, label %{loop.label}, label %{after}")
        self._open(after)

    def begin_repeat(self) -> str:
        """Open a part that is repeated for as long as it takes; returns the label to close it with."""
        label = self._label()
        self.do(f"br label %{label}")
        self._open(label)
        return label

    def end_repeat(self, label: str, again: str) -> None:
        """Close a part that is repeated as long as the condition holds."""
        after = self._label()
        self.do(f"br i1 {again}, label %{label}, label %{after}")
        self._open(after)

    def begin_if(self, condition: str) -> str:
        """Open a part that is passed over unless the condition holds; returns the label to close it with."""
        inside, after = self._label(), self._label()
        self.do(f"br i1 {condition}, label %{inside}, label %{after}")
        self._open(inside)
        return after

    def end_if(self, after: str) -> None:
        """Close a conditional part."""
        self.do(f"br label %{after}")
        self._open(after)

    def intrinsic(self, name: str, *arguments: str) -> str:
        """Call an LLVM intrinsic on values."""
        kind, suffix = self.module.value, self.module.suffix
        self.module.declare(f"{kind} @llvm.{name}.{suffix}({', '.join([kind] * len(arguments))})")
        return self.op(f"call {kind} @llvm.{name}.{suffix}({', '.join(f'{kind} {a}' for a in arguments)})")

    def two(self, operation: str, first: str, second: str) -> str:
        """Add an instruction on two values."""
        return self.op(f"{operation} {self.module.value} {first}, {second}")

    def compare(self, predicate: str, first: str, second: str) -> str:
        """Compare two values."""
        return self.op(f"fcmp {predicate} {self.module.value} {first}, {second}")

    def select(self, condition: str, yes: str, no: str) -> str:
        """Choose between two values, lane by lane."""
        module = self.module
        return self.op(f"select {module.mask} {condition}, {module.value} {yes}, {module.value} {no}")

    def spread(self, scalar: str) -> str:
        """Return one double in every lane."""
        if self.module.width == 1:
            return scalar
        kind = self.module.value
        first = self.op(f"insertelement {kind} poison, double {scalar}, i64 0")
        return self.op(f"shufflevector {kind} {first}, {kind} poison, <{self.module.width} x i32> zeroinitializer")

    def load(self, pointer: str) -> str:
        """Load a value."""
        return self.op(f"load {self.module.value}, ptr {pointer}, align 8")

    def store(self, value: str, pointer: str) -> None:
        """Store a value."""
        self.do(f"store {self.module.value} {value}, ptr {pointer}, align 8")

    def at(self, base: str, offset: int | str, kind: str | None = None) -> str:
        """Return the address of an element of an array of values (or of ``kind``)."""
        return self.op(f"getelementptr inbounds {kind or self.module.value}, ptr {base}, i64 {offset}")
