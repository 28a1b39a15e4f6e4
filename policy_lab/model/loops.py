"""Feedback: which variables act on themselves, by which loops, and whether a loop that somebody names is there."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from policy_lab.model import expression as ex
from policy_lab.model.links import component_links
from policy_lab.model.types import Kind, Model
from policy_lab.model.walk import acting

Graph = Mapping[str, tuple[str, ...]]

MOST_LOOPS = 1_000
SECONDS = 10.0
_STILL = frozenset({Kind.CONSTANT, Kind.LOOKUP, Kind.DATA, Kind.TIME})
_LOOK_AT_CLOCK = 2_000


@dataclass(frozen=True)
class Loops:
    """Loops of a model, the shortest first; each is a tuple of variables, the last of which acts on the first.

    ``partial`` says in words why the list is not whole; it is empty where every loop was found.
    """

    found: tuple[tuple[str, ...], ...]
    partial: str

    @property
    def complete(self) -> bool:
        """Whether every loop of the model is in the list."""
        return not self.partial


def running_links(model: Model) -> Graph:
    """Return, for each variable, the variables on which it acts while the model runs.

    Constants, lookups, data and time settings act on nothing here, and an initial value is no action: neither can be
    part of a feedback loop.
    """
    moving: dict[str, list[str]] = {name: [] for name, one in model.variables.items() if one.kind not in _STILL}
    for effect in moving:
        for cause in acting_causes(model, effect):
            if cause in moving:
                moving[cause].append(effect)
    return {name: tuple(effects) for name, effects in moving.items()}


def acting_causes(model: Model, effect: str) -> tuple[str, ...]:
    """Return what the equation of a variable reads while the model runs: initial values left aside."""
    found: dict[str, None] = {}
    queue: deque[ex.Expression] = deque(one.expression for one in model.variables[effect].components)
    while queue:
        node = queue.popleft()
        if isinstance(node, ex.Reference):
            found[node.name] = None
        queue.extend(acting(node))
    return tuple(found)


def feedback_groups(graph: Graph) -> tuple[tuple[str, ...], ...]:
    """Return the sets of variables that all act on one another, the largest first (Tarjan 1972, without recursion).

    Two variables of one set share a loop or are joined by loops; a variable in no set is in no loop.
    """
    numbers: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    waiting: set[str] = set()
    groups: list[tuple[str, ...]] = []
    for root in graph:
        if root in numbers:
            continue
        work: list[tuple[str, Iterator[str]]] = []

        def enter(name: str, work: list[tuple[str, Iterator[str]]] = work) -> None:
            numbers[name] = lowest[name] = len(numbers)
            stack.append(name)
            waiting.add(name)
            work.append((name, iter(graph[name])))

        enter(root)
        while work:
            name, onward = work[-1]
            following = next(onward, None)
            if following is None:
                work.pop()
                if work:
                    lowest[work[-1][0]] = min(lowest[work[-1][0]], lowest[name])
                if lowest[name] == numbers[name]:
                    at = stack.index(name)
                    members, stack[at:] = tuple(stack[at:]), []
                    waiting.difference_update(members)
                    if len(members) > 1 or name in graph[name]:
                        groups.append(members)
            elif following not in numbers:
                enter(following)
            elif following in waiting:
                lowest[name] = min(lowest[name], numbers[following])
    order = {name: place for place, name in enumerate(graph)}
    sorted_groups = (tuple(sorted(group, key=order.__getitem__)) for group in groups)
    return tuple(sorted(sorted_groups, key=lambda group: (-len(group), order[group[0]])))


def find_loops(graph: Graph, *, most: int = MOST_LOOPS, longest: int | None = None, seconds: float = SECONDS) -> Loops:
    """Return loops of a graph, the shortest first, until there are no more or a limit is reached.

    A model with dense feedback has more loops than can be listed; the limits make the search end, and the result says
    which of them did. For a given ``most`` and ``longest`` the result is the same on every machine that is fast enough
    for ``seconds``.

    Parameters
    ----------
    graph
        As :func:`running_links` returns it.
    most
        How many loops at most.
    longest
        How many variables in a loop at most; any number when not given.
    seconds
        How long to look, in seconds of the clock.
    """
    end = time.monotonic() + seconds
    inside = feedback_groups(graph)
    found: list[tuple[str, ...]] = []
    limit = max((len(group) for group in inside), default=0)
    for length in range(1, min(limit, longest or limit) + 1):
        for group in inside:
            for loop in _loops_of(graph, group, length, end):
                if loop is None:
                    return Loops(tuple(found), f"stopped after {seconds:g} seconds, at loops of {length} variables")
                if len(found) == most:
                    return Loops(tuple(found), f"stopped at {most:,} loops, the longest of {length} variables")
                found.append(loop)
    if longest is not None and longest < limit:
        return Loops(tuple(found), f"only loops of at most {longest} variables were looked for")
    return Loops(tuple(found), "")


def _loops_of(graph: Graph, group: Sequence[str], length: int, end: float) -> Iterator[tuple[str, ...] | None]:
    """Yield the loops of one length in a group, each from its first variable on; None when the time is over."""
    steps = 0
    for place, start in enumerate(group):
        allowed = set(group[place:])
        away = _distances(graph, allowed, start)
        path = [start]
        work = [iter(graph[start])]
        while work:
            steps += 1
            if steps % _LOOK_AT_CLOCK == 0 and time.monotonic() > end:
                yield None
                return
            following = next(work[-1], None)
            if following is None:
                work.pop()
                path.pop()
            elif following == start:
                if len(path) == length:
                    yield tuple(path)
            elif following in away and following not in path and len(path) + away[following] <= length:
                path.append(following)
                work.append(iter(graph[following]))


def _distances(graph: Graph, allowed: set[str], goal: str) -> dict[str, int]:
    """Return how many links it takes from each allowed variable to the goal."""
    before: dict[str, list[str]] = {}
    for cause in allowed:
        for effect in graph[cause]:
            if effect in allowed:
                before.setdefault(effect, []).append(cause)
    away = {goal: 0}
    queue = deque([goal])
    while queue:
        name = queue.popleft()
        for cause in before.get(name, ()):
            if cause not in away:
                away[cause] = away[name] + 1
                queue.append(cause)
    return away


def pairs(path: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return the links of a loop: each variable and the one on which it acts, the last acting on the first."""
    return tuple(zip(path, (*path[1:], *path[:1]), strict=True))


