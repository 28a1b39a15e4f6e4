from __future__ import annotations

import numpy as np
import pytest

from policy_lab.analysis.measured import Question, by_design, put_in_words, world_values
from policy_lab.analysis.sensitivity import MATTERS, NOT_TOLD, asked_of, sensitivity
from policy_lab.errors import InputError
from policy_lab.run import run
from policy_lab.study import open_study
from policy_lab.study.inputs import uncertain_inputs
from tests.analysis.linear import evaluator


@pytest.fixture(scope="module")
def plan():
    return open_study("fishery").plan(futures=2, seed=5)


def rows_of(found):
    return found.table.set_index("input")


def test_what_carries_the_result_matters_and_nothing_else(plan):
    (found,) = sensitivity(plan, evaluator(levers=1.0, biology=2.0), [Question("level", "co-management")], samples=4)
    rows = rows_of(found)
    assert set(rows.index[rows["verdict"] == MATTERS]) == {"Intrinsic growth rate", "Quota of Co-management"}
    assert found.table["input"].iloc[0] == "Intrinsic growth rate"
    assert rows.loc["Catchability", "verdict"] == NOT_TOLD
    assert rows.loc["Quota of Co-management", ["low", "high"]].tolist() == [0.4, 0.7]
    assert "2 of 39 uncertain inputs matter" in found.sentences[0]


def test_no_input_is_left_out(plan):
    question = Question("level", "co-management", "catch-quota")
    (found,) = sensitivity(plan, evaluator(levers=1.0), [question], samples=4)
    named = plan.with_(designs=("co-management", "catch-quota"))
    assert sorted(found.table["input"]) == sorted(row.title for row in uncertain_inputs(named))


def test_what_moves_both_designs_alike_cancels_in_their_difference(plan):
    """Growth enters times the place of the design in the plan, so it stays; what each owns alone goes."""
    evaluate = evaluator(levers=1.0, own={"co-management": 3.0})
    (found,) = sensitivity(plan, evaluate, [Question("level", "co-management", "catch-quota")], samples=4)
    rows = rows_of(found)
    matter = set(rows.index[rows["verdict"] == MATTERS])
    assert matter == {"Quota of Co-management", "Quota of Catch quota"}
    assert rows.loc["Quota of Co-management", "direction"] == pytest.approx(1)
    assert rows.loc["Quota of Catch quota", "direction"] == pytest.approx(-1)


def test_luck_is_the_floor(plan):
    """An effect smaller than that of other futures is not told from chance."""
    question = [Question("level", "co-management")]
    (calm,) = sensitivity(plan, evaluator(levers=0.01), question, samples=4)
    (wild,) = sensitivity(plan, evaluator(levers=0.01, luck=1.0), question, samples=4)
    assert (rows_of(calm).loc["Quota of Co-management", "verdict"], calm.table["floor"].iloc[0]) == (MATTERS, 0)
    assert rows_of(wild).loc["Quota of Co-management", "verdict"] == NOT_TOLD


@pytest.mark.parametrize("by", ["group", "grade"])
def test_groups_and_grades_move_together(plan, by):
    question = [Question("level", "co-management")]
    (found,) = sensitivity(plan, evaluator(biology=1.0), question, by=by, samples=4)
    best = {"group": "biology", "grade": "grade B"}[by]  # the growth rate is the only input of grade B
    assert found.table.loc[found.table["verdict"] == MATTERS, "input"].tolist() == [best]
    assert found.table["inputs"].sum() == len(uncertain_inputs(plan.with_(designs=("co-management",))))


def test_groups_are_summed_up_with_their_grades(plan):
    (found,) = sensitivity(plan, evaluator(biology=1.0), [Question("level", "co-management")], samples=4)
    grades = found.groups[found.groups["by"] == "grade"].set_index("name")
    assert grades["share_of_importance"].sum() == pytest.approx(1)
    assert grades.loc["B", ["inputs", "matter"]].tolist() == [1, 1]


def test_several_outcomes_come_from_the_same_runs(plan):
    asked = []

    def counted(wanted):
        asked.append(wanted.worlds)
        return run(wanted)

    questions = asked_of(plan, ("level", "risk", "burden", "Fleet"), "catch-quota")
    found = sensitivity(plan, counted, questions, samples=4)
    assert [one.question.outcome for one in found] == ["level", "risk", "burden", "Fleet"]
    assert sum(asked) == found[0].worlds + 4  # and each trajectory's first world once more, under other luck
    assert found[3].unit == "boat"
    assert found[2].title.endswith("Catch quota as a ratio to Open access")
    assert all(np.isfinite(one.table["importance"]).all() for one in found)
    again = sensitivity(plan, run, questions, samples=4)
    assert again[0].table.equals(found[0].table)


def test_the_worlds_values_are_those_of_the_results(plan):
    results = run(plan.with_(designs=("open-access", "catch-quota"), worlds=3))
    level = by_design(results, "level")
    assert world_values(results, Question("level", "catch-quota", "open-access")) == pytest.approx(level[1] - level[0])
    burden = by_design(results, "burden")
    assert world_values(results, Question("burden", "catch-quota")) == pytest.approx(burden[1] / burden[0])


def test_what_cannot_be_asked_is_refused(plan):
    with pytest.raises(InputError, match="no outcome `levle`"):
        sensitivity(plan, run, [Question("levle", "catch-quota")])
    with pytest.raises(InputError, match="base of its own ratio"):
        sensitivity(plan, run, [Question("burden", "open-access")])
    with pytest.raises(InputError, match="does not differ from itself"):
        sensitivity(plan, run, [Question("level", "catch-quota", "catch-quota")])
    with pytest.raises(InputError, match="no method `moris`"):
        sensitivity(plan, run, method="moris")
    with pytest.raises(InputError, match="nothing is uncertain"):
        sensitivity(plan.with_(vary={"luck"}), run)


def test_an_order_that_was_put_in_is_said(plan):
    study = plan.study
    assert put_in_words(study, Question("level", "catch-quota", "co-management")) == ""
    assert put_in_words(study, Question("level", "catch-quota+watch", "catch-quota")).endswith("only sizes it.")
