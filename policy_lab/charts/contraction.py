"""How far the data narrowed each fitted parameter: a row a parameter, a mark a structure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from policy_lab.analysis.calibration.calibrate import Calibration
from policy_lab.analysis.calibration.learned import SILENT
from policy_lab.analysis.words import count, listed, percent
from policy_lab.charts.figure import WIDTH, Figure
from policy_lab.charts.frame import Frame, Sheet, frame, ruled, text_width
from policy_lab.charts.palette import CATEGORICAL, GREY, QUIET_TEXT, TEXT
from policy_lab.errors import InputError, Problem

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

_ROW = 0.2
"""Inches a parameter."""
_MARKS = ("o", "s", "D", "^")
_SPOKEN = ("Dark blue circles", "turquoise squares", "dark pink diamonds", "orange triangles")


def contraction_chart(calibration: Calibration) -> Figure:
    """Draw by how much the variance of each fitted parameter shrank, for each structure that was fitted.

    Raises
    ------
    InputError
        When the calibration has no posterior, or more than four structures.
    """
    table = calibration.contraction
    structures = tuple(dict.fromkeys(table["structure"])) if len(table) else ()
    if not 1 <= len(structures) <= len(_MARKS):
        what = f"a chart of what was learnt shows 1 to {len(_MARKS)} posteriors, not {len(structures)}"
        raise InputError(Problem(what=what))
    wide = table.pivot(index="parameter", columns="structure", values="contraction")[list(structures)]
    wide = wide.loc[wide.max(axis=1).sort_values(ascending=False).index]
    title = contraction_finding(table)
    key = "; ".join(f"{how}: {one}" for how, one in zip(_SPOKEN, structures, strict=False))
    subtitle = (
        f"Share of the prior's variance that the fitted years took away. Grey: less than {percent(SILENT)}, called "
        f"data silent. {key}."
    )
    words_of = calibration.history.study.file.words
    source = f"Source: {words_of.sources.rstrip('.')}. {words_of.not_a_forecast}"
    words = frame(title, subtitle, source, WIDTH)
    size = (WIDTH, words.top + _ROW * len(wide) + 0.45 + words.bottom)

    def paint(canvas: Canvas) -> None:
        _paint(canvas, words, wide)

    alt = "; ".join(
        f"{name}: {listed([f'{percent(max(0.0, value))} ({one})' for one, value in row.items()])}"
        for name, row in wide.iterrows()
    )
    manifest = {"study": calibration.history.study.name, "method": calibration.method, "seed": calibration.seed}
    return Figure(title, subtitle, f"Narrowing of each parameter. {alt}.", source, table, manifest, paint, size)


def contraction_finding(table: pd.DataFrame) -> str:
    """Say how many fitted parameters the data narrow whatever is assumed, and on how many they are silent."""
    silent = table.assign(silent=table["data"] == "silent").groupby("parameter", sort=False)["silent"].any()
    total, somewhere = len(silent), int(silent.sum())
    if not somewhere:
        return f"The data narrow all {count(total, 'fitted parameter')}, whichever structure is assumed"
    found = f"The data narrow {total - somewhere or 'none'} of {count(total, 'fitted parameter')}"
    return f"{found} whichever structure is assumed; on {somewhere} they are silent under at least one"


def _paint(canvas: Canvas, words: Frame, wide: pd.DataFrame) -> None:
    sheet = Sheet(canvas)
    words.paint(sheet)
    left = max(text_width(str(name), 8) for name in wide.index) + 0.25
    axes = sheet.axes(left, words.top, WIDTH - left - 0.2, _ROW * len(wide))
    rows = np.arange(len(wide))
    axes.axvspan(0, SILENT, color=GREY, alpha=0.45, linewidth=0, zorder=0)
    for at, structure in enumerate(wide.columns):
        values = np.clip(wide[structure].to_numpy(float), 0, 1)
        axes.plot(values, rows, _MARKS[at], color=CATEGORICAL[at], markersize=4.5, zorder=3, clip_on=False)
    axes.set_yticks(rows, [str(name) for name in wide.index])
    axes.set_ylim(len(wide) - 0.5, -0.5)
    axes.set_xlim(0, 1)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0%", "25%", "50%", "75%", "100%"])
    axes.set_xlabel("narrowed by", color=QUIET_TEXT, labelpad=1)
    ruled(axes, "both")
    axes.tick_params(colors=QUIET_TEXT, labelcolor=TEXT, length=2)
