"""What holds for a whole run is computed once, and the numbers stay what they are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from policy_lab.engine import compile_model, ir
from policy_lab.engine.layout import layout_of
from policy_lab.engine.llvm_hoist import taken_out
from policy_lab.model import Model

EQUATIONS = (
    "Place: a, b, c",
    "Rate[Place] = 0.1, 0.2, 0.3",
    "Bend = 1.5",
    "Wage[Place] = Rate[Place] * 2",
    "Level[Place] = INTEG(Level[Place] * Wage[Place] ^ Bend - STEP(Bend * 2, Bend + 1) / 3, 5)",
    "Drain = INTEG(-SUM(Rate[Place!] ^ Bend * Level[Place!]) * EXP(Bend) + Time * Bend, 1)",
)


def functions(statements: tuple[ir.Statement, ...]) -> set[str]:
    return {node.function for one in statements for node in ir.walk(one.value) if isinstance(node, ir.Apply)}


def test_powers_of_constants_leave_the_steps(written: Callable[..., Model]) -> None:
    program = compile_model(written(*EQUATIONS), backend="numpy").program
    layout = layout_of(program)
    changed, wider = taken_out(program, layout)
    assert {"pow", "exp"} <= functions(program.dynamic)
    assert not {"pow", "exp"} & functions(changed.dynamic)
    assert "step" in functions(changed.dynamic)
    assert all(wider.offsets[name] == first for name, first in layout.offsets.items())
    hidden = set(changed.symbols) - set(program.symbols)
    assert min(wider.offsets[name] for name in hidden) == layout.size
    assert wider.size == layout.size + sum(changed.symbols[name].size for name in hidden)
    assert sorted(changed.symbols[name].size for name in hidden) == [1, 1, 1, 3, 3]


def test_both_engines_agree_to_rounding(written: Callable[..., Model]) -> None:
    model = written(*EQUATIONS)
    ours, readable = compile_model(model).run(), compile_model(model, backend="numpy").run()
    for name, values in ours.values.items():
        np.testing.assert_allclose(values, readable[name], rtol=1e-14, err_msg=name)


def test_nothing_is_taken_out_where_nothing_holds(written: Callable[..., Model]) -> None:
    program = compile_model(written("Level = INTEG(Level * 0.5 + Time, 5)"), backend="numpy").program
    layout = layout_of(program)
    assert taken_out(program, layout) == (program, layout)
