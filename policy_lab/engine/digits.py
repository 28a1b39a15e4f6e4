"""How many digits of each outcome of a model stand: the front door of :mod:`policy_lab.engine.accuracy`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import ArrayLike

from policy_lab.engine import prepare
from policy_lab.engine.accuracy import Difference, compare_methods, compare_time_steps
from policy_lab.engine.compiled import CompiledModel
from policy_lab.model.types import Kind, Model

MOST_DIGITS = 15.9
"""What a double can hold; a difference of nothing at all says no more."""


@dataclass(frozen=True)
class Standing:
    """How far one element of a variable can be trusted, as far as the integration goes.

    Parameters
    ----------
    name, unit
        The element, as PySD spells it, and its unit.
    digits
        Digits of its largest value that both comparisons leave standing, from 0 to 15.9; the smaller of the two.
    step, method
        The largest difference between the time step and half of it, and between Euler and RK4, each as a share of the
        largest value of the run.
    time
        When the larger of the two differences is largest, in the model's unit of time.
    """

    name: str
    unit: str
    digits: float
    step: float
    method: float
    time: float


@dataclass(frozen=True)
class Accuracy:
    """How many digits of each outcome stand, those with the fewest first.

    Parameters
    ----------
    rows
        One for each element of each variable.
    time_step
        The step that was compared with half of it, in ``time_unit``.
    integration
        The method of the runs at both steps.
    """

    rows: tuple[Standing, ...]
    time_step: float
    time_unit: str
    integration: str

    def __getitem__(self, name: str) -> Standing:
        """Return the row of an element."""
        return {row.name: row for row in self.rows}[name]

    def to_frame(self) -> Any:
        """Return the rows as a pandas DataFrame, indexed by element."""
        import pandas as pd

        columns = ["digits", "step", "method", "time", "unit"]
        data = [[getattr(row, column) for column in columns] for row in self.rows]
        return pd.DataFrame(data, columns=columns, index=pd.Index([row.name for row in self.rows], name="element"))

    def __str__(self) -> str:
        if not self.rows:
            return "no outcomes to compare"
        unit = f" {self.time_unit}" if self.time_unit else ""
        steps = (
            f"{self.integration}, time step {self.time_step:g}{unit} against {self.time_step / 2:g}, Euler against RK4"
        )
        weakest = self.rows[0]
        few = sum(row.digits < 2 for row in self.rows)
        return (
            f"{steps}: fewer than 2 digits stand of {few} of {len(self.rows)} elements; "
            f"fewest of `{weakest.name}`, {weakest.digits:.1f}"
        )


def accuracy(
    model: CompiledModel | Model | str | os.PathLike[str],
    inputs: Mapping[str, ArrayLike] | None = None,
    outputs: Sequence[str] | None = None,
    *,
    start: ArrayLike | None = None,
    time_step: float | None = None,
    final_time: float | None = None,
    method: str | None = None,
    series: Mapping[str, tuple[ArrayLike, ArrayLike]] | None = None,
) -> Accuracy:
    """Say how many digits of each outcome the integration leaves standing.

    Each run is computed at the time step and at half of it by the method of the file, and at the time step by Euler
    and by RK4. The two differences are estimates, not bounds; a model that jumps at moments of its own (STEP,
    PULSE, IF THEN ELSE on a stock) can show fewer digits than a user who looks at trends will miss.

    Parameters
    ----------
    model
        A compiled model, a model, or the path of one.
    inputs, start, time_step, final_time, method, series
        As for :meth:`policy_lab.engine.CompiledModel.run`; of many runs, the worst counts.
    outputs
        Variables to look at; all but the time settings when not given.

    Raises
    ------
    InputError
        For anything that cannot be used.

    Examples
    --------
    >>> import policy_lab as pl
    >>> found = pl.accuracy(pl.open_study("fishery").model, outputs=["Fish stock", "Carrying capacity"])
    >>> found["Carrying capacity"].digits  # a constant
    15.9
    >>> found["Fish stock"].digits > 2
    True
    """
    compiled = model if isinstance(model, CompiledModel) else prepare.compile(model)
    step = compiled.model.time.step if time_step is None else float(time_step)
    kinds = {name: variable.kind for name, variable in compiled.model.variables.items()}
    names = outputs
    if names is None:
        computed = compiled.program.symbols
        names = [name for name, kind in kinds.items() if name in computed and kind is not Kind.TIME]
    halved = compare_time_steps(
        compiled, inputs, names, start=start, time_step=step, final_time=final_time, method=method, series=series
    )
    methods = compare_methods(
        compiled, inputs, names, start=start, time_step=step, final_time=final_time, series=series
    )
    others = {found.name: found for found in methods}
    rows = sorted((_standing(found, others[found.name]) for found in halved), key=lambda row: row.digits)
    return Accuracy(tuple(rows), step, compiled.model.time.unit, method or compiled.model.integration)


def _standing(step: Difference, method: Difference) -> Standing:
    worse = step if step.relative >= method.relative else method
    digits = min(max(worse.digits, 0.0), MOST_DIGITS)
    return Standing(step.name, step.unit, digits, step.relative, method.relative, worse.time)
