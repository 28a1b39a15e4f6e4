"""Causal-loop diagrams: one small diagram a loop, and one picture of what the named loops share."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from policy_lab.analysis.loops import link_table
from policy_lab.charts import pen
from policy_lab.charts.figure import WIDTH, Figure
from policy_lab.charts.frame import MARGIN, Frame, Sheet, frame
from policy_lab.charts.palette import DARK_BLUE, QUIET_TEXT, TEXT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

    from policy_lab.run.feedback import NamedLoop

LETTERS = {"reinforcing": "R", "balancing": "B"}
COLOURS = {"reinforcing": "#B8480A", "balancing": DARK_BLUE}
_ROOM = 1.0
"""Inches that the words of a variable may take."""
_KEY = "+ the effect goes the same way as its cause, − (dashed) the other way; bars across an arrow: it takes time."


@dataclass(frozen=True)
class _Ring:
    """The variables of a loop round an ellipse, clockwise from the top."""

    labels: tuple[pen.Label, ...]
    width: float
    height: float


def loop_chart(one: NamedLoop, *, unit: str, source: str, manifest: Mapping[str, Any]) -> Figure:
    """Draw one named loop.

    Parameters
    ----------
    one
        With its links: a loop that the model does not have cannot be drawn.
    unit
        Of time, singular: ``month``.
    source, manifest
        The line under the picture, and what is written into the file beside it.

    Returns
    -------
    Figure
        Its data are the links, with sign and delay.
    """
    kind = f"{'an' if one.kind == 'unclear' else 'a'} {one.kind} loop"
    title = f"{_called(one)}: {kind} of {len(one.loop.path)} variables"
    subtitle = " ".join(part for part in (one.loop.meaning, delay_words(one, unit), _KEY) if part)
    words = frame(title, subtitle, source, WIDTH)
    ring = _ring(one.loop.path)

    def paint(canvas: Canvas) -> None:
        _paint(canvas, words, one, ring)

    size = (WIDTH, words.top + ring.height + words.bottom)
    return Figure(title, subtitle, loop_words(one, unit), source, link_table([one]), manifest, paint, size)


def delay_words(one: NamedLoop, unit: str) -> str:
    """Say how long a loop takes, and where."""
    slow = [link for link in one.links if link.delayed]
    if not slow:
        return "It acts at once."
    longest = max(slow, key=lambda link: link.delay)
    if math.isinf(longest.delay):
        return f"{longest.effect} only accumulates."
    told = f"Adjustment times on the way: {_time(one.delay, unit)} together"
    return (
        f"{told}, the longest that of {longest.effect} ({_time(longest.delay, unit)})." if len(slow) > 1 else f"{told}."
    )


def _time(value: float, unit: str) -> str:
    shown = f"{value:.0f}" if value >= 10 else f"{value:.1g}"
    return f"{shown} {unit}{'' if shown == '1' else 's'}"


def loop_words(one: NamedLoop, unit: str) -> str:
    """Tell a loop in words, link by link."""
    steps = []
    for link in one.links:
        way = {"+": "raises", "−": "lowers"}.get(link.sign, "moves")
        late = f" ({_time(link.delay, unit)})" if link.delayed and math.isfinite(link.delay) else ""
        steps.append(f"more {link.cause} {way} {link.effect}{late}")
    return f"Causal loop {_called(one)}, {one.kind}: {'; '.join(steps)}."


def _called(one: NamedLoop) -> str:
    """Return a loop's name and title; one that was looked for by hand has a title only."""
    return f"{one.name} {one.loop.title}".strip()


def _ring(path: Sequence[str]) -> _Ring:
    """Place the variables round an ellipse that is as large as their words need."""
    count = len(path)
    half_width = (WIDTH - 2 * MARGIN) / 2 - _ROOM / 2
    half_height = max(0.62, 0.155 * count)
    angles = _angles(count, half_width, half_height)
    middle = (WIDTH / 2 - MARGIN, half_height + 0.3)
    labels = tuple(
        pen.label(middle[0] + half_width * math.sin(a), middle[1] - half_height * math.cos(a), name, _ROOM, points=7.5)
        for a, name in zip(angles, path, strict=True)
    )
    return _Ring(labels, WIDTH - 2 * MARGIN, 2 * half_height + 0.6)


def _angles(count: int, wide: float, high: float) -> list[float]:
    """Return angles that lie at equal distances along an ellipse, from the top on, clockwise."""
    steps = 720
    points = [
        (wide * math.sin(2 * math.pi * k / steps), high * math.cos(2 * math.pi * k / steps)) for k in range(steps + 1)
    ]
    along = [0.0]
    for one, other in itertools.pairwise(points):
        along.append(along[-1] + math.hypot((other[0] - one[0]) * 0.75, other[1] - one[1]))
    wanted = [along[-1] * k / count for k in range(count)]
    found, at = [], 0
    for distance in wanted:
        while along[at + 1] < distance:
            at += 1
        found.append(2 * math.pi * at / steps)
    return found


def _paint(canvas: Canvas, words: Frame, one: NamedLoop, ring: _Ring) -> None:
    sheet = Sheet(canvas)
    words.paint(sheet)
    axes = sheet.axes(MARGIN, words.top, ring.width, ring.height)
    axes.set_xlim(0, ring.width)
    axes.set_ylim(ring.height, 0)
    axes.axis("off")
    colour = COLOURS.get(one.kind, QUIET_TEXT)
    count = len(ring.labels)
    for at, link in enumerate(one.links):
        start, end = ring.labels[at], ring.labels[(at + 1) % count]
        bend = 0.35 if count == 2 else 0.1
        pen.link(
            axes, start, end, bend=bend, sign=link.sign, delayed=link.delayed, colour=colour, dashed=link.sign == "−"
        )
    for label in ring.labels:
        pen.write(axes, label, points=7.5, zorder=6)
    mark(axes, ring.width / 2, ring.height / 2, one.name, LETTERS.get(one.kind, "?"), colour)


def mark(axes: Axes, x: float, y: float, name: str, letter: str, colour: str, size: float = 0.26) -> None:
    """Draw the sign of a loop: its letter inside an arrow that goes round clockwise, its name below."""
    from matplotlib.patches import Arc, Polygon

    axes.add_patch(Arc((x, y), 2 * size, 2 * size, theta1=-60, theta2=240, color=colour, linewidth=1.4))
    end = math.radians(240)
    tip = (x + size * math.cos(end) + 0.03, y + size * math.sin(end) - 0.02)
    corners = [tip, (tip[0] - 0.11, tip[1] - 0.03), (tip[0] - 0.03, tip[1] + 0.1)]
    axes.add_patch(Polygon(corners, closed=True, facecolor=colour, edgecolor="none"))
    axes.text(x, y, letter, fontsize=13, fontweight="bold", color=colour, ha="center", va="center")
    pen.note(axes, x, y + size + 0.13, name, fontsize=8, color=TEXT, fontweight="bold")
