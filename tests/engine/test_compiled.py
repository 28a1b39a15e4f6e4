from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from policy_lab.engine import CompiledModel, compile_model
from policy_lab.errors import InputError
from policy_lab.model import Model, read_model
from tests.engine.conftest import MODELS

Written = Callable[..., Model]
BACKENDS = ["compiled", "numpy"]
TANK = ("Tank = INTEG(Inflow - Tank / Residence time, Start)", "Inflow = 2 * Rate", "Rate = 3", "Residence time = 4",
        "Start = 5", "Share of inflow = Tank / Inflow")  # fmt: skip


@pytest.fixture(params=BACKENDS)
def tank(request: pytest.FixtureRequest, written: Written) -> CompiledModel:
    return compile_model(written(*TANK), backend=request.param)


@pytest.fixture(params=BACKENDS)
def grid(request: pytest.FixtureRequest) -> CompiledModel:
    return compile_model(read_model(MODELS / "subscripts.mdl"), backend=request.param)


def by_hand(rate: float, residence: float, level: float, steps: int = 40, step: float = 0.25) -> list[float]:
    levels = [level]
    for _ in range(steps):
        level += step * (2 * rate - level / residence)
        levels.append(level)
    return levels


def test_a_run_is_eulers_method(tank: CompiledModel) -> None:
    assert tank.run()["Tank"][0] == pytest.approx(by_hand(3, 4, 5), rel=1e-14)


@pytest.mark.parametrize("runs", [1, 2, 3, 4, 5, 8, 9, 15, 17])
def test_any_number_of_runs_fills_its_own_rows_only(runs: int, tank: CompiledModel) -> None:
    rates = 1.0 + np.arange(runs)
    found = tank.run({"Rate": rates}, outputs=["Tank", "Rate"])
    assert found.runs == runs
    np.testing.assert_array_equal(found["Rate"][:, 0], rates)
    for rate, levels in zip(rates, found["Tank"], strict=True):
        assert levels == pytest.approx(by_hand(rate, 4, 5), rel=1e-14)


def test_names_ignore_case_and_underscores(tank: CompiledModel) -> None:
    series = tank.run({"RESIDENCE_TIME": 8}, outputs=["tank", "share_of inflow"])
    assert list(series.values) == ["Tank", "Share of inflow"]
    assert series["TANK"][0] == pytest.approx(by_hand(3, 8, 5), rel=1e-14)


def test_each_run_has_its_own_inputs(tank: CompiledModel) -> None:
    rates = np.linspace(1, 4, 13)
    found = tank.run({"Rate": rates, "Start": 7.0})["Tank"]
    assert found.shape == (13, 41)
    for rate, levels in zip(rates, found, strict=True):
        assert levels == pytest.approx(by_hand(rate, 4, 7), rel=1e-14)


def test_no_run_sees_another(tank: CompiledModel) -> None:
    before = tank.run()["Tank"].copy()
    tank.run({"Rate": 99.0, "Start": np.full(20, np.nan)}, allow_nan=True)
    np.testing.assert_array_equal(tank.run()["Tank"], before)


def test_inputs_are_the_constants_with_what_the_file_gives(grid: CompiledModel) -> None:
    assert {"size", "weight", "rank"} <= set(grid.inputs)
    weight = grid.inputs["weight"]
    assert weight.dimensions == ("Agency", "Level")
    assert weight.elements == (("care", "police", "health", "school"), ("personal", "professional", "organisational"))
    assert weight.default.tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]]


def test_an_input_with_dimensions_may_be_one_number_or_vary_by_run(grid: CompiledModel) -> None:
    outputs = ["size", "total"]
    one = grid.run({"size": 3.0}, outputs=outputs)
    assert one["size"].shape == (1, 21, 4)
    assert np.all(one["size"] == 3.0)
    sizes = np.arange(40.0).reshape(10, 4) + 1
    many = grid.run({"size": sizes}, outputs=outputs)
    np.testing.assert_array_equal(many["size"][:, 5], sizes)
    np.testing.assert_array_equal(many["total"][3], grid.run({"size": sizes[3]}, outputs=outputs)["total"][0])


