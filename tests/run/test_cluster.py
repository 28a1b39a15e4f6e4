"""A batch on a real Dask scheduler with real worker processes, one of which is killed."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from policy_lab.errors import InputError
from policy_lab.run.ensemble import run_batch
from tests.run.batches import SMALL, files_of, plan_file

distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as made:
        yield made.scheduler_address


def test_a_worker_killed_in_the_middle_costs_no_more_than_its_chunk(cluster: str, tmp_path: Path) -> None:
    plan = plan_file(tmp_path, worlds=24)
    run_batch(plan, tmp_path / "whole", memory=SMALL)
    folder = tmp_path / "batch"
    seen: list[str] = []

    def kill_one(_: Path) -> None:
        lines = (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()
        seen.append(json.loads(lines[-1])["worker"])
        if len(seen) == 3:
            os.kill(int(seen[-1].rpartition(":")[2]), signal.SIGKILL)

    run_batch(plan, folder, memory=SMALL, cluster=cluster, finished=kill_one)
    assert files_of(folder) == files_of(tmp_path / "whole")
    assert len(seen) == 24
    assert str(os.getpid()) not in {worker.rpartition(":")[2] for worker in seen}


def test_no_scheduler_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no Dask scheduler answers at pigeon://post"):
        run_batch(plan_file(tmp_path), tmp_path / "batch", cluster="pigeon://post")
