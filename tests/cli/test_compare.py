from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from policy_lab.cli import main

SMALL = ("--worlds", 6, "--futures", 2)


def policy_lab(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("compare")


@pytest.fixture(scope="module")
def done(folder) -> Result:
    return policy_lab("compare", "fishery", "--quick", *SMALL, "--out", folder / "first", "--all-runs")


def test_the_summary_comes_first_and_the_folder_last(done, folder):
    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith("A SHARED FISHERY")
    assert done.stdout.index("WHAT WAS PUT IN") < done.stdout.index("WHAT THE MODEL FOUND")
    assert done.stdout.rstrip().endswith(f"Files: {(folder / 'first').resolve()}")
    assert done.stdout.count("\r") == 0  # no progress bar in a pipe


def test_the_files_hold_what_was_asked(done, folder):
    manifest = json.loads((folder / "first" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["settings"]["worlds"] == 6
    assert manifest["settings"]["futures"] == 2
    risk = pd.read_csv(folder / "first" / "risk.csv")
    assert len(risk) == 4
    assert risk["risk"].between(0, 1).all()
    assert len(pd.read_csv(folder / "first" / "runs.csv")) == 4 * 6 * 2 * 121
    flips = pd.read_csv(folder / "first" / "flips.csv")
    assert flips["flips"].between(0, 1).all()


def test_the_same_seed_gives_the_same_files(done, folder):
    assert policy_lab("compare", "fishery", "--quick", *SMALL, "--out", folder / "again").exit_code == 0
    tables = [file for file in (folder / "again").iterdir() if file.suffix in (".csv", ".txt", ".md")]
    assert len(tables) > 10  # charts and runs carry the manifest, and with it the commit
    for file in tables:
        assert file.read_bytes() == (folder / "first" / file.name).read_bytes(), file.name


def test_another_seed_gives_other_numbers(done, folder):
    words = ("compare", "fishery", *SMALL, "--no-checks", "--seed", 3, "--out", folder / "other")
    assert policy_lab(*words).exit_code == 0
    assert (folder / "other" / "series.csv").read_bytes() != (folder / "first" / "series.csv").read_bytes()
    assert not (folder / "other" / "flips.csv").exists()


def test_options_reach_the_plan_and_the_base_is_added(folder):
    words = ("--designs", "co-management+watch", "--start", "settled", "--scenario", "one-bad-spell")
    words += ("--set", "Patrol protection=0.5", "--no-checks", *SMALL, "--out", folder / "options")
    done = policy_lab("compare", "fishery", *words)
    assert done.exit_code == 0, done.stderr
    assert "`open-access` was added" in done.stderr
    settings = json.loads((folder / "options" / "manifest.json").read_text(encoding="utf-8"))["settings"]
    assert settings["designs"] == ["co-management+watch", "open-access"]
    assert (settings["start"], settings["scenario"]) == ("settled", "one-bad-spell")
    assert settings["set"] == {"Patrol protection": 0.5}
    assert pd.read_csv(folder / "options" / "risk.csv")["dip_depth"].isna().all()


def test_a_folder_that_cannot_be_written_is_told_before_anything_runs(folder):
    (folder / "taken").write_text("")
    done = policy_lab("compare", "fishery", "--worlds", 10_000, "--futures", 1000, "--out", folder / "taken" / "below")
    assert done.exit_code == 2
    assert "taken" in done.stderr
    assert done.stdout == ""


def test_a_constant_that_leaves_no_usable_case_is_refused(folder):
    words = ("--set", "Carrying capacity=-1", "--no-checks", *SMALL, "--out", folder / "none")
    done = policy_lab("compare", "fishery", *words)
    assert done.exit_code == 2
    assert "lies outside the range in parameters.csv" in done.stderr
    assert "no case gave usable numbers" in done.stderr
    assert not (folder / "none").exists()


def test_shocks_are_told_from_wear_without_the_checks_too(folder):
    words = ("--scenario", "calm", "--no-checks", *SMALL, "--out", folder / "calm")
    assert policy_lab("compare", "fishery", *words).exit_code == 0
    rules = pd.read_csv(folder / "calm" / "split.csv")["rule"]
    assert set(rules) == {"against the same world in which nothing happens"}


def at_a_terminal(words: list[str], stop_at: bytes = b"") -> tuple[int, bytes]:
    """Run the program at a pseudo-terminal, press Ctrl-C once it has said ``stop_at``; return exit code and words."""
    import pty

    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", "from policy_lab.cli import main; main()", *words]
    with subprocess.Popen(command, stderr=theirs, stdout=subprocess.DEVNULL) as process:
        os.close(theirs)
        said, stopped = b"", not stop_at
        while True:
            try:
                part = os.read(ours, 4096)
            except OSError:  # Linux says so when the other end has closed
                break
            if not part:
                break
            said += part
            if not stopped and stop_at in said:
                stopped = True
                process.send_signal(signal.SIGINT)
    os.close(ours)
    return process.returncode, said


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_a_person_at_a_terminal_sees_progress(tmp_path):
    words = ["compare", "fishery", "--no-checks", "--worlds", "4", "--futures", "2", "--out", str(tmp_path / "out")]
    code, said = at_a_terminal(words)
    assert code == 0
    assert b"Comparing: 100%" in said
    assert b"32/32" in said


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
@pytest.mark.parametrize("moment", [b"Comparing:", b"Testing what was put in:", b"Writing charts"])
def test_ctrl_c_stops_with_a_word_and_leaves_nothing(moment, tmp_path):
    words = ["compare", "fishery", "--quick", *(str(word) for word in SMALL), "--out", str(tmp_path / "gone")]
    code, said = at_a_terminal(words, stop_at=moment)
    assert code == 130
    assert b"policy-lab: stopped; no half-written file is left" in said
    assert b"Traceback" not in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["fishry"], "fishery"),
        (["fishery", "--designs", "catch-qouta"], "catch-quota"),
        (["fishery", "--designs", "catch-quota+wach"], "watch"),
        (["fishery", "--scenario", "randm"], "random"),
        (["fishery", "--set", "Patrol protecion=1"], "Patrol protection"),
        (["fishery", "--worlds", "0"], "0"),
        (["fishery", "--start", "later"], "settled"),
        (["fishery", "--area", "E1"], "area"),
    ],
)
def test_what_a_study_does_not_know_is_answered_with_the_nearest(words, said, tmp_path):
    done = policy_lab("compare", *words, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert said in done.stderr
    assert "Traceback" not in done.output
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []
