from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from policy_lab.analysis.put_in import Evaluate
from policy_lab.analysis.switching import Lead, centre_of, one_at_a_time, switching_table, values_at
from policy_lab.results.types import Outcome, Results
from policy_lab.run import run
from policy_lab.study import Plan, Study, open_study
from policy_lab.study.inputs import uncertain_inputs
from policy_lab.study.streams import uniforms

FIRST, SECOND = "catch-quota", "co-management"
PRICE, COST, TURNOVER = "parameter/Fish price", "parameter/Cost per boat", "parameter/Normal turnover of boats"


@pytest.fixture(scope="module")
def fishery() -> Study:
    return open_study("fishery")


def scores_of(plan: Plan, stream: str) -> np.ndarray:
    """Return an input of every world in normal scores, as given or as drawn."""
    given = plan.quantiles.get(stream)
    return ndtri(uniforms(plan.seed, stream, plan.worlds) if given is None else given)


def linear(start: float, weights: Mapping[str, float], luck: float = 0.0) -> Evaluate:
    """Return an `evaluate` in which the first design is ahead by a sum of inputs in normal scores, and luck."""

    def evaluate(plan: Plan) -> Results:
        ahead = start + sum(weight * scores_of(plan, stream) for stream, weight in weights.items())
        futures = luck * np.linspace(-1, 1, plan.futures)
        level = np.zeros((len(plan.designs), plan.worlds, plan.futures))
        level[0] = (ahead * np.ones(plan.worlds))[:, None] + futures
        path = np.repeat(level[..., None], 7, axis=-1)
        outcomes = {name: Outcome(name, "Dmnl", (), (), path) for name in plan.saved}
        return Results(plan, plan.designs, np.arange(7.0), outcomes, {}, plan.lever_scores(), {"settings": {}})

    return evaluate


def lead_of(study: Study, evaluate: Evaluate, futures: int = 3) -> Lead:
    plan = study.plan(designs=[FIRST, SECOND], futures=futures, worlds=1)
    return Lead(plan, uncertain_inputs(plan), evaluate)


def test_a_switching_value_is_where_the_order_changes(fishery: Study) -> None:
    lead = lead_of(fishery, linear(-1.0, {PRICE: 0.5, COST: -0.8, TURNOVER: 0.3}, luck=0.1))
    found = one_at_a_time(lead)
    assert found.lead == pytest.approx(-1.0)
    assert found.error == pytest.approx(0.1 / np.sqrt(3))
    table = switching_table(lead, found).set_index("input")
    price, cost = table.loc["Fish price"], table.loc["Cost per boat"]
    assert price["switching_quantile"] == pytest.approx(ndtr(2.0), abs=0.003)
    assert cost["switching_quantile"] == pytest.approx(ndtr(-1.25), abs=0.01)
    at = next(at for at, row in enumerate(lead.inputs) if row.title == "Fish price")
    moved = np.zeros((1, len(lead.inputs)))
    moved[0, at] = 2.0
    assert price["switching_value"] == pytest.approx(values_at(lead.plan, lead.inputs, moved)[0, at], rel=0.01)
    assert price["low"] < price["central"] < price["switching_value"] < price["high"]
    # A lognormal's stated range ends at its 5 and 95 % quantiles: 0.3 of a lead for each of 1.64 scores do not do it.
    assert np.isnan(table.loc["Normal turnover of boats", "switching_value"])
    assert table["switching_value"].notna().sum() == 2


def test_the_table_has_what_moves_the_lead_most_first(fishery: Study) -> None:
    lead = lead_of(fishery, linear(0.3, {PRICE: 0.5, COST: -0.8}))
    table = switching_table(lead, one_at_a_time(lead))
    assert list(table["input"].head(2)) == ["Cost per boat", "Fish price"]
    assert table["swing"].is_monotonic_decreasing
    assert table.loc[0, "lead_low"] > 0.3 > table.loc[0, "lead_high"]
    assert (table["swing"][2:] == 0).all()


def test_the_centre_is_the_median_and_a_switch_at_its_base(fishery: Study) -> None:
    row = fishery.parameters["Fish price"]
    for base, score in ((row.low, -1.0), (row.high, 1.0)):
        from dataclasses import replace

        switch = row.model_copy(update={"distribution": "switch", "base": base})
        study = replace(fishery, parameters={**fishery.parameters, "Fish price": switch})
        plan = study.plan(designs=[FIRST, SECOND], worlds=1)
        inputs = uncertain_inputs(plan)
        centre = centre_of(inputs, plan)
        at = next(at for at, one in enumerate(inputs) if one.title == "Fish price")
        assert centre[at] == score
        assert np.count_nonzero(centre) == 1
        assert values_at(plan, inputs, centre[None])[0, at] == base


def test_values_are_what_the_plan_would_draw(fishery: Study) -> None:
    plan = fishery.plan(designs=[FIRST, SECOND], worlds=4, seed=11)
    inputs = uncertain_inputs(plan)
    scores = np.stack([scores_of(plan, row.stream) for row in inputs], axis=1)
    values = values_at(plan, inputs, scores)
    by_title = dict(zip((row.title for row in inputs), values.T, strict=True))
    assert by_title["Carrying capacity"] == pytest.approx(plan.world_inputs()["Carrying capacity"])
    assert by_title["Weight of motive[example]"] == pytest.approx(plan.world_inputs()["Weight of motive"][:, 2])
    assert by_title["Quota of Co-management"] == pytest.approx(plan.lever_scores()["quota"][1])
    costs = plan.design_inputs(SECOND)["Disruption of change"]
    assert by_title["Cost of changing to Co-management"] == pytest.approx(costs)


def test_points_meet_the_same_luck(fishery: Study) -> None:
    lead = lead_of(fishery, run)
    centre = centre_of(lead.inputs, lead.plan)
    twice = lead.of(np.stack([centre, centre]))
    assert np.array_equal(twice[0], twice[1])
