from __future__ import annotations

import pytest

from policy_lab.analysis.elicitation import by_expert, disagreement
from policy_lab.charts.elicitation import design_scores, most_disputed
from policy_lab.study import open_study
from policy_lab.study.schema import Score
from policy_lab.study.scores import Scores


@pytest.fixture(scope="module")
def fishery():
    return open_study("fishery")


@pytest.fixture(scope="module")
def scores(fishery):
    given = {
        who: {
            design: {lever: Score(low=low, mode=low + 0.1, high=low + 0.2, reason="") for lever in fishery.file.levers}
            for design in fishery.designs
        }
        for who, low in (("Ann", 0.1), ("Bob of a very long name in a very large department", 0.5))
    }
    return Scores(tuple(given), (0.5, 0.5), given)


def test_every_number_drawn_is_in_the_data_and_said_in_words(fishery, scores):
    table = by_expert(fishery, scores)
    figure = design_scores(fishery, scores, table, disagreement(fishery, scores), "open-access")
    assert len(figure.data) == 3 * len(fishery.file.levers)
    assert figure.title == "Open access: experts differ most on Quota, 40% of its range"
    assert "pooled 0.40" in figure.alt
    assert "grade C" in figure.subtitle
    assert figure.to_bytes("svg") == figure.to_bytes("svg")


def test_the_largest_disagreement_is_the_title(fishery, scores):
    table = by_expert(fishery, scores)
    figure = most_disputed(fishery, scores, table, disagreement(fishery, scores))
    assert "40% of its range" in figure.title
    assert figure.data["lever"].nunique() <= 6
    assert figure.to_bytes("png")


def test_one_expert_alone_is_drawn_without_a_disagreement(fishery, scores):
    alone = scores.only("Ann")
    figure = most_disputed(fishery, alone, by_expert(fishery, alone), disagreement(fishery, alone))
    assert figure.title == "One expert alone"
    assert figure.to_bytes("svg")
