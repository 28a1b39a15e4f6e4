"""Whether a model's causal graph obeys the theory that a study states about it.

The theory has two steps. Inside one member (an element of the `within` dimension) whatever is private may act on
whatever else is private. Another member is reached only through declared joint behaviour or a declared shared
environment. Both lists stand in `study.yaml`; this module only reads the graph.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from policy_lab.model.links import element_links
from policy_lab.model.types import Kind, Model

if TYPE_CHECKING:
    from policy_lab.study.schema import StructureRule

Graph = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class StructureFault:
    """One causal link that the theory forbids."""

    cause: str
    effect: str
    reason: str

    def __str__(self) -> str:
        return f"{self.cause} -> {self.effect}: {self.reason}"


def structure_faults(model: Model, rule: StructureRule) -> tuple[StructureFault, ...]:
    """Return every causal link between elements by which one member reaches another outside the declared channels.

    Parameters
    ----------
    model
        The model, read.
    rule
        Which dimension holds the members (`within`), which variables are joint behaviour, which are environment.

    Returns
    -------
    tuple of StructureFault
        Empty when the graph obeys the rule. Two kinds: a private variable of one member that drives another member
        directly, and an undeclared shared variable that carries something private to members.
    """
    links = element_links(model)
    owners = _Owners(model, rule.within)
    joint = frozenset(model.spelled(name) for name in rule.joint)
    environment = frozenset(model.spelled(name) for name in rule.environment)
    reaching = _reaches_a_member(links, owners)
    faults = []
    for cause, effect in sorted(links):
        member = owners.of(cause)
        if (
            member is None
            or owners.variable(cause) in joint
            or owners.is_constant(cause)
            or owners.of(effect) == member
        ):
            continue
        if owners.of(effect) is not None:
            faults.append(
                StructureFault(cause, effect, "a private variable of one member drives another member directly")
            )
        elif owners.variable(effect) not in environment and effect in reaching:
            reason = "a shared variable that is not declared carries something private to the members"
            faults.append(StructureFault(cause, effect, reason))
    return tuple(faults)


def private_path(model: Model, rule: StructureRule, start: str, end: str) -> tuple[str, ...]:
    """Return a shortest causal path between two elements of one member that stays inside it; empty where there is none.

    Step 1 of the theory: every level of a member reaches the others without any joint behaviour.
    """
    owners = _Owners(model, rule.within)
    joint = frozenset(model.spelled(name) for name in rule.joint)
    member = owners.of(start)
    graph = _successors(
        (cause, effect)
        for cause, effect in element_links(model)
        if owners.of(cause) == member == owners.of(effect)
        and owners.variable(cause) not in joint
        and owners.variable(effect) not in joint
    )
    came_from: dict[str, str] = {}
    queue = deque([start])
    while queue:
        here = queue.popleft()
        for onward in sorted(graph.get(here, frozenset())):
            if onward not in came_from and onward != start:
                came_from[onward] = here
                queue.append(onward)
    if end not in came_from:
        return ()
    path = [end]
    while path[-1] != start:
        path.append(came_from[path[-1]])
    return tuple(reversed(path))


class _Owners:
    """Which member an element of a variable belongs to: its first subscript in the members' dimension."""

    def __init__(self, model: Model, within: str) -> None:
        self._model = model
        self._members = model.subscripts[within]
        self._variables = {variable.name: variable for variable in model.variables.values()}
        self._constant = _constant_names(model)

    def variable(self, element: str) -> str:
        return element.split("[")[0]

    def is_constant(self, element: str) -> bool:
        return self.variable(element) in self._constant

    def of(self, element: str) -> str | None:
        variable = self._variables[self.variable(element)]
        subscripts = element[len(variable.name) + 1 : -1].split(",") if "[" in element else []
        for dimension, subscript in zip(variable.dimensions, subscripts, strict=True):
            if self._model.subscripts[dimension] == self._members:
                return subscript
        return None


def _constant_names(model: Model) -> frozenset[str]:
    """Return the variables that cannot change during a run: constants, and whatever is computed from them alone."""
    constant = {one.name for one in model.variables.values() if one.kind in (Kind.CONSTANT, Kind.LOOKUP)}
    growing = True
    while growing:
        computed = {
            one.name
            for one in model.variables.values()
            if one.kind == Kind.AUXILIARY and one.causes and constant.issuperset(one.causes)
        }
        growing = not computed <= constant
        constant |= computed
    return frozenset(constant)


def _reaches_a_member(links: Iterable[tuple[str, str]], owners: _Owners) -> frozenset[str]:
    """Return the shared elements from which some member's element can be reached."""
    predecessors = _successors((effect, cause) for cause, effect in links)
    reached: set[str] = set()
    queue = deque(element for element in predecessors if owners.of(element) is not None)
    seen = set(queue)
    while queue:
        for before in predecessors.get(queue.popleft(), frozenset()):
            reached.add(before)
            if before not in seen:
                seen.add(before)
                queue.append(before)
    return frozenset(reached)


def _successors(links: Iterable[tuple[str, str]]) -> Graph:
    graph: dict[str, set[str]] = defaultdict(set)
    for cause, effect in links:
        graph[cause].add(effect)
    return {cause: frozenset(effects) for cause, effects in graph.items()}
