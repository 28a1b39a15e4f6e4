"""What the data taught and what they did not: contraction of parameters, coverage of bands, rival explanations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from policy_lab.analysis.calibration.likelihood import Fit, residual_spread
from policy_lab.analysis.calibration.search import Point, Posterior
from policy_lab.analysis.calibration.skill import skill_table, windows
from policy_lab.study.history import History

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
    from scipy.stats import norm

    fit = posterior.fit
    flat = posterior.scores.reshape(-1, posterior.scores.shape[2])
    bounds = {share: fit.values(np.full((1, flat.shape[1]), norm.ppf(share))) for share in (0.05, 0.5, 0.95)}
    values = fit.values(flat)
    rows = []
    for at, one in enumerate(fit.parameters):
        shrunk = 1 - float(flat[:, at].var())
        low, middle, high = np.quantile(values[one.name], (0.05, 0.5, 0.95))
        rows.append(
            {
                "parameter": one.name,
                "unit": "times base" if one.together else one.unit,
                "prior_q05": float(bounds[0.05][one.name][0]),
                "prior_median": float(bounds[0.5][one.name][0]),
                "prior_q95": float(bounds[0.95][one.name][0]),
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
