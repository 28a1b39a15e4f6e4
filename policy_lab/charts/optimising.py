"""The front of lever settings: cost against shortfall and burden, with the study's designs in the same picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from policy_lab.analysis.optimising import Optimum
from policy_lab.analysis.words import count, short_figure
from policy_lab.charts.figure import WIDTH, Figure
from policy_lab.charts.frame import Frame, Sheet, frame, ruled, wrapped
from policy_lab.charts.palette import DARK_BLUE, GREY_LINE, ORANGE, PAPER, QUIET_TEXT, TEXT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

_PLOT = 2.7


def front_chart(found: Optimum) -> Figure:
    """Draw every setting of the front and every design twice: shortfall and burden against cost, on held-out worlds."""
    settings = found.table[found.table["kind"] == "setting"]
    kept = int(settings["on_front"].sum())
    title = f"{kept} of {count(len(settings), 'lever setting')} stay unbeaten on worlds that the search never met"
    subtitle = (
        "Lower and further left is better. Blue dots: settings still unbeaten; rings: beaten on other worlds. "
        "Diamonds: the study's designs at their most likely scores. Lever scores are judgement (evidence C): a setting "
        "is no statute."
    )
    words = frame(title, subtitle, found.source, WIDTH)
    heads = [tuple(wrapped(found.titles[name], 2.8, 7)) for name in found.objectives[:2]]
    top = words.top + 0.12 + 0.125 * max(map(len, heads))
    height = top + _PLOT + 0.5 + words.bottom

    def paint(canvas: Canvas) -> None:
        _paint(canvas, words, found, heads, top)

    return Figure(title, subtitle, _alt(found), found.source, found.table, found.manifest, paint, (WIDTH, height))


def _alt(found: Optimum) -> str:
    first, second, cost = found.objectives
    rows = [
        f"{row['name']}: {short_figure(row[f'{first}_held_out'])}, {short_figure(row[f'{second}_held_out'])}, "
        f"{short_figure(row[f'{cost}_held_out'])}"
        for _, row in found.table[found.table["kind"] == "design"].iterrows()
    ]
    return (
        f"Two scatters against cost. {' '.join(found.sentences)} Designs (shortfall, burden, cost): {'; '.join(rows)}."
    )


def _paint(canvas: Canvas, words: Frame, found: Optimum, heads: list[tuple[str, ...]], top: float) -> None:
    sheet = Sheet(canvas)
    words.paint(sheet)
    cost = found.objectives[-1]
    for place, (name, head) in enumerate(zip(found.objectives[:2], heads, strict=True)):
        left = 0.5 + place * 3.05
        sheet.text(left - 0.35, top - 0.08, "\n".join(head), size=7, color=QUIET_TEXT, va="bottom")
        axes = sheet.axes(left, top, 2.5, _PLOT)
        _paint_points(axes, found.table, f"{cost}_held_out", f"{name}_held_out", named=place == 0)
        axes.set_xlabel(wrapped(found.titles[cost], 2.9, 7)[0], fontsize=7, color=QUIET_TEXT, labelpad=3)


def _paint_points(axes: Axes, table: pd.DataFrame, across: str, up: str, *, named: bool) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    settings, designs = (table[table["kind"] == kind] for kind in ("setting", "design"))
    for kept, inside in ((False, PAPER), (True, DARK_BLUE)):
        rows = settings[settings["on_front"] == kept]
        colour = DARK_BLUE if kept else GREY_LINE
        axes.plot(rows[across], rows[up], "o", color=colour, markerfacecolor=inside, markersize=4.5, zorder=2 + kept)
    axes.plot(designs[across], designs[up], "D", color=ORANGE, markersize=5, zorder=5)
    for number, (_, row) in enumerate(designs.iterrows()):
        if named or len(designs) <= 5:
            right = row[across] > table[across].mean()
            axes.annotate(
                str(row["name"]), (row[across], row[up]), xytext=(-5 if right else 5, 4 if number % 2 else -7),
                ha="right" if right else "left", textcoords="offset points", fontsize=6, color=TEXT, zorder=6,
            )  # fmt: skip
    axes.margins(x=0.12, y=0.08)
    plain = FuncFormatter(
        lambda value, _: short_figure(value).replace(" million", "m") if abs(value) >= 100 else f"{value:g}"
    )
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(4))
        axis.set_major_formatter(plain)
    ruled(axes, "both")
    axes.tick_params(length=2, colors=QUIET_TEXT, labelsize=6.5)
