"""Named loops held against the model: found as stated, and every kind of fault told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from policy_lab.errors import InputError
from policy_lab.run.feedback import chosen_loops, named_loops
from policy_lab.study import Study, open_study
from policy_lab.study.schema import Loop


@pytest.fixture(scope="module")
def fishery() -> Study:
    return open_study("fishery")


def with_loop(study: Study, *path: str, kind: str = "balancing") -> Study:
    loop = Loop.model_validate(
        {"title": "Planted", "kind": kind, "path": path, "cut": (path[0], (*path[1:], path[0])[0])}
    )
    return replace(study, file=study.file.model_copy(update={"loops": {"X1": loop}}))


def faults(study: Study) -> str:
    (only,) = named_loops(study, worlds=2)
    return "; ".join(only.faults)


def test_every_loop_of_the_fishery_is_as_it_says(fishery: Study) -> None:
    found = named_loops(fishery, worlds=3)
    assert [one.name for one in found] == list(fishery.file.loops)
    assert {one.name: one.faults for one in found if one.faults} == {}
    assert all(len(one.links) == len(one.loop.path) == len(one.shares) for one in found)


def test_some_loops_by_name_in_the_order_asked_for(fishery: Study) -> None:
    assert [one.name for one in named_loops(fishery, ["B2", "R1"], worlds=1)] == ["B2", "R1"]


def test_a_missing_link_is_named(fishery: Study) -> None:
    assert "no link from `Landings` to `Trust`" in faults(with_loop(fishery, "Fish stock", "Landings", "Trust"))


def test_the_wrong_kind_is_named(fishery: Study) -> None:
    stated = with_loop(fishery, "Fish stock", "Catch per boat", "Landings", kind="reinforcing")
    assert "it is balancing, not reinforcing" in faults(stated)


def test_a_link_that_does_nothing_at_rest_is_named(fishery: Study) -> None:
    still = with_loop(fishery, "Implemented rule", "Trust built", "Trust", "Mean trust", kind="reinforcing")
    assert "`Mean trust` does not move `Implemented rule`" in faults(still)


def test_a_loop_that_joins_other_elements_never_closes(fishery: Study) -> None:
    assert named_loops(with_loop(fishery, "Fleet", "Profit margin", "Boats bought"), worlds=1)[0].rounds == 1


def test_an_unknown_loop_is_refused_with_the_nearest(fishery: Study) -> None:
    with pytest.raises(InputError, match=r"no loop `R9` in this study.*R1"):
        chosen_loops(fishery, ["R9"])


def test_a_loop_that_was_left_out_is_refused_with_the_reason(fishery: Study) -> None:
    told = fishery.file.model_copy(update={"loops_left_out": {"B9": "nobody fishes at night"}})
    with pytest.raises(InputError, match="nobody fishes at night"):
        chosen_loops(replace(fishery, file=told), ["B9"])
