from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy_lab.analysis.boxes import ABOVE, BELOW, Found, Limit, find_box, halves, inside, pruned, tree_leaves


def planted(rows: int = 600, noise: float = 0.05) -> tuple[pd.DataFrame, np.ndarray]:
    """Ten inputs; it happens where the first is above 0.6 and the second below 0.5, with some noise."""
    generator = np.random.default_rng(1)
    x = pd.DataFrame(generator.random((rows, 10)), columns=list("abcdefghij"))
    y = (x["a"] > 0.6) & (x["b"] < 0.5)
    return x, (y ^ (generator.random(rows) < noise)).to_numpy()


def test_a_planted_box_is_found_and_holds_on_what_was_held_out():
    x, y = planted()
    box = find_box(x, y, seed=3, resamples=6)
    limits = {(one.column, one.side): one for one in box.limits}
    assert set(limits) == {("a", ABOVE), ("b", BELOW)}
    assert limits["a", ABOVE].value == pytest.approx(0.6, abs=0.03)
    assert limits["b", BELOW].value == pytest.approx(0.5, abs=0.03)
    assert all(one.quasi_p < 0.01 and one.again > 0.8 for one in box.limits)  # PRIM loses its way in one of the six
    assert box.better_than_chance
    assert box.held_out.density > 0.85
    assert box.held_out.coverage > 0.75
    assert box.path["chosen"].sum() == 1
    assert set(box.scores["input"]) == set(x.columns)  # all are told, those not searched too
    assert set(box.scores["input"].head(2)) == {"a", "b"}
    assert box.scores["searched"].sum() == 8
    assert box.scores["score"].sum() == pytest.approx(1)


def test_chance_gives_no_box():
    x, _ = planted(300)
    flips = np.random.default_rng(4).random((2, len(x))) < 0.3
    assert not any(find_box(x, y, seed=3, resamples=0).better_than_chance for y in flips)


def test_where_it_hardly_happens_there_is_no_box():
    x, y = planted()
    rare = y & (np.cumsum(y) <= 4)
    box = find_box(x, rare, seed=3)
    assert (box.limits, box.better_than_chance) == ((), False)
    assert box.sought.all_hits + box.held_out.all_hits == 4


def test_the_same_seed_gives_the_same_box():
    x, y = planted(300)
    assert find_box(x, y, seed=9, resamples=1).limits == find_box(x, y, seed=9, resamples=1).limits


def test_a_tree_cuts_the_planted_box_out():
    x, y = planted()
    leaves = tree_leaves(x, y, seed=3)
    best = {(one.column, one.side): one.value for one in leaves[0].limits}
    assert best["a", ABOVE] == pytest.approx(0.6, abs=0.03)
    assert best["b", BELOW] == pytest.approx(0.5, abs=0.03)
    assert leaves[0].held_out.density > 0.85
    assert sum(leaf.held_out.mass for leaf in leaves) == pytest.approx(1)
    assert sum(leaf.sought.coverage for leaf in leaves) == pytest.approx(1)


def test_quasi_p_values_are_those_of_the_workbench_and_idle_limits_are_dropped():
    from ema_workbench.analysis.scenario_discovery_util import _calculate_quasip

    x, y = planted(300)
    limits = [Limit("a", ABOVE, 0.6, 0, 0), Limit("b", BELOW, 0.5, 0, 0), Limit("c", ABOVE, 0.1, 0, 0)]
    kept = {one.column: one for one in pruned(limits, x, y)}
    assert set(kept) == {"a", "b"}
    within = (x["a"] >= 0.6) & (x["b"] <= 0.5)
    without = pd.DataFrame({"a": [0.0, 1.0], "b": [0.0, 0.5]})  # the limit on `a` taken away
    theirs = _calculate_quasip(x[["a", "b"]], y, without, (within & y).sum(), within.sum())
    assert kept["a"].quasi_p == pytest.approx(theirs, rel=1e-9)


def test_shares_of_a_box_by_hand():
    found = Found(inside=4, hits=3, rows=10, all_hits=5)
    assert (found.density, found.coverage, found.mass, found.base) == (0.75, 0.6, 0.4, 0.5)
    # at least three of five in a draw of four from ten: (C(5,3) C(5,1) + C(5,4)) / C(10,4) = 55 / 210
    assert found.by_chance == pytest.approx(55 / 210)


def test_rows_inside_by_hand():
    x = pd.DataFrame({"a": [0.1, 0.5, 0.9], "b": [1.0, 2.0, 3.0]})
    limits = [Limit("a", ABOVE, 0.5, 0, 0), Limit("b", BELOW, 2.0, 0, 0)]
    assert inside(x, limits).tolist() == [False, True, False]
    assert inside(x, []).all()


@given(st.integers(2, 300), st.integers(0, 2**31))
@settings(max_examples=30)
def test_halves_share_no_row_and_miss_none(rows, seed):
    search, held = halves(rows, seed)
    assert sorted([*search, *held]) == list(range(rows))
    assert 0 <= len(search) - len(held) <= 1
