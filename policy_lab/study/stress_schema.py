"""What `stress` in `study.yaml` may say: events that can be placed by hand; and one event that was placed."""

from __future__ import annotations

from typing import Final, Literal

from policy_lab.study.schema_base import Frozen

Size = Literal["low", "typical", "high"]
SIZES: Final[tuple[Size, ...]] = ("low", "typical", "high")
"""How large an event can be: a judgement has no decimals."""


class StressSize(Frozen):
    """One size of an event."""

    value: float
    """What the constant takes, in its own unit."""
    meaning: str
    """What a reader can compare it with, in a few words: 'as in spring 2020'."""


class StressSizes(Frozen):
    """How large an event of one kind can be. The evidence for it is that of the constant in parameters.csv."""

    variable: str
    """The model constant that carries the size: with one element for each event where the one for the time has them."""
    low: StressSize
    typical: StressSize
    high: StressSize

    def of(self, size: Size) -> StressSize:
        """Return one of the three."""
        return {"low": self.low, "typical": self.typical, "high": self.high}[size]


class StressKind(Frozen):
    """A kind of event that can be placed on the stress calendar."""

    title: str
    short: str = ""
    """What stands beside its mark on a chart; the title where left out."""
    meaning: str
    """What happens, in a sentence."""
    time: str
    """The model constant that says when it comes, in the model's time. One with a subscript holds as many events as it
    has elements; any other holds one."""
    never: float
    """The value of that constant that means never: later than any run."""
    size: StressSizes | None = None
    """Left out where the model has one size for all of them."""


class Placed(Frozen):
    """An event on the stress calendar."""

    event: str
    """Its kind: a key of `stress` in study.yaml."""
    at: float
    """When it comes, in the model's time unit since the start; one save period after it at the earliest."""
    size: Size = "typical"
    """How large it is, of the three sizes that study.yaml gives; typical where left out."""
