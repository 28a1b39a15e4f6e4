"""A study held against its past: points, rival explanations, posterior, skill and what stays unknown, in one result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from itertools import product
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from policy_lab.analysis.calibration.checkpoint import Checkpoint, checkpoint_of
from policy_lab.analysis.calibration.learned import (
    Predicted,
    contraction_table,
    coverage_table,
    predict,
    rival_table,
)
from policy_lab.analysis.calibration.likelihood import Fit, fit_of
from policy_lab.analysis.calibration.panel import spread_table
from policy_lab.analysis.calibration.search import Point, Posterior, best_point, sample
from policy_lab.analysis.calibration.skill import horizon_table, skill_table, theil_table, turn_table
from policy_lab.study.history import FitParameter, History, read_history
from policy_lab.study.parameters import split_element

if TYPE_CHECKING:
    from policy_lab.study import Study

Array = np.ndarray
Tell = Callable[[str, int, int], None]
"""Told what is being done, how far it is, and of how much."""

SEARCH_STEP = 0.25
"""Time step of the search, in the model's unit; what it moves is reported beside the result."""
PREDICTIVE_DRAWS = 400


@dataclass(frozen=True)
class Effort:
    """How much work the search does; the defaults reach R-hat 1.01 on the bundled study."""

    generations: int = 250
    ensembles: int = 4
    walkers: int = 128
    steps: int = 500
    burn: int = 250
    draws: int = 1000
    """Posterior draws that are kept for plans."""


@dataclass(frozen=True)
class Calibration:
    """What calibration found.

    Tables are those of :mod:`policy_lab.analysis.calibration`; ``draws`` holds the thinned posterior, a column for each
    constant (or element, ``Name[element]``) in its unit, the structural switches among them. Without a posterior
    (``method`` is ``point``) the tables ``contraction`` and ``coverage`` and ``draws`` are empty.
    """

    history: History
    method: str
    seed: int
    points: Mapping[str, Point]
    rivals: pd.DataFrame
    skill: pd.DataFrame
    horizons: pd.DataFrame
    theil: pd.DataFrame
    turns: pd.DataFrame
    contraction: pd.DataFrame
    coverage: pd.DataFrame
    draws: pd.DataFrame
    bands: pd.DataFrame
    step_error: float
    """Largest change of any answer, as a share, when the time step is the model's own instead of the search's."""
    places: pd.DataFrame = field(default_factory=pd.DataFrame)
    """The spread between places, from :func:`policy_lab.analysis.calibration.panel.spread_table`."""
    checkpoints: tuple[Checkpoint, ...] = ()
    """Where the steps of its posteriors are kept, until they are forgotten."""

    def __repr__(self) -> str:
        return f"Calibration({self.history.study.name!r}, {self.method}, {len(self.history.series)} series)"


def calibrate(
    study: Study,
    *,
    method: str = "posterior",
    seed: int = 1,
    effort: Effort | None = None,
    tell: Tell | None = None,
    resume: bool = False,
) -> Calibration:
    """Hold a study against the past that its `history.yaml` describes.

    Parameters
    ----------
    method
        ``point``: the most probable parameters under each rival explanation. ``posterior``: those, and draws.
    seed
        Of the searches and of the predicted residuals.
    tell
        Told what is being done and how far it is.
    resume
        Whether a posterior that was cut off goes on from the steps that it left in the cache folder. Its draws are
        those of one that was not cut off. Nothing is taken up where model, figures, settings or code have changed.

    Raises
    ------
    InputError
        When the study has no history, or a package for posteriors is missing.
    """
    effort = effort or Effort()
    history = read_history(study)
    places = spread_table(history, seed=seed)  # first: a fault of its table is told before the long work
    points, said = _points(history, seed, effort, tell)
    rivals = rival_table(history, points, said)
    best = str(rivals["explanation"].iloc[0])
    contraction, draws, predicted = pd.DataFrame(), pd.DataFrame(), None
    checkpoints: tuple[Checkpoint, ...] = ()
    if method == "posterior":
        posteriors, checkpoints = _posteriors(history, seed, effort, tell, resume)
        contraction = pd.concat(
            [contraction_table(one).assign(structure=in_words(where)) for where, one in posteriors], ignore_index=True
        )
        draws = _draws(history, posteriors, effort.draws)
        predicted = _predicted(posteriors, seed)
    return calibration_of(
        history,
        median_of(predicted) if predicted else said[best],
        predicted,
        method=method,
        seed=seed,
        points=MappingProxyType(points),
        rivals=rivals,
        contraction=contraction,
        draws=draws,
        step_error=step_error(history, best, points[best]),
        places=places,
        checkpoints=checkpoints,
    )


def calibration_of(
    history: History, middle: Mapping[str, Array], predicted: Predicted | None, **found: Any
) -> Calibration:
    """Return a calibration: what was ``found``, and what its middle answers and predictions are worth."""
    return Calibration(
        history=history,
        skill=skill_table(history, middle),
        horizons=horizon_table(history, middle),
        theil=theil_table(history, middle),
        turns=turn_table(history, middle),
        coverage=coverage_table(history, predicted) if predicted else pd.DataFrame(),
        bands=bands_table(history, middle, predicted),
        **found,
    )


def fit_past(
    history: History,
    held: Mapping[str, float],
    parameters: tuple[FitParameter, ...],
    step: float | None = SEARCH_STEP,
) -> Fit:
    """Return the fit of some parameters to the past, with constants held and a time step."""
    from policy_lab.run.history import the_past

    past = the_past(history, held, time_step=step)
    return fit_of(history, parameters, lambda draws: past.simulate(draws, parameters))


