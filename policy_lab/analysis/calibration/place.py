"""One place held against its own past, with what the whole taught as its prior (partial pooling).

Each parameter that may move in a place is log-normal about the whole's value. Its spread is that of the whole's own
uncertainty and of the lasting differences between all *other* places in the series that speaks to it: an assumption of
unit elasticity, on the wide side, stated and not fitted. Every other parameter stays at the whole's value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from policy_lab.analysis.calibration.calibrate import (
    PREDICTIVE_DRAWS,
    SEARCH_STEP,
    Calibration,
    Effort,
    Tell,
    calibration_of,
    fit_past,
    median_of,
    posterior_of,
)
from policy_lab.analysis.calibration.checkpoint import checkpoint_of
from policy_lab.analysis.calibration.learned import Predicted, contraction_table, predict, prior_quantiles
from policy_lab.analysis.calibration.likelihood import Fit, fit_of
from policy_lab.analysis.calibration.panel import place_spread
from policy_lab.analysis.calibration.saved import saved_structure
from policy_lab.analysis.calibration.search import Point, Posterior, best_point
from policy_lab.study.history import FitParameter, History, read_history
from policy_lab.study.place_past import PlacePast, read_place_past
from policy_lab.study.posterior import POSTERIOR_FILE, posterior_warnings

if TYPE_CHECKING:
    from policy_lab.study import Study

Array = np.ndarray

NORMAL_95 = 1.6448536269514722
LEAST_SPREAD = 0.02
"""Log standard deviation below which no prior of a place is taken: no two places are alike."""
PLACE_EFFORT = Effort(generations=150, ensembles=4, walkers=48, steps=300, burn=200)
"""Few parameters need little; reaches R-hat 1.01 on the bundled study."""
OWN = "this place"


@dataclass(frozen=True)
class Whole:
    """What the study's own past taught: the middle of each sampled parameter, how sure it is, and from where.

    ``middle`` is in the parameters' units, ``spread`` their log standard deviations, ``held`` the structure.
    """

    sampled: tuple[FitParameter, ...]
    middle: Mapping[str, float]
    spread: Mapping[str, float]
    held: Mapping[str, float]
    source: str


@dataclass(frozen=True)
class PlaceCalibration:
    """What a place's own figures taught.

    Parameters
    ----------
    found
        The calibration, its history being the place's. Without a posterior, ``contraction`` and ``draws`` are empty.
    moved
        One row a parameter that may move: ``parameter``, ``unit``, ``series`` (whose spread between places its prior
        has), ``whole``, ``prior_q05``, ``prior_median``, ``prior_q95`` and ``value``, the most probable one or, of a
        posterior, the median.
    pooled
        One row a judged series: mean absolute percentage error on held-out years with the place's own values
        (``own``) and with the whole's (``whole``).
    """

    past: PlacePast
    found: Calibration
    whole: Whole
    moved: pd.DataFrame
    pooled: pd.DataFrame

    def __repr__(self) -> str:
        return f"PlaceCalibration({self.past.name!r}, {self.found.method}, {len(self.past.history.series)} series)"


def calibrate_place(
    study: Study,
    place: str,
    *,
    method: str = "point",
    seed: int = 1,
    effort: Effort = PLACE_EFFORT,
    tell: Tell | None = None,
    resume: bool = False,
) -> PlaceCalibration:
    """Fit the few parameters that a place's own figures can speak to; `history.yaml` names them under `area`.

    Parameters
    ----------
    place
        Key or name.
    method
        ``point``: the most probable values. ``posterior``: draws too.
    seed, effort, tell, resume
        As for :func:`policy_lab.analysis.calibration.calibrate`.

    Raises
    ------
    InputError
        When the history says nothing of places, or the place is unknown or publishes too little.
    """
    history = read_history(study)
    past = read_place_past(history, place)
    whole = whole_of(history, seed, effort, tell)
    own = replace(past.history, parameters=place_parameters(past, whole, seed))
    fit = place_fit(own, whole)
    told = (lambda done, total: tell(f"fitting: {past.name}", done, total)) if tell else None
    point = best_point(fit, seed=seed, generations=effort.generations, progress=told)
    learnt: _Learnt | None = None
    if method == "posterior":
        told = (lambda done, total: tell(f"sampling: {past.name}", done, total)) if tell else None
        checkpoint = checkpoint_of(own, {**whole.held, **whole.middle}, seed, asdict(effort))
        learnt = _learnt(posterior_of(fit, point.scores, seed, effort, told, checkpoint, resume), effort.draws, seed)
    middle = median_of(learnt.predicted) if learnt else _said(fit, point.values)
    found = calibration_of(
        own,
        middle,
        learnt.predicted if learnt else None,
        method=method,
        seed=seed,
        points=MappingProxyType({OWN: point}),
        rivals=pd.DataFrame(),
        contraction=learnt.contraction.assign(structure=past.name) if learnt else pd.DataFrame(),
        draws=learnt.draws if learnt else pd.DataFrame(),
        step_error=_step_error(own, whole, point, fit),
        checkpoints=(checkpoint,) if learnt else (),
    )
    values = dict(learnt.draws.median()) if learnt else point.values
    unmoved = _said(fit, {one.name: one.base for one in own.parameters})
    return PlaceCalibration(past, found, whole, _moved(past, own.parameters, values), _pooled(own, middle, unmoved))


@dataclass(frozen=True)
class _Learnt:
    """What a posterior of a place says."""

    contraction: pd.DataFrame
    draws: pd.DataFrame
    predicted: Predicted


def _learnt(posterior: Posterior, draws: int, seed: int) -> _Learnt:
    fit = posterior.fit
    return _Learnt(
        contraction_table(posterior),
        pd.DataFrame(fit.values(posterior.thinned(draws))),
        predict(fit, posterior.thinned(PREDICTIVE_DRAWS), seed=seed),
    )


def _said(fit: Fit, values: Mapping[str, float]) -> dict[str, Array]:
    """Return what the model says of each series under one set of values, ``(years,)``."""
    said = fit.simulate({name: np.array([value]) for name, value in values.items()})
    return {key: one[0] for key, one in said.items()}


def whole_of(history: History, seed: int, effort: Effort, tell: Tell | None = None) -> Whole:
    """Return what the study's past taught: its saved posterior where it is of this model, else its point, found now.

    The structure is the study's own where switches were sampled.
    """
    study = history.study
    held = {name: float(study.constants[name]) for name in history.file.sampling.structures}
    if (study.folder / POSTERIOR_FILE).is_file() and not posterior_warnings(study):
        fit, scores = saved_structure(history, held, seed=seed)
        values = fit.values(scores)
        logs = {name: np.log(one) for name, one in values.items() if (one > 0).all()}
        return Whole(
            history.sampled,
            {name: float(np.median(one)) for name, one in values.items()},
            {name: float(one.std()) for name, one in logs.items()},
            held,
            "the saved posterior of the study",
        )
    told = (lambda done, total: tell("fitting: the whole", done, total)) if tell else None
    point = best_point(
        fit_past(history, held, history.sampled), seed=seed, generations=effort.generations, progress=told
    )
    return Whole(
        history.sampled, point.values, {}, held, "the most probable point of the study's past, its uncertainty left out"
    )


def place_parameters(past: PlacePast, whole: Whole, seed: int) -> tuple[FitParameter, ...]:
    """Return what may move in the place, each log-normal about the whole's value."""
    rows = past.history.study.parameters
    found = []
    for name, series in past.binding.moves.items():
        middle = whole.middle.get(name, float(rows[name].base))
        spread = float(np.hypot(whole.spread.get(name, 0.0), between_places(past, series, seed)))
        away = np.exp(NORMAL_95 * max(spread, LEAST_SPREAD))
        found.append(FitParameter(name, rows[name].unit, middle, middle / away, middle * away, "lognormal"))
    return tuple(found)


