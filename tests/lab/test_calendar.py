"""The stress calendar without a browser: every answer of the screen sees what is placed, and says so."""

from __future__ import annotations

import numpy as np
import pytest

import policy_lab as pl
from policy_lab.analysis.outcomes import path
from policy_lab.analysis.put_in import calm_plan
from policy_lab.analysis.risk import risk, world_risks
from policy_lab.errors import InputError
from policy_lab.lab.moving import made_ready, moved, plan_of
from policy_lab.lab.screen_file import screen_text, write_screen
from policy_lab.lab.state import first_screen, held_of
from policy_lab.run import run
from policy_lab.study.stress_schema import Placed

SPELLS = [{"event": "bad-weather", "at": 24.0, "size": "typical"}, {"event": "bad-weather", "at": 60.0}]


@pytest.fixture
def screen():
    opened = pl.lab("fishery", worlds=6, futures=2)
    opened.wait()
    yield opened
    opened.wait()


def ask(screen, number, do="move", **changes):
    told = {**screen.screen.plain(), **changes.pop("to", {})}
    screen._on_message(screen, {"n": number, "do": do, "screen": told, **changes}, [])


def central(screen):
    shapes = {name: shape for name, *shape in screen.told["arrays"]}
    assert list(shapes)[:2] == ["time", "central"]
    values = np.frombuffer(screen.numbers, dtype="<f4")
    first, size = int(np.prod(shapes["time"])), int(np.prod(shapes["central"]))
    return values[first : first + size].reshape(shapes["central"])


@pytest.mark.parametrize(
    ("name", "events", "designs"),
    [
        ("fishery", [Placed(event="bad-weather", at=6), Placed(event="bad-weather", at=60)], ["open-access"]),
        (
            "safeguarding",
            [Placed(event="scrutiny", at=12, size="high"), Placed(event="budget-cut", at=6, size="high")],
            ["masa-2023", "masa-2023+mash"],
        ),
    ],
)
def test_a_movement_sees_the_calendar_as_a_whole_run_does(name, events, designs) -> None:
    study = pl.open_study(name)
    asked = first_screen(study).with_(designs=designs, events=events)
    found, _ = moved(made_ready(study, asked, (3, 2)), held_of(study, asked), designs)
    plan = plan_of(study, asked, worlds=3, futures=2)
    assert np.array_equal(found.shares, world_risks(run(plan)))
    calm = run(calm_plan(plan.with_(vary=frozenset(), worlds=1)))
    expected = path(calm, study.file.measures.shortfall.variable)[:, 0, 0]
    assert np.allclose(found.central, expected, rtol=2e-3)
    still, _ = moved(made_ready(study, asked, (3, 2)), {}, designs)
    first = int(min(one.at for one in events))
    assert np.allclose(found.central[:, : first + 1], still.central[:, : first + 1], rtol=2e-3)  # nothing before it
    assert not np.allclose(found.central, still.central, rtol=2e-3)


def test_at_rest_the_screen_shows_what_a_batch_of_the_same_plan_gives(screen) -> None:
    before = screen.answer.table
    ask(screen, 1, to={"events": SPELLS}, keep=True)
    answer = screen.wait()
    assert answer.table.equals(risk(run(plan_of(screen.study, screen.screen))))
    assert not answer.table.equals(before)
    assert "Set by hand: stress calendar: spell of bad weather at month 24" in answer.setting.source_line
    assert "Spell start" not in answer.setting.source_line  # in words, not as held constants
    (said,) = screen.told["changes"]
    assert said.startswith("stress calendar: spell of bad weather at month 24, spell of bad weather at month 60;")
    assert said.endswith("no other comes, whatever the scenario says")


def test_placing_moving_and_removing_are_steps_that_can_be_undone(screen) -> None:
    calm = central(screen)
    ask(screen, 1, to={"events": SPELLS[:1]}, keep=True)
    placed = central(screen)
    assert not np.array_equal(placed, calm)
    for month in (30.0, 36.0):  # a drag: answered on the way, one step at its end
        screen.asked = {
            "n": int(month),
            "do": "move",
            "screen": {**screen.screen.plain(), "events": [{**SPELLS[0], "at": month}]},
        }
    dragged = central(screen)
    ask(screen, 40, keep=True)
    ask(screen, 41, to={"events": []}, keep=True)
    assert np.array_equal(central(screen), calm)
    ask(screen, 42, "undo", keep=True)
    assert screen.told["screen"]["events"] == [{**SPELLS[0], "at": 36.0}]
    assert np.array_equal(central(screen), dragged)
    ask(screen, 43, "undo", keep=True)
    assert np.array_equal(central(screen), placed)
    ask(screen, 44, "undo", keep=True)
    assert screen.told["screen"]["events"] == []


