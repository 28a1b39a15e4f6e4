"""What came out of a plan: arrays with names, units and a manifest. No statistics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from policy_lab.errors import InputError, Problem, nearest_names

if TYPE_CHECKING:
    from policy_lab.study.plan import Plan


@dataclass(frozen=True)
class Outcome:
    """One variable over every case: ``values[design, world, future, time, *elements]``."""

    name: str
    unit: str
    dimensions: tuple[str, ...]
    elements: tuple[tuple[str, ...], ...]
    values: np.ndarray


@dataclass(frozen=True)
class FailedCase:
    """A case whose numbers are not usable, and why. It is counted and never dropped in silence."""

    design: str
    world: int
    future: int
    variable: str
    time: float
    reason: str


@dataclass(frozen=True)
class Results:
    """Many finished cases of one plan.

    ``time`` is in the model's unit since the start; ``worlds`` holds what was drawn for each world, anchors included
    (``[world, *dims]``), ``levers`` the intended score of each lever (``[design, world]``). The values of a failed case
    are all not-a-number.
    """

    plan: Plan
    designs: tuple[str, ...]
    time: np.ndarray
    outcomes: Mapping[str, Outcome]
    worlds: Mapping[str, np.ndarray]
    levers: Mapping[str, np.ndarray]
    manifest: Mapping[str, Any]
    failures: tuple[FailedCase, ...] = ()

    def __getitem__(self, name: str) -> Outcome:
        """Return an outcome by name; the nearest names are in the error."""
        if name not in self.outcomes:
            raise InputError(
                Problem(
                    what=f"`{name}` is not among the saved outcomes",
                    nearest=nearest_names(name, self.outcomes),
                    remedy="Add it to `outcomes` in study.yaml.",
                )
            )
        return self.outcomes[name]

    def __repr__(self) -> str:
        first = next(iter(self.outcomes.values()))
        _, worlds, futures, periods = first.values.shape[:4]
        return (
            f"Results({len(self.designs)} designs × {worlds} worlds × {futures} futures, {periods} saved times, "
            f"{len(self.outcomes)} outcomes, {len(self.failures)} failed cases)"
        )
