"""`policy-lab calibrate` on a small study whose truth is known: words, files, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from policy_lab.cli import main
from policy_lab.study import Study
from tests.past import TRUE_CAPACITY, fishery_with_a_past


def policy_lab(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return fishery_with_a_past(tmp_path_factory.mktemp("past"))


def test_a_point_is_found_told_and_written_where_nobody_watches(study: Study, tmp_path: Path) -> None:
    done = policy_lab("calibrate", study.folder, "--out", tmp_path / "point")
    assert done.exit_code == 0, done.stderr
    words = " ".join(done.stdout.split())
    assert "The data are silent on trust between communities, and every lever" in words
    assert "This is the most probable point only" in words
    assert {"history.svg", "history.png", "summary.md", "manifest.json", "skill.csv", "points.csv"} <= {
        file.name for file in (tmp_path / "point").iterdir()
    }
    points = pd.read_csv(tmp_path / "point" / "points.csv").set_index(["explanation", "parameter"])["value"]
    assert points["as it is", "Carrying capacity"] == pytest.approx(TRUE_CAPACITY, rel=0.05)
    assert not list(study.folder.glob("posterior*"))


def test_what_cannot_be_done_is_refused_before_any_work(study: Study, tmp_path: Path) -> None:
    point = policy_lab("calibrate", study.folder, "--save")
    assert (point.exit_code, "--method posterior" in point.stderr) == (2, True)
    (tmp_path / "file").write_text("taken", encoding="utf-8")
    taken = policy_lab("calibrate", study.folder, "--out", tmp_path / "file")
    assert taken.exit_code == 2
    without = policy_lab("calibrate", "fishery")
    assert (without.exit_code, "history.yaml" in without.stderr) == (2, True)
