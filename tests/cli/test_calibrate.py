"""`policy-lab calibrate` on a small study whose truth is known: words, files, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from policy_lab.cli import main
from policy_lab.study import Study
from tests.past import TRUE_CAPACITY, fishery_with_a_past
from tests.ports import CAPACITIES, fishery_with_ports


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


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return fishery_with_ports(tmp_path_factory.mktemp("ports"))


def test_one_place_is_fitted_and_its_values_can_be_run(ports: Study, tmp_path: Path) -> None:
    done = policy_lab("calibrate", ports.folder, "--area", "ashport", "--out", tmp_path / "ashport")
    assert done.exit_code == 0, done.stderr
    assert "CALIBRATION OF ONE PLACE: ASHPORT, 2011 TO 2022" in done.stdout
    moved = pd.read_csv(tmp_path / "ashport" / "moved.csv").set_index("parameter")["value"]
    assert moved["Carrying capacity"] == pytest.approx(CAPACITIES["A"], rel=0.06)
    held = [word for name, value in moved.items() for word in ("--set", f"{name}={value:.4g}")]
    run = policy_lab("compare", ports.folder, "--area", "Ashport", *held, "--worlds", 2, "--futures", 1, "--no-checks",
                     "--out", tmp_path / "compared")  # fmt: skip
    assert run.exit_code == 0, run.stderr


def test_a_place_refuses_what_belongs_to_the_study_and_unknown_names(ports: Study, study: Study) -> None:
    saved = policy_lab("calibrate", ports.folder, "--area", "Ashport", "--method", "posterior", "--save")
    assert (saved.exit_code, "a place's goes to --out" in saved.stderr) == (2, True)
    missed = policy_lab("calibrate", ports.folder, "--area", "Ashpot")
    assert (missed.exit_code, "Did you mean `Ashport`" in missed.stderr) == (2, True)
    none = policy_lab("calibrate", study.folder, "--area", "Ashport")
    assert (none.exit_code, "says nothing of places" in none.stderr) == (2, True)
    point = policy_lab("calibrate", ports.folder, "--resume")
    assert (point.exit_code, "--method posterior" in point.stderr) == (2, True)


@pytest.mark.slow
def test_a_posterior_that_was_written_leaves_no_steps_behind(
    ports: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("emcee")
    monkeypatch.setenv("POLICY_LAB_CACHE", str(tmp_path / "cache"))
    done = policy_lab("calibrate", ports.folder, "--area", "D", "--method", "posterior", "--steps", 50, "--resume")
    assert done.exit_code == 0, done.stderr
    assert "WHAT THE DATA NARROWED" in done.stdout
    assert not list((tmp_path / "cache").glob("*.steps"))
