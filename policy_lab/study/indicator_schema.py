"""Published figures that a reader can watch, as a study binds them to variables of its model."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from policy_lab.study.schema_base import Frozen


class Indicator(Frozen):
    """A published figure, and how late a reader sees it."""

    variable: str
    """The model variable, or one element of it (`Name[element]`), that the figure is of."""
    elements: Literal["only", "sum", "mean"] = "only"
    """What to do with the elements of a subscripted variable; `only` wants one number a moment."""
    title: str
    published: str
    """Who publishes it, where and how often, in words."""
    every: float = Field(default=0.0, ge=0)
    """Length of the period that each figure is the mean of, in the model's time unit; 0: each saved value is seen."""
    lag: float = Field(ge=0)
    """From the end of its period to publication, in the model's time unit."""
