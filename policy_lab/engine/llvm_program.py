"""The statements of a program as LLVM functions: loops over subscripts, fused where they run over the same elements."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import product

from policy_lab.engine import ir
from policy_lab.engine.grouping import Group, grouped, most_nodes, split
from policy_lab.engine.llvm_abreast import Turn, compute_abreast
from policy_lab.engine.llvm_nodes import Emitter, Memory
from policy_lab.engine.llvm_text import FunctionText, Loop, ModuleText


def add_functions(module: ModuleText, memory: Memory, name: str, statements: Sequence[ir.Statement]) -> None:
    """Add ``@name(cells, clocks)`` and the functions that it calls in turn."""
    groups = split(grouped(statements, memory.program, module.written_out), most_nodes(module.written_out))
    functions_of(module, name, groups, lambda text, group: emit_group(text, group, Emitter(text, memory)))


def functions_of(
    module: ModuleText, name: str, groups: Sequence[Group], emit: Callable[[FunctionText, Group], None]
) -> None:
    """Add ``@name(cells, clocks)``, which calls functions of a few groups each in turn."""
    parts: list[list[Group]] = [[]]
    weight = 0
    for group in groups:
        if parts[-1] and weight + group.weight > most_nodes(module.written_out):
            parts.append([])
            weight = 0
        parts[-1].append(group)
        weight += group.weight
    arguments = "ptr noalias %cells, ptr noalias readonly %clocks"
    for number, part in enumerate(parts):
        text = FunctionText(module, f"internal void @{name}_{number}({arguments}) noinline nounwind")
        for group in part:
            emit(text, group)
        text.finish()
    text = FunctionText(module, f"internal void @{name}({arguments}) nounwind")
    for number in range(len(parts)):
        text.do(f"call void @{name}_{number}(ptr %cells, ptr %clocks)")
    text.finish()


def add_observed(module: ModuleText, memory: Memory, groups: Sequence[Group]) -> None:
    """Add ``@observed(cells, clocks, needed)``, each of whose groups runs only if its byte of ``needed`` is set."""
    arguments = "ptr noalias %cells, ptr noalias readonly %clocks"
    for number, group in enumerate(groups):
        text = FunctionText(module, f"internal void @observed_{number}({arguments}) noinline nounwind")
        emit_group(text, group, Emitter(text, memory))
        text.finish()
    text = FunctionText(module, f"internal void @observed({arguments}, ptr noalias readonly %needed) nounwind")
    for number in range(len(groups)):
        flag = text.op(f"load i8, ptr {text.at('%needed', number, 'i8')}, align 1")
        after = text.begin_if(text.op(f"icmp ne i8 {flag}, 0"))
        text.do(f"call void @observed_{number}(ptr %cells, ptr %clocks)")
        text.end_if(after)
    text.finish()


def emit_group(text: FunctionText, group: Group, emitter: Emitter) -> None:
    """Write the statements of a group: a loop nest around them, or all turns of each written out."""
    if math.prod(group.sizes) <= text.module.written_out:
        for statement in group.statements:
            places = product(*(range(axis.size) for axis in statement.axes))
            turns: list[Turn] = [
                {axis.name: k for axis, k in zip(statement.axes, place, strict=True)} for place in places
            ]
            compute_abreast(emitter, statement.value, turns)
            for turn in turns:
                emitter.turns = dict(turn)
                emitter.write(statement.target, statement.index, emitter.number(statement.value))
            emitter.end_statement(statement)
        return
    loops: list[Loop] = []
    counters: list[int | str] = []
    for size in group.sizes:
        if size > 1:
            loops.append(text.begin_loop(size))
            counters.append(loops[-1].counter)
        else:
            counters.append(0)
    for statement in group.statements:
        emitter.turns = {axis.name: k for axis, k in zip(statement.axes, counters, strict=True)}
        emitter.write(statement.target, statement.index, emitter.number(statement.value))
        emitter.end_statement(statement)
    for loop in reversed(loops):
        text.end_loop(loop)
