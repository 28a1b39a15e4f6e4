"""ALLOCATE AVAILABLE hands out the supply, by the price at which the requests are the supply."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import pytest
from scipy import stats

from policy_lab.engine import compile_model
from policy_lab.errors import InputError
from policy_lab.model import Model

Written = Callable[..., Model]
MODEL = (
    "A: (a1-a5)", "P: ptype, ppriority, pwidth, pextra", "asked[A] = 3, 0, 4, 2, 5",
    "profile[A, P] = 1, 1, 1, 0; 2, 2, 1, 0; 3, 2, 2, 0; 4, 3, 1, 0; 3, 1, 2, 0;", "supply = 6",
    "got[A] = ALLOCATE AVAILABLE(asked[A], profile[A, ptype], supply)",
)  # fmt: skip


def _drawn(runs: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(8)
    profile = np.stack(
        [
            random.integers(1, 5, (runs, 5)).astype(float), random.uniform(1, 8, (runs, 5)),
            random.uniform(0.1, 4, (runs, 5)), np.zeros((runs, 5)),
        ], axis=-1,
    )  # fmt: skip
    return {
        "asked": random.uniform(0, 5, (runs, 5)) * (random.random((runs, 5)) > 0.2),
        "profile": profile,
        "supply": random.uniform(0, 15, runs),
    }


@pytest.mark.parametrize("backend", ["compiled", "numpy"])
def test_the_supply_is_handed_out_to_the_last_digit(written: Written, backend: Literal["compiled", "numpy"]) -> None:
    inputs = _drawn(200)
    got = compile_model(written(*MODEL, final=0, step=1), backend=backend).run(inputs)["got"][:, 0]
    wanted = np.minimum(inputs["supply"], inputs["asked"].sum(axis=1))
    assert got.sum(axis=1) == pytest.approx(wanted, rel=1e-12, abs=1e-12)
    assert (got <= inputs["asked"] * (1 + 1e-12)).all()


def test_every_share_is_that_of_one_price(written: Written) -> None:
    """The price that the share of one request tells must give all the others their shares."""
    inputs = _drawn(200)
    inputs["profile"][..., 0] = 3
    got = compile_model(written(*MODEL, final=0, step=1)).run(inputs)["got"][:, 0]
    asked, priority, width = inputs["asked"], inputs["profile"][..., 1], inputs["profile"][..., 2]
    short = (inputs["supply"] < asked.sum(axis=1)) & (asked > 0).any(axis=1)
    told = np.where((got > 0.01 * asked) & (got < 0.99 * asked), got, np.nan) / np.maximum(asked, 1e-9)
    prices = priority + width * stats.norm.isf(told)
    seen = short & (np.isfinite(prices).sum(axis=1) > 1)
    assert seen.sum() > 50
    spread = np.nanmax(prices[seen], axis=1) - np.nanmin(prices[seen], axis=1)
    assert spread.max() < 1e-9


def test_lanes_give_what_single_runs_give(written: Written) -> None:
    inputs = _drawn(9)
    compiled = compile_model(written(*MODEL, final=0, step=1))
    together = compiled.run(inputs)["got"]
    alone = [compiled.run({name: values[k] for name, values in inputs.items()})["got"][0] for k in range(9)]
    assert together == pytest.approx(np.array(alone), rel=1e-13, abs=1e-14)


@pytest.mark.parametrize("inputs", [{"supply": -1.0}, {"asked": [1.0, -1, 4, 2, 5]}])
def test_what_means_nothing_has_no_value(written: Written, inputs: dict[str, object]) -> None:
    got = compile_model(written(*MODEL, final=0, step=1)).run(inputs)["got"]
    assert np.isnan(got).all()


def test_a_width_of_zero_has_no_value(written: Written) -> None:
    profile = np.array([[1, 1, 1, 0], [2, 2, 1, 0], [3, 2, 0, 0], [4, 3, 1, 0], [3, 1, 2, 0.0]])
    assert np.isnan(compile_model(written(*MODEL, final=0, step=1)).run({"profile": profile})["got"]).any()


@pytest.mark.parametrize(
    ("profile", "call", "said"),
    [
        ("profile[A, P] = 0, 1, 1, 0; 3, 2, 1, 0;", "profile[A, ptype]", r"the shape 0 \(fixed quantity\)"),
        ("profile[A, P] = 3, 1, 1, 0; 5, 2, 1, 0;", "profile[A, ptype]", r"the shape 5 \(constant elasticity\)"),
        ("profile[A, P] = 13, 1, 1, 0; 3, 2, 1, 0;", "profile[A, ptype]", r"the shape 13 \(integer amounts\)"),
        ("profile[A, P] = 3, 1, 1, 0; 3, 2, 1, 0;", "profile[A, pwidth]", "must be a variable over the subscript"),
        ("profile[A, P] = 3, 1, 1, 0; 3, 2, 1, 0;", "asked[A]", "must be a variable over the subscript"),
    ],
)
def test_refusals(written: Written, profile: str, call: str, said: str) -> None:
    model = written(
        "A: a1, a2", "P: ptype, ppriority, pwidth, pextra", "asked[A] = 3, 4", profile,
        f"got[A] = ALLOCATE AVAILABLE(asked[A], {call}, 5)",
    )  # fmt: skip
    with pytest.raises(InputError, match=said):
        compile_model(model)


def test_the_supply_is_one_for_all(written: Written) -> None:
    model = written(
        "A: a1, a2", "P: ptype, ppriority, pwidth, pextra", "asked[A] = 3, 4",
        "profile[A, P] = 3, 1, 1, 0; 3, 2, 1, 0;", "got[A] = ALLOCATE AVAILABLE(asked[A], profile[A, ptype], asked[A])",
    )  # fmt: skip
    with pytest.raises(InputError, match="the supply of ALLOCATE AVAILABLE has the subscript"):
        compile_model(model)


def test_its_derivatives_are_those_of_the_exact_solution(written: Written) -> None:
    model = written(
        "A: a1, a2, a3", "P: ptype, ppriority, pwidth, pextra", "scale = 1.1", "supply = 6", "asked[A] = 3, 4, 2.5",
        "shape[A] = 2, 3, 4", "profile[A, ptype] = shape[A]", "profile[A, ppriority] = A*scale",
        "profile[A, pwidth] = 3", "profile[A, pextra] = 0",
        "got[A] = ALLOCATE AVAILABLE(asked[A], profile[A, ptype], supply)", "first = got[a1]", final=0, step=1,
    )  # fmt: skip
    compiled = compile_model(model)
    found = compiled.sensitivities(["first"], ["scale", "supply"], times=[0])
    assert found.exact.all(), dict(found.why)
    for place, (name, value) in enumerate([("scale", 1.1), ("supply", 6.0)]):
        above, below = (compiled.run({name: value + move})["first"][0, 0] for move in (1e-6, -1e-6))
        assert found.values[0, 0, place] == pytest.approx((above - below) / 2e-6, rel=1e-6)
