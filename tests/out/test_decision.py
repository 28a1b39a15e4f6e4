from __future__ import annotations

import pytest

from policy_lab.analysis.decision import Decision, Effort, decide
from policy_lab.out.decision import decision_figures, decision_sections, decision_tables, write_decision
from policy_lab.out.layout import Grid, as_text
from policy_lab.results.types import Results
from tests.out.conftest import EVALUATE


@pytest.fixture(scope="module")
def found(results: Results) -> Decision:
    return decide(results, EVALUATE, Effort(worlds=8, redraws=1, futures=2, reach_worlds=4, cells=2, cell_worlds=3))


def test_every_question_has_a_table_and_two_sentences(results: Results, found: Decision) -> None:
    sections = decision_sections(results, found)
    assert len(sections) == 8
    for section in sections[1:]:
        grid, lines = section.blocks
        assert isinstance(grid, Grid)
        assert grid.rows
        assert all(len(row) == len(grid.heads) for row in grid.rows)
        assert len(lines.lines) == 2
        assert all(line.endswith(".") for line in lines.lines)


def test_orders_that_were_put_in_are_withheld(results: Results, found: Decision) -> None:
    # The overlay adds patrols to its own design: that order was put in.
    text = " ".join(as_text(decision_sections(results, found)).split())
    assert "1 of 6 orders between designs was put in by the lever scores, not found" in text
    assert "the order was put in the order was put in" in text.replace("  ", " ")  # by risk and by burden


def test_everything_is_written_with_its_words(results: Results, found: Decision, tmp_path) -> None:
    first = write_decision(results, found, tmp_path / "one")
    names = sorted(path.name for path in first.iterdir())
    assert {f"{name}.csv" for name in decision_tables(found)} <= set(names)
    assert {f"{name}.png" for name in decision_figures(results, found)} <= set(names)
    assert (first / "answer.txt").read_text(encoding="utf-8") == as_text(decision_sections(results, found))
