"""Vensim's sketch section: read as data, with limits, and lines that cannot be read told."""

from __future__ import annotations

import string

from hypothesis import given
from hypothesis import strategies as st

from policy_lab.model.sketch import END, MARK, MOST_NOTICES, read_sketch

HEAD = MARK + " Sketch information - do not modify anything except names\nV300  Do not put anything below\n"
# The example of Vensim's manual, shortened: a stock, its inflow from a cloud, a constant and a comment.
POPULATION = (
    "x = 1 ~~|\n"
    + HEAD
    + "*Population\n$192-192-192,0,Times New Roman|12||0-0-0|0-0-0|0-0-255|-1--1--1|-1--1--1|96,96,100,0\n"
    "10,1,Population,275,69,40,20,3,3,0,0,0,0,0,0\n"
    "12,2,48,91,71,8,8,0,3,0,0,-1,0,0,0\n"
    "1,3,5,1,4,0,0,22,0,0,0,-1--1--1,,1|(204,71)|\n"
    "1,4,5,2,100,0,0,22,0,0,0,-1--1--1,,1|(130,71)|\n"
    "11,5,48,167,71,6,8,34,3,0,0,1,0,0,0\n"
    "10,6,births,167,90,19,11,40,3,0,0,-1,0,0,0\n"
    '10,7,"birth rate, per head",99,118,29,11,8,2,0,3,-1,0,0,0,128-128-128\n'
    "1,8,7,6,1,0,43,0,0,65,0,-1--1--1,,1|(130,104)|\n"
    "1,9,7,1,1,1,45,0,0,64,0,-1--1--1,,1|(130,104)|\n"
    "12,10,0,269,22,37,9,8,4,0,0,-1,0,0,0\n"
    "10,99,this is the text of the comment\n" + END + "\n:L<%^E!@\n10,1,after the end,1,1,1,1,8,3,0,0,0,0,0,0\n"
)


def test_marks_and_arrows_of_the_manuals_example() -> None:
    sketch = read_sketch(POPULATION)
    assert sketch.notices == ()
    (view,) = sketch.views
    assert view.title == "Population"
    assert set(view.marks) == {1, 2, 5, 6, 7, 10}
    stock, cloud, valve, name, rate, comment = view.marks.values()
    assert (stock.kind, stock.name, stock.x, stock.y, stock.boxed) == ("variable", "Population", 275, 69, True)
    assert (cloud.kind, valve.kind, comment.kind) == ("cloud", "valve", "comment")
    assert (name.name, name.attached, name.boxed) == ("births", True, False)
    assert (rate.name, rate.shadow) == ('"birth rate, per head"', True)
    pipe, other, plus, minus = view.arrows
    assert (pipe.start, pipe.end, pipe.pipe, pipe.via) == (5, 1, True, ((204, 71),))
    assert (other.start, other.end, other.pipe) == (2, 5, True), "from the cloud to the valve, as it flows"
    assert (plus.sign, plus.delayed, plus.hidden, plus.pipe) == ("+", True, False, False)
    assert (minus.sign, minus.delayed, minus.hidden) == ("-", False, True)


def test_a_file_without_a_sketch_has_no_views() -> None:
    assert read_sketch("x = 1 ~~|\n").views == ()
    assert read_sketch("x = 1 ~~|\n").view("Population").arrows == ()


def test_bad_lines_are_skipped_and_told_with_their_line() -> None:
    text = POPULATION.replace("10,1,Population,275,69,", "10,1,Population,far,69,")
    sketch = read_sketch(text)
    assert 1 not in sketch.views[0].marks
    assert [notice.line for notice in sketch.notices] == [6, 8, 14]
    assert "has not the fields" in sketch.notices[0].what
    assert "leads to nothing" in sketch.notices[1].what


def test_what_lies_beyond_all_screens_is_no_place() -> None:
    for far in ("1e12", "-1e12", "nan", "inf"):
        assert 1 not in read_sketch(POPULATION.replace("Population,275,", f"Population,{far},")).views[0].marks


def test_notices_are_few_however_bad_the_file() -> None:
    text = HEAD + "*Bad\n" + "10,1\n" * 500 + "1,1,2,3\n" * 500
    sketch = read_sketch(text)
    assert len(sketch.notices) == MOST_NOTICES
    assert len(sketch.views) == 1


LINES = st.lists(st.text(string.printable + "€", max_size=60), max_size=30)
FIELDS = st.lists(
    st.sampled_from(["1", "10", "11", "12", "-3", "1e400", "x", "", "|(1,2)|", '"a']), min_size=1, max_size=16
)


@given(LINES, st.lists(FIELDS, max_size=20))
def test_any_text_is_read_without_an_error(lines: list[str], fields: list[list[str]]) -> None:
    text = HEAD + "*A view\n" + "\n".join([*lines, *(",".join(cells) for cells in fields)])
    for view in read_sketch(text).views:
        assert all(arrow.start in view.marks and arrow.end in view.marks for arrow in view.arrows)
