"""Fans over time: quantiles of every saved outcome, tidy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from policy_lab.analysis.outcomes import dates, elements, time_unit
from policy_lab.results.types import Results

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def series_quantiles(
    results: Results, quantiles: Sequence[float] = QUANTILES, variables: Sequence[str] | None = None
) -> pd.DataFrame:
    """Return quantiles over all modelled futures of every world, for each saved time.

    Worlds and futures are pooled, each case with the same weight; a case that failed is left out. Quantiles are those
    of NumPy's linear interpolation (Hyndman & Fan 1996, type 7).

    Parameters
    ----------
    quantiles
        Between 0 and 1.
    variables
        Saved outcomes; all of them by default.

    Returns
    -------
    pandas.DataFrame
        Tidy: ``design``, ``variable``, ``subscripts`` (labels joined by a comma, empty for a scalar), ``time`` (model
        time unit since the start), ``date`` (ISO), ``quantile``, ``value``, ``unit``.
    """
    calendar = dates(results.plan.study.file.clock.start, results.time, time_unit(results))
    frames = []
    for name in results.outcomes if variables is None else variables:
        outcome = results[name]
        for labels, values in elements(outcome):
            for design, cases in zip(results.designs, values, strict=True):
                found = _quantiles(cases.reshape(-1, cases.shape[-1]), quantiles)
                frames.append(
                    pd.DataFrame(
                        {
                            "design": design,
                            "variable": outcome.name,
                            "subscripts": ",".join(labels),
                            "time": np.repeat(results.time, len(quantiles)),
                            "date": np.repeat(calendar, len(quantiles)),
                            "quantile": np.tile(np.asarray(quantiles, dtype=float), len(results.time)),
                            "value": found.T.ravel(),
                            "unit": outcome.unit,
                        }
                    )
                )
    return pd.concat(frames, ignore_index=True)


def _quantiles(cases: np.ndarray, quantiles: Sequence[float]) -> np.ndarray:
    """Return ``[quantile, time]`` over the usable cases."""
    usable = cases[np.isfinite(cases).all(axis=1)]
    if not len(usable):
        return np.full((len(quantiles), cases.shape[1]), np.nan)
    found: np.ndarray = np.quantile(usable, quantiles, axis=0)
    return found
