from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_lab.analysis.elicitation import (
    by_expert,
    disagreement,
    distance,
    elicitation_words,
    mean_of_score,
    missing_table,
    pooled_quantiles,
    share_below,
    variance_of_score,
)
from policy_lab.study import open_study
from policy_lab.study.sampling import triangular
from policy_lab.study.schema import Score
from policy_lab.study.scores import POOL, Scores, pooled_draws


@pytest.fixture(scope="module")
def fishery():
    return open_study("fishery")


def score(low, mode, high):
    return Score(low=low, mode=mode, high=high, reason="for this test")


def scores_of(weights=None, **said):
    """Scores of the quota under open access alone."""
    experts = tuple(said)
    all_alike = tuple(1 / len(said) for _ in said) if weights is None else weights
    return Scores(experts, all_alike, MappingProxyType({who: {"open-access": {"quota": said[who]}} for who in experts}))


tenths = st.integers(0, 100).map(lambda whole: whole / 100)
triangles = st.lists(tenths, min_size=3, max_size=3).map(sorted).map(lambda ends: score(*ends))
pools = st.lists(st.tuples(triangles, st.integers(1, 9)), min_size=1, max_size=4)


@given(pools)
def test_pooled_quantiles_lie_between_the_experts_own(pool):
    given_, parts = zip(*pool, strict=True)
    weights = [part / sum(parts) for part in parts]
    own = np.stack([triangular(np.array([0.05, 0.5, 0.95]), one.low, one.mode, one.high) for one in given_])
    pooled = pooled_quantiles(given_, weights)
    assert (pooled >= own.min(axis=0) - 1e-9).all()
    assert (pooled <= own.max(axis=0) + 1e-9).all()
    assert (np.diff(pooled) >= 0).all()


@given(triangles, st.integers(1, 4))
def test_a_pool_of_the_same_judgement_is_that_judgement(one, many):
    pooled = pooled_quantiles([one] * many, [1 / many] * many)
    assert pooled == pytest.approx(triangular(np.array([0.05, 0.5, 0.95]), one.low, one.mode, one.high), abs=1e-9)


@given(triangles)
def test_quantile_and_share_below_undo_one_another(one):
    u = np.linspace(0.01, 0.99, 9)
    x = triangular(u, one.low, one.mode, one.high)
    if one.low < one.high:
        assert share_below(one, x) == pytest.approx(u, abs=1e-9)
    assert share_below(one, np.array([one.low - 0.01, one.high])).tolist() == [0.0, 1.0]


@given(triangles)
def test_mean_and_variance_are_those_of_the_draws(one):
    drawn = triangular((np.arange(20_000) + 0.5) / 20_000, one.low, one.mode, one.high)
    assert mean_of_score(one) == pytest.approx(drawn.mean(), abs=1e-4)
    assert variance_of_score(one) == pytest.approx(drawn.var(), abs=1e-4)


@given(triangles, triangles, triangles)
def test_distance_is_a_distance(one, other, third):
    assert distance(one, one) == 0
    assert distance(one, other) == distance(other, one)
    assert distance(one, third) <= distance(one, other) + distance(other, third) + 1e-12
    assert distance(one, other) >= abs(mean_of_score(one) - mean_of_score(other)) - 2e-3


def test_a_shifted_judgement_is_as_far_away_as_the_shift():
    assert distance(score(0.1, 0.2, 0.3), score(0.4, 0.5, 0.6)) == pytest.approx(0.3)


def test_the_pooled_mean_is_the_weighted_mean_by_hand(fishery):
    scores = scores_of((0.75, 0.25), Ann=score(0, 0.1, 0.2), Bob=score(0.6, 0.7, 0.8))
    table = by_expert(fishery, scores).set_index("expert")
    assert table["mean"].to_dict() == pytest.approx({"Ann": 0.1, "Bob": 0.7, POOL: 0.75 * 0.1 + 0.25 * 0.7})
    assert table.loc[POOL, ["low", "high"]].tolist() == [0.0, 0.8]
    # Three quarters lie below 0.2; the pool's median is Ann's own quantile at two thirds.
    assert table.loc[POOL, "q50"] == pytest.approx(float(triangular(np.array(2 / 3), 0, 0.1, 0.2)))


