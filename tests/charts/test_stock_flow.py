"""Stock-and-flow diagrams: words beside them, nothing on top of anything else, the same bytes each time."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from policy_lab.charts.figure import WIDTH
from policy_lab.charts.stock_flow import _planned, stock_flow_chart
from policy_lab.model.diagram import Diagram, Node
from policy_lab.model.types import Kind
from policy_lab.model.views import diagram_of
from policy_lab.study import Study, open_study


@pytest.fixture(scope="module")
def fishery() -> Study:
    return open_study("fishery")


@pytest.fixture(scope="module")
def raids(fishery: Study) -> Diagram:
    return diagram_of(fishery.model, "Compliance and raids")


def test_a_view_is_told_in_words(fishery: Study, raids: Diagram) -> None:
    figure = stock_flow_chart(fishery.model, raids)
    assert figure.title == "Compliance and raids: 4 stocks and what moves them"
    assert "Raids seen: in by Raid rate" in figure.alt
    assert "Trust: moved by Trust built and Trust lost" in figure.alt
    assert "From other views: " in figure.alt
    assert "Fish stock" in figure.alt
    table = figure.data.set_index("variable")
    assert table.loc["Trust", "kind"] == "stock"
    assert not table.loc["Fish stock", "own"]
    assert table.loc["Trust", "acted_on_by"] == "Trust built, Trust lost"
    assert figure.source == "Source: fishery.mdl"


def test_constants_that_are_left_out_are_counted(fishery: Study) -> None:
    figure = stock_flow_chart(fishery.model, diagram_of(fishery.model, "The fleet"))
    assert "left out" not in figure.subtitle, "the fishery keeps its constants in a group of their own"


def test_no_words_lie_on_others(fishery: Study, raids: Diagram) -> None:
    labels = _planned(raids).labels
    for one, other in itertools.combinations(labels, 2):
        apart = (
            abs(one.x - other.x) >= one.half_width + other.half_width - 0.02
            or abs(one.y - other.y) >= one.half_height + other.half_height - 0.02
        )
        assert apart, (one.lines, other.lines)


def test_a_crowded_sketch_grows_until_no_words_touch() -> None:
    names = ("Susceptible people", "Infectious people", "Recovered people")
    nodes = tuple(Node(name, Kind.STOCK, x=60.0 * at, y=100.0) for at, name in enumerate(names))
    labels = _planned(Diagram("", nodes, (), "sketch")).labels
    for one, other in itertools.pairwise(labels):
        assert other.x - one.x > one.half_width + other.half_width


def test_pictures_fit_the_page_and_repeat(fishery: Study, raids: Diagram, tmp_path: Path) -> None:
    figure = stock_flow_chart(fishery.model, raids)
    assert figure.size[0] <= WIDTH * 1.05
    one, two = (figure.save(tmp_path / f"{name}.svg").read_bytes() for name in "ab")
    assert one == two
    assert b"<desc>Stock-and-flow diagram" in one
