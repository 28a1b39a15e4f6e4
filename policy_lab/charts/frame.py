"""Lay the words round a chart: title and subtitle above, source below, and wrap them to the width that there is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from policy_lab.charts.palette import GRID, QUIET_TEXT, TEXT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

MARGIN = 0.1
"""Inches round the whole chart."""
TITLE_POINTS = 10.5
SUBTITLE_POINTS = 8.5
SOURCE_POINTS = 7.0
LINE = 1.3
"""Height of a line of text as a multiple of its size."""
_HINTING = 1.03
"""Letters fitted to the pixels of a PNG run a little wider than their outlines."""
_GAP = 0.05
"""Inches between title and subtitle."""


@dataclass(frozen=True)
class Frame:
    """The words of a chart, wrapped, and the heights (in inches) that they take."""

    title: tuple[str, ...]
    subtitle: tuple[str, ...]
    source: tuple[str, ...]

    @property
    def top(self) -> float:
        """Inches taken above the plot."""
        words = len(self.title) * TITLE_POINTS + len(self.subtitle) * SUBTITLE_POINTS
        return MARGIN + words * LINE / 72 + _GAP + 0.12

    @property
    def bottom(self) -> float:
        """Inches taken below the plot."""
        return MARGIN + len(self.source) * SOURCE_POINTS * LINE / 72 + 0.06

    def paint(self, sheet: Sheet) -> None:
        """Write the words."""
        y = MARGIN
        for line in self.title:
            sheet.text(MARGIN, y, line, size=TITLE_POINTS, weight="bold", va="top")
            y += TITLE_POINTS * LINE / 72
        y += _GAP
        for line in self.subtitle:
            sheet.text(MARGIN, y, line, size=SUBTITLE_POINTS, color=QUIET_TEXT, va="top")
            y += SUBTITLE_POINTS * LINE / 72
        y = sheet.height - MARGIN - len(self.source) * SOURCE_POINTS * LINE / 72
        for line in self.source:
            sheet.text(MARGIN, y, line, size=SOURCE_POINTS, color=QUIET_TEXT, va="top")
            y += SOURCE_POINTS * LINE / 72


@dataclass(frozen=True)
class Sheet:
    """A canvas measured in inches from its top left corner."""

    canvas: Canvas

    @property
    def width(self) -> float:
        """Inches."""
        return float(self.canvas.get_size_inches()[0])

    @property
    def height(self) -> float:
        """Inches."""
        return float(self.canvas.get_size_inches()[1])

    def text(self, x: float, y: float, words: str, *, size: float = 8, **how: Any) -> None:
        """Write words at a place; ``how`` is what matplotlib's text understands."""
        how = {"color": TEXT, "va": "center", "ha": "left", "linespacing": 1.15, **how}
        self.canvas.text(x / self.width, 1 - y / self.height, words, fontsize=size, **how)

    def axes(self, x: float, y: float, width: float, height: float) -> Axes:
        """Add a plot whose top left corner is at a place."""
        return self.canvas.add_axes(
            (x / self.width, 1 - (y + height) / self.height, width / self.width, height / self.height)
        )


def ruled(axes: Axes, along: Literal["x", "y", "both"] = "y") -> None:
    """Draw faint lines behind what is plotted, and the two sides that carry figures in the quiet colour."""
    axes.grid(axis=along, color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(QUIET_TEXT)


def frame(title: str, subtitle: str, source: str, width: float) -> Frame:
    """Wrap the words of a chart to its width in inches."""
    room = width - 2 * MARGIN
    return Frame(
        tuple(wrapped(title, room, TITLE_POINTS, bold=True)),
        tuple(wrapped(subtitle, room, SUBTITLE_POINTS)),
        tuple(wrapped(source, room, SOURCE_POINTS)),
    )


def wrapped(text: str, width: float, points: float, *, bold: bool = False) -> list[str]:
    """Break text into lines that are no wider than ``width`` inches when set at ``points``.

    A single word that is wider stands alone on its line.
    """
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, points, bold=bold) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def text_width(text: str, points: float, *, bold: bool = False) -> float:
    """Return how wide a line of text is, in inches, measured with the font that is shipped with matplotlib."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextToPath

    font = FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal", size=72)
    width, _, _ = TextToPath().get_text_width_height_descent(text, font, ismath=False)
    return float(width) / 72 * points / 72 * _HINTING
