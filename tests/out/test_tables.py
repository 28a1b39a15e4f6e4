from __future__ import annotations

import csv
import io

import numpy as np
import pandas as pd
import pytest

from policy_lab.errors import InputError
from policy_lab.out.tables import csv_text, write_csv


def test_numbers_gaps_and_truths_are_plain():
    table = pd.DataFrame({"a": [0.1, np.nan, -2.0], "b": [True, False, True], "c": ["x", "y,z", 'q"']})
    assert csv_text(table) == 'a,b,c\n0.1,true,x\n,false,"y,z"\n-2,true,"q"""\n'


@pytest.mark.parametrize("name", ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "\tx", "\r=x"])
def test_no_name_can_run_as_a_formula(name):
    rows = list(csv.reader(io.StringIO(csv_text(pd.DataFrame({name: [name, "plain"]})))))
    assert rows[0][0] == rows[1][0] == "'" + name.replace("\r", " ")
    assert rows[2][0] == "plain"


def test_names_with_letters_of_every_kind_survive(tmp_path):
    table = pd.DataFrame({"Küste": ["Zürich – été", "漁業"]})
    path = write_csv(table, tmp_path / "deep" / "names.csv")
    assert path.read_bytes().count(b"\r") == 0
    assert pd.read_csv(path).equals(table)


def test_the_last_bit_of_a_float_does_not_show():
    assert csv_text(pd.DataFrame({"a": [0.1 + 0.2]})) == csv_text(pd.DataFrame({"a": [0.3]}))


def test_what_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        write_csv(pd.DataFrame({"a": [1]}), tmp_path / "file" / "table.csv")
