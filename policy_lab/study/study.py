"""A study: a question, its model, its designs, its scenarios and what is known of every constant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.model.types import Model
from policy_lab.study.elements import split_element
from policy_lab.study.schema import Design, Overlay, Parameter, Scenario, Score, StudyFile

if TYPE_CHECKING:
    from policy_lab.study.areas import Area
    from policy_lab.study.plan import Plan
    from policy_lab.study.scores import Scores
    from policy_lab.study.steps import Step


_NONE: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, eq=False)
class Study:
    """Everything that is fixed before anything is run. Made by `open_study`, which checks that it all fits together.

    ``parameters`` are by ``Name`` or ``Name[element]``; ``constants`` the base value of every constant of the model as
    an array over its dimensions; ``files`` the files that it was read from, by their role; ``scores`` experts' scores,
    where they stand in for the study's own; ``steps`` the levers that stand at one end of their scores in every design
    (`policy_lab.study.steps.stepped`).
    """

    folder: Path
    file: StudyFile
    designs: Mapping[str, Design]
    overlays: Mapping[str, Overlay]
    scenarios: Mapping[str, Scenario]
    parameters: Mapping[str, Parameter]
    model: Model
    constants: Mapping[str, np.ndarray] = field(repr=False)
    files: Mapping[str, Path] = field(repr=False)
    scores: Scores | None = field(default=None, repr=False)
    steps: Mapping[str, Step] = field(default_factory=lambda: _NONE, repr=False)

    @property
    def name(self) -> str:
        """The study's short name: that of its folder."""
        return self.folder.name

    def design(self, name: str) -> Design:
        """Return a design; ``design+overlay`` is the design with the overlay's scores added to its own.

        Raises
        ------
        InputError
            For an unknown design or overlay.
        """
        base, overlays = self.design_parts(name)
        design = self.designs[base]
        for overlay in overlays:
            design = self._with_overlay(design, self.overlays[overlay])
        return design

    def design_parts(self, name: str) -> tuple[str, tuple[str, ...]]:
        """Split ``design+overlay+overlay`` into the design's name and those of its overlays."""
        base, *overlays = (part.strip() for part in name.split("+"))
        problems = [] if base in self.designs else [_unknown("design", base, self.designs)]
        problems += [_unknown("overlay", part, self.overlays) for part in overlays if part not in self.overlays]
        if problems:
            raise InputError(*problems)
        return base, tuple(overlays)

    def scenario(self, name: str) -> Scenario:
        """Return a scenario together with everything that it extends; what it says itself comes last."""
        if name not in self.scenarios:
            raise InputError(_unknown("scenario", name, self.scenarios))
        scenario = self.scenarios[name]
        if scenario.extends is None:
            return scenario
        parent = self.scenario(scenario.extends)
        kept = {key: value for key, value in parent.set.items() if key not in scenario.draw}
        drawn = {key: value for key, value in parent.draw.items() if key not in scenario.set}
        return scenario.model_copy(update={"set": {**kept, **scenario.set}, "draw": {**drawn, **scenario.draw}})

    def draw_owner(self, scenario: str, variable: str) -> str:
        """Return the scenario that says how a constant is drawn: what is inherited keeps the draws of its origin."""
        while variable not in self.scenarios[scenario].draw:
            parent = self.scenarios[scenario].extends
            if parent is None:
                raise InputError(Problem(what=f"scenario `{scenario}` draws no `{variable}`"))
            scenario = parent
        return scenario

    @property
    def measured(self) -> tuple[str, ...]:
        """The variables that the study's measures and criteria are taken on."""
        measures = self.file.measures
        spelled = [measures.shortfall.variable, measures.burden.variable]
        spelled += [measures.gap.intent, measures.gap.implemented] if measures.gap else []
        spelled += [resource.variable for resource in measures.resources]
        spelled += [criterion.variable for criterion in self.file.criteria.values() if criterion.variable]
        return tuple(dict.fromkeys(split_element(name)[0] for name in spelled))

    def areas(self) -> Mapping[str, Area]:
        """Return the places from which the model can start, by key; none where the study binds no table.

        They are starting points, never a league table.
        """
        return self._areas

    @cached_property
    def _areas(self) -> Mapping[str, Area]:
        from policy_lab.study.areas import read_areas

        return read_areas(self)  # once: what moves with a slider asks for them each time

    def plan(
        self,
        *,
        designs: Iterable[str] | None = None,
        scenario: str | None = None,
        start: Literal["switch", "settled", "file"] | None = None,
        worlds: int | None = None,
        futures: int | None = None,
        seed: int | None = None,
        settings: Mapping[str, float] | None = None,
        horizon: float | None = None,
        save_period: float | None = None,
        time_step: float | None = None,
        area: str | None = None,
        posterior: bool = False,
        scores: Scores | str | Path | None = None,
    ) -> Plan:
        """Return what to run; everything left out is as `study.yaml` has it. `Plan.with_` changes it further.

        Parameters
        ----------
        designs
            Names of designs, each perhaps with overlays (``design+overlay``).
        scenario
            What the world does.
        start
            ``switch``: every design starts from the base design at rest, and changes at time 0. ``settled``: each
            design starts at its own rest. ``file``: each starts with the starting values of the model.
        worlds, futures
            How many draws of what is not known, and how many draws of luck in each.
        seed
            A whole number from 0. The same seed gives the same draws; more worlds or futures keep the first ones.
        settings
            Constants (``Name`` or ``Name[element]``) to hold at a value, in their own unit.
        horizon, save_period, time_step
            In the model's time unit.
        area
            A key of `areas`, or the name of a place: the constants that the study binds to the table take that row's
            values, and where a figure is missing the median of its neighbours'.
        posterior
            Whether the parameters that calibration fitted are drawn from its saved posterior instead of their priors.
        scores
            Experts' scores instead of the study's own: of `read_scores`, a file, or a folder that `elicit` wrote.

        Raises
        ------
        InputError
            For anything that the study does not know.
        """
        from policy_lab.study.planning import make_plan

        return make_plan(
            self,
            designs=designs,
            scenario=scenario,
            start=start,
            worlds=worlds,
            futures=futures,
            seed=seed,
            settings=settings,
            horizon=horizon,
            save_period=save_period,
            time_step=time_step,
            area=area,
            posterior=posterior,
            scores=scores,
        )

    def _with_overlay(self, design: Design, overlay: Overlay) -> Design:
        levers = dict(design.levers)
        for name, added in overlay.adds.items():
            ceiling = overlay.bounded_at if self.file.levers[name].unit == "Dmnl" else None
            levers[name] = _sum(levers[name], added, ceiling)
        disruption = (
            design.disruption if overlay.disruption is None else _sum(design.disruption, overlay.disruption, None)
        )
        return design.model_copy(
            update={
                "title": f"{design.title} {overlay.title}",
                "short": f"{design.short} {overlay.short}" if design.short and overlay.short else "",
                "levers": levers,
                "members": tuple(dict.fromkeys((*design.members, *overlay.members))),
                "disruption": disruption,
                "legal_basis": f"{design.legal_basis}; {overlay.legal_basis}",
                "note": " ".join(note for note in (design.note, overlay.note) if note),
            }
        )

    def __repr__(self) -> str:
        return (
            f"Study({self.name!r}: {self.file.title}; {len(self.designs)} designs, {len(self.overlays)} overlays, "
            f"{len(self.scenarios)} scenarios, {len(self.parameters)} parameters, "
            f"{len(self.model.variables)} variables)"
        )


def bounded(value: float, ceiling: float | None) -> float:
    """Keep a lever score between 0 and its ceiling; without a ceiling it is free."""
    return value if ceiling is None else min(max(value, 0.0), ceiling)


def _sum(first: Score, added: Score, ceiling: float | None) -> Score:
    return Score(
        low=bounded(first.low + added.low, ceiling),
        mode=bounded(first.mode + added.mode, ceiling),
        high=bounded(first.high + added.high, ceiling),
        reason=f"{first.reason}; {added.reason}",
        mark=added.mark if added.mark == first.mark else "assumption",
    )


def _unknown(kind: str, name: str, known: Mapping[str, object]) -> Problem:
    return Problem(
        what=f"no {kind} `{name}` in this study", nearest=nearest_names(name, known), remedy=_listing(kind, known)
    )


def _listing(kind: str, known: Mapping[str, object]) -> str:
    return f"Its {kind}s: {', '.join(known)}." if known else f"It has no {kind}s."
