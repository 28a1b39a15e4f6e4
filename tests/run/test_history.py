"""The model driven through the past: laws, events and outside series act when they are dated, and answers add up."""

from __future__ import annotations

import numpy as np
import pytest

import policy_lab as pl
from policy_lab.run.history import Past, the_past
from policy_lab.study.history import History, read_history


@pytest.fixture(scope="module")
def history() -> History:
    return read_history(pl.open_study("safeguarding"))


@pytest.fixture(scope="module")
def past(history: History) -> Past:
    return the_past(history, time_step=0.25)


def base(history: History, runs: int = 2) -> dict[str, np.ndarray]:
    return {one.name: np.full(runs, one.base) for one in history.parameters}


def test_laws_come_into_force_at_their_dates(past: Past) -> None:
    times, duty = past.series["Intended duty"]
    months = (2006 - 1999) * 12, (2010 - 1999) * 12 + 2
    for month in months:
        before, after = (float(np.interp(at, times, duty)) for at in (month, month + 1))
        assert before != after or month == months[1]
    designs = past.history.study.designs
    assert np.interp(0, times, duty) == designs["acpc-1988"].levers["duty"].mode
    assert np.interp(past.history.horizon, times, duty) == designs["masa-2023"].levers["duty"].mode


def test_an_outside_series_has_the_base_value_in_its_anchor_year(past: Past) -> None:
    _times, posts = past.series["Established posts"]
    whole = past.history.study.constants["Established posts"]
    assert posts[-1] == pytest.approx(whole)
    assert posts[0, 0] < whole[0]
    np.testing.assert_array_equal(posts[0, 1:], whole[1:])


def test_answers_are_near_the_published_level_and_the_same_for_the_same_draw(past: Past, history: History) -> None:
    said = past.simulate(base(history), history.parameters)
    for key, values in said.items():
        assert values.shape == (2, len(history.series[key].years))
        np.testing.assert_array_equal(values[0], values[1])
        assert 0.5 < np.median(values[0] / history.series[key].values) < 2


def test_the_pandemic_lowers_referrals_of_its_year_only(past: Past, history: History) -> None:
    """Published: 643, 598 and 650 thousand in 2020, 2021 and 2022."""
    years = history.series["referrals"].years
    said = past.simulate(base(history), history.parameters)["referrals"][0]
    by_year = dict(zip(years.tolist(), said.tolist(), strict=True))
    assert by_year[2021] < 0.97 * by_year[2020]
    assert by_year[2022] > by_year[2021]


def test_moving_all_elements_together_moves_every_agency(past: Past, history: History) -> None:
    draws = base(history)
    draws["Low yield referral rate"] = np.array([1.0, 1.2])
    said = past.simulate(draws, history.parameters)["referrals"]
    assert (said[1] > 1.08 * said[0]).all()
