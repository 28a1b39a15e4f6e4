"""Parts of expressions that hold for a whole run, taken out of the steps: computed once, then read.

A power of two constants costs as much as thirty additions; a model that reads it at 2,880 steps pays 2,880 times. What
is taken out gets a hidden symbol of its own behind all others, so that the numbers of the other cells stay as they are.
The same operations are done on the same numbers, so that no bit of a result changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from policy_lab.engine import ir
from policy_lab.engine.layout import Layout

_HOLDING = (ir.Role.INPUT, ir.Role.LITERAL, ir.Role.HELD)


def taken_out(program: ir.Program, layout: Layout) -> tuple[ir.Program, Layout]:
    """Return a program whose steps read what holds for a whole run, and where its cells stand.

    Parameters
    ----------
    program, layout
        Any program and its layout; cells keep their numbers, hidden ones come after the last.
    """
    work = _Work(program)
    dynamic = tuple(replace(one, value=work.rest(one.value, one.axes)) for one in program.dynamic)
    if not work.found:
        return program, layout
    symbols, offsets, size = dict(program.symbols), dict(layout.offsets), layout.size
    for symbol in work.symbols:
        symbols[symbol.name] = symbol
        offsets[symbol.name] = size
        size += symbol.size
    constants = (*program.constants, *work.found.values())
    timing = {**program.timing, **{symbol.name: ir.Timing.CONSTANT for symbol in work.symbols}}
    changed = replace(
        program,
        symbols=MappingProxyType(symbols),
        constants=constants,
        dynamic=dynamic,
        timing=MappingProxyType(timing),
    )
    return changed, replace(layout, offsets=MappingProxyType(offsets), size=size)


@dataclass
class _Work:
    """What has been taken out so far, by expression and loops around it."""

    program: ir.Program
    found: dict[tuple[tuple[ir.Axis, ...], ir.Node], ir.Statement] = field(default_factory=dict)
    symbols: list[ir.Symbol] = field(default_factory=list)

    def rest(self, node: ir.Node, axes: Sequence[ir.Axis]) -> ir.Node:
        """Return a node that reads what could be taken out of it; ``axes`` are the loops around it."""
        changed, holds = self._parted(node, axes)
        return self._read(changed, axes) if holds else changed

    def _parted(self, node: ir.Node, axes: Sequence[ir.Axis]) -> tuple[ir.Node, bool]:
        """Return a node, and whether all of it holds for a whole run; only where not, parts of it are taken out."""
        match node:
            case ir.Number():
                return node, True
            case ir.Clock(name=name):
                return node, name not in ("time", "step_start")
            case ir.Read(symbol=symbol):
                return node, self._symbol_holds(symbol)
        if not isinstance(node, ir.Apply | ir.Fold | ir.Interpolate):  # any other kind of node stays whole
            return node, False
        inner = (*axes, *node.axes) if isinstance(node, ir.Fold) else tuple(axes)
        parts = [self._parted(child, inner) for child in ir.children(node)]
        timed = isinstance(node, ir.Apply) and node.function in ir.TIMED
        if not timed and all(holds for _, holds in parts):
            return node, True
        left = tuple(self._read(child, inner) if holds else child for child, holds in parts)
        changed = replace(node, arguments=left) if isinstance(node, ir.Apply) else replace(node, argument=left[0])
        return changed, False

    def _symbol_holds(self, name: str) -> bool:
        role = self.program.symbols[name].role
        if role is ir.Role.AUXILIARY:
            return self.program.timing.get(name) is ir.Timing.CONSTANT
        return role in _HOLDING

    def _read(self, node: ir.Node, axes: Sequence[ir.Axis]) -> ir.Node:
        """Take a node out, if it computes anything."""
        if not _worth_it(node):
            return node
        used = {part.axis for index in _indices(node) for part in index if isinstance(part, ir.Along)}
        own = tuple(axis for axis in axes if axis.name in used)
        index: ir.Index = tuple(ir.Along(axis.name, tuple(range(axis.size))) for axis in own)
        key = (own, node)
        if key not in self.found:
            name = f"held for the run · {len(self.symbols) + 1}"
            self.symbols.append(ir.Symbol(name, tuple(axis.size for axis in own), ir.Role.AUXILIARY, name))
            self.found[key] = ir.Statement(name, own, index, node)
        return ir.Read(self.found[key].target, index)


def _worth_it(node: ir.Node) -> bool:
    """Tell whether a node computes anything from what it reads; a comparison costs as little as reading its answer."""
    computes = isinstance(node, ir.Fold | ir.Interpolate | ir.Apply)
    compares = isinstance(node, ir.Apply) and node.function in ir.LOGICAL
    return computes and not compares and next(ir.reads(node), None) is not None


def _indices(node: ir.Node) -> list[ir.Index]:
    return [part.index for part in ir.walk(node) if isinstance(part, ir.Read | ir.Interpolate)]
