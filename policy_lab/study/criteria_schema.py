"""What `criteria` in `study.yaml` may say: what a design has to satisfy to be good enough."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from policy_lab.study.schema_base import Frozen


class Criterion(Frozen):
    """One thing that a design has to satisfy in a world to be good enough there."""

    title: str
    """What is asked, in words a reader knows, e.g. 'the stock stays low in at most 3 of 10 futures'."""
    measure: Literal["shortfall", "burden", "gap"] | None = None
    """``shortfall``: share of futures that fall short. ``burden``: accumulated burden as a ratio to the base design's.
    ``gap``: intent less implemented, averaged over the horizon. Or name a `variable` instead."""
    variable: str | None = None
    """A saved outcome, or one element of it (`Name[element]`)."""
    over: Literal["mean", "end", "lowest", "highest"] = "mean"
    """What is taken of the variable's path: its mean over the horizon, its last value, its lowest or its highest."""
    elements: Literal["only", "sum", "mean"] = "only"
    """What is done with the elements of a subscripted variable; ``only`` refuses more than one."""
    against_base: bool = False
    """Whether the variable is taken as a ratio to the base design's in the same world."""
    per: float = 1.0
    """Multiplier from the model's unit to that of the bound (12 for a year from months)."""
    unit: str = ""
    at_most: float | None = None
    at_least: float | None = None

    @property
    def bound(self) -> str:
        """The bound in words: ``at most 0.3``."""
        words, value = ("at most", self.at_most) if self.at_most is not None else ("at least", self.at_least)
        return f"{words} {value:g}{f' {self.unit}' if self.unit else ''}"

    @model_validator(mode="after")
    def _complete(self) -> Criterion:
        if (self.measure is None) == (self.variable is None):
            raise ValueError("give either a `measure` or a `variable`")
        if (self.at_most is None) == (self.at_least is None):
            raise ValueError("give either `at_most` or `at_least`")
        spare = [name for name in ("over", "elements", "against_base", "per") if name in self.model_fields_set]
        if self.measure is not None and spare:
            raise ValueError(f"a `measure` makes no use of {' and '.join(f'`{name}`' for name in spare)}")
        return self
