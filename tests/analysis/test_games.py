from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from policy_lab.analysis.games import coalitions, draw_orders, exact, joined, sampled, swapped
from policy_lab.study.streams import stream

PAY = st.floats(-10, 10, allow_nan=False)


def games(players: int, worlds: int = 2) -> st.SearchStrategy[np.ndarray]:
    return arrays(float, (2**players, worlds), elements=PAY)


def value_of(values: np.ndarray, sets: np.ndarray) -> np.ndarray:
    """Look up the value of sets ``[..., world, player]`` in a table ``[coalition, world]``."""
    place = (sets << np.arange(sets.shape[-1])).sum(axis=-1)
    return values[place, np.arange(values.shape[1])]


def from_orders(values: np.ndarray, orders: np.ndarray):
    return sampled(orders, value_of(values, joined(orders)), value_of(values, swapped(orders)))


def test_the_glove_game_by_hand() -> None:
    # One has a left glove, two have a right one each; a pair is worth 1. Shares 2/3, 1/6, 1/6.
    worth = np.array([[float(left and (first or second))] for left, first, second in coalitions(3)])
    found = exact(worth)
    assert found.shares[:, 0] == pytest.approx([2 / 3, 1 / 6, 1 / 6])
    # Left with one right: 1 without the other, 0 with it, each half the weight. The two rights: 0 without the left, -1.
    assert found.together[0, 1] == pytest.approx(0.5)
    assert found.together[1, 2] == pytest.approx(-0.5)
    assert np.isnan(found.together[0, 0])


@given(games(4))
def test_shares_add_up_to_the_whole_difference(values: np.ndarray) -> None:
    assert exact(values).shares.sum(axis=0) == pytest.approx(values[-1] - values[0], abs=1e-9)


@given(games(3))
def test_a_player_that_only_adds_its_own_gets_it_and_meets_nobody(values: np.ndarray) -> None:
    sets = coalitions(4)
    with_loner = np.tile(values, (2, 1)) + 3.0 * sets[:, 3:]  # the fourth bit is the loner's
    found = exact(with_loner)
    assert found.shares[3] == pytest.approx(3.0)
    assert found.together[3, :3] == pytest.approx(0.0, abs=1e-9)
    assert found.shares[:3] == pytest.approx(exact(values).shares, abs=1e-9)


@given(arrays(float, (5, 1), elements=PAY))
def test_players_that_cannot_be_told_apart_get_the_same(by_size: np.ndarray) -> None:
    found = exact(by_size[coalitions(4).sum(axis=1)])
    assert np.ptp(found.shares[:, 0]) < 1e-9


@given(games(3, 1), games(3, 1), st.floats(-3, 3))
def test_shares_are_linear_in_the_game(one: np.ndarray, other: np.ndarray, weight: float) -> None:
    both = exact(one + weight * other)
    assert both.shares == pytest.approx(exact(one).shares + weight * exact(other).shares, abs=1e-8)


@given(games(4))
def test_all_orders_together_give_the_exact_answer(values: np.ndarray) -> None:
    every = np.array(list(permutations(range(4))))
    orders = np.broadcast_to(every[:, None], (len(every), values.shape[1], 4))
    found, right = from_orders(values, orders), exact(values)
    assert found.shares == pytest.approx(right.shares, abs=1e-9)
    assert found.together == pytest.approx(right.together, abs=1e-9, nan_ok=True)


@given(games(5, 3), st.integers(0, 50))
def test_drawn_orders_add_up_in_every_world(values: np.ndarray, seed: int) -> None:
    orders = draw_orders(stream(seed, "orders"), 2, 3, 5)
    assert from_orders(values, orders).shares.sum(axis=0) == pytest.approx(values[-1] - values[0], abs=1e-9)


def test_each_order_is_followed_by_its_reverse_and_worlds_differ() -> None:
    orders = draw_orders(stream(1, "orders"), 3, 40, 6)
    assert orders.shape == (6, 40, 6)
    assert (orders[0] == orders[1, :, ::-1]).all()
    assert (np.sort(orders, axis=-1) == np.arange(6)).all()
    assert len({tuple(order) for order in orders[0]}) > 30


def test_errors_of_drawn_orders_cover_the_exact_answer() -> None:
    generator = stream(4, "games")
    worlds, players = 400, 5
    base = generator.normal(size=(2**players, 1))
    values = base + 0.3 * generator.normal(size=(2**players, worlds))
    right = exact(np.broadcast_to(base, (2**players, 2)))
    found = from_orders(values, draw_orders(generator, 2, worlds, players))
    error = found.shares.std(axis=1, ddof=1) / np.sqrt(worlds)
    assert (np.abs(found.shares.mean(axis=1) - right.shares[:, 0]) < 3.5 * error).all()
    upper = np.triu_indices(players, 1)
    gaps = np.abs(found.together - right.together)[upper] / found.together_error[upper]
    assert (gaps < 3.5).all()
    assert gaps.max() > 0.1  # errors of the right size, not merely large
    assert found.together_error[upper].max() < 0.4


def test_one_world_has_no_error() -> None:
    found = exact(np.arange(4.0)[:, None])
    assert found.shares[:, 0] == pytest.approx([1.0, 2.0])
    assert np.isnan(found.together_error[0, 1])
