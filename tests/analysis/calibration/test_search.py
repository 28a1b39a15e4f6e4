"""Point and posterior on a model whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from policy_lab.analysis.calibration.search import best_point, sample
from tests.analysis.calibration.test_likelihood import YEARS, a_fit


def test_the_best_point_is_where_the_line_was() -> None:
    found = best_point(a_fit(8 + 1.5 * YEARS), seed=1)
    assert found.values["Level"] == pytest.approx(8, rel=0.02)
    assert found.values["Slope"] == pytest.approx(1.5, rel=0.05)
    assert found.runs > 0


def test_the_posterior_agrees_among_ensembles_and_holds_the_truth() -> None:
    pytest.importorskip("emcee")
    generator = np.random.default_rng(3)
    fit = a_fit((9 + 1.2 * YEARS) * np.exp(0.02 * generator.standard_normal(6)))
    found = sample(fit, best_point(fit, seed=1).scores, seed=2, ensembles=3, walkers=24, steps=600, burn=150)
    assert found.scores.shape == (3, 600 * 24, 2)
    assert max(found.rhat.values()) < 1.02
    assert min(found.effective.values()) > 400
    values = fit.values(found.thinned(500))
    low, high = np.quantile(values["Slope"], (0.025, 0.975))
    assert low < 1.2 < high


def test_the_same_seed_gives_the_same_draws() -> None:
    pytest.importorskip("emcee")
    fit = a_fit(9 + 1.2 * YEARS)
    one, two = (sample(fit, np.zeros(2), seed=5, ensembles=1, walkers=16, steps=60, burn=10) for _ in range(2))
    np.testing.assert_array_equal(one.scores, two.scores)
