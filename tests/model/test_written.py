"""Expressions as text: what is written reads back as the same expression."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policy_lab.model import expression as ex
from policy_lab.model import read_model
from policy_lab.model.written import written

CONTROL = "INITIAL TIME = 0 ~~|\nFINAL TIME = 1 ~~|\nTIME STEP = 1 ~~|\nSAVEPER = 1 ~~|\n"
OTHERS = "P: p1, p2 ~~|\na = 1 ~~|\nb = 2 ~~|\nc = 3 ~~|\nq[P] = 1, 2 ~~|\ntable((0,0),(1,1)) ~~|\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("written")


def tree(folder: Path, right: str) -> ex.Expression:
    path = folder / "model.mdl"
    path.write_text(f"{{UTF-8}}\nx = {right} ~~|\n{OTHERS}{CONTROL}", encoding="utf-8")
    return read_model(path)["x"].components[0].expression


@pytest.mark.parametrize(
    "text",
    [
        "a+b-c", "a-(b+c)", "a/(b*c)", "a*(b/c)", "(a+b)*c", "a^b^c", "(a^b)^c", "-a^2", "(-a)^2", "-(a+b)",
        "1-EXP(-a*b/c)", "SUM(q[P!])/q[p1]", "IF THEN ELSE(a>=b,c,0)", "IF THEN ELSE(a>b :AND: c<2,1,0)",
        "MAX(0,MIN(a,b)-Time)/TIME STEP", "table(a*2)", "INTEG(a-x/b,c)", "SAMPLE IF TRUE(a>b,c,0)",
    ],
)  # fmt: skip
def test_what_was_read_is_written_as_it_stood(folder: Path, text: str) -> None:
    assert written(tree(folder, text)) == text


operators = st.sampled_from(["+", "-", "*", "/", "^"])
expressions = st.recursive(
    st.one_of(
        st.sampled_from([ex.Reference("a"), ex.Reference("b"), ex.Reference("c"), ex.Reference("q", ("p1",))]),
        st.sampled_from([0.0, 1.0, 2.5, 1e-07]).map(ex.Number),
    ),
    lambda inner: st.one_of(
        st.builds(ex.Arithmetic, operators, inner, inner),
        st.builds(ex.Call, st.sampled_from(["min", "max", "zidz"]), st.tuples(inner, inner)),
        st.builds(ex.Negative, st.sampled_from([ex.Reference("a"), ex.Reference("b")])),
    ),
    max_leaves=8,
).filter(lambda node: not isinstance(node, ex.Arithmetic) or any(isinstance(one, ex.Reference) for one in leaves(node)))


def leaves(node: ex.Expression) -> list[ex.Expression]:
    match node:
        case ex.Arithmetic(_, first, second):
            return [*leaves(first), *leaves(second)]
        case ex.Call(_, arguments):
            return [leaf for argument in arguments for leaf in leaves(argument)]
        case ex.Negative(argument):
            return leaves(argument)
        case _:
            return [node]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(node=expressions)
def test_what_is_written_reads_back(folder: Path, node: ex.Expression) -> None:
    assert tree(folder, written(node, 10_000)) == node


def test_what_is_long_or_deep_is_cut_short() -> None:
    node: ex.Expression = ex.Reference("a")
    for _ in range(1000):
        node = ex.Call("abs", (node,))
    assert len(written(node)) <= 80
    assert "…" in written(node)