def test_series_know_their_units_dimensions_and_elements(written: Written) -> None:
    model = read_model(MODELS / "subscripts.mdl")
    series = compile_model(model).run(outputs=["trust", "one cell"])
    assert series.dimensions["trust"] == ("Agency", "Partner")
    assert series.element_names("trust")[:2] == ("trust[care,care]", "trust[care,police]")
    assert series.element_names("one cell") == ("one cell",)
    assert series["trust"].shape == (1, 21, 4, 4)
    assert series.time_unit == "Month"


def test_only_what_is_asked_is_saved_and_it_is_the_same(grid: CompiledModel) -> None:
    whole = grid.run()
    for name in ("nested", "flags", "smoothed total", "weight", "mapped"):
        np.testing.assert_array_equal(grid.run(outputs=[name])[name], whole[name])
        assert list(grid.run(outputs=[name]).values) == [name]


def test_a_run_goes_on_from_the_states_of_another(grid: CompiledModel) -> None:
    whole = grid.run(final_time=8)
    half = grid.run(final_time=4)
    rest = grid.run(start=half.states, initial_time=4, final_time=8)
    assert half.states.shape == (1, len(grid.states))
    for name in whole.values:
        if name not in ("FINAL TIME", "INITIAL TIME"):
            np.testing.assert_allclose(rest[name][0], whole[name][0, 8:], rtol=1e-14, err_msg=name)


def test_states_have_names_and_first_values(tank: CompiledModel) -> None:
    assert tank.states == ("Tank",)
    np.testing.assert_array_equal(tank.initial_states({"Start": [1.0, 2.0]}), [[1.0], [2.0]])


def test_rates_are_the_slope_at_given_states(tank: CompiledModel) -> None:
    np.testing.assert_allclose(tank.rates({"Rate": 3.0}, [[8.0], [24.0], [0.0]]), [[4.0], [0.0], [6.0]])
    np.testing.assert_allclose(tank.rates({"Rate": [1.0, 2.0]}, [8.0]), [[0.0], [2.0]])


def test_rates_know_the_time(written: Written) -> None:
    compiled = compile_model(written("Level = INTEG(STEP(3, 5), 0)"))
    assert compiled.rates(None, [0.0]).item() == 0
    assert compiled.rates(None, [0.0], time=6).item() == 3


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_freed_variable_becomes_an_input_and_cuts_its_loop(backend: str, written: Written) -> None:
    model = written("Stock = INTEG(Growth, 2)", "Growth = Rate * Stock", "Rate = 0.1")
    cut = compile_model(model, backend=backend, free=["growth"])
    assert cut.inputs["Growth"].default == pytest.approx(0.2)
    assert cut.run()["Stock"][0, -1] == pytest.approx(2 + 0.2 * 10)
    assert cut.run({"Growth": -0.1})["Stock"][0, -1] == pytest.approx(1)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_series_is_followed_between_its_points_and_held_beyond(backend: str, written: Written) -> None:
    compiled = compile_model(
        written("Stock = INTEG(Flow, 0)", "Flow = 2 * Rate", "Rate = 5"), backend=backend, series=["Rate"]
    )
    given = {"Rate": ([2.0, 4.0], [1.0, 3.0])}
    found = compiled.run(series=given, save_period=1, outputs=["Rate", "Flow"])
    assert found["Rate"][0].tolist() == [1, 1, 1, 2, 3, 3, 3, 3, 3, 3, 3]
    assert found["Flow"][0].tolist() == [2 * rate for rate in found["Rate"][0]]
    assert compiled.run(save_period=1)["Rate"][0].tolist() == [5] * 11  # without a series: what the file says


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("runs", [1, 3, 11])
def test_series_may_differ_by_run_and_element(backend: str, runs: int, written: Written) -> None:
    model = written("Place: north, south", "Rate[Place] = 1, 2", "Stock[Place] = INTEG(Rate[Place], 0)")
    compiled = compile_model(model, backend=backend, series=["Rate"])
    values = np.arange(runs * 3 * 2, dtype=float).reshape(runs, 3, 2)
    found = compiled.run(series={"Rate": ([0.0, 5.0, 10.0], values)}, save_period=5)
    np.testing.assert_array_equal(found["Rate"], values)
    assert found["Stock"].shape == (runs, 3, 2)


