from __future__ import annotations

import numpy as np
import pytest

from policy_lab.analysis.sobol import group_shares, kendall_tau


def sampled(function, rows=4000):
    """A function of two groups x and y on samples A, B and the two mixtures."""
    draws = np.random.default_rng(3).standard_normal((2, 2, rows))
    (ax, ay), (bx, by) = draws
    return function(ax, ay), function(bx, by), {"x": function(bx, ay), "y": function(ax, by)}


def split(function, rows=4000):
    first, second, mixed = sampled(function, rows)
    return group_shares(first, second, mixed, np.random.default_rng(4))


def test_an_additive_output_splits_by_its_variances():
    found = split(lambda x, y: 2 * x + y + 100)  # variances 4 and 1: shares 0.8 and 0.2, and nothing together
    assert found["x"].alone == pytest.approx(0.8, abs=0.05)
    assert found["y"].alone == pytest.approx(0.2, abs=0.05)
    assert found["x"].total == pytest.approx(0.8, abs=0.05)
    assert found["y"].total == pytest.approx(0.2, abs=0.05)


def test_a_product_is_all_interaction():
    found = split(lambda x, y: x * y)
    assert found["x"].alone == pytest.approx(0.0, abs=0.08)
    assert found["x"].total == pytest.approx(1.0, abs=0.1)


def test_the_interval_holds_the_truth_and_narrows_with_size():
    wide = split(lambda x, y: 2 * x + y, rows=100)["x"]
    narrow = split(lambda x, y: 2 * x + y, rows=10_000)["x"]
    assert narrow.alone_q05 < 0.8 < narrow.alone_q95
    assert narrow.total_q95 - narrow.total_q05 < (wide.total_q95 - wide.total_q05) / 3


def test_an_output_that_does_not_vary_has_no_shares():
    found = split(lambda x, y: np.full_like(x, 0.3))["x"]
    assert np.isnan([found.alone, found.total, found.alone_q05, found.total_q95]).all()


def test_failed_rows_are_left_out():
    first, second, mixed = sampled(lambda x, y: 2 * x + y)
    whole = group_shares(first[1:], second[1:], {k: v[1:] for k, v in mixed.items()}, np.random.default_rng(4))
    first[0] = np.nan
    assert group_shares(first, second, mixed, np.random.default_rng(4)) == whole


@pytest.mark.parametrize(
    ("one", "other", "tau"),
    [
        ([1, 2, 3], [10, 20, 30], 1.0),
        ([1, 2, 3], [3, 2, 1], -1.0),
        ([1, 2, 3, 4], [1, 2, 4, 3], 4 / 6),
        ([1, 1, 2], [1, 2, 3], 2 / np.sqrt(2 * 3)),
    ],
)
def test_rank_correlation_by_hand(one, other, tau):
    assert kendall_tau(np.array(one, float), np.array(other, float)) == pytest.approx(tau)


def test_an_order_that_ties_throughout_has_no_rank_correlation():
    assert np.isnan(kendall_tau(np.ones(3), np.arange(3.0)))
