"""What `checks.yaml` may say: what must hold of a model, in words that a modeller writes without Python.

Unknown keys are refused. Each field is documented by its own docstring, which `policy-lab describe --keys` shows.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import Field, model_validator

from policy_lab.study.schema_base import Frozen

Measured = Literal["always", "end", "mean", "highest", "lowest"]
"""At every time, at the last time, the mean over time, the highest or the lowest value of a path."""
Window = tuple[float, float]
"""From when to when, in the model's time unit; both ends count."""
Share = Annotated[float, Field(ge=0)]
"""A share of 1: 0.01 is one per cent."""


class FromTable(Frozen):
    """Values over time out of a CSV table beside the study or in the data folder; empty cells are left out."""

    table: str
    where: dict[str, str] = Field(default_factory=dict)
    """Column -> what it has to hold in the rows that count."""
    time: str
    """The column of times."""
    value: str
    """The column of values."""
    origin: float
    """The time of the table at which the run's own time is 0."""
    period: float = Field(default=1.0, gt=0)
    """How many of the run's time units make one of the table's: 12 where the table has years and the run months."""
    times: float = 1.0
    """Multiplier from the table's unit to the model's."""
    since: float | None = None
    """The first time of the table that counts."""
    until: float | None = None
    """The last time of the table that counts."""


class Change(Frozen):
    """Constants that take another value at some time, while the run goes on."""

    at: float = 0.0
    """When, in the model's time unit; a multiple of the time step."""
    set: dict[str, float]
    """Constant (``Name`` or ``Name[element]``) -> its value from then on, in its own unit."""


class Plant(Frozen):
    """A change of the model's text, to see that a fault would be caught or what a rival equation would do."""

    replace: str = Field(min_length=1)
    """Text that stands exactly once in the model file."""
    by: str


class Alike(Frozen):
    """Every constant over a dimension takes its mean over that dimension."""

    dimension: str
    leaving_out: tuple[str, ...] = ()


class Condition(Frozen):
    """Under what a run is made. What is left out is as the study, or the model file, has it.

    `design`, `set`, `over_time`, `alike`, `area` and `plant` hold from before the start, so that the resting point is
    theirs; `scenario`, `switch_to`, `change`, `fix`, `hold`, `cut` and `without` come at the start or later, and are
    what `against` leaves out where it is not given.
    """

    model: str = ""
    """A single-sector model of the study, instead of its model."""
    start: Literal["rest", "file"] = "rest"
    """``rest``: where nothing moves, solved; ``file``: the starting values of the model file."""
    design: str = ""
    """The design at rest at the start; the study's base unless told."""
    switch_to: str = ""
    """The design that takes effect at the start, with its disruption."""
    scenario: str = ""
    """What the world does, by its name in the study."""
    set: dict[str, float] = Field(default_factory=dict)
    """Constants held throughout, the start included."""
    change: tuple[Change, ...] = ()
    over_time: dict[str, tuple[tuple[float, float], ...] | FromTable] = Field(default_factory=dict)
    """Variable -> pairs of time and value, or a table, that stand in for its equation, straight lines between; the
    first value holds at rest."""
    fix: dict[str, float] = Field(default_factory=dict)
    """Variable -> a number that stands in for its equation from the start on."""
    hold: tuple[str, ...] = ()
    """Variables that keep the value which they have at the start: every loop through them is cut."""
    cut: tuple[str, ...] = ()
    """Links, written ``cause -> effect``, through which the effect sees the cause as it was at the start."""
    without: tuple[str, ...] = ()
    """Loops of the study, by name, that are cut at the link which `study.yaml` gives."""
    plant: Plant | None = None
    alike: Alike | None = None
    area: str = ""
    """A key of the study's areas table."""
    worlds: int = Field(default=0, ge=0)
    """Draws of what is not known, all of which have to pass; 0: everything at its base value."""
    futures: int = Field(default=1, ge=1)
    """Draws of luck in each world."""
    seed: int | None = Field(default=None, ge=0)
    until: float | None = Field(default=None, gt=0)
    """How long the run lasts."""
    time_step: float | None = Field(default=None, gt=0)
    save_every: float | None = Field(default=None, gt=0)
    method: Literal["euler", "rk2", "rk4"] | None = None

    @property
    def undisturbed(self) -> Condition:
        """The same without what comes at the start or later."""
        return self.model_copy(update={"switch_to": "", "scenario": "", "change": (), "fix": {}, "hold": (), "cut": ()})


class Between(Frozen):
    """Bounds; one that is missed by rounding only, 1e-12 of the largest value or of 1, counts as met."""

    low: float | None = None
    high: float | None = None
    of: Literal["value", "start", "base"] = "value"
    """``start``, ``base``: as a multiple of the value at the start, or of what `against` gives at the same time."""
    measured: Measured = "always"
    during: Window | None = None

    @model_validator(mode="after")
    def _some(self) -> Between:
        if self.low is None and self.high is None:
            raise ValueError("give `low`, `high` or both")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError("low <= high does not hold")
        return self


