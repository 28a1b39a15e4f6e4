from __future__ import annotations

import numpy as np
import pytest

from policy_lab.analysis import risk as room
from policy_lab.analysis.dominance import PUT_IN
from tests.analysis import hand

OPEN_A = {"quota": 0.4, "delay": 0.8, "breadth": 0.5}
OPEN_B = {"quota": 0.2, "delay": 0.6, "breadth": 0.5}
BELOW_A = {"quota": 0.2, "delay": 0.8, "breadth": 0.5}

FALLS, HOLDS = [1.0, 0.4, 0.4, 1.0], [1.0, 1.0, 1.0, 1.0]


def cases(*worlds: str) -> list:
    """``"-+"`` is a world with one future that falls short and one that does not."""
    return [[FALLS if mark == "-" else HOLDS for mark in world] for world in worlds]


@pytest.fixture
def open_pair():
    """Risks by world: a 0, 1/2, 1/2, 1 and b 1/2, 1/2, 0, 0."""
    made = hand.study({"a": hand.design(OPEN_A), "b": hand.design(OPEN_B)}, base="a")
    return hand.results(made, np.array([cases("++", "+-", "+-", "--"), cases("+-", "+-", "++", "++")]))


def test_risk_is_the_mean_over_worlds_of_the_share_of_futures(open_pair):
    table = room.risk(open_pair).set_index("design")
    assert table["risk"].tolist() == [0.5, 0.25]
    assert table.loc["a", ["risk_q05", "risk_q50", "risk_q95"]].tolist() == pytest.approx([0.075, 0.5, 0.925])


def test_the_simulation_error_is_that_of_the_mean_over_worlds(open_pair):
    table = room.risk(open_pair).set_index("design")
    assert table.loc["a", "simulation_error"] == pytest.approx(np.std([0, 0.5, 0.5, 1], ddof=1) / 2)
    # inside worlds: r(1-r)/(S-1) is 0, 1/4, 1/4, 0; its mean 1/8 over four worlds
    assert table.loc["a", "simulation_error_luck"] == pytest.approx(np.sqrt(1 / 8 / 4))


def test_a_finite_run_never_claims_no_simulation_error():
    made = hand.study({"a": hand.design(OPEN_A)}, base="a")
    table = room.risk(hand.results(made, np.array([cases("++", "++")])))
    share = 2 / 6
    assert table["risk"][0] == 0
    assert table["simulation_error"][0] == pytest.approx(np.sqrt(share * (1 - share) / 6))


def test_ties_for_best_are_split(open_pair):
    table = room.risk(open_pair).set_index("design")
    assert table["chance_best"].tolist() == [(1 + 0.5) / 4, (0.5 + 1 + 1) / 4]
    assert table["rank_in_group"].tolist() == [2, 1]


def test_regret_is_what_a_wrong_choice_costs(open_pair):
    table = room.risk(open_pair).set_index("design")
    assert table["expected_regret"].tolist() == [(0 + 0 + 0.5 + 1) / 4, 0.5 / 4]
    assert table.loc["a", "regret_1_in_20"] == pytest.approx(np.quantile([0, 0, 0.5, 1], 0.95))


def test_the_chance_of_being_best_is_withheld_where_the_order_was_put_in(open_pair):
    made = hand.study({"a": hand.design(OPEN_A), "b": hand.design(BELOW_A)}, base="a")
    stock = open_pair["Stock"].values
    table = room.risk(hand.results(made, stock)).set_index("design")
    assert table["chance_best"].isna().all()
    assert table.loc["a", "chance_best_withheld"] == "its order was put in, not found: above b"
    assert table.loc["b", "chance_best_withheld"] == "its order was put in, not found: below a"
    pair = room.pairwise(hand.results(made, stock)).iloc[0]
    assert pair["order"] == PUT_IN
    assert np.isnan(pair["chance_better"])
    assert pair["difference"] == 0.25


def test_no_rank_runs_across_groups(open_pair):
    made = hand.study({"a": hand.design(OPEN_A), "b": hand.design(OPEN_B, group="past")}, base="a")
    table = room.risk(hand.results(made, open_pair["Stock"].values))
    assert table["rank_in_group"].tolist() == [1, 1]
    assert table["chance_best"].isna().all()
    assert table["expected_regret"].isna().all()
    assert set(table["chance_best_withheld"]) == {"the only design of its group here"}


def test_pairs_are_paired(open_pair):
    pair = room.pairwise(open_pair).iloc[0]
    assert (pair["design"], pair["other"]) == ("a", "b")
    assert pair["chance_better"] == (1 + 0.5) / 4
    assert pair["difference"] == 0.25  # worlds: -1/2, 0, 1/2, 1
    assert pair["difference_error"] == pytest.approx(np.std([-0.5, 0, 0.5, 1], ddof=1) / 2)
    assert not pair["clear"]


def test_a_difference_of_one_sign_is_clear():
    made = hand.study({"a": hand.design(OPEN_A), "b": hand.design(OPEN_B)}, base="a")
    pair = room.pairwise(hand.results(made, np.array([cases("--", "--"), cases("++", "++")]))).iloc[0]
    assert pair["clear"]
    assert (pair["difference_q05"], pair["difference_q95"]) == (1.0, 1.0)


def test_failed_cases_are_counted_and_left_out():
    made = hand.study({"a": hand.design(OPEN_A)}, base="a")
    stock = np.array([cases("-+", "++")])
    stock[0, 0, 1, 2] = np.nan
    table = room.risk(hand.results(made, stock))
    assert table["failed_cases"][0] == 1
    assert table["risk"][0] == 0.5  # one usable future of the first world fell short, none of the second's


def test_the_surface_moves_bar_and_persistence(open_pair):
    table = room.surface(open_pair, thresholds=[0.3], periods=[3]).set_index(["design", "threshold", "periods"])
    assert table.loc[("a", 0.5, 2), "risk"] == 0.5
    assert table.loc[("a", 0.5, 3), "risk"] == 0.0
    assert table.loc[("a", 0.3, 2), "risk"] == 0.0
    assert table["headline"].sum() == 2
    assert table.loc[("a", 0.5, 2), "headline"]


def test_the_bars_beside_the_headline_are_the_studys(open_pair):
    table = room.at_thresholds(open_pair).set_index(["design", "bar"])
    assert table.loc[("a", "headline"), "risk"] == 0.5
    assert table.loc[("a", "low"), ["threshold", "risk"]].tolist() == [0.25, 0.0]
