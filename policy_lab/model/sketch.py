"""Vensim's sketch section, read by hand: what stands where in each view, and which arrows there are.

A sketch is data: nothing in it is executed, its size is bounded, and a line that cannot be read is skipped with a
notice. The format is that of the Vensim manual (appendix *Sketch Information*): after the line of backslashes a
version, ``*name of the view``, ``$`` and its fonts, and then one line an object, whose first number says what it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from policy_lab.errors import Problem, clipped

MARK: Final = "\\\\\\---///"
"""Begins a view."""
END: Final = "///---\\\\\\"
"""Ends the sketch; the settings follow."""
MOST_LINES: Final = 100_000
MOST_NOTICES: Final = 20
FARTHEST: Final = 1_000_000.0
"""No coordinate lies beyond this, in pixels."""

_ARROW, _VARIABLE, _VALVE, _COMMENT = 1, 10, 11, 12
_PIPE_THICKNESS = 20
_BOX, _ATTACHED = 3, 32
_FROM_SOURCE = 100
"""Shape of the pipe between a valve and what flows through it: the file has it lead backwards, from the valve."""
_DELAY = 1
_OBJECT = re.compile(r"\s*(\d{1,4})\s*,")
_NAMED = re.compile(r'\s*\d+\s*,\s*(\d+)\s*,\s*("(?:[^"\\]|\\.)*"|[^,]*)\s*,(.*)$')
_POINT = re.compile(r"\(\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*\)")


@dataclass(frozen=True)
class Mark:
    """Something that stands at a place of a view, in pixels from the top left corner.

    ``kind`` is ``variable``, ``valve``, ``cloud`` or ``comment``; ``name`` the variable's, as the sketch spells it, or
    the words of a comment. ``attached``: it names the valve before it. ``shadow``: a second picture of a variable.
    """

    number: int
    kind: str
    name: str
    x: float
    y: float
    half_width: float
    half_height: float
    boxed: bool = False
    attached: bool = False
    shadow: bool = False


@dataclass(frozen=True)
class Arrow:
    """An arrow between two marks, by their numbers; ``sign`` is what the sketch writes beside it."""

    start: int
    end: int
    pipe: bool = False
    hidden: bool = False
    delayed: bool = False
    sign: str = ""
    via: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class View:
    """One view: its marks by number, and its arrows."""

    title: str
    marks: Mapping[int, Mark]
    arrows: tuple[Arrow, ...]


@dataclass(frozen=True)
class Sketch:
    """All views of a file, and what could not be read of them."""

    views: tuple[View, ...]
    notices: tuple[Problem, ...] = ()

    def view(self, title: str) -> View:
        """Return the view of a title; an empty one where the sketch has none."""
        return next((view for view in self.views if view.title == title), View(title, {}, ()))


@dataclass
class _Draft:
    title: str
    marks: dict[int, Mark] = field(default_factory=dict)
    arrows: list[tuple[Arrow, int]] = field(default_factory=list)


def read_sketch(text: str, path: Path | None = None) -> Sketch:
    """Read the sketch section of a ``.mdl`` file.

    Parameters
    ----------
    text
        The whole file, or its sketch section.
    path
        Named in notices.

    Returns
    -------
    Sketch
        Without views where the text has no sketch.
    """
    before, mark, rest = text.partition(MARK)
    if not mark:
        return Sketch(())
    notices: list[Problem] = []
    drafts: list[_Draft] = []
    first = before.count("\n") + 1
    skip = False
    for number, line in enumerate((mark + rest).partition(END)[0].splitlines()[:MOST_LINES], start=first):
        if skip:  # the words of a comment stand on the line after it
            skip = False
        elif line.startswith("*"):
            drafts.append(_Draft(line[1:].strip()))
        elif _OBJECT.match(line) and drafts:
            fault = _take(line, drafts[-1], number)
            skip = _is_text(line)
            if fault and len(notices) < MOST_NOTICES:
                notices.append(Problem(f"a line of the sketch was skipped: {fault}", file=path, line=number))
    views = []
    for draft in drafts:
        arrows, faults = _joined(draft, path)
        notices += faults[: MOST_NOTICES - len(notices)]
        views.append(View(draft.title, dict(draft.marks), arrows))
    return Sketch(tuple(views), tuple(notices))


def _joined(draft: _Draft, path: Path | None) -> tuple[tuple[Arrow, ...], list[Problem]]:
    """Return the arrows whose ends are there, and a notice for each that hangs in the air."""
    arrows, faults = [], []
    for arrow, line in draft.arrows:
        if arrow.start in draft.marks and arrow.end in draft.marks:
            arrows.append(arrow)
        else:
            faults.append(Problem("an arrow of the sketch was skipped: it leads to nothing", file=path, line=line))
    return tuple(arrows), faults


def _is_text(line: str) -> bool:
    """Say whether the line after this one holds the words of a comment: bit 4 of its bits."""
    cells = line.split(",")
    return (
        cells[0].strip() == str(_COMMENT)
        and len(cells) > 8
        and cells[8].strip().isdecimal()
        and bool(int(cells[8]) & 4)
    )


def _take(line: str, draft: _Draft, at: int) -> str:
    """Take one object into a view; return what is wrong with it, or nothing."""
    kind = int(line.split(",", 1)[0])
    try:
        if kind == _ARROW:
            draft.arrows.append((_arrow(line), at))
        elif kind in (_VARIABLE, _VALVE, _COMMENT):
            mark = _mark(kind, line)
            draft.marks[mark.number] = mark
    except (ValueError, IndexError):
        return f"`{clipped(line, 40)}` has not the fields that it needs"
    return ""


def _mark(kind: int, line: str) -> Mark:
    found = _NAMED.match(line)
    if found is None:
        raise ValueError("no name")
    cells = found.group(3).split(",")
    x, y, width, height = (_coordinate(cell) for cell in cells[:4])
    shape, bits = int(cells[4]), int(cells[5])
    name = " ".join(found.group(2).split())
    is_cloud = kind == _COMMENT and name.isdecimal() and name != "0"
    return Mark(
        number=int(found.group(1)),
        kind={_VARIABLE: "variable", _VALVE: "valve"}.get(kind, "cloud" if is_cloud else "comment"),
        name=name if kind == _VARIABLE else "",
        x=x,
        y=y,
        half_width=width,
        half_height=height,
        boxed=kind == _VARIABLE and shape & 31 == _BOX,
        attached=bool(shape & _ATTACHED),
        shadow=kind == _VARIABLE and bits % 2 == 0,
    )


def _arrow(line: str) -> Arrow:
    cells = line.split(",", 13)
    pol = int(cells[6])
    points = tuple(_points(cells[13])) if len(cells) > 13 else ()
    ends = int(cells[2]), int(cells[3])
    backward = int(cells[4]) == _FROM_SOURCE
    return Arrow(
        start=ends[1] if backward else ends[0],
        end=ends[0] if backward else ends[1],
        pipe=int(cells[7]) > _PIPE_THICKNESS,
        hidden=int(cells[5]) > 0,
        delayed=bool(int(cells[9]) & _DELAY),
        sign=chr(pol) if 32 < pol < 127 else "",
        via=points,
    )


def _points(text: str) -> Iterator[tuple[float, float]]:
    for x, y in _POINT.findall(text):
        yield _coordinate(x), _coordinate(y)


def _coordinate(text: str) -> float:
    value = float(text)
    if not abs(value) <= FARTHEST:
        raise ValueError("too far")
    return value
