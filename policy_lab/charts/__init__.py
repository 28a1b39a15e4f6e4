"""Pure functions from results to figures, each with its finding, alt text, source and data."""

from policy_lab.charts.dominance import dominance_chart
from policy_lab.charts.explain import loop_chart, view_chart
from policy_lab.charts.fan import fan_chart
from policy_lab.charts.figure import Figure
from policy_lab.charts.path import path_chart
from policy_lab.charts.risk import risk_chart
from policy_lab.charts.split import split_chart
from policy_lab.charts.surface import surface_chart

__all__ = [
    "Figure",
    "dominance_chart",
    "fan_chart",
    "loop_chart",
    "path_chart",
    "risk_chart",
    "split_chart",
    "surface_chart",
    "view_chart",
]
