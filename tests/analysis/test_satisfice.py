from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_lab.analysis.satisfice import ALL, criterion_values, radius, reach, satisficing
from policy_lab.study import open_study
from policy_lab.study.criteria_schema import Criterion
from tests.analysis import hand
from tests.analysis.linear import evaluator

OPEN_A = {"quota": 0.4, "delay": 0.8, "breadth": 0.5}
OPEN_B = {"quota": 0.2, "delay": 0.6, "breadth": 0.5}
BELOW_A = {"quota": 0.2, "delay": 0.8, "breadth": 0.5}
FALLS, HOLDS = [1.0, 0.4, 0.4, 1.0], [1.0, 1.0, 1.0, 1.0]

CRITERIA = {
    "risk": Criterion(title="half of the futures hold", measure="shortfall", at_most=0.5),
    "stock": Criterion(title="the stock is high on average", variable="Stock", at_least=0.85),
}

STAFF = Criterion(title="there are few staff", variable="Staff", elements="sum", at_most=7)


def judged(stock, second=OPEN_B, criteria=CRITERIA):
    made = hand.study({"a": hand.design(OPEN_A), "b": hand.design(second)}, base="a")
    made = replace(made, file=made.file.model_copy(update={"criteria": criteria}))
    return hand.results(made, np.array(stock))


@pytest.fixture
def pair():
    """Risks: a 1/2, 1 and b 0, 1/2. Mean stock of a world by the trapezium rule: 0.8 for a fall, 1 without."""
    return judged([[[FALLS, HOLDS], [FALLS, FALLS]], [[HOLDS, HOLDS], [FALLS, HOLDS]]])


def test_each_share_is_that_of_the_worlds_in_which_it_holds(pair):
    means = [(1 + 0.4) / 2 / 3 + 0.4 / 3 + (0.4 + 1) / 2 / 3, 1.0]
    assert criterion_values(pair, CRITERIA["stock"])[0][0, 0].tolist() == pytest.approx(means)
    table = satisficing(pair).set_index(["design", "criterion"])
    assert table.loc[("a", "risk"), "share_worlds"] == 0.5
    assert table.loc[("b", "risk"), "share_worlds"] == 1.0
    # mean stock: a 0.8 and 0.6, b 1 and 0.8; the bound is 0.85
    assert table.loc[("a", "stock"), ["share_worlds", "value"]].tolist() == pytest.approx([0.0, 0.7])
    assert table.loc[("b", "stock"), "share_worlds"] == 0.5
    assert table.loc[("a", ALL), "share_worlds"] == 0.0
    assert table.loc[("b", ALL), "share_worlds"] == 0.5
    assert table.loc[("b", ALL), "share_futures"] == 0.75  # three of four futures neither fall nor are low


def test_what_fails_alone_is_what_giving_it_up_would_gain(pair):
    table = satisficing(pair).set_index(["design", "criterion"])
    assert table.loc[("a", "stock"), "fails_alone"] == 0.5  # in the first world the risk is kept
    assert table.loc[("a", "risk"), "fails_alone"] == 0.0
    assert table.loc[("b", "stock"), "fails_alone"] == 0.5


def test_orders_that_were_put_in_are_said_to_be(pair):
    assert set(satisficing(pair)["order_put_in"]) == {""}
    table = satisficing(judged(pair["Stock"].values, second=BELOW_A)).set_index(["design", "criterion"])
    assert table.loc[("a", ALL), "order_put_in"] == "its order was put in, not found: above b"


def test_ratios_are_to_the_base_in_the_same_world(pair):
    ratio = Criterion(title="", variable="Stock", over="lowest", against_base=True, at_least=1)
    assert criterion_values(pair, ratio)[1][1].tolist() == pytest.approx([1 / 0.7, 0.7 / 0.4])
    waste = np.broadcast_to(np.array([0.0, 1, 2, 3])[None, None, None], (2, 2, 2, 4)).copy()
    waste[1, 0] *= 3
    made = hand.results(pair.plan.study, pair["Stock"].values, waste=waste)
    burden = Criterion(title="", measure="burden", at_most=2)
    assert criterion_values(made, burden)[1][1].tolist() == [3, 1]


