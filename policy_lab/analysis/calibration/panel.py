"""The spread between places: a two-level model of a yearly figure, with whole places held out.

The logarithm of a figure is a national level of the year, a lasting difference of the place, and what is left:
``log y[place, year] = level[year] + place[place] + rest[place, year]``, both differences normal. The spreads are found
by analysis of variance for unequal numbers of years (Searle, Casella and McCulloch 1992, Variance Components, ch. 3).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from policy_lab.study.history import History, read_panel

Array = np.ndarray


@dataclass(frozen=True)
class PlaceSpread:
    """Spreads of a figure, as log standard deviations: ``between`` places and ``within`` a place from year to year.

    ``levels`` is the geometric mean of each year over the places; ``held_out`` says how many whole places the spreads
    never saw, and ``inside`` what share of their figures lies in the 90 % band that the others predict.
    """

    figure: str
    between: float
    within: float
    levels: pd.Series
    places: int
    held_out: int
    inside: float


def spread_table(history: History, *, seed: int) -> pd.DataFrame:
    """Return the spread of each panel figure between places: one row a figure, none where the history has no panel.

    Columns: ``figure``, ``title``, ``between`` and ``within`` (log standard deviations), ``places``, ``held_out`` and
    ``inside`` (the share of the held-out places' figures inside the 90 % band).
    """
    panel = history.file.panel
    if panel is None:
        return pd.DataFrame()
    rows = pd.DataFrame([{"place": place, "year": year, **figures} for place, year, figures in read_panel(history)])
    found = [place_spread(rows, figure, seed=seed) for figure in panel.figures]
    return pd.DataFrame(
        [
            {
                "figure": one.figure,
                "title": panel.figures[one.figure],
                "between": one.between,
                "within": one.within,
                "places": one.places,
                "held_out": one.held_out,
                "inside": one.inside,
            }
            for one in found
        ]
    )


def place_spread(panel: pd.DataFrame, figure: str, *, seed: int, hold_out: float = 0.2) -> PlaceSpread:
    """Estimate the spread of a figure between places, and test it on places held out.

    Parameters
    ----------
    panel
        Columns ``place``, ``year`` and the figure (above 0; blanks are left out).
    hold_out
        Share of places that the estimate never sees.
    """
    rows = panel[["place", "year", figure]].dropna()
    rows = rows[rows[figure] > 0].assign(log=lambda table: np.log(table[figure]))
    places = np.array(sorted(rows["place"].unique()))
    generator = np.random.default_rng([seed, 2])
    out = set(generator.choice(places, size=round(hold_out * len(places)), replace=False))
    seen, unseen = rows[~rows["place"].isin(out)], rows[rows["place"].isin(out)]
    levels = seen.groupby("year")["log"].mean()
    between, within = variance_components(seen.assign(rest=seen["log"] - seen["year"].map(levels)))
    spread = np.sqrt(between + within)
    away = (unseen["log"] - unseen["year"].map(levels)).abs() / spread
    inside = float((away <= 1.6449).mean())
    return PlaceSpread(
        figure, float(np.sqrt(between)), float(np.sqrt(within)), np.exp(levels), len(places), len(out), inside
    )


def variance_components(rows: pd.DataFrame) -> tuple[float, float]:
    """Return the variance of the column ``rest`` between places and within them."""
    groups = rows.groupby("place")["rest"]
    count = groups.size().to_numpy(float)
    means = groups.mean().to_numpy()
    total, size = count.sum(), len(count)
    within = float(groups.apply(lambda one: ((one - one.mean()) ** 2).sum()).sum() / (total - size))
    grand = float((count * means).sum() / total)
    mean_square = float((count * (means - grand) ** 2).sum() / (size - 1))
    years = (total - (count**2).sum() / total) / (size - 1)
    return max((mean_square - within) / years, 0.0), within
