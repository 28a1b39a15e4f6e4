"""The units of a model: what a library of units knows keeps its meaning, everything else is a unit of its own."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy_lab.model.unit_table import UnitTable, unit_table
from policy_lab.units import unit_fault

TEXTS = [
    "Month", "months", "Year", "hr", "hours", "kg", "Tonnes", "kWh", "kW*hour", "N", "kg*m/s^2", "Dmnl", "dmnl", "1",
    "%", "Percent", "dimensionless", "radians", "1000 tonne", "person", "People per month", "FTE", "ftes", "£/week",
    "pound", "event/Month", "cycle", "count", "Widget^0.5", "(person*Year)/10,000 people", "0", "1e999",
]  # fmt: skip


@pytest.fixture(scope="module")
def table() -> UnitTable:
    return unit_table([*TEXTS, "", "a [0,1]"])


def same(table: UnitTable, one: str, other: str) -> bool:
    first, second = table.unit(one), table.unit(other)
    assert first is not None
    assert second is not None
    return table.same(first, second)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Month", "months"), ("hr", "hours"), ("kWh", "kW*hour"), ("N", "kg*m/s^2"), ("FTE", "ftes"), ("1", "Dmnl"),
        ("dmnl", "dimensionless"), ("%", "Percent"), ("%", "Dmnl"), ("radians", "1"),
        ("People per month", "person/Month"), ("1000 tonne", "1000*Tonnes"), ("person*Month/Month", "people"),
    ],
)  # fmt: skip
def test_one_unit(table: UnitTable, one: str, other: str) -> None:
    assert same(table, one, other)


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("Year", "Month", 12), ("Tonnes", "kg", 1000), ("1000 tonne", "Tonnes", 1000), ("Month/Year", "Dmnl", 1 / 12),
        ("cycle", "Dmnl", math.nan), ("count", "Dmnl", math.nan), ("FTE", "person", math.nan), ("0", "1", math.nan),
        ("1e999", "1", math.nan), ("£/week", "pound/week", math.nan), ("event/Month", "1/Month", math.nan),
    ],
)  # fmt: skip
def test_two_units(table: UnitTable, one: str, other: str, ratio: float) -> None:
    first, second = table.unit(one), table.unit(other)
    assert first is not None
    assert second is not None
    assert not table.same(first, second)
    assert table.ratio(first, second) == pytest.approx(ratio, nan_ok=True)


@pytest.mark.parametrize("text", ["", "  ", "a [0,1]", "kg**s"])
def test_no_unit(table: UnitTable, text: str) -> None:
    assert table.unit(text) is None


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("dimensionless", "Dmnl"), ("1/month", "1/Month"), ("£/week", "£/week"),
        ("people/(months*Year)", "person/(Month*Year)"),
        ("1/Widgets^0.5", "1/Widget^0.5"), ("Month^2/Month", "Month"),
        ("kg*m/s^2", "kg*m/s^2"),
    ],
)  # fmt: skip
def test_units_are_shown_in_the_names_of_the_file(table: UnitTable, text: str, shown: str) -> None:
    unit = table.unit(text)
    assert unit is not None
    assert table.shown(unit) == shown


pieces = st.sampled_from([
    "a", "in", "is", "e", "m", "Month", "per", "-", "^", "*", "/", "(", ")", "1", "0", "2", "0.5", "1,000", "-1", "%",
    "£", "nan", "pi", "dB", "None", "degC", "x_y", "é", "kg", " ",
])  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(texts=st.lists(st.lists(pieces, max_size=9).map(" ".join), max_size=60))
def test_every_text_that_can_be_read_has_a_unit(texts: list[str]) -> None:
    table = unit_table(texts)
    for text in texts:
        unit = table.unit(text)
        assert (unit is None) == (not text.strip() or bool(unit_fault(text)))
        if unit is not None:
            assert table.same(unit, unit)
            assert table.same(table.raised(unit, 2), unit * unit)
            assert table.shown(unit)
