"""Small multiples: where each panel lies, one a design, under the words of the chart."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from policy_lab.charts.figure import WIDTH
from policy_lab.charts.frame import LINE, Frame, Sheet, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Panel:
    """One panel: its name, wrapped, and the corner (inches from the top left) and size of its plot."""

    name: str
    title: tuple[str, ...]
    x: float
    y: float
    width: float
    height: float
    leftmost: bool
    lowest: bool

    @property
    def title_y(self) -> float:
        """Where the title's last line stands above the plot."""
        return self.y - 0.06


@dataclass(frozen=True)
class Grid:
    """All panels and the height of the whole sheet."""

    panels: tuple[Panel, ...]
    height: float


def titled_axes(sheet: Sheet, layout: Grid) -> Iterator[tuple[Panel, Axes]]:
    """Write the name of each panel and give the plot beneath it."""
    for panel in layout.panels:
        sheet.text(panel.x, panel.title_y, "\n".join(panel.title), weight="bold", va="bottom")
        yield panel, sheet.axes(panel.x, panel.y, panel.width, panel.height)


def grid(
    titles: dict[str, str],
    words: Frame,
    *,
    left: float = 0.55,
    right: float = 0.12,
    plot: float = 1.15,
    axis: float = 0.4,
    between: float = 0.28,
    most: int = 3,
) -> Grid:
    """Lay out one panel for each name, at most ``most`` in a row.

    ``left`` and ``right`` are room for labels beside each row's plots, ``axis`` below the lowest plots, ``between``
    two plots of a row; inches.
    """
    count = len(titles)
    columns = min(count, 2 if count in (2, 4) else most)
    rows = math.ceil(count / columns)
    width = (WIDTH - left - right - between * (columns - 1)) / columns
    wrapped_titles = {name: tuple(wrapped(title, width + 0.1, 8, bold=True)) for name, title in titles.items()}
    lines = [
        max(len(wrapped_titles[name]) for name in list(titles)[row * columns : (row + 1) * columns])
        for row in range(rows)
    ]
    panels = []
    y = words.top
    for row in range(rows):
        y += lines[row] * 8 * LINE / 72 + 0.08
        for column in range(columns):
            place = row * columns + column
            if place >= count:
                break
            name = list(titles)[place]
            x = left + column * (width + between)
            lowest = place + columns >= count
            panels.append(Panel(name, wrapped_titles[name], x, y, width, plot, column == 0, lowest))
        y += plot + (0.24 if row + 1 < rows else axis)
    return Grid(tuple(panels), y + words.bottom)
