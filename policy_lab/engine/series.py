"""What an engine returns: values over time with names and units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from policy_lab.engine import tables
from policy_lab.engine.subscripts import element_names
from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.model.types import plain_name


@dataclass(frozen=True)
class Series:
    """Values of variables over time, for one run or many.

    Parameters
    ----------
    time
        The saved times, in ``time_unit``: shape (times,).
    values
        For each variable, as the model spells it, an array of shape (runs, times, *dimensions).
    units
        The unit of each variable, as the model gives it.
    dimensions
        The subscript ranges of each variable.
    elements
        The elements of those ranges, in order.
    states
        The states at the end, with which a run can go on: shape (runs, states).
    warnings
        What is doubtful: inputs outside the limits of the model file, an adaptive step that missed its tolerance.
    sub_steps
        How many sub-steps the adaptive step took, shape (runs,); None for a step of fixed length.
    beyond_tolerance
        How many of them had to be kept although their error was beyond the tolerance, shape (runs,); else None.

    Examples
    --------
    >>> import policy_lab as pl
    >>> fishery = pl.compile(pl.open_study("fishery").model)
    >>> series = fishery.run(outputs=["Fish stock", "Fleet"], final_time=2)
    >>> series["Fleet"].shape  # runs, times, communities
    (1, 3, 3)
    >>> list(series.to_frame().columns)
    ['Fish stock', 'Fleet[north]', 'Fleet[south]', 'Fleet[west]']
    """

    time: NDArray[np.float64]
    values: Mapping[str, NDArray[np.float64]]
    units: Mapping[str, str]
    dimensions: Mapping[str, tuple[str, ...]]
    elements: Mapping[str, tuple[tuple[str, ...], ...]]
    states: NDArray[np.float64]
    time_unit: str = ""
    warnings: tuple[Problem, ...] = ()
    sub_steps: NDArray[np.int64] | None = None
    beyond_tolerance: NDArray[np.int64] | None = None

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        """Return the values of a variable, shape (runs, times, *dimensions); case and underscores do not count."""
        return self.values[self.spelled(name)]

    def spelled(self, name: str) -> str:
        """Return ``name`` as the model spells it.

        Raises
        ------
        InputError
            When the variable was not asked for or does not exist.
        """
        if name in self.values:
            return name
        wanted = plain_name(name)
        for candidate in self.values:
            if plain_name(candidate) == wanted:
                return candidate
        raise InputError(
            Problem(what=f"`{name}` is not among the saved variables", nearest=nearest_names(name, self.values))
        )

    def element_names(self, name: str) -> tuple[str, ...]:
        """Return the names of a variable's elements as PySD spells them (``Stock[a,b]``), in row-major order."""
        name = self.spelled(name)
        return element_names(name, self.elements[name])

    def to_frame(self, layout: Literal["wide", "tidy"] = "wide") -> Any:
        """Return the values as a pandas DataFrame.

        Parameters
        ----------
        layout
            ``wide``: a row for each time (``run`` and ``time`` where there is more than one run), a column for each
            element, named as PySD spells it (``Fleet[north]``). ``tidy``: a row for each number, with the columns
            ``run, time, variable, element, value, unit``.
        """
        return tables.to_frame(self, layout)

    def to_xarray(self) -> Any:
        """Return the values as an xarray Dataset with the dimensions ``run``, ``time`` and the subscript ranges.

        Units are in ``attrs["units"]``. A dimension whose name is taken, by a variable or by the same range a second
        time, gets an apostrophe.
        """
        return tables.to_xarray(self)

    @property
    def runs(self) -> int:
        """Number of runs."""
        return int(self.states.shape[0])

    def __repr__(self) -> str:
        told = f", {len(self.warnings)} warnings" if self.warnings else ""
        return f"Series({len(self.values)} variables, {self.runs} runs, {len(self.time)} saved times{told})"