class Direction(Frozen):
    """Which way a path moves against the base path."""

    moves: Literal["higher", "lower", "not higher", "not lower", "same"]
    by: Share = 0.0
    """At least by this share of the base; for ``same``, ``not higher`` and ``not lower`` at most by it."""
    measured: Measured = "end"
    during: Window | None = None
    in_share: float = Field(default=1.0, gt=0, le=1)
    """In this share of the runs; all unless told."""


class Stays(Frozen):
    """A path that hardly moves: no drift at rest, or no visible effect so far."""

    within: Share
    of: Literal["start", "base"] = "start"
    during: Window | None = None
    at_least: float = Field(default=1e-9, gt=0)
    """Smaller values than this, in the variable's unit, count as this much, so that nothing is divided by nil."""


class Extreme(Frozen):
    """When a path is at its highest or lowest, and how far that lies from the start."""

    between: Window
    by: Share = 0.0
    """At least so far from the start, as a share of it."""


class Shape(Frozen):
    """The course of a path against its start, or against the base path."""

    course: Literal["falls before it rises", "rises before it falls", "only rises", "only falls"]
    by: Share = 0.001
    """What counts as a fall or a rise, as a share of the start."""
    of: Literal["start", "base"] = "start"
    during: Window | None = None


class Conserved(Frozen):
    """What is inside is what was inside, plus what came in, less what went out.

    The variables of the check are what is inside. Entries and exits that are stocks are taken as accumulated already;
    flows are added up here, step by step.
    """

    entries: tuple[str, ...] = ()
    exits: tuple[str, ...] = ()
    within: Share = 1e-9


class Equals(Frozen):
    """A path is a formula of others; give one of the formulas. Terms are variables, elements or numbers."""

    value: float | str | None = None
    sum: tuple[float | str, ...] = ()
    product: tuple[float | str, ...] = ()
    difference: tuple[float | str, float | str] | None = None
    ratio: tuple[float | str, float | str] | None = None
    within: Share = 1e-9
    measured: Measured = "always"
    during: Window | None = None

    @model_validator(mode="after")
    def _one(self) -> Equals:
        if sum(bool(getattr(self, name)) or getattr(self, name) == 0.0 for name in FORMULAS) != 1:
            raise ValueError(f"give one of {', '.join(FORMULAS)}")
        return self


FORMULAS: Final = ("value", "sum", "product", "difference", "ratio")


class Data(Frozen):
    """Figures from outside, beside which a path has to lie."""

    points: tuple[tuple[float, float], ...] = ()
    """Pairs of time (as the run has it) and figure; or give `table`."""
    table: FromTable | None = None
    source: str
    """Where the figures are from, and how far they were verified."""
    within: Share
    """How far a figure may lie from the path, as a share of the figure; for ``level``, a bound on the mean of these."""
    judged: Literal["each", "mean", "change"] = "each"
    """``each`` point; the ``mean`` absolute share of all; or the ``change`` from the first to the last point, whose
    direction has to be right and whose size may be off by `within` of it."""
    relative_to: float | None = None
    """A time at which path and figures are both taken as 1, so that only the course counts."""
    averaged: float = Field(default=0.0, ge=0)
    """Length of the time up to each point over which the path is averaged: 12 for figures of a year in months. Before
    its start the run counts as at rest."""

    @model_validator(mode="after")
    def _one_source(self) -> Data:
        if bool(self.points) == (self.table is not None):
            raise ValueError("give either `points` or `table`")
        return self


class Beside(Frozen):
    """Figures from outside that are drawn beside the path and judged by nobody but the reader."""

    points: tuple[tuple[float, float], ...] = ()
    """Pairs of time (as the run has it) and figure; or give `table`."""
    table: FromTable | None = None
    source: str
    """Where the figures are from, and how far they were verified."""
    relative_to: float | None = None
    """A time at which the figures are made to meet the path, so that only the course is shown."""

    @model_validator(mode="after")
    def _one_source(self) -> Beside:
        if bool(self.points) == (self.table is not None):
            raise ValueError("give either `points` or `table`")
        return self


class Turns(Frozen):
    """A turning point: the path goes one way, and within the window the other."""

    to: Literal["rising", "falling"]
    between: Window
    by: Share = 0.001
    """How far the path has to move on both sides of it, as a share of its value there."""


class Reaches(Frozen):
    """When a path first comes to a level."""

    level: float
    of: Literal["value", "start", "base", "way", "peak"] = "value"
    """``way``: of the way from the start to the end, 0 to 1, so that 0.63 gives a time constant; ``peak``: of the way
    to where the path is furthest from its start."""
    between: Window


