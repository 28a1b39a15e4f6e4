"""What the screen stands at, as frozen data, and the way back; `policy_lab.lab.screen_file` writes and reads it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from types import MappingProxyType
from typing import Any

from pydantic import Field

from policy_lab.errors import InputError, Problem
from policy_lab.lab.sliders import Slider
from policy_lab.study.schema_base import Frozen
from policy_lab.study.steps import Step
from policy_lab.study.stress import in_order, placed_faults, stress_settings
from policy_lab.study.stress_schema import Placed
from policy_lab.study.study import Study

MOST_COMBINED = 60
"""Designs with additions that are offered; where a study has more, those with one addition each."""

_NONE: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Screen:
    """Everything that was chosen on the screen; what is not named stands as the study has it.

    Parameters
    ----------
    designs
        In the study's order.
    scenario
        What the world does.
    area
        A place to start from; empty for the study's own start.
    settings
        Constant -> value at which a slider holds it, in its own unit. `held_of` has those of the calendar too.
    levers
        Lever -> the end of its scores at which it stands in every design.
    events
        What is placed on the stress calendar, in its order.
    worlds, futures, seed
        Of the whole answer; the study's own where they are None.
    """

    designs: tuple[str, ...]
    scenario: str
    area: str = ""
    settings: Mapping[str, float] = field(default_factory=lambda: _NONE)
    levers: Mapping[str, Step] = field(default_factory=lambda: _NONE)
    events: tuple[Placed, ...] = ()
    worlds: int | None = None
    futures: int | None = None
    seed: int | None = None

    def with_(self, **changes: Any) -> Screen:
        """Return the screen with some fields changed."""
        for name in ("settings", "levers"):
            if name in changes:
                changes[name] = MappingProxyType(dict(changes[name]))
        if "designs" in changes:
            changes["designs"] = tuple(changes["designs"])
        if "events" in changes:
            changes["events"] = in_order(changes["events"])
        return replace(self, **changes)

    def still(self) -> Screen:
        """Return the screen without anything that a movement changes: no slider moved, and no event placed."""
        return self.with_(settings={}, events=())

    def plain(self) -> dict[str, Any]:
        """Return what the page may change, as plain values."""
        return {
            "designs": list(self.designs),
            "scenario": self.scenario,
            "area": self.area,
            "settings": dict(self.settings),
            "levers": dict(self.levers),
            "events": [one.model_dump() for one in self.events],
        }


def held_of(study: Study, screen: Screen) -> dict[str, float]:
    """Return every constant that a screen holds at a value: what its sliders hold, and what its calendar does."""
    return {**screen.settings, **stress_settings(study, screen.events)}


class _Asked(Frozen):
    """What the page may ask for."""

    designs: tuple[str, ...]
    scenario: str
    area: str = ""
    settings: dict[str, float] = Field(default_factory=dict)
    levers: dict[str, Step] = Field(default_factory=dict)
    events: tuple[Placed, ...] = ()


def first_screen(study: Study) -> Screen:
    """Return the screen as it opens: the study's own comparison."""
    usual = study.file.comparison
    return Screen(tuple(usual.designs), usual.scenario)


def offered_designs(study: Study, also: Iterable[str] = ()) -> tuple[str, ...]:
    """Return every design that can be chosen: those that the study compares, its others, and all with additions.

    Examples
    --------
    >>> from policy_lab.study import open_study
    >>> offered_designs(open_study("fishery"))[-2:]
    ('patrolled-licences+watch', 'co-management+watch')
    """
    plain = dict.fromkeys((*study.file.comparison.designs, *study.designs))
    most = len(study.overlays) if len(plain) * (2 ** len(study.overlays) - 1) <= MOST_COMBINED else 1
    sets = [chosen for size in range(1, most + 1) for chosen in combinations(study.overlays, size)]
    combined = ["+".join((name, *chosen)) for name in plain if "+" not in name for chosen in sets]
    return tuple(dict.fromkeys((*plain, *combined, *also)))


def asked_screen(told: Mapping[str, Any], study: Study, offered: Sequence[str], moves: Sequence[Slider]) -> Screen:
    """Return the screen that the page asks for; only what it was offered, and values only within their range.

    Raises
    ------
    InputError
        For anything else.
    """
    asked = _Asked.model_validate(told)
    by_name = {one.name: one for one in moves}
    kinds: tuple[tuple[str, Iterable[str], Collection[str]], ...] = (
        ("design", asked.designs, offered),
        ("scenario", [asked.scenario], study.scenarios),
        ("area", [asked.area] if asked.area else [], study.areas()),
        ("slider", asked.settings, by_name),
        ("lever", asked.levers, study.file.levers),
    )
    problems = [
        Problem(what=f"no {kind} `{name}` on this screen") for kind, names, known in kinds for name in names
        if name not in known
    ]  # fmt: skip
    problems += [] if asked.designs else [Problem(what="no design is chosen")]
    problems += [problem for _, _, problem in placed_faults(study, asked.events)]
    if problems:
        raise InputError(*problems)
    return Screen(
        tuple(name for name in offered if name in asked.designs),
        asked.scenario,
        asked.area,
        MappingProxyType({name: by_name[name].nearest(value) for name, value in asked.settings.items()}),
        MappingProxyType(dict(asked.levers)),
        in_order(asked.events),
    )
