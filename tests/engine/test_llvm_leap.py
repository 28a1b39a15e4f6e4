"""Steps that nobody looks at are taken in one piece, and come to the same bits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from policy_lab.engine import CompiledModel, compile_model, ir
from policy_lab.engine.layout import layout_of
from policy_lab.engine.llvm_backend import LlvmBackend
from policy_lab.engine.llvm_leap import leap_of
from policy_lab.model import Model, read_model

pytestmark = pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
MODELS = Path(__file__).parent / "models"
CONFORMANCE = Path(__file__).parent.parent / "conformance"
BENCH = Path(__file__).parent.parent.parent / "benchmarks" / "bench.mdl"
FILES = [
    *(MODELS / f"{name}.mdl" for name in ("subscripts", "functions", "smooths", "discrete", "signals")),
    *(CONFORMANCE / name for name in ("non_negative.xmile", "pipes.mdl", "memory.mdl", "subscripted_macros.mdl")),
]


def same_bits(compiled: CompiledModel, runs: int) -> None:
    """Run with and without a list of states that do not move: with one, even an empty one, steps are taken in parts."""
    inputs = {name: np.broadcast_to(one.default, (runs, *one.shape)) for name, one in compiled.inputs.items()}
    given, line, states = compiled.ready(inputs, None, {})
    line = compiled.timeline(save_period=3 * line.time_step)
    symbols = [one for one in compiled.program.symbols.values() if one.role in (ir.Role.AUXILIARY, ir.Role.STATE)]
    cells = np.concatenate([layout_of(compiled.program).cells(one).ravel() for one in symbols])
    found = [
        compiled.backend.simulate(
            given, line, cells, method="euler", start=None, threads=1, progress=None, held=nothing
        )
        for nothing in (None, np.zeros_like(states))
    ]
    np.testing.assert_array_equal(found[0].outputs, found[1].outputs)
    np.testing.assert_array_equal(found[0].states, found[1].states)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_unseen_steps_come_to_the_same_bits(path: Path) -> None:
    compiled = compile_model(read_model(path))
    assert isinstance(compiled.backend, LlvmBackend)
    same_bits(compiled, 1)
    same_bits(compiled, 9)
    for _ in range(5):
        compiled.run()
    compiled.backend.settle()  # the code for sliders, in which loops are written out
    same_bits(compiled, 1)


def test_most_values_of_an_unseen_step_stay_in_registers() -> None:
    program = compile_model(read_model(BENCH)).program
    leap = leap_of(program, 1)
    stored = {one.target for group in leap.groups for one in group.statements} - leap.kept - set(leap.moved)
    assert len(leap.kept) > 80
    assert len(leap.moved) > 40
    assert stored >= {"shock", "reform", "workload", "Political pressure · rate"}


def test_a_state_that_others_read_later_waits(written: Callable[..., Model]) -> None:
    """The sum needs all elements as they were, after the loop that knows their rates."""
    model = written(
        "Place: a, b, c",
        "Level[Place] = INTEG(Share[Place] - Level[Place] / 4, 3)",
        "Share[Place] = Level[Place] / Whole",
        "Whole = SUM(Level[Place!])",
        "Seen[Place] = Level[Place] * 2",
        "Gap[Place] = INTEG(VMAX(Seen[Place!]) - Seen[Place], 0)",
        save=10,
    )
    same = [compile_model(model, backend=backend).run() for backend in ("compiled", "numpy")]
    for name, values in same[0].values.items():
        np.testing.assert_array_equal(values, same[1][name], err_msg=name)


def test_elements_that_hold_for_the_run_are_read_from_memory(written: Callable[..., Model]) -> None:
    model = written(
        "Place: a, b, c",
        "Share[a] = 0.5 ^ Bend",
        "Share[b] = Level[b] / 10",
        "Share[c] = 0.25",
        "Bend = 2",
        "Level[Place] = INTEG(1 - Share[Place] * Level[Place], 3)",
    )
    compiled = compile_model(model)
    same_bits(compiled, 1)
    same_bits(compiled, 9)
    for _ in range(5):
        compiled.run()
    assert isinstance(compiled.backend, LlvmBackend)
    compiled.backend.settle()
    same_bits(compiled, 1)
