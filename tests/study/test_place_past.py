"""A place's own past: its figures in the study's history, what is missing told, and what cannot be used refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from policy_lab.errors import InputError
from policy_lab.study import Study, open_study
from policy_lab.study.history import read_history
from policy_lab.study.place_past import PlacePast, read_place_past
from tests.ports import CAPACITIES, fishery_with_ports


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return fishery_with_ports(tmp_path_factory.mktemp("ports"))


def past_of(study: Study, place: str) -> PlacePast:
    return read_place_past(read_history(study), place)


def changed(study: Study, folder: Path, sound: str, unsound: str, file: str = "history.yaml") -> Study:
    home = folder / "fishery"
    shutil.copytree(study.folder, home)
    text = (home / file).read_text(encoding="utf-8")
    assert sound in text
    (home / file).write_text(text.replace(sound, unsound), encoding="utf-8")
    return open_study(str(home))


def test_a_place_is_asked_for_by_key_or_name_and_has_its_own_figures(study: Study) -> None:
    by_key, by_name = past_of(study, "B"), past_of(study, "bayhead")
    assert (by_name.key, by_name.name, by_name.gaps) == ("B", "Bayhead", ())
    rows = [row.split(",") for row in (study.folder / "ports.csv").read_text(encoding="utf-8").splitlines()]
    landed = [12 * float(row[3]) for row in rows if row[:2] == ["B", "port"]]
    np.testing.assert_allclose(by_key.history.series["landings"].values, landed, rtol=1e-5)
    assert by_key.history.series["landings"].observed.fit == (2011, 2018)
    assert set(by_key.elsewhere) == set(CAPACITIES) - {"B"}


def test_what_is_not_published_is_told_and_nothing_stands_in(study: Study) -> None:
    cove, deepwater = past_of(study, "C"), past_of(study, "D")
    assert 2015 not in cove.history.series["landings"].years
    assert cove.gaps == ("Landings: no figure of 2015; nothing stands in for it.",)
    assert set(deepwater.history.series) == {"landings"}
    assert deepwater.gaps == ("Boats: figures of fewer than 3 of the years to be fitted, so it is left out.",)
    assert "fleet" not in cove.elsewhere["D"]


def test_a_place_of_another_kind_or_without_figures_is_refused(study: Study, tmp_path: Path) -> None:
    assert past_of(study, "A").history.series["landings"].values[0] > 100  # the harbour's row of 12 tonnes is not taken
    with pytest.raises(InputError, match="has no figures of Farhaven"):
        past_of(study, "F")
    with pytest.raises(InputError, match=r"no area `Eastnes`.*Did you mean `Eastness`"):
        past_of(study, "Eastnes")
    few = changed(study, tmp_path, ",12,", ",,", "ports.csv")
    (few.folder / "ports.csv").write_text(
        (few.folder / "ports.csv").read_text(encoding="utf-8").replace("D,port", "D,harbour"), encoding="utf-8"
    )
    with pytest.raises(InputError, match="has no figures of Deepwater"):
        past_of(few, "D")
    assert "landings" not in past_of(few, "B").history.series


def test_a_directions_row_is_judged_only_where_both_years_are_published(study: Study) -> None:
    assert len(past_of(study, "B").history.file.turns) == 1
    assert past_of(study, "C").history.file.turns == past_of(study, "B").history.file.turns


@pytest.mark.parametrize(
    ("sound", "unsound", "words"),
    [
        ("moves: {Carrying capacity: landings", "moves: {Carrying capacities: landings", "Carrying capacity"),
        ("moves: {Carrying capacity: landings", "moves: {Carrying capacity: landing", "landings"),
        ("  fit: [2011, 2018]\n  held_out: [2019", "  given: [price]\n  fit: [2011, 2018]\n  held_out: [2019", "price"),
        ("  held_out: [2019, 2022]\n  moves", "  held_out: [2018, 2022]\n  moves", "held out from 2018"),
        ("  reason: Grounds", "  because: Grounds", "because"),
    ],
)
def test_each_thing_that_is_wrong_is_told(study: Study, tmp_path: Path, sound: str, unsound: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_history(changed(study, tmp_path, sound, unsound))


def test_a_column_that_is_not_there_is_told_with_its_nearest(study: Study, tmp_path: Path) -> None:
    other = changed(study, tmp_path, "boats: boats\n", "boats: boat\n")
    with pytest.raises(InputError, match=r"no column `boat`.*boats"):
        past_of(other, "B")


def test_a_history_without_places_says_what_to_write(study: Study, tmp_path: Path) -> None:
    text = (study.folder / "history.yaml").read_text(encoding="utf-8")
    other = changed(study, tmp_path, text[text.index("area:") :], "")
    with pytest.raises(InputError, match="says nothing of places"):
        past_of(other, "B")


def test_a_series_from_outside_can_be_the_places_own(study: Study, tmp_path: Path) -> None:
    """Its level too: a place whose price is twice the whole's has twice the model's."""
    from policy_lab.run.history import the_past

    home = tmp_path / "fishery"
    shutil.copytree(study.folder, home)
    history = home / "history.yaml"
    given = (
        "given:\n  price: {title: Price, variable: Fish price, measures: [paid], day: '12-31', years: [2011, 2022], "
        "anchor_year: 2022, reason: The world market's}\n"
    )
    text = history.read_text(encoding="utf-8").replace("observed:", f"{given}observed:", 1)
    text = text.replace("    boats: boats\n", "    boats: boats\n    paid: paid\n").replace(
        "  moves:", "  given: [price]\n  moves:"
    )
    history.write_text(text, encoding="utf-8")
    with (home / "landings.csv").open("a", encoding="utf-8") as table:
        table.writelines(f"paid,{year},{10 if year == 2022 else 5}\n" for year in range(2011, 2023))
    rows = (home / "ports.csv").read_text(encoding="utf-8").splitlines()
    paid = [f"{row},{'' if ',2015,' in row or row[0] == 'A' else 20}" for row in rows[1:]]
    (home / "ports.csv").write_text("\n".join([f"{rows[0]},paid", *paid]) + "\n", encoding="utf-8")
    priced = open_study(str(home))
    base = float(priced.constants["Fish price"])
    times, values = the_past(past_of(priced, "B").history).series["Fish price"]
    np.testing.assert_allclose(values, 2 * base)
    assert len(times) == 11  # a straight line passes over 2015
    assert past_of(priced, "B").gaps == ("Price: no figure of 2015; straight lines join the others.",)
    _, whole = the_past(past_of(priced, "A").history).series["Fish price"]
    np.testing.assert_allclose(whole, [*[base / 2] * 11, base])
    assert "the whole's course is used" in past_of(priced, "A").gaps[0]
