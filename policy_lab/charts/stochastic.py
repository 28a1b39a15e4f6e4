"""The whole distribution of risk over worlds, a panel for each design: what dominance is read from."""

from __future__ import annotations

import pandas as pd

from policy_lab.analysis.decision_findings import stochastic_finding
from policy_lab.analysis.setting import Setting, setting_of
from policy_lab.analysis.stochastic import distributions, stochastic_dominance
from policy_lab.analysis.words import listed, percent
from policy_lab.charts.curves import Curves, curves_figure
from policy_lab.charts.figure import Figure
from policy_lab.results.types import Results


def stochastic_chart(results: Results) -> Figure:
    """Draw in which share of worlds each design's risk is at most so much, the base design's beside it."""
    return stochastic_figure(distributions(results), stochastic_dominance(results), setting_of(results))


def stochastic_figure(table: pd.DataFrame, pairs: pd.DataFrame, setting: Setting) -> Figure:
    """Draw the tables of :func:`policy_lab.analysis.stochastic.distributions` and ``stochastic_dominance``."""
    title = stochastic_finding(pairs, setting)[0].rstrip(".")
    names = list(dict.fromkeys(table["design"]))
    beside = f" Dashed: {setting.short(setting.base)}." if setting.base in names and len(names) > 1 else ""
    subtitle = (
        "Share of worlds in which the share of futures that fall short is at most so much; the higher the line, the "
        f"better. A line that is nowhere below another belongs to what every reader prefers.{beside}"
    )
    drawn = Curves(
        table=table,
        x="risk",
        y="worlds",
        low="",
        high="",
        x_title="risk in a world",
        x_limits=(0.0, 1.0),
        y_limits=(-0.02, 1.02),
        y_ticks={0.0: "0%", 0.5: "50%", 1.0: "100%"},
        x_ticks={0.0: "0%", 0.5: "50%", 1.0: "100%"},
        base=setting.base,
        steps=True,
    )

    none = table[table["risk"] == 0].set_index("design")["worlds"]
    told = [f"{percent(float(none[name]))} under {setting.short(name)}" for name in names]
    alt = f"Rising staircases, one for each {setting.design}. Worlds without any shortfall: {listed(told)}."
    shorts = {name: setting.short(name) for name in names}
    return curves_figure(
        title, subtitle, alt, setting.source_line, shorts=shorts, curves=drawn, manifest=setting.manifest
    )
