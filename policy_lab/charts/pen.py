"""What diagrams are drawn with: words in boxes, arrows with signs and delay bars, pipes with valves; all in inches."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from policy_lab.charts.frame import LINE, text_width, wrapped
from policy_lab.charts.palette import DARK_BLUE, GREY_LINE, PAPER, QUIET_TEXT, TEXT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Point = tuple[float, float]

POINTS = 7.0
"""Size of the words in a diagram; a page is as wide as a diagram, so that it is their size on paper too."""
STOCK_FILL = "#E7EEF5"
_PAD_X, _PAD_Y = 0.04, 0.035
_HEAD = 0.075
_SIGN = 0.075


@dataclass(frozen=True)
class Label:
    """Words at a place: broken into lines, with half the width and height that they take."""

    x: float
    y: float
    lines: tuple[str, ...]
    half_width: float
    half_height: float

    @property
    def centre(self) -> Point:
        """Its middle."""
        return self.x, self.y

    def edge(self, towards: Point, gap: float = 0.01) -> Point:
        """Return where a line from the middle towards a point leaves the words."""
        dx, dy = towards[0] - self.x, towards[1] - self.y
        if dx == dy == 0:
            return self.centre
        wide, high = self.half_width + gap, self.half_height + gap
        share = min(wide / abs(dx) if dx else math.inf, high / abs(dy) if dy else math.inf)
        return self.x + dx * share, self.y + dy * share


def label(x: float, y: float, words: str, room: float, *, points: float = POINTS, boxed: bool = False) -> Label:
    """Break words into lines no wider than ``room`` inches, and measure them."""
    lines = tuple(wrapped(words, room - 2 * _PAD_X, points)) or ("",)
    wide = max(text_width(line, points) for line in lines) / 2 + _PAD_X + (0.02 if boxed else 0)
    return Label(x, y, lines, wide, len(lines) * points * LINE / 144 + _PAD_Y * (1.6 if boxed else 0.4))


def write(
    axes: Axes, one: Label, *, points: float = POINTS, colour: str = TEXT, paper: str = PAPER, **how: Any
) -> None:
    """Write the words of a label, on paper that covers what passes behind them."""
    step = points * LINE / 72
    top = one.y - step * (len(one.lines) - 1) / 2
    sheet = {"boxstyle": "square,pad=0.05", "facecolor": paper, "edgecolor": "none"}
    for number, line in enumerate(one.lines):
        axes.text(
            one.x, top + number * step, line, fontsize=points, color=colour, ha="center", va="center", bbox=sheet, **how
        )


def box(axes: Axes, one: Label) -> None:
    """Draw a box round a label: a stock."""
    from matplotlib.patches import Rectangle

    corner = (one.x - one.half_width, one.y - one.half_height)
    size = (2 * one.half_width, 2 * one.half_height)
    axes.add_patch(Rectangle(corner, *size, facecolor=STOCK_FILL, edgecolor=DARK_BLUE, linewidth=1.2, zorder=3))


def cloud(axes: Axes, x: float, y: float) -> None:
    """Draw a small cloud: the outside of the model."""
    from matplotlib.patches import Circle

    for dx, dy, size in ((-0.06, 0.01, 0.05), (0.06, 0.01, 0.05), (0.0, -0.03, 0.06), (0.0, 0.02, 0.055)):
        circle = Circle((x + dx, y + dy), size, facecolor=PAPER, edgecolor=GREY_LINE, linewidth=0.8, zorder=3)
        axes.add_patch(circle)
    axes.add_patch(Circle((x, y), 0.065, facecolor=PAPER, edgecolor="none", zorder=3.1))


def pipe(axes: Axes, start: Point, end: Point, *, head: bool) -> None:
    """Draw a pipe as a double line, with a broad head where it enters a stock or a cloud."""
    from matplotlib.patches import Polygon

    dx, dy = end[0] - start[0], end[1] - start[1]
    length = math.hypot(dx, dy)
    if length < 1e-6:
        return
    ux, uy = dx / length, dy / length
    stop = (end[0] - ux * 0.09, end[1] - uy * 0.09) if head else end
    axes.plot([start[0], stop[0]], [start[1], stop[1]], color=DARK_BLUE, linewidth=3.2, solid_capstyle="butt", zorder=2)
    axes.plot([start[0], stop[0]], [start[1], stop[1]], color=PAPER, linewidth=1.4, solid_capstyle="butt", zorder=2.1)
    if head:
        wing = 0.055
        corners = [end, (stop[0] - uy * wing, stop[1] + ux * wing), (stop[0] + uy * wing, stop[1] - ux * wing)]
        axes.add_patch(Polygon(corners, closed=True, facecolor=DARK_BLUE, edgecolor="none", zorder=3))


def valve(axes: Axes, x: float, y: float, *, upright: bool) -> None:
    """Draw an hourglass on a pipe: what regulates a flow."""
    from matplotlib.patches import Polygon

    a, b = (0.075, 0.055) if upright else (0.055, 0.075)
    glass = [(x - a, y - b), (x + a, y - b), (x - a, y + b), (x + a, y + b)]
    if upright:
        glass = [(x - a, y - b), (x - a, y + b), (x + a, y - b), (x + a, y + b)]
    shape = Polygon(glass, closed=True, facecolor=PAPER, edgecolor=DARK_BLUE, linewidth=1.0, zorder=4)
    axes.add_patch(shape)


def link(
    axes: Axes,
    start: Label,
    end: Label,
    *,
    bend: float = 0.12,
    sign: str = "",
    delayed: bool = False,
    colour: str = GREY_LINE,
    dashed: bool = False,
    width: float = 0.9,
) -> None:
    """Draw a curved arrow from one label to another, its sign beside the head and bars across it for a delay."""
    control = _control(start.centre, end.centre, bend)
    first, last = start.edge(control), end.edge(control, 0.02)
    curve = _curve(first, control, last, 24)
    shaft = [point for point in curve if math.dist(point, last) > _HEAD * 0.8] or [first]
    shaft.append(_towards(last, shaft[-1], _HEAD * 0.8))
    axes.plot(
        [x for x, _ in shaft],
        [y for _, y in shaft],
        color=colour,
        linewidth=width,
        linestyle=(0, (4, 2)) if dashed else "solid",
        zorder=1,
        solid_capstyle="round",
    )
    _head(axes, shaft[-1], last, colour)
    if delayed:
        _bars(axes, curve[11], curve[13], colour)
    if sign:
        _sign(axes, curve, sign, bend, colour)


def _towards(start: Point, end: Point, length: float) -> Point:
    """Return the point so far from the start on the way to the end."""
    share = length / (math.dist(start, end) or 1.0)
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


def _control(start: Point, end: Point, bend: float) -> Point:
    dx, dy = end[0] - start[0], end[1] - start[1]
    return (start[0] + end[0]) / 2 + dy * bend, (start[1] + end[1]) / 2 - dx * bend


def _curve(first: Point, control: Point, last: Point, steps: int) -> Sequence[Point]:
    """Return points of a quadratic Bézier curve."""
    shares = [step / steps for step in range(steps + 1)]
    return [
        tuple((1 - t) ** 2 * a + 2 * t * (1 - t) * c + t**2 * b for a, c, b in zip(first, control, last, strict=True))  # type: ignore[misc]
        for t in shares
    ]


def _head(axes: Axes, before: Point, tip: Point, colour: str) -> None:
    from matplotlib.patches import Polygon

    dx, dy = tip[0] - before[0], tip[1] - before[1]
    length = math.hypot(dx, dy) or 1.0
    ux, uy = dx / length, dy / length
    back = (tip[0] - ux * _HEAD, tip[1] - uy * _HEAD)
    wing = _HEAD * 0.42
    corners = [tip, (back[0] - uy * wing, back[1] + ux * wing), (back[0] + uy * wing, back[1] - ux * wing)]
    axes.add_patch(Polygon(corners, closed=True, facecolor=colour, edgecolor="none", zorder=2))


def _bars(axes: Axes, before: Point, after: Point, colour: str) -> None:
    """Draw two short bars across a link: the effect takes time."""
    dx, dy = after[0] - before[0], after[1] - before[1]
    length = math.hypot(dx, dy) or 1.0
    ux, uy = dx / length, dy / length
    x, y = (before[0] + after[0]) / 2, (before[1] + after[1]) / 2
    for shift in (-0.022, 0.022):
        at = (x + ux * shift, y + uy * shift)
        axes.plot(
            [at[0] - uy * 0.055, at[0] + uy * 0.055], [at[1] + ux * 0.055, at[1] - ux * 0.055],
            color=colour, linewidth=1.3, zorder=2, solid_capstyle="butt",
        )  # fmt: skip


def _sign(axes: Axes, curve: Sequence[Point], sign: str, bend: float, colour: str) -> None:
    """Write a sign beside the head of a link, on the outside of its bend."""
    last, before = curve[-1], curve[-6]
    dx, dy = last[0] - before[0], last[1] - before[1]
    length = math.hypot(dx, dy) or 1.0
    side = 1.0 if bend >= 0 else -1.0
    at = _towards(last, before, 0.11)
    x, y = at[0] + side * dy / length * 0.1, at[1] - side * dx / length * 0.1
    axes.text(
        x, y, sign, fontsize=9, fontweight="bold", color=colour, ha="center", va="center", zorder=5,
        bbox={"boxstyle": "circle,pad=0.08", "facecolor": PAPER, "edgecolor": "none", "alpha": 0.85},
    )  # fmt: skip


def note(axes: Axes, x: float, y: float, words: str, **how: Any) -> None:
    """Write small quiet words at a place."""
    axes.text(x, y, words, **{"fontsize": 6.5, "color": QUIET_TEXT, "ha": "center", "va": "center", **how})
