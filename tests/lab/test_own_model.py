"""The screen of a model that nobody has described: its sliders, its runs, and what it says."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import policy_lab as pl
from policy_lab.cli import main
from policy_lab.errors import InputError
from policy_lab.lab.own_run import FEWEST, MARKS, own_model
from policy_lab.lab.own_sliders import own_sliders
from policy_lab.provenance import bundled

ROOT = Path(__file__).resolve().parents[2]
CASELOAD = bundled("models") / "safeguarding" / "caseload.mdl"
FISHERY = bundled("models") / "fishery" / "fishery.mdl"
CONFORMANCE = ROOT / "tests" / "conformance"

ODD = """{UTF-8}
Region: north, south ~~|
Many: (m1-m30) ~~|
Rate=0.2 ~ 1/Month ~ How fast it drains [0,1]~|
Loss=-4 ~ litre/Month ~|
Gift=0 ~ litre/Month ~|
Pump switch=1 ~ Dmnl ~|
Weight=1 ~ Dmnl ~|
Bounded=0.2 ~ Dmnl [0,?] ~|
Fixed=3 ~ Dmnl [3,3] ~|
Start[Region]=10,20 ~ litre ~|
Scale[Many]=2 ~ Dmnl ~|
Odds[Many]=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30 ~ Dmnl ~|
Tank[Region]=INTEG(Gift+Loss*Pump switch*0-Tank[Region]*Rate*Weight*Bounded/Fixed, Start[Region])
 ~ litre ~ Water in it~|
