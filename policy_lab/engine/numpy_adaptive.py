"""The adaptive step of a run in NumPy: sub-steps of a time step as `policy_lab.engine.adaptive` lays them down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from policy_lab.engine.adaptive import (
    COARSE,
    EASY,
    ERROR,
    FINEST,
    MOMENTS,
    PATIENCE,
    STRIDES,
    WEIGHTS,
    Array,
    Record,
    Tolerance,
)

_WHOLE = 1 << FINEST  # a time step, in its shortest sub-steps


@dataclass(frozen=True)
class Flow:
    """The stocks of one run in a time step: what moves them, and what is noted of it.

    ``states`` is the run's own memory; ``rates_at`` takes the rates of the states as they stand at a time, and
    ``bound`` keeps stocks that cannot be negative from being so.
    """

    states: Array
    rates_at: Callable[[float], Array]
    bound: Callable[[], None]
    tolerance: Tolerance
    record: Array


def advance(flow: Flow, time: float, time_step: float, rates: Array) -> None:
    """Move the states over a time step, from their rates at its start."""
    end = time + time_step
    last = end - max(abs(end), time_step) * 2.0**-52
    position = tries = 0
    wish = int(flow.record[Record.LEVEL])
    while position < _WHOLE:
        aligned = _halvings_of(position)
        floor = 0 if tries < PATIENCE else min(aligned, FINEST - COARSE)
        level = max(min(wish, aligned), floor)
        here = time + time_step * (position / _WHOLE)
        span = time_step * ((1 << level) / _WHOLE)
        before = flow.states.copy()
        taken = _stages(flow, before, rates, here, span, last)
        worst, state = _largest_error(flow, before, taken, span)
        tries += 1
        flow.record[Record.TRIED] += 1
        if worst > 1 and level > floor:
            flow.states[...] = before
            wish = max(level - next(count for above, count in STRIDES if worst <= above), 0)
            continue
        wish = max(wish, min(level + 1, FINEST)) if worst <= EASY else level
        _note(flow.record, worst, state, here)
        rates = taken[-1]
        position += 1 << level
    flow.record[Record.LEVEL] = wish


def _halvings_of(position: int) -> int:
    """Return how often a position can be halved: the longest sub-step that may start there."""
    marked = position | _WHOLE
    return (marked & -marked).bit_length() - 1


def _stages(flow: Flow, before: Array, first: Array, here: float, span: float, last: float) -> list[Array]:
    """Return the rates of all stages; the states are left at the result of order 5."""
    taken = [first]
    for moment, weights in zip(MOMENTS, WEIGHTS, strict=True):
        flow.states[...] = before + _weighed(taken, weights) * span
        flow.bound()
        taken.append(flow.rates_at(min(here + moment * span, last)))
    return taken


def _weighed(rates: Sequence[Array], weights: Sequence[float]) -> Array:
    total = rates[0] * weights[0]
    for rate, weight in zip(rates[1:], weights[1:], strict=True):
        if weight:
            total = total + rate * weight
    return total


def _largest_error(flow: Flow, before: Array, taken: Sequence[Array], span: float) -> tuple[float, int]:
    """Return the largest error of a sub-step, as a multiple of what is allowed, and the state that has it."""
    was, now = np.abs(before), np.abs(flow.states)
    error = np.abs(_weighed(taken, ERROR) * span)
    allowed = flow.tolerance.absolute + flow.tolerance.relative * np.where(now > was, now, was)
    ratio = error / allowed
    ratio = np.where(np.isfinite(ratio), ratio, np.inf)
    ratio = np.where(np.isfinite(before) & np.isfinite(taken[0]), ratio, 0.0)
    state = int(np.argmax(ratio))
    return float(ratio[state]), state


def _note(record: Array, worst: float, state: int, here: float) -> None:
    record[Record.KEPT] += 1
    if worst <= 1:
        return
    record[Record.UNMET] += 1
    if worst > record[Record.WORST]:
        record[[Record.WORST, Record.STATE, Record.TIME]] = worst, state, here
