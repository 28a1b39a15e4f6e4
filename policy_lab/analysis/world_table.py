"""What differs between the worlds of a plan, as a table: a row a world, a column an input, with units and evidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from policy_lab.analysis.measured import short_name
from policy_lab.analysis.words import spoken_unit

if TYPE_CHECKING:
    from policy_lab.study.plan import Plan

UNCERTAINTY, SCORE, LUCK = "uncertainty", "lever score", "luck"
RUNNING = ("poisson times", "exponential thresholds")
FIRST_EVENTS = 3
"""Of a running sum of luck, the events that get a column: later ones hardly differ from the ones before them."""


@dataclass(frozen=True)
class Column:
    """What one column holds; ``grade`` is its evidence, empty for luck."""

    title: str
    kind: str
    unit: str
    grade: str


@dataclass(frozen=True)
class WorldTable:
    """``values`` has one row a world; ``columns`` describes each of its columns, in order."""

    values: pd.DataFrame
    columns: Mapping[str, Column]


def world_table(plan: Plan, designs: Iterable[str], luck: bool) -> WorldTable:
    """Return everything that differs between the worlds of a plan and can reach a result of the named designs.

    Constants and their elements, the designs' lever scores and costs of change (those of the base too where a switch
    starts from it), and, if asked for, the luck of each world's first future (of events one after another the first
    three). What is the same in all worlds is left
    out: it tells none of them apart.
    """
    found: dict[str, tuple[Column, np.ndarray]] = {}
    parts = [_constants(plan), _scores(plan, designs), *([_luck(plan)] if luck else [])]
    for part in parts:
        for column, values in part:
            if np.ptp(values) > 0:
                found.setdefault(column.title, (column, np.asarray(values, dtype=float)))
    values = pd.DataFrame({title: each for title, (_, each) in found.items()}, index=range(plan.worlds))
    return WorldTable(values, {title: column for title, (column, _) in found.items()})


def _constants(plan: Plan) -> Iterator[tuple[Column, np.ndarray]]:
    grades = {row.variable: row.grade for row in plan.study.parameters.values()}
    for name, values in plan.world_inputs().items():
        whole = plan.study.parameters.get(name)
        if whole is not None:  # all elements alike
            yield Column(name, UNCERTAINTY, _unit(plan, name), whole.grade), values.reshape(len(values), -1)[:, 0]
            continue
        for title, each in _each_element(plan, name, values):
            yield Column(title, UNCERTAINTY, _unit(plan, name), grades.get(title, "C")), each


def _scores(plan: Plan, designs: Iterable[str]) -> Iterator[tuple[Column, np.ndarray]]:
    levers = {lever.variable: lever.title for lever in plan.study.file.levers.values()}
    transition = plan.study.file.transition
    starting = (plan.base,) if plan.start == "switch" else ()
    for design in dict.fromkeys((*designs, *starting)):
        short = short_name(plan.study, design)
        for name, values in plan.design_inputs(design).items():
            if name in levers:
                yield Column(f"{levers[name]} of {short}", SCORE, _unit(plan, name), "C"), values
            elif transition is not None and name == transition.variable:
                yield Column(f"Cost of changing to {short}", SCORE, _unit(plan, name), "C"), values


def _luck(plan: Plan) -> Iterator[tuple[Column, np.ndarray]]:
    drawn = plan.study.scenario(plan.scenario).draw
    for name, values in plan.future_inputs().items():
        every = list(_each_element(plan, name, values[:, 0]))
        if name in drawn and drawn[name].distribution in RUNNING:
            along = values.shape[-1]
            every = [each for place, each in enumerate(every) if place % along < FIRST_EVENTS]
        for title, each in every:
            yield Column(title, LUCK, _unit(plan, name), ""), each


def _each_element(plan: Plan, name: str, values: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Yield each element's title and its values, ``(worlds,)``."""
    labels = [",".join(each) for each in product(*plan.study.model.elements(name))]
    for label, each in zip(labels, values.reshape(len(values), -1).T, strict=True):
        yield f"{name}[{label}]" if label else name, each


def _unit(plan: Plan, name: str) -> str:
    unit = spoken_unit(plan.study.model[name].unit)
    return "" if unit == "no unit" else unit
