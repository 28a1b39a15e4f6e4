"""Expectations about the course of paths, judged on paths whose course is known."""

from __future__ import annotations

import numpy as np
import pytest

from policy_lab.analysis import judge
from policy_lab.analysis.check_paths import Paths
from policy_lab.errors import InputError
from policy_lab.study.check_schema import Between, Condition, Direction, Effect, Extreme, Reaches, Shape, Stays, Turns

TIME = np.arange(0.0, 13.0)


def paths(**values: object) -> Paths:
    """Return paths by label, each of one run or several."""
    return Paths(
        TIME, {name: np.atleast_2d(np.asarray(one, dtype=float)) for name, one in values.items()}, "fish", "Month"
    )


FLAT = np.ones(13)
RISING = 1 + TIME / 12
DIP = np.array([10, 8, 6, 8, 10, 12, 14, 14, 14, 14, 14, 14, 14.0])


@pytest.mark.parametrize(
    ("expected", "passed", "said"),
    [
        ({"low": 1, "high": 2}, True, "1 to 2"),
        ({"low": 1.5}, False, "path is 1 in month 0, below 1.5"),
        ({"high": 1.5, "measured": "end"}, False, "path is 2, above 1.5"),
        ({"high": 1.5, "measured": "mean"}, True, "1.5 on average"),
        ({"low": 2, "measured": "highest"}, True, "2 at its highest"),
        ({"high": 1, "measured": "lowest"}, True, "1 at its lowest"),
        ({"low": 1.5, "during": (6, 12)}, True, "1.5 to 2"),
        ({"low": 2, "of": "start", "measured": "end"}, True, "(multiple of the start)"),
    ],
)
def test_bounds(expected: dict[str, object], passed: bool, said: str) -> None:
    found = judge.between(paths(path=RISING), Between.model_validate(expected), None)
    assert found.passed is passed
    assert said in found.seen


def test_bounds_as_multiples_of_the_base_hold_time_by_time() -> None:
    base = paths(path=RISING)
    assert judge.between(paths(path=2 * RISING), Between(low=2, high=2, of="base"), base).passed
    assert not judge.between(paths(path=RISING + 1), Between(low=2, high=2, of="base"), base).passed


def test_rounding_misses_no_bound_and_anything_more_does() -> None:
    assert judge.between(paths(path=[-1e-13] * 13), Between(low=0), None).passed
    assert not judge.between(paths(path=[-1e-11] * 13), Between(low=0), None).passed


def test_every_run_and_every_element_has_to_pass() -> None:
    two_runs = paths(one=FLAT, other=[FLAT, np.where(TIME == 7, -1, 1)])
    found = judge.between(two_runs, Between(low=0), None)
    assert not found.passed
    assert "other is -1 in month 7, below 0" in found.seen
    assert found.drawing is not None
    assert found.drawing.path[7] == -1


@pytest.mark.parametrize(
    ("moves", "by", "factor", "passed"),
    [
        ("higher", 0.1, 1.2, True),
        ("higher", 0.3, 1.2, False),
        ("higher", 0.0, 1.0, False),
        ("lower", 0.1, 0.8, True),
        ("lower", 0.1, 1.2, False),
        ("not lower", 0.0, 1.0, True),
        ("not lower", 0.01, 0.995, True),
        ("not lower", 0.01, 0.98, False),
        ("not higher", 0.0, 0.5, True),
        ("not higher", 0.0, 1.1, False),
        ("same", 1e-12, 1.0, True),
        ("same", 0.01, 1.02, False),
    ],
)
def test_directions(moves: str, by: float, factor: float, passed: bool) -> None:
    expected = Direction.model_validate({"moves": moves, "by": by})
    found = judge.direction(paths(path=RISING * factor), expected, paths(path=RISING))
    assert found.passed is passed


def test_a_direction_says_both_values() -> None:
    found = judge.direction(paths(path=RISING * 1.2), Direction(moves="higher"), paths(path=RISING))
    assert found.seen == "20% higher at the end (2.4 against 2)"


def test_a_direction_below_nil_is_that_of_the_number() -> None:
    expected = Direction(moves="higher", by=0.1)
    assert judge.direction(paths(path=-FLAT), expected, paths(path=-2 * FLAT)).passed


def test_a_direction_may_be_asked_of_a_share_of_the_runs() -> None:
    runs = np.stack([FLAT * 2] * 3 + [FLAT * 0.5])
    base = paths(path=np.stack([FLAT] * 4))
    assert not judge.direction(paths(path=runs), Direction(moves="higher"), base).passed
    found = judge.direction(paths(path=runs), Direction(moves="higher", in_share=0.75), base)
    assert found.passed
    assert "in 75% of runs" in found.seen


def test_what_stays() -> None:
    found = judge.stays(paths(path=RISING), Stays(within=0.5), None)
    assert not found.passed
    assert found.seen == "moves by at most 100% from the start, in month 12"
    assert judge.stays(paths(path=RISING), Stays(within=0.5, during=(0, 6)), None).passed
    assert judge.stays(paths(path=RISING * 1.01), Stays(within=0.02, of="base"), paths(path=RISING)).passed