def _points(
    history: History, seed: int, effort: Effort, tell: Tell | None
) -> tuple[dict[str, Point], dict[str, dict[str, Array]]]:
    """Return the best point of each rival explanation, and what the model says there, ``(years,)`` a series."""
    points, said = {}, {}
    for key, rival in history.file.rivals.items():
        fit = fit_past(history, rival.set, history.rival_parameters(rival))
        told = (lambda done, total, key=key: tell(f"fitting: {key}", done, total)) if tell else None
        points[key] = best_point(fit, seed=seed, generations=effort.generations, progress=told)
        said[key] = dict(fit.simulate(fit.values(points[key].scores[None])))
    return points, {key: {name: values[0] for name, values in one.items()} for key, one in said.items()}


def _posteriors(
    history: History, seed: int, effort: Effort, tell: Tell | None, resume: bool
) -> tuple[list[tuple[dict[str, float], Posterior]], tuple[Checkpoint, ...]]:
    """Return a posterior for each combination of the structures that the study names, and where its steps are kept."""
    switches = history.file.sampling.structures
    found, checkpoints = [], []
    for number, settings in enumerate(product(*switches.values())):
        held = dict(zip(switches, settings, strict=True))
        fit = fit_past(history, held, history.sampled)
        told = (lambda done, total: tell("looking for where to begin", done, total)) if tell else None
        start = best_point(fit, seed=seed, generations=effort.generations, progress=told).scores
        checkpoints.append(checkpoint_of(history, held, seed + 1000 * number, asdict(effort)))
        told = (lambda done, total, held=held: tell(f"sampling: {in_words(held)}", done, total)) if tell else None
        found.append((held, posterior_of(fit, start, seed + 1000 * number, effort, told, checkpoints[-1], resume)))
    return found, tuple(checkpoints)


def posterior_of(
    fit: Fit,
    start: Array,
    seed: int,
    effort: Effort,
    progress: Callable[[int, int], None] | None,
    checkpoint: Checkpoint,
    resume: bool,
) -> Posterior:
    """Sample with the effort that was asked for, from the steps that were kept on or anew."""
    if not resume:
        checkpoint.forget()
    return sample(
        fit,
        start,
        seed=seed,
        ensembles=effort.ensembles,
        walkers=effort.walkers,
        steps=effort.steps,
        burn=effort.burn,
        progress=progress,
        checkpoint=checkpoint,
    )


def in_words(held: Mapping[str, float]) -> str:
    """Say which structure a posterior belongs to."""
    return ", ".join(f"{name} {value:g}" for name, value in held.items()) or "the study's own structure"


def _draws(history: History, posteriors: list[tuple[dict[str, float], Posterior]], count: int) -> pd.DataFrame:
    """Return the thinned posterior: the same number of draws from each structure, structures in turn."""
    parts = []
    for held, posterior in posteriors:
        values = posterior.fit.values(posterior.thinned(count // len(posteriors)))
        columns: dict[str, Array] = {}
        for one in history.parameters:
            columns |= {name: values[one.name] * factor for name, factor in _elements(history, one).items()}
        parts.append(pd.DataFrame(columns).assign(**held))
    mixed = pd.concat(parts, keys=range(len(parts))).swaplevel().sort_index(kind="stable")
    return mixed.reset_index(drop=True)


def _elements(history: History, parameter: FitParameter) -> dict[str, float]:
    """Return the rows of parameters.csv that a fitted quantity stands for, and what multiplies its value there."""
    if not parameter.together:
        return {parameter.name: 1.0}
    rows = history.study.parameters
    return {row: rows[row].base for row in rows if split_element(row)[0] == parameter.name}


def _predicted(posteriors: list[tuple[dict[str, float], Posterior]], seed: int) -> Predicted:
    """Return predictions pooled evenly over the structures."""
    parts = [predict(one.fit, one.thinned(PREDICTIVE_DRAWS), seed=seed) for _, one in posteriors]
    keys = parts[0].model
    return Predicted(
        {key: np.concatenate([part.model[key] for part in parts]) for key in keys},
        {key: np.concatenate([part.published[key] for part in parts]) for key in keys},
    )


def median_of(predicted: Predicted) -> dict[str, Array]:
    """Return the median over draws of what the model says, by series, ``(years,)``."""
    return {key: np.median(values, axis=0) for key, values in predicted.model.items()}


def bands_table(history: History, middle: Mapping[str, Array], predicted: Predicted | None) -> pd.DataFrame:
    """Return figures and model side by side: one row a series and year, with bands where there are draws."""
    rows = []
    for key, series in history.series.items():
        table = pd.DataFrame({"series": key, "year": series.years, "data": series.values, "model": middle[key]})
        table["seen"] = series.within(series.observed.fit)
        table["covid"] = np.isin(series.years, list(history.file.covid))
        if predicted:
            for share in (0.05, 0.25, 0.75, 0.95):
                table[f"q{share * 100:02.0f}"] = np.quantile(predicted.published[key], share, axis=0)
        rows.append(table)
    return pd.concat(rows, ignore_index=True)


def step_error(history: History, explanation: str, point: Point) -> float:
    """Return the largest relative change of any answer between the search's time step and the model's own."""
    rival = history.file.rivals[explanation]
    parameters = history.rival_parameters(rival)
    answers = []
    for step in (SEARCH_STEP, None):
        fit = fit_past(history, rival.set, parameters, step)
        answers.append(fit.simulate({name: np.array([value]) for name, value in point.values.items()}))
    return max(float(np.abs(answers[0][key] / answers[1][key] - 1).max()) for key in answers[0])
