from __future__ import annotations

import numpy as np
import pytest

from policy_lab.analysis.quantiles import series_quantiles
from tests.analysis import hand


def test_worlds_and_futures_are_pooled_and_failed_cases_left_out():
    made = hand.study({"a": hand.design({})}, base="a")
    stock = np.array([[[[0.0, 1.0], [0.0, 2.0]], [[0.0, 3.0], [0.0, np.nan]]]])
    table = series_quantiles(hand.results(made, stock), (0.5, 1.0), ["Stock"])
    assert list(table.columns) == ["design", "variable", "subscripts", "time", "date", "quantile", "value", "unit"]
    assert table["value"].tolist() == [0.0, 0.0, 2.0, 3.0]
    assert table["date"].tolist() == ["2026-01-31", "2026-01-31", "2026-02-28", "2026-02-28"]


def test_every_element_of_a_subscripted_outcome_has_its_rows():
    made = hand.study({"a": hand.design({}), "b": hand.design({})}, base="a")
    table = series_quantiles(hand.results(made, np.ones((2, 1, 1, 3))), (0.5,), ["Staff"])
    assert len(table) == 2 * 2 * 3
    assert set(table.loc[table["subscripts"] == "South", "value"]) == {4.0}
    assert set(table["unit"]) == {"FTE"}


def test_a_variable_that_was_not_saved_is_refused():
    made = hand.study({"a": hand.design({})}, base="a")
    with pytest.raises(Exception, match="Stock"):
        series_quantiles(hand.results(made, np.ones((1, 1, 1, 3))), (0.5,), ["Stok"])
