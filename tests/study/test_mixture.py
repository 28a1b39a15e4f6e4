from __future__ import annotations

import numpy as np
import pytest

from policy_lab.errors import InputError
from policy_lab.study import Study, open_study
from policy_lab.study.mixture import CHANGE, MEMBERS, Mixture, parts_of

FIRST, SECOND = "catch-quota", "co-management"


@pytest.fixture(scope="module")
def fishery() -> Study:
    return open_study("fishery")


def everything(study: Study, taken: bool, worlds: int) -> Mixture:
    return Mixture(FIRST, SECOND, {part: np.full(worlds, taken) for part in parts_of(study.file)})


@pytest.mark.parametrize(("taken", "as_if"), [(False, FIRST), (True, SECOND)])
def test_a_mixture_that_takes_nothing_or_all_is_one_of_the_two(fishery: Study, taken: bool, as_if: str) -> None:
    plain = fishery.plan(designs=[as_if], worlds=5)
    mixed = plain.with_(designs=("mixed",), mixed={"mixed": everything(fishery, taken, 5)})
    for name, values in plain.design_inputs(as_if).items():
        assert np.array_equal(mixed.design_inputs("mixed")[name], values), name
    for lever, scores in plain.lever_scores().items():
        assert np.array_equal(mixed.lever_scores()[lever], scores)
    assert np.array_equal(mixed.rest_inputs("mixed")["Sits in council"], plain.rest_inputs(as_if)["Sits in council"])


def test_each_world_takes_its_own_parts(fishery: Study) -> None:
    half = np.array([True, False, True, False])
    plan = fishery.plan(designs=[FIRST, SECOND], worlds=4)
    mixture = Mixture(FIRST, SECOND, {"quota": half, MEMBERS: ~half, CHANGE: half})
    mixed = plan.with_(designs=(FIRST, SECOND, "mixed"), mixed={"mixed": mixture})
    first, second, found = mixed.lever_scores()["quota"]
    assert np.array_equal(found, np.where(half, second, first))
    assert np.array_equal(mixed.lever_scores()["patrol"][2], mixed.lever_scores()["patrol"][0])
    council = mixed.design_inputs("mixed")["Sits in council"]
    assert council.tolist() == [[0, 0, 0], [1, 1, 1], [0, 0, 0], [1, 1, 1]]
    costs = [mixed.design_inputs(name)["Disruption of change"] for name in mixed.designs]
    assert np.array_equal(costs[2], np.where(half, costs[1], costs[0]))


def test_a_mixture_is_told_in_the_manifest_and_others_leave_no_trace(fishery: Study) -> None:
    plan = fishery.plan(designs=[FIRST], worlds=2)
    assert "mixed" not in plan.choices()
    one, other = (
        plan.with_(designs=("mixed",), mixed={"mixed": Mixture(FIRST, SECOND, {"quota": np.array(taken)})}).choices()
        for taken in ([True, False], [True, True])
    )
    assert one["mixed"]["of"] == [FIRST, SECOND]
    assert one["mixed"]["sha256"] != other["mixed"]["sha256"]


def test_what_a_mixture_cannot_take_is_told(fishery: Study) -> None:
    plan = fishery.plan(designs=[FIRST], worlds=2)
    wrong = Mixture(FIRST, "co-managment", {"quotas": np.array([True, True]), "quota": np.array([True])})
    with pytest.raises(InputError, match=r"co-managment"):
        plan.with_(designs=("mixed",), mixed={"mixed": wrong})
    with pytest.raises(InputError, match=r"no part `quotas`[\s\S]*needs 2 answers"):
        plan.with_(designs=("mixed",), mixed={"mixed": Mixture(FIRST, SECOND, wrong.taken)})
