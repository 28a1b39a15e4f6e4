"""Figures out of tables arrive on the run's clock, in order, or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from policy_lab.errors import InputError
from policy_lab.study.check_schema import FromTable
from policy_lab.study.check_tables import table_points

TABLE = "year,what,figure\n2003,a,30\n2001,a,10\n2002,b,99\n2002,a,\n2004,a,40\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "own.csv").write_text(TABLE, encoding="utf-8")
    return tmp_path


def wanted(**more: object) -> FromTable:
    usual = {"table": "own.csv", "where": {"what": "a"}, "time": "year", "value": "figure", "origin": 2001.0}
    return FromTable.model_validate({**usual, "period": 12.0, **more})


def test_rows_are_chosen_sorted_and_put_on_the_clock_of_the_run(folder: Path) -> None:
    at, figures = table_points(folder, wanted(times=2.0))
    np.testing.assert_array_equal(at, [0, 24, 36])  # the empty cell of 2002 is left out
    np.testing.assert_array_equal(figures, [20, 60, 80])


def test_since_and_until_choose_the_times_of_the_table(folder: Path) -> None:
    at, _ = table_points(folder, wanted(since=2003, until=2003))
    np.testing.assert_array_equal(at, [24])


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"where": {"what": "c"}}, "no row gives a figure for what = c"),
        ({"where": {}}, "more than one row for year 2002"),
        ({"value": "figur"}, "no column `figur`. Did you mean `figure`"),
        ({"value": "what"}, "`what` holds no number: `a`"),
        ({"table": "../own.csv"}, "no table"),
    ],
)
def test_what_cannot_be_used_is_told(folder: Path, more: dict[str, object], said: str) -> None:
    (folder / "own.csv").write_text(TABLE.replace("2002,a,\n", "2002,a,15\n"), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        table_points(folder, wanted(**more))
    assert said in str(caught.value)


def test_bundled_figures_are_found_from_any_study(tmp_path: Path) -> None:
    asked = FromTable(
        table="national.csv", where={"measure": "cla_at_31_march"}, time="year", value="value", origin=2008, until=2009
    )
    at, figures = table_points(tmp_path, asked)
    np.testing.assert_array_equal(at, [0, 1])
    assert (figures > 50_000).all()
