"""The loops that the flagship names are in its graph, work as they say, and can be cut."""

from __future__ import annotations

import pytest

from policy_lab.analysis.loops import FIRM, loop_table
from policy_lab.run.feedback import NamedLoop, named_loops
from tests.models.flagship import Flagship

DOSSIER = {*(f"R{number}" for number in range(1, 14)), *(f"B{number}" for number in range(1, 9))}


@pytest.fixture(scope="module")
def loops(flagship: Flagship) -> tuple[NamedLoop, ...]:
    return named_loops(flagship.study)


def test_every_loop_of_the_dossier_is_named_or_left_out_with_a_reason(flagship: Flagship) -> None:
    named, left_out = set(flagship.study.file.loops), flagship.study.file.loops_left_out
    assert named | set(left_out) >= DOSSIER
    assert all(len(reason) > 40 for reason in left_out.values())


def test_every_named_loop_is_in_the_graph_and_works_as_it_says(loops: tuple[NamedLoop, ...]) -> None:
    assert {one.name: one.faults for one in loops if one.faults} == {}


def test_every_link_keeps_its_sign_in_nearly_all_worlds(loops: tuple[NamedLoop, ...]) -> None:
    table = loop_table(loops).set_index("loop")
    assert table["weakest_share"].min() >= FIRM


def test_each_loop_is_cut_at_a_link_that_no_other_named_loop_needs(loops: tuple[NamedLoop, ...]) -> None:
    shared = loop_table(loops).set_index("loop")["also_cut"]
    assert {name: others for name, others in shared.items() if others} == SHARED_CUTS


SHARED_CUTS = {"R2": "R3, B4", "R5": "R3", "R9": "R4", "B1": "R14"}
"""Loops whose cut goes through others, because they have no link of their own."""
