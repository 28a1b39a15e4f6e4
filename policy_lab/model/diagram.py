"""What a picture of a model shows: which variables, which links, and which flow runs between which stocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from policy_lab.model import expression as ex
from policy_lab.model.loops import acting_causes, running_links
from policy_lab.model.types import Kind, Model
from policy_lab.model.walk import references, walk

CLOUD = ""
"""The name of a place outside the model, from which a flow comes or to which it goes."""

_DELAYS = (ex.Delay, ex.DelayFixed, ex.Smooth, ex.Trend, ex.Forecast)


@dataclass(frozen=True)
class Node:
    """Something drawn: a variable, or a cloud where ``name`` is empty. ``guest``: it belongs to another view.

    ``x`` and ``y`` are in pixels of the sketch, from the top left corner.
    """

    name: str
    kind: Kind
    x: float = 0.0
    y: float = 0.0
    guest: bool = False


@dataclass(frozen=True)
class Edge:
    """A link between two nodes, by their places in the list; ``pipe``: what flows, through the valve of a flow."""

    start: int
    end: int
    pipe: bool = False
    delayed: bool = False


@dataclass(frozen=True)
class Diagram:
    """One view of a model; ``placed`` says where the places of its nodes come from: ``sketch`` or ``automatic``."""

    title: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    placed: str

    @property
    def own(self) -> tuple[Node, ...]:
        """The variables that belong to this view."""
        return tuple(node for node in self.nodes if node.name != CLOUD and not node.guest)


@dataclass(frozen=True)
class Pipe:
    """A flow between two stocks; an empty name stands for the outside of the model."""

    flow: str
    source: str
    target: str


def pipes(model: Model) -> tuple[Pipe, ...]:
    """Return what flows from which stock to which, read from the net rates of the stocks.

    A flow belongs to a stock when it is a whole term of its net rate, or the only flow in a product that is one, where
    what flows is the same by its unit: a share of what leaves one stock may enter another.
    """
    leaves: dict[str, dict[str, None]] = {}
    enters: dict[str, dict[str, None]] = {}
    terms = [
        (name, flow, sign, whole)
        for name, variable in model.variables.items()
        for component in variable.components
        if isinstance(component.expression, ex.Stock)
        for flow, sign, whole in _flows(model, component.expression.flow)
    ]
    units = {(flow, model.variables[name].unit) for name, flow, _, whole in terms if whole}
    for name, flow, sign, whole in terms:
        if whole or (flow, model.variables[name].unit) in units:
            (enters if sign > 0 else leaves).setdefault(flow, {})[name] = None
    found = []
    for flow, one in model.variables.items():
        if one.kind is Kind.FLOW:
            sources, targets = tuple(leaves.get(flow, ())), tuple(enters.get(flow, ()))
            found += [Pipe(flow, source, target) for source in sources or (CLOUD,) for target in targets or (CLOUD,)]
    return tuple(pipe for pipe in found if pipe.source != pipe.target)


def _flows(model: Model, rate: ex.Expression) -> Iterator[tuple[str, int, bool]]:
    """Yield the flows in the terms of a net rate, with their signs, and whether each is a whole term."""
    queue = [(rate, 1)]
    while queue:
        node, sign = queue.pop()
        match node:
            case ex.Arithmetic("+", first, second):
                queue += [(second, sign), (first, sign)]
            case ex.Arithmetic("-", first, second):
                queue += [(second, -sign), (first, sign)]
            case ex.Negative(argument):
                queue.append((argument, -sign))
            case ex.Call("sum", (argument,)):
                queue.append((argument, sign))
            case _:
                named = dict.fromkeys(one.name for one in references(node) if one.name in model.variables)
                flows = [name for name in named if model.variables[name].kind is Kind.FLOW]
                if len(flows) == 1 and isinstance(node, ex.Reference | ex.Arithmetic):
                    yield flows[0], sign, isinstance(node, ex.Reference)


def outline(model: Model, title: str, names: Sequence[str], *, constants: bool = False) -> Diagram:
    """Return what one view shows, without places: its variables, what they hang on, and the pipes between them.

    Parameters
    ----------
    title, names
        A view and its variables: :func:`policy_lab.model.sections.sections`.
    constants
        Whether to show constants, lookups and data too. Without them a picture tells the feedback, and the rest stands
        in the equation book.
    """
    shown = [name for name in names if _is_shown(model, name, constants)]
    graph = running_links(model)
    causes = {name: [one for one in acting_causes(model, name) if one != name] for name in shown}
    drawn = _drawn_pipes(model, shown, graph)
    by_pipe = {(pipe.flow, stock) for pipe in drawn for stock in (pipe.source, pipe.target) if stock}
    links = [
        (cause, name)
        for name, its in causes.items()
        for cause in its
        if _is_shown(model, cause, constants) and (cause, name) not in by_pipe
    ]
    named = [name for pair in links for name in pair] + [
        stock for pipe in drawn for stock in (pipe.source, pipe.target)
    ]
    guests = [name for name in dict.fromkeys(named) if name and name not in shown]
    nodes = [Node(name, model.variables[name].kind) for name in shown]
    nodes += [Node(name, model.variables[name].kind, guest=True) for name in guests]
    place = {node.name: at for at, node in enumerate(nodes)}
    edges: list[Edge] = []
    clouds: dict[tuple[str, bool], int] = {}
    for pipe in drawn:
        for stock, outward in ((pipe.source, False), (pipe.target, True)):
            if stock == CLOUD and (pipe.flow, outward) not in clouds:
                clouds[pipe.flow, outward] = len(nodes)
                nodes.append(Node(CLOUD, Kind.AUXILIARY))
            at = place[stock] if stock else clouds[pipe.flow, outward]
            edges.append(Edge(*((place[pipe.flow], at) if outward else (at, place[pipe.flow])), pipe=True))
    edges += [Edge(place[cause], place[effect], delayed=_is_delayed(model, cause, effect)) for cause, effect in links]
    return Diagram(title, tuple(nodes), tuple(dict.fromkeys(edges)), "")


def _is_shown(model: Model, name: str, constants: bool) -> bool:
    if name not in model.variables:
        return False
    kind = model.variables[name].kind
    return kind is not Kind.TIME and (constants or kind not in (Kind.CONSTANT, Kind.LOOKUP, Kind.DATA))


def _drawn_pipes(model: Model, shown: Sequence[str], graph: Mapping[str, Sequence[str]]) -> tuple[Pipe, ...]:
    """Return the pipes whose flow is in a view; stocks of the same view come before stocks of others.

    A stock of another view that acts on nothing is a counter, and stands for the outside here.
    """
    here = set(shown)
    found: dict[Pipe, None] = {}
    every: dict[str, list[Pipe]] = {}
    for pipe in pipes(model):
        if pipe.flow in here:
            every.setdefault(pipe.flow, []).append(pipe)
    for flow, its in every.items():
        sources, targets = (_near([getattr(pipe, end) for pipe in its], here, graph) for end in ("source", "target"))
        found |= {Pipe(flow, source, target): None for source in sources for target in targets}
    return tuple(pipe for pipe in found if pipe.source or pipe.target)


def _near(stocks: Sequence[str], here: set[str], graph: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    unique = tuple(dict.fromkeys(stocks))
    elsewhere = tuple(stock for stock in unique if stock and any(effect != stock for effect in graph[stock]))
    return tuple(stock for stock in unique if stock in here) or elsewhere[:1] or (CLOUD,)


def _is_delayed(model: Model, cause: str, effect: str) -> bool:
    """Say whether an effect sees a cause only through a delay or a smooth inside its equation."""
    for component in model.variables[effect].components:
        for node in walk(component.expression):
            if isinstance(node, _DELAYS) and any(one.name == cause for one in references(node.input)):
                return True
    return False
