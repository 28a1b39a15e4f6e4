"""Methods of integration against closed forms: each shows its order."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from policy_lab.engine import compile_model
from policy_lab.engine.accuracy import compare_methods, compare_time_steps
from policy_lab.model import Model

Written = Callable[..., Model]
OSCILLATOR = ("Position = INTEG(Speed, 1)", "Speed = INTEG(-Stiffness * Position, 0)", "Stiffness = 4")


@pytest.mark.parametrize("backend", ["compiled", "numpy"])
@pytest.mark.parametrize(("method", "order"), [("euler", 1), ("rk2", 2), ("rk4", 4)])
def test_halving_the_step_shows_the_order_of_the_method(
    method: str, order: int, backend: str, written: Written
) -> None:
    compiled = compile_model(written(*OSCILLATOR, final=2), backend=backend)
    exact = math.cos(2 * 2)

    def error(step: float) -> float:
        return abs(compiled.run(time_step=step, save_period=2, method=method)["Position"][0, -1] - exact)

    assert math.log2(error(1 / 64) / error(1 / 128)) == pytest.approx(order, abs=0.15)


@pytest.mark.parametrize("method", ["euler", "rk2", "rk4", "adaptive"])
def test_backends_agree_on_every_method(method: str, written: Written) -> None:
    model = written(*OSCILLATOR, "Late = DELAY3(Position, 1.5)", "Push = STEP(1, 3) + PULSE(4, 1)",
                    "Moved = INTEG(Push * Late, 0)", "Lagging = DELAY FIXED(Position, 1, 0)")  # fmt: skip
    fast = compile_model(model).run(method=method)
    readable = compile_model(model, backend="numpy").run(method=method)
    for name in fast.values:
        np.testing.assert_allclose(fast[name], readable[name], rtol=1e-12, atol=1e-12, err_msg=name)


def test_a_delay_chain_follows_the_erlang_distribution(written: Written) -> None:
    """A step into DELAY3 leaves as the cumulative Erlang distribution of order 3."""
    compiled = compile_model(written("Out = DELAY3I(STEP(1, 0), 6, 0)", final=12, step=1 / 16, save=1))
    found = compiled.run(method="rk4")
    scaled = found.time * 3 / 6
    exact = 1 - np.exp(-scaled) * (1 + scaled + scaled**2 / 2)
    assert found["Out"][0] == pytest.approx(exact, abs=1e-6)


def test_series_are_followed_inside_a_step(written: Written) -> None:
    """RK4 integrates a ramp and its square exactly; that needs the series at the middle of each step."""
    model = written("Rate = 0", "Sum = INTEG(Rate, 0)", "Sum of sums = INTEG(Sum, 0)", step=1)
    for backend in ("compiled", "numpy"):
        compiled = compile_model(model, backend=backend, series=["Rate"])
        found = compiled.run(series={"Rate": ([0.0, 10.0], [0.0, 10.0])}, method="rk4")
        assert found["Sum"][0] == pytest.approx(found.time**2 / 2, rel=1e-13)
        assert found["Sum of sums"][0] == pytest.approx(found.time**3 / 6, rel=1e-13)


def test_a_stock_that_may_not_fall_below_zero_does_not(written: Written) -> None:
    from dataclasses import replace

    from policy_lab.model.expression import Stock

    model = written("Tank = INTEG(-1, 2.1)", "Seen = INTEG(Tank, 0)")
    tank = model.variables["Tank"]
    stock = tank.components[0].expression
    assert isinstance(stock, Stock)
    parts = (replace(tank.components[0], expression=replace(stock, non_negative=True)),)
    bounded = replace(model, variables={**model.variables, "Tank": replace(tank, components=parts)})
    for backend in ("compiled", "numpy"):
        for method in ("euler", "rk2", "rk4"):
            found = compile_model(bounded, backend=backend).run(method=method)
            assert found["Tank"][0].min() == 0
            assert found["Tank"][0, -1] == 0
            assert np.diff(found["Seen"][0]).min() >= 0  # nor do the stages of a step see it there


def test_comparing_time_steps_tells_how_many_digits_stand(written: Written) -> None:
    compiled = compile_model(written("Level = INTEG(-0.3 * Level, 1)", "Still = 3 + 0 * Level", final=8, save=1))
    found = {difference.name: difference for difference in compare_time_steps(compiled, outputs=["Level", "Still"])}
    coarse, fine = ((1 - 0.3 * step) ** (np.arange(9) / step) for step in (0.25, 0.125))
    assert found["Level"].largest == pytest.approx(np.abs(coarse - fine).max(), rel=1e-9)
    assert found["Level"].relative == pytest.approx(np.abs(coarse - fine).max(), rel=1e-9)  # the largest value is 1
    assert found["Level"].time == np.argmax(np.abs(coarse - fine))
    assert 1 < found["Level"].digits < 3
    assert found["Still"].relative == 0
    assert found["Still"].digits == math.inf


def test_halving_again_halves_the_difference(written: Written) -> None:
    compiled = compile_model(written(*OSCILLATOR, final=2, save=1))
    first, second = (compare_time_steps(compiled, outputs=["Position"], time_step=h)[0] for h in (1 / 32, 1 / 64))
    assert first.relative / second.relative == pytest.approx(2, rel=0.1)


def test_comparing_methods_finds_eulers_error(written: Written) -> None:
    compiled = compile_model(written(*OSCILLATOR, final=2))
    worst = compare_methods(compiled, outputs=["Position", "Speed"])[0]
    assert worst.relative > 0.1
    assert compare_methods(compiled, outputs=["Position"], methods=("rk4", "rk4"))[0].relative == 0


def test_a_difference_is_the_largest_of_all_runs(written: Written) -> None:
    compiled = compile_model(written("Level = INTEG(-Rate * Level, 1)", "Rate = 0.3", final=8, save=1))
    alone = [compare_time_steps(compiled, {"Rate": rate}, ["Level"])[0].relative for rate in (0.1, 0.9, 0.3)]
    together = compare_time_steps(compiled, {"Rate": [0.1, 0.9, 0.3]}, ["Level"])[0].relative
    assert together == max(alone)
