from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr

from policy_lab.analysis.belief_words import beliefs_in_words, headline, one_in, surprise
from policy_lab.analysis.beliefs import beliefs
from policy_lab.analysis.dominance import SENTENCE
from policy_lab.errors import InputError
from policy_lab.results.types import Outcome, Results
from policy_lab.run import run
from policy_lab.study import Plan, Study, open_study
from policy_lab.study.plan import LEVERS
from tests.analysis.test_switching import COST, FIRST, PRICE, SECOND, TURNOVER, linear, scores_of


@pytest.fixture(scope="module")
def fishery() -> Study:
    return open_study("fishery")


@pytest.fixture(scope="module")
def plan(fishery: Study) -> Plan:
    return fishery.plan(worlds=1, futures=2, seed=3)


@pytest.mark.parametrize("start", [-1.0, 1.0])
def test_the_nearest_point_of_a_plane_by_hand(plan: Plan, start: float) -> None:
    # The lead changes sign on 0.5 z1 + 0.5 z2 = 1, whose nearest point to the centre is (1, 1).
    found = beliefs(plan, FIRST, SECOND, linear(start, {PRICE: 0.5, COST: 0.5}), worlds=20)
    assert found.ahead == (start > 0)
    assert found.nearest == pytest.approx(np.sqrt(2), rel=0.01)
    assert found.distance == pytest.approx(np.sqrt(2), rel=0.01)
    assert set(found.needed["input"]) == {"Fish price", "Cost per boat"}
    side = 1.0 if start < 0 else -1.0
    assert found.needed["quantile"].to_numpy() == pytest.approx(np.full(2, ndtr(side)), abs=0.01)
    assert found.needed["share"].to_numpy() == pytest.approx([0.5, 0.5], abs=0.02)


def test_the_nearest_point_of_a_circle(plan: Plan) -> None:
    def evaluate(asked: Plan) -> Results:
        first, second = scores_of(asked, PRICE), scores_of(asked, COST)
        made = linear(0.0, {})(asked)
        ahead = 4.0 - (first - 3.0) ** 2 - second**2  # zero on a circle about (3, 0) of radius 2
        level = np.zeros((2, asked.worlds, asked.futures, 7))
        level[0] = ahead[:, None, None]
        outcomes = {name: Outcome(name, "Dmnl", (), (), level) for name in asked.saved}
        return replace(made, outcomes=outcomes)

    found = beliefs(plan, FIRST, SECOND, evaluate, worlds=5)
    assert found.nearest == pytest.approx(1.0, rel=0.02)
    assert list(found.needed["input"]) == ["Fish price"]


@settings(max_examples=8)
@given(st.floats(0.3, 1.5), st.floats(-1, 1), st.floats(0.4, 1))
def test_the_distance_is_that_of_the_plane(start: float, one: float, other: float) -> None:
    plan = open_study("fishery").plan(worlds=1, futures=1)
    found = beliefs(plan, FIRST, SECOND, linear(-start, {PRICE: one, COST: other}), worlds=2)
    if start / np.hypot(one, other) < 3:  # else the ends of the ranges come first
        assert found.nearest == pytest.approx(start / np.hypot(one, other), rel=0.03)
    assert found.distance >= found.nearest * 0.97


def test_lesser_moves_are_left_out_at_little_cost(plan: Plan) -> None:
    found = beliefs(plan, FIRST, SECOND, linear(-1.0, {PRICE: 0.6, COST: 0.6, TURNOVER: 0.1}), worlds=2)
    assert set(found.needed["input"]) == {"Fish price", "Cost per boat"}
    assert found.nearest < found.distance < 1.05 * found.nearest


def test_what_is_out_of_all_ranges_is_said(plan: Plan) -> None:
    found = beliefs(plan, FIRST, SECOND, linear(-50.0, {PRICE: 1.0, COST: 1.0}), worlds=2)
    assert np.isnan(found.distance)
    assert found.needed.empty
    assert found.outcomes["risk_needed"].isna().all()
    told = " ".join(beliefs_in_words(found))
    assert "no assumptions within the ranges were found that do it" in told
    assert f"{found.searched:,} points" in told


