from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from policy_lab.analysis import beside
from tests.analysis import hand

SCORES = {"quota": 0.4, "delay": 0.8, "breadth": 0.5}


@pytest.fixture
def made():
    return hand.study({"a": hand.design(SCORES), "b": hand.design(SCORES)}, base="a")


def paths(*worlds):
    """One future a world."""
    return np.array(worlds, dtype=float)[:, None, :]


def test_the_burden_is_a_ratio_inside_each_world(made):
    stock = np.ones((2, 2, 1, 3))
    waste = np.stack([paths([5, 6, 7], [0, 10, 20]), paths([5, 5, 6], [0, 10, 30])])  # gains 2, 20 and 1, 30
    table = beside.burden_columns(hand.results(made, stock, waste=waste))
    assert table["burden_ratio"] == [1.0, 1.0]  # 1/2 and 3/2: the median of two
    assert table["burden_ratio_q05"][1] == pytest.approx(0.55)
    assert table["burden_words"] == ["the base of the ratio", "no clear difference"]


def test_an_interval_that_leaves_one_out_is_clear(made):
    stock = np.ones((2, 2, 1, 3))
    waste = np.stack([paths([0, 1, 2], [0, 10, 20]), paths([0, 0, 1], [0, 9, 18])])
    assert (
        beside.burden_columns(hand.results(made, stock, waste=waste))["burden_words"][1] == "clear difference: 30% less"
    )


def test_discounting_weighs_an_early_burden_more(made):
    stock = np.ones((2, 1, 1, 3))
    waste = np.stack([paths([0, 1, 2]), paths([0, 3, 4])])
    table = beside.burden_columns(hand.results(made, stock, waste=waste))
    first, second = 1.035 ** (-0.5 / 12), 1.035 ** (-1.5 / 12)
    assert table["burden_ratio"][1] == pytest.approx(2.0)
    assert table["burden_ratio_discounted"][1] == pytest.approx((3 * first + second) / (first + second))


def test_subscripted_burdens_are_added_before_the_ratio(made):
    file = made.file.model_copy(
        update={
            "measures": made.file.measures.model_copy(
                update={"burden": made.file.measures.burden.model_copy(update={"variable": "Staff"})}
            )
        }
    )
    some = hand.results(hand.HandStudy(file, made.designs), np.ones((2, 1, 1, 3)))
    values = np.zeros((2, 1, 1, 3, 2))
    values[0, 0, 0, -1] = [1, 3]
    values[1, 0, 0, -1] = [3, 3]
    staff = hand.Outcome("Staff", "FTE", ("Port",), (("North", "South"),), values)
    changed = hand.Results(some.plan, some.designs, some.time, {**some.outcomes, "Staff": staff}, {}, {}, {})
    assert beside.burden_columns(changed)["burden_ratio"] == [1.0, 1.5]


def test_without_the_base_design_the_ratio_is_not_known(made):
    table = beside.burden_columns(hand.results(made, np.ones((1, 1, 1, 3)), designs=["b"]))
    assert np.isnan(table["burden_ratio"][0])
    assert table["burden_words"] == ["not known: a is not among the designs"]


def test_the_gap_is_intent_minus_implemented(made):
    table = beside.gap_columns(hand.results(made, np.ones((2, 2, 1, 3)), gap=0.25))
    assert table["gap"] == [0.25, 0.25]
    assert table["gap_q95"] == [0.25, 0.25]


@pytest.mark.parametrize(
    ("ahead", "depth", "benefit", "never"),
    [
        ([0, -2, -1, 1, 1, 1], 2.0, 3.0, 0.0),
        ([0, 1, 1, 1, 1, 1], 0.0, 1.0, 0.0),
        ([0, -1, 1, -1, -1, 1], 1.0, np.nan, 1.0),  # ahead for one period only
        ([0, 0, 0, 0, 0, 0], 0.0, np.nan, 1.0),
    ],
)
def test_dip_and_benefit_solved_by_hand(ahead, depth, benefit, never):
    found = beside.depth_and_benefit(np.array(ahead, dtype=float), np.arange(6.0), periods=2)
    assert [float(value) for value in found] == pytest.approx([depth, benefit, never], nan_ok=True)


def test_a_switch_is_held_against_staying_in_the_same_future(made):
    stay = np.array([[[1.0, 1.0, 1.0, 1.0], [0.5, 0.5, 0.5, 0.5]]])
    change = stay + np.array([0.0, -0.2, 0.1, 0.1])
    table = beside.transition_columns(hand.results(made, np.stack([stay, change])))
    assert table["dip_depth"][1] == pytest.approx(0.2)
    assert table["time_to_benefit"][1] == 2.0
    assert table["never_benefits"][1] == 0.0
    assert np.isnan(table["dip_depth"][0])


def test_a_settled_comparison_has_no_transition(made):
    table = beside.transition_columns(hand.results(made, np.ones((2, 1, 1, 3)), start="settled"))
    assert np.isnan(table["dip_depth"]).all()


def test_resources_add_up_their_elements_under_their_title_and_unit(made):
    assert beside.resource_columns(hand.results(made, np.ones((2, 1, 1, 3)))) == {"Staff (FTE)": [7.0, 7.0]}


def test_the_evidence_behind_each_design_is_counted(made):
    table = beside.design_columns(hand.results(made, np.ones((2, 1, 1, 3))))
    assert table["evidence_grade"] == ["C", "C"]
    assert table["lever_marks"] == ["3 assumption", "3 assumption"]


def test_a_resource_a_year_is_added_up_over_the_horizon_plain_and_discounted():
    made = hand.study({"a": hand.design({"quota": 0.5})}, base="a")
    staff = hand.Resource(variable="Staff", title="Staff", unit="pound/year", per=12, total_unit="pound")
    measures = made.file.measures.model_copy(update={"resources": (staff,)})
    made = replace(made, file=made.file.model_copy(update={"measures": measures}))
    columns = beside.resource_columns(hand.results(made, np.ones((1, 1, 1, 25))))  # two years of 7 a month
    assert columns["Staff (pound/year)"] == [84.0]
    assert columns["Staff, whole horizon (pound)"] == [168.0]
    exact = 84 * (1 - 1.035**-2) / np.log(1.035)
    assert columns["Staff, whole horizon, 3.5% a year discounted (pound)"] == [pytest.approx(exact, rel=1e-6)]
