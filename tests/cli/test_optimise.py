"""`policy-lab optimise`."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from click.testing import CliRunner, Result

from policy_lab.cli import main


def policy_lab(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def test_it_writes_the_front_with_the_designs_beside_it(tmp_path: Path) -> None:
    done = policy_lab(
        "optimise", "fishery", "--measure", "level", "--worlds", 2, "--futures", 1, "--population", 8, "--generations",
        2, "--out", tmp_path,
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "a setting is no statute" in " ".join(done.stdout.split())
    table = pd.read_csv(tmp_path / "front.csv")
    assert set(table["kind"]) == {"setting", "design"}
    assert {"Patrols", "level_sought", "level_held_out", "cost_held_out"} <= set(table.columns)
    names = {path.name for path in tmp_path.iterdir()}
    assert {"front.svg", "front.png", "convergence.csv", "answer.txt", "manifest.json"} <= names


def test_bad_input_is_told_and_writes_nothing(tmp_path: Path) -> None:
    out = tmp_path / "none"
    for words, said in ((("--cost", "Boat"), "no resource `Boat`"), (("--like", "co-managment"), "co-management")):
        done = policy_lab("optimise", "fishery", *words, "--out", out)
        assert done.exit_code == 2, words
        assert said in done.output
    assert not out.exists()
