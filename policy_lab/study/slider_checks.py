"""Hold the constants that the screen lets a user move against `parameters.csv`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from policy_lab.errors import Problem, nearest_names
from policy_lab.study.elements import split_element
from policy_lab.study.schema import Parameter, StudyFile

if TYPE_CHECKING:
    from policy_lab.study.checks import Parts

SET_ELSEWHERE = ("lever", "scenario")
"""Distributions of constants that designs and scenarios set."""


def held_names(file: StudyFile) -> frozenset[str]:
    """Return the constants that the rest or the reference of a study hold at values of their own."""
    reference = file.reference
    own = (*reference.set, *reference.anchors) if reference else ()
    return frozenset(split_element(name)[0] for name in (*file.rest.set, *own))


def can_move(parameter: Parameter, file: StudyFile) -> bool:
    """Say whether a slider can move a constant: it has a range, and nothing else in the study sets it."""
    free = split_element(parameter.variable)[0] not in held_names(file)
    ranged = parameter.low is not None and parameter.high is not None and parameter.low < parameter.high
    return free and ranged and parameter.distribution not in SET_ELSEWHERE


def slider_problems(parts: Parts) -> Iterator[Problem]:
    """Check that each slider moves a row of `parameters.csv` that has a range, and only one does."""
    rows = {row.parameter.variable: row.parameter for row in parts.rows}
    seen: set[str] = set()
    for group, names in parts.file.sliders.items():
        for at, name in enumerate(names):
            place = ("sliders", group, at)
            if name not in rows:
                what = f"no row `{name}` in parameters.csv"
                yield parts.study_yaml.problem(place, what, nearest=nearest_names(name, rows))
            elif not can_move(rows[name], parts.file):
                remedy = "Give it low < base < high in parameters.csv, or leave it out."
                what = f"`{name}` has no range that a slider can move in, or something else sets it"
                yield parts.study_yaml.problem(place, what, remedy=remedy)
            elif name in seen:
                yield parts.study_yaml.problem(place, f"`{name}` has a slider already")
            seen.add(name)
