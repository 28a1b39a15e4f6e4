from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policy_lab.errors import InputError
from policy_lab.study import Plan, Study
from policy_lab.study.parameters import split_element

QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
Arrays = dict[str, np.ndarray]


def everything(plan: Plan) -> Arrays:
    drawn = {f"world {name}": values for name, values in plan.world_inputs().items()}
    drawn |= {f"future {name}": values for name, values in plan.future_inputs().items()}
    drawn |= {f"lever {name}": values.T for name, values in plan.lever_scores().items()}
    for design in plan.designs:
        drawn |= {f"{design} {name}": values for name, values in plan.design_inputs(design).items()}
        drawn |= {f"{design} at rest {name}": values for name, values in plan.rest_inputs(design).items()}
    return drawn | {f"reference {name}": values for name, values in plan.reference_inputs().items()}


def same(first: Arrays, second: Arrays) -> bool:
    return first.keys() == second.keys() and all(np.array_equal(first[name], second[name]) for name in first)


@QUICK
@given(seed=st.integers(0, 2**40), worlds=st.integers(1, 6), futures=st.integers(1, 4))
def test_the_same_seed_gives_the_same_draws(fishery: Study, seed: int, worlds: int, futures: int) -> None:
    plans = [fishery.plan(seed=seed, worlds=worlds, futures=futures) for _ in range(2)]
    assert same(everything(plans[0]), everything(plans[1]))


@QUICK
@given(seed=st.integers(0, 2**40), few=st.integers(1, 4), more=st.integers(0, 5), futures=st.integers(1, 3))
def test_the_first_worlds_and_futures_stay_the_same(
    fishery: Study, seed: int, few: int, more: int, futures: int
) -> None:
    small = fishery.plan(seed=seed, worlds=few, futures=futures)
    large = fishery.plan(seed=seed, worlds=few + more, futures=futures + more)
    large_draws = everything(large)
    for name, values in everything(small).items():
        kept = large_draws[name][:few, :futures] if name.startswith("future ") else large_draws[name][:few]
        assert np.array_equal(kept, values), name


def test_draws_do_not_depend_on_which_designs_are_compared(fishery: Study) -> None:
    alone = fishery.plan(designs=["co-management"], worlds=5)
    among = fishery.plan(designs=["catch-quota", "co-management", "open-access"], worlds=5)
    assert same(alone.design_inputs("co-management"), among.design_inputs("co-management"))
    assert same(alone.world_inputs(), among.world_inputs())
    assert same(alone.future_inputs(), among.future_inputs())


def test_draws_stay_in_their_ranges(fishery: Study) -> None:
    worlds = fishery.plan(worlds=200).world_inputs()
    bounded = ("triangular", "uniform", "loguniform")
    for name, parameter in fishery.parameters.items():
        if parameter.distribution in bounded:
            assert parameter.low is not None
            assert parameter.high is not None
            values = worlds[name]
            assert parameter.low - 1e-12 <= values.min() < values.max() <= parameter.high + 1e-12, name
    assert np.allclose(worlds["Weight of motive"].sum(axis=1), 1, atol=1e-12)
    assert not set(worlds) & {lever.variable for lever in fishery.file.levers.values()}


def test_levers_of_different_designs_are_drawn_apart(fishery: Study) -> None:
    scores = fishery.plan(worlds=2000).lever_scores()["quota"]
    assert scores.shape == (4, 2000)
    assert np.abs(np.corrcoef(scores) - np.eye(4)).max() < 0.1
    for place, design in enumerate(fishery.file.comparison.designs):
        score = fishery.designs[design].levers["quota"]
        assert score.low <= scores[place].min() < scores[place].max() <= score.high
        assert scores[place].mean() == pytest.approx((score.low + score.mode + score.high) / 3, abs=0.01)


def test_an_overlay_adds_its_own_draw_and_keeps_the_ceiling(fishery: Study) -> None:
    plan = fishery.plan(designs=["patrolled-licences", "patrolled-licences+watch", "open-access+watch"], worlds=300)
    plain, watched, open_access = plan.lever_scores()["patrol"]
    assert ((watched - plain) > 0).all()
    assert watched.max() <= 1
    own = plan.with_(designs=("open-access",)).lever_scores()["patrol"][0]
    both_free = watched < 1
    assert np.allclose((watched - plain)[both_free], (open_access - own)[both_free])
    resolved = fishery.design("patrolled-licences+watch")
    assert resolved.levers["patrol"].mode == pytest.approx(0.85)
    assert resolved.levers["quota"] == fishery.designs["patrolled-licences"].levers["quota"]


