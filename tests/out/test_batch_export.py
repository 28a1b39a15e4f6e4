from __future__ import annotations

import csv
import datetime as dt
import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest

from policy_lab.analysis.risk import pairwise, risk
from policy_lab.analysis.shortfall import BY_SPEED, BY_TWIN
from policy_lab.errors import InputError
from policy_lab.out.batch_export import export_batch
from policy_lab.out.decision_tables import decision_tables, measured
from policy_lab.results import Results, open_batch, write_runs
from policy_lab.results.stored import StoredRuns
from policy_lab.study import open_study
from tests.results.batch import write_batch

OFFICE = shutil.which("soffice")


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> StoredRuns:
    folder = tmp_path_factory.mktemp("export") / "batch"
    write_batch(folder)
    return open_batch(folder)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as text:
        return list(csv.DictReader(text))


def sheet_rows(book: openpyxl.Workbook, name: str) -> list[dict[str, object]]:
    sheet = book[name]
    (table,) = sheet.tables.values()
    cells = [[cell.value for cell in row] for row in sheet[table.ref]]
    return [dict(zip(cells[0], row, strict=True)) for row in cells[1:]]


@pytest.mark.parametrize(
    ("format_", "every_run", "files"),
    [
        ("tidy", None, ["dictionary.csv", "failures.csv", "inputs.csv", "manifest.json", "runs.csv"]),
        ("wide", True, ["dictionary.csv", "failures.csv", "inputs.csv", "manifest.json", "runs_wide.csv"]),
        ("xlsx", None, ["failures.csv", "manifest.json", "summary.xlsx"]),
        ("xlsx", True, ["dictionary.csv", "failures.csv", "manifest.json", "runs.xlsx"]),
        ("parquet", True, ["dictionary.csv", "failures.csv", "inputs.parquet", "manifest.json", "runs.parquet"]),
        ("netcdf", None, ["dictionary.csv", "failures.csv", "inputs.csv", "manifest.json", "runs.nc"]),
        (
            "tidy",
            False,
            [
                *("bars.csv", "columns.csv", "failures.csv", "findings.csv", "manifest.json", "pairs.csv"),
                *("paths.csv", "put_in.csv", "resources.csv", "risk.csv", "shortfalls.csv"),
            ],
        ),
    ],
)
def test_each_format_writes_its_files_and_the_same_bytes_again(
    stored: StoredRuns, tmp_path: Path, format_: str, every_run: bool | None, files: list[str]
) -> None:
    asked = {"format": format_, "every_run": every_run, "outcome": ["Fleet", "Intent"], "design": "co-management"}
    asked |= {"scenario": "random", "setting": "strict"}
    one = export_batch(stored, tmp_path / "one", **asked)  # type: ignore[arg-type]
    two = export_batch(stored.folder, tmp_path / "two", **asked)  # type: ignore[arg-type]
    assert names(one) == names(two) == files
    for name in files:
        if name != "manifest.json":
            assert (one / name).read_bytes() == (two / name).read_bytes(), name
    about = json.loads((one / "manifest.json").read_text(encoding="utf-8"))
    assert about["export"]["designs"] == ["co-management"]
    assert about["export"]["blocks"] == ["random_strict"]
    assert about["model_sha256"] == stored.manifest["model_sha256"]


def test_inputs_join_with_runs_and_keep_levers_apart(stored: StoredRuns, tmp_path: Path) -> None:
    folder = export_batch(stored, tmp_path / "out", format="tidy", scenario="calm", outcome="Intent")
    runs, inputs = (pd.read_csv(folder / name) for name in ("runs.csv", "inputs.csv"))
    joined = runs.merge(inputs, on=["scenario", "setting", "design", "world"], validate="many_to_one")
    assert len(joined) == len(runs) == 2 * 3 * 5 * 2 * 25
    held = joined.groupby("setting")["uncertainty: Patrol protection"].nunique()
    assert held["strict"] == 1
    plan = stored.plan("calm_as-is")
    one = inputs[(inputs["setting"] == "as-is") & (inputs["design"] == "catch-quota")]
    assert np.allclose(one["lever: quota"], plan.lever_scores()["quota"][2])
    kinds = pd.read_csv(folder / "dictionary.csv").set_index("column")["kind"]
    for column in [*runs.columns, *inputs.columns]:
        prefix, colon, _ = column.partition(": ")
        assert kinds[column] == (prefix if colon else "key")


def test_failed_cases_are_listed_and_left_empty(stored: StoredRuns, tmp_path: Path) -> None:
    folder = export_batch(stored, tmp_path / "out", format="tidy", outcome="Intent")
    (failed,) = rows_of(folder / "failures.csv")
    assert (failed["design"], failed["world"], failed["reason"]) == ("co-management", "3", "not a finite number")
    empty = [row for row in rows_of(folder / "runs.csv") if not row["outcome: Intent"]]
    assert len(empty) == 25
    assert {row["world"] for row in empty} == {"3"}


