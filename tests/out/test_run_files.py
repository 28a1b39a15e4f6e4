from __future__ import annotations

import csv
import datetime as dt
import io
import tempfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_lab.errors import InputError
from policy_lab.out.data_dictionary import data_dictionary
from policy_lab.out.netcdf import write_netcdf
from policy_lab.out.run_files import write_csv_batches, write_parquet, write_tidy_csv, write_wide_csv
from policy_lab.out.run_rows import EXCEL_ROWS, Wanted, require_excel, rounded
from policy_lab.results import Results, open_batch, write_runs
from policy_lab.results.stored import StoredRuns
from tests.results.batch import PLAN, write_batch

Written = dict[str, dict[str, np.ndarray]]


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> tuple[StoredRuns, Written]:
    folder = tmp_path_factory.mktemp("runs") / "batch"
    written = write_batch(folder)
    return open_batch(folder), written


@pytest.fixture(scope="module")
def wanted(batch: tuple[StoredRuns, Written]) -> Wanted:
    stored, _ = batch
    choice = stored.choose(
        design=["catch-quota", "co-management"], world=[1, 3, 4], scenario="random", outcome=["Intent", "Fleet"]
    )
    return Wanted(stored, choice)


def expected(batch: tuple[StoredRuns, Written], row: dict[str, str], name: str) -> np.ndarray:
    stored, written = batch
    place = stored.designs.index(row["design"]), int(row["world"]), int(row["future"])
    values: np.ndarray = written[f"{row['scenario']}_{row['setting']}"][name][place]
    return values


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as text:
        return list(csv.DictReader(text))


