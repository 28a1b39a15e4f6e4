"""Units as texts: which can be read at all, and what they are made of."""

from __future__ import annotations

import pytest

from policy_lab.units import folded_unit, unit_factors, unit_fault


@pytest.mark.parametrize(
    "unit",
    ["", "Dmnl", "1/Month", "person/Month", "£/week^2", "kg*m^2/s^-2", "%/year", "1/(Year*Year)", "GBP 2022/23",
     "social worker/10,000 children", "case/person/Month", "(a*b)/c", "widgets-month"],
)  # fmt: skip
def test_units(unit: str) -> None:
    assert unit_fault(unit) == ""


@pytest.mark.parametrize(
    ("unit", "told"),
    [
        ("((((kg**^/ €,∞ [,,] 1/0", "`*` stands where a name should"),
        ("/Month", "`/` stands where a name should"),
        ("person/", "it ends with an operator"),
        ("(person", "a `)` is missing"),
        ("person)", "a `)` too many"),
        ("a [0,1]", "`[` is no part of a unit"),
        ("a (b)", "no `*` or `/` before `(`"),
    ],
)
def test_texts_that_are_no_units(unit: str, told: str) -> None:
    assert unit_fault(unit) == told


@pytest.mark.parametrize(
    ("unit", "factors"),
    [
        ("", []),
        ("1/Month", [("Month", -1)]),
        ("a/b/c*d", [("a", 1), ("b", -1), ("c", -1), ("d", 1)]),
        ("a/(b/c)", [("a", 1), ("b", -1), ("c", 1)]),
        ("(a*b)^2/c^-1", [("a", 2), ("b", 2), ("c", 1)]),
        ("m^(-0.5)", [("m", -0.5)]),
        ("1000 tonne", [("1000", 1), ("tonne", 1)]),
        ("person/10,000 children", [("person", 1), ("10000", -1), ("children", -1)]),
        ("GBP 2022 per  year", [("GBP 2022", 1), ("year", -1)]),
        ("per day", [("day", -1)]),
        ("%", [("%", 1)]),
    ],
)
def test_a_unit_is_a_product(unit: str, factors: list[tuple[str, float]]) -> None:
    assert unit_fault(unit) == ""
    assert list(unit_factors(unit)) == factors


@pytest.mark.parametrize(
    "names",
    [
        ("Month", "months", "MONTHS"),
        ("person", "People", "persons"),
        ("full time_equivalent", "Full Time Equivalents"),
        ("agency", "agencies"),
        ("box", "boxes"),
        ("class", "classes"),
    ],
)
def test_spellings_of_one_unit(names: tuple[str, ...]) -> None:
    assert len({folded_unit(name) for name in names}) == 1


def test_different_units_stay_different() -> None:
    names = ["bus", "bu", "class", "cla", "£", "$", "%", "h", "hs", "GBP 2022", "GBP 2023"]
    assert len({folded_unit(name) for name in names}) == len(names)