def test_keeping_the_base_costs_nothing(fishery: Study) -> None:
    plan = fishery.plan(worlds=50)
    variable = "Disruption of change"
    assert (plan.design_inputs("open-access")[variable] == 0).all()
    assert (plan.design_inputs("open-access+watch")[variable] == 0).all()
    assert (plan.design_inputs("co-management")[variable] > 0).all()
    assert (plan.rest_inputs("co-management")[variable] == 0).all()
    assert variable not in fishery.plan(start="settled").design_inputs("co-management")


def test_members_are_those_of_the_design(fishery: Study) -> None:
    plan = fishery.plan(worlds=2)
    assert (plan.design_inputs("co-management")["Sits in council"] == 1).all()
    assert (plan.design_inputs("catch-quota")["Sits in council"] == 0).all()
    assert (plan.reference_inputs()["Sits in council"] == 1).all()


def test_rest_and_reference_know_no_luck(fishery: Study) -> None:
    plan = fishery.plan(worlds=3)
    for inputs in (plan.rest_inputs("co-management"), plan.reference_inputs()):
        assert (inputs["Raids at expected rate"] == 1).all()
        assert "Raid threshold" not in inputs
    assert (plan.reference_inputs()["Quota strictness"] == 0.8).all()
    assert np.array_equal(plan.reference_inputs()["Fish price"], plan.world_inputs()["Fish price"])


def test_events_come_in_order_and_at_their_rate(fishery: Study) -> None:
    drawn = fishery.plan(worlds=100, futures=20).future_inputs()
    thresholds, starts = drawn["Raid threshold"], drawn["Spell start"]
    assert thresholds.shape == (100, 20, 3, 40)
    assert (np.diff(thresholds, axis=-1) > 0).all()
    assert np.diff(thresholds, axis=-1).mean() == pytest.approx(1, rel=0.02)
    assert (np.diff(starts, axis=-1) > 0).all()
    assert starts[..., 0].mean() == pytest.approx(1 / 0.03, rel=0.1)
    assert abs(np.corrcoef(thresholds[..., 0, 0].ravel(), thresholds[..., 1, 0].ravel())[0, 1]) < 0.1


def test_a_scenario_that_extends_another_keeps_its_settings(fishery: Study) -> None:
    drawn = fishery.plan(scenario="one-bad-spell", worlds=2, futures=3).future_inputs()
    assert (drawn["Raids at expected rate"] == 1).all()
    assert np.array_equal(drawn["Spell start"][1, 2], [30, 1e6, 1e6, 1e6, 1e6, 1e6])


def test_only_what_varies_is_drawn(fishery: Study) -> None:
    plan = fishery.plan(worlds=4, futures=3)
    levers = plan.with_(vary={"levers"})
    assert levers.world_inputs() == {}
    assert same(levers.lever_scores(), plan.lever_scores())
    assert np.array_equal(levers.future_inputs()["Spell start"][3], plan.future_inputs()["Spell start"][0])
    parameters = plan.with_(vary={"parameters"})
    assert same(parameters.world_inputs(), plan.world_inputs())
    assert (parameters.lever_scores()["quota"] == [[0.05], [0.7], [0.2], [0.55]]).all()
    biology = plan.with_(vary={"biology", "luck"})
    assert "Carrying capacity" in biology.world_inputs()
    assert "Fish price" not in biology.world_inputs()
    assert same(biology.future_inputs(), plan.future_inputs())


def test_one_group_can_have_another_seed(fishery: Study) -> None:
    plan = fishery.plan(worlds=4, futures=3)
    luck = plan.with_(seeds={"luck": 5})
    assert same(luck.world_inputs(), plan.world_inputs())
    assert same(luck.lever_scores(), plan.lever_scores())
    assert not same(luck.future_inputs(), plan.future_inputs())
    structure = plan.with_(seeds={"structure": 5}).world_inputs()
    differing = {name for name, values in plan.world_inputs().items() if not np.array_equal(structure[name], values)}
    assert differing == {"Weight of motive"}
    assert set(plan.with_(seeds={"parameters": 5}).world_inputs()) == set(plan.world_inputs())


