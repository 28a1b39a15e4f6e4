"""Time to persistent shortfall as a survival curve, and how long each design holds on average."""

from __future__ import annotations

import numpy as np
import pandas as pd

from policy_lab.analysis.outcomes import band, mean_of, standard_error, time_unit
from policy_lab.analysis.risk import share_error
from policy_lab.analysis.shortfall import first_times, shortfall
from policy_lab.results.calendar import dates
from policy_lab.results.types import Results


def kaplan_meier(times: np.ndarray, observed: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Return the share that has not had its event by each time of a grid, some cases being watched to an end only.

    The product-limit estimator ``S(t) = prod over event times u <= t of (1 - d(u) / n(u))``, with ``d`` events among
    ``n`` cases still watched; at equal times events come before ends (Kaplan & Meier 1958, *Journal of the American
    Statistical Association* 53:457-481).

    Parameters
    ----------
    times
        ``[..., case]``: when the event came, or until when the case was watched; a not-a-number leaves it out.
    observed
        The same shape: whether that was an event (true) or the end of watching (false: censored).
    grid
        ``[time]``, rising, in the unit of ``times``.

    Returns
    -------
    numpy.ndarray
        ``[..., time]``, between 0 and 1; not-a-number where no case can be used.
    """
    order = np.lexsort((~observed, times), axis=-1)
    ordered = np.take_along_axis(times, order, axis=-1)
    events = np.take_along_axis(observed, order, axis=-1)
    usable = np.isfinite(ordered)
    watched = usable.sum(axis=-1, keepdims=True) - np.arange(times.shape[-1])
    factors = 1 - np.where(usable & events, 1 / np.maximum(watched, 1), 0.0)
    kept = np.concatenate([np.ones((*times.shape[:-1], 1)), np.cumprod(factors, axis=-1)], axis=-1)
    passed = np.stack([(ordered <= moment).sum(axis=-1) for moment in grid], axis=-1)
    shares = np.take_along_axis(kept, passed, axis=-1)
    return np.where(usable.any(axis=-1, keepdims=True), shares, np.nan)


def watched_times(results: Results) -> np.ndarray:
    """Return the saved times at which a persistent shortfall can be seen to begin, in the model's time unit.

    A spell that begins in the last ``periods - 1`` saved periods cannot be known to persist, so that watching ends
    before them.
    """
    periods = results.plan.study.file.measures.shortfall.periods
    return results.time[: max(1, len(results.time) - periods + 1)]


def world_survival(results: Results) -> np.ndarray:
    """Return each world's share of futures that have not begun to fall short, ``[design, world, time]``.

    Over the times of :func:`watched_times`; a case without a shortfall is censored at the last of them, a failed case
    is left out.
    """
    grid = watched_times(results)
    began = first_times(results)
    observed = np.isfinite(began)
    times = np.where(observed, began, grid[-1])
    times = np.where(np.isfinite(shortfall(results).fell), times, np.nan)
    return np.stack([kaplan_meier(*design, grid) for design in zip(times, observed, strict=True)])


def survival(results: Results) -> pd.DataFrame:
    """Return the survival curve of each design: the share of futures in which no persistent shortfall has begun yet.

    Estimated inside each world by :func:`kaplan_meier`, averaged over worlds, with its quantiles over worlds; one less
    the last value is the modelled shortfall risk.

    Returns
    -------
    pandas.DataFrame
        Tidy: ``design``, ``time`` (model time unit since the start), ``date`` (ISO), ``holding`` (share, 0 to 1),
        ``holding_q05``, ``holding_q95``, ``simulation_error``.
    """
    grid, shares = watched_times(results), world_survival(results)
    calendar = dates(results.plan.study.file.clock.start, grid, time_unit(results))
    rows = [
        (design, moment, date, mean_of(worlds), band(worlds, 0.05), band(worlds, 0.95), share_error(worlds))
        for design, curves in zip(results.designs, shares, strict=True)
        for moment, date, worlds in zip(grid, calendar, curves.T, strict=True)
    ]
    columns = ["design", "time", "date", "holding", "holding_q05", "holding_q95", "simulation_error"]
    return pd.DataFrame(rows, columns=columns)


def holding_times(results: Results) -> pd.DataFrame:
    """Return how long each design holds before its first persistent shortfall begins, within the time watched.

    The restricted mean ``integral of S(t) dt`` over the time watched (Royston & Parmar 2013, *BMC Medical Research
    Methodology* 13:152) needs no assumption on what comes after the horizon, which a plain mean would. ``median`` is
    the first time at which half of the futures have fallen short; not-a-number where they have not by the end.

    Returns
    -------
    pandas.DataFrame
        One row a design, all times in the model's time unit: ``design``, ``watched`` (how long futures are watched),
        ``mean_time``, ``mean_time_q05``, ``mean_time_q95`` (over worlds), ``simulation_error``, ``median``,
        ``longer_than_base``, with its ``_q05``, ``_q95`` and ``_error`` (paired over worlds; not-a-number without the
        base design).
    """
    grid, shares = watched_times(results), world_survival(results)
    area = (shares[..., :-1] * np.diff(grid)).sum(axis=-1)  # S is a step function, held to the next saved time
    base = results.plan.study.file.comparison.base
    has_base = base in results.designs
    ahead = area - area[results.designs.index(base)] if has_base else np.full(area.shape, np.nan)
    rows = []
    for design, worlds, gained, curves in zip(results.designs, area, ahead, shares, strict=True):
        mean = np.array([mean_of(moment) for moment in curves.T])
        half = mean <= 0.5
        rows.append(
            {
                "design": design,
                "watched": float(grid[-1] - grid[0]),
                "mean_time": mean_of(worlds),
                "mean_time_q05": band(worlds, 0.05),
                "mean_time_q95": band(worlds, 0.95),
                "simulation_error": standard_error(worlds),
                "median": float(grid[half.argmax()]) if half.any() else float("nan"),
                "longer_than_base": mean_of(gained),
                "longer_than_base_q05": band(gained, 0.05),
                "longer_than_base_q95": band(gained, 0.95),
                "longer_than_base_error": standard_error(gained),
            }
        )
    return pd.DataFrame(rows)
