from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_lab.engine.subscripts import Box, component_boxes, element_names, subscript_number
from policy_lab.model import Component, Model
from policy_lab.model import expression as ex

Written = Callable[..., Model]
RANGES = ("A: a1, a2, a3", "B: b1, b2", "C: c1, c2, c3, c4", "Part: a2, a3", "x[A,B,C] = Time")
ELEMENTS = {"A": ("a1", "a2", "a3"), "B": ("b1", "b2"), "C": ("c1", "c2", "c3", "c4"), "Part": ("a2", "a3")}


def covered(boxes: tuple[Box, ...]) -> list[tuple[str, ...]]:
    return [cell for box in boxes for cell in itertools.product(*box.elements)]


hole = st.tuples(
    st.sampled_from(["A", "Part", "a1", "a3"]), st.sampled_from(["B", "b1"]), st.sampled_from(["C", "c2", "c4"])
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    from policy_lab.model import read_model

    path = tmp_path_factory.mktemp("ranges") / "m.mdl"
    settings = ("INITIAL TIME = 0", "FINAL TIME = 1", "TIME STEP = 1", "SAVEPER = 1")
    path.write_text("{UTF-8}\n" + "".join(f"{line}\n~~|\n" for line in (*RANGES, *settings)), encoding="utf-8")
    return read_model(path)


@given(st.lists(hole, max_size=4))
def test_what_is_excepted_and_nothing_else_is_left_out(model: Model, holes: list[tuple[str, str, str]]) -> None:
    component = Component(("A", "B", "C"), ex.Number(1.0), tuple(holes))
    gone = {cell for group in holes for cell in itertools.product(*(ELEMENTS.get(name, (name,)) for name in group))}
    expected = [cell for cell in itertools.product(*(ELEMENTS[name] for name in ("A", "B", "C"))) if cell not in gone]
    found = covered(component_boxes(model, component))
    assert sorted(found) == sorted(expected)
    assert len(found) == len(set(found))


def test_names_of_elements_are_those_of_pysd() -> None:
    assert element_names("x", ()) == ("x",)
    assert element_names("x", (("a", "b"), ("c", "d"))) == ("x[a,c]", "x[a,d]", "x[b,c]", "x[b,d]")


def test_a_subscript_stands_for_its_position_in_the_largest_range(model: Model) -> None:
    assert subscript_number(model, "Part") == {"a2": 2, "a3": 3}
    assert subscript_number(model, "b2") == {"b2": 2}
    assert subscript_number(model, "nothing") is None