def test_what_is_nil_may_stay_nil() -> None:
    assert judge.stays(paths(path=0 * TIME), Stays(within=0.01), None).passed
    assert not judge.stays(paths(path=1e-3 * TIME), Stays(within=0.01), None).passed
    assert judge.stays(paths(path=1e-6 * TIME), Stays(within=0.01, at_least=0.1), None).passed


@pytest.mark.parametrize(
    ("window", "by", "passed"), [((1, 3), 0.0, True), ((3, 6), 0.0, False), ((1, 3), 0.3, True), ((1, 3), 0.5, False)]
)
def test_when_a_path_is_lowest_and_how_low(window: tuple[float, float], by: float, passed: bool) -> None:
    found = judge.extreme(paths(path=DIP), Extreme(between=window, by=by), highest=False)
    assert found.passed is passed
    assert found.seen == "lowest in month 2, 40% lower than at the start"


def test_when_a_path_is_highest() -> None:
    found = judge.extreme(paths(path=-DIP + 20), Extreme(between=(2, 2), by=0.39), highest=True)
    assert found.passed
    assert found.seen == "highest in month 2, 40% higher than at the start"


@pytest.mark.parametrize(
    ("course", "values", "passed"),
    [
        ("falls before it rises", DIP, True),
        ("falls before it rises", RISING, False),
        ("falls before it rises", np.minimum(DIP, 10), False),
        ("rises before it falls", 20 - DIP, True),
        ("rises before it falls", DIP, False),
        ("only rises", RISING, True),
        ("only rises", DIP, False),
        ("only rises", FLAT, False),
        ("only falls", -RISING + 5, True),
    ],
)
def test_courses(course: str, values: np.ndarray, passed: bool) -> None:
    found = judge.shape(paths(path=values), Shape.model_validate({"course": course}), None)
    assert found.passed is passed


def test_a_course_against_the_base() -> None:
    found = judge.shape(
        paths(path=RISING * DIP / 10), Shape(course="falls before it rises", of="base"), paths(path=RISING)
    )
    assert found.passed
    assert found.seen == "falls to 40% lower in month 2, then rises to 40% higher in month 6"


@pytest.mark.parametrize(
    ("to", "window", "by", "passed"),
    [
        ("rising", (1, 4), 0.3, True),
        ("rising", (1, 4), 0.9, False),
        ("rising", (6, 12), 0.1, False),
        ("falling", (1, 4), 0.1, False),
    ],
)
def test_turning_points(to: str, window: tuple[float, float], by: float, passed: bool) -> None:
    found = judge.turns(paths(path=DIP), Turns.model_validate({"to": to, "between": window, "by": by}))
    assert found.passed is passed


def test_a_turn_to_falling() -> None:
    assert judge.turns(paths(path=20 - DIP), Turns(to="falling", between=(0, 12), by=0.1)).passed


def test_when_a_level_is_reached() -> None:
    decay = np.exp(-TIME / 4)
    found = judge.reaches(paths(path=decay), Reaches(level=np.exp(-1), of="start", between=(3.9, 4.1)), None)
    assert found.passed
    assert found.seen == "reaches 0.3679 in month 4"
    assert not judge.reaches(paths(path=decay), Reaches(level=np.exp(-1), of="start", between=(5, 6)), None).passed
    assert "never reaches 2" in judge.reaches(paths(path=decay), Reaches(level=2, between=(0, 12)), None).seen


def test_between_saved_times_a_level_is_reached_on_a_straight_line() -> None:
    found = judge.reaches(paths(path=RISING), Reaches(level=1.25 + 1 / 24, between=(3.5, 3.5)), None)
    assert found.passed, found.seen


def test_shares_of_the_way_and_of_the_peak() -> None:
    hump = np.array([0, 1, 2, 3, 4, 3, 2, 1, 1, 1, 1, 1, 1.0])
    assert judge.reaches(paths(path=hump), Reaches(level=0.5, of="peak", between=(2, 2)), None).passed
    assert judge.reaches(paths(path=hump), Reaches(level=0.5, of="way", between=(0.5, 0.5)), None).passed


def test_an_effect_beside_another() -> None:
    base, usual = paths(path=FLAT), paths(path=FLAT + 0.4)
    half = judge.effect(paths(path=FLAT + 0.2), base, usual, base, Effect(high=0.6, when=Condition()))
    assert half.passed
    assert half.seen == "0.5 times the usual effect at the end (0.2 against 0.4)"
    assert not judge.effect(paths(path=FLAT + 0.4), base, usual, base, Effect(high=0.6, when=Condition())).passed


def test_a_window_outside_the_run_is_refused() -> None:
    with pytest.raises(InputError, match="no saved time lies between 20 and 30; the run ends at 12"):
        judge.between(paths(path=FLAT), Between(low=0, during=(20, 30)), None)
