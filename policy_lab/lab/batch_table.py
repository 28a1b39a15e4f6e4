"""What the page shows of a batch: while it runs from the files that are there, at the end from all of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from policy_lab.analysis.findings import headline, unknowns_finding
from policy_lab.analysis.headline import Headline
from policy_lab.analysis.outcomes import band, mean_of, over_futures
from policy_lab.analysis.risk import pairwise, risk, share_error
from policy_lab.analysis.setting import setting_of
from policy_lab.analysis.words import count
from policy_lab.out.decision_tables import measured
from policy_lab.results.opening import open_batch
from policy_lab.results.parts import read_notes
from policy_lab.results.stored import StoredRuns
from policy_lab.results.types import Results
from policy_lab.study.plan_file import PlanSet

MOST_FAILED = 50
"""Failed cases that the page names; the file beside the runs has them all."""
_BANDS: Final = {"q05": 0.05, "q25": 0.25, "q75": 0.75, "q95": 0.95}
_WHOLE: Final = (
    "risk", "risk_q05", "risk_q25", "risk_q75", "risk_q95", "simulation_error", "chance_best", "regret_1_in_20",
)  # fmt: skip


def plain(value: float) -> float | None:
    """Return a number as JSON has it; nothing where it is not known."""
    return float(value) if math.isfinite(value) else None


def partial_table(told: Headline, planned: PlanSet) -> dict[str, Any]:
    """Return the table of the parts that are there, a row a design, and what it is a table of."""
    plan = planned.blocks[0].plan
    firsts = sorted(told.fell, key=lambda key: key[1])
    fell = np.concatenate([told.fell[key] for key in firsts], axis=1) if firsts else np.empty((len(plan.designs), 0, 0))
    shares = over_futures(fell) if firsts else np.empty((len(plan.designs), 0))
    rows = [_partial_row(name, shares[place], fell[place]) for place, name in enumerate(plan.designs)]
    worlds = shares.shape[1]
    return {
        "whole": False,
        "rows": rows if firsts else [],
        "worlds": worlds,
        "of_worlds": plan.worlds,
        "runs": int(fell.size),
        "of_runs": plan.cases,
        "headline": (
            f"Partial: {count(worlds, 'world')} of {plan.worlds:,} so far, {fell.size:,} of {plan.cases:,} runs"
        ),
        "beside": "Ranges are over the worlds that are there. An order may still change.",
        "failed": [],
        "failed_runs": int(np.isnan(fell).sum()),
    }


def _partial_row(design: str, shares: np.ndarray, fell: np.ndarray) -> dict[str, Any]:
    bands = {f"risk_{name}": plain(band(shares, quantile)) for name, quantile in _BANDS.items()} if shares.size else {}
    return {
        "design": design,
        "risk": plain(mean_of(shares)),
        **bands,
        "simulation_error": plain(share_error(shares)),
        "failed": int(np.isnan(fell).sum()),
    }


def measured_results(stored: StoredRuns) -> Results:
    """Return the runs of the only block of a whole batch, with no more outcomes than its measures need."""
    study = stored.plan().study
    return stored.results(outcome=[name for name in measured(study) if name in stored.outcomes])


def whole_table(stored: StoredRuns, results: Results) -> dict[str, Any]:
    """Return the table of a batch that is whole, with the sentence that its result allows."""
    table, setting = risk(results), setting_of(results)
    unknowns = unknowns_finding(table, setting)
    return {
        "whole": True,
        "rows": [_whole_row(row) for row in table.to_dict("records")],
        "worlds": setting.worlds,
        "of_worlds": setting.worlds,
        "runs": results.plan.cases,
        "of_runs": results.plan.cases,
        "headline": headline(table, pairwise(results), setting),
        "beside": " ".join(part for part in (f"{unknowns}." if unknowns else "", setting.source_line) if part),
        **failed_cases(stored),
    }


def _whole_row(row: Mapping[Any, Any]) -> dict[str, Any]:
    why = str(row["chance_best_withheld"])
    withheld = "put in" if "put in" in why else "only one" if why else ""
    numbers = {name: plain(float(row[name])) for name in _WHOLE}
    return {"design": str(row["design"]), **numbers, "failed": int(row["failed_cases"]), "withheld": withheld}


def failed_cases(stored: StoredRuns) -> dict[str, Any]:
    """Return the cases of a batch without usable numbers: the first of them by name, and how many they are.

    They are read from the parts, which know them before the batch is whole.
    """
    found = [case for part in stored.parts for case in read_notes(part.path)["failures"]]
    named = [[case["design"], case["world"], case["future"], case["reason"]] for case in found[:MOST_FAILED]]
    return {"failed": named, "failed_runs": len(found)}


def is_whole(stored: StoredRuns) -> bool:
    """Say whether a batch was finished: every part is there, and what only its end knows."""
    return not stored.warnings and "failed_cases" in stored.manifest


def table_of(folder: Path, planned: PlanSet) -> dict[str, Any]:
    """Return the table of a batch in its folder, whole or not."""
    stored = open_batch(folder)
    if is_whole(stored):
        return whole_table(stored, measured_results(stored))
    told = Headline(planned.study, tuple(block.key for block in planned.blocks))
    for part in stored.parts:
        told = told.with_part(part.path)
    return {**partial_table(told, planned), **failed_cases(stored)}
