from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policy_lab.errors import InputError
from policy_lab.study import Plan, Study
from policy_lab.study.samplers import (
    LATIN_HYPERCUBE,
    SAMPLERS,
    SOBOL,
    Correlation,
    Sampler,
    columns,
    correlation_faults,
    drawn_together,
    normal_correlations,
    spread,
)
from policy_lab.study.streams import uniforms

QUICK = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
PRICE, COST, GROWTH = "Fish price", "Cost per boat", "Intrinsic growth rate"


def everything(plan: Plan) -> dict[str, np.ndarray]:
    drawn = {f"world {name}": values for name, values in plan.world_inputs().items()}
    drawn |= {f"lever {name}": values.T for name, values in plan.lever_scores().items()}
    drawn |= {f"change {name}": plan.design_inputs(name)["Disruption of change"] for name in plan.designs}
    return drawn


def ranks(values: np.ndarray) -> np.ndarray:
    return np.argsort(np.argsort(values))


def rank_correlation(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.corrcoef(ranks(first), ranks(second))[0, 1])


def test_monte_carlo_takes_the_inputs_own_named_streams(fishery: Study) -> None:
    """The numbers that plans have always drawn, worked out here from the streams themselves."""
    plan = fishery.plan(worlds=6, seed=11)
    u = uniforms(11, "parameter/Least deterrence", 6)
    assert np.array_equal(plan.world_inputs()["Least deterrence"], 0.05 + u * (0.2 - 0.05))
    for name in ("parameter/Fish price", "lever/co-management/quota", "posterior"):
        assert np.array_equal(spread("monte carlo", fishery, 11, name, 6), uniforms(11, name, 6))


@pytest.mark.parametrize("sampler", SAMPLERS)
@QUICK
@given(seed=st.integers(0, 2**40), worlds=st.integers(1, 20))
def test_the_same_seed_gives_the_same_draws(fishery: Study, sampler: Sampler, seed: int, worlds: int) -> None:
    first, again, other = (
        everything(fishery.plan(seed=at, worlds=worlds).with_(sampler=sampler)) for at in (seed, seed, seed + 1)
    )
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert not np.array_equal(first["world Fish price"], other["world Fish price"])


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_sampler_keeps_the_distributions(fishery: Study, sampler: Sampler) -> None:
    worlds = 2048
    plan = fishery.plan(worlds=worlds).with_(sampler=sampler)
    drawn, levers = plan.world_inputs(), plan.lever_scores()
    for name in (PRICE, COST, "Meeting share of time"):
        row = fishery.parameters[name]
        assert row.low is not None
        assert row.high is not None
        mean = (row.low + row.base + row.high) / 3
        assert row.low <= drawn[name].min() < drawn[name].max() <= row.high
        assert drawn[name].mean() == pytest.approx(mean, rel=0.02)
    middle = np.sqrt(7000 * 14000)  # the median of a loguniform range
    assert np.median(drawn["Carrying capacity"]) == pytest.approx(middle, rel=0.03)
    assert np.allclose(drawn["Weight of motive"].sum(axis=1), 1)
    score = fishery.designs["co-management"].levers["voice"]
    at = plan.designs.index("co-management")
    assert levers["voice"][at].mean() == pytest.approx((score.low + score.mode + score.high) / 3, abs=0.01)


@QUICK
@given(seed=st.integers(0, 2**40), worlds=st.integers(1, 60))
def test_a_latin_hypercube_has_one_draw_in_each_part(fishery: Study, seed: int, worlds: int) -> None:
    for name in ("parameter/Fish price", "lever/catch-quota/quota"):
        drawn = spread(LATIN_HYPERCUBE, fishery, seed, name, worlds)
        assert sorted(np.floor(drawn * worlds)) == list(range(worlds))


@QUICK
@given(seed=st.integers(0, 2**40), power=st.integers(0, 7))
def test_a_sobol_sequence_is_balanced_at_powers_of_two(fishery: Study, seed: int, power: int) -> None:
    worlds = 2**power
    for name in columns(fishery):
        drawn = spread(SOBOL, fishery, seed, name, worlds)
        assert sorted(np.floor(drawn * worlds)) == list(range(worlds)), name


@pytest.mark.parametrize("sampler", [LATIN_HYPERCUBE, SOBOL])
def test_inputs_are_spread_independently_of_one_another(fishery: Study, sampler: Sampler) -> None:
    plan = fishery.plan(worlds=1024).with_(sampler=sampler)
    drawn = [*(values for values in plan.world_inputs().values() if values.ndim == 1), *plan.lever_scores()["quota"]]
    strongest = max(abs(rank_correlation(one, two)) for one, two in itertools.combinations(drawn, 2))
    assert strongest < 0.15


