"""`policy-lab decide`: a study compared anew, and a batch read."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from policy_lab.cli import main

DESIGNS = "catch-quota,co-management"


def policy_lab(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("decide")


@pytest.fixture(scope="module")
def done(folder: Path) -> Result:
    words = ("--quick", "--worlds", 8, "--futures", 2, "--designs", DESIGNS, "--inputs", "Fish price; Catchability")
    return policy_lab("decide", "fishery", *words, "--out", folder / "study")


def test_seven_questions_are_answered_and_what_was_put_in_comes_first(done: Result, folder: Path) -> None:
    assert done.exit_code == 0, done.stderr
    words = " ".join(done.stdout.split())
    assert words.index("put in by the lever scores") < words.index("1. HOW LONG DOES EACH HOLD?")
    for number in range(1, 8):
        assert f"{number}. " in done.stdout
    assert "The map runs over fish price and catchability" in words
    assert "This is a teaching example" in words
    assert "`open-access` was added" in done.stderr
    assert done.stdout.rstrip().endswith(f"Files: {(folder / 'study').resolve()}")


def test_tables_charts_words_and_manifest_are_written(done: Result, folder: Path) -> None:
    there = {path.name for path in (folder / "study").iterdir()}
    charts = ("survival", "satisficing", "information", "reversal", "convergence", "burden_timing")
    assert {f"{name}.{kind}" for name in charts for kind in ("csv", "svg", "png")} <= there
    assert {"answer.txt", "manifest.json", "radius.csv", "reach.csv", "influences.csv", "holding_times.csv"} <= there
    cells = pd.read_csv(folder / "study" / "reversal.csv")
    assert len(cells) == 9
    manifest = json.loads((folder / "study" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["settings"]["worlds"] == 8
    assert (folder / "study" / "answer.txt").read_text(encoding="utf-8").startswith("READ AS A DECISION")


def test_a_batch_is_read_where_it_lies(folder: Path) -> None:
    plan = folder / "plan.yaml"
    plan.write_text(f"study: fishery\ndesigns: [open-access, {DESIGNS}]\nuncertain: {{worlds: 6, futures: 2}}\n")
    assert policy_lab("batch", plan, "--out", folder / "batch").exit_code == 0
    done = policy_lab("decide", folder / "batch", "--quick", "--pair", "open-access,co-management")
    assert done.exit_code == 0, done.stderr
    assert "6 worlds × 2 futures" in " ".join(done.stdout.split())
    assert (folder / "batch" / "decision" / "survival.svg").is_file()
    refused = policy_lab("decide", folder / "batch", "--worlds", 3)
    assert (refused.exit_code, "as they are" in refused.stderr) == (2, True)


def test_what_is_not_known_is_bad_input(folder: Path) -> None:
    small = ("--quick", "--worlds", 4, "--futures", 1, "--out", folder / "wrong", "--designs", DESIGNS)
    missed = policy_lab("decide", "fishery", *small, "--pair", "catch-quota,co-managment")
    assert (missed.exit_code, "Did you mean `co-management`" in missed.stderr) == (2, True)
    block = policy_lab("decide", "fishery", *small, "--block", "x")
    assert (block.exit_code, "--block is for the folder of a batch" in block.stderr) == (2, True)
    assert not (folder / "wrong").exists()
