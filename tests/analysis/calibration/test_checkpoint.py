"""A posterior that was cut off goes on where it stood, and says what one that was not cut off says."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from policy_lab.analysis.calibration.checkpoint import EVERY, Block, Checkpoint, block_of
from policy_lab.analysis.calibration.search import sample
from tests.analysis.calibration.test_likelihood import YEARS, a_fit

SETTINGS = {"seed": 5, "ensembles": 2, "walkers": 16, "steps": 3 * EVERY, "burn": 20}
NAME = "a line of six years"

SLOW = f"""
import time
import numpy as np
from policy_lab.analysis.calibration.checkpoint import Checkpoint
from policy_lab.analysis.calibration.search import sample
from tests.analysis.calibration.test_likelihood import YEARS, a_fit

sample(a_fit(9 + 1.2 * YEARS), np.zeros(2), **{SETTINGS!r}, checkpoint=Checkpoint({NAME!r}),
       progress=lambda done, total: time.sleep(0.2))
"""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    pytest.importorskip("emcee")
    monkeypatch.setenv("POLICY_LAB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


class Stop(Exception):
    """What cuts a sampling off."""


def sampled(checkpoint: Checkpoint | None = None, stop_after: int = 10**9) -> tuple[np.ndarray, list[int]]:
    """Return the scores, and which steps were taken."""
    taken: list[int] = []

    def tell(done: int, _: int) -> None:
        taken.append(done)
        if done >= stop_after:
            raise Stop

    found = sample(a_fit(9 + 1.2 * YEARS), np.zeros(2), **SETTINGS, checkpoint=checkpoint, progress=tell)
    return found.scores, taken


def test_a_block_comes_back_as_it_was() -> None:
    generator = np.random.RandomState(3)
    generator.normal()  # leaves half of a pair behind, which is part of the state
    block = Block(np.arange(24.0).reshape(2, 4, 3), np.array([-1.0, -np.inf, 0.0, 2.0]), generator.get_state())
    again = block_of(block.to_bytes())
    np.testing.assert_array_equal(again.scores, block.scores)
    np.testing.assert_array_equal(again.log_posterior, block.log_posterior)
    other = np.random.RandomState(0)
    other.set_state(again.random)
    np.testing.assert_array_equal(other.normal(size=5), generator.normal(size=5))


def test_keeping_steps_changes_no_number_and_a_second_run_takes_none(cache: Path) -> None:
    plain, _ = sampled()
    kept, _ = sampled(Checkpoint(NAME))
    again, taken = sampled(Checkpoint(NAME))
    np.testing.assert_array_equal(kept, plain)
    np.testing.assert_array_equal(again, plain)
    assert taken == []
    other, steps = sampled(Checkpoint("another line"))
    np.testing.assert_array_equal(other, plain)
    assert steps


@pytest.mark.parametrize("stop_after", [EVERY - 10, EVERY + 30, 3 * EVERY + 20 + EVERY + 10])
def test_a_cut_between_any_two_steps_changes_no_number(cache: Path, stop_after: int) -> None:
    plain, every = sampled()
    with pytest.raises(Stop):
        sampled(Checkpoint(NAME), stop_after)
    again, taken = sampled(Checkpoint(NAME))
    np.testing.assert_array_equal(again, plain)
    assert taken == every[-len(taken) :]  # only the last ones
    assert (len(taken) < len(every)) == (stop_after > EVERY)


def test_what_was_forgotten_is_taken_again(cache: Path) -> None:
    _, every = sampled(Checkpoint(NAME))
    Checkpoint(NAME).forget()
    assert not list(cache.glob("*.steps"))
    assert sampled(Checkpoint(NAME))[1] == every


def test_a_damaged_block_and_those_after_it_are_taken_again(cache: Path) -> None:
    plain, _ = sampled(Checkpoint(NAME))
    second = Checkpoint(NAME)._place(0, 1)
    second.write_bytes(second.read_bytes()[:-20])
    assert len(Checkpoint(NAME).blocks(0)) == 1
    np.testing.assert_array_equal(sampled(Checkpoint(NAME))[0], plain)


@pytest.fixture
def killed(cache: Path) -> Iterator[Path]:
    """A sampling in another process, killed outright when its first blocks were on disk."""
    env = {**os.environ, "POLICY_LAB_CACHE": str(cache)}
    process = subprocess.Popen([sys.executable, "-c", SLOW], env=env, cwd=Path(__file__).parents[3])
    try:
        until = time.monotonic() + 60
        while len(list(cache.glob("*.steps"))) < 2 and time.monotonic() < until and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
        yield cache
    finally:
        process.kill()
        process.wait()


def test_a_process_that_was_killed_loses_no_more_than_a_block(killed: Path) -> None:
    assert 2 <= len(list(killed.glob("*.steps"))) < 8  # it had begun, and had not ended
    again, taken = sampled(Checkpoint(NAME))
    plain, every = sampled()
    np.testing.assert_array_equal(again, plain)
    assert len(taken) < len(every)
