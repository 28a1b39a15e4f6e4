"""The question, as frozen data: what `study.yaml`, `designs.yaml`, `scenarios.yaml` and `parameters.csv` may say.

Unknown keys are refused. Each field is documented by its own docstring, which `policy-lab describe` shows.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from policy_lab.study.area_schema import Areas
from policy_lab.study.criteria_schema import Criterion
from policy_lab.study.indicator_schema import Indicator
from policy_lab.study.panel_schema import Panels
from policy_lab.study.schema_base import Frozen
from policy_lab.study.stress_schema import StressKind

Grade = Literal["A", "B", "C"]
"""Evidence: A published statistic, B literature, C judgement."""

Quantile = Annotated[float, Field(ge=0, le=1)]
"""A share, or a quantile: from 0 to 1."""

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
    short: str = ""
    """What charts, tables and sentences call it; the title where left out."""
    group: str
    dates: str
    legal_basis: str
    members: tuple[str, ...] = ()
    """Elements of the membership dimension that sit in the core of the arrangement."""
    unnamed: str = ""
    """What a reader is told of it who scores it blind: facts without names and dates."""
    levers: dict[str, Score]
    disruption: Score
    """What the change to this design costs at the start, in the unit of the transition variable."""
    note: str = ""


class Overlay(Frozen):
    """An addition to any design, written ``design+overlay``."""

    title: str
    short: str = ""
    """Follows the design's short name; both are needed for the two together to have one."""
    group: str
    legal_basis: str
    adds: dict[str, Score]
    """Added to the lever scores of the design beneath it (kept between 0 and `bounded_at` where its unit is Dmnl)."""
    bounded_at: float | None = 1.0
    members: tuple[str, ...] = ()
    """Elements of the membership dimension that join the design's members."""
    disruption: Score | None = None
    """What introducing the addition costs at the start, on top of the design's own disruption."""
    note: str = ""


class Draw(Frozen):
    """Luck: one value drawn for each future, and for each element of a subscripted constant, from a named stream."""

    distribution: Literal[
        "uniform", "triangular", "exponential", "lognormal", "poisson times", "exponential thresholds"
    ]
    """``uniform``: low, high. ``triangular``: low, mode, high. ``exponential``: mean. ``lognormal``: low and high are
    the 5 and 95 % quantiles. ``poisson times``: arrival times of events at `rate` a time unit, from `low` (default 0)
    on, one for each element along the last dimension, in order. ``exponential thresholds``: running sums of unit
    exponentials along the last dimension, in order."""
    low: float | None = None
    mode: float | None = None
    high: float | None = None
    mean: float | None = None
    rate: float | None = None
    reason: str = ""

    @model_validator(mode="after")
    def _complete(self) -> Draw:
        needed = DRAW_NEEDS[self.distribution]
        missing = [key for key in needed if getattr(self, key) is None]
        if missing:
            raise ValueError(f"`{self.distribution}` needs {' and '.join(f'`{key}`' for key in missing)}")
        allowed = {*needed, "low"} if self.distribution == "poisson times" else set(needed)
        spare = [key for key in ("low", "mode", "high", "mean", "rate") if getattr(self, key) is not None]
        spare = [key for key in spare if key not in allowed]
        if spare:
            raise ValueError(f"`{self.distribution}` makes no use of {' and '.join(f'`{key}`' for key in spare)}")
        ordered = [value for value in (self.low, self.mode, self.high) if value is not None]
        if ordered != sorted(ordered):
            raise ValueError("low <= mode <= high does not hold")
        if self.distribution == "lognormal" and (self.low or 0) <= 0:
            raise ValueError("`lognormal` needs a `low` above 0")
        for key, value in (("mean", self.mean), ("rate", self.rate)):
            if value is not None and value <= 0:
                raise ValueError(f"`{key}` must be above 0")
        return self


DRAW_NEEDS: Final = {
    "uniform": ("low", "high"),
    "triangular": ("low", "mode", "high"),
    "exponential": ("mean",),
    "lognormal": ("low", "high"),
    "poisson times": ("rate",),
    "exponential thresholds": (),
}
"""What each distribution of luck needs to be told."""


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
    """One row of `parameters.csv`: one constant (all its elements alike), or one element of it (`Name[element]`)."""

    variable: str
    unit: str
    base: float
    low: float | None
    high: float | None
    distribution: Literal[
        "fixed",
        "uniform",
        "triangular",
        "loguniform",
        "lognormal",
        "normal",
        "dirichlet",
        "switch",
        "lever",
        "scenario",
    ]
    """``fixed`` never varies (definitions, scale); ``lever`` and ``scenario`` ones are set by designs and scenarios.
    ``triangular`` has its mode at base; ``lognormal`` and ``normal`` have low and high as their 5 and 95 % quantiles;
    ``dirichlet`` rows are shares along the last subscript that sum to one, with low and high as 5 and 95 % quantiles;
    ``switch`` is either low or high, evenly."""
    grade: Grade
    mark: Mark
    source: str
    group: str = "other parameters"
    """For the split of variance."""
    note: str = ""

    @property
    def varies(self) -> bool:
        """Whether worlds differ in it."""
        return self.distribution not in ("fixed", "lever", "scenario")

    @model_validator(mode="after")
    def _range(self) -> Parameter:
        if (self.low is None) != (self.high is None):
            raise ValueError("give both low and high, or neither")
        if self.low is None or self.high is None:
            if self.varies:
                raise ValueError(f"`{self.distribution}` needs low and high")
            return self
        if not self.low <= self.base <= self.high:
            raise ValueError(f"low <= base <= high does not hold: {self.low:g}, {self.base:g}, {self.high:g}")
        if self.varies and self.low == self.high:
            raise ValueError(f"`{self.distribution}` needs low < high; write `fixed` where nothing varies")
        if self.distribution in ("loguniform", "lognormal") and self.low <= 0:
            raise ValueError(f"`{self.distribution}` needs low > 0")
        return self


