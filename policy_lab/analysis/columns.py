"""The data dictionary: unit and definition of every column that is written."""

from __future__ import annotations

import pandas as pd

from policy_lab.analysis.beside import total_names
from policy_lab.analysis.outcomes import time_unit, unit_of
from policy_lab.results.types import Results

_SHARE = "share, 0 to 1"

_RISK = (
    ("design", "", "Name of the design, as in designs.yaml; overlays after a plus"),
    ("short", "", "What charts and sentences call it; its title where the study gives no shorter name"),
    ("title", "", "Its title"),
    ("group", "", "Its group; ranks, chances and regret compare designs of one group only"),
    ("overlay", "", "Overlays upon it"),
    ("evidence_grade", "A, B or C", "Weakest evidence behind its lever scores: A statistic, B literature, C judgement"),
    ("lever_marks", "", "How many lever scores were found, recalled, computed or assumed"),
    ("risk", _SHARE, "Modelled shortfall risk: mean over worlds of the share of futures that fall short"),
    ("risk_q05", _SHARE, "5 % quantile over worlds of the share of futures that fall short"),
    ("risk_q25", _SHARE, "25 % quantile over worlds"),
    ("risk_q50", _SHARE, "Median over worlds"),
    ("risk_q75", _SHARE, "75 % quantile over worlds"),
    ("risk_q95", _SHARE, "95 % quantile over worlds"),
    ("simulation_error", _SHARE, "Standard error of the risk from finite numbers of worlds and futures"),
    ("simulation_error_luck", _SHARE, "The part of it that more futures a world would remove"),
    ("rank_in_group", "place", "Place by risk inside the group, 1 is lowest; ties share a place"),
    ("chance_best", _SHARE, "Share of worlds in which it has the lowest risk of its group, ties split"),
    ("chance_best_error", _SHARE, "Standard error of that share"),
    ("expected_regret", _SHARE, "Mean over worlds of its risk less the lowest risk of its group"),
    ("regret_1_in_20", _SHARE, "If this choice is wrong, how much worse: 95 % quantile over worlds of the same"),
    ("chance_best_withheld", "", "Why no chance of being best is given"),
    ("burden_ratio", "ratio", "Accumulated burden against the base design in the same world: median over worlds"),
    ("burden_ratio_q05", "ratio", "5 % quantile over worlds"),
    ("burden_ratio_q95", "ratio", "95 % quantile over worlds"),
    ("burden_ratio_discounted", "ratio", "The median with 3.5 % a year discounted (Green Book)"),
    ("burden_clear", "true or false", "Whether the 5-95 % interval leaves 1 out"),
    ("burden_words", "", "The same in words"),
)

_LATE = (
    ("never_benefits", _SHARE, "Share of worlds in which there is no such time within the horizon"),
    ("failed_cases", "cases", "Cases whose numbers are not usable; they are left out of the shares"),
)


def column_notes(results: Results) -> pd.DataFrame:
    """Return unit and definition of the columns of the risk table, in their order.

    Returns
    -------
    pandas.DataFrame
        ``column``, ``unit``, ``definition``.
    """
    measures = results.plan.study.file.measures
    outcome_unit = unit_of(results, measures.shortfall.variable)
    rows = list(_RISK)
    if measures.gap is not None:
        unit = unit_of(results, measures.gap.intent)
        rows += [
            ("gap", unit, f"{measures.gap.title}: intent less implemented, mean over horizon, futures and worlds"),
            ("gap_q05", unit, "5 % quantile over worlds"),
            ("gap_q95", unit, "95 % quantile over worlds"),
        ]
    rows += [
        ("dip_depth", outcome_unit, "How far below staying with the base design it first falls: median over worlds"),
        ("dip_depth_q95", outcome_unit, "95 % quantile over worlds"),
        (
            "time_to_benefit",
            time_unit(results),
            "When it passes staying with the base design for long enough: median over the worlds in which it does",
        ),
        *_LATE[:1],
    ]
    for resource in measures.resources:
        rows.append((f"{resource.title} ({resource.unit})", resource.unit, "Mean over the horizon, futures and worlds"))
        if resource.total_unit:
            plain, discounted = total_names(resource)
            unit = resource.total_unit
            rows.append((plain, unit, "Added up over the horizon, undiscounted; mean over futures and worlds"))
            rows.append((discounted, unit, "The same with 3.5 % a year discounted from the start on (Green Book)"))
    rows += _LATE[1:]
    return pd.DataFrame(rows, columns=["column", "unit", "definition"])
