"""What a picture shows: pipes read from net rates, links, guests and clouds."""

from __future__ import annotations

from pathlib import Path

from policy_lab.model.diagram import CLOUD, Pipe, pipes
from tests.model.tanks import TANKS, drawn, edges, read


def test_a_flow_runs_between_the_stocks_whose_rates_it_stands_in(tmp_path: Path) -> None:
    assert set(pipes(read(tmp_path))) == {
        Pipe("rain", CLOUD, "upper"),
        Pipe("falling", "upper", "lower"),
        Pipe("leaking", "lower", "seen"),
    }


def test_what_is_counted_in_another_unit_does_not_flow(tmp_path: Path) -> None:
    """Water that leaks wets the floor: it moves the dampness, but no litre of it stands there."""
    damp = "dampness = INTEG(0.1*leaking*(1-dampness), 0) ~ Dmnl ~ |\n"
    found = pipes(read(tmp_path, TANKS + damp))
    assert "dampness" not in {pipe.target for pipe in found}
    assert Pipe("falling", "upper", "lower") in found


def test_a_view_shows_its_stocks_in_pipes_and_what_acts_from_elsewhere(tmp_path: Path) -> None:
    water = drawn(read(tmp_path), "Water")
    assert edges(water, pipe=True) == {
        "() → rain", "rain → upper", "upper → falling", "falling → lower", "lower → leaking", "leaking → ()",
    }  # fmt: skip
    assert edges(water, pipe=False) == {"wish → rain", "upper → falling", "lower → leaking"}
    assert [node.name for node in water.nodes if node.guest] == ["wish"]
    assert {node.name for node in water.own} == {"upper", "lower", "rain", "falling", "leaking"}


def test_constants_are_shown_when_asked_for(tmp_path: Path) -> None:
    shown = drawn(read(tmp_path), "Water", constants=True)
    assert {"stay → falling", "share → lower"} <= edges(shown, pipe=False)


def test_a_delay_inside_an_equation_is_marked(tmp_path: Path) -> None:
    people = drawn(read(tmp_path), "People")
    late = {people.nodes[edge.start].name for edge in people.edges if edge.delayed}
    assert late == {"dryness"}


def test_what_gives_a_stock_its_first_value_only_is_no_link(tmp_path: Path) -> None:
    text = TANKS.replace("INTEG(rain - falling, 5)", "INTEG(rain - falling, first)") + "first = 5 ~ litre ~ |\n"
    assert "first → upper" not in edges(drawn(read(tmp_path, text), "Water", constants=True), pipe=False)
