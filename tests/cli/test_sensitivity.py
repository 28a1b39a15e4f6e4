"""`policy-lab sensitivity`."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
from click.testing import CliRunner, Result

from policy_lab.cli import main


def policy_lab(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def test_it_prints_two_sentences_and_writes_table_chart_and_manifest(tmp_path: Path) -> None:
    done = policy_lab(
        "sensitivity", "fishery", "--difference", "catch-quota,co-management", "--outcome", "level", "--samples", 4,
        "--futures", 2, "--out", tmp_path,
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    words = " ".join(done.stdout.split())
    assert "of 44 uncertain inputs matter" in words
    assert "How settled: with half of the runs" in words
    assert "Lever scores are judgement" in words
    table = pd.read_csv(tmp_path / "sensitivity.csv")
    assert len(table) == 44
    assert {path.suffix for path in tmp_path.iterdir()} == {".csv", ".svg", ".png", ".txt", ".json"}
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["sensitivity"]["question"] == {
        "outcome": "level",
        "design": "catch-quota",
        "other": "co-management",
    }
    assert manifest["sensitivity"]["worlds"] == 4 * 45


def test_the_base_design_has_no_burden_to_explain(tmp_path: Path) -> None:
    done = policy_lab("sensitivity", "fishery", "--samples", 2, "--futures", 1, "--by", "grade", "--out", tmp_path)
    assert done.exit_code == 0, done.output
    names = {path.name for path in tmp_path.glob("*.svg")}
    assert names == {"sensitivity-level.svg", "sensitivity-risk.svg"}


def test_bad_input_is_told_and_writes_nothing(tmp_path: Path) -> None:
    out = tmp_path / "none"
    for words, said in (
        (("--difference", "catch-quota"), "two designs, as A,B"),
        (("--outcome", "levle"), "no outcome `levle`"),
        (("--design", "catch-qota"), "Did you mean `catch-quota`"),
        (("--method", "pawn", "--by", "group"), "does not look at groups"),
    ):
        done = policy_lab("sensitivity", "fishery", *words, "--out", out)
        assert done.exit_code == 2, words
        assert said in done.output
    assert not out.exists()
