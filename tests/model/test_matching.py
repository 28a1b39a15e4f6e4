"""Ranges that stand for one another: place by place, or element by element as the file says."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy_lab.errors import InputError
from policy_lab.model import read_model
from policy_lab.model.matching import counterparts

RANGES = (
    "Town: t1, t2, t3 ~~|\nNorth: t1, t2 ~~|\nLand: north side, south side -> (Town: North, t3) ~~|\n"
    "Twin: w1, w2, w3 -> Town ~~|\n"
)
TIME = "INITIAL TIME = 0 ~~|\nFINAL TIME = 1 ~~|\nTIME STEP = 1 ~~|\nSAVEPER = 1 ~~|\n"


def _written(folder: Path, text: str) -> Path:
    path = folder / "m.mdl"
    path.write_text("{UTF-8}\n" + text + TIME, encoding="utf-8")
    return path


def test_an_element_may_stand_for_several(tmp_path: Path) -> None:
    model = read_model(_written(tmp_path, RANGES))
    assert model.matched == {"Land": {"Town": (("t1", "t2"), ("t3",))}}
    assert counterparts(model, "Land", [("Town", ("t1", "t2", "t3"))]) == (
        "Town",
        ("north side",) * 2 + ("south side",),
    )
    assert counterparts(model, "Land", [("North", ("t1", "t2"))]) == ("North", ("north side", "north side"))
    assert counterparts(model, "Town", [("Land", ("south side",))]) == ("Land", ("t3",))
    assert counterparts(model, "Town", [("Land", ("north side", "south side"))]) is None
    assert counterparts(model, "Twin", [("Town", ("t3", "t1"))]) == ("Town", ("w3", "w1"))
    assert counterparts(model, "Twin", [("Land", ("south side",))]) is None


@pytest.mark.parametrize(
    ("ranges", "said"),
    [
        ("A: a1, a2 -> (B: b1) ~~|\nB: b1, b2 ~~|\n", "2 elements map onto 1 of `B`"),
        ("A: a1, a2 -> (B: b1, c1) ~~|\nB: b1, b2 ~~|\nC: c1 ~~|\n", "`c1` is not an element of `B`"),
        ("A: a1, a2 -> (B: b1, b9) ~~|\nB: b1, b2 ~~|\n", "no subscript `b9` to map onto"),
        ("A: a1, a2 -> (C: b1, b2) ~~|\nB: b1, b2 ~~|\n", "no subscript `C` to map onto"),
        (RANGES + "x[Town] = 1, 2, 3 ~~|\ny[Land] = x[Town] ~~|\n", "`x` varies over `Town`, but `y` does not"),
    ],
)
def test_what_does_not_correspond_is_told(tmp_path: Path, ranges: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_model(_written(tmp_path, ranges))


def test_a_note_tells_of_elements_without_an_equation(tmp_path: Path) -> None:
    model = read_model(_written(tmp_path, RANGES + "x[t1] = 1 ~~|\n"))
    assert [note.what for note in model.warnings if note.variable == "x"] == [
        "no equation for `x[t2]`; nothing reads it"
    ]
