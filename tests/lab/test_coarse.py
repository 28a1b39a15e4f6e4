"""The sample at a longer step says what it says at the model's own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import policy_lab as pl
from policy_lab.lab.coarse import Coarse, sampled
from policy_lab.lab.moving import made_ready, moved
from policy_lab.lab.sliders import sliders
from policy_lab.lab.state import first_screen


@pytest.fixture(scope="module")
def ready():
    study = pl.open_study("fishery")
    return moved(made_ready(study, first_screen(study), (8, 3)), {})[1]


def test_a_longer_step_was_measured_and_taken(ready):
    assert ready.coarse.factor > 1
    assert ready.coarse.margin > 0


def test_no_future_changes_sides_by_the_longer_step(ready):
    rng, moves = np.random.default_rng(1), sliders(ready.plan.study)
    for _ in range(15):
        settings = {one.name: float(rng.uniform(one.low, one.high)) for one in moves if rng.random() < 0.5}
        found, expected = moved(ready, settings)[0], moved(replace(ready, coarse=Coarse(1, 0.0)), settings)[0]
        assert np.array_equal(found.shares, expected.shares)
        assert np.array_equal(found.central, expected.central)  # never at the longer step


class Fake:
    """Runs whose levels are known beforehand, at the model's own step and at longer ones."""

    bar, periods = 0.5, 1

    def __init__(self, own, longer):
        self.own, self.by_factor, self.ran = np.array(own), longer, []

    def longer(self, factor):
        return factor if factor in self.by_factor else None

    def paths(self, runs, line=None):
        self.ran.append((line or 1, list(runs)))
        values = self.own if line is None else np.array(self.by_factor[line])
        return np.repeat(values[runs][:, None], 3, axis=1)

    def levels(self, runs, line=None):
        return self.paths(runs, line)[:, 0]


OWN = [0.1, 0.2, 0.3, 0.45, 0.7, 0.8, 0.9, 0.6]
SAMPLE, CENTRAL = np.arange(7), np.array([7])


def test_what_comes_near_the_bar_runs_again():
    longer = [value + 0.1 for value in OWN]  # at this step the fourth lies above the bar
    runs = Fake(OWN, {4: longer})
    central, fell, _ = sampled(runs, SAMPLE, CENTRAL, Coarse(4, 0.15))
    assert fell.tolist() == [1, 1, 1, 1, 0, 0, 0]
    assert central[0, 0] == 0.6
    assert runs.ran == [(4, list(SAMPLE)), (1, [2, 3, 7])]


def test_what_fails_at_the_longer_step_runs_again():
    runs = Fake(OWN, {4: [np.nan, *OWN[1:]]})
    assert sampled(runs, SAMPLE, CENTRAL, Coarse(4, 0.01))[1].tolist() == [1, 1, 1, 1, 0, 0, 0]
    runs = Fake([np.nan, *OWN[1:]], {4: [np.nan, *OWN[1:]]})
    assert np.isnan(sampled(runs, SAMPLE, CENTRAL, Coarse(4, 0.01))[1][0])


@pytest.mark.parametrize(
    ("longer", "factor"),
    [
        ({4: [value + 0.01 for value in OWN], 2: OWN}, 4),
        ({4: [value + 0.3 for value in OWN], 2: OWN}, 2),  # too many would have to run again
        ({4: [np.nan, *OWN[1:]], 2: [value + 0.3 for value in OWN]}, 1),  # lost at the longer step
        ({}, 1),  # a longer step would not meet the saved times
    ],
)
def test_the_longest_step_at_which_little_runs_again_is_taken(longer, factor):
    assert sampled(Fake(OWN, longer), SAMPLE, CENTRAL, None)[2].factor == factor
