"""Cells of a row of the table of risks, as a summary and a briefing write them."""

from __future__ import annotations

import pandas as pd

from policy_lab.analysis.setting import Setting
from policy_lab.analysis.words import percent, two_figures

NONE = "–"
"""Stands where there is nothing to tell."""


def band_cell(row: pd.Series) -> str:
    """Return the risk in nine of ten worlds."""
    return f"{percent(row['risk_q05'])} to {percent(row['risk_q95'])}"


def error_cell(row: pd.Series) -> str:
    """Return the simulation error."""
    return f"±{percent(row['simulation_error'])}"


def chance_cell(row: pd.Series) -> str:
    """Return the chance of being lowest, or why it is withheld."""
    withheld = str(row["chance_best_withheld"])
    if withheld:
        return "order put in" if "put in" in withheld else NONE
    return percent(row["chance_best"])


def burden_cell(row: pd.Series, setting: Setting) -> str:
    """Return the ratio of burdens to the base, with its range."""
    if row["design"] == setting.base:
        return "1 (base)"
    if pd.isna(row["burden_ratio"]):
        return NONE
    low, high = two_figures(row["burden_ratio_q05"]), two_figures(row["burden_ratio_q95"])
    return f"{two_figures(row['burden_ratio'])} ({low} to {high})"
