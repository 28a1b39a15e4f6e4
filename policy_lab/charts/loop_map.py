"""One picture of all named loops together: where they meet, and where they part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from policy_lab.analysis.loops import WAYS
from policy_lab.analysis.words import listed
from policy_lab.charts import pen
from policy_lab.charts.causal_loop import COLOURS
from policy_lab.charts.figure import WIDTH, Figure
from policy_lab.charts.frame import MARGIN, Frame, Sheet, frame, wrapped
from policy_lab.charts.palette import GREY_LINE, PAPER, QUIET_TEXT
from policy_lab.charts.stock_flow import SCALE
from policy_lab.model.diagram import Diagram, Edge, Node
from policy_lab.model.placing import placed
from policy_lab.model.types import Kind, Model

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

    from policy_lab.run.feedback import NamedLoop

_ROOM = 0.88
_NAMES = 5.5
"""Points of the loops' names below a variable."""
_NAMES_LINE = 0.085
_TALL = 1.42
"""Rows stand so much farther apart than in a plain diagram: the loops' names stand below each variable."""


@dataclass(frozen=True)
class Way:
    """A way from one variable of the map to the next, what lies between them left out."""

    start: str
    end: str
    sign: str
    delayed: bool
    loops: tuple[str, ...]
    between: tuple[str, ...]


def loop_map(loops: Sequence[NamedLoop], model: Model, *, source: str, manifest: Mapping[str, Any]) -> Figure:
    """Draw all named loops in one map.

    Only stocks and the variables at which loops meet or part are shown; what lies between them is drawn as one arrow
    with the sign of the whole way. Loops that the model does not have are left out.

    Parameters
    ----------
    loops
        As `policy_lab.run.feedback.named_loops` returns them.
    model
        For the kinds of the variables.
    source, manifest
        The line under the picture, and what is written into the file beside it.
    """
    drawn = [one for one in loops if one.links]
    ways = ways_of(drawn, model)
    title = f"{len(drawn)} named loops meet in {len(_names(ways))} variables"
    subtitle = (
        "Boxes are stocks; an arrow stands for all that lies between. + the same way, − the other way (dashed), ± by "
        "two ways; bars: it takes time. Small: the loops through a variable."
    )
    words = frame(title, subtitle, source, WIDTH)
    diagram = placed(_diagram(ways, model), columns=6)
    labels = _labels(diagram)
    through = {name: _told([one.name for one in drawn if name in one.loop.path]) for name in _names(ways)}
    size = (WIDTH, words.top + max(one.y + one.half_height for one in labels) + 0.3 + words.bottom)

    def paint(canvas: Canvas) -> None:
        _paint(canvas, words, diagram, labels, ways, through)

    return Figure(title, subtitle, _alt(drawn, through), source, _data(ways), manifest, paint, size)


def ways_of(loops: Sequence[NamedLoop], model: Model) -> tuple[Way, ...]:
    """Return the links of some loops with chains of them joined into one way."""
    after: dict[str, dict[str, None]] = {}
    before: dict[str, dict[str, None]] = {}
    for one in loops:
        for link in one.links:
            after.setdefault(link.cause, {})[link.effect] = None
            before.setdefault(link.effect, {})[link.cause] = None
    kept = {
        name
        for name in after
        if len(after[name]) > 1 or len(before[name]) > 1 or model.variables[name].kind is Kind.STOCK
    }
    found: dict[tuple[str, str, tuple[str, ...]], Way] = {}
    for one in loops:
        for way in _ways(one, kept or {one.loop.path[0]}):
            key = (way.start, way.end, way.between)
            names = (*found[key].loops, one.name) if key in found else (one.name,)
            found[key] = Way(way.start, way.end, way.sign, way.delayed, names, way.between)
    return tuple(found.values())


def _ways(one: NamedLoop, kept: set[str]) -> list[Way]:
    """Cut one loop at the variables that are kept."""
    links = list(one.links)
    first = next((at for at, link in enumerate(links) if link.cause in kept), 0)
    links = links[first:] + links[:first]
    ways, part = [], []
    for link in links:
        part.append(link)
        if link.effect in kept or link is links[-1]:
            sign = "−" if sum(each.sign == "−" for each in part) % 2 else "+"
            sign = "±" if any(each.sign == "±" for each in part) else sign
            between = tuple(each.effect for each in part[:-1])
            ways.append(Way(part[0].cause, link.effect, sign, any(e.delayed for e in part), (one.name,), between))
            part = []
    return ways


