"""What a reader must be told beside any number: who was compared, in which question, over how many futures."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from policy_lab.analysis.dominance import put_in_pairs
from policy_lab.analysis.outcomes import time_unit
from policy_lab.analysis.words import without_capital
from policy_lab.results.calendar import dates
from policy_lab.results.types import Results
from policy_lab.study.steps import step_words
from policy_lab.study.stress import held_words

STARTS = {
    "switch": "every {design} takes over from the base at rest",
    "settled": "every {design} at its own resting point",
    "file": "every {design} from where the model file starts",
}


@dataclass(frozen=True)
class Setting:
    """The words around a result, all of them from the study and the plan."""

    study: str
    question: str
    outcome: str
    design: str
    measure: str
    sentence: str
    not_a_forecast: str
    sources: str
    base: str
    start: str
    scenario: str
    worlds: int
    futures: int
    seed: int
    threshold: float
    periods: int
    burden: str
    clear_burden: str
    unclear_burden: str
    unit: str
    """Of time."""
    first_date: str
    horizon: float
    titles: Mapping[str, str]
    group_of: Mapping[str, str]
    groups: Mapping[str, str]
    manifest: Mapping[str, Any]
    shorts: Mapping[str, str] = field(default_factory=dict)
    put_in: frozenset[tuple[str, str]] = frozenset()
    """Ordered pairs of designs, the better first, whose order was put in."""
    held: str = ""
    """What the user set by hand: constants held at a value, or one place to start from."""
    scores: str = ""
    """Whose lever scores these are, where they are not the study's own."""

    @property
    def cases(self) -> int:
        """Modelled futures of each design."""
        return self.worlds * self.futures

    @property
    def source_line(self) -> str:
        """The line under every chart: where from, when, how many, and what it is not."""
        run = f"{self.worlds:,} worlds × {self.futures:,} futures, seed {self.seed}"
        period = f"modelled from {self.first_date} over {self.horizon:g} {self.unit}s" if self.first_date else run
        held = f" {self.held}." if self.held else ""
        scores = f" {self.scores}." if self.scores else ""
        words = f"{period[:1].upper()}{period[1:]}; {run}.{held}{scores} {self.not_a_forecast}"
        return f"Source: {self.sources.rstrip('.')}. {words}"

    @property
    def start_words(self) -> str:
        """What the start of the runs is, in words."""
        return STARTS[self.start].format(design=self.design)

    def title(self, name: str) -> str:
        """Return the title of a design; its name where it has none."""
        return self.titles.get(name, name)

    def short(self, name: str) -> str:
        """Return the short name of a design, as long as no other design is so called.

        Without one in the study it is the title less what stands in brackets.
        """
        given = self.shorts.get(name, "")
        if given and list(self.shorts.values()).count(given) == 1:
            return given
        brief = _without_brackets(self.title(name))
        others = [_without_brackets(title) for other, title in self.titles.items() if other != name]
        return self.title(name) if not brief or brief in others else brief


def _held(results: Results) -> str:
    """Say what was set by hand, as the manifest has it."""
    asked = results.manifest.get("settings", {})
    study, held = results.plan.study, asked.get("set", {})
    by_hand = (
        *held_words(study, held),
        *(step_words(study, key, step) for key, step in asked.get("steps", {}).items()),
    )
    parts = [f"set by hand: {'; '.join(by_hand)}"] if by_hand else []
    if asked.get("area"):
        place = results.plan.study.areas()[asked["area"]].name
        parts.append(f"started from the figures of {place}, which is no judgement of that place")
    if asked.get("places"):
        parts.append(f"each world is one of {len(asked['places'])} places, which is no judgement of any")
    return _with_capital("; ".join(parts))


def _with_capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _without_brackets(title: str) -> str:
    return " ".join(re.sub(r"\([^()]*\)", " ", title).split())


def setting_of(results: Results) -> Setting:
    """Read the setting off finished results."""
    plan, file = results.plan, results.plan.study.file
    measure = file.measures.shortfall
    shape = next(iter(results.outcomes.values())).values.shape
    resolved = {name: plan.study.design(name) for name in results.designs}
    scenario = plan.study.scenarios.get(plan.scenario)
    unit = time_unit(results)
    return Setting(
        study=file.title,
        question=file.question,
        outcome=file.words.outcome,
        design=file.words.design,
        measure=measure.title,
        sentence=measure.sentence,
        not_a_forecast=file.words.not_a_forecast,
        sources=file.words.sources,
        base=file.comparison.base,
        start=plan.start,
        scenario=scenario.title if scenario is not None else plan.scenario,
        worlds=shape[1],
        futures=shape[2],
        seed=plan.seed,
        threshold=measure.threshold,
        periods=measure.periods,
        burden=without_capital(file.measures.burden.title),
        clear_burden=file.measures.burden.clear_words,
        unclear_burden=file.measures.burden.unclear_words,
        unit=unit,
        first_date=dates(file.clock.start, results.time[:1], unit)[0],
        horizon=float(results.time[-1] - results.time[0]),
        titles={name: design.title for name, design in resolved.items()},
        group_of={name: design.group for name, design in resolved.items()},
        groups=file.groups,
        manifest=results.manifest,
        shorts={name: design.short for name, design in resolved.items()},
        put_in=put_in_pairs(plan.study, results.designs),
        held=_held(results),
        scores="" if plan.study.scores is None else _with_capital(plan.study.scores.words()),
    )
