"""The adaptive step: against closed forms and SciPy, on the grid and off it, alone and beside others."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from policy_lab.engine import CompiledModel, compile_model
from policy_lab.engine.adaptive import COARSE, ERROR, FINEST, MOMENTS, PATIENCE, WEIGHTS, Tolerance, tolerance_of
from policy_lab.errors import InputError
from policy_lab.model import Model
from policy_lab.model.expression import Stock

Written = Callable[..., Model]
BACKENDS = ("compiled", "numpy")
OSCILLATOR = ("Position = INTEG(Speed, 1)", "Speed = INTEG(-Stiffness * Position, 0)", "Stiffness = 4")
CHAIN = ("First = INTEG(1 - First / 2, 0)", "Second = INTEG(First / 2 - Second / 2, 0)",
         "Third = INTEG(Second / 2 - Third / 2, 0)")  # fmt: skip


def test_the_coefficients_are_those_of_a_pair_of_orders_five_and_four() -> None:
    """The conditions of Butcher for a quadrature, and rows that sum to their moments."""
    moments = np.array([0.0, *MOMENTS])
    for row, moment in zip(WEIGHTS, MOMENTS, strict=True):
        assert sum(row) == pytest.approx(moment, abs=1e-14)
    fifth = np.array([*WEIGHTS[-1], 0.0])
    fourth = fifth - np.array(ERROR)
    for power in range(5):
        assert fifth @ moments**power == pytest.approx(1 / (power + 1), abs=1e-14)
    for power in range(4):
        assert fourth @ moments**power == pytest.approx(1 / (power + 1), abs=1e-14)
    assert fourth @ moments**4 != pytest.approx(1 / 5, abs=1e-5)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("equations", "name", "exact"),
    [
        (OSCILLATOR, "Position", lambda t: np.cos(2 * t)),
        (CHAIN, "Third", lambda t: 2 * (1 - np.exp(-t / 2) * (1 + t / 2 + t**2 / 8))),
    ],
)
def test_the_error_follows_the_tolerance_and_so_do_the_sub_steps(
    equations: tuple[str, ...], name: str, exact: Callable[[np.ndarray], np.ndarray], backend: str, written: Written
) -> None:
    compiled = compile_model(written(*equations, final=8, step=1), backend=backend)
    errors, taken = [], []
    for tolerance in (1e-4, 1e-6, 1e-8, 1e-10):
        found = compiled.run(method="adaptive", tolerance=tolerance, outputs=[name])
        errors.append(float(np.abs(found[name][0] - exact(found.time)).max()))
        assert found.sub_steps is not None
        taken.append(int(found.sub_steps[0]))
        assert errors[-1] < 20 * tolerance
        assert found.warnings == ()
    assert errors == sorted(errors, reverse=True)
    assert taken == sorted(set(taken))
    assert errors[0] / errors[-1] > 1e4


def test_scipy_finds_the_same(written: Written) -> None:
    """Lotka and Volterra's model, stepped by the same pair with another control of the step."""
    from scipy.integrate import solve_ivp

    model = written("Prey = INTEG(0.6 * Prey - 0.05 * Prey * Hunters, 20)",
                    "Hunters = INTEG(0.02 * Prey * Hunters - 0.4 * Hunters, 5)", final=40, step=1)  # fmt: skip
    found = compile_model(model).run(method="adaptive", tolerance=1e-10)
    theirs = solve_ivp(
        lambda t, y: [0.6 * y[0] - 0.05 * y[0] * y[1], 0.02 * y[0] * y[1] - 0.4 * y[1]],
        (0, 40), [20.0, 5.0], method="DOP853", t_eval=found.time, rtol=1e-12, atol=1e-12,
    )  # fmt: skip
    np.testing.assert_allclose(found["Prey"][0], theirs.y[0], rtol=1e-8)
    np.testing.assert_allclose(found["Hunters"][0], theirs.y[1], rtol=1e-8)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_time_step_that_is_too_long_for_euler_is_divided(backend: str, written: Written) -> None:
    """A gap that closes a hundred times faster than the time step: Euler and RK4 blow up."""
    model = written("Goal = 3 + Time / 10", "Level = INTEG(100 * (Goal - Level), 0)", final=5, step=1)
    compiled = compile_model(model, backend=backend)
    assert all(abs(compiled.run(method=method)["Level"][0, -1]) > 1e6 for method in ("euler", "rk4"))
    found = compiled.run(method="adaptive", tolerance=1e-8)
    exact = 3 + found.time / 10 - 0.001 + (0.001 - 3) * np.exp(-100 * found.time)
    assert found["Level"][0] == pytest.approx(exact, abs=1e-6)
    assert found.sub_steps is not None and found.sub_steps[0] > 100


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("method", ["rk2", "rk4", "adaptive"])
def test_edges_on_the_grid_are_exact(method: str, backend: str, written: Written) -> None:
    """What STEP and PULSE are when a time step begins holds until it ends."""
    model = written("Pushed = INTEG(STEP(2, 3), 0)", "Pulsed = INTEG(PULSE(4, 1), 0)",
                    "Train = INTEG(PULSE TRAIN(1, 0.5, 2, 8), 0)", step=0.25)  # fmt: skip
    found = compile_model(model, backend=backend).run(method=method)
    t = found.time
    assert found["Pushed"][0] == pytest.approx(2 * np.maximum(t - 3, 0), abs=1e-12)
    assert found["Pulsed"][0] == pytest.approx(np.clip(t - 4, 0, 1), abs=1e-12)
    edges = np.array([1, 3, 5, 7])
    assert found["Train"][0] == pytest.approx(np.clip(t[:, None] - edges, 0, 0.5).sum(axis=1), abs=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_condition_on_time_that_turns_on_the_grid_costs_no_sub_step(backend: str, written: Written) -> None:
    model = written("Late = INTEG(IF THEN ELSE(Time >= 5, 1, 0), 0)", "Odd = INTEG(MODULO(INTEGER(Time), 2), 0)")
    found = compile_model(model, backend=backend).run(method="adaptive")
    assert found["Late"][0] == pytest.approx(np.maximum(found.time - 5, 0), abs=1e-12)
    assert found["Odd"][0, -1] == pytest.approx(5, abs=1e-12)
    assert found.sub_steps is not None and found.sub_steps[0] == 40


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_jump_between_grid_times_is_found(backend: str, written: Written) -> None:
    """The tank fills until it reaches 1, at a time that is on no grid, and then half as fast.

    Where only the last rates of a sub-step see the jump, they count for a fortieth in the error.
    """
    model = written("Tank = INTEG(IF THEN ELSE(Tank < 1, 0.3, 0.15), 0)", final=8, step=1)
    compiled = compile_model(model, backend=backend)
    for tolerance in (1e-4, 1e-6):
        found = compiled.run(method="adaptive", tolerance=tolerance)
        exact = np.minimum(0.3 * found.time, 1 + 0.15 * (found.time - 1 / 0.3))
        assert found["Tank"][0] == pytest.approx(exact, abs=40 * tolerance)
        assert found.warnings == ()


def test_what_happens_once_a_time_step_stays_there(written: Written) -> None:
    """Pipelines, samples and random numbers: the same whatever the sub-steps; only stocks are refined."""
    model = written(*OSCILLATOR, "Lagging = DELAY FIXED(Time, 1, -1)", "Sampled = SAMPLE IF TRUE(Time >= 3, Time, 0)",
                    "Luck = RANDOM UNIFORM(0, 1, 5)", "Lucky = INTEG(Luck, 0)", step=0.5)  # fmt: skip
    compiled = compile_model(model)
    euler = compiled.run(method="euler")
    for tolerance in (1e-3, 1e-9):
        found = compiled.run(method="adaptive", tolerance=tolerance)
        for name in ("Lagging", "Sampled", "Luck"):
            np.testing.assert_array_equal(found[name], euler[name])
        np.testing.assert_allclose(found["Lucky"], euler["Lucky"], rtol=1e-12)
    np.testing.assert_allclose(compiled.run(method="rk4")["Lucky"], euler["Lucky"], rtol=1e-12)


MIXED = (*OSCILLATOR, "Late = DELAY3(Position, 1.5)", "Push = STEP(1, 3) + PULSE(4, 1)",
         "Moved = INTEG(Push * Late, 0)", "Lagging = DELAY FIXED(Position, 1, 0)",
         "Smoothed = SMOOTH3(ABS(Position), 0.7)", "Given = 0",
         "Answer = INTEG(Given * EXP(-Smoothed) - MAX(Answer, 0) / 2, 0)")  # fmt: skip
SERIES = {"Given": ([0.0, 0.1, 0.15, 3.0, 3.7, 9.0], [0.0, 1.0, -1.0, 2.0, 0.0, 5.0])}


@pytest.mark.parametrize("tolerance", [1e-3, 1e-6, 1e-9])
def test_backends_take_the_same_sub_steps(tolerance: float, written: Written) -> None:
    model = written(*MIXED)
    fast, readable = (
        compile_model(model, backend=backend, series=["Given"]).run(
            method="adaptive", tolerance=tolerance, series=SERIES
        )
        for backend in BACKENDS
    )
    for name in fast.values:
        np.testing.assert_allclose(fast[name], readable[name], rtol=1e-9, atol=1e-12, err_msg=name)
    np.testing.assert_array_equal(fast.sub_steps, readable.sub_steps)


def test_runs_never_see_each_other(written: Written) -> None:
    """A batch has the bits of its runs alone, in any company and with any number of threads."""
    compiled = compile_model(written(*MIXED), series=["Given"])
    stiff = np.array([1.0, 400.0, 0.01, 4.0, 90.0, 2.0, 7.0, 0.5, 30.0])
    points = np.stack([np.array(SERIES["Given"][1]) * k for k in range(9)])
    together = compiled.run(
        {"Stiffness": stiff}, method="adaptive", series={"Given": (SERIES["Given"][0], points)}, threads=2
    )
    assert together.sub_steps is not None and len(set(together.sub_steps.tolist())) > 3
    for run, one in enumerate(stiff):
        alone = compiled.run({"Stiffness": one}, method="adaptive", series={"Given": (SERIES["Given"][0], points[run])})
        for name in together.values:
            np.testing.assert_array_equal(together[name][run], alone[name][0], err_msg=name)
        assert alone.sub_steps is not None and alone.sub_steps[0] == together.sub_steps[run]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_tolerance_that_cannot_be_met_is_told_with_the_stock_and_the_time(backend: str, written: Written) -> None:
    """Beyond 1 the rate jumps back and forth: no sub-step is short enough, and there is an end to the trying."""
    model = written(
        "Still = INTEG(0.1, 0)", "Hunting = INTEG(IF THEN ELSE(Hunting < 1, 40, -40), 0)", final=1, step=0.5
    )
    found = compile_model(model, backend=backend).run(method="adaptive")
    (problem,) = found.warnings
    assert problem.variable == "Hunting"
    assert "could not meet its tolerance" in problem.what and "from time 0." in problem.what
    assert found["Hunting"][0, -1] == pytest.approx(1, abs=0.1)
    assert found["Still"][0, -1] == pytest.approx(0.1, abs=1e-12)
    assert found.sub_steps is not None and found.sub_steps[0] < 2 * (PATIENCE + 2**COARSE + 2 * FINEST)


def test_the_worst_run_of_a_batch_is_named(written: Written) -> None:
    model = written("Hunting = INTEG(IF THEN ELSE(Hunting < Edge, 4, -4), 0)", "Edge = 9", final=2, step=1)
    found = compile_model(model).run({"Edge": [9, 1, 9]}, method="adaptive")
    (problem,) = found.warnings
    assert "in 1 of 3 runs" in problem.what and "of run 1" in problem.what


@pytest.mark.parametrize("backend", BACKENDS)
def test_numbers_that_are_lost_do_not_hold_the_run_up(backend: str, written: Written) -> None:
    """A stock that reaches infinity in finite time, and one that is no number from the start."""
    model = written("Explosive = INTEG(Explosive * Explosive, 1)", "Lost = INTEG(LN(-1 - Time), 0)",
                    "Sound = INTEG(-Sound, 1)", final=3, step=0.5)  # fmt: skip
    found = compile_model(model, backend=backend).run(method="adaptive", tolerance=1e-8)
    assert found["Explosive"][0, 1] == pytest.approx(2, rel=1e-6)
    assert not np.isfinite(found["Explosive"][0, 3:]).any()
    assert np.isnan(found["Lost"][0, 1:]).all()
    assert found["Sound"][0] == pytest.approx(np.exp(-found.time), abs=1e-6)
    assert [problem.variable for problem in found.warnings] == ["Explosive"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_stock_that_may_not_fall_below_zero_does_not(backend: str, written: Written) -> None:
    model = written("Tank = INTEG(-1 - 0 * Tank, 2.1)", "Below = INTEG(Tank, 0)")
    tank = model.variables["Tank"]
    stock = tank.components[0].expression
    assert isinstance(stock, Stock)
    parts = (replace(tank.components[0], expression=replace(stock, non_negative=True)),)
    bounded = replace(model, variables={**model.variables, "Tank": replace(tank, components=parts)})
    found = compile_model(bounded, backend=backend).run(method="adaptive")
    assert found["Tank"][0] == pytest.approx(np.maximum(2.1 - found.time, 0), abs=1e-9)
    assert found["Below"][0, -1] == pytest.approx(2.1**2 / 2, abs=1e-4)


def test_a_model_without_stocks_runs(written: Written) -> None:
    for backend in BACKENDS:
        found = compile_model(written("Plain = 2 * Time"), backend=backend).run(method="adaptive")
        assert found["Plain"][0, -1] == 20


def test_a_run_goes_on_from_the_states_of_another(written: Written) -> None:
    compiled = compile_model(written(*OSCILLATOR))
    whole = compiled.run(method="adaptive", tolerance=1e-10)
    half = compiled.run(method="adaptive", tolerance=1e-10, final_time=5)
    rest = compiled.run(method="adaptive", tolerance=1e-10, start=half.states, initial_time=5)
    assert rest["Position"][0, -1] == pytest.approx(whole["Position"][0, -1], abs=1e-8)


def test_the_file_may_ask_for_it(written: Written) -> None:
    model = replace(written(*OSCILLATOR, step=1), integration="adaptive")
    found = compile_model(model).run(tolerance=1e-9)
    assert found["Position"][0] == pytest.approx(np.cos(2 * found.time), abs=1e-7)
    assert found.sub_steps is not None
    assert compile_model(model).run(method="rk4").sub_steps is None


@pytest.mark.parametrize("asked", [0.0, -1e-6, 1.0, math.nan, (1e-6, 0.0), (1e-6, math.inf), (1, 2, 3), "fine", 1e-20])
def test_a_tolerance_that_makes_no_sense_is_refused(asked: object, written: Written) -> None:
    compiled: CompiledModel = compile_model(written(*OSCILLATOR))
    with pytest.raises(InputError, match=r"tolerance .* cannot be used"):
        compiled.run(method="adaptive", tolerance=asked)  # type: ignore[arg-type]


def test_a_tolerance_is_a_share_or_a_share_and_an_amount() -> None:
    assert tolerance_of(None) == Tolerance(1e-6, 1e-9)
    assert tolerance_of(1e-4) == Tolerance(1e-4, pytest.approx(1e-7))
    assert tolerance_of((1e-4, 3.0)) == Tolerance(1e-4, 3.0)
