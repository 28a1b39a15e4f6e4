"""What is laid out once and changed runs to the same bits as what is given anew."""

from __future__ import annotations

import numpy as np
import pytest

import policy_lab as pl
from policy_lab.engine import compile_model
from policy_lab.engine.laid import Laid
from policy_lab.errors import InputError

RUNS = 5


@pytest.fixture(scope="module")
def fishery():
    compiled = compile_model(pl.open_study("fishery").model)
    inputs = {"Initial trust": np.linspace(0.2, 0.8, RUNS), "Initial fleet": np.full((RUNS, 3), 20.0)}
    return compiled, inputs, compiled.initial_states(inputs)


def path(laid, start, compiled):
    return laid.path("Fleet", (1,), compiled.timeline(), start)


def test_runs_as_what_is_given_anew(fishery):
    compiled, inputs, start = fishery
    found = path(Laid.of(compiled, inputs, RUNS), start, compiled)
    assert np.array_equal(found, compiled.run(inputs, outputs=["Fleet"], start=start)["Fleet"][..., 1])


@pytest.mark.parametrize(
    ("values", "cells", "expected"),
    [
        ({"Initial trust": np.linspace(0.3, 0.4, RUNS)}, [], {"Initial trust": np.linspace(0.3, 0.4, RUNS)}),
        ({"Fish price": np.linspace(1.0, 2.0, RUNS)}, [], {"Fish price": np.linspace(1.0, 2.0, RUNS)}),
        ({}, [("Fish price", (), 1.9)], {"Fish price": 1.9}),
        ({}, [("Initial trust", (), 0.5)], {"Initial trust": np.full(RUNS, 0.5)}),
        ({}, [("Initial fleet", (2,), 33.0)], {"Initial fleet": np.tile([20.0, 20.0, 33.0], (RUNS, 1))}),
        ({"Fish price": np.linspace(1.0, 2.0, RUNS)}, [("Fish price", (), 1.5)], {"Fish price": 1.5}),
    ],
)
def test_a_change_is_as_good_as_giving_it(fishery, values, cells, expected):
    compiled, inputs, start = fishery
    laid = Laid.of(compiled, inputs, RUNS)
    before = path(laid, start, compiled)
    changed = laid.changed(values, cells)
    given = compiled.run({**inputs, **expected}, outputs=["Fleet", "Fish stock"], start=start)
    assert np.array_equal(path(changed, start, compiled), given["Fleet"][..., 1])
    some = np.array([3, 1])
    assert np.array_equal(path(changed.chosen(some), start[some], compiled), given["Fleet"][some, :, 1])
    assert np.array_equal(path(laid, start, compiled), before)  # what was laid out stays as it was


def test_whole_variables_where_the_runs_start(fishery):
    compiled, inputs, start = fishery
    found = Laid.of(compiled, inputs, RUNS).first(["Fleet", "Fish stock"], compiled.timeline(), start)
    series = compiled.run(inputs, outputs=["Fleet", "Fish stock"], start=start)
    for name, values in found.items():
        assert np.array_equal(values, series[name][:, 0]), name


def test_refuses_what_is_no_input(fishery):
    compiled, _, _ = fishery
    with pytest.raises(InputError, match="Fish price"):
        Laid.of(compiled, {"Fish prise": np.ones(2)}, 2)
