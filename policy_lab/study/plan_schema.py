"""What a plan's file, `plan.yaml`, may say. Unknown keys are refused; each field is documented by its own docstring."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from policy_lab.study.plan import GROUPS
from policy_lab.study.samplers import Correlation, Sampler
from policy_lab.study.schema import Scenario
from policy_lab.study.schema_base import Frozen
from policy_lab.study.stress_schema import Placed

OWN_AREA = "own"
"""Stands among areas for the study's own starting values, which are those of no place."""

Names = Annotated[tuple[str, ...], BeforeValidator(lambda given: _listed(given))]
"""A list of names, of which one may stand by itself."""

Places = Annotated[tuple[str, ...], BeforeValidator(lambda given: _listed(given, also=int))]
"""Places by name or key; keys are often plain numbers, which YAML takes for such."""

Held = Annotated[dict[str, float], BeforeValidator(lambda given: {} if given is None else given)]
"""Constants and their values; nothing at all holds none."""

Correlated = Annotated[float, Field(gt=-1, lt=1)]


class CorrelationEntry(Frozen):
    """Two parameters that rise and fall together from world to world."""

    between: tuple[str, str]
    """Two parameters, as parameters.csv spells them."""
    rank: Correlated
    """Their rank correlation (Spearman's), above -1 and below 1."""
    reason: str = ""
    """Why they belong together, for whoever reads the plan."""


class Uncertain(Frozen):
    """What is not known: how it is drawn, and what is held instead."""

    worlds: int | None = Field(default=None, ge=1)
    """Draws of what is not known; the study's own number where left out."""
    futures: int | None = Field(default=None, ge=1)
    """Draws of luck in each world; the study's own number where left out."""
    seed: int | None = Field(default=None, ge=0)
    """The same seed gives the same draws; the study's own where left out."""
    sampler: Sampler = "monte carlo"
    """How worlds are spread. `monte carlo`: independent draws; more worlds keep the first ones. `latin hypercube`: each
    input has one draw in each of as many equal parts as there are worlds; good for any number of inputs. `sobol`: one
    scrambled Sobol sequence over all inputs, best at 512, 1024, 2048 … worlds; with few worlds and many inputs some of
    these are tied to one another, and `plan check` says so. Luck is always drawn independently."""
    vary: Names | None = None
    """What is drawn; everything that has a range where left out. `parameters`, `levers` (the scores of designs) and
    `luck`, or a group of parameters, a grade (`grade C`) or a single parameter. The rest stands at its base value."""
    hold: Held = Field(default_factory=dict)
    """Constants (`Name` or `Name[element]`) held at a value in every block, in their own unit."""
    switches: dict[str, Literal["drawn"] | float] = Field(default_factory=dict)
    """Structural switches: `drawn`, or the one of its two values at which each is held. Drawn where left out."""
    posterior: bool = False
    """Whether fitted parameters are drawn from the study's saved posterior instead of their ranges."""
    scores: Names = ()
    """Files of experts' scores, or folders that `policy-lab elicit read` wrote, seen from this file or from where the
    command runs: each world takes one expert's whole view. The study's own scores where left out."""
    correlations: tuple[CorrelationEntry, ...] = ()
    """Parameters that are drawn together; all others are drawn independently."""

    @property
    def held(self) -> dict[str, float]:
        """Every constant that is held in all blocks, structural switches among them."""
        switches = {name: value for name, value in self.switches.items() if value != "drawn"}
        return {**self.hold, **switches}

    @property
    def drawn(self) -> frozenset[str]:
        """What is drawn, by the names of `Plan.vary`; a switch that is said to be drawn is among it."""
        switches = {name for name, value in self.switches.items() if value == "drawn"}
        return GROUPS if self.vary is None else frozenset({*self.vary, *switches})

    @property
    def pairs(self) -> tuple[Correlation, ...]:
        """The correlations, as a plan takes them."""
        return tuple(Correlation(*one.between, one.rank) for one in self.correlations)


class Saved(Frozen):
    """What is saved of every run. The variables of the study's measures always are."""

    only: Names | None = None
    """Variables to save instead of all the study's outcomes."""
    also: Names = ()
    """Further variables of the model."""


class PlanFile(Frozen):
    """`plan.yaml`, whole: designs × scenarios × areas × settings, each with its worlds and futures."""

    study: str
    """A bundled study, or the folder of one, seen from this file or from where the command runs."""
    title: str = ""
    """What the plan is for, in a few words."""
    designs: Names | None = None
    """Levers: the designs to compare, overlays as `design+overlay`; those that the study compares where left out."""
    scenarios: Names | None = None
    """What the world does: one block each; the study's usual one where left out."""
    new_scenarios: dict[str, Scenario] = Field(default_factory=dict)
    """Scenarios of this plan only; each may extend one of the study's or another of these."""
    steps: dict[str, Literal["low", "high"]] = Field(default_factory=dict)
    """Judged levers that stand at the low or the high end of their scores, in every design and every block."""
    stress: tuple[Placed, ...] = ()
    """Events placed by hand, in every block. Once there is one, these take the place of every drawn or scenario time of
    all the kinds of event that `stress` in study.yaml names: what is not here does not come."""
    areas: Literal["all"] | Places = ()
    """Places to start from, by key or name, or `all`: one block each. `own` among them: the study's own values."""
    settings: dict[str, Held] = Field(default_factory=dict)
    """Named sets of held constants (`Name` or `Name[element]`, in their own unit): one block each; a set may be
    empty (`{}`). None: nothing is held but what `uncertain` holds."""
    start: Literal["switch", "settled", "file"] | None = None
    """`switch`: every design starts from the base design at rest. `settled`: each starts at its own rest.
    `file`: each starts with the starting values of the model file."""
    horizon: float | None = Field(default=None, gt=0)
    """How long each run is, in the model's time unit; as the study has it where left out."""
    save_period: float | None = Field(default=None, gt=0)
    """Time between saved values, in the model's time unit."""
    time_step: float | None = Field(default=None, gt=0)
    """Step of integration, in the model's time unit; the model's own where left out."""
    uncertain: Uncertain = Uncertain()
    outcomes: Saved = Saved()
    precision: Literal["single", "double"] = "double"
    """Of stored results: `single` keeps about seven digits and takes half the room. Runs always compute in double."""


def _listed(given: object, also: type = str) -> object:
    """Return a name by itself as a list of one; what is no name is left for the schema to refuse."""
    entries = tuple(given) if isinstance(given, list) else (given,) if isinstance(given, str | also) else given
    if not isinstance(entries, tuple):
        return given
    return tuple(str(entry) if type(entry) is also else entry for entry in entries)
