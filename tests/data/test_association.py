"""The declared test of association: its arithmetic by hand, who is left out, and the page that stands committed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from benchmarks.association import DECLARATION, HERE, associated, chance, declared, page, pairs, rank_correlation
from policy_lab.provenance import bundled, file_digest

SMALL = {"permutations": 999, "resamples": 99, "interval": 0.95, "alternative": "two-sided", "seed": 1}


def test_the_committed_page_is_what_the_declaration_and_the_data_say() -> None:
    assert (HERE / "association.md").read_text(encoding="utf-8") == page(declared(), bundled("data"))


def test_the_declaration_is_the_one_that_was_made_before_the_result() -> None:
    """The digest of the file as it was committed without its result."""
    assert file_digest(DECLARATION).startswith("6ac4058f27da")


def test_nobody_is_left_out_but_by_the_declared_rules() -> None:
    table, told = pairs(declared(), bundled("data"))
    out = sum(int(line.split(" ", 1)[0]) for line in told[1:])
    assert told[0] == "152 boards were judged; 151 of their places have a row of that year."
    assert len(table) == 151 - out == 143
    assert table["place"].is_unique
    assert (table["figure"] > 0).all()
    assert set(table["grade"]) == {1, 2, 3, 4}


@pytest.mark.parametrize("sign", [1, -1])
def test_a_perfect_order_is_found_and_its_chance_is_counted(sign: int) -> None:
    """Of the 5! = 120 orders of five places two are perfect: p is 2/120, counted exactly."""
    grades = np.arange(1.0, 6.0)
    assert rank_correlation(grades, sign * grades**3) == pytest.approx(sign)
    assert chance(grades, sign * grades**3, SMALL) == pytest.approx(2 / 120)


def test_ties_take_their_mean_rank() -> None:
    grades, figures = np.array([1, 1, 2, 2, 3, 4, 4]), np.array([3.0, 1.0, 2.0, 2.0, 5.0, 4.0, 9.0])
    found = associated(grades, figures, SMALL)
    assert found.rho == pytest.approx(spearmanr(grades, figures).statistic)
    assert found.low <= found.rho <= found.high


def test_figures_that_have_nothing_to_do_with_the_grades_are_not_called_associated() -> None:
    generator = np.random.default_rng(0)
    chances = [chance(generator.integers(1, 5, 40), generator.normal(size=40), SMALL) for _ in range(60)]
    assert 0.3 < np.median(chances) < 0.7
    assert np.mean(np.array(chances) < 0.05) < 0.15
