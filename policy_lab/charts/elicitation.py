"""What experts said, as dots and ranges: one panel for each lever, a row for each expert, the pool beneath."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from policy_lab.analysis.words import listed, percent, spoken_unit, two_figures
from policy_lab.charts.figure import WIDTH, Figure
from policy_lab.charts.frame import MARGIN, Frame, Sheet, frame, wrapped
from policy_lab.charts.palette import DARK_BLUE, DARK_PINK, GRID, PAPER, QUIET_TEXT
from policy_lab.study.scores import POOL, Scores, scale_of
from policy_lab.study.study import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

_LABELS = 1.75
_ROW = 0.19
_HEAD = 0.24
_GAP = 0.34
MOST = 6
"""Judgements that one chart shows of those on which experts stand furthest apart."""


def most_disputed(study: Study, scores: Scores, table: pd.DataFrame, apart: pd.DataFrame, most: int = MOST) -> Figure:
    """Draw the judgements on which experts stand furthest apart, from the tables of `analysis.elicitation`."""
    places = list(apart[["design", "lever"]].head(most).itertuples(index=False, name=None))
    if apart.empty:
        title = "One expert alone"
        places = list(table[["design", "lever"]].drop_duplicates().head(most).itertuples(index=False, name=None))
    else:
        worst = apart.iloc[0]
        title = (
            f"Experts stand furthest apart on {worst['title']} of {_short(study, worst['design'])}: "
            f"{percent(worst['furthest'])} of its range"
        )
    return _figure(study, scores, table, places, title)


def design_scores(study: Study, scores: Scores, table: pd.DataFrame, apart: pd.DataFrame, design: str) -> Figure:
    """Draw what experts said of every lever of one design, from the tables of `analysis.elicitation`."""
    scored = set(table.loc[table["design"] == design, "lever"])
    places = [(design, lever) for lever in study.file.levers if lever in scored]
    inside = apart[apart["design"] == design]
    title = f"What was said of {_short(study, design)}"
    if not inside.empty:
        worst = inside.iloc[0]
        most = f"experts differ most on {worst['title']}, {percent(worst['furthest'])} of its range"
        title = f"{_short(study, design)}: {most}"
    return _figure(study, scores, table, places, title)


def _figure(study: Study, scores: Scores, table: pd.DataFrame, places: Sequence[tuple[str, str]], title: str) -> Figure:
    subtitle = (
        "Dot: mean; thick bar: 5 to 95 %; thin line: lowest to highest. The pool, as a diamond, is the weighted mean "
        "of the experts' distributions. Judgement, not measurement (evidence grade C)."
    )
    source = f"Source: {', '.join(scores.files) or 'scores given by hand'}; {scores.words()}."
    words = frame(title, subtitle, source, WIDTH)
    drawn = [table[(table["design"] == design) & (table["lever"] == lever)] for design, lever in places]
    heights = [_HEAD + _ROW * len(rows) + _GAP for rows in drawn]
    size = (WIDTH, words.top + sum(heights) + words.bottom)
    several = len({design for design, _ in places}) > 1
    heads = [
        f"{study.file.levers[lever].title}{f', {_short(study, design)}' if several else ''} "
        f"({spoken_unit(study.file.levers[lever].unit)})"
        for design, lever in places
    ]
    scales = [scale_of(study, lever, [scores]) for _, lever in places]

    def paint(canvas: Canvas) -> None:
        _paint(canvas, words, heads, drawn, scales)

    data = pd.concat(drawn) if drawn else table.head(0)
    return Figure(title, subtitle, _alt(heads, drawn), source, data, scores.choices(), paint, size)


def _short(study: Study, design: str) -> str:
    found = study.designs[design]
    return found.short or found.title


def _alt(heads: Sequence[str], drawn: Sequence[pd.DataFrame]) -> str:
    parts = []
    for head, rows in zip(heads, drawn, strict=True):
        said = [
            f"{row.expert} {two_figures(row.mean)} ({two_figures(row.q05)} to {two_figures(row.q95)})"
            for row in rows.itertuples(index=False)
        ]
        parts.append(f"{head}: {listed(said)}.")
    return f"Dots with ranges, a panel for each lever and a row for each expert; mean and 5 to 95 %. {' '.join(parts)}"


def _paint(
    canvas: Canvas,
    words: Frame,
    heads: Sequence[str],
    drawn: Sequence[pd.DataFrame],
    scales: Sequence[tuple[float, float]],
) -> None:
    sheet = Sheet(canvas)
    words.paint(sheet)
    top = words.top
    for head, rows, (low, high) in zip(heads, drawn, scales, strict=True):
        sheet.text(MARGIN, top + _HEAD / 2, head, weight="bold")
        axes = sheet.axes(_LABELS, top + _HEAD, sheet.width - _LABELS - 2 * MARGIN, _ROW * len(rows))
        margin = 0.02 * ((high - low) or 1.0)
        axes.set_xlim(low - margin, high + margin)
        axes.set_ylim(len(rows), 0)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.spines["bottom"].set_color(QUIET_TEXT)
        axes.tick_params(length=0, colors=QUIET_TEXT, pad=2, labelsize=7)
        for place, (_, row) in enumerate(rows.iterrows()):
            name = wrapped(str(row["expert"]), _LABELS - 0.15, 8)
            short = name[0] if len(name) == 1 else f"{name[0]} …"
            sheet.text(MARGIN, top + _HEAD + _ROW * (place + 0.5), short)
            _paint_row(axes, row, place + 0.5)
        top += _HEAD + _ROW * len(rows) + _GAP


def _paint_row(axes: Axes, row: pd.Series, y: float) -> None:
    pool = row["expert"] == POOL
    colour = DARK_PINK if pool else DARK_BLUE
    axes.axhline(y, color=GRID, linewidth=0.7, zorder=0)
    axes.plot([row["low"], row["high"]], [y, y], color=colour, linewidth=1.0)
    axes.plot([row["q05"], row["q95"]], [y, y], color=colour, linewidth=3.6, solid_capstyle="butt")
    axes.plot(
        row["mean"], y, "D" if pool else "o", markersize=6, color=colour, markeredgecolor=PAPER, markeredgewidth=1.0,
        clip_on=False, zorder=3,
    )  # fmt: skip
