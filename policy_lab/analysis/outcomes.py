"""Arrays out of results: one path a case, and bands over worlds. The only place that knows how axes lie."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Literal

import numpy as np

from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.results.calendar import DAYS, MONTHS, plain_unit
from policy_lab.results.types import Outcome, Results
from policy_lab.study.measure import refuse_placeholder

Combine = Literal["only", "sum", "mean"]

_ELEMENT = re.compile(r"^(?P<name>.*?)\s*\[(?P<elements>[^\[\]]*)\]$")


def path(results: Results, variable: str, combine: Combine = "only") -> np.ndarray:
    """Return one number a saved time for each case.

    Parameters
    ----------
    results
        Finished cases.
    variable
        A saved outcome, or one element of it (``Catch[North]``).
    combine
        What to do with the elements of a subscripted outcome: ``sum`` for amounts, ``mean`` for levels, ``only`` to
        refuse more than one.

    Returns
    -------
    numpy.ndarray
        ``[design, world, future, time]`` in the outcome's unit. Not-a-number where a case failed.

    Raises
    ------
    InputError
        For an unknown outcome or element, and for several elements under ``only``.
    """
    match = _ELEMENT.match(variable)
    if match and variable not in results.outcomes:
        outcome = results[match["name"].strip()]
        wanted = tuple(part.strip() for part in match["elements"].split(","))
        for labels, values in elements(outcome):
            if labels == wanted:
                return values
        known = [f"{outcome.name}[{','.join(labels)}]" for labels, _ in elements(outcome)]
        raise InputError(Problem(what=f"no element `{variable}`", nearest=nearest_names(variable, known)))
    outcome = results[variable]
    values = outcome.values.reshape(*outcome.values.shape[:4], -1)
    if values.shape[-1] == 1:
        return values[..., 0]
    if combine == "only":
        raise InputError(
            Problem(
                what=f"`{variable}` has {values.shape[-1]} elements where one number a time is needed",
                remedy=f"Name one element, such as `{variable}[{','.join(next(elements(outcome))[0])}]`.",
            )
        )
    combined: np.ndarray = values.sum(axis=-1) if combine == "sum" else values.mean(axis=-1)
    return combined


def check_usable(results: Results) -> None:
    """Refuse results of which nothing can be said: no measure was chosen, or some design has no usable case.

    Raises
    ------
    InputError
        Names each such design and the first reason.
    """
    refuse_placeholder(results.plan.study)
    cases = int(np.prod(next(iter(results.outcomes.values())).values.shape[1:3]))
    failed = Counter(case.design for case in results.failures)
    lost = [name for name in results.designs if failed[name] >= cases]
    reasons = {case.design: case for case in reversed(results.failures)}
    if lost and len(lost) == len(results.designs):
        first = results.failures[0]
        raise InputError(Problem(what=f"no case gave usable numbers: {first.reason}", variable=first.variable))
    problems = [
        Problem(
            what=f"no case of `{name}` gave usable numbers: {reasons[name].reason}", variable=reasons[name].variable
        )
        for name in lost
    ]
    if problems:
        raise InputError(*problems)


def elements(outcome: Outcome) -> Iterator[tuple[tuple[str, ...], np.ndarray]]:
    """Yield each element's labels and its ``[design, world, future, time]`` values."""
    shape = tuple(len(labels) for labels in outcome.elements)
    for index in np.ndindex(*shape):
        labels = tuple(outcome.elements[axis][place] for axis, place in enumerate(index))
        yield labels, outcome.values[(..., *index)]


def unit_of(results: Results, variable: str) -> str:
    """Return the unit of a saved outcome or of one of its elements."""
    match = _ELEMENT.match(variable)
    name = match["name"].strip() if match and variable not in results.outcomes else variable
    return results[name].unit


def over_time(values: np.ndarray, time: np.ndarray) -> np.ndarray:
    """Return the mean over the horizon by the trapezium rule, in the unit of ``values``."""
    if len(time) == 1:
        only: np.ndarray = values[..., 0]
        return only
    mean: np.ndarray = np.trapezoid(values, time, axis=-1) / (time[-1] - time[0])
    return mean


def over_futures(values: np.ndarray) -> np.ndarray:
    """Return the mean over the usable futures of each world: ``[design, world, future] -> [design, world]``.

    A world in which every future failed is not-a-number.
    """
    usable = np.isfinite(values)
    count = usable.sum(axis=2)
    total = np.where(usable, values, 0.0).sum(axis=2)
    return np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0)


def band(values: np.ndarray, quantile: float) -> float:
    """Return a quantile over the usable worlds (linear interpolation), or not-a-number when there are none."""
    usable = values[np.isfinite(values)]
    return float(np.quantile(usable, quantile)) if usable.size else float("nan")


def mean_of(values: np.ndarray) -> float:
    """Return the mean over the usable worlds, or not-a-number when there are none."""
    usable = values[np.isfinite(values)]
    return float(usable.mean()) if usable.size else float("nan")


def standard_error(values: np.ndarray) -> float:
    """Return the standard error of the mean over independent worlds: ``sd / sqrt(K)``, in the unit of ``values``.

    Worlds are drawn independently and futures inside them, so the spread of world means already holds the error from
    finite futures (Law & Kelton, *Simulation Modeling and Analysis*, replication-deletion estimator).
    """
    usable = values[np.isfinite(values)]
    if usable.size < 2:
        return float("nan")
    return float(usable.std(ddof=1) / np.sqrt(usable.size))


def time_unit(results: Results) -> str:
    """Return the model's time unit in the singular and lower case: ``month``."""
    return plain_unit(results.plan.study.model.time.unit)


def years_per_period(unit: str) -> float:
    """Return how many years one model time unit lasts; a unit that is no calendar unit counts as a year."""
    if unit in MONTHS:
        return MONTHS[unit] / 12
    return DAYS[unit] / 365.25 if unit in DAYS else 1.0
