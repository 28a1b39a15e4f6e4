"""What is shown while a slider moves is what the model says: the same numbers as the long way round."""

from __future__ import annotations

import time
from statistics import median

import numpy as np
import pytest

import policy_lab as pl
from policy_lab.analysis.outcomes import path
from policy_lab.analysis.put_in import calm_plan
from policy_lab.analysis.risk import world_risks
from policy_lab.engine.llvm_backend import LlvmBackend
from policy_lab.lab.moving import made_ready, moved, plan_of
from policy_lab.lab.page import moved_message
from policy_lab.lab.state import first_screen
from policy_lab.run import run


@pytest.fixture(scope="module")
def study():
    return pl.open_study("fishery")


@pytest.fixture(scope="module")
def ready(study):
    return moved(made_ready(study, first_screen(study), (4, 3)), {})[1]


@pytest.mark.parametrize("settings", [{}, {"Intrinsic growth rate": 0.04}, {"Fish price": 1.7, "Spell length": 12.0}])
def test_a_movement_shows_what_a_whole_run_shows(study, ready, settings):
    screen = first_screen(study).with_(settings=settings)
    found, _ = moved(ready, settings)
    plan = plan_of(study, screen, worlds=4, futures=3)
    assert np.array_equal(found.shares, world_risks(run(plan)))
    calm = run(calm_plan(plan.with_(vary=frozenset(), worlds=1)))
    expected = path(calm, study.file.measures.shortfall.variable)[:, 0, 0]
    assert np.allclose(found.central, expected, rtol=1e-3)
    assert np.array_equal(found.time, calm.time)


def test_a_drag_ends_where_a_leap_ends(study, ready):
    last = ready
    for value in np.linspace(0.03, 0.042, 7):
        dragged, last = moved(last, {"Intrinsic growth rate": float(value)})
    leapt, _ = moved(ready, {"Intrinsic growth rate": 0.042})
    assert np.allclose(dragged.central, leapt.central, rtol=1e-3)


def test_runs_only_the_designs_that_are_shown(ready):
    everything, _ = moved(ready, {})
    found, _ = moved(ready, {}, ["catch-quota", "co-management"])
    assert found.designs == ("catch-quota", "co-management")
    assert np.array_equal(found.central, everything.central[[1, 3]])


def test_levers_at_an_end_move_the_path(study):
    first = first_screen(study)
    low, _ = moved(made_ready(study, first.with_(levers={"patrol": "low"}), (2, 1)), {})
    high, _ = moved(made_ready(study, first.with_(levers={"patrol": "high"}), (2, 1)), {})
    assert not np.allclose(low.central, high.central)


def test_a_movement_takes_little_beside_the_runs(monkeypatch):
    """Processor time, which depends least on what else goes on: 10 ms when measured, and four times that is allowed."""
    flagship = pl.open_study("safeguarding")
    last = moved(made_ready(flagship, first_screen(flagship)), {})[1]
    simulate, inside, beside = LlvmBackend.simulate, [0.0], []

    def timed(*arguments, **options):
        start = time.process_time()
        try:
            return simulate(*arguments, **options)
        finally:
            inside[0] += time.process_time() - start

    monkeypatch.setattr(LlvmBackend, "simulate", timed)
    for value in np.linspace(13, 20, 9):
        inside[0], start = 0.0, time.process_time()
        found, last = moved(last, {"Vacancy fill time": float(value)})
        message = moved_message(found, flagship)
        beside.append(time.process_time() - start - inside[0])
    assert median(beside) < 0.040
    assert len(message.numbers) < 20_000
