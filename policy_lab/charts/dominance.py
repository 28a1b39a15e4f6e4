"""Who stands above whom, and whether that was put in or found: one cell a pair."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from policy_lab.analysis.dominance import OPEN, PUT_IN, dominance
from policy_lab.analysis.findings import dominance_finding
from policy_lab.analysis.risk import pairwise
from policy_lab.analysis.setting import Setting, setting_of
from policy_lab.analysis.words import listed, percent
from policy_lab.charts.figure import WIDTH, Figure
from policy_lab.charts.frame import MARGIN, Frame, Sheet, frame, wrapped
from policy_lab.charts.palette import DARK_BLUE, GRID, PAPER, QUIET_TEXT, TEXT
from policy_lab.results.types import Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

_LABELS = 2.35
_LINE = 0.13
_UP, _DOWN, _SAME = "▲", "▼", "="


def dominance_chart(results: Results) -> Figure:
    """Draw a matrix of pairs: orders put in by the lever scores, and for the others the chance found by the model."""
    table = dominance(results.plan.study, results.designs)
    return dominance_figure(table, pairwise(results), setting_of(results))


def dominance_figure(dominated: pd.DataFrame, pairs: pd.DataFrame, setting: Setting) -> Figure:
    """Draw the matrix from the tables of :func:`policy_lab.analysis.dominance.dominance` and ``pairwise``."""
    title = dominance_finding(dominated)
    subtitle = (
        f"Row against column. {_UP} or {_DOWN} on dark: the row's scores are no worse, or no better, on every lever: "
        "this order was put in, and the model only sizes it. Percentage: share of worlds in which the row has the "
        "lower modelled risk (ties count half)."
    )
    words = frame(title, subtitle, setting.source_line, WIDTH)
    names = tuple(setting.titles)
    labels = tuple(
        tuple(wrapped(f"{place}  {setting.short(name)}", _LABELS - 0.15, 8)) for place, name in enumerate(names, 1)
    )
    cells = _cells(names, pairs)
    rows = tuple(max(0.3, _LINE * len(lines) + 0.1) for lines in labels)
    height = words.top + 0.22 + sum(rows) + 0.12 + words.bottom

    def paint(canvas: Canvas) -> None:
        _paint(canvas, words, labels, cells, rows)

    columns = ["design", "other", "order", "put_in_above", "chance_better", "chance_better_error", "difference"]
    data, alt = pairs[columns].copy(), _alt(dominated, pairs, setting)
    return Figure(title, subtitle, alt, setting.source_line, data, setting.manifest, paint, (WIDTH, height))


def _cells(names: tuple[str, ...], pairs: pd.DataFrame) -> dict[tuple[int, int], tuple[str, str]]:
    """Return the order and the words of each cell, by row and column."""
    cells = {}
    for row in pairs.itertuples(index=False):
        one, other = names.index(row.design), names.index(row.other)
        if row.order == PUT_IN:
            above = row.put_in_above == row.design
            words = (_UP, _DOWN) if above else (_DOWN, _UP)
        elif row.order == OPEN:
            words = (percent(row.chance_better), percent(1 - row.chance_better))
        else:
            words = (_SAME, _SAME)
        cells[one, other] = (row.order, words[0])
        cells[other, one] = (row.order, words[1])
    return cells


def _alt(dominated: pd.DataFrame, pairs: pd.DataFrame, setting: Setting) -> str:
    put_in = [
        f"{setting.short(row.design)} above {setting.short(row.other)}"
        for row in dominated[dominated["order"] == PUT_IN].itertuples(index=False)
    ]
    found = [
        f"{setting.short(row.design)} has the lower modelled risk than {setting.short(row.other)} in "
        f"{percent(row.chance_better)} of worlds"
        for row in pairs[pairs["order"] == OPEN].itertuples(index=False)
    ]
    first = f"Put in: {listed(put_in)}." if put_in else "No order was put in."
    return f"Matrix of pairs. {first} {f'Found: {listed(found)}.' if found else ''}".strip()


def _paint(
    canvas: Canvas,
    words: Frame,
    labels: tuple[tuple[str, ...], ...],
    cells: dict[tuple[int, int], tuple[str, str]],
    rows: tuple[float, ...],
) -> None:
    sheet = Sheet(canvas)
    words.paint(sheet)
    top = words.top + 0.22
    room = sheet.width - _LABELS - MARGIN
    column = min(room / len(labels), 0.75)
    axes = sheet.axes(_LABELS, top, column * len(labels), sum(rows))
    axes.set_xlim(0, len(labels))
    axes.set_ylim(sum(rows), 0)
    axes.set_axis_off()
    y = 0.0
    for place, (lines, height) in enumerate(zip(labels, rows, strict=True)):
        sheet.text(MARGIN, top + y + height / 2, "\n".join(lines))
        sheet.text(_LABELS + column * (place + 0.5), top - 0.1, str(place + 1), ha="center", color=QUIET_TEXT)
        for other in range(len(labels)):
            order, text = cells.get((place, other), ("", ""))
            _paint_cell(axes, other, y, height, order, text)
        y += height


def _paint_cell(axes: Axes, x: float, y: float, height: float, order: str, text: str) -> None:
    from matplotlib.patches import Rectangle

    fill = {PUT_IN: DARK_BLUE, "": GRID}.get(order, PAPER)
    axes.add_patch(Rectangle((x, y), 1, height, facecolor=fill, edgecolor=QUIET_TEXT, linewidth=0.6))
    colour = PAPER if order == PUT_IN else TEXT
    small = 7 if len(text) > 4 else 8
    words = text.replace(" ", "\n") if len(text) > 5 else text
    axes.text(x + 0.5, y + height / 2, words, ha="center", va="center", color=colour, fontsize=small, linespacing=1.0)
