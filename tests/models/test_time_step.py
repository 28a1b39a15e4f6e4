"""Halving the time step moves nothing that a reader is told."""

from __future__ import annotations

import numpy as np

import policy_lab as pl
from policy_lab.analysis.shortfall import shortfall
from policy_lab.results.types import Results

WORLDS, FUTURES = 25, 8


def at_step(step: float) -> Results:
    study = pl.open_study("safeguarding")
    return pl.run(study.plan(worlds=WORLDS, futures=FUTURES, time_step=step))


def test_halving_the_time_step_moves_neither_detection_nor_risk() -> None:
    coarse, fine = at_step(0.125), at_step(0.0625)
    name = coarse.plan.study.file.measures.shortfall.variable
    mean = [results[name].values.mean(axis=(1, 2)) for results in (coarse, fine)]
    moved = np.abs(mean[0] / mean[1] - 1)
    assert moved.max() < 0.001, f"the mean path of a design moves by {moved.max():.3%}"
    short = [shortfall(results).fell for results in (coarse, fine)]
    flips = (short[0] != short[1]).mean(axis=(1, 2))
    assert flips.max() <= 0.01, f"futures whose verdict flips: {dict(zip(coarse.designs, flips, strict=True))}"
