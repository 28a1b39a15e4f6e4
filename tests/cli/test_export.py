from __future__ import annotations

import csv
import json
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from policy_lab.cli import main
from tests.results.batch import write_batch

ONE = ("--scenarios", "calm", "--settings", "strict")


def policy_lab(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "batch"
    write_batch(folder)
    return folder


def test_a_workbook_of_the_tables_stands_beside_the_batch(batch: Path) -> None:
    before = {path: path.read_bytes() for path in batch.rglob("*") if path.is_file()}
    done = policy_lab("export", batch, *ONE, "--outcomes", "Intent")
    assert done.exit_code == 0, done.stderr
    folder = batch.with_name("batch-export")
    assert done.stdout.rstrip().endswith(f"Files: {folder.resolve()}")
    assert "no forecast" in done.stdout
    assert "Notes and Columns" in done.stdout
    book = openpyxl.load_workbook(folder / "summary.xlsx")
    rules = {cell.value for cell in book["Shortfalls"]["H"][4:]}
    assert rules == {"against the same world in which nothing happens"}
    assert {path: path.read_bytes() for path in batch.rglob("*") if path.is_file()} == before


def test_every_run_as_csv_with_its_dictionary(batch: Path, tmp_path: Path) -> None:
    words = ("--format", "tidy", *ONE, "--designs", "catch-quota, open-access", "--outcomes", "Fleet,Intent")
    done = policy_lab("export", batch, *words, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.stderr
    assert "dictionary.csv" in done.stdout
    with (tmp_path / "out" / "runs.csv").open(encoding="utf-8-sig", newline="") as text:
        rows = list(csv.DictReader(text))
    assert {row["design"] for row in rows} == {"catch-quota", "open-access"}
    assert len(rows) == 2 * 5 * 2 * 25
    about = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert about["export"]["format"] == "tidy"


def test_the_tables_as_csv(batch: Path, tmp_path: Path) -> None:
    done = policy_lab("export", batch, "--format", "tidy", "--summary", "--by-speed", *ONE, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.stderr
    assert "columns.csv" in done.stdout
    assert pd.read_csv(tmp_path / "out" / "risk.csv")["risk"].between(0, 1).all()
    assert set(pd.read_csv(tmp_path / "out" / "shortfalls.csv")["rule"]) == {"by the speed of the fall"}


def test_a_half_batch_is_told_as_a_warning(tmp_path: Path) -> None:
    write_batch(tmp_path / "half")
    (tmp_path / "half" / "parts" / "calm_strict-000002.parquet").unlink()
    done = policy_lab("export", tmp_path / "half", "--format", "wide", "--outcomes", "Intent")
    assert done.exit_code == 0, done.stderr
    assert "1 of 12 parts are missing" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--designs", "catch-qouta"], "catch-quota"),
        (["--outcomes", "Fleat"], "Fleet"),
        (["--scenarios", "clam"], "calm"),
        (["--areas", "E1"], "There are none"),
        (["--format", "netcdf", "--summary"], "holds runs"),
        (["--format", "csv"], "tidy"),
    ],
)
def test_what_is_not_there_is_answered_with_the_nearest(
    batch: Path, tmp_path: Path, words: list[str], said: str
) -> None:
    done = policy_lab("export", batch, *words, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert said in done.stderr
    assert "Traceback" not in done.output
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_runs_is_refused(tmp_path: Path) -> None:
    done = policy_lab("export", tmp_path)
    assert done.exit_code == 2
    assert "holds no runs" in done.stderr
