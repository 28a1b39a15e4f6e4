from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from policy_lab.cli import main
from tests.run.batches import files_of, plan_file

MEMORY = ("--memory", 0.01)


def policy_lab(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return plan_file(tmp_path_factory.mktemp("plan"), worlds=10)


def test_a_batch_is_run_told_and_written(plan: Path, tmp_path: Path) -> None:
    done = policy_lab("batch", plan, "--out", tmp_path / "batch")
    assert done.exit_code == 0, done.stderr
    assert "80 runs." in done.stdout
    assert "± its simulation error, in the order of the plan" in done.stdout
    assert done.stdout.rstrip().endswith(f"Files: {(tmp_path / 'batch').resolve()}")
    risk = pd.read_csv(tmp_path / "batch" / "risk.csv")
    assert risk["design"].tolist() == ["open-access", "co-management"] * 2
    assert risk["scenario"].tolist() == ["calm", "calm", "random", "random"]
    assert risk["cases"].sum() == 80
    assert policy_lab("batch", plan, "--out", tmp_path / "batch").exit_code == 2
    before = files_of(tmp_path / "batch")
    assert policy_lab("batch", plan, "--out", tmp_path / "batch", "--resume").exit_code == 0
    assert files_of(tmp_path / "batch") == before


def test_a_dry_run_says_the_cost_and_writes_nothing(plan: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    told = policy_lab("batch", plan, "--dry-run")
    assert told.exit_code == 0, told.stderr
    assert "80 runs in 2 blocks, 20 worlds, 2 parts." in told.stdout
    assert "on disk" in told.stdout
    assert "Measured on 40 of these runs" in told.stdout
    assert not list(tmp_path.iterdir())


def test_processes_and_a_cluster_at_once_are_refused(plan: Path) -> None:
    refused = policy_lab("batch", plan, "--workers", 2, "--cluster", "tcp://localhost:8786")
    assert refused.exit_code == 2
    assert "choose one" in refused.stderr


def test_ctrl_c_stops_and_says_how_to_go_on(tmp_path: Path) -> None:
    plan = plan_file(tmp_path, worlds=600, futures=4)
    folder = tmp_path / "batch"
    words = ["batch", str(plan), "--out", str(folder), *map(str, MEMORY)]
    command = [sys.executable, "-c", "from policy_lab.cli import main; main()", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while process.poll() is None and not list((folder / "parts").glob("[!.]*")):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate()
    assert process.returncode == 130, errors
    assert "stopped; " in errors
    assert f"policy-lab batch {plan} --out {folder} --resume --memory 0.01" in errors
    assert "Traceback" not in errors
    assert not list(folder.rglob(".*.partial"))
    kept = len(list((folder / "parts").iterdir()))
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert 0 < kept < sum(len(block["parts"]) for block in manifest["blocks"])
    assert os.path.getsize(folder / "plan.yaml") > 0
