from __future__ import annotations

import numpy as np
import pytest

from policy_lab.engine.timeline import MAXIMUM_STEPS, timeline
from policy_lab.errors import InputError


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
    ],
)
def test_impossible_settings_are_refused(settings: tuple[float, float, float, float], said: str) -> None:
    with pytest.raises(InputError, match=said):
        timeline(*settings)


def test_many_steps_are_possible() -> None:
    line = timeline(0, 1000, 0.001, 1)
    assert line.labels[-1] == 1000
    assert 1_000_000 < len(line.times) < MAXIMUM_STEPS


def test_labels_are_plain_numbers() -> None:
    assert np.array_equal(timeline(0, 1, 0.1, 0.1).labels, np.round(np.linspace(0, 1, 11), 1))
