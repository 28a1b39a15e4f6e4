"""`policy-lab clauses`."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from policy_lab.cli import main


def policy_lab(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def test_it_tells_and_writes(tmp_path: Path) -> None:
    out = tmp_path / "clauses"
    done = policy_lab(
        "clauses", "fishery", "--from", "open-access", "--to", "co-management", "--worlds", 5, "--futures", 2,
        "--out", out,
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "From Open access to Co-management, the share of modelled futures that fall short goes from" in done.stdout
    names = {"answer.txt", "clauses.csv", "clauses.png", "clauses.svg", "ends.csv", "manifest.json", "together.csv"}
    assert {file.name for file in out.iterdir()} == names
    table = pd.read_csv(out / "clauses.csv")
    sums = table.groupby("measure")["share"].sum()
    ends = pd.read_csv(out / "ends.csv").set_index("measure")["difference"]
    assert dict(sums) == pytest.approx(dict(ends), abs=1e-8)
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["clauses"]["coalitions"] == "all"


def test_the_flagship_with_few_orders(tmp_path: Path) -> None:
    done = policy_lab(
        "clauses", "safeguarding", "--from", "masa-2023", "--to", "macpt-2026", "--worlds", 2, "--futures", 1,
        "--orders", 1, "--out", tmp_path / "clauses",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "What both score alike" in done.stdout
    assert "put in, not found" in done.stdout


def test_an_unknown_design_is_bad_input(tmp_path: Path) -> None:
    done = policy_lab("clauses", "fishery", "--from", "open-acces", "--to", "co-management", "--out", tmp_path)
    assert done.exit_code == 2
    assert "open-access" in done.output
    assert not list(tmp_path.iterdir())