@pytest.fixture(scope="module")
def book(stored: StoredRuns, tmp_path_factory: pytest.TempPathFactory) -> openpyxl.Workbook:
    folder = export_batch(stored, tmp_path_factory.mktemp("book") / "out", outcome="Fleet")
    return openpyxl.load_workbook(folder / "summary.xlsx")


def test_the_workbook_tells_of_each_block_what_the_analysis_found(stored: StoredRuns, book: openpyxl.Workbook) -> None:
    assert book.sheetnames == [
        *("Cover", "Contents", "Notes", "Findings", "Put in", "Risk", "Pairs", "Shortfalls", "Bars", "Resources"),
        *("Paths", "Columns"),
    ]
    assert book["Cover"]["A1"].value == "A shared fishery"
    cover = " ".join(str(cell.value) for cell in book["Cover"]["A"])
    assert "It describes no real fishery" in cover
    assert "3 designs × 5 worlds × 2 futures in 4 blocks" in cover
    assert "1 case of all that were run gave no usable numbers" in cover
    notes = [str(cell.value) for cell in book["Notes"]["B"]]
    assert "Limit: One stock, no ages, no other species." in notes
    assert any("only as a ratio to `open-access`" in note for note in notes)
    found = sheet_rows(book, "Risk")
    for block in stored.blocks:
        results = stored.results(block)
        expected = risk(results)
        here = [row for row in found if (row["scenario"], row["setting"]) == (block.scenario, block.setting)]
        assert [row["design"] for row in here] == list(stored.designs)
        assert [row["risk (share, 0 to 1)"] for row in here] == pytest.approx(expected["risk"].tolist())
        pairs = pairwise(results)
        told = [
            row
            for row in sheet_rows(book, "Pairs")
            if (row["scenario"], row["setting"]) == (block.scenario, block.setting)
        ]
        assert [row["difference (share, 0 to 1)"] for row in told] == pytest.approx(pairs["difference"].tolist())
    assert [row["failed cases (cases)"] for row in sheet_rows(book, "Findings")] == [0, 1, 0, 0]
    assert any("Patrol protection = 0.8" in str(row["held"]) for row in sheet_rows(book, "Findings"))
    paths = sheet_rows(book, "Paths")
    assert {row["variable"] for row in paths} == {"Fleet"}
    assert len(paths) == 4 * 3 * 3 * 25
    assert paths[1]["date (ISO date)"] == dt.datetime(2026, 2, 1)
    column = stored.results("random_as-is")["Fleet"].values[0, ..., 1, 0].ravel()
    assert paths[1]["q50 (as in unit)"] == pytest.approx(np.median(column))


def test_every_column_of_every_sheet_is_explained(book: openpyxl.Workbook) -> None:
    explained = {(row["sheet"], row["column"]): row for row in sheet_rows(book, "Columns")}
    for name in book.sheetnames[3:-1]:
        for head in sheet_rows(book, name)[0]:
            columns = [column for sheet, column in explained if sheet == name and str(head).startswith(column)]
            assert columns, (name, head)
    assert all(len(str(row["definition"])) > 3 for row in explained.values())


def test_the_base_design_is_there_though_not_asked_for(stored: StoredRuns) -> None:
    choice = stored.choose(design="catch-quota", scenario="random", setting="as-is", outcome="Intent")
    told: list[tuple[int, int]] = []
    tables = decision_tables(stored, choice, progress=lambda done, of: told.append((done, of)))
    found = next(sheet.table for sheet in tables.sheets if sheet.name == "Risk")
    assert found["design"].tolist() == ["catch-quota", "open-access"]
    assert np.isfinite(found["burden_ratio"]).all()
    assert told == [(1, 1)]


def test_a_calm_twin_tells_shocks_from_wear(stored: StoredRuns) -> None:
    choice = stored.choose(scenario="random", setting="as-is", outcome="Intent")
    asked: list[Results] = []

    def calm(results: Results) -> Results:
        asked.append(results)
        quiet = {
            name: replace(one, values=np.full_like(one.values[:, :, :1], 1.0)) for name, one in results.outcomes.items()
        }
        return replace(results, outcomes=quiet, failures=())

    with_twin, without = (
        next(sheet.table for sheet in decision_tables(stored, choice, calm=one).sheets if sheet.name == "Shortfalls")
        for one in (calm, None)
    )
    assert len(asked) == 1
    assert set(with_twin["rule"]) == {BY_TWIN}
    assert set(without["rule"]) == {BY_SPEED}
    assert with_twin.loc[with_twin["cause"] == "worn down", "share"].sum() == 0


def test_the_measures_outcomes_are_known() -> None:
    assert measured(open_study("fishery")) == (
        *("Stock against the reference", "Accumulated hardship", "Intent", "Implementation", "Patrol days", "Fleet"),
    )


