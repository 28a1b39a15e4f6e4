from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from policy_lab.errors import InputError
from policy_lab.study import Study, find_studies, open_study
from policy_lab.study.areas import at_period, find_area, told_gaps
from policy_lab.study.constants import element_index
from policy_lab.study.elements import split_element

Refuse = Callable[[Path], InputError]
TABLE = "code,name,year,boats,price\na1,Aber,2024,12,2.5\nb2,Bourne,2024,,1.5\na1,Aber,2023,99,9\n"
AREAS = """\
areas:
  table: harbours.csv
  key: code
  name: name
  period: '2024'
  period_column: year
  bind: {'Initial fleet[north]': boats, Fish price: price}
"""
BINDING = ("structure:\n", AREAS + "structure:\n")


@pytest.fixture
def harbours(changed: Callable[..., Path]) -> Path:
    """Return the folder of a fishery whose places stand in a table beside it."""
    folder = changed("study.yaml", BINDING)
    (folder / "harbours.csv").write_text(TABLE, encoding="utf-8")
    return folder


def test_a_place_gives_its_values_and_leaves_gaps_alone(harbours: Path) -> None:
    study = open_study(harbours)
    places = study.areas()
    assert list(places) == ["a1", "b2"]
    assert places["a1"].values == {"Initial fleet[north]": 12.0, "Fish price": 2.5}
    assert places["b2"].missing == ("Initial fleet[north]",)
    inputs = study.plan(area="a1", worlds=2).world_inputs()
    assert np.array_equal(inputs["Initial fleet"], [[12, 24, 18]] * 2)
    assert (inputs["Fish price"] == 2.5).all()


def test_a_plan_starts_from_a_place() -> None:
    studies = [study for entry in find_studies() if (study := open_study(entry.name)).file.areas]
    for study in studies:
        key, area = next((key, area) for key, area in study.areas().items() if area.values)
        inputs = study.plan(area=key, worlds=2).world_inputs()
        for spelled, value in area.values.items():
            name, elements = split_element(spelled)
            place = element_index(study.model, name, elements) if elements else ()
            assert (inputs[name][(slice(None), *place)] == value).all()
        assert f"starting values of {area.name}" in study.plan(area=key).describe()


def test_a_study_without_a_table_has_no_places(fishery: Study) -> None:
    assert dict(fishery.areas()) == {}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("price\n", "prise\n", "no column `price`. Did you mean `prise`?"),
        ("2.5", "two", "holds no number: `two`"),
        ("b2", "a1", "stands twice"),
    ],
)
def test_a_faulty_table_is_refused(harbours: Path, refused: Refuse, old: str, new: str, words: str) -> None:
    (harbours / "harbours.csv").write_text(TABLE.replace(old, new, 1), encoding="utf-8")
    assert words in str(refused(harbours))


def test_a_missing_table_names_the_nearest(harbours: Path, refused: Refuse) -> None:
    (harbours / "harbours.csv").rename(harbours / "harbors.csv")
    assert "Did you mean `harbors.csv`" in str(refused(harbours))


# --- neighbours -------------------------------------------------------------------------------------------------------

SHORES = (
    "code,name,year,boats,price,people,coast\n"
    "a1,Aber,2024,12,2.5,100,west\nb2,Bourne,2024,,1.5,110,west\nc3,Cove,2024,20,1.0,120,west\n"
    "d4,Dell,2024,30,,130,west\ne5,East Ness,2024,99,,9000,east\na1,Aber,2023,99,9,100,west\n"
)
NEIGHBOURS = "  neighbours: {title: nearest by people, count: 3, compare: {people: log, coast: category}}\n"


@pytest.fixture
def shores(changed: Callable[..., Path]) -> Study:
    """Return a fishery whose places have neighbours, one of them far from the rest."""
    folder = changed("study.yaml", ("structure:\n", AREAS + NEIGHBOURS + "structure:\n"))
    (folder / "harbours.csv").write_text(SHORES, encoding="utf-8")
    return open_study(folder)


def test_a_missing_figure_is_the_median_of_the_nearest_places_that_have_it(shores: Study) -> None:
    places = shores.areas()
    bourne = places["b2"]
    assert bourne.filled["Initial fleet[north]"].places == ("c3", "a1", "d4")  # 99 boats in the far east stand aside
    assert bourne.values["Initial fleet[north]"] == np.median([20, 12, 30])
    assert dict(bourne.published) == {"Fish price": 1.5}
    assert (bourne.missing, bourne.neighbours) == ((), ("c3", "a1", "d4"))
    assert places["d4"].filled["Fish price"].value == 1.5
    assert not places["a1"].filled
    assert list(places["b2"].values) == list(places["a1"].values)  # in the order of the study, filled or not


