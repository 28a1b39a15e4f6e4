"""Only what the asked outputs need is computed, of what no state needs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from policy_lab.engine import compile_model
from policy_lab.engine.layout import layout_of
from policy_lab.engine.numpy_backend import NumpyBackend
from policy_lab.engine.wanted import Wanted
from policy_lab.model import Model

EQUATIONS = (
    "Place: a, b",
    "Level[Place] = INTEG(-Level[Place] / 4, 3)",
    "Whole = SUM(Level[Place!])",
    "Half = Whole / 2",
    "Other[Place] = Level[Place] * 2",
)


def test_only_what_outputs_need_is_wanted(written: Callable[..., Model]) -> None:
    program = compile_model(written(*EQUATIONS), backend="numpy").program
    layout = layout_of(program)
    targets = [one.target for one in program.observed]
    wanted = Wanted(layout, [[one] for one in program.observed])
    assert sorted(targets) == ["Half", "Other", "Whole"]

    def needed(*names: str) -> set[str]:
        cells = np.concatenate([np.empty(0, np.int64), *(layout.cells(program.symbols[one]).ravel() for one in names)])
        return {name for name, flag in zip(targets, wanted.flags(cells), strict=True) if flag}

    assert needed("Half") == {"Half", "Whole"}
    assert needed("Other", "Level") == {"Other"}
    assert needed("Level") == set()
    assert needed() == set()


def test_the_readable_engine_computes_no_more(written: Callable[..., Model]) -> None:
    compiled = compile_model(written(*EQUATIONS), backend="numpy")
    assert isinstance(compiled.backend, NumpyBackend)
    cells = layout_of(compiled.program).cells(compiled.program.symbols["Half"]).ravel()
    assert {one.target for one in compiled.backend.observed_for(cells)} == {"Half", "Whole"}


@pytest.mark.parametrize("backend", ["compiled", "numpy"])
def test_an_output_alone_is_what_it_is_among_others(written: Callable[..., Model], backend: str) -> None:
    compiled = compile_model(written(*EQUATIONS), backend=backend)  # type: ignore[arg-type]
    everything = compiled.run()
    for name, values in everything.values.items():
        np.testing.assert_array_equal(compiled.run(outputs=[name])[name], values, err_msg=name)
