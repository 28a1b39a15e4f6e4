"""EXP, LN, powers and TANH of all elements of a written-out loop at once: one call on a vector, not one an element.

A single run has no lanes, but a loop over a few elements is as good: its elements stand side by side in a vector. The
functions are those of lanes, so that the bits are the same as one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policy_lab.engine import ir
from policy_lab.engine.llvm_math import ABREAST, abreast
from policy_lab.engine.llvm_nodes import OWN, Emitter, is_product
from policy_lab.engine.llvm_text import FunctionText

Turn = dict[str, int | str]


def compute_abreast(emitter: Emitter, value: ir.Node, turns: Sequence[Turn]) -> None:
    """Compute the functions in ``value`` for all turns of a loop; the emitter finds them until the next statement."""
    emitter.abreast.clear()
    if emitter.text.module.width > 1 or not 2 < len(turns) <= ABREAST:
        return
    for node, name in reversed(list(_called(value))):  # the innermost first
        arguments: list[list[str]] = []
        for turn in turns:
            emitter.turns = dict(turn)
            arguments.append([emitter.number(argument) for argument in ir.children(node)])
        results = _call(emitter.text, name, arguments)
        emitter.abreast |= {(id(node), *turn.values()): one for turn, one in zip(turns, results, strict=True)}


def _called(value: ir.Node) -> Iterator[tuple[ir.Node, str]]:
    """Yield what is a call of a function of our own, but for what a reduction or a search repeats."""
    pending = [value]
    while pending:
        node = pending.pop()
        if isinstance(node, ir.Apply):
            if node.function in OWN:
                yield node, OWN[node.function]
            elif node.function == "pow" and not is_product(node.arguments[1]):
                yield node, "pow_lanes"
        if isinstance(node, ir.Apply | ir.Interpolate):
            pending.extend(ir.children(node))


def _call(text: FunctionText, name: str, arguments: Sequence[Sequence[str]]) -> list[str]:
    """Call a function on vectors of arguments, filled up with the first ones, and take the results apart."""
    module = abreast(text.module)
    filled = [*arguments, *[arguments[0]] * (ABREAST - len(arguments))]
    given = []
    for column in zip(*filled, strict=True):
        vector = "poison"
        for lane, value in enumerate(column):
            vector = text.op(f"insertelement {module.value} {vector}, double {value}, i64 {lane}")
        given.append(f"{module.value} {vector}")
    result = text.op(f"call {module.value} @{name}{module.mark}({', '.join(given)})")
    return [text.op(f"extractelement {module.value} {result}, i64 {lane}") for lane in range(len(arguments))]