@pytest.mark.parametrize("sampler", [LATIN_HYPERCUBE, SOBOL])
def test_even_spreads_find_a_mean_more_closely_than_chance(fishery: Study, sampler: Sampler) -> None:
    """The point of them: the spread of a sample mean over seeds falls to a small part of that of independent draws."""

    def spread_of_means(asked: Sampler) -> float:
        means = [
            fishery.plan(worlds=64, seed=seed).with_(sampler=asked).world_inputs()[PRICE].mean() for seed in range(20)
        ]
        return float(np.std(means))

    assert spread_of_means(sampler) < spread_of_means("monte carlo") / 5


def test_more_worlds_keep_the_first_ones_of_a_sobol_sequence(fishery: Study) -> None:
    few, many = (everything(fishery.plan(worlds=worlds).with_(sampler=SOBOL)) for worlds in (20, 50))
    for name, values in few.items():
        assert np.array_equal(values, many[name][:20]), name


@pytest.mark.parametrize("sampler", [LATIN_HYPERCUBE, SOBOL])
def test_no_draw_depends_on_what_else_is_compared(fishery: Study, sampler: Sampler) -> None:
    among = fishery.plan(worlds=9).with_(sampler=sampler)
    alone = among.with_(designs=("co-management",), vary={"levers", PRICE})
    assert np.array_equal(alone.lever_scores()["voice"][0], among.lever_scores()["voice"][3])
    assert np.array_equal(alone.world_inputs()[PRICE], among.world_inputs()[PRICE])
    assert set(alone.world_inputs()) == {PRICE}


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_one_group_can_be_drawn_anew_under_every_sampler(fishery: Study, sampler: Sampler) -> None:
    plan = fishery.plan(worlds=8).with_(sampler=sampler)
    before, after = everything(plan), everything(plan.with_(seeds={"biology": 5}))
    differing = {name for name in before if not np.array_equal(before[name], after[name])}
    rows = fishery.parameters.items()
    assert differing == {f"world {name}" for name, row in rows if row.group == "biology" and row.varies}


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_what_is_drawn_anew_is_independent_of_what_it_was(fishery: Study, sampler: Sampler) -> None:
    """Two scramblings of one Sobol sequence are not: their first binary digits agree in every world, or in none."""
    plan = fishery.plan(worlds=512).with_(sampler=sampler)
    anew = plan.with_(seeds={"parameters": plan.seed + 1, "levers": plan.seed + 1})
    before, after = everything(plan), everything(anew)
    single = [name for name, values in before.items() if values.ndim == 1 and np.ptp(values) > 0]
    assert len(single) > 20
    for name in single:
        assert abs(rank_correlation(before[name], after[name])) < 0.2, name


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("rank", [-0.8, 0.0, 0.5, 0.9])
def test_a_rank_correlation_is_reached_and_the_margins_stay(fishery: Study, sampler: Sampler, rank: float) -> None:
    plan = fishery.plan(worlds=4096).with_(sampler=sampler)
    together = plan.with_(correlations=(Correlation(COST, PRICE, rank),))
    free, drawn = plan.world_inputs(), together.world_inputs()
    assert rank_correlation(drawn[PRICE], drawn[COST]) == pytest.approx(rank, abs=0.04)
    for name in free:
        if name != COST:  # prices stand first in parameters.csv, and keep their own draws
            assert np.array_equal(free[name], drawn[name]), name
    shares = np.linspace(0.02, 0.98, 25)
    spans = np.quantile(free[COST], shares) - np.quantile(drawn[COST], shares)
    assert np.abs(spans).max() < 0.02 * (1.5 - 1)


@QUICK
@given(seed=st.integers(0, 2**32), worlds=st.integers(1, 50), rank=st.floats(-0.99, 0.99))
def test_a_latin_hypercube_stays_one_when_drawn_together(seed: int, worlds: int, rank: float) -> None:
    rng = np.random.default_rng(seed)
    parts = np.stack([rng.permutation(worlds) for _ in range(2)], axis=-1)
    independent = (parts + rng.uniform(0.01, 0.99, parts.shape)) / worlds
    matrix = normal_correlations([Correlation("a", "b", rank)], ["a", "b"])
    drawn = drawn_together(independent, matrix, keep_parts=True)
    assert np.array_equal(np.sort(drawn, axis=0), np.sort(independent, axis=0))
    assert np.array_equal(drawn[:, 0], independent[:, 0])


@QUICK
@given(seed=st.integers(0, 2**32), rank=st.floats(-0.99, 0.99))
def test_what_is_drawn_together_stays_between_nought_and_one(seed: int, rank: float) -> None:
    independent = np.random.default_rng(seed).random((50, 3))
    independent[:3] = [[1e-300] * 3, [1 - 1e-16] * 3, [1e-300, 1 - 1e-16, 0.5]]
    pairs = [Correlation("a", "b", rank), Correlation("b", "c", -rank / 3)]
    matrix = normal_correlations(pairs, ["a", "b", "c"])
    if np.linalg.eigvalsh(matrix)[0] > 1e-6:
        drawn = drawn_together(independent, matrix, keep_parts=False)
        assert (drawn > 0).all()
        assert (drawn < 1).all()


