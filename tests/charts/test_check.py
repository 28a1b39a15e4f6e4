"""The small chart of a check: it shows what was looked at, says it in words, and is the same every time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from policy_lab.analysis.check_paths import Drawing
from policy_lab.analysis.check_result import CheckResult, Status
from policy_lab.charts.check import SIZE, check_figure
from policy_lab.errors import InputError

TIME = np.arange(0.0, 25.0)
PATH = 100 + TIME


def result(drawing: Drawing | None) -> CheckResult:
    words = ("stock", "The stock holds", "F1", Status.OK, "100 to 124", "It has to", "", 3)
    return CheckResult(*words, figures="a survey of 1954", drawing=drawing)


def drawing(**parts: object) -> Drawing:
    return Drawing("Fish stock", "tonne", "Month", TIME, PATH, **parts)  # type: ignore[arg-type]


EVERY_PART = {
    "base": 2 * PATH,
    "spread": (PATH - 5, PATH + 5),
    "low": 95.0,
    "high": 1e6,
    "window": (6.0, 12.0),
    "points": (np.array([-6.0, 12.0]), np.array([100.0, 110.0])),
    "modelled": np.array([100.0, 112.0]),
}


def test_words_and_numbers_go_with_the_picture() -> None:
    figure = check_figure(result(drawing(**EVERY_PART)), "own example, version 1", {"model": "fishery.mdl"})
    assert figure.title == "The stock holds"
    assert figure.subtitle == "Fish stock (tonne)"
    assert figure.source == "own example, version 1; figures: a survey of 1954"
    for said in ("from 100 to 124", "dashed line that ends at 248", "bounds at 95 and 1,000,000", "from 6 to 12",
                 "2 figures drawn as dots", "Seen: 100 to 124"):  # fmt: skip
        assert said in figure.alt
    kinds = figure.data.groupby("what").size().to_dict()
    assert kinds == {
        "path": 25, "held against": 25, "lowest": 25, "highest": 25, "figures": 2, "modelled for the figures": 2,
    }  # fmt: skip


@pytest.mark.parametrize("part", [None, *EVERY_PART])
def test_each_part_may_be_there_or_not(part: str | None) -> None:
    parts = {} if part is None else {part: EVERY_PART[part]}
    figure = check_figure(result(drawing(**parts)), "source", {})
    assert figure.size == SIZE
    assert b"<svg" in figure.to_bytes("svg")


def test_a_bound_far_away_does_not_flatten_the_path(painted: Callable[..., tuple[float, float]]) -> None:
    low, high = painted(drawing(low=95.0, high=1e6))
    assert 90 < low < 95
    assert high < 130


def test_a_path_that_does_not_move_is_drawn(painted: Callable[..., tuple[float, float]]) -> None:
    flat = Drawing("Share", "Dmnl", "Month", TIME, np.ones(25))
    low, high = painted(flat)
    assert low < 1 < high


@pytest.fixture
def painted() -> Callable[[Drawing], tuple[float, float]]:
    """Paint a drawing and return the limits of its vertical axis."""
    from matplotlib.figure import Figure as Canvas

    def paint(one: Drawing) -> tuple[float, float]:
        canvas = Canvas(figsize=SIZE)
        check_figure(result(one), "source", {}).paint(canvas)
        low, high = canvas.axes[0].get_ylim()
        return float(low), float(high)

    return paint


def test_the_same_result_gives_the_same_bytes(tmp_path: Path) -> None:
    one, other = (check_figure(result(drawing(**EVERY_PART)), "source", {}).to_bytes("svg") for _ in range(2))
    assert one == other


def test_a_check_without_a_path_has_no_chart() -> None:
    with pytest.raises(InputError, match="looks at no path"):
        check_figure(result(None), "source", {})
