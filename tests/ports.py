"""Ports of the fishery: places with figures of their own, made by its model, so that their truth is known."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from policy_lab.study import Study, open_study
from tests.past import TRUE_RESPONSE, YEARS, fishery_with_a_past, made_by

CAPACITIES = {"A": 9_000.0, "B": 10_500.0, "C": 12_000.0, "D": 13_500.0, "E": 15_000.0}
"""Of the sea off each port; `E` lies beyond what the study's own range allows."""
NAMES = {"A": "Ashport", "B": "Bayhead", "C": "Cove", "D": "Deepwater", "E": "Eastness"}

AREA = """
area:
  table: ports.csv
  place: port
  only: {kind: port}
  measures:
    landed: {column: landed_a_month, times: months, factor: 1}
    boats: boats
  fit: [2011, 2018]
  held_out: [2019, 2022]
  moves: {Carrying capacity: landings, Response to profit: fleet, Spell severity: fleet}
  reason: Grounds differ between ports; trust is not published for any.
"""

BOUND = """
areas:
  table: port_prices.csv
  key: port
  name: name
  period: "2022"
  bind: {Fish price: price}
"""


def fishery_with_ports(folder: Path, noise: float = 0.01) -> Study:
    """Return a copy of the fishery with a past and five ports; `Cove` misses a year, `Deepwater` nearly all boats."""
    study = fishery_with_a_past(folder, AREA)
    home = study.folder
    text = (home / "study.yaml").read_text(encoding="utf-8")
    (home / "study.yaml").write_text(text + BOUND, encoding="utf-8")
    prices = ["port,name,price", *(f"{key},{name},2" for key, name in NAMES.items()), "F,Farhaven,2"]
    (home / "port_prices.csv").write_text("\n".join(prices) + "\n", encoding="utf-8")
    generator = np.random.default_rng(11)
    rows = ["port,kind,year,landed_a_month,months,boats"]
    truths = [{"Carrying capacity": one, "Response to profit": TRUE_RESPONSE} for one in CAPACITIES.values()]
    for key, said in zip(CAPACITIES, made_by(study, *truths), strict=True):
        rows += _rows(
            key, {name: one * np.exp(noise * generator.normal(size=len(YEARS))) for name, one in said.items()}
        )
    rows.append("A,harbour,2011,1,12,1")  # of another kind, to be left alone
    (home / "ports.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return open_study(str(home))


def _rows(key: str, said: Mapping[str, np.ndarray]) -> list[str]:
    found = []
    for at, year in enumerate(YEARS):
        landed = "" if (key, year) == ("C", 2015) else f"{said['landings'][at] / 12:.6g}"
        boats = "" if key == "D" and year > 2012 else f"{said['fleet'][at]:.6g}"
        found.append(f"{key},port,{year},{landed},12,{boats}")
    return found
