"""Stock-and-flow diagrams: one view of a model, its stocks in boxes, its flows in pipes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from policy_lab.analysis.words import listed
from policy_lab.charts import pen
from policy_lab.charts.figure import WIDTH, Figure
from policy_lab.charts.frame import MARGIN, Frame, Sheet, frame
from policy_lab.charts.palette import PAPER, QUIET_TEXT
from policy_lab.model.diagram import CLOUD, Diagram, Node
from policy_lab.model.sections import STILL, sections
from policy_lab.model.types import Kind, Model

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

SCALE = 1.04 / 140
"""Inches a pixel of a sketch: six cells of an automatic layout fill the width of a page."""
_ROOM = 0.92
"""Inches that the words of a node may take."""
_BELOW = 0.085
"""Inches from the middle of a valve to the words below it."""
_EDGE, _ABOVE = 0.03, 0.16
_APART = 0.12
"""Inches that should lie between the words of two nodes."""
_KEY = (
    "Boxes are stocks, hourglasses on double lines flows, plain words auxiliaries; ‹words in brackets› belong to other "
    "views. Bars across an arrow: the effect takes time."
)


@dataclass(frozen=True)
class _Plan:
    """A diagram in inches: the words of each node, and whether the pipes of a flow run up and down."""

    labels: tuple[pen.Label, ...]
    upright: Mapping[int, bool]
    width: float
    height: float


def stock_flow_chart(
    model: Model, diagram: Diagram, *, source: str = "", manifest: Mapping[str, Any] | None = None
) -> Figure:
    """Draw one view of a model.

    Parameters
    ----------
    model
        The model.
    diagram
        With a place for every node: `policy_lab.model.views.diagram_of`.
    source
        The line under the picture; the model's file when not given.
    manifest
        What is written into the file beside the picture; the model's digest when not given.

    Returns
    -------
    Figure
        Its data are the variables drawn, with kind, unit and what acts on each.
    """
    stocks = [node.name for node in diagram.own if node.kind is Kind.STOCK]
    drawn = {node.name for node in diagram.nodes}
    names = sections(model).get(diagram.title, ())
    left_out = sum(model.variables[name].kind in STILL and name not in drawn for name in names)
    title = f"{diagram.title}: {_count(len(stocks), 'stock')} and what moves {'it' if len(stocks) == 1 else 'them'}"
    if not stocks:
        title = f"{diagram.title}: {_count(len(diagram.own), 'variable')} without a stock"
    subtitle = _KEY + (f" {_count(left_out, 'constant')} left out." if left_out else "")
    words = frame(title, subtitle, source or f"Source: {model.path.name}", WIDTH)
    plan = _planned(diagram)
    height = words.top + plan.height + words.bottom
    width = max(WIDTH, plan.width + 2 * MARGIN)

    def paint(canvas: Canvas) -> None:
        _paint(canvas, words, diagram, plan)

    return Figure(
        title,
        subtitle,
        _alt(model, diagram),
        source or f"Source: {model.path.name}",
        _data(model, diagram),
        manifest or {"model": model.path.name, "model_digest": model.digest, "placed": diagram.placed},
        paint,
        (width, height),
    )


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _planned(diagram: Diagram) -> _Plan:
    """Turn pixels into inches, the drawing's top left corner at zero."""
    upright = {at: _is_upright(diagram, at) for at, node in enumerate(diagram.nodes) if node.kind is Kind.FLOW}
    labels = [_label(node, SCALE) for node in diagram.nodes]
    hulls = [_whole(one) if _has_pipe(diagram, at) and at in upright else one for at, one in enumerate(labels)]
    factor = _spread(hulls)
    if factor > 1:
        labels = [_label(node, SCALE * factor) for node in diagram.nodes]
    left = min((one.x - one.half_width for one in labels), default=0.0) - _EDGE
    top = min((one.y - one.half_height for one in labels), default=0.0) - _ABOVE
    moved = tuple(replace(one, x=one.x - left, y=one.y - top) for one in labels)
    width = max((one.x + one.half_width for one in moved), default=1.0)
    height = max((one.y + one.half_height for one in moved), default=1.0)
    below = any(_has_pipe(diagram, at) and moved[at].y + 0.4 > height for at in upright)
    return _Plan(moved, upright, width + _EDGE, height + (0.3 if below else _EDGE))


def _spread(hulls: Sequence[pen.Label]) -> float:
    """Return by how much a drawing has to grow for no words to touch others, as far as it then fits the page."""
    wanted = 1.0
    for one, other in itertools.combinations(hulls, 2):
        across, down = abs(one.x - other.x), abs(one.y - other.y)
        wide, high = one.half_width + other.half_width + _APART, one.half_height + other.half_height + _APART
        if across < wide and down < high and (across or down):
            wanted = max(wanted, min(wide / across if across else math.inf, high / down if down else math.inf))
    size = max(one.x + one.half_width for one in hulls) - min(one.x - one.half_width for one in hulls) if hulls else 1.0
    return max(1.0, min(wanted, (WIDTH - 2 * MARGIN) / size))


def _label(node: Node, scale: float) -> pen.Label:
    words = f"‹{node.name}›" if node.guest else node.name
    x, y = node.x * scale, node.y * scale
    if node.name == CLOUD:
        return pen.Label(x, y, (), 0.11, 0.09)
    return pen.label(x, y, words, _ROOM, boxed=node.kind is Kind.STOCK)


def _whole(one: pen.Label) -> pen.Label:
    """Return the room of a flow: its valve and the words below it."""
    more = _BELOW + one.half_height
    return replace(one, y=one.y + more / 2, half_height=one.half_height + more / 2)


def _has_pipe(diagram: Diagram, at: int) -> bool:
    return any(edge.pipe and at in (edge.start, edge.end) for edge in diagram.edges)


