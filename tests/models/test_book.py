"""The equation book of the flagship: nothing without unit, and no constant without range, grade and source."""

from __future__ import annotations

import pandas as pd
import pytest

from policy_lab.analysis.book import equation_book
from tests.models.flagship import Flagship


@pytest.fixture(scope="module")
def book(flagship: Flagship) -> pd.DataFrame:
    return equation_book(flagship.study.model, study=flagship.study)


def test_every_variable_has_unit_equation_and_meaning(book: pd.DataFrame) -> None:
    for column in ("unit", "equation", "meaning"):
        assert list(book.loc[book[column] == "", "variable"]) == [], column


def test_every_constant_has_value_grade_mark_and_source(book: pd.DataFrame) -> None:
    constants = book[book["kind"] == "constant"]
    for column in ("value", "grade", "mark", "source"):
        assert list(constants.loc[constants[column].isna() | (constants[column] == ""), "variable"]) == [], column


def test_every_constant_that_worlds_draw_has_a_range(flagship: Flagship, book: pd.DataFrame) -> None:
    drawn = {name for name, parameter in flagship.study.parameters.items() if parameter.varies}
    ranged = set(book.loc[book["low"].notna() & book["high"].notna(), "variable"])
    assert drawn - ranged == set()


def test_every_view_of_the_model_is_a_section(flagship: Flagship, book: pd.DataFrame) -> None:
    assert set(book["view"]) == set(flagship.study.model.views)
