"""`policy-lab watch`."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
from click.testing import CliRunner, Result

from policy_lab.cli import main
from policy_lab.provenance import bundled


def policy_lab(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def test_it_tells_and_writes(tmp_path: Path) -> None:
    out = tmp_path / "watch"
    done = policy_lab("watch", "fishery", "--worlds", 60, "--futures", 3, "--out", out)
    assert done.exit_code == 0, done.output
    assert "the outcome itself, if anybody could see it at once" in " ".join(done.stdout.split()).lower()
    assert "in this model only" in " ".join(done.stdout.split())
    names = {"answer.txt", "curve.csv", "indicators.csv", "manifest.json", "watch.png", "watch.svg"}
    assert {file.name for file in out.iterdir()} == names
    table = pd.read_csv(out / "indicators.csv")
    assert list(table["published"])[-1] == "by nobody"


def test_the_flagship_with_an_indicator_of_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "flagship"
    shutil.copytree(bundled("models") / "safeguarding", folder)
    file = folder / "study.yaml"
    text = file.read_text(encoding="utf-8")
    if "\nindicators:" not in text:
        bound = (
            "indicators:\n  vacancies:\n    variable: Vacant posts[Social care]\n    title: Vacant posts\n"
            "    published: yearly\n    every: 12\n    lag: 5\n\ngroups:\n"
        )
        file.write_text(text.replace("\ngroups:\n", f"\n{bound}", 1), encoding="utf-8")
    done = policy_lab(
        "watch", folder, "--design", "scottish-type", "--worlds", 8, "--futures", 4, "--out", tmp_path / "watch"
    )
    assert done.exit_code == 0, done.output
    assert "Too few to judge by" in done.stdout
    table = pd.read_csv(tmp_path / "watch" / "indicators.csv")
    assert table["title"].iloc[-1] == "Effective detection capacity itself"


def test_a_name_that_is_not_in_the_model_is_bad_input(tmp_path: Path) -> None:
    folder = tmp_path / "fishery"
    shutil.copytree(bundled("models") / "fishery", folder)
    file = folder / "study.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("    variable: Assessed stock\n", "    variable: Asessed stock\n"), encoding="utf-8")
    done = policy_lab("watch", folder)
    assert done.exit_code == 2
    assert "Assessed stock" in done.output
    file.write_text(text.replace("    variable: Landings\n    elements: sum\n", "    variable: Landings\n"), "utf-8")
    done = policy_lab("watch", folder)
    assert done.exit_code == 2
    assert "has several elements" in done.output
