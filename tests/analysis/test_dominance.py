from __future__ import annotations

import pytest

from policy_lab.analysis.dominance import OPEN, PUT_IN, SAME, compare_levers, dominance, put_in_pairs
from policy_lab.study import open_study
from policy_lab.study.scores import Scores, scored_study
from tests.analysis import hand

LOW = {"quota": 0.2, "delay": 0.8, "breadth": 0.5}


@pytest.mark.parametrize(
    ("other", "order"),
    [
        ({"quota": 0.2, "delay": 0.8, "breadth": 0.5}, SAME),
        ({"quota": 0.3, "delay": 0.8, "breadth": 0.5}, PUT_IN),
        ({"quota": 0.2, "delay": 0.7, "breadth": 0.5}, PUT_IN),  # a lower delay is the better one
        ({"quota": 0.3, "delay": 0.9, "breadth": 0.5}, OPEN),
        ({"quota": 0.3, "delay": 0.8, "breadth": 0.6}, OPEN),  # an ambiguous lever that differs leaves it open
        ({"quota": 0.3, "delay": 0.8}, OPEN),  # a lever that only one design scores
    ],
)
def test_orders_solved_by_hand(other, order):
    found = compare_levers(hand.design(other), hand.design(LOW), hand.LEVERS)
    assert found.order == order
    assert compare_levers(hand.design(LOW), hand.design(other), hand.LEVERS).order == order


def test_the_dominating_design_stands_first_with_what_could_overturn_it():
    made = hand.study(
        {
            "old": hand.design(LOW, members=["North"]),
            "new": hand.design({**LOW, "quota": 0.4}, members=["North", "South"], disruption=3.0),
        },
        base="old",
    )
    row = dominance(made).iloc[0]
    assert (row["design"], row["other"]) == ("new", "old")
    assert row["better_on"] == "Quota"
    assert row["members"] == "also has South"
    assert (row["disruption"], row["disruption_other"]) == (3.0, 0.0)
    assert row["sentence"] == "This order was put in, not found; the model only sizes it."


def test_the_base_costs_nothing_to_keep():
    made = hand.study(
        {"old": hand.design(LOW, disruption=4.0), "new": hand.design({**LOW, "quota": 0.4}, disruption=3.0)}, base="old"
    )
    row = dominance(made).iloc[0]
    assert (row["design"], row["disruption"], row["disruption_other"]) == ("new", 3.0, 0.0)


def test_an_open_pair_carries_no_sentence_and_no_order():
    made = hand.study({"a": hand.design(LOW), "b": hand.design({**LOW, "quota": 0.4, "delay": 0.9})}, base="a")
    row = dominance(made).iloc[0]
    assert row["order"] == OPEN
    assert row["sentence"] == ""
    assert (row["better_on"], row["worse_on"]) == ("Delay", "Quota")
    assert put_in_pairs(made, made.designs) == frozenset()


def test_a_lever_whose_direction_is_turned_round_turns_the_order_round():
    made = hand.study({"a": hand.design(LOW), "b": hand.design({**LOW, "quota": 0.4})}, base="a")
    assert put_in_pairs(made, ["a", "b"]) == {("b", "a")}
    turned = made.file.model_copy(
        update={"levers": {**hand.LEVERS, "quota": hand.LEVERS["quota"].model_copy(update={"better": "lower"})}}
    )
    assert put_in_pairs(hand.HandStudy(turned, made.designs), ["a", "b"]) == {("a", "b")}


def test_different_members_are_named():
    made = hand.study({"a": hand.design(LOW, members=["North"]), "b": hand.design(LOW, members=["South"])}, base="a")
    row = dominance(made).iloc[0]
    assert row["order"] == SAME
    assert row["members"] == "has North; lacks South"


def test_with_several_experts_an_order_is_put_in_only_where_none_contradicts_it():
    fishery = open_study("fishery")

    def given(**modes):
        return {
            design: {
                lever: fishery.designs["open-access"]
                .levers[lever]
                .model_copy(update={"low": 0.0, "mode": modes.get(design.replace("-", "_"), 0.5), "high": 1.0})
                for lever in fishery.file.levers
            }
            for design in fishery.designs
        }

    first = given(open_access=0.2, catch_quota=0.8)
    second = given(open_access=0.6, catch_quota=0.8)  # agrees on the first pair, not on what lies between
    for lever in ("licences",):  # a lever without a favourable direction: alike throughout
        for design in (*first.values(), *second.values()):
            design[lever] = design[lever].model_copy(update={"mode": 0.5})
    scores = Scores(("Ann", "Bob"), (0.5, 0.5), {"Ann": first, "Bob": second})
    table = dominance(scored_study(fishery, scores), ["open-access", "catch-quota", "co-management"])
    orders = {(row.design, row.other): row.order for row in table.itertuples()}
    assert orders["catch-quota", "open-access"] == PUT_IN
    assert orders["catch-quota", "co-management"] == PUT_IN
    assert orders["open-access", "co-management"] == OPEN