def test_an_input_that_turns_the_order_alone_is_told(plan: Plan) -> None:
    found = beliefs(plan, FIRST, SECOND, linear(-0.5, {PRICE: 0.5}), worlds=50)
    assert "1 of 44 inputs have a switching value within their range: Fish price at" in beliefs_in_words(found)[0]
    assert headline(found) == (
        "Catch quota trails Co-management at central values; alone, only Fish price can change that within its range"
    )
    assert found.ensemble.loc[0, "ahead"] == pytest.approx(ndtr(-1.0), abs=0.15)


def test_a_structural_switch_is_no_surprise(fishery: Study) -> None:
    row = fishery.parameters["Fish price"]
    switch = row.model_copy(update={"distribution": "switch", "base": row.low})
    plan = replace(fishery, parameters={**fishery.parameters, "Fish price": switch}).plan(worlds=1, futures=1)
    found = beliefs(plan, FIRST, SECOND, linear(-0.5, {PRICE: 1.0, COST: 0.1}), worlds=2)
    # At its base the switch stands at -1, so that the lead is -1.5 there and 0.5 in its other position.
    assert found.lead == pytest.approx(-1.5)
    assert found.distance == 0
    assert list(found.needed["input"]) == ["Fish price"]
    assert "another account of the structure" in beliefs_in_words(found)[1]


def test_a_group_is_beaten_when_its_best_is(plan: Plan) -> None:
    found = beliefs(plan, "co-management", None, run, worlds=4)
    assert found.rivals == ("catch-quota", "patrolled-licences")
    assert found.ahead
    assert "the best of Catch quota and Licences" in beliefs_in_words(found)[0]
    assert (found.outcomes["mean"] > 0).all()


def test_the_order_changes_at_the_point_that_is_told(plan: Plan) -> None:
    found = beliefs(plan, "patrolled-licences", "catch-quota", run, worlds=4)
    before, after = found.outcomes["mean"], found.outcomes["mean_needed"]
    assert found.ahead == (before[0] > before[1])
    assert (after[0] > after[1]) != found.ahead
    assert after[0] == pytest.approx(after[1], rel=0.005)
    assert found.nearest <= found.distance * 1.03


def test_scores_can_be_left_where_they_are(plan: Plan) -> None:
    held = plan.with_(vary=plan.vary - {LEVERS})
    found = beliefs(held, "patrolled-licences", "catch-quota", run, worlds=4)
    assert "lever scores" not in set(found.switching["group"])
    assert len(found.switching) == 30


def test_a_share_of_worlds_is_withheld_where_the_order_was_put_in(plan: Plan) -> None:
    found = beliefs(plan, "open-access", "open-access+watch", linear(0.2, {PRICE: 0.5}), worlds=4)
    assert np.isnan(found.ensemble.loc[0, "ahead"])
    assert SENTENCE in beliefs_in_words(found)


@pytest.mark.parametrize(
    ("design", "against", "told"),
    [("open-access", None, "has no rival in its group"), (FIRST, FIRST, "has no rival"), (FIRST, "quota", "no design")],
)
def test_a_rival_is_needed(plan: Plan, design: str, against: str | None, told: str) -> None:
    with pytest.raises(InputError, match=told):
        beliefs(plan, design, against, run)


def test_something_has_to_vary(plan: Plan) -> None:
    with pytest.raises(InputError, match="nothing varies"):
        beliefs(plan.with_(vary={"luck"}), FIRST, SECOND, run)


def test_words_for_distances() -> None:
    assert [surprise(d) for d in (0.2, 0.9, 1.3, 2.0, 3.0)] == [
        "nothing unusual", "a little unusual", "unusual", "surprising", "very surprising",
    ]  # fmt: skip
    assert (one_in(0.0), one_in(1.645), one_in(3.0), one_in(6.0)) == (
        "1 in 2", "1 in 20", "1 in 740", "fewer than 1 in 10,000",
    )  # fmt: skip
