"""Shares of a joint result: Shapley values and pairwise interactions, exact over all coalitions or from drawn orders.

A game gives a value to every set of players that takes part. The Shapley value of a player is what it adds, averaged
over all orders in which the players can join (Shapley 1953, *Contributions to the Theory of Games* II:307-317); the
Shapley interaction index of two players is what they add together beyond what each adds alone, averaged in the same way
(Grabisch & Roubens 1999, *International Journal of Game Theory* 28:547-565). Values of games lie along the first axes
of arrays; the last axis is that of worlds, each of which is a game of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial

import numpy as np


@dataclass(frozen=True)
class Estimates:
    """Means over worlds with their standard errors.

    ``shares[player, world]`` are the Shapley values of each world; ``together[player, player]`` the mean interaction
    index of each pair and ``together_error`` its standard error (not-a-number on the diagonal).
    """

    shares: np.ndarray
    together: np.ndarray
    together_error: np.ndarray


def coalitions(players: int) -> np.ndarray:
    """Return every set of players, ``(2**players, players)`` of bool; set ``s`` holds player ``i`` where bit i is set.

    >>> coalitions(2).astype(int).tolist()
    [[0, 0], [1, 0], [0, 1], [1, 1]]
    """
    sets: np.ndarray = (np.arange(2**players)[:, None] >> np.arange(players)) & 1 == 1
    return sets


def exact(values: np.ndarray) -> Estimates:
    """Return Shapley values and interactions from the value of every coalition.

    ``phi_i = sum over S without i of |S|! (n - |S| - 1)! / n! (v(S + i) - v(S))`` and
    ``I_ij = sum over T without i, j of |T|! (n - |T| - 2)! / (n - 1)! (v(T + ij) - v(T + i) - v(T + j) + v(T))``.

    Parameters
    ----------
    values
        ``[coalition, world]`` in the order of `coalitions`, two players or more.
    """
    sets = coalitions(int(np.log2(len(values))))
    players = sets.shape[1]
    size, place = sets.sum(axis=1), np.arange(len(sets))
    weights = _weights(players)
    shares = np.empty((players, values.shape[1]))
    for one in range(players):
        without = place[~sets[:, one]]
        shares[one] = weights[size[without]] @ (values[without | 1 << one] - values[without])
    mean = np.full((players, players), np.nan)
    error = np.full((players, players), np.nan)
    pair_weights = _weights(players - 1)
    for one in range(players):
        for other in range(one):
            bare = place[~sets[:, one] & ~sets[:, other]]
            first, second = bare | 1 << one, bare | 1 << other
            extra = values[first | second] - values[first] - values[second] + values[bare]
            found = pair_weights[size[bare]] @ extra
            mean[one, other] = mean[other, one] = found.mean()
            error[one, other] = error[other, one] = _error(found)
    return Estimates(shares, mean, error)


def draw_orders(generator: np.random.Generator, pairs: int, worlds: int, players: int) -> np.ndarray:
    """Return orders in which the players join, ``(2 * pairs, worlds, players)``, each followed by its own reverse.

    An order and its reverse take a player's early and late places in turn, which cancels much of the noise (antithetic
    sampling; Mitchell, Cooper, Frank & Holmes 2022, *Journal of Machine Learning Research* 23:1-46).
    """
    drawn = generator.permuted(np.broadcast_to(np.arange(players), (pairs, worlds, players)), axis=-1)
    return np.stack([drawn, drawn[..., ::-1]], axis=1).reshape(2 * pairs, worlds, players)


def joined(orders: np.ndarray) -> np.ndarray:
    """Return who has joined after each step of each order, ``(orders, players + 1, worlds, players)`` of bool."""
    count, worlds, players = orders.shape
    place = np.argsort(orders, axis=-1)
    steps = np.arange(players + 1)[:, None, None]
    return np.broadcast_to(place[:, None] < steps, (count, players + 1, worlds, players))


def swapped(orders: np.ndarray) -> np.ndarray:
    """Return who has joined where the player of a step waits and the next goes first: one step fewer than `joined` has.

    With the steps of `joined` these complete the four coalitions of the interaction of two players who follow one
    another: as orders are drawn evenly, those before the two are drawn as the interaction index weighs them.
    """
    count, worlds, players = orders.shape
    place = np.argsort(orders, axis=-1)[:, None]
    steps = np.arange(players - 1)[:, None, None]
    found: np.ndarray = (place < steps) | (place == steps + 1)
    return found.reshape(count, players - 1, worlds, players)


def sampled(orders: np.ndarray, path: np.ndarray, aside: np.ndarray) -> Estimates:
    """Estimate Shapley values and interactions, without bias, from drawn orders; each world has orders of its own.

    Parameters
    ----------
    orders
        As `draw_orders` gives them.
    path
        Values of `joined`, ``[order, players + 1, world]``.
    aside
        Values of `swapped`, ``[order, players - 1, world]``.

    Notes
    -----
    The shares of a world are means over its orders, and add up to ``path[:, -1] - path[:, 0]`` exactly. The error of an
    interaction is that of a ratio of sums over worlds, which are independent.
    """
    count, worlds, players = orders.shape
    shares = np.zeros((players, worlds))
    world = np.broadcast_to(np.arange(worlds), (count, worlds))
    for step in range(players):
        np.add.at(shares, (orders[..., step], world), path[:, step + 1] - path[:, step])
    total = np.zeros((players, players, worlds))
    number = np.zeros((players, players, worlds))
    for step in range(players - 1):
        extra = path[:, step + 2] - path[:, step + 1] - aside[:, step] + path[:, step]
        first, second = orders[..., step], orders[..., step + 1]
        for one, other in ((first, second), (second, first)):
            np.add.at(total, (one, other, world), extra)
            np.add.at(number, (one, other, world), 1.0)
    counted = number.sum(axis=-1)
    mean = np.divide(total.sum(axis=-1), counted, out=np.full(counted.shape, np.nan), where=counted > 0)
    spread = np.sqrt(((total - np.nan_to_num(mean)[..., None] * number) ** 2).sum(axis=-1))
    seen = (number > 0).sum(axis=-1)
    # With one world there is nothing to judge an error by.
    enough = seen > 1
    error = np.divide(spread, counted, out=np.full(counted.shape, np.nan), where=enough)
    return Estimates(shares / count, mean, error * np.sqrt(seen / np.maximum(seen - 1, 1)))


def _weights(players: int) -> np.ndarray:
    """Return the weight of a coalition of each size among the others of one player."""
    return np.array([factorial(k) * factorial(players - k - 1) / factorial(players) for k in range(players)])


def _error(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / np.sqrt(values.size)) if values.size > 1 else float("nan")