def test_tidy_rows_hold_every_number_with_its_date(
    batch: tuple[StoredRuns, Written], wanted: Wanted, tmp_path: Path
) -> None:
    told: list[tuple[int, int]] = []
    path = write_tidy_csv(wanted, tmp_path / "runs.csv", progress=lambda done, rows: told.append((done, rows)))
    rows = read(path)
    assert list(rows[0]) == [
        *("scenario", "setting", "design", "world", "future", "time", "date", "outcome: Intent"),
        *(f"outcome: Fleet[{one}]" for one in ("north", "south", "west")),
    ]
    assert len(rows) == wanted.cases * 25 == 2 * 2 * 3 * 2 * 25
    assert told[-1] == (len(rows), len(rows))
    seen = set()
    for row in rows:
        month = int(row["time"])
        assert row["date"] == dt.date(2026 + month // 12, 1 + month % 12, 1).isoformat()
        fleet = expected(batch, row, "Fleet")[month]
        told_fleet = [row[f"outcome: Fleet[{one}]"] for one in ("north", "south", "west")]
        if np.isnan(fleet).any():
            assert told_fleet == ["", "", ""]
        else:
            assert [float(one) for one in told_fleet] == pytest.approx(fleet.tolist(), rel=1e-9)
        seen.add((row["setting"], row["design"], row["world"], row["future"], row["time"]))
    assert len(seen) == len(rows)


def test_wide_rows_have_a_column_a_month(batch: tuple[StoredRuns, Written], wanted: Wanted, tmp_path: Path) -> None:
    rows = read(write_wide_csv(wanted, tmp_path / "wide.csv"))
    months = [name for name in rows[0] if name[:2] == "20"]
    assert (months[0], months[-1], len(months)) == ("2026-01-01", "2028-01-01", 25)
    assert len(rows) == wanted.cases * 4
    for row in rows:
        name = row["outcome"].partition("[")[0]
        values = expected(batch, row, name)
        if name == "Fleet":
            assert row["unit"] == "boat"
            values = values[:, ["north", "south", "west"].index(row["outcome"][6:-1])]
        if np.isnan(values).any():
            assert {row[month] for month in months} == {""}
        else:
            assert [float(row[month]) for month in months] == pytest.approx(values.tolist(), rel=1e-9)


@pytest.mark.parametrize("write", [write_tidy_csv, write_wide_csv])
def test_csv_is_marked_as_utf_8_and_the_same_each_time(
    wanted: Wanted, tmp_path: Path, write: Callable[..., Path]
) -> None:
    one, two = (write(wanted, tmp_path / name).read_bytes() for name in ("a.csv", "b.csv"))
    assert one == two
    assert one.startswith(b"\xef\xbb\xbfscenario,")
    assert b"\r" not in one
    assert list(tmp_path.glob(".*")) == []


def test_other_readers_take_the_same_file(wanted: Wanted, tmp_path: Path) -> None:
    path = write_tidy_csv(wanted, tmp_path / "runs.csv")
    table = pd.read_csv(path, parse_dates=["date"])
    assert table.columns[0] == "scenario"
    assert table["date"].max() == pd.Timestamp("2028-01-01")
    (found,) = duckdb.read_csv(str(path)).aggregate('count(*), max("date"), sum("outcome: Intent")').fetchall()
    assert (found[0], found[1]) == (len(table), dt.date(2028, 1, 1))
    assert found[2] == pytest.approx(table["outcome: Intent"].sum())


def test_parquet_keeps_every_bit_and_unit(batch: tuple[StoredRuns, Written], wanted: Wanted, tmp_path: Path) -> None:
    table = pq.read_table(write_parquet(wanted, tmp_path / "runs.parquet"))
    assert table.schema.field("outcome: Fleet[west]").metadata[b"unit"] == b"boat"
    assert table.schema.field("date").type == pa.date32()
    for row in table.slice(0, 60).to_pylist():
        value = expected(batch, row, "Intent")[int(row["time"])]
        assert row["outcome: Intent"] == (None if np.isnan(value) else value)
    assert (tmp_path / "runs.parquet").read_bytes() == write_parquet(wanted, tmp_path / "b.parquet").read_bytes()


def test_netcdf_is_labelled_and_the_same_each_time(
    batch: tuple[StoredRuns, Written], wanted: Wanted, tmp_path: Path
) -> None:
    h5netcdf = pytest.importorskip("h5netcdf")
    xarray = pytest.importorskip("xarray")
    path = write_netcdf(wanted, tmp_path / "runs.nc")
    assert path.read_bytes() == write_netcdf(wanted, tmp_path / "again.nc").read_bytes()
    with xarray.open_dataset(path, engine="h5netcdf") as found:
        selected = batch[0].select(
            design=["catch-quota", "co-management"], world=[1, 3, 4], scenario="random", outcome=["Intent", "Fleet"]
        )
        assert found["Fleet"].dims == selected["Fleet"].dims
        for name in ("Intent", "Fleet"):
            assert np.array_equal(found[name].values, selected[name].values, equal_nan=True)
        assert found["world"].values.tolist() == [1, 3, 4]
        assert found["Fleet"].attrs["units"] == "boat"
        assert str(found["date"].values[13])[:10] == "2027-02-01"
        assert found.attrs["Conventions"] == "CF-1.11"
        assert "no real fishery" in found.attrs["comment"]
    with h5netcdf.File(path) as file:
        assert file.variables["date"].attrs["units"] == "days since 2026-01-01"
        assert file.variables["Fleet"].attrs["long_name"] == "Fleet"


def test_single_precision_prints_no_more_digits_than_it_has(tmp_path: Path) -> None:
    written = write_batch(tmp_path / "single", PLAN, "float32")
    stored = open_batch(tmp_path / "single")
    choice = stored.choose(outcome="Intent", scenario="calm", setting="strict", world=0)
    rows = read(write_tidy_csv(Wanted(stored, choice), tmp_path / "runs.csv"))
    texts = [row["outcome: Intent"] for row in rows]
    assert max(len(text.replace(".", "").lstrip("0")) for text in texts) == 7
    values = written["calm_strict"]["Intent"].astype("f4")[:, 0].ravel()
    assert [np.float32(text) for text in texts] == pytest.approx(values.tolist(), rel=6e-7)


def test_the_runs_of_a_comparison_export_too(results: Results, tmp_path: Path) -> None:
    stored = open_batch(write_runs(results, tmp_path / "runs.parquet"))
    wanted = Wanted(stored, stored.choose(outcome="Trust", design="co-management", world=slice(0, 2)))
    rows = read(write_tidy_csv(wanted, tmp_path / "runs.csv"))
    assert len(rows) == 2 * 3 * 25
    assert list(rows[0])[:6] == ["scenario", "design", "world", "future", "time", "date"]
    assert {row["scenario"] for row in rows} <= {"", "random"}


def test_what_excel_cannot_hold_is_refused_with_advice(wanted: Wanted) -> None:
    require_excel(EXCEL_ROWS - 1, 16_384, "runs.csv", "Parquet")
    with pytest.raises(
        InputError, match="would have 1,048,576 rows, and Excel holds 1,048,575 below a header"
    ) as error:
        require_excel(EXCEL_ROWS, 3, "runs.csv", "Parquet")
    assert "Choose fewer outcomes" in str(error.value)
    assert "Parquet" in str(error.value)
    with pytest.raises(InputError, match="16,385 columns"):
        require_excel(3, 16_385, "wide.csv", "Parquet")


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)


