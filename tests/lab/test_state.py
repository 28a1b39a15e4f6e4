"""The state of the screen: small, frozen, saved as YAML and read back the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import policy_lab as pl
from policy_lab.errors import InputError
from policy_lab.lab.moving import plan_of
from policy_lab.lab.state import MOST_UNDONE, History, Screen, first_screen, read_screen, stepped, write_screen


@pytest.fixture(scope="module")
def study():
    return pl.open_study("fishery")


def test_a_saved_screen_asks_for_the_same_plan(study, tmp_path):
    screen = first_screen(study).with_(
        designs=["open-access", "co-management"],
        scenario="calm" if "calm" in study.scenarios else first_screen(study).scenario,
        settings={"Fish price": 1.7},
        levers={"patrol": "high"},
    )
    found = read_screen(write_screen(screen, study, tmp_path / "screen.yaml"), study)
    assert found == screen
    one, other = plan_of(study, screen), plan_of(study, found)
    assert one.choices() == other.choices()
    assert one.study.designs == other.study.designs


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("study: safeguarding\n", "safeguarding"),
        ("study: fishery\nlevers: {patrols: low}\n", "patrols"),
        ("study: fishery\nlevers: {patrol: highest}\n", "highest"),
        ("study: fishery\nsettings: {Fish prise: 2}\n", "Fish prise"),
        ("study: fishery\ndesigns: [open-acess]\n", "open-acess"),
        ("study: fishery\nscenario: storm of the century\n", "storm"),
        ("study: fishery\nslider: 3\n", "slider"),
        ("- 1\n", "screen.yaml"),
    ],
)
def test_refuses_a_file_that_does_not_fit(study, tmp_path, text, word):
    path = tmp_path / "screen.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=word):
        read_screen(path, study)


def test_a_lever_at_its_end_stands_there_in_every_design(study):
    changed = stepped(study, {"patrol": "high"})
    for name, design in study.designs.items():
        assert changed.designs[name].levers["patrol"].mode == design.levers["patrol"].high
        assert changed.designs[name].levers["voice"] == design.levers["voice"]
    assert stepped(study, {}) is study


OPENED = Screen(("open-access",), "random")


@given(st.lists(st.sampled_from(["undo", "redo", 0.02, 0.03, 0.04]), max_size=40))
def test_what_is_undone_can_be_redone(steps):
    history = History(OPENED)
    for step in steps:
        if step == "undo":
            assert history.undo().redo() == history or not history.before
            history = history.undo()
        elif step == "redo":
            assert history.redo().undo() == history or not history.undone
            history = history.redo()
        else:
            moved = history.moved(history.now.with_(settings={"Intrinsic growth rate": step}))
            assert moved is history or (moved.before[-1] == history.now and not moved.undone)
            history = moved


def test_keeps_no_more_steps_than_it_says():
    history = History(OPENED)
    for number in range(MOST_UNDONE + 10):
        history = history.moved(history.now.with_(settings={"Fish price": float(number)}))
    assert len(history.before) == MOST_UNDONE
