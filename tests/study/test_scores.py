from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest

from policy_lab.errors import InputError
from policy_lab.study import open_study
from policy_lab.study.draws import lever_draws
from policy_lab.study.schema import Score
from policy_lab.study.scores import Scores, bounds_of, pooled_draws, scale_of, scored_study, views, world_experts


@pytest.fixture(scope="module")
def fishery():
    return open_study("fishery")


def score(low, mode, high):
    return Score(low=low, mode=mode, high=high, reason="for this test")


def uniform_scores(study, **modes):
    """Scores of experts who each give every lever of every design the same narrow triangle round their mode."""
    given = {
        name: {
            design: {lever: score(mode - 0.05, mode, mode + 0.05) for lever in study.file.levers}
            for design in study.designs
        }
        for name, mode in modes.items()
    }
    count = len(modes)
    return Scores(tuple(modes), (1 / count,) * count, MappingProxyType(given))


def test_a_world_takes_one_experts_view_of_everything(fishery):
    plan = fishery.plan(scores=uniform_scores(fishery, Ann=0.2, Bob=0.5, Cyn=0.8), worlds=200)
    drawn = np.stack(list(plan.lever_scores().values()))  # levers, designs, worlds
    nearest = np.abs(drawn[..., None] - np.array([0.2, 0.5, 0.8])).argmin(axis=-1)
    assert (nearest == nearest[:1, :1]).all()  # no world mixes experts
    assert (nearest[0, 0] == world_experts(plan.study.scores, 200, plan.seed)).all()
    assert set(nearest.ravel()) == {0, 1, 2}


def test_experts_come_as_often_as_their_weights_say(fishery):
    scores = uniform_scores(fishery, Ann=0.2, Bob=0.8).weighted({"Ann": 3, "Bob": 1})
    assert scores.weights == (0.75, 0.25)
    chosen = world_experts(scores, 4000, 11)
    assert np.mean(chosen == 0) == pytest.approx(0.75, abs=4 * np.sqrt(0.75 * 0.25 / 4000))


def test_more_worlds_keep_the_first_ones(fishery):
    scores = uniform_scores(fishery, Ann=0.2, Bob=0.8)
    few, many = (pooled_draws(scores, "open-access", "quota", worlds, 3) for worlds in (5, 50))
    assert (many[:5] == few).all()


def test_one_expert_with_the_studys_own_scores_draws_what_the_study_draws(fishery):
    own = {name: dict(design.levers) for name, design in fishery.designs.items()}
    plan = fishery.plan(scores=Scores(("the authors",), (1.0,), {"the authors": own}), worlds=6)
    for lever, values in fishery.plan(worlds=6).lever_scores().items():
        assert (plan.lever_scores()[lever] == values).all()


def test_overlays_are_added_to_what_the_expert_said(fishery):
    scored = scored_study(fishery, uniform_scores(fishery, Ann=0.2, Bob=0.5))
    bare = lever_draws(scored, "open-access", "patrol", 40, 5, True)
    watched = lever_draws(scored, "open-access+watch", "patrol", 40, 5, True)
    added = watched - bare
    assert (added > 0.1).all()
    assert (added < 0.2).all()


def test_where_levers_do_not_vary_the_pool_stands_at_the_weighted_mean_of_the_modes(fishery):
    scores = uniform_scores(fishery, Ann=0.2, Bob=0.6).weighted({"Ann": 3, "Bob": 1})
    plan = fishery.plan(scores=scores, worlds=4).with_(vary=())
    assert plan.lever_scores()["quota"] == pytest.approx(np.full((4, 4), 0.3))


def test_each_view_is_one_expert(fishery):
    scored = scored_study(fishery, uniform_scores(fishery, Ann=0.2, Bob=0.6))
    assert [view.designs["open-access"].levers["quota"].mode for view in views(scored)] == [0.2, 0.6]
    assert views(fishery) == (fishery,)


def test_a_design_that_was_not_scored_whole_is_refused_with_who_and_what(fishery):
    whole = uniform_scores(fishery, Ann=0.2, Bob=0.6)
    part = {**whole.given, "Bob": {**whole.given["Bob"], "catch-quota": {"quota": score(0, 0.1, 0.2)}}}
    scores = Scores(whole.experts, whole.weights, part)
    with pytest.raises(InputError, match=r"`catch-quota` is not scored in full \(Bob: patrol, voice, licences\)"):
        fishery.plan(scores=scores)
    assert fishery.plan(scores=scores.only("Ann")).study.scores.experts == ("Ann",)
    plan = fishery.plan(scores=scores, designs=["open-access", "co-management"])
    with pytest.raises(InputError, match="not scored in full"):
        plan.with_(designs=("open-access", "catch-quota"))


def test_an_unknown_expert_is_refused_with_the_nearest_name(fishery):
    scores = uniform_scores(fishery, Annabel=0.2, Bob=0.6)
    with pytest.raises(InputError, match="Did you mean `Annabel`"):
        scores.only("Anabel")


@pytest.mark.parametrize("weights", [{"Ann": -1.0, "Bob": 2.0}, {"Ann": 0.0}, {"Zoe": 1.0}, {"Ann": float("nan")}])
def test_weights_that_mean_nothing_are_refused(fishery, weights):
    with pytest.raises(InputError):
        uniform_scores(fishery, Ann=0.2, Bob=0.6).weighted(weights)


def test_the_manifest_says_whose_scores_were_drawn(fishery):
    plan = fishery.plan(scores=uniform_scores(fishery, Ann=0.2, Bob=0.6))
    assert plan.choices()["scores"] == {"experts": {"Ann": 0.5, "Bob": 0.5}, "files_sha256": {}}
    assert "Ann (50%), Bob (50%)" in plan.describe()
    assert "scores" not in fishery.plan().choices()


def test_a_lever_without_a_unit_runs_from_nought_to_one(fishery):
    lever = fishery.file.levers["quota"]
    assert bounds_of(fishery, lever) == (0.0, 1.0)
    assert scale_of(fishery, "quota") == (0.0, 1.0)


def test_a_lever_with_a_unit_and_no_range_is_judged_over_what_designs_and_experts_span(fishery):
    months = fishery.file.levers["quota"].model_copy(update={"unit": "Month", "variable": "Fish stock"})
    file = fishery.file.model_copy(update={"levers": {**fishery.file.levers, "quota": months}})
    timed = replace(fishery, file=file)
    assert bounds_of(timed, months) == (-np.inf, np.inf)
    own = [design.levers["quota"] for design in fishery.designs.values()]
    assert scale_of(timed, "quota") == (min(one.low for one in own), max(one.high for one in own))
    assert scale_of(timed, "quota", [uniform_scores(fishery, Ann=2.0)])[1] == pytest.approx(2.05)
