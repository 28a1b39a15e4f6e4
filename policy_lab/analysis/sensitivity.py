"""Which of the things that we do not know matter for a result: the study's own inputs through the methods of SALib."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from policy_lab.analysis.measured import (
    LEVEL,
    Question,
    check_question,
    luck_free,
    outcome_title,
    outcome_unit,
    world_values,
)
from policy_lab.analysis.screening import MEANS, METHODS, Method, Sampled, Screen, rows_wanted, sampled, screened
from policy_lab.analysis.words import count, listed, percent
from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.results.types import Results
from policy_lab.study.inputs import UncertainInput, uncertain_inputs
from policy_lab.study.steps import step_words
from policy_lab.study.stress import held_words

if TYPE_CHECKING:
    from policy_lab.study.plan import Plan

Evaluate = Callable[["Plan"], Results]
By = Literal["input", "group", "grade"]

BUDGET = 1500
"""Worlds that are run unless told."""
PART = 250
"""Worlds in one call of `evaluate`, which bounds memory."""
TOP = 10
CAVEAT = (
    "Futures are the same for all worlds. Lever scores are judgement, and what matters here is what moves the model, "
    "not what can be changed."
)
MATTERS, MAY, NOT_TOLD = "matters", "may matter", "not told from chance"


@dataclass(frozen=True)
class Sensitivity:
    """What matters for one outcome.

    ``table`` has one row an input or bundle of inputs, the most important first; ``groups`` sums it up by group and
    by grade of evidence; ``convergence`` says how far half of the runs agree with all.
    """

    question: Question
    title: str
    unit: str
    method: Method
    by: By
    table: pd.DataFrame
    groups: pd.DataFrame
    floor_words: str
    """What the floor is that an input must rise above."""
    convergence: pd.DataFrame
    worlds: int
    failed: int
    sentences: tuple[str, str]
    source: str
    manifest: Mapping[str, Any]


def sensitivity(
    plan: Plan,
    evaluate: Evaluate,
    questions: Sequence[Question] | None = None,
    *,
    method: Method = "morris",
    by: By | None = None,
    samples: int | None = None,
    resamples: int = 200,
) -> tuple[Sensitivity, ...]:
    """Find which uncertain inputs matter for the shortfall measure of a design, or for the difference of two.

    Every constant with a range and every lever score is moved through its own distribution; luck is held common: all
    worlds meet the same futures. No input is left out. All questions are answered from the same runs.

    Parameters
    ----------
    plan
        Gives the study, the scenario, the futures of each world, the seed and what is held.
    evaluate
        Turns a plan into results, usually `policy_lab.run`.
    questions
        By default the level of the base design. All must ask for the same designs.
    method
        ``morris`` (screening; few runs an input), ``sobol`` (shares of the variance), ``pawn`` or ``delta`` (any shift
        of the distribution, from a plain sample). See :mod:`policy_lab.analysis.screening` for formulas and sources.
    by
        Whether single inputs, groups of them or grades of evidence are moved together (the last two for ``morris`` and
        ``sobol`` only). By default inputs, and groups under ``sobol``, which is dear.
    samples
        Trajectories (Morris), base samples (Sobol; a power of two) or rows; by default what about 1,500 worlds allow,
        and never fewer than four trajectories.
    resamples
        Of the bootstrap.

    Returns
    -------
    tuple of Sensitivity
        One a question.

    Raises
    ------
    InputError
        For an unknown method, outcome or design; where nothing varies; where SALib is not installed.

    Examples
    --------
    ``sensitivity(study.plan(futures=5), pl.run, [Question("level", "co-management", "catch-quota")])``
    """
    asked = tuple(questions) if questions else (Question(LEVEL, plan.base),)
    by = by or ("group" if method == "sobol" else "input")
    _check(plan, asked, method, by)
    needs = tuple(dict.fromkeys(name for one in asked for name in one.needs(plan.base)))
    common = plan.with_(designs=needs, vary=luck_free(plan.vary), places=())
    rows = uncertain_inputs(common)
    if not rows:
        raise InputError(Problem(what="nothing is uncertain in this plan"))
    bundles = _bundles(rows, by)
    blocks = samples or rows_wanted(method, len(set(bundles)), BUDGET)
    found = sampled(method, bundles, blocks, plan.seed)
    outputs, last = _outputs(common, evaluate, asked, rows, found.quantiles)
    luck = _luck(common, evaluate, asked, rows, found, outputs) if found.block > 1 else {}
    return tuple(_answer(plan, one, found, rows, by, outputs[one], luck.get(one), resamples, last) for one in asked)


def _check(plan: Plan, asked: Sequence[Question], method: str, by: str) -> None:
    problems = [
        Problem(what=f"no {label} `{value}`", nearest=nearest_names(value, known), remedy=f"Known: {', '.join(known)}.")
        for label, value, known in (("method", method, METHODS), ("grouping", by, ("input", "group", "grade")))
        if value not in known
    ]
    if problems:
        raise InputError(*problems)
    for one in asked:
        check_question(plan.study, one)


def _bundles(rows: Sequence[UncertainInput], by: By) -> tuple[str, ...]:
    if by == "group":
        return tuple(row.group for row in rows)
    return tuple(f"grade {row.grade}" if by == "grade" else row.title for row in rows)


def _outputs(
    plan: Plan, evaluate: Evaluate, asked: Sequence[Question], rows: Sequence[UncertainInput], quantiles: np.ndarray
) -> tuple[dict[Question, np.ndarray], Results]:
    """Run every row of quantiles as a world, a part at a time; return what is asked for in each, ``(rows,)``."""
    found: dict[Question, list[np.ndarray]] = {one: [] for one in asked}
    for first in range(0, len(quantiles), PART):
        part = quantiles[first : first + PART]
        given = {row.stream: part[:, place] for place, row in enumerate(rows)}
        results = evaluate(plan.with_(worlds=len(part), quantiles=given))
        for one in asked:
            found[one].append(world_values(results, one))
    return {one: np.concatenate(parts) for one, parts in found.items()}, results


def _luck(
    plan: Plan,
    evaluate: Evaluate,
    asked: Sequence[Question],
    rows: Sequence[UncertainInput],
    found: Sampled,
    outputs: Mapping[Question, np.ndarray],
) -> dict[Question, np.ndarray]:
    """Return how far each outcome moves when the first world of each block meets other futures of the same kind."""
    again = plan.with_(seeds={**plan.seeds, "luck": plan.seed + 1})
    moved, _ = _outputs(again, evaluate, asked, rows, found.quantiles[:: found.block])
    return {one: moved[one] - outputs[one][:: found.block] for one in asked}


def _answer(
    plan: Plan,
    question: Question,
    found: Sampled,
    rows: Sequence[UncertainInput],
    by: By,
    output: np.ndarray,
    luck: np.ndarray | None,
    resamples: int,
    last: Results,
) -> Sensitivity:
    screen = screened(found, output, luck, resamples)
    table = _table(found, screen, rows, by)
    convergence = _convergence(found, output, luck, resamples, screen)
    title = outcome_title(plan.study, question)
    worlds, failed = len(output), int((~found.usable(output)).sum())
    return Sensitivity(
        question=question,
        title=title,
        unit=outcome_unit(last, question) if found.method == "morris" else "",
        method=found.method,
        by=by,
        table=table,
        groups=_groups(table) if by == "input" else table.iloc[:0],
        floor_words="another draw of luck" if found.block > 1 else "a column without meaning",
        convergence=convergence,
        worlds=worlds,
        failed=failed,
        sentences=_sentences(table, convergence, title, by, failed),
        source=_source(plan, found, worlds),
        manifest={**last.manifest, "cases": worlds * plan.futures * len(last.designs), "failed_worlds": failed}
        | {"sensitivity": {"method": found.method, "by": by, "worlds": worlds, "question": vars(question)}},
    )


def _table(found: Sampled, screen: Screen, rows: Sequence[UncertainInput], by: By) -> pd.DataFrame:
    """Return one row a bundle, the most important first."""
    members = {
        title: [row for row, own in zip(rows, found.bundles, strict=True) if own == title] for title in found.titles
    }
    told = []
    for place, title in enumerate(found.titles):
        own, size, low = members[title], float(screen.importance[place]), float(screen.low[place])
        first = own[0] if by == "input" else None
        told.append(
            {
                "input": title,
                "inputs": len(own),
                "group": _same(row.group for row in own),
                "grade": _same(row.grade for row in own),
                "low": first.low if first else np.nan,
                "high": first.high if first else np.nan,
                "unit": first.unit if first else "",
                "importance": size,
                "importance_q05": low,
                "importance_q95": float(screen.high[place]),
                "floor": screen.floor,
                "verdict": MATTERS if low > screen.floor else MAY if size > screen.floor else NOT_TOLD,
                "direction": float(screen.direction[place]),
                "interplay": float(screen.interplay[place]),
                "meaning": MEANS[found.method],
            }
        )
    table = pd.DataFrame(told).sort_values("importance", ascending=False, kind="stable", ignore_index=True)
    table.insert(0, "rank", np.arange(1, len(table) + 1))
    return table


def _same(values: Iterator[str]) -> str:
    return ", ".join(sorted(set(values)))


def _groups(table: pd.DataFrame) -> pd.DataFrame:
    """Return how many inputs of each group and grade matter, and what part of all importance they have together."""
    told = []
    whole = float(table["importance"].sum())
    for kind in ("group", "grade"):
        for name, rows in table.groupby(kind, sort=True):
            told.append(
                {
                    "by": kind,
                    "name": str(name),
                    "inputs": len(rows),
                    "matter": int((rows["verdict"] == MATTERS).sum()),
                    "share_of_importance": float(rows["importance"].sum()) / whole if whole > 0 else np.nan,
                    "first": str(rows["input"].iloc[0]),
                }
            )
    return pd.DataFrame(told)


def _convergence(
    found: Sampled, output: np.ndarray, luck: np.ndarray | None, resamples: int, whole: Screen
) -> pd.DataFrame:
    """Return how far half of the blocks agree with all: of the most important, how many were so already.

    ``widest`` is the widest interval as a share of the largest importance (Sarrazin, Pianosi and Wagener 2016,
    *Environmental Modelling & Software* 79:135-152).
    """
    blocks = len(output) // found.block
    half = blocks // 2 if found.method != "sobol" else 2 ** int(np.log2(max(blocks // 2, 1)))
    rows = half * found.block
    part = replace(found, quantiles=found.quantiles[:rows], design=found.design[:rows])
    top = min(TOP, len(found.titles))
    told = []
    for number, screen in ((half, _half(part, output[:rows], luck, resamples)), (blocks, whole)):
        best = set(_largest(screen, top)) & set(_largest(whole, top)) if screen is not None else set()
        told.append(
            {
                "samples": number,
                "worlds": number * found.block,
                "top": top,
                "in_top_of_all": len(best) if screen is not None else np.nan,
                "widest": _widest(screen) if screen is not None else np.nan,
            }
        )
    return pd.DataFrame(told)


def _half(part: Sampled, output: np.ndarray, luck: np.ndarray | None, resamples: int) -> Screen | None:
    if part.usable(output).sum() < 2 * part.block:
        return None
    return screened(part, output, luck, min(resamples, 20))


def _largest(screen: Screen, top: int) -> list[int]:
    return [int(place) for place in np.argsort(-screen.importance, kind="stable")[:top]]


def _widest(screen: Screen) -> float:
    largest = float(screen.importance.max())
    return float((screen.high - screen.low).max()) / largest if largest > 0 else 0.0


def _sentences(table: pd.DataFrame, convergence: pd.DataFrame, title: str, by: By, failed: int) -> tuple[str, str]:
    """Say what matters, and how far that can be relied on."""
    noun = {"input": "uncertain input", "group": "group of inputs", "grade": "grade of evidence"}[by]
    plural = {"input": "uncertain inputs", "group": "groups of inputs", "grade": "grades of evidence"}[by]
    matter = table[table["verdict"] == MATTERS]
    total = count(len(table), noun, plural)
    names = [f"{row.input} (evidence {row.grade})" for row in matter.head(3).itertuples(index=False)]
    if matter.empty:
        first = f"{title}: none of {total} can be told from chance."
    else:
        most = f"most of all {listed(names)}" if len(matter) > 1 else names[0]
        first = f"{title}: {len(matter):,} of {total} {'matters' if len(matter) == 1 else 'matter'}, {most}."
    half, whole = convergence.iloc[0], convergence.iloc[1]
    kept = "too few samples to say how settled this is"
    if np.isfinite(half["in_top_of_all"]):
        kept = f"with half of the runs {int(half['in_top_of_all'])} of the {int(whole['top'])} first were the same"
    lost = f"; {failed:,} worlds were left out because a run failed" if failed else ""
    second = (
        f"How settled: {kept}, and the widest interval is {percent(float(whole['widest']))} of the largest "
        f"effect{lost}."
    )
    return first, second


def _source(plan: Plan, found: Sampled, worlds: int) -> str:
    words = plan.study.file.words
    steps = (step_words(plan.study, key, step) for key, step in plan.study.steps.items())
    held = "; ".join((*held_words(plan.study, plan.spoken_settings()), *steps))
    blocks = f" ({worlds // found.block:,} × {found.block:,})" if found.block > 1 else ""
    return (
        f"Source: {words.sources.rstrip('.')}. Method {found.method}, {worlds:,} worlds{blocks} × {plan.futures:,} "
        f"common futures, scenario {plan.scenario}, seed {plan.seed}.{f' Set by hand: {held}.' if held else ''} "
        f"{words.not_a_forecast}"
    )


def asked_of(
    plan: Plan, outcomes: Sequence[str], design: str | None = None, pair: tuple[str, str] | None = None
) -> tuple[Question, ...]:
    """Return the questions that a user means: outcomes of one design (the base unless named), or of a pair."""
    if design is not None and pair is not None:
        raise InputError(Problem(what="asks for one design and for a difference", remedy="Ask for one of them."))
    first, second = pair if pair is not None else (design or plan.base, "")
    return tuple(Question(outcome, first, second) for outcome in outcomes)
