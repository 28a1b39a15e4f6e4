"""Why does one design do better? The few variables whose central paths differ most, and what was put in before.

How far the paths of a variable differ is measured against how far it moves at all: the mean over time of the distance
between the two designs' paths, divided by the range of the variable over all designs shown and all times. Under that
range lies a floor, half the variable's own size: one that hardly moves at all, such as staff of 43 against 44, must
not come before one that doubles. The measure says where the designs differ, not how much each difference does.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from policy_lab.analysis.words import listed, spoken_unit, two_figures
from policy_lab.lab.averaged import averaged
from policy_lab.lab.central import Central
from policy_lab.lab.loop_words import time_words
from policy_lab.lab.relative import shown_unit
from policy_lab.model.loops import Graph, acting_causes, running_links
from policy_lab.model.sections import sections
from policy_lab.model.types import Kind, Model
from policy_lab.study.elements import split_element
from policy_lab.study.study import Study

MOST: Final = 5
"""Variables that are told."""
MOST_OF_A_VIEW: Final = 2
FLOOR: Final = 0.5
"""The least range against which a difference is measured, as a share of the variable's largest value."""
SHOWS: Final = 0.02
"""Variables whose paths differ by less than this share of their range are not told."""
SAME: Final = 0.98
"""Correlation of two differences over time from which on linked variables of one view tell the same."""


@dataclass(frozen=True)
class Difference:
    """How the central paths of one variable differ between two designs.

    Parameters
    ----------
    name, view, unit
        The variable, where it stands in the model, and its unit as it is spoken.
    one, other
        Paths of the two designs, ``[time]``; the mean over the elements of a variable that has many.
    size
        Mean distance over time as a share of the variable's range.
    steps
        Links from it to the outcome, on the shortest way.
    """

    name: str
    view: str
    unit: str
    one: np.ndarray
    other: np.ndarray
    size: float
    steps: int

    @property
    def widest(self) -> int:
        """Where on the time line the paths lie furthest apart."""
        return int(np.argmax(np.abs(self.one - self.other)))

    @property
    def half(self) -> int:
        """Where the paths are for the first time half as far apart as they ever are."""
        gap = np.abs(self.one - self.other)
        return int(np.argmax(gap >= 0.5 * gap.max()))


def differences(study: Study, paths: Central, one: str, other: str) -> tuple[Difference, ...]:
    """Return the few variables whose paths differ most, from furthest behind the outcome to nearest to it.

    Left out: constants, the outcome itself, what no way leads from to the outcome, what follows from the levers alone,
    which was put in, and flows, which say of a stock how fast and not how much. Of one view of the model at most two
    are kept; of two linked ones that differ alike in time the one that differs more, and none that so repeats the
    outcome.
    """
    ways = ways_to_outcome(study)
    model, homes = study.model, _homes(study.model)
    put = put_in(study)
    places = paths.designs.index(one), paths.designs.index(other)
    found = []
    for name, steps in ways.items():
        if name in put or name not in paths.values or model[name].kind is Kind.FLOW:
            continue
        values = averaged(paths.values[name], model.elements(name))
        first, second = values[places[0]], values[places[1]]
        size = relative_distance(first, second, values)
        if size >= SHOWS or steps == 0:
            unit = shown_unit(study, paths, name)
            found.append(Difference(name, homes.get(name, ""), unit, first, second, size, steps))
    return tuple(sorted(_few(found, running_links(model)), key=lambda each: -each.steps))


def relative_distance(one: np.ndarray, other: np.ndarray, every: np.ndarray) -> float:
    """Return the mean distance of two paths as a share of the range over all paths; 0 for paths that are not finite.

    >>> relative_distance(np.array([0.0, 2.0]), np.array([0.0, 1.0]), np.array([[0.0, 2.0], [0.0, 1.0]]))
    0.25
    """
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        return 0.0
    usable = every[np.isfinite(every)]
    span = max(float(usable.max() - usable.min()), FLOOR * float(np.abs(usable).max()))
    return float(np.abs(one - other).mean()) / span if span > 0 else 0.0


def ways_to_outcome(study: Study) -> Mapping[str, int]:
    """Return how many links lead from each variable to the study's outcome, for those from which a way leads there."""
    goal = study.model.spelled(split_element(study.file.measures.shortfall.variable)[0])
    before: dict[str, list[str]] = {}
    for cause, effects in running_links(study.model).items():
        for effect in effects:
            before.setdefault(effect, []).append(cause)
    ways, queue = {goal: 0}, deque([goal])
    while queue:
        name = queue.popleft()
        for cause in before.get(name, ()):
            if cause not in ways:
                ways[cause] = ways[name] + 1
                queue.append(cause)
    return ways


