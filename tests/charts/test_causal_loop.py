"""Causal-loop diagrams: signs, delays, and the loop in words."""

from __future__ import annotations

import pytest

from policy_lab.charts.causal_loop import delay_words, loop_chart, loop_words
from policy_lab.run.feedback import NamedLoop, named_loops
from policy_lab.study import Study, open_study


@pytest.fixture(scope="module")
def fishery() -> Study:
    return open_study("fishery")


@pytest.fixture(scope="module")
def loops(fishery: Study) -> dict[str, NamedLoop]:
    return {one.name: one for one in named_loops(fishery, worlds=1)}


def test_a_loop_is_drawn_with_its_signs_and_told_link_by_link(loops: dict[str, NamedLoop]) -> None:
    one = loops["B1"]
    figure = loop_chart(one, unit="month", source="Source: here.", manifest={"seed": 1})
    assert figure.title == "B1 Fewer fish, smaller catch: a balancing loop of 3 variables"
    assert figure.alt == loop_words(one, "month")
    assert "more Fish stock raises Catch per boat" in figure.alt
    assert "more Landings lowers Fish stock" in figure.alt
    assert list(figure.data["more_of_the_cause"]) == ["more", "more", "less"]
    assert figure.to_bytes("svg") == figure.to_bytes("svg")
    assert "Fish stock" not in delay_words(one, "month"), "one stock needs no comparison"
    assert "the longest that of" in delay_words(loops["R3"], "month")


def test_every_loop_of_a_study_can_be_drawn(loops: dict[str, NamedLoop]) -> None:
    for one in loops.values():
        assert len(loop_chart(one, unit="month", source="x", manifest={}).to_bytes("png", 40)) > 1000
