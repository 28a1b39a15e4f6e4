from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from policy_lab.analysis.put_in import Evaluate
from policy_lab.analysis.watch import UNPUBLISHED, Watch, area_under_curve, published, watch
from policy_lab.analysis.watch_words import headline, watch_in_words
from policy_lab.errors import InputError
from policy_lab.results.types import Outcome, Results
from policy_lab.run import run
from policy_lab.study import Plan, Study, open_study
from policy_lab.study.indicator_schema import Indicator
from policy_lab.study.streams import stream

MONTHS = 121
BEFORE = 10
"""Months by which the sign comes before the crossing, in the results made by hand."""


@pytest.fixture(scope="module")
def fishery() -> Study:
    return open_study("fishery")


def indicators(lag: float = 0.0) -> dict[str, Indicator]:
    sign = Indicator(variable="Fish stock", title="The sign", published="at once", lag=lag)
    noise = Indicator(variable="Assessed stock", title="The noise", published="at once", lag=0)
    return {"noise": noise, "sign": sign}


def by_hand(crossing: bool = True) -> Evaluate:
    """Return an `evaluate` in which every second future crosses the bar, and one variable falls before it does."""

    def evaluate(plan: Plan) -> Results:
        generator = stream(7, "by hand")
        cases = (1, plan.worlds, plan.futures)
        crosses = (np.arange(plan.futures) % 2 == 0) & crossing
        when = np.where(crosses, generator.integers(40, 110, cases), MONTHS + 99)[..., None]
        time = np.arange(float(MONTHS))
        falls = np.where(time >= when - BEFORE, 50.0, 100.0)
        values = {
            plan.study.file.measures.shortfall.variable: np.where(time >= when, 0.2, 0.9),
            "Fish stock": falls,
            "Assessed stock": 100.0 + generator.normal(size=(*cases, MONTHS)) * (time > 0),
        }
        outcomes = {name: Outcome(name, "Dmnl", (), (), np.array(values.get(name, falls))) for name in plan.saved}
        return Results(plan, plan.designs, time, outcomes, {}, plan.lever_scores(), {"settings": {}})

    return evaluate


def watched(study: Study, lag: float = 0.0, window: float = 24.0, evaluate: Evaluate | None = None) -> Watch:
    bound = replace(study, file=study.file.model_copy(update={"indicators": indicators(lag)}))
    plan = bound.plan(worlds=20, futures=8, seed=2)
    return watch(plan, "open-access", evaluate or by_hand(), window=window, false_alarms=0.1)


@pytest.mark.parametrize("lag", [0.0, 4.0])
def test_a_sign_is_told_with_its_lead_and_noise_is_not(fishery: Study, lag: float) -> None:
    found = watched(fishery, lag)
    table = found.indicators.set_index("indicator")
    sign, noise = table.loc["sign"], table.loc["noise"]
    assert list(table.index) == ["sign", "noise", UNPUBLISHED]
    assert (sign["sign"], sign["hits"], sign["false_alarms"]) == ("falls", 1.0, 0.0)
    assert sign["lead"] == sign["lead_q05"] == sign["lead_q95"] == BEFORE - lag
    assert sign["informative"]
    assert not noise["informative"]
    assert noise["false_alarms"] == pytest.approx(0.1, abs=0.03)
    assert noise["hits"] == pytest.approx(noise["hits_by_chance"], abs=0.1)
    assert noise["auc"] == pytest.approx(0.5, abs=0.05)
    # Of the 24 months before a crossing the sign is seen in the last ten less the lag; elsewhere never.
    assert sign["auc"] == pytest.approx(0.5 + 0.5 * (BEFORE - lag) / 24)
    assert found.crossings == 40
    assert found.futures == 80


def test_a_window_shorter_than_the_lead_cuts_it(fishery: Study) -> None:
    sign = watched(fishery, window=6.0).indicators.set_index("indicator").loc["sign"]
    assert sign["lead"] == 6.0
    assert sign["false_alarms"] > 0


def test_the_outcome_itself_gives_no_warning_where_it_drops_at_once(fishery: Study) -> None:
    seen = watched(fishery).indicators.set_index("indicator").loc[UNPUBLISHED]
    assert seen["hits"] == 0
    assert np.isnan(seen["lead"])


