from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from policy_lab.analysis.put_in import (
    LEVEL,
    RISK,
    Effort,
    calm_plan,
    exchanges,
    grade_groups,
    input_groups,
    lever_flips,
    placebo,
    put_in,
    variance_split,
    variance_splits,
    variants,
)
from policy_lab.analysis.risk import world_risks
from policy_lab.run import run
from policy_lab.study import Study, open_study
from policy_lab.study.schema import Variant
from tests.analysis.linear import evaluator


@pytest.fixture(scope="module")
def fishery() -> Study:
    return open_study("fishery")


@pytest.fixture(scope="module")
def plan(fishery):
    return fishery.plan(worlds=50, futures=2, seed=5)


def level_row(table, one, other):
    rows = table[(table["measure"] == LEVEL) & table["design"].isin([one, other]) & table["other"].isin([one, other])]
    assert len(rows) == 1
    return rows.iloc[0]


def test_scores_far_apart_never_flip(plan):
    evaluate = evaluator(levers=1.0, biology=100.0)  # biology would flip everything, but stands at its base
    far = plan.with_(designs=("open-access", "catch-quota"))  # 0 to 0.15 against 0.55 to 0.85
    row = level_row(lever_flips(evaluate(far), evaluator(levers=1.0), 60, 2), "open-access", "catch-quota")
    assert (row["flips"], row["ties"], row["redraws"]) == (0.0, 0.0, 60)
    assert evaluate(far).plan is far


def test_overlapping_scores_flip_as_often_as_their_triangles_say(plan):
    evaluate = evaluator(levers=1.0)
    near = plan.with_(designs=("catch-quota", "co-management"))  # modes 0.70 and 0.55, each ±0.15
    row = level_row(lever_flips(evaluate(near), evaluate, 4000, 1), "catch-quota", "co-management")
    assert row["design"] == "catch-quota"
    # The chance that the difference of two triangles of half-width h lies beyond its mean by h is 1/24.
    assert row["flips"] == pytest.approx(1 / 24, abs=0.012)


def test_other_parameters_stand_at_their_base_while_levers_are_redrawn(plan):
    seen = []

    def watched(asked):
        seen.append(asked)
        return evaluator(levers=1.0)(asked)

    lever_flips(evaluator(levers=1.0)(plan), watched, 30, 2)
    (asked,) = seen
    assert all(np.ptp(values, axis=0).max() == 0 for values in asked.world_inputs().values())
    assert np.ptp(asked.lever_scores()["quota"], axis=1).min() > 0
    starts = asked.future_inputs()["Spell start"]
    assert (starts == starts[:1]).all()
    assert (starts[0, 0] != starts[0, 1]).any()


def test_equal_designs_tie_in_every_redraw(plan):
    evaluate = evaluator(biology=0.0)
    table = lever_flips(evaluate(plan), evaluate, 20, 1)
    assert set(table["ties"]) == {1.0}
    assert set(table["flips"]) == {0.0}


def test_exchanges_leave_no_design_its_own_scores():
    for count in range(2, 10):
        for owners in exchanges("abcdefghi"[:count], 6):
            assert sorted(owners) == sorted(owners.values())
            assert all(name != owner for name, owner in owners.items())
    assert exchanges(["a"], 6) == ()


def test_the_placebo_follows_the_scores_where_only_scores_matter(plan):
    table = placebo(plan, evaluator(levers=1.0), 3, 40, 1)
    level = table[table["measure"] == LEVEL]
    assert len(level) == 3
    assert (level["follows_scores"] == 1.0).all()
    assert (level["follows_names"] < 1.0).all()


def test_the_placebo_follows_the_names_where_scores_do_not_matter(plan):
    own = {name: 0.1 * place for place, name in enumerate(plan.designs)}
    level = placebo(plan, evaluator(own=own), 3, 40, 1)
    level = level[level["measure"] == LEVEL]
    assert (level["follows_names"] == 1.0).all()
    assert (level["follows_scores"] < 1.0).all()


def test_groups_are_those_in_which_the_study_varies(plan):
    assert input_groups(plan) == {
        "lever scores": ("levers",),
        "structure": ("structure",),
        "other parameters": ("biology", "other parameters"),
        "luck": ("luck",),
    }


def test_a_scenario_without_draws_has_no_luck_to_split(plan):
    still = plan.with_(scenario="one-bad-spell", designs=("catch-quota", "co-management"))
    assert "luck" not in input_groups(still)
    table = variance_split(still, evaluator(levers=1.0, biology=0.5), 30, 10)
    assert set(table["group"]) == {"lever scores", "structure", "other parameters"}


