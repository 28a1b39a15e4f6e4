from __future__ import annotations

from pathlib import Path

import pytest

from policy_lab.model import read_model
from policy_lab.model.types import Model

TANKS = """{UTF-8}
Tank: left, right
	~	~	Two tanks.	|
Water[Tank] = INTEG(inflow - Water[Tank] / time to empty, initial water[Tank])
	~	litre	~	In each tank.	|
inflow = 2
	~	litre/Minute	~	Into each tank.	|
time to empty = 4
	~	Minute	~	Mean stay.	|
initial water[Tank] = 1, 5
	~	litre	~	At the start.	|
total = SUM(Water[Tank!])
	~	litre	~	Both tanks.	|
ratio = 1 / (total - 6)
	~	1/litre	~	Divides by zero at the start.	|
FINAL TIME = 10 ~ Minute ~ |
INITIAL TIME = 0 ~ Minute ~ |
SAVEPER = 1 ~ Minute ~ |
TIME STEP = 0.5 ~ Minute ~ |
"""


@pytest.fixture
def tanks(tmp_path: Path) -> Model:
    path = tmp_path / "tanks.mdl"
    path.write_text(TANKS, encoding="utf-8")
    return read_model(path)