def test_words_say_what_was_found_and_where(fishery: Study) -> None:
    found = watched(fishery)
    first, second, third = watch_in_words(found)
    assert "the best warning is the sign, when the figure falls" in first
    assert "before 100% of crossings, typically 10 months ahead" in first
    assert "40 crossings in 80 futures under Open access" in first
    assert "no better than chance: the noise" in second.lower()
    assert "in this model only" in third
    assert headline(found).startswith("Best warning of what is published: The sign, before 100% of crossings")


def test_nothing_informative_is_said(fishery: Study) -> None:
    found = watched(fishery, lag=BEFORE + 20)
    assert headline(found) == "No published indicator can be told to warn better than chance"
    assert "no published indicator can be told to warn more often than by chance" in watch_in_words(found)[0]


def test_few_crossings_are_too_few_to_judge_by(fishery: Study) -> None:
    bound = replace(fishery, file=fishery.file.model_copy(update={"indicators": indicators()}))
    found = watch(bound.plan(worlds=8, futures=2), "open-access", by_hand())
    assert watch_in_words(found)[0].startswith("Too few to judge by: 4 crossings")


def test_no_crossings_are_refused(fishery: Study) -> None:
    with pytest.raises(InputError, match="no future crosses the bar"):
        watched(fishery, evaluate=by_hand(crossing=False))


def test_a_study_without_indicators_is_refused(fishery: Study) -> None:
    bare = replace(fishery, file=fishery.file.model_copy(update={"indicators": {}}))
    with pytest.raises(InputError, match="names no published indicators"):
        watch(bare.plan(worlds=4), "open-access", run)


def test_an_indicator_that_rests_at_zero_is_refused(fishery: Study) -> None:
    seen = Indicator(variable="Raids seen", elements="sum", title="Raids", published="at once", lag=0)
    bound = replace(fishery, file=fishery.file.model_copy(update={"indicators": {"raids": seen}}))
    with pytest.raises(InputError, match="is 0 at rest"):
        watch(bound.plan(worlds=4, futures=10), "open-access", run)


def test_the_fishery_itself(fishery: Study) -> None:
    found = watch(fishery.plan(worlds=30, futures=6), "open-access", run)
    assert set(found.indicators["indicator"]) == {*fishery.file.indicators, UNPUBLISHED}
    assert found.indicators["indicator"].iloc[-1] == UNPUBLISHED
    assert found.indicators[["hits", "hits_by_chance", "false_alarms", "auc"]].stack().between(0, 1).all()
    assert (found.indicators["lead"].dropna() <= found.window).all()
    for _, rows in found.curve.groupby("indicator"):
        assert rows["false_alarms"].is_monotonic_increasing
        assert rows["hits"].is_monotonic_increasing


def test_yearly_figures_come_after_their_year_and_their_lag() -> None:
    time = np.arange(31.0)
    seen = published(time, time, every=12.0, lag=5.0)
    assert (seen[:17] == 0).all()  # nothing is known before month 17
    assert (seen[17:29] == np.arange(1, 13).mean()).all()
    assert (seen[29:] == np.arange(13, 25).mean()).all()


@given(arrays(float, 20, elements=st.floats(-5, 5)), st.integers(0, 6))
def test_what_is_seen_at_once_is_only_late(values: np.ndarray, lag: int) -> None:
    seen = published(values, np.arange(20.0), every=0.0, lag=float(lag))
    assert (seen[lag:] == values[: 20 - lag]).all()
    assert (seen[:lag] == values[0]).all()


@given(
    arrays(float, st.integers(1, 12), elements=st.integers(0, 5).map(float)),
    arrays(float, st.integers(1, 12), elements=st.integers(0, 5).map(float)),
)
def test_the_area_is_the_share_of_pairs_in_order(positive: np.ndarray, negative: np.ndarray) -> None:
    gaps = positive[:, None] - negative
    assert area_under_curve(positive, negative) == pytest.approx(((gaps > 0) + 0.5 * (gaps == 0)).mean())
    turned = area_under_curve(-positive, -negative)
    assert turned == pytest.approx(1 - area_under_curve(positive, negative))


def test_weights_count_as_repeats() -> None:
    positive, negative = np.array([1.0, 3.0]), np.array([2.0, 0.0, 4.0])
    weights = (np.array([2.0, 1.0]), np.array([1.0, 3.0, 0.0]))
    repeated = area_under_curve(np.array([1.0, 1.0, 3.0]), np.array([2.0, 0.0, 0.0, 0.0]))
    assert area_under_curve(positive, negative, weights) == pytest.approx(repeated)
