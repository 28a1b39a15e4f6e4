"""One place, or two side by side, each beside the range of its own neighbours. No order, and no score."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from policy_lab.analysis.places import most_different, place_figures, place_paths
from policy_lab.analysis.setting import setting_of
from policy_lab.analysis.words import short_figure, spoken_unit
from policy_lab.charts.figure import WIDTH, Figure
from policy_lab.charts.frame import LINE, Frame, Sheet, frame, ruled, wrapped
from policy_lab.charts.palette import DARK_BLUE, GREY_LINE, GRID, PAPER, QUIET_TEXT, TEXT
from policy_lab.errors import InputError, Problem
from policy_lab.results.types import Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

MOST = 2
_LEFT, _RIGHT, _BETWEEN = 0.1, 0.12, 0.34
"""Inches beside and between the columns; a path's axis needs `_AXIS_ROOM` on its left."""
_AXIS_ROOM = 0.42
_STRIP, _PATH, _LINE = 0.3, 0.86, 8 * LINE / 72
_SMALL = 7.0


def place_chart(
    results: Results, places: Sequence[str] | None = None, variables: Sequence[str] | None = None
) -> Figure:
    """Draw one place, or two side by side, beside the range of its neighbours.

    Above, what the place starts from, by its published figures; below, the median path that the model gives it.

    Parameters
    ----------
    results
        From `policy_lab.run_places(study, places, neighbours=True)`.
    places
        One or two keys or names; the first place of the results unless told.
    variables
        Saved outcomes; those of the study's `areas.outcomes` unless told.

    Raises
    ------
    InputError
        For more than two places, an unknown place, and one that is not in the results.
    """
    study, plan = results.plan.study, results.plan
    named = plan.places[:1] if places is None else places
    check_places(named)
    setting = setting_of(results)
    figures = place_figures(study, named)
    paths = place_paths(results, named, variables)
    binding = study.file.areas
    near = binding.neighbours if binding else None
    words = (
        f"Source: {setting.sources.rstrip('.')}. Figures of {binding.period if binding else ''}; modelled from "
        f"{setting.first_date} over {setting.horizon:g} {setting.unit}s under {setting.title(results.designs[0])}: "
        f"central values, {plan.futures:,} futures, the same for all places, seed {plan.seed}. "
        f"{setting.not_a_forecast} No ranking of places."
    )
    who = f"the {near.count} {near.title}" if near else "none are named"
    since = f"{setting.unit}s from {setting.first_date[:7]}".strip()
    farthest = len(named) == MOST and {*figures["key"]} == {*most_different(study)}
    return place_figure(
        figures, paths, source=words, neighbours=who, farthest=farthest, since=since, manifest=results.manifest
    )


def check_places(places: Sequence[str]) -> None:
    """Refuse more places than stand side by side, or none.

    Raises
    ------
    InputError
        For none and for more than two.
    """
    if not 1 <= len(places) <= MOST:
        raise InputError(Problem(what=f"the chart shows one place or two, not {len(places)}"))


def place_figure(
    figures: pd.DataFrame,
    paths: pd.DataFrame,
    *,
    source: str,
    neighbours: str,
    farthest: bool,
    since: str,
    manifest: Mapping[str, Any],
) -> Figure:
    """Draw places from the tables of :mod:`policy_lab.analysis.places`.

    ``neighbours`` says who the neighbours are, ``farthest`` whether these two differ most of all places, ``since`` what
    time counts.
    """
    title = _finding(figures, farthest)
    hollow = " Ring: not published, the median of neighbours." if (figures["filled_from"] != "").any() else ""
    apart = " How far apart: root of the mean squared difference, in standard deviations." if farthest else ""
    subtitle = (
        f"Blue: the place. Grey: lowest, median and highest of its neighbours, {neighbours}.{hollow} "
        f"Above: what it starts from; below: what the model makes of it, medians of modelled futures.{apart}"
    )
    words = frame(title, subtitle, source, WIDTH)
    layout = _layout(figures, paths, words)
    data = pd.concat([figures.assign(part="start"), paths.assign(part="path")], ignore_index=True)

    def paint(canvas: Canvas) -> None:
        sheet = Sheet(canvas)
        words.paint(sheet)
        _paint(sheet, layout, figures, paths, since)

    return Figure(title, subtitle, _alt(figures, paths), source, data, manifest, paint, (WIDTH, layout.height))


def outside(figures: pd.DataFrame) -> pd.DataFrame:
    """Return the rows in which a place's own figure lies outside the range of its neighbours."""
    own = figures[(figures["filled_from"] == "") & figures["value"].notna() & (figures["beside"] > 0)]
    return own[(own["value"] < own["low"]) | (own["value"] > own["high"])]


