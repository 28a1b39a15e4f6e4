"""Diagrams written as a sketch that Vensim reads: positions, pipes with valves, arrows; nothing of the equations."""

from __future__ import annotations

from collections.abc import Sequence

from policy_lab.errors import InputError, Problem
from policy_lab.model.diagram import CLOUD, Diagram, Node, outline
from policy_lab.model.placing import CELL_HEIGHT, CELL_WIDTH, placed
from policy_lab.model.sections import STILL, sections
from policy_lab.model.sketch import END, MARK
from policy_lab.model.source import VENSIM_SUFFIXES, read_source
from policy_lab.model.types import Kind, Model

_HEAD = (
    MARK + " Sketch information - do not modify anything except names\n"
    "V300  Do not put anything below this section - it will be ignored\n"
)
_FONTS = "$192-192-192,0,Arial|10||0-0-0|0-0-0|0-0-255|-1--1--1|-1--1--1|96,96,100,0"
_PLAIN, _BOX, _VALVE, _NAME_OF_VALVE = 8, 3, 34, 40
_LETTER = 3.4
"""Half the width of a letter, in pixels."""
_MOVES = 1_500
"""A sketch is laid out once and looked at often: worth a longer search."""
_ACROSS = 6
"""Constants side by side in the tray below a diagram."""


def sketched(model: Model) -> str:
    """Return the text of a model's ``.mdl`` file with a new sketch: all of its views, laid out by us.

    Every variable is drawn in one view at least: :func:`policy_lab.model.sections.sections`. Equations and settings
    stay as they are, letter by letter. A comment or a picture in the old sketch is lost.

    Raises
    ------
    InputError
        When the file is no ``.mdl`` file, has changed since it was read, or its old sketch has no end.
    """
    if model.path.suffix.lower() not in VENSIM_SUFFIXES:
        raise InputError(Problem("only a .mdl file has a sketch of this kind", file=model.path))
    diagrams = [placed(outline(model, title, names), moves=_MOVES) for title, names in sections(model).items()]
    return with_sketch(read_source(model.path).text, model, diagrams)


def with_sketch(text: str, model: Model, diagrams: Sequence[Diagram]) -> str:
    """Return the text of a ``.mdl`` file with its sketch replaced by diagrams, its equations and settings untouched.

    Parameters
    ----------
    text
        The file.
    model
        The same file, read.
    diagrams
        One a view, with places.

    Raises
    ------
    InputError
        When the text holds no end of a sketch although it holds its beginning.
    """
    equations, mark, rest = text.partition(MARK)
    end = rest.find(END) if mark else 0
    if mark and end < 0:
        raise InputError(
            Problem(f"the sketch has no end (`{END}`)", file=model.path, remedy="The file may be cut short.")
        )
    settings = rest[end + len(END) :].lstrip("\r\n") if mark else ""
    newline = "\r\n" if "\r\n" in text[:10_000] else "\n"
    sketch = "".join(_HEAD + "\n".join(_view(model, diagram)) + "\n" for diagram in diagrams)
    body = equations if equations.endswith(("\n", "\r\n")) else equations + newline
    return body + (sketch + END + "\n" + settings.replace("\r\n", "\n")).replace("\n", newline)


def _view(model: Model, diagram: Diagram) -> list[str]:
    """Return the lines of one view: marks first, then arrows; constants in a tray below, their arrows hidden."""
    lines: list[str] = []
    number: dict[int, int] = {}
    valve: dict[int, int] = {}
    following = 1
    piped = {at for edge in diagram.edges if edge.pipe for at in (edge.start, edge.end)}
    for at, node in enumerate(diagram.nodes):
        if node.name == CLOUD:
            lines.append(f"12,{following},48,{round(node.x)},{round(node.y)},10,8,0,3,0,0,-1,0,0,0")
        elif node.kind is Kind.FLOW and at in piped:
            lines.append(f"11,{following},0,{round(node.x)},{round(node.y)},6,8,{_VALVE},3,0,0,1,0,0,0")
            valve[at] = following
            following += 1
            lines.append(_variable(following, node, node.y + 20, _NAME_OF_VALVE))
        else:
            lines.append(_variable(following, node, node.y, _BOX if node.kind is Kind.STOCK else _PLAIN))
        number[at] = following
        following += 1
    tray = _tray(model, diagram)
    place = {node.name: number[at] for at, node in enumerate(diagram.nodes)}
    for node in tray:
        lines.append(_variable(following, node, node.y, _PLAIN))
        place[node.name] = following
        following += 1
    for edge in diagram.edges:
        if edge.pipe:
            into = edge.end not in valve
            ends = (valve[edge.start], number[edge.end]) if into else (valve[edge.end], number[edge.start])
            x, y = _middle(diagram.nodes[edge.start], diagram.nodes[edge.end])
            lines.append(f"1,{following},{ends[0]},{ends[1]},{4 if into else 100},0,0,22,0,0,0,-1--1--1,,1|({x},{y})|")
        else:
            start, end = diagram.nodes[edge.start], diagram.nodes[edge.end]
            x, y = _bent(start, end)
            target = valve.get(edge.end, number[edge.end])
            delay = 65 if edge.delayed else 64
            lines.append(f"1,{following},{number[edge.start]},{target},1,0,0,0,0,{delay},0,-1--1--1,,1|({x},{y})|")
        following += 1
    for node in tray:
        for effect in model.variables[node.name].uses:
            if effect in place:
                ends = (place[node.name], place[effect])
                lines.append(f"1,{following},{ends[0]},{ends[1]},0,1,0,0,0,64,0,-1--1--1,,1|(0,0)|")
                following += 1
    return [f"*{diagram.title}", _FONTS, *lines]


def _variable(number: int, node: Node, y: float, shape: int) -> str:
    width = 40 if shape == _BOX else max(12, round(min(len(node.name), 18) * _LETTER))
    height = 20 if shape == _BOX else 12
    bits, colour = (2, ",128-128-128,0-0-0,|10||128-128-128") if node.guest else (3, "")
    hidden = "0,3,-1,0,0,0" if node.guest else "0,0,-1,0,0,0"
    return f"10,{number},{node.name},{round(node.x)},{round(y)},{width},{height},{shape},{bits},{hidden}{colour}"


def _tray(model: Model, diagram: Diagram) -> list[Node]:
    """Return the constants of a view in rows below its diagram, in the order of the file."""
    drawn = {node.name for node in diagram.nodes}
    low = max((node.y for node in diagram.nodes), default=0.0) + 1.5 * CELL_HEIGHT
    left = min((node.x for node in diagram.nodes), default=90.0)
    own = sections(model).get(diagram.title, ())
    names = [name for name in own if model.variables[name].kind in STILL and name not in drawn]
    return [
        Node(
            name,
            model.variables[name].kind,
            left + CELL_WIDTH * (at % _ACROSS),
            low + 0.6 * CELL_HEIGHT * (at // _ACROSS),
        )
        for at, name in enumerate(names)
    ]


def _middle(one: Node, other: Node) -> tuple[int, int]:
    return round((one.x + other.x) / 2), round((one.y + other.y) / 2)


def _bent(one: Node, other: Node) -> tuple[int, int]:
    """Return the handle of a slightly bent arrow."""
    x, y = (one.x + other.x) / 2, (one.y + other.y) / 2
    return round(x + (other.y - one.y) * 0.06), round(y - (other.x - one.x) * 0.06)
