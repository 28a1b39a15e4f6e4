"""Sums, formulas, figures from outside, symmetry, common draws and numerics, judged on numbers made by hand."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pytest

from policy_lab.analysis import judge_figures as judge
from policy_lab.analysis.check_paths import Paths
from policy_lab.engine import Series
from policy_lab.study.check_schema import AlikeElements, Conserved, Data, Equals, Integration, Paired

TIME = np.arange(0.0, 25.0)


def series(**values: np.ndarray) -> Series:
    """Return a series of one run; an array of two dimensions is over places a and b."""
    shaped = {name: np.asarray(one, dtype=float)[None] for name, one in values.items()}
    wide = {name: one.ndim == 3 for name, one in shaped.items()}
    return Series(
        time=TIME,
        values=MappingProxyType(shaped),
        units=MappingProxyType(dict.fromkeys(shaped, "fish")),
        dimensions=MappingProxyType({name: ("Place",) if wide[name] else () for name in shaped}),
        elements=MappingProxyType({name: (("a", "b"),) if wide[name] else () for name in shaped}),
        states=np.zeros((1, 0)),
        time_unit="Month",
    )


def paths(**values: object) -> Paths:
    return Paths(
        TIME, {name: np.atleast_2d(np.asarray(one, dtype=float)) for name, one in values.items()}, "fish", "Month"
    )


BORN, DIED = 3 + np.sin(TIME), 0.1 * TIME
STOCK = 10 + np.concatenate([[0], np.cumsum((BORN - DIED)[:-1])])


def test_what_is_conserved_by_flows_added_up() -> None:
    run = series(Stock=STOCK, Born=BORN, Died=DIED)
    found = judge.conserved(
        run, paths(Stock=STOCK), Conserved(entries=("Born",), exits=("Died",)), frozenset({"Stock"})
    )
    assert found.passed, found.seen
    assert found.seen.startswith("10 fish at first, 72")


def test_what_is_conserved_by_accumulators() -> None:
    came, went = 100 + np.cumsum(BORN), 50 + np.cumsum(DIED)
    run = series(Stock=10 + (came - came[0]) - (went - went[0]), Came=came, Went=went)
    stocks = frozenset({"Stock", "Came", "Went"})
    expected = Conserved(entries=("Came",), exits=("Went",))
    assert judge.conserved(run, paths(Stock=run["Stock"][0]), expected, stocks).passed


def test_a_leak_is_seen() -> None:
    run = series(Stock=STOCK, Born=BORN, Died=DIED)
    leaking = paths(Stock=STOCK * (1 - 1e-7 * TIME))
    found = judge.conserved(run, leaking, Conserved(entries=("Born",), exits=("Died",)), frozenset({"Stock"}))
    assert not found.passed
    assert "off by" in found.seen


@pytest.mark.parametrize(
    "formula",
    [
        {"value": "Six"},
        {"value": 6},
        {"sum": ["Two", "Four"]},
        {"product": ["Two", 3]},
        {"difference": ["Eight", "Two"]},
        {"ratio": ["Twelve", "Two"]},
        {"sum": ["Places"]},
        {"sum": ["Places[a]", 4]},
    ],
)
def test_formulas(formula: dict[str, object]) -> None:
    run = series(
        **{name: np.full(25, float(number)) for name, number in (("Two", 2), ("Four", 4), ("Six", 6), ("Eight", 8))},
        Twelve=np.full(25, 12.0),
        Places=np.stack([np.full(25, 2.0), np.full(25, 4.0)], axis=1),
    )
    assert judge.equals(run, paths(Found=np.full(25, 6.0)), Equals.model_validate(formula), "each").passed
    off = judge.equals(run, paths(Found=np.full(25, 6.1)), Equals.model_validate(formula), "each")
    assert not off.passed
    assert off.seen == "6.1 against 6: off by 1.7%"


def test_each_figure_has_to_lie_beside_the_path() -> None:
    at, figures = np.array([0.0, 12, 24]), np.array([10.0, 11, 12])
    expected = Data(points=((0, 1),), source="x", within=0.05)
    assert judge.against_data(paths(p=10 + TIME / 12), expected, at, figures).passed
    off = judge.against_data(paths(p=10 + TIME / 6), expected, at, figures)
    assert not off.passed
    assert "by 17% at most in month 24 (14 against 12)" in off.seen


def test_the_mean_miss_may_be_judged() -> None:
    at, figures = np.array([0.0, 12, 24]), np.array([10.0, 10, 12.5])
    expected = Data(points=((0, 1),), source="x", within=0.07, judged="mean")
    assert judge.against_data(paths(p=np.full(25, 10.0)), expected, at, figures).passed  # off by 0, 0 and 20 %


def test_only_the_course_counts_relative_to_a_time() -> None:
    at, figures = np.array([0.0, 12, 24]), np.array([500.0, 550, 600])
    expected = Data(points=((0, 1),), source="x", within=0.001, relative_to=0)
    assert judge.against_data(paths(p=10 + TIME / 12), expected, at, figures).passed


@pytest.mark.parametrize(("slope", "passed"), [(1.0, True), (0.4, False), (-1.0, False), (1.6, False)])
def test_the_change_from_first_to_last_may_be_judged(slope: float, passed: bool) -> None:
    at, figures = np.array([0.0, 24]), np.array([10.0, 12])
    expected = Data(points=((0, 1),), source="x", within=0.5, judged="change")
    assert judge.against_data(paths(p=10 + slope * TIME / 12), expected, at, figures).passed is passed


def test_figures_of_a_year_are_held_against_the_year_up_to_them() -> None:
    """A straight line of 1 a month averages 6 in its first year and 18 in its second; before the start it rests."""
    at, figures = np.array([0.0, 12, 24]), np.array([100.0, 106, 118])
    expected = Data(points=((0, 1),), source="x", within=1e-9, averaged=12)
    assert judge.against_data(paths(p=100 + TIME), expected, at, figures).passed
    found = judge.against_data(paths(p=100 + TIME), expected, np.array([6.0]), np.array([100 + 36 / 24]))
    assert found.passed, found.seen  # half of that year is before the start


def test_figures_after_the_run_are_left_out_and_none_is_a_failure() -> None:
    expected = Data(points=((0, 1),), source="x", within=0.1)
    assert judge.against_data(paths(p=np.ones(25)), expected, np.array([0.0, 36]), np.array([1.0, 99])).passed
    found = judge.against_data(paths(p=np.ones(25)), expected, np.array([36.0]), np.array([1.0]))
    assert not found.passed
    assert found.seen == "no figure lies within the time of the run"


def test_elements_alike_and_not() -> None:
    same = series(Fleet=np.stack([TIME, TIME], axis=1), Total=TIME)
    assert judge.alike(same, ["Fleet", "Total"], AlikeElements(over="Place"), ("a", "b")).passed
    apart = series(Fleet=np.stack([TIME, TIME * 1.01], axis=1))
    found = judge.alike(apart, ["Fleet"], AlikeElements(over="Place"), ("a", "b"))
    assert not found.passed
    assert "differ by at most 0.99% (Fleet)" in found.seen
    assert not judge.alike(series(Total=TIME), ["Total"], AlikeElements(over="Place"), ("a", "b")).passed


def test_common_draws_make_differences_vary_less() -> None:
    draws = np.random.default_rng(1).normal(size=(200, 1)) * np.ones((1, 25))
    shifted = draws + 1 + 0.1 * np.random.default_rng(2).normal(size=(200, 1))
    assert judge.paired(paths(p=shifted), paths(p=draws), Paired(at_most=0.05)).passed
    other = np.random.default_rng(3).normal(size=(200, 1)) * np.ones((1, 25))
    assert not judge.paired(paths(p=other), paths(p=draws), Paired(at_most=0.25)).passed
    assert not judge.paired(paths(p=TIME), paths(p=TIME), Paired(at_most=1)).passed  # one run has no variance


def test_numerics_are_judged_by_the_largest_difference() -> None:
    usual = paths(p=100 + TIME)
    others = {"step 0.5": paths(p=100.01 + TIME), "RK4": paths(p=100.1 + TIME)}
    found = judge.integration(usual, others, Integration(within=0.001))
    assert found.passed
    assert "RK4: 0.081%" in found.seen
    assert not judge.integration(usual, others, Integration(within=0.0001)).passed