class Variant(Frozen):
    """The same comparison with some constants held, whose risks are told beside the headline."""

    title: str
    """As it follows 'With', e.g. 'all members alike'."""
    meaning: str
    set: dict[str, float]
    """Model constants (or elements, `Name[element]`) held in every world, the start included."""


class Comparison(Frozen):
    """What `compare` does unless told otherwise."""

    base: str
    """The design at rest at the start of a switch, to which ratios and gaps refer: the do-minimum."""
    start: Literal["switch", "settled", "file"] = "switch"
    """``switch``: all begin with the base design at rest; ``settled``: each at its own rest; ``file``: each with the
    starting values of the model file, for a model that has no rest."""
    scenario: str
    worlds: int = Field(default=100, ge=1)
    futures: int = Field(default=20, ge=1)
    seed: int = Field(ge=0)
    designs: tuple[str, ...]
    variants: dict[str, Variant] = Field(default_factory=dict)


class Clock(Frozen):
    """The calendar of a run."""

    start: dt.date
    horizon: float = Field(gt=0)
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
    share: Quantile
    """The share of areas below the bar."""
    also: tuple[float, ...] = ()
    """Shares that are reported beside it."""
    period: str = ""
    """Period of the table of places that are counted; that of `areas` unless told."""
    source: str
    status: str
    set_on: dt.date | None = None
    model_digest: str = ""


class Shortfall(Frozen):
    """Persistent shortfall: the outcome stays below the bar for at least `periods` consecutive saved periods."""

    variable: str
    threshold: float
    periods: int = Field(ge=1)
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
    """Names the burden itself, because how much more or less of it follows: ``a difference in undetected harm``."""
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
    total_unit: str = ""
    """Unit of the amount over the whole horizon, for a resource a year: given, the total is reported too, undiscounted
    and discounted."""


class Measures(Frozen):
    """The failure measure, fixed in advance, and what stands beside it."""

    placeholder: bool = False
    """Set by `policy-lab new`: nobody has chosen the measures yet, so that nothing is compared on them."""
    shortfall: Shortfall
    burden: Burden
    gap: Gap | None = None
    resources: tuple[Resource, ...] = ()
    cost: str = ""
    """Which of the resources, by its variable, is the cost that a search for good settings weighs."""


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
    joint: tuple[str, ...] = ()
    """Joint behaviour through which one element reaches another."""
    environment: tuple[str, ...] = ()
    """The shared environment through which one element reaches another."""


class Loop(Frozen):
    """A feedback loop that the study names, to be found in the model's own graph."""

    title: str
    kind: Literal["reinforcing", "balancing"]
    """What going round once does to a change: a reinforcing loop adds to it, a balancing one works against it."""
    path: tuple[str, ...] = Field(min_length=1)
    """The variables in order; the last acts on the first."""
    cut: tuple[str, str]
    """The link, cause and effect, at which the loop is cut: the effect goes on seeing the cause as it was at rest."""
    meaning: str = ""


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
    criteria: dict[str, Criterion] = Field(default_factory=dict)
    """What a design has to satisfy to be good enough, all of it at once; fixed before anything is run."""
    indicators: dict[str, Indicator] = Field(default_factory=dict)
    """Published figures that a reader can watch, by a short name."""
    outcomes: tuple[str, ...]
    """Variables saved in every run."""
    groups: dict[str, str]
    """Group of designs -> its title; no league across groups."""
    areas: Areas | None = None
    structure: StructureRule | None = None
    loops: dict[str, Loop] = Field(default_factory=dict)
    """By a short name, ``R1`` or ``B2``."""
    loops_left_out: dict[str, str] = Field(default_factory=dict)
    """Loops that a reader may expect and that this model does not have -> why."""
    sliders: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """What the screen lets a user move, by the group's title: constants, or single elements of them, with a range in
    parameters.csv. Where left out, the screen takes the best known of each group of parameters."""
    panels: Panels = Panels()
    """What the screen shows element by element."""
    stress: dict[str, StressKind] = Field(default_factory=dict)
    """Kinds of event that can be placed by hand on the stress calendar, by a short name."""
    words: Words


class DesignsFile(Frozen):
    """`designs.yaml`."""

    designs: dict[str, Design]
    overlays: dict[str, Overlay] = Field(default_factory=dict)


class ScenariosFile(Frozen):
    """`scenarios.yaml`."""

    scenarios: dict[str, Scenario]
