"""The schema of `history.yaml`: what calibration is told about the past."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import Field, model_validator

from policy_lab.study.schema_base import Frozen

Years = tuple[int, int]
Values = float | tuple[float, ...]


class Law(Frozen):
    """A design that came into force."""

    from_: dt.date = Field(alias="from")
    design: str


class HistoryClock(Frozen):
    """The calendar of the past: month 0."""

    start: dt.date


class Given(Frozen):
    """A series from outside: an index of published figures on the model's own value of the anchor year."""

    title: str
    variable: str
    measures: tuple[str, ...]
    """Summed."""
    per: str = ""
    day: str
    """Month and day of the figures, `MM-DD`."""
    years: Years
    """First and last year; before and after, the series stands still."""
    anchor_year: int
    base: str = ""
    """The constant whose value it has in the anchor year; the variable's own value when left out."""
    deflator: dict[int, float] = Field(default_factory=dict)
    reason: str


class Observed(Frozen):
    """A published series and what in the model answers to it."""

    title: str
    unit: str
    measure: str
    per: str = ""
    factor: float = 1.0
    """Multiplies the model's ratio: 10,000 for a rate per 10,000 children, 100 for a percentage."""
    measure_factor: float = 1.0
    """Multiplies the published figure (after division by `per`)."""
    variables: tuple[str, ...]
    """Summed over all their elements."""
    over: tuple[str, ...] = ()
    kind: Literal["flow", "stock"]
    """A flow is added up over the twelve months to the day; what it is divided by is averaged."""
    each: bool = False
    """Whether `over` is a flow too, so that the ratio is of two yearly sums."""
    day: str = "03-31"
    fit: Years | None = None
    held_out: Years | None = None
    why_not_fitted: str = ""

    @model_validator(mode="after")
    def _windows(self) -> Observed:
        if self.fit is None and not self.why_not_fitted:
            raise ValueError("give `fit`, or say in `why_not_fitted` why it is only scored")
        if self.fit is None and self.held_out is None:
            raise ValueError("give `fit` or `held_out`")
        if self.fit and self.held_out and self.held_out[0] <= self.fit[1]:
            raise ValueError(f"held out from {self.held_out[0]}, but fitted to {self.fit[1]}")
        return self


class Turn(Frozen):
    """A direction to be judged: of a series, or of the first of two against the second."""

    series: str | tuple[str, str]
    from_: int = Field(alias="from")
    to: int


class Rival(Frozen):
    """One explanation of the past: what it holds, and what it may move beside the fitted parameters."""

    title: str
    set: dict[str, float] = Field(default_factory=dict)
    fit: dict[str, tuple[float, float]] = Field(default_factory=dict)
    """Constant -> low and high of a uniform prior."""


class Sampling(Frozen):
    """What the posterior is drawn over, beside the fitted parameters."""

    structures: dict[str, tuple[float, ...]] = Field(default_factory=dict)
    """Structural switch -> its settings; each is sampled apart and counts alike."""
    nuisance: dict[str, tuple[float, float]] = Field(default_factory=dict)
    """Constant -> low and high of a uniform prior: sampled with the rest, and not handed on to plans."""


class Panel(Frozen):
    """Figures of many places over several years, for the spread between them. Nothing ranks places."""

    table: str
    place: str
    """The column that tells places apart."""
    only: dict[str, str] = Field(default_factory=dict)
    """Column -> the value that a row must hold."""
    figures: dict[str, str]
    """Column -> its title."""


class AreaColumn(Frozen):
    """A column of a place's figures that has to be brought to a measure's unit."""

    column: str
    times: str = ""
    """A column that multiplies it: what a rate is per, where the measure is a count."""
    factor: float = 1.0


class AreaPast(Frozen):
    """One place held against its own figures: the same variables answer, and a few parameters may move."""

    table: str
    place: str
    """The column that holds a place's key, the same as in the study's table of areas."""
    only: dict[str, str] = Field(default_factory=dict)
    """Column -> the value that a row must hold."""
    measures: dict[str, str | AreaColumn]
    """Measure of the study's table -> the place's column."""
    fit: Years
    held_out: Years
    given: tuple[str, ...] = ()
    """Series from outside that are the place's own; the others stay as they are."""
    moves: dict[str, str] = Field(min_length=1)
    """Parameter -> the observed series whose spread between places says how far it may lie from the whole's value."""
    reason: str

    @model_validator(mode="after")
    def _windows(self) -> AreaPast:
        if self.held_out[0] <= self.fit[1]:
            raise ValueError(f"held out from {self.held_out[0]}, but fitted to {self.fit[1]}")
        return self


class HistoryFile(Frozen):
    """`history.yaml`, whole."""

    title: str
    table: str
    clock: HistoryClock
    rest: str
    """The design at rest at month 0."""
    laws: tuple[Law, ...] = ()
    set: dict[str, Values] = Field(default_factory=dict)
    given: dict[str, Given] = Field(default_factory=dict)
    observed: dict[str, Observed]
    covid: tuple[int, ...] = ()
    """Years scored apart."""
    turns: tuple[Turn, ...] = ()
    fit: tuple[str, ...]
    silent: str
    """What the data cannot speak to, in the study's words."""
    sampling: Sampling = Sampling()
    panel: Panel | None = None
    rivals: dict[str, Rival] = Field(default_factory=dict)
    area: AreaPast | None = None
