"""ALLOCATE BY PRIORITY gives out what there is, no more than is asked, and the first before the last."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from policy_lab.engine import compile_model
from policy_lab.model import Model


def test_what_is_given_is_the_supply_up_to_what_is_asked(written: Callable[..., Model]) -> None:
    model = written(
        "A: (a1-a5)", "asked[A] = 3, 0, 4, 2, 5", "first[A] = 1, 9, 3, 3, 2", "width = 1.5", "supply = 6",
        "got[A] = ALLOCATE BY PRIORITY(asked[A], first[A], 5, width, supply)", final=0, step=1,
    )  # fmt: skip
    random = np.random.default_rng(4)
    inputs = {
        "asked": random.uniform(0, 5, (200, 5)) * (random.random((200, 5)) > 0.2),
        "first": random.integers(0, 6, (200, 5)).astype(float),
        "width": random.uniform(0.5, 4, 200),
        "supply": random.uniform(0, 20, 200),
    }
    got = compile_model(model).run(inputs)["got"][:, 0]
    assert got.sum(axis=1) == pytest.approx(np.minimum(inputs["supply"], inputs["asked"].sum(axis=1)))
    assert (got <= inputs["asked"] + 1e-12).all()
    share = np.where(inputs["asked"] > 0, got / np.maximum(inputs["asked"], 1e-9), np.nan)
    ahead = inputs["first"][:, :, None] > inputs["first"][:, None, :]
    assert not (ahead & (share[:, :, None] < share[:, None, :] - 1e-9)).any()
