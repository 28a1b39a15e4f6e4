"""The adaptive step: what both backends know of it.

Inside each TIME STEP the integrated stocks go in sub-steps whose length follows the error of the moment; all that
happens once a time step (saving, STEP and PULSE, random numbers, pipelines, samples) stays on the grid. The pair of
methods is Dormand and Prince's 5(4) (J. Comput. Appl. Math. 6, 1980, doi:10.1016/0771-050X(80)90013-3), as in SciPy's
RK45 and Matlab's ode45; the higher order is kept.

A sub-step is a half of a half … of the TIME STEP and starts at a multiple of its own length, so that every moment is
exact in binary and all engines take the same sub-steps. One with an error within the tolerance is kept, and the next
may be twice as long if the error is below `EASY`; else it is taken again, shorter. No sub-step is shorter than the
TIME STEP / 2^`FINEST`, nor than the TIME STEP / 2^`COARSE` once `PATIENCE` sub-steps of one TIME STEP have been tried:
there the result is kept whatever its error, and the run says so.

No stage looks as late as the next grid time, so that a condition on Time that turns there costs nothing and is exact.
Where a rate jumps in between, the sub-steps close in on the jump; its error can be some forty times the tolerance, as
much as the last rates of a sub-step count for less in the estimate than in what they move. STEP and PULSE keep for a
whole TIME STEP what they were at its start, as in Vensim's own Runge–Kutta methods; RAMP and series go on inside it,
where Vensim holds them too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from policy_lab.errors import InputError, Problem

Array = NDArray[np.float64]

ADAPTIVE = "adaptive"
FINEST = 40
COARSE = 10
PATIENCE = 2048
EASY = 1 / 64
"""Twice the length has about 2⁵ times the error; half of what that leaves is for error that grows faster."""
STRIDES: tuple[tuple[float, int], ...] = ((32.0, 1), (1024.0, 2), (math.inf, 4))
"""How often a sub-step is halved before it is tried again, by how many times its error is too large."""


def _row(*numbers: str) -> tuple[float, ...]:
    return tuple(float(Fraction(number)) for number in numbers)


MOMENTS: tuple[float, ...] = _row("1/5", "3/10", "4/5", "8/9", "1", "1")
"""Where in the sub-step the second to the seventh rates are taken."""
WEIGHTS: tuple[tuple[float, ...], ...] = (
    _row("1/5"),
    _row("3/40", "9/40"),
    _row("44/45", "-56/15", "32/9"),
    _row("19372/6561", "-25360/2187", "64448/6561", "-212/729"),
    _row("9017/3168", "-355/33", "46732/5247", "49/176", "-5103/18656"),
    _row("35/384", "0", "500/1113", "125/192", "-2187/6784", "11/84"),
)
"""How the rates so far lead there; the last row is the result of order 5."""
ERROR: tuple[float, ...] = _row("71/57600", "0", "-71/16695", "71/1920", "-17253/339200", "22/525", "-1/40")
"""What the result of order 4 lies below that of order 5, by rate."""


class Record(IntEnum):
    """What a backend notes for each run, a row of numbers each."""

    KEPT = 0  # sub-steps that were kept
    TRIED = 1  # and all that were tried
    UNMET = 2  # of those kept, with an error beyond the tolerance
    WORST = 3  # the largest such error, as a multiple of the tolerance
    STATE = 4  # in which state
    TIME = 5  # and when that sub-step began
    LEVEL = 6  # the length to try next: TIME STEP / 2^(FINEST − level)


@dataclass(frozen=True)
class Tolerance:
    """The error that one sub-step may add to a stock: ``absolute + relative × |stock|``.

    ``relative`` is a share of the stock, ``absolute`` is in the stock's own unit and keeps the share of a stock near
    zero from asking for the impossible; a thousandth of ``relative`` unless told.
    """

    relative: float = 1e-6
    absolute: float = 1e-9

    def __str__(self) -> str:
        return f"{self.relative:g} of a stock, and {self.absolute:g} in its unit"


def tolerance_of(asked: float | Sequence[float] | Tolerance | None, method: str = ADAPTIVE) -> Tolerance:
    """Return the tolerance that was asked for: a share, or a share and an amount.

    Raises
    ------
    InputError
        When the share is not between 1e-13 and 0.1, or the amount is not a finite number above 0; when there is one
        although the method's step does not adapt.
    """
    if asked is not None and method != ADAPTIVE:
        raise InputError(
            Problem(what=f"a tolerance is for the adaptive step, not for `{method}`", remedy="Ask for `adaptive`.")
        )
    if asked is None or isinstance(asked, Tolerance):
        return _checked(asked or Tolerance())
    try:
        numbers = [float(number) for number in np.atleast_1d(np.asarray(asked, dtype=np.float64))]
    except (TypeError, ValueError) as error:
        raise InputError(_unusable(asked)) from error
    if not 1 <= len(numbers) <= 2:
        raise InputError(_unusable(asked))
    relative = numbers[0]
    return _checked(Tolerance(relative, numbers[1] if len(numbers) == 2 else relative / 1000))


def _checked(tolerance: Tolerance) -> Tolerance:
    if not (1e-13 <= tolerance.relative <= 0.1 and 0 < tolerance.absolute < math.inf):
        raise InputError(_unusable((tolerance.relative, tolerance.absolute)))
    return tolerance


def _unusable(asked: object) -> Problem:
    return Problem(
        what=f"the tolerance {asked} cannot be used",
        remedy="Give a share of each stock from 1e-13 to 0.1, and after it, if need be, an amount above 0.",
    )


def new_record(runs: int) -> Array:
    """Return the record of runs that have not begun, shape (`Record`, runs)."""
    record = np.zeros((len(Record), runs))
    record[Record.LEVEL] = FINEST
    return record


def unmet(record: Array, state_names: Sequence[str], time_unit: str, tolerance: Tolerance) -> tuple[Problem, ...]:
    """Say where a tolerance was not met: how often, and the worst of all runs; nothing when it always was."""
    runs = np.flatnonzero(record[Record.UNMET])
    if not len(runs):
        return ()
    worst = int(runs[np.argmax(record[Record.WORST, runs])])
    times, state, at = record[Record.WORST, worst], int(record[Record.STATE, worst]), record[Record.TIME, worst]
    of_runs = f", in {len(runs)} of {record.shape[1]} runs" if record.shape[1] > 1 else ""
    where = f" of run {worst}" if record.shape[1] > 1 else ""
    unit = f" {time_unit}" if time_unit else ""
    size = f"{times:.3g} times the tolerance" if math.isfinite(times) else "no finite number"
    return (
        Problem(
            what=(
                f"the adaptive step could not meet its tolerance ({tolerance}) in "
                f"{int(record[Record.UNMET].sum()):,} sub-steps{of_runs}; the largest error was {size}"
                f"{where}, from time {at:.9g}{unit} on"
            ),
            variable=state_names[state],
            why="its rate jumps back and forth, grows without bound, or is no number, however short the sub-step",
            remedy="Look for IF THEN ELSE, MIN, MAX or a division in it; a smaller TIME STEP allows shorter sub-steps.",
        ),
    )