def _finding(figures: pd.DataFrame, farthest: bool) -> str:
    told = []
    for name, rows in figures.groupby("name", sort=False):
        known = int(((rows["filled_from"] == "") & rows["value"].notna()).sum())
        told.append((str(name), _share(known - len(outside(rows)), known)))
    if len(told) == 1:
        return f"{told[0][0]} starts within its neighbours' range on {told[0][1]}"
    (one, first), (other, second) = told
    differ = f"{one} and {other} differ most of all places" if farthest else f"{one} and {other} start apart"
    if first == second:
        return f"{differ}; each lies within its own neighbours' range on {first}"
    return f"{differ}; {one} lies within its own neighbours' range on {first}, {other} on {second}"


def _share(inside: int, known: int) -> str:
    if known == 0:
        return "none of its figures, because none is published"
    if inside == known:
        return f"all {known} published figures" if known > 1 else "its one published figure"
    return f"{inside if inside else 'none'} of {known} published figures"


@dataclass(frozen=True)
class _Box:
    """Where a strip or a path of one place stands, in inches from the top left corner."""

    key: str
    variable: str
    heading: tuple[str, ...]
    x: float
    y: float
    width: float
    height: float
    lowest: bool = False


@dataclass(frozen=True)
class _Layout:
    names: tuple[tuple[str, float, float], ...]
    strips: tuple[_Box, ...]
    paths: tuple[_Box, ...]
    height: float


def _layout(figures: pd.DataFrame, paths: pd.DataFrame, words: Frame) -> _Layout:
    """Lay out a column a place: strips above, paths below; a place alone has its paths two abreast."""
    keys = list(dict.fromkeys(figures["key"]))
    width = (WIDTH - _LEFT - _RIGHT - _BETWEEN * (len(keys) - 1)) / len(keys)
    titles = dict(zip(figures["variable"], figures["title"], strict=True))
    variables = list(dict.fromkeys(paths["variable"]))
    units = dict(zip(paths["variable"], paths["unit"], strict=True))
    lefts = {key: _LEFT + place * (width + _BETWEEN) for place, key in enumerate(keys)}
    names = tuple((str(figures.loc[figures["key"] == key, "name"].iloc[0]), lefts[key], words.top) for key in keys)
    y = words.top + 0.22
    strips: list[_Box] = []
    for variable, title in titles.items():
        heading = tuple(wrapped(title, width, _SMALL))
        top = y + len(heading) * _SMALL * LINE / 72
        strips += [_Box(key, variable, heading, lefts[key], top, width, _STRIP) for key in keys]
        y = top + _STRIP + 0.1
    abreast = 2 if len(keys) == 1 else 1
    inner = (width - _BETWEEN * (abreast - 1)) / abreast
    boxes: list[_Box] = []
    rows = [variables[first : first + abreast] for first in range(0, len(variables), abreast)]
    for number, row in enumerate(rows):
        headings = {name: tuple(wrapped(f"{name}, {spoken_unit(units[name])}", inner, _SMALL)) for name in row}
        top = y + max(len(heading) for heading in headings.values()) * _SMALL * LINE / 72 + 0.08
        for key in keys:
            for at, name in enumerate(row):
                x = lefts[key] + at * (inner + _BETWEEN) + _AXIS_ROOM
                lowest = number + 1 == len(rows)
                boxes.append(_Box(key, name, headings[name], x, top, inner - _AXIS_ROOM, _PATH, lowest))
        y = top + _PATH + 0.12
    return _Layout(names, tuple(strips), tuple(boxes), y + 0.26 + words.bottom)


def _paint(sheet: Sheet, layout: _Layout, figures: pd.DataFrame, paths: pd.DataFrame, since: str) -> None:
    for name, x, y in layout.names:
        sheet.text(x, y, name, size=9, weight="bold", va="top")
    for box in layout.strips:
        rows = figures[figures["variable"] == box.variable]
        _heading(sheet, box, box.x)
        axes = sheet.axes(box.x + 0.06, box.y, box.width - 0.12, box.height)
        _paint_strip(axes, rows[rows["key"] == box.key].iloc[0], _scale(rows[["value", "low", "high"]].to_numpy()))
    for box in layout.paths:
        rows = paths[paths["variable"] == box.variable]
        _heading(sheet, box, box.x - _AXIS_ROOM)
        axes = sheet.axes(box.x, box.y, box.width, box.height)
        _paint_path(axes, rows[rows["key"] == box.key], _scale(rows[["value", "low", "high"]].to_numpy(), 0.3), box)
        if box.lowest:
            axes.set_xlabel(since, color=QUIET_TEXT, labelpad=1, fontsize=6.5)


