"""`policy-lab believe`."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from policy_lab.cli import main


def policy_lab(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def test_it_tells_and_writes(tmp_path: Path) -> None:
    out = tmp_path / "believe"
    done = policy_lab(
        "believe", "fishery", "--design", "patrolled-licences", "--against", "catch-quota", "--worlds", 5, "--futures",
        2, "--scores-held", "--out", out,
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "At central values Licences leads Catch quota in the mean of the shared stock" in done.stdout
    assert "you would have to believe" in " ".join(done.stdout.split())
    names = {
        "answer.txt", "switching.csv", "needed.csv", "outcomes.csv", "ensemble.csv", "switching.svg", "switching.png",
        "manifest.json",
    }  # fmt: skip
    assert {file.name for file in out.iterdir()} == names
    assert len(pd.read_csv(out / "switching.csv")) == 30


@pytest.mark.slow
def test_the_flagship_at_its_smallest(tmp_path: Path) -> None:
    done = policy_lab(
        "believe", "safeguarding", "--design", "masa-2023", "--against", "macpt-2026", "--worlds", 2, "--futures", 1,
        "--out", tmp_path / "believe",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "MASA 2023 trails Child protection teams 2026" in " ".join(done.stdout.split())


def test_an_unknown_rival_is_bad_input(tmp_path: Path) -> None:
    done = policy_lab("believe", "fishery", "--design", "catch-quota", "--against", "co-managment", "--out", tmp_path)
    assert done.exit_code == 2
    assert "co-management" in done.output
    assert not list(tmp_path.iterdir())
