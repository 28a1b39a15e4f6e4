from __future__ import annotations

import numpy as np
import pytest

from policy_lab.analysis.screening import pawn_medians, rows_wanted, sampled, screened
from policy_lab.errors import InputError

NAMES = ("x1", "x2", "x3", "idle")


def ishigami(quantiles: np.ndarray) -> np.ndarray:
    """Ishigami and Homma 1990, with a = 7 and b = 0.1, on inputs between minus and plus pi; the fourth does nothing."""
    x = -np.pi + 2 * np.pi * quantiles
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def test_sobol_finds_the_known_shares_of_ishigami():
    found = sampled("sobol", NAMES, 1024, 3)
    screen = screened(found, ishigami(found.quantiles))
    assert screen.importance == pytest.approx([0.5576, 0.4424, 0.2437, 0.0], abs=0.03)
    assert screen.importance - screen.interplay == pytest.approx([0.3139, 0.4424, 0.0, 0.0], abs=0.05)
    assert (screen.low <= [0.5576, 0.4424, 0.2437, 0.0]).all()
    assert (screen.high >= [0.5576, 0.4424, 0.2437, 0.0]).all()


def test_sobol_of_bundles_adds_up_what_belongs_together():
    found = sampled("sobol", ("one", "two", "one", "two"), 1024, 3)
    assert found.titles == ("one", "two")
    screen = screened(found, ishigami(found.quantiles))
    assert screen.importance == pytest.approx([0.5576, 0.4424], abs=0.03)  # x1 and x3 act only on one another


def test_morris_measures_the_whole_swing_of_a_straight_line():
    found = sampled("morris", NAMES, 6, 1)
    screen = screened(found, found.quantiles @ np.array([10.0, -5.0, 1.0, 0.0]))
    assert screen.importance == pytest.approx([9.0, 4.5, 0.9, 0.0])  # from the 5 to the 95 % quantile
    assert screen.direction[:3] == pytest.approx([1, -1, 1])
    assert screen.interplay == pytest.approx([0, 0, 0, 0], abs=1e-9)


def test_luck_is_the_floor_where_an_idle_column_could_move_nothing():
    found = sampled("morris", NAMES, 6, 1)
    screen = screened(found, ishigami(found.quantiles), luck=np.array([0.2, -0.4, np.nan]))
    assert screen.floor == pytest.approx(0.3)
    total = sampled("sobol", NAMES, 64, 1)
    output = ishigami(total.quantiles)
    ends = output.reshape(-1, 6)[:, [0, 5]]
    assert screened(total, output, luck=np.array([1.0, -1.0])).floor == pytest.approx(1 / (2 * ends.var()))


@pytest.mark.parametrize(("method", "blocks"), [("pawn", 800), ("delta", 200)])
def test_a_column_without_meaning_sets_the_floor(method, blocks):
    found = sampled(method, ("strong", "idle"), blocks, 5)
    screen = screened(found, np.exp(3 * found.quantiles[:, 0]), resamples=3)
    assert screen.low[0] > screen.floor > 0
    assert screen.low[1] < screen.floor
    assert screen.direction[0] == pytest.approx(1)


def test_pawn_for_all_columns_at_once_is_that_of_salib():
    from SALib.analyze import pawn

    found = sampled("pawn", NAMES, 400, 2)
    for output in (ishigami(found.quantiles), np.round(ishigami(found.quantiles))):  # ties too
        problem = {"num_vars": 9, "names": [str(n) for n in range(9)], "bounds": [[0, 1]] * 9}
        theirs = pawn.analyze(problem, found.design, output)["median"]
        assert pawn_medians(found.design, output) == pytest.approx(theirs, abs=1e-12)


def test_a_failed_run_takes_its_block_with_it():
    found = sampled("morris", NAMES, 5, 1)
    output = found.quantiles @ np.array([10.0, -5.0, 1.0, 0.0])
    output[7] = np.nan
    assert found.usable(output).sum() == 20
    assert screened(found, output).importance == pytest.approx([9.0, 4.5, 0.9, 0.0])
    with pytest.raises(InputError, match="too many runs failed"):
        screened(found, np.full(25, np.nan))
    few = sampled("delta", NAMES, 16, 1)
    with pytest.raises(InputError, match="16 runs are too few"):
        screened(few, ishigami(few.quantiles), resamples=2)


def test_an_output_that_never_moves_has_nothing_that_matters():
    found = sampled("sobol", NAMES, 16, 1)
    assert (screened(found, np.full(96, 3.0)).importance == 0).all()


def test_the_same_seed_looks_in_the_same_places_and_leaves_the_global_stream_alone():
    np.random.seed(4)  # noqa: NPY002
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    for method in ("morris", "sobol", "pawn", "delta"):
        one, two = (sampled(method, NAMES[:1], 128, 0) for _ in range(2))
        assert (one.quantiles == two.quantiles).all()
        assert one.quantiles.min() >= 0
        assert one.quantiles.max() <= 1
        screened(one, one.quantiles[:, 0], resamples=2)
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002


def test_budgets_never_drop_a_bundle():
    assert rows_wanted("morris", 300, 1500) == 4
    assert rows_wanted("morris", 30, 1500) == 20
    assert rows_wanted("sobol", 10, 1500) == 64
    assert rows_wanted("sobol", 300, 1500) == 16
    assert rows_wanted("pawn", 300, 1500) == 1500
    with pytest.raises(InputError, match="does not look at groups"):
        sampled("pawn", ("one", "one"), 10, 1)
