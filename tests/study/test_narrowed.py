from __future__ import annotations

import numpy as np
import pytest

from policy_lab.errors import InputError
from policy_lab.study.narrowed import narrowed
from policy_lab.study.scores import Scores, own_scores, scored_study


def test_ranges_are_drawn_in_about_what_is_likeliest(fishery):
    half = narrowed(fishery, 0.5)
    assert (half.parameters["Fish price"].low, half.parameters["Fish price"].high) == (1.8, 2.25)
    ratio = half.parameters["Carrying capacity"]
    assert ratio.low == pytest.approx(10000 * 0.7**0.5)
    score = half.designs["co-management"].levers["quota"]
    assert (score.low, score.mode, score.high) == pytest.approx((0.475, 0.55, 0.625))
    watch = half.overlays["watch"].adds["patrol"]
    assert (watch.low, watch.high) == pytest.approx((0.125, 0.175))


def test_fixed_constants_and_the_whole_width_stay(fishery):
    assert narrowed(fishery, 0.5).parameters["Number of rules"] == fishery.parameters["Number of rules"]
    whole = narrowed(fishery, 1.0)
    assert whole.parameters["Fish price"] == fishery.parameters["Fish price"]


def test_draws_keep_their_place_in_the_range(fishery):
    plan = fishery.plan(worlds=20)
    drawn = plan.world_inputs()["Fish price"]
    near = plan.with_(study=narrowed(fishery, 0.25)).world_inputs()["Fish price"]
    assert near - 2 == pytest.approx((drawn - 2) / 4)


def test_experts_come_nearer_to_one_another(fishery):
    own = own_scores(fishery)
    raised = {
        name: {
            key: score.model_copy(update={"mode": score.high, "low": score.high})
            for key, score in design.levers.items()
        }
        for name, design in fishery.designs.items()
    }
    both = Scores(("one", "two"), (0.5, 0.5), {"one": own.given["the authors"], "two": raised})
    study = scored_study(fishery, both)
    half = narrowed(study, 0.5)
    modes = [score.mode for score in study.scores.of("co-management", "quota")]
    near = [score.mode for score in half.scores.of("co-management", "quota")]
    assert np.mean(near) == pytest.approx(np.mean(modes))
    assert near[1] - near[0] == pytest.approx((modes[1] - modes[0]) / 2)


def test_no_width_is_refused(fishery):
    with pytest.raises(InputError, match="above 0 and at most 1"):
        narrowed(fishery, 0.0)
