"""A reader scored designs without their names: their own order, beside the authors' and a placebo."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from policy_lab.analysis.elicitation import mean_of_score
from policy_lab.analysis.outcomes import mean_of
from policy_lab.analysis.put_in import LEVEL, RISK, Evaluate, exchanges, levels, placebo
from policy_lab.analysis.risk import world_risks
from policy_lab.analysis.sobol import kendall_tau
from policy_lab.analysis.words import count, listed, percent, without_capital
from policy_lab.results.types import Results
from policy_lab.study.plan import Plan
from policy_lab.study.scores import Scores, own_scores, scale_of, scored_study
from policy_lab.study.study import Study


@dataclass(frozen=True)
class Blind:
    """What came of scoring blind.

    ``orders``: one row a design with the scores and risks of reader, authors and placebo, and their ranks inside its
    group (1 is the most enabling, or the lowest risk): groups are not ranked against one another. ``agreement``:
    Kendall's tau-b between pairs of orders of all designs, ``between``, ``measure`` and ``tau``. ``placebo``: as
    :func:`policy_lab.analysis.put_in.placebo`, under the reader's scores.
    """

    orders: pd.DataFrame
    agreement: pd.DataFrame
    placebo: pd.DataFrame


def enabling(study: Study, scores: Scores, designs: Iterable[str], beside: Iterable[Scores] = ()) -> np.ndarray:
    """Return how enabling each design's scores are on average, ``(designs,)``, from 0 to 1.

    The mean over levers with a favourable direction of the pooled mean's place in the lever's range, turned round where
    lower is better. A lever without a range of its own is placed within what the study's designs, these scores and
    those ``beside`` span, so that readers are placed alike. Levers count the same: this is a description of the scores,
    and no model of what they do.
    """
    every = (scores, *beside)
    found = []
    for design in designs:
        places = []
        for key, lever in study.file.levers.items():
            low, high = scale_of(study, key, every)
            if lever.better == "ambiguous" or high <= low:
                continue
            given = zip(scores.weights, scores.of(design, key), strict=True)
            place = (sum(weight * mean_of_score(one) for weight, one in given) - low) / (high - low)
            places.append(1 - place if lever.better == "lower" else place)
        found.append(float(np.mean(places)) if places else float("nan"))
    return np.array(found)


def blind_order(plan: Plan, scores: Scores, evaluate: Evaluate, exchanged: int = 3) -> Blind:
    """Run the same worlds and futures under the authors' scores, the reader's, and the reader's exchanged.

    Parameters
    ----------
    plan
        Designs, worlds and futures under the study's own scores.
    scores
        The reader's, by the designs' real names.
    evaluate
        Turns a plan into results.
    exchanged
        How many exchanges of scores among the designs the placebo tries.
    """
    study = plan.study
    mine = plan.with_(study=scored_study(study, scores))
    owners = exchanges(plan.designs, 1)[0] if len(plan.designs) > 1 else {name: name for name in plan.designs}
    runs = {"reader": evaluate(mine), "authors": evaluate(plan), "placebo": evaluate(mine.with_(scores_from=owners))}
    authors = own_scores(study)
    enabled = {
        "reader": enabling(study, scores, plan.designs, [authors]),
        "authors": enabling(study, authors, plan.designs, [scores]),
    }
    groups = np.array([study.design(name).group for name in plan.designs])
    table: dict[str, object] = {"design": plan.designs, "group": groups}
    for who, values in enabled.items():
        table[f"{who}_enabling"], table[f"{who}_enabling_rank"] = values, _ranks(-values, groups)
    for who, results in runs.items():
        risks = _risks(results)
        table[f"{who}_risk"], table[f"{who}_risk_rank"] = risks, _ranks(risks, groups)
    table["placebo_scores_of"] = [owners[name] for name in plan.designs]
    tried = placebo(mine, evaluate, exchanged, plan.worlds, plan.futures)
    return Blind(pd.DataFrame(table), pd.DataFrame(_agreement(enabled, runs)), tried)


def _agreement(enabled: dict[str, np.ndarray], runs: dict[str, Results]) -> Iterator[dict[str, object]]:
    scored = kendall_tau(enabled["reader"], enabled["authors"])
    yield {"between": "reader's scores and authors' scores", "measure": "mean enabling score", "tau": scored}
    for measure, of in ((RISK, _risks), (LEVEL, _levels)):
        bad = {who: of(results) for who, results in runs.items()}
        for between, one, other in (
            ("result under the reader's scores and under the authors'", bad["reader"], bad["authors"]),
            ("result under the reader's scores and under the placebo", bad["reader"], bad["placebo"]),
            ("result under the reader's scores and those scores", bad["reader"], -enabled["reader"]),
            ("result under the authors' scores and those scores", bad["authors"], -enabled["authors"]),
        ):
            yield {"between": between, "measure": measure, "tau": kendall_tau(one, other)}


def blind_words(found: Blind, scores: Scores) -> tuple[str, ...]:
    """Say how the reader's order stands to the authors', and what of it is only the scores."""
    tau = {(row.between, row.measure): row.tau for row in found.agreement.itertuples(index=False)}
    scored = tau["reader's scores and authors' scores", "mean enabling score"]
    lines = [
        f"{scores.words()[:1].upper()}{scores.words()[1:]}.",
        f"Over all designs, the order of the mean scores and that of the authors' {_agree(scored)}.",
    ]
    for measure in (RISK, LEVEL):
        here = tau["result under the reader's scores and under the authors'", measure]
        own = tau["result under the reader's scores and those scores", measure]
        orders_agree = f"By {measure}, the orders under the two sets of scores {_agree(here)}"
        lines.append(f"{orders_agree}; the order found and the mean score {_agree(own)}.")
    lines.append(_placebo_words(found.placebo))
    lines.append(
        "An order that follows the scores was put in by whoever gave them. Where both orders agree, two people hold "
        "the same judgement; that is no evidence that it is right."
    )
    return tuple(lines)


def differing(found: Blind, study: Study) -> str:
    """Say for which designs reader and authors differ most in their mean score."""
    gap = (found.orders["reader_enabling"] - found.orders["authors_enabling"]).abs()
    worst = found.orders.loc[gap.sort_values(ascending=False, kind="stable").index[:2]]
    said = [
        f"{_short(study, row.design)} ({percent(row.reader_enabling)} against {percent(row.authors_enabling)})"
        for row in worst.itertuples(index=False)
    ]
    return f"Reader and authors differ most on {listed(said)} of the range, on average over levers."


def _placebo_words(tried: pd.DataFrame) -> str:
    mean = tried[tried["measure"] == LEVEL][["follows_scores", "follows_names"]].mean()
    number = count(int(tried["exchange"].nunique()), "exchange")
    follows, names = float(mean["follows_scores"]), float(mean["follows_names"])
    return (
        f"Placebo, {number} of these scores among the designs, by {LEVEL}: the order found and the order of the "
        f"scores' owners {_agree(follows)}; it and the order of the names {_agree(names)}."
    )


def _agree(tau: float) -> str:
    """Say how far two orders agree."""
    if not np.isfinite(tau):
        return "cannot be compared, for one of them ties throughout"
    words = (
        (0.8, "agree closely"),
        (0.4, "agree in the main"),
        (0.1, "agree a little"),
        (-0.1, "have nothing to do with one another"),
    )
    said = next((word for bound, word in words if tau >= bound), "run against one another")
    return f"{said} (Kendall's tau {tau:.1f})"


def _risks(results: Results) -> np.ndarray:
    return np.array([mean_of(row) for row in world_risks(results)])


def _levels(results: Results) -> np.ndarray:
    """Return the mean outcome, turned so that less is better."""
    return -np.array([mean_of(row) for row in levels(results)])


def _ranks(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Return ranks from 1 inside each group, the lowest value first; ties share the best."""
    return np.array(
        [1 + int((values[groups == group] < value).sum()) for value, group in zip(values, groups, strict=True)]
    )


def _short(study: Study, design: str) -> str:
    return study.design(design).short or without_capital(study.design(design).title)