def between_places(past: PlacePast, series: str, seed: int) -> float:
    """Return the lasting spread over the other places of a series, fitted years only: a log standard deviation."""
    rows = [
        {"place": place, "year": year, series: value}
        for place, found in past.elsewhere.items()
        if series in found
        for year, value in zip(found[series].years.tolist(), found[series].values.tolist(), strict=True)
        if past.binding.fit[0] <= year <= past.binding.fit[1]
    ]
    table = pd.DataFrame(rows, columns=["place", "year", series])
    if table["place"].nunique() < 3:
        return 0.0
    return place_spread(table, series, seed=seed, hold_out=0.0).between


def place_fit(own: History, whole: Whole, step: float | None = SEARCH_STEP) -> Fit:
    """Return the fit of a place: what may not move there stays at the whole's value, nuisance parameters included."""
    from policy_lab.run.history import the_past

    past = the_past(own, whole.held, time_step=step)
    moving = {one.name for one in own.parameters}
    still = tuple(one for one in whole.sampled if one.name not in moving)
    everything = (*own.parameters, *still)

    def simulate(draws: Mapping[str, Array]) -> Mapping[str, Array]:
        count = len(next(iter(draws.values())))
        fixed = {one.name: np.full(count, whole.middle[one.name]) for one in still}
        return past.simulate({**fixed, **draws}, everything)

    return fit_of(own, own.parameters, simulate)


def _moved(past: PlacePast, parameters: tuple[FitParameter, ...], values: Mapping[str, float]) -> pd.DataFrame:
    series = past.history.series
    titles = {name: series[key].observed.title if key in series else "" for name, key in past.binding.moves.items()}
    return pd.DataFrame(
        [
            {
                "parameter": one.name,
                "unit": one.unit,
                "series": titles[one.name],
                "whole": one.base,
                **prior_quantiles(one),
                "value": values[one.name],
            }
            for one in parameters
        ]
    )


def _pooled(own: History, middle: Mapping[str, Array], unmoved: Mapping[str, Array]) -> pd.DataFrame:
    rows = []
    for key, series in own.series.items():
        out = series.within(series.observed.held_out, without=own.file.covid)
        if series.observed.fit and out.any():
            errors = {
                name: float(np.abs(said[key][out] / series.values[out] - 1).mean() * 100)
                for name, said in (("own", middle), ("whole", unmoved))
            }
            rows.append({"series": key, "title": series.observed.title, "years": int(out.sum()), **errors})
    return pd.DataFrame(rows, columns=["series", "title", "years", "own", "whole"])


def _step_error(own: History, whole: Whole, point: Point, fit: Fit) -> float:
    coarse, fine = _said(fit, point.values), _said(place_fit(own, whole, None), point.values)
    return max(float(np.abs(coarse[key] / fine[key] - 1).max()) for key in coarse)