def test_what_was_filled_is_told_and_kept_with_the_plan(shores: Study) -> None:
    (words,) = told_gaps(shores.areas(), "b2")
    assert "`Initial fleet[north]` is published for Bourne: 20, the median of Cove, Aber, Dell" in words
    asked = shores.plan(area="BOURNE", worlds=2)
    assert asked.area == "b2"
    assert (asked.world_inputs()["Initial fleet"][:, 0] == 20).all()
    filled = {"b2": {"Initial fleet[north]": {"value": 20.0, "median_of": ["c3", "a1", "d4"]}}}
    assert asked.choices()["area_filled"] == filled
    assert "area_filled" not in shores.plan(area="a1").choices()


def test_too_few_neighbours_fill_nothing(changed: Callable[..., Path]) -> None:
    folder = changed("study.yaml", ("structure:\n", AREAS + NEIGHBOURS + "structure:\n"))
    (folder / "harbours.csv").write_text(SHORES.replace("30,,130", ",,130").replace("99,,9000", ",,9000"), "utf-8")
    dell = open_study(folder).areas()["d4"]
    assert dell.missing == ("Initial fleet[north]",)  # only Aber and Cove have boats
    assert dict(dell.values) == {"Fish price": 1.5}
    *_, words = told_gaps(open_study(folder).areas(), "d4")
    assert words == "no figure of `Initial fleet[north]` is known for Dell: the study's own is used"


def test_a_place_is_found_by_name(harbours: Path) -> None:
    areas = open_study(harbours).areas()
    assert find_area(areas, "b2") == find_area(areas, "bourne") == find_area(areas, " BOURNE ") == "b2"
    with pytest.raises(InputError, match=r"no area `Bournes` in this study\. Did you mean `Bourne`"):
        find_area(areas, "Bournes")


def test_a_name_that_two_places_share_is_asked_for_by_key(harbours: Path) -> None:
    (harbours / "harbours.csv").write_text(TABLE.replace("Bourne", "aber"), encoding="utf-8")
    with pytest.raises(InputError, match="by its key: a1, b2"):
        find_area(open_study(harbours).areas(), "Aber")


def test_places_of_another_period(harbours: Path) -> None:
    study = open_study(harbours)
    assert dict(at_period(study, "2023").areas()["a1"].values) == {"Initial fleet[north]": 99.0, "Fish price": 9.0}
    assert at_period(study, "2024") is study
    with pytest.raises(InputError, match="no place has figures of `2020`"):
        at_period(study, "2020")


def test_the_compared_columns_have_to_be_there(changed: Callable[..., Path], refused: Refuse) -> None:
    folder = changed("study.yaml", ("structure:\n", AREAS + NEIGHBOURS + "structure:\n"))
    (folder / "harbours.csv").write_text(TABLE, encoding="utf-8")
    assert "no column `people`" in str(refused(folder))


def test_a_title_belongs_to_a_bound_constant(changed: Callable[..., Path], refused: Refuse) -> None:
    folder = changed("study.yaml", ("structure:\n", AREAS + "  titles: {Fish prise: Price}\nstructure:\n"))
    (folder / "harbours.csv").write_text(TABLE, encoding="utf-8")
    assert "no bound constant `Fish prise`. Did you mean `Fish price`" in str(refused(folder))


def test_no_figure_by_which_places_are_compared_is_one_that_is_filled() -> None:
    for study in (open_study(entry.name) for entry in find_studies()):
        binding = study.file.areas
        if binding and binding.neighbours:
            assert not set(binding.neighbours.compare) & set(binding.bind.values())
            assert all(len(area.neighbours) == binding.neighbours.count for area in study.areas().values())
            assert not any(area.missing for area in study.areas().values())


# --- many places beside one another -----------------------------------------------------------------------------------


def test_each_place_is_a_world(shores: Study) -> None:
    plan = shores.plan(worlds=3).with_(places=("a1", "b2", "e5"), vary=())
    inputs = plan.world_inputs()
    assert inputs["Initial fleet"].tolist() == [[12, 24, 18], [20, 24, 18], [99, 24, 18]]
    assert (inputs["Fish price"][:2] == (2.5, 1.5)).all()
    for world, key in enumerate(plan.places):
        alone = shores.plan(worlds=1, area=key).with_(vary=()).rest_inputs(plan.base)
        together = plan.rest_inputs(plan.base)
        assert set(alone) == set(together)
        assert all(np.array_equal(values[world], alone[name][0]) for name, values in together.items())
    assert plan.choices()["places"] == ["a1", "b2", "e5"]
    assert set(plan.choices()["area_filled"]) == {"b2", "e5"}


def test_places_that_do_not_fit_are_refused(shores: Study) -> None:
    with pytest.raises(InputError, match="2 places for 3 worlds"):
        shores.plan(worlds=3).with_(places=("a1", "b2"))
    with pytest.raises(InputError, match="no area `b3`"):
        shores.plan(worlds=2).with_(places=("a1", "b3"))
    with pytest.raises(InputError, match="not both"):
        shores.plan(worlds=1, area="a1").with_(places=("b2",))
