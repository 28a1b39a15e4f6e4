"""Constants held at a value by the user: ``Name=1`` or ``Name[element]=1``."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.model.types import Kind, Model
from policy_lab.study.constants import element_index
from policy_lab.study.elements import split_element
from policy_lab.study.schema import Parameter


@dataclass(frozen=True)
class Setting:
    """A constant, or one element of it, held at a value in the constant's unit. ``place`` is empty for all elements."""

    variable: str
    place: tuple[int, ...]
    value: float

    def spoken(self, model: Model) -> str:
        """Return the constant as a user would write it: ``Name`` or ``Name[element]``."""
        elements = model.elements(self.variable)
        labels = ",".join(known[at] for known, at in zip(elements, self.place, strict=False))
        return f"{self.variable}[{labels}]" if self.place else self.variable

    def applied(self, values: np.ndarray) -> np.ndarray:
        """Return ``(..., *dims)`` with this setting made."""
        changed = np.array(values, dtype=float)
        index: tuple[Any, ...] = (..., *self.place)
        changed[index] = self.value
        return changed


def parse_setting(text: str) -> tuple[str, float]:
    """Split ``Name=value``, as the command line takes it.

    Raises
    ------
    InputError
        Without an equals sign, or when the value is not a number.

    Examples
    --------
    >>> parse_setting("Initial fleet[north] = 40")
    ('Initial fleet[north]', 40.0)
    """
    name, equals, value = text.rpartition("=")
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not equals or not name.strip() or not math.isfinite(number):
        raise InputError(Problem(what=f"`{text}` does not read as NAME=NUMBER"))
    return name.strip(), number


def resolve_settings(model: Model, settings: Mapping[str, float]) -> tuple[Setting, ...]:
    """Return settings for the constants of a model; whole constants come before single elements.

    Raises
    ------
    InputError
        For an unknown name or element, for a variable that is not a constant and for a value that is no finite number.
    """
    found: list[Setting] = []
    problems: list[Problem] = []
    for spelled, value in settings.items():
        try:
            found.append(_setting(model, spelled, value))
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(*problems)
    return tuple(sorted(found, key=lambda setting: len(setting.place)))


def apply_settings(inputs: Mapping[str, np.ndarray], settings: Iterable[Setting]) -> dict[str, np.ndarray]:
    """Return the inputs with every setting made whose constant is among them."""
    changed = dict(inputs)
    for setting in settings:
        if setting.variable in changed:
            changed[setting.variable] = setting.applied(changed[setting.variable])
    return changed


def outside_ranges(parameters: Iterable[Parameter], settings: Iterable[Setting]) -> Iterator[str]:
    """Say which constants are held at a value outside the range that a study gives for them."""
    rows = tuple(parameters)
    for setting in settings:
        own = [row for row in rows if split_element(row.variable)[0] == setting.variable]
        lows = [row.low for row in own if row.low is not None]
        highs = [row.high for row in own if row.high is not None]
        if lows and highs and not min(lows) <= setting.value <= max(highs):
            span = f"{min(lows):g} to {max(highs):g}"
            yield f"`{setting.variable} = {setting.value:g}` lies outside the range in parameters.csv, {span}"


def _setting(model: Model, spelled: str, value: float) -> Setting:
    name, elements = split_element(spelled)
    name = model.spelled(name)
    kind = model[name].kind
    if kind is not Kind.CONSTANT:
        constants = [each for each, variable in model.variables.items() if variable.kind is Kind.CONSTANT]
        raise InputError(
            Problem(
                what=f"is no constant of the model but of kind {kind.value}, and only constants can be set",
                variable=spelled,
                nearest=nearest_names(name, constants),
            )
        )
    if not math.isfinite(value):
        raise InputError(Problem(what=f"{value} is not a finite number", variable=spelled))
    return Setting(name, element_index(model, name, elements) if elements else (), float(value))
