"""Curves with their bands, a panel for each design, and one line beside them all to compare with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from policy_lab.charts.figure import WIDTH, Figure
from policy_lab.charts.frame import Sheet, frame, ruled
from policy_lab.charts.palette import DARK_BLUE, DARK_PINK, QUIET_TEXT, TEXT
from policy_lab.charts.panels import Panel, grid, titled_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

BAND = "#C7D5E5"


@dataclass(frozen=True)
class Curves:
    """What is drawn: columns of a table with a ``design`` column, and how the axes are marked.

    ``low`` and ``high`` may be empty: no band. ``steps`` draws a staircase, ``level`` a level line beside the curves.
    """

    table: pd.DataFrame
    x: str
    y: str
    low: str
    high: str
    x_title: str
    x_limits: tuple[float, float]
    y_limits: tuple[float, float]
    y_ticks: dict[float, str]
    x_ticks: dict[float, str] = field(default_factory=dict)
    """Where and how the lower axis is marked; left to the plot where empty."""
    base: str = ""
    steps: bool = False
    level: float | None = None


def curves_figure(
    title: str,
    subtitle: str,
    alt: str,
    source: str,
    *,
    shorts: Mapping[str, str],
    curves: Curves,
    manifest: Mapping[str, Any],
) -> Figure:
    """Return the figure of some curves: a panel for each design of ``shorts``, under what it is called there.

    The base design's curve stands in each, dashed.
    """
    words = frame(title, subtitle, source, WIDTH)
    layout = grid(dict(shorts), words, right=0.25, between=0.34)

    def paint(canvas: Canvas) -> None:
        sheet = Sheet(canvas)
        words.paint(sheet)
        for panel, axes in titled_axes(sheet, layout):
            _paint_panel(axes, panel, curves)

    return Figure(title, subtitle, alt, source, curves.table, manifest, paint, (WIDTH, layout.height))


def _paint_panel(axes: Axes, panel: Panel, curves: Curves) -> None:
    rows = curves.table[curves.table["design"] == panel.name]
    beside = curves.table[curves.table["design"] == curves.base]
    how = "steps-post" if curves.steps else "default"
    if curves.low:
        low, high = rows[curves.low], rows[curves.high]
        axes.fill_between(rows[curves.x], low, high, step="post" if curves.steps else None, color=BAND, linewidth=0)
    if curves.level is not None:
        axes.axhline(curves.level, color=QUIET_TEXT, linewidth=0.9, linestyle=(0, (1, 1.5)))
    if panel.name != curves.base and not beside.empty:
        dashed = (0, (4, 2))
        axes.plot(beside[curves.x], beside[curves.y], color=DARK_PINK, linewidth=1.1, linestyle=dashed, drawstyle=how)
    axes.plot(rows[curves.x], rows[curves.y], color=DARK_BLUE, linewidth=1.8, drawstyle=how)
    axes.set_xlim(*curves.x_limits)
    axes.set_ylim(*curves.y_limits)
    axes.set_yticks(list(curves.y_ticks), list(curves.y_ticks.values()))
    ruled(axes)
    if curves.x_ticks:
        axes.set_xticks(list(curves.x_ticks), list(curves.x_ticks.values()))
    else:
        axes.locator_params(axis="x", nbins=4)
    axes.tick_params(colors=QUIET_TEXT, labelcolor=TEXT, length=2, labelleft=panel.leftmost, labelbottom=panel.lowest)
    if panel.lowest:
        axes.set_xlabel(curves.x_title, color=QUIET_TEXT, labelpad=1)
