"""Places from the views of an XMILE file."""

from __future__ import annotations

from pathlib import Path

from policy_lab.model import read_model
from policy_lab.model.diagram import CLOUD
from policy_lab.model.types import Kind
from policy_lab.model.views import diagram_of, sketch_of

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