def _names(ways: Sequence[Way]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for way in ways for name in (way.start, way.end)))


def _pairs(ways: Sequence[Way]) -> dict[tuple[str, str], tuple[str, bool]]:
    """Return the sign and the delay of each arrow: ways between the same two are drawn as one."""
    found: dict[tuple[str, str], tuple[str, bool]] = {}
    for way in ways:
        if way.start != way.end:
            sign, delayed = found.get((way.start, way.end), (way.sign, False))
            found[way.start, way.end] = (sign if sign == way.sign else "±", delayed or way.delayed)
    return found


def _diagram(ways: Sequence[Way], model: Model) -> Diagram:
    names = _names(ways)
    place = {name: at for at, name in enumerate(names)}
    nodes = tuple(Node(name, model.variables[name].kind) for name in names)
    edges = tuple(Edge(place[one], place[two], delayed=late) for (one, two), (_, late) in _pairs(ways).items())
    return Diagram("", nodes, edges, "")


def _told(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of loops in lines that fit below a variable."""
    return tuple(wrapped(" ".join(names), _ROOM, _NAMES))


def _hull(one: pen.Label, below: Sequence[str]) -> pen.Label:
    """Return what links lead to: the words of a variable with the loops' names below them."""
    more = 0.035 + _NAMES_LINE * len(below)
    return pen.Label(one.x, one.y + more / 2, one.lines, one.half_width, one.half_height + more / 2)


def _labels(diagram: Diagram) -> tuple[pen.Label, ...]:
    made = [
        pen.label(node.x * SCALE, node.y * SCALE * _TALL, node.name, _ROOM, boxed=node.kind is Kind.STOCK)
        for node in diagram.nodes
    ]
    left = min(one.x - one.half_width for one in made) - 0.03
    top = min(one.y - one.half_height for one in made) - 0.05
    return tuple(pen.Label(one.x - left, one.y - top, one.lines, one.half_width, one.half_height) for one in made)


def _paint(
    canvas: Canvas,
    words: Frame,
    diagram: Diagram,
    labels: Sequence[pen.Label],
    ways: Sequence[Way],
    through: Mapping[str, Sequence[str]],
) -> None:
    sheet = Sheet(canvas)
    words.paint(sheet)
    width = max(one.x + one.half_width for one in labels) + 0.03
    height = sheet.height - words.top - words.bottom
    axes = sheet.axes(max(MARGIN / 2, (sheet.width - width) / 2), words.top, width, height)
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.axis("off")
    place = {node.name: at for at, node in enumerate(diagram.nodes)}
    for (start, end), (sign, delayed) in _pairs(ways).items():
        colour = {"+": GREY_LINE, "−": COLOURS["balancing"]}.get(sign, QUIET_TEXT)
        ends = [_hull(labels[place[name]], through[name]) for name in (start, end)]
        pen.link(axes, *ends, bend=0.14, sign=sign, delayed=delayed, colour=colour, dashed=sign == "−")
    for node, one in zip(diagram.nodes, labels, strict=True):
        if node.kind is Kind.STOCK:
            pen.box(axes, one)
        pen.write(axes, one, zorder=6, paper=pen.STOCK_FILL if node.kind is Kind.STOCK else PAPER)
        for number, line in enumerate(through[node.name]):
            y = one.y + one.half_height + 0.07 + _NAMES_LINE * number
            pen.write(axes, pen.Label(one.x, y, (line,), 0, 0), points=_NAMES, colour=QUIET_TEXT, zorder=6)


def _alt(loops: Sequence[NamedLoop], through: Mapping[str, Sequence[str]]) -> str:
    told = [f"{name} ({listed(' '.join(lines).split())})" for name, lines in through.items()]
    signs = [f"{one.name} {one.loop.title}, {one.kind}" for one in loops]
    return f"Map of the named loops: {'; '.join(signs)}. Variables and the loops through them: {'; '.join(told)}."


def _data(ways: Sequence[Way]) -> pd.DataFrame:
    rows = [
        (way.start, way.end, WAYS[way.sign], way.delayed, ", ".join(way.loops), " -> ".join(way.between))
        for way in ways
    ]
    return pd.DataFrame(rows, columns=["cause", "effect", "more_of_the_cause", "delayed", "loops", "between"])
