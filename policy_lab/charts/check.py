"""A small chart of one check: the path that was looked at, and the bound, base or figures it is held against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from policy_lab.analysis.check_paths import Drawing, figure
from policy_lab.analysis.words import listed, spoken_unit
from policy_lab.charts.figure import Figure
from policy_lab.charts.frame import MARGIN, Sheet, ruled, wrapped
from policy_lab.charts.palette import DARK_BLUE, DARK_PINK, GREY, GREY_LINE, LIGHT_BLUE, ORANGE, QUIET_TEXT, TEXT
from policy_lab.errors import InputError, Problem

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

    from policy_lab.analysis.check_result import CheckResult

SIZE = (4.2, 2.4)
"""Inches."""
_POINTS = 7.5
_LINE = 0.135


def check_figure(result: CheckResult, source: str, manifest: Mapping[str, Any]) -> Figure:
    """Draw what a check looked at.

    Parameters
    ----------
    result
        A check that looked at a path over time.
    source
        Where the model and the figures come from.
    manifest
        What made the result.

    Raises
    ------
    InputError
        When the check looks at no path.
    """
    drawing = result.drawing
    if drawing is None:
        raise InputError(Problem(what=f"check `{result.name}` looks at no path", file=None))
    shown = drawing
    label = f"{shown.label} ({spoken_unit(shown.scale)})"
    lines = tuple(wrapped(label, SIZE[0] - 2 * MARGIN, _POINTS))

    def paint(canvas: Canvas) -> None:
        _paint(canvas, shown, lines)

    return Figure(
        title=result.title,
        subtitle=label,
        alt=_alt(shown, result),
        source=f"{source}; figures: {result.figures}" if result.figures else source,
        data=_table(shown),
        manifest=manifest,
        paint=paint,
        size=SIZE,
    )


def _alt(drawing: Drawing, result: CheckResult) -> str:
    path = drawing.path
    ends = f"from {figure(float(path[0]))} to {figure(float(path[-1]))}"
    span = f"between {figure(float(path.min()))} and {figure(float(path.max()))}"
    length = f"{drawing.time[-1] - drawing.time[0]:g} {drawing.clock.lower().removesuffix('s')}s"
    parts = [f"{drawing.label} goes {ends} over {length}, {span}"]
    if drawing.base is not None:
        parts.append(f"held against a dashed line that ends at {figure(float(drawing.base[-1]))}")
    bounds = [figure(bound) for bound in (drawing.low, drawing.high) if bound is not None]
    if bounds:
        parts.append(f"with bounds at {listed(bounds)}")
    if drawing.window is not None:
        parts.append(f"in the shaded time from {drawing.window[0]:g} to {drawing.window[1]:g}")
    if drawing.points is not None:
        rings = "" if drawing.modelled is None else ", with the model's own as rings"
        parts.append(f"beside {len(drawing.points[0])} figures drawn as dots{rings}")
    return f"{', '.join(parts)}. Seen: {result.seen}."


def _table(drawing: Drawing) -> pd.DataFrame:
    """Return every number drawn, in long form."""
    columns = {"path": drawing.path}
    if drawing.base is not None:
        columns["held against"] = drawing.base
    if drawing.spread is not None:
        columns |= {"lowest": drawing.spread[0], "highest": drawing.spread[1]}
    parts = [pd.DataFrame({"time": drawing.time, "what": name, "value": values}) for name, values in columns.items()]
    if drawing.points is not None:
        at, figures = drawing.points
        parts.append(pd.DataFrame({"time": at, "what": "figures", "value": figures}))
    if drawing.points is not None and drawing.modelled is not None:
        at = drawing.points[0]
        parts.append(pd.DataFrame({"time": at, "what": "modelled for the figures", "value": drawing.modelled}))
    return pd.concat(parts, ignore_index=True)


def _paint(canvas: Canvas, drawing: Drawing, lines: tuple[str, ...]) -> None:
    sheet = Sheet(canvas)
    for place, line in enumerate(lines):
        sheet.text(MARGIN, MARGIN + place * _LINE, line, size=_POINTS, color=QUIET_TEXT, va="top")
    top = MARGIN + len(lines) * _LINE + 0.08
    axes = sheet.axes(0.6, top, SIZE[0] - 0.6 - 0.15, SIZE[1] - top - 0.42)
    _marks(axes, drawing)
    _paths(axes, drawing)
    _dress(axes, drawing)


def _marks(axes: Axes, drawing: Drawing) -> None:
    """Draw what the path is held against, behind it."""
    if drawing.window is not None:
        axes.axvspan(*drawing.window, color=GREY, alpha=0.35, linewidth=0, zorder=0)
    for bound in (drawing.low, drawing.high):
        if bound is not None:
            axes.axhline(bound, color=DARK_PINK, linewidth=1.0, linestyle=(0, (4, 2)), zorder=2)
    if drawing.spread is not None:
        axes.fill_between(drawing.time, *drawing.spread, color=LIGHT_BLUE, alpha=0.45, linewidth=0, zorder=1)
    if drawing.base is not None:
        axes.plot(drawing.time, drawing.base, color=GREY_LINE, linewidth=1.2, linestyle=(0, (3, 2)), zorder=3)


def _paths(axes: Axes, drawing: Drawing) -> None:
    axes.plot(drawing.time, drawing.path, color=DARK_BLUE, linewidth=1.6, zorder=4)
    if drawing.points is not None:
        axes.plot(*drawing.points, linestyle="none", marker="o", markersize=4, color=ORANGE, zorder=5)
        if drawing.modelled is not None:
            ring: dict[str, Any] = {"marker": "o", "markersize": 5.5, "markerfacecolor": "none", "markeredgewidth": 1.1}
            axes.plot(drawing.points[0], drawing.modelled, linestyle="none", color=DARK_BLUE, zorder=6, **ring)


def _dress(axes: Axes, drawing: Drawing) -> None:
    from matplotlib.ticker import MaxNLocator

    reach = [drawing.path, *([drawing.base] if drawing.base is not None else [])]
    reach += [drawing.points[1]] if drawing.points is not None else []
    reach += list(drawing.spread) if drawing.spread is not None else []
    every = np.concatenate([np.asarray(part, dtype=float).ravel() for part in reach])
    low, high = float(np.nanmin(every)), float(np.nanmax(every))
    near = [bound for bound in (drawing.low, drawing.high) if bound is not None and _near(bound, low, high)]
    low, high = min([low, *near]), max([high, *near])
    room = 0.08 * (high - low) or 0.08 * max(abs(high), 1.0)
    axes.set_ylim(low - room, high + room)
    first = min([float(drawing.time[0]), *(drawing.points[0].tolist() if drawing.points is not None else [])])
    axes.set_xlim(first, float(drawing.time[-1]))
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True, steps=[1, 2, 3, 6, 10]))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.ticklabel_format(axis="y", useOffset=False)
    ruled(axes)
    axes.tick_params(colors=QUIET_TEXT, labelcolor=TEXT, length=2, labelsize=_POINTS)
    axes.set_xlabel(drawing.clock.lower(), color=QUIET_TEXT, fontsize=_POINTS, labelpad=1)


def _near(bound: float, low: float, high: float) -> bool:
    """Tell whether a bound is worth showing: one far away would flatten the path."""
    width = max(high - low, 0.05 * max(abs(low), abs(high)))
    return low - 2 * width <= bound <= high + 2 * width
