"""What the data taught and what they did not: contraction of parameters, coverage of bands, rival explanations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from policy_lab.analysis.calibration.likelihood import Fit, residual_spread
from policy_lab.analysis.calibration.search import Point, Posterior
from policy_lab.analysis.calibration.skill import skill_table, windows
from policy_lab.study.history import FitParameter, History
from policy_lab.study.sampling import quantile

Array = np.ndarray

SILENT = 0.10
"""A parameter whose variance shrinks by less than this share is one of which the data are silent."""
BAND = 0.90
NEAR = 3.0
"""Log posterior units within which explanations fit about equally."""


@dataclass(frozen=True)
class Predicted:
    """By series, ``(draws, years)``: what the model says, and with a residual drawn what would be published."""

    model: Mapping[str, Array]
    published: Mapping[str, Array]


def contraction_table(posterior: Posterior) -> pd.DataFrame:
    """Return, for each fitted parameter, its prior and posterior 5 to 95 % ranges and how far the data narrowed it.

    ``contraction`` is one minus the posterior variance over the prior's, both of the parameter's normal score (whose
    prior variance is one). Under a tenth counts as ``silent`` (Betancourt 2018 for the measure; the bound is ours).
    """
    fit = posterior.fit
    flat = posterior.scores.reshape(-1, posterior.scores.shape[2])
    values = fit.values(flat)
    rows = []
    for at, one in enumerate(fit.parameters):
        shrunk = 1 - float(flat[:, at].var())
        low, middle, high = np.quantile(values[one.name], (0.05, 0.5, 0.95))
        rows.append(
            {
                "parameter": one.name,
                "unit": spoken(one),
                **prior_quantiles(one),
                "q05": low,
                "median": middle,
                "q95": high,
                "contraction": shrunk,
                "data": "silent" if shrunk < SILENT else "speak",
                "rhat": posterior.rhat[one.name],
                "effective": posterior.effective[one.name],
            }
        )
    return pd.DataFrame(rows)


def predict(fit: Fit, scores: Array, *, seed: int) -> Predicted:
    """Return what the model says and what would be published under each draw of scores, ``(draws, parameters)``."""
    generator = np.random.default_rng([seed, 1])
    model = fit.simulate(fit.values(scores))
    published = {}
    for key, values in model.items():
        years = fit.seen[key]
        seen = years if years.any() else np.ones_like(years)
        spread = residual_spread(values[:, seen], fit.figures[key][seen], generator)
        published[key] = values * np.exp(spread[:, None] * generator.standard_normal(values.shape))
    return Predicted(model, published)


def coverage_table(history: History, predicted: Predicted) -> pd.DataFrame:
    """Return the share of figures inside the 90 % band of what would be published, by series and window."""
    rows = []
    low, high = (1 - BAND) / 2, (1 + BAND) / 2
    for key, series in history.series.items():
        bounds = np.quantile(predicted.published[key], (low, high), axis=0)
        inside = (series.values >= bounds[0]) & (series.values <= bounds[1])
        for window, years in windows(history, series).items():
            if years.any() and series.observed.fit:
                rows.append(
                    {"series": key, "window": window, "years": int(years.sum()), "inside": int(inside[years].sum())}
                )
    return pd.DataFrame(rows)


def point_table(history: History, points: Mapping[str, Point]) -> pd.DataFrame:
    """Return the most probable values beside their priors: one row an explanation and parameter, the best one first.

    Columns: ``explanation``, ``parameter``, ``unit``, ``prior_q05``, ``prior_median``, ``prior_q95`` and ``value``.
    """
    rows = []
    for key in sorted(points, key=lambda key: -points[key].log_posterior):
        for one in history.rival_parameters(history.file.rivals[key]):
            row = {"explanation": key, "parameter": one.name, "unit": spoken(one), **prior_quantiles(one)}
            rows.append({**row, "value": points[key].values[one.name]})
    return pd.DataFrame(rows)


def spoken(parameter: FitParameter) -> str:
    """Return the unit of a fitted quantity, as a reader is told it."""
    return "times base" if parameter.together else parameter.unit


def prior_quantiles(parameter: FitParameter) -> dict[str, float]:
    """Return the 5, 50 and 95 % quantiles of a parameter's prior, in its unit."""
    shares = {"prior_q05": 0.05, "prior_median": 0.5, "prior_q95": 0.95}
    found = quantile(
        parameter.distribution,
        np.array([*shares.values()]),
        base=parameter.base,
        low=parameter.low,
        high=parameter.high,
    )
    return dict(zip(shares, found.tolist(), strict=True))


def rival_table(history: History, points: Mapping[str, Point], said: Mapping[str, Mapping[str, Array]]) -> pd.DataFrame:
    """Put rival explanations side by side: how well each fits, its own parameters, and its error on every series.

    ``behind`` is the log posterior below the best; those within three units fit about equally.
    """
    best = max(point.log_posterior for point in points.values())
    rows = []
    for key, point in points.items():
        scores = skill_table(history, said[key]).set_index(["series", "window"])["model"]
        own = {name: point.values[name] for name in history.file.rivals[key].fit}
        rows.append(
            {
                "explanation": key,
                "title": history.file.rivals[key].title,
                "behind": best - point.log_posterior,
                "about_equal": best - point.log_posterior <= NEAR,
                "own": "; ".join(f"{name} {value:.3g}" for name, value in own.items()),
                "fitted_error": float(scores.xs("fitted", level="window").mean()),
                "held_out_error": float(scores.xs("held out", level="window").mean()),
            }
        )
    return pd.DataFrame(rows).sort_values("behind", ignore_index=True)
