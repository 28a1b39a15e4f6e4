"""`policy-lab loops`, and the files that `policy-lab describe` writes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
from click.testing import CliRunner, Result

from policy_lab.cli import main
from policy_lab.model import read_model
from policy_lab.provenance import bundled
from policy_lab.study import open_study


def policy_lab(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


FISHERY = bundled("models") / "fishery" / "fishery.mdl"


def test_a_study_tells_its_loops_and_whether_they_are_as_stated() -> None:
    done = policy_lab("loops", "fishery")
    assert done.exit_code == 0
    for name, loop in open_study("fishery").file.loops.items():
        line = next(line for line in done.stdout.splitlines() if line.startswith(f"  {name} "))
        assert loop.title in line
        assert loop.kind in line
        assert line.endswith("as stated")
    assert "43 loops found, which are all" in done.stdout


def test_a_loop_that_is_not_as_stated_fails(tmp_path: Path) -> None:
    folder = tmp_path / "fishery"
    shutil.copytree(bundled("models") / "fishery", folder)
    file = folder / "study.yaml"
    file.write_text(
        file.read_text(encoding="utf-8").replace("kind: balancing", "kind: reinforcing", 1), encoding="utf-8"
    )
    done = policy_lab("loops", folder)
    assert done.exit_code == 1
    assert "NOT AS STATED" in done.stdout
    assert "it is balancing, not reinforcing" in done.stdout


def test_any_model_tells_its_shortest_loops() -> None:
    done = policy_lab("loops", FISHERY, "--most", 3)
    assert done.exit_code == 0
    assert "25 of 34 variables" in done.stdout
    assert "  Compliance -> Compliance" in done.stdout
    assert "… and 40 more" in done.stdout


def test_a_partial_list_says_so() -> None:
    done = policy_lab("loops", FISHERY, "--longest", 3)
    assert "only loops of at most 3 variables were looked for" in done.stdout


def test_cuts_are_told_and_written(tmp_path: Path) -> None:
    done = policy_lab(
        "loops", "fishery", "--cut", "B2", "--designs", "open-access,catch-quota", "--worlds", 3, "--futures", 2,
        "--out", tmp_path / "loops",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "WITHOUT EACH LOOP, over 3 worlds × 2 futures" in done.stdout
    assert "B2 Boats follow money" in done.stdout
    cuts = pd.read_csv(tmp_path / "loops" / "cuts.csv")
    assert list(cuts["design"]) == ["open-access", "catch-quota"]
    assert (tmp_path / "loops" / "loop-b2.svg").read_text(encoding="utf-8").count("<title>") == 1
    assert (tmp_path / "loops" / "loops.svg").is_file()
    text = (tmp_path / "loops" / "cuts.md").read_text(encoding="utf-8")
    assert "| B2 Boats follow money | balancing | " in text
    assert open_study("fishery").file.words.not_a_forecast in text


def test_an_unknown_loop_is_bad_input() -> None:
    done = policy_lab("loops", "fishery", "--cut", "Q7")
    assert done.exit_code == 2
    assert "no loop `Q7` in this study" in done.output


def test_describe_writes_a_book(tmp_path: Path) -> None:
    done = policy_lab("describe", FISHERY, "--book", tmp_path / "book")
    assert done.exit_code == 0
    assert str(tmp_path / "book") in done.stdout
    assert (tmp_path / "book" / "equations.html").is_file()


def test_describe_writes_a_sketch_and_leaves_the_model_alone(tmp_path: Path) -> None:
    before = FISHERY.read_bytes()
    done = policy_lab("describe", "fishery", "--sketch", tmp_path / "drawn.mdl")
    assert done.exit_code == 0
    assert FISHERY.read_bytes() == before
    drawn = read_model(tmp_path / "drawn.mdl")
    assert set(drawn.views) >= {"The fish", "The fleet"}
    assert "Vensim itself has not opened it" in done.stdout
