"""Resting points of models whose equilibria are known in closed form."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from policy_lab.engine import CompiledModel, compile_model
from policy_lab.engine.rest import solve_rest
from policy_lab.model import Model, read_model

Written = Callable[..., Model]
HARVEST = (
    "Fish = INTEG(Growth rate * Fish * (1 - Fish / Capacity) - Harvest rate * Fish, Start)",
    "Growth rate = 0.4",
    "Capacity = 100",
    "Harvest rate = 0.1",
    "Start = 3",
)
EPIDEMIC = (  # with births and deaths: an endemic equilibrium, and one without the disease that it leaves
    "Susceptible = INTEG(Turnover * (1 - Susceptible) - Contact * Susceptible * Infected, 0.999)",
    "Infected = INTEG(Contact * Susceptible * Infected - (Recovery + Turnover) * Infected, 0.001)",
    "Recovered = INTEG(Recovery * Infected - Turnover * Recovered, 0)",
    "Cases so far = INTEG(Contact * Susceptible * Infected, 7)",
    "Cases squared = INTEG(Cases so far, 1)",
    "Contact = 0.6",
    "Recovery = 0.2",
    "Turnover = 0.02",
)
AGEING = (
    "Young = INTEG(Hires - Ageing - Young * 0.01, 10)",
    "Old = INTEG(Ageing - Leaving, 0)",
    "Ageing = DELAY3(Hires, 12)",
    "Leaving = Old / 30",
    "Hires = MAX(0, Target - Seen) / 6",
    "Seen = SMOOTH3(Young + Old, 4)",
    "Target = 50",
)


@pytest.fixture(params=["compiled", "numpy"])
def backend(request: pytest.FixtureRequest) -> str:
    return request.param


def test_logistic_growth_under_harvest_rests_where_algebra_says(backend: str, written: Written) -> None:
    compiled = compile_model(written(*HARVEST), backend=backend)
    harvest = np.linspace(0.0, 0.35, 15)
    rest = solve_rest(compiled, {"Harvest rate": harvest})
    assert rest.converged.all()
    assert rest.states[:, 0] == pytest.approx(100 * (1 - harvest / 0.4), rel=1e-7)


def test_a_stock_that_dies_out_rests_at_zero(backend: str, written: Written) -> None:
    rest = solve_rest(compile_model(written(*HARVEST), backend=backend), {"Harvest rate": 0.6})
    assert rest.converged.all()
    assert abs(rest.states[0, 0]) < 1e-6


@pytest.mark.parametrize("start", [1e-6, 1.0, 500.0, 9000.0])
def test_a_poor_start_does_not_matter(start: float, backend: str, written: Written) -> None:
    rest = solve_rest(compile_model(written(*HARVEST), backend=backend), start=[start])
    assert rest.converged.all()
    assert rest.states[0, 0] == pytest.approx(75, rel=1e-7)


def test_an_epidemic_rests_at_its_endemic_level_and_not_without_the_disease(backend: str, written: Written) -> None:
    compiled = compile_model(written(*EPIDEMIC), backend=backend)
    contact = np.linspace(0.4, 1.2, 9)
    rest = solve_rest(compiled, {"Contact": contact})
    assert rest.converged.all()
    susceptible = 0.22 / contact
    assert rest.states[:, 0] == pytest.approx(susceptible, rel=1e-6)
    assert rest.states[:, 1] == pytest.approx(0.02 * (1 - susceptible) / (contact * susceptible), rel=1e-6)


def test_accumulators_keep_their_start(backend: str, written: Written) -> None:
    compiled = compile_model(written(*EPIDEMIC), backend=backend)
    rest = solve_rest(compiled)
    accumulators = [compiled.states.index(name) for name in ("Cases so far", "Cases squared")]
    assert rest.states[0, accumulators].tolist() == [7, 1]
    assert rest.held[0].sum() == 2
    assert rest.held[0, accumulators].all()


def test_a_model_of_accumulators_only_rests_where_it_starts(backend: str, written: Written) -> None:
    rest = solve_rest(compile_model(written("Total = INTEG(3, 1)", "Mean = Total / 2"), backend=backend))
    assert rest.converged.all()
    assert rest.held.all()
    assert rest.states.tolist() == [[1.0]]


def test_below_the_threshold_the_disease_dies_out(backend: str, written: Written) -> None:
    rest = solve_rest(compile_model(written(*EPIDEMIC), backend=backend), {"Contact": 0.1})
    assert rest.converged.all()
    assert rest.states[0, :3] == pytest.approx([1, 0, 0], abs=1e-6)


def test_delays_and_smooths_come_to_rest_inside(backend: str, written: Written) -> None:
    compiled = compile_model(written(*AGEING), backend=backend)
    rest = solve_rest(compiled, {"Target": np.linspace(20, 80, 5)})
    assert rest.converged.all()
    series = compiled.run({"Target": np.linspace(20, 80, 5)}, start=rest.states, final_time=240, save_period=240)
    for name in ("Old", "Seen", "Hires"):
        assert series[name][:, -1] == pytest.approx(series[name][:, 0], rel=1e-5)


def test_the_resting_point_is_the_one_that_time_leads_to(written: Written) -> None:
    """Two stable points, one unstable between them: each start goes to its own side, as a long run does."""
    model = written("Level = INTEG(0.2 * Level * (Level - 1) * (3 - Level), Start)", "Start = 0.9", final=400)
    compiled = compile_model(model)
    starts = np.array([0.2, 0.9, 0.99, 1.01, 1.1, 2.0, 5.0])
    rest = solve_rest(compiled, {"Start": starts})
    end = compiled.run({"Start": starts}, outputs=["Level"])["Level"][:, -1]
    assert rest.converged.all()
    assert rest.states[:, 0] == pytest.approx(end, abs=1e-6)


def test_an_exact_unstable_point_is_left(written: Written) -> None:
    model = written("Level = INTEG(0.2 * Level * (Level - 1) * (3 - Level), 1)")
    rest = solve_rest(compile_model(model))
    assert rest.converged.all()
    assert min(abs(rest.states[0, 0]), abs(rest.states[0, 0] - 3)) < 1e-6


def test_what_never_rests_is_said_not_to(written: Written) -> None:
    grows = solve_rest(compile_model(written("Money = INTEG(0.05 * Money, 1)")))
    swings = solve_rest(compile_model(written("A = INTEG(B, 1)", "B = INTEG(-A, 0)", step=0.01)))
    assert not grows.converged.any()
    assert not swings.converged.any()


def test_some_runs_may_rest_while_others_do_not(written: Written) -> None:
    compiled = compile_model(written("Level = INTEG(1 + Growth * Level, 1)", "Growth = -0.1"))
    rest = solve_rest(compiled, {"Growth": [-0.1, 0.05, -0.5, -0.2, 0.1]})
    assert rest.converged.tolist() == [True, False, True, True, False]
    assert rest.states[[0, 2, 3], 0] == pytest.approx([10, 2, 5], rel=1e-6)


def test_a_kink_at_the_resting_point_is_no_obstacle(written: Written) -> None:
    model = written("Level = INTEG(MAX(10 - Level, 0) / 2 - MAX(Level - 10, 0) / 5, Start)", "Start = 3")
    rest = solve_rest(compile_model(model), {"Start": [3.0, 10.0, 40.0]})
    assert rest.converged.all()
    assert rest.states[:, 0] == pytest.approx(10, rel=1e-5)


def test_pipelines_and_samples_come_to_rest(backend: str, written: Written) -> None:
    model = written(
        "Level = INTEG(10 - Out, 5)",
        "Out = DELAY FIXED(Level / 4, 3, 0)",
        "Seen = SAMPLE IF TRUE(Level > 0, Level, 0)",
        "Began = INITIAL(Level)",
    )
    compiled = compile_model(model, backend=backend)
    rest = solve_rest(compiled)
    assert rest.converged.all()
    after = compiled.run(start=rest.states, final_time=60, save_period=60)
    assert after["Level"][0] == pytest.approx([40, 40], rel=1e-6)
    assert after["Out"][0] == pytest.approx([10, 10], rel=1e-6)
    assert after["Began"][0].tolist() == [5, 5]


def test_what_is_conserved_stays_conserved(written: Written) -> None:
    model = written("A = INTEG(0.3 * B - 0.1 * A, 5)", "B = INTEG(0.1 * A - 0.3 * B, 3)")
    rest = solve_rest(compile_model(model))
    assert rest.converged.all()
    assert rest.states[0] == pytest.approx([6, 2], rel=1e-5)


def test_the_clock_stands_where_it_is_put(written: Written) -> None:
    compiled = compile_model(written("Level = INTEG(2 + STEP(2, 5) - 0.5 * Level, 1)"))
    assert solve_rest(compiled).states[0, 0] == pytest.approx(4)
    assert solve_rest(compiled, time=6).states[0, 0] == pytest.approx(8)


def test_the_same_call_gives_the_same_bits(written: Written) -> None:
    compiled = compile_model(written(*EPIDEMIC))
    contact = {"Contact": np.linspace(0.4, 1.2, 9)}
    first, second = solve_rest(compiled, contact, threads=1), solve_rest(compiled, contact, threads=2)
    np.testing.assert_array_equal(first.states, second.states)


def test_the_answer_of_a_run_does_not_depend_on_the_others(written: Written) -> None:
    compiled = compile_model(written(*EPIDEMIC))
    contact = np.linspace(0.1, 1.2, 13)
    together = solve_rest(compiled, {"Contact": contact})
    for run in (0, 5, 12):
        alone = solve_rest(compiled, {"Contact": contact[run]})
        np.testing.assert_array_equal(alone.states[0], together.states[run])


def drift(compiled: CompiledModel, inputs: dict[str, np.ndarray], months: float) -> float:
    rest = solve_rest(compiled, inputs)
    assert rest.converged.all()
    after = compiled.run(inputs, start=rest.states, final_time=months, outputs=[]).states
    moved = np.abs(after - rest.states) / (np.abs(rest.states) + 1e-9)
    return float(np.where(rest.held, 0.0, moved).max())


def test_a_bundled_study_does_not_drift_from_its_resting_point_in_twenty_years() -> None:
    from policy_lab.provenance import bundled

    compiled = compile_model(read_model(bundled("models") / "fishery" / "fishery.mdl"))
    stream = np.random.default_rng(2)
    plain = [name for name, known in compiled.inputs.items() if np.all((known.default > 1) & (known.default < 1e6))]
    inputs = {
        n: compiled.inputs[n].default * stream.uniform(0.95, 1.05, (50, *compiled.inputs[n].shape)) for n in plain
    }
    assert drift(compiled, inputs, 240) < 1e-4