def test_a_failed_case_is_neither_kept_nor_broken(pair):
    stock = pair["Stock"].values.copy()
    stock[1, 1] = np.nan
    table = satisficing(judged(stock)).set_index(["design", "criterion"])
    assert table.loc[("b", ALL), "share_worlds"] == 1.0  # the other world alone


def test_what_a_plan_does_not_save_is_not_known(pair):
    made = replace(pair, outcomes={name: one for name, one in pair.outcomes.items() if name != "Staff"})
    made = replace(made, plan=judged(pair["Stock"].values, criteria={**CRITERIA, "staff": STAFF}).plan)
    table = satisficing(made).set_index(["design", "criterion"])
    assert np.isnan(table.loc[("a", "staff"), "share_worlds"])
    assert np.isnan(table.loc[("a", ALL), "share_worlds"])
    assert table.loc[("a", "risk"), "share_worlds"] == 0.5


def test_a_study_without_criteria_gets_an_empty_table(pair):
    assert satisficing(judged(pair["Stock"].values, criteria={})).empty


def test_a_criterion_is_whole_and_says_its_bound():
    assert Criterion(title="", measure="burden", at_most=1.1).bound == "at most 1.1"
    assert Criterion(title="", variable="Fleet", unit="boat", at_least=3).bound == "at least 3 boat"
    for wrong in (
        {"at_most": 1},
        {"measure": "gap", "variable": "Fleet", "at_most": 1},
        {"measure": "gap"},
        {"measure": "gap", "at_most": 1, "at_least": 0},
        {"measure": "gap", "at_most": 1, "per": 12},
    ):
        with pytest.raises(ValueError, match=r"give either|makes no use"):
            Criterion(title="", **wrong)


def test_the_radius_lies_where_the_share_passes_nine_tenths():
    rows = [("a", 0.0, 1.0), ("a", 0.5, 1.0), ("a", 1.0, 0.8), ("b", 0.0, 0.0), ("b", 0.5, 0.3), ("b", 1.0, 0.4)]
    rows += [("c", 0.0, 1.0), ("c", 0.5, 1.0), ("c", 1.0, 0.95)]
    found = radius(pd.DataFrame(rows, columns=["design", "width", "share"]).assign(simulation_error=0.0))
    assert found.set_index("design")["radius"].to_dict() == pytest.approx({"a": 0.75, "b": 0.0, "c": 1.0})


@given(st.lists(st.floats(0, 1), min_size=2, max_size=6))
def test_a_radius_is_a_share_of_the_ranges(shares):
    table = pd.DataFrame({"design": "a", "width": np.linspace(0, 1, len(shares)), "share": shares})
    assert 0 <= radius(table)["radius"][0] <= 1


def test_the_reach_draws_everything_in_towards_its_likeliest_value():
    # The outcome is the quota score, drawn between 0.55 and 0.85 about 0.7; 0.66 is kept within a quarter of the width.
    study = open_study("fishery")
    outcome = study.file.measures.shortfall.variable
    criteria = {"high": Criterion(title="", variable=outcome, at_least=0.66)}
    study = replace(study, file=study.file.model_copy(update={"criteria": criteria}))
    plan = study.plan(designs=["open-access", "catch-quota"])
    table = reach(plan, evaluator(levers=1.0), widths=(0.25, 1.0), worlds=200, futures=1)
    quota = table[table["design"] == "catch-quota"]["share"].tolist()
    below = (0.66 - 0.55) ** 2 / ((0.85 - 0.55) * (0.7 - 0.55))
    assert quota == pytest.approx([1.0, 1.0, 1 - below], abs=0.07)
    assert (table[table["design"] == "open-access"]["share"] == 0).all()
