"""Where an XMILE file draws its variables: the ``<view>`` elements, read into the same form as Vensim's sketch."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from lxml import etree

from policy_lab.errors import Problem
from policy_lab.model.sketch import FARTHEST, Arrow, Mark, Sketch, View
from policy_lab.model.types import plain_name

_KINDS: Final = ("stock", "flow", "aux")
MOST_MARKS: Final = 20_000


def read_views(text: str, path: Path | None = None) -> Sketch:
    """Read the stock-and-flow views of an XMILE file.

    Parameters
    ----------
    text
        The file's bytes read as Latin-1, as :func:`policy_lab.model.source.read_source` gives them.
    path
        Named in notices.

    Returns
    -------
    Sketch
        Views of interfaces and dashboards are left aside; what has no place is told in ``notices``.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False, recover=True
    )
    root = etree.fromstring(text.encode("latin-1"), parser)
    if root is None:
        return Sketch(())
    notices: list[Problem] = []
    views = []
    for number, node in enumerate(_all(root, "view"), start=1):
        if node.get("type", "stock_flow") != "stock_flow":
            continue
        view = _view(node, str(node.get("name") or f"View {number}"), path, notices)
        if view.marks:
            views.append(view)
    return Sketch(tuple(views), tuple(notices))


def _all(node: etree._Element, name: str) -> Iterator[etree._Element]:
    return (one for one in node.iter() if isinstance(one.tag, str) and etree.QName(one).localname == name)


def _view(node: etree._Element, title: str, path: Path | None, notices: list[Problem]) -> View:
    marks: dict[int, Mark] = {}
    numbers: dict[str, int] = {}
    for kind in _KINDS:
        for one in _all(node, kind):
            name = " ".join(str(one.get("name", "")).replace("\\n", " ").split())
            x, y = _number(one.get("x")), _number(one.get("y"))
            if not name or math.isnan(x) or math.isnan(y) or len(marks) >= MOST_MARKS:
                notices.append(
                    Problem("no place for it in this view", file=path, line=one.sourceline, variable=name or None)
                )
                continue
            number = 10 * (len(marks) + 1)
            marks[number] = Mark(number, "variable", name, x, y, 20.0, 15.0, boxed=kind == "stock")
            numbers[plain_name(name)] = number
            if kind == "flow":
                marks |= _clouds(one, number)
    return View(title, marks, tuple(_arrows(node, marks, numbers)))


def _clouds(flow: etree._Element, number: int) -> dict[int, Mark]:
    """Return a mark for each end of a flow's pipe: a stock, when one is there, covers it."""
    points = [(_number(point.get("x")), _number(point.get("y"))) for point in _all(flow, "pt")]
    points = [point for point in points if not any(map(math.isnan, point))]
    ends = (points[0], points[-1]) if len(points) > 1 else ()
    return {number + at: Mark(number + at, "cloud", "", x, y, 10.0, 8.0) for at, (x, y) in enumerate(ends, start=1)}


def _arrows(node: etree._Element, marks: dict[int, Mark], numbers: dict[str, int]) -> Iterator[Arrow]:
    """Yield the connectors, and a pipe from each end of a flow."""
    for one in _all(node, "connector"):
        ends = [
            numbers.get(plain_name(" ".join("".join(end.itertext()).replace("\\n", " ").split())))
            for tag in ("from", "to")
            for end in _all(one, tag)
        ]
        if len(ends) == 2 and ends[0] is not None and ends[1] is not None:
            yield Arrow(ends[0], ends[1], sign=str(one.get("polarity") or "")[:1])
    for number, mark in marks.items():
        if mark.kind == "cloud":
            flow = number - number % 10
            yield Arrow(number, flow, pipe=True) if number % 10 == 1 else Arrow(flow, number, pipe=True)


def _number(text: object) -> float:
    try:
        value = float(str(text))
    except ValueError:
        return math.nan
    return value if abs(value) <= FARTHEST else math.nan
