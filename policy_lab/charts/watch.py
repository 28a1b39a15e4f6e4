"""Warning against false alarms: what each published indicator gives at each level of its alarm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from policy_lab.analysis.watch import UNPUBLISHED, Watch
from policy_lab.analysis.watch_words import headline, useful_indicators
from policy_lab.analysis.words import percent
from policy_lab.charts.figure import WIDTH, Figure
from policy_lab.charts.frame import Frame, Sheet, frame, wrapped
from policy_lab.charts.palette import DARK_BLUE, DARK_GREY, DARK_PINK, GREY_LINE, GRID, QUIET_TEXT, TURQUOISE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

_LEFT, _BETWEEN, _RIGHT = 0.5, 0.5, 1.75
_PANEL = (WIDTH - _LEFT - _BETWEEN - _RIGHT) / 2
_PLOT = 2.5
_HEAD = 0.3
_AXIS = 0.5
_POINTS = 7.0
_LINE = 0.115
FOCUS = (DARK_BLUE, TURQUOISE, DARK_PINK)


def watch_chart(found: Watch) -> Figure:
    """Draw what each indicator tells beyond chance, and how early, against the share of quiet months with an alarm."""
    setting = found.setting
    title = headline(found)
    subtitle = (
        f"Left: crossings of the bar with an alarm in the {found.window:g} {setting.unit}s before them, less those "
        "with the same alarm read in other futures. Right: time from the first such alarm to the crossing, median. "
        f"Under {setting.short(found.design)}, in the half of the worlds on which no alarm was set. Dotted: the "
        "outcome itself, which nobody publishes; grey on the left alone: no better than chance."
    )
    words = frame(title, subtitle, setting.source_line, WIDTH)
    height = words.top + _HEAD + _PLOT + _AXIS + words.bottom

    def paint(canvas: Canvas) -> None:
        _paint(canvas, words, found)

    data = found.curve.merge(found.indicators[["indicator", "title"]], on="indicator")
    return Figure(title, subtitle, _alt(found), setting.source_line, data, setting.manifest, paint, (WIDTH, height))


def _paint(canvas: Canvas, words: Frame, found: Watch) -> None:
    sheet = Sheet(canvas)
    words.paint(sheet)
    top, unit = words.top + _HEAD, found.setting.unit
    curve = found.curve.assign(beyond=100 * (found.curve["hits"] - found.curve["hits_by_chance"]))
    headings = {"beyond": "Warned of beyond chance, %", "lead": f"Typical lead, {unit}s"}
    for number, (column, heading) in enumerate(headings.items()):
        left = _LEFT + number * (_PANEL + _BETWEEN)
        sheet.text(left - 0.3, top - 0.14, heading, size=_POINTS + 0.5, weight="bold")
        axes = sheet.axes(left, top, _PANEL, _PLOT)
        axes.tick_params(length=0, colors=QUIET_TEXT, pad=3)
        axes.grid(axis="y", color=GRID, linewidth=0.8)
        axes.set_axisbelow(True)
        for side in ("left", "bottom"):
            axes.spines[side].set_color(QUIET_TEXT)
        axes.set_xlabel(f"Quiet {unit}s with an alarm, %", color=QUIET_TEXT, labelpad=2)
        ends = _curves(axes, curve, column, found)
        axes.set_xlim(left=0)
        if column == "beyond":
            axes.axhline(0, color=DARK_GREY, linewidth=1.0)
        else:
            axes.set_ylim(0, found.window * 1.02)
            _names(sheet, axes, ends, top)


def _curves(axes: Axes, curve: pd.DataFrame, column: str, found: Watch) -> list[tuple[float, str, str]]:
    """Draw a curve an indicator, and return where each ends, its title and its colour."""
    focus = [str(name) for name in useful_indicators(found)["indicator"].head(len(FOCUS))]
    ends = []
    for row in found.indicators.itertuples(index=False):
        name = str(row.indicator)
        if column == "lead" and not row.informative:  # when an alarm comes by chance says nothing
            continue
        colour = FOCUS[focus.index(name)] if name in focus else GREY_LINE
        own = curve[curve["indicator"] == name].sort_values("false_alarms")
        width, style = (2.0 if name in focus else 1.0), (":" if name == UNPUBLISHED else "-")
        axes.plot(100 * own["false_alarms"], own[column], color=colour, linewidth=width, linestyle=style)
        last = own[column].dropna()
        ends.append((float(last.iloc[-1]) if len(last) else 0.0, str(row.title), colour))
    return ends


def _names(sheet: Sheet, axes: Axes, ends: list[tuple[float, str, str]], top: float) -> None:
    """Write the names beside the ends of their curves, pushed apart where they would overlap."""
    highest = float(axes.get_ylim()[1])
    left = sheet.width - _RIGHT + 0.1
    blocks = []
    for end, title, colour in sorted(ends, reverse=True):
        lines = wrapped(title, _RIGHT - 0.2, _POINTS)
        blocks.append((top + _PLOT * (1 - end / highest), lines, colour))
    below = top
    for wanted, lines, colour in blocks:
        size = _LINE * len(lines)
        middle = max(wanted, below + size / 2)
        sheet.text(left, middle, "\n".join(lines), size=_POINTS, color=QUIET_TEXT if colour == GREY_LINE else colour)
        below = middle + size / 2 + 0.03


def _alt(found: Watch) -> str:
    unit = found.setting.unit
    told = []
    for row in found.indicators.itertuples(index=False):
        lead = f", typically {row.lead:.0f} {unit}s ahead" if pd.notna(row.lead) else ""
        told.append(
            f"{row.title}: alarm before {percent(row.hits)} of crossings{lead} "
            f"({percent(row.hits_by_chance)} by chance), on in {percent(row.false_alarms)} of quiet {unit}s"
        )
    return f"Curves of mean warning against false alarms. At the asked level, {'; '.join(told)}."
