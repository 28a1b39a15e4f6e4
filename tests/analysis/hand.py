"""Results small enough to solve by hand: two designs of a fishery, a few worlds, a few futures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np

from policy_lab.results.types import Outcome, Results
from policy_lab.study.schema import (
    Anchor,
    Burden,
    Clock,
    Comparison,
    Design,
    Gap,
    Lever,
    Measures,
    Resource,
    Score,
    Shortfall,
    StudyFile,
    Words,
)


@dataclass(frozen=True)
class HandStudy:
    """What analysis asks of a study, without a folder of files behind it."""

    file: StudyFile
    designs: Mapping[str, Design]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    scenarios: Mapping[str, Any] = field(default_factory=dict)
    overlays: Mapping[str, Any] = field(default_factory=dict)
    model: Any = field(default_factory=lambda: SimpleNamespace(time=SimpleNamespace(unit="Month")))
    scores: None = None

    def design(self, name: str) -> Design:
        return self.designs[name]

    def design_parts(self, name: str) -> tuple[str, tuple[str, ...]]:
        return name, ()


@dataclass(frozen=True)
class HandPlan:
    study: HandStudy
    designs: tuple[str, ...]
    start: str = "switch"
    scenario: str = "weather"
    seed: int = 1
    worlds: int = 2
    futures: int = 2


def score(mode: float) -> Score:
    return Score(low=mode - 0.1, mode=mode, high=mode + 0.1, reason="by hand")


def design(
    levers: Mapping[str, float], group: str = "live", members: Sequence[str] = (), disruption: float = 0.0
) -> Design:
    return Design(
        title="by hand",
        group=group,
        dates="2026",
        legal_basis="none",
        members=tuple(members),
        levers={name: score(mode) for name, mode in levers.items()},
        disruption=score(disruption),
    )


LEVERS = {
    "quota": Lever(variable="Quota", title="Quota", meaning="catch allowed", better="higher"),
    "delay": Lever(variable="Delay", title="Delay", meaning="months to a ruling", better="lower"),
    "breadth": Lever(variable="Breadth", title="Breadth", meaning="ports at the table", better="ambiguous"),
}


def study(designs: Mapping[str, Design], base: str, periods: int = 2, threshold: float = 0.5) -> HandStudy:
    file = StudyFile(
        title="Fishery by hand",
        question="Which?",
        model="none.mdl",
        clock=Clock(start=dt.date(2026, 1, 31), horizon=4),
        comparison=Comparison(base=base, scenario="weather", seed=1, designs=tuple(designs)),
        levers=LEVERS,
        measures=Measures(
            shortfall=Shortfall(
                variable="Stock",
                threshold=threshold,
                periods=periods,
                title="Modelled shortfall risk",
                sentence="in about {tenths} of 10 modelled futures the stock stays below the bar",
                thresholds=(0.25,),
                all_periods=(1,),
                anchor=Anchor(design=base, share=0.1, source="by hand", status="provisional"),
                also_thresholds={"low": 0.25},
            ),
            burden=Burden(
                variable="Waste", title="Waste", clear_words="clear difference", unclear_words="no clear difference"
            ),
            gap=Gap(intent="Intended", implemented="Implemented", title="Gap"),
            resources=(Resource(variable="Staff", title="Staff", unit="FTE"),),
        ),
        outcomes=("Stock", "Waste", "Intended", "Implemented", "Staff"),
        groups={"live": "Live", "past": "Past"},
        words=Words(outcome="the stock", design="rule", not_a_forecast="Not a forecast.", sources="By hand."),
    )
    return HandStudy(file=file, designs=dict(designs))


def results(
    hand: HandStudy,
    stock: np.ndarray,
    *,
    waste: np.ndarray | None = None,
    gap: float = 0.25,
    start: str = "switch",
    designs: Sequence[str] | None = None,
) -> Results:
    """``stock`` is ``[design, world, future, time]``; waste is 1 unless given; staff are two ports of 3 and 4."""
    stock = np.asarray(stock, dtype=float)
    ones = np.ones_like(stock)
    names = tuple(designs or hand.designs)
    plan = HandPlan(hand, names, start=start, worlds=stock.shape[1], futures=stock.shape[2])
    scalar = {
        "Stock": stock,
        "Waste": ones if waste is None else np.asarray(waste, dtype=float),
        "Intended": ones,
        "Implemented": ones * (1 - gap),
    }
    outcomes = {name: Outcome(name, "Dmnl", (), (), values) for name, values in scalar.items()}
    staff = np.stack([3 * ones, 4 * ones], axis=-1)
    outcomes["Staff"] = Outcome("Staff", "FTE", ("Port",), (("North", "South"),), staff)
    return Results(
        plan=plan,  # type: ignore[arg-type]
        designs=names,
        time=np.arange(stock.shape[3], dtype=float),
        outcomes=outcomes,
        worlds={},
        levers={},
        manifest={"seed": 1},
    )
