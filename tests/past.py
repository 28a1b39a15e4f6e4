"""A fishery with a past: the second study with figures that its own model made, so that the truth is known."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np

import policy_lab as pl
from policy_lab.provenance import bundled
from policy_lab.run.history import the_past
from policy_lab.study import Study
from policy_lab.study.history import read_history

YEARS = range(2011, 2023)
TRUE_CAPACITY = 11_000.0
TRUE_RESPONSE = 0.9

HISTORY = """
title: The fishery, 2011 to 2022
table: landings.csv
clock: {start: 2001-01-01}
rest: open-access
laws:
  - {from: 2009-01-01, design: catch-quota}
set: {Raids at expected rate: 1}
observed:
  landings:
    {title: Landings, unit: tonnes a year, measure: landed, variables: [Landings], kind: flow, day: "12-31",
     fit: [2011, 2018], held_out: [2019, 2022]}
  fleet:
    {title: Boats, unit: boats, measure: boats, variables: [Fleet], kind: stock, day: "12-31",
     fit: [2011, 2018], held_out: [2019, 2022]}
turns: [{series: landings, from: 2011, to: 2022}]
fit: [Carrying capacity, Response to profit]
silent: trust between communities, and every lever
rivals:
  as it is: {title: Nothing but what is fitted}
  slow boats: {title: Boats are sold slowly, fit: {Normal turnover of boats: [0.005, 0.02]}}
"""


def fishery_with_a_past(folder: Path, more: str = "", noise: float = 0.01) -> Study:
    """Return a copy of the fishery in a folder, with a `history.yaml` and the figures of a fishery whose truth we know.

    Parameters
    ----------
    more
        What else stands in its `history.yaml`.
    noise
        Of each figure, as a share.
    """
    home = folder / "fishery"
    shutil.copytree(bundled("models") / "fishery", home)
    (home / "history.yaml").write_text(HISTORY + more, encoding="utf-8")
    _write_figures(home, {"landed": np.ones(len(YEARS)), "boats": np.ones(len(YEARS))})
    study = pl.open_study(str(home))
    (said,) = made_by(study, {"Carrying capacity": TRUE_CAPACITY, "Response to profit": TRUE_RESPONSE})
    generator = np.random.default_rng(7)
    noisy = {key: values * np.exp(noise * generator.standard_normal(len(YEARS))) for key, values in said.items()}
    _write_figures(home, {"landed": noisy["landings"], "boats": noisy["fleet"]})
    return study


def made_by(study: Study, *truths: Mapping[str, float]) -> list[dict[str, np.ndarray]]:
    """Return what the model says of each series of the past, ``(years,)``, under each truth about what is fitted."""
    history = read_history(study)
    draws = {one.name: np.array([truth.get(one.name, one.base) for truth in truths]) for one in history.parameters}
    said = the_past(history).simulate(draws, history.parameters)
    return [{key: values[at] for key, values in said.items()} for at in range(len(truths))]


def _write_figures(home: Path, columns: Mapping[str, np.ndarray]) -> None:
    rows = [
        f"{name},{year},{value:.6g}"
        for name, values in columns.items()
        for year, value in zip(YEARS, values, strict=True)
    ]
    (home / "landings.csv").write_text("\n".join(["measure,year,value", *rows]) + "\n", encoding="utf-8")
