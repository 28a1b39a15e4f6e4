from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from policy_lab.cli import main
from policy_lab.study import open_study
from policy_lab.study.score_file import NEEDED


def policy_lab(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def sheet(tmp_path) -> Path:
    """What two people said of the fishery: one the authors' scores, the other the same turned round."""
    study = open_study("fishery")
    path = tmp_path / "said.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("# INVENTED for this test\n")
        writer = csv.writer(file)
        writer.writerow(NEEDED)
        for name, design in study.designs.items():
            for lever, one in design.levers.items():
                writer.writerow(["Ann", name, lever, "Dmnl", one.low, one.mode, one.high, "as the authors"])
                turned = [round(1 - value, 6) for value in (one.high, one.mode, one.low)]
                writer.writerow(["Bob", name, lever, "Dmnl", *turned, "the other way round"])
    return path


def test_template_read_and_compare_follow_one_another(sheet, tmp_path):
    done = policy_lab(
        "elicit", "read", sheet, "--study", "fishery", "--weights", "Ann=3,Bob=1", "--out", tmp_path / "p"
    )
    assert done.exit_code == 0, done.stderr
    assert "Ann (75%), Bob (25%)" in done.stdout
    assert "The largest disagreement is on" in done.stdout
    words = ("--worlds", 8, "--futures", 2, "--no-checks", "--out", tmp_path / "compared")
    done = policy_lab("compare", "fishery", "--scores", tmp_path / "p", *words)
    assert done.exit_code == 0, done.stderr
    assert "Lever scores are pooled from 2 experts" in done.stdout
    manifest = json.loads((tmp_path / "compared" / "manifest.json").read_text(encoding="utf-8"))
    told = manifest["settings"]["scores"]
    assert told["experts"] == {"Ann": 0.75, "Bob": 0.25}
    assert set(told["files_sha256"]) == {"scores.csv"}
    assert "Ann (75%)" in (tmp_path / "compared" / "summary.md").read_text(encoding="utf-8")


def test_one_expert_with_the_authors_scores_finds_what_the_authors_find(sheet, tmp_path):
    words = ("--worlds", 6, "--futures", 2, "--no-checks", "--out")
    mine = policy_lab("compare", "fishery", "--scores", sheet, "--expert", "Ann", *words, tmp_path / "mine")
    theirs = policy_lab("compare", "fishery", *words, tmp_path / "theirs")
    assert (mine.exit_code, theirs.exit_code) == (0, 0), mine.stderr
    assert "Lever scores are those of Ann" in mine.stdout
    for table in ("risk.csv", "dominance.csv", "pairwise.csv"):
        assert (tmp_path / "mine" / table).read_bytes() == (tmp_path / "theirs" / table).read_bytes()


def test_two_experts_who_contradict_one_another_leave_every_order_open(sheet, tmp_path):
    words = ("--worlds", 4, "--futures", 2, "--no-checks", "--out", tmp_path / "both")
    done = policy_lab("compare", "fishery", "--scores", sheet, *words)
    assert done.exit_code == 0, done.stderr
    with (tmp_path / "both" / "dominance.csv").open(encoding="utf-8", newline="") as file:
        assert {row["order"] for row in csv.DictReader(file)} == {"open"}


def test_blind_maps_labels_back_and_shows_three_orders(sheet, tmp_path):
    done = policy_lab(
        "elicit", "template", "fishery", "--blind", "--seed", 5, "--expert", "Cyn", "-o", tmp_path / "b.csv"
    )
    assert done.exit_code == 0, done.stderr
    with (tmp_path / "b.key.csv").open(encoding="utf-8", newline="") as file:
        key = {row["label"]: row["design"] for row in csv.DictReader(file)}
    study = open_study("fishery")
    rows = [
        ["Cyn", label, lever, "", one.low, one.mode, one.high, ""]
        for label, name in key.items()
        for lever, one in study.designs[name].levers.items()
    ]
    with (tmp_path / "filled.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([NEEDED, *rows])
    words = ("--study", "fishery", "--worlds", 4, "--futures", 2)
    done = policy_lab(
        "elicit", "blind", tmp_path / "filled.csv", "--key", tmp_path / "b.key.csv", *words, "--out", tmp_path / "o"
    )
    assert done.exit_code == 0, done.stderr
    assert "that of the authors' agree closely (Kendall's tau 1.0)" in " ".join(done.stdout.split())
    assert "not blind" not in done.stderr
    with (tmp_path / "o" / "orders.csv").open(encoding="utf-8", newline="") as file:
        orders = list(csv.DictReader(file))
    assert [row["reader_risk"] for row in orders] == [row["authors_risk"] for row in orders]
    done = policy_lab("elicit", "blind", tmp_path / "filled.csv", *words)
    assert done.exit_code == 2
    assert "--key FILE" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("compare", "fishery", "--expert", "Ann"), "without --scores"),
        (("elicit", "read", "none.csv", "--study", "fishery"), "cannot be read"),
        (("elicit", "read", "SHEET", "--study", "fishery", "--weights", "Ann"), "is no weight"),
        (("elicit", "read", "SHEET", "--study", "fishery", "--weights", "Zoe=1"), "who gave no scores"),
        (("elicit", "read", "SHEET", "--study", "fishery", "--expert", "An"), "Did you mean `Ann`"),
        (("elicit", "template", "fishery", "-o", "SHEET"), "is there already"),
    ],
)
def test_what_cannot_be_used_is_told_without_a_traceback(sheet, words, said):
    done = policy_lab(*(sheet if word == "SHEET" else word for word in words))
    assert done.exit_code == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_the_flagships_example_says_that_it_is_invented_and_can_be_read():
    study = open_study("safeguarding")
    (path,) = study.folder.glob("*invented.csv")
    assert path.read_text(encoding="utf-8").startswith("# INVENTED")
    with path.open(encoding="utf-8", newline="") as file:
        next(file)
        rows = list(csv.DictReader(file))
    assert all(row["expert"].startswith("Invented") and row["reason"].startswith("Invented") for row in rows)
    done = policy_lab("elicit", "read", path)
    assert (done.exit_code, done.stderr) == (0, "")
    assert "pooled from 3 experts" in done.stdout
    assert "left out" not in done.stdout
