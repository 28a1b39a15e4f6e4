"""Code that is made behind the first single runs takes their place without changing a bit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from policy_lab.engine import compile_model
from policy_lab.engine.llvm_backend import LlvmBackend
from policy_lab.model import Model, read_model

MODELS = Path(__file__).parent / "models"


@pytest.mark.parametrize("name", ["subscripts.mdl", "functions.mdl", "smooths.mdl", "discrete.mdl", "lookups.mdl"])
def test_the_faster_code_gives_the_same_bits(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLICY_LAB_CACHE", str(tmp_path))
    compiled = compile_model(read_model(MODELS / name))
    first = compiled.run()
    for _ in range(6):
        compiled.run()
    assert isinstance(compiled.backend, LlvmBackend)
    compiled.backend.settle()
    assert len(list(tmp_path.glob("*.o"))) == 2
    after = compiled.run()
    for variable, values in first.values.items():
        np.testing.assert_array_equal(values, after[variable], err_msg=variable)
    again = compile_model(read_model(MODELS / name)).run()  # from disk at once
    for variable, values in first.values.items():
        np.testing.assert_array_equal(values, again[variable], err_msg=variable)


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("places", [2, 3, 6, 8, 9])
def test_functions_computed_abreast_give_the_same_bits(written: Callable[..., Model], places: int) -> None:
    """Ordinary numbers, and some for which only the library's function will do, in one vector."""
    model = written(
        f"Place: (p1-p{places})",
        "First[Place] = " + ", ".join(repr(100.0 * (-2.1) ** k) for k in range(places)),
        "Level[Place] = INTEG(Change[Place], First[Place])",
        "Grown[Place] = EXP(Level[Place]) - LN(EXP(Level[Place] / 7) + SUM(Level[Place!] ^ 2))",
        "Bent[Place] = ABS(Level[Place]) ^ (Level[Place] / 100) + TANH(Level[Place] / 50) ^ 3 + LN(Level[Place])",
        "Whole = SUM(EXP(-ABS(Level[Place!]) / 100))",
        "Change[Place] = Whole * EXP(-ABS(Level[Place]) / 300) ^ 1.5 - TANH(Level[Place])",
    )
    compiled = compile_model(model)
    first = compiled.run()
    for _ in range(6):
        compiled.run()
    assert isinstance(compiled.backend, LlvmBackend)
    compiled.backend.settle()
    lanes = compiled.run_many([{"First": 100.0 * (-2.1) ** np.arange(places)}] * 8)
    for name, values in compiled.run().values.items():
        np.testing.assert_array_equal(values, first[name], err_msg=name)
        np.testing.assert_array_equal(values[0], lanes[name][5], err_msg=name)
    assert np.isnan(first["Bent"]).any()
    assert np.isfinite(first["Grown"]).any()
