from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from policy_lab.study.sampling import NORMAL_95, TAIL, concentration, dirichlet, exponential, quantile, triangular

U = np.linspace(0.01, 0.99, 99)
LOW, BASE, HIGH = 2.0, 3.0, 7.0
SPREAD = (HIGH - LOW) / (2 * NORMAL_95)
LOG_SPREAD = np.log(HIGH / LOW) / (2 * NORMAL_95)
ORACLES = {
    "uniform": stats.uniform(LOW, HIGH - LOW),
    "triangular": stats.triang((BASE - LOW) / (HIGH - LOW), LOW, HIGH - LOW),
    "loguniform": stats.loguniform(LOW, HIGH),
    "lognormal": stats.lognorm(LOG_SPREAD, scale=np.sqrt(LOW * HIGH)),
    "normal": stats.norm((LOW + HIGH) / 2, SPREAD),
}


@pytest.mark.parametrize("name", ORACLES)
def test_quantiles_are_those_of_scipy(name: str) -> None:
    assert np.allclose(quantile(name, U, base=BASE, low=LOW, high=HIGH), ORACLES[name].ppf(U), rtol=1e-12)


def test_exponential_is_that_of_scipy() -> None:
    assert np.allclose(exponential(U, 3.0), stats.expon(scale=3.0).ppf(U), rtol=1e-12)


@pytest.mark.parametrize("name", ["lognormal", "normal"])
def test_ranges_are_the_5_and_95_per_cent_quantiles(name: str) -> None:
    ends = quantile(name, np.array([0.05, 0.95]), base=BASE, low=LOW, high=HIGH)
    assert np.allclose(ends, [LOW, HIGH], rtol=1e-12)


def test_unbounded_distributions_are_cut_in_the_tails() -> None:
    extremes = quantile("normal", np.array([0.0, 1.0]), base=BASE, low=LOW, high=HIGH)
    assert np.allclose(extremes, ORACLES["normal"].ppf([TAIL, 1 - TAIL]))


def test_a_switch_is_either_low_or_high() -> None:
    assert set(quantile("switch", U, base=0, low=0, high=1)) == {0.0, 1.0}
    assert quantile("switch", U, base=0, low=0, high=1).mean() == pytest.approx(0.5, abs=0.01)


def test_an_unknown_distribution_is_refused() -> None:
    with pytest.raises(ValueError, match="fixed"):
        quantile("fixed", U, base=BASE, low=LOW, high=HIGH)


@given(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3), st.floats(0, 1, exclude_max=True))
def test_triangular_stays_in_its_range_and_grows(ends: list[float], u: float) -> None:
    low, mode, high = sorted(ends)
    values = triangular(np.array([u, min(u + 0.1, 1.0)]), low, mode, high)
    slack = 1e-9 * max(1.0, abs(low), abs(high))
    assert low - slack <= values[0] <= values[1] + slack <= high + 2 * slack


def test_a_triangle_without_width_is_a_point() -> None:
    assert set(triangular(U, 0.4, 0.4, 0.4)) == {0.4}


def test_dirichlet_shares_sum_to_one_and_vary_about_as_told() -> None:
    base, low, high = [0.4, 0.3, 0.3], [0.25, 0.15, 0.15], [0.55, 0.45, 0.45]
    u = np.random.default_rng(1).random((20_000, 3))
    shares = dirichlet(u, base, low, high)
    assert np.allclose(shares.sum(axis=1), 1, rtol=0, atol=1e-12)
    assert np.allclose(shares.mean(axis=0), base, atol=0.005)
    oracle = stats.dirichlet(concentration(base, low, high) * np.array(base))
    assert np.allclose(shares.var(axis=0), oracle.var(), rtol=0.05)
    found_low, found_high = np.quantile(shares, [0.05, 0.95], axis=0)
    assert np.allclose(found_low, low, atol=0.02)
    assert np.allclose(found_high, high, atol=0.02)


def test_dirichlet_means_follow_bases_that_do_not_sum_to_one() -> None:
    u = np.random.default_rng(2).random((20_000, 2))
    shares = dirichlet(u, [2.0, 6.0], [0.2, 0.7], [0.3, 0.8])
    assert np.allclose(shares.mean(axis=0), [0.25, 0.75], atol=0.005)
