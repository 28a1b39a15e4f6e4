from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pytest

from policy_lab.results import FailedCase, Outcome, Results
from policy_lab.study import open_study


@pytest.fixture(scope="session")
def results() -> Results:
    """Return results whose numbers are noise, so that any value out of place is seen; one case has failed."""
    study = open_study("fishery")
    plan = study.plan(designs=["open-access", "co-management", "catch-quota"], worlds=3, futures=2)
    noise = np.random.default_rng(0)
    outcomes = {}
    for name in ("Fish stock", "Fleet", "Motive strength"):
        variable, elements = study.model[name], study.model.elements(name)
        values = noise.normal(size=(3, 3, 2, 4, *(len(labels) for labels in elements)))
        values[1, 2, 0] = np.nan
        outcomes[name] = Outcome(name, variable.unit, variable.dimensions, elements, values)
    return Results(
        plan=plan,
        designs=plan.designs,
        time=np.arange(4.0),
        outcomes=MappingProxyType(outcomes),
        worlds=plan.world_inputs(),
        levers=plan.lever_scores(),
        manifest={"subject": "A shared fishery", "seed": plan.seed},
        failures=(FailedCase("co-management", 2, 0, "Fleet", 1.0, "not a finite number"),),
    )
