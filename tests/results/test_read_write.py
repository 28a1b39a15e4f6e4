from __future__ import annotations

import csv
import datetime as dt
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_lab.errors import InputError
from policy_lab.results import Results, read_manifest, read_runs, write_manifest, write_runs
from policy_lab.results.read_write import column_names


def test_parquet_gives_back_every_number(results: Results, tmp_path: Path) -> None:
    saved = read_runs(write_runs(results, tmp_path / "new" / "runs.parquet"))
    assert saved.designs == results.designs
    assert np.array_equal(saved.time, results.time)
    assert saved.manifest == results.manifest
    assert list(saved.outcomes) == list(results.outcomes)
    for name, outcome in results.outcomes.items():
        found = saved.outcomes[name]
        assert (found.unit, found.dimensions, found.elements) == (outcome.unit, outcome.dimensions, outcome.elements)
        assert np.array_equal(found.values, outcome.values, equal_nan=True)


def test_rows_are_tidy_and_columns_carry_their_unit(results: Results, tmp_path: Path) -> None:
    table = pq.read_table(write_runs(results, tmp_path / "runs.parquet"))
    assert table.column_names[:6] == ["design", "world", "future", "time", "Fish stock", "Fleet[north]"]
    assert table.schema.field("Fleet[north]").metadata == {b"unit": b"boat"}
    assert table.schema.field("time").metadata == {b"unit": b"Month", b"start": b"2026-01-01"}
    rows = table.to_pylist()
    assert len(rows) == 3 * 3 * 2 * 4
    for row in rows[::7]:
        place = (results.designs.index(row["design"]), row["world"], row["future"], int(row["time"]))
        expected = results["Motive strength"].values[place][1, 2]
        assert np.array_equal(row["Motive strength[south,example]"], expected, equal_nan=True)


def test_csv_says_the_same(results: Results, tmp_path: Path) -> None:
    with write_runs(results, tmp_path / "runs.csv").open(newline="") as text:
        rows = list(csv.DictReader(text))
    assert len(rows) == 3 * 3 * 2 * 4
    first = rows[5]
    place = (
        results.designs.index(first["design"]),
        int(first["world"]),
        int(first["future"]),
        int(float(first["time"])),
    )
    assert float(first["Fleet[west]"]) == results["Fleet"].values[place][2]


@pytest.mark.parametrize("name", ["runs.parquet", "runs.csv"])
def test_the_same_results_give_the_same_bytes(results: Results, tmp_path: Path, name: str) -> None:
    first = write_runs(results, tmp_path / "a" / name).read_bytes()
    assert write_runs(results, tmp_path / "b" / name).read_bytes() == first


def test_progress_counts_designs(results: Results, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    write_runs(results, tmp_path / "runs.parquet", progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_a_failure_leaves_nothing_behind_and_keeps_what_was_there(results: Results, tmp_path: Path) -> None:
    path = write_runs(results, tmp_path / "runs.parquet")
    before = path.read_bytes()

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_runs(results, path, progress=stop)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_refuses_other_endings_and_other_files(results: Results, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.parquet or \.csv"):
        write_runs(results, tmp_path / "runs.xlsx")
    other = tmp_path / "other.parquet"
    pq.write_table(pa.table({"a": [1]}), other)
    with pytest.raises(InputError, match="no runs written by policy_lab"):
        read_runs(other)
    other.write_bytes(b"not parquet")
    with pytest.raises(InputError, match="cannot be read as Parquet"):
        read_runs(other)


def test_missing_runs_are_noticed(results: Results, tmp_path: Path) -> None:
    path = write_runs(results, tmp_path / "runs.parquet")
    table = pq.read_table(path)
    pq.write_table(table.slice(0, table.num_rows - 1), path)
    with pytest.raises(InputError, match="some of the runs are missing"):
        read_runs(path)


def test_only_the_manifest_carries_a_time(results: Results, tmp_path: Path) -> None:
    moment = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
    path = write_manifest(results.manifest, tmp_path / "manifest.json", made_at=moment)
    assert read_manifest(path) == {**results.manifest, "made_at": "2026-11-22T12:00:00+00:00"}
    assert json.loads(path.read_text(encoding="utf-8"))["subject"] == "A shared fishery"
    path.write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be read as a manifest"):
        read_manifest(path)


@given(st.lists(st.integers(1, 4), max_size=3))
def test_column_names_run_row_by_row(sizes: list[int]) -> None:
    elements = [[f"{axis}{place}" for place in range(size)] for axis, size in enumerate(sizes)]
    names = column_names("X", elements)
    assert len(names) == len(set(names)) == int(np.prod(sizes, dtype=int))
    if sizes:
        assert names[0] == f"X[{','.join(f'{axis}0' for axis in range(len(sizes)))}]"
        assert names[-1] == f"X[{','.join(labels[-1] for labels in elements)}]"
