"""Taking a Vensim file apart: every equation with its text as written and its own first line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_lab.model.scan import folded, line_at, scan

WORD = st.text(alphabet="abcdefgh \t\n_0123456789+-*/().,'", max_size=40)
NAME = st.from_regex(r"[a-z]{1,8}( [a-z]{1,8})?|\"[a-z~|{}]{1,8}\"", fullmatch=True)

SKETCH = r"""\\\---/// Sketch information - do not modify anything except names
V300  Do not put anything below this section - it will be ignored
*First view
$192-192-192,0,Arial|11||0-0-0|0-0-0|0-0-255|-1--1--1|-1--1--1|96,96,100,0
10,1,a,140,80,90,24,8,3,0,0,-1,0,0,0
10,2,"b, c",-1,80,90,24,8,3,0,0
10,3,b,1,80,90,24,8,2,0,0
1,4,1,2,0,0,0,0,0,64,0,-1--1--1,,1|(0,0)|
\\\---/// Sketch information - do not modify anything except names
V300  Do not put anything below this section - it will be ignored
*Second view
///---\\\
:L<%^E!@
1:run.vdf
15:0,0,0,5,0,0
"""


@given(st.lists(st.tuples(NAME, WORD, WORD, st.integers(0, 3)), min_size=1, max_size=6))
def test_what_was_put_together_comes_apart_again(entries: list[tuple[str, str, str, int]]) -> None:
    text, lines = "{UTF-8}\n", []
    for name, right, doc, gap in entries:
        text += "\n" * gap
        lines.append(text.count("\n") + 1)
        text += f"{name} = {right}\n\t~\tunit\n\t~\t{doc}\n\t|"
    found = scan(text)
    assert found.problems == ()
    assert [(one.text, one.unit, one.documentation) for one in found.entries] == [
        (f"{name} = {right}".strip(), "unit", " ".join(doc.split())) for name, right, doc, _ in entries
    ]
    assert [one.line for one in found.entries] == lines


def test_groups_macros_views_and_the_method() -> None:
    found = scan(
        "{UTF-8}\n********\n\t.Harm\n********~\n\t\twords\n\t|\n"
        "a = 1\n\t~ Dmnl\n\t~ ~ :SUPPLEMENTARY\n\t|\n"
        ":MACRO: DOUBLE(x)\nDOUBLE = x * 2\n\t~~|\n:END OF MACRO:\n"
        "b = 2 ~~|\n\n" + SKETCH
    )
    assert [(one.text, one.group, one.macro, one.line) for one in found.entries] == [
        ("a = 1", "Harm", "", 7),
        ("DOUBLE = x * 2", "Harm", "DOUBLE(x)", 12),
        ("b = 2", "Harm", "", 15),
    ]
    assert [(one.head, one.line) for one in found.macros] == [("DOUBLE(x)", 11)]
    assert found.views == {"First view": ("a", '"b, c"'), "Second view": ()}
    assert found.integration == "rk4"


@pytest.mark.parametrize(
    ("code", "method"), [(0, "euler"), (1, "adaptive"), (2, "euler"), (3, "adaptive"), (4, "rk2"), (5, "rk4")]
)
def test_the_integration_method(code: int, method: str) -> None:
    assert scan(f"a = 1 ~~|\n\\\\\\---///\n///---\\\\\\\n15:0,0,0,{code},0,0\n").integration == method


def test_comments_in_an_equation_are_left_out_but_keep_their_lines() -> None:
    found = scan("a = 1 {one\n~two|} + 2\n~~|\nb = 3 ~~|\n")
    assert [(folded(one.text), one.line) for one in found.entries] == [("a = 1 + 2", 1), ("b = 3", 4)]


def test_comments_may_hold_comments() -> None:
    found = scan("a = 1 {one {two|} ) three~\n} + 2 {three} ~~|\nb = 3 {never closed ~~|\nc = 4 {d} ~~|\n")
    assert [(folded(one.text), one.line) for one in found.entries] == [
        ("a = 1 + 2", 1), ("b = 3", 3),
    ]  # fmt: skip


def test_the_second_tilde_may_be_missing() -> None:
    found = scan("a = 1\n~ Month [0,?]\n|\nb = 2 ~ |\n")
    assert [(one.text, one.unit, one.documentation) for one in found.entries] == [
        ("a = 1", "Month [0,?]", ""),
        ("b = 2", "", ""),
    ]


def test_what_is_cut_short_or_has_no_unit_is_told() -> None:
    assert [(one.what, one.line) for one in scan("a = 1 ~~|\nb = 2 ~ unit").problems] == [("unterminated equation", 2)]
    assert [one.line for one in scan("a = 1 ~~|\n\nb = 2 | c = 3 ~~|").problems] == [3]


@given(st.text(alphabet="ab \n\t+\\", max_size=60))
def test_a_place_in_the_folded_text_has_the_line_it_had(raw: str) -> None:
    marked = raw.replace("\\", "") + "\nX"
    position = folded(marked).index("X")
    assert line_at(marked, 5, position) == 5 + marked.count("\n")
