"""What draws that were saved say of the past: predicted again, without sampling again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from policy_lab.analysis.calibration.calibrate import (
    Calibration,
    calibration_of,
    fit_past,
    in_words,
    median_of,
    step_error,
)
from policy_lab.analysis.calibration.learned import Predicted, contraction_table, predict, rival_table
from policy_lab.analysis.calibration.likelihood import LARGEST_SCORE, Fit
from policy_lab.analysis.calibration.panel import spread_table
from policy_lab.analysis.calibration.search import Point, Posterior, best_point
from policy_lab.errors import InputError, Problem
from policy_lab.study.history import FitParameter, History, fitted_rows, read_history
from policy_lab.study.posterior import POSTERIOR_FILE, read_posterior

if TYPE_CHECKING:
    from policy_lab.study import Study

Array = np.ndarray

_GRID = 4001
"""Points at which a prior is laid out, to read the score of a value off it."""
_TRIES = 24
"""How often, in each of two rounds, what was not saved is proposed beside each draw."""
_WIDER = 2.0
"""How much wider than what the first round found the second one looks, as a variance."""


@dataclass(frozen=True)
class _Part:
    """The draws of one structure: what it holds, its fit, and the scores of the saved parameters ``(draws, saved)``."""

    held: Mapping[str, float]
    fit: Fit
    scores: Array

    def evenly(self, count: int) -> Array:
        """Return ``count`` of the draws, evenly spaced."""
        return np.asarray(self.scores[np.linspace(0, len(self.scores) - 1, count).round().astype(int)])


def read_calibration(study: Study, *, draws: int = 100, generations: int = 50, seed: int = 1) -> Calibration:
    """Read the saved posterior of a study and hold it against the past again, in seconds.

    The nuisance parameters of the past are not saved. They are drawn again beside each draw, in proportion to how well
    they let it meet the fitted figures (importance resampling in two rounds; Rubin 1988). Rival explanations are
    searched from the saved draws on.

    Parameters
    ----------
    draws
        How many of the saved draws are run, evenly spaced, over all structures together.
    generations
        Of the search of each rival explanation; few, because it begins among good points. 0 leaves rivals out.
    seed
        Of the resampling, the predicted residuals and the searches.

    Returns
    -------
    Calibration
        R-hat and effective sample sizes are those of the sampling and are not known here; the manifest beside the
        draws has the worst of them.

    Raises
    ------
    InputError
        When the study has no history or no saved posterior, or a column of it is missing.
    """
    history = read_history(study)
    saved = read_posterior(study)
    parts = _parts(history, saved)
    share = max(1, draws // len(parts))
    chosen = [_with_nuisance(one, one.evenly(share), history, seed + at) for at, one in enumerate(parts)]
    each = [
        predict(one.fit, scores, seed=seed + at) for at, (one, scores) in enumerate(zip(parts, chosen, strict=True))
    ]
    predicted = Predicted(*({key: np.concatenate([getattr(one, what)[key] for one in each]) for key in each[0].model}
                            for what in ("model", "published")))  # fmt: skip
    points, rivals, error = _rivals(history, parts, chosen, generations, seed)
    return calibration_of(
        history,
        median_of(predicted),
        predicted,
        method="saved posterior",
        seed=seed,
        points=MappingProxyType(points),
        rivals=rivals,
        contraction=pd.concat([_contraction(history, one) for one in parts], ignore_index=True),
        draws=pd.DataFrame(dict(saved)),
        step_error=error,
        places=spread_table(history, seed=seed),
    )


def saved_structure(
    history: History, held: Mapping[str, float], *, draws: int = 100, seed: int = 1
) -> tuple[Fit, Array]:
    """Return saved draws of one structure with the nuisance parameters beside them: their fit, ``(draws, sampled)``.

    Parameters
    ----------
    held
        The structure; the first one saved where there is none of it.

    Raises
    ------
    InputError
        When a column of the saved draws is missing.
    """
    parts = _parts(history, read_posterior(history.study))
    part = next((one for one in parts if dict(one.held) == dict(held)), parts[0])
    return part.fit, _with_nuisance(part, part.evenly(draws), history, seed)


def _parts(history: History, saved: Mapping[str, Array]) -> list[_Part]:
    """Sort the draws by structure, and read the score of each parameter off its prior."""
    switches = history.file.sampling.structures
    wanted = [*switches, *(fitted_rows(history.study, one.name)[0] for one in history.parameters)]
    missing = [name for name in wanted if name not in saved]
    if missing:
        remedy = "Calibrate again: what is fitted has changed since the draws were saved."
        path = history.study.folder / POSTERIOR_FILE
        raise InputError(*(Problem(what=f"no column `{name}`", file=path, remedy=remedy) for name in missing))
    found = []
    for settings in product(*switches.values()):
        held = dict(zip(switches, settings, strict=True))
        inside = np.all([saved[name] == value for name, value in held.items()], axis=0) if held else slice(None)
        fit = fit_past(history, held, history.sampled)
        columns = [_scores(fit, at, one, history, saved)[inside] for at, one in enumerate(history.parameters)]
        if columns[0].size:
            found.append(_Part(held, fit, np.stack(columns, axis=1)))
    return found


def _scores(fit: Fit, at: int, one: FitParameter, history: History, saved: Mapping[str, Array]) -> Array:
    """Return the normal scores of a parameter's saved values."""
    row = fitted_rows(history.study, one.name)[0]
    values = saved[row] / (history.study.parameters[row].base if one.together else 1.0)
    grid = np.linspace(-LARGEST_SCORE, LARGEST_SCORE, _GRID)
    table = np.zeros((_GRID, len(fit.parameters)))
    table[:, at] = grid
    return np.interp(values, fit.values(table)[one.name], grid)


