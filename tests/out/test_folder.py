from __future__ import annotations

import json

import pandas as pd
import pytest

from policy_lab.charts.figure import Figure
from policy_lab.errors import InputError
from policy_lab.out import check_folder, export
from policy_lab.results import read_runs

TABLES = {"dominance", "risk", "pairwise", "series", "surface", "thresholds", "split", "columns"}
TABLES |= {"flips", "placebo", "variance", "variance_grades"}
TABLES |= {"survival", "holding_times", "satisficing", "stochastic_dominance", "burden_timing"}
TABLES |= {"convergence", "convergence_pairs"}
CHARTS = {"dominance", "risk", "surface", "split", "fan", "survival", "satisficing"}


@pytest.fixture(scope="module")
def folder(results, checks, tmp_path_factory):
    return export(results, tmp_path_factory.mktemp("out") / "first", checks=checks, all_runs=True)


def test_everything_is_there(folder):
    expected = {f"{name}.csv" for name in TABLES} | {f"{name}.{kind}" for name in CHARTS for kind in ("svg", "png")}
    expected |= {"runs.parquet", "runs.csv", "manifest.json", "summary.txt", "summary.md"}
    assert {file.name for file in folder.iterdir()} == expected
    assert [entry.name for entry in folder.parent.iterdir()] == ["first"]


def test_the_same_results_give_the_same_bytes(folder, results, checks, tmp_path):
    again = export(results, tmp_path / "again", checks=checks, all_runs=True)
    for file in folder.iterdir():
        if file.name != "manifest.json":
            assert file.read_bytes() == (again / file.name).read_bytes(), file.name


def test_tables_can_be_read_back(folder, results):
    risk = pd.read_csv(folder / "risk.csv")
    assert risk["design"].tolist() == list(results.designs)
    assert risk["overlay"].fillna("").tolist() == ["", "", "watch", ""]
    notes = pd.read_csv(folder / "columns.csv")
    assert notes["column"].tolist() == list(risk.columns)
    assert notes["definition"].notna().all()
    series = pd.read_csv(folder / "series.csv")
    assert set(series["variable"]) == set(results.outcomes)
    burden = results.plan.study.file.measures.burden.variable
    assert set(series.loc[series["variable"] == burden, "unit"]) == {"ratio to open-access"}


def test_every_run_is_kept(folder, results):
    runs = read_runs(folder / "runs.parquet")
    assert runs.designs == results.designs
    assert len(pd.read_csv(folder / "runs.csv")) == 4 * 20 * 3 * 25


def test_the_manifest_says_what_made_it(folder, results):
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["seed"] == results.plan.seed
    assert "made_at" in manifest


def test_pictures_in_the_summary_carry_alt_text(folder):
    text = (folder / "summary.md").read_text(encoding="utf-8")
    for name in CHARTS:
        assert f"]({name}.png)" in text
    assert "![](" not in text


def test_a_failure_leaves_nothing_behind(results, tmp_path, monkeypatch):
    def broken(self, path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Figure, "save", broken)
    with pytest.raises(InputError, match="No space left on device"):
        export(results, tmp_path / "gone")
    assert list(tmp_path.iterdir()) == []


def test_an_earlier_export_stays_whole_when_the_next_fails(results, tmp_path, monkeypatch):
    folder = export(results, tmp_path / "kept")
    before = {file.name: file.read_bytes() for file in folder.iterdir()}

    def broken(self, path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Figure, "save", broken)
    with pytest.raises(InputError):
        export(results, folder)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_other_files_in_the_folder_stay(results, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    export(results, tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_folder_is_asked_for_before_a_long_run(tmp_path):
    assert check_folder(tmp_path / "new" / "deep") == tmp_path / "new" / "deep"
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "taken").write_text("")
    for blocked in (tmp_path / "taken", tmp_path / "taken" / "below"):
        with pytest.raises(InputError, match="taken"):
            check_folder(blocked)


def test_a_file_in_the_way_is_refused(results, tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(InputError, match="is a file"):
        export(results, tmp_path / "taken")
