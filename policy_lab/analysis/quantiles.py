"""Fans over time: quantiles of every saved outcome, tidy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from policy_lab.analysis.outcomes import elements, path, time_unit
from policy_lab.results.calendar import dates
from policy_lab.results.types import Outcome, Results

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_COLUMNS = ["design", "variable", "subscripts", "time", "date", "quantile", "value", "unit"]


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

    Notes
    -----
    The study's burden appears only as the ratio of what has accumulated so far to what has accumulated under the base
    design in the same world and future, because its level is not known; it is left out where the base is not there.
    """
    calendar = dates(results.plan.study.file.clock.start, results.time, time_unit(results))
    frames = []
    for name in results.outcomes if variables is None else variables:
        outcome = _shown(results, name)
        if outcome is None:
            continue
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
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=_COLUMNS)


def _quantiles(cases: np.ndarray, quantiles: Sequence[float]) -> np.ndarray:
    """Return ``[quantile, time]`` over the usable cases."""
    usable = cases[np.isfinite(cases).all(axis=1)]
    if not len(usable):
        return np.full((len(quantiles), cases.shape[1]), np.nan)
    found: np.ndarray = np.quantile(usable, quantiles, axis=0)
    return found


def _shown(results: Results, name: str) -> Outcome | None:
    """Return an outcome as a reader may see it: the burden as a ratio to the base design, or not at all without one."""
    file = results.plan.study.file
    base = file.comparison.base
    if name != file.measures.burden.variable:
        return results[name]
    if base not in results.designs:
        return None
    burden = path(results, name, "sum")
    gained = burden - burden[..., :1]
    reference = np.broadcast_to(gained[results.designs.index(base)], gained.shape)
    ratio = np.divide(gained, reference, out=np.full(gained.shape, np.nan), where=reference > 0)
    if ratio.shape[-1] > 1:
        ratio[..., 0] = ratio[..., 1]  # nothing has accumulated yet: the first period's ratio stands for it
    return Outcome(name, f"ratio to {base}", (), (), ratio)
