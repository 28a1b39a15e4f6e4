"""What a picture shows: pipes read from net rates, links, guests and clouds."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy_lab.errors import InputError
from policy_lab.model import read_model
from policy_lab.model.diagram import CLOUD, Diagram, Pipe, outline, pipes
from policy_lab.model.placing import placed
from policy_lab.model.sections import pictures, sections
from policy_lab.model.sketch_text import sketched
from policy_lab.model.types import Kind, Model
from policy_lab.model.views import diagram_of, sketch_of

CONTROL = "FINAL TIME = 9 ~~|\nINITIAL TIME = 0 ~~|\nSAVEPER = 1 ~~|\nTIME STEP = 0.5 ~~|\n"
TANKS = (
    "**** .Water **** ~ |\n"
    "upper = INTEG(rain - falling, 5) ~ litre ~ |\n"
    "lower = INTEG(share*falling - leaking, 1) ~ litre ~ |\n"
    "rain = 2 + wish ~ litre ~ |\nfalling = upper / stay ~ litre ~ |\nleaking = lower / stay ~ litre ~ |\n"
    "stay = 4 ~~|\nshare = 0.5 ~~|\n"
    "**** .People **** ~ |\n"
    "wish = SMOOTH(dryness, 3) ~~|\ndryness = 1 / (1 + lower) ~~|\nseen = INTEG(leaking, 0) ~~|\n"
)


def read(folder: Path, text: str = TANKS) -> Model:
    path = folder / "tanks.mdl"
    path.write_text("{UTF-8}\n" + text + CONTROL, encoding="utf-8")
    return read_model(path)


def drawn(model: Model, title: str, *, constants: bool = False) -> Diagram:
    return outline(model, title, sections(model)[title], constants=constants)


def edges(diagram: Diagram, *, pipe: bool) -> set[str]:
    names = [node.name or "()" for node in diagram.nodes]
    return {f"{names[edge.start]} → {names[edge.end]}" for edge in diagram.edges if edge.pipe is pipe}


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


def test_groups_stand_for_views_where_there_are_none(tmp_path: Path) -> None:
    model = read(tmp_path)
    assert sections(model) == {
        "Water": ("upper", "lower", "rain", "falling", "leaking", "stay", "share"),
        "People": ("wish", "dryness", "seen"),
    }
    assert pictures(model) == ("Water", "People")


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


def test_no_two_nodes_share_a_place_and_pipes_are_straight_where_they_can_be(tmp_path: Path) -> None:
    diagram = placed(drawn(read(tmp_path), "Water"))
    assert len({(node.x, node.y) for node in diagram.nodes}) == len(diagram.nodes)
    for edge in diagram.edges:
        if edge.pipe:
            start, end = diagram.nodes[edge.start], diagram.nodes[edge.end]
            assert start.x == end.x or start.y == end.y
    assert placed(drawn(read(tmp_path), "Water")) == diagram, "the same diagram comes out the same"


def test_an_empty_and_a_single_view_can_be_placed() -> None:
    assert placed(Diagram("", (), (), "")).nodes == ()


def test_a_written_sketch_is_read_back_as_it_was_laid_out(tmp_path: Path) -> None:
    model = read(tmp_path)
    text = sketched(model)
    assert text.startswith(model.path.read_text(encoding="utf-8")), "the equations stay as they are"
    path = tmp_path / "drawn.mdl"
    path.write_text(text, encoding="utf-8")
    again = read_model(path)
    assert {view: set(names) for view, names in again.views.items()} == {
        view: set(names) for view, names in sections(model).items()
    }
    sketch = sketch_of(again)
    assert sketch.notices == ()
    for title in pictures(again):
        found, laid = diagram_of(again, title, sketch=sketch), placed(drawn(model, title), moves=1_500)
        assert found.placed == "sketch"
        assert [(node.name, round(node.x), round(node.y)) for node in found.nodes] == [
            (node.name, round(node.x), round(node.y)) for node in laid.nodes
        ]
        assert set(found.edges) == set(laid.edges)


def test_writing_a_sketch_twice_changes_nothing_more(tmp_path: Path) -> None:
    first = tmp_path / "first.mdl"
    first.write_text(sketched(read(tmp_path)) + ":L\x7f<%^E!@\n15:0,0,0,1,0,0\n", encoding="utf-8")
    settings = "15:0,0,0,1,0,0\n"
    text = first.read_text(encoding="utf-8").replace("\x7f", "")
    first.write_text(text, encoding="utf-8")
    second = sketched(read_model(first))
    assert second == text
    assert second.endswith(settings), "and the settings stay"


def test_constants_act_by_hidden_arrows(tmp_path: Path) -> None:
    path = tmp_path / "drawn.mdl"
    path.write_text(sketched(read(tmp_path)), encoding="utf-8")
    view = sketch_of(read_model(path)).view("Water")
    hidden = {view.marks[arrow.start].name for arrow in view.arrows if arrow.hidden}
    assert hidden == {"stay", "share"}


def test_a_view_without_arrows_is_a_list_and_laid_out_anew(tmp_path: Path) -> None:
    text = "{UTF-8}\n" + TANKS + CONTROL
    sketch = "\\\\\\---/// Sketch\nV300\n*Water\n$1\n10,1,upper,10,10,40,20,3,3,0,0,-1,0,0,0\n///---\\\\\\\n"
    path = tmp_path / "listed.mdl"
    path.write_text(text + sketch, encoding="utf-8")
    model = read_model(path)
    assert diagram_of(model, "Water").placed == "automatic"
    assert set(sections(model)["Water"]) >= {"upper", "lower"}, "what no view draws stands with its group"


def test_an_unknown_view_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no view `Watr`.*Water"):
        diagram_of(read(tmp_path), "Watr")


def test_a_file_that_has_changed_is_refused(tmp_path: Path) -> None:
    model = read(tmp_path)
    read(tmp_path, TANKS.replace("stay = 4", "stay = 5"))
    with pytest.raises(InputError, match="changed since it was read"):
        sections(model)


XMILE = """<?xml version="1.0"?><xmile xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0" version="1.0">
<header><vendor>x</vendor><product version="1">x</product></header>
<sim_specs><start>0</start><stop>9</stop><dt>1</dt></sim_specs>
<model><variables>
<stock name="upper"><eqn>5</eqn><outflow>falling</outflow></stock>
<flow name="falling"><eqn>upper/stay\\nof water</eqn></flow>
<aux name="stay of water"><eqn>4</eqn></aux>
<aux name="level"><eqn>upper*2</eqn></aux>
</variables>
<views><view name="Main">
<stock x="100" y="120" name="upper"/><flow x="200" y="120" name="falling">
<pts><pt x="120" y="120"/><pt x="280" y="120"/></pts></flow>
<aux x="150" y="40" name="level"/><aux name="stay\\nof water"/>
<connector uid="1"><from>upper</from><to>level</to></connector>
</view><view type="interface"><aux x="1" y="1" name="level"/></view></views></model></xmile>"""


def test_an_xmile_view_gives_places_too(tmp_path: Path) -> None:
    path = tmp_path / "drawn.xmile"
    path.write_text(XMILE.replace("upper/stay\\nof water", "upper/stay_of_water"), encoding="utf-8")
    model = read_model(path)
    sketch = sketch_of(model)
    (view,) = sketch.views
    assert view.title == "Main"
    assert ["no place" in notice.what for notice in sketch.notices] == [True]
    places = {mark.name: (mark.x, mark.y) for mark in view.marks.values() if mark.kind == "variable"}
    assert places == {"upper": (100, 120), "falling": (200, 120), "level": (150, 40)}
    diagram = diagram_of(model, "Main", sketch=sketch)
    assert diagram.placed == "sketch"
    where = {node.name: (node.x, node.y) for node in diagram.nodes}
    assert where["upper"] == (100, 120)
    assert where[CLOUD] == (280, 120), "the flow ends where its pipe does"
    assert {node.kind for node in diagram.own} == {Kind.STOCK, Kind.FLOW, Kind.AUXILIARY}
