"""What several experts said of the levers: each alone, pooled, and how far apart they stand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from policy_lab.analysis.words import count, listed, percent, two_figures
from policy_lab.study.sampling import triangular
from policy_lab.study.schema import Score
from policy_lab.study.scores import POOL, Scores, scale_of
from policy_lab.study.study import Study

QUANTILES = (0.05, 0.5, 0.95)
_GRID = (np.arange(400) + 0.5) / 400
"""Quantiles over which the distance between two distributions is averaged."""
_BY_EXPERT = (
    *("design", "lever", "unit", "expert", "weight", "low", "mode", "high"),
    *("mean", "q05", "q50", "q95", "reason"),
)
_DISAGREEMENT = (
    *("design", "lever", "title", "unit", "experts", "lowest", "highest"),
    *("between", "furthest", "one", "other", "apart"),
)
FAR = 0.2
"""A distance, as a share of the lever's range, from which two experts are said to see a lever differently."""


def mean_of_score(score: Score) -> float:
    """Return the mean of a triangular distribution, ``(low + mode + high) / 3``."""
    return (score.low + score.mode + score.high) / 3


def variance_of_score(score: Score) -> float:
    """Return the variance of a triangular distribution: ``(a² + b² + c² − ab − ac − bc) / 18``."""
    a, c, b = score.low, score.mode, score.high
    return max(0.0, (a * a + b * b + c * c - a * b - a * c - b * c) / 18)


def share_below(score: Score, x: np.ndarray) -> np.ndarray:
    """Return the distribution function of a triangular distribution; a step where low equals high."""
    low, mode, high = score.low, score.mode, score.high
    if low == high:
        return (x >= low).astype(float)
    inside = np.clip(x, low, high)
    rising = (inside - low) ** 2 / ((high - low) * (mode - low)) if mode > low else np.zeros_like(inside)
    falling = 1 - (high - inside) ** 2 / ((high - low) * (high - mode)) if high > mode else np.ones_like(inside)
    return np.where(x < low, 0.0, np.where(x >= high, 1.0, np.where(inside < mode, rising, falling)))


def pooled_quantiles(scores: Sequence[Score], weights: Sequence[float], u: Sequence[float] = QUANTILES) -> np.ndarray:
    """Return quantiles of a linear opinion pool: the least x below which the weighted mean of shares reaches u.

    Parameters
    ----------
    scores, weights
        One an expert; the weights sum to one.
    u
        Shares strictly between 0 and 1.

    Returns
    -------
    numpy.ndarray
        In the unit of the scores, found by halving the interval between the lowest low and the highest high until
        floating point can halve it no further.
    """
    wanted = np.asarray(u, dtype=float)
    low = np.full(wanted.shape, min(score.low for score in scores))
    high = np.full(wanted.shape, max(score.high for score in scores))
    for _ in range(60):
        middle = (low + high) / 2
        reached = _pooled_share(scores, weights, middle) >= wanted
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    return high


def _pooled_share(scores: Sequence[Score], weights: Sequence[float], x: np.ndarray) -> np.ndarray:
    shares = np.zeros_like(x)
    for score, weight in zip(scores, weights, strict=True):
        shares = shares + weight * share_below(score, x)
    return shares


def distance(one: Score, other: Score) -> float:
    """Return how far apart two judgements are, in their unit: the mean distance between their quantiles.

    The Wasserstein distance of order one: how far the one distribution must be moved to become the other.
    """
    first, second = (triangular(_GRID, score.low, score.mode, score.high) for score in (one, other))
    return float(np.abs(first - second).mean())


def by_expert(study: Study, scores: Scores) -> pd.DataFrame:
    """Return each expert's judgement and the pool's, lever by lever.

    Returns
    -------
    pandas.DataFrame
        ``design``, ``lever``, ``unit``, ``expert`` (``pooled`` for the linear pool of all who scored that lever of that
        design), ``weight`` (among them), ``low``, ``mode``, ``high`` (the pool: lowest, none, highest), ``mean``,
        ``q05``, ``q50``, ``q95``, ``reason``.
    """
    rows = []
    for design, lever in _scored(study, scores):
        who, weights, given = _of(scores, design, lever)
        unit = study.file.levers[lever].unit
        for name, weight, one in zip(who, weights, given, strict=True):
            values = (mean_of_score(one), *triangular(np.array(QUANTILES), one.low, one.mode, one.high))
            rows.append((design, lever, unit, name, weight, one.low, one.mode, one.high, *values, one.reason))
        mean = sum(weight * mean_of_score(one) for weight, one in zip(weights, given, strict=True))
        ends = (min(one.low for one in given), float("nan"), max(one.high for one in given))
        rows.append((design, lever, unit, POOL, 1.0, *ends, mean, *pooled_quantiles(given, weights), ""))
    return pd.DataFrame(rows, columns=list(_BY_EXPERT))


