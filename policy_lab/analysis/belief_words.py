"""What one would have to believe, in plain sentences computed from the search."""

from __future__ import annotations

import numpy as np
import pandas as pd

from policy_lab.analysis.beliefs import Beliefs
from policy_lab.analysis.dominance import SENTENCE
from policy_lab.analysis.words import count, frequency, listed, percent, short_figure, spoken_unit, two_figures

MOST_NAMED = 4
"""Inputs or assumptions that a sentence names."""

_SURPRISE = ((0.5, "nothing unusual"), (1.0, "a little unusual"), (1.65, "unusual"), (2.4, "surprising"))
"""Distances up to which assumptions are called so; beyond the last they are very surprising."""


def beliefs_in_words(found: Beliefs) -> tuple[str, ...]:
    """Say in plain sentences who leads, which single inputs change that, and which assumptions together would."""
    setting = found.setting
    cautions = (SENTENCE,) if setting.put_in else ()
    limits = f"Distances take the stated ranges as right and inputs as independent. {setting.not_a_forecast}"
    return (f"{_lead(found)} {_alone(found)}", _together(found), *cautions, limits)


def headline(found: Beliefs) -> str:
    """State the finding as a title."""
    name, rivals = found.setting.short(found.design), _rivals(found)
    turning = turning_inputs(found)
    leads = f"{name} {'leads' if found.ahead else 'trails'} {rivals} at central values"
    if turning.empty:
        return f"{leads}, and no single input within its range changes that"
    named = listed([str(name) for name in turning["input"].head(2)])
    if len(turning) <= 2:
        return f"{leads}; alone, only {named} can change that within its range"
    return f"{leads}; {count(len(turning), 'single input')} can change that within their ranges, first {named}"


def turning_inputs(found: Beliefs) -> pd.DataFrame:
    """Return the inputs that change the order alone, the least surprising switching value first."""
    rows = found.switching[found.switching["switching_value"].notna()]
    return rows.assign(far=(rows["switching_quantile"] - 0.5).abs()).sort_values("far").drop(columns="far")


def surprise(distance: float) -> str:
    """Return how surprising assumptions at a distance are, in words."""
    return next((words for bound, words in _SURPRISE if distance <= bound), "very surprising")


def one_in(distance: float) -> str:
    """Return the chance of a move as far or farther one way, ``Phi(-d)``, as ``1 in 20``.

    >>> one_in(0.0), one_in(1.645), one_in(6.0)
    ('1 in 2', '1 in 20', 'fewer than 1 in 10,000')
    """
    from scipy.special import ndtr

    chance = float(ndtr(-distance))
    return one_in_chance(chance) if chance >= 1e-4 else "fewer than 1 in 10,000"


def _rivals(found: Beliefs) -> str:
    return listed([found.setting.short(name) for name in found.rivals])


def _lead(found: Beliefs) -> str:
    name, outcome = found.setting.short(found.design), found.setting.outcome
    size = f"{two_figures(abs(found.lead))} (simulation error {two_figures(found.error)})"
    clear = "" if abs(found.lead) > 2 * found.error else ", which is within simulation error"
    row = found.ensemble.iloc[0]
    share = "" if np.isnan(row["ahead"]) else f"; it leads in {frequency(row['ahead'])} worlds drawn"
    best = "the best of " if len(found.rivals) > 1 else ""
    return (
        f"At central values {name} {'leads' if found.ahead else 'trails'} {best}{_rivals(found)} in the mean of "
        f"{outcome} by {size}{clear}{share}."
    )


def _alone(found: Beliefs) -> str:
    turning, total = turning_inputs(found), f"{len(found.switching):,}"
    if turning.empty:
        return f"No single input of {total} has a switching value within its range."
    named = [
        f"{row.input} at {_figure(row.switching_value, row.unit)} (central {_figure(row.central, row.unit)}, "
        f"range {_figure(row.low)} to {_figure(row.high, row.unit)})"
        for row in turning.head(MOST_NAMED).itertuples(index=False)
    ]
    more = f", and {len(turning) - MOST_NAMED} more" if len(turning) > MOST_NAMED else ""
    return f"{len(turning)} of {total} inputs have a switching value within their range: {'; '.join(named)}{more}."


def _together(found: Beliefs) -> str:
    name = found.setting.short(found.design)
    goal = f"For {name} {'not to lead' if found.ahead else 'to lead'}"
    if np.isnan(found.distance):
        return (
            f"{goal}, no assumptions within the ranges were found that do it: {found.searched:,} points were tried, "
            "among them every input that matters at its favourable end at once."
        )
    named = [_assumption(row) for _, row in found.needed.head(MOST_NAMED).iterrows()]
    more = f" and {count(len(found.needed) - MOST_NAMED, 'lesser one')}" if len(found.needed) > MOST_NAMED else ""
    if found.distance == 0:
        return f"{goal} it is enough to take another account of the structure: {'; '.join(named)}."
    together = "Together that is" if len(found.needed) > 1 else "That is"
    return (
        f"{goal} you would have to believe: {'; '.join(named)}{more}. {together} {surprise(found.distance)}: as "
        f"far out as a single input beyond its {one_in(found.distance)} end.{_risks(found)}"
    )


def _assumption(row: pd.Series) -> str:
    value = f"{row['input']} at {_figure(row['needed'], row['unit'])} instead of {_figure(row['central'])}"
    return value if np.isnan(row["quantile"]) else f"{value} ({_end(row['quantile'])})"


def _end(quantile: float) -> str:
    side, chance = ("lower", quantile) if quantile < 0.5 else ("higher", 1 - quantile)
    return f"{one_in_chance(chance)} that it is {side} still"


def one_in_chance(chance: float) -> str:
    """Return a chance below a half as ``1 in 5``."""
    if chance <= 0:
        return "no chance"
    number = round(1 / chance)
    return f"1 in {number if number < 100 else two_figures(number)}"


def _risks(found: Beliefs) -> str:
    rows = found.outcomes
    told = [f"{found.setting.short(row.design)} {percent(row.risk_needed)}" for row in rows.itertuples(index=False)]
    return f" The modelled risk would then be {listed(told)}, over {found.setting.futures} futures."


def _figure(value: float, unit: str = "") -> str:
    spoken = spoken_unit(unit)
    return f"{short_figure(value)}{f' {spoken}' if unit and spoken != 'no unit' else ''}"
