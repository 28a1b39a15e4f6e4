from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from policy_lab.analysis.clause_words import clauses_in_words, headline
from policy_lab.analysis.clauses import ALIKE, BURDEN, LEVER, Clauses, clauses, players_between
from policy_lab.analysis.dominance import SENTENCE
from policy_lab.analysis.put_in import LEVEL, RISK, Evaluate, levels
from policy_lab.errors import InputError
from policy_lab.results.types import Outcome, Results
from policy_lab.run import run
from policy_lab.study import Plan, Study, open_study

FIRST, SECOND = "open-access", "co-management"


@pytest.fixture(scope="module")
def fishery() -> Study:
    return open_study("fishery")


@pytest.fixture(scope="module")
def plan(fishery: Study) -> Plan:
    return fishery.plan(worlds=8, futures=1, seed=3)


def by_hand(weights: dict[str, float], product: float = 0.0, worst: float = 2.0) -> Evaluate:
    """Return an `evaluate` whose outcome is a weighted sum of scores plus a product of quota and patrol.

    The burden gains what the outcome lacks of ``worst``, month by month.
    """

    def evaluate(plan: Plan) -> Results:
        scores = plan.lever_scores()
        level = product * scores["quota"] * scores["patrol"]
        for lever, weight in weights.items():
            level = level + weight * scores[lever]
        path = np.repeat(level[:, :, None, None], 13, axis=-1)
        time = np.arange(13.0)
        burden = plan.study.file.measures.burden.variable
        gains = np.cumsum(worst - path, axis=-1)
        outcomes = {
            name: Outcome(name, plan.study.model[name].unit, (), (), gains if name == burden else path)
            for name in plan.saved
        }
        return Results(plan, plan.designs, time, outcomes, {}, scores, {"seed": plan.seed, "settings": {}})

    return evaluate


def shares(found: Clauses, measure: str, column: str = "share") -> dict[str, float]:
    rows = found.parts[found.parts["measure"] == measure]
    return dict(zip(rows["part"], rows[column], strict=True))


def whole(found: Clauses, measure: str) -> float:
    return float(found.ends.set_index("measure").loc[measure, "difference"])


def test_a_lever_that_acts_alone_has_the_whole_difference(plan: Plan) -> None:
    found = clauses(plan, FIRST, SECOND, by_hand({"quota": 0.5}))
    drawn = plan.with_(designs=(FIRST, SECOND)).lever_scores()["quota"]
    expected = 0.5 * (drawn[1] - drawn[0]).mean()
    assert found.exact
    assert shares(found, LEVEL)["Quota"] == pytest.approx(expected)
    assert {part: value for part, value in shares(found, LEVEL).items() if part != "Quota"} == pytest.approx(
        {"Patrols": 0, "Say of the communities": 0, "Licences": 0, "Members": 0, "Cost of changing over": 0}, abs=1e-12
    )
    assert shares(found, LEVEL, "alone")["Quota"] == shares(found, LEVEL, "last")["Quota"] == pytest.approx(expected)
    assert not found.together[found.together["measure"] == LEVEL]["clear"].any()


@pytest.mark.parametrize("exact_up_to", [7, 2])
def test_a_product_is_shared_evenly_and_named_as_together(plan: Plan, exact_up_to: int) -> None:
    found = clauses(plan, FIRST, SECOND, by_hand({}, product=0.4), orders=40, exact_up_to=exact_up_to)
    assert found.exact == (exact_up_to == 7)
    scores = plan.with_(designs=(FIRST, SECOND)).lever_scores()
    (q0, q1), (p0, p1) = scores["quota"], scores["patrol"]
    by_world = 0.4 * (q1 - q0) * (p0 + p1) / 2  # the mean of bringing quota in before and after patrol
    exactly = 1e-9 if found.exact else 0.004
    assert shares(found, LEVEL)["Quota"] == pytest.approx(by_world.mean(), abs=exactly)
    pairs = found.together[found.together["measure"] == LEVEL].set_index(["part", "other"])
    both = 0.4 * ((q1 - q0) * (p1 - p0)).mean()
    assert pairs.loc[("Quota", "Patrols"), "together"] == pytest.approx(both, rel=0.02 if not found.exact else 1e-9)
    assert list(pairs.index[pairs["clear"]]) == [("Quota", "Patrols")]
    assert "Quota and Patrols change one another's effect most" in " ".join(clauses_in_words(found))


@pytest.mark.parametrize("exact_up_to", [7, 2])
def test_shares_add_up_to_the_difference(fishery: Study, exact_up_to: int) -> None:
    plan = fishery.plan(worlds=4, futures=2, seed=3)
    found = clauses(plan, FIRST, SECOND, run, exact_up_to=exact_up_to)
    for measure in (RISK, BURDEN, LEVEL):
        assert sum(shares(found, measure).values()) == pytest.approx(whole(found, measure), abs=1e-9)


