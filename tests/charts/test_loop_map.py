"""The map of all named loops: chains joined, signs kept."""

from __future__ import annotations

import pytest

from policy_lab.charts.loop_map import loop_map, ways_of
from policy_lab.run.feedback import NamedLoop, named_loops
from policy_lab.study import Study, open_study


@pytest.fixture(scope="module")
def fishery() -> Study:
    return open_study("fishery")


@pytest.fixture(scope="module")
def loops(fishery: Study) -> dict[str, NamedLoop]:
    return {one.name: one for one in named_loops(fishery, worlds=1)}


def test_the_map_joins_what_lies_between_the_meeting_places(fishery: Study, loops: dict[str, NamedLoop]) -> None:
    ways = ways_of(list(loops.values()), fishery.model)
    every = {(way.start, way.end): way for way in ways}
    assert every["Compliance", "Motive strength"].between == ("Mean compliance",)
    assert every["Fish stock", "Quota cut"].loops == ("R3", "B3")
    assert every["Landings", "Fish stock"].sign == "−"
    for one in loops.values():
        through = [way for way in ways if one.name in way.loops]
        assert sum(1 + len(way.between) for way in through) == len(one.loop.path)
        minus = sum(way.sign == "−" for way in through) % 2
        assert (minus == 1) == (one.kind == "balancing")


def test_the_map_is_told_in_words(fishery: Study, loops: dict[str, NamedLoop]) -> None:
    figure = loop_map(list(loops.values()), fishery.model, source="Source: here.", manifest={})
    assert figure.title.startswith("7 named loops meet in ")
    assert "R1 Example, reinforcing" in figure.alt
    assert set(figure.data.columns) == {"cause", "effect", "more_of_the_cause", "delayed", "loops", "between"}
    assert figure.size[1] < 10
