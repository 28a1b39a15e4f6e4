"""Lookup tables written as comparisons, or searched in memory."""

from __future__ import annotations

import math

from policy_lab.engine import ir
from policy_lab.engine.evaluate import table_arrays
from policy_lab.engine.llvm_text import FunctionText, ModuleText

#: Tables of at most this many points are written out as comparisons; longer ones are searched in a loop.
WRITTEN_POINTS = 12


def written_table(text: FunctionText, table: ir.Table, at: str) -> str:
    """Write a table as comparisons: the last point not beyond the argument, and the slope from there."""
    number = text.module.number
    x, y, slope = table_arrays(table)
    if table.kind != "extrapolate":
        at = text.select(text.compare("olt", at, number(x[0])), number(x[0]), at)
        at = text.select(text.compare("ogt", at, number(x[-1])), number(x[-1]), at)
    base, height, rise = number(x[0]), number(y[0]), number(slope[0])
    for point in range(1, len(x)):
        beyond = text.compare("oge", at, number(x[point]))
        base = text.select(beyond, number(x[point]), base)
        height = text.select(beyond, number(y[point]), height)
        rise = text.select(beyond, number(slope[point]), rise)
    return text.two("fadd", text.two("fmul", rise, text.two("fsub", at, base)), height)


def table_record(table: ir.Table | None, points: int) -> list[float]:
    """Return a table for :func:`add_table_search`: its bounds, then x, y and slope of each point, padded."""
    if table is None:
        return [math.nan] * (2 + 3 * points)
    x, y, slope = table_arrays(table)
    bounded = table.kind != "extrapolate"
    record = [x[0] if bounded else -math.inf, x[-1] if bounded else math.inf]
    for point in range(len(x)):
        record += [x[point], y[point], slope[point]]
    return record + [math.inf, y[-1], slope[-1]] * (points - len(x))


def table_names(program: ir.Program, module: ModuleText) -> dict[str, str]:
    """Add the records of every table that is not written out and return the name of each constant."""
    names = {}
    for name, tables in program.tables.items():
        points = max(len(t.x) if t else 1 for t in tables)
        if len(tables) > 1 or points > WRITTEN_POINTS:
            names[name] = module.doubles(v for table in tables for v in table_record(table, points))
    return names


def add_table_search(text: FunctionText) -> None:
    """Write ``@table_lanes(argument, record, points)``, which reads a table from memory."""
    value = text.module.value

    def entry(place: int | str) -> str:
        pointer = text.at("%a1", place, "double")
        return text.spread(text.op(f"load double, ptr {pointer}, align 8"))

    low, high = entry(0), entry(1)
    at = text.select(text.compare("olt", "%a0", low), low, "%a0")
    at = text.select(text.compare("ogt", at, high), high, at)
    loop = text.begin_loop("%a2", [(value, entry(2)), (value, entry(3)), (value, entry(4))])
    place = text.op(f"mul nuw nsw i64 {loop.counter}, 3")
    x = entry(text.op(f"add nuw nsw i64 {place}, 2"))
    beyond = text.compare("oge", at, x)
    base = text.select(beyond, x, loop.carried[0])
    height = text.select(beyond, entry(text.op(f"add nuw nsw i64 {place}, 3")), loop.carried[1])
    rise = text.select(beyond, entry(text.op(f"add nuw nsw i64 {place}, 4")), loop.carried[2])
    text.end_loop(loop, [base, height, rise])
    text.finish(f"{value} {text.two('fadd', text.two('fmul', rise, text.two('fsub', at, base)), height)}")
