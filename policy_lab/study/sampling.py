"""Quantile functions: what a number between 0 and 1 stands for under each distribution.

Closed forms and `scipy.special` only, because importing `scipy.stats` costs seconds; the tests compare with it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

RANGED = ("uniform", "triangular", "loguniform", "lognormal", "normal", "dirichlet", "switch")
"""Distributions that need `low` and `high`; the others never vary between worlds."""

NORMAL_95 = 1.6448536269514722
"""95 % quantile of the standard normal distribution."""

TAIL = 0.001
"""Unbounded distributions are cut at this share of each tail, so that one draw in a million cannot break a run."""


def quantile(distribution: str, u: np.ndarray, *, base: float, low: float, high: float) -> np.ndarray:
    """Return the values at the quantiles ``u`` of a parameter's distribution.

    Parameters
    ----------
    distribution
        ``uniform`` and ``loguniform`` between low and high; ``triangular`` with its mode at base; ``lognormal`` and
        ``normal`` with low and high as their 5 and 95 % quantiles, cut at 0.1 and 99.9 %; ``switch``: low or high.
    u
        Quantiles between 0 and 1, of any shape.
    base, low, high
        In the parameter's unit.

    Returns
    -------
    numpy.ndarray
        Of the shape of ``u``, in the parameter's unit.
    """
    if distribution == "uniform":
        return low + u * (high - low)
    if distribution == "triangular":
        return triangular(u, low, base, high)
    if distribution == "loguniform":
        return np.exp(np.log(low) + u * (np.log(high) - np.log(low)))
    if distribution == "lognormal":
        return np.exp(_normal(u, np.log(low), np.log(high)))
    if distribution == "normal":
        return _normal(u, low, high)
    if distribution == "switch":
        return np.where(u < 0.5, low, high)
    raise ValueError(f"{distribution} has no quantile function")


def triangular(u: np.ndarray, low: float, mode: float, high: float) -> np.ndarray:
    """Return quantiles of the triangular distribution; where low equals high, that value."""
    width = high - low
    if width == 0:
        return np.full(np.shape(u), float(mode))
    turn = (mode - low) / width
    rising = low + np.sqrt(u * width * (mode - low))
    falling = high - np.sqrt((1 - u) * width * (high - mode))
    return np.where(u < turn, rising, falling)


def exponential(u: np.ndarray, mean: float) -> np.ndarray:
    """Return quantiles of the exponential distribution."""
    return -mean * np.log1p(-u)


def dirichlet(u: np.ndarray, base: Sequence[float], low: Sequence[float], high: Sequence[float]) -> np.ndarray:
    """Return shares that sum to one, from one independent quantile for each share.

    Each share is a gamma quantile divided by the sum of all; see `concentration` for how wide they vary.

    Parameters
    ----------
    u
        ``(worlds, shares)``.
    base, low, high
        One a share: mean, 5 and 95 % quantile.

    Returns
    -------
    numpy.ndarray
        ``(worlds, shares)``; each row sums to one.
    """
    from scipy.special import gammaincinv

    means = np.asarray(base, dtype=float) / np.sum(base)
    gammas = gammaincinv(concentration(base, low, high) * means, np.clip(u, TAIL, 1 - TAIL))
    shares: np.ndarray = gammas / gammas.sum(axis=-1, keepdims=True)
    return shares


def concentration(base: Sequence[float], low: Sequence[float], high: Sequence[float]) -> float:
    """Return the concentration of a Dirichlet distribution whose shares vary about as widely as their ranges say.

    A share with mean m has variance m(1 − m)/(κ + 1); a range from the 5 to the 95 % quantile is about 3.29 standard
    deviations wide. Each share so asks for its own κ, and the geometric mean of these is taken.
    """
    means = np.asarray(base, dtype=float) / np.sum(base)
    deviations = (np.asarray(high, dtype=float) - np.asarray(low, dtype=float)) / (2 * NORMAL_95)
    wanted = means * (1 - means) / deviations**2 - 1
    return float(np.exp(np.mean(np.log(np.maximum(wanted, 1.0)))))


def _normal(u: np.ndarray, low: float, high: float) -> np.ndarray:
    from scipy.special import ndtri

    deviation = (high - low) / (2 * NORMAL_95)
    values: np.ndarray = (low + high) / 2 + deviation * ndtri(np.clip(u, TAIL, 1 - TAIL))
    return values
