"""Central paths: the measure of each design at central values and without luck, a panel for each, with the bar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from policy_lab.analysis.words import listed, spoken_unit, two_figures
from policy_lab.charts.curves import Curves, curves_figure
from policy_lab.charts.figure import Figure
from policy_lab.study.elements import split_element
from policy_lab.study.study import Study


def central_figure(table: pd.DataFrame, study: Study, manifest: Mapping[str, Any], note: str = "") -> Figure:
    """Draw central paths.

    Parameters
    ----------
    table
        ``design``, ``time`` (since the start, in the model's unit), ``value`` (the measure, in its own unit).
    study
        Gives names, words and the bar.
    manifest
        What made the numbers.
    note
        A sentence more for the subtitle.
    """
    measure, words = study.file.measures.shortfall, study.file.words
    shorts = {
        str(name): study.design(str(name)).short or study.design(str(name)).title for name in table["design"].unique()
    }
    ends = table[table["time"] == table["time"].max()].set_index("design")["value"]
    said = [f"{two_figures(float(ends[name]))} under {short}" for name, short in shorts.items()]
    base = study.file.comparison.base
    beside = f"; dashed: {shorts[base]}" if base in shorts and len(shorts) > 1 else ""
    title = f"{words.outcome[:1].upper()}{words.outcome[1:]} at central values, without luck, ends at {_span(ends)}"
    unit = spoken_unit(study.model[split_element(measure.variable)[0]].unit)
    subtitle = f"{measure.variable} ({unit}){beside}; dotted: the bar, {two_figures(measure.threshold)}. {note}"
    source = f"Source: {words.sources.rstrip('.')}. {words.not_a_forecast}"
    low, high = min(table["value"].min(), measure.threshold), max(table["value"].max(), measure.threshold)
    room = 0.06 * (high - low or 1.0)
    marks = (low, measure.threshold, high) if low < measure.threshold < high else (low, high)
    drawn = Curves(
        table=table,
        x="time",
        y="value",
        low="",
        high="",
        x_title=f"{study.model.time.unit.lower()}s from the start",
        x_limits=(float(table["time"].min()), float(table["time"].max())),
        y_limits=(low - room, high + room),
        y_ticks={float(mark): two_figures(float(mark)) for mark in marks},
        base=base,
        level=measure.threshold,
    )

    alt = f"One line for each {words.design}. At the end {words.outcome} stands at {listed(said)}."
    return curves_figure(title, subtitle, alt, source, shorts=shorts, curves=drawn, manifest=manifest)


def _span(ends: pd.Series) -> str:
    low, high = two_figures(float(ends.min())), two_figures(float(ends.max()))
    return low if low == high else f"{low} to {high}"
