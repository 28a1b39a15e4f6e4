"""Where an order turns round: a map over two inputs, each cell with the design that falls short less often there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from policy_lab.analysis.decision_findings import reversal_finding
from policy_lab.analysis.put_in import RISK
from policy_lab.analysis.reversal import ReversalMap
from policy_lab.analysis.setting import Setting
from policy_lab.analysis.words import count, spoken_unit, two_figures
from policy_lab.charts.figure import WIDTH, Figure
from policy_lab.charts.frame import MARGIN, Frame, Sheet, frame, text_width, wrapped
from policy_lab.charts.palette import DARK_BLUE, ORANGE, PAPER, QUIET_TEXT, TEXT
from policy_lab.study.inputs import UncertainInput

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

_LEFT = 1.5
_CELL = 0.48
_AXIS = 0.5
_KEY = 0.3
_UNCLEAR = "#EDEDED"


def reversal_figure(found: ReversalMap, setting: Setting) -> Figure:
    """Draw the map of :func:`policy_lab.analysis.reversal.reversal_map`."""
    title = reversal_finding(found, setting)[0].rstrip(".")
    one, other = setting.short(found.design), setting.short(found.other)
    what = (
        f"percentage points of risk, {one} less {other}"
        if found.measure == RISK
        else f"{setting.outcome} on average, {other} less {one}"
    )
    worlds = int(found.cells["worlds"].iloc[0])
    subtitle = (
        f"Figures: {what}, mean over {count(worlds, 'world')} in each cell with everything else drawn anew. Coloured: "
        "at least 1.96 standard errors from zero. Cells are equally likely. " + reversal_finding(found, setting)[1]
    )
    words = frame(title, subtitle, setting.source_line, WIDTH)
    rows = found.cells["y_quantile"].nunique()
    height = words.top + _KEY + _CELL * rows + _AXIS + words.bottom

    def paint(canvas: Canvas) -> None:
        _paint(canvas, words, found, setting)

    clear = {name: int((found.cells["better"] == name).sum()) for name in (found.design, found.other)}
    alt = (
        f"A map of {len(found.cells)} cells over {found.x.title} (across) and {found.y.title} (up): {one} is clearly "
        f"better in {clear[found.design]}, {other} in {clear[found.other]}, and the rest are not clear."
    )
    return Figure(title, subtitle, alt, setting.source_line, found.cells, setting.manifest, paint, (WIDTH, height))


def _paint(canvas: Canvas, words: Frame, found: ReversalMap, setting: Setting) -> None:
    from matplotlib.patches import Rectangle

    sheet = Sheet(canvas)
    words.paint(sheet)
    colours = {found.design: (DARK_BLUE, PAPER), found.other: (ORANGE, TEXT)}
    _paint_key(sheet, words.top + 0.1, [*((setting.short(name), colours[name][0]) for name in colours)])
    across, up = (np.sort(found.cells[f"{axis}_quantile"].unique()) for axis in ("x", "y"))
    axes = sheet.axes(_LEFT, words.top + _KEY, sheet.width - _LEFT - MARGIN, _CELL * len(up))
    axes.set_xlim(0, len(across))
    axes.set_ylim(0, len(up))
    for cell in found.cells.itertuples(index=False):
        x, y = int(np.searchsorted(across, cell.x_quantile)), int(np.searchsorted(up, cell.y_quantile))
        fill, ink = colours.get(cell.better, (_UNCLEAR, TEXT))
        axes.add_patch(Rectangle((x, y), 1, 1, facecolor=fill, edgecolor=PAPER, linewidth=1.5))
        axes.text(
            x + 0.5,
            y + 0.5,
            _told(cell.difference, cell.error, found.measure),
            ha="center",
            va="center",
            fontsize=7,
            color=ink,
        )
    for axis, quantiles, setter in (("x", across, axes.set_xticks), ("y", up, axes.set_yticks)):
        values = found.cells.groupby(f"{axis}_quantile")[axis].mean()
        setter(np.arange(len(quantiles)) + 0.5, [two_figures(values[at]) for at in quantiles])
    axes.tick_params(length=0, colors=QUIET_TEXT, pad=3)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.set_xlabel(_axis_title(found.x), color=QUIET_TEXT, labelpad=3)
    title = wrapped(_axis_title(found.y), _LEFT - MARGIN - 0.55, 8)
    sheet.text(MARGIN, words.top + _KEY + _CELL * len(up) / 2, "\n".join(title), color=QUIET_TEXT)


def _told(difference: float, error: float, measure: str) -> str:
    """Return a cell's figure: percentage points of risk, or the outcome's own unit."""
    if measure == RISK:
        return f"{100 * difference:+.1f} ± {100 * error:.1f}"
    rounding = abs(difference) < 1e-9
    return f"{'0' if rounding else two_figures(difference)} ± {two_figures(error)}"


def _axis_title(row: UncertainInput) -> str:
    unit = spoken_unit(row.unit)
    return row.title if unit == "no unit" else f"{row.title} ({unit})"


def _paint_key(sheet: Sheet, y: float, entries: list[tuple[str, str]]) -> None:
    from matplotlib.patches import Rectangle

    x = MARGIN
    for name, colour in (*((f"{short} clearly better", fill) for short, fill in entries), ("not clear", _UNCLEAR)):
        corner = (x / sheet.width, 1 - (y + 0.05) / sheet.height)
        size = (0.14 / sheet.width, 0.1 / sheet.height)
        sheet.canvas.add_artist(Rectangle(corner, *size, facecolor=colour))
        sheet.text(x + 0.2, y, name, size=7.5, va="center_baseline")
        x += 0.2 + text_width(name, 7.5) + 0.2