@given(
    st.lists(TEXTS | st.sampled_from(["=1+1", "+cmd", "-2", "@SUM(A1)", " =x", "\t=x", 'a"b', "a,b", "a\nb"])), TEXTS
)
def test_no_cell_of_any_text_runs_as_a_formula(words: list[str], name: str) -> None:
    schema = pa.schema([pa.field(name, pa.string()), pa.field("n", pa.int32())])
    rows = pa.RecordBatch.from_arrays(
        [pa.array(words, pa.string()), pa.array(range(len(words)), pa.int32())], schema=schema
    )
    with tempfile.TemporaryDirectory() as folder:
        path = write_csv_batches([rows], schema, Path(folder) / "any.csv", len(words))
        found = list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))
    assert len(found) == len(words) + 1
    for cell, word in zip([row[0] for row in found], [name, *words], strict=True):
        assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t"))
        assert "\n" not in cell
        assert cell in (word.replace("\r", " ").replace("\n", " "), "'" + word.replace("\r", " ").replace("\n", " "))


@given(st.floats(1e-9, 1e12) | st.floats(-1e12, -1e-9), st.integers(3, 12))
def test_rounding_keeps_so_many_digits_and_no_more(value: float, digits: int) -> None:
    (found,) = rounded(np.array([value]), digits)
    assert found == float(f"{found:.{digits}g}")
    assert found == pytest.approx(value, rel=0.6 * 10 ** (1 - digits))


def test_what_is_no_number_stays_none() -> None:
    assert np.array_equal(
        rounded(np.array([np.nan, np.inf, -np.inf, 0.0, 1e-310]), 5),
        [np.nan, np.inf, -np.inf, 0.0, 1e-310],
        equal_nan=True,
    )


def test_the_dictionary_tells_of_every_column(batch: tuple[StoredRuns, Written], wanted: Wanted) -> None:
    names = pq.read_schema(batch[0].folder / "inputs" / "calm_strict.parquet").names
    table = data_dictionary(wanted, names).set_index("column")
    assert set(wanted.keys) | {"time", "date"} | set(wanted.columns) <= set(table.index)
    assert {name for name in names if ":" in name} <= set(table.index)
    assert table.loc["time", "unit"] == "Month"
    fleet = table.loc["outcome: Fleet[west]"]
    assert (fleet["kind"], fleet["unit"], fleet["meaning"]) == ("outcome", "boat", "Fleet, west")
    assert "fishery.mdl, line" in fleet["source"]
    assert "INTEG" in fleet["source"]
    assert fleet["evidence_grade"] == "C"
    growth = table.loc["uncertainty: Intrinsic growth rate"]
    assert (growth["kind"], growth["evidence_grade"]) == ("uncertainty", "B")
    assert "Schaefer" in growth["source"]
    assert table.loc["lever: quota", "definition"] == "How far the quota follows the state of the stock"
    assert "at rest" in table.loc["uncertainty: Reference fish stock", "source"]
    stored = batch[0]
    burden = data_dictionary(Wanted(stored, stored.choose(outcome="Accumulated hardship"))).set_index("column")
    assert "only as a ratio to `open-access`" in burden.loc["outcome: Accumulated hardship", "definition"]