def put_in(study: Study) -> frozenset[str]:
    """Return the variables that follow from what was put in: from a lever's score or the clock, and nothing else.

    They are those that read the score of a lever, those before which no feedback comes, and, step by step, those whose
    only moving causes, apart from themselves, are such variables: a stock that closes in on a lever's score, say.
    """
    model, graph = study.model, running_links(study.model)
    levers = {split_element(lever.variable)[0] for lever in study.file.levers.values()}
    causes = {name: set(acting_causes(model, name)) for name in graph}
    found = {name for name in graph if causes[name] & levers}
    while True:
        more = {name for name in graph if name not in found and causes[name] & set(graph) - {name} <= found}
        if not more:
            return frozenset(found)
        found |= more


def put_in_words(study: Study, scores: Mapping[str, tuple[float, float]], one: str, other: str) -> str:
    """Say in a sentence in which levers two designs differ: what was put in.

    Parameters
    ----------
    scores
        Lever -> its central score in the two designs.
    """
    shorts = [study.design(name).short or study.design(name).title for name in (one, other)]
    if one == other:
        return f"Only {shorts[0]} is on screen: choose a second {study.file.words.design} to set it against."
    higher: list[str] = []
    lower: list[str] = []
    for key, (first, second) in scores.items():
        if abs(first - second) > 1e-9:
            lever = study.file.levers[key]
            unit = "" if spoken_unit(lever.unit) == "no unit" else f" {lever.unit.lower()}"
            words = f"{lever.title} ({two_figures(first)} against {two_figures(second)}{unit})"
            (higher if first > second else lower).append(words)
    parts = [f"{way} {listed(names)}" for way, names in (("higher", higher), ("lower", lower)) if names]
    members = _member_words(study, one, other)
    if not parts and not members:
        return f"Put in, not found: {shorts[0]} and {shorts[1]} differ in no lever."
    said = f"{shorts[0]} scores {'; '.join(parts)}" if parts else f"{shorts[0]} scores all levers alike"
    return f"Put in, not found: set against {shorts[1]}, {said}{members}. These scores are judgement (grade C)."


def difference_words(one: Difference, moments: Sequence[float] | np.ndarray, unit: str) -> str:
    """Say how one variable differs: at the end, at its widest where that is elsewhere, and since when.

    Parameters
    ----------
    moments
        Saved times since the start.
    unit
        Of time, as the model has it.
    """
    last = len(moments) - 1
    kind = "" if one.unit == "no unit" else f" {one.unit}"

    def figures(at: int) -> str:
        pair = apart(float(one.one[at]), float(one.other[at]))
        return f"{pair[0]} against {pair[1]}{kind}"

    said = f"{figures(last)} at the end"
    gap = np.abs(one.one - one.other)
    if gap[last] < 0.7 * gap[one.widest]:
        when = time_words(float(moments[one.widest]), unit)
        said = f"{figures(one.widest)} after {when}, where they lie furthest apart; {said}"
    since = float(moments[one.half])
    from_ = "from the start" if one.half == 0 else f"mostly from {time_words(since, unit)} on"
    return f"{said}; {from_}"


def apart(one: float, other: float) -> tuple[str, str]:
    """Return two numbers with as many figures as it takes to tell them apart, two at least and five at most.

    >>> apart(0.412, 0.409), apart(1234.0, 980.0)
    (('0.412', '0.409'), ('1,200', '980'))
    """
    for figures in range(2, 6):
        pair = (_rounded(one, figures), _rounded(other, figures))
        if pair[0] != pair[1]:
            break
    return pair


def _rounded(value: float, figures: int) -> str:
    if value == 0 or not np.isfinite(value):
        return two_figures(value)
    places = figures - 1 - int(np.floor(np.log10(abs(value))))
    return f"{round(value, places):,.{max(0, places)}f}"


def _few(found: Sequence[Difference], graph: Graph) -> list[Difference]:
    outcome = [one for one in found if one.steps == 0]
    kept: list[Difference] = []
    for one in sorted((each for each in found if each.steps > 0), key=lambda each: -each.size):
        beside = [each for each in kept if each.view == one.view]
        repeats = any(_tells_the_same(one, each, graph) for each in (*outcome, *kept))
        if len(beside) < MOST_OF_A_VIEW and not repeats:
            kept.append(one)
        if len(kept) == MOST:
            break
    return kept


def _tells_the_same(one: Difference, other: Difference, graph: Graph) -> bool:
    """Say whether two variables are linked and differ alike in time."""
    if other.name not in graph[one.name] and one.name not in graph[other.name]:
        return False
    gaps = [each.one - each.other for each in (one, other)]
    sizes = [float(np.linalg.norm(gap)) for gap in gaps]
    return abs(float(gaps[0] @ gaps[1])) >= SAME * sizes[0] * sizes[1]  # where neither differs they tell the same too


def _homes(model: Model) -> dict[str, str]:
    return {name: view for view, names in sections(model).items() for name in names}


def _member_words(study: Study, one: str, other: str) -> str:
    first, second = (study.design(name).members for name in (one, other))
    more, fewer = [name for name in first if name not in second], [name for name in second if name not in first]
    parts = [
        f"{listed(names)} {'is' if len(names) == 1 else 'are'} {way} its core"
        for names, way in ((more, "in"), (fewer, "not in"))
        if names
    ]
    return f", and {' and '.join(parts)}" if parts else ""
