"""When less accumulates: the burden of each year against the base design's, a panel for each design."""

from __future__ import annotations

import numpy as np
import pandas as pd

from policy_lab.analysis.decision_findings import timing_finding
from policy_lab.analysis.setting import Setting, setting_of
from policy_lab.analysis.timing import benefit_timing
from policy_lab.analysis.words import listed, two_figures
from policy_lab.charts.curves import Curves, curves_figure
from policy_lab.charts.figure import Figure
from policy_lab.results.types import Results


def timing_chart(results: Results) -> Figure:
    """Draw each design's burden of the year as a ratio to the base design's."""
    return timing_figure(benefit_timing(results), setting_of(results))


def timing_figure(table: pd.DataFrame, setting: Setting) -> Figure:
    """Draw the table of :func:`policy_lab.analysis.timing.benefit_timing`; the base design needs no panel."""
    title = timing_finding(table, setting)[0].rstrip(".")
    rows = table[table["design"] != setting.base]
    subtitle = (
        f"{setting.burden[:1].upper()}{setting.burden[1:]}, year by year, as a ratio to {setting.short(setting.base)} "
        "(dotted: the same). Line: median over worlds; band: 9 in 10 worlds."
    )
    names = list(dict.fromkeys(rows["design"]))
    low, high = float(rows["ratio_q05"].min()), float(rows["ratio_q95"].max())
    room = max(0.02, 0.05 * (high - low))
    ticks = [tick for tick in _ticks(low, high) if low - room <= tick <= high + room]
    drawn = Curves(
        table=rows,
        x="year",
        y="ratio",
        low="ratio_q05",
        high="ratio_q95",
        x_title="year",
        x_limits=(float(rows["year"].min()), float(rows["year"].max())),
        y_limits=(min(low, 1.0) - room, max(high, 1.0) + room),
        y_ticks={tick: f"{tick:g}" for tick in ticks},
        x_ticks={year: f"{year:g}" for year in _years(rows)},
        level=1.0,
    )

    first, last = (rows.groupby("design", sort=False)["ratio"].nth(at).to_numpy() for at in (0, -1))
    told = [
        f"{setting.short(name)} from {two_figures(start)} to {two_figures(end)}"
        for name, start, end in zip(names, first, last, strict=True)
    ]
    alt = f"Lines of the yearly ratio, one for each {setting.design}: {listed(told)}, from the first year to the last."
    shorts = {name: setting.short(name) for name in names}
    return curves_figure(
        title, subtitle, alt, setting.source_line, shorts=shorts, curves=drawn, manifest=setting.manifest
    )


def _years(rows: pd.DataFrame) -> list[float]:
    """Return the first year, the last, and one between."""
    years = sorted(float(year) for year in rows["year"].unique())
    return sorted({years[0], years[len(years) // 2], years[-1]})


def _ticks(low: float, high: float) -> list[float]:
    """Return round figures about 1, as far apart as the range asks for."""
    step = next((step for step in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5) if (high - low) / step <= 5), 1.0)
    return [
        round(1 + step * at, 6) for at in range(int(np.floor((low - 1) / step)), int(np.ceil((high - 1) / step)) + 1)
    ]
