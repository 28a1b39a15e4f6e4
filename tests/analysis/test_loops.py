"""Tables of named loops, and of what cutting them does."""

from __future__ import annotations

import math
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest

from policy_lab.analysis.loops import effects_in_words, link_table, loop_effects, loop_table
from policy_lab.results.types import Results
from policy_lab.run.feedback import NamedLoop, named_loops
from policy_lab.run.knock_out import KnockOut
from policy_lab.study import Study, open_study
from tests.analysis.linear import evaluator


@pytest.fixture(scope="module")
def fishery() -> Study:
    return open_study("fishery")


@pytest.fixture(scope="module")
def loops(fishery: Study) -> tuple[NamedLoop, ...]:
    return named_loops(fishery, worlds=2)


def test_one_row_for_each_loop(fishery: Study, loops: tuple[NamedLoop, ...]) -> None:
    table = loop_table(loops).set_index("loop")
    assert list(table.index) == list(fishery.file.loops)
    assert (table["stated"] == table["found"]).all()
    assert table.loc["R1", "path"] == "Motive strength -> Compliance -> Mean compliance -> Motive strength"
    assert table.loc["R1", "slowest"] == "Compliance"
    assert (table["faults"] == "").all()


def test_a_cut_names_the_other_loops_over_its_link(loops: tuple[NamedLoop, ...]) -> None:
    table = loop_table(loops).set_index("loop")
    assert table.loc["B1", "also_cut"] == "B2", "both go from the stock to the catch"
    assert table.loc["R1", "also_cut"] == ""


def test_one_row_for_each_link(loops: tuple[NamedLoop, ...]) -> None:
    table = link_table(loops)
    assert len(table) == sum(len(one.loop.path) for one in loops)
    signs = table[table["loop"] == "B1"].set_index("effect")["more_of_the_cause"].to_dict()
    assert signs == {"Catch per boat": "more", "Landings": "more", "Fish stock": "less"}
    assert (table["delay"] >= 0).all()


def moved(results: Results, share: float, design: int) -> Results:
    """The same results with the shortfall's variable of one design raised by a share."""
    name = results.plan.study.file.measures.shortfall.variable
    values = results[name].values.copy()
    values[design] *= 1 + share
    return replace(
        results, outcomes=MappingProxyType({**results.outcomes, name: replace(results[name], values=values)})
    )


@pytest.fixture(scope="module")
def whole(fishery: Study) -> Results:
    plan = fishery.plan(worlds=12, futures=3, seed=5)
    return evaluator(levers=0.5, biology=0.05, luck=0.002, own=dict.fromkeys(plan.designs, 0.25), wave=0.2)(plan)


def test_effects_are_differences_between_the_same_cases(whole: Results) -> None:
    without = {"R1": moved(whole, 0.1, 0), "B1": whole}
    table = loop_effects(KnockOut(whole, MappingProxyType(without)))
    assert len(table) == 2 * len(whole.designs)
    first = table[(table["loop"] == "R1") & (table["design"] == whole.designs[0])].iloc[0]
    assert first["outcome_change"] == pytest.approx(0.1)
    assert first["largest"] == pytest.approx(0.1)
    assert first["clear"]
    assert first["risk_without"] == pytest.approx(first["risk"] + first["risk_change"])
    assert first["risk_change"] <= 0, "an outcome that is higher everywhere falls short no more often"
    others = table[(table["loop"] == "B1") | (table["design"] != whole.designs[0])]
    assert (others["outcome_change"] == 0).all()
    assert not others["clear"].any()


def test_a_cut_that_turns_the_order_says_in_how_many_worlds(whole: Results) -> None:
    last = loop_effects(KnockOut(whole, MappingProxyType({"R1": moved(whole, 100.0, 0)})))["order_changes"]
    none = loop_effects(KnockOut(whole, MappingProxyType({"R1": whole})))["order_changes"]
    assert (none == 0).all()
    assert 0 < last.iloc[0] <= 1


def test_failed_cases_are_left_out(whole: Results) -> None:
    name = whole.plan.study.file.measures.shortfall.variable
    values = whole[name].values.copy()
    values[:, 0] = np.nan
    broken = replace(whole, outcomes=MappingProxyType({**whole.outcomes, name: replace(whole[name], values=values)}))
    table = loop_effects(KnockOut(whole, MappingProxyType({"R1": broken})))
    assert all(math.isfinite(value) for value in table["outcome_change"])


def test_the_weight_of_loops_in_words(whole: Results) -> None:
    strong, weak = moved(whole, 0.1, 0), moved(whole, 0.001, 0)
    told = effects_in_words(loop_effects(KnockOut(whole, MappingProxyType({"R1": strong, "B1": weak}))), "Fish")
    assert told == (
        "Cutting moves Fish at the horizon most, in some design on average, for R1 (10%). "
        "By less than 0.5% in every design: B1."
    )
    none = effects_in_words(loop_effects(KnockOut(whole, MappingProxyType({"B1": weak}))), "Fish")
    assert none == "No cut moves Fish at the horizon by 0.5% on average in any design."
