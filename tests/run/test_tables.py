from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from openpyxl import Workbook

from policy_lab.errors import InputError
from policy_lab.model import read_model
from policy_lab.model.types import Model
from policy_lab.run import read_data, run_model, write_series
from policy_lab.run.tables import column_values, read_time_table

DRIVEN = """{UTF-8}
Place: here, there
	~	~	Two places.	|
rain:INTERPOLATE: ~ mm ~ Measured. |
river[Place]:INTERPOLATE: ~ mm ~ Measured in both places. |
Soil = INTEG(rain - SUM(river[Place!]), 0) ~ mm ~ Water kept. |
FINAL TIME = 2 ~ Day ~ |
INITIAL TIME = 0 ~ Day ~ |
SAVEPER = 1 ~ Day ~ |
TIME STEP = 1 ~ Day ~ |
"""


@pytest.fixture
def driven(tmp_path: Path) -> Model:
    path = tmp_path / "driven.mdl"
    path.write_text(DRIVEN, encoding="utf-8")
    return read_model(path)


def table(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "table.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_data_variables_follow_their_table(driven: Model, tmp_path: Path) -> None:
    path = table(tmp_path, "Time,rain,river[here],river[there]\n0,5,1,1\n1,7,2,0\n2,0,0,0\n")
    data = read_data(driven, [path])
    assert data["river"][1].shape == (3, 2)
    series = run_model(driven, data=[path], outputs=["Soil"])
    assert np.allclose(series["Soil"][0], [0, 3, 8])


def test_rows_that_say_nothing_of_a_variable_are_left_out(driven: Model, tmp_path: Path) -> None:
    data = read_data(driven, [table(tmp_path, "time,rain,river[here],river[there]\n0,5,,\n1,,2,1\n2,0,0,0\n")])
    assert np.array_equal(data["rain"][0], [0, 2])
    assert np.array_equal(data["river"][0], [1, 2])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("time,rian\n0,1\n", "no data variable of this model. Did you mean `rain`?"),
        ("time,rain,river[here]\n0,1,1\n", "no column `river[there]`. Did you mean `river[here]`?"),
        ("time,rain\n0,1\n", "no table gives river"),
        ("time,rain,river[here],river[there]\n0,1,1,\n1,1,1,1\n", "some elements of `river` are empty"),
        ("time,rain,river[here],river[there]\n0,,1,1\n", "`rain` has no values"),
    ],
)
def test_tables_that_do_not_fit_the_model_are_refused(driven: Model, tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        read_data(driven, [table(tmp_path, text)])
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the header has to be"),
        ("month,a\n0,1\n", "the header has to be"),
        ("time,a,a\n0,1,1\n", "the header has to be"),
        ("time,a\n", "holds no rows"),
        ("time,a\n0,1\n0,2\n", ":3: time does not rise"),
        ("time,a\n0,x\n", ":2: `a`: `x` is no number"),
        ("time,a\n0,inf\n", "`inf` is no number"),
        ("time,a\n,1\n", "`time`"),
        ("time,a\n0,1,2\n", "3 cells where the header has 2"),
        ('time,a\n"0,1\n', "cannot be read as a CSV table"),
    ],
)
def test_faulty_tables_name_their_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        read_time_table(table(tmp_path, text))
    assert words in str(caught.value)


def test_a_model_that_needs_data_says_so(driven: Model) -> None:
    with pytest.raises(InputError, match="needs values for its data variables: rain, river"):
        run_model(driven)