def disagreement(study: Study, scores: Scores) -> pd.DataFrame:
    """Say how far experts stand apart, lever by lever, the furthest first.

    ``between`` is the share of the pool's variance that lies between the experts' means, the rest being each one's own
    doubt: ``B / (B + W)`` with ``B = Σ w (m − m̄)²`` and ``W = Σ w v``. ``furthest`` is the largest distance between two
    experts (:func:`distance`) as a share of the lever's range; ``apart`` says that these two leave no value in common.

    Returns
    -------
    pandas.DataFrame
        ``design``, ``lever``, ``title``, ``unit``, ``experts`` (how many), ``lowest`` and ``highest`` (mean of an
        expert), ``between``, ``furthest``, ``one``, ``other``, ``apart``; one row for what two or more experts scored.
    """
    rows = []
    for design, lever in _scored(study, scores):
        who, weights, given = _of(scores, design, lever)
        if len(given) < 2:
            continue
        means = np.array([mean_of_score(one) for one in given])
        own = sum(weight * variance_of_score(one) for weight, one in zip(weights, given, strict=True))
        spread = float(np.dot(weights, (means - np.dot(weights, means)) ** 2))
        low, high = scale_of(study, lever, [scores])
        gaps = [(distance(given[a], given[b]), a, b) for a, b in combinations(range(len(given)), 2)]
        far, a, b = max(gaps, key=lambda gap: gap[0])
        apart = max(given[a].low, given[b].low) > min(given[a].high, given[b].high)
        told = study.file.levers[lever]
        share = spread / (spread + own) if spread + own > 0 else 0.0
        ends = (float(means.min()), float(means.max()))
        furthest = far / (high - low) if high > low else 0.0
        rows.append(
            (design, lever, told.title, told.unit, len(given), *ends, share, furthest, who[a], who[b], bool(apart))
        )
    table = pd.DataFrame(rows, columns=list(_DISAGREEMENT))
    return table.sort_values(["furthest", "between"], ascending=False, kind="stable").reset_index(drop=True)


def missing_table(study: Study, scores: Scores) -> pd.DataFrame:
    """Return what an expert left out of the designs that anybody scored: ``expert``, ``design``, ``lever``."""
    designs = [name for name in study.designs if any(name in given for given in scores.given.values())]
    return pd.DataFrame(scores.missing(designs, study.file.levers), columns=["expert", "design", "lever"])


def elicitation_words(study: Study, scores: Scores, apart: pd.DataFrame, missing: pd.DataFrame) -> tuple[str, ...]:
    """Say whose scores these are, where their owners disagree, and what is missing."""
    first = scores.words()
    lines = [f"{first[:1].upper()}{first[1:]}. They are judgement, evidence grade C, and no measurement."]
    lines += _disagreements(study, apart, len(scores.experts))
    for expert, rows in missing.groupby("expert", sort=False):
        by_design = [f"{design} ({', '.join(part['lever'])})" for design, part in rows.groupby("design", sort=False)]
        lines.append(f"{expert} left out {count(len(rows), 'score')}: {listed(by_design)}.")
    return tuple(lines)


def _disagreements(study: Study, apart: pd.DataFrame, experts: int) -> Iterator[str]:
    if apart.empty:
        yield (
            "No lever was scored by two experts: there is nothing to disagree on."
            if experts > 1
            else ("One expert alone: there is nobody to disagree with.")
        )
        return
    far, parted = int((apart["furthest"] >= FAR).sum()), int(apart["apart"].sum())
    yield (
        f"Of {count(len(apart), 'score')} given by two or more, {far} differ by {percent(FAR)} of the lever's range or "
        f"more between some two experts. In {parted} the two furthest apart leave no value in common."
    )
    worst = apart.iloc[0]
    if worst["furthest"] > 0:
        design = study.design(worst["design"]).short or worst["design"]
        means = f"{two_figures(worst['lowest'])} to {two_figures(worst['highest'])}"
        yield (
            f"The largest disagreement is on {worst['title']} of {design}: between {worst['one']} and "
            f"{worst['other']}, {percent(worst['furthest'])} of the range; experts' means go from {means}."
        )
    by_lever = apart.groupby("title", sort=False)["between"].mean().sort_values(ascending=False)
    yield (
        f"Between experts rather than within each lies {percent(float(apart['between'].mean()))} of the variance on "
        f"average; most for {by_lever.index[0]} ({percent(float(by_lever.iloc[0]))})."
    )


def _scored(study: Study, scores: Scores) -> Iterator[tuple[str, str]]:
    """Yield the designs and levers that anybody scored, in the study's order."""
    for design in study.designs:
        for lever in study.file.levers:
            if any(lever in given.get(design, {}) for given in scores.given.values()):
                yield design, lever


def _of(scores: Scores, design: str, lever: str) -> tuple[list[str], list[float], list[Score]]:
    """Return who scored a lever of a design, their weights among themselves, and what they said."""
    found = [
        (expert, weight, scores.given[expert][design][lever])
        for expert, weight in zip(scores.experts, scores.weights, strict=True)
        if lever in scores.given[expert].get(design, {})
    ]
    total = sum(weight for _, weight, _ in found)
    return [who for who, _, _ in found], [weight / total for _, weight, _ in found], [one for _, _, one in found]
