"""Hold the panels of the screen against the model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from policy_lab.errors import Problem, nearest_names
from policy_lab.model.types import Kind, Model

if TYPE_CHECKING:
    from policy_lab.study.checks import Parts
    from policy_lab.study.yaml_file import Place

STILL = (Kind.CONSTANT, Kind.LOOKUP, Kind.TIME)
"""Kinds of variables that have no path over time."""


def panel_problems(parts: Parts) -> Iterator[Problem]:
    """Check that each panel shows variables with two dimensions, and that the sides of a balance match."""
    panels = parts.file.panels
    seen: set[str] = set()
    for at, one in enumerate(panels.matrix):
        place: Place = ("panels", "matrix", at, "variable")
        found = [*_two_dimensions(parts, place, one.variable)]
        yield from found
        if one.variable in seen:
            yield parts.study_yaml.problem(place, f"`{one.variable}` is shown already")
        elif not found and not one.own:
            yield from _square(parts, ("panels", "matrix", at, "own"), one.variable)
        seen.add(one.variable)
    yield from _ratios(parts)
    if panels.balance is None:
        return
    sides = (panels.balance.motivators, panels.balance.barriers)
    found = [
        *_two_dimensions(parts, ("panels", "balance", "motivators"), sides[0]),
        *_two_dimensions(parts, ("panels", "balance", "barriers"), sides[1]),
    ]
    yield from found
    if not found:
        yield from _match(parts, sides)


def pairwise(model: Model) -> tuple[str, ...]:
    """Return the variables of a model that change over time and have exactly two dimensions."""
    return tuple(name for name, one in model.variables.items() if len(one.dimensions) == 2 and one.kind not in STILL)


def _two_dimensions(parts: Parts, place: Place, name: str) -> Iterator[Problem]:
    yaml, model = parts.study_yaml, parts.model
    if name not in model.variables:
        # A near name of the right shape helps more than the nearest of all.
        near = nearest_names(name, pairwise(model)) or nearest_names(name, model.variables)
        yield yaml.problem(place, f"the model has no variable `{name}`", nearest=near)
        return
    variable = model.variables[name]
    if len(variable.dimensions) != 2:
        count = len(variable.dimensions) or "no"
        what = f"`{name}` has {count} dimension{'' if count == 1 else 's'}, and a panel needs two"
        yield yaml.problem(place, what, remedy="Name one that is subscripted twice.", nearest=())
    elif variable.kind in STILL:
        yield yaml.problem(place, f"`{name}` does not change over time: it is of kind {variable.kind.value}")


def _ratios(parts: Parts) -> Iterator[Problem]:
    yaml, model = parts.study_yaml, parts.model
    moving = [name for name, one in model.variables.items() if one.kind not in STILL]
    for at, name in enumerate(parts.file.panels.as_ratio):
        if name not in model.variables:
            near = nearest_names(name, moving)
            yield yaml.problem(("panels", "as_ratio", at), f"the model has no variable `{name}`", nearest=near)
        elif name not in moving:
            kind = model.variables[name].kind.value
            what = f"`{name}` does not change over time: it is of kind {kind}"
            yield yaml.problem(("panels", "as_ratio", at), what)


def _square(parts: Parts, place: Place, name: str) -> Iterator[Problem]:
    rows, columns = parts.model.elements(name)
    if rows != columns:
        yield parts.study_yaml.problem(place, f"`{name}` has no cell of an element with itself to leave blank")


def _match(parts: Parts, sides: tuple[str, str]) -> Iterator[Problem]:
    model, place = parts.model, ("panels", "balance", "barriers")
    motivators, barriers = (model.variables[name] for name in sides)
    if sides[0] == sides[1]:
        yield parts.study_yaml.problem(place, f"`{sides[1]}` stands on both sides")
    elif model.elements(sides[0]) != model.elements(sides[1]):
        yield parts.study_yaml.problem(place, f"`{sides[1]}` has other elements than `{sides[0]}`")
    elif motivators.unit != barriers.unit:
        what = f"`{sides[1]}` is in `{barriers.unit}`, but `{sides[0]}` in `{motivators.unit}`"
        yield parts.study_yaml.problem(place, what)
