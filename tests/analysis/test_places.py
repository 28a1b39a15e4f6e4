from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from policy_lab.analysis.places import most_different, place_figures, place_paths
from policy_lab.errors import InputError
from policy_lab.provenance import bundled
from policy_lab.results.types import Results
from policy_lab.run.places import run_places
from policy_lab.study import Study, open_study

AREAS = """\
areas:
  table: harbours.csv
  key: code
  name: name
  period: '2024'
  bind: {Intrinsic growth rate: growth, Fish price: price}
  titles: {Intrinsic growth rate: Growth of the stock}
  neighbours: {title: nearest by people, count: 3, compare: {people: log}}
"""
TABLE = (
    "code,name,growth,price,people\n"
    "a1,Wick,0.02,2.0,100\nb2,aber,0.03,,110\nc3,Cove,0.04,3.0,120\nd4,Dell,0.05,4.0,130\ne5,Ey,0.09,1.0,9000\n"
)


@pytest.fixture(scope="module")
def harbours(tmp_path_factory: pytest.TempPathFactory) -> Study:
    folder = Path(shutil.copytree(bundled("models") / "fishery", tmp_path_factory.mktemp("places") / "fishery"))
    text = (folder / "study.yaml").read_text(encoding="utf-8")
    (folder / "study.yaml").write_text(text.replace("structure:\n", AREAS + "structure:\n"), encoding="utf-8")
    (folder / "harbours.csv").write_text(TABLE, encoding="utf-8")
    return open_study(folder)


@pytest.fixture(scope="module")
def results(harbours: Study) -> Results:
    return run_places(harbours, ["Cove"], neighbours=True, futures=3, horizon=24)


def test_places_stand_in_alphabetical_order_and_in_no_other(harbours: Study) -> None:
    table = place_figures(harbours)
    assert list(dict.fromkeys(table["name"])) == ["aber", "Cove", "Dell", "Ey", "Wick"]
    assert not any("rank" in column or "order" in column for column in table.columns)


def test_a_figure_stands_beside_what_its_neighbours_publish(harbours: Study) -> None:
    table = place_figures(harbours, ["Cove"]).set_index("variable")
    growth, price = table.loc["Intrinsic growth rate"], table.loc["Fish price"]
    assert (growth["value"], growth["low"], growth["median"], growth["high"]) == (0.04, 0.02, 0.03, 0.05)
    assert (growth["title"], growth["unit"], growth["beside"]) == ("Growth of the stock", "1/Month", 3)
    assert (price["low"], price["high"], price["beside"]) == (2.0, 4.0, 2)  # what was filled in stands for nobody else


def test_a_filled_figure_names_those_it_comes_from(harbours: Study) -> None:
    row = place_figures(harbours, ["ABER"]).set_index("variable").loc["Fish price"]
    assert (row["value"], row["filled_from"]) == (3.0, "Cove, Wick, Dell")


def test_paths_stand_beside_the_range_of_the_neighbours_paths(results: Results) -> None:
    assert results.plan.places == ("c3", "d4", "b2", "a1")
    name = results.plan.study.file.measures.shortfall.variable
    table = place_paths(results, ["Cove"], [name])
    medians = np.median(results[name].values[0], axis=1)
    assert np.array_equal(table["value"], medians[0])
    assert np.array_equal(table["low"], medians[1:].min(axis=0))
    assert np.array_equal(table["median"], np.median(medians[1:], axis=0))
    assert np.array_equal(table["high"], medians[1:].max(axis=0))


def test_the_two_that_differ_most_are_named_by_the_alphabet(harbours: Study) -> None:
    """Ey against Wick by growth; nobody is compared by a figure that was filled in."""
    spread = np.std([0.02, 0.03, 0.04, 0.05, 0.09]), np.std([2.0, 3.0, 4.0, 1.0])
    to_wick = np.sqrt(((0.07 / spread[0]) ** 2 + (1.0 / spread[1]) ** 2) / 2)
    to_dell = np.sqrt(((0.04 / spread[0]) ** 2 + (3.0 / spread[1]) ** 2) / 2)
    to_aber = 0.06 / spread[0]
    assert to_aber > max(to_wick, to_dell)
    assert most_different(harbours) == ("b2", "e5")


def test_what_cannot_be_shown_is_refused(harbours: Study, results: Results) -> None:
    with pytest.raises(InputError, match="not in these results: Ey"):
        place_paths(results, ["Ey"])
    with pytest.raises(InputError, match="no area `Wicks`"):
        place_figures(harbours, ["Wicks"])
    with pytest.raises(InputError, match="binds no table of areas"):
        place_figures(open_study("fishery"))
