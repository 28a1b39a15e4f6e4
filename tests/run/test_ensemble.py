"""A batch, however it is run or stopped, ends with the same bytes. Real processes, real kills, real files."""

from __future__ import annotations

import csv
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import policy_lab as pl
from policy_lab.errors import EngineError, InputError
from policy_lab.run.bench import bench_of
from policy_lab.run.chunks import chunks_of
from policy_lab.run.ensemble import run_batch
from policy_lab.run.identity import batch_manifest, differences
from policy_lab.run.workers import Task, in_processes, work
from policy_lab.study.plan_file import read_plan
from tests.run.batches import CODE, SMALL, files_of, plan_file, started


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return plan_file(tmp_path_factory.mktemp("plan"))


@pytest.fixture(scope="module")
def whole(planned: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that nothing stopped."""
    return run_batch(planned, tmp_path_factory.mktemp("whole") / "batch", memory=SMALL)


def test_a_batch_holds_what_a_run_in_memory_gives(planned: Path, whole: Path) -> None:
    stored = pl.open_batch(whole)
    assert stored.warnings == ()
    for block in read_plan(planned).blocks:
        alone, kept = pl.run(block.plan), stored.results(block.key)
        for name, outcome in alone.outcomes.items():
            assert np.allclose(kept[name].values, outcome.values, rtol=1e-9, atol=1e-12), name
        for name, values in alone.worlds.items():
            assert np.allclose(kept.worlds[name], values, rtol=1e-9), name


def test_the_manifest_says_what_a_whole_batch_holds_and_no_time_of_day(planned: Path, whole: Path) -> None:
    manifest = json.loads((whole / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["cases"] == 96
    assert manifest["failed_cases"] == 0
    named = sorted(name for block in manifest["blocks"] for name in block["parts"])
    assert named == sorted(path.name for path in (whole / "parts").iterdir())
    assert len(named) == 12
    assert "made_at" not in manifest
    assert (whole / "plan.yaml").read_bytes() == planned.read_bytes()


def test_threads_and_processes_write_the_same_bytes(planned: Path, whole: Path, tmp_path: Path) -> None:
    run_batch(planned, tmp_path / "one", memory=SMALL, threads=1)
    run_batch(planned, tmp_path / "two", memory=SMALL, workers=2)
    assert files_of(tmp_path / "one") == files_of(whole)
    assert files_of(tmp_path / "two") == files_of(whole)


def test_progress_and_files_are_told_from_where_the_run_goes_on(planned: Path, whole: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    files: list[Path] = []
    folder = tmp_path / "batch"
    run_batch(planned, folder, memory=SMALL)
    gone = sorted((folder / "parts").iterdir())[2:5]
    for path in gone:
        path.unlink()
    run_batch(
        planned, folder, resume=True, memory=SMALL,
        progress=lambda done, total: told.append((done, total)), finished=files.append,
    )  # fmt: skip
    assert told[0] == (72, 96)
    assert told[-1] == (96, 96)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert sorted(files[-3:]) == gone
    assert len(files) == 12
    assert files_of(folder) == files_of(whole)


def test_killed_and_resumed_it_ends_with_the_same_bytes(tmp_path: Path) -> None:
    plan = plan_file(tmp_path, worlds=30)
    run_batch(plan, tmp_path / "whole", memory=SMALL)
    chance = random.Random(3)  # noqa: S311
    parts = tmp_path / "killed" / "parts"
    for enough in (1, 10, 20):
        process = started(plan, tmp_path / "killed", SMALL)
        while process.poll() is None and len(list(parts.glob("*.parquet"))) < enough:
            time.sleep(0.002)
        time.sleep(chance.uniform(0, 0.03))
        process.kill()
        process.wait()
    written = {path: path.stat().st_mtime_ns for path in parts.glob("[!.]*.parquet")}
    assert len(written) >= 20
    assert started(plan, tmp_path / "killed", SMALL).communicate()[1] == ""
    assert files_of(tmp_path / "killed") == files_of(tmp_path / "whole")
    assert all(path.stat().st_mtime_ns == when for path, when in written.items())  # nothing was done twice


def test_a_part_that_is_not_whole_is_made_again(planned: Path, whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "batch"
    run_batch(planned, folder, memory=SMALL)
    first, second, *_ = sorted((folder / "parts").iterdir())
    first.write_bytes(first.read_bytes()[:-100])
    second.write_bytes(b"")
    (folder / "parts" / ".calm-000003.parquet.99.partial").write_bytes(b"half")
    run_batch(planned, folder, resume=True, memory=SMALL)
    assert files_of(folder) == files_of(whole)


def test_what_is_there_is_not_written_over(planned: Path, whole: Path, tmp_path: Path) -> None:
    before = files_of(whole)
    with pytest.raises(InputError, match=r"holds runs already\. Add --resume"):
        run_batch(planned, whole, memory=SMALL)
    assert files_of(whole) == before


def test_another_plan_is_refused_and_says_what_differs(whole: Path, tmp_path: Path) -> None:
    before = files_of(whole)
    with pytest.raises(InputError, match="of another batch: the plan's file differs"):
        run_batch(plan_file(tmp_path, worlds=13), whole, resume=True, memory=SMALL)
    assert files_of(whole) == before


def test_other_versions_and_parts_of_another_size_are_refused(planned: Path, tmp_path: Path) -> None:
    folder = tmp_path / "batch"
    run_batch(planned, folder, memory=SMALL)
    with pytest.raises(InputError, match="the memory that may be used, which sets the size of the parts, differs"):
        run_batch(planned, folder, resume=True, memory=2 * SMALL)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["versions"]["numpy"] = "1.0"
    manifest["model_sha256"] = "0" * 64
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(InputError, match=r"the model differs[\s\S]*the version of \(numpy 1.0, now "):
        run_batch(planned, folder, resume=True, memory=SMALL)


def test_two_runs_do_not_share_a_folder(tmp_path: Path) -> None:
    plan = plan_file(tmp_path, worlds=400)
    process = started(plan, tmp_path / "batch", SMALL)
    try:
        while process.poll() is None and not list((tmp_path / "batch" / "parts").glob("[!.]*")):
            time.sleep(0.01)
        with pytest.raises(InputError, match="another run is writing to it"):
            run_batch(plan, tmp_path / "batch", resume=True, memory=SMALL)
    finally:
        process.kill()
        process.wait()


def test_a_full_disk_is_told_and_what_was_written_can_be_gone_on_with(
    planned: Path, whole: Path, tmp_path: Path
) -> None:
    """Files may not grow beyond a limit, which a write meets as it would meet the end of a disk."""
    sizes = {path.name: path.stat().st_size for path in (whole / "parts").iterdir()}
    calm = max(size for name, size in sizes.items() if name.startswith("calm"))
    assert calm + 100 < min(size for name, size in sizes.items() if name.startswith("random"))
    folder = tmp_path / "batch"
    full = subprocess.run(
        [sys.executable, "-c", CODE, str(planned), str(folder), str(SMALL)],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (calm + 100, calm + 100)),
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        check=False,
    )
    assert full.returncode == 1
    assert "random-000000.parquet: cannot be written: " in full.stderr
    assert "File too large" in full.stderr
    stored = pl.open_batch(folder)
    assert stored.scenarios == ("calm",)
    assert np.isfinite(stored.results("calm")["Fleet"].values).all() if not stored.warnings else stored.warnings
    assert not list(folder.rglob(".*.partial"))
    run_batch(planned, folder, resume=True, memory=SMALL)
    assert files_of(folder) == files_of(whole)


def test_failed_cases_are_listed_with_what_was_drawn_for_them(tmp_path: Path) -> None:
    plan = plan_file(tmp_path, worlds=6)
    text = plan.read_text(encoding="utf-8") + "settings:\n  as-drawn: {}\n  broken: {Spell severity: -500}\n"
    plan.write_text(text.replace("[calm, random]", "[random]"), encoding="utf-8")
    folder = run_batch(plan, tmp_path / "batch", memory=SMALL)
    with (folder / "failures.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["setting"] for row in rows} == {"broken"}
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["failed_cases"] == len(rows) > 0
    first = rows[0]
    drawn = read_plan(plan).blocks[1].plan.future_inputs()
    told = json.loads(first["future_inputs"])
    expected = drawn["Spell start"][int(first["world"]), int(first["future"])].ravel()
    assert [value for name, value in told.items() if name.startswith("Spell start")] == expected.tolist()


def test_a_worker_that_does_not_see_the_folder_sends_the_runs(planned: Path, whole: Path, tmp_path: Path) -> None:
    plan_set = read_plan(planned)
    task = Task(
        number=2, plan="/gone/plan.yaml", text=plan_set.text, model=plan_set.study.model.digest, memory=SMALL,
        folder=str(tmp_path / "elsewhere"), token="none",  # noqa: S106
    )  # fmt: skip
    answer = work(task)
    assert answer.runs == chunks_of(plan_set, SMALL)[2].path(whole).read_bytes()
    with pytest.raises(InputError, match="its model of `fishery` is another"):
        work(Task(**{**vars(task), "model": "0" * 64}))


def test_a_killed_process_costs_no_more_than_its_chunks(planned: Path, whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "batch"
    killed: list[int] = []

    def kill_one(_: Path) -> None:
        if not killed:
            lines = (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()
            killed.append(int(json.loads(lines[-1])["worker"].rpartition(":")[2]))
            os.kill(killed[0], signal.SIGKILL)

    run_batch(planned, folder, memory=SMALL, workers=2, finished=kill_one)
    assert killed
    assert files_of(folder) == files_of(whole)


def test_processes_that_cannot_work_are_given_up(planned: Path) -> None:
    plan_set = read_plan(planned)
    task = Task(0, str(planned), b"\0", "", SMALL, "", "")  # a plan that no process can read
    with pytest.raises((InputError, EngineError)):
        list(in_processes([task], 1))
    assert bench_of(plan_set).plan_set is plan_set


def test_figures_of_a_place_belong_to_what_a_batch_is(planned: Path) -> None:
    plan_set = read_plan(planned)
    chunks = chunks_of(plan_set, SMALL)
    known = batch_manifest(plan_set, chunks, SMALL)
    other = {**known, "settings": {**known["settings"], "areas_sha256": "1"}}
    assert [problem.what for problem in differences(known, known, Path())] == []
    (found,) = differences(other, known, Path())
    assert "a choice (areas_sha256 1, now nothing) differs" in found.what
