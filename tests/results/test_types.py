from __future__ import annotations

import pytest

from policy_lab.errors import InputError
from policy_lab.results import Results


def test_results_say_how_many_they_are(results: Results) -> None:
    assert repr(results) == ("Results(3 designs × 3 worlds × 2 futures, 4 saved times, 3 outcomes, 1 failed cases)")


def test_an_outcome_that_was_not_saved_names_the_nearest(results: Results) -> None:
    assert results["Fleet"].unit == "boat"
    with pytest.raises(InputError, match="Did you mean `Fish stock`"):
        results["Fish stok"]
