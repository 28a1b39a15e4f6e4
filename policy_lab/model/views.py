"""The pictures of a model: each view from its sketch where one draws it, else laid out by us."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.model.diagram import CLOUD, Diagram, Edge, Node, outline
from policy_lab.model.placing import placed
from policy_lab.model.sections import sections
from policy_lab.model.sketch import Mark, Sketch, View, read_sketch
from policy_lab.model.source import VENSIM_SUFFIXES, read_source
from policy_lab.model.types import Model, plain_name


def sketch_of(model: Model) -> Sketch:
    """Return the sketch of a model's file, without views where it has none.

    Raises
    ------
    InputError
        When the file cannot be read any more.
    """
    source = read_source(model.path)
    if model.path.suffix.lower() in VENSIM_SUFFIXES:
        return read_sketch(source.text, model.path)
    from policy_lab.model.xmile_view import read_views

    return read_views(source.text, model.path)


def diagram_of(model: Model, title: str, *, sketch: Sketch | None = None, constants: bool = False) -> Diagram:
    """Return one view as a diagram with places.

    The sketch gives the places where it draws the view: where the view has at least one arrow, and every variable that
    the diagram shows. A view without arrows is a list, and is laid out by us like one that has no sketch.

    Parameters
    ----------
    title
        A view of the model: a key of :func:`policy_lab.model.sections.sections`.
    sketch
        The file's sketch; read again when not given.
    constants
        Whether to show constants, lookups and data too.

    Raises
    ------
    InputError
        For an unknown view.
    """
    known = sections(model)
    if title not in known:
        raise InputError(
            Problem(f"no view `{title}` in this model", file=model.path, nearest=nearest_names(title, known))
        )
    plain = outline(model, title, known[title], constants=constants)
    view = (sketch or sketch_of(model)).view(title)
    marks = _marks(model, view)
    lacks = [node.name for node in plain.nodes if node.name != CLOUD and not node.guest and node.name not in marks]
    return _from_sketch(plain, view, marks) if view.arrows and not lacks else placed(plain)


def _marks(model: Model, view: View) -> dict[str, Mark]:
    """Return where each variable stands, by its name in the model; the valve stands for a flow that has one."""
    spelled = {plain_name(name): name for name in model.variables}
    marks: dict[str, Mark] = {}
    for number, mark in view.marks.items():
        name = spelled.get(plain_name(mark.name), "")
        if mark.kind == "variable" and name and (name not in marks or marks[name].shadow):
            before = view.marks.get(number - 1)
            marks[name] = before if mark.attached and before is not None and before.kind == "valve" else mark
    return marks


def _from_sketch(plain: Diagram, view: View, marks: Mapping[str, Mark]) -> Diagram:
    """Return the diagram with the places of the sketch; what the sketch does not draw of other views is left out."""
    kept = [at for at, node in enumerate(plain.nodes) if node.name == CLOUD or node.name in marks]
    clouds = _clouds(plain, view, marks)
    nodes = tuple(_at(plain.nodes[at], clouds.get(at) or marks.get(plain.nodes[at].name)) for at in kept)
    place = {at: number for number, at in enumerate(kept)}
    edges = tuple(
        replace(edge, start=place[edge.start], end=place[edge.end])
        for edge in plain.edges
        if edge.start in place and edge.end in place
    )
    return Diagram(plain.title, nodes, edges, "sketch")


def _at(node: Node, mark: Mark | None) -> Node:
    return node if mark is None else replace(node, x=mark.x, y=mark.y)


def _clouds(plain: Diagram, view: View, marks: Mapping[str, Mark]) -> dict[int, Mark]:
    """Return a place for each cloud: that of the sketch at the same valve, else beside the valve."""
    found: dict[int, Mark] = {}
    used: set[int] = set()
    for at, node in enumerate(plain.nodes):
        if node.name != CLOUD:
            continue
        flow, into = _flow_of(plain, at)
        valve = marks[plain.nodes[flow].name]
        drawn = (arrow for arrow in view.arrows if arrow.pipe)
        far = (
            arrow.end if into else arrow.start
            for arrow in drawn
            if valve.number == (arrow.start if into else arrow.end)
        )
        ends = [view.marks[number] for number in far]
        free = [mark for mark in ends if mark.kind == "cloud" and mark.number not in used]
        found[at] = free[0] if free else replace(valve, x=valve.x + (60 if into else -60), number=-at)
        used.add(found[at].number)
    return found


def _flow_of(plain: Diagram, cloud: int) -> tuple[int, bool]:
    """Return the flow of a cloud, and whether it runs into the cloud."""
    edge: Edge = next(edge for edge in plain.edges if cloud in (edge.start, edge.end))
    return (edge.start, True) if edge.end == cloud else (edge.end, False)
