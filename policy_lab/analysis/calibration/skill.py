"""How good a calibrated model is: against persistence and trend, in and out of the window, and by Theil's split.

References: Hyndman and Koehler (2006) for the mean absolute scaled error; Theil (1966) and Sterman (1984) for the split
of the mean squared error into bias, unequal variation and unequal covariation.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from policy_lab.study.history import History, PublishedSeries
from policy_lab.study.history_schema import Turn

Array = np.ndarray

NO_SKILL = "no skill"
SKILL = "better than both"
NOT_JUDGED = "too few years"


def skill_table(history: History, model: Mapping[str, Array]) -> pd.DataFrame:
    """Score the model in each window of each series, beside persistence and a linear trend.

    Persistence repeats the last fitted figure; the trend is the least-squares line through the fitted figures. A series
    that is not fitted takes its first year as the last one known, and has no trend.

    Parameters
    ----------
    model
        What the model says of each series, ``(years,)``.

    Returns
    -------
    pandas.DataFrame
        One row a series and window (``fitted``, ``held out``, ``Covid years``): mean absolute percentage errors
        (``model``, ``persistence``, ``trend``, in %), the same as mean absolute scaled errors (scale: mean absolute
        change from year to year among the fitted figures), and a ``verdict`` on the held-out years: the model has
        skill where it beats both by both measures.
    """
    rows = []
    for key, series in history.series.items():
        rivals = naive_forecasts(series)
        for window, inside in windows(history, series).items():
            if not inside.any():
                continue
            actual = series.values[inside]
            errors = {"model": np.abs(model[key][inside] - actual)}
            if window != "fitted":
                errors |= {name: np.abs(values[inside] - actual) for name, values in rivals.items()}
            scale = _yearly_change(series)
            shares = {name: float((error / actual).mean() * 100) for name, error in errors.items()}
            scaled = {f"{name}_mase": float(error.mean() / scale) for name, error in errors.items()}
            verdict = _verdict(errors, actual) if window == "held out" else ""
            rows.append({"series": key, "title": series.observed.title, "window": window, "years": int(inside.sum())})
            rows[-1] |= {**shares, **scaled, "verdict": verdict}
    return pd.DataFrame(rows)


def horizon_table(history: History, model: Mapping[str, Array]) -> pd.DataFrame:
    """Return the absolute error of each held-out year, in %: columns ``model``, ``persistence``, ``trend``."""
    rows = []
    for key, series in history.series.items():
        inside = series.within(series.observed.held_out)
        rivals = naive_forecasts(series)
        last = series.observed.fit[1] if series.observed.fit else int(series.years[0])
        for at in np.flatnonzero(inside):
            row = {"series": key, "year": int(series.years[at]), "horizon": int(series.years[at]) - last}
            row["covid"] = int(series.years[at]) in history.file.covid
            for name, values in {"model": model[key], **rivals}.items():
                row[name] = float(abs(values[at] / series.values[at] - 1) * 100)
            rows.append(row)
    return pd.DataFrame(rows)


def windows(history: History, series: PublishedSeries) -> dict[str, Array]:
    """Return which years belong to each window; Covid years are scored apart."""
    covid = history.file.covid
    held_out = series.within(series.observed.held_out)
    return {
        "fitted": series.within(series.observed.fit),
        "held out": series.within(series.observed.held_out, without=covid),
        "Covid years": held_out & np.isin(series.years, list(covid)),
    }


def naive_forecasts(series: PublishedSeries) -> dict[str, Array]:
    """Return persistence and the linear trend for every year of a series, ``(years,)`` each."""
    known = series.within(series.observed.fit)
    if not known.any():
        return {"persistence": np.full(len(series.years), series.values[0])}
    slope, level = np.polyfit(series.years[known], series.values[known], 1)
    return {
        "persistence": np.full(len(series.years), series.values[known][-1]),
        "trend": slope * series.years + level,
    }


def _yearly_change(series: PublishedSeries) -> float:
    known = series.within(series.observed.fit)
    values = series.values[known] if known.sum() > 1 else series.values
    return float(np.abs(np.diff(values)).mean())


def _verdict(errors: Mapping[str, Array], actual: Array) -> str:
    """Return whether the model errs less than both rivals, by absolute errors and as shares: one alone may be luck."""
    if len(actual) < 2:
        return NOT_JUDGED
    for scale in (np.ones(len(actual)), actual):
        means = {name: float((error / scale).mean()) for name, error in errors.items()}
        if means["model"] >= min(mean for name, mean in means.items() if name != "model"):
            return NO_SKILL
    return SKILL


def theil_table(history: History, model: Mapping[str, Array]) -> pd.DataFrame:
    """Split the mean squared error of each series over all its years: ``bias``, ``variation``, ``covariation`` (sum 1).

    Bias: means differ. Variation: swings differ in size. Covariation: the rest, point by point. A good model errs
    mostly in the last.
    """
    rows = []
    for key, series in history.series.items():
        said, actual = model[key], series.values
        error = float(((said - actual) ** 2).mean())
        spread, other = float(said.std()), float(actual.std())
        together = float(np.corrcoef(said, actual)[0, 1]) if spread * other > 0 else 0.0
        shares = (said.mean() - actual.mean()) ** 2, (spread - other) ** 2, 2 * (1 - together) * spread * other
        names = ("bias", "variation", "covariation")
        rows.append({"series": key, "rmspe": float(np.sqrt(((said / actual - 1) ** 2).mean()) * 100)})
        rows[-1] |= {name: float(share) / error for name, share in zip(names, shares, strict=True)}
        rows[-1]["correlation"] = together
    return pd.DataFrame(rows)


def turn_table(history: History, model: Mapping[str, Array]) -> pd.DataFrame:
    """Judge the directions that `history.yaml` names: changes in %, published and modelled, and whether they agree."""
    rows = []
    for turn in history.file.turns:
        actual, said = (_change(history, turn, source) for source in (None, model))
        name = turn.series if isinstance(turn.series, str) else " per ".join(turn.series)
        agree = bool(np.sign(actual) == np.sign(said))
        rows.append({"what": name, "from": turn.from_, "to": turn.to, "data": actual, "model": said, "agree": agree})
    return pd.DataFrame(rows)


def _change(history: History, turn: Turn, model: Mapping[str, Array] | None) -> float:
    """Return the change over a turn in %, of the figures or of the model."""
    names = (turn.series,) if isinstance(turn.series, str) else turn.series
    levels = []
    for year in (turn.from_, turn.to):
        parts = []
        for name in names:
            series = history.series[name]
            values = series.values if model is None else model[name]
            parts.append(float(values[series.years == year][0]))
        levels.append(parts[0] / parts[1] if len(parts) == 2 else parts[0])
    return (levels[1] / levels[0] - 1) * 100
