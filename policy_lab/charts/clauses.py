"""The way from one design to another as a waterfall: what each part adds, until the second design is reached."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from policy_lab.analysis.clause_words import headline, told_measure
from policy_lab.analysis.clauses import ALIKE, BURDEN, Clauses
from policy_lab.analysis.dominance import SENTENCE
from policy_lab.analysis.put_in import LEVEL, RISK
from policy_lab.analysis.words import listed, two_figures
from policy_lab.charts.figure import WIDTH, Figure
from policy_lab.charts.frame import LINE, MARGIN, Sheet, frame, wrapped
from policy_lab.charts.palette import DARK_BLUE, DARK_GREY, GREY_LINE, GRID, ORANGE, QUIET_TEXT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

_LABELS = 1.75
_GAP = 0.26
_ROW = 0.27
_PANEL = (WIDTH - _LABELS - MARGIN - 2 * _GAP) / 3
_HEADING = 7.0
_AXIS = 0.3
ALL = "All together"
_SCALE = {RISK: 100.0, BURDEN: 100.0, LEVEL: 1.0}
_BETTER = {RISK: -1, BURDEN: -1, LEVEL: 1}


@dataclass(frozen=True)
class _Bar:
    """One row of one panel, in the panel's unit: a bar from ``start`` to ``end``, and 9 in 10 worlds about its end."""

    start: float
    end: float
    low: float
    high: float
    colour: str


def clauses_chart(found: Clauses) -> Figure:
    """Draw the share of each part in the change of risk, burden and mean outcome."""
    setting = found.setting
    title = headline(found)
    subtitle = (
        f"Shapley value of each part in which {setting.short(found.second)} differs from {setting.short(found.first)}: "
        "what it changes, averaged over all orders in which the parts could be brought in. Bars lead on from one "
        "another; blue: for the better, orange: for the worse; thin line: 9 in 10 worlds. Scores are judgement."
        f"{f' {SENTENCE}' if found.put_in else ''}"
    )
    words = frame(title, subtitle, setting.source_line, WIDTH)
    order = _order(found)
    labels = [*(wrapped(part, _LABELS - MARGIN, 8) for part in order), [ALL]]
    panels = {measure: tuple(_bars(found, measure, order)) for measure in found.ends["measure"]}
    headings = {measure: wrapped(_heading(measure, found), _PANEL, _HEADING, bold=True) for measure in panels}
    head = max(map(len, headings.values())) * _HEADING * LINE / 72 + 0.12
    height = words.top + head + _ROW * len(labels) + _AXIS + words.bottom

    def paint(canvas: Canvas) -> None:
        sheet = Sheet(canvas)
        words.paint(sheet)
        _paint(sheet, words.top + head, labels, headings, panels)

    data = found.parts.drop(columns=["first_has", "second_has"])
    return Figure(
        title, subtitle, _alt(found, order), setting.source_line, data, setting.manifest, paint, (WIDTH, height)
    )


def _order(found: Clauses) -> list[str]:
    """Return the parts as the measure of the title has them, for the better first; what both score alike comes last."""
    measure = told_measure(found) or LEVEL
    rows = found.parts[found.parts["measure"] == measure]
    ranked = rows.assign(gain=rows["share"] * _BETTER[measure], alike=rows["kind"] == ALIKE)
    return [str(part) for part in ranked.sort_values(["alike", "gain"], ascending=[True, False])["part"]]


def _bars(found: Clauses, measure: str, order: list[str]) -> Iterator[_Bar]:
    scale = _SCALE[measure]
    rows = found.parts[found.parts["measure"] == measure].set_index("part")
    at = 0.0
    for part in order:
        row = rows.loc[part]
        share = float(row["share"]) * scale
        good = share * _BETTER[measure] >= 0
        yield _Bar(at, at + share, at + row["q05"] * scale, at + row["q95"] * scale, DARK_BLUE if good else ORANGE)
        at += share
    whole = found.ends.set_index("measure").loc[measure]
    yield _Bar(0.0, whole["difference"] * scale, whole["q05"] * scale, whole["q95"] * scale, DARK_GREY)


def _heading(measure: str, found: Clauses) -> str:
    if measure == RISK:
        return "Futures of 100 that fall short"
    if measure == BURDEN:
        return f"{found.burden}, % of {found.setting.short(found.first)}"
    return f"Mean of {found.setting.outcome}"


def _paint(
    sheet: Sheet,
    top: float,
    labels: list[list[str]],
    headings: dict[str, list[str]],
    panels: dict[str, tuple[_Bar, ...]],
) -> None:
    for number, lines in enumerate(labels):
        bold = "bold" if lines == [ALL] else "normal"
        sheet.text(MARGIN, top + _ROW * (number + 0.5), "\n".join(lines), weight=bold, linespacing=1.05)
    for number, (measure, bars) in enumerate(panels.items()):
        left = _LABELS + number * (_PANEL + _GAP)
        sheet.text(left, top - 0.06, "\n".join(headings[measure]), size=_HEADING, weight="bold", va="bottom")
        _panel(sheet.axes(left, top, _PANEL, _ROW * len(bars)), bars)


def _panel(axes: Axes, bars: tuple[_Bar, ...]) -> None:
    axes.set_ylim(len(bars), 0)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.spines["bottom"].set_color(QUIET_TEXT)
    axes.tick_params(length=0, colors=QUIET_TEXT, pad=3, labelsize=7)
    axes.locator_params(axis="x", nbins=4)
    axes.axvline(0, color=GREY_LINE, linewidth=0.8, zorder=1)
    axes.axhline(len(bars) - 1, color=GRID, linewidth=0.8, zorder=0)
    for row, bar in enumerate(bars):
        middle = row + 0.5
        axes.plot([bar.low, bar.high], [middle, middle], color=GREY_LINE, linewidth=0.9, zorder=2)
        axes.barh(middle, bar.end - bar.start, left=bar.start, height=0.56, color=bar.colour, zorder=3)
        if row < len(bars) - 1:
            axes.plot([bar.end, bar.end], [middle, middle + 1], color=GREY_LINE, linewidth=0.6, zorder=1)


def _alt(found: Clauses, order: list[str]) -> str:
    told = []
    for measure in found.ends["measure"]:
        rows: pd.DataFrame = found.parts[found.parts["measure"] == measure].set_index("part")
        shares = [f"{part} {_signed(rows.loc[part, 'share'] * _SCALE[measure])}" for part in order]
        whole = found.ends.set_index("measure").loc[measure, "difference"] * _SCALE[measure]
        told.append(f"{_heading(measure, found)}: {listed(shares)}; all together {_signed(whole)}.")
    return f"Three waterfalls side by side, a row for each part. {' '.join(told)}"


def _signed(value: float) -> str:
    return f"{'plus' if value >= 0 else 'minus'} {two_figures(abs(value))}"
