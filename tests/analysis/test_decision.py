from __future__ import annotations

import pytest

from policy_lab.analysis.decision import Effort, decide, live_pair, read
from policy_lab.analysis.risk import risk
from policy_lab.analysis.setting import setting_of
from policy_lab.errors import InputError
from policy_lab.study import open_study
from policy_lab.study.scores import own_scores, scored_study
from tests.analysis.linear import evaluator

SMALL = Effort(worlds=12, redraws=1, futures=2, reach_worlds=6, cells=2, cell_worlds=3)


@pytest.fixture(scope="module")
def found():
    plan = open_study("fishery").plan(worlds=24, futures=4, seed=5)
    evaluate = evaluator(levers=0.5, biology=0.05, luck=0.002, own=dict.fromkeys(plan.designs, 0.25), wave=0.2)
    return evaluate(plan), evaluate


def test_a_decision_holds_every_table(found):
    results, evaluate = found
    decision = decide(results, evaluate, SMALL)
    assert set(decision.reading.holding_times["design"]) == set(results.designs)
    assert set(decision.information["worlds"]) == {12, 24}
    assert set(decision.radius["design"]) == set(results.designs)  # three live ones, and the base beside them
    assert len(decision.reversal.cells) == 4
    assert (decision.reversal.design, decision.reversal.other) == decision.pair


def test_the_pair_is_the_two_lowest_or_the_base_and_its_lowest_rival(found):
    results, _ = found
    table, setting = risk(results), setting_of(results)
    live = table[table["group"] == "live"].sort_values(["risk", "design"])["design"].tolist()
    assert live_pair(table, setting) == (live[0], live[1])  # the base is alone in a group of the past
    moved = table.assign(group="live")
    everyone = setting_of(results).__class__(**{**vars(setting), "group_of": dict.fromkeys(results.designs, "live")})
    pair = live_pair(moved, everyone)
    assert pair[0] == "open-access"
    assert pair[1] == moved[moved["design"] != "open-access"].sort_values(["risk", "design"])["design"].iloc[0]


def test_one_design_leaves_no_pair_and_no_map(found):
    results, evaluate = found
    alone = evaluate(results.plan.with_(designs=("open-access",)))
    decision = decide(alone, evaluate, SMALL)
    assert decision.pair == ()
    assert decision.reversal is None
    assert decision.information.empty


def test_where_no_input_can_be_moved_alone_there_is_no_map(found):
    results, evaluate = found
    lucky = evaluate(results.plan.with_(vary={"luck"}))
    assert decide(lucky, evaluate, SMALL).reversal is None
    scored = evaluate(results.plan.with_(study=scored_study(results.plan.study, own_scores(results.plan.study))))
    assert decide(scored, evaluate, SMALL).reversal is None


def test_a_pair_and_its_inputs_can_be_named(found):
    results, evaluate = found
    pair, inputs = ("open-access", "co-management"), ("Fish price", "Quota of Co-management")
    decision = decide(results, evaluate, SMALL, pair=pair, inputs=inputs)
    assert (decision.reversal.x.title, decision.reversal.y.title) == inputs
    with pytest.raises(InputError, match="two designs"):
        decide(results, evaluate, SMALL, pair=("open-access",))


def test_reading_needs_no_runs(found):
    results, _ = found
    reading = read(results)
    assert set(reading.pair_convergence["group"]) == {"live"}
    assert reading.timing["year"].max() == 2  # the hand-made runs last 24 months
