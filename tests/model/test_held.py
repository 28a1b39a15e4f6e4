"""SAMPLE IF TRUE that reads its own variable reads what it holds; everything else that needs itself is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from policy_lab.engine import compile_model
from policy_lab.errors import InputError
from policy_lab.model import Model, read_model
from policy_lab.model import expression as ex
from policy_lab.model.held import with_held

CONTROL = "INITIAL TIME = 0 ~~|\nFINAL TIME = 12 ~~|\nTIME STEP = 0.5 ~~|\nSAVEPER = 0.5 ~~|\n"


def read(folder: Path, text: str) -> Model:
    path = folder / "model.mdl"
    path.write_text("{UTF-8}\n" + text + CONTROL, encoding="utf-8")
    return read_model(path)


@pytest.mark.parametrize("backend", ["compiled", "numpy"])
def test_a_peak_and_a_trough_are_kept_by_element(tmp_path: Path, backend: str) -> None:
    text = """
Town: north, south ~~|
size[Town] = 1, 3 ~~|
wave[Town] = size[Town] * SIN(Time) * Time ~~|
peak[Town] = SAMPLE IF TRUE(wave[Town] > peak[Town], wave[Town], wave[Town]) ~~|
trough[Town] = SAMPLE IF TRUE(wave[Town] < trough[Town], wave[Town], 0) + 0 ~~|
"""
    model = read(tmp_path, text)
    series = compile_model(model, backend="numpy" if backend == "numpy" else "compiled").run()
    np.testing.assert_array_equal(series["peak"][0], np.maximum.accumulate(series["wave"][0], axis=0))
    np.testing.assert_array_equal(series["trough"][0], np.minimum(np.minimum.accumulate(series["wave"][0], axis=0), 0))


def test_a_macro_may_keep_a_peak(tmp_path: Path) -> None:
    text = ":MACRO: PEAK(x)\nPEAK = SAMPLE IF TRUE(x > PEAK, x, x) ~~|\n:END OF MACRO:\ny = PEAK(SIN(Time)) ~~|\n"
    series = compile_model(read(tmp_path, text)).run()
    np.testing.assert_allclose(series["y"][0], np.maximum.accumulate(np.sin(series.time)), rtol=1e-14)


def test_only_the_own_element_inside_the_sample_is_held() -> None:
    own, other = ex.Reference("x", ("a",)), ex.Reference("x", ("b",))
    sample = ex.SampleIfTrue(ex.Compare(">", own, other), own, own)
    held = with_held(ex.Arithmetic("+", own, sample), "x", ("a",))
    assert held == ex.Arithmetic("+", own, ex.SampleIfTrue(ex.Compare(">", ex.Held(), other), ex.Held(), own))


@pytest.mark.parametrize("equation", ["x + SAMPLE IF TRUE(Time > 1, 1, 0)", "SAMPLE IF TRUE(Time > 1, Time, x)"])
def test_an_equation_that_needs_itself_is_refused(equation: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="x"):
        read(tmp_path, f"x = {equation} ~~|\n")
