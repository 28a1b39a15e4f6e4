"""The equation book's table: every variable, its evidence and its loops."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from policy_lab.analysis.book import COLUMNS, equation_book, number, value_text
from policy_lab.model import read_model
from policy_lab.model.types import Kind
from policy_lab.run.feedback import named_loops
from policy_lab.study import Study, open_study


@pytest.fixture(scope="module")
def fishery() -> Study:
    return open_study("fishery")


@pytest.fixture(scope="module")
def book(fishery: Study) -> pd.DataFrame:
    return equation_book(fishery.model, study=fishery, loops=named_loops(fishery, worlds=1))


def test_every_variable_stands_in_it_with_its_equation_and_unit(fishery: Study, book: pd.DataFrame) -> None:
    moving = {name for name, one in fishery.model.variables.items() if one.kind is not Kind.TIME}
    assert {str(name).split("[")[0] for name in book["variable"]} == moving
    assert list(book.columns) == list(COLUMNS)
    assert (book["equation"].str.len() > 3).all()
    assert (book["unit"] != "").all()
    stock = book.set_index("variable").loc["Fish stock"]
    assert stock["equation"].startswith("Fish stock = INTEG(")
    assert stock["loops"] == "R3, B1, B2, B3"
    assert stock["feedback"]
    assert "\n" not in stock["meaning"]


def test_every_constant_has_value_range_grade_and_source(fishery: Study, book: pd.DataFrame) -> None:
    constants = book[book["kind"] == "constant"].set_index("variable")
    assert set(constants.index) == set(fishery.parameters)
    for name, parameter in fishery.parameters.items():
        row = constants.loc[name]
        assert (row["grade"], row["source"], row["unit"]) == (parameter.grade, parameter.source, parameter.unit)
        assert row["value"] != ""
        if parameter.varies:
            assert (row["low"], row["high"]) == (parameter.low, parameter.high)


def test_what_comes_out_of_a_run_has_no_value_in_it(book: pd.DataFrame) -> None:
    assert (book.loc[book["kind"] != "constant", "value"] == "").all()


def test_stocks_come_first_in_each_view(book: pd.DataFrame) -> None:
    for _, rows in book.groupby("view"):
        kinds = list(dict.fromkeys(rows["kind"]))
        assert kinds == sorted(kinds, key=["stock", "flow", "auxiliary", "data", "lookup", "constant"].index)


def test_a_model_alone_has_its_book_too(tmp_path: Path) -> None:
    path = tmp_path / "tank.mdl"
    path.write_text(
        "{UTF-8}\nw = INTEG(-w/k, 8) ~ litre ~ Water. |\nk = 4 ~ Minute ~ |\n"
        "FINAL TIME = 9 ~ Minute ~ |\nINITIAL TIME = 0 ~ Minute ~ |\n"
        "SAVEPER = 1 ~ Minute ~ |\nTIME STEP = 1 ~ Minute ~ |\n",
        encoding="utf-8",
    )
    table = equation_book(read_model(path)).set_index("variable")
    assert list(table.index) == ["w", "k"]
    assert table.loc["k", "value"] == "4"
    assert table.loc["w", "feedback"]
    assert not table.loc["k", "feedback"]


def test_values_of_many_elements_are_told_shortly(fishery: Study) -> None:
    def told(name: str, *values: float) -> str:
        return value_text(fishery.model, name, {name: np.array(values)})

    assert told("Initial fleet", 30, 24, 18) == "north 30; south 24; west 18"
    assert told("Initial fleet", 7, 7, 7) == "7 each"
    assert (
        value_text(fishery.model, "Raid threshold", {"Raid threshold": np.arange(120.0).reshape(3, 40)}) == "0 to 119"
    )
    assert value_text(fishery.model, "Fish stock", {}) == ""


@pytest.mark.parametrize(
    ("value", "told"), [(0.0, "0"), (1e-6, "1e-06"), (0.5, "0.5"), (12345.6, "12,346"), (float("nan"), "not known")]
)
def test_numbers_have_four_figures_at_most(value: float, told: str) -> None:
    assert number(value) == told


def test_a_constant_without_a_number_for_each_element_has_no_value(tmp_path: Path) -> None:
    path = tmp_path / "partly.mdl"
    path.write_text(
        "{UTF-8}\nT: a, b, c ~~|\nk[a] = 4 ~ Dmnl ~ |\nk[c] = 5 ~ Dmnl ~ |\nx = k[a] ~ Dmnl ~ |\n"
        "FINAL TIME = 9 ~ Minute ~ |\nINITIAL TIME = 0 ~ Minute ~ |\nSAVEPER = 1 ~ Minute ~ |\n"
        "TIME STEP = 1 ~ Minute ~ |\n",
        encoding="utf-8",
    )
    table = equation_book(read_model(path)).set_index("variable")
    assert table.loc["k", "value"] == ""
    assert table.loc["k", "equation"] == "k[a] = 4\nk[c] = 5", "each equation on a line of its own"
