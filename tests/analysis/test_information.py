from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from policy_lab.analysis.information import (
    BY_GRADE,
    EVERYTHING,
    information_value,
    known_seeds,
    perfect_information,
)
from policy_lab.analysis.put_in import grade_groups, input_groups
from policy_lab.analysis.stochastic import BURDEN, RISK
from policy_lab.study import open_study
from tests.analysis.linear import evaluator


def test_two_options_and_three_states_by_hand():
    # Option a loses 0, 1, 1 and b 1, 0, 1; each state is seen twice, without noise.
    losses = np.array([[[0.0, 1.0]] * 2, [[1.0, 0.0]] * 2, [[1.0, 1.0]] * 2])
    found = perfect_information(losses)
    assert found.value == pytest.approx(2 / 3 - 1 / 3)  # now 2/3 is lost; with knowledge only in the last state
    assert found.changes == pytest.approx(1 / 3)


def normal(options_mean, known, unknown, outer, inner, seed=1):
    """Losses of two options: the difference has a known and an unknown part, each normal."""
    generator = np.random.default_rng(seed)
    difference = (
        options_mean
        + known * generator.standard_normal((outer, 1))
        + unknown * generator.standard_normal((outer, inner))
    )
    common = 5 * generator.standard_normal((outer, inner))
    return np.stack([common, common + difference], axis=-1)


@pytest.mark.parametrize("mean", [0.0, 0.5])
def test_the_value_of_a_normal_difference_is_that_of_the_closed_form(mean):
    # V = s phi(m/s) - |m| Phi(-|m|/s) for a difference of mean m and known standard deviation s (Raiffa & Schlaifer).
    found = perfect_information(normal(mean, known=1.0, unknown=2.0, outer=4000, inner=3))
    expected = stats.norm.pdf(mean) - mean * stats.norm.cdf(-mean)
    assert found.value == pytest.approx(expected, abs=4 * found.error)
    assert 0.005 < found.error < 0.03


def test_the_error_is_the_spread_over_repetitions():
    found = [perfect_information(normal(0.3, 1.0, 1.0, 60, 3, seed)) for seed in range(60)]
    assert np.mean([one.error for one in found]) == pytest.approx(np.std([one.value for one in found]), rel=0.3)


def test_noise_alone_has_hardly_a_value():
    noisy = normal(0.0, known=0.0, unknown=1.0, outer=2000, inner=2)
    naive = -np.minimum(noisy - noisy.mean(axis=2, keepdims=True), 0).mean(axis=1).min(axis=1).mean()
    found = perfect_information(noisy)
    assert found.value < 0.12
    assert found.value < naive / 2


def test_three_options_that_all_may_win():
    generator = np.random.default_rng(3)
    known = generator.standard_normal((3000, 1, 3))
    found = perfect_information(known + generator.standard_normal((3000, 3, 3)))
    assert found.value == pytest.approx(3 / (2 * np.sqrt(np.pi)), abs=5 * found.error)  # -E min of three normals


def test_what_cannot_be_estimated_is_not_a_number():
    assert np.isnan(perfect_information(np.zeros((2, 2, 2))).value)
    assert np.isnan(perfect_information(np.zeros((9, 1, 2))).value)
    failed = np.full((4, 2, 2), np.nan)
    assert np.isnan(perfect_information(failed).value)


@pytest.fixture(scope="module")
def plan():
    return open_study("fishery").plan(worlds=60, futures=4, seed=5)


def values(table, measure=RISK):
    return table[table["measure"] == measure].set_index("group")["value"]


def test_only_what_moves_the_choice_is_worth_knowing(plan):
    # Risks differ by the quota scores alone, which overlap between two of the three designs.
    evaluate = evaluator(levers=0.8, own={"co-management": 0.13})
    found = values(information_value(evaluate(plan), evaluate, worlds=60))
    assert found["lever scores"] == pytest.approx(found[EVERYTHING], rel=0.35)
    assert found["lever scores"] > 0.02
    assert found["other parameters"] < found["lever scores"] / 4
    assert found["lever scores (grade C)"] == found["lever scores"]


def test_luck_cannot_be_bought(plan):
    evaluate = evaluator(luck=0.02, own=dict.fromkeys(plan.designs, 0.2))
    table = information_value(evaluate(plan), evaluate, worlds=60)
    assert "luck" not in set(table["group"])
    groups = values(table).drop(EVERYTHING)
    assert (groups < 0.1).all()


def test_the_burden_is_valued_against_the_base(plan):
    evaluate = evaluator(biology=0.05, levers=0.2)
    table = information_value(evaluate(plan), evaluate, worlds=40)
    burden = table[table["measure"] == BURDEN]
    assert burden["value"].notna().all()
    assert set(burden["chosen"]) <= set(plan.designs)


def test_one_design_alone_is_no_choice(plan):
    evaluate = evaluator(levers=1.0)
    assert information_value(evaluate(plan.with_(designs=("open-access",))), evaluate).empty


def test_a_known_group_keeps_its_draws_and_no_other_does(plan):
    kinds = input_groups(plan)
    again = plan.with_(seeds=known_seeds(plan, kinds, "structure", 1))
    now, then = plan.world_inputs(), again.world_inputs()
    assert (now["Weight of motive"] == then["Weight of motive"]).all()
    assert (now["Fish price"] != then["Fish price"]).all()
    assert (plan.lever_scores()["quota"] != again.lever_scores()["quota"]).all()
    assert (plan.future_inputs()["Spell start"] != again.future_inputs()["Spell start"]).all()
    grade = plan.with_(seeds=known_seeds(plan, grade_groups(plan), "grade B", 1))
    assert (now["Intrinsic growth rate"] == grade.world_inputs()["Intrinsic growth rate"]).all()
    assert (now["Fish price"] != grade.world_inputs()["Fish price"]).all()


def test_both_splits_are_there(plan):
    evaluate = evaluator(levers=0.5)
    table = information_value(evaluate(plan), evaluate, worlds=20, redraws=1)
    assert set(table[table["split"] == BY_GRADE]["group"]) == {"grade B", "grade C", "lever scores (grade C)"}
    assert set(table["worlds"]) == {20, 60}
