"""The random numbers of `policy_lab.engine.randomness` written as LLVM instructions; every step is exact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy_lab.engine import ir
from policy_lab.engine.randomness import HALVES, PRIME

if TYPE_CHECKING:
    from policy_lab.engine.llvm_nodes import Emitter
    from policy_lab.engine.llvm_text import FunctionText


def write_noise(e: Emitter, key: ir.Node, counter: ir.Node) -> str:
    """Write ``noise(key, counter)``."""
    text = e.text
    stream, first = e.number(key), _rest(text, e.number(counter))
    halves = []
    for constants in HALVES:
        value = first
        for constant in constants:
            moved = text.two("fadd", text.two("fadd", value, stream), text.module.number(constant))
            value = _rest(text, moved)
            value = _rest(text, text.two("fmul", _rest(text, text.two("fmul", value, value)), value))
        halves.append(value)
    prime = text.module.number(PRIME)
    trailing = text.two("fdiv", text.two("fadd", halves[1], text.module.number(0.5)), prime)
    return text.two("fdiv", text.two("fadd", halves[0], trailing), prime)


def _rest(text: FunctionText, value: str) -> str:
    prime = text.module.number(PRIME)
    whole = text.intrinsic("trunc", text.two("fdiv", value, prime))
    return text.two("fsub", value, text.two("fmul", prime, whole))