def test_three_at_once_each_reach_their_own_correlation(fishery: Study) -> None:
    pairs = (Correlation(PRICE, COST, 0.6), Correlation(COST, GROWTH, -0.4))
    drawn = fishery.plan(worlds=4096).with_(correlations=pairs).world_inputs()
    assert rank_correlation(drawn[PRICE], drawn[COST]) == pytest.approx(0.6, abs=0.03)
    assert rank_correlation(drawn[COST], drawn[GROWTH]) == pytest.approx(-0.4, abs=0.03)
    assert rank_correlation(drawn[PRICE], drawn[GROWTH]) == pytest.approx(0, abs=0.05)


def test_the_matrix_of_two_by_hand() -> None:
    """2 sin(π/6 · 1/2) is 0.5176 to four places."""
    assert normal_correlations([Correlation("a", "b", 0.5)], ["a", "b"]) == pytest.approx(
        np.array([[1, 0.51764], [0.51764, 1]]), abs=1e-5
    )


@pytest.mark.parametrize(
    ("pairs", "fitted", "words"),
    [
        ([("Fish prise", COST, 0.5)], (), "no parameter `Fish prise`. Did you mean `Fish price`"),
        ([(PRICE, "Target stock", 0.5)], (), "`Target stock` has no range to be drawn from: it is `fixed`"),
        ([(PRICE, "Weight of motive[example]", 0.5)], (), "cannot be correlated: shares sum to one"),
        ([(PRICE, PRICE, 0.5)], (), "names one parameter twice"),
        ([(PRICE, COST, 0.5), (COST, PRICE, 0.2)], (), "names a pair that stands above"),
        ([(PRICE, COST, 1.0)], (), "a rank correlation of 1 is not between -1 and 1"),
        ([(PRICE, COST, 0.5)], (COST,), "drawn from the posterior"),
        (
            [(PRICE, COST, 0.9), (COST, GROWTH, 0.9), (PRICE, GROWTH, -0.9)],
            (),
            "the correlations between `Fish price`, `Cost per boat`, `Intrinsic growth rate` cannot all hold",
        ),
    ],
)
def test_correlations_that_cannot_be(
    fishery: Study, pairs: list[tuple[str, str, float]], fitted: tuple[str, ...], words: str
) -> None:
    found = list(correlation_faults(fishery, [Correlation(*pair) for pair in pairs], fitted))
    assert [at for at, _ in found] == [len(pairs) - 1]
    assert words in str(found[0][1])


def test_pairs_count_as_they_are_all_together_not_one_after_another(fishery: Study) -> None:
    """Two strong correlations are impossible with the third pair uncorrelated, and possible with it correlated."""
    two = [Correlation(PRICE, COST, 0.9), Correlation(COST, GROWTH, 0.9)]
    assert len(list(correlation_faults(fishery, two))) == 1
    assert not list(correlation_faults(fishery, [*two, Correlation(PRICE, GROWTH, 0.8)]))


def test_a_plan_refuses_them_too(fishery: Study) -> None:
    with pytest.raises(InputError, match="names one parameter twice"):
        fishery.plan().with_(correlations=[Correlation(PRICE, PRICE, 0.5)])
    with pytest.raises(InputError, match="Did you mean `sobol`"):
        fishery.plan().with_(sampler="sobel")
    with pytest.raises(InputError, match="no variable `Trst`"):
        fishery.plan().with_(outcomes=["Trst"])


def test_what_was_chosen_stands_in_the_manifest_and_what_was_not_does_not(fishery: Study) -> None:
    usual = fishery.plan().choices()
    assert not {"sampler", "correlations", "outcomes", "settings_name"} & set(usual)
    chosen = fishery.plan().with_(
        sampler="sobol", correlations=[Correlation(PRICE, COST, 0.5)], outcomes=["Mean trust"], settings_name="dear"
    )
    told = chosen.choices()
    assert told["sampler"] == "sobol"
    assert told["correlations"] == [{"between": [PRICE, COST], "rank": 0.5}]
    assert told["settings_name"] == "dear"
    assert told["outcomes"] == list(chosen.saved)
    assert "worlds spread as a Sobol sequence; `Fish price` and `Cost per boat` drawn with rank" in chosen.describe()


def test_measured_variables_are_always_saved(fishery: Study) -> None:
    saved = fishery.plan().with_(outcomes=["Mean trust", "Trust"]).saved
    assert saved == (
        *("Stock against the reference", "Fleet", "Trust", "Accumulated hardship", "Intent", "Implementation"),
        *("Patrol days", "Mean trust"),
    )
    assert fishery.plan().saved == fishery.file.outcomes
