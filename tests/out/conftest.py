from __future__ import annotations

import pytest

from policy_lab.analysis.put_in import Effort, PutIn, put_in
from policy_lab.results.types import Results
from policy_lab.study import open_study
from tests.analysis.linear import evaluator

EVALUATE = evaluator(levers=0.5, biology=0.05, luck=0.002, wave=0.2, own={"co-management": 0.2, "catch-quota": 0.2})


@pytest.fixture(scope="session")
def results() -> Results:
    designs = ("open-access", "catch-quota", "catch-quota+watch", "co-management")
    return EVALUATE(open_study("fishery").plan(designs=designs, worlds=20, futures=3, seed=5))


@pytest.fixture(scope="session")
def checks(results: Results) -> PutIn:
    effort = Effort(redraws=20, futures=2, exchanges=2, exchange_worlds=10, rows=16, resamples=20)
    return put_in(results, EVALUATE, effort)
