"""The question, as frozen data: what `study.yaml`, `designs.yaml`, `scenarios.yaml` and `parameters.csv` may say.

Unknown keys are refused. Each field is documented by its own docstring, which `policy-lab describe` shows.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Frozen(BaseModel):
    """Base of all schemas: immutable, and no key that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


Grade = Literal["A", "B", "C"]
"""Evidence: A published statistic, B literature, C judgement."""

Mark = Literal["found", "recalled", "computed", "assumption"]
"""How far a fact was verified: read in its source, recalled, arithmetic on found figures, or assumed."""


class Lever(Frozen):
    """One thing that a design chooses."""

    variable: str
    """The model constant that carries the intended score."""
    title: str
    meaning: str
    better: Literal["higher", "lower", "ambiguous"] = "higher"
    """Which direction was put in as favourable; used only to find orders that are inputs, not findings."""
    unit: str = "Dmnl"


class Score(Frozen):
    """An ordinal judgement of one lever of one design: triangular between low and high."""

    low: float
    mode: float
    high: float
    reason: str
    mark: Mark = "assumption"

    @model_validator(mode="after")
    def _ordered(self) -> Score:
        if not self.low <= self.mode <= self.high:
            raise ValueError(f"low <= mode <= high does not hold: {self.low}, {self.mode}, {self.high}")
        return self


class Design(Frozen):
    """A statutory design: what the partnership chooses."""

    title: str
    group: str
    dates: str
    legal_basis: str
    members: tuple[str, ...] = ()
    """Elements of the membership dimension that sit in the core of the arrangement."""
    levers: dict[str, Score]
    disruption: Score
    """What the change to this design costs at the start, in the unit of the transition variable."""
    note: str = ""


class Overlay(Frozen):
    """An addition to any design, written ``design+overlay``."""

    title: str
    group: str
    legal_basis: str
    adds: dict[str, Score]
    """Added to the lever scores of the design beneath it (bounded at 1 from above where the lever is a share)."""
    bounded_at: float | None = 1.0
    note: str = ""


class Constant(Frozen):
    """Always the same value."""

    value: float | tuple[float, ...]


class Draw(Frozen):
    """Luck: one value drawn for each future from a named stream."""

    distribution: Literal["uniform", "triangular", "exponential", "lognormal", "poisson times", "exponential thresholds"]
    """``poisson times``: arrival times of events at `rate` a time unit, one for each element of the variable, in order.
    ``exponential thresholds``: running sums of unit exponentials, one for each element, in order."""
    low: float | None = None
    mode: float | None = None
    high: float | None = None
    mean: float | None = None
    rate: float | None = None
    reason: str = ""


class Scenario(Frozen):
    """What the world does, the same for every design."""

    title: str
    meaning: str
    extends: str | None = None
    set: dict[str, float | tuple[float, ...]] = Field(default_factory=dict)
    """Model constants fixed by this scenario."""
    draw: dict[str, Draw] = Field(default_factory=dict)
    """Model constants drawn anew for each future."""


class Parameter(Frozen):
    """One row of `parameters.csv`: one constant, or one element of it (`Name[element]`)."""

    variable: str
    unit: str
    base: float
    low: float | None
    high: float | None
    distribution: Literal["fixed", "uniform", "triangular", "loguniform", "lognormal", "normal", "dirichlet", "lever", "scenario"]
    """``fixed`` never varies (definitions, scale); ``lever`` and ``scenario`` constants are set by a design or scenario."""
    grade: Grade
    mark: Mark
    source: str
    group: str = "other parameters"
    """For the split of variance."""


class Comparison(Frozen):
    """What `compare` does unless told otherwise."""

    base: str
    """The design at rest at the start of a switch, to which ratios and gaps refer: the do-minimum."""
    start: Literal["switch", "settled"] = "switch"
    scenario: str
    worlds: int = 100
    futures: int = 20
    seed: int
    designs: tuple[str, ...]


class Clock(Frozen):
    """The calendar of a run."""

    start: dt.date
    horizon: float
    """In the model's time unit."""


class Membership(Frozen):
    """Who sits in the core of each design."""

    variable: str
    """A 0/1 constant over one dimension."""


class Transition(Frozen):
    """The cost of changing to another design."""

    variable: str
    unit: str


