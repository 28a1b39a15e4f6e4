"""Cells, their addresses, and what counts as a number."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_lab.model.beside import BesideError
from policy_lab.model.cells import (
    WIDEST,
    address,
    column_name,
    column_number,
    number_of,
    place_of,
    separator_of,
    sheet_of,
    text_sheet,
)


@given(st.integers(0, WIDEST - 1), st.integers(0, 999_998))
def test_an_address_leads_back_to_its_place(column: int, row: int) -> None:
    assert column_number(column_name(column)) == column
    assert place_of(address(row, column)) == place_of(address(row, column).lower()) == (row, column)


@pytest.mark.parametrize(("name", "number"), [("A", 0), ("Z", 25), ("AA", 26), ("AZ", 51), ("BA", 52), ("ZZZ", 18_277)])
def test_columns_are_counted_as_spreadsheets_count_them(name: str, number: int) -> None:
    assert (column_name(number), column_number(name)) == (name, number)


@pytest.mark.parametrize("text", ["B0", "B", "2", "2B", "ABCD1", "B2*", "$B$2", "", "B٢"])
def test_what_is_no_address(text: str) -> None:
    assert place_of(text) is None


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_digit_of_a_number_is_read(number: float) -> None:
    assert number_of(repr(number)) == number_of(f" {number!r} ") == number


@pytest.mark.parametrize("text", ["x", "1,5", "1 000", "0x1", "1_000", "inf", "1e999", "=1", "TRUE", "1%", "٣"])
def test_what_is_no_number(text: str) -> None:
    assert number_of(text) is None


@pytest.mark.parametrize("cell", [None, "", "NA", "nan", "#N/A", " "])
def test_what_says_that_there_is_none(cell: str | None) -> None:
    number = number_of(cell)
    assert number is not None
    assert math.isnan(number)


def test_text_is_taken_apart_line_by_line() -> None:
    sheet = text_sheet('a;"b;c"\n\n1;;2;;\n'.encode("utf-8-sig"), ";")
    assert sheet.rows == (("a", "b;c"), (), ("1", None, "2"))
    assert sheet.width == 3
    assert (sheet.at(0, 1), sheet.at(1, 0), sheet.at(9, 9), sheet.at(-1, 0)) == ("b;c", None, None, None)
    assert text_sheet("1,ü\n".encode("utf-16"), ",").rows == (("1", "ü"),)


@pytest.mark.parametrize(
    ("suffix", "given_", "sign"),
    [(".csv", "", ","), (".tab", "", "\t"), (".txt", "Sheet1", "\t"), (".csv", ";", ";"), (".csv", "\\t", "\t")],
)
def test_the_sign_between_cells(suffix: str, given_: str, sign: str) -> None:
    assert separator_of(suffix, given_) == sign


@pytest.mark.parametrize("sign", ["||", '"', "\n", ", "])
def test_what_is_no_sign_between_cells(sign: str) -> None:
    with pytest.raises(BesideError, match="does not separate cells"):
        separator_of(".csv", sign)


def test_what_is_empty_at_the_ends_does_not_count() -> None:
    sheet = sheet_of("s", [[1.0, None, None], [None], [None, 2.0], [], [None] * 9])
    assert sheet.rows == ((1.0,), (), (None, 2.0))
    assert sheet.width == 2
