from __future__ import annotations

import numpy as np
import pytest

from policy_lab.errors import InputError
from policy_lab.study.inputs import LEVER_GROUP, uncertain_inputs
from policy_lab.study.sampling import triangular


@pytest.fixture(scope="module")
def plan():
    from policy_lab.study import open_study

    return open_study("fishery").plan(designs=["catch-quota+watch"], worlds=3, futures=1)


def test_every_constant_with_a_range_is_an_input_and_no_other(plan):
    rows = {row.title: row for row in uncertain_inputs(plan) if not row.design}
    assert set(rows) == {name for name, row in plan.study.parameters.items() if row.varies}
    assert (rows["Carrying capacity"].low, rows["Carrying capacity"].unit) == (7000, "tonne")


def test_scores_of_a_design_its_overlay_and_the_base_that_it_starts_from_are_inputs(plan):
    scores = [row for row in uncertain_inputs(plan) if row.group == LEVER_GROUP]
    owners = {(row.design, row.lever) for row in scores}
    levers = set(plan.study.file.levers)
    assert {key for owner, key in owners if owner == "open-access"} == levers  # its disruption is certain
    assert {key for owner, key in owners if owner == "catch-quota"} == {*levers, "disruption"}
    assert {key for owner, key in owners if owner == "watch"} == {"patrol"}
    settled = {row.design for row in uncertain_inputs(plan.with_(start="settled"))}
    assert settled == {"", "catch-quota", "watch"}


def test_each_input_moves_what_is_run_and_by_its_own_distribution(plan):
    """Given quantiles go to the very constant that the input names; all together move everything that differs."""
    ends = np.array([0.05, 0.5, 0.95])
    levers = {row.lever: row for row in uncertain_inputs(plan) if row.design == "catch-quota"}
    given = plan.with_(quantiles={levers["quota"].stream: ends})
    score = plan.study.designs["catch-quota"].levers["quota"]
    assert given.lever_scores()["quota"][0] == pytest.approx(triangular(ends, score.low, score.mode, score.high))
    flat = plan.with_(quantiles={row.stream: np.full(3, 0.5) for row in uncertain_inputs(plan)})
    everything = {**flat.world_inputs(), **flat.design_inputs("catch-quota+watch")}
    assert all(np.ptp(values, axis=0).max() == 0 for values in everything.values())


def test_what_is_held_is_no_input(plan):
    held = plan.study.plan(settings={"carrying capacity": 9000, "Weight of motive[deterrence]": 0.3})
    titles = {row.title for row in uncertain_inputs(held)}
    assert not titles & {"Carrying capacity", "Weight of motive[deterrence]"}
    assert "Weight of motive[example]" in titles
    assert not [row for row in uncertain_inputs(held.with_(vary={"parameters"})) if row.design]
    assert {row.title for row in uncertain_inputs(plan.with_(vary={"Catchability"}))} == {"Catchability"}


def test_given_quantiles_are_checked(plan):
    with pytest.raises(InputError, match="Did you mean `parameter/Carrying capacity`"):
        plan.with_(quantiles={"parameter/Carying capacity": np.full(3, 0.5)})
    with pytest.raises(InputError, match="needs 3 quantiles"):
        plan.with_(quantiles={"parameter/Carrying capacity": np.full(4, 0.5)})
    with pytest.raises(InputError, match="do not lie between 0 and 1"):
        plan.with_(quantiles={"parameter/Carrying capacity": np.array([0.5, 0.5, np.nan])})


def test_a_manifest_tells_given_quantiles_by_digest_and_says_nothing_without(plan):
    given = plan.with_(quantiles={"parameter/Catchability": np.full(3, 0.5)})
    other = plan.with_(quantiles={"parameter/Catchability": np.full(3, 0.6)})
    assert given.choices()["quantiles"]["inputs"] == 1
    assert given.choices()["quantiles"] != other.choices()["quantiles"]
    assert "quantiles" not in plan.choices()
