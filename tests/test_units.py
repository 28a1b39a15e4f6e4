"""Units as texts: which can be read at all."""

from __future__ import annotations

import pytest

from policy_lab.units import unit_fault


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
