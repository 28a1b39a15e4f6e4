"""Stacks of linear systems solved in our own code: many small ones at once, each in one thread.

NumPy hands each system to a BLAS that sets all processors to work on it, which for a few hundred unknowns is slower
than one, and many times slower on a busy machine. This is Gaussian elimination with row exchanges; rows that a column
does not touch are passed over, which suits the mostly empty Jacobians of models.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from policy_lab.engine.llvm_compile import MachineCode, load
from policy_lab.engine.llvm_text import FunctionText, ModuleText
from policy_lab.engine.threads import shared_out

Array = NDArray[np.float64]


def solve_systems(matrices: Array, right: Array, threads: int = 1, *, overwrite: bool = False) -> Array:
    """Solve ``matrices[k] · x[k] = right[k]`` for every k.

    Parameters
    ----------
    matrices
        Shape (systems, n, n).
    right
        Shape (systems, n).
    overwrite
        Whether the matrices may be used up, which saves a copy.

    Returns
    -------
    ndarray
        Shape (systems, n); a singular system gives values that are not finite.
    """
    systems, count = right.shape
    left = np.ascontiguousarray(matrices) if overwrite else np.array(matrices, order="C")
    solution = np.array(right, order="C")
    if not systems or not count:
        return solution
    slots = np.array([left.ctypes.data, solution.ctypes.data, count], dtype=np.int64)
    code = _code()  # held while it runs: of two threads that load it at once, one has a copy that nobody else keeps
    function = code.entries["solve"]
    parts = min(systems, max(1, threads) * 4)
    edges = np.arange(parts + 1) * systems // parts

    def work(part: int) -> None:
        function(slots.ctypes.data, int(edges[part]), int(edges[part + 1]))

    shared_out(parts, threads, lambda: work, None)
    return solution


@lru_cache(maxsize=1)
def _code() -> MachineCode:
    return load(["linear"], _module_text, ("solve",), vectorise=True)


def _module_text() -> str:
    module = ModuleText(1)
    text = FunctionText(module, "void @solve(ptr noalias %slots, i64 %first, i64 %last) nounwind")
    left, right, count = (text.op(f"load i64, ptr {text.at('%slots', k, 'i64')}, align 8") for k in range(3))
    systems = text.begin_loop(text.op("sub i64 %last, %first"))
    system = text.op(f"add i64 {systems.counter}, %first")
    square = text.op(f"mul i64 {count}, {count}")
    a = text.at(text.op(f"inttoptr i64 {left} to ptr"), text.op(f"mul i64 {system}, {square}"))
    b = text.at(text.op(f"inttoptr i64 {right} to ptr"), text.op(f"mul i64 {system}, {count}"))
    _eliminate(text, a, b, count)
    _substitute(text, a, b, count)
    text.end_loop(systems)
    text.finish()
    return str(module)


def _row(text: FunctionText, a: str, row: str, count: str) -> str:
    return text.at(a, text.op(f"mul i64 {row}, {count}"))


def _eliminate(text: FunctionText, a: str, b: str, count: str) -> None:
    columns = text.begin_loop(count)
    k = columns.counter
    top = _row(text, a, k, count)
    _exchange(text, a, b, count, k, _pivot_row(text, a, count, k), top)
    pivot, own = text.load(text.at(top, k)), text.load(text.at(b, k))
    following = text.op(f"add i64 {k}, 1")
    below = text.op(f"sub i64 {count}, {following}")
    some = text.begin_if(text.op(f"icmp ne i64 {below}, 0"))
    rows = text.begin_loop(below)
    i = text.op(f"add i64 {rows.counter}, {following}")
    row = _row(text, a, i, count)
    entry = text.load(text.at(row, k))
    touched = text.begin_if(text.compare("une", entry, text.module.number(0.0)))
    factor = text.two("fdiv", entry, pivot)
    target, source = text.at(row, following), text.at(top, following)
    across = text.begin_loop(below)
    place = text.at(target, across.counter)
    taken = text.two("fmul", factor, text.load(text.at(source, across.counter)))
    text.store(text.two("fsub", text.load(place), taken), place)
    text.end_loop(across)
    text.store(text.two("fsub", text.load(text.at(b, i)), text.two("fmul", factor, own)), text.at(b, i))
    text.end_if(touched)
    text.end_loop(rows)
    text.end_if(some)
    text.end_loop(columns)


def _pivot_row(text: FunctionText, a: str, count: str, k: str) -> str:
    """Return the row, from ``k`` on, with the largest entry in column ``k``."""
    rows = text.begin_loop(text.op(f"sub i64 {count}, {k}"), [("double", text.module.number(-1.0)), ("i64", k)])
    i = text.op(f"add i64 {rows.counter}, {k}")
    size = text.intrinsic("fabs", text.load(text.at(_row(text, a, i, count), k)))
    larger = text.compare("ogt", size, rows.carried[0])
    best = text.select(larger, size, rows.carried[0])
    chosen = text.op(f"select i1 {larger}, i64 {i}, i64 {rows.carried[1]}")
    text.end_loop(rows, [best, chosen])
    return chosen


def _exchange(text: FunctionText, a: str, b: str, count: str, k: str, other: str, top: str) -> None:
    different = text.begin_if(text.op(f"icmp ne i64 {other}, {k}"))
    row = _row(text, a, other, count)
    across = text.begin_loop(count)
    _swap(text, text.at(top, across.counter), text.at(row, across.counter))
    text.end_loop(across)
    _swap(text, text.at(b, k), text.at(b, other))
    text.end_if(different)


def _swap(text: FunctionText, first: str, second: str) -> None:
    one, two = text.load(first), text.load(second)
    text.store(two, first)
    text.store(one, second)


def _substitute(text: FunctionText, a: str, b: str, count: str) -> None:
    rows = text.begin_loop(count)
    behind = text.op(f"add i64 {rows.counter}, 1")
    k = text.op(f"sub i64 {count}, {behind}")
    row = _row(text, a, k, count)
    total, known = text.load(text.at(b, k)), text.at(b, text.op(f"add i64 {k}, 1"))
    source = text.at(row, text.op(f"add i64 {k}, 1"))
    place = text.at(b, k)
    some = text.begin_if(text.op(f"icmp ne i64 {rows.counter}, 0"))
    across = text.begin_loop(rows.counter, [("double", total)])
    product = text.two("fmul", text.load(text.at(source, across.counter)), text.load(text.at(known, across.counter)))
    left = text.two("fsub", across.carried[0], product)
    text.end_loop(across, [left])
    text.store(left, place)
    text.end_if(some)
    text.store(text.two("fdiv", text.load(place), text.load(text.at(row, k))), place)
    text.end_loop(rows)
