from __future__ import annotations

from policy_lab.out.layout import Grid, as_text
from policy_lab.out.places import all_places, one_place
from policy_lab.study import open_study


def test_places_stand_by_the_alphabet_with_gaps_marked() -> None:
    study = open_study("safeguarding")
    (section,) = all_places(study)
    (grid,) = (block for block in section.blocks if isinstance(block, Grid))
    areas = {area.name: area for area in study.areas().values()}
    assert [row[0] for row in grid.rows] == sorted(areas, key=str.casefold)
    for row in grid.rows:
        marked = sum("*" in cell for cell in row[1:])
        assert marked == len(areas[row[0]].filled), row[0]
    assert all(len(line) <= 100 for line in as_text([section]).splitlines())


def test_one_place_tells_who_its_neighbours_are_and_what_was_filled() -> None:
    study = open_study("safeguarding")
    areas = study.areas()
    for place in (area for area in areas.values() if area.filled):
        words = " ".join(as_text(one_place(study, place)).split())
        assert all(areas[key].name in words for key in place.neighbours)
        assert words.count("not published; the median of") == len(place.filled)