def _is_upright(diagram: Diagram, at: int) -> bool:
    """Say whether the pipes of a flow run up and down rather than from side to side."""
    node = diagram.nodes[at]
    ends = [
        edge.end if edge.start == at else edge.start
        for edge in diagram.edges
        if edge.pipe and at in (edge.start, edge.end)
    ]
    across = sum(abs(diagram.nodes[end].x - node.x) for end in ends)
    down = sum(abs(diagram.nodes[end].y - node.y) for end in ends)
    return down > across


def _paint(canvas: Canvas, words: Frame, diagram: Diagram, plan: _Plan) -> None:
    sheet = Sheet(canvas)
    words.paint(sheet)
    left = (sheet.width - plan.width) / 2
    axes = sheet.axes(left, words.top, plan.width, plan.height)
    axes.set_xlim(0, plan.width)
    axes.set_ylim(plan.height, 0)
    axes.axis("off")
    piped = [{edge.start, edge.end} for edge in diagram.edges if edge.pipe]
    for edge in diagram.edges:
        if edge.pipe:
            start, end = plan.labels[edge.start], plan.labels[edge.end]
            into = edge.end not in plan.upright
            first = start.edge(end.centre, 0.0) if edge.start not in plan.upright else start.centre
            last = end.edge(start.centre, 0.0) if into else end.centre
            pen.pipe(axes, first, last, head=into)
        else:
            start, end = _ends(diagram, plan, edge.start, edge.end)
            bend = 0.3 if {edge.start, edge.end} in piped else 0.12
            if edge.end in plan.upright and abs(end.x - start.x) > abs(end.y - start.y):
                bend = math.copysign(bend, end.x - start.x)  # over the pipe: the words of the flow stand below it
            pen.link(axes, start, end, delayed=edge.delayed, bend=bend)
    for at, (node, one) in enumerate(zip(diagram.nodes, plan.labels, strict=True)):
        _paint_node(axes, node, one, plan.upright.get(at), _has_pipe(diagram, at))


def _ends(diagram: Diagram, plan: _Plan, start: int, end: int) -> tuple[pen.Label, pen.Label]:
    """Return what a link leads from and to; of a flow on a pipe its valve from above, its words from below."""
    found = []
    for at, other in ((start, end), (end, start)):
        one = plan.labels[at]
        if at in plan.upright and _has_pipe(diagram, at):
            above = at == end and plan.labels[other].y < one.y + _BELOW
            one = pen.Label(one.x, one.y, (), 0.09, 0.09) if above else _below(one)
        found.append(one)
    return found[0], found[1]


def _paint_node(axes: Axes, node: Node, one: pen.Label, upright: bool | None, on_pipe: bool) -> None:
    if node.name == CLOUD:
        pen.cloud(axes, one.x, one.y)
        return
    if node.kind is Kind.STOCK and not node.guest:
        pen.box(axes, one)
    quiet: dict[str, Any] = {"colour": QUIET_TEXT, "style": "italic"} if node.guest else {}
    if upright is not None and on_pipe:
        pen.valve(axes, one.x, one.y, upright=not upright)
        pen.write(axes, _below(one), zorder=6, **quiet)
        return
    paper = pen.STOCK_FILL if node.kind is Kind.STOCK and not node.guest else PAPER
    pen.write(axes, one, zorder=6, paper=paper, **quiet)


def _below(one: pen.Label) -> pen.Label:
    """Return the words of a flow below its valve."""
    return pen.Label(one.x, one.y + _BELOW + one.half_height, one.lines, one.half_width, one.half_height)


def _alt(model: Model, diagram: Diagram) -> str:
    """Tell the diagram in words: each stock with what flows in and out, then what else is there."""
    flows: dict[str, tuple[list[str], list[str]]] = {}
    for edge in diagram.edges:
        if edge.pipe:
            start, end = diagram.nodes[edge.start], diagram.nodes[edge.end]
            if start.kind is Kind.FLOW:
                flows.setdefault(end.name, ([], []))[0].append(start.name)
            else:
                flows.setdefault(start.name, ([], []))[1].append(end.name)
    parts = []
    for node in diagram.nodes:
        if node.kind is Kind.STOCK and (not node.guest or node.name in flows):
            into, out = flows.get(node.name, ([], []))
            said = [f"{way} {listed(names)}" for way, names in (("in by", into), ("out by", out)) if names]
            if not said:
                acting = [diagram.nodes[e.start].name for e in diagram.edges if diagram.nodes[e.end].name == node.name]
                said = [f"moved by {listed(acting)}"] if acting else ["nothing in this view moves it"]
            parts.append(f"{node.name}: {', '.join(said)}")
    others = [node.name for node in diagram.own if node.kind is not Kind.STOCK]
    guests = [node.name for node in diagram.nodes if node.guest]
    told = f"Stock-and-flow diagram of {diagram.title}. "
    told += f"Stocks. {'; '.join(parts)}. " if parts else "It has no stock. "
    told += f"Flows and auxiliaries: {listed(others)}. " if others else ""
    return told + (f"From other views: {listed(guests)}." if guests else "")


def _data(model: Model, diagram: Diagram) -> pd.DataFrame:
    rows = []
    for at, node in enumerate(diagram.nodes):
        if node.name != CLOUD:
            acting = [diagram.nodes[e.start].name for e in diagram.edges if e.end == at and diagram.nodes[e.start].name]
            rows.append(
                {
                    "variable": node.name,
                    "kind": str(node.kind),
                    "unit": model.variables[node.name].unit,
                    "own": not node.guest,
                    "acted_on_by": ", ".join(acting),
                }
            )
    return pd.DataFrame(rows, columns=["variable", "kind", "unit", "own", "acted_on_by"])
