"""Numbers out of file text: every number, and nothing but numbers."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_lab.model.literals import LiteralError, read_number, read_points, read_string, read_sum

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@given(FINITE)
def test_every_number_is_read_as_it_was_written(value: float) -> None:
    assert read_number(repr(value)) == value
    assert math.copysign(1, read_number(repr(value))) == math.copysign(1, value)


@given(st.lists(st.tuples(FINITE, FINITE), min_size=1))
def test_points_are_read_as_they_were_written(points: list[tuple[float, float]]) -> None:
    assert read_points(",".join(f"( {x!r} ,{y!r})" for x, y in points)) == tuple(points)


@given(st.text())
def test_any_text_gives_a_number_or_a_refusal(text: str) -> None:
    try:
        value = read_number(text)
    except LiteralError:
        return
    assert value == float("".join(text.split()))


@pytest.mark.parametrize(("text", "value"), [("41 + 1", 42.0), (" 3 -2", 1.0), ("1e3+.5 - 0.5", 1000.0), ("-7", -7.0)])
def test_a_sum_of_numbers_is_a_number(text: str, value: float) -> None:
    assert read_sum(text) == value


@pytest.mark.parametrize("text", ["", "1 2", "1 + x", "1 * 2", "+", "1 +"])
def test_what_is_no_sum_of_numbers_is_refused(text: str) -> None:
    with pytest.raises(LiteralError):
        read_sum(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nan",
        "inf",
        "1_000",
        "0x10",
        "1j",
        "__import__('os')",
        "1 + 1",
        "(1)",
        "1e",
        "١",
        "1 2",
        "True",
        "1" * 3 + "a",
    ],
)
def test_what_python_would_take_but_is_no_decimal_number_is_refused(text: str) -> None:
    with pytest.raises(LiteralError):
        read_number(text)


@pytest.mark.parametrize("text", ["", "(1)", "(1,2", "(1,2,3)", "(a,1)", "(1,2)x", "[(1,2)]", "(__import__('os'),1)"])
def test_points_hold_pairs_of_numbers_only(text: str) -> None:
    with pytest.raises(LiteralError):
        read_points(text)


def test_a_text_is_taken_as_it_stands() -> None:
    assert read_string(r"'a\x41\n'") == r"a\x41\n"
    for text in ("'a", "a'", "'a'b'", '"a"'):
        with pytest.raises(LiteralError):
            read_string(text)
