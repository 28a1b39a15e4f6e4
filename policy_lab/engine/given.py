"""What is given to a batch of runs, in the form that backends read: shared numbers once, varying ones by run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from policy_lab.engine.adaptive import Tolerance
from policy_lab.engine.timeline import Timeline

Array = NDArray[np.float64]


@dataclass(frozen=True)
class SeriesValues:
    """Values over time for the series cells: ``values[cell, point, run]`` at ``times``; one run may stand for all."""

    times: Array
    values: Array


@dataclass(frozen=True)
class Given:
    """Values of the given cells of a batch of runs.

    ``shared[cell]`` holds for all runs unless ``row[cell]`` ≥ 0: then ``varying[row[cell], run]`` does.
    """

    runs: int
    shared: Array
    row: NDArray[np.int64]
    varying: Array
    series: tuple[SeriesValues, ...] = ()

    def part(self, first: int, last: int) -> Given:
        """Return the runs from ``first`` up to ``last``."""
        return self.chosen(slice(first, last))

    def chosen(self, runs: slice | NDArray[np.int64]) -> Given:
        """Return some of the runs."""
        series = tuple(
            SeriesValues(s.times, s.values if s.values.shape[2] == 1 else s.values[:, :, runs]) for s in self.series
        )
        varying = self.varying[:, runs]
        return Given(varying.shape[1], self.shared, self.row, varying, series)


@dataclass(frozen=True)
class Raw:
    """What a backend returns: ``outputs[time, cell, run]`` and the final ``states[state, run]``.

    ``record`` says how an adaptive step went: a row for each of `policy_lab.engine.adaptive.Record`, a column a run.
    """

    outputs: Array
    states: Array
    record: Array | None = None


class Progress(Protocol):
    """Called now and then with the share of the work that is done, from 0 to 1."""

    def __call__(self, share: float, /) -> object:
        """Take note of the share that is done."""
        ...


class Backend(Protocol):
    """A program made ready to compute batches of runs. Arrays of states have one row a state, one column a run."""

    def simulate(
        self,
        given: Given,
        timeline: Timeline,
        cells: NDArray[np.int64],
        *,
        method: str,
        start: Array | None,
        threads: int,
        progress: Progress | None,
        held: Array | None = None,
        tolerance: Tolerance | None = None,
    ) -> Raw:
        """Run all runs of ``given`` and keep ``cells`` at the saved times; states where ``held`` is 1 do not move."""
        ...

    def initial_states(self, given: Given, timeline: Timeline) -> Array:
        """Return the states at the initial time."""
        ...

    def rates(self, given: Given, timeline: Timeline, states: Array, time: float) -> Array:
        """Return the change of each state per unit of time."""
        ...

    def jacobian(
        self,
        given: Given,
        timeline: Timeline,
        states: Array,
        time: float,
        columns: NDArray[np.int64],
        moves: Array,
        threads: int,
    ) -> tuple[Array, Array]:
        """Return the rates, and d(rate)/d(state) for each of ``columns`` by moving that state by ``moves``.

        The rates have shape (states, runs), the slopes (columns, states, runs).
        """
        ...
