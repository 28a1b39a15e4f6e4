"""The committed conformance table is what the engines say today."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.conformance import table
from tests.conformance.rows import rows


@pytest.fixture(scope="module")
def judged() -> list[table.Judged]:
    return table.judge_all()


def test_every_row_is_explained(judged: list[table.Judged]) -> None:
    """The engines agree with one another, with every closed form, and with PySD unless a closed form speaks for us."""
    assert [(one.row.feature, one.note) for one in judged if one.verdict == table.FAULT] == []


def test_the_committed_table_is_of_today(judged: list[table.Judged]) -> None:
    assert table.OUTPUT.read_text(encoding="utf-8") == table.markdown(judged), "run python -m tests.conformance.table"


def test_no_feature_counts_twice() -> None:
    listed = [*rows()]
    assert [name for name, times in Counter(row.feature for row in listed).items() if times > 1] == []
    assert [key for key, times in Counter((row.file, row.variable) for row in listed).items() if times > 1] == []
    assert len(listed) >= 120


def test_every_model_of_the_folder_is_in_the_table() -> None:
    models = {path.name for ending in ("*.mdl", "*.xmile") for path in table.HERE.glob(ending)}
    assert models == {row.file for row in rows()}
