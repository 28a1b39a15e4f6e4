"""`policy-lab discover`."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
from click.testing import CliRunner, Result

from policy_lab.cli import main
from tests.results.batch import write_batch


def policy_lab(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def test_it_tells_where_a_design_falls_short_and_writes_what_it_saw(tmp_path: Path) -> None:
    done = policy_lab(
        "discover", "fishery", "--design", "open-access", "--worlds", 200, "--resamples", 1, "--out", tmp_path
    )
    assert done.exit_code == 0, done.output
    words = " ".join(done.stdout.split())
    assert "Open access falls short in" in words
    assert {"discovery.svg", "discovery.png", "regions.csv", "inputs.csv", "answer.txt"} <= {
        path.name for path in tmp_path.iterdir()
    }
    inputs = pd.read_csv(tmp_path / "inputs.csv")
    assert "Catchability" in set(inputs["input"].head(3))
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["discovery"] == {"design": "open-access", "other": "", "resamples": 1}


PLAN = """\
study: fishery
designs: [open-access, catch-quota]
scenarios: [calm]
horizon: 12
uncertain: {worlds: 110, futures: 1, seed: 9}
"""


def test_it_reads_a_batch_that_is_there_already(tmp_path: Path) -> None:
    """The numbers of this batch are noise, so neither design is the weaker one anywhere in particular."""
    write_batch(tmp_path / "batch", PLAN)
    pair = ("--difference", "open-access,catch-quota", "--resamples", 0)
    done = policy_lab("discover", tmp_path / "batch", *pair, "--out", tmp_path / "found")
    assert done.exit_code == 0, done.output
    assert "of 110 worlds, and no box of inputs does better than chance" in " ".join(done.stdout.split())
    assert (tmp_path / "found" / "discovery.svg").is_file()


def test_bad_input_is_told_and_writes_nothing(tmp_path: Path) -> None:
    out = tmp_path / "none"
    for words, said in (
        (("--difference", "catch-quota"), "two designs, as A,B"),
        (("--design", "catch-qota"), "Did you mean `catch-quota`"),
        (("--worlds", 10), "is not in the range"),
    ):
        done = policy_lab("discover", "fishery", *words, "--out", out)
        assert done.exit_code == 2, words
        assert said in done.output
    assert not out.exists()
