from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import pytest

import policy_lab as pl
from policy_lab.results import Results
from policy_lab.run import run
from policy_lab.study import Study, open_study

BAR = "Stock against the reference"


@pytest.fixture(scope="module")
def fishery() -> Study:
    return open_study("fishery")


@pytest.fixture(scope="module")
def results(fishery: Study) -> Results:
    return run(fishery.plan(worlds=6, futures=4))


def same(first: Results, second: Results) -> bool:
    return all(np.array_equal(first[name].values, second[name].values, equal_nan=True) for name in first.outcomes)


def test_outcomes_have_an_axis_for_every_choice(results: Results) -> None:
    assert results["Fleet"].values.shape == (4, 6, 4, 121, 3)
    assert results[BAR].values.shape == (4, 6, 4, 121)
    assert np.array_equal(results.time, np.arange(121.0))
    assert results["Fleet"].elements == (("north", "south", "west"),)
    assert results.failures == ()
    assert np.isfinite(results[BAR].values).all()
    assert results.levers["quota"].shape == (4, 6)
    assert results.manifest["cases"] == 96
    assert results.manifest["model_sha256"] == results.plan.study.model.digest


def test_the_room_runs_a_plan_when_it_is_called(fishery: Study, results: Results) -> None:
    assert same(pl.run(fishery.plan(worlds=6, futures=4)), results)


def test_the_same_seed_gives_the_same_numbers_and_another_others(fishery: Study, results: Results) -> None:
    assert same(run(fishery.plan(worlds=6, futures=4)), results)
    assert not same(run(fishery.plan(worlds=6, futures=4, seed=1)), results)


def test_more_worlds_and_futures_change_no_case(fishery: Study, results: Results) -> None:
    more = run(fishery.plan(worlds=9, futures=5))
    for name, outcome in results.outcomes.items():
        assert np.allclose(more[name].values[:, :6, :4], outcome.values, rtol=1e-9, atol=1e-12), name


def test_comparing_fewer_designs_changes_no_case(fishery: Study, results: Results) -> None:
    alone = run(fishery.plan(designs=["co-management"], worlds=6, futures=4))
    assert np.array_equal(alone[BAR].values[0], results[BAR].values[3])


def test_all_designs_start_alike_in_a_switch(results: Results) -> None:
    start = results["Fish stock"].values[..., 0]
    assert (start == start[:1, :, :1]).all()
    assert len(np.unique(start)) == 6


def test_the_base_stays_at_rest_when_nothing_happens(fishery: Study) -> None:
    calm = run(fishery.plan(designs=["open-access"], scenario="calm", worlds=20, futures=1, horizon=240))
    for name in (BAR, "Fleet", "Compliance", "Trust", "Implementation"):
        values = calm[name].values
        assert np.allclose(values, values[:, :, :, :1], rtol=1e-6), name


def test_settled_designs_stay_at_their_own_rest(fishery: Study) -> None:
    calm = run(fishery.plan(start="settled", scenario="calm", worlds=10, futures=1))
    values = calm[BAR].values
    assert np.allclose(values, values[..., :1], rtol=1e-6)
    assert (np.ptp(values[..., 0], axis=0) > 0.01).all()


@pytest.mark.parametrize("engine", ["compiled", "numpy"])
def test_designs_can_start_where_the_model_file_does(fishery: Study, engine: Literal["compiled", "numpy"]) -> None:
    plan = fishery.plan(designs=["open-access", "co-management"], start="file", worlds=3, futures=1)
    found = run(plan, engine=engine)
    share, capacity = fishery.constants["Initial fish share"], plan.world_inputs()["Carrying capacity"]
    np.testing.assert_allclose(found["Fish stock"].values[:, :, 0, 0], np.array([share * capacity] * 2), rtol=1e-12)
    assert len(set(found["Fish stock"].values[0, :, 0, 0])) == 3
    assert not np.allclose(found["Fish stock"].values[0, :, 0, -1], found["Fish stock"].values[1, :, 0, -1])


def test_the_reference_is_the_measure_of_all_designs(fishery: Study) -> None:
    """A design with the reference's own scores and members rests at exactly one."""
    reference = fishery.file.reference
    assert reference is not None
    model = fishery.designs["co-management"]
    scores = {
        key: model.levers[key].model_copy(update={"low": value, "mode": value, "high": value})
        for key, value in reference.levers.items()
    }
    ideal = model.model_copy(update={"levers": scores, "members": reference.members})
    study = replace(fishery, designs={**fishery.designs, "ideal": ideal})
    found = run(study.plan(designs=["ideal"], start="settled", scenario="calm", worlds=10, futures=1))
    assert np.allclose(found[BAR].values, 1, rtol=1e-6)
    assert len(np.unique(found.worlds["Reference fish stock"])) == 10


