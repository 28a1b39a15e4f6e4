"""Random functions: the same numbers in every engine, a stream for each place, and the distributions of PySD."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from policy_lab.engine import compile_model
from policy_lab.engine.randomness import PRIME, noise, stream_key
from policy_lab.errors import InputError
from policy_lab.model import Model

Written = Callable[..., Model]
EQUATIONS = (
    "E: (e1-e20)", "NOISE SEED = 1", "plain[E] = RANDOM 0 1()", "flat[E] = RANDOM UNIFORM(2, 5, 7)",
    "bell[E] = RANDOM NORMAL(-1, 4, 1, 2, 7)", "wide[E] = RANDOM NORMAL(-1000, 1000, 1, 2, 7)",
    "wait[E] = RANDOM EXPONENTIAL(0, 6, 1, 2, 7)",
)  # fmt: skip
EXACT = {
    "plain": stats.uniform(0, 1),
    "flat": stats.uniform(2, 3),
    "bell": stats.truncnorm(-1, 1.5, loc=1, scale=2),
    "wide": stats.norm(1, 2),
    "wait": stats.truncexpon(2.5, loc=1, scale=2),
}


def test_the_distributions_are_those_that_pysd_draws_from(written: Written) -> None:
    series = compile_model(written(*EQUATIONS, final=500, step=1), backend="numpy").run()
    for name, exact in EXACT.items():
        drawn = series[name].ravel()
        assert stats.kstest(drawn, exact.cdf).pvalue > 0.001, name
        steps = series[name][0]
        assert abs(np.corrcoef(steps[1:].ravel(), steps[:-1].ravel())[0, 1]) < 0.04, name
        assert abs(np.corrcoef(steps[:, 1:].ravel(), steps[:, :-1].ravel())[0, 1]) < 0.04, name


def test_the_engines_draw_the_same_numbers(written: Written) -> None:
    model = written(*EQUATIONS, final=20, step=0.25)
    compiled, readable = (compile_model(model, backend=name).run() for name in ("compiled", "numpy"))
    for name in ("plain", "flat"):
        np.testing.assert_array_equal(compiled[name], readable[name])
    for name in EXACT:
        assert compiled[name] == pytest.approx(readable[name], rel=1e-12, abs=1e-12)


def test_a_seed_chooses_the_numbers_and_nothing_else_does(written: Written) -> None:
    first = compile_model(written("NOISE SEED = 1", "x = RANDOM UNIFORM(0, 1, 3)"))
    other = compile_model(written("y = RANDOM 0 1()", "NOISE SEED = 1", "x = RANDOM UNIFORM(0, 1, 3)"))
    seeds = first.run({"NOISE SEED": [1.0, 2.0, 1.0]})["x"]
    np.testing.assert_array_equal(seeds[0], other.run()["x"][0])
    np.testing.assert_array_equal(seeds[0], seeds[2])
    assert (seeds[0] != seeds[1]).all()
    assert (other.run()["x"] != other.run()["y"]).all()


def test_a_stream_is_uniform_in_all_its_bits() -> None:
    drawn = noise(stream_key("a stream"), np.arange(200_000.0))
    assert len(np.unique(drawn)) == len(drawn)
    assert 0 < drawn.min() < drawn.max() < 1
    for part in (drawn, (drawn * PRIME) % 1, (drawn * 1024) % 1):
        assert stats.kstest(part, "uniform").pvalue > 0.001
    pairs = np.histogram2d(drawn[::2], drawn[1::2], bins=20)[0].ravel()
    assert stats.chisquare(pairs).pvalue > 0.001


def test_random_functions_inside_a_reduction_are_refused(written: Written) -> None:
    with pytest.raises(InputError, match="stands inside a reduction"):
        compile_model(written("A: a1, a2", "v[A] = 1, 2", "x = SUM(v[A!]*RANDOM 0 1())"))
