from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from policy_lab.analysis.boxes import ABOVE, BELOW, Limit
from policy_lab.analysis.discovery import discover, in_words
from policy_lab.analysis.world_table import LUCK, SCORE, Column, world_table
from policy_lab.errors import InputError
from policy_lab.run import run
from policy_lab.study import open_study
from tests.analysis.linear import evaluator


@pytest.fixture(scope="module")
def study():
    return open_study("fishery")


def test_the_futures_that_fall_short_are_told_in_words_with_units(study):
    """The outcome is the quota plus ten times the growth rate over 0.03, and falls short below the bar of 0.5."""
    plan = study.plan(designs=["catch-quota"], worlds=400, futures=1, seed=3)
    found = discover(evaluator(biology=1.0, own={"catch-quota": -0.5})(plan), "catch-quota", resamples=2)
    assert found.box.better_than_chance
    assert [(one.column, one.side) for one in found.box.limits] == [("Intrinsic growth rate", BELOW)]
    assert found.box.limits[0].value == pytest.approx(0.03, rel=0.02)
    assert found.sentences[0].startswith(
        "When Intrinsic growth rate is below 0.030 1/Month, Catch quota falls short in"
    )
    assert "of its shortfalls" in found.sentences[0]
    assert found.table["grade"].tolist() == ["B"]
    assert found.regions["density_held_out"].iloc[0] > 0.9


def test_the_weaker_of_two_wins_where_its_own_strength_counts(study):
    """Growth helps the second design twice, so the first wins where growth is low and its own head start remains."""
    plan = study.plan(designs=["open-access", "catch-quota"], worlds=400, futures=1, seed=3)
    evaluate = evaluator(biology=1.0, own={"open-access": 0.9})
    found = discover(evaluate(plan), "open-access", "catch-quota", resamples=2)
    assert (found.design, found.other) == ("open-access", "catch-quota")
    assert [(one.column, one.side) for one in found.box.limits] == [("Intrinsic growth rate", BELOW)]
    assert "Open access does better for the shared stock than Catch quota" in found.sentences[0]
    assert "of its wins" in found.sentences[0]
    swapped = discover(evaluate(plan), "catch-quota", "open-access", resamples=0)
    assert swapped.design == "open-access"


def test_where_the_weaker_never_wins_that_is_said(study):
    plan = study.plan(designs=["catch-quota", "catch-quota+watch"], worlds=200, futures=1, seed=3)
    found = discover(evaluator(own={"catch-quota+watch": 1.0})(plan), "catch-quota", "catch-quota+watch")
    assert "in none of 200 worlds" in found.sentences[0]
    assert "follows from what was put in" in found.sentences[1]
    assert "not found; the model only sizes it" in found.sentences[1]
    assert found.table.empty


def test_what_cannot_be_searched_is_refused(study):
    plan = study.plan(designs=["catch-quota", "open-access"], worlds=60, futures=1)
    results = evaluator()(plan)
    with pytest.raises(InputError, match="60 worlds are too few"):
        discover(results, "catch-quota")
    with pytest.raises(InputError, match="no runs of `co-management`"):
        discover(results, "co-management")
    with pytest.raises(InputError, match="does not differ from itself"):
        discover(results, "catch-quota", "catch-quota")


def test_limits_read_as_a_sentence():
    columns = {"Stock": Column("Stock", "uncertainty", "tonne", "C"), "Quota": Column("Quota", SCORE, "", "C")}
    limits = (
        Limit("Stock", ABOVE, 6123.0, 0, 0),
        Limit("Quota", BELOW, 0.25, 0, 0),
        Limit("Stock", BELOW, 9000.0, 0, 0),
    )
    assert in_words(limits, columns) == "Stock is between 6,100 and 9,000 tonne and Quota is below 0.25"


def test_the_table_of_worlds_holds_what_was_run(study):
    plan = study.plan(designs=["catch-quota+watch"], worlds=12, futures=2, seed=4)
    table = world_table(plan, plan.designs, luck=True)
    results = run(plan)
    assert table.values["Carrying capacity"].to_numpy() == pytest.approx(results.worlds["Carrying capacity"])
    patrol = table.values["Patrols of Catch quota with watch"].to_numpy()
    assert patrol == pytest.approx(results.levers["patrol"][0])
    assert table.values["Spell start[spell1]"].to_numpy() == pytest.approx(plan.future_inputs()["Spell start"][:, 0, 0])
    assert "Spell start[spell4]" not in table.values
    varying = {name for name, row in study.parameters.items() if row.varies}
    assert varying <= set(table.values)
    assert table.columns["Carrying capacity"].unit == "tonne"
    assert not any(each.kind == LUCK for each in world_table(plan, plan.designs, luck=False).columns.values())
    held = replace(plan, settings=study.plan(settings={"Carrying capacity": 9000}).settings)
    assert "Carrying capacity" not in world_table(held, plan.designs, luck=False).values
    assert np.isfinite(table.values.to_numpy()).all()
