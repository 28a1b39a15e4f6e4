from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from policy_lab.errors import InputError
from policy_lab.study import Study, find_studies, open_study
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
