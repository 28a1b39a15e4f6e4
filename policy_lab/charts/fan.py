"""Fans over time: one panel a design, the others in grey behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from policy_lab.analysis.findings import fan_finding
from policy_lab.analysis.quantiles import series_quantiles
from policy_lab.analysis.setting import Setting, setting_of
from policy_lab.analysis.words import listed, spoken_unit, two_figures
from policy_lab.charts.figure import WIDTH, Figure
from policy_lab.charts.frame import Frame, Sheet, frame, ruled
from policy_lab.charts.palette import DARK_BLUE, DARK_PINK, GREY_LINE, LIGHT_BLUE, QUIET_TEXT, TEXT
from policy_lab.charts.panels import Grid, Panel, grid, titled_axes
from policy_lab.errors import InputError, Problem
from policy_lab.results.types import Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas


def fan_chart(results: Results, variable: str, designs: Sequence[str] | None = None) -> Figure:
    """Draw median, 50 % and 90 % range of one outcome over time, a panel for each design.

    Parameters
    ----------
    results
        Finished cases.
    variable
        A saved outcome, or one element of it (``Catch[North]``). The study's burden is drawn as its ratio to the base
        design, because its level is not known.
    designs
        Which designs; all by default.

    Raises
    ------
    InputError
        For an unknown outcome, element or design.
    """
    setting = setting_of(results)
    name, _, rest = variable.partition("[")
    table = series_quantiles(results, variables=[name.strip()])
    subscripts = ",".join(part.strip() for part in rest.rstrip("] ").split(",")) if rest else ""
    known = list(dict.fromkeys(table["subscripts"]))
    if subscripts not in known:
        remedy = "Name one element: " + ", ".join(f"{name.strip()}[{labels}]" for labels in known[:12]) + "."
        raise InputError(Problem(what=f"a fan chart shows one path, not `{variable}`", remedy=remedy))
    shown = table[
        (table["subscripts"] == subscripts) & table["design"].isin(results.designs if designs is None else designs)
    ]
    measure = results.plan.study.file.measures.shortfall
    bar = measure.threshold if measure.variable in (variable, name.strip()) else None
    return fan_figure(shown, variable, setting, bar)


def fan_figure(table: pd.DataFrame, variable: str, setting: Setting, bar: float | None = None) -> Figure:
    """Draw fans from a table of :func:`policy_lab.analysis.quantiles.series_quantiles` that holds one path a design.

    ``bar`` draws the level under which the outcome falls short.
    """
    unit = str(table["unit"].iloc[0])
    title = fan_finding(table, variable, setting)
    others = "; grey: medians of the others" if table["design"].nunique() > 1 else ""
    dashed = "" if bar is None else f"; dashed: the bar, {two_figures(bar)}"
    subtitle = (
        f"{variable} ({spoken_unit(unit)}). Line: median of modelled futures; bands: middle half and 9 in "
        f"10{others}{dashed}. "
        f"Scenario: {setting.scenario}; {setting.start_words}."
    )
    words = frame(title, subtitle, setting.source_line, WIDTH)
    names = list(dict.fromkeys(table["design"]))
    layout = grid({name: setting.short(name) for name in names}, words)
    paths = {
        name: rows.pivot(index="time", columns="quantile", values="value")
        for name, rows in table.groupby("design", sort=False)
    }

    def paint(canvas: Canvas) -> None:
        _paint(canvas, words, layout, paths, setting, bar)

    data, alt = table.reset_index(drop=True), _alt(table, variable, unit, setting, bar)
    return Figure(title, subtitle, alt, setting.source_line, data, setting.manifest, paint, (WIDTH, layout.height))


def _alt(table: pd.DataFrame, variable: str, unit: str, setting: Setting, bar: float | None) -> str:
    parts = []
    for name, rows in table.groupby("design", sort=False):
        path = rows.pivot(index="time", columns="quantile", values="value").dropna()
        start, end = path.iloc[0], path.iloc[-1]
        parts.append(
            f"{setting.short(str(name))} from {two_figures(start[0.5])} to {two_figures(end[0.5])} "
            f"({two_figures(end.iloc[0])} to {two_figures(end.iloc[-1])})"
        )
    mark = f" A dashed line marks the bar at {two_figures(bar)}." if bar is not None else ""
    return (
        f"Fan charts of {variable} ({spoken_unit(unit)}) over {setting.horizon:g} {setting.unit}s; medians from "
        f"first to last, and range of 9 in 10 modelled futures at the end: {listed(parts)}.{mark}"
    )


def _paint(
    canvas: Canvas, words: Frame, layout: Grid, paths: dict[str, pd.DataFrame], setting: Setting, bar: float | None
) -> None:
    sheet = Sheet(canvas)
    words.paint(sheet)
    values = np.concatenate([path.to_numpy().ravel() for path in paths.values()])
    low, high = _limits(values[np.isfinite(values)], bar)
    for panel, axes in titled_axes(sheet, layout):
        axes.set_ylim(low, high)
        _paint_panel(axes, panel, paths, setting, bar)


def _limits(values: np.ndarray, bar: float | None) -> tuple[float, float]:
    """Return one scale for all panels; zero stays in where the values come near it."""
    reach = np.append(values, [] if bar is None else [bar])
    if not reach.size:
        return 0.0, 1.0
    low, high = float(reach.min()), float(reach.max())
    room = (high - low) * 0.06 or max(abs(high), 1.0) * 0.06
    floor = 0.0 if 0 <= low < 0.5 * high else low - room
    return floor, high + room


def _paint_panel(axes: Axes, panel: Panel, paths: dict[str, pd.DataFrame], setting: Setting, bar: float | None) -> None:
    from matplotlib.ticker import MaxNLocator

    for name, path in paths.items():
        if name != panel.name:
            axes.plot(path.index, path[0.5], color=GREY_LINE, linewidth=0.6, zorder=3.5)
    mine = paths[panel.name]
    time = mine.index.to_numpy(dtype=float)
    axes.fill_between(time, mine[0.05], mine[0.95], color=LIGHT_BLUE, alpha=0.45, linewidth=0, zorder=2)
    axes.fill_between(time, mine[0.25], mine[0.75], color=LIGHT_BLUE, linewidth=0, zorder=3)
    axes.plot(time, mine[0.5], color=DARK_BLUE, linewidth=1.8, zorder=4)
    if bar is not None:
        axes.axhline(bar, color=DARK_PINK, linewidth=1.1, linestyle=(0, (4, 2)), zorder=5)
    axes.set_xlim(time[0], time[-1])
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True, steps=[1, 2, 3, 6, 10]))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    ruled(axes)
    axes.tick_params(colors=QUIET_TEXT, labelcolor=TEXT, length=2, labelleft=panel.leftmost, labelbottom=panel.lowest)
    if panel.lowest:
        axes.set_xlabel(f"{setting.unit}s from {setting.first_date[:7]}".strip(), color=QUIET_TEXT, labelpad=1)
