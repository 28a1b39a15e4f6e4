"""Places for nodes: one cell each, straight pipes, the same every time."""

from __future__ import annotations

from pathlib import Path

from policy_lab.model.diagram import Diagram
from policy_lab.model.placing import placed
from tests.model.tanks import drawn, read


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
