from __future__ import annotations

import numpy as np
import pytest

from policy_lab.errors import InputError
from policy_lab.results import Results, difference, select


def test_selects_designs_and_outcomes_in_the_order_asked(results: Results) -> None:
    part = select(results, designs=["catch-quota", "open-access"], outcomes=["Fleet"])
    assert part.designs == ("catch-quota", "open-access")
    assert list(part.outcomes) == ["Fleet"]
    assert np.array_equal(part["Fleet"].values, results["Fleet"].values[[2, 0]])
    assert np.array_equal(part.levers["quota"], results.levers["quota"][[2, 0]])
    assert part.failures == ()
    assert select(results, designs=["co-management"]).failures == results.failures


def test_difference_is_taken_case_by_case(results: Results) -> None:
    found = difference(results, "catch-quota", "open-access", "Fleet").values
    expected = results["Fleet"].values[2] - results["Fleet"].values[0]
    assert np.array_equal(found[0], expected)


def test_unknown_names_say_the_nearest(results: Results) -> None:
    with pytest.raises(InputError, match="Did you mean `open-access`"):
        select(results, designs=["open-acces"])
    with pytest.raises(InputError, match="Did you mean `Fleet`"):
        select(results, outcomes=["Flet"])
