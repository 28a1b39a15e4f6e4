"""Derivatives against closed forms, against differences made by hand, and where there is none."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from policy_lab.engine import compile, compile_model
from policy_lab.errors import InputError
from policy_lab.model import Model
from policy_lab.provenance import bundled

Written = Callable[..., Model]
DECAY = ("Level = INTEG(-Rate * Level, Start)", "Rate = 0.3", "Start = 5", "Idle = 7")
FISHERY = bundled("models") / "fishery" / "fishery.mdl"


@pytest.mark.parametrize("backend", ["compiled", "numpy"])
def test_decay_has_the_derivatives_of_its_closed_form(backend: str, written: Written) -> None:
    """By Euler, level = start (1 - rate·step)^n."""
    compiled = compile_model(written(*DECAY, final=10, step=0.25, save=5), backend=backend)
    found = compiled.sensitivities(["Level"], ["Rate", "start", "Idle"], times=[0, 5, 10])
    kept = 1 - 0.3 * 0.25
    for row, steps in enumerate((0, 20, 40)):
        assert found["Level", "Rate"][row] == pytest.approx(-5 * steps * 0.25 * kept ** (steps - 1), rel=1e-9)
        assert found["level", "Start"][row] == pytest.approx(kept**steps, rel=1e-9)
    assert found["Level", "Idle"].tolist() == [0, 0, 0]
    assert found.smooth.all()
    assert (found.errors < 1e-7).all()
    assert found.elasticities[:, 0, 1] == pytest.approx([1, 1, 1], rel=1e-9)
    assert found.base[:, 0] == pytest.approx([5, 5 * kept**20, 5 * kept**40])
    assert found.at.tolist() == [0.3, 5, 7]


def test_an_oscillator_is_as_stiff_as_its_closed_form(written: Written) -> None:
    model = written("Position = INTEG(Speed, 1)", "Speed = INTEG(-Stiffness * Position, 0)", "Stiffness = 4", final=2)
    found = compile_model(model).sensitivities(["Position"], ["Stiffness"], time_step=1 / 64, method="rk4")
    assert found["Position", "Stiffness"][0] == pytest.approx(-math.sin(4) * 2 / (2 * 2), rel=1e-6)


def test_the_estimated_error_covers_the_true_one(written: Written) -> None:
    compiled = compile_model(written("x = EXP(a) * SIN(b)", "a = 2", "b = 0", final=1, step=1))
    found = compiled.sensitivities(["x"], ["a", "b"], inputs={"b": 1.1})
    true = np.array([math.exp(2) * math.sin(1.1), math.exp(2) * math.cos(1.1)])
    assert found.values[0, 0] == pytest.approx(true, rel=1e-9)
    assert (np.abs(found.values[0, 0] - true) <= 10 * found.errors[0, 0] + 1e-13).all()
    assert compiled.sensitivities(["x"], ["b"])["x", "b"][0] == pytest.approx(math.exp(2), rel=1e-9)  # at 0


def test_a_corner_and_a_jump_are_not_smooth(written: Written) -> None:
    equations = ("cut = MIN(a, 3)", "jump = IF THEN ELSE(a >= 3, 1, 0)", "even = a * a", "a = 3")
    found = compile_model(written(*equations, final=1, step=1)).sensitivities(["cut", "jump", "even"], ["a"])
    assert found.smooth[0, :, 0].tolist() == [False, False, True]
    assert found["cut", "a"][0] == pytest.approx(0.5)
    assert found["even", "a"][0] == pytest.approx(6)


def test_a_constant_at_the_edge_of_what_can_be_computed_says_so(written: Written) -> None:
    found = compile_model(written("x = SQRT(a)", "a = 0", final=1, step=1)).sensitivities(["x"], ["a"])
    assert not found.smooth.any()
    assert found.errors[0, 0, 0] == math.inf


def test_elements_agree_with_differences_made_by_hand() -> None:
    fishery = compile(FISHERY)
    found = fishery.sensitivities(["Fleet[south]", "Fish stock"], ["Initial fleet", "Catchability"], times=[24, 60])
    assert found.outputs == ("Fleet[south]", "Fish stock")
    assert found.constants[:2] == ("Initial fleet[north]", "Initial fleet[south]")
    assert found.values.shape == (2, 2, 4)
    up, down = (fishery.run({"Initial fleet[south]": 24 + move}) for move in (1e-3, -1e-3))
    by_hand = (up["Fish stock"][0, [24, 60]] - down["Fish stock"][0, [24, 60]]) / 2e-3
    assert found["Fish stock", "Initial fleet[south]"] == pytest.approx(by_hand, rel=1e-5)
    frame = found.to_frame()
    assert len(frame) == 16
    assert frame["derivative"].tolist() == found.values.ravel().tolist()
    assert frame["unit"][0] == "(boat)/(boat)"


def test_what_cannot_be_used_is_refused(written: Written) -> None:
    compiled = compile_model(written(*DECAY))
    for arguments, said in (
        ((["Level"], ["Rat", "Level"]), r"Did you mean `Rate`.*\n.*kind stock"),
        ((["Levl"], ["Rate"]), "Level"),
        ((["Level"], []), "no constants"),
        (([], ["Rate"]), "no outputs"),
    ):
        with pytest.raises(InputError, match=said):
            compiled.sensitivities(*arguments)
    with pytest.raises(InputError, match=r"0\.1 is not among the times"):
        compiled.sensitivities(["Level"], ["Rate"], times=[0.1])
    with pytest.raises(InputError, match="several runs"):
        compiled.sensitivities(["Level"], ["Rate"], inputs={"Start": [1, 2]})