def test_what_a_format_does_not_hold_is_refused_and_nothing_is_left(stored: StoredRuns, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="`netcdf` holds runs"):
        export_batch(stored, tmp_path / "out", format="netcdf", every_run=False)
    with pytest.raises(InputError, match="Fleet"):
        export_batch(stored, tmp_path / "out", outcome="Fleat")
    assert list(tmp_path.iterdir()) == []


def test_a_half_batch_exports_its_runs_and_no_tables(stored: StoredRuns, tmp_path: Path) -> None:
    half = tmp_path / "half"
    shutil.copytree(stored.folder, half)
    (half / "parts" / "calm_strict-000002.parquet").unlink()
    folder = export_batch(half, tmp_path / "runs", format="tidy", outcome="Intent")
    assert len(rows_of(folder / "runs.csv")) == (120 - 12) * 25
    with pytest.raises(InputError, match="12 runs of `calm_strict` are missing"):
        export_batch(half, tmp_path / "tables")
    assert not (tmp_path / "tables").exists()


def test_of_a_block_that_never_ran_nothing_is_exported(stored: StoredRuns, tmp_path: Path) -> None:
    half = tmp_path / "half"
    shutil.copytree(stored.folder, half)
    for part in (half / "parts").glob("calm_strict-*"):
        part.unlink()
    with pytest.raises(InputError, match="of what is asked for no runs are there"):
        export_batch(half, tmp_path / "out", scenario="calm", setting="strict")
    assert not (tmp_path / "out").exists()


def test_runs_that_nothing_tells_the_plan_of_have_no_tables(results: Results, tmp_path: Path) -> None:
    path = write_runs(results, tmp_path / "runs.parquet")
    folder = export_batch(path, tmp_path / "out", format="parquet", outcome="Trust")
    assert names(folder) == ["dictionary.csv", "manifest.json", "runs.parquet"]
    table = pq.read_table(folder / "runs.parquet")
    assert table.num_rows == 4 * 20 * 3 * 25
    with pytest.raises(InputError, match="nothing beside these runs says of what plan"):
        export_batch(path, tmp_path / "tables")


@pytest.fixture(scope="module")
def opened(stored: StoredRuns, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a folder in which LibreOffice has written again, as CSV, what it read from our files."""
    if OFFICE is None:
        pytest.skip("LibreOffice is not installed")
    home = tmp_path_factory.mktemp("office")
    some = {"outcome": "Fleet", "design": "catch-quota", "scenario": "calm"}
    export_batch(stored, home / "csv", format="tidy", **some)  # type: ignore[arg-type]
    export_batch(stored, home / "book", every_run=True, format="xlsx", **some)  # type: ignore[arg-type]
    shutil.copy(home / "csv" / "runs.csv", home / "plain.csv")
    # Fields by comma, text in quotes, UTF-8, from line 1, and every sheet to a file of its own.
    for source, how in (
        ("plain.csv", "44,34,76,1"),
        ("book/runs.xlsx", "44,34,76,1,,0,false,true,false,false,false,-1"),
    ):
        command = [
            OFFICE,
            "--headless",
            f"-env:UserInstallation=file://{home}/profile",
            "--convert-to",
            f"csv:Text - txt - csv (StarCalc):{how}",
        ]
        command += [
            *(["--infilter=CSV:44,34,76,1"] if source.endswith(".csv") else []),
            "--outdir",
            str(home / "again"),
            str(home / source),
        ]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
    yield home


def test_libreoffice_reads_the_csv_as_we_wrote_it(opened: Path) -> None:
    ours, theirs = rows_of(opened / "plain.csv"), rows_of(opened / "again" / "plain.csv")
    assert len(ours) == len(theirs) == 2 * 5 * 2 * 25
    for one, other in zip(ours[::7], theirs[::7], strict=True):
        assert one["date"] == other["date"]
        assert float(one["outcome: Fleet[west]"]) == pytest.approx(float(other["outcome: Fleet[west]"]), rel=1e-9)


def test_libreoffice_reads_the_workbook_as_we_wrote_it(opened: Path) -> None:
    (sheet,) = (opened / "again").glob("runs-Runs.csv")
    with sheet.open(encoding="utf-8-sig", newline="") as text:
        lines = list(csv.reader(text))
    head = next(at for at, line in enumerate(lines) if line[0] == "scenario")
    assert lines[head][6:8] == ["date", "outcome: Fleet[north] (boat)"]
    theirs = [dict(zip(lines[head], line, strict=True)) for line in lines[head + 1 :]]
    ours = rows_of(opened / "plain.csv")
    assert len(theirs) == len(ours)
    for one, other in zip(ours[::7], theirs[::7], strict=True):
        assert one["date"] == other["date"]
        assert float(one["outcome: Fleet[north]"]) == pytest.approx(
            float(other["outcome: Fleet[north] (boat)"]), abs=1e-3
        )