def test_a_placebo_exchanges_scores_and_nothing_else(fishery: Study) -> None:
    plan = fishery.plan(worlds=5)
    swapped = plan.with_(scores_from={"co-management": "open-access", "open-access": "co-management"})
    own, other = plan.design_inputs("co-management"), plan.design_inputs("open-access")
    found = swapped.design_inputs("co-management")
    assert np.array_equal(found["Quota strictness"], other["Quota strictness"])
    assert np.array_equal(found["Sits in council"], own["Sits in council"])
    assert np.array_equal(found["Disruption of change"], own["Disruption of change"])


def test_settings_hold_everywhere_but_in_the_reference(fishery: Study) -> None:
    plan = fishery.plan(worlds=3, settings={"fish price": 3, "Quota strictness": 0.5, "Initial fleet[south]": 7})
    assert (plan.world_inputs()["Fish price"] == 3).all()
    assert np.array_equal(plan.world_inputs()["Initial fleet"], [[30, 7, 18]] * 3)
    assert (plan.design_inputs("catch-quota")["Quota strictness"] == 0.5).all()
    assert (plan.reference_inputs()["Quota strictness"] == 0.8).all()
    assert (plan.reference_inputs()["Fish price"] == 3).all()
    assert "Initial fleet[south] held at 7" in plan.describe()


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"designs": ["co-managment"]}, "Did you mean `co-management`?"),
        ({"designs": ["co-management+wach"]}, "no overlay `wach` in this study. Did you mean `watch`?"),
        ({"designs": []}, "at least one design"),
        ({"designs": ["open-access", "open-access"]}, "stands twice"),
        ({"scenario": "clam"}, "Did you mean `calm`?"),
        ({"start": "swich"}, "Did you mean `switch`?"),
        ({"worlds": 0}, "worlds: 0 is not"),
        ({"futures": -1}, "futures: -1 is not"),
        ({"seed": -1}, "a seed is a whole number from 0"),
        ({"horizon": 0.0}, "the horizon has to be above 0"),
        ({"settings": {"Fish prise": 1.0}}, "Did you mean `Fish price`"),
        ({"settings": {"Fish stock": 1.0}}, "only constants can be set"),
        ({"settings": {"Initial fleet[east]": 1.0}}, "no element `east`"),
        ({"settings": {"Fish price": float("nan")}}, "not a finite number"),
        ({"area": "x"}, "no area `x`"),
    ],
)
def test_a_plan_refuses_what_the_study_does_not_know(fishery: Study, asked: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as caught:
        fishery.plan(**asked)
    assert words in str(caught.value)


def test_all_that_is_wrong_with_a_plan_comes_together(fishery: Study) -> None:
    with pytest.raises(InputError) as caught:
        fishery.plan(designs=["nothing"], scenario="nothing", settings={"nothing": 1.0}, worlds=0)
    assert len(caught.value.problems) == 4


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"vary": {"lever"}}, "Did you mean `levers`"),
        ({"worldz": 3}, "Did you mean `worlds`"),
        ({"seeds": {"x": 1}}, "`x`"),
    ],
)
def test_variants_are_checked_too(fishery: Study, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as caught:
        fishery.plan().with_(**changes)
    assert words in str(caught.value)


def test_a_plan_says_what_it_is(fishery: Study) -> None:
    said = fishery.plan(seed=3).describe()
    assert said.startswith("4 designs × 100 worlds × 20 futures = 8,000 runs of 120 months; scenario `random`")
    assert "seed 3" in said
    assert fishery.plan().choices()["designs"] == list(fishery.file.comparison.designs)


def test_draws_cannot_be_changed(fishery: Study) -> None:
    with pytest.raises(ValueError, match="read-only"):
        fishery.plan(worlds=2).world_inputs()["Fish price"][0] = 0


def test_one_grade_of_evidence_can_be_drawn_anew(fishery: Study) -> None:
    """A group of its own name stands above the grade."""
    plan = fishery.plan(worlds=8, futures=1)
    before, after = plan.world_inputs(), plan.with_(seeds={"grade C": 9}).world_inputs()
    grades: dict[str, set[str]] = {}
    for name, row in fishery.parameters.items():
        if row.varies:
            grades.setdefault(split_element(name)[0], set()).add(row.grade)
    for name, values in before.items():
        same = np.array_equal(values, after[name])
        assert same == ("C" not in grades[name]), name
