"""What matters for a result: one dot an input, its interval, and the floor that an input without effect reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from policy_lab.analysis.sensitivity import MATTERS, Sensitivity
from policy_lab.analysis.words import listed, short_figure, spoken_unit
from policy_lab.charts.figure import WIDTH, Figure
from policy_lab.charts.frame import MARGIN, Frame, Sheet, frame, ruled, text_width, wrapped
from policy_lab.charts.palette import DARK_BLUE, GREY_LINE, ORANGE, PAPER, QUIET_TEXT, TEXT_OF

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

MOST = 15
"""Inputs that are drawn; the table holds all."""
_LABELS = 3.3
_LINE = 0.125
_RIGHT = 0.3


def sensitivity_chart(found: Sensitivity) -> Figure:
    """Draw the most important inputs of :func:`policy_lab.analysis.sensitivity.sensitivity`, and name the others."""
    shown = found.table.head(MOST)
    title = _title(found)
    subtitle = _subtitle(found, len(shown))
    words = frame(title, subtitle, found.source, WIDTH)
    labels = [_label(row, found.by) for _, row in shown.iterrows()]
    heights = [max(0.27, _LINE * len(lines) + 0.09) for lines in labels]
    height = words.top + 0.16 + sum(heights) + 0.42 + words.bottom

    def paint(canvas: Canvas) -> None:
        _paint(canvas, words, found, labels, heights)

    return Figure(title, subtitle, _alt(found), found.source, found.table, found.manifest, paint, (WIDTH, height))


def _title(found: Sensitivity) -> str:
    matter = found.table[found.table["verdict"] == MATTERS]
    if matter.empty:
        return f"{found.title}: nothing can be told from chance"
    first = [str(name) for name in matter["input"].head(2)]
    verb = "matters" if len(first) == 1 else "matter"
    return f"{found.title}: {listed(first)} {verb} most"


def _subtitle(found: Sensitivity, shown: int) -> str:
    meaning = str(found.table["meaning"].iloc[0])
    unit = f", in {found.unit}" if found.unit and found.unit != "no unit" else ""
    others = len(found.table) - shown
    rest = f" The other {others:,} {'is' if others == 1 else 'are'} in the table." if others else ""
    return (
        f"{meaning[:1].upper()}{meaning[1:]}{unit}, with its 5 to 95% interval. Filled: above what {found.floor_words} "
        f"reaches (dashed line). Letters: evidence, A published, B literature, C judgement.{rest}"
    )


def _label(row: pd.Series, by: str) -> tuple[str, ...]:
    unit = spoken_unit(str(row["unit"]))
    span = (
        f", {short_figure(row['low'])} to {short_figure(row['high'])}" if by == "input" else f", {row['inputs']} inputs"
    )
    ending = f" {unit}" if by == "input" and unit != "no unit" else ""
    return tuple(wrapped(f"{row['input']}{span}{ending} ({row['grade']})", _LABELS - 0.15, 7.5))


def _alt(found: Sensitivity) -> str:
    rows = [
        f"{row.input} {short_figure(row.importance)} ({short_figure(row.importance_q05)} to "
        f"{short_figure(row.importance_q95)})"
        for row in found.table.head(MOST).itertuples(index=False)
    ]
    floor = short_figure(float(found.table["floor"].iloc[0]))
    return f"Dots with intervals, the most important first; {found.floor_words} reaches {floor}. {'; '.join(rows)}."


def _paint(
    canvas: Canvas, words: Frame, found: Sensitivity, labels: list[tuple[str, ...]], heights: list[float]
) -> None:
    sheet = Sheet(canvas)
    words.paint(sheet)
    top = words.top + 0.16
    axes = sheet.axes(_LABELS, top, sheet.width - _LABELS - _RIGHT, sum(heights))
    shown = found.table.head(len(labels))
    floor = float(shown["floor"].iloc[0])
    _scale(axes, max(float(shown["importance_q95"].max()), floor), sum(heights))
    axes.axvline(floor, color=ORANGE, linewidth=1.2, linestyle=(0, (4, 2)), zorder=1)
    words_of_floor = found.floor_words
    left = floor / axes.get_xlim()[1] * (sheet.width - _LABELS - _RIGHT)
    room = text_width(words_of_floor, 7)
    sheet.text(
        _LABELS + max(left, 0.0) - (room if left > room else 0),
        top - 0.07,
        words_of_floor,
        size=7,
        color=TEXT_OF[ORANGE],
    )
    y = 0.0
    for (_, row), lines, height in zip(shown.iterrows(), labels, heights, strict=True):
        middle = y + height / 2
        sheet.text(MARGIN, top + middle, "\n".join(lines), size=7.5)
        _paint_row(axes, row, middle)
        y += height


def _scale(axes: Axes, most: float, height: float) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.set_xlim(0, most * 1.04 if most > 0 else 1)
    axes.set_ylim(height, 0)
    axes.set_yticks([])
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.tick_params(length=2, colors=QUIET_TEXT, labelsize=7)
    ruled(axes, "x")


def _paint_row(axes: Axes, row: pd.Series, middle: float) -> None:
    clear = row["verdict"] == MATTERS
    colour = DARK_BLUE if clear else GREY_LINE
    low = np.clip(row["importance_q05"], 0, None)
    axes.plot([low, row["importance_q95"]], [middle, middle], color=colour, linewidth=1.4, zorder=2)
    axes.plot(
        row["importance"], middle, "o", markersize=5.5, color=colour, zorder=3,
        markerfacecolor=colour if clear else PAPER, clip_on=False,
    )  # fmt: skip
