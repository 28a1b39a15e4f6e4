"""What diagrams are drawn with."""

from __future__ import annotations

import pytest

from policy_lab.charts import pen


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
