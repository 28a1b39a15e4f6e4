"""Events placed by hand, and levers at one end of their scores: what they set, and what is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import policy_lab as pl
from policy_lab.errors import InputError
from policy_lab.provenance import bundled
from policy_lab.study.plan_file import read_plan
from policy_lab.study.steps import stepped
from policy_lab.study.stress import beside_calendar, calendar_words, in_order, placed_in, stress_settings
from policy_lab.study.stress_schema import Placed

WAVE, CUT = Placed(event="scrutiny", at=30, size="high"), Placed(event="budget-cut", at=12, size="low")
WEATHER = Placed(event="bad-weather", at=24)


@pytest.fixture(scope="module")
def flagship():
    return pl.open_study("safeguarding")


@pytest.fixture(scope="module")
def fishery():
    return pl.open_study("fishery")


def test_what_is_not_on_the_calendar_does_not_come(flagship) -> None:
    held = stress_settings(flagship, [WAVE, CUT])
    assert [held[f"Scrutiny wave month[W{n}]"] for n in (1, 2, 3)] == [30.0, 9999.0, 9999.0]
    assert held["Scrutiny wave size[W1]"] == 1.0
    assert (held["Budget cut month"], held["Budget cut size"]) == (12.0, 0.02)
    assert (held["Pandemic month"], held["Law month"]) == (9999.0, 9999.0)
    assert "Pandemic severity" not in held
    drawn = flagship.plan(settings=held, worlds=3, futures=4).future_inputs()  # the scenario draws all of them
    assert np.unique(drawn["Law month"]).tolist() == [9999.0]
    assert np.unique(drawn["Scrutiny wave month"][..., 0]).tolist() == [30.0]
    assert np.unique(drawn["Event threshold"]).size > 12  # local events come by the model's own hazard


def test_two_events_of_a_kind_take_two_slots_in_order_of_time(flagship) -> None:
    later, sooner = WAVE, Placed(event="scrutiny", at=6, size="low")
    held = stress_settings(flagship, [later, sooner])
    assert [held[f"Scrutiny wave month[W{n}]"] for n in (1, 2)] == [6.0, 30.0]
    assert [held[f"Scrutiny wave size[W{n}]"] for n in (1, 2)] == [0.3, 1.0]


@pytest.mark.parametrize("placed", [(), (WAVE,), (WAVE, CUT), (CUT, WAVE, Placed(event="scrutiny", at=6, size="low"))])
def test_events_can_be_read_off_a_plan_again(flagship, placed) -> None:
    plan = flagship.plan(settings={**stress_settings(flagship, placed), "Vacancy fill time": 4.0}, worlds=1)
    assert placed_in(flagship, plan.spoken_settings()) == in_order(placed)
    assert beside_calendar(flagship, plan.spoken_settings()) == {"Vacancy fill time": 4.0}
    assert plan.choices().get("stress", []) == [one.model_dump() for one in in_order(placed)]
    assert ("stress calendar" in plan.describe()) == bool(placed)


def test_constants_that_are_no_calendar_stay_what_they_are(flagship) -> None:
    held = {"Pandemic month": 12.0, "Pandemic severity": 1.0}
    assert placed_in(flagship, held) == ()
    assert beside_calendar(flagship, held) == held
    odd = {**stress_settings(flagship, [CUT]), "Budget cut size": 0.5}  # no size of the study
    assert placed_in(flagship, odd) == ()


def test_a_wave_on_the_calendar_is_the_wave_of_its_scenario(flagship) -> None:
    """The November 2008 shock at month 12, placed by hand, is the scenario of that name."""
    held = stress_settings(flagship, [Placed(event="scrutiny", at=12, size="high")])
    common = {"designs": ["masa-2023"], "worlds": 2, "futures": 2, "horizon": 36}
    by_hand = pl.run(flagship.plan(scenario="no-shock", settings=held, **common))
    as_scenario = pl.run(flagship.plan(scenario="scrutiny-2008", **common))
    calm = pl.run(flagship.plan(scenario="no-shock", **common))
    name = flagship.file.measures.shortfall.variable
    found = [each.outcomes[name].values for each in (by_hand, as_scenario, calm)]
    assert np.array_equal(found[0], found[1])
    assert not np.array_equal(found[0], found[2])
    assert np.array_equal(found[0][..., :12], found[2][..., :12])  # nothing is seen before it comes


@pytest.mark.parametrize(
    ("placed", "words"),
    [
        ([Placed(event="bad-wether", at=24)], "no event `bad-wether` in this study. Did you mean `bad-weather`"),
        ([Placed(event="bad-weather", at=0.5)], "month 0.5 does not lie between 1 and 120"),
        ([Placed(event="bad-weather", at=121)], "month 121 does not lie between 1 and 120"),
        ([Placed(event="bad-weather", at=float("nan"))], "month nan does not lie"),
        ([Placed(event="bad-weather", at=9, size="high")], "the model has one size for every `bad-weather`"),
        ([Placed(event="bad-weather", at=month) for month in range(10, 17)], "one `bad-weather` too many: the model h"),
    ],
)
def test_what_does_not_fit_is_refused(fishery, placed, words) -> None:
    with pytest.raises(InputError, match=words.replace("`", ".").replace(".5", r"\.5")):
        stress_settings(fishery, placed)


def test_the_words_say_what_else_does_not_come(flagship, fishery) -> None:
    told = calendar_words(flagship, [CUT])
    assert "budget cut (low: 2% of budgets) at month 12" in told
    assert "nor any national wave of scrutiny or pandemic or reorganisation by a later law" in told
    assert calendar_words(fishery, []) == ""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (("time: Spell start", "time: Spell strat"), "no constant `Spell strat`.*Spell start"),
        (("time: Spell start", "time: Spell length"), "`Spell length` is marked `triangular`"),
        (("time: Spell start", "time: Raid threshold"), "several subscripts"),
        (("time: Spell start", "time: Raids at expected rate"), "is in Dmnl, and time in Month"),
        (("never: 1.0e+6", "never: 100"), "100 is not after the end of a run, 120"),
        (("never: 1.0e+6", "nevr: 100"), "unknown key `nevr`.*`never`"),
        (
            (
                "    never: 1.0e+6\n",
                (
                    "    never: 1.0e+6\n    size: {variable: Raids at expected rate, low: {value: 2, meaning: a}, "
                    "typical: {value: 1, meaning: b}, high: {value: 3, meaning: c}}\n"
                ),
            ),
            "(?s)other subscripts than `Spell start`.*low < typical < high does not hold: 2, 1, 3",
        ),
        (
            (
                "    never: 1.0e+6\n",
                "    never: 1.0e+6\n  rough-sea: {title: a, meaning: b, time: Spell start, never: 1.0e+6}\n",
            ),
            "`Spell start` carries an event already",
        ),
    ],
)
def test_a_kind_of_event_that_cannot_be_placed_is_a_fault_of_the_study(tmp_path: Path, changes, words) -> None:
    folder = tmp_path / "fishery"
    shutil.copytree(bundled("models") / "fishery", folder)
    file = folder / "study.yaml"
    text = file.read_text(encoding="utf-8")
    assert changes[0] in text
    file.write_text(text.replace(*changes), encoding="utf-8")
    with pytest.raises(InputError, match=words) as caught:
        pl.open_study(folder)
    assert all(problem.line for problem in caught.value.problems)


def test_a_lever_at_its_end_stands_there_in_every_design_and_overlay(fishery) -> None:
    changed = stepped(fishery, {"patrol": "high"})
    for name, design in fishery.designs.items():
        assert changed.designs[name].levers["patrol"].mode == design.levers["patrol"].high
        assert changed.designs[name].levers["voice"] == design.levers["voice"]
    plan = changed.plan(designs=["catch-quota+watch"], worlds=5)
    assert np.unique(plan.lever_scores()["patrol"]).tolist() == [0.55 + 0.2]
    assert np.unique(plan.lever_scores()["quota"]).size == 5
    assert "Patrols: at the high end of the scores in every arrangement" in plan.describe()
    assert plan.choices()["steps"] == {"patrol": "high"}
    assert stepped(fishery, {}) is fishery


def plan_of(tmp_path: Path, text: str):
    path = tmp_path / "plan.yaml"
    path.write_text(text, encoding="utf-8")
    return read_plan(path)


def test_a_plans_file_places_events_and_moves_levers(tmp_path, fishery) -> None:
    found = plan_of(
        tmp_path,
        "study: fishery\nscenarios: [calm, random]\nsteps: {patrol: low}\nstress: [{event: bad-weather, at: 24}]\n"
        "settings: {dear: {Fish price: 2.5}, cheap: {Fish price: 1.6}}\n"
        "uncertain: {worlds: 2, hold: {Spell length: 5}}\n",
    )
    assert len(found.blocks) == 4
    for block in found.blocks:
        assert placed_in(fishery, block.plan.spoken_settings()) == (WEATHER,)
        assert block.plan.study.steps == {"patrol": "low"}
        held = beside_calendar(fishery, block.plan.spoken_settings())
        assert held == {"Fish price": 2.5 if block.setting == "dear" else 1.6, "Spell length": 5.0}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("steps: {patrols: low}\n", "2: `steps.patrols`: no lever `patrols` in this study. Did you mean `patrol`"),
        ("steps: {patrol: lowest}\n", "2: `steps.patrol`: should be 'low' or 'high'"),
        ("stress:\n  - {event: bad-weather, at: 24}\n  - {event: storm, at: 24}\n", "4: `stress[2].event`: no event"),
        ("stress:\n  - event: bad-weather\n    at: 0\n", "4: `stress[1].at`: month 0 does not lie between 1 and 120"),
        ("horizon: 60\nstress: [{event: bad-weather, at: 61}]\n", "3: `stress[1].at`: month 61 does not lie"),
        ("stress: [{event: bad-weather, at: 24, size: huge}]\n", "2: `stress[1].size`: should be 'low', 'typical' or"),
        ("stress: [{event: bad-weather}]\n", "2: `stress[1]`: `at` is missing"),
        (
            "stress: [{event: bad-weather, at: 24}]\nuncertain:\n  hold: {'Spell start[spell2]': 9}\n",
            "4: `uncertain.hold.Spell start[spell2]`: is held in line 2 as well",
        ),
    ],
)
def test_a_plans_file_is_answered_with_line_and_nearest_name(tmp_path, text, words) -> None:
    with pytest.raises(InputError) as caught:
        plan_of(tmp_path, f"study: fishery\n{text}")
    (problem,) = caught.value.problems
    assert f"plan.yaml:{words}" in str(problem)
