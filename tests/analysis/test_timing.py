from __future__ import annotations

import numpy as np
import pytest

from policy_lab.analysis.beside import burden_ratios
from policy_lab.analysis.timing import benefit_timing, yearly_burdens
from policy_lab.study import open_study
from tests.analysis import hand
from tests.analysis.linear import evaluator

OPEN = {"quota": 0.4, "delay": 0.8, "breadth": 0.5}


def made(base, other, base_name="a"):
    """Two designs, one world, one future, saved every month."""
    waste = np.array([[[base]], [[other]]], dtype=float)
    study = hand.study({"a": hand.design(OPEN), "b": hand.design(OPEN)}, base=base_name)
    return hand.results(study, np.ones_like(waste), waste=waste)


def steady(*rates):
    """What accumulates month by month at a rate for each year."""
    return np.concatenate([[0.0], np.cumsum(np.repeat(rates, 12))])


def test_years_are_told_apart_and_added_up():
    table = benefit_timing(made(steady(1, 1, 1), steady(1.2, 1.0, 0.5))).set_index(["design", "year"])
    b = table.loc["b"]
    assert b.index.tolist() == [1, 2, 3]
    assert b["ratio"].tolist() == pytest.approx([1.2, 1.0, 0.5])
    assert b["so_far"].tolist() == pytest.approx([1.2, 1.1, 0.9])
    assert b["ahead"].tolist() == [0, 0, 1]
    weights = 1.035 ** -np.array([0.5, 1.5, 2.5])
    assert b["so_far_discounted"].iloc[-1] == pytest.approx((np.array([1.2, 1.0, 0.5]) @ weights) / weights.sum())
    assert b["clear"].tolist() == [True, False, True]
    assert (table.loc["a", "ratio"] == 1).all()


def test_a_last_year_that_is_short_counts_for_what_it_is():
    ends, gains = yearly_burdens(made(steady(1, 1)[:19], steady(2, 2)[:19]))
    assert ends.tolist() == [1, 1.5]
    assert gains[0, 0].tolist() == pytest.approx([12, 6])


def test_what_has_accumulated_by_the_end_is_the_ratio_of_the_risk_table():
    plan = open_study("fishery").plan(worlds=6, futures=2)
    results = evaluator(levers=0.5, biology=0.1, wave=0.2)(plan)
    last = benefit_timing(results).groupby("design", sort=False).last()["so_far"]
    assert last.to_list() == pytest.approx(np.median(burden_ratios(results), axis=1).tolist())


def test_without_the_base_there_is_no_ratio():
    assert benefit_timing(made(steady(1), steady(1), base_name="gone")).empty
