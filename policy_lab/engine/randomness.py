"""Random numbers that are a function of their place: no state, the same in every engine, to the last bit.

A stream has a key, and its value at a step is a cipher of the step's number under that key: rounds of
``x ← (x + key + constant)³`` over the integers below a prime, which permute them because 3 does not divide the prime
less 1 (MiMC; Albrecht et al., 2016, doi:10.1007/978-3-662-53887-6_7). The prime is below 2^26, so that every product is
an exact double; two such values make the 52 bits of a number between 0 and 1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

PRIME = 67_108_859.0  # 2^26 - 5
_ROUNDS = 7


def _constants(name: str) -> tuple[float, ...]:
    digest = hashlib.sha256(name.encode()).digest()
    return tuple(float(int.from_bytes(digest[4 * k : 4 * k + 4]) % int(PRIME)) for k in range(_ROUNDS))


#: The constants of each round, for the leading and the trailing half of a number.
HALVES: tuple[tuple[float, ...], ...] = (_constants("leading"), _constants("trailing"))


def stream_key(name: str) -> float:
    """Return the key that belongs to a name: a whole number below the prime."""
    return float(int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) % int(PRIME))


def stream_keys(names: Sequence[str]) -> tuple[float, ...]:
    """Return the key of each name."""
    return tuple(map(stream_key, names))


def _rest(value: Any) -> Any:
    return value - PRIME * np.trunc(value / PRIME)


def noise(key: Any, counter: Any) -> Any:
    """Return the number between 0 and 1, ends left out, that stands at ``counter`` in the stream of ``key``."""
    halves = []
    for constants in HALVES:
        value = _rest(counter)
        for constant in constants:
            value = _rest(value + key + constant)
            value = _rest(_rest(value * value) * value)
        halves.append(value)
    return (halves[0] + (halves[1] + 0.5) / PRIME) / PRIME
