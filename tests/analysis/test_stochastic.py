from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_lab.analysis.stochastic import (
    ALIKE,
    BURDEN,
    FIRST,
    NO_ORDER,
    RISK,
    SECOND,
    distributions,
    stochastic_dominance,
    stochastic_orders,
    violation,
)
from tests.analysis import hand

OPEN_A = {"quota": 0.4, "delay": 0.8, "breadth": 0.5}
OPEN_B = {"quota": 0.2, "delay": 0.6, "breadth": 0.5}
BELOW_A = {"quota": 0.2, "delay": 0.8, "breadth": 0.5}
FALLS, HOLDS = [1.0, 0.4, 0.4, 1.0], [1.0, 1.0, 1.0, 1.0]
samples = st.lists(st.integers(0, 5), min_size=3, max_size=3).map(lambda values: np.array(values, dtype=float))


def orders(one, other):
    found = stochastic_orders(np.array(one, dtype=float), np.array(other, dtype=float), np.ones((1, len(one))))
    return bool(found.first[0]), bool(found.second[0])


def test_the_orders_are_those_of_the_textbook():
    assert orders([1, 2, 3], [1, 2, 4]) == (True, True)  # never more, once less
    assert orders([2, 2, 2], [1, 2, 3]) == (False, True)  # the same mean, less spread: only who shuns bad worlds agrees
    assert orders([1, 2, 3], [2, 2, 2]) == (False, False)
    assert orders([0, 0, 5], [1, 2, 3]) == (False, False)  # a lower mean, and the worst world
    assert orders([1, 2, 3], [3, 1, 2]) == (False, False)  # the same distribution


@given(samples, samples)
def test_first_order_implies_second_and_a_lower_mean(one, other):
    first, second = orders(one, other)
    assert second or not first
    assert one.mean() <= other.mean() or not second
    assert not (second and orders(other, one)[1])


def test_the_violation_is_the_share_of_the_area_between():
    # F_one - F_other: on 0 to 1 ahead by 2/3, on 1 to 2 by 1/3, on 3 to 5 behind by 1/3
    assert violation(np.array([0.0, 0, 5]), np.array([1.0, 2, 3])) == pytest.approx((2 / 3) / (2 / 3 + 1 / 3 + 2 / 3))
    assert violation(np.array([1.0, 2]), np.array([1.0, 3])) == 0
    assert np.isnan(violation(np.array([1.0, 2]), np.array([2.0, 1])))


def made(stock, second=OPEN_B, waste=None):
    study = hand.study({"a": hand.design(OPEN_A), "b": hand.design(second)}, base="a")
    return hand.results(study, np.array(stock), waste=waste)


FEW, MANY = [[HOLDS, HOLDS], [FALLS, HOLDS]] * 10, [[HOLDS, FALLS], [FALLS, FALLS]] * 10


def test_a_clear_order_is_found_again_in_resamples():
    table = stochastic_dominance(made([FEW, MANY])).set_index("measure")
    row = table.loc[RISK]
    assert (row["verdict"], row["dominant"], row["sure"], row["found_again"]) == (FIRST, "a", True, 1.0)
    assert table.loc[BURDEN, "withheld"] == "not known"  # nothing accumulates here


def test_less_spread_is_second_order_and_hangs_on_the_sample():
    half = [[HOLDS, FALLS], [FALLS, HOLDS]] * 10
    spread = [[HOLDS, HOLDS], [FALLS, FALLS]] * 10
    row = stochastic_dominance(made([half, spread])).iloc[0]
    assert (row["verdict"], row["dominant"], row["sure"]) == (SECOND, "a", False)
    assert 0.4 < row["found_again"] < 0.8  # about half of the resamples leave the spread one a lower mean


def test_crossing_distributions_have_no_order_and_equal_ones_are_alike():
    crossing = [[[HOLDS] * 4] * 9 + [[FALLS] * 4], [[FALLS, HOLDS, HOLDS, HOLDS]] * 10]
    assert stochastic_dominance(made(crossing)).iloc[0]["verdict"] == NO_ORDER
    assert stochastic_dominance(made([FEW, FEW])).iloc[0]["verdict"] == ALIKE


def test_nothing_is_said_where_the_order_was_put_in():
    row = stochastic_dominance(made([FEW, MANY], second=BELOW_A)).iloc[0]
    assert (row["verdict"], row["dominant"], row["withheld"]) == ("", "", "the order was put in")


def test_burdens_are_ratios_to_the_base():
    waste = np.broadcast_to(np.arange(4.0), (2, 20, 2, 4)).copy()
    waste[1] *= 2
    row = stochastic_dominance(made([FEW, FEW], waste=waste)).set_index("measure").loc[BURDEN]
    assert (row["verdict"], row["dominant"]) == (FIRST, "a")


def test_the_distribution_is_over_worlds():
    table = distributions(made([FEW, MANY]))
    a = table[table["design"] == "a"]
    assert a[["risk", "worlds"]].to_numpy().tolist() == [[0, 0.5], [0.5, 1], [1, 1]]
