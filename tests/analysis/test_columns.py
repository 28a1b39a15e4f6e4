from __future__ import annotations

import pytest

from policy_lab.analysis.columns import column_notes
from policy_lab.analysis.risk import risk
from policy_lab.study import open_study
from tests.analysis.linear import evaluator


@pytest.mark.parametrize("study", ["fishery", "safeguarding"])
def test_every_column_has_its_definition_in_its_order(study):
    results = evaluator(levers=1.0)(open_study(study).plan(worlds=3, futures=2))
    notes = column_notes(results)
    assert notes["column"].tolist() == list(risk(results).columns)
    assert (notes["definition"] != "").all()
    numbers = notes[notes["column"].str.startswith(("risk", "gap", "burden_ratio", "dip", "time", "never"))]
    assert (numbers["unit"] != "").all()
