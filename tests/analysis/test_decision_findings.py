from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from policy_lab.analysis.decision_findings import (
    convergence_finding,
    information_finding,
    reversal_finding,
    satisficing_finding,
    stochastic_finding,
    survival_finding,
    timing_finding,
)
from policy_lab.analysis.put_in import RISK
from policy_lab.analysis.reversal import UNCLEAR, ReversalMap
from policy_lab.analysis.setting import setting_of
from policy_lab.study import open_study
from policy_lab.study.inputs import UncertainInput
from tests.analysis.linear import evaluator

DESIGNS = ("open-access", "catch-quota", "co-management")
QUOTA, CREWS = "catch-quota", "co-management"


@pytest.fixture(scope="module")
def setting():
    plan = open_study("fishery").plan(designs=DESIGNS, worlds=4, futures=2, seed=5)
    return setting_of(evaluator(levers=0.5)(plan))


@pytest.fixture
def put_in(setting):
    return replace(setting, put_in=frozenset({(CREWS, QUOTA)}))


def test_how_long_designs_hold(setting, put_in):
    curves = pd.DataFrame({"time": [0.0, 115.0]})
    times = pd.DataFrame(
        {"design": DESIGNS, "mean_time": [80.0, 90.4, 99.6], "median": [60.0, 70.0, float("nan")], "watched": 115.0}
    )
    first, second = survival_finding(curves, times, setting)
    assert first == (
        "Of the 115 months watched, modelled futures hold on average for 100 under Co-management and 90 under Catch "
        "quota before a persistent shortfall begins."
    )
    assert second == (
        "Half of the futures have fallen short by month 70 under Catch quota; under Co-management fewer than half have "
        "by the end."
    )
    assert "(an order put in, not found)" in survival_finding(curves, times, put_in)[0]
    turned = survival_finding(curves, times.assign(mean_time=[80.0, 99.6, 90.4]), put_in)[0]
    assert turned.endswith("begins (against what the scores put in: Co-management above Catch quota).")


def test_good_enough(setting, put_in):
    rows = [(QUOTA, "stock", "the stock holds", 0.9), (QUOTA, "boats", "boats are left", 0.5), (QUOTA, "all", "", 0.4)]
    rows += [(CREWS, "stock", "the stock holds", 0.8), (CREWS, "boats", "boats are left", 0.2), (CREWS, "all", "", 0.1)]
    table = pd.DataFrame(rows, columns=["design", "criterion", "title", "share_worlds"])
    radius = pd.DataFrame({"design": [QUOTA, CREWS], "radius": [0.25, 0.0]})
    first, second = satisficing_finding(table, radius, setting)
    assert first.startswith(
        "Good enough on all of 2 criteria at once, by share of worlds: 40% under Catch quota and 10%"
    )
    assert "the criterion that fails most often is that boats are left (kept in 50% of worlds)" in second
    assert "only while what is not known stays within 25% of its range" in second
    assert "(against what the scores put in" in satisficing_finding(table, radius, put_in)[0]
    assert "no criteria" in satisficing_finding(table.iloc[:0], radius, setting)[0]
    never, always = (radius.assign(radius=value) for value in (0.0, 1.0))
    assert "not even where everything is as held most likely" in satisficing_finding(table, never, setting)[1]
    assert "over the whole range" in satisficing_finding(table, always, setting)[1]


def pair_row(**changes):
    row = {"design": QUOTA, "other": CREWS, "measure": RISK, "same_group": True, "verdict": "first order"}
    row |= {"dominant": CREWS, "sure": True, "found_again": 1.0, "withheld": ""}
    other = {**row, "measure": "burden ratio", "verdict": "no order", "dominant": "", "sure": False}
    return pd.DataFrame([{**row, **changes}, other])


def test_better_for_every_reader(setting):
    first, second = stochastic_finding(pair_row(), setting)
    assert first.endswith("of 1 open pair of the group: Co-management is better than Catch quota for every reader.")
    assert second.endswith("in 1 pair there is no order that all would share.")
    assert "who shuns bad worlds" in stochastic_finding(pair_row(verdict="second order"), setting)[0]
    assert "hangs on the sample" in stochastic_finding(pair_row(sure=False), setting)[0]
    withheld = stochastic_finding(
        pair_row(withheld="the order was put in", verdict="", dominant="", sure=False), setting
    )
    assert (
        withheld[0] == "By modelled shortfall risk, nothing is said of the 1 pair of the group: the order was put in."
    )


def values(levers, error, put_in=False):
    rows = [("", "everything but luck", 0.03, 0.005), ("by kind", "lever scores", levers, error)]
    rows += [("by kind", "structure", 0.0, 0.001), ("by grade of evidence", "grade C", 0.02, 0.001)]
    table = pd.DataFrame(rows, columns=["split", "group", "value", "error"])
    return table.assign(measure=RISK, changes=0.2, chosen=CREWS, put_in=put_in)


