"""The likelihood by hand, its agreement with the correlation and spread that it assumes, and the priors."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from policy_lab.analysis.calibration.likelihood import (
    CORRELATION,
    SPREAD,
    WEIGHT,
    Fit,
    log_likelihood,
    residual_spread,
    whitened_misfit,
)
from policy_lab.study.history import FitParameter

LEVEL = FitParameter("Level", "fish", 10.0, 5.0, 15.0, "uniform")
SLOPE = FitParameter("Slope", "fish/Year", 1.0, 0.0, 3.0, "triangular")
YEARS = np.arange(6.0)


def line(draws: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {"Stock": draws["Level"][:, None] + draws["Slope"][:, None] * YEARS}


def a_fit(figures: np.ndarray) -> Fit:
    return Fit((LEVEL, SLOPE), line, {"Stock": figures}, {"Stock": np.ones(len(figures), dtype=bool)})


def test_the_misfit_of_two_years_by_hand() -> None:
    model, figures = np.array([[np.e, np.e**2]]), np.array([1.0, 1.0])  # log residuals 1 and 2
    expected = 1 + ((2 - CORRELATION * 1) / np.sqrt(1 - CORRELATION**2)) ** 2
    misfit, count = whitened_misfit(model, figures)
    assert misfit[0] == pytest.approx(expected)
    assert count == 2


def test_the_likelihood_of_one_series_by_hand() -> None:
    model, figures = {"Stock": np.array([[np.e]])}, {"Stock": np.array([1.0])}
    expected = -(WEIGHT + 0.5) * np.log(WEIGHT * SPREAD**2 + 0.5)
    assert log_likelihood(model, figures, {"Stock": np.array([True])})[0] == pytest.approx(expected)


def test_years_that_are_not_seen_do_not_count() -> None:
    figures = np.array([10.0, 11.0, 500.0])
    seen = {"Stock": np.array([True, True, False])}
    model = {"Stock": np.array([[10.0, 11.0, 12.0]])}
    other = {"Stock": np.array([[10.0, 11.0, 900.0]])}
    one, two = (log_likelihood(said, {"Stock": figures}, seen) for said in (model, other))
    np.testing.assert_array_equal(one, two)


@given(st.lists(st.floats(-3.9, 3.9), min_size=2, max_size=2))
def test_a_score_is_the_quantile_of_its_prior(scores: list[float]) -> None:
    values = a_fit(10 + YEARS).values(np.array([scores]))
    share = (values["Level"][0] - LEVEL.low) / (LEVEL.high - LEVEL.low)
    assert share == pytest.approx(norm.cdf(scores[0]), abs=1e-12)
    assert SLOPE.low <= values["Slope"][0] <= SLOPE.high


def test_a_run_that_broke_and_a_score_outside_have_no_probability() -> None:
    fit = a_fit(10 + YEARS)
    broken = Fit(fit.parameters, lambda d: {"Stock": np.full((len(d["Level"]), 6), np.nan)}, fit.figures, fit.seen)
    assert broken.log_posterior(np.zeros((1, 2)))[0] == -np.inf
    assert fit.log_posterior(np.array([[0.0, 4.5]]))[0] == -np.inf


def test_the_residual_spread_that_is_drawn_is_that_of_the_residuals() -> None:
    generator = np.random.default_rng(1)
    noise = np.zeros(400)
    for at in range(400):
        before = noise[at - 1] if at else 0.0
        noise[at] = CORRELATION * before + np.sqrt(1 - CORRELATION**2) * generator.normal(0, 0.1)
    figures = 10 * np.exp(noise)
    drawn = residual_spread(np.full((500, 400), 10.0), figures, generator)
    assert np.median(drawn) == pytest.approx(0.1, rel=0.1)
