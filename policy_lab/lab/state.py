"""What the screen stands at, as frozen data: a small YAML file says it, and the same file gives the same numbers."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal

from pydantic import Field

from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.lab.sliders import Slider
from policy_lab.results.files import written_whole
from policy_lab.study.schema import Score
from policy_lab.study.schema_base import Frozen
from policy_lab.study.study import Study
from policy_lab.study.yaml_file import read_yaml, validated

Step = Literal["low", "high"]
"""Where a judged lever stands when it is not as the study has it: at the lower or the upper end of its scores."""

STEPS: Final = ("low", "typical", "high")
MOST_UNDONE = 200
"""Earlier states that are kept to go back to."""

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
        Constant -> value at which it is held, in its own unit.
    levers
        Lever -> the end of its scores at which it stands in every design.
    """

    designs: tuple[str, ...]
    scenario: str
    area: str = ""
    settings: Mapping[str, float] = field(default_factory=lambda: _NONE)
    levers: Mapping[str, Step] = field(default_factory=lambda: _NONE)

    def with_(self, **changes: Any) -> Screen:
        """Return the screen with some fields changed."""
        for name in ("settings", "levers"):
            if name in changes:
                changes[name] = MappingProxyType(dict(changes[name]))
        if "designs" in changes:
            changes["designs"] = tuple(changes["designs"])
        return replace(self, **changes)

    def plain(self) -> dict[str, Any]:
        """Return it as plain values, for the page and for the file."""
        return {
            "designs": list(self.designs),
            "scenario": self.scenario,
            "area": self.area,
            "settings": dict(self.settings),
            "levers": dict(self.levers),
        }


@dataclass(frozen=True)
class History:
    """Where the screen stands, where it stood, and what was undone."""

    now: Screen
    before: tuple[Screen, ...] = ()
    undone: tuple[Screen, ...] = ()

    def moved(self, screen: Screen) -> History:
        """Return the history with one more step; the same state twice is one."""
        if screen == self.now:
            return self
        return History(screen, (*self.before, self.now)[-MOST_UNDONE:])

    def undo(self) -> History:
        """Go one step back, if there is one."""
        if not self.before:
            return self
        return History(self.before[-1], self.before[:-1], (self.now, *self.undone))

    def redo(self) -> History:
        """Take the last undone step again, if there is one."""
        if not self.undone:
            return self
        return History(self.undone[0], (*self.before, self.now), self.undone[1:])


class ScreenFile(Frozen):
    """What a screen's file may say; what is left out is as the study has it."""

    study: str
    """Its short name; a screen fits one study."""
    designs: tuple[str, ...] = ()
    scenario: str = ""
    area: str = ""
    settings: dict[str, float] = Field(default_factory=dict)
    """Constants held at a value, in their own unit."""
    levers: dict[str, Step] = Field(default_factory=dict)
    """Levers that stand at the low or the high end of their scores in every design."""


def first_screen(study: Study) -> Screen:
    """Return the screen as it opens: the study's own comparison."""
    usual = study.file.comparison
    return Screen(tuple(usual.designs), usual.scenario)


def asked_screen(told: Mapping[str, Any], study: Study, offered: Sequence[str], moves: Sequence[Slider]) -> Screen:
    """Return the screen that the page asks for; only what it was offered, and values only within their range.

    Raises
    ------
    InputError
        For anything else.
    """
    asked = ScreenFile.model_validate({"study": study.name, **told})
    by_name = {one.name: one for one in moves}
    kinds: tuple[tuple[str, Iterable[str], Collection[str]], ...] = (
        ("design", asked.designs, offered),
        ("scenario", [asked.scenario], study.scenarios),
        ("area", [asked.area] if asked.area else [], study.areas()),
        ("slider", asked.settings, by_name),
        ("lever", asked.levers, study.file.levers),
    )
    unknown = [(kind, name) for kind, names, known in kinds for name in names if name not in known]
    if unknown or not asked.designs:
        raise InputError(
            *(Problem(what=f"no {kind} `{name}` on this screen") for kind, name in unknown or [("design", "")])
        )
    settings = {name: by_name[name].nearest(value) for name, value in asked.settings.items()}
    chosen = tuple(name for name in offered if name in asked.designs)
    return Screen(chosen, asked.scenario, asked.area, MappingProxyType(settings), MappingProxyType(dict(asked.levers)))


def screen_text(screen: Screen, study: Study) -> str:
    """Return the screen as YAML."""
    from ruamel.yaml import YAML

    stream, yaml = io.StringIO(), YAML()
    yaml.default_flow_style = False
    kept = {name: value for name, value in screen.plain().items() if value}
    yaml.dump({"study": study.name, **kept}, stream)
    return (
        f"# A screen of policy_lab: what was chosen. `policy_lab.lab.state.read_screen` reads it.\n{stream.getvalue()}"
    )


def write_screen(screen: Screen, study: Study, path: str | Path) -> Path:
    """Write the screen as YAML, whole or not at all."""
    target = Path(path)
    with written_whole(target) as temporary:
        temporary.write_text(screen_text(screen, study), encoding="utf-8", newline="\n")
    return target


def read_screen(path: str | Path, study: Study) -> Screen:
    """Read a screen that was saved.

    Raises
    ------
    InputError
        For a file of another study, and for anything that the study does not know.
    """
    content = read_yaml(Path(path))
    told = validated(content, ScreenFile)
    if told.study != study.name:
        what = f"is a screen of the study `{told.study}`, and this is `{study.name}`"
        raise InputError(content.problem(("study",), what))
    first = first_screen(study)
    screen = Screen(
        told.designs or first.designs,
        told.scenario or first.scenario,
        told.area,
        MappingProxyType(told.settings),
        MappingProxyType(told.levers),
    )
    stepped(study, screen.levers)
    study.plan(designs=screen.designs, scenario=screen.scenario, area=screen.area or None, settings=screen.settings)
    return screen


def stepped(study: Study, levers: Mapping[str, Step]) -> Study:
    """Return the study with some levers at the low or the high end of their scores in every design.

    Raises
    ------
    InputError
        For a lever that the study does not have.
    """
    unknown = [name for name in levers if name not in study.file.levers]
    if unknown:
        known = study.file.levers
        raise InputError(*(Problem(what=f"no lever `{name}`", nearest=nearest_names(name, known)) for name in unknown))
    if not levers:
        return study
    designs = {
        name: design.model_copy(
            update={"levers": {key: _end(score, levers.get(key)) for key, score in design.levers.items()}}
        )
        for name, design in study.designs.items()
    }
    return replace(study, designs=MappingProxyType(designs))


def _end(score: Score, step: Step | None) -> Score:
    if step is None:
        return score
    value = score.low if step == "low" else score.high
    return score.model_copy(update={"low": value, "mode": value, "high": value})
