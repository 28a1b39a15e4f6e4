"""Sliders for a model that nobody has described: from its constants, their limits and what they look like."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from policy_lab.analysis.words import spoken_unit
from policy_lab.errors import InputError
from policy_lab.lab.sliders import round_step
from policy_lab.model.types import Kind, Model, Variable
from policy_lab.study.constants import constant_array

SHARE: Final = 0.5
"""How far to either side a constant without declared limits moves, as a share of its value."""
MOST_ELEMENTS: Final = 12
"""Elements of a constant that get a slider each; more of them share one where they have one value."""
_STEPS: Final = 100
_SWITCH: Final = re.compile(r"\b(switch|sw|flag|toggle|on|off|enable[ds]?|include[ds]?|active)\b", re.IGNORECASE)
_ALL, _REST = "Constants", "Other constants"


@dataclass(frozen=True)
class OwnSlider:
    """A constant, or one element of it, that can be moved.

    Parameters
    ----------
    name
        As ``policy-lab run --set`` takes it.
    floor, ceiling
        What the model file declares; None where it does not. A typed value may leave the slider's range, not these.
    switch
        Whether it is on or off and nothing between.
    """

    name: str
    group: str
    unit: str
    about: str
    low: float
    base: float
    high: float
    step: float
    floor: float | None
    ceiling: float | None
    switch: bool

    def allowed(self, value: float) -> float:
        """Return the value that is nearest to one that was asked for."""
        if self.switch:
            return 1.0 if value >= 0.5 else 0.0
        value = value if self.floor is None else max(value, self.floor)
        return value if self.ceiling is None else min(value, self.ceiling)

    def plain(self) -> dict[str, Any]:
        """Return it as plain values, for the page."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def own_sliders(model: Model) -> tuple[OwnSlider, ...]:
    """Return a slider for each constant that can be moved, in the order of the file, the views one after the other.

    Left out are constants whose declared limits leave them no room, and those with many elements of different values.
    """
    constants = [one for one in model.variables.values() if one.kind is Kind.CONSTANT]
    groups = _groups(model)
    rest = _REST if groups else _ALL
    found = [slider for variable in constants for slider in _of(model, variable, groups.get(variable.name, rest))]
    order = {name: at for at, name in enumerate(model.views)}
    return tuple(sorted(found, key=lambda one: order.get(one.group, len(order))))


def _groups(model: Model) -> dict[str, str]:
    """Return the view of each variable: where it is drawn first, else where what uses it is; nothing for one view."""
    if len(model.views) < 2:
        return {}
    drawn = {name: view for view, names in reversed(list(model.views.items())) for name in names}
    near = {
        name: next((drawn[user] for user in one.uses if user in drawn), "")
        for name, one in model.variables.items()
        if name not in drawn
    }
    return drawn | {name: view for name, view in near.items() if view}


def _of(model: Model, variable: Variable, group: str) -> list[OwnSlider]:
    try:
        values = constant_array(model, variable)
    except InputError:  # without a value that can be read off the file, nothing says where a slider would stand
        return []
    elements = list(itertools.product(*model.elements(variable.name)))
    if not elements or len(elements) > MOST_ELEMENTS:
        same = bool(np.all(values == values.flat[0]))
        made = [_slider(variable, variable.name, group, float(values.flat[0]))] if same else []
    else:
        names = [f"{variable.name}[{','.join(element)}]" if element else variable.name for element in elements]
        made = [_slider(variable, name, group, float(value)) for name, value in zip(names, values.flat, strict=True)]
    return [one for one in made if one is not None]


def _slider(variable: Variable, name: str, group: str, base: float) -> OwnSlider | None:
    """Return the slider of one value; None where it has no room."""
    floor, ceiling = variable.limits
    if not np.isfinite(base):
        return None
    switch = base in (0.0, 1.0) and ((floor, ceiling) == (0, 1) or bool(_SWITCH.search(variable.name)))
    if switch and spoken_unit(variable.unit) == "no unit":
        low, high = 0.0, 1.0
    else:
        switch = False
        low, high = _range(base, floor, ceiling)
    if not high > low:
        return None
    unit = spoken_unit(variable.unit)
    step = 1.0 if switch else round_step((high - low) / _STEPS)
    if floor is None and not switch:  # a guessed end lies on a step, so that a key reaches it
        low = _tidy(math.floor(low / step + 1e-9) * step)
    if ceiling is None and not switch:
        high = _tidy(math.ceil(high / step - 1e-9) * step)
    return OwnSlider(name, group, unit, variable.documentation, low, base, high, step, floor, ceiling, switch)


def _range(base: float, floor: float | None, ceiling: float | None) -> tuple[float, float]:
    """Return from where to where a slider moves: the declared limits, else half its value to both sides.

    A value of 0 says nothing of its own size: such a slider moves from 0 to 1, and any other number can be typed.

    >>> _range(4.0, None, None), _range(-2.0, None, None), _range(0.0, None, None), _range(0.2, 0, None)
    ((2.0, 6.0), (-3.0, -1.0), (0.0, 1.0), (0.0, 0.3))
    """
    room = SHARE * abs(base)
    low = base - room if floor is None else float(floor)
    high = max(base + room, low) if ceiling is None else float(ceiling)
    if base == 0 and floor is None and ceiling is None:
        high = 1.0
    elif base == 0 and ceiling is None:
        high = low + max(1.0, -low)
    return _tidy(min(low, base)), _tidy(max(high, base))


def _tidy(value: float) -> float:
    """Return a worked-out number without the trace of binary arithmetic."""
    return float(f"{value:.12g}")
