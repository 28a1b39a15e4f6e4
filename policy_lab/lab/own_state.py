"""What the screen of one's own model stands at, and the small YAML file that says it."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from pydantic import Field

from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.lab.own_sliders import OwnSlider
from policy_lab.model.types import Model
from policy_lab.results.files import written_whole
from policy_lab.study.schema_base import Frozen
from policy_lab.study.yaml_file import Place, read_yaml, validated

MOST_SCENARIOS, MOST_CHARTS = 6, 24
_NAME: Final = 60
_NONE: Mapping[str, float] = MappingProxyType({})


class Pinned(Frozen):
    """A scenario that was pinned: its name, and the constants that differ from the model file."""

    name: str = Field(min_length=1, max_length=_NAME)
    settings: dict[str, float] = Field(default_factory=dict)


class OwnFile(Frozen):
    """What the file of such a screen may say."""

    model: str
    """Name of the model file."""
    digest: str = ""
    """First figures of the SHA-256 of the model file when it was saved."""
    settings: dict[str, float] = Field(default_factory=dict)
    """Constants held at a value, in their own unit; as `policy-lab run --set` takes them."""
    scenarios: tuple[Pinned, ...] = ()
    """Others that are kept beside it."""
    shown: tuple[str, ...] = ()
    """Variables that are drawn; the stocks where left out."""


@dataclass(frozen=True)
class OwnScreen:
    """Everything that was chosen; what is not named stands as the model file has it."""

    shown: tuple[str, ...]
    settings: Mapping[str, float] = field(default_factory=lambda: _NONE)
    scenarios: tuple[Pinned, ...] = ()

    def with_(self, **changes: Any) -> OwnScreen:
        """Return the screen with some fields changed."""
        if "settings" in changes:
            changes["settings"] = MappingProxyType(dict(changes["settings"]))
        return replace(self, **changes)

    def plain(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "settings": dict(self.settings),
            "scenarios": [one.model_dump() for one in self.scenarios],
            "shown": list(self.shown),
        }


def checked(
    told: OwnFile, moves: Sequence[OwnSlider], offered: Sequence[str], problem: Any = lambda place, what: Problem(what)
) -> OwnScreen:
    """Return the screen that a page or a file asks for; only what the model has, and values within declared limits.

    Raises
    ------
    InputError
        For anything else, all at once.
    """
    by_name = {one.name: one for one in moves}
    sets: list[tuple[Place, dict[str, float]]] = [(("settings",), told.settings)]
    sets += [(("scenarios", at, "settings"), one.settings) for at, one in enumerate(told.scenarios)]
    problems = [
        replace(problem((*place, name), f"no slider `{name}`"), nearest=nearest_names(name, by_name))
        for place, settings in sets
        for name in settings
        if name not in by_name
    ]
    problems += [
        replace(problem(("shown", at), f"no chart of `{name}`"), nearest=nearest_names(name, offered))
        for at, name in enumerate(told.shown)
        if name not in offered
    ]
    names = [one.name for one in told.scenarios]
    if len(names) > MOST_SCENARIOS or len(set(names)) < len(names):
        problems.append(problem(("scenarios",), f"at most {MOST_SCENARIOS} scenarios, each with a name of its own"))
    if len(told.shown) > MOST_CHARTS:
        problems.append(problem(("shown",), f"at most {MOST_CHARTS} charts at once"))
    if problems:
        raise InputError(*problems)
    scenarios = tuple(Pinned(name=one.name, settings=_allowed(one.settings, by_name)) for one in told.scenarios)
    shown = told.shown or tuple(offered[:1])
    return OwnScreen(shown, MappingProxyType(_allowed(told.settings, by_name)), scenarios)


def _allowed(settings: Mapping[str, float], by_name: Mapping[str, OwnSlider]) -> dict[str, float]:
    return {name: by_name[name].allowed(value) for name, value in settings.items()}


def own_text(screen: OwnScreen, model: Model) -> str:
    """Return the screen as YAML."""
    from ruamel.yaml import YAML

    stream, yaml = io.StringIO(), YAML()
    yaml.default_flow_style = False
    yaml.width = 110
    yaml.dump({"model": model.path.name, "digest": model.digest[:12], **screen.plain()}, stream)
    head = f'# What stood on a screen of policy_lab. Open it again: pl.lab("{model.path.name}", screen="FILE").\n'
    return head + stream.getvalue()


def write_own(screen: OwnScreen, model: Model, path: str | Path) -> Path:
    """Write the screen as YAML, whole or not at all."""
    target = Path(path)
    with written_whole(target) as temporary:
        temporary.write_text(own_text(screen, model), encoding="utf-8", newline="\n")
    return target


def read_own(path: str | Path, model: Model, moves: Sequence[OwnSlider], offered: Sequence[str]) -> OwnScreen:
    """Read a screen that was saved.

    Raises
    ------
    InputError
        For a file of another model, and for anything that the model does not have.
    """
    content = read_yaml(Path(path))
    told = validated(content, OwnFile)
    if told.model != model.path.name:
        raise InputError(content.problem(("model",), f"is a screen of `{told.model}`, and this is `{model.path.name}`"))
    return checked(told, moves, offered, content.problem)
