"""What to run, and everything that is drawn for it, as pure functions of frozen data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.study.draws import (
    disruption_draws,
    frozen,
    future_draws,
    lever_draws,
    members_array,
    parameter_draws,
    posterior_draws,
    put_draws,
)
from policy_lab.study.elements import split_element
from policy_lab.study.mixture import CHANGE, MEMBERS, Mixture
from policy_lab.study.samplers import (
    LATIN_HYPERCUBE,
    MONTE_CARLO,
    SOBOL,
    Correlation,
    Sampler,
    drawn_together,
    named_in,
    normal_correlations,
    spread,
)
from policy_lab.study.schema import Parameter
from policy_lab.study.settings import Setting, apply_settings, resolve_settings
from policy_lab.study.streams import Uniforms
from policy_lab.study.study import Study

LEVERS = "levers"
LUCK = "luck"
PARAMETERS = "parameters"
GROUPS = frozenset({LEVERS, LUCK, PARAMETERS})
"""What can vary between cases: lever scores, parameters (all groups, or name one), luck."""

_NONE: Mapping[str, Any] = MappingProxyType({})


def grade_group(grade: str) -> str:
    """Return the name of all parameters of one grade of evidence, in `vary` and `seeds`."""
    return f"grade {grade}"


def names_of(parameter: Parameter) -> tuple[str, ...]:
    """Return the names in `vary` under which a parameter is drawn: of its group, its grade, its constant, itself."""
    name, _ = split_element(parameter.variable)
    return parameter.group, grade_group(parameter.grade), name, parameter.variable


@dataclass(frozen=True, eq=False)
class Plan:
    """Designs × worlds × futures, drawn from one seed.

    Made by `Study.plan`; `with_` makes variants. Every method is a pure function of these fields: it can be called in
    any order and any number of times. Precedence, weakest first: the model's base values, the world's draws, the area,
    the design, the scenario, the user's settings.

    Parameters
    ----------
    vary
        What is drawn: ``levers``, ``luck`` and ``parameters``, or single groups, grades (``grade C``) or parameters by
        name. Lever scores that do not vary stand at their modes, parameters at their base values; without luck every
        world sees the futures of the first.
    seeds
        Another seed for one group (``{"luck": 2}``), so that variance can be split by group on common draws.
    scores_from
        Design -> design whose lever scores it takes instead of its own (a placebo); members and disruption stay.
    mixed
        Design of this plan alone -> the two designs of which it is put together.
    places
        Keys of areas, one for each world: so many places run beside one another.
    quantiles
        Stream -> ``(worlds,)`` quantiles from 0 to 1 in the place of its draws, each through its input's own
        distribution; `policy_lab.study.inputs.uncertain_inputs` names the streams.
    sampler
        How worlds are spread; see `samplers.spread`. Luck is always drawn independently, and a group with another seed
        as a Latin hypercube where the others follow a Sobol sequence.
    correlations
        Parameters that are drawn together.
    outcomes
        Variables to save instead of the study's own outcomes; see `saved`.
    settings_name
        What a plan's file calls the settings.
    horizon, save_period, time_step
        In the model's time unit; a time step of None is the model's own.
    """

    study: Study
    designs: tuple[str, ...]
    scenario: str
    start: Literal["switch", "settled", "file"]
    worlds: int
    futures: int
    seed: int
    horizon: float
    save_period: float
    time_step: float | None = None
    settings: tuple[Setting, ...] = ()
    area: str | None = None
    posterior: bool = False
    vary: frozenset[str] = GROUPS
    seeds: Mapping[str, int] = field(default_factory=lambda: _NONE)
    scores_from: Mapping[str, str] = field(default_factory=lambda: _NONE)
    mixed: Mapping[str, Mixture] = field(default_factory=lambda: _NONE)
    places: tuple[str, ...] = ()
    quantiles: Mapping[str, np.ndarray] = field(default_factory=lambda: _NONE)
    sampler: Sampler = MONTE_CARLO
    correlations: tuple[Correlation, ...] = ()
    outcomes: tuple[str, ...] = ()
    settings_name: str = ""

    @property
    def saved(self) -> tuple[str, ...]:
        """The variables that are saved of every run: those asked for, and always those that are measured."""
        own = self.study.file.outcomes
        wanted = dict.fromkeys((*self.study.measured, *self.outcomes) if self.outcomes else own)
        return (*(name for name in own if name in wanted), *(name for name in wanted if name not in own))

    @property
    def base(self) -> str:
        """The design at rest at the start of a switch, to which ratios refer."""
        return self.study.file.comparison.base

    @property
    def cases(self) -> int:
        """How many runs the plan holds."""
        return len(self.designs) * self.worlds * self.futures

    def with_(self, **changes: Any) -> Plan:
        """Return the plan with some fields changed.

        Raises
        ------
        InputError
            For an unknown field, and for anything that the study does not know.

        Examples
        --------
        ``plan.with_(vary={"levers"})``, ``plan.with_(seeds={"luck": 2})``,
        ``plan.with_(scores_from={"a": "b", "b": "a"})``, ``plan.with_(sampler="sobol")``,
        ``plan.with_(correlations=[Correlation("Fish price", "Cost per boat", 0.5)])``
        """
        unknown = [name for name in changes if name not in self.__dataclass_fields__]
        if unknown:
            known = self.__dataclass_fields__
            raise InputError(*(Problem(what=f"a plan has no `{n}`", nearest=nearest_names(n, known)) for n in unknown))
        for name in ("seeds", "scores_from", "mixed", "quantiles"):
            if name in changes:
                changes[name] = MappingProxyType(dict(changes[name]))
        for name in ("designs", "places", "correlations", "outcomes"):
            if name in changes:
                changes[name] = tuple(changes[name])
        if "vary" in changes:
            changes["vary"] = frozenset(changes["vary"])
        changed = replace(self, **changes)
        changed.check()
        return changed

    def check(self) -> None:
        """Raise an InputError for anything in the plan that its study does not know."""
        from policy_lab.study.plan_faults import faults

        problems = dict.fromkeys(faults(self))
        if problems:
            raise InputError(*problems)

    def world_inputs(self) -> dict[str, np.ndarray]:
        """Return the constants that a world fixes: ``(worlds, *dims)``, the user's settings and the area included."""
        draw, rows = self._together(), self.study.parameters
        inputs = parameter_draws(self.study, self.worlds, self._seed_of_parameter, self.parameter_varies, draw)
        if self.posterior and not self.vary <= {LEVERS, LUCK}:
            drawn = posterior_draws(self.study, self.worlds, self._seed_of(PARAMETERS), draw)
            varying = {name: values for name, values in drawn.items() if self.parameter_varies(rows[name])}
            inputs = put_draws(self.study, inputs, varying)
        if self.area is not None:
            inputs = self._held(inputs, self.study.areas()[self.area].values)
        if self.places:
            inputs = self._placed(inputs)
        return frozen(self._held(inputs, self.spoken_settings()))

    def lever_scores(self) -> dict[str, np.ndarray]:
        """Return the intended score of each lever: ``(designs, worlds)``, by the lever's key in the study."""
        scores = {
            lever: np.stack([self._scores(design, lever) for design in self.designs])
            for lever in self.study.file.levers
        }
        return frozen(scores)

    def design_inputs(self, design: str) -> dict[str, np.ndarray]:
        """Return the constants that a design sets: levers, members and the disruption of changing to it."""
        inputs = self._arrangement(design)
        transition = self.study.file.transition
        if transition and self.start == "switch":
            inputs[transition.variable] = self._of(design, CHANGE, self._disruption)
        return frozen(apply_settings(inputs, self.settings))

    def future_inputs(self) -> dict[str, np.ndarray]:
        """Return the constants that the scenario sets or draws: ``(worlds, futures, *dims)``, the same for all."""
        drawn = future_draws(
            self.study, self.scenario, self.worlds, self.futures, self._seed_of(LUCK), LUCK in self.vary
        )
        return frozen(apply_settings(drawn, self.settings))

    def rest_inputs(self, design: str, worlds: Mapping[str, np.ndarray] | None = None) -> dict[str, np.ndarray]:
        """Return the constants under which a design is at rest: no disruption, no scenario, and `rest.set`.

        ``worlds`` are `world_inputs`, for whoever has them already.
        """
        own = self.world_inputs() if worlds is None else worlds
        inputs = {**own, **apply_settings(self._arrangement(design), self.settings)}
        return frozen(self._held(self._still(inputs), self.study.file.rest.set))

    def reference_inputs(self, worlds: Mapping[str, np.ndarray] | None = None) -> dict[str, np.ndarray]:
        """Return the constants of the policy-intent reference: same world, full implementation, no scenario.

        ``worlds`` are `world_inputs`, for whoever has them already.

        Raises
        ------
        InputError
            When the study defines no reference.
        """
        reference = self.study.file.reference
        if reference is None:
            raise InputError(Problem(what="this study defines no reference", file=self.study.files["study"]))
        levers = {self.study.file.levers[key].variable: value for key, value in reference.levers.items()}
        inputs = self._held(self.world_inputs() if worlds is None else worlds, levers)
        if self.study.file.membership:
            members = members_array(self.study, reference.members)
            inputs[self.study.file.membership.variable] = np.broadcast_to(members, (self.worlds, len(members)))
        return frozen(self._held(self._still(inputs), {**reference.set, **self.study.file.rest.set}))

    def describe(self) -> str:
        """Say in words what would be run."""
        from policy_lab.study.plan_words import described

        return described(self)

    def choices(self) -> dict[str, Any]:
        """Return every choice of the plan as plain values, for a manifest."""
        from policy_lab.study.plan_words import choices

        return choices(self)

    def spoken_settings(self) -> dict[str, float]:
        """Return the settings as the user would write them: ``Name`` or ``Name[element]`` to value."""
        return {setting.spoken(self.study.model): setting.value for setting in self.settings}

    def _placed(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return the inputs with what each place gives; what a place lacks stays as its world has it."""
        areas = self.study.areas()
        found = {name: np.array(values) for name, values in inputs.items()}
        for spelled in dict.fromkeys(name for key in self.places for name in areas[key].values):
            (setting,) = resolve_settings(self.study.model, {spelled: 0.0})
            whole = found.setdefault(setting.variable, self._base(setting.variable))
            for world, key in enumerate(self.places):
                if spelled in areas[key].values:
                    whole[(world, *setting.place)] = areas[key].values[spelled]
        return found

    def _arrangement(self, design: str) -> dict[str, np.ndarray]:
        """Return levers and members of a design, without any cost of change."""
        file = self.study.file
        inputs = {lever.variable: self._scores(design, key) for key, lever in file.levers.items()}
        if file.membership:
            inputs[file.membership.variable] = self._of(design, MEMBERS, self._members)
        return inputs

    def _of(self, design: str, part: str, values: Callable[[str], np.ndarray]) -> np.ndarray:
        """Return a part of a design; of one that is put together of two, each world's own choice between theirs."""
        return self.mixed[design].of(part, values) if design in self.mixed else values(design)

    def _members(self, design: str) -> np.ndarray:
        members = members_array(self.study, self.study.design(design).members)
        return np.broadcast_to(members, (self.worlds, len(members)))

    def _disruption(self, design: str) -> np.ndarray:
        vary = LEVERS in self.vary
        return disruption_draws(self.study, design, self.worlds, self._seed_of(LEVERS), vary, self._uniforms)

    def _still(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        transition = self.study.file.transition
        return self._held(inputs, {transition.variable: 0.0} if transition else {})

    def _scores(self, design: str, lever: str) -> np.ndarray:
        def drawn(name: str) -> np.ndarray:
            source, seed, varies = self.scores_from.get(name, name), self._seed_of(LEVERS), LEVERS in self.vary
            return lever_draws(self.study, source, lever, self.worlds, seed, varies, self._uniforms)

        return self._of(design, lever, drawn)

    def _held(self, inputs: Mapping[str, np.ndarray], values: Mapping[str, float]) -> dict[str, np.ndarray]:
        """Return the inputs with constants, or elements of them, held at a value."""
        settings = resolve_settings(self.study.model, values)
        added = {
            setting.variable: self._base(setting.variable) for setting in settings if setting.variable not in inputs
        }
        return apply_settings({**inputs, **added}, settings)

    def _base(self, name: str) -> np.ndarray:
        base = self.study.constants[name]
        return np.array(np.broadcast_to(base, (self.worlds, *base.shape)))

    def _seed_of_parameter(self, parameter: Parameter) -> int:
        """Return the seed of a parameter's group; else of its grade of evidence; else of all parameters."""
        grade = grade_group(parameter.grade)
        if parameter.group not in self.seeds and grade in self.seeds:
            return self.seeds[grade]
        return self._seed_of(parameter.group)

    def _seed_of(self, group: str) -> int:
        if group in self.seeds or group in (LEVERS, LUCK):
            return self.seeds.get(group, self.seed)
        return self.seeds.get(PARAMETERS, self.seed)

    def parameter_varies(self, parameter: Parameter) -> bool:
        """Say whether worlds differ in a parameter, if it has a range."""
        return not self.vary.isdisjoint((PARAMETERS, *names_of(parameter)))

    def _uniforms(self, seed: int, name: str, worlds: int) -> np.ndarray:
        """Return the quantiles of one uncertain input, ``(worlds,)``."""
        if name in self.quantiles:
            return self.quantiles[name]
        # Two scramblings of one Sobol sequence move together, and what is drawn anew must not move with what it was.
        sampler = LATIN_HYPERCUBE if self.sampler == SOBOL and seed != self.seed else self.sampler
        return spread(sampler, self.study, seed, name, worlds)

    def _together(self) -> Uniforms:
        """Return what draws one uncertain input, parameters that are correlated together."""
        rows, order = self.study.parameters, named_in(self.correlations, self.study)
        if not order:
            return self._uniforms
        stems = [f"parameter/{name}" for name in order]
        each = [
            self._uniforms(self._seed_of_parameter(rows[name]), stem, self.worlds)
            for name, stem in zip(order, stems, strict=True)
        ]
        matrix = normal_correlations(self.correlations, order)
        mixed = drawn_together(np.stack(each, axis=-1), matrix, keep_parts=self.sampler == LATIN_HYPERCUBE)
        known = dict(zip(stems, mixed.T, strict=True))
        return lambda seed, name, worlds: known[name] if name in known else self._uniforms(seed, name, worlds)

    def __repr__(self) -> str:
        return f"Plan({self.describe()})"
