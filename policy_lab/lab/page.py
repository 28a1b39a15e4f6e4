"""What is sent to the page: plain words and numbers beside one block of floats, and the words that follow a result.

The wire format, one message a movement: ``told`` is a dictionary of plain values, ``numbers`` the bytes of
little-endian 32-bit floats whose arrays ``told["arrays"]`` names in order, each with its shape; a not-a-number is a
number that is not known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from policy_lab.analysis.findings import headline, main_group, unknowns_finding
from policy_lab.analysis.outcomes import path
from policy_lab.analysis.quantiles import QUANTILES
from policy_lab.analysis.risk import pairwise, risk
from policy_lab.analysis.setting import Setting, setting_of
from policy_lab.analysis.words import GRADES, count, frequency, short_figure, spoken_unit
from policy_lab.lab.moving import Moved
from policy_lab.lab.sliders import Slider
from policy_lab.lab.state import Screen
from policy_lab.results.types import Results
from policy_lab.study.elements import split_element
from policy_lab.study.stress import calendar_words, slots
from policy_lab.study.stress_schema import SIZES
from policy_lab.study.study import Study

BANDS = QUANTILES
"""Of all modelled futures, at every saved time: the page draws 50 and 90 % bands from them."""
_COLUMNS = (
    "risk", "risk_q05", "risk_q25", "risk_q75", "risk_q95", "simulation_error", "chance_best", "expected_regret",
    "regret_1_in_20", "burden_ratio", "burden_ratio_q05", "burden_ratio_q95",
)  # fmt: skip


@dataclass(frozen=True)
class Message:
    """What the page is told, and the numbers that it draws."""

    told: Mapping[str, Any]
    numbers: bytes


@dataclass(frozen=True)
class Rested:
    """The answer at rest, whole or of the first worlds.

    ``bands`` are quantiles of the measure over all futures: ``[quantile, design, time]``.
    """

    results: Results
    table: pd.DataFrame
    pairs: pd.DataFrame
    setting: Setting
    bands: np.ndarray


def rested(results: Results) -> Rested:
    """Work out what the page shows of an ensemble."""
    measure = results.plan.study.file.measures.shortfall
    values = path(results, measure.variable)
    cases = values.reshape(len(results.designs), -1, values.shape[-1])
    usable = [design[np.isfinite(design).all(axis=1)] for design in cases]
    empty = np.full((len(BANDS), values.shape[-1]), np.nan)
    bands = np.stack([np.quantile(one, BANDS, axis=0) if len(one) else empty for one in usable], axis=1)
    return Rested(results, risk(results), pairwise(results), setting_of(results), bands)


def opening(study: Study, moves: Sequence[Slider], offered: Sequence[str]) -> dict[str, Any]:
    """Return what the page needs once: names, groups, sliders, choices, and the words around every number."""
    file, model = study.file, study.model
    measure = file.measures.shortfall
    variable = model[split_element(measure.variable)[0]]
    designs = [(name, study.design(name)) for name in offered]
    return {
        "title": file.title,
        "question": file.question,
        "designs": [
            {
                "name": name,
                "short": one.short or one.title,
                "title": one.title,
                "group": one.group,
                "of": _beneath(name),
            }
            for name, one in designs
        ],
        "groups": {key: title for key, title in file.groups.items() if any(one.group == key for _, one in designs)},
        "base": file.comparison.base,
        "sliders": [one.plain() for one in moves],
        "levers": [{"name": key, "title": one.title, "meaning": one.meaning} for key, one in file.levers.items()],
        "areas": [[key, area.name] for key, area in sorted(study.areas().items(), key=lambda pair: pair[1].name)],
        "scenarios": [[key, one.title, one.meaning] for key, one in study.scenarios.items()],
        "measure": {
            "title": measure.title,
            "variable": measure.variable,
            "unit": spoken_unit(variable.unit),
            "outcome": file.words.outcome,
            "bar": measure.threshold,
            "periods": measure.periods,
        },
        "burden": file.measures.burden.title,
        "time": {"unit": model.time.unit, "start": file.clock.start.isoformat()},
        "stress": _stress(study),
        "digest": model.digest[:8],
        "not_a_forecast": file.words.not_a_forecast,
        "sources": file.words.sources,
        "confidence": file.words.confidence,
    }


def _beneath(design: str) -> str:
    """Return the design to which an addition is joined; nothing for a design without one."""
    base, joined, _ = design.partition("+")
    return base if joined else ""


def _stress(study: Study) -> dict[str, Any]:
    """Return what can be placed on the stress calendar, and between which times."""
    time, kinds = study.model.time, study.file.stress
    rows = {split_element(name)[0]: row for name, row in study.parameters.items()}
    described = []
    for name, kind in kinds.items():
        size = kind.size
        sizes = [] if size is None else [{"name": one, "meaning": size.of(one).meaning} for one in SIZES]
        grade = "" if size is None else rows[size.variable].grade
        described.append(
            {
                "name": name,
                "title": kind.title,
                "short": kind.short or kind.title,
                "meaning": kind.meaning,
                "room": len(slots(study.model, kind)),
                "sizes": sizes,
                "grade": grade,
                "evidence": f"Evidence grade {grade}: {GRADES[grade]}." if grade else "",
            }
        )
    return {"kinds": described, "first": time.save_period, "last": study.file.clock.horizon}


def moved_message(found: Moved, study: Study) -> Message:
    """Return what the page draws at a movement: central paths, and the risk in the small sample."""
    shares = np.array([np.nanmean(row) if np.isfinite(row).any() else np.nan for row in found.shares])
    told = {
        "kind": "moved",
        "designs": list(found.designs),
        "headline": moving_headline(found, shares, study),
        "sub": f"Settling: {count(found.cases, 'future')} for each {study.file.words.design} while you move; "
        "the ranges follow at rest.",
        "cases": found.cases,
        "withheld": [""] * len(found.designs),
    }
    return message(told, {"time": found.time, "central": found.central, "risk": shares})


def moving_headline(found: Moved, shares: np.ndarray, study: Study) -> str:
    """Say in one sentence what the small sample shows; too few futures for an order."""
    base = study.file.comparison.base
    known = [place for place in range(len(shares)) if np.isfinite(shares[place])]
    if not known:
        return "No run gave usable numbers here"
    place = found.designs.index(base) if base in found.designs else known[0]
    name = found.designs[place]
    short = study.design(name).short or study.design(name).title
    words = frequency(float(shares[place]), found.cases)
    return f"Settling: {words} futures of a small sample fall short under {short}"


def rested_message(found: Rested, moved: Moved, worlds: int) -> Message:
    """Return what the page draws at rest: bands, ranking, and the sentence that the result allows."""
    table, setting = found.table, found.setting
    whole = setting.worlds >= worlds
    told = {
        "kind": "rested",
        "whole": whole,
        "worlds": setting.worlds,
        "of": worlds,
        "designs": list(found.results.designs),
        "headline": headline(table, found.pairs, setting) + ("" if whole else " (so far)"),
        "sub": _beside(found, worlds),
        "cases": setting.cases,
        "withheld": [
            "order put in" if "put in" in str(why) else "only one" if why else ""
            for why in table["chance_best_withheld"]
        ],
        "group": main_group(setting),
        "failed": int(table["failed_cases"].sum()),
    }
    return message(
        told,
        {
            "time": moved.time,
            "central": moved.central,
            "bands": found.bands,
            **{name: table[name].to_numpy(dtype=float) for name in _COLUMNS},
        },
    )


def _beside(found: Rested, worlds: int) -> str:
    setting = found.setting
    unknowns = unknowns_finding(found.table, setting)
    parts = [f"{unknowns}." if unknowns else ""]
    if setting.worlds < worlds:
        parts.append(f"{setting.worlds} of {count(worlds, 'world')} so far.")
    parts.append(f"Confidence: {found.results.plan.study.file.words.confidence}")
    return " ".join(part for part in parts if part)


def changes(screen: Screen, study: Study, moves: Sequence[Slider]) -> list[str]:
    """Say what was changed from the study's own comparison, a phrase each."""
    usual = study.file.comparison
    by_name = {one.name: one for one in moves}
    said = []
    if screen.area:
        said.append(
            f"started from the figures of {study.areas()[screen.area].name}, which is no judgement of that place"
        )
    if screen.scenario != usual.scenario:
        said.append(f"scenario: {study.scenarios[screen.scenario].title}")
    for name, value in screen.settings.items():
        one = by_name[name]
        said.append(f"{name} {shown(one.base)} → {shown(value)} {one.unit}, held in every world")
    said += [
        f"{study.file.levers[key].title}: {step} in every {study.file.words.design}"
        for key, step in screen.levers.items()
    ]
    return said + ([calendar_words(study, screen.events)] if screen.events else [])


