"""The model against the published figures: small multiples, one series a panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from policy_lab.analysis.calibration.calibrate import Calibration
from policy_lab.analysis.calibration.skill import NO_SKILL, SKILL
from policy_lab.analysis.words import listed, two_figures
from policy_lab.charts.figure import WIDTH, Figure
from policy_lab.charts.frame import Frame, Sheet, frame, ruled
from policy_lab.charts.palette import DARK_BLUE, DARK_PINK, LIGHT_BLUE, QUIET_TEXT, TEXT
from policy_lab.charts.panels import Grid, grid, titled_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas


def history_chart(calibration: Calibration) -> Figure:
    """Draw each published series, the model's median and, where there are draws, the band of what would be published.

    Filled marks were seen by the fit, hollow ones were not; crosses are Covid years.
    """
    history = calibration.history
    table = calibration.bands
    titles = {key: f"{one.observed.title} ({one.observed.unit})" for key, one in history.series.items()}
    title = history_finding(calibration)
    band = "; band: 9 in 10 of what would be published" if "q05" in table else ""
    subtitle = (
        f"{history.file.title}. Line: model{band}. Marks: published figures; filled were fitted, hollow held out, "
        "crosses Covid years."
    )
    study = history.study.file.words
    source = f"Source: {study.sources.rstrip('.')}. {study.not_a_forecast}"
    words = frame(title, subtitle, source, WIDTH)
    layout = grid(titles, words)

    def paint(canvas: Canvas) -> None:
        _paint(canvas, words, layout, table)

    manifest = {"study": history.study.name, "method": calibration.method, "seed": calibration.seed}
    return Figure(title, subtitle, _alt(calibration), source, table, manifest, paint, (WIDTH, layout.height))


def history_finding(calibration: Calibration) -> str:
    """Say, read off the skill table, in how many held-out series the model beats both persistence and the trend."""
    judged = calibration.skill[calibration.skill["verdict"].isin([SKILL, NO_SKILL])]
    good = judged[judged["verdict"] == SKILL]["title"].tolist()
    total = len(judged)
    if not total:
        return "Too few years are held out to say whether the model has skill"
    if not good:
        naive = "both no change and a straight line"
        return f"On held-out years the model has no skill: in none of {total} series does it beat {naive}"
    names = listed([name[:1].lower() + name[1:] for name in good])
    beaten = f"both no change and a straight line in {len(good)} of {total} series ({names})"
    others = ", and has no skill in the others" if len(good) < total else ""
    return f"On held-out years the model beats {beaten}{others}"


def _alt(calibration: Calibration) -> str:
    parts = []
    for key, rows in calibration.bands.groupby("series", sort=False):
        first, last = rows.iloc[0], rows.iloc[-1]
        title = calibration.history.series[str(key)].observed.title
        parts.append(
            f"{title}: published {two_figures(first['data'])} in {first['year']} and {two_figures(last['data'])} in "
            f"{last['year']}, model {two_figures(first['model'])} and {two_figures(last['model'])}"
        )
    return "Small multiples of published series and the model. " + "; ".join(parts) + "."


def _paint(canvas: Canvas, words: Frame, layout: Grid, table: pd.DataFrame) -> None:
    sheet = Sheet(canvas)
    words.paint(sheet)
    for panel, axes in titled_axes(sheet, layout):
        _paint_panel(axes, table[table["series"] == panel.name])
        axes.tick_params(colors=QUIET_TEXT, labelcolor=TEXT, length=2)


def _paint_panel(axes: Axes, rows: pd.DataFrame) -> None:
    from matplotlib.ticker import MaxNLocator

    years = rows["year"].to_numpy(float)
    if "q05" in rows:
        axes.fill_between(years, rows["q05"], rows["q95"], color=LIGHT_BLUE, alpha=0.45, linewidth=0, zorder=2)
    axes.plot(years, rows["model"], color=DARK_BLUE, linewidth=1.8, zorder=3)
    fitted, covid = rows["seen"].to_numpy(bool), rows["covid"].to_numpy(bool) & ~rows["seen"].to_numpy(bool)
    data, size = rows["data"].to_numpy(float), 4
    axes.plot(years[fitted], data[fitted], "o", color=DARK_PINK, markersize=size, zorder=4)
    hollow = ~fitted & ~covid
    axes.plot(years[hollow], data[hollow], "o", color=DARK_PINK, markerfacecolor="white", markersize=size, zorder=4)
    axes.plot(years[covid], data[covid], "x", color=DARK_PINK, markersize=size, zorder=4)
    top = float(np.nanmax(rows[[name for name in ("data", "model", "q95") if name in rows]].to_numpy()))
    axes.set_ylim(0, top * 1.12)
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    ruled(axes)
