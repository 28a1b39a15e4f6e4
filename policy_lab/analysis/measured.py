"""One number a world: the shortfall measure, its level or its burden, of one design or of two compared."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from policy_lab.analysis.dominance import SENTENCE, put_in_pairs
from policy_lab.analysis.outcomes import over_futures, over_time, path, unit_of
from policy_lab.analysis.risk import world_risks
from policy_lab.analysis.words import spoken_unit, without_capital
from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.results.types import Results

if TYPE_CHECKING:
    from policy_lab.study import Study

RISK, LEVEL, BURDEN = "risk", "level", "burden"
OUTCOMES = (LEVEL, RISK, BURDEN)
"""What can be asked for beside the study's own saved outcomes."""


@dataclass(frozen=True)
class Question:
    """What is looked at: an outcome of one design, or of ``design`` less ``other``.

    ``outcome`` is ``risk`` (share of futures that fall short), ``level`` (the shortfall's variable, mean over the
    horizon), ``burden`` (what accumulates, as a ratio to the other design or else to the base) or a saved outcome
    (mean over the horizon; the elements of a subscripted one are added up).
    """

    outcome: str
    design: str
    other: str = ""

    def needs(self, base: str) -> tuple[str, ...]:
        """Return the designs that have to be run for it."""
        beside = self.other or (base if self.outcome == BURDEN else "")
        return tuple(dict.fromkeys(name for name in (self.design, beside) if name))


def check_question(study: Study, question: Question) -> None:
    """Refuse an unknown outcome, and a burden of the base as a ratio to itself.

    Raises
    ------
    InputError
        Names the nearest outcomes.
    """
    known = (*OUTCOMES, *study.file.outcomes)
    for name in (question.design, question.other):
        if name:
            study.design_parts(name)
    if question.outcome not in known:
        nearest = nearest_names(question.outcome, known)
        remedy = f"Ask for {', '.join(OUTCOMES)} or a saved outcome."
        raise InputError(Problem(what=f"no outcome `{question.outcome}`", nearest=nearest, remedy=remedy))
    if question.outcome == BURDEN and len(question.needs(study.file.comparison.base)) < 2:
        remedy = "Ask for another design, or for the difference of two."
        raise InputError(Problem(what=f"the burden of `{question.design}` is the base of its own ratio", remedy=remedy))
    if question.design == question.other:
        raise InputError(Problem(what=f"`{question.design}` does not differ from itself"))


def world_values(results: Results, question: Question) -> np.ndarray:
    """Return what is asked for in each world, mean over its usable futures: ``(worlds,)``, NaN where none is usable."""
    base = results.plan.study.file.comparison.base
    values = by_design(results, question.outcome)
    own = values[results.designs.index(question.design)]
    if question.outcome == BURDEN:
        other = values[results.designs.index(question.other or base)]
        return np.divide(own, other, out=np.full(own.shape, np.nan), where=other > 0)
    if not question.other:
        return own
    difference: np.ndarray = own - values[results.designs.index(question.other)]
    return difference


def by_design(results: Results, outcome: str) -> np.ndarray:
    """Return an outcome of every design in every world, ``[design, world]``; a burden is an amount here."""
    measures = results.plan.study.file.measures
    if outcome == RISK:
        return world_risks(results)
    if outcome == BURDEN:
        gained = path(results, measures.burden.variable, "sum")
        return over_futures(gained[..., -1] - gained[..., 0])
    variable = measures.shortfall.variable if outcome == LEVEL else outcome
    return over_futures(over_time(path(results, variable, "only" if outcome == LEVEL else "sum"), results.time))


def outcome_unit(results: Results, question: Question) -> str:
    """Return the unit of what is asked for, as a reader says it."""
    if question.outcome == RISK:
        return "share of futures"
    if question.outcome == BURDEN:
        return "ratio"
    measured = results.plan.study.file.measures.shortfall.variable
    return spoken_unit(unit_of(results, measured if question.outcome == LEVEL else question.outcome))


def outcome_title(study: Study, question: Question) -> str:
    """Return what is asked for in words that begin a sentence: ``Fish stock, mean over the horizon, of Licences``."""
    measures, base = study.file.measures, study.file.comparison.base
    what = {RISK: measures.shortfall.title, BURDEN: measures.burden.title}.get(
        question.outcome,
        f"{measures.shortfall.variable if question.outcome == LEVEL else question.outcome}, mean over the horizon",
    )
    own = short_name(study, question.design)
    if question.outcome == BURDEN:
        return f"{what}: {own} as a ratio to {short_name(study, question.other or base)}"
    return f"{what}: {own} less {short_name(study, question.other)}" if question.other else f"{what}: {own}"


def short_name(study: Study, name: str) -> str:
    """Return what a design is called in sentences."""
    design = study.design(name)
    return design.short or design.title


def put_in_words(study: Study, question: Question) -> str:
    """Say that the order of the two designs was put in by their scores, where it was; otherwise nothing."""
    names = [name for name in (question.design, question.other) if name]
    for better, worse in put_in_pairs(study, names):
        return f"{short_name(study, better)} above {short_name(study, worse)}: {without_capital(SENTENCE)}"
    return ""


def luck_free(vary: Iterable[str]) -> frozenset[str]:
    """Return what varies less luck, so that all worlds see the same futures."""
    from policy_lab.study.plan import LUCK

    return frozenset(vary) - {LUCK}
