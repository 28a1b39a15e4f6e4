"""The charts of a decision: words apart from one another, and data that hold what is drawn."""

from __future__ import annotations

import pytest
from matplotlib.figure import Figure as Canvas

from policy_lab.analysis.decision import Effort, decide
from policy_lab.charts.convergence import convergence_chart, convergence_figure
from policy_lab.charts.figure import _style
from policy_lab.charts.information import information_figure
from policy_lab.charts.reversal import reversal_figure
from policy_lab.charts.satisfice import satisficing_chart
from policy_lab.charts.stochastic import stochastic_chart
from policy_lab.charts.survival import survival_chart
from policy_lab.charts.timing import timing_chart
from tests.analysis.linear import evaluator
from tests.charts.test_charts import assert_apart, text_boxes

CHARTS = {
    "survival": survival_chart,
    "timing": timing_chart,
    "stochastic": stochastic_chart,
    "satisficing": satisficing_chart,
    "convergence": convergence_chart,
}


@pytest.fixture(scope="module")
def decision(results):
    evaluate = evaluator(levers=0.5, biology=0.05, luck=0.002, own=dict.fromkeys(results.designs, 0.25), wave=0.2)
    small = Effort(worlds=12, redraws=1, futures=2, reach_worlds=4, cells=3, cell_worlds=3)
    return decide(results, evaluate, small)


@pytest.mark.parametrize("source", ["results", "crowded"])
@pytest.mark.parametrize("name", CHARTS)
def test_no_words_are_clipped_or_written_over_others(name, source, request):
    boxes, sheet = text_boxes(CHARTS[name](request.getfixturevalue(source)))
    assert len(boxes) > 8
    assert_apart(boxes, sheet)


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_has_its_words_and_its_data(name, results):
    figure = CHARTS[name](results)
    assert figure.title
    assert figure.alt
    assert results.plan.study.file.words.not_a_forecast in figure.source
    assert not figure.data.empty
    assert figure.manifest == {"seed": 5}


def test_charts_that_need_further_runs(decision):
    setting = decision.setting
    for figure in (information_figure(decision.information, setting), reversal_figure(decision.reversal, setting)):
        boxes, sheet = text_boxes(figure)
        assert_apart(boxes, sheet)
        assert figure.alt
        assert not figure.data.empty


def test_curves_are_those_of_the_data(results):
    figure = survival_chart(results)
    with _style():
        canvas = Canvas(figsize=figure.size)
        figure.paint(canvas)
    for axes, design in zip(canvas.axes, results.designs, strict=True):
        drawn = [line.get_ydata() for line in axes.lines if line.get_linewidth() == 1.8]
        held = figure.data[figure.data["design"] == design]["holding"]
        assert len(drawn) == 1
        assert drawn[0].tolist() == held.tolist()


def test_each_cell_of_the_map_is_drawn_with_its_figure(decision):
    boxes, _ = text_boxes(reversal_figure(decision.reversal, decision.setting))
    assert sum("±" in words and "\n" not in words for words, _ in boxes) == 9


def test_the_pair_of_the_choice_stands_out(decision):
    figure = convergence_figure(
        decision.reading.convergence, decision.reading.pair_convergence, decision.pair, decision.setting
    )
    with _style():
        canvas = Canvas(figsize=figure.size)
        figure.paint(canvas)
    for axes in canvas.axes:
        assert sum(line.get_linewidth() == 2.0 for line in axes.lines) == 1