def test_the_pool_is_what_worlds_draw(fishery):
    scores = scores_of((0.75, 0.25), Ann=score(0, 0.1, 0.2), Bob=score(0.6, 0.7, 0.8))
    drawn = pooled_draws(scores, "open-access", "quota", 20_000, 9)
    told = by_expert(fishery, scores).set_index("expert").loc[POOL]
    assert drawn.mean() == pytest.approx(told["mean"], abs=0.01)
    assert np.quantile(drawn, [0.05, 0.5, 0.95]) == pytest.approx(told[["q05", "q50", "q95"]].astype(float), abs=0.01)


def test_the_share_between_experts_by_hand(fishery):
    scores = scores_of(Ann=score(0, 0.1, 0.2), Bob=score(0.6, 0.7, 0.8))
    (row,) = disagreement(fishery, scores).to_dict("records")
    within = 0.1**2 / 6  # a symmetric triangle of half-width h has variance h²/6
    assert row["between"] == pytest.approx(0.09 / (0.09 + within))
    assert row["furthest"] == pytest.approx(0.6)
    assert (row["one"], row["other"], row["apart"], row["experts"]) == ("Ann", "Bob", True, 2)


def test_equal_judgements_do_not_disagree(fishery):
    scores = scores_of(Ann=score(0.1, 0.2, 0.3), Bob=score(0.1, 0.2, 0.3))
    (row,) = disagreement(fishery, scores).to_dict("records")
    assert (row["between"], row["furthest"], row["apart"]) == (0.0, 0.0, False)


def test_certain_and_equal_judgements_have_no_variance_to_share(fishery):
    scores = scores_of(Ann=score(0.2, 0.2, 0.2), Bob=score(0.2, 0.2, 0.2))
    assert disagreement(fishery, scores)["between"].tolist() == [0.0]


def test_the_largest_disagreement_comes_first(fishery):
    base = {"quota": score(0, 0.1, 0.2), "patrol": score(0, 0.1, 0.2)}
    other = {"quota": score(0.1, 0.2, 0.3), "patrol": score(0.5, 0.6, 0.7)}
    scores = Scores(("Ann", "Bob"), (0.5, 0.5), {"Ann": {"open-access": base}, "Bob": {"open-access": other}})
    assert disagreement(fishery, scores)["lever"].tolist() == ["patrol", "quota"]


def test_what_one_alone_scored_is_pooled_among_those_who_did(fishery):
    given_ = {"Ann": {"open-access": {"quota": score(0, 0.1, 0.2)}}, "Bob": {"open-access": {"patrol": score(0, 0, 1)}}}
    scores = Scores(("Ann", "Bob"), (0.5, 0.5), given_)
    table = by_expert(fishery, scores)
    assert table[table["expert"] == POOL].set_index("lever")["mean"].to_dict() == pytest.approx(
        {"quota": 0.1, "patrol": 1 / 3}
    )
    assert disagreement(fishery, scores).empty
    missing = missing_table(fishery, scores)
    assert len(missing) == 6  # three of four levers each
    words = " ".join(elicitation_words(fishery, scores, disagreement(fishery, scores), missing))
    assert "nothing to disagree on" in words
    assert "Bob left out 3 scores: open-access (quota, voice, licences)." in words


def test_words_name_the_largest_disagreement(fishery):
    scores = scores_of(Ann=score(0, 0.1, 0.2), Bob=score(0.6, 0.7, 0.8))
    apart = disagreement(fishery, scores)
    words = " ".join(elicitation_words(fishery, scores, apart, missing_table(fishery, scores)))
    assert "Quota of Open access: between Ann and Bob, 60% of the range" in words
    assert "evidence grade C" in words
    alone = scores.only("Ann")
    assert "One expert alone" in " ".join(
        elicitation_words(fishery, alone, disagreement(fishery, alone), missing_table(fishery, alone))
    )
