from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from policy_lab.engine import compile_model
from policy_lab.engine.timeline import MAXIMUM_STEPS, timeline
from policy_lab.errors import InputError
from policy_lab.model import Model

Written = Callable[..., Model]


def test_time_is_added_up_step_by_step_as_pysd_does() -> None:
    line = timeline(0, 10, 0.1, 1)
    time = 0.0
    for found in line.times:
        assert found == time
        time += 0.1
    assert line.times[100] != 10.0  # 9.99999999999998: what PySD compares with


def test_saved_times_bear_rounding() -> None:
    line = timeline(0, 3, 0.1, 1)
    assert line.labels.tolist() == [0, 1, 2, 3]
    assert line.saved.tolist() == [0, 10, 20, 30]


def test_the_last_step_is_the_first_within_a_hundred_thousandth_of_the_end() -> None:
    assert len(timeline(0, 1, 0.3, 0.3).times) == 5
    assert len(timeline(0, 0.9000001, 0.3, 0.3).times) == 4


def test_a_save_period_between_steps_saves_only_common_times() -> None:
    assert timeline(0, 3, 0.5, 0.75).labels.tolist() == [0, 1.5, 3]


def test_a_run_may_have_one_moment() -> None:
    assert timeline(5, 5, 0.25, 1).labels.tolist() == [5]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ((0, 10, 0, 1), "TIME STEP must be greater than 0"),
        ((0, 10, -0.1, 1), "TIME STEP must be greater than 0"),
        ((0, 10, float("nan"), 1), "TIME STEP must be greater than 0"),
        ((0, 10, 1, 0), "SAVEPER must be greater than 0"),
        ((0, float("inf"), 1, 1), "FINAL TIME is inf"),
        ((float("nan"), 1, 1, 1), "INITIAL TIME is nan"),
        ((10, 0, 1, 1), "before INITIAL TIME"),
        ((0, 1e9, 1e-3, 1), "time steps"),
        ((1e17, 1e17 + 1024, 1, 1), "lost in rounding"),
        ((1e15, 1e15 + 20, 0.15, 1), "lost in rounding beside times of 1e\\+15 .*0.12 apart"),
        ((-2000, -1999.999999999, 1e-12, 1e-9), "lost in rounding beside times of -2000"),
        ((0, 10, 1e-300, 1), "time steps"),
        ((0, 1e9, 1, 1), r"1e\+09 time steps; at most 20,000,000"),
        ((0, 10, float("inf"), 1), "TIME STEP must be greater than 0"),
        ((-1e308, 1e308, 1, 1), "inf time steps"),
    ],
)
def test_impossible_settings_are_refused(settings: tuple[float, float, float, float], said: str) -> None:
    with pytest.raises(InputError, match=said):
        timeline(*settings)


@pytest.mark.parametrize("backend", ["compiled", "numpy"])
@pytest.mark.parametrize("step", [0.0, -0.25, float("nan"), float("inf"), 1e-9, 1e-300])
def test_a_step_that_is_set_for_a_run_is_looked_at_too(step: float, backend: str, written: Written) -> None:
    compiled = compile_model(written("Level = INTEG(1, 0)"), backend=backend)
    for method in ("euler", "rk4", "adaptive"):
        with pytest.raises(InputError, match=r"TIME STEP must be greater than 0|time steps; at most"):
            compiled.run(time_step=step, method=method)
    with pytest.raises(InputError, match="time steps; at most"):
        compiled.run(final_time=1e9)
    with pytest.raises(InputError, match="lost in rounding"):
        compiled.run(initial_time=1e17, final_time=1e17 + 64)


def test_a_step_that_is_rounded_a_little_reaches_the_end() -> None:
    line = timeline(1e9, 1e9 + 1, 1e-3, 0.1)  # the step is rounded to a multiple of 2^-23
    assert np.diff(line.times) != pytest.approx(1e-3, rel=1e-5)
    assert len(line.saved) == 11
    assert line.labels[-1] == 1e9 + 1
    with pytest.raises(InputError, match=r"lost in rounding .*10,000 steps end 0\.00\d+ off"):
        timeline(1e9, 1e9 + 10, 1e-3, 0.1)


def test_large_whole_numbers_are_exact() -> None:
    assert timeline(2**52, 2**52 + 20, 1, 5).labels.tolist() == [2**52 + k for k in (0, 5, 10, 15, 20)]


def test_many_steps_are_possible() -> None:
    line = timeline(0, 1000, 0.001, 1)
    assert line.labels[-1] == 1000
    assert 1_000_000 < len(line.times) < MAXIMUM_STEPS


def test_labels_are_plain_numbers() -> None:
    assert np.array_equal(timeline(0, 1, 0.1, 0.1).labels, np.round(np.linspace(0, 1, 11), 1))
