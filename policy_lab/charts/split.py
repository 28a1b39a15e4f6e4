"""How shortfalls began and whether they ended: one bar a design."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from policy_lab.analysis.findings import split_finding
from policy_lab.analysis.setting import Setting, setting_of
from policy_lab.analysis.shortfall import DIP, NONE, SHOCK, START, WORN, split
from policy_lab.analysis.words import listed, percent
from policy_lab.charts.figure import WIDTH, Figure
from policy_lab.charts.frame import MARGIN, Frame, Sheet, frame, text_width, wrapped
from policy_lab.charts.palette import DARK_BLUE, DARK_PINK, ORANGE, PAPER, QUIET_TEXT, TEXT, TURQUOISE
from policy_lab.results.types import Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

_LABELS = 2.05
_LINE = 0.14
_AXIS = 0.36
_KEY_MARK = 0.2
_KEY_LINE = 0.17
_COLOURS = {START: DARK_BLUE, SHOCK: ORANGE, DIP: TURQUOISE, WORN: DARK_PINK}
_INK = {START: PAPER, SHOCK: TEXT, DIP: TEXT, WORN: PAPER}
"""Colour of the figures on each bar."""


def split_chart(results: Results, calm: Results | None = None) -> Figure:
    """Draw how each design's modelled shortfalls began, and hatch those that recovered within the horizon.

    ``calm`` is the same plan when nothing happens (:func:`policy_lab.analysis.put_in.calm_plan`): with it, shocks are
    told from wear by comparison, without it by the speed of the fall.
    """
    return split_figure(split(results, calm), setting_of(results))


def split_figure(table: pd.DataFrame, setting: Setting) -> Figure:
    """Draw the split from the table of :func:`policy_lab.analysis.shortfall.split`."""
    title = split_finding(table, setting)
    rule = str(table["rule"].iloc[0])
    subtitle = (
        f"Share of modelled futures that fall short, by how the shortfall began (told {rule}). Hatched: back at the "
        f"bar for {setting.periods} periods in a row within the horizon. Scenario: {setting.scenario}."
    )
    words = frame(title, subtitle, setting.source_line, WIDTH)
    names = list(dict.fromkeys(table["design"]))
    labels = {name: tuple(wrapped(setting.short(name), _LABELS - 0.15, 8)) for name in names}
    heights = {name: max(0.3, _LINE * len(lines) + 0.12) for name, lines in labels.items()}
    height = words.top + 0.06 + _KEY_LINE * len(_key_rows(table)) + sum(heights.values()) + _AXIS + words.bottom

    def paint(canvas: Canvas) -> None:
        _paint(canvas, words, table, labels, heights)

    alt = _alt(table, setting)
    return Figure(title, subtitle, alt, setting.source_line, table, setting.manifest, paint, (WIDTH, height))


def _alt(table: pd.DataFrame, setting: Setting) -> str:
    parts = []
    for name, rows in table[table["cause"] != NONE].groupby("design", sort=False):
        causes = [
            f"{percent(row.share)} {row.cause} ({percent(row.recovered)} recovered)"
            for row in rows.itertuples(index=False)
            if row.share > 0
        ]
        parts.append(f"{setting.short(str(name))}: {listed(causes) if causes else 'none'}")
    return f"Stacked bars, one for each {setting.design}, shares of all its modelled futures. {'; '.join(parts)}."


def _paint(
    canvas: Canvas,
    words: Frame,
    table: pd.DataFrame,
    labels: dict[str, tuple[str, ...]],
    heights: dict[str, float],
) -> None:
    sheet = Sheet(canvas)
    words.paint(sheet)
    key = _key_rows(table)
    top = words.top + 0.06 + _KEY_LINE * len(key)
    width = sheet.width - _LABELS - 0.45
    _paint_key(sheet, words.top + 0.04, key)
    axes = sheet.axes(_LABELS, top, width, sum(heights.values()))
    axes.set_xlim(0, 1)
    axes.set_ylim(sum(heights.values()), 0)
    axes.set_yticks([])
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0%", "25%", "50%", "75%", "100%"])
    axes.tick_params(length=0, colors=QUIET_TEXT, pad=3)
    axes.set_xlabel("Share of modelled futures", color=QUIET_TEXT, labelpad=2)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(QUIET_TEXT)
    y = 0.0
    for name, height in heights.items():
        middle = y + height / 2
        sheet.text(MARGIN, top + middle, "\n".join(labels[name]))
        _paint_bar(axes, table[table["design"] == name], middle, width)
        y += height


def _key_rows(table: pd.DataFrame) -> tuple[tuple[str, ...], ...]:
    """Return the causes that occur, in as many rows as their names need."""
    present = set(table.loc[table["share"] > 0, "cause"])
    rows: list[list[str]] = [[]]
    x = 0.0
    for cause in _COLOURS:
        width = _KEY_MARK + text_width(cause, 8) + 0.2
        if cause not in present:
            continue
        if rows[-1] and x + width > WIDTH - 2 * MARGIN:
            rows.append([])
            x = 0.0
        rows[-1].append(cause)
        x += width
    return tuple(tuple(row) for row in rows)


def _paint_key(sheet: Sheet, top: float, rows: tuple[tuple[str, ...], ...]) -> None:
    """Name the colours once, in the order in which they are stacked."""
    from matplotlib.patches import Rectangle

    for number, row in enumerate(rows):
        x, y = MARGIN, top + number * _KEY_LINE
        for cause in row:
            corner = (x / sheet.width, 1 - (y + 0.05) / sheet.height)
            size = (0.14 / sheet.width, 0.1 / sheet.height)
            sheet.canvas.add_artist(Rectangle(corner, *size, facecolor=_COLOURS[cause]))
            sheet.text(x + _KEY_MARK, y, cause, va="center_baseline")
            x += _KEY_MARK + text_width(cause, 8) + 0.2


def _paint_bar(axes: Axes, rows: pd.DataFrame, middle: float, width: float) -> None:
    left, thick = 0.0, 0.2
    total = float(rows.loc[rows["cause"] != NONE, "share"].sum())
    for cause, colour in _COLOURS.items():
        row = rows[rows["cause"] == cause].iloc[0]
        for part, hatch in (("not_recovered", ""), ("recovered", "////")):
            share = float(row[part])
            if share <= 0:
                continue
            axes.barh(middle, share, left=left, height=thick, color=colour, hatch=hatch, edgecolor=PAPER, linewidth=0.8)
            label = percent(share)
            if text_width(label, 7) + 0.06 < share * width and not hatch:
                axes.text(left + share / 2, middle, label, ha="center", va="center", fontsize=7, color=_INK[cause])
            left += share
    axes.annotate(
        percent(total) if total > 0 else "none",
        (total, middle),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        color=TEXT,
        annotation_clip=False,
    )
