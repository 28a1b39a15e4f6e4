"""Recurrences along a range: no element needs itself, so they are computed, one element after the other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from policy_lab.engine import CompiledModel, compile_model
from policy_lab.errors import InputError
from policy_lab.model import read_model

CONTROL = "INITIAL TIME = 0 ~~|\nFINAL TIME = 3 ~~|\nTIME STEP = 1 ~~|\nSAVEPER = 1 ~~|\n"
RANGES = "Step: (s1-s4) ~~|\nLater: (s2-s4) -> Earlier ~~|\nEarlier: (s1-s3) -> Later ~~|\nSide: left, right ~~|\n"


def compiled(folder: Path, text: str, backend: str = "compiled") -> CompiledModel:
    path = folder / "model.mdl"
    path.write_text("{UTF-8}\n" + RANGES + text + "\n" + CONTROL, encoding="utf-8")
    return compile_model(read_model(path), backend="numpy" if backend == "numpy" else "compiled")


@pytest.mark.parametrize("backend", ["compiled", "numpy"])
def test_a_sum_along_a_range_is_computed_forwards_and_backwards(tmp_path: Path, backend: str) -> None:
    text = """
share[Step] = 1, 2, 3, 4 ~~|
up to[s1,Side] = share[s1] + Time ~~|
up to[Later,Side] = up to[Earlier,Side] + share[Later] ~~|
from here[s4] = share[s4] ~~|
from here[Earlier] = from here[Later] + share[Earlier] ~~|
"""
    series = compiled(tmp_path, text, backend).run()
    growing = np.array([1, 3, 6, 10]) + np.arange(4)[:, None]
    for side in (0, 1):
        np.testing.assert_array_equal(series["up to"][0, :, :, side], growing)
    np.testing.assert_array_equal(series["from here"][0, 0], [10, 9, 7, 4])


@pytest.mark.parametrize("backend", ["compiled", "numpy"])
def test_first_values_follow_one_another_from_stock_to_stock(tmp_path: Path, backend: str) -> None:
    text = """
none[Step] = 0 ~~|
begin[s1] = INTEG(none[s1], 1) ~~|
begin[Later] = INTEG(none[Later], end[Earlier] + 1) ~~|
end[s1] = INTEG(none[s1], begin[s1] + 2) ~~|
end[Later] = INTEG(none[Later], begin[Later] + 2) ~~|
"""
    series = compiled(tmp_path, text, backend).run()
    np.testing.assert_array_equal(series["begin"][0, -1], [1, 4, 7, 10])
    np.testing.assert_array_equal(series["end"][0, -1], [3, 6, 9, 12])


def test_a_recurrence_through_two_variables_and_a_stock_in_between(tmp_path: Path) -> None:
    text = """
pass on[s1] = 8 ~~|
pass on[Later] = kept[Earlier] / 2 ~~|
kept[Step] = pass on[Step] * 3 ~~|
total = SUM(kept[Step!]) ~~|
"""
    series = compiled(tmp_path, text).run()
    np.testing.assert_array_equal(series["kept"][0, 0], [24, 36, 54, 81])
    assert series["total"][0, 0] == 195


def test_an_element_that_needs_itself_is_still_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="depends on itself"):
        compiled(tmp_path, "x[s1] = 1 ~~|\nx[Later] = x[Later] + x[Earlier] ~~|")
