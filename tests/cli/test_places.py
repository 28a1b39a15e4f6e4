from __future__ import annotations

import csv
from pathlib import Path

from click.testing import CliRunner, Result

from policy_lab.cli import main
from policy_lab.study import open_study


def policy_lab(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def test_all_places_are_listed_by_name_with_what_was_filled_and_no_ranking() -> None:
    done = policy_lab("places", "safeguarding")
    assert done.exit_code == 0, done.stderr
    assert "nothing here ranks places" in " ".join(done.stdout.split())
    assert "not the DfE's statistical neighbours" in " ".join(done.stdout.split())
    assert "* not published" in done.stdout


def test_one_place_by_name_with_its_neighbours(tmp_path: Path) -> None:
    table = tmp_path / "place.csv"
    done = policy_lab("places", "safeguarding", "WANDSWORTH", "--csv", table)
    assert done.exit_code == 0, done.stderr
    words = " ".join(done.stdout.split())
    areas = open_study("safeguarding").areas()
    place = next(area for area in areas.values() if area.name == "Wandsworth")
    assert all(areas[key].name in words for key in place.neighbours)
    assert "not published; the median of " in words
    with table.open(encoding="utf-8", newline="") as text:
        rows = list(csv.DictReader(text))
    assert [row["variable"] for row in rows] == list(place.values)
    assert [row["variable"] for row in rows if row["filled_from"]] == list(place.filled)


def test_the_two_that_differ_most_are_drawn(tmp_path: Path) -> None:
    chart = tmp_path / "pair.svg"
    done = policy_lab("places", "safeguarding", "--farthest", "--chart", chart, "--futures", 1)
    assert done.exit_code == 0, done.stderr
    assert "differ most of all places" in chart.read_text(encoding="utf-8")


def test_a_miss_names_the_nearest_and_a_study_without_places_says_so() -> None:
    missed = policy_lab("places", "safeguarding", "Wandswort")
    assert (missed.exit_code, "Did you mean `Wandsworth`" in missed.stderr) == (2, True)
    bristol = policy_lab("places", "safeguarding", "bristol")
    assert (bristol.exit_code, "Bristol, City of" in bristol.stderr) == (2, True)
    none = policy_lab("places", "fishery")
    assert (none.exit_code, "binds no table of areas" in none.stderr) == (2, True)
    crowd = policy_lab("places", "safeguarding", "Camden", "Kent", "Devon", "--chart", "x.svg")
    assert (crowd.exit_code, "one place or two, not 3" in crowd.stderr) == (2, True)
