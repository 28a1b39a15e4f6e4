"""Where something happens more often: the worlds by two inputs with the box, and what peeling traded for what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from policy_lab.analysis.boxes import ABOVE, Limit, halves
from policy_lab.analysis.discovery import Discovery, in_words
from policy_lab.analysis.words import percent, short_figure
from policy_lab.charts.figure import WIDTH, Figure
from policy_lab.charts.frame import Frame, Sheet, frame, ruled, wrapped
from policy_lab.charts.palette import DARK_BLUE, GREY_LINE, ORANGE, PAPER, QUIET_TEXT, TEXT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

_PLOT = 2.75
_MOST_DOTS = 400


def discovery_chart(found: Discovery, seed: int) -> Figure:
    """Draw the held-out worlds by the two firmest inputs of the box, and coverage against density along its peeling.

    ``seed`` is that of the plan, which tells the halves apart. Without a box the two inputs that come first are drawn.
    """
    title = found.sentences[0].rstrip(".") if not found.box.better_than_chance else _title(found)
    subtitle = _subtitle(found)
    words = frame(title, subtitle, found.source, WIDTH)
    height = words.top + 0.28 + _PLOT + 0.55 + words.bottom
    _, held = halves(len(found.values), seed)
    dots = found.values.iloc[held].assign(happens=found.happens[held])

    def paint(canvas: Canvas) -> None:
        sheet = Sheet(canvas)
        words.paint(sheet)
        _paint(sheet, words, found, dots)

    data = found.table if len(found.table) else found.regions
    return Figure(title, subtitle, _alt(found), found.source, data, found.manifest, paint, (WIDTH, height))


def _title(found: Discovery) -> str:
    return (
        f"{found.what} in {percent(found.box.held_out.density)} of the box, {percent(found.box.held_out.base)} in all"
    )


def _subtitle(found: Discovery) -> str:
    if not found.box.better_than_chance:
        return found.sentences[1]
    return (
        f"The box: {in_words(found.box.limits, found.columns)}. Left: the half of the worlds that was held out; filled "
        f"where it is so. Right: what each step of the search covers and how dense it is; ringed: the one taken."
    )


def _alt(found: Discovery) -> str:
    return f"Scatter of worlds and a curve of coverage against density. {' '.join(found.sentences)}"


def _drawn_columns(found: Discovery) -> tuple[str, str]:
    """Return the two inputs to draw: those of the firmest limits, then any."""
    firm = sorted(found.box.limits, key=lambda one: one.quasi_p)
    names = list(dict.fromkeys([*(one.column for one in firm), *found.values.columns]))
    return names[0], names[1] if len(names) > 1 else names[0]


def _paint(sheet: Sheet, words: Frame, found: Discovery, dots: pd.DataFrame) -> None:
    top = words.top + 0.28
    across, up = _drawn_columns(found)
    axes = sheet.axes(0.75, top, 3.0, _PLOT)
    _paint_dots(axes, dots, across, up)
    _paint_box(axes, [one for one in found.box.limits if one.column in (across, up)], across)
    _name_axes(sheet, found, across, up, top)
    right = sheet.axes(4.55, top, 1.6, _PLOT)
    _paint_path(right, found)
    sheet.text(4.1, words.top + 0.13, "Density: share of the box in which it is so", size=7, color=QUIET_TEXT)


def _name_axes(sheet: Sheet, found: Discovery, across: str, up: str, top: float) -> None:
    for name, x, y, room, where in (
        (up, 0.1, top - 0.15, 3.8, "left"),
        (across, 2.25, top + _PLOT + 0.34, 3.2, "center"),
    ):
        unit = f", {found.columns[name].unit}" if found.columns[name].unit else ""
        line = wrapped(f"{name}{unit}", room, 7)[0]
        sheet.text(x, y, line, size=7, color=QUIET_TEXT, ha=where)


def _paint_dots(axes: Axes, dots: pd.DataFrame, across: str, up: str) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    shown = dots.head(_MOST_DOTS)
    for happens, colour, inside, size in ((False, GREY_LINE, PAPER, 3.2), (True, DARK_BLUE, DARK_BLUE, 3.8)):
        rows = shown[shown["happens"] == happens]
        how: dict[str, Any] = {"markersize": size, "markeredgewidth": 0.6, "linestyle": "none"}
        axes.plot(rows[across], rows[up], "o", color=colour, markerfacecolor=inside, zorder=2 + happens, **how)
    plain = FuncFormatter(lambda value, _: short_figure(value).replace(" million", "m"))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(4))
        axis.set_major_formatter(plain)
    _plain(axes)


def _paint_box(axes: Axes, limits: list[Limit], across: str) -> None:
    """Draw the part of the box that these two inputs bound."""
    from matplotlib.patches import Rectangle

    ends = {True: list(axes.get_xlim()), False: list(axes.get_ylim())}
    axes.set_xlim(*ends[True])
    axes.set_ylim(*ends[False])
    if not limits:
        return
    for one in limits:
        ends[one.column == across][0 if one.side == ABOVE else 1] = one.value
    (left, right), (low, high) = ends[True], ends[False]
    axes.add_patch(
        Rectangle((left, low), right - left, high - low, facecolor="none", edgecolor=ORANGE, linewidth=1.8, zorder=5)
    )


def _paint_path(axes: Axes, found: Discovery) -> None:
    path = found.box.path
    axes.set_xlim(0, 1.02)
    axes.set_ylim(0, 1.02)
    if len(path):
        coverage, density = path["coverage"].to_numpy(float), path["density"].to_numpy(float)
        axes.plot(coverage, density, ".", color=GREY_LINE, markersize=4, zorder=2)
        chosen = int(np.argmax(path["chosen"].to_numpy(bool)))
        axes.plot(coverage[chosen], density[chosen], "o", color=ORANGE, markerfacecolor="none", markersize=8, zorder=3)
    if found.box.better_than_chance:
        held = found.box.held_out
        axes.plot(held.coverage, held.density, "D", color=DARK_BLUE, markersize=5, zorder=4)
        side = "right" if held.coverage > 0.5 else "left"
        axes.annotate(
            "held out", (held.coverage, held.density), xytext=(-6 if side == "right" else 6, -9), ha=side,
            textcoords="offset points", fontsize=7, color=TEXT,
        )  # fmt: skip
    axes.axhline(found.box.held_out.base, color=GREY_LINE, linewidth=0.8, linestyle=(0, (3, 2)), zorder=1)
    axes.text(0.02, found.box.held_out.base - 0.02, "in all", fontsize=6.5, color=QUIET_TEXT, va="top")
    axes.set_xticks([0, 0.5, 1], ["0%", "50%", "100%"])
    axes.set_yticks([0, 0.5, 1], ["0%", "50%", "100%"])
    axes.set_xlabel("Coverage: share of\nall such worlds", fontsize=7, color=QUIET_TEXT, labelpad=3)
    _plain(axes)


def _plain(axes: Axes) -> None:
    ruled(axes, "both")
    axes.tick_params(length=2, colors=QUIET_TEXT, labelsize=6.5)
