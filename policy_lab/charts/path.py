"""Single runs over time: one panel a variable, one line a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from policy_lab.analysis.words import spoken_unit, two_figures
from policy_lab.charts.figure import WIDTH, Figure
from policy_lab.charts.frame import Frame, Sheet, frame, ruled
from policy_lab.charts.palette import CATEGORICAL, GREY, QUIET_TEXT, TEXT
from policy_lab.charts.panels import Grid, Panel, grid, titled_axes
from policy_lab.engine.series import Series
from policy_lab.errors import InputError, Problem

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

Array = np.ndarray

_STILL = 0.005
"""A path that never leaves its start by more than this share is said to stay."""
_DASHES = ((0, ()), (0, (4, 2)), (0, (1, 1.5)), (0, (6, 2, 1, 2)))
"""Line styles, so that colour is not the only cue."""
_SPOKEN = ("solid dark blue", "dashed turquoise", "dotted dark pink", "dash-dotted orange")
"""Colour and style of each line in words."""


def path_chart(
    runs: Series | Mapping[str, Series],
    variables: Sequence[str],
    *,
    shaded: tuple[float, float] | None = None,
    title: str = "",
    source: str = "",
) -> Figure:
    """Draw how variables of any model went, in one run or in several side by side.

    Parameters
    ----------
    runs
        One run, or up to four by what they are called; of a `Series` with many runs the first is drawn.
    variables
        Variables, or elements of them (``Fleet[north]``), a panel for each; each has its own scale, which need not
        begin at zero.
    shaded
        A time to shade, for instance while a shock lasts.
    title
        What is to be seen; read off the first variable of the first run when not given.
    source
        The line under the picture.

    Raises
    ------
    InputError
        For no or more than four runs, no variable, or a variable that a run does not have.
    """
    named = {"": runs} if isinstance(runs, Series) else dict(runs)
    if not 1 <= len(named) <= len(CATEGORICAL) or not variables:
        what = f"a path chart shows 1 to {len(CATEGORICAL)} runs of at least one variable"
        raise InputError(Problem(what=f"{what}, not {len(named)} of {len(variables)}"))
    first = next(iter(named.values()))
    units = {name: first.units[first.spelled(name.partition("[")[0])] for name in variables}
    paths = {(run, name): (series.time, _path(series, name)) for run, series in named.items() for name in variables}
    found = title or path_finding(next(iter(named)), variables[0], *paths[next(iter(named)), variables[0]], first)
    time = first.time_unit.strip().lower().removesuffix("s") or "time"
    grey = f" Grey: {time} {shaded[0]:g} to {shaded[1]:g}." if shaded else ""
    key = "; ".join(f"{how}: {run}" for how, run in zip(_SPOKEN, named, strict=False)) if len(named) > 1 else ""
    key = f"{key[:1].upper()}{key[1:]}. " if key else ""
    subtitle = f"{key}Over {first.time[-1] - first.time[0]:g} {time}s.{grey} Each panel has its own scale."
    line = source or "Source: one run of the model; no forecast."
    words = frame(found, subtitle, line, WIDTH)
    layout = grid({name: f"{name} ({spoken_unit(units[name])})" for name in variables}, words, right=0.2, between=0.62)
    alt = "; ".join(_told(run, name, *paths[run, name], first) for run, name in paths)
    names = tuple(named)

    def paint(canvas: Canvas) -> None:
        _paint(canvas, words, layout, paths, names, shaded, time)

    data = pd.concat(
        [
            pd.DataFrame({"run": run, "variable": name, "unit": units[name], "time": when, "value": values})
            for (run, name), (when, values) in paths.items()
        ],
        ignore_index=True,
    )
    return Figure(
        found, subtitle, f"Paths over time. {alt}.", line, data, {"runs": names}, paint, (WIDTH, layout.height)
    )


def path_finding(run: str, variable: str, time: Array, values: Array, series: Series) -> str:
    """Say where a path went farthest from its start, when, and where it ended.

    >>> path_finding("", "Fleet", np.array([0.0, 1.0, 2.0]), np.array([10.0, 15.0, 11.0]), FISHERY)  # doctest: +SKIP
    'Fleet is 50% above its start in month 1 and ends 10% above it'
    """
    of = f" ({run})" if run else ""
    start, unit = float(values[0]), series.time_unit.strip().lower().removesuffix("s") or "time"
    scale = abs(start) or float(np.abs(values).max()) or 1.0
    moved = values - start
    far = int(np.abs(moved).argmax())
    if abs(moved[far]) < _STILL * scale:
        return f"{variable}{of} stays where it began"
    if not start:
        peak, last = two_figures(values[far]), two_figures(values[-1])
        return f"{variable}{of} comes to {peak} in {unit} {time[far]:g} and ends at {last}"
    end = moved[-1] / scale
    last = f"ends {_by(end)} it" if abs(end) >= _STILL else "ends where it began"
    return f"{variable}{of} is {_by(moved[far] / scale)} its start in {unit} {time[far]:g} and {last}"


def _by(share: float) -> str:
    """Return a relative change as how far above or below."""
    return f"{two_figures(abs(share) * 100)}% {'above' if share > 0 else 'below'}"


def _told(run: str, name: str, time: Array, values: Array, series: Series) -> str:
    ends = f"from {two_figures(values[0])} to {two_figures(values[-1])}"
    between = f"between {two_figures(values.min())} and {two_figures(values.max())}"
    return f"{path_finding(run, name, time, values, series)} ({ends}, {between})"


def _path(series: Series, asked: str) -> Array:
    """Return the path of one element in the first run, ``(times,)``."""
    name, _, rest = asked.partition("[")
    values = np.asarray(series[name.strip()])[0]
    if values.ndim == 1 and not rest:
        return values
    known = list(series.element_names(name.strip()))
    labels = ",".join(part.strip() for part in rest.rstrip("] ").split(","))
    spelled = f"{series.spelled(name.strip())}[{labels}]"
    if spelled not in known:
        remedy = f"Name one element: {', '.join(known[:12])}."
        raise InputError(Problem(what=f"a path chart shows single paths, not `{asked}`", remedy=remedy))
    return np.asarray(values.reshape(len(values), -1)[:, known.index(spelled)])


def _paint(
    canvas: Canvas,
    words: Frame,
    layout: Grid,
    paths: Mapping[tuple[str, str], tuple[Array, Array]],
    runs: tuple[str, ...],
    shaded: tuple[float, float] | None,
    unit: str,
) -> None:
    sheet = Sheet(canvas)
    words.paint(sheet)
    for panel, axes in titled_axes(sheet, layout):
        if shaded:
            axes.axvspan(*shaded, color=GREY, alpha=0.35, linewidth=0, zorder=0)
        for at, run in enumerate(runs):
            axes.plot(*paths[run, panel.name], color=CATEGORICAL[at], linestyle=_DASHES[at], linewidth=1.6, zorder=4)
        _dress(axes, panel, [paths[run, panel.name] for run in runs], unit)


def _dress(axes: Axes, panel: Panel, drawn: Sequence[tuple[Array, Array]], unit: str) -> None:
    from matplotlib.ticker import MaxNLocator

    values = np.concatenate([path for _, path in drawn])
    values = values[np.isfinite(values)]
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)
    least = 0.05 * max(abs(low), abs(high)) or 1.0  # a path that hardly moves should look as if it hardly moved
    room = max(0.1 * (high - low), 0.5 * (least - (high - low)), 0.0)
    axes.set_ylim(low - room, high + room)
    axes.set_xlim(float(drawn[0][0][0]), float(drawn[0][0][-1]))
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True, steps=[1, 2, 3, 6, 10]))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.ticklabel_format(axis="y", useOffset=False)
    ruled(axes)
    axes.tick_params(colors=QUIET_TEXT, labelcolor=TEXT, length=2, labelbottom=panel.lowest)
    if panel.lowest:
        axes.set_xlabel(unit, color=QUIET_TEXT, labelpad=1)
