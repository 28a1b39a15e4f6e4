"""When a run starts and ends, worked out before anything is run."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy_lab.errors import InputError
from policy_lab.model import Model, read_model


def read(folder: Path, text: str) -> Model:
    path = folder / "model.mdl"
    path.write_text("{UTF-8}\n" + text, encoding="utf-8")
    return read_model(path)


def test_settings_may_be_arithmetic_over_constants(tmp_path: Path) -> None:
    model = read(
        tmp_path,
        "INITIAL TIME = 2000 ~ Year ~ |\nFINAL TIME = INITIAL TIME + years * 2 ~ Year ~ |\nyears = 5 ~~|\n"
        "TIME STEP = 1/8 ~ Year [0,?] ~ |\nSAVEPER = TIME STEP * 4 ~ Year ~ |\n",
    )
    assert (model.time.initial, model.time.final, model.time.step, model.time.save_period) == (2000, 2010, 0.125, 0.5)
    assert (model.time.unit, model.warnings) == ("Year", ())


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("TIME STEP = 1", "TIME STEP = 0"), ("TIME STEP", "TIME STEP must be greater than 0, but is 0")),
        (("TIME STEP = 1", "TIME STEP = 1/0"), ("TIME STEP", "TIME STEP is infinite")),
        (("FINAL TIME = 9", "FINAL TIME = -9"), ("FINAL TIME", "FINAL TIME (-9) is before INITIAL TIME (0)")),
        (("FINAL TIME = 9", "FINAL TIME = x"),
         ("FINAL TIME", "FINAL TIME must be a number, or arithmetic over constants")),
        (("FINAL TIME = 9 ~~|", ""), ("FINAL TIME", "FINAL TIME is missing")),
        (("INITIAL TIME = 0", "INITIAL TIME = FINAL TIME"),
         ("FINAL TIME", "FINAL TIME must be a number, or arithmetic over constants")),
    ],
)  # fmt: skip
def test_impossible_settings_are_told(tmp_path: Path, change: tuple[str, str], told: tuple[str, str]) -> None:
    text = "x = Time ~~|\nINITIAL TIME = 0 ~~|\nFINAL TIME = 9 ~~|\nTIME STEP = 1 ~~|\nSAVEPER = 1 ~~|\n"
    if told[1].endswith("constants") and "INITIAL" in change[0]:
        text = text.replace("FINAL TIME = 9", "FINAL TIME = INITIAL TIME")
    with pytest.raises(InputError) as caught:
        read(tmp_path, text.replace(*change))
    assert told in [(one.variable, one.what) for one in caught.value.problems]


@pytest.mark.parametrize(
    ("saving", "told"),
    [("", "SAVEPER is missing; every time step is saved"),
     ("SAVEPER = 0.7 ~~|", "SAVEPER (0.7) is not a whole number of time steps (0.5)")],
)  # fmt: skip
def test_odd_settings_are_warned_of(tmp_path: Path, saving: str, told: str) -> None:
    model = read(tmp_path, f"x = 1 ~~|\nINITIAL TIME = 0 ~~|\nFINAL TIME = 9 ~~|\nTIME STEP = 0.5 ~~|\n{saving}\n")
    assert [one.what for one in model.warnings] == [told]