def shown(value: float) -> str:
    """Return a constant's value as the screen writes it.

    >>> shown(0.00028), shown(13.0), shown(78400.0)
    ('0.00028', '13', '78,400')
    """
    if value == 0 or 0.001 <= abs(value) < 1e6:
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    return short_figure(value)


def path_table(found: Moved, variable: str) -> pd.DataFrame:
    """Return the central paths: ``design``, ``time``, ``value``."""
    return _tidy("", found.designs, found.time, variable, found.central, "")[["design", "time", "value"]]


def table_csv(found: Moved, answer: Rested | None, study: Study) -> str:
    """Return everything that is drawn as one tidy table: ``part, design, time, quantity, value, unit``."""
    measure = study.file.measures.shortfall
    unit = spoken_unit(study.model[split_element(measure.variable)[0]].unit)
    frames = [_tidy("central path", found.designs, found.time, measure.variable, found.central, unit)]
    if answer is not None:
        for quantile, values in zip(BANDS, answer.bands, strict=True):
            label = f"{measure.variable}, quantile {quantile:g}"
            frames.append(_tidy("all futures", answer.results.designs, found.time, label, values, unit))
        for name in _COLUMNS:
            rows = {
                "part": "ranking",
                "design": answer.table["design"],
                "time": "",
                "quantity": name,
                "value": answer.table[name],
                "unit": "1",
            }
            frames.append(pd.DataFrame(rows))
    return str(pd.concat(frames, ignore_index=True).to_csv(index=False, lineterminator="\n"))


def _tidy(
    part: str, designs: Sequence[str], time: np.ndarray, quantity: str, values: np.ndarray, unit: str
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "part": part,
            "design": np.repeat(list(designs), len(time)),
            "time": np.tile(time, len(designs)),
            "quantity": quantity,
            "value": values.ravel(),
            "unit": unit,
        }
    )


def message(told: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Message:
    """Lay arrays out one after the other, and describe them beside what is told."""
    laid = {name: np.ascontiguousarray(values, dtype="<f4") for name, values in arrays.items()}
    described = [[name, *values.shape] for name, values in laid.items()]
    return Message({**told, "arrays": described}, b"".join(values.tobytes() for values in laid.values()))
