"""One seed, and a named random stream for each uncertain input, so that adding an input changes no other."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

POSTERIOR_STREAM: Final = "posterior"
"""Says which saved draw each world takes."""
Uniforms = Callable[[int, str, int], np.ndarray]
"""Quantiles of one uncertain input, ``(worlds,)``, from the seed and name of its stream and the count of worlds."""


def stream(seed: int, name: str) -> np.random.Generator:
    """Return the random stream called ``name`` under ``seed``.

    The name's SHA-256 goes into the seed, so streams neither depend on one another nor on the order in which they are
    asked for.

    Parameters
    ----------
    seed
        A whole number from 0.
    name
        For example ``parameter/Carrying capacity`` or ``lever/co-management/quota``.
    """
    words = np.frombuffer(hashlib.sha256(name.encode("utf-8")).digest(), dtype="<u4")
    entropy = [seed, *(int(word) for word in words)]
    return np.random.Generator(np.random.PCG64DXSM(np.random.SeedSequence(entropy)))


def uniforms(seed: int, name: str, *shape: int) -> np.ndarray:
    """Return numbers from the open interval 0–1, filled row by row: the first k rows are the same however many follow.

    Quantile functions turn them into any distribution; 0 itself, which some of those send to minus infinity, is out.
    """
    drawn: np.ndarray = stream(seed, name).random(shape)
    return np.maximum(drawn, np.finfo(float).tiny)


def given_choices(quantiles: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Return quantiles that were given in the place of drawn ones as a count and a digest; nothing where none were."""
    if not quantiles:
        return {}
    digest = hashlib.sha256()
    for name in sorted(quantiles):
        digest.update(name.encode("utf-8") + b"\0" + np.ascontiguousarray(quantiles[name], dtype="<f8").tobytes())
    return {"inputs": len(quantiles), "sha256": digest.hexdigest()}