@pytest.mark.parametrize(
    ("weights", "group"),
    [
        ({"levers": 1.0}, "lever scores"),
        ({"biology": 1.0}, "other parameters"),
        ({"habits": 1.0}, "structure"),
        ({"luck": 1.0}, "luck"),
    ],
)
def test_a_difference_that_one_group_makes_is_given_to_that_group(plan, weights, group):
    two = plan.with_(designs=("catch-quota", "co-management"))
    table = variance_split(two, evaluator(**weights), 400, 50)
    level = table[table["measure"] == LEVEL].set_index("group")
    for name, row in level.iterrows():
        expected = 1.0 if name == group else 0.0
        assert row["total"] == pytest.approx(expected, abs=0.15)
        assert row["alone"] == pytest.approx(expected, abs=0.25)


def test_two_groups_share_the_variance_as_their_own_variances_do(plan):
    two = plan.with_(designs=("catch-quota", "co-management"))
    alone = {name: evaluator(**{name: 1.0})(two.with_(worlds=3000, futures=1)) for name in ("levers", "biology")}
    spread = {}
    for name, results in alone.items():
        values = results["Stock against the reference"].values[..., 0, 0]
        spread[name] = float(np.var(values[0] - values[1]))
    share = spread["levers"] / (spread["levers"] + spread["biology"])
    table = variance_split(two, evaluator(levers=1.0, biology=1.0), 1500, 50)
    row = table[(table["measure"] == LEVEL) & (table["group"] == "lever scores")].iloc[0]
    assert row["total"] == pytest.approx(share, abs=0.06)
    assert row["total_q05"] < share < row["total_q95"]


def test_a_difference_that_judgement_makes_is_given_to_its_grade(plan):
    two = plan.with_(designs=("catch-quota", "co-management"))
    table = variance_splits(two, evaluator(levers=1.0), (input_groups(two), grade_groups(two)), 400, 50)[1]
    assert {"lever scores (grade C)", "luck"} < set(table["group"])
    level = table[table["measure"] == LEVEL].set_index("group")["total"]
    assert level["lever scores (grade C)"] == pytest.approx(1.0, abs=0.15)
    assert level.drop("lever scores (grade C)").abs().max() < 0.15


def test_the_split_is_the_same_for_the_same_seed(plan):
    one = variance_split(plan, evaluator(levers=1.0, luck=1.0), 20, 10)
    assert one.equals(variance_split(plan, evaluator(levers=1.0, luck=1.0), 20, 10))
    assert set(one["measure"]) == {RISK, LEVEL}


def test_nothing_happens_in_the_calm_plan(plan):
    calm = calm_plan(plan)
    assert calm.futures == 1
    inputs = calm.future_inputs()
    assert set(inputs) == {"Raids at expected rate"}
    assert (inputs["Raids at expected rate"] == 1).all()
    assert {name: values.tolist() for name, values in calm.world_inputs().items()} == {
        name: values.tolist() for name, values in plan.world_inputs().items()
    }


def test_all_checks_together_stay_within_their_effort(plan):
    runs = []

    def counted(asked):
        runs.append(asked.cases)
        return evaluator(levers=1.0)(asked)

    effort = Effort(redraws=7, futures=2, exchanges=2, exchange_worlds=3, rows=5, resamples=3)
    found = put_in(counted(plan), counted, effort)
    assert runs == [400, 56, 24, 24, 24, 40, 40, *[20] * 5, 200]
    assert found.calm.plan.futures == 1


def test_variants_are_the_same_worlds_with_constants_held() -> None:
    """A variant that holds a constant at what it is changes nothing; one that starves the stock raises every risk."""
    study = open_study("fishery")
    name = next(key for key, row in study.parameters.items() if row.distribution == "fixed" and row.base > 0)
    growth = next(key for key in study.parameters if "growth" in key.casefold())
    same = Variant(title="nothing changed", meaning="", set={name: study.parameters[name].base})
    starved = Variant(title="hardly any growth", meaning="", set={growth: study.parameters[growth].base / 10})
    comparison = study.file.comparison.model_copy(update={"variants": {"same": same, "starved": starved}})
    changed = replace(study, file=study.file.model_copy(update={"comparison": comparison}))
    plan = changed.plan(worlds=6, futures=2, seed=3)
    results = run(plan)
    found = variants(plan, run, futures=2)
    risks = [found.loc[found["variant"] == key, "risk"].to_numpy() for key in ("same", "starved")]
    np.testing.assert_array_equal(risks[0], np.nanmean(world_risks(results), axis=1))
    assert (risks[1] >= risks[0]).all()
    assert (risks[1] > risks[0]).any()
