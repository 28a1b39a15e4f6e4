"""How many worlds and futures an order needs: how often two runs of the same size agree on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from policy_lab.analysis.convergence import FUTURES, STILL, WORLDS, convergence, pair_convergence
from policy_lab.analysis.decision import live_pair
from policy_lab.analysis.decision_findings import convergence_finding
from policy_lab.analysis.risk import risk
from policy_lab.analysis.setting import Setting, setting_of
from policy_lab.analysis.words import percent
from policy_lab.charts.figure import WIDTH, Figure
from policy_lab.charts.frame import Frame, Sheet, frame, ruled
from policy_lab.charts.palette import DARK_BLUE, GREY_LINE, QUIET_TEXT, TEXT
from policy_lab.charts.panels import Grid, Panel, grid, titled_axes
from policy_lab.results.types import Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

_TITLES = {WORLDS: "As worlds grow", FUTURES: "As futures in each world grow"}


def convergence_chart(results: Results) -> Figure:
    """Draw how often two runs of one size agree on the order of each pair, as the size grows."""
    setting = setting_of(results)
    pair = live_pair(risk(results), setting)
    return convergence_figure(convergence(results), pair_convergence(results), pair, setting)


def convergence_figure(table: pd.DataFrame, pairs: pd.DataFrame, pair: tuple[str, ...], setting: Setting) -> Figure:
    """Draw the tables of :mod:`policy_lab.analysis.convergence`; the pair of the choice stands out."""
    title = convergence_finding(table, pairs, pair, setting)[0].rstrip(".")
    names = " and ".join(setting.short(name) for name in pair)
    subtitle = (
        "Share of pairs of runs, which share no world (left) or no future (right), that agree on which design of a "
        f"pair has the lower risk. Thick: {names}; grey: other pairs inside groups. Dotted: {percent(STILL)}."
    )
    words = frame(title, subtitle, setting.source_line, WIDTH)
    present = [varied for varied in _TITLES if (pairs["varied"] == varied).any()]
    layout = grid({varied: _TITLES[varied] for varied in present}, words, left=0.55, plot=1.7)

    def paint(canvas: Canvas) -> None:
        _paint(canvas, words, layout, pairs, pair)

    own = pairs[pairs["design"].isin(pair) & pairs["other"].isin(pair)]
    told = "; ".join(
        f"{_TITLES[varied].lower()}, {percent(float(rows['agree'].iloc[0]))} at {rows['size'].iloc[0]} to "
        f"{percent(float(rows['agree'].iloc[-1]))} at {rows['size'].iloc[-1]}"
        for varied, rows in own.groupby("varied", sort=False)
    )
    alt = f"Lines of agreement against size. {names}: {told}."
    return Figure(title, subtitle, alt, setting.source_line, pairs, setting.manifest, paint, (WIDTH, layout.height))


def _paint(canvas: Canvas, words: Frame, layout: Grid, pairs: pd.DataFrame, pair: tuple[str, ...]) -> None:
    sheet = Sheet(canvas)
    words.paint(sheet)
    for panel, axes in titled_axes(sheet, layout):
        _paint_panel(axes, panel, pairs[pairs["varied"] == panel.name], pair)


def _paint_panel(axes: Axes, panel: Panel, rows: pd.DataFrame, pair: tuple[str, ...]) -> None:
    for names, line in rows.groupby(["design", "other"], sort=False):
        own = set(names) == set(pair)
        colour, width = (DARK_BLUE, 2.0) if own else (GREY_LINE, 0.8)
        axes.plot(line["size"], line["agree"], color=colour, linewidth=width, marker="o", markersize=3, zorder=2 + own)
    axes.axhline(STILL, color=QUIET_TEXT, linewidth=1.0, linestyle=(0, (1, 1.5)))
    sizes = sorted(rows["size"].unique())
    axes.set_xscale("log")
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.minorticks_off()
    axes.set_ylim(-0.02, 1.02)
    axes.set_yticks([0, 0.5, 1], ["0%", "50%", "100%"])
    ruled(axes)
    axes.tick_params(colors=QUIET_TEXT, labelcolor=TEXT, length=2, labelleft=panel.leftmost)
    axes.set_xlabel(f"{panel.name} in each run", color=QUIET_TEXT, labelpad=1)
