from __future__ import annotations

import numpy as np
import pytest

from policy_lab.analysis.measured import BURDEN
from policy_lab.analysis.optimising import (
    cost_of,
    hypervolume,
    lever_bounds,
    objectives_of,
    optimise,
    pareto_front,
    undominated,
)
from policy_lab.errors import InputError
from policy_lab.run import run
from policy_lab.study import open_study
from tests.analysis.linear import evaluator


def convex(x: np.ndarray) -> np.ndarray:
    """ZDT1 (Zitzler, Deb and Thiele 2000): the front is ``1 - sqrt(f1)``, where all but the first variable are nil."""
    slack = 1 + 9 * x[:, 1:].mean(axis=1)
    return np.stack([x[:, 0], slack * (1 - np.sqrt(x[:, 0] / slack))], axis=1)


def test_a_known_convex_front_is_found_with_its_volume():
    front = pareto_front(convex, np.zeros(3), np.ones(3), 2, population=40, generations=60, seed=1)
    assert front.f[:, 1] == pytest.approx(1 - np.sqrt(front.f[:, 0]), abs=0.03)
    assert front.f[:, 0].min() < 0.05
    assert front.f[:, 0].max() > 0.95
    assert front.volume[-1] > front.volume[0]
    whole = hypervolume(front.f, np.zeros(2), np.ones(2))
    assert whole == pytest.approx(2 / 3, abs=0.03)  # 1 less the area under the front, 1 - 2/3
    again = pareto_front(convex, np.zeros(3), np.ones(3), 2, population=40, generations=5, seed=1)
    other = pareto_front(convex, np.zeros(3), np.ones(3), 2, population=40, generations=5, seed=1)
    assert (again.x == other.x).all()


def test_points_without_numbers_never_win():
    def broken(x: np.ndarray) -> np.ndarray:
        values = convex(x)
        values[x[:, 0] > 0.5] = np.nan
        return values

    front = pareto_front(broken, np.zeros(2), np.ones(2), 2, population=20, generations=15, seed=1)
    assert np.isfinite(front.f).all()
    assert front.x[:, 0].max() <= 0.5


def test_what_no_other_beats_by_hand():
    values = np.array([[1.0, 3.0], [2.0, 2.0], [3.0, 1.0], [2.0, 3.0], [2.0, 2.0], [np.nan, 0.0]])
    assert undominated(values).tolist() == [True, True, True, False, True, False]
    assert hypervolume(np.array([[0.5, 0.5]]), np.zeros(2), np.ones(2)) == pytest.approx(0.25)


def test_bounds_are_the_stated_ranges_of_all_designs():
    study = open_study("fishery")
    low, high = lever_bounds(study)
    assert dict(zip(study.file.levers, zip(low, high, strict=True), strict=True)) == {
        "quota": (0.0, 0.85),
        "patrol": (0.0, 0.85),
        "voice": (0.0, 0.95),
        "licences": (0.0, 0.9),
    }


def test_the_cost_is_what_the_study_names():
    study = open_study("fishery")
    assert cost_of(study, None).variable == "Patrol days"
    assert cost_of(study, "Fleet").unit == "boat"
    with pytest.raises(InputError, match="no resource `Patrol day`"):
        cost_of(study, "Patrol day")


def test_the_front_of_one_lever_that_all_else_follows_is_its_best_score():
    """Every outcome is the quota's score, so less of it is cheaper and more of it is safer: all scores are unbeaten."""
    plan = open_study("fishery").plan(worlds=3, futures=1, seed=4)
    found = optimise(plan, evaluator(levers=1.0), measure="level", population=12, generations=4)
    settings = found.table[found.table["kind"] == "setting"]
    assert settings["level_held_out"].to_numpy() == pytest.approx(-settings["Quota"].to_numpy())
    assert settings["on_front"].all()
    designs = found.table[found.table["kind"] == "design"].set_index("name")
    assert designs.loc["Catch quota", "Quota"] == 0.7
    assert designs.loc["Open access", f"{BURDEN}_held_out"] == pytest.approx(1)
    assert "no statute" in found.sentences[1]
    assert found.convergence["hypervolume"].between(0, 1).all()


def test_a_real_search_is_judged_on_worlds_that_it_never_met():
    plan = open_study("fishery").plan(designs=["co-management"], worlds=3, futures=1, seed=4)
    seeds = []

    def watched(asked):
        seeds.append(asked.seed)
        return run(asked)

    found = optimise(plan, watched, measure="level", population=8, generations=2)
    assert seeds == [4, 4, 4, 5]
    base = plan.with_(designs=("co-management", "open-access"), seed=5, vary=plan.vary - {"levers"})
    by_hand, _ = objectives_of(run(base), "level", cost_of(plan.study, None))
    row = found.table.set_index("name").loc["Co-management"]
    told = [row[f"{name}_held_out"] for name in found.objectives]
    assert told == pytest.approx(by_hand[0].tolist(), rel=1e-6)
