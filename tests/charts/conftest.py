from __future__ import annotations

from dataclasses import replace

import pytest

from policy_lab.results.types import Results
from policy_lab.study import open_study
from tests.analysis.linear import evaluator

LONG = "A community partnership for the careful shared management of every coastal fishery (Fisheries Act 2026 c. 21)"


@pytest.fixture(scope="session")
def results() -> Results:
    """Four designs with overlapping risks; the third's scores stand above the second's on every lever."""
    plan = open_study("fishery").plan(worlds=30, futures=4, seed=5)
    return evaluator(levers=0.5, biology=0.05, luck=0.002, own=dict.fromkeys(plan.designs, 0.25), wave=0.2)(plan)


@pytest.fixture(scope="session")
def crowded() -> Results:
    """Nine designs with long titles, some orders put in, in three groups."""
    study = open_study("fishery")
    base = study.designs["catch-quota"]
    designs = {
        f"design-{number}": base.model_copy(
            update={
                "title": f"{LONG[: 40 + 8 * number]} {number}",
                "group": ("live", "past", "add-ons")[number % 3],
                "levers": {
                    name: score.model_copy(
                        update={
                            "low": score.low * number / 9,
                            "mode": score.mode * number / 9,
                            "high": score.high * number / 9,
                        }
                    )
                    for name, score in base.levers.items()
                    if name != "licences"
                }
                | {"licences": base.levers["licences"]},
            }
        )
        for number in range(1, 10)
    }
    comparison = study.file.comparison.model_copy(update={"base": "design-3", "designs": tuple(designs)})
    big = replace(study, designs=designs, file=study.file.model_copy(update={"comparison": comparison}))
    plan = big.plan(worlds=30, futures=4, seed=5)
    return evaluator(levers=0.6, biology=0.02, luck=0.002, own=dict.fromkeys(plan.designs, 0.15), wave=0.1)(plan)