def test_a_table_may_be_of_any_kind_and_lie_either_way(tmp_path: Path) -> None:
    upright = [["time", "rain", "river[here]"], [0, 1.5, 2], [1, None, 4], [2.5, 7, 0.125]]
    lying = [list(row) for row in zip(*upright, strict=True)]
    wanted = np.array([[1.5, 2], [np.nan, 4], [7, 0.125]])
    for place, rows in enumerate((upright, lying)):
        text = [["" if cell is None else str(cell) for cell in row] for row in rows]
        files = [tmp_path / f"{place}.{kind}" for kind in ("csv", "tab", "xlsx")]
        files[0].write_text("\n".join(map(",".join, text)), encoding="utf-8")
        files[1].write_text("\n".join(map("\t".join, text)), encoding="utf-8")
        book = Workbook()
        for row in rows:
            book.active.append(row)
        book.save(files[2])
        for file in files:
            found = read_time_table(file)
            assert found.columns == ("rain", "river[here]"), file
            assert found.time.tolist() == [0, 1, 2.5], file
            np.testing.assert_array_equal(found.values, wanted, err_msg=str(file))


@pytest.mark.parametrize("kind", ["tab", "xlsx", "xls", "ods"])
def test_what_is_no_table_of_its_kind_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"table.{kind}"
    with pytest.raises(InputError, match="no file"):
        read_time_table(path)
    path.write_bytes(b"\xff\x00 nothing")
    with pytest.raises(InputError, match="cannot be read as a table"):
        read_time_table(path)


def test_data_that_hold_are_the_same_in_every_engine(tmp_path: Path) -> None:
    text = DRIVEN.replace("rain:INTERPOLATE:", "rain:HOLD BACKWARD:").replace("]:INTERPOLATE:", "]:LOOK FORWARD:")
    path = tmp_path / "model.mdl"
    path.write_text(text.replace("TIME STEP = 1", "TIME STEP = 0.25"), encoding="utf-8")
    data = table(tmp_path, "time,rain,river[here],river[there]\n0,1,5,2\n1.5,4,7,3\n")
    compiled, readable, reference = (
        run_model(path, engine=engine, data=[data]) for engine in ("compiled", "numpy", "pysd")
    )
    assert compiled["rain"][0].tolist() == [1, 1, 4]
    assert compiled["river"][0, :, 0].tolist() == [5, 7, 7]
    for name, values in reference.values.items():
        np.testing.assert_allclose(values, compiled[name], rtol=1e-12, err_msg=name)
        np.testing.assert_array_equal(readable[name], compiled[name])


def test_a_variable_stands_in_one_table(driven: Model, tmp_path: Path) -> None:
    path = table(tmp_path, "time,rain,river[here],river[there]\n0,1,1,1\n")
    with pytest.raises(InputError, match="given by two tables"):
        read_data(driven, [path, path])


def test_one_column_of_any_name_stands_for_one_variable(tanks: Model, tmp_path: Path) -> None:
    found = read_time_table(table(tmp_path, "time,value\n0,1\n1,2\n"))
    assert np.array_equal(column_values(tanks, found, "inflow", only=True)[1], [1, 2])
    with pytest.raises(InputError, match="no column `inflow`"):
        column_values(tanks, found, "inflow")


def test_a_series_is_written_with_a_column_for_each_element(tanks: Model, tmp_path: Path) -> None:
    series = run_model(tanks, outputs=["Water", "total"])
    path = write_series(series, tmp_path / "out" / "run.csv")
    with path.open(newline="") as text:
        rows = list(csv.reader(text))
    assert rows[0] == ["time", "Water[left]", "Water[right]", "total"]
    assert len(rows) == 12
    assert [float(cell) for cell in rows[11][1:3]] == series["Water"][0, 10].tolist()
    again = write_series(run_model(tanks, outputs=["Water", "total"]), tmp_path / "again.csv")
    assert again.read_bytes() == path.read_bytes()


def test_columns_can_be_chosen(tanks: Model, tmp_path: Path) -> None:
    path = tmp_path / "run.csv"
    series = run_model(tanks, outputs=["Water", "total"])
    write_series(series, path, columns=["total", "Water[right]"])
    assert path.read_text(encoding="utf-8").splitlines()[0] == "time,total,Water[right]"
    path.unlink()
    with pytest.raises(InputError, match=r"Did you mean `Water\[right\]`"):
        write_series(series, path, columns=["Water[rihgt]"])
    assert list(tmp_path.glob("*.csv")) == []
