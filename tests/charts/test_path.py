from __future__ import annotations

import numpy as np
import pytest
from lxml import etree

import policy_lab as pl
from policy_lab.charts.path import path_chart, path_finding
from policy_lab.engine import Series
from policy_lab.errors import InputError


@pytest.fixture(scope="module")
def run() -> Series:
    return pl.compile(pl.open_study("fishery").model).run(final_time=5)


@pytest.fixture(scope="module")
def trusting() -> Series:
    return pl.compile(pl.open_study("fishery").model).run({"Initial trust": 0.8}, final_time=5)


def test_the_data_are_what_the_runs_say(run, trusting):
    figure = path_chart({"as it is": run, "more trust": trusting}, ["Fish stock", "Trust[south]"])
    data = figure.data.set_index(["run", "variable"])["value"]
    np.testing.assert_array_equal(data["as it is", "Fish stock"], run["Fish stock"][0])
    np.testing.assert_array_equal(data["more trust", "Trust[south]"], trusting["Trust"][0, :, 1])
    assert set(figure.data["unit"]) == {run.units["Fish stock"], run.units["Trust"]}


def test_the_words_name_every_run_and_variable(run, trusting):
    figure = path_chart({"as it is": run, "more trust": trusting}, ["Fish stock", "Trust[south]"], shaded=(1, 2))
    assert "Solid dark blue: as it is; dashed turquoise: more trust." in figure.subtitle
    assert figure.alt.count("Trust[south]") == 2
    etree.fromstring(figure.to_bytes("svg"))


def test_a_finding_says_how_far_and_where_it_ends(run):
    time = np.arange(4.0)
    assert path_finding("", "Fleet", time, np.array([10.0, 15.0, 12.0, 11.0]), run) == (
        "Fleet is 50% above its start in month 1 and ends 10% above it"
    )
    assert path_finding("cut", "Fleet", time, np.array([10.0, 7.5, 9.0, 10.0]), run) == (
        "Fleet (cut) is 25% below its start in month 1 and ends where it began"
    )
    assert path_finding("", "Fleet", time, np.full(4, 3.0), run) == "Fleet stays where it began"
    assert path_finding("", "Fleet", time, np.array([0.0, 3.0, 2.0, 1.0]), run) == (
        "Fleet comes to 3.0 in month 1 and ends at 1.0"
    )


def test_a_whole_array_is_no_path(run):
    with pytest.raises(InputError, match=r"Trust\[north\]"):
        path_chart(run, ["Trust"])


@pytest.mark.parametrize("names", [[], ["a", "b", "c", "d", "e"]])
def test_more_lines_than_can_be_told_apart_are_refused(run, names):
    with pytest.raises(InputError, match="1 to 4 runs"):
        path_chart(dict.fromkeys(names, run), ["Fish stock"])
