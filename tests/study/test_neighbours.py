"""How near places are, held to arithmetic done by hand."""

from __future__ import annotations

import numpy as np
import pytest

from policy_lab.study.neighbours import distances, fill, nearest

COLUMNS = {"size": [1.0, 10.0, 100.0, None], "rate": [2.0, 2.0, 6.0, 4.0], "region": ["n", "n", "s", None]}


def test_distance_is_the_root_mean_square_in_standard_deviations() -> None:
    found = distances(COLUMNS, {"size": "log", "rate": "linear", "region": "category"})
    size = np.log(10) / np.log([1, 10, 100]).std()
    rate = 4 / np.std([2, 2, 6, 4])
    assert found[0, 1] == pytest.approx(np.sqrt(size**2 / 3))
    assert found[0, 2] == found[2, 0] == pytest.approx(np.sqrt((4 * size**2 + rate**2 + 1) / 3))
    assert np.isnan(np.diag(found)).all()


def test_places_that_share_too_little_are_not_compared() -> None:
    found = distances(COLUMNS, {"size": "log", "rate": "linear", "region": "category"})
    assert np.isnan(found[3]).all()  # one figure of three
    alone = distances(COLUMNS, {"size": "log", "rate": "linear"})
    assert alone[3, 2] == pytest.approx(2 / np.std([2, 2, 6, 4]))  # one of two, and by that one alone


def test_units_do_not_matter() -> None:
    scaled = {**COLUMNS, "rate": [None if cell is None else 1000 * cell for cell in COLUMNS["rate"]]}
    how = {"size": "log", "rate": "linear"}
    np.testing.assert_allclose(distances(COLUMNS, how), distances(scaled, how))


def test_a_figure_that_is_the_same_everywhere_tells_nothing_apart() -> None:
    assert distances({"rate": [3.0, 3.0]}, {"rate": "linear"})[0, 1] == 0


def test_the_nearest_come_first_and_ties_in_the_order_of_the_table() -> None:
    row = np.array([np.nan, 2.0, 1.0, 2.0, np.inf])
    assert nearest(row, 2) == (2, 1)
    assert nearest(row, 10) == (2, 1, 3)
    assert nearest(row, 10, np.array([True, False, True, True, True])) == (2, 3)


def test_a_median_needs_three() -> None:
    apart = np.abs(np.subtract.outer(np.arange(5.0), np.arange(5.0)))
    np.fill_diagonal(apart, np.nan)
    figures = {"posts": np.array([np.nan, 1.0, 2.0, 4.0, 8.0]), "rare": np.array([np.nan, 1.0, 2.0, np.nan, np.nan])}
    found = fill("abcde", figures, apart, 3)
    assert found[0]["posts"].value == 2
    assert found[0]["posts"].places == ("b", "c", "d")
    assert all("rare" not in filled for filled in found)
