from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_lab.errors import InputError
from policy_lab.run.chunks import MOST_CASES, SHARE, bytes_of_case, chunks_of
from policy_lab.study.plan_file import PlanSet, read_plan
from tests.run.batches import plan_file


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> PlanSet:
    return read_plan(plan_file(tmp_path_factory.mktemp("plan"), worlds=997, futures=3))


@given(memory=st.integers(min_value=2**18, max_value=2**33))
def test_every_world_is_in_one_chunk_and_no_chunk_is_larger_than_allowed(planned: PlanSet, memory: int) -> None:
    chunks = chunks_of(planned, memory)
    plan = planned.blocks[0].plan
    for place in (0, 1):
        own = [chunk for chunk in chunks if chunk.place == place]
        assert [world for chunk in own for world in range(chunk.first, chunk.last)] == list(range(997))
    assert all(chunk.cases == (chunk.last - chunk.first) * 6 for chunk in chunks)
    largest = max(chunk.cases for chunk in chunks)
    assert largest * bytes_of_case(plan) <= memory // SHARE
    assert largest <= MOST_CASES


def test_the_room_of_a_case_is_that_of_its_saved_values(planned: PlanSet) -> None:
    # 61 saved months of what the fishery's measures need: ten numbers, eight bytes each
    plan = planned.blocks[0].plan
    cells = sum(3 if plan.study.model.elements(name) else 1 for name in plan.saved)
    assert bytes_of_case(plan) == 61 * cells * 8


def test_a_world_that_does_not_fit_is_refused(planned: PlanSet) -> None:
    with pytest.raises(InputError, match=r"3 futures of one world need .* more worlds and fewer futures"):
        chunks_of(planned, 1000)


def test_parts_have_names_that_sort_by_world(planned: PlanSet) -> None:
    names = [chunk.path(Path("there")).name for chunk in chunks_of(planned, 2**22) if chunk.place == 0]
    assert names == sorted(names)
    assert names[0] == "calm-000000.parquet"