def test_an_auxiliary_may_be_replaced_by_a_series(written: Written) -> None:
    compiled = compile_model(written(*TANK), series=["Inflow"])
    assert compiled.run(series={"Inflow": ([0.0], [0.0])})["Tank"][0, -1] == pytest.approx(5 * (1 - 0.25 / 4) ** 40)
    with pytest.raises(InputError, match="no values given for the series `Inflow`"):
        compiled.run()


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads_do_not_change_a_bit(threads: int, written: Written) -> None:
    compiled = compile_model(written(*TANK))
    inputs = {"Rate": np.linspace(1, 9, 203)}
    np.testing.assert_array_equal(
        compiled.run(inputs, threads=threads)["Tank"], compiled.run(inputs, threads=1)["Tank"]
    )


@pytest.mark.parametrize("threads", [1, 3])
def test_progress_is_told_and_can_stop_the_work(threads: int, tank: CompiledModel) -> None:
    shares: list[float] = []
    tank.run({"Rate": np.ones(100)}, progress=shares.append, threads=threads)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0

    def stop(share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tank.run({"Rate": np.ones(100)}, progress=stop, threads=threads)


def test_missing_and_infinite_numbers_pass_through(tank: CompiledModel) -> None:
    found = tank.run({"Rate": [1.0, np.nan, np.inf, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]}, allow_nan=True)["Tank"][:, -1]
    assert np.isnan(found[1])
    assert not np.isfinite(found[2])
    assert np.isfinite(np.delete(found, [1, 2])).all()


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda c: c.run({"Ratte": 1.0}), "`Ratte` is not an input.*Did you mean `Rate`"),
        (lambda c: c.run({"Inflow": 1.0}), "`Inflow` is not an input of this model"),
        (lambda c: c.run({"Rate": [[1.0, 2.0]]}), r"the value of `Rate` has shape \(1, 2\)"),
        (lambda c: c.run({"Rate": "three"}), "is not a number"),
        (lambda c: c.run({"Rate": [1.0, 2.0], "Start": [1.0, 2.0, 3.0]}), "different numbers of runs: 2, 3"),
        (lambda c: c.run({"Rate": []}), "inputs for no runs"),
        (lambda c: c.run(start=np.empty((0, 1))), "inputs for no runs"),
        (lambda c: c.run(outputs=["Tnak"]), "Did you mean `Tank`"),
        (lambda c: c.run(start=[1.0, 2.0]), r"`start` has shape \(2,\)"),
        (lambda c: c.run({"Rate": [1.0, 2.0]}, start=np.ones((3, 1))), "different numbers of runs"),
        (lambda c: c.run(method="rk45"), "the integration method `rk45` is not supported"),
        (lambda c: c.run(series={"Rate": ([0.0], [1.0])}), "`Rate` is not a series"),
        (lambda c: c.run(time_step=0.0), "TIME STEP must be greater than 0"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(
    call: Callable[[CompiledModel], object], said: str, tank: CompiledModel
) -> None:
    with pytest.raises(InputError, match=said):
        call(tank)


def test_all_problems_of_a_call_are_told_at_once(tank: CompiledModel) -> None:
    with pytest.raises(InputError) as caught:
        tank.run({"Ratte": 1.0, "Start": [[1.0]]})
    assert len(caught.value.problems) == 2


def test_only_what_has_an_equation_can_be_freed(written: Written) -> None:
    with pytest.raises(InputError, match=r"`Rate` is a constant and cannot be freed\. A constant is an input already"):
        compile_model(written(*TANK), free=["Rate"])
    with pytest.raises(InputError, match="no variable `Nothing`"):
        compile_model(written(*TANK), free=["Nothing"])


def test_saving_follows_the_time_step_where_the_file_says_so() -> None:
    model = read_model(MODELS / "xmile.xmile")
    assert len(compile_model(model).run(time_step=0.5).time) == 25


def test_a_file_that_asks_for_an_unknown_method_is_refused_by_name(written: Written) -> None:
    from dataclasses import replace

    compiled = compile_model(replace(written(*TANK), integration="auto"))
    with pytest.raises(InputError, match=r"written\.mdl: the integration method `auto` is not supported"):
        compiled.run()
    assert compiled.run(method="rk4")["Tank"].shape == (1, 41)
