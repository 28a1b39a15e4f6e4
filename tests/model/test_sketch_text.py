"""Sketches as we write them: read back as laid out, equations and settings untouched."""

from __future__ import annotations

from pathlib import Path

from policy_lab.model import read_model
from policy_lab.model.placing import placed
from policy_lab.model.sections import pictures, sections
from policy_lab.model.sketch_text import sketched
from policy_lab.model.views import diagram_of, sketch_of
from tests.model.tanks import drawn, read


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
