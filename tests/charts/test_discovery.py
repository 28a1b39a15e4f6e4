from __future__ import annotations

from policy_lab.analysis.discovery import discover
from policy_lab.charts.discovery import discovery_chart
from policy_lab.study import open_study
from tests.analysis.linear import evaluator


def test_the_box_is_drawn_and_told_and_without_one_the_title_says_so() -> None:
    plan = open_study("fishery").plan(designs=["catch-quota"], worlds=200, futures=1, seed=3)
    found = discover(evaluator(biology=1.0, own={"catch-quota": -0.5})(plan), "catch-quota", resamples=0)
    figure = discovery_chart(found, plan.seed)
    assert figure.title.startswith("Catch quota falls short in")
    assert figure.title.endswith("in all")
    assert "Intrinsic growth rate is below" in figure.subtitle
    assert found.sentences[0] in figure.alt
    assert figure.to_bytes("svg") == figure.to_bytes("svg")
    none = discover(evaluator(own={"catch-quota": 1.0})(plan), "catch-quota", resamples=0)
    assert discovery_chart(none, plan.seed).title == "Catch quota falls short in none of 200 modelled futures"
    assert discovery_chart(none, plan.seed).to_bytes("png").startswith(b"\x89PNG")
