"""A tornado of single inputs: how far each moves the lead of a design within its range, and where the order changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from policy_lab.analysis.belief_words import headline
from policy_lab.analysis.beliefs import Beliefs
from policy_lab.analysis.words import listed, short_figure, spoken_unit, two_figures
from policy_lab.charts.figure import WIDTH, Figure
from policy_lab.charts.frame import MARGIN, Frame, Sheet, frame, wrapped
from policy_lab.charts.palette import DARK_BLUE, GREY_LINE, LIGHT_BLUE, QUIET_TEXT, TEXT

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

MOST_BARS = 15
_LABELS = 2.25
_WORDS = 1.3
_ROW = 0.27
_HEAD = 0.2
_AXIS = 0.45
_POINTS = 7.5


def beliefs_chart(found: Beliefs) -> Figure:
    """Draw the inputs that move the lead most by themselves."""
    setting = found.setting
    title = headline(found)
    rows = found.switching.head(MOST_BARS)
    name = setting.short(found.design)
    rivals = listed([setting.short(rival) for rival in found.rivals])
    best = "the best of " if len(found.rivals) > 1 else ""
    subtitle = (
        f"How far {name} is ahead of {best}{rivals} in the mean of {setting.outcome}, with one input moved through its "
        f"stated range and all others at their central values; the {len(rows)} inputs of {len(found.switching):,} that "
        "move it most. Right: the switching value, at which the order changes."
    )
    words = frame(title, subtitle, setting.source_line, WIDTH)
    height = words.top + _HEAD + _ROW * len(rows) + _AXIS + words.bottom

    def paint(canvas: Canvas) -> None:
        _paint(canvas, words, rows, found)

    alt = _alt(rows, found)
    return Figure(title, subtitle, alt, setting.source_line, rows.copy(), setting.manifest, paint, (WIDTH, height))


def _paint(canvas: Canvas, words: Frame, rows: pd.DataFrame, found: Beliefs) -> None:
    sheet = Sheet(canvas)
    words.paint(sheet)
    top = words.top + _HEAD
    axes = sheet.axes(_LABELS, top, sheet.width - _LABELS - _WORDS, _ROW * len(rows))
    sheet.text(sheet.width - _WORDS + 0.08, top - 0.1, "switching value", size=7, color=QUIET_TEXT)
    for number, (_, row) in enumerate(rows.iterrows()):
        middle = top + _ROW * (number + 0.5)
        lines = wrapped(str(row["input"]), _LABELS - MARGIN - 0.1, _POINTS)[:2]
        sheet.text(MARGIN, middle, "\n".join(lines), size=_POINTS, linespacing=1.0)
        known = row["switching_value"] == row["switching_value"]
        told = _figure(row["switching_value"], row["unit"]) if known else "none in its range"
        sheet.text(
            sheet.width - _WORDS + 0.08, middle, told, size=_POINTS, color=TEXT if known else QUIET_TEXT,
            weight="bold" if known else "normal",
        )  # fmt: skip
    _bars(axes, rows, found)


def _bars(axes: Axes, rows: pd.DataFrame, found: Beliefs) -> None:
    axes.set_ylim(len(rows), 0)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.spines["bottom"].set_color(QUIET_TEXT)
    axes.tick_params(length=0, colors=QUIET_TEXT, pad=3)
    axes.locator_params(axis="x", nbins=5)
    how: dict[str, Any] = {"height": 0.56, "zorder": 2}
    for number, (_, row) in enumerate(rows.iterrows()):
        middle = number + 0.5
        for end, colour in (("lead_low", LIGHT_BLUE), ("lead_high", DARK_BLUE)):
            axes.barh(middle, row[end] - found.lead, left=found.lead, color=colour, **how)
    axes.axvline(0, color=TEXT, linewidth=1.2, zorder=3)
    axes.axvline(found.lead, color=GREY_LINE, linewidth=0.8, linestyle=(0, (3, 2)), zorder=3)
    axes.margins(x=0.04)
    name = found.setting.short(found.design)
    axes.set_xlabel(
        f"lead of {name}: at 0 the order changes; dashed: central values\n"
        "light: input at its low end; dark: at its high end",
        color=QUIET_TEXT,
        fontsize=7,
        labelpad=2,
    )


def _alt(rows: pd.DataFrame, found: Beliefs) -> str:
    told = [
        f"{row.input} from {two_figures(row.lead_low)} at its low to {two_figures(row.lead_high)} at its high end"
        + (
            f", switching at {_figure(row.switching_value, row.unit)}"
            if row.switching_value == row.switching_value
            else ""
        )
        for row in rows.itertuples(index=False)
    ]
    return f"Tornado about a lead of {two_figures(found.lead)} at central values. {'; '.join(told)}."


def _figure(value: float, unit: str) -> str:
    spoken = spoken_unit(unit)
    return short_figure(value) if spoken == "no unit" else f"{short_figure(value)} {spoken}"
