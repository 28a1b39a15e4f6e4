"""The flagship's sketch: every view drawn, every variable in one of them, every arrow true."""

from __future__ import annotations

from policy_lab.model.loops import acting_causes
from policy_lab.model.sections import pictures
from policy_lab.model.types import Kind, plain_name
from policy_lab.model.views import diagram_of, sketch_of
from tests.models.flagship import Flagship


def test_every_view_is_drawn_by_the_file_itself(flagship: Flagship) -> None:
    model = flagship.study.model
    sketch = sketch_of(model)
    assert sketch.notices == ()
    assert {title: diagram_of(model, title, sketch=sketch).placed for title in pictures(model)} == dict.fromkeys(
        pictures(model), "sketch"
    )


def test_every_variable_stands_in_a_view(flagship: Flagship) -> None:
    model = flagship.study.model
    drawn = {name for names in model.views.values() for name in names}
    assert {name for name, one in model.variables.items() if one.kind is not Kind.TIME} - drawn == set()


def test_every_arrow_of_the_sketch_is_a_link_of_the_equations(flagship: Flagship) -> None:
    model = flagship.study.model
    spelled = {plain_name(name): name for name in model.variables}
    for view in sketch_of(model).views:
        named = {}
        for number, mark in view.marks.items():
            valve = view.marks.get(number + 1) if mark.kind == "valve" else mark
            named[number] = spelled.get(plain_name(valve.name), "") if valve is not None else ""
        for arrow in view.arrows:
            cause, effect = named[arrow.start], named[arrow.end]
            if not arrow.pipe:
                assert cause in model[effect].causes, f"{view.title}: {cause} -> {effect}"


def test_every_link_inside_a_view_has_its_arrow(flagship: Flagship) -> None:
    model = flagship.study.model
    for title in pictures(model):
        diagram = diagram_of(model, title)
        ends = [(edge, diagram.nodes[edge.start].name, diagram.nodes[edge.end].name) for edge in diagram.edges]
        drawn = {(start, end) for _, start, end in ends} | {(end, start) for edge, start, end in ends if edge.pipe}
        names = {node.name for node in diagram.own}
        for effect in names:
            for cause in acting_causes(model, effect):
                if cause in names and cause != effect:
                    assert (cause, effect) in drawn, f"{title}: {cause} -> {effect}"
