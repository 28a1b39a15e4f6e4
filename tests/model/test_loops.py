"""Feedback loops of a graph, and whether a loop that somebody names is there."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_lab.model import read_model
from policy_lab.model.loops import (
    feedback_groups,
    find_loops,
    missing_links,
    pairs,
    running_links,
    shared_links,
    turns,
)
from policy_lab.model.types import Model

CONTROL = "INITIAL TIME = 0 ~~|\nFINAL TIME = 1 ~~|\nTIME STEP = 1 ~~|\nSAVEPER = 1 ~~|\n"
TWO_LOOPS = (
    "Stock = INTEG(inflow - outflow, first) ~~|\nfirst = Level + 5 ~~|\nLevel = INTEG(Stock, 1) ~~|\n"
    "inflow = pull * Stock ~~|\npull = 1 ~~|\noutflow = Stock / 4 ~~|\n"
)
NAMES = "abcdef"
GRAPHS = st.dictionaries(st.sampled_from(NAMES), st.frozensets(st.sampled_from(NAMES)), max_size=len(NAMES))


def read(folder: Path, text: str) -> Model:
    path = folder / "model.mdl"
    path.write_text("{UTF-8}\n" + text + "\n" + CONTROL, encoding="utf-8")
    return read_model(path)


def whole(graph: dict[str, frozenset[str]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(sorted(graph.get(name, ()))) for name in NAMES}


def by_hand(graph: dict[str, tuple[str, ...]]) -> set[tuple[str, ...]]:
    """Every loop, by trying every order of every set of variables; each begins with its first in the alphabet."""
    return {
        order
        for size in range(1, len(NAMES) + 1)
        for order in itertools.permutations(NAMES, size)
        if order[0] == min(order) and not missing_links(graph, order)
    }


@given(GRAPHS)
def test_every_loop_is_found_once_and_the_shortest_first(graph: dict[str, frozenset[str]]) -> None:
    links = whole(graph)
    loops = find_loops(links, most=100_000, seconds=600)
    assert loops.complete
    assert len(loops.found) == len(set(loops.found))
    assert set(loops.found) == by_hand(links)
    assert [len(loop) for loop in loops.found] == sorted(len(loop) for loop in loops.found)


@given(GRAPHS)
def test_a_group_holds_what_shares_a_loop(graph: dict[str, frozenset[str]]) -> None:
    links = whole(graph)
    in_loops = {name for loop in by_hand(links) for name in loop}
    groups = feedback_groups(links)
    assert {name for group in groups for name in group} == in_loops
    assert sum(len(group) for group in groups) == len(in_loops), "a variable stands in one group only"
    for loop in by_hand(links):
        assert sum(set(loop) <= set(group) for group in groups) == 1


def test_constants_and_initial_values_are_in_no_loop(tmp_path: Path) -> None:
    graph = running_links(read(tmp_path, TWO_LOOPS))
    assert "pull" not in graph
    assert "Stock" not in graph["first"], "an initial value acts on nothing"
    assert set(find_loops(graph).found) == {("Stock", "inflow"), ("Stock", "outflow")}


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"most": 3}, "stopped at 3 loops"),
        ({"longest": 2}, "at most 2 variables"),
        ({"seconds": -1.0}, "stopped after"),
    ],
)
def test_a_partial_list_says_so(limits: dict[str, float], said: str) -> None:
    names = [f"v{place:02d}" for place in range(12)]
    full = {name: tuple(other for other in names if other != name) for name in names}
    loops = find_loops(full, **limits)  # type: ignore[arg-type]
    assert not loops.complete
    assert said in loops.partial


def test_as_many_loops_as_asked_for_and_no_more_is_whole() -> None:
    graph = {"a": ("b",), "b": ("a",)}
    assert find_loops(graph, most=1).complete
    assert find_loops(graph, longest=2).complete


def test_links_of_a_loop_and_those_that_lack() -> None:
    graph = {"a": ("b",), "b": ("c",), "c": ()}
    assert pairs(["a", "b", "c"]) == (("a", "b"), ("b", "c"), ("c", "a"))
    assert missing_links(graph, ["a", "b", "c"]) == (("c", "a"),)
    assert missing_links(graph, ["a"]) == (("a", "a"),)
    assert shared_links({"one": ("a", "b"), "two": ("b", "c")}, ("a", "b")) == ("one",)


@pytest.mark.parametrize(
    ("link", "rounds"),
    [("S[T]", 1), ("S[x]", 1), ("SUM(S[T!])", 1), ("SUM(S[U!]*other[T,U!])", 1), ("next[T]", 3), ("nowhere[T]", 0)],
)
def test_a_loop_closes_after_as_many_rounds_as_its_elements_need(tmp_path: Path, link: str, rounds: int) -> None:
    model = read(
        tmp_path,
        "T: x, y, z ~~|\nU <-> T ~~|\nother[T,U] = 0,1,1;1,0,1;1,1,0; ~~|\n"
        "next[x] = S[y] ~~|\nnext[y] = S[z] ~~|\nnext[z] = S[x] ~~|\n"
        "nowhere[x] = S[y] ~~|\nnowhere[y] = S[z] ~~|\nnowhere[z] = 1 ~~|\n"
        f"act[T] = {link} ~~|\nS[T] = INTEG(act[T], 0) ~~|\n",
    )
    through = {"next[T]": ("S", "next", "act"), "nowhere[T]": ("S", "nowhere", "act")}.get(link, ("S", "act"))
    assert turns(model, through) == rounds
