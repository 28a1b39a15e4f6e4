"""What a run says about numbers that are none: the cause first, with its time and its reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy_lab.engine import compile_model
from policy_lab.engine.health import numeric_warnings, zero_delays
from policy_lab.model import read_model

CONTROL = """
INITIAL TIME = 0 ~ Month ~ |
FINAL TIME = 10 ~ Month ~ |
TIME STEP = 0.5 ~ Month ~ |
SAVEPER = 1 ~ Month ~ |
"""


def warned(folder: Path, text: str) -> list[tuple[str | None, str]]:
    path = folder / "model.mdl"
    path.write_text("{UTF-8}\n" + text + CONTROL, encoding="utf-8")
    model = read_model(path)
    series = compile_model(model, backend="numpy").run()
    return [(problem.variable, problem.what) for problem in numeric_warnings(series, model)]


def test_a_healthy_run_says_nothing(tmp_path: Path) -> None:
    assert warned(tmp_path, "S = INTEG(-S / 3, 1) ~~|\n") == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("ratio = 1 / (Time - 5) ~~|\n", ("ratio", "is infinite at Month 5: division by zero")),
        ("gap = LN(3 - Time) ~~|\n", ("gap", "is infinite from Month 3 on: the logarithm of a")),
        ("root = SQRT(6 - Time) ~~|\n",
         ("root", "is not a number from Month 7 on: the square root of a negative number")),
        ("S = INTEG(EXP(S), 1) ~~|\n", ("S", "is infinite from Month 2 on: overflow in EXP")),
        ("p = 0/0 ~~|\n", ("p", "is not a number from Month 0 on: the model gives it no value")),
        ("power = (2 - Time)^0.5 ~~|\n",
         ("power", "is not a number from Month 3 on: a fractional power of a negative number")),
    ],
)  # fmt: skip
def test_the_operation_is_named(tmp_path: Path, text: str, told: tuple[str, str]) -> None:
    name, what = warned(tmp_path, text)[0]
    assert name == told[0]
    assert what.startswith(told[1])


def test_the_line_is_that_of_the_equation_which_went_wrong(tmp_path: Path) -> None:
    path = tmp_path / "model.mdl"
    parts = "Town: north, south ~~|\nx[north] = 1 ~~|\n\nx[south] = 1 / (Time - 5) ~~|\n"
    path.write_text("{UTF-8}\n" + parts + CONTROL, encoding="utf-8")
    model = read_model(path)
    (problem,) = numeric_warnings(compile_model(model, backend="numpy").run(), model)
    assert path.read_text(encoding="utf-8").splitlines()[(problem.line or 0) - 1].startswith("x[south]")


def test_only_the_cause_is_named_and_what_follows_is_counted(tmp_path: Path) -> None:
    text = """
Town: north, south ~~|
after[Town] = seen[Town] * 2 ~~|
Stock[Town] = INTEG(after[Town], 0) ~~|
seen[Town] = people[Town] / places[Town] ~~|
people[Town] = 1, 2 ~~|
places[north] = 1 ~~|
places[south] = 3 - Time ~~|
"""
    told = warned(tmp_path, text)
    assert told[0] == ("seen", "`seen[south]` is infinite at Month 3: division by zero")
    assert told[1] == (None, "2 other variables are no finite number at some time as a consequence")
    assert len(told) == 2


def test_a_delay_over_no_time_is_told_even_where_it_gives_numbers(tmp_path: Path) -> None:
    path = tmp_path / "model.mdl"
    text = "{UTF-8}\nd = SMOOTH(5, wait) ~~|\nwait = 0 ~~|\nok = SMOOTH(5, 2) ~~|\n"
    path.write_text(text + CONTROL, encoding="utf-8")
    problems = zero_delays(read_model(path))
    assert [(name, problem.line) for name, problem in problems.items()] == [("d", 2)]