def test_what_stays_is_not_made_anew_while_an_event_moves(screen) -> None:
    ask(screen, 1, to={"events": SPELLS[:1]}, keep=True)
    drawn = screen.ready_for(screen.screen).sample
    ask(screen, 2, to={"events": [{**SPELLS[0], "at": 25.0}]}, keep=True)
    assert screen.ready_for(screen.screen).sample is drawn


@pytest.mark.parametrize(
    "events",
    [
        [{"event": "storm", "at": 3}],
        [{"event": "bad-weather", "at": 0.0}],
        [{"event": "bad-weather", "at": 1e9}],
        [{"event": "bad-weather", "at": 3, "size": "huge"}],
        [{"event": "bad-weather", "at": "<b>"}],
        [{"event": "bad-weather", "at": 3, "variable": "Fish price"}],
        [{"event": "bad-weather", "at": 3}] * 7,
        "bad-weather",
    ],
)
def test_the_page_can_place_only_what_fits(screen, events) -> None:
    ask(screen, 1, to={"events": events}, keep=True)
    assert screen.told["fault"]
    assert screen.screen.events == ()


def test_the_page_learns_what_can_be_placed() -> None:
    study = pl.open_study("safeguarding")
    opened = pl.lab(study, worlds=2, futures=1, designs=["masa-2023"])
    told = opened.opening["stress"]
    opened.wait()
    assert (told["first"], told["last"]) == (1.0, 120.0)
    rooms = {kind["name"]: kind["room"] for kind in told["kinds"]}
    assert rooms == {"scrutiny": 3, "budget-cut": 1, "pandemic": 1, "reorganisation": 1}
    for kind in told["kinds"]:
        assert [size["name"] for size in kind["sizes"]] == ["low", "typical", "high"]
        assert kind["grade"] == "C"
    meanings = [size["meaning"] for kind in told["kinds"] for size in kind["sizes"]]
    assert "the November 2008 scrutiny shock" in meanings


def test_a_design_with_an_addition_is_chosen_like_any_other(screen) -> None:
    told = {one["name"]: one for one in screen.opening["designs"]}
    assert told["catch-quota+watch"]["of"] == "catch-quota"
    assert told["catch-quota+watch"]["short"] == "Catch quota with watch"
    assert told["catch-quota+watch"]["group"] == told["catch-quota"]["group"]
    ask(screen, 1, to={"designs": ["catch-quota+watch", "open-access"]}, keep=True)
    assert screen.screen.designs == ("open-access", "catch-quota+watch")
    answer = screen.wait()
    assert answer.table.equals(risk(run(plan_of(screen.study, screen.screen))))
    ask(screen, 2, to={"designs": ["catch-quota+watch+watch"]}, keep=True)
    assert "no design" in screen.told["fault"]


def test_a_file_that_the_page_sends_is_opened_with_its_own_worlds_and_can_be_undone(screen) -> None:
    before = screen.screen
    other = before.with_(events=[Placed(event="bad-weather", at=24)], worlds=3, futures=4, seed=8)
    ask(screen, 1, "open", text=screen_text(other, screen.study))
    assert screen.screen == other
    assert (screen.told["set"], screen.told["draws"]) == (True, [3, 4, 8])
    answer = screen.wait()
    assert (answer.setting.worlds, answer.setting.futures, answer.setting.seed) == (3, 4, 8)
    assert screen.told["whole"]
    ask(screen, 2, "open", text="study: fishery\nscenarios: [storm]\n")
    assert "screen.yaml:2" in screen.told["fault"]
    assert screen.screen == other
    ask(screen, 3, "undo", keep=True)
    assert screen.screen == before


def test_a_saved_file_with_a_design_that_this_page_does_not_know_is_refused(screen, tmp_path) -> None:
    path = write_screen(screen.screen.with_(designs=["open-access+watch+watch"]), screen.study, tmp_path / "a.yaml")
    with pytest.raises(InputError, match=r"on this screen. Open the file by itself"):
        screen.load(path)
    opened = pl.lab(screen=path)
    assert opened.screen.designs == ("open-access+watch+watch",)
    opened.wait()