def _heading(sheet: Sheet, box: _Box, x: float) -> None:
    sheet.text(x, box.y - 0.03, "\n".join(box.heading), size=_SMALL, color=QUIET_TEXT, va="bottom")


def _scale(values: np.ndarray, near: float = 0.0) -> tuple[float, float]:
    """Return one scale for all places; nil stays in where the values come near it."""
    known = values[np.isfinite(values)]
    if not known.size:
        return 0.0, 1.0
    low, high = float(known.min()), float(known.max())
    room = (high - low) * 0.08 or max(abs(high), 1.0) * 0.08
    return (0.0 if 0 <= low < near * high else low - room), high + room


def _paint_strip(axes: Axes, row: pd.Series, scale: tuple[float, float]) -> None:
    """Draw one figure on a line: bar from lowest to highest neighbour, tick at their median, dot of the place."""
    for side in ("left", "bottom", "right", "top"):
        axes.spines[side].set_visible(False)
    axes.set_xlim(*scale)
    axes.set_ylim(0, 1)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.axhline(0.72, color=GRID, linewidth=0.8, zorder=1)
    if math.isfinite(row["low"]):
        axes.plot([row["low"], row["high"]], [0.72, 0.72], color=GREY_LINE, linewidth=3.2, zorder=2)
        axes.plot([row["median"]] * 2, [0.58, 0.86], color=TEXT, linewidth=1.0, zorder=3)
    if math.isfinite(row["value"]):
        inside = PAPER if row["filled_from"] else DARK_BLUE
        axes.plot(
            row["value"], 0.72, "o", markersize=6.5, color=DARK_BLUE, markerfacecolor=inside, zorder=4, clip_on=False
        )
    _label(axes, row, scale)


def _label(axes: Axes, row: pd.Series, scale: tuple[float, float]) -> None:
    """Write the figure under its dot, and the neighbours' range at the far end, where they cannot meet."""
    low, high = scale
    at = (row["value"] - low) / (high - low) if math.isfinite(row["value"]) else 0.0
    left = at < 0.5
    own, spread = short_figure(row["value"]), f"neighbours {short_figure(row['low'])} to {short_figure(row['high'])}"
    how: dict[str, Any] = {"transform": axes.transAxes, "fontsize": 6.5, "va": "center"}
    axes.text(0.0 if left else 1.0, 0.14, own, ha="left" if left else "right", color=DARK_BLUE, weight="bold", **how)
    if math.isfinite(row["low"]):
        axes.text(1.0 if left else 0.0, 0.14, spread, ha="right" if left else "left", color=QUIET_TEXT, **how)


def _paint_path(axes: Axes, rows: pd.DataFrame, scale: tuple[float, float], box: _Box) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    time = rows["time"].to_numpy(dtype=float)
    axes.fill_between(time, rows["low"], rows["high"], color=GREY_LINE, alpha=0.28, linewidth=0, zorder=2)
    axes.plot(time, rows["median"], color=GREY_LINE, linewidth=1.0, zorder=3)
    axes.plot(time, rows["value"], color=PAPER, linewidth=3.0, zorder=4)
    axes.plot(time, rows["value"], color=DARK_BLUE, linewidth=1.8, zorder=5)
    axes.set_xlim(time[0], time[-1])
    axes.set_ylim(*scale)
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True, steps=[1, 2, 3, 6, 10]))
    axes.yaxis.set_major_locator(MaxNLocator(3))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: short_figure(value).replace(" million", "m")))
    ruled(axes)
    axes.tick_params(colors=QUIET_TEXT, labelcolor=TEXT, length=2, labelsize=6.5, labelbottom=box.lowest)


def _alt(figures: pd.DataFrame, paths: pd.DataFrame) -> str:
    parts = list(_alt_figures(figures))
    for (name, variable), rows in paths.groupby(["name", "variable"], sort=False):
        first, last = rows.iloc[0], rows.iloc[-1]
        beside = f" (neighbours end between {short_figure(last['low'])} and {short_figure(last['high'])})"
        parts.append(
            f"{name}, {variable}: from {short_figure(first['value'])} to {short_figure(last['value'])}"
            f"{beside if math.isfinite(last['low']) else ''}."
        )
    return " ".join(parts)


def _alt_figures(figures: pd.DataFrame) -> Iterable[str]:
    for _, row in figures.iterrows():
        beside = f", neighbours {short_figure(row['low'])} to {short_figure(row['high'])}" if row["beside"] else ""
        gap = ", not published, the median of neighbours" if row["filled_from"] else ""
        yield f"{row['name']}, {row['title']}: {short_figure(row['value'])}{gap}{beside}."
