"""What a check looks at: elements, sums, quotients and scales."""

from __future__ import annotations

import numpy as np
import pytest

from policy_lab.analysis.check_paths import Drawing, Paths, change_words, figure, measured, paths_of, share_of
from policy_lab.study.check_schema import Between, Check, Expectation
from tests.analysis.test_judge_figures import TIME, series

WIDE = np.stack([TIME, 3 * TIME], axis=1)


def check(**more: object) -> Check:
    return Check.model_validate({"title": "a", "reason": "b", "expect": Expectation(between=Between(low=0)), **more})


@pytest.mark.parametrize(
    ("names", "more", "expected"),
    [
        (["Total"], {}, {"Total": 4 * TIME}),
        (["total"], {}, {"Total": 4 * TIME}),
        (["Fleet"], {}, {"Fleet[a]": TIME, "Fleet[b]": 3 * TIME}),
        (["Fleet[b]"], {}, {"Fleet[b]": 3 * TIME}),
        (["Fleet"], {"elements": "sum"}, {"sum of Fleet": 4 * TIME}),
        (["Fleet"], {"elements": "mean"}, {"mean of Fleet": 2 * TIME}),
        (["Fleet", "Total"], {"elements": "total"}, {"total of Fleet, Total": 8 * TIME}),
        (["Total"], {"times": 0.5}, {"Total": 2 * TIME}),
        (["Total"], {"divided_by": "Fleet"}, {"Total": np.where(TIME > 0, 1, np.nan)}),
        (["Fleet[a]"], {"divided_by": "Fleet[b]"}, {"Fleet[a]": np.where(TIME > 0, 1 / 3, np.nan)}),
    ],
)
def test_paths_are_taken_as_asked(names: list[str], more: dict[str, object], expected: dict[str, np.ndarray]) -> None:
    found = paths_of(series(Fleet=WIDE, Total=4 * TIME), check(**more), names)
    assert set(found.values) == set(expected)
    for label, values in expected.items():
        np.testing.assert_allclose(found.values[label][0], values, rtol=1e-12)


def test_a_scaled_path_says_so_in_its_unit() -> None:
    assert paths_of(series(Total=TIME), check(times=12.0), ["Total"]).unit == "fish × 12"
    assert paths_of(series(Total=TIME, Fleet=WIDE), check(divided_by="Fleet"), ["Total"]).unit == "fish / Fleet"


def test_what_is_measured_of_a_path() -> None:
    values = np.array([[1.0, 4.0, 1.0]])
    for how, expected in (("end", 1), ("mean", 2), ("highest", 4), ("lowest", 1)):
        assert measured(values, how).tolist() == [[expected]]  # type: ignore[arg-type]
    assert measured(values, "always").shape == (1, 3)


def test_shares_of_nil_are_finite_and_of_itself_one() -> None:
    found = share_of(np.array([0.0, 1.0, -2.0]), np.array([0.0, 0.0, -4.0]))
    assert found[0] == 1
    assert np.isfinite(found).all()
    assert found[2] == 0.5


def test_numbers_in_words() -> None:
    assert figure(float("nan")) == "no number"
    assert figure(0.1 + 0.2) == "0.3"
    assert change_words(3.0) == "200% higher"


def test_times_are_said_in_the_models_unit() -> None:
    assert Paths(TIME, {}, "", "Months").when(3.0) == "month 3"
    assert Paths(TIME, {}, "", "").when(3.0) == "time 3"


def test_a_drawing_needs_nothing_but_its_path() -> None:
    assert Drawing("a", "b", "Month", TIME, TIME).points is None