def test_evidence_worth_buying(setting):
    first, second = information_finding(values(0.02, 0.004), setting)
    assert first == (
        "Now Co-management has the lowest risk; knowing everything but luck before choosing would take 3.0 ± 0.50 "
        "points off it and change the choice in 20% of worlds."
    )
    assert second == (
        "Evidence worth buying, by kind: lever scores (2.0 ± 0.40 points); structure has no value clear of its error."
    )
    assert "no evidence of one kind alone is worth buying" in information_finding(values(0.02, 0.02), setting)[1]
    assert "could overturn it" in information_finding(values(0.02, 0.004, put_in=True), setting)[0]
    assert information_finding(values(0, 0).iloc[:0], setting)[0].startswith("One design alone")


def test_where_the_order_turns(setting):
    x = UncertainInput("x", "Fish price", "g", "C", "kGBP/tonne", 1, 2, "uniform")
    y = UncertainInput("y", "Berths", "g", "B", "boat", 1, 2, "uniform")
    winners = [CREWS, UNCLEAR, CREWS, UNCLEAR]
    cells = pd.DataFrame({"x": [1.0, 2, 1, 2], "y": [1.0, 1, 2, 2], "x_quantile": [0.25, 0.75] * 2})
    cells = cells.assign(y_quantile=[0.25, 0.25, 0.75, 0.75], better=winners, difference=0.0, error=0.0, worlds=3)
    found = ReversalMap(QUOTA, CREWS, RISK, x, y, cells, "")
    first, second = reversal_finding(found, setting)
    assert first == (
        "A clearly lower risk: Catch quota nowhere on the map; Co-management in 50% of the map, mostly where Fish "
        "price is below 1.5 kGBP/tonne."
    )
    assert "evidence grade C and B" in second
    known = reversal_finding(replace(found, put_in_above=CREWS), setting)[0]
    assert "Co-management was put in above the other" in known
    lone = cells.assign(better=[CREWS, UNCLEAR, UNCLEAR, UNCLEAR])
    assert "(as few cells as chance alone may give)" in reversal_finding(replace(found, cells=lone), setting)[0]
    assert "No map" in reversal_finding(None, setting)[0]


def test_standing_still(setting):
    sizes = pd.DataFrame({"size": [5, 10, 20], "varied": "worlds", "group": "live"})
    table = sizes.assign(same_order=[0.9, 0.96, 1.0], same_best=[0.9, 0.96, 1.0], tau=1.0)
    pairs = sizes.assign(design=QUOTA, other=CREWS, agree=[0.96, 0.97, 0.99], put_in=False)
    first, second = convergence_finding(table, pairs, (QUOTA, CREWS), setting)
    assert first == "The order of Catch quota and Co-management stands still from about 5 worlds on."
    assert "stands still from about 10 worlds on; the same one ranks lowest in 100%" in second
    luck = pairs.assign(varied="futures", agree=[0.5, 0.96, 1.0])
    both = convergence_finding(table, pd.concat([pairs, luck]), (QUOTA, CREWS), setting)[0]
    assert both.endswith("from about 5 worlds on; with these worlds kept it stands still from about 10 futures on.")
    shaky = pairs.assign(agree=[0.5, 0.6, 0.7], put_in=True)
    told = convergence_finding(table, shaky, (QUOTA, CREWS), setting)[0]
    assert told.endswith("does not stand still: two runs of 20 worlds agree in 70% of cases.")
    assert "(an order put in, not found)" in told
    assert "no order to stand still" in convergence_finding(table, pairs, (), setting)[0]


def test_when_benefits_come(setting):
    rows = [(QUOTA, 1.0, 1.1, 1.1, 1.1, 0.0), (QUOTA, 2.0, 0.9, 1.0, 1.02, 0.4), (CREWS, 1.0, 1.2, 1.2, 1.2, 0.0)]
    rows += [(CREWS, 2.0, 1.1, 1.15, 1.16, 0.1), ("open-access", 2.0, 1.0, 1.0, 1.0, 0.0)]
    table = pd.DataFrame(rows, columns=["design", "year", "ratio", "so_far", "so_far_discounted", "ahead"])
    first, second = timing_finding(table, setting)
    assert "under Catch quota from year 2 on" in first
    assert first.endswith("; in no lasting stretch of the horizon under Co-management.")
    assert "Catch quota the same undiscounted, 2% more at 3.5% a year (less in 40% of worlds)" in second
    assert "against Open access" in second
    assert "no timing" in timing_finding(table.iloc[:0], setting)[0]
