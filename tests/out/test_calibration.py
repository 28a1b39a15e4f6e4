"""A short calibration of the flagship writes tables, chart and words that agree with one another."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

import policy_lab as pl
from policy_lab.analysis.calibration import Calibration, Effort, calibrate
from policy_lab.charts.history import history_chart
from policy_lab.out.calibration import calibration_summary, export_calibration, save_posterior
from policy_lab.out.layout import as_text
from policy_lab.provenance import bundled
from policy_lab.study.posterior import posterior_warnings, read_posterior

SHORT = Effort(generations=2, ensembles=2, walkers=44, steps=6, burn=2, draws=20)


@pytest.fixture(scope="module")
def calibration(tmp_path_factory: pytest.TempPathFactory) -> Calibration:
    pytest.importorskip("emcee")
    folder = tmp_path_factory.mktemp("study") / "safeguarding"
    shutil.copytree(bundled("models") / "safeguarding", folder)
    history = folder / "history.yaml"
    whole, _, rivals = history.read_text(encoding="utf-8").partition("rivals:")
    history.write_text(f"{whole}rivals:{rivals[: rivals.index('  inexperience:')]}", encoding="utf-8")  # three will do
    return calibrate(pl.open_study(str(folder)), method="posterior", effort=SHORT)


def test_the_first_words_say_what_the_data_cannot_speak_to(calibration: Calibration) -> None:
    first = calibration_summary(calibration)[0].blocks[0]
    text = as_text(calibration_summary(calibration)[:1])
    assert "calibration says nothing about designs" in " ".join(text.split())
    assert first.lines[0].startswith("The data are silent on")  # type: ignore[union-attr]


def test_the_folder_holds_the_tables_that_were_found(calibration: Calibration, tmp_path: Path) -> None:
    folder = export_calibration(calibration, tmp_path / "found")
    names = {file.name for file in folder.iterdir()}
    assert {"skill.csv", "theil.csv", "rivals.csv", "contraction.csv", "coverage.csv", "history.svg"} <= names
    skill = pd.read_csv(folder / "skill.csv")
    assert len(skill) == len(calibration.skill)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["model_sha256"] == calibration.history.study.model.digest


def test_saved_draws_can_be_used_by_a_plan(calibration: Calibration) -> None:
    study = calibration.history.study
    save_posterior(calibration)
    draws = read_posterior(study)
    assert set(draws["Threshold ratchet"].tolist()) == {0.0, 1.0}
    assert {"Low yield referral rate[Police]", "Care duration"} <= set(draws)
    assert "Recording growth" not in draws  # a nuisance of the past
    assert posterior_warnings(study) == ()
    plan = study.plan(designs=["masa-2023"], worlds=3, futures=1, posterior=True)
    assert len(pl.risk(pl.run(plan))) == 1


def test_the_chart_says_what_the_skill_table_says(calibration: Calibration) -> None:
    figure = history_chart(calibration)
    good = (calibration.skill["verdict"] == "better than both").sum()
    judged = (calibration.skill["verdict"] != "").sum()
    assert (f"{good} of {judged}" in figure.title) or (good == 0 and "no skill" in figure.title)
    assert "published" in figure.alt
