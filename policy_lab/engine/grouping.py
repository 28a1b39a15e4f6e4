"""Statements put together that run in one loop nest, and cut where a function would become too long."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from policy_lab.engine import ir

#: Statements over at most this many elements are written out; others become loops.
WRITTEN_OUT = 1
#: Nodes a function holds before the next one begins, so that compile time grows with the length of a model only.
NODES_A_FUNCTION = 1200
#: The same for code in which loops are written out: longer functions leave LLVM short of registers.
NODES_WRITTEN_OUT = 600

#: Nodes of what only a reader of results needs that are computed together: few, as outputs need few of them.
NODES_A_PART = 60


@dataclass
class Group:
    """Statements that run in one loop nest, or that are written out one after another (no sizes)."""

    sizes: tuple[int, ...]
    statements: list[ir.Statement] = field(default_factory=list)

    @property
    def weight(self) -> int:
        """How many nodes the group's instructions come from."""
        return sum(sum(1 for _ in ir.walk(s.value)) for s in self.statements)


def grouped(statements: Sequence[ir.Statement], program: ir.Program, written_out: int = WRITTEN_OUT) -> list[Group]:
    """Put statements into loop nests, in an order in which each still comes after what it reads.

    Statements join a nest that runs over the same sizes as long as all that they read from it is read at the very
    cell that the same turn has written.
    """
    waiting = _waiting(statements, program)
    followers: list[list[int]] = [[] for _ in statements]
    for k, needs in enumerate(waiting):
        for need in needs:
            followers[need].append(k)
    missing = [len(needs) for needs in waiting]
    ready = [k for k in range(len(statements)) if not missing[k]]
    groups: list[Group] = []
    while ready:
        sizes = min((_sizes(statements[k], written_out) for k in ready), key=bool)  # single numbers first
        group = Group(sizes)
        members: set[int] = set()
        candidates = [k for k in ready if _sizes(statements[k], written_out) == sizes]
        later = [k for k in ready if _sizes(statements[k], written_out) != sizes]
        while candidates:
            k = candidates.pop(0)
            if not all(
                _aligned(statements[need], statements[k], written_out) for need in waiting[k] if need in members
            ):
                later.append(k)
                continue
            members.add(k)
            group.statements.append(statements[k])
            for follower in followers[k]:
                missing[follower] -= 1
                if not missing[follower]:
                    same = _sizes(statements[follower], written_out) == sizes
                    (candidates if same else later).append(follower)
        ready = sorted(later)
        groups.append(group)
    return groups


def _waiting(statements: Sequence[ir.Statement], program: ir.Program) -> list[tuple[int, ...]]:
    """Return, for each statement, those of the others that write what it reads."""
    writers: dict[str, list[tuple[int, np.ndarray]]] = {}
    for k, statement in enumerate(statements):
        reached = ir.cells(statement.index, program.symbols[statement.target].shape)
        writers.setdefault(statement.target, []).append((k, reached))
    waiting = []
    for statement in statements:
        needs: dict[int, None] = {}
        for read in ir.reads(statement.value):
            candidates = writers.get(read.symbol, [])
            cells = ir.cells(read.index, program.symbols[read.symbol].shape) if len(candidates) > 1 else None
            for k, written in candidates:
                if cells is None or np.isin(cells, written, assume_unique=True).any():
                    needs[k] = None
        waiting.append(tuple(needs))
    return waiting


def _sizes(statement: ir.Statement, written_out: int) -> tuple[int, ...]:
    sizes = tuple(axis.size for axis in statement.axes)
    return () if math.prod(sizes) <= written_out else sizes


def _aligned(writer: ir.Statement, reader: ir.Statement, written_out: int) -> bool:
    """Tell whether each turn reads only what the same turn has written."""
    if not _sizes(reader, written_out):
        return True
    written = placed(writer.index, writer)
    return all(placed(read.index, reader) == written for read in ir.reads(reader.value) if read.symbol == writer.target)


def placed(index: ir.Index, statement: ir.Statement) -> tuple[object, ...]:
    """Return an index with its axes as places in the loop nest; an axis of a reduction stays a name."""
    places = {axis.name: place for place, axis in enumerate(statement.axes)}
    return tuple(
        part.position if isinstance(part, ir.Fixed) else (places.get(part.axis, part.axis), part.positions)
        for part in index
    )


def most_nodes(written_out: int) -> int:
    """Return how many nodes a function holds before the next one begins."""
    return NODES_A_FUNCTION if written_out == 1 else NODES_WRITTEN_OUT


def split(groups: Sequence[Group], most: int = NODES_A_FUNCTION) -> list[Group]:
    """Cut groups that are longer than a function should be."""
    cut: list[Group] = []
    for group in groups:
        part, weight = Group(group.sizes), 0
        for statement in group.statements:
            own = sum(1 for _ in ir.walk(statement.value))
            if part.statements and weight + own > most:
                cut.append(part)
                part, weight = Group(group.sizes), 0
            part.statements.append(statement)
            weight += own
        cut.append(part)
    return cut


def observed_groups(program: ir.Program) -> tuple[Group, ...]:
    """Return what only a reader of results needs, in the parts of which each is computed or not."""
    return tuple(split(grouped(program.observed, program), NODES_A_PART))
