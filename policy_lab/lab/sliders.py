"""Which constants can be moved on the screen, from where to where, and on what evidence."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from policy_lab.analysis.words import GRADES, spoken_unit
from policy_lab.study.schema import Parameter
from policy_lab.study.slider_checks import can_move
from policy_lab.study.study import Study

JUDGED: Final = "C"
"""The grade of evidence whose constants move in three steps: a judgement has no decimals."""
MOST, MOST_OF_A_GROUP = 12, 3
"""Sliders that a study gets which names none."""
_STOPS = 100


@dataclass(frozen=True)
class Slider:
    """One constant that can be moved.

    Parameters
    ----------
    name
        As the model spells it, with its element.
    stops
        The three values of a judged constant, from low to high; empty where every value can be had.
    step
        How far one key moves it: a round number, about a hundredth of its range.
    """

    name: str
    group: str
    unit: str
    low: float
    base: float
    high: float
    step: float
    grade: str
    source: str
    stops: tuple[float, ...] = ()

    def nearest(self, value: float) -> float:
        """Return the value to which the slider can be moved that is nearest; the base for what is no number."""
        if not math.isfinite(value):
            return self.base
        if self.stops:
            return min(self.stops, key=lambda stop: abs(stop - value))
        return min(max(value, self.low), self.high)

    def plain(self) -> dict[str, Any]:
        """Return it as plain values, for the page."""
        return {
            "name": self.name,
            "group": self.group,
            "unit": self.unit,
            "low": self.low,
            "base": self.base,
            "high": self.high,
            "step": self.step,
            "grade": self.grade,
            "evidence": f"Evidence grade {self.grade}: {GRADES[self.grade]}. {self.source}",
            "stops": list(self.stops),
        }


def sliders(study: Study) -> tuple[Slider, ...]:
    """Return the sliders of a study: those that `study.yaml` names, or the best known of each group."""
    chosen = study.file.sliders or _usual(study)
    return tuple(slider(study.parameters[name], group) for group, names in chosen.items() for name in names)


def slider(parameter: Parameter, group: str) -> Slider:
    """Return the slider of one row of `parameters.csv`, which has a range."""
    low = parameter.base if parameter.low is None else parameter.low
    high = parameter.base if parameter.high is None else parameter.high
    judged = parameter.grade == JUDGED
    return Slider(
        parameter.variable,
        group,
        spoken_unit(parameter.unit),
        low,
        parameter.base,
        high,
        round_step((high - low) / _STOPS),
        parameter.grade,
        parameter.source,
        (low, parameter.base, high) if judged else (),
    )


def round_step(size: float) -> float:
    """Return the largest of 1, 2 and 5 times a power of ten that is no larger than a size above 0.

    >>> round_step(0.037), round_step(7.0), round_step(1.0)
    (0.02, 5.0, 1.0)
    """
    power = 10.0 ** math.floor(math.log10(size) + 1e-9)
    share = size / power
    factor = 5 if share >= 5 - 1e-9 else 2 if share >= 2 - 1e-9 else 1
    return float(f"{factor * power:.3g}")


def _usual(study: Study) -> dict[str, list[str]]:
    """Return some constants of each group of parameters, the best known first."""
    found: dict[str, list[str]] = {}
    for parameter in sorted(_movable(study), key=lambda row: row.grade):
        names = found.setdefault(parameter.group, [])
        if len(names) < MOST_OF_A_GROUP and sum(map(len, found.values())) < MOST:
            names.append(parameter.variable)
    return {group: names for group, names in found.items() if names}


def _movable(study: Study) -> Iterator[Parameter]:
    return (row for row in study.parameters.values() if row.varies and can_move(row, study.file))
