"""Code that is made behind the first single runs takes their place without changing a bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from policy_lab.engine import compile_model
from policy_lab.engine.llvm_backend import LlvmBackend
from policy_lab.model import read_model

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
