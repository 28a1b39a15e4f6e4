"""The sign of a link and the time it takes, against equations whose derivatives are plain to see."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from policy_lab.engine import compile_model
from policy_lab.engine.polarity import Link, Sign, links_at
from policy_lab.model import Model

Write = Callable[..., Model]


def only(model: Model, cause: str, effect: str, **at: object) -> Link:
    compiled = compile_model(model)
    states = compiled.initial_states(at.pop("inputs", None))  # type: ignore[arg-type]
    (link,) = links_at(compiled, [(cause, effect)], states, **at)  # type: ignore[arg-type]
    return link


@pytest.mark.parametrize(
    ("equation", "sign"),
    [
        ("3 * S", Sign.MORE),
        ("10 - S", Sign.LESS),
        ("1 / S", Sign.LESS),
        ("EXP(-S) + other", Sign.LESS),
        ("(S - 100)^2", Sign.LESS),
        ("(S - 1)^2", Sign.MORE),
        ("IF THEN ELSE(S > 100, S, 0) + other", Sign.NONE),
        ("MAX(S, 100)", Sign.NONE),
        ("curve(S)", Sign.LESS),
        ("0 * S", Sign.NONE),
        ("1e-9 * S + 1", Sign.MORE),
    ],
)
def test_sign_of_an_auxiliary(written: Write, equation: str, sign: Sign) -> None:
    model = written("S = INTEG(1, 5)", "other = 2 * Time", "curve((0,10),(10,0))", f"x = {equation}")
    assert only(model, "S", "x").sign is sign


def test_a_stock_takes_the_sign_of_its_rate_even_where_it_rests(written: Write) -> None:
    model = written("S = INTEG(fill - drain, 8)", "fill = 2 + 0 * S", "drain = S / 4")
    assert [only(model, name, "S").sign for name in ("fill", "drain")] == [Sign.MORE, Sign.LESS]


def test_a_stock_acts_on_itself_by_its_rate(written: Write) -> None:
    assert only(written("S = INTEG(-S / 4, 8)"), "S", "S").sign is Sign.LESS
    assert only(written("S = INTEG(0.1 * S, 8)"), "S", "S").sign is Sign.MORE


@pytest.mark.parametrize(
    ("equation", "delay"),
    [
        ("SMOOTH(S, 6)", 6.0), ("SMOOTH3(S, 6)", 6.0), ("DELAY1(S, 4)", 4.0), ("DELAY3(S, 9)", 9.0),
        ("DELAY FIXED(S, 5, 1)", 5.0), ("DELAY N(S, 8, 1, 2)", 8.0),
    ],
)  # fmt: skip
def test_a_delay_passes_the_sign_on_and_says_how_long_it_takes(written: Write, equation: str, delay: float) -> None:
    for text, sign in ((equation, Sign.MORE), (f"10 - {equation}", Sign.LESS)):
        link = only(written("S = INTEG(1, 5)", f"x = {text}"), "S", "x")
        assert link.sign is sign
        assert link.delayed
        assert link.delay == pytest.approx(delay, rel=0.05)


def test_the_delay_of_a_stock_is_its_own_adjustment_time_through_what_answers_at_once(written: Write) -> None:
    model = written("S = INTEG(fill - drain, 8)", "fill = 2 * Time", "drain = S / stay", "stay = 4 + 0 * S")
    link = only(model, "fill", "S")
    assert link.delay == pytest.approx(4.0, rel=1e-6)
    assert only(model, "S", "drain").delay == 0.0
    assert not only(model, "S", "drain").delayed


def test_a_stock_without_outflow_only_accumulates(written: Write) -> None:
    assert only(written("S = INTEG(fill, 8)", "fill = 2 * Time + 1"), "fill", "S").delay == np.inf


def test_elements_and_points_that_disagree_are_told(written: Write) -> None:
    model = written("T: a, b, c", "way[T] = 1, 1, -1", "S[T] = INTEG(1, 5)", "x[T] = way[T] * S[T]")
    link = only(model, "S", "x")
    assert link.sign is Sign.EITHER
    assert link.rising == pytest.approx(2 / 3)
    model = written("S = INTEG(1, 5)", "k = 1", "x = k * S")
    compiled = compile_model(model)
    inputs = {"k": np.array([1.0, -1.0, 1.0, 1.0])}
    (link,) = links_at(compiled, [("S", "x")], compiled.initial_states(inputs), inputs)
    assert (link.sign, link.rising) == (Sign.EITHER, 0.75)


def test_an_element_that_moves_nothing_counts_for_neither_side(written: Write) -> None:
    model = written(
        "T: a, b", "U <-> T", "other[T,U] = 0, 1; 1, 0;", "S[T] = INTEG(1, 5)", "x[T] = SUM(S[U!]*other[T,U!])"
    )
    link = only(model, "S", "x")
    assert (link.sign, link.rising) == (Sign.MORE, 1.0)


def test_the_numbers_do_not_depend_on_the_backend(written: Write) -> None:
    model = written("S = INTEG(f - S / 7, 5)", "f = SMOOTH(3 / S, 2)")
    found = []
    for backend in ("compiled", "numpy"):
        compiled = compile_model(model, backend=backend)
        found.append(links_at(compiled, [("S", "f"), ("f", "S")], compiled.initial_states()))
    for one, other in zip(*found, strict=True):
        assert one.sign is other.sign
        assert one.delay == pytest.approx(other.delay, rel=1e-6)