class Effect(Frozen):
    """What a condition changes against its base, as a multiple of what another condition changes against its own: how
    far an effect is lost, or grows, under other circumstances or without a loop.
    """

    low: float | None = None
    high: float | None = None
    when: Condition
    """The condition whose effect is 1."""
    against: Condition | None = None
    """Its base; unless told, the same without what comes at the start or later."""
    measured: Literal["end", "mean", "highest", "lowest"] = "end"
    during: Window | None = None

    @model_validator(mode="after")
    def _some(self) -> Effect:
        if self.low is None and self.high is None:
            raise ValueError("give `low`, `high` or both")
        return self


class AlikeElements(Frozen):
    """All elements along a dimension have the same path."""

    over: str
    within: Share = 1e-9


class Paired(Frozen):
    """Differences under the same draws vary less than under different ones: variance of the difference at the end, as a
    share of the sum of the two variances.
    """

    at_most: Share


class Integration(Frozen):
    """Smaller steps and another method change little."""

    halvings: int = Field(default=3, ge=1, le=5)
    within: Share
    """Largest difference from the run at the model's own step, as a share of the path's largest value."""
    methods: tuple[Literal["euler", "rk2", "rk4"], ...] = ("rk4",)


class Expectation(Frozen):
    """What has to be seen: exactly one of these."""

    between: Between | None = None
    direction: Direction | None = None
    stays: Stays | None = None
    peaks: Extreme | None = None
    bottoms: Extreme | None = None
    shape: Shape | None = None
    conserved: Conserved | None = None
    equals: Equals | None = None
    data: Data | None = None
    turns: Turns | None = None
    reaches: Reaches | None = None
    effect: Effect | None = None
    alike: AlikeElements | None = None
    paired: Paired | None = None
    integration: Integration | None = None
    holds: Literal["units", "structure", "documentation", "unclipped"] | None = None
    """Read from the file without a run. ``units``: they agree in every equation; ``structure``: the causal graph obeys
    the study's `structure`; ``documentation``: every variable has a unit and says what it means; ``unclipped``: no
    stock is kept in its bounds by MIN or MAX."""
    held_by: str = ""
    """Where this is held instead: a test (``tests/…/test_x.py::test_y``) or a command. It is listed, not run."""

    @model_validator(mode="after")
    def _one(self) -> Expectation:
        given = [name for name in type(self).model_fields if getattr(self, name)]
        if len(given) != 1:
            raise ValueError(f"expect one thing, not {' and '.join(f'`{name}`' for name in given) or 'nothing'}")
        return self

    @property
    def kind(self) -> str:
        """The name of what is expected."""
        return next(name for name in type(self).model_fields if getattr(self, name))

    @property
    def what(self) -> Any:
        """What is expected, in its own form."""
        return getattr(self, self.kind)


class ExpectedFailure(Frozen):
    """A failure that is known: why, how large, and what would mend it. When it passes, that is told as a failure."""

    reason: str
    size: str
    mend: str


class Check(Frozen):
    """One thing that must hold."""

    title: str
    """What must hold, in one sentence."""
    test: str = ""
    """Its number in a list of tests kept elsewhere."""
    when: Condition = Condition()
    against: Condition | None = None
    """The base that directions and shares refer to; unless told, the same condition without what comes at the start
    or later."""
    variable: str | tuple[str, ...] = ()
    """Variables or elements (``Name[element]``); each has to pass. ``every stock``: all of them."""
    leaving_out: tuple[str, ...] = ()
    """Of the variables."""
    elements: Literal["each", "sum", "mean", "total"] = "each"
    """What is done with the elements of a subscripted variable; ``total`` adds up all variables as well."""
    divided_by: str = ""
    """A variable by which the path is divided, element by element or as a whole (its elements taken alike)."""
    times: float = 1.0
    """A multiplier, for another unit."""
    expect: Expectation
    reason: str
    """Why it must hold, or what a failure would mean."""
    reading: str = ""
    """What a reader may take from it, and what not."""
    beside: Beside | None = None
    """Figures that the chart shows beside the path, without judging by them."""
    expected_failure: ExpectedFailure | None = None

    @property
    def figures_source(self) -> str:
        """Where the figures are from that stand beside the path; empty without any."""
        data = self.expect.data if self.expect.data is not None else self.beside
        return data.source if data is not None else ""

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables as a tuple."""
        return (self.variable,) if isinstance(self.variable, str) else self.variable


class ChecksFile(Frozen):
    """`checks.yaml`: what must hold of a study's model, or of a single model."""

    checks: dict[str, Check]


CHECK_SCHEMAS: Final[tuple[type[Frozen], ...]] = (
    *(ChecksFile, Check, Condition, Change, Plant, Alike, FromTable, Expectation, Between, Direction, Stays, Extreme),
    *(
        Shape,
        Conserved,
        Equals,
        Data,
        Beside,
        Turns,
        Reaches,
        Effect,
        AlikeElements,
        Paired,
        Integration,
        ExpectedFailure,
    ),
)
"""Every schema of the file, as `policy-lab describe --keys` explains them."""