def missing_links(graph: Graph, path: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return the links of a named loop that the graph does not have."""
    return tuple((cause, effect) for cause, effect in pairs(path) if effect not in graph.get(cause, ()))


def shared_links(paths: Mapping[str, Sequence[str]], link: tuple[str, str]) -> tuple[str, ...]:
    """Return the names of the loops that go over a link."""
    return tuple(name for name, path in paths.items() if link in pairs(path))


def turns(model: Model, path: Sequence[str]) -> int:
    """Return after how many rounds a loop of variables comes back to the element in which it began; 0 for never.

    A loop between the members of a subscript range may have to go round more than once: what one member does acts on a
    second, and what the second does acts on the first.
    """
    wanted = set(pairs(path))
    onward: dict[str, set[str]] = {}
    for name in dict.fromkeys(path):
        for cause, effect in component_links(model, model.variables[name], acting):
            if (cause.split("[")[0], name) in wanted:
                onward.setdefault(cause, set()).add(effect)
    starts = [cause for cause in onward if cause.split("[")[0] == path[0]]
    rounds = [_rounds(onward, path, start, len(starts)) for start in starts]
    return min((count for count in rounds if count), default=0)


def _rounds(onward: Mapping[str, Iterable[str]], path: Sequence[str], start: str, most: int) -> int:
    here = {start}
    for count in range(1, most + 1):
        for effect in (*path[1:], path[0]):
            reached = {after for before in here for after in onward.get(before, ())}
            here = {after for after in reached if after.split("[")[0] == effect}
        if start in here:
            return count
        if not here:
            return 0
    return 0