Wide[Many]=INTEG(Scale[Many]*Odds[Many]*0.001,1) ~ Dmnl ~|
Share=Tank[north]/(Tank[north]-10*Bounded/0.2+Gift) ~ Dmnl ~|
INITIAL TIME=0 ~ Month ~|
FINAL TIME=400 ~ Month ~|
TIME STEP=1 ~ Month ~|
SAVEPER=TIME STEP ~ Month ~|
"""


@pytest.fixture
def odd(tmp_path) -> Path:
    path = tmp_path / "odd tanks.mdl"
    path.write_text(
        ODD.replace("How fast it drains [0,1]", "How fast it drains").replace("1/Month ~ How", "1/Month [0,1] ~ How")
    )
    return path


def ask(screen, number: int, do: str = "move", keep: bool = True, **changes) -> None:
    """Ask as the page does."""
    content = {"n": number, "do": do, "screen": {**screen.screen.plain(), **changes}, "keep": keep}
    screen._on_message(screen, content, [])


def arrays(screen) -> dict[str, np.ndarray]:
    """Read the numbers as the page does."""
    values, at, found = np.frombuffer(screen.numbers, dtype="<f4"), 0, {}
    for name, *shape in screen.told["arrays"]:
        size = int(np.prod(shape))
        found[name] = values[at : at + size].reshape(shape)
        at += size
    assert at == len(values)
    return found


def ran(model: Path, *settings: str) -> dict[str, list[float]]:
    """Run the model by the command line, and return its columns."""
    done = CliRunner().invoke(main, ["run", str(model), *(part for one in settings for part in ("--set", one))])
    assert done.exit_code == 0, done.output
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    return {name: [float(row[name]) for row in rows] for name in rows[0]}


def test_sliders_come_from_limits_from_values_and_from_what_switches_look_like(odd) -> None:
    found = {one.name: one for one in own_sliders(pl.read_model(odd))}
    ranges = {name: (one.low, one.base, one.high) for name, one in found.items()}
    assert ranges["Rate"] == (0, 0.2, 1)
    assert ranges["Loss"] == (-6, -4, -2)  # half its value to both sides
    assert ranges["Gift"] == (0, 0, 1)
    assert ranges["Weight"] == (0.5, 1, 1.5)
    assert ranges["Bounded"] == (0, 0.2, pytest.approx(0.3))
    assert ranges["Start[north]"] == (5, 10, 15)
    assert [name for name, one in found.items() if one.switch] == ["Pump switch"]
    assert "Scale" in found
    # No room, no one value for many elements, and no slider for when a run starts, ends and steps.
    assert not {"Fixed", "Odds", "FINAL TIME", "TIME STEP", "SAVEPER"} & set(found)
    assert found["Rate"].about == "How fast it drains"


def test_values_keep_to_declared_limits_and_may_leave_a_guessed_range(odd) -> None:
    found = {one.name: one for one in own_sliders(pl.read_model(odd))}
    assert found["Rate"].allowed(7) == 1
    assert found["Loss"].allowed(-70) == -70
    assert found["Pump switch"].allowed(0.3) == 0


def test_a_movement_gives_what_the_command_that_it_names_gives() -> None:
    screen = pl.lab(FISHERY)
    ask(screen, 1, settings={"Patrol intensity": 0.35, "Initial fleet[north]": 41.5})
    assert screen.told["command"] == (
        "policy-lab run fishery.mdl --set 'Patrol intensity=0.35' --set 'Initial fleet[north]=41.5'"
    )
    table = ran(FISHERY, "Patrol intensity=0.35", "Initial fleet[north]=41.5")
    drawn = arrays(screen)["now"]
    for (variable, element), values in zip(screen.told["rows"], drawn, strict=True):
        column = f"{variable}[{element}]" if element else variable
        assert np.allclose(values, table[column], rtol=1e-6)
        whole = screen.series[variable][0].reshape(len(screen.series.time), -1)
        assert any(np.array_equal(table[column], one) for one in whole.T)
    assert "2 constants moved" in screen.told["headline"]


def test_scenarios_that_are_pinned_stay_when_sliders_move_on() -> None:
    screen = pl.lab(CASELOAD)
    ask(screen, 1, settings={"New referrals": 400})
    high = arrays(screen)["now"]
    ask(screen, 2, scenarios=[{"name": "More", "settings": {"New referrals": 400}}])
    assert np.array_equal(arrays(screen)["pinned0"], high)
    ask(screen, 3, keep=False, settings={"New referrals": 200})
    assert set(arrays(screen)) == {"time", "now"}  # one message a movement, with what has moved
    ask(screen, 4, "again")
    found = arrays(screen)
    assert np.array_equal(found["pinned0"], high)
    assert not np.allclose(found["now"], found["base"])
    rows = list(csv.DictReader(io.StringIO(screen._csv())))
    assert {row["run"] for row in rows} == {"as the file has it", "More", "now"}
    at_end = [float(row["value"]) for row in rows if row["run"] == "More" and row["time"] == "120.0"]
    assert np.allclose(at_end, high[:, -1], rtol=1e-6)


def test_undo_goes_back_and_redo_goes_on() -> None:
    screen = pl.lab(CASELOAD)
    ask(screen, 1, settings={"New referrals": 400})
    ask(screen, 2, settings={"New referrals": 350})
    ask(screen, 3, "undo", settings={"New referrals": 350})
    assert screen.screen.settings == {"New referrals": 400}
    ask(screen, 4, "redo", settings={"New referrals": 400})
    assert screen.screen.settings == {"New referrals": 350}


def test_a_saved_screen_comes_back(tmp_path) -> None:
    screen = pl.lab(CASELOAD)
    pinned = [{"name": "More", "settings": {"New referrals": 400.0}}]
    ask(screen, 1, settings={"New referrals": 350}, scenarios=pinned, shown=["Children in help", "Work pressure"])
    assert screen.screen.settings == {"New referrals": 350}
    other = pl.lab(CASELOAD, screen=screen.save(tmp_path / "screen.yaml"))
    assert other.screen == screen.screen
    ask(screen, 2, "again")
    assert other.numbers == screen.numbers


def test_a_screen_of_something_else_is_refused_with_its_lines(tmp_path) -> None:
    path = tmp_path / "screen.yaml"
    path.write_text("model: tanks.mdl\n")
    with pytest.raises(InputError, match=r"screen.yaml:1: .*is a screen of `tanks.mdl`, and this is `caseload.mdl`"):
        pl.lab(CASELOAD, screen=path)
    path.write_text("model: caseload.mdl\nsettings:\n  New referral: 3\nshown: [Workloads]\n")
    with pytest.raises(InputError) as refused:
        pl.lab(CASELOAD, screen=path)
    assert "screen.yaml:3" in str(refused.value)
    assert "Did you mean `New referrals`" in str(refused.value)
    assert "no chart of `Workloads`" in str(refused.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"settings": {"FINAL TIME": 1e9}},
        {"settings": {"New referrals": "many"}},
        {"shown": ["nothing"]},
        {"scenarios": [{"name": "a", "settings": {}}] * 2},
        {"model": "/etc/passwd", "more": 1},
    ],
)
def test_a_page_may_ask_only_for_what_it_was_offered(changes) -> None:
    screen = pl.lab(CASELOAD)
    before = screen.numbers
    ask(screen, 1, **changes)
    assert screen.told["fault"]
    assert screen.numbers == before


def test_numbers_that_are_none_are_told_in_words(odd) -> None:
    screen = pl.lab(odd)
    ask(screen, 1, shown=["Tank", "Share"])
    assert any("`Share`" in text for text in screen.told["warnings"])
    ask(screen, 2, shown=["Tank"])
    assert screen.told["warnings"] == []


def test_many_lines_are_drawn_with_fewer_points(odd) -> None:
    screen = pl.lab(odd)
    found = arrays(screen)
    assert len(screen.told["rows"]) == 32
    assert found["now"].size <= MARKS + len(screen.told["rows"])
    assert screen.told["thinned"]
    assert FEWEST <= len(found["time"]) < 401
    assert (found["time"][0], found["time"][-1]) == (0, 400)
    assert len([row for row in csv.DictReader(io.StringIO(screen._csv())) if row["run"] == "now"]) == 32 * 401


def test_a_slow_model_is_run_behind_the_screen() -> None:
    screen = pl.lab(CASELOAD)
    screen._slow = -1.0
    before = screen.seq
    ask(screen, 1, keep=False, settings={"New referrals": 400})
    ask(screen, 2, keep=False, settings={"New referrals": 350})
    screen.wait()
    assert screen.told["screen"]["settings"] == {"New referrals": 350}
    assert screen.seq in (before + 1, before + 2)
    direct = own_model(CASELOAD).run({"New referrals": 350}, list(screen.screen.shown))
    assert np.array_equal(screen.series["Children in help"], direct["Children in help"])


def test_a_model_that_waits_for_data_says_so_and_takes_it(tmp_path) -> None:
    path = CONFORMANCE / "waiting_data.mdl"
    with pytest.raises(InputError, match=r"needs values over time .*data=\"FILE\""):
        pl.lab(path)


def test_what_a_model_alone_has_none_of_is_refused() -> None:
    with pytest.raises(InputError, match=r"a model file alone has no worlds\. A study of it has"):
        pl.lab(CASELOAD, worlds=10)
    with pytest.raises(InputError, match=r"nothing\.mdl"):
        pl.lab("nothing.mdl")


def test_a_study_whose_measures_nobody_has_chosen_names_the_screen_of_its_model(tmp_path) -> None:
    made = pl.new_study("mine", CASELOAD, tmp_path / "mine")
    with pytest.raises(InputError, match=r"the model alone has a screen: pl.lab\(.*caseload.mdl"):
        pl.lab(str(made.folder))
    assert pl.lab(made.folder / "caseload.mdl").screen.shown


@pytest.mark.parametrize("name", ["subscripts.mdl", "xmile.xmile", "four_subscripts.mdl", "macros.mdl"])
def test_models_of_every_kind_open_and_give_what_the_command_gives(name) -> None:
    screen = pl.lab(CONFORMANCE / name)
    move = screen.own.moves[0]
    ask(screen, 1, settings={move.name: move.high})
    assert "fault" not in screen.told
    table = ran(CONFORMANCE / name, f"{move.name}={move.high!r}")
    for (variable, element), values in zip(screen.told["rows"], arrays(screen)["now"], strict=True):
        assert np.allclose(values, table[f"{variable}[{element}]" if element else variable], rtol=1e-6, equal_nan=True)


@pytest.mark.parametrize(
    ("name", "why"), [("module.xmile", "modules are not supported"), ("rk4.xmile", "has no constant to move")]
)
def test_a_model_without_a_screen_says_why(name, why) -> None:
    with pytest.raises(InputError, match=why):
        pl.lab(CONFORMANCE / name)


def test_without_a_kernel_a_picture_and_its_words_remain() -> None:
    screen = pl.lab(CASELOAD)
    ask(screen, 1, settings={"New referrals": 400}, scenarios=[{"name": "More", "settings": {"New referrals": 380}}])
    data, _ = screen._repr_mimebundle_()
    assert "no forecast" in data["text/plain"]
    assert data["image/png"]
    assert screen.picture().to_bytes("svg").startswith(b"<?xml")
