"""Resting points followed from the last ones are those that a search finds."""

from __future__ import annotations

import numpy as np
import pytest

import policy_lab as pl
from policy_lab.engine import compile_model
from policy_lab.engine.follow import follow, footing
from policy_lab.engine.rest import solve_rest
from policy_lab.run.drawn import Drawn


@pytest.fixture(scope="module")
def fishery():
    study = pl.open_study("fishery")
    compiled = compile_model(study.model)
    inputs = dict(Drawn.of(study.plan(worlds=5, futures=1)).rests["open-access"])
    return compiled, inputs, footing(compiled, inputs, solve_rest(compiled, inputs))


@pytest.mark.parametrize("factor", [0.8, 0.98, 1.0, 1.05, 1.3])
def test_follows_a_constant_to_the_rest_that_a_search_finds(fishery, factor):
    compiled, inputs, last = fishery
    changed = {**inputs, "Fish price": inputs["Fish price"] * factor}
    found, searched = follow(compiled, changed, last), solve_rest(compiled, changed)
    assert found.rest.converged.all()
    assert searched.converged.all()
    moving = ~searched.held
    assert np.allclose(found.rest.states[moving], searched.states[moving], rtol=2e-3, atol=1e-6)


def test_the_last_footing_is_left_as_it_was(fishery):
    compiled, inputs, last = fishery
    states, inverse = last.rest.states.copy(), last.inverse.copy()
    follow(compiled, {**inputs, "Fish price": inputs["Fish price"] * 1.1}, last)
    assert np.array_equal(last.rest.states, states)
    assert np.array_equal(last.inverse, inverse)


def test_one_movement_after_another_comes_to_the_same_rest_as_one_leap(fishery):
    compiled, inputs, last = fishery
    for factor in np.linspace(1.0, 1.25, 6):
        last = follow(compiled, {**inputs, "Fish price": inputs["Fish price"] * factor}, last)
    leap = solve_rest(compiled, {**inputs, "Fish price": inputs["Fish price"] * 1.25})
    moving = ~leap.held
    assert np.allclose(last.rest.states[moving], leap.states[moving], rtol=2e-3, atol=1e-6)


def test_searches_where_steps_do_not_close_in(fishery):
    compiled, inputs, last = fishery
    spoilt = footing(compiled, inputs, last.rest)
    spoilt = type(spoilt)(spoilt.rest, spoilt.inverse * np.nan, spoilt.moving)
    changed = {**inputs, "Fish price": inputs["Fish price"] * 1.1}
    found = follow(compiled, changed, spoilt)
    assert found.steps == -1
    assert found.rest.converged.all()
