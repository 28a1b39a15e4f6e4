from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_lab.analysis.convergence import (
    convergence,
    pair_convergence,
    sample_risks,
    sample_sizes,
    stands_still,
    twin_samples,
)
from tests.analysis import hand

OPEN_A = {"quota": 0.4, "delay": 0.8, "breadth": 0.5}
OPEN_B = {"quota": 0.2, "delay": 0.6, "breadth": 0.5}
BELOW_A = {"quota": 0.2, "delay": 0.8, "breadth": 0.5}
FALLS, HOLDS = [1.0, 0.4, 0.4, 1.0], [1.0, 1.0, 1.0, 1.0]


def made(a, b, second=OPEN_B):
    """One row of ``-`` and ``+`` a world, one mark a future."""
    study = hand.study({"a": hand.design(OPEN_A), "b": hand.design(second)}, base="a")
    return hand.results(
        study, np.array([[[FALLS if mark == "-" else HOLDS for mark in world] for world in one] for one in (a, b)])
    )


@given(st.integers(1, 6), st.integers(12, 20))
def test_twin_samples_share_nothing(size, count):
    places = twin_samples(size, count, 5, np.random.default_rng(1))
    assert places.shape == (5, 2, size)
    for pair in places.reshape(5, -1):
        assert len(set(pair.tolist())) == 2 * size


def test_sample_risks_are_means_over_the_worlds_or_futures_taken():
    fell = np.array([[[1.0, 0.0], [1.0, 1.0], [0.0, np.nan]]])
    worlds = sample_risks(fell, "worlds", np.array([[[0, 1], [2, 0]]]))
    assert worlds[0, :, 0].tolist() == [0.75, 0.25]
    futures = sample_risks(fell, "futures", np.array([[[0], [1]]]))
    assert futures[0, :, 0].tolist() == pytest.approx([2 / 3, 1 / 2])  # the failed case is left out


def test_an_order_that_holds_in_every_world_stands_still_at_once():
    table = convergence(made(["--"] * 8, ["+-"] * 8)).set_index(["varied", "size"])
    assert sorted(table.loc["worlds"].index) == [1, 2, 4]
    assert (table.loc["worlds", ["tau", "same_best", "same_order"]] == 1).all(axis=None)
    assert (pair_convergence(made(["--"] * 8, ["+-"] * 8)).query("varied == 'worlds'")["agree"] == 1).all()


def test_an_order_that_is_a_toss_of_a_coin_never_stands_still():
    # In half of the worlds a is lower, in half b: two samples of one world agree with chance (n/2 - 1) / (n - 1).
    coin = made(["-", "+"] * 20, ["+", "-"] * 20)
    table = pair_convergence(coin, resamples=2000).query("varied == 'worlds'")
    one = table.set_index("size").loc[1, "agree"]
    assert one == pytest.approx(19 / 39, abs=0.04)
    assert np.isnan(stands_still(table["size"].to_numpy(), table["agree"].to_numpy()))


def test_luck_is_looked_at_with_every_world_kept():
    # a falls in the first future alone and b in the second: one future a world decides, and two disagree.
    table = pair_convergence(made(["-+"] * 4, ["+-"] * 4)).query("varied == 'futures'")
    assert table["agree"].tolist() == [0.0]


def test_orders_put_in_are_marked():
    assert pair_convergence(made(["--"] * 4, ["+-"] * 4, second=BELOW_A))["put_in"].all()
    assert not pair_convergence(made(["--"] * 4, ["+-"] * 4))["put_in"].any()


def test_still_means_from_there_on():
    sizes, agree = np.array([1, 2, 5, 10]), np.array([0.96, 0.9, 0.95, 1.0])
    assert stands_still(sizes, agree) == 5
    assert stands_still(sizes[::-1], agree[::-1]) == 5
    assert np.isnan(stands_still(sizes, np.array([1.0, 1.0, 1.0, 0.9])))


def test_half_of_the_run_is_the_largest_size():
    assert sample_sizes(100) == [1, 2, 5, 10, 20, 50]
    assert sample_sizes(30) == [1, 2, 5, 10, 15]
    assert sample_sizes(1) == []


def test_one_future_alone_leaves_nothing_to_split():
    table = convergence(made(["-"] * 4, ["+"] * 4))
    assert set(table["varied"]) == {"worlds"}