def test_the_way_ends_where_the_comparison_of_the_two_does(fishery: Study) -> None:
    plan = fishery.plan(designs=[FIRST, SECOND], worlds=4, futures=2, seed=3)
    found = clauses(plan, FIRST, SECOND, run)
    compared = levels(run(plan)).mean(axis=1)
    ends = found.ends.set_index("measure").loc[LEVEL]
    assert [ends["first"], ends["second"]] == pytest.approx(list(compared), rel=1e-12)


def test_drawn_orders_agree_with_all_within_their_errors(fishery: Study) -> None:
    plan = fishery.plan(worlds=30, futures=1, seed=3)
    every, some = (clauses(plan, FIRST, SECOND, run, exact_up_to=most) for most in (7, 2))
    errors = shares(some, LEVEL, "error")
    for part, share in shares(every, LEVEL).items():
        assert abs(shares(some, LEVEL)[part] - share) < 3 * errors[part]
    assert shares(every, LEVEL, "alone") == pytest.approx(shares(some, LEVEL, "alone"))
    assert shares(every, LEVEL, "last") == pytest.approx(shares(some, LEVEL, "last"))


def test_a_part_that_works_only_with_another_is_named(fishery: Study) -> None:
    plan = fishery.plan(worlds=40, futures=4, seed=3)
    found = clauses(plan, FIRST, SECOND, run)
    told = " ".join(clauses_in_words(found))
    assert (
        "Say of the communities by itself does nothing that can be told, and works only together with Members" in told
    )
    assert shares(found, LEVEL, "alone")["Say of the communities"] == 0  # nobody sits in a council


def test_players_are_what_differs(fishery: Study) -> None:
    plan = fishery.plan(worlds=2)
    titles = [player.title for player in players_between(plan, FIRST, SECOND)]
    assert titles == ["Quota", "Patrols", "Say of the communities", "Licences", "Members", "Cost of changing over"]
    assert "Cost of changing over" not in [
        player.title for player in players_between(plan.with_(start="settled"), FIRST, SECOND)
    ]
    (watch,) = players_between(plan, SECOND, f"{SECOND}+watch")
    assert (watch.title, watch.kind, watch.first, watch.second) == ("Patrols", LEVER, "0.35", "0.5")


def test_levers_scored_alike_are_one_player(fishery: Study) -> None:
    (alike,) = [
        one for one in players_between(fishery.plan(), "catch-quota", "patrolled-licences") if one.kind == ALIKE
    ]
    assert alike.parts == ("voice",)
    assert alike.first == "Say of the communities"


def test_one_part_alone_has_all_of_it(plan: Plan) -> None:
    found = clauses(plan, SECOND, f"{SECOND}+watch", by_hand({"patrol": 1.0}))
    assert len(found.parts) == 3
    assert found.together.empty
    assert shares(found, LEVEL)["Patrols"] == pytest.approx(whole(found, LEVEL))
    assert clauses_in_words(found)[1] == "No two parts can be told to do more or less together than each by itself."
    assert found.put_in
    assert SENTENCE in clauses_in_words(found)


def test_designs_that_do_not_differ_are_refused(plan: Plan) -> None:
    with pytest.raises(InputError, match="differ in nothing"):
        clauses(plan, FIRST, FIRST, by_hand({}))


def test_a_burden_that_is_nothing_has_no_shares(plan: Plan) -> None:
    found = clauses(plan, FIRST, SECOND, by_hand({}, worst=0.0))
    assert set(found.parts["measure"]) == set(found.ends["measure"]) == {RISK, LEVEL}


def test_a_design_that_fails_everywhere_is_told(plan: Plan) -> None:
    def evaluate(asked: Plan) -> Results:
        found = by_hand({"quota": 0.5})(asked)
        lost = np.arange(len(found.designs))[:, None, None, None] == 5
        broken = {name: replace(one, values=np.where(lost, np.nan, one.values)) for name, one in found.outcomes.items()}
        return replace(found, outcomes=broken)

    with pytest.raises(InputError, match="in no world did every design on the way"):
        clauses(plan, FIRST, SECOND, evaluate)


def test_nothing_to_tell_is_said(plan: Plan) -> None:
    found = clauses(plan, FIRST, SECOND, by_hand({}))
    assert headline(found) == "From Open access to Co-management, no part can be told to do the work"
    assert "can be told from nothing with 8 worlds × 1 futures" in clauses_in_words(found)[0]


def test_the_manifest_tells_the_two_designs_and_not_those_between(fishery: Study) -> None:
    found = clauses(fishery.plan(worlds=2, futures=1), FIRST, SECOND, run, exact_up_to=2, orders=1)
    manifest = found.setting.manifest
    assert manifest["settings"]["designs"] == [FIRST, SECOND]
    assert manifest["clauses"] == {"from": FIRST, "to": SECOND, "coalitions": "2 orders a world"}
