from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from policy_lab.analysis.risk import risk
from policy_lab.analysis.survival import holding_times, kaplan_meier, survival, watched_times, world_survival
from tests.analysis import hand

OPEN_A = {"quota": 0.4, "delay": 0.8, "breadth": 0.5}
OPEN_B = {"quota": 0.2, "delay": 0.6, "breadth": 0.5}

AT_ONCE, LATER, NEVER, TOO_LATE = (
    [0.4, 0.4, 1.0, 1.0, 1.0],
    [1.0, 1.0, 0.4, 0.4, 1.0],
    [1.0, 1.0, 1.0, 1.0, 1.0],
    [1.0, 1.0, 1.0, 1.0, 0.4],
)


def test_the_estimator_is_that_of_the_textbook():
    # Six cases: events at 1, 3 and 4, watching ends at 2, 3 and 5. n is 6, 4 and 2 at the events.
    times = np.array([3.0, 1.0, 2.0, 3.0, 4.0, 5.0])
    observed = np.array([True, True, False, False, True, False])
    found = kaplan_meier(times, observed, np.array([0.0, 1.0, 2.5, 3.0, 4.0, 9.0]))
    first, second, third = 5 / 6, 5 / 6 * 3 / 4, 5 / 6 * 3 / 4 * 1 / 2
    assert found == pytest.approx([1, first, first, second, third, third])


@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=12))
def test_the_estimator_agrees_with_scipy(cases):
    times = np.array([float(time) for time, _ in cases])
    observed = np.array([event for _, event in cases])
    grid = np.arange(-1.0, 8.0)
    sample = stats.CensoredData(uncensored=times[observed], right=times[~observed])
    assert kaplan_meier(times, observed, grid) == pytest.approx(stats.ecdf(sample).sf.evaluate(grid))


def test_a_case_that_failed_is_left_out_and_no_case_is_not_a_number():
    times, observed = np.array([[1.0, np.nan, 2.0], [np.nan] * 3]), np.array([[True, False, True], [False] * 3])
    found = kaplan_meier(times, observed, np.array([1.0, 2.0]))
    assert found[0] == pytest.approx([0.5, 0.0])
    assert np.isnan(found[1]).all()


@pytest.fixture
def pair():
    made = hand.study({"a": hand.design(OPEN_A), "b": hand.design(OPEN_B)}, base="a")
    return hand.results(made, np.array([[[AT_ONCE, LATER], [LATER, NEVER]], [[NEVER, TOO_LATE], [LATER, NEVER]]]))


def test_watching_ends_where_a_spell_could_no_longer_be_seen_to_persist(pair):
    assert watched_times(pair).tolist() == [0, 1, 2, 3]


def test_curves_are_the_shares_that_hold(pair):
    table = survival(pair)
    a = table[table["design"] == "a"]
    assert a["holding"].tolist() == [0.75, 0.75, 0.25, 0.25]  # worlds: 1/2 1/2 0 0 and 1 1 1/2 1/2
    assert a["simulation_error"].iloc[0] == pytest.approx(np.std([0.5, 1], ddof=1) / np.sqrt(2))
    assert a["date"].iloc[0] == "2026-01-31"
    assert table[table["design"] == "b"]["holding"].tolist() == [1, 1, 0.75, 0.75]


def test_what_is_left_at_the_end_is_one_less_the_risk(pair):
    last = survival(pair).groupby("design")["holding"].last()
    assert (1 - last).to_list() == pytest.approx(risk(pair)["risk"].to_list())


def test_mean_times_are_the_areas_under_the_curves(pair):
    table = holding_times(pair).set_index("design")
    assert table.loc["a", "mean_time"] == pytest.approx((1.0 + 2.5) / 2)  # 1/2 + 1/2 + 0 and 1 + 1 + 1/2
    assert table.loc["b", "mean_time"] == pytest.approx((3.0 + 2.5) / 2)
    assert table.loc["a", "median"] == 2
    assert np.isnan(table.loc["b", "median"])
    assert table["watched"].tolist() == [3, 3]
    assert table.loc["b", "longer_than_base"] == pytest.approx(1.0)  # 2 in one world, 0 in the other
    assert table.loc["b", "longer_than_base_error"] == pytest.approx(1.0)
    assert table.loc["a", "longer_than_base"] == 0


def test_without_the_base_nothing_is_said_against_it(pair):
    alone = hand.results(pair.plan.study, pair["Stock"].values[1:], designs=["b"])
    assert holding_times(alone)["longer_than_base"].isna().all()


def test_curves_never_rise(pair):
    assert (np.diff(world_survival(pair), axis=-1) <= 0).all()
