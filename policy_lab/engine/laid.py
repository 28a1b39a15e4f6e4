"""A batch of runs laid out once, of which each call changes a few inputs: for what runs again while somebody waits."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from policy_lab.engine.compiled import CompiledModel, usable_processors
from policy_lab.engine.given import Given
from policy_lab.engine.layout import Layout, layout_of
from policy_lab.engine.timeline import Timeline

Array = NDArray[np.float64]
Cell = tuple[str, tuple[int, ...], float]
"""An input, the place of one of its elements (none: all of them), and the value that it gets in every run."""


@dataclass(frozen=True)
class Laid:
    """A batch of runs whose inputs were checked and laid out; changing some of them leaves the rest where it stands.

    Parameters
    ----------
    compiled
        The model that runs.
    layout
        Where its cells stand.
    given
        The inputs of every run.
    """

    compiled: CompiledModel
    layout: Layout
    given: Given

    @classmethod
    def of(cls, compiled: CompiledModel, inputs: Mapping[str, ArrayLike], runs: int) -> Laid:
        """Lay out inputs of shape (runs, dimensions) or (dimensions), as for `CompiledModel.run`.

        Raises
        ------
        InputError
            For inputs that cannot be used.
        """
        given, _, _ = compiled.ready(inputs, np.zeros((runs, len(compiled.states))), {})
        return cls(compiled, layout_of(compiled.program), given)

    def changed(self, values: Mapping[str, Array], cells: Iterable[Cell] = ()) -> Laid:
        """Return the batch with some inputs changed.

        Parameters
        ----------
        values
            By input, a row a run: shape (runs, dimensions).
        cells
            Single values for all runs; they go before ``values``.
        """
        shared, row, varying = self.given.shared.copy(), self.given.row.copy(), self.given.varying.copy()
        for name, value in values.items():
            part = self._part(name)
            laid = np.asarray(value, dtype=np.float64).reshape(self.given.runs, -1).T
            if (row[part] < 0).any():  # one value stood for all runs until now
                row[part] = np.arange(len(varying), len(varying) + len(laid))
                varying = np.concatenate([varying, laid])
            else:
                varying[row[part]] = laid
        for name, place, number in cells:
            part = self._part(name)
            own = np.arange(part.start, part.stop).reshape(self.compiled.inputs[name].shape)[place].ravel()
            shared[own] = number
            varying[row[own][row[own] >= 0]] = number
        return replace(self, given=replace(self.given, shared=shared, row=row, varying=varying))

    def chosen(self, runs: NDArray[np.int64]) -> Laid:
        """Return some of the runs."""
        return replace(self, given=self.given.chosen(runs))

    def path(self, output: str, place: tuple[int, ...], line: Timeline, start: Array) -> Array:
        """Run, and return one element of a variable at the saved times.

        Parameters
        ----------
        output, place
            The variable as the model spells it, and where the element stands in it.
        line
            When the runs step and save.
        start
            States to start from: shape (runs, states).

        Returns
        -------
        Array
            Shape (runs, times): the same bits as `CompiledModel.run` gives.
        """
        cell = np.atleast_1d(self.layout.cells(self.compiled.program.symbols[output])[place])
        raw = self.compiled.backend.simulate(
            self.given,
            line,
            cell,
            method=self.compiled.method(),
            start=np.ascontiguousarray(start.T),
            threads=usable_processors(),
            progress=None,
        )
        return raw.outputs[:, 0].T

    def first(self, outputs: Iterable[str], line: Timeline, start: Array) -> dict[str, Array]:
        """Return whole variables as they stand where the runs start: shape (runs, dimensions)."""
        symbols = [self.compiled.program.symbols[name] for name in outputs]
        at_start = replace(line, times=line.times[:1], saved=np.zeros(1, dtype=np.int64), labels=line.labels[:1])
        raw = self.compiled.backend.simulate(
            self.given,
            at_start,
            np.concatenate([self.layout.cells(symbol).ravel() for symbol in symbols]),
            method=self.compiled.method(),
            start=np.ascontiguousarray(start.T),
            threads=1,
            progress=None,
        )
        edges = np.cumsum([symbol.size for symbol in symbols])[:-1]
        parts = np.split(raw.outputs[0], edges)
        return {symbol.name: part.T.reshape(-1, *symbol.shape) for symbol, part in zip(symbols, parts, strict=True)}

    def _part(self, name: str) -> slice:
        first = self.layout.offsets[name]
        return slice(first, first + math.prod(self.compiled.inputs[name].shape))
