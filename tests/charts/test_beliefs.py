from __future__ import annotations

from policy_lab.analysis.beliefs import beliefs
from policy_lab.charts.beliefs import MOST_BARS, beliefs_chart
from policy_lab.study import open_study
from tests.analysis.test_switching import COST, FIRST, PRICE, SECOND, linear


def test_the_tornado_says_who_leads_and_where_the_order_changes() -> None:
    plan = open_study("fishery").plan(worlds=1, futures=2)
    found = beliefs(plan, FIRST, SECOND, linear(-1.0, {PRICE: 0.5, COST: 0.2}), worlds=2)
    figure = beliefs_chart(found)
    assert figure.title.startswith("Catch quota trails Co-management at central values; alone, only Fish price")
    assert "Fish price from -2.5 at its low to 0.55 at its high end, switching at 2.4 kGBP/tonne" in figure.alt
    assert len(figure.data) == MOST_BARS
    assert figure.to_bytes("svg") == beliefs_chart(found).to_bytes("svg")
