"""How many digits stand: counted against solutions that are known."""

from __future__ import annotations

import doctest
import math
from collections.abc import Callable

import numpy as np
import pytest

import policy_lab as pl
from policy_lab.engine import compile_model, digits
from policy_lab.engine.digits import accuracy
from policy_lab.errors import InputError
from policy_lab.model import Model

Written = Callable[..., Model]
CHAIN = ("First = INTEG(1 - First / 2, 0)", "Second = INTEG(First / 2 - Second / 2, 0)",
         "Third = INTEG(Second / 2 - Third / 2, 0)", "Out = Third / 2")  # fmt: skip


@pytest.mark.parametrize("backend", ["compiled", "numpy"])
@pytest.mark.parametrize(("method", "order"), [("euler", 1), ("rk2", 2), ("rk4", 4)])
def test_each_method_shows_its_order_on_a_delay_chain(method: str, order: int, backend: str, written: Written) -> None:
    """A step into three stages of 2 leaves them as the Erlang distribution does."""
    compiled = compile_model(written(*CHAIN, final=8), backend=backend)
    stages = np.arange(9) / 2
    exact = 1 - np.exp(-stages) * (1 + stages + stages**2 / 2)

    def error(step: float) -> float:
        found = compiled.run(time_step=step, save_period=1, method=method)["Out"][0]
        return float(np.abs(found - exact).max())

    assert math.log2(error(1 / 16) / error(1 / 32)) == pytest.approx(order, abs=0.15)


def test_the_digits_are_those_of_two_geometric_series(written: Written) -> None:
    model = written("Level = INTEG(-0.3 * Level, 1)", "Still = 3", final=8, save=1)
    found = accuracy(model)
    rows = np.arange(9)
    coarse, fine = (1 - 0.3 / 4) ** (4 * rows), (1 - 0.3 / 8) ** (8 * rows)
    by_rk4 = (1 - 0.075 + 0.075**2 / 2 - 0.075**3 / 6 + 0.075**4 / 24) ** (4 * rows)
    level = found["Level"]
    assert level.step == pytest.approx(np.abs(coarse - fine).max(), rel=1e-9)
    assert level.method == pytest.approx(np.abs(coarse - by_rk4).max(), rel=1e-9)
    assert level.digits == pytest.approx(-math.log10(max(level.step, level.method)))
    assert level.time == int(np.argmax(np.abs(coarse - by_rk4)))
    assert found["Still"].digits == digits.MOST_DIGITS
    assert found.rows[0].name == "Level"
    assert {"TIME STEP", "Time"} & {row.name for row in found.rows} == set()
    said = str(found)
    assert said.startswith("Euler at a time step of 0.25, against half the step, and RK4: fewer than 2 digits stand of")
    assert "\n  Level" in said and "Still" not in said
    assert found.to_frame().loc["Level", "digits"] == level.digits


def test_each_method_is_compared_with_a_more_accurate_one(written: Written) -> None:
    """Euler with RK4, RK2 and RK4 with the adaptive step, and that with a tolerance a thousandth of its own."""
    model = written("Level = INTEG(-0.3 * Level, 1)", final=8, save=1)
    compiled = compile_model(model)
    exact = np.exp(-0.3 * np.arange(9))

    def error(**options: object) -> float:
        return float(np.abs(compiled.run(outputs=["Level"], **options)["Level"][0] - exact).max())  # type: ignore[arg-type]

    for method in ("rk2", "rk4"):
        found = accuracy(compiled, outputs=["Level"], method=method)
        assert found.against == "the adaptive step (tolerance 1e-08)"
        assert found["Level"].method == pytest.approx(error(method=method), rel=0.02)
    found = accuracy(compiled, outputs=["Level"], method="adaptive", tolerance=1e-5)
    assert found.against == "a tolerance of 1e-08 instead of 1e-05"
    assert found["Level"].digits == pytest.approx(-math.log10(error(method="adaptive", tolerance=1e-5)), abs=0.3)
    assert accuracy(compiled, outputs=["Level"]).against == "RK4"
    with pytest.raises(InputError, match=r"a tolerance is for the adaptive step, not for `rk4`"):
        accuracy(compiled, method="rk4", tolerance=1e-5)


def test_random_numbers_are_not_taken_for_errors(written: Written) -> None:
    """At half the step other numbers are drawn: only the method is compared, and that is said."""
    model = written("Luck = RANDOM UNIFORM(-1, 1, 3)", "Sum = INTEG(Luck, 0)", "Slow = INTEG(-0.3 * Slow, 1)")
    found = accuracy(model)
    assert found.random and "Random numbers change with the step" in str(found)
    assert math.isnan(found["Sum"].step) and found["Sum"].method < 1e-12
    assert found["Slow"].digits == pytest.approx(-math.log10(found["Slow"].method))
    assert not accuracy(written("Level = INTEG(-0.3 * Level, 1)")).random


def test_the_summary_names_each_variable_once(written: Written) -> None:
    model = written(
        "Area: north, south", "Level[Area] = INTEG(-0.3 * Level[Area], 1)", "Double[Area] = 2 * Level[Area]"
    )
    said = str(accuracy(model))
    assert said.count("Level[") == 1 and said.count("Double[") == 1


def test_a_shorter_step_lets_more_digits_stand(written: Written) -> None:
    model = written("Level = INTEG(-0.3 * Level, 1)", final=8, save=1)
    coarse, fine = (accuracy(model, outputs=["Level"], time_step=step)["Level"].digits for step in (1 / 4, 1 / 256))
    assert fine == pytest.approx(coarse + math.log10(64), abs=0.1)


def test_a_run_that_blows_up_has_no_digits(written: Written) -> None:
    model = written("Level = INTEG(-9 * Level, 1)", final=8, save=1)
    assert accuracy(model, outputs=["Level"])["Level"].digits == 0


def test_examples_of_the_docstrings_run() -> None:
    assert doctest.testmod(digits).failed == 0
    assert pl.accuracy is accuracy
