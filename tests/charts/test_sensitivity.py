from __future__ import annotations

import pytest

from policy_lab.analysis.measured import Question
from policy_lab.analysis.sensitivity import sensitivity
from policy_lab.charts.sensitivity import MOST, sensitivity_chart
from policy_lab.study import open_study
from tests.analysis.linear import evaluator


@pytest.fixture(scope="module")
def plan():
    return open_study("fishery").plan(futures=2, seed=5)


def test_the_title_names_what_matters_and_the_table_holds_all(plan):
    (found,) = sensitivity(plan, evaluator(levers=1.0, biology=2.0), [Question("level", "co-management")], samples=4)
    figure = sensitivity_chart(found)
    assert figure.title.endswith("Intrinsic growth rate and Quota of Co-management matter most")
    assert len(figure.data) > MOST
    assert f"The other {len(figure.data) - MOST} are in the table" in figure.subtitle
    assert "Intrinsic growth rate" in figure.alt
    assert figure.to_bytes("svg") == figure.to_bytes("svg")
    assert "of Co-management" in figure.to_bytes("svg").decode("utf-8")


def test_where_nothing_matters_the_title_says_so(plan):
    (found,) = sensitivity(plan, evaluator(), [Question("level", "co-management")], samples=4)
    assert sensitivity_chart(found).title.endswith("nothing can be told from chance")
    assert sensitivity_chart(found).to_bytes("png").startswith(b"\x89PNG")
