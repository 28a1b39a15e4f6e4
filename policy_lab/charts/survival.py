"""How long designs hold: the share of futures in which no persistent shortfall has begun yet, a panel for each."""

from __future__ import annotations

import pandas as pd

from policy_lab.analysis.decision_findings import survival_finding
from policy_lab.analysis.setting import Setting, setting_of
from policy_lab.analysis.survival import holding_times, survival
from policy_lab.analysis.words import listed, percent
from policy_lab.charts.curves import Curves, curves_figure
from policy_lab.charts.figure import Figure
from policy_lab.results.types import Results


def survival_chart(results: Results) -> Figure:
    """Draw the survival curve of each design with its band over worlds, the base design's beside it."""
    return survival_figure(survival(results), holding_times(results), setting_of(results))


def survival_figure(curves: pd.DataFrame, times: pd.DataFrame, setting: Setting) -> Figure:
    """Draw the tables of :func:`policy_lab.analysis.survival.survival` and ``holding_times``."""
    title = survival_finding(curves, times, setting)[0].rstrip(".")
    names = list(dict.fromkeys(curves["design"]))
    beside = f"; dashed: {setting.short(setting.base)}" if setting.base in names and len(names) > 1 else ""
    subtitle = (
        "Share of modelled futures in which no persistent shortfall has begun yet (Kaplan-Meier). Line: mean over "
        f"worlds; band: 9 in 10 worlds{beside}. Scenario: {setting.scenario}; {setting.start_words}."
    )
    drawn = Curves(
        table=curves,
        x="time",
        y="holding",
        low="holding_q05",
        high="holding_q95",
        x_title=f"{setting.unit}s from the start",
        x_limits=(float(curves["time"].min()), float(curves["time"].max())),
        y_limits=(-0.02, 1.02),
        y_ticks={0.0: "0%", 0.5: "50%", 1.0: "100%"},
        base=setting.base,
        steps=True,
    )

    ends = curves.groupby("design", sort=False)["holding"].last()
    left = [f"{percent(share)} under {setting.short(str(name))}" for name, share in ends.items()]
    alt = f"Staircases that fall from the left, one for each {setting.design}. At the end hold {listed(left)}."
    shorts = {name: setting.short(name) for name in names}
    return curves_figure(
        title, subtitle, alt, setting.source_line, shorts=shorts, curves=drawn, manifest=setting.manifest
    )
