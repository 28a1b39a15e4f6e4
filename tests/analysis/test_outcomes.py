from __future__ import annotations

import numpy as np
import pytest

from policy_lab.analysis import outcomes
from policy_lab.errors import InputError
from tests.analysis import hand


@pytest.fixture
def some() -> object:
    made = hand.study({"a": hand.design({}), "b": hand.design({})}, base="a")
    return hand.results(made, np.arange(2 * 1 * 1 * 5).reshape(2, 1, 1, 5))


def test_a_scalar_outcome_is_one_path_a_case(some):
    assert outcomes.path(some, "Stock")[1, 0, 0].tolist() == [5, 6, 7, 8, 9]


def test_elements_are_added_averaged_or_named(some):
    assert outcomes.path(some, "Staff", "sum")[0, 0, 0, 0] == 7
    assert outcomes.path(some, "Staff", "mean")[0, 0, 0, 0] == 3.5
    assert outcomes.path(some, "Staff[South]")[0, 0, 0, 0] == 4


def test_several_elements_are_refused_where_one_number_is_needed(some):
    with pytest.raises(InputError, match=r"Staff\[North\]"):
        outcomes.path(some, "Staff")


def test_unknown_names_answer_with_the_nearest(some):
    with pytest.raises(InputError, match=r"Staff\[North\]"):
        outcomes.path(some, "Staff[Nort]")
    with pytest.raises(InputError, match="Stock"):
        outcomes.path(some, "Stok")


def test_the_mean_over_time_is_the_trapezium_rule():
    time = np.array([0.0, 1.0, 3.0])
    assert outcomes.over_time(np.array([0.0, 2.0, 6.0]), time) == pytest.approx((1 + 8) / 3)


def test_failed_futures_are_left_out_of_their_world_only():
    values = np.array([[[1.0, np.nan], [np.nan, np.nan]]])
    means = outcomes.over_futures(values)
    assert means[0, 0] == 1.0
    assert np.isnan(means[0, 1])


def test_the_standard_error_is_that_of_a_mean():
    assert outcomes.standard_error(np.array([1.0, 3.0])) == pytest.approx(1.0)
