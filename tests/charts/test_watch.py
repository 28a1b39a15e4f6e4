from __future__ import annotations

from policy_lab.analysis.watch import watch
from policy_lab.charts.watch import watch_chart
from policy_lab.run import run
from policy_lab.study import open_study


def test_the_curves_name_every_indicator_and_what_is_chance() -> None:
    study = open_study("fishery")
    found = watch(study.plan(worlds=30, futures=6), "open-access", run)
    figure = watch_chart(found)
    for indicator in study.file.indicators.values():
        assert indicator.title in figure.alt
    assert "by chance" in figure.alt
    assert "the half of the worlds on which no alarm was set" in figure.subtitle
    assert study.file.words.not_a_forecast in figure.source
    assert len(figure.data) == 7 * (1 + len(study.file.indicators))
    assert figure.to_bytes("svg") == watch_chart(found).to_bytes("svg")
