"""What the screen stands at can be saved, run in a batch with the same numbers, opened again, undone and redone."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import policy_lab as pl
from policy_lab.analysis.risk import risk
from policy_lab.errors import InputError
from policy_lab.lab.history import MOST_UNDONE, History
from policy_lab.lab.moving import plan_of
from policy_lab.lab.screen_file import read_screen, screen_of_text, screen_text, write_screen
from policy_lab.lab.state import (
    Screen,
    asked_screen,
    first_screen,
    held_of,
    offered_designs,
)
from policy_lab.out.plan_template import plan_template
from policy_lab.provenance import bundled
from policy_lab.study.plan_file import read_plan
from policy_lab.study.stress_schema import Placed

SPELL = Placed(event="bad-weather", at=24)


@pytest.fixture(scope="module")
def study():
    return pl.open_study("fishery")


@pytest.fixture(scope="module")
def chosen(study):
    """Return a screen on which everything was chosen that can be."""
    return first_screen(study).with_(
        designs=["open-access", "co-management+watch"],
        scenario="calm",
        settings={"Fish price": 2.5, "Intrinsic growth rate": 0.0312},
        levers={"patrol": "high", "voice": "low"},
        events=[Placed(event="bad-weather", at=60), SPELL],
        worlds=5,
        futures=3,
        seed=7,
    )


def test_a_saved_screen_is_a_plan_that_asks_for_the_same(study, chosen, tmp_path) -> None:
    path = write_screen(chosen, study, tmp_path / "screen.yaml")
    assert read_screen(path, study) == chosen
    (block,) = read_plan(path).blocks
    on_screen = plan_of(study, chosen)
    assert block.plan.choices() == on_screen.choices()
    assert block.plan.study.designs == on_screen.study.designs
    assert on_screen.worlds == 5
    assert on_screen.seed == 7


def test_a_batch_of_the_screens_file_gives_the_table_of_the_screen_at_rest(study, chosen, tmp_path) -> None:
    opened = pl.lab(screen=write_screen(chosen.with_(scenario="random"), study, tmp_path / "screen.yaml"))
    answer = opened.wait()
    folder = pl.run_batch(opened.save(tmp_path / "again.yaml"), tmp_path / "batch")
    stored = pl.open_batch(folder)
    assert (tmp_path / "again.yaml").read_bytes() == (tmp_path / "screen.yaml").read_bytes()
    found = risk(stored.results())
    assert found.equals(answer.table)
    assert (found["risk"] > 0).any()  # something falls short: the tables are no two empty ones
    assert stored.manifest["settings"]["steps"] == {"patrol": "high", "voice": "low"}
    assert [one["at"] for one in stored.manifest["settings"]["stress"]] == [24.0, 60.0]


@pytest.mark.parametrize("change", [{"levers": {"patrol": "low"}}, {"events": [Placed(event="bad-weather", at=25)]}])
def test_a_batch_does_not_go_on_with_another_step_or_calendar(study, chosen, tmp_path, change) -> None:
    small = chosen.with_(worlds=2, futures=1)
    folder = pl.run_batch(write_screen(small, study, tmp_path / "screen.yaml"), tmp_path / "batch")
    other = write_screen(small.with_(**change), study, tmp_path / "screen.yaml")
    with pytest.raises(InputError, match=rf"a choice \({'steps' if 'levers' in change else 'stress'}\b"):
        pl.run_batch(other, folder, resume=True)


def test_a_new_plan_of_the_study_opens_as_its_first_screen(study, tmp_path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(plan_template(study), encoding="utf-8")
    usual = study.file.comparison
    assert read_screen(path, study) == first_screen(study).with_(
        worlds=usual.worlds, futures=usual.futures, seed=usual.seed
    )


def test_an_area_comes_back(tmp_path) -> None:
    flagship = pl.open_study("safeguarding")
    screen = first_screen(flagship).with_(
        designs=["masa-2023"], area="202", worlds=2, futures=1, seed=1,
        events=[Placed(event="scrutiny", at=12, size="high"), Placed(event="budget-cut", at=6, size="low")],
    )  # fmt: skip
    path = write_screen(screen, flagship, tmp_path / "screen.yaml")
    assert read_screen(path, flagship) == screen
    (block,) = read_plan(path).blocks
    assert block.plan.choices() == plan_of(flagship, screen).choices()


REFUSED = [
    ("study: safeguarding\n", "1: `study`: is a screen of the study `safeguarding`, and this is `fishery`"),
    ("study: fishrey\n", "1: `study`: no study `fishrey`. Did you mean `fishery`"),
    ("study: fishery\nsteps: {patrols: low}\n", "2: `steps.patrols`: no lever `patrols`"),
    ("study: fishery\nsteps: {patrol: highest}\n", "2: `steps.patrol`: should be 'low' or 'high'"),
    ("study: fishery\ndesigns: [open-acess]\n", "2: `designs[1]`: no design `open-acess`"),
    ("study: fishery\nscenarios: [storm]\n", "2: `scenarios[1]`: no scenario `storm`"),
    ("study: fishery\nslider: 3\n", "2: unknown key `slider`"),
    ("study: fishery\nstress: [{event: storm, at: 3}]\n", "2: `stress[1].event`: no event `storm`"),
    (
        "study: fishery\nscenarios: [calm, random]\n",
        "2: `scenarios[2]`: 2 scenarios, and a screen shows one. Leave one",
    ),
    ("study: fishery\nsettings:\n  dear: {Fish price: 2.5}\n", "2: `settings`: a screen has no named sets of held con"),
    ("study: fishery\nnew_scenarios:\n  a: {title: b, meaning: c}\n", "2: `new_scenarios`: a screen shows the study's"),
    (
        "study: fishery\nuncertain:\n  hold: {Assessment delay: 8}\n",
        "3: `uncertain.hold.Assessment delay`: `Assessment delay` has no slider",
    ),
    (
        "study: fishery\nuncertain:\n  hold:\n    Fish price: 2.2\n",
        "4: `uncertain.hold.Fish price`: the slider does not go to 2.2. It goes to 1.6 or 2 or 2.5",
    ),
    ("study: fishery\nuncertain:\n  sampler: sobol\n", "3: `uncertain.sampler`: stands otherwise than on a screen of"),
    ("study: fishery\nuncertain: {vary: [luck]}\n", "2: `uncertain.vary`: stands otherwise"),
    (
        "study: fishery\nstart: settled\n",
        "2: `start`: stands otherwise than on a screen of this study. Leave it out, or",
    ),
    ("study: fishery\nhorizon: 60\n", "2: `horizon`: stands otherwise"),
    ("- 1\n", "1: holds no `key: value` entries"),
]


@pytest.mark.parametrize(("text", "words"), REFUSED)
def test_what_a_screen_cannot_show_is_refused_with_its_line(study, tmp_path, text, words) -> None:
    path = tmp_path / "screen.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_screen(path, study)
    (problem,) = caught.value.problems
    assert f"screen.yaml:{words}" in str(problem)


def test_a_plan_of_the_models_folder_is_no_screen_and_says_all_that_stands_against_it(study) -> None:
    with pytest.raises(InputError) as caught:
        read_screen(bundled("models") / "fishery" / "plans" / "weather.yaml", study)
    told = str(caught.value)
    for word in ("scenarios[2]", "new_scenarios", "settings", "uncertain.sampler", "correlations", "Assessment delay"):
        assert word in told
    assert told.count("`policy-lab batch` runs it as it is") >= 5


def test_everything_that_the_study_knows_can_be_chosen(study) -> None:
    offered = offered_designs(study, ["open-access+watch+watch"])
    assert offered[:4] == study.file.comparison.designs
    assert {f"{name}+watch" for name in study.designs} < set(offered)
    assert offered[-1] == "open-access+watch+watch"  # of a file: not offered anew, but known
    for name in offered:
        study.design(name)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"designs": ["open-access+wach"]}, "no design `open-access+wach`"),
        ({"designs": []}, "no design is chosen"),
        ({"events": [{"event": "storm", "at": 3}]}, "no event `storm`"),
        ({"events": [{"event": "bad-weather", "at": 0}]}, "month 0 does not lie between 1 and 120"),
        ({"events": [{"event": "bad-weather", "at": 3}] * 7}, "one `bad-weather` too many"),
    ],
)
def test_the_page_gets_no_more_than_it_was_offered(study, asked, words) -> None:
    told = {**first_screen(study).plain(), **asked}
    with pytest.raises(InputError, match=re.escape(words)):
        asked_screen(told, study, offered_designs(study), ())


def test_what_moves_is_left_out_of_what_stays(chosen) -> None:
    assert (chosen.still().settings, chosen.still().events) == ({}, ())
    assert chosen.still().levers == chosen.levers


def test_a_calendar_holds_beside_the_sliders(study, chosen) -> None:
    held = held_of(study, chosen)
    assert (held["Fish price"], held["Spell start[spell1]"], held["Spell start[spell3]"]) == (2.5, 24.0, 1e6)
    assert held_of(study, first_screen(study)) == {}


def test_the_text_is_the_same_for_the_same_screen(study, chosen) -> None:
    turned = chosen.with_(events=chosen.events[::-1])
    assert screen_text(turned, study) == screen_text(chosen, study)


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


def test_a_text_that_somebody_sent_opens_as_its_file_does(study, chosen) -> None:
    assert screen_of_text(screen_text(chosen, study), study) == chosen


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("study: /etc\n", "screen.yaml:1: `study`: is a screen of the study `/etc`, and this is `fishery`"),
        ("study: fishery\nscenarios: [storm]\n", "screen.yaml:2: `scenarios[1]`: no scenario `storm`"),
        ("study: fishery\nuncertain: {scores: [/etc/passwd]}\n", "`uncertain.scores`: stands otherwise than on"),
        ("study: !!python/object/apply:os.getcwd []\n", "screen.yaml:1: "),
        ("a: &a [x, x]\nb: &b [*a, *a]\nstudy: fishery\n", "screen.yaml:1: unknown key `a`"),
        ("\x00", "not a YAML text file"),
        ("", "holds no `key: value` entries"),
    ],
)
def test_a_text_that_somebody_sent_reaches_no_other_file(study, text, words) -> None:
    with pytest.raises(InputError) as caught:
        screen_of_text(text, study)
    assert words in str(caught.value)
    assert "/tmp" not in str(caught.value)
