from __future__ import annotations

import numpy as np
import pytest

from policy_lab.errors import InputError
from policy_lab.study import Study, parse_setting
from policy_lab.study.settings import apply_settings, resolve_settings


@pytest.mark.parametrize(
    ("text", "setting"),
    [("A=1", ("A", 1.0)), (" A b = -1e3 ", ("A b", -1000.0)), ("A[x,y]=0.5", ("A[x,y]", 0.5)), ("A=b=2", ("A=b", 2.0))],
)
def test_reads_settings(text: str, setting: tuple[str, float]) -> None:
    assert parse_setting(text) == setting


@pytest.mark.parametrize("text", ["A", "=1", "A=", "A=one", "A=nan", "A=inf"])
def test_refuses_what_is_no_setting(text: str) -> None:
    with pytest.raises(InputError, match="NAME=NUMBER"):
        parse_setting(text)


def test_single_elements_come_after_the_whole(fishery: Study) -> None:
    settings = resolve_settings(fishery.model, {"Initial fleet[west]": 5.0, "initial_fleet": 9.0})
    inputs = {"Initial fleet": np.zeros((2, 3)), "Other": np.ones(2)}
    changed = apply_settings(inputs, settings)
    assert np.array_equal(changed["Initial fleet"], [[9, 9, 5]] * 2)
    assert changed["Other"] is inputs["Other"]
    assert (inputs["Initial fleet"] == 0).all()


def test_all_faults_come_together(fishery: Study) -> None:
    with pytest.raises(InputError) as caught:
        resolve_settings(fishery.model, {"Nothing": 1.0, "Fish stock": 1.0, "Initial fleet[north,south]": 1.0})
    assert len(caught.value.problems) == 3