def _with_nuisance(part: _Part, scores: Array, history: History, seed: int) -> Array:
    """Draw the scores of the nuisance parameters beside each draw; return all scores, ``(draws, sampled)``."""
    extra = len(part.fit.parameters) - len(history.parameters)
    if not extra:
        return scores
    generator = np.random.default_rng([seed, 2])
    first = generator.standard_normal((len(scores), _TRIES, extra))
    weights = _shares(_log_likelihood(part.fit, scores, first))
    pooled, flat = weights.ravel() / weights.sum(), first.reshape(-1, extra)
    middle = pooled @ flat
    spread = _WIDER * (pooled[:, None] * (flat - middle)).T @ (flat - middle) + 1e-4 * np.eye(extra)
    factor = np.linalg.cholesky(spread)
    noise = generator.standard_normal((len(scores), _TRIES, extra))
    second = middle + noise @ factor.T
    # Prior over proposal, both normal; what is the same for all tries falls out of the shares.
    ratio = 0.5 * (noise**2).sum(axis=2) - 0.5 * (second**2).sum(axis=2)
    weights = _shares(_log_likelihood(part.fit, scores, second) + ratio)
    taken = (weights.cumsum(axis=1) < generator.random((len(scores), 1))).sum(axis=1).clip(max=_TRIES - 1)
    return np.concatenate([scores, second[np.arange(len(scores)), taken]], axis=1)


def _log_likelihood(fit: Fit, scores: Array, tries: Array) -> Array:
    """Return the log likelihood of each draw with each of its tries, ``(draws, tries)``."""
    count = tries.shape[1]
    whole = np.concatenate([np.repeat(scores, count, axis=0), tries.reshape(-1, tries.shape[2])], axis=1)
    found = fit.log_posterior(whole) + 0.5 * (whole**2).sum(axis=1)
    return np.asarray(found.reshape(len(scores), count))


def _shares(logs: Array) -> Array:
    """Return weights that sum to one over the tries of each draw."""
    safe = np.where(np.isfinite(logs), logs, -1e9)
    weights = np.exp(safe - safe.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _contraction(history: History, part: _Part) -> pd.DataFrame:
    """Return how far all saved draws of a structure narrowed each parameter; agreement of chains is not known here."""
    fit = Fit(history.parameters, part.fit.simulate, part.fit.figures, part.fit.seen)
    unknown = {one.name: np.nan for one in history.parameters}
    table = contraction_table(Posterior(fit, part.scores[None], unknown, unknown, np.nan))
    return table.assign(structure=in_words(part.held))


def _rivals(
    history: History, parts: list[_Part], chosen: list[Array], generations: int, seed: int
) -> tuple[dict[str, Point], pd.DataFrame, float]:
    """Search each rival explanation from the draws on; return its points, their table and what the time step moves."""
    if not generations:
        return {}, pd.DataFrame(), np.nan
    names = [one.name for one in history.sampled]
    known = np.concatenate(chosen)
    generator = np.random.default_rng([seed, 3])
    points, said = {}, {}
    for key, rival in history.file.rivals.items():
        parameters = history.rival_parameters(rival)
        fit = fit_past(history, rival.set, parameters)
        first = known[generator.integers(len(known), size=max(32, 2 * len(parameters)))]
        start = generator.standard_normal((len(first), len(parameters)))
        for at, one in enumerate(parameters):
            if one.name in names:
                start[:, at] = first[:, names.index(one.name)]
        points[key] = best_point(fit, seed=seed, generations=generations, population=start)
        answers = fit.simulate(fit.values(points[key].scores[None]))
        said[key] = {name: values[0] for name, values in answers.items()}
    table = rival_table(history, points, said)
    best = str(table["explanation"].iloc[0])
    return points, table, step_error(history, best, points[best])
