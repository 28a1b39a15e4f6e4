"""Loops cut by name: the same worlds and futures, from the same states, with one link held."""

from __future__ import annotations

import numpy as np
import pytest

from policy_lab.errors import InputError
from policy_lab.run import run
from policy_lab.run.knock_out import KnockOut, knock_out
from policy_lab.study import Study, open_study


@pytest.fixture(scope="module")
def fishery() -> Study:
    return open_study("fishery")


@pytest.fixture(scope="module")
def knocked(fishery: Study) -> KnockOut:
    designs = list(fishery.designs)[:2]
    return knock_out(fishery, "B2", "R1", designs=designs, worlds=3, futures=2, seed=3)


def test_all_loops_closed_is_the_plain_run(fishery: Study, knocked: KnockOut) -> None:
    plain = run(fishery.plan(designs=knocked.whole.designs, worlds=3, futures=2, seed=3))
    for name, outcome in plain.outcomes.items():
        np.testing.assert_array_equal(knocked.whole[name].values, outcome.values)


def test_every_case_starts_where_the_whole_model_rests(knocked: KnockOut) -> None:
    assert list(knocked.without) == ["B2", "R1"]
    for results in knocked.without.values():
        assert not results.failures
        for name, outcome in knocked.whole.outcomes.items():
            np.testing.assert_allclose(results[name].values[:, :, :, 0], outcome.values[:, :, :, 0], rtol=1e-9)


def test_a_cut_changes_what_comes_after(knocked: KnockOut) -> None:
    for results in knocked.without.values():
        moved = [
            np.abs(results[name].values[..., -1] - outcome.values[..., -1]).max()
            for name, outcome in knocked.whole.outcomes.items()
        ]
        assert max(moved) > 0


def test_a_cut_stands_in_the_manifest(fishery: Study, knocked: KnockOut) -> None:
    assert knocked.without["B2"].manifest["settings"]["cut"] == ["Catch per boat -> Profit margin"]
    assert "cut" not in knocked.whole.manifest["settings"]


def test_nothing_moves_when_what_is_held_would_not_have_moved(fishery: Study) -> None:
    """At rest, with no change and no luck, the cause stands still: holding it is no cut at all."""
    calm = fishery.plan(designs=[fishery.file.comparison.base], worlds=2, futures=1, start="settled")
    still = next(name for name, scenario in fishery.scenarios.items() if not fishery.scenario(name).draw)
    calm = calm.with_(scenario=still)
    whole, without = run(calm), run(calm, cut=[fishery.file.loops["B2"].cut])
    for name, outcome in whole.outcomes.items():
        np.testing.assert_allclose(without[name].values, outcome.values, rtol=1e-6, atol=1e-9)


def test_designs_at_their_own_rests_hold_their_own_values(fishery: Study) -> None:
    designs = list(fishery.designs)[:2]
    found = knock_out(fishery, "B1", designs=designs, start="settled", worlds=2, futures=1)
    for name, outcome in found.whole.outcomes.items():
        np.testing.assert_allclose(found.without["B1"][name].values[:, :, :, 0], outcome.values[:, :, :, 0], rtol=1e-9)


def test_progress_ends_at_all_cases(fishery: Study) -> None:
    told: list[tuple[int, int]] = []
    designs = list(fishery.designs)[:1]
    knock_out(fishery, "B1", designs=designs, worlds=2, futures=2, progress=lambda *at: told.append(at))
    assert told[-1] == (8, 8)
    assert [at for at, _ in told] == sorted(at for at, _ in told)


def test_an_unknown_loop_costs_no_run(fishery: Study) -> None:
    with pytest.raises(InputError, match="no loop `R99`"):
        knock_out(fishery, "R99")
