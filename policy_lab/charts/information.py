"""Which evidence is worth buying: what knowing each group of inputs would take off the risk of the choice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from policy_lab.analysis.decision_findings import information_finding
from policy_lab.analysis.information import BY_GRADE, EVERYTHING
from policy_lab.analysis.setting import Setting
from policy_lab.analysis.stochastic import RISK
from policy_lab.analysis.words import listed
from policy_lab.charts.figure import WIDTH, Figure
from policy_lab.charts.frame import MARGIN, Frame, Sheet, frame
from policy_lab.charts.palette import DARK_BLUE, GRID, PAPER, QUIET_TEXT

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

_LABELS = 2.05
_FIGURES = 1.2
_ROW = 0.25
_AXIS = 0.36


def information_figure(table: pd.DataFrame, setting: Setting) -> Figure:
    """Draw the values on risk from the table of :func:`policy_lab.analysis.information.information_value`."""
    title = information_finding(table, setting)[1].rstrip(".")
    subtitle = (
        "Expected value of perfect information: percentage points of modelled shortfall risk that knowing each group "
        "before choosing would save. Dot: estimate; line: 1.96 standard errors to each side. Luck cannot be known. "
        "Hollow: by grade of evidence."
    )
    words = frame(title, subtitle, setting.source_line, WIDTH)
    rows = table[table["measure"] == RISK]
    height = words.top + _ROW * len(rows) + _AXIS + words.bottom

    def paint(canvas: Canvas) -> None:
        _paint(canvas, words, rows)

    told = [f"{row.group} {_points(row.value, row.error)}" for row in rows.itertuples(index=False)]
    alt = f"Dots with error bars, one a group of inputs, in percentage points of risk: {listed(told)}."
    return Figure(title, subtitle, alt, setting.source_line, table, setting.manifest, paint, (WIDTH, height))


def _points(value: float, error: float) -> str:
    return f"{100 * value:.1f} ± {100 * error:.1f}"


def _paint(canvas: Canvas, words: Frame, rows: pd.DataFrame) -> None:
    sheet = Sheet(canvas)
    words.paint(sheet)
    axes = sheet.axes(_LABELS, words.top, sheet.width - _LABELS - _FIGURES, _ROW * len(rows))
    axes.set_ylim(_ROW * len(rows), 0)
    axes.set_yticks([])
    for at, row in enumerate(rows.itertuples(index=False)):
        y = (at + 0.5) * _ROW
        value, reach = 100 * row.value, 196 * row.error
        axes.axhline(y, color=GRID, linewidth=0.8, zorder=0)
        axes.plot([max(0.0, value - reach), value + reach], [y, y], color=DARK_BLUE, linewidth=1.3)
        fill = PAPER if row.split == BY_GRADE else DARK_BLUE
        axes.plot(value, y, "o", markersize=6, markerfacecolor=fill, markeredgecolor=DARK_BLUE, clip_on=False, zorder=3)
        weight = "bold" if row.group == EVERYTHING else "normal"
        sheet.text(MARGIN, words.top + y, str(row.group), weight=weight)
        sheet.text(sheet.width - _FIGURES + 0.08, words.top + y, f"{_points(row.value, row.error)} points")
    axes.set_xlim(0, max(0.1, 1.05 * float((100 * rows["value"] + 196 * rows["error"]).max())))
    axes.locator_params(axis="x", nbins=5)
    axes.tick_params(length=0, colors=QUIET_TEXT, pad=3)
    axes.set_xlabel("percentage points of risk", color=QUIET_TEXT, labelpad=2)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(QUIET_TEXT)
