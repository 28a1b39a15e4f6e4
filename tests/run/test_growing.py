"""Results that grow: each step holds the first worlds, and the last is the whole run."""

from __future__ import annotations

import numpy as np

import policy_lab as pl
from policy_lab.run import run
from policy_lab.run.growing import growing


def test_the_last_is_the_whole_run_and_each_step_its_first_worlds():
    plan = pl.open_study("fishery").plan(worlds=7, futures=3)
    whole = run(plan)
    steps = list(growing(plan, [2, 4, 50]))
    assert [step.plan.worlds for step in steps] == [2, 4, 7]
    for step in steps:
        for name, outcome in step.outcomes.items():
            expected = whole.outcomes[name].values[:, : step.plan.worlds]
            assert np.array_equal(outcome.values, expected, equal_nan=True)
    assert steps[-1].manifest == whole.manifest
    assert all(np.array_equal(steps[-1].worlds[name], whole.worlds[name]) for name in whole.worlds)
    assert all(np.array_equal(steps[-1].levers[name], whole.levers[name]) for name in whole.levers)


def test_ends_where_it_is_no_longer_wanted():
    plan = pl.open_study("fishery").plan(worlds=6, futures=2)
    found = []
    for step in growing(plan, [2, 4], unwanted=lambda: len(found) == 1):
        found.append(step.plan.worlds)
    assert found == [2]


def test_stops_within_a_few_worlds():
    plan = pl.open_study("fishery").plan(worlds=6, futures=2)
    asked = []

    def unwanted() -> bool:
        asked.append(1)
        return len(asked) > 2

    assert list(growing(plan, [], unwanted=unwanted)) == []
    assert len(asked) == 3
