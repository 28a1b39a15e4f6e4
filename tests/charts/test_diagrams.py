"""Pictures of structure: words beside them, nothing on top of anything else, and the same bytes each time."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from policy_lab.charts import pen
from policy_lab.charts.causal_loop import delay_words, loop_chart, loop_words
from policy_lab.charts.figure import WIDTH
from policy_lab.charts.loop_map import loop_map, ways_of
from policy_lab.charts.stock_flow import _planned, stock_flow_chart
from policy_lab.model.diagram import Diagram, Node
from policy_lab.model.types import Kind
from policy_lab.model.views import diagram_of
from policy_lab.run.feedback import NamedLoop, named_loops
from policy_lab.study import Study, open_study


@pytest.fixture(scope="module")
def fishery() -> Study:
    return open_study("fishery")


@pytest.fixture(scope="module")
def loops(fishery: Study) -> dict[str, NamedLoop]:
    return {one.name: one for one in named_loops(fishery, worlds=1)}


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


@pytest.mark.parametrize("towards", [(3.0, 0.0), (0.0, 3.0), (-2.0, 2.0), (5.0, -1.0)])
def test_a_line_leaves_the_words_at_their_edge(towards: tuple[float, float]) -> None:
    one = pen.label(0.0, 0.0, "A few words", 2.0)
    x, y = one.edge(towards, gap=0.0)
    assert abs(x) <= one.half_width + 1e-9
    assert abs(y) <= one.half_height + 1e-9
    assert abs(x) == pytest.approx(one.half_width) or abs(y) == pytest.approx(one.half_height)
    assert x * towards[1] == pytest.approx(y * towards[0]), "on the way to the point"


def test_words_are_broken_to_the_room_there_is() -> None:
    one = pen.label(0.0, 0.0, "Boats that are laid up in winter", 0.9)
    assert len(one.lines) > 1
    assert one.half_width <= 0.47
