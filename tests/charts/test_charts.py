"""Every chart: its words stand in its bounds and apart from one another, and its data hold what is drawn."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas

from policy_lab.analysis.dominance import PUT_IN
from policy_lab.analysis.risk import pairwise, risk
from policy_lab.analysis.setting import setting_of
from policy_lab.analysis.shortfall import BY_TWIN, DIP, NONE, SHOCK, START, WORN
from policy_lab.charts import dominance_chart, fan_chart, risk_chart, split_chart, surface_chart
from policy_lab.charts.figure import _style
from policy_lab.charts.risk import risk_figure
from policy_lab.charts.split import split_figure
from policy_lab.errors import InputError

CHARTS = {
    "risk": risk_chart,
    "dominance": dominance_chart,
    "surface": surface_chart,
    "split": split_chart,
    "fan": lambda results: fan_chart(results, results.plan.study.file.measures.shortfall.variable),
}


def text_boxes(figure):
    """Return the words of a chart and where they lie, in pixels, and the size of the sheet."""
    with _style():
        canvas = Canvas(figsize=figure.size, dpi=200)
        agg = FigureCanvasAgg(canvas)
        figure.paint(canvas)
        agg.draw()
        renderer = agg.get_renderer()
        texts = list(canvas.texts)
        for axes in canvas.axes:
            texts += [*axes.texts, axes.xaxis.label, axes.yaxis.label]
            texts += [label for label in (*axes.get_xticklabels(), *axes.get_yticklabels()) if axes.axison]
        shown = [text for text in texts if text.get_text() and text.get_visible()]
        return [(text.get_text(), text.get_window_extent(renderer)) for text in shown], canvas.bbox


@pytest.mark.parametrize("source", ["results", "crowded"])
@pytest.mark.parametrize("name", CHARTS)
def test_no_words_are_clipped_or_written_over_others(name, source, request):
    boxes, sheet = text_boxes(CHARTS[name](request.getfixturevalue(source)))
    assert len(boxes) > 8
    assert_apart(boxes, sheet)


def assert_apart(boxes, sheet):
    for words, box in boxes:
        assert box.x0 >= 0, words
        assert box.y0 >= 0, words
        assert box.x1 <= sheet.x1, words
        assert box.y1 <= sheet.y1, words
    for (one, first), (other, second) in combinations(boxes, 2):
        width = min(first.x1, second.x1) - max(first.x0, second.x0)
        height = min(first.y1, second.y1) - max(first.y0, second.y0)
        assert width <= 2 or height <= 2, f"`{one}` lies over `{other}`"


def test_a_key_of_four_colours_finds_room(results):
    rows = [
        {"design": name, "cause": cause, "share": 0.2, "recovered": 0.1, "not_recovered": 0.1, "rule": BY_TWIN}
        for name in results.designs
        for cause in (START, SHOCK, DIP, WORN, NONE)
    ]
    boxes, sheet = text_boxes(split_figure(pd.DataFrame(rows), setting_of(results)))
    assert {START, SHOCK, DIP, WORN} <= {words for words, _ in boxes}
    assert_apart(boxes, sheet)


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_has_its_words_and_its_data(name, results):
    figure = CHARTS[name](results)
    assert figure.title
    assert figure.alt
    assert results.plan.study.file.words.sources in figure.source
    assert results.plan.study.file.words.not_a_forecast in figure.source
    assert "seed 5" in figure.source
    assert not figure.data.empty
    assert figure.manifest == {"seed": 5}


def test_the_title_of_the_ranking_follows_the_data(results):
    table, pairs, setting = risk(results), pairwise(results), setting_of(results)
    live = table["group"] == "live"
    lowest = table[live].sort_values("risk")["design"].iloc[0]
    turned = table.assign(risk=np.where(live, 1 - table["risk"], table["risk"]))
    new_lowest = turned[live].sort_values("risk")["design"].iloc[0]
    assert lowest != new_lowest
    assert setting.short(lowest) in risk_figure(table, pairs, setting).title.split(" ranks ")[0].split(" has ")[0]
    assert setting.short(new_lowest) in risk_figure(turned, pairs, setting).title.split(" ranks ")[0].split(" has ")[0]


def test_the_ranking_says_where_an_order_was_put_in(crowded):
    assert (pairwise(crowded)["order"] == PUT_IN).all()
    figure = risk_chart(crowded)
    assert "put in, not found" in figure.title
    boxes, _ = text_boxes(figure)
    assert sum("order put in" in words for words, _ in boxes) == len(crowded.designs)


def test_the_matrix_marks_orders_put_in_by_more_than_colour(crowded):
    boxes, _ = text_boxes(dominance_chart(crowded))
    marks = [words for words, _ in boxes if words in "▲▼"]
    assert len(marks) == 9 * 8
    assert dominance_chart(crowded).title.startswith("36 of 36 orders")


def test_the_fan_draws_the_quantiles_that_its_data_hold(results):
    figure = CHARTS["fan"](results)
    with _style():
        canvas = Canvas(figsize=figure.size)
        figure.paint(canvas)
    data = figure.data
    for axes, design in zip(canvas.axes, results.designs, strict=True):
        median = data[(data["design"] == design) & (data["quantile"] == 0.5)]["value"].to_numpy()
        drawn = [line.get_ydata() for line in axes.lines if line.get_linewidth() == 1.8]
        assert len(drawn) == 1
        assert np.array_equal(drawn[0], median)


def test_a_fan_of_the_burden_shows_ratios_only(results):
    figure = fan_chart(results, results.plan.study.file.measures.burden.variable)
    base = figure.data[figure.data["design"] == results.plan.study.file.comparison.base]
    assert set(figure.data["unit"]) == {"ratio to open-access"}
    assert np.allclose(base["value"], 1.0)


def test_a_fan_needs_one_path_and_known_names(results):
    with pytest.raises(InputError, match=r"Fleet\[north\]"):
        fan_chart(results, "Fleet")
    with pytest.raises(InputError, match="Fleet"):
        fan_chart(results, "Flet")
    assert fan_chart(results, "Fleet[south]").data["subscripts"].unique().tolist() == ["south"]


def test_chosen_designs_only(results):
    assert set(fan_chart(results, "Fish stock", ["co-management"]).data["design"]) == {"co-management"}
