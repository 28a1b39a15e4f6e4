from __future__ import annotations

import numpy as np
import pytest

from policy_lab.analysis.threshold import anchored_bar
from policy_lab.errors import InputError
from policy_lab.study import open_study
from policy_lab.study.areas import at_period
from tests.analysis.linear import evaluator


def test_the_bar_is_the_quantile_over_places_and_worlds_at_the_anchors_share():
    study = open_study("fishery")  # its anchor: 30 % under open access; 20 % and 40 % beside it
    asked = []

    def watched(plan):
        asked.append(plan)
        return evaluator(biology=1.0)(plan)

    found = anchored_bar(study, watched, worlds=50)
    (plan,) = asked
    assert (plan.designs, plan.start, plan.futures, plan.area) == (("open-access",), "settled", 1, None)
    growth = plan.world_inputs()["Intrinsic growth rate"] / 0.03  # what the outcome is made of here
    assert found.bars == {share: pytest.approx(np.quantile(growth, share)) for share in (0.3, 0.2, 0.4)}
    assert found.own == found.bars[0.3]
    assert np.mean(growth < found.own) == pytest.approx(0.3, abs=0.02)
    assert (found.places, found.cases, found.failed) == (1, 50, 0)


def test_places_count_alike():
    study = open_study("safeguarding")
    places = at_period(study, study.file.measures.shortfall.anchor.period).areas()
    assert list(places) != list(study.areas())  # the anchor counts places as they were then, not as they are now
    keys = list(places)[:3]
    seen = []

    def by_place(plan):
        seen.append(plan.area)
        level = float(keys.index(plan.area)) if plan.area in keys else np.nan
        return evaluator(own=dict.fromkeys(plan.designs, level))(plan)

    found = anchored_bar(study, by_place, worlds=4)
    assert seen == list(places)
    assert found.cases == 4 * len(places)
    assert found.failed == 4 * (len(places) - 3)  # places without a usable rest are left out, and counted
    assert (found.own, found.high) == (0.0, 2.0)  # four values each of 0, 1 and 2: a sixth lies at 0, 95 % at 2


def test_nothing_at_rest_is_an_error():
    study = open_study("fishery")
    with pytest.raises(InputError, match="open-access"):
        anchored_bar(study, evaluator(own={"open-access": np.nan}), worlds=3)
