"""Good enough: in which share of worlds each design keeps each criterion, and all of them at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from policy_lab.analysis.decision_findings import satisficing_finding
from policy_lab.analysis.satisfice import ALL, satisficing
from policy_lab.analysis.setting import Setting, setting_of
from policy_lab.analysis.words import listed, percent
from policy_lab.charts.figure import WIDTH, Figure
from policy_lab.charts.frame import LINE, MARGIN, Frame, Sheet, frame, wrapped
from policy_lab.charts.palette import DARK_BLUE, GRID, PAPER, TEXT
from policy_lab.results.types import Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

_LABELS = 1.6
_ROW = 0.34
_GAP = 0.05
_SMALL = 7.0


def satisficing_chart(results: Results) -> Figure:
    """Draw the shares of worlds as a table of cells, a row a design and a column a criterion."""
    return satisficing_figure(satisficing(results), setting_of(results))


def satisficing_figure(table: pd.DataFrame, setting: Setting) -> Figure:
    """Draw the table of :func:`policy_lab.analysis.satisfice.satisficing`."""
    title = satisficing_finding(table, pd.DataFrame(), setting)[0].rstrip(".")
    subtitle = (
        "Share of worlds in which each criterion holds, and all of them at once (the domain criterion: no weights). "
        f"The criteria stand in the study and are judgement. Scenario: {setting.scenario}."
    )
    words = frame(title, subtitle, setting.source_line, WIDTH)
    keys = list(dict.fromkeys(table["criterion"]))
    titles = table.drop_duplicates("criterion").set_index("criterion")["title"]
    room = (WIDTH - _LABELS - MARGIN) / len(keys)
    heads = [wrapped("all at once" if key == ALL else str(titles[key]), room - 0.1, _SMALL) for key in keys]
    top = max(len(lines) for lines in heads) * _SMALL * LINE / 72 + 0.1
    wide = table.pivot(index="design", columns="criterion", values="share_worlds")[keys]
    wide = wide.loc[list(dict.fromkeys(table["design"]))]
    height = words.top + top + _ROW * len(wide) + 0.1 + words.bottom

    def paint(canvas: Canvas) -> None:
        _paint(canvas, words, wide, heads, setting, top, room)

    told = [f"{setting.short(str(name))} {percent(float(share))}" for name, share in wide[ALL].items()]
    alt = f"A table of shares, darker where larger. All criteria at once: {listed(told)}."
    return Figure(title, subtitle, alt, setting.source_line, table, setting.manifest, paint, (WIDTH, height))


def _paint(
    canvas: Canvas, words: Frame, wide: pd.DataFrame, heads: list[list[str]], setting: Setting, top: float, room: float
) -> None:
    from matplotlib.patches import Rectangle

    sheet = Sheet(canvas)
    words.paint(sheet)
    for column, lines in enumerate(heads):
        x = _LABELS + column * room
        bold = "bold" if wide.columns[column] == ALL else "normal"
        sheet.text(x + 0.02, words.top + top - 0.04, "\n".join(lines), size=_SMALL, va="bottom", weight=bold)
    for row, (name, shares) in enumerate(wide.iterrows()):
        y = words.top + top + row * _ROW
        sheet.text(MARGIN, y + _ROW / 2, "\n".join(wrapped(setting.short(str(name)), _LABELS - 0.15, 8)[:2]))
        for column, share in enumerate(shares):
            x = _LABELS + column * room
            corner = (x / sheet.width, 1 - (y + _ROW - _GAP) / sheet.height)
            size = ((room - _GAP) / sheet.width, (_ROW - _GAP) / sheet.height)
            fill, ink = _shade(float(share))
            sheet.canvas.add_artist(Rectangle(corner, *size, facecolor=fill, edgecolor=GRID, linewidth=0.6))
            sheet.text(x + (room - _GAP) / 2, y + (_ROW - _GAP) / 2, percent(float(share)), ha="center", color=ink)


def _shade(share: float) -> tuple[str, str]:
    """Return the fill of a cell and the ink on it; four steps, so that the two always have contrast."""
    for bound, fill, ink in ((0.25, PAPER, TEXT), (0.5, "#D5E0EC", TEXT), (0.75, "#A9C1DA", TEXT)):
        if not share >= bound:
            return fill, ink
    return DARK_BLUE, PAPER
