"""When the burden of a design falls: year by year against the base design, and what discounting changes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from policy_lab.analysis.beside import GREEN_BOOK_RATE, ratio_to_base
from policy_lab.analysis.outcomes import band, mean_of, over_futures, path, time_unit, years_per_period
from policy_lab.results.types import Results

_ROUNDING = 1e-9
_COLUMNS = ["design", "year", "ratio", "ratio_q05", "ratio_q95", "clear", "so_far", "so_far_q05", "so_far_q95"]
_DISCOUNTED = ["so_far_discounted", "so_far_discounted_q05", "so_far_discounted_q95", "ahead"]


def yearly_burdens(results: Results) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of years, ``[year]``, and what each world's burden gains in each, ``[design, world, year]``.

    Years from the start of the run, the last perhaps shorter; between saved times the burden rises on a straight line.
    In the model's own unit, averaged over futures: only ratios may be shown.
    """
    years = (results.time - results.time[0]) * years_per_period(time_unit(results))
    ends = np.unique(np.append(np.arange(1, np.floor(years[-1]) + 1), years[-1]))
    worlds = np.moveaxis(path(results, results.plan.study.file.measures.burden.variable, "sum"), -1, 0)
    mean = np.stack([over_futures(moment) for moment in worlds], axis=-1)
    at = np.clip(np.searchsorted(years, ends, side="left"), 1, len(years) - 1)
    part = (ends - years[at - 1]) / (years[at] - years[at - 1])
    reached = mean[..., at - 1] + part * (mean[..., at] - mean[..., at - 1])
    return ends, np.diff(reached, prepend=mean[..., :1], axis=-1)


def benefit_timing(results: Results) -> pd.DataFrame:
    """Return the burden of each design against the base design's, year by year and added up so far.

    The burden of a year that has passed cannot be taken back, so that a benefit which comes late is worth less than
    the ratio at the end of the horizon says; discounting puts a figure on how much less (HM Treasury, *The Green
    Book*, 3.5 % a year, each year's gain from its middle).

    Returns
    -------
    pandas.DataFrame
        One row a design and year, empty without the base design: ``year`` (its end, in years from the start),
        ``ratio`` with 5-95 % over worlds and ``clear`` (whether they leave 1 out): the burden of that year;
        ``so_far``: that of all years up to it, ``so_far_discounted``: the same discounted (medians and 5-95 % over
        worlds); ``ahead``: share of worlds in which less has accumulated than under the base design.
    """
    if results.plan.study.file.comparison.base not in results.designs or len(results.time) < 2:
        return pd.DataFrame(columns=[*_COLUMNS, *_DISCOUNTED])
    ends, gains = yearly_burdens(results)
    weights = (1 + GREEN_BOOK_RATE) ** -(ends - np.diff(ends, prepend=0.0) / 2)
    yearly = ratio_to_base(results, gains)
    so_far = ratio_to_base(results, gains.cumsum(axis=-1))
    discounted = ratio_to_base(results, (gains * weights).cumsum(axis=-1))
    rows = []
    for place, design in enumerate(results.designs):
        for at, end in enumerate(ends):
            now, total, weighed = (table[place, :, at] for table in (yearly, so_far, discounted))
            low, high = band(now, 0.05), band(now, 0.95)
            ahead = mean_of(np.where(np.isfinite(total), (total < 1 - _ROUNDING).astype(float), np.nan))
            spread = (band(now, 0.5), low, high, bool(low > 1 + _ROUNDING or high < 1 - _ROUNDING))
            rows.append((design, end, *spread, *_three(total), *_three(weighed), ahead))
    return pd.DataFrame(rows, columns=[*_COLUMNS, *_DISCOUNTED])


def _three(values: np.ndarray) -> tuple[float, float, float]:
    return band(values, 0.5), band(values, 0.05), band(values, 0.95)
