"""The numbers that matter are those that were committed."""

from __future__ import annotations

import csv

import pytest

from tests.models.baseline import COLUMNS, FILE, figures


def test_the_numbers_that_matter_are_those_committed() -> None:
    with FILE.open(encoding="utf-8", newline="") as text:
        kept = {tuple(row[column] for column in COLUMNS[:3]): float(row["value"]) for row in csv.DictReader(text)}
    found = {row[:3]: row[3] for row in figures()}
    assert found.keys() == kept.keys()
    moved = {key: (kept[key], value) for key, value in found.items() if value != pytest.approx(kept[key], rel=1e-6)}
    assert moved == {}, "figures moved; if that is meant, `make baseline` and say why in the commit"
