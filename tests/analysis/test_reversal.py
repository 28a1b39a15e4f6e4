from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from policy_lab.analysis.put_in import LEVEL, RISK
from policy_lab.analysis.reversal import (
    NOWHERE,
    UNCLEAR,
    Region,
    ReversalMap,
    drawn_values,
    influences,
    pair_inputs,
    region_of,
    reversal_map,
)
from policy_lab.errors import InputError
from policy_lab.study import open_study
from policy_lab.study.inputs import UncertainInput
from tests.analysis.linear import evaluator

PAIR = ("catch-quota", "patrolled-licences")


@pytest.fixture(scope="module")
def plan():
    return open_study("fishery").plan(worlds=80, futures=2, seed=5)


def test_the_inputs_that_make_the_difference_come_first(plan):
    # The difference is the quota score of one less that of the other, plus the growth rate once.
    results = evaluator(levers=1.0, biology=0.5)(plan)
    table = influences(results, *PAIR, measure=LEVEL)
    assert set(table["input"][:3]) == {"Quota of Catch quota", "Quota of Licences", "Intrinsic growth rate"}
    signs = table.set_index("input")["rank_correlation"]
    assert signs["Quota of Catch quota"] < 0  # a better score of the first design speaks against the second
    assert signs["Quota of Licences"] > 0
    assert (table["rank_correlation"].abs()[3:] < table["noise"][0]).all()
    assert table["noise"][0] == pytest.approx(3.42 / np.sqrt(79), abs=0.03)  # normal quantile of 1 - 0.05/(2 x 80)


def test_values_are_those_that_were_drawn(plan):
    results = evaluator(levers=1.0)(plan)
    rows = {row.title: row for row in pair_inputs(plan, *PAIR)}
    assert (drawn_values(results, rows["Fish price"]) == results.worlds["Fish price"]).all()
    share = drawn_values(results, rows["Weight of motive[deterrence]"])
    assert (share == results.worlds["Weight of motive"][:, 1]).all()
    score = drawn_values(results, rows["Patrols of Licences"])
    assert (score == results.levers["patrol"][plan.designs.index("patrolled-licences")]).all()
    cost = drawn_values(results, rows["Cost of changing to Licences"])
    assert (cost == plan.design_inputs("patrolled-licences")["Disruption of change"]).all()


def test_the_map_turns_where_the_scores_turn(plan):
    # The outcome is the quota score plus what the name gives; 0.5 makes the second the lower risk where its score is
    # not far below the first's, which lies between 0.55 and 0.85 against 0.1 and 0.35.
    evaluate = evaluator(levers=1.0, own={"patrolled-licences": 0.4})
    inputs = ("Quota of Catch quota", "lever/patrolled-licences/quota")
    found = reversal_map(evaluate(plan), evaluate, *PAIR, inputs, cells=4, worlds=3, futures=1)
    assert found.measure == LEVEL  # no future falls short under either
    assert len(found.cells) == 16
    cells = found.cells
    assert cells["difference"].to_numpy() == pytest.approx((cells["y"] + 0.4 - cells["x"]).to_numpy())
    assert set(cells["better"]) == {*PAIR}
    assert (cells["better"] == np.where(cells["x"] > cells["y"] + 0.4, PAIR[0], PAIR[1])).all()
    low = cells[cells["x_quantile"] == 0.125]["x"].unique()
    assert low == pytest.approx([0.55 + np.sqrt(0.125 * 0.3 * 0.15)])  # the triangle's quantile


def test_what_does_not_differ_is_said_to_be_unclear(plan):
    evaluate = evaluator(luck=0.001, own=dict.fromkeys(plan.designs, 0.5))
    found = reversal_map(evaluate(plan), evaluate, *PAIR, ("Fish price", "Catchability"), cells=2, worlds=2, futures=1)
    assert set(found.cells["better"]) <= {UNCLEAR, *PAIR}
    assert len(found.cells) == 4


def drawn_map(rows):
    """A map by hand: rows from the top, ``a`` and ``b`` where a design wins, ``.`` where none does clearly."""
    row = UncertainInput("s", "First", "g", "C", "month", 0, 1, "uniform")
    winners = {"a": "a", "b": "b", ".": UNCLEAR}
    cells = [
        {"x": 10.0 * (across + 1), "y": float(up + 1), "x_quantile": across, "y_quantile": up, "better": winners[mark]}
        for up, marks in enumerate(reversed(rows))
        for across, mark in enumerate(marks)
    ]
    return ReversalMap("a", "b", RISK, row, replace(row, title="Second", unit="Dmnl"), pd.DataFrame(cells), "")


def test_regions_are_the_rectangle_that_says_it_best():
    found = drawn_map(["bbb", "aab", "aa."])
    assert region_of(found, "a") == Region("where First is below 25 month and Second is below 2.5", 1.0, 1.0)
    assert region_of(found, "b") == Region("where Second is above 2.5", 1.0, 0.75)
    assert region_of(drawn_map(["aa", "aa"]), "a") == Region("in every part of the map", 1.0, 1.0)
    assert region_of(drawn_map(["aa", "a."]), "b") == Region(NOWHERE, 0.0, 0.0)
    diagonal = region_of(drawn_map(["bbb", "abb", "aab"]), "a")
    assert diagonal.words == "where First is below 25 month and Second is below 2.5"
    assert (diagonal.density, diagonal.coverage) == (0.75, 1.0)


def test_risk_is_mapped_where_futures_fall_short(plan):
    evaluate = evaluator(levers=0.8)
    found = reversal_map(evaluate(plan), evaluate, *PAIR, cells=2, worlds=2, futures=1)
    assert found.measure == RISK
    assert {found.x.title, found.y.title} <= {row.title for row in pair_inputs(plan, *PAIR)}


def test_unknown_names_are_refused_with_the_nearest(plan):
    evaluate = evaluator(levers=0.8)
    results = evaluate(plan)
    with pytest.raises(InputError, match="Fish price"):
        reversal_map(results, evaluate, *PAIR, ("Fish prise", "Catchability"))
    with pytest.raises(InputError, match="two inputs"):
        reversal_map(results, evaluate, *PAIR, ("Fish price",))
    with pytest.raises(InputError, match="co-management"):
        reversal_map(results, evaluate, "catch-quota", "co-managment")
