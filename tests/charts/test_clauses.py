from __future__ import annotations

import pytest

from policy_lab.analysis.clauses import Clauses, clauses
from policy_lab.charts.clauses import clauses_chart
from policy_lab.run import run
from policy_lab.study import open_study


@pytest.fixture(scope="module")
def found() -> Clauses:
    return clauses(open_study("fishery").plan(worlds=20, futures=3), "open-access", "co-management", run)


def test_the_title_states_the_finding_and_the_alt_text_every_share(found: Clauses) -> None:
    figure = clauses_chart(found)
    assert figure.title.startswith("From Open access to Co-management, the modelled risk is lowered most by ")
    for part in set(found.parts["part"]):
        assert part in figure.alt
    assert "all together minus" in figure.alt
    assert "Scores are judgement" in figure.subtitle
    assert found.setting.not_a_forecast in figure.source


def test_the_same_figure_gives_the_same_bytes(found: Clauses) -> None:
    assert clauses_chart(found).to_bytes("svg") == clauses_chart(found).to_bytes("svg")
    assert clauses_chart(found).to_bytes("png", 60).startswith(b"\x89PNG")


def test_an_order_put_in_is_said() -> None:
    plan = open_study("fishery").plan(worlds=3, futures=2)
    figure = clauses_chart(clauses(plan, "co-management", "co-management+watch", run))
    assert "put in, not found" in figure.subtitle
