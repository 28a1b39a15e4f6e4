from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pytest

from policy_lab.analysis.blind import blind_order, blind_words, differing, enabling
from policy_lab.study import open_study
from policy_lab.study.schema import Score
from policy_lab.study.scores import Scores, own_scores
from tests.analysis.linear import evaluator


@pytest.fixture(scope="module")
def fishery():
    return open_study("fishery")


def reader(study, **modes):
    """A reader who gives every lever of a design the same narrow triangle."""
    given = {
        name.replace("_", "-"): {
            lever: Score(low=mode - 0.02, mode=mode, high=mode + 0.02, reason="") for lever in study.file.levers
        }
        for name, mode in modes.items()
    }
    return Scores(("a reader",), (1.0,), MappingProxyType({"a reader": given}))


REVERSED = {"open_access": 0.9, "catch_quota": 0.1, "patrolled_licences": 0.5, "co_management": 0.4}


def test_enabling_is_the_mean_place_in_the_levers_ranges(fishery):
    scores = reader(fishery, **REVERSED)
    assert enabling(fishery, scores, fishery.designs) == pytest.approx([0.9, 0.1, 0.5, 0.4])
    own = fishery.designs["catch-quota"].levers
    by_hand = np.mean([sum((own[k].low, own[k].mode, own[k].high)) / 3 for k in ("quota", "patrol", "voice")])
    assert enabling(fishery, own_scores(fishery), ["catch-quota"]) == pytest.approx([by_hand])  # licences: ambiguous


def test_where_lower_is_better_a_low_score_is_enabling(fishery):
    levers = {key: lever.model_copy(update={"better": "lower"}) for key, lever in fishery.file.levers.items()}
    from dataclasses import replace

    turned = replace(fishery, file=fishery.file.model_copy(update={"levers": levers}))
    assert enabling(turned, reader(turned, open_access=0.9), ["open-access"]) == pytest.approx([0.1])


def test_where_the_model_only_follows_scores_the_order_is_the_readers_own(fishery):
    plan = fishery.plan(worlds=20, futures=2, seed=4)
    found = blind_order(plan, reader(fishery, **REVERSED), evaluator(levers=1.0))
    orders = found.orders.set_index("design")
    assert orders["reader_enabling_rank"].to_dict() == {
        "open-access": 1,  # alone in its group
        "patrolled-licences": 1,
        "co-management": 2,
        "catch-quota": 3,
    }
    tau = found.agreement.set_index(["between", "measure"])["tau"]
    assert tau["result under the reader's scores and those scores", "mean outcome"] == 1.0
    assert found.placebo["follows_scores"][found.placebo["measure"] == "mean outcome"].tolist() == [1.0] * 3
    assert tau["reader's scores and authors' scores", "mean enabling score"] < 0
    words = " ".join(blind_words(found, reader(fishery, **REVERSED)))
    assert "put in by whoever gave them" in words
    assert differing(found, fishery).startswith("Reader and authors differ most on Open access (90% against")


def test_where_the_model_ignores_scores_orders_agree_whatever_the_reader_says(fishery):
    plan = fishery.plan(worlds=10, futures=2, seed=4)
    names = dict(zip(fishery.designs, (0.1, 0.4, 0.6, 0.9), strict=True))
    found = blind_order(plan, reader(fishery, **REVERSED), evaluator(own=names))
    tau = found.agreement.set_index(["between", "measure"])["tau"]
    assert tau["result under the reader's scores and under the authors'", "mean outcome"] == 1.0
    assert tau["result under the reader's scores and under the placebo", "mean outcome"] == 1.0
    level = found.placebo[found.placebo["measure"] == "mean outcome"]
    assert level["follows_names"].tolist() == [1.0] * 3


def test_the_authors_own_scores_give_the_authors_order(fishery):
    plan = fishery.plan(worlds=10, futures=2, seed=4)
    found = blind_order(plan, own_scores(fishery), evaluator(levers=0.5, biology=0.05))
    assert (found.orders["reader_risk"] == found.orders["authors_risk"]).all()
    assert (found.orders["reader_enabling"] == found.orders["authors_enabling"]).all()
