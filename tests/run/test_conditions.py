"""A condition in words becomes the run that it describes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from policy_lab.engine import compile_model
from policy_lab.engine.rest import solve_rest
from policy_lab.errors import EngineError, InputError
from policy_lab.model.kept import read_kept
from policy_lab.run import run
from policy_lab.run.conditions import Bench
from policy_lab.study import open_study
from policy_lab.study.check_file import CheckSet
from policy_lab.study.check_schema import Alike, Change, Condition, FromTable, Plant

STOCK = "Fish stock"


@pytest.fixture(scope="module")
def bench() -> Bench:
    study = open_study("fishery")
    return Bench(CheckSet(study.folder / "checks.yaml", {}, {}, {"": study.model}, study), read_kept)


def path(bench: Bench, name: str = STOCK, **condition: object) -> np.ndarray:
    """Return the first run of a variable, shape (times, *dimensions)."""
    return bench.series(Condition.model_validate(condition), [name])[name][0]


def test_at_rest_nothing_moves(bench: Bench) -> None:
    values = path(bench)
    assert np.ptp(values) < 1e-6 * values[0]
    assert len(values) == 121  # the horizon of the study


def test_the_file_starts_where_the_file_says(bench: Bench) -> None:
    assert path(bench, start="file", until=3)[0] == pytest.approx(4000)  # 0.4 × 10,000


def test_a_switch_is_the_run_of_the_plan(bench: Bench) -> None:
    """The same worlds, futures and starting point as `compare` has."""
    study = bench.checks.study
    assert study is not None
    plan = study.plan(designs=["co-management"], worlds=3, futures=2)
    expected = run(plan)[STOCK].values[0].reshape(6, -1)
    condition = Condition(switch_to="co-management", scenario="random", worlds=3, futures=2)
    np.testing.assert_allclose(bench.series(condition, [STOCK])[STOCK], expected, rtol=1e-12)


def test_what_is_set_holds_at_rest_and_what_is_changed_does_not(bench: Bench) -> None:
    held = path(bench, set={"Quota strictness": 0.8})
    changed = path(bench, change=(Change(set={"Quota strictness": 0.8}),))
    assert np.ptp(held) < 1e-6 * held[0]
    assert changed[0] == pytest.approx(path(bench)[0])
    assert changed[-1] > 1.05 * changed[0]


def test_a_change_under_way_goes_on_from_where_the_run_was(bench: Bench) -> None:
    late = path(bench, change=(Change(at=24, set={"Quota strictness": 0.8}),))
    now = path(bench, change=(Change(set={"Quota strictness": 0.8}),))
    assert len(late) == 121
    np.testing.assert_allclose(late[:25], late[0], rtol=1e-6)
    np.testing.assert_allclose(late[24:], now[:97], rtol=1e-6)


def test_several_changes_add_up(bench: Bench) -> None:
    changes = (Change(set={"Quota strictness": 0.8}), Change(at=12, set={"Quota strictness": 0.1}))
    values = path(bench, change=changes, until=400)
    assert values[12] > values[0]
    assert values[-1] == pytest.approx(values[0], rel=0.01)


def test_a_variable_is_fixed_from_the_start_on(bench: Bench) -> None:
    assert (path(bench, "Landings", fix={"Landings": 0.0}) == 0).all()
    values = path(bench, fix={"Landings": 0.0})
    assert values[0] == pytest.approx(path(bench)[0])
    assert values[-1] > values[0]


def test_a_held_variable_keeps_its_resting_value(bench: Bench) -> None:
    shock = (Change(set={"Initial trust": 0.1, "Quota strictness": 0.8}),)
    trust = path(bench, "Trust", change=shock, hold=("Trust",))
    assert (trust == trust[0]).all()
    np.testing.assert_allclose(trust[0], path(bench, "Trust")[0], rtol=1e-12)


def test_a_cut_link_shows_the_effect_the_cause_as_it_was(bench: Bench) -> None:
    shock = (Change(set={"Quota strictness": 0.8}),)
    cut = bench.series(Condition(change=shock, cut=("Fish stock -> Catch per boat",)), [])
    per_boat = cut["Catch per boat"][0]
    expected = cut["Catchability"][0, 0] * cut["Days at sea"][0] * cut[STOCK][0, 0]
    np.testing.assert_allclose(per_boat, expected, rtol=1e-12)
    assert np.ptp(cut[STOCK]) > 1


def test_a_named_loop_is_cut_where_the_study_says(bench: Bench) -> None:
    shock = (Change(set={"Quota strictness": 0.8}),)
    np.testing.assert_array_equal(
        path(bench, change=shock, without=("B1",)), path(bench, change=shock, cut=("Fish stock -> Catch per boat",))
    )


def test_a_path_over_time_stands_in_for_an_equation_and_its_first_value_rests(bench: Bench) -> None:
    values = path(bench, "Landings", over_time={"Landings": ((0, 10), (10, 20), (20, 20))})
    np.testing.assert_allclose(values[[0, 5, 10, 60]].mean(axis=1), [10, 15, 20, 20])
    stock = path(bench, over_time={"Landings": ((0, 10), (10, 20), (20, 20))})
    assert abs(stock[1] / stock[0] - 1) < 0.001


def test_a_table_drives_a_variable(bench: Bench) -> None:
    table = FromTable(
        table="national.csv", where={"measure": "cla_at_31_march"}, time="year", value="value", origin=2008,
        period=12, times=1e-3,
    )  # fmt: skip
    values = path(bench, "Landings", start="file", over_time={"Landings": table}, until=24)
    assert values[12] == pytest.approx([60.92] * 3)  # 60,920 children in 2009, which the fishery lands as tonnes


def test_a_planted_change_is_another_model(bench: Bench) -> None:
    plant = Plant(replace="Intrinsic growth rate = 0.03", by="Intrinsic growth rate = 0.06")
    assert path(bench, plant=plant)[0] > 1.2 * path(bench)[0]
    study = bench.checks.study
    assert study is not None
    assert "0.03" in study.files["model"].read_text(encoding="utf-8")


def test_alike_gives_every_element_the_mean(bench: Bench) -> None:
    values = path(bench, "Fleet", start="file", alike=Alike(dimension="Community"))
    assert np.ptp(values, axis=1).max() < 1e-12
    assert values[0] == pytest.approx([24] * 3)  # the mean of 30, 24 and 18
    spared = path(bench, "Fleet", start="file", alike=Alike(dimension="Community", leaving_out=("Initial fleet",)))
    assert list(spared[0]) == [30, 24, 18]


def test_conditions_that_differ_later_share_their_rest_and_equal_ones_their_run(bench: Bench) -> None:
    one = bench.series(Condition(scenario="one-bad-spell"), [STOCK])
    assert bench.series(Condition(scenario="one-bad-spell"), ["Fleet"]) is one
    assert bench.series(Condition(), [STOCK])[STOCK][0, 0] == one[STOCK][0, 0]


def test_a_single_model_runs_without_a_study(tmp_path: Path) -> None:
    study = open_study("fishery")
    alone = Bench(CheckSet(tmp_path / "checks.yaml", {}, {}, {"": study.model}, None), read_kept)
    values = alone.series(Condition(set={"Raids at expected rate": 1}), [STOCK])[STOCK]
    compiled = compile_model(study.model)
    place = compiled.states.index(STOCK)
    assert values[0, 0] == pytest.approx(solve_rest(compiled, {"Raids at expected rate": 1}).states[0, place])


def test_a_model_without_rest_says_so(bench: Bench) -> None:
    endless = Plant(replace="Growth - SUM(Landings[Community!])", by="0.01*Fish stock - SUM(Landings[Community!])*0")
    with pytest.raises(EngineError, match="no resting point of the reference was found"):
        path(bench, plant=endless)
    alone = Bench(CheckSet(bench.checks.path, {}, {}, bench.checks.models, None), read_kept)
    with pytest.raises(EngineError, match="no resting point was found to start from"):
        path(alone, plant=endless)


def test_a_change_under_way_is_refused_where_a_pipeline_would_lose_what_is_in_it(tmp_path: Path) -> None:
    equations = {
        "Stock": "INTEG(Late, 1)", "Late": "DELAY FIXED(Rate, 3, Rate)", "Rate": "1", "FINAL TIME": "10",
        "INITIAL TIME": "0", "TIME STEP": "1", "SAVEPER": "1",
    }  # fmt: skip
    model = tmp_path / "pipe.mdl"
    text = "".join(f"{name} = {equation}\n\t~\tMonth\n\t~\ta.\n\t|\n" for name, equation in equations.items())
    model.write_text(text, encoding="utf-8")
    alone = Bench(CheckSet(tmp_path / "checks.yaml", {}, {}, {"": read_kept(model)}, None), read_kept)
    now = Condition(start="file", change=(Change(set={"Rate": 2}),))
    assert alone.series(now, ["Stock"])["Stock"][0, -1] == 21
    with pytest.raises(InputError, match="pipeline delay"):
        alone.series(Condition(start="file", change=(Change(at=5, set={"Rate": 2}),)), ["Stock"])


def test_a_change_between_two_saved_times_is_refused(bench: Bench) -> None:
    late = (Change(at=2.25, set={"Quota strictness": 0.8}),)
    with pytest.raises(InputError, match=r"a change at 2\.25 falls between two saved times, which are 1 apart"):
        path(bench, change=late)
    assert len(path(bench, change=late, save_every=0.25, until=4)) == 17