class Reference(Frozen):
    """The policy-intent reference, solved once for each world and common to all designs."""

    title: str
    set: dict[str, float] = Field(default_factory=dict)
    levers: dict[str, float] = Field(default_factory=dict)
    members: tuple[str, ...] = ()
    anchors: dict[str, str] = Field(default_factory=dict)
    """Model constant <- variable whose resting value it takes."""


class Rest(Frozen):
    """How the starting state is solved."""

    set: dict[str, float] = Field(default_factory=dict)
    """Constants while the resting point is sought (for example: expected events instead of drawn ones)."""


class Anchor(Frozen):
    """Where the bar of the shortfall measure comes from."""

    design: str
    share: float
    """The share of areas below the bar."""
    also: tuple[float, ...] = ()
    """Shares that are reported beside it."""
    source: str
    status: str
    set_on: dt.date | None = None
    model_digest: str = ""


class Shortfall(Frozen):
    """Persistent shortfall: the outcome stays below the bar for at least `periods` consecutive saved periods."""

    variable: str
    threshold: float
    periods: int
    title: str
    sentence: str
    """Plain words with ``{tenths}`` for the rounded frequency, e.g. 'in about {tenths} of 10 modelled futures ...'."""
    thresholds: tuple[float, ...] = ()
    """The grid of the threshold x periods surface."""
    all_periods: tuple[int, ...] = ()
    anchor: Anchor
    also_thresholds: dict[str, float] = Field(default_factory=dict)


class Burden(Frozen):
    """An accumulated burden, reported only as a ratio to the base design."""

    variable: str
    title: str
    clear_words: str
    unclear_words: str


class Gap(Frozen):
    """Intent minus implemented, averaged over the horizon."""

    intent: str
    implemented: str
    title: str


class Resource(Frozen):
    """A real resource, averaged over the horizon: people, hours, pounds."""

    variable: str
    title: str
    per: float = 1.0
    """Multiplier from the model's unit to the reported one (12 for a year from months)."""
    unit: str


class Measures(Frozen):
    """The failure measure, fixed in advance, and what stands beside it."""

    shortfall: Shortfall
    burden: Burden
    gap: Gap | None = None
    resources: tuple[Resource, ...] = ()


class Areas(Frozen):
    """The table of places from which a model can start. Never a league table."""

    table: str
    """File in the data folder."""
    key: str
    name: str
    period: str
    bind: dict[str, str] = Field(default_factory=dict)
    """Model constant <- column of the table."""


class Words(Frozen):
    """What a reader is told about the subject; the package itself knows no word of it."""

    outcome: str
    """Short noun for the shortfall outcome, e.g. 'joint detection'."""
    design: str
    """Noun for a design, e.g. 'partnership design'."""
    not_a_forecast: str
    sources: str
    """The source line of charts."""
    limits: tuple[str, ...] = ()
    """What the model leaves out."""
    confidence: str = ""


class StructureRule(Frozen):
    """The thesis that the causal graph must obey."""

    within: str = ""
    """Name of the dimension whose elements may not drive one another directly."""
    private: tuple[str, ...] = ()
    """Variables of one element that no other element's variables may read directly."""
    joint: tuple[str, ...] = ()
    """Joint behaviour through which one element reaches another."""
    environment: tuple[str, ...] = ()
    """The shared environment through which one element reaches another."""


class StudyFile(Frozen):
    """`study.yaml`, whole."""

    title: str
    question: str
    default: bool = False
    model: str
    sectors: tuple[str, ...] = ()
    """Single-sector models that teach and are tested alone."""
    clock: Clock
    comparison: Comparison
    levers: dict[str, Lever]
    membership: Membership | None = None
    transition: Transition | None = None
    reference: Reference | None = None
    rest: Rest = Rest()
    measures: Measures
    outcomes: tuple[str, ...]
    """Variables saved in every run."""
    groups: dict[str, str]
    """Group of designs -> its title; no league across groups."""
    areas: Areas | None = None
    structure: StructureRule | None = None
    words: Words


class DesignsFile(Frozen):
    """`designs.yaml`."""

    designs: dict[str, Design]
    overlays: dict[str, Overlay] = Field(default_factory=dict)


class ScenariosFile(Frozen):
    """`scenarios.yaml`."""

    scenarios: dict[str, Scenario]


Quantile = Annotated[float, Field(ge=0, le=1)]
