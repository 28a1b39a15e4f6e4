"""What a place's calibration says and writes: what the data cannot speak to first, gaps told, nothing ranked."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from policy_lab.analysis.calibration import Effort, PlaceCalibration, calibrate_place
from policy_lab.charts.contraction import contraction_chart
from policy_lab.charts.history import history_chart
from policy_lab.out.layout import as_text
from policy_lab.out.place_calibration import export_place, place_calibration_summary
from tests.ports import fishery_with_ports

SHORT = Effort(generations=10, ensembles=2, walkers=10, steps=60, burn=60, draws=30)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> PlaceCalibration:
    pytest.importorskip("emcee")
    return calibrate_place(fishery_with_ports(tmp_path_factory.mktemp("ports")), "Deepwater", method="posterior",
                           effort=SHORT)  # fmt: skip


def test_the_first_paragraph_says_what_the_data_cannot_speak_to(found: PlaceCalibration) -> None:
    first = place_calibration_summary(found)[0].blocks[0].lines[0]  # type: ignore[union-attr]
    assert first.startswith("The data are silent on trust between communities, and every lever")
    assert "every other one stays at the study's value" in first
    assert "on Spell severity" in first
    assert "The chains do not agree yet" in first  # so few steps cannot agree


def test_gaps_are_told_and_nothing_ranks_places(found: PlaceCalibration) -> None:
    words = " ".join(as_text(place_calibration_summary(found)).split())
    assert "Boats: figures of fewer than 3 of the years to be fitted" in words
    assert "nothing here ranks places" in words
    assert "not published here" in words
    assert "nan" not in words
    assert f'--set "Carrying capacity={found.moved["value"].iloc[0]:.4g}"' in words


def test_all_of_it_is_written_with_whose_it_is(found: PlaceCalibration, tmp_path: Path) -> None:
    folder = export_place(found, tmp_path / "deepwater")
    names = {file.name for file in folder.iterdir()}
    assert {"moved.csv", "pooled.csv", "draws.csv", "skill.csv", "contraction.csv", "bands.csv", "history.png"} <= names
    assert "points.csv" not in names  # a rival's points are the study's
    assert len(pd.read_csv(folder / "draws.csv")) == 30
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["settings"]["area"] == "D"
    assert "Deepwater" in manifest["subject"]
    assert {"history", "landings.csv", "ports.csv"} <= set(manifest["inputs_sha256"])
    assert "Deepwater, 2011 to 2022" in (folder / "summary.md").read_text(encoding="utf-8")


def test_its_charts_are_those_of_a_calibration(found: PlaceCalibration) -> None:
    assert "Deepwater" in history_chart(found.found).subtitle
    assert "Deepwater" in contraction_chart(found.found).alt
