"""What a fit is: priors from stated ranges, and a likelihood of short, correlated yearly series.

Every parameter is searched as a standard normal *score*: the value is the quantile of its prior at the score's normal
probability. The prior of a score is then the same for all, and how much narrower the posterior is can be read off.

Residuals are logarithmic (model over figure), with a lag-one correlation that is stated and not fitted: the series are
too short for it. The residual spread of each series is integrated out under an inverse-gamma prior (Gelman et al. 2013,
Bayesian Data Analysis, 3rd ed., section 3.3), so that no series is trusted more than its own misfit allows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from policy_lab.study.history import FitParameter, History
from policy_lab.study.sampling import quantile

Array = np.ndarray
Simulate = Callable[[Mapping[str, Array]], Mapping[str, Array]]
"""Values of parameters, each ``(draws,)``, to what the model says of each series, ``(draws, years)``."""

CORRELATION = 0.5
"""Of residuals one year apart; an assumption that halves or so what a level shift counts for."""
SPREAD = 0.03
"""Prior residual spread, as a share: what published totals and definitions leave open."""
WEIGHT = 2.0
"""Shape of the inverse-gamma prior of the residual variance."""
LARGEST_SCORE = 4.0
"""Beyond it a score is not tried: one in 16,000 of the prior."""


@dataclass(frozen=True)
class Fit:
    """What is fitted to what: parameters, the model, and the figures that the likelihood sees.

    ``figures`` are by series, ``(years,)``; ``seen`` says which of them count, likewise.
    """

    parameters: tuple[FitParameter, ...]
    simulate: Simulate
    figures: Mapping[str, Array]
    seen: Mapping[str, Array]

    def values(self, scores: Array) -> dict[str, Array]:
        """Return the parameters, each ``(draws,)`` in its unit, of scores ``(draws, parameters)``."""
        u = norm.cdf(np.clip(scores, -LARGEST_SCORE, LARGEST_SCORE))
        return {
            one.name: quantile(one.distribution, u[:, at], base=one.base, low=one.low, high=one.high)
            for at, one in enumerate(self.parameters)
        }

    def log_posterior(self, scores: Array) -> Array:
        """Return the logarithm of the posterior density, up to a constant, ``(draws,)``; -inf where a run broke."""
        scores = np.atleast_2d(scores)
        prior = -0.5 * (scores**2).sum(axis=1)
        outside = (np.abs(scores) > LARGEST_SCORE).any(axis=1)
        found = prior + log_likelihood(self.simulate(self.values(scores)), self.figures, self.seen)
        return np.where(outside | ~np.isfinite(found), -np.inf, found)


def fit_of(
    history: History, parameters: Sequence[FitParameter], simulate: Simulate, *, without: Sequence[str] = ()
) -> Fit:
    """Return the fit of a study's history: only the years of each series' own fit window are seen."""
    figures = {key: series.values for key, series in history.series.items() if key not in without}
    seen = {key: history.series[key].within(history.series[key].observed.fit) for key in figures}
    return Fit(tuple(parameters), simulate, figures, seen)


def log_likelihood(model: Mapping[str, Array], figures: Mapping[str, Array], seen: Mapping[str, Array]) -> Array:
    """Return the marginal log likelihood of each draw, ``(draws,)``, up to a constant.

    Parameters
    ----------
    model
        By series, ``(draws, years)``.
    figures, seen
        By series, ``(years,)``.
    """
    total: Array = np.zeros(len(next(iter(model.values()))))
    for key, years in seen.items():
        if years.any():
            misfit, count = whitened_misfit(model[key][:, years], figures[key][years])
            total = total - (WEIGHT + count / 2) * np.log(WEIGHT * SPREAD**2 + misfit / 2)
    return total


def whitened_misfit(model: Array, figures: Array) -> tuple[Array, int]:
    """Return the sum of squared innovations of the log residuals, ``(draws,)``, and how many there are."""
    with np.errstate(divide="ignore", invalid="ignore"):
        residuals = np.log(model / figures)
    first = residuals[:, :1]
    later = (residuals[:, 1:] - CORRELATION * residuals[:, :-1]) / np.sqrt(1 - CORRELATION**2)
    innovations = np.concatenate([first, later], axis=1)
    return (innovations**2).sum(axis=1), figures.size


def residual_spread(model: Array, figures: Array, generator: np.random.Generator) -> Array:
    """Draw the residual spread of each draw from its conditional posterior, ``(draws,)``, as a share."""
    misfit, count = whitened_misfit(model, figures)
    shape, scale = WEIGHT + count / 2, WEIGHT * SPREAD**2 + misfit / 2
    return np.asarray(np.sqrt(scale / generator.gamma(shape, 1.0, size=len(misfit))))