def test_designs_with_the_same_scores_are_the_same_design(fishery: Study) -> None:
    twin = fishery.designs["co-management"]
    designs = {**fishery.designs, "one": twin, "other": twin.model_copy(update={"title": "Another name"})}
    plan = replace(fishery, designs=designs).plan(designs=["one", "other"], worlds=5, futures=3)
    found = run(plan.with_(vary={"parameters", "luck"}))
    for outcome in found.outcomes.values():
        assert np.array_equal(outcome.values[0], outcome.values[1])
    drawn = run(plan)
    assert not np.array_equal(drawn[BAR].values[0], drawn[BAR].values[1])


def test_a_placebo_of_all_from_one_leaves_only_members_and_disruption(fishery: Study) -> None:
    designs = ("catch-quota", "patrolled-licences")  # neither has members
    plan = fishery.plan(designs=designs, start="settled", worlds=5, futures=3)
    found = run(plan.with_(scores_from={"patrolled-licences": "catch-quota"}))
    for outcome in found.outcomes.values():
        assert np.array_equal(outcome.values[0], outcome.values[1])


def test_local_events_have_the_same_draws_and_other_dates(fishery: Study, results: Results) -> None:
    raids = results["Raids seen"].values
    assert (np.diff(raids, axis=3) >= -1e-9).all()
    counts = raids[..., -1, :]
    assert counts.max() > 1
    assert not np.array_equal(counts[0], counts[3])


def test_luck_makes_futures_differ_and_calm_does_not(fishery: Study, results: Results) -> None:
    assert (np.ptp(results[BAR].values[..., -1], axis=2) > 0).all()
    calm = run(fishery.plan(scenario="calm", worlds=3, futures=3))
    assert (np.ptp(calm[BAR].values, axis=2) == 0).all()


def test_engines_agree(fishery: Study) -> None:
    plan = fishery.plan(worlds=3, futures=2)
    compiled, readable = run(plan), run(plan, engine="numpy")
    for name, outcome in compiled.outcomes.items():
        assert np.allclose(outcome.values, readable[name].values, rtol=1e-9, atol=1e-9), name


def test_threads_change_nothing(fishery: Study, results: Results) -> None:
    assert same(run(fishery.plan(worlds=6, futures=4), threads=1), results)


def test_progress_counts_to_the_end(fishery: Study) -> None:
    told: list[tuple[int, int]] = []
    run(fishery.plan(worlds=4, futures=2), progress=lambda done, total: told.append((done, total)))
    assert told == sorted(told)
    assert (told[0], told[-1]) == ((0, 32), (32, 32))


def test_settings_and_time_step_reach_the_runs(fishery: Study, results: Results) -> None:
    dear = run(fishery.plan(worlds=6, futures=4, settings={"Fish price": 4.0}))
    assert (dear["Fish stock"].values[0, ..., 0] < results["Fish stock"].values[0, ..., 0]).all()
    finer = run(fishery.plan(worlds=6, futures=4, time_step=0.125))
    assert not same(finer, results)
    assert np.allclose(finer[BAR].values, results[BAR].values, atol=0.02)
    assert finer.manifest["time_step"] == 0.125


def test_the_manifest_says_how_a_step_adapted(fishery: Study, results: Results) -> None:
    assert "tolerance" not in results.manifest
    study = replace(fishery, model=replace(fishery.model, integration="adaptive"))
    adapted = run(study.plan(worlds=6, futures=4))
    assert adapted.manifest["integration"] == "adaptive"
    assert adapted.manifest["tolerance"] == {"relative": 1e-6, "absolute": 1e-9}
    assert adapted.manifest["cases_beyond_tolerance"] == 0
    assert not same(adapted, results)
    assert np.allclose(adapted[BAR].values, results[BAR].values, atol=0.02)


def test_worlds_without_a_rest_are_listed_and_not_a_number(fishery: Study) -> None:
    plan = fishery.plan(worlds=3, futures=2, settings={"Raid length": 0.0})
    found = run(plan)
    assert len(found.failures) == found.manifest["failed_cases"] == plan.cases
    assert {(case.design, case.world, case.future) for case in found.failures} == {
        (design, world, future) for design in plan.designs for world in range(3) for future in range(2)
    }
    assert all("no resting point of the reference" in case.reason for case in found.failures)
    assert all(np.isnan(outcome.values).all() for outcome in found.outcomes.values())
    assert "24 failed cases" in repr(found)


def test_only_the_cases_that_leave_the_numbers_are_lost(fishery: Study) -> None:
    """Growth that explodes with the first spell of weather spoils the futures that have one, and no other."""
    found = run(
        fishery.plan(designs=["catch-quota", "open-access"], worlds=4, futures=20, settings={"Spell severity": -500.0})
    )
    first_spell = found.plan.future_inputs()["Spell start"][..., 0]
    spoilt = np.isnan(found["Fish stock"].values).all(axis=-1)
    assert np.array_equal(spoilt[0], first_spell < 119)
    assert 0 < spoilt.sum() < spoilt.size
    listed = {(case.design, case.world, case.future): case for case in found.failures}
    assert len(listed) == spoilt.sum()
    for (design, world, future), case in listed.items():
        assert spoilt[found.designs.index(design), world, future]
        assert case.reason == "not a finite number"
        assert case.variable in found.outcomes
        assert first_spell[world, future] <= case.time <= first_spell[world, future] + 3
