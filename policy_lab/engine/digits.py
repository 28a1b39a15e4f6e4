"""How many digits of each outcome of a model stand: the front door of :mod:`policy_lab.engine.accuracy`."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import ArrayLike

from policy_lab.engine import ir, prepare
from policy_lab.engine.accuracy import Allowed, Difference, compare_methods, compare_time_steps
from policy_lab.engine.adaptive import ADAPTIVE, Tolerance, tolerance_of
from policy_lab.engine.compiled import CompiledModel
from policy_lab.model.types import Kind, Model

MOST_DIGITS = 15.9
"""What a double can hold; a difference of nothing at all says no more."""
FEW = 2
"""Fewer digits than these are worth a word: the error can be seen in a chart."""
_FINER = 1e-8  # the tolerance of the adaptive step that RK2 and RK4 are compared with
_SHOWN = 5  # variables that are named, those with the fewest digits
_SPELLED = {"euler": "Euler", "rk2": "RK2", "rk4": "RK4", ADAPTIVE: "the adaptive step"}


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
        The largest difference between the time step and half of it, and between the run's own method and a more
        accurate one (:attr:`Accuracy.against`), each as a share of the largest value of the run. ``step`` is
        not-a-number for a model with random functions, whose numbers change with the step.
    time
        When the larger of the two differences is largest, in the model's unit of time.
    variable
        The variable that it is an element of.
    """

    name: str
    unit: str
    digits: float
    step: float
    method: float
    time: float
    variable: str

    @property
    def share(self) -> float:
        """The larger of the two differences, as a share of the largest value of the run."""
        return self.method if math.isnan(self.step) else max(self.step, self.method)


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
        The method of the runs.
    against
        What it was compared with at the same step: RK4 for Euler, the adaptive step for RK2 and RK4, a tolerance a
        thousandth of its own for the adaptive step.
    random
        Whether the model draws random numbers: then runs at half the step draw others, and are not compared.
    """

    rows: tuple[Standing, ...]
    time_step: float
    time_unit: str
    integration: str
    against: str
    random: bool

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
        few = sum(row.digits < FEW for row in self.rows)
        verdict = (
            f"fewer than {FEW} digits stand of {few} of {len(self.rows)} elements"
            if few
            else f"at least {FEW} digits stand of every one of {len(self.rows)} elements"
        )
        compared = self.against if self.random else f"half the step, and {self.against}"
        told = [f"{self._with_unit()}, against {compared}: {verdict}."]
        if self.random:
            told.append("Random numbers change with the step, so that runs at half the step say nothing.")
        weakest = self._weakest()
        if weakest:
            told.append("Fewest digits:")
            width = max(len(row.name) for row in weakest)
            told += [f"  {row.name:<{width}}  {row.digits:4.1f}  {self._said(row)}" for row in weakest]
        return "\n".join(told)

    def _with_unit(self) -> str:
        unit = f" {self.time_unit}" if self.time_unit else ""
        name = _SPELLED.get(self.integration, self.integration)
        return f"{name[:1].upper()}{name[1:]} at a time step of {self.time_step:g}{unit}"

    def _weakest(self) -> list[Standing]:
        """Return the weakest element of each variable, of the variables with the fewest digits."""
        first: dict[str, Standing] = {}
        for row in self.rows:
            if row.digits < MOST_DIGITS:
                first.setdefault(row.variable, row)
        return list(first.values())[:_SHOWN]

    def _said(self, row: Standing) -> str:
        unit = f" {self.time_unit}" if self.time_unit else ""
        if not math.isfinite(row.share):
            return f"a number in one run and none in the other, at time {row.time:g}{unit}"
        return f"moves by {100 * row.share:.2g} % of its largest value, most at time {row.time:g}{unit}"


def accuracy(
    model: CompiledModel | Model | str | os.PathLike[str],
    inputs: Mapping[str, ArrayLike] | None = None,
    outputs: Sequence[str] | None = None,
    *,
    start: ArrayLike | None = None,
    time_step: float | None = None,
    final_time: float | None = None,
    method: str | None = None,
    tolerance: Allowed = None,
    series: Mapping[str, tuple[ArrayLike, ArrayLike]] | None = None,
) -> Accuracy:
    """Say how many digits of each outcome the integration leaves standing.

    Each run is computed at the time step and at half of it by the method of the file, and at the time step by a more
    accurate method: RK4 if it is Euler's, the adaptive step if it is RK2 or RK4, and the adaptive step with a
    thousandth of its tolerance if it is that. The two differences are estimates, not bounds; a model that jumps at
    moments of its own (STEP, PULSE, IF THEN ELSE on a stock) can show fewer digits than a user who looks at trends
    will miss.

    Parameters
    ----------
    model
        A compiled model, a model, or the path of one.
    inputs, start, time_step, final_time, method, tolerance, series
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
    own = compiled.method(method)
    finer, against = _finer(own, tolerance_of(tolerance, own))
    methods = compare_methods(
        compiled, inputs, names, methods=(own, ADAPTIVE if finer else "rk4"), tolerances=(tolerance, finer),
        start=start, time_step=step, final_time=final_time, series=series,
    )  # fmt: skip
    random = _draws(compiled.program)
    halved: Iterable[Difference] = () if random else compare_time_steps(
        compiled, inputs, names, start=start, time_step=step, final_time=final_time, method=own, tolerance=tolerance,
        series=series,
    )  # fmt: skip
    by_step = {found.name: found for found in halved}
    rows = (_standing(found, by_step.get(found.name)) for found in methods)
    ordered = tuple(sorted(rows, key=lambda row: row.digits))
    return Accuracy(ordered, step, compiled.model.time.unit, own, against, random)


def _finer(method: str, tolerance: Tolerance) -> tuple[Tolerance | None, str]:
    """Return the tolerance of the adaptive step to compare a method with, none for RK4, and what that is called."""
    if method == "euler":
        return None, "RK4"
    if method != ADAPTIVE:
        return tolerance_of(_FINER), f"the adaptive step (tolerance {_FINER:g})"
    finer = Tolerance(max(tolerance.relative / 1000, 1e-13), tolerance.absolute / 1000)
    return finer, f"a tolerance of {finer.relative:g} instead of {tolerance.relative:g}"


def _draws(program: ir.Program) -> bool:
    """Tell whether any equation draws random numbers."""
    return any(
        isinstance(node, ir.Apply) and node.function == "noise"
        for statement in (*program.start, *program.constants, *program.dynamic, *program.observed)
        for node in ir.walk(statement.value)
    )


def _standing(method: Difference, step: Difference | None) -> Standing:
    worse = method if step is None or step.relative < method.relative else step
    digits = min(max(worse.digits, 0.0), MOST_DIGITS)
    by_step = math.nan if step is None else step.relative
    return Standing(method.name, method.unit, digits, by_step, method.relative, worse.time, method.variable)
