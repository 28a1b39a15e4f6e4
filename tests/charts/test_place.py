from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import pytest

from policy_lab.analysis.places import most_different, place_figures, place_paths
from policy_lab.charts.place import outside, place_chart, place_figure
from policy_lab.errors import InputError
from policy_lab.results.types import Results
from policy_lab.run.places import run_places
from policy_lab.study import open_study


@pytest.fixture(scope="module")
def farthest() -> Results:
    study = open_study("safeguarding")
    return run_places(study, most_different(study), neighbours=True, horizon=12)


@pytest.fixture(scope="module")
def names(farthest: Results) -> list[str]:
    areas = farthest.plan.study.areas()
    return [areas[key].name for key in most_different(farthest.plan.study)]


def lines(figures: pd.DataFrame) -> Iterator[str]:
    """Yield the place of each row."""
    yield from figures["name"].drop_duplicates()


def test_the_two_that_differ_most_side_by_side(farthest: Results, names: list[str], tmp_path) -> None:
    figure = place_chart(farthest, names)
    assert figure.title.startswith(f"{names[0]} and {names[1]} differ most of all places")
    assert names == sorted(names)
    assert figure.save(tmp_path / "pair.png").stat().st_size > 10_000
    assert figure.to_bytes("svg") == figure.to_bytes("svg")
    assert "No ranking of places" in figure.source
    assert farthest.plan.study.file.words.not_a_forecast in figure.source


def test_the_words_say_how_often_a_place_lies_within_its_neighbours_range(farthest: Results, names: list[str]) -> None:
    study = farthest.plan.study
    for name in names:
        figures = place_figures(study, [name])
        beyond = len(outside(figures))
        title = place_chart(farthest, [name]).title
        assert title.startswith(f"{name} starts within its neighbours' range on ")
        inside = len(figures) - beyond
        assert (f"on {inside} of {len(figures)} published" in title) or (inside == len(figures) and "on all" in title)


def test_the_alt_text_and_the_data_hold_every_number(farthest: Results, names: list[str]) -> None:
    figure = place_chart(farthest, names)
    binding = farthest.plan.study.file.areas
    assert binding is not None
    for name in names:
        assert all(f"{name}, {title}: " in figure.alt for title in binding.titles.values())
        assert all(f"{name}, {variable}: from " in figure.alt for variable in binding.outcomes)
    starts, paths = figure.data[figure.data["part"] == "start"], figure.data[figure.data["part"] == "path"]
    assert len(starts) == 2 * len(binding.bind)
    assert len(paths) == 2 * len(binding.outcomes) * len(farthest.time)
    assert list(lines(starts)) == names


def test_a_figure_that_is_not_published_is_a_ring_and_told(farthest: Results) -> None:
    study = farthest.plan.study
    gap = next(area for area in study.areas().values() if area.filled)
    paths = place_paths(farthest, [farthest.plan.places[0]]).assign(key=gap.key, name=gap.name)
    figure = place_figure(
        place_figures(study, [gap.key]), paths, source="", neighbours="ten", farthest=False, since="", manifest={}
    )
    assert "Ring: not published" in figure.subtitle
    assert "not published, the median of neighbours" in figure.alt
    assert figure.to_bytes("svg")
    assert "Ring" not in place_chart(farthest).subtitle


def test_more_than_two_places_are_refused(farthest: Results) -> None:
    with pytest.raises(InputError, match="one place or two, not 3"):
        place_chart(farthest, farthest.plan.places[:3])
