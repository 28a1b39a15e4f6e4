"""Which orders between designs were put in by their lever scores, before any run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import pandas as pd

from policy_lab.study.draws import change_scores
from policy_lab.study.schema import Design, Lever
from policy_lab.study.scores import views

if TYPE_CHECKING:
    from policy_lab.study import Study

PUT_IN = "put in"
SAME = "same scores"
OPEN = "open"
SENTENCE = "This order was put in, not found; the model only sizes it."


@dataclass(frozen=True)
class Comparison:
    """Two designs lever by lever, by the modes of their scores in the direction put in as favourable."""

    better: tuple[str, ...]
    worse: tuple[str, ...]
    equal: tuple[str, ...]
    unordered: tuple[str, ...]
    """Levers without a favourable direction on which the two differ: they leave the pair open."""

    @property
    def order(self) -> str:
        """``put in`` where one design is no worse on every lever and better on one, ``same scores``, or ``open``."""
        if self.unordered or (self.better and self.worse):
            return OPEN
        return PUT_IN if self.better or self.worse else SAME


def compare_levers(one: Design, other: Design, levers: Mapping[str, Lever]) -> Comparison:
    """Compare the modes of two designs' scores on every lever of the study.

    A lever that both leave out is equal; a lever that only one of them scores leaves the pair open.
    """
    parts: dict[str, list[str]] = {"better": [], "worse": [], "equal": [], "unordered": []}
    for name, lever in levers.items():
        ours, theirs = one.levers.get(name), other.levers.get(name)
        if ours is None or theirs is None:
            parts["equal" if ours is theirs else "unordered"].append(name)
        elif ours.mode == theirs.mode:
            parts["equal"].append(name)
        elif lever.better == "ambiguous":
            parts["unordered"].append(name)
        else:
            ahead = (ours.mode > theirs.mode) == (lever.better == "higher")
            parts["better" if ahead else "worse"].append(name)
    return Comparison(**{key: tuple(value) for key, value in parts.items()})


def agreed(seen: Sequence[Comparison], levers: Iterable[str]) -> Comparison:
    """Put several experts' comparisons of the same two designs in one.

    A lever is better where some expert's scores say so and nobody's say otherwise; where they contradict one another,
    or one leaves it open, it is unordered. So an order is put in only where no expert's scores speak against it.
    """
    parts: dict[str, list[str]] = {"better": [], "worse": [], "equal": [], "unordered": []}
    for name in levers:
        said = {key for one in seen for key in parts if name in getattr(one, key)} - {"equal"}
        parts["equal" if not said else said.pop() if len(said) == 1 else "unordered"].append(name)
    return Comparison(**{key: tuple(value) for key, value in parts.items()})


def dominance(study: Study, designs: Iterable[str] | None = None) -> pd.DataFrame:
    """Say for every pair of designs whether its order was put in by the lever scores.

    Design A's order over B was *put in* when A's most likely score is no worse than B's on every lever and better on at
    least one, in the direction that the study holds to be favourable (weak Pareto dominance). Levers whose direction is
    ambiguous leave a pair open unless both score the same. With several experts' scores an order was put in where none
    of them contradicts it (:func:`agreed`). Membership and the cost of changing over are not levers:
    they are reported beside the order, because they alone can overturn it.

    Parameters
    ----------
    study
        The study that holds levers, designs and overlays.
    designs
        Names of the designs, overlays written ``design+overlay``; by default those that the study compares.

    Returns
    -------
    pandas.DataFrame
        One row a pair, the dominating design first where there is one: ``design``, ``other``, ``order`` (``put in``,
        ``same scores`` or ``open``), ``levers_better``, ``levers_worse``, ``levers_equal``, ``levers_unordered``
        (counts), ``better_on``, ``worse_on``, ``differ_on`` (titles), ``members`` (how the memberships compare),
        ``disruption``, ``disruption_other`` (modes of the cost of changing over from the base design, which itself
        costs nothing, in the unit of the study's transition), ``same_group`` and
        ``sentence``.
    """
    names = tuple(study.file.comparison.designs if designs is None else designs)
    resolved = {name: study.design(name) for name in names}
    seen = [{name: view.design(name) for name in names} for view in views(study)]
    rows = []
    for first, second in combinations(names, 2):
        levers = study.file.levers
        found = agreed([compare_levers(view[first], view[second], levers) for view in seen], levers)
        if found.order == PUT_IN and found.worse:
            first, second = second, first
            found = Comparison(found.worse, found.better, found.equal, found.unordered)
        costs = tuple(_cost_of_change(study, name) for name in (first, second))
        rows.append(_row(first, second, resolved, found, study.file.levers, costs))
    return pd.DataFrame(rows, columns=_COLUMNS)


_COLUMNS = [
    "design",
    "other",
    "order",
    "levers_better",
    "levers_worse",
    "levers_equal",
    "levers_unordered",
    "better_on",
    "worse_on",
    "differ_on",
    "members",
    "disruption",
    "disruption_other",
    "same_group",
    "sentence",
]


def _row(
    first: str,
    second: str,
    designs: Mapping[str, Design],
    found: Comparison,
    levers: Mapping[str, Lever],
    costs: tuple[float, ...],
) -> tuple[object, ...]:
    one, other = designs[first], designs[second]
    return (
        first,
        second,
        found.order,
        len(found.better),
        len(found.worse),
        len(found.equal),
        len(found.unordered),
        _titles(found.better, levers),
        _titles(found.worse, levers),
        _titles(found.unordered, levers),
        _members(one.members, other.members),
        *costs,
        one.group == other.group,
        SENTENCE if found.order == PUT_IN else "",
    )


def _cost_of_change(study: Study, name: str) -> float:
    """Return what is most likely to be lost by changing to a design from the base."""
    return sum((score.mode for score in change_scores(study, name).values()), 0.0)


def _titles(names: Sequence[str], levers: Mapping[str, Lever]) -> str:
    return "; ".join(levers[name].title for name in names)


def _members(ours: Sequence[str], theirs: Sequence[str]) -> str:
    mine, other = set(ours), set(theirs)
    if mine == other:
        return "same members"
    if mine > other:
        return "also has " + ", ".join(name for name in ours if name not in other)
    if mine < other:
        return "lacks " + ", ".join(name for name in theirs if name not in mine)
    gained = ", ".join(name for name in ours if name not in other)
    lost = ", ".join(name for name in theirs if name not in mine)
    return f"has {gained}; lacks {lost}"


def put_in_pairs(study: Study, designs: Iterable[str]) -> frozenset[tuple[str, str]]:
    """Return the ordered pairs ``(better, worse)`` whose order was put in."""
    table = dominance(study, designs)
    ordered = table[table["order"] == PUT_IN]
    return frozenset(zip(ordered["design"], ordered["other"], strict=True))
