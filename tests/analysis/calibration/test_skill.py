"""Skill, Theil's split and the spread between places against cases solved by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import policy_lab as pl
from policy_lab.analysis.calibration.panel import place_spread, spread_table
from policy_lab.analysis.calibration.skill import (
    NO_SKILL,
    SKILL,
    horizon_table,
    naive_forecasts,
    skill_table,
    theil_table,
    turn_table,
)
from policy_lab.study.history import History, read_history


@pytest.fixture(scope="module")
def history() -> History:
    return read_history(pl.open_study("safeguarding"))


def as_published(history: History) -> dict[str, np.ndarray]:
    return {key: series.values.copy() for key, series in history.series.items()}


def test_a_model_that_says_what_was_published_has_skill_everywhere(history: History) -> None:
    table = skill_table(history, as_published(history))
    assert (table["model"] == 0).all()
    assert set(table["verdict"]) == {SKILL, ""}


def test_persistence_itself_has_no_skill(history: History) -> None:
    said = {key: naive_forecasts(series)["persistence"] for key, series in history.series.items()}
    held_out = skill_table(history, said).query("window == 'held out'")
    assert set(held_out["verdict"]) == {NO_SKILL}


def test_no_change_scores_what_the_method_says(history: History) -> None:
    """Method section 6: no change since 2019 scores 3.2 % on referrals and 11.2 % on turnover (2020 to 2025)."""
    said = {key: naive_forecasts(series)["persistence"] for key, series in history.series.items()}
    errors = horizon_table(history, said).groupby("series")["persistence"].mean()
    assert errors["turnover"] == pytest.approx(11.2, abs=1.5)
    assert errors["referrals"] == pytest.approx(3.2, abs=2.0)


def test_covid_years_are_scored_apart(history: History) -> None:
    said = as_published(history)
    said["referrals"][history.series["referrals"].years == 2021] *= 2
    table = skill_table(history, said).set_index(["series", "window"])["model"]
    assert table["referrals", "held out"] == 0
    assert table["referrals", "Covid years"] == pytest.approx(50)


def test_a_constant_excess_is_all_bias(history: History) -> None:
    said = {key: values + values.mean() for key, values in as_published(history).items()}
    row = theil_table(history, said).set_index("series").loc["referrals"]
    assert row["bias"] == pytest.approx(1)
    assert row[["bias", "variation", "covariation"]].sum() == pytest.approx(1)


def test_theils_shares_add_up(history: History) -> None:
    generator = np.random.default_rng(1)
    said = {
        key: values * np.exp(0.1 * generator.standard_normal(len(values)))
        for key, values in as_published(history).items()
    }
    shares = theil_table(history, said)[["bias", "variation", "covariation"]].sum(axis=1)
    np.testing.assert_allclose(shares, 1)


def test_directions_are_read_off_the_figures(history: History) -> None:
    said = as_published(history)
    said["turnover"] = said["turnover"][::-1]
    table = turn_table(history, said).set_index(["what", "from"])
    assert table.loc[("section 47 per referrals", 2013), "agree"]
    assert not table.loc[("turnover", 2022), "agree"]


def test_the_spread_between_places_is_found_again() -> None:
    generator = np.random.default_rng(4)
    places = [f"place {number}" for number in range(200)]
    rows = [
        {"place": place, "year": year, "rate": 10 * 1.02 ** (year - 2017) * np.exp(own + generator.normal(0, 0.1))}
        for place, own in zip(places, generator.normal(0, 0.3, 200), strict=True)
        for year in range(2017, 2026)
        if generator.random() > 0.2
    ]
    found = place_spread(pd.DataFrame(rows), "rate", seed=1)
    assert found.between == pytest.approx(0.3, rel=0.15)
    assert found.within == pytest.approx(0.1, rel=0.1)
    assert found.held_out == 40
    assert found.inside == pytest.approx(0.9, abs=0.06)


def test_the_band_holds_nine_tenths_of_authorities_that_it_never_saw(history: History) -> None:
    table = spread_table(history, seed=1)
    assert set(table["figure"]) == set(history.file.panel.figures)  # type: ignore[union-attr]
    assert (table["held_out"] == 31).all()
    assert table["inside"].between(0.8, 0.98).all()
