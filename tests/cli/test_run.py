from __future__ import annotations

import csv
import io
import math
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from policy_lab.cli import main
from policy_lab.provenance import bundled

FISHERY = str(bundled("models") / "fishery" / "fishery.mdl")

TANK = """{UTF-8}
Tank = INTEG(Inflow - Outflow, 4)
    ~ litre
    ~ What is in it.
    |
Inflow = 1
    ~ litre/Month
    ~ |
Outflow[Tap] = Tank * Opening[Tap]
    ~ litre/Month
    ~ |
Opening[Tap] = 0.25, 0.5
    ~ 1/Month
    ~ |
Tap: hot, cold ~~|
INITIAL TIME = 0 ~ Month ~ |
FINAL TIME = 4 ~ Month ~ |
TIME STEP = 1 ~ Month ~ |
SAVEPER = 1 ~ Month ~ |
"""


@pytest.fixture
def tank(tmp_path: Path) -> Path:
    path = tmp_path / "tank.mdl"
    path.write_text(TANK.replace("Inflow - Outflow,", "Inflow - Outflow[hot] - Outflow[cold],"), encoding="utf-8")
    return path


def policy_lab(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("engine", ["compiled", "numpy"])
def test_a_model_goes_to_standard_output(tank, engine):
    done = policy_lab("run", tank, "--engine", engine)
    assert done.exit_code == 0
    rows = table(done.stdout)
    assert [float(row["time"]) for row in rows] == [0, 1, 2, 3, 4]
    assert [float(row["Tank"]) for row in rows[:3]] == [4.0, 2.0, 1.5]  # 4 + 1 - 3, then 2 + 1 - 1.5
    assert float(rows[0]["Outflow[cold]"]) == 2.0


def test_a_file_is_written_whole_and_named(tank, tmp_path):
    out = tmp_path / "deep" / "tank.csv"
    done = policy_lab("run", tank, "--out", out, "--return", "Tank", "--return", "Outflow[hot]")
    assert done.exit_code == 0
    assert done.stdout == ""
    assert str(out) in done.stderr
    assert out.read_text(encoding="utf-8").splitlines()[0] == "time,Tank,Outflow[hot]"
    assert [file.name for file in out.parent.iterdir()] == ["tank.csv"]


def test_constants_horizon_and_step_can_be_set(tank):
    done = policy_lab(
        "run", tank, "--set", "Inflow=3", "--set", "Opening[hot] = 0", "--final-time", 1, "--time-step", 0.5
    )
    rows = table(done.stdout)
    assert float(rows[0]["Tank"]) == 4
    assert float(rows[-1]["time"]) == 1
    assert float(rows[-1]["Tank"]) == pytest.approx(4.5 + 0.5 * (3 - 2.25))


def test_a_variable_can_follow_a_table(tank, tmp_path):
    (tmp_path / "inflow.csv").write_text("time,Inflow\n0,1\n4,1\n")
    same = policy_lab("run", tank, "--return", "Tank")
    done = policy_lab("run", tank, "--return", "Tank", "--set-series", f"Inflow={tmp_path / 'inflow.csv'}")
    assert done.exit_code == 0, done.stderr
    assert done.stdout == same.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--set", "Inflo=1"], "Inflow"),
        (["--set", "Inflow"], "NAME=NUMBER"),
        (["--set", "Tank=1"], "Tank"),
        (["--set-series", "Inflow"], "NAME=FILE.csv"),
        (["--set-series", "Inflow=nowhere.csv"], "nowhere.csv"),
        (["--return", "Tnak"], "Tank"),
        (["--time-step", "0"], "TIME STEP"),
        (["--final-time", "-1"], "FINAL TIME"),
        (["--data", "nowhere.csv"], "nowhere.csv"),
    ],
)
def test_what_cannot_be_used_is_one_message_and_exit_code_two(tank, tmp_path, words, said):
    out = tmp_path / "out.csv"
    done = policy_lab("run", tank, *words, "--out", out)
    assert done.exit_code == 2
    assert said.casefold() in done.stderr.casefold()
    assert "Traceback" not in done.output
    assert done.stdout == ""
    assert not out.exists()


def test_a_file_that_is_not_there_is_named():
    done = policy_lab("run", "nowhere.mdl")
    assert done.exit_code == 2
    assert "nowhere.mdl" in done.stderr


def test_a_run_that_would_never_end_is_refused_before_it_starts(tank):
    done = policy_lab("run", tank, "--final-time", 1e12)
    assert done.exit_code == 2
    assert "steps" in done.stderr


def test_unknown_options_and_commands_end_with_two(tank):
    assert policy_lab("run", tank, "--engine", "steam").exit_code == 2
    assert policy_lab("fly").exit_code == 2


def test_numbers_that_are_none_are_warned_of(tmp_path):
    path = tmp_path / "hole.mdl"
    path.write_text(TANK.replace("Inflow = 1", "Inflow = 1 / (Time - 2)").replace("Inflow - Outflow,", "Inflow,"))
    done = policy_lab("run", path, "--final-time", 2)
    assert done.exit_code == 0, done.stderr
    assert "Inflow" in done.stderr
    assert "2" in done.stderr


def test_accuracy_is_a_table_of_digits(tank):
    done = policy_lab("run", tank, "--accuracy", "--return", "Tank", "--return", "Inflow")
    assert done.exit_code == 0, done.stderr
    rows = {row["element"]: row for row in table(done.stdout)}
    assert set(rows) == {"Tank", "Inflow"}
    assert float(rows["Tank"]["digits"]) < 3 < 15 < float(rows["Inflow"]["digits"])
    assert "Tank" in done.stderr
    assert policy_lab("run", tank, "--accuracy", "--engine", "pysd").exit_code == 2


def test_an_adaptive_step_that_misses_its_tolerance_is_warned_of(tmp_path):
    path = tmp_path / "hunting.mdl"
    hunting = TANK.replace("Inflow = 1", "Inflow = IF THEN ELSE(Tank > 5.001, -90, 90)")
    path.write_text(hunting.replace("Inflow - Outflow,", "Inflow,"))
    done = policy_lab("run", path, "--method", "adaptive", "--final-time", 2)
    assert done.exit_code == 0, done.stderr
    assert "`Tank`: the adaptive step could not meet its tolerance" in done.stderr
    assert "from time" in done.stderr


def test_a_method_can_be_asked_for(tank):
    euler, file, finer = (
        table(policy_lab("run", tank, "--return", "Tank", *words).stdout)[-1]["Tank"]
        for words in (["--method", "euler"], [], ["--method", "rk4"])
    )
    assert euler == file != finer
    adaptive = ("--method", "adaptive", "--tolerance", "1e-10")
    best = table(policy_lab("run", tank, "--return", "Tank", *adaptive).stdout)[-1]["Tank"]
    assert float(best) == pytest.approx(4 / 3 + (4 - 4 / 3) * math.exp(-3), rel=1e-8)
    refused = policy_lab("run", tank, "--tolerance", "1e-10")
    assert (refused.exit_code, "not for `euler`" in refused.stderr) == (2, True)
    assert policy_lab("run", tank, *adaptive, "--engine", "pysd").exit_code == 2
    assert policy_lab("run", tank, "--method", "rk4", "--engine", "pysd").exit_code == 2
