"""The bar moved: risk of each design under every threshold and persistence; the headline is one point of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from policy_lab.analysis.findings import surface_finding
from policy_lab.analysis.risk import surface
from policy_lab.analysis.setting import Setting, setting_of
from policy_lab.analysis.words import listed, percent
from policy_lab.charts.figure import WIDTH, Figure
from policy_lab.charts.frame import Frame, Sheet, frame, ruled
from policy_lab.charts.palette import DARK_BLUE, DARK_PINK, QUIET_TEXT, TEXT, TEXT_OF, TURQUOISE
from policy_lab.charts.panels import Grid, Panel, grid, titled_axes
from policy_lab.results.types import Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

_OTHERS = ((TURQUOISE, (0, (5, 1.5))), (DARK_PINK, (0, (1, 1))), (TURQUOISE, (0, (5, 1, 1, 1))))
"""Colour and dash of persistences other than the study's own: at most three of them are drawn."""


def surface_chart(results: Results) -> Figure:
    """Draw the risk of each design against the bar, one line a persistence, a panel for each design."""
    return surface_figure(surface(results), setting_of(results))


def surface_figure(table: pd.DataFrame, setting: Setting) -> Figure:
    """Draw the surface from the table of :func:`policy_lab.analysis.risk.surface`."""
    title = surface_finding(table, setting)
    lengths = shown_lengths(sorted(int(length) for length in table["periods"].unique()), setting.periods)
    subtitle = (
        f"{setting.measure}: share of modelled futures against the bar. Lines: saved periods in a row below the bar "
        f"({', '.join(str(length) for length in lengths)}; solid: {setting.periods}, the study's). "
        f"Dotted upright: the study's bar, {setting.threshold:.2g}."
    )
    words = frame(title, subtitle, setting.source_line, WIDTH)
    names = list(dict.fromkeys(table["design"]))
    layout = grid({name: setting.short(name) for name in names}, words, right=0.3)

    def paint(canvas: Canvas) -> None:
        _paint(canvas, words, layout, table, lengths, setting)

    alt = _alt(table, setting)
    return Figure(title, subtitle, alt, setting.source_line, table, setting.manifest, paint, (WIDTH, layout.height))


def shown_lengths(lengths: list[int], own: int) -> list[int]:
    """Return the study's persistence and at most three others, the extremes first."""
    others = [length for length in lengths if length != own]
    if len(others) > 3:
        others = [others[0], others[len(others) // 2], others[-1]]
    return sorted([own, *others])


def _alt(table: pd.DataFrame, setting: Setting) -> str:
    own = table[table["periods"] == setting.periods]
    parts = []
    for name, rows in own.groupby("design", sort=False):
        ends = rows.sort_values("threshold").iloc[[0, -1]]
        parts.append(
            f"{setting.short(str(name))} from {percent(ends['risk'].iloc[0])} to {percent(ends['risk'].iloc[1])}"
        )
    low, high = own["threshold"].min(), own["threshold"].max()
    spread = table.groupby(["design", "threshold"])["risk"].agg(lambda risks: risks.max() - risks.min()).max()
    return (
        f"Lines that rise with the bar. As the bar moves from {low:.2g} to {high:.2g}, with {setting.periods} periods "
        f"in a row: {listed(parts)}. Changing the persistence moves a risk by {percent(float(spread))} at most."
    )


def _paint(
    canvas: Canvas, words: Frame, layout: Grid, table: pd.DataFrame, lengths: list[int], setting: Setting
) -> None:
    sheet = Sheet(canvas)
    words.paint(sheet)
    for panel, axes in titled_axes(sheet, layout):
        _paint_panel(axes, panel, table[table["design"] == panel.name], lengths, setting)


def _paint_panel(axes: Axes, panel: Panel, rows: pd.DataFrame, lengths: list[int], setting: Setting) -> None:
    others = iter(_OTHERS)
    for length in lengths:
        line = rows[rows["periods"] == length].sort_values("threshold")
        own = length == setting.periods
        colour, dash = (DARK_BLUE, "solid") if own else next(others)
        axes.plot(
            line["threshold"], line["risk"], color=colour, linestyle=dash, linewidth=2.0 if own else 1.4, zorder=3 + own
        )
    _label_lines(axes, rows, lengths, setting)
    axes.axvline(setting.threshold, color=QUIET_TEXT, linewidth=1.0, linestyle=(0, (1, 1.5)), zorder=2)
    axes.set_ylim(-0.02, 1.02)
    axes.set_xlim(rows["threshold"].min(), rows["threshold"].max())
    axes.set_yticks([0, 0.5, 1], ["0%", "50%", "100%"])
    ruled(axes)
    axes.tick_params(colors=QUIET_TEXT, labelcolor=TEXT, length=2, labelleft=panel.leftmost, labelbottom=panel.lowest)
    axes.locator_params(axis="x", nbins=4)
    if panel.lowest:
        axes.set_xlabel("the bar", color=QUIET_TEXT, labelpad=1)


def _label_lines(axes: Axes, rows: pd.DataFrame, lengths: list[int], setting: Setting) -> None:
    """Write each line's persistence at its right end, moved apart where lines end together."""
    last = rows[rows["threshold"] == rows["threshold"].max()].set_index("periods")["risk"]
    colours = iter(_OTHERS)
    ends = [(float(last[n]), n, DARK_BLUE if n == setting.periods else next(colours)[0]) for n in lengths]
    places = apart([end for end, _, _ in ends], 0.12)
    for (_, length, colour), place in zip(ends, places, strict=True):
        axes.annotate(
            str(length),
            (1.0, place),
            xycoords=("axes fraction", "data"),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=7,
            color=TEXT_OF.get(colour, colour),
            fontweight="bold" if length == setting.periods else "normal",
            annotation_clip=False,
        )


def apart(places: list[float], distance: float, low: float = 0.0, high: float = 1.0) -> list[float]:
    """Move labels apart until they are at least ``distance`` from one another, keeping their order and the range."""
    order = sorted(range(len(places)), key=lambda at: (places[at], -at))
    moved = [places[at] for at in order]
    for at in range(1, len(moved)):
        moved[at] = max(moved[at], moved[at - 1] + distance)
    excess = moved[-1] - high if moved else 0.0
    if excess > 0:
        moved[-1] = high
        for at in range(len(moved) - 2, -1, -1):
            moved[at] = max(low, min(moved[at], moved[at + 1] - distance))
    result = [0.0] * len(places)
    for rank, at in enumerate(order):
        result[at] = moved[rank]
    return result
