from __future__ import annotations

from pathlib import Path

from policy_lab.run.chunks import chunks_of
from policy_lab.run.ensemble import run_batch
from policy_lab.run.estimate import CASES, estimate
from policy_lab.study.plan_file import read_plan
from tests.run.batches import SMALL, plan_file


def test_sizes_are_those_of_the_plan_and_the_disk_is_about_right(tmp_path: Path) -> None:
    planned = read_plan(plan_file(tmp_path, worlds=40, futures=3))
    found = estimate(planned, memory=64 * SMALL)
    assert (found.cases, found.blocks, found.worlds) == (480, 2, 80)
    assert found.parts == len(chunks_of(planned, 64 * SMALL))
    assert 0 < found.tried <= CASES
    assert 0 < found.solving < found.seconds
    folder = run_batch(planned, tmp_path / "batch", memory=64 * SMALL)
    written = sum(path.stat().st_size for path in (folder / "parts").iterdir())
    assert found.disk / 2 < written < found.disk * 2
    assert found.memory > 0


def test_a_plan_of_a_million_runs_is_not_run(tmp_path: Path) -> None:
    planned = read_plan(plan_file(tmp_path, worlds=10_000, futures=25, scenarios="[random, calm]"))
    found = estimate(planned)
    assert found.cases == 1_000_000
    assert found.tried <= CASES
