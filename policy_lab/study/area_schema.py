"""What `areas` in `study.yaml` may say: the table of places, and how near they are to one another."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from policy_lab.study.schema_base import Frozen

Comparing = Literal["linear", "log", "category"]
"""How two places are compared by a figure: its difference, that of its logarithm, or whether it is the same."""


class Neighbours(Frozen):
    """How near two places are: by published figures, the model's own none of them."""

    title: str
    """What the measure is, and what it is not, after 'by'."""
    count: int = Field(default=10, ge=3)
    """How many nearest places stand beside one, and give the median that fills a figure it lacks."""
    compare: dict[str, Comparing] = Field(min_length=1)
    """Column of the table -> how it is compared. All count alike."""


class Areas(Frozen):
    """The table of places from which a model can start. Never a league table."""

    table: str
    """A CSV file in the study's folder, or in the data folder."""
    key: str
    name: str
    period: str
    """Which period the figures describe, in words; with `period_column`, the rows of the table that hold it there."""
    period_column: str = ""
    bind: dict[str, str] = Field(default_factory=dict)
    """Model constant <- column of the table."""
    titles: dict[str, str] = Field(default_factory=dict)
    """Bound constant -> what it is called before a reader who does not know the model; its own name unless told."""
    outcomes: tuple[str, ...] = ()
    """Saved outcomes by which a place is shown beside its neighbours; the first four of the study unless told."""
    neighbours: Neighbours | None = None
    """Without it nothing is filled, and a place stands alone."""
