from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_lab.analysis import shortfall
from tests.analysis import hand

H, L = 1.0, 0.0  # above and below a bar of one half


def test_run_lengths_count_flags_in_a_row():
    flags = np.array([True, True, False, True, False, True, True, True])
    assert shortfall.run_lengths(flags).tolist() == [1, 2, 0, 1, 0, 1, 2, 3]


@pytest.mark.parametrize(
    ("path", "fell", "first", "recovered"),
    [
        ([H, L, L, H, L, L, H], 0.0, -1, False),  # two spells of two are not one of three
        ([H, L, L, L, H, H, H], 1.0, 1, True),
        ([L, L, L, L, L, L, L], 1.0, 0, False),
        ([H, L, L, L, H, H, L], 1.0, 1, False),  # back for two periods only
        ([H, L, L, L, H, H, H, L, L, L], 1.0, 1, False),  # a relapse to the end is no recovery
        ([H, H, H, H, L, L, L], 1.0, 4, False),  # the last possible spell
        ([0.5] * 7, 0.0, -1, False),  # on the bar is not below it
    ],
)
def test_spells_solved_by_hand(path, fell, first, recovered):
    found = shortfall.spells(np.array(path), threshold=0.5, periods=3)
    assert (found.fell, found.first, found.recovered) == (fell, first, recovered)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=12), st.integers(1, 4), st.integers(0, 5))
def test_the_deciding_level_tells_a_spell_for_every_bar(path, periods, bar):
    values = np.array(path, dtype=float)
    fell = shortfall.spells(values, bar, periods).fell
    assert (shortfall.deciding_levels(values, periods) < bar) == fell


def test_a_failed_case_has_no_deciding_level():
    assert np.isnan(shortfall.deciding_levels(np.array([L, L, np.nan, H]), 2))


def test_a_failed_case_is_neither_shortfall_nor_success():
    assert np.isnan(shortfall.spells(np.array([L, L, np.nan, H]), 0.5, 2).fell)


def cause(path, calm=None, periods=2):
    values = np.array(path, dtype=float)[None, None, None]
    found = shortfall.spells(values, 0.5, periods)
    twin = None if calm is None else shortfall.spells(np.array(calm, dtype=float)[None, None, None], 0.5, periods)
    return shortfall.causes(values, found, periods, twin)[0, 0, 0]


def test_a_shortfall_at_the_first_saved_time_was_there_from_the_start():
    assert cause([0.4, 0.4, 0.4]) == shortfall.START


def test_without_a_twin_a_fast_fall_counts_as_a_shock_and_a_slow_one_as_wear():
    assert cause([1.0, 1.0, 1.0, 0.4, 0.4]) == shortfall.SHOCK
    assert cause([1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.4]) == shortfall.WORN


def test_half_of_the_fall_in_the_window_is_the_dividing_line():
    assert cause([1.0, 0.625, 0.6, 0.25, 0.25]) == shortfall.SHOCK  # 3/8 of 6/8 in the last two periods: just half
    assert cause([1.0, 0.61, 0.6, 0.25, 0.25]) == shortfall.WORN


def test_with_a_twin_the_comparison_decides_not_the_speed():
    slow, fast = [1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.4], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.4, 0.4]
    assert cause(slow, calm=[1.0] * 8) == shortfall.SHOCK
    assert cause(fast, calm=slow) == shortfall.WORN


def test_a_twin_that_falls_much_later_leaves_the_shock_to_blame():
    case = [1.0, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4]
    assert cause(case, calm=[1.0, 1.0, 1.0, 0.4, 0.4, 0.4, 0.4]) == shortfall.WORN  # two periods later: within n
    assert cause(case, calm=[1.0, 1.0, 1.0, 1.0, 0.4, 0.4, 0.4]) == shortfall.SHOCK


def test_a_fall_that_passes_even_where_nothing_happens_is_the_change_itself():
    case = [1.0, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4]
    assert cause(case, calm=[1.0, 0.4, 0.4, 1.0, 1.0, 1.0, 1.0]) == shortfall.DIP
    assert cause(case, calm=[1.0, 0.4, 0.4, 0.4, 0.4, 0.4, 1.0]) == shortfall.WORN  # back for one period only


def test_the_longest_run_below_decides_every_persistence():
    paths = np.array([[H, L, L, H, L, L, L], [H, H, H, H, H, H, H], [H, L, np.nan, H, H, H, H]])
    assert shortfall.longest_runs(paths, 0.5)[:2].tolist() == [3.0, 0.0]
    assert np.isnan(shortfall.longest_runs(paths, 0.5)[2])


def test_the_split_adds_up_and_follows_the_order_of_designs():
    made = hand.study({"a": hand.design({}), "b": hand.design({})}, base="a")
    stock = np.array(
        [
            [[[H, H, L, L, H, H], [L, L, L, L, L, L]]],
            [[[H, H, H, H, H, H], [H, H, H, H, H, H]]],
        ]
    )
    table = shortfall.split(hand.results(made, stock)).set_index(["design", "cause"])
    assert table.loc[("a", shortfall.SHOCK), "recovered"] == 0.5
    assert table.loc[("a", shortfall.START), "not_recovered"] == 0.5
    assert table.loc[("b", shortfall.NONE), "share"] == 1.0
    assert table["share"].groupby("design").sum().tolist() == [1.0, 1.0]


def test_the_split_matches_twins_by_name_not_by_place():
    made = hand.study({"a": hand.design({}), "b": hand.design({})}, base="a")
    case = [H, H, L, L]
    stock = np.array([[[case]], [[case]]])
    calm = hand.results(made, np.array([[[[H, H, H, H]]], [[case]]]), designs=["b", "a"])
    table = shortfall.split(hand.results(made, stock), calm).set_index(["design", "cause"])["share"]
    assert table[("a", shortfall.WORN)] == 1.0
    assert table[("b", shortfall.SHOCK)] == 1.0


def test_the_first_time_is_in_the_models_unit():
    made = hand.study({"a": hand.design({})}, base="a")
    times = shortfall.first_times(hand.results(made, np.array([[[[H, L, L], [H, H, H]]]])))
    assert times[0, 0, 0] == 1.0
    assert np.isnan(times[0, 0, 1])
