"""Every uncertain input by itself: how far it moves the lead of one design over others, and where the order changes.

The switching value of an input is the value at which the preferred option changes, all else at its central value (HM
Treasury, *The Green Book*, on sensitivity analysis and switching values). Inputs are moved in normal scores,
``z = Phi^-1(u)`` with ``u`` the quantile of its own distribution, so that a step means the same for all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from policy_lab.analysis.outcomes import over_time, path
from policy_lab.analysis.put_in import Evaluate
from policy_lab.results.types import Results
from policy_lab.study.elements import split_element
from policy_lab.study.inputs import UncertainInput
from policy_lab.study.plan import LUCK
from policy_lab.study.sampling import TAIL, triangular
from policy_lab.study.schema import Design

if TYPE_CHECKING:
    from policy_lab.study.plan import Plan

BOUNDED = ("triangular", "uniform", "loguniform")
"""Distributions whose stated range is all of them; of the others it holds nine tenths."""
SWITCH = "switch"
DISRUPTION = "disruption"
ROUNDS = 6
"""Halvings of the stretch in which an order changes."""


@dataclass(frozen=True)
class Lead:
    """How far a design is ahead of the best of its rivals, in the mean of the shortfall outcome over the horizon.

    ``plan`` has the design first and its rivals after it; all points meet the same futures, those of its first world.
    """

    plan: Plan
    inputs: tuple[UncertainInput, ...]
    evaluate: Evaluate

    def results(self, scores: np.ndarray) -> Results:
        """Return the runs at points, ``(points, inputs)`` in normal scores; each point is a world."""
        from scipy.special import ndtr

        quantiles = ndtr(scores)
        given = {row.stream: quantiles[:, at] for at, row in enumerate(self.inputs)}
        vary = self.plan.vary - {LUCK}
        return self.evaluate(self.plan.with_(worlds=len(scores), quantiles=given, vary=vary))

    def of(self, scores: np.ndarray) -> np.ndarray:
        """Return the lead at points, ``(points, futures)`` in the outcome's unit; not-a-number where a case failed."""
        return lead_in(self.results(scores))

    def mean(self, scores: np.ndarray) -> np.ndarray:
        """Return the lead at points, ``(points,)``, averaged over futures."""
        averages: np.ndarray = self.of(scores).mean(axis=1)
        return averages


def lead_in(results: Results) -> np.ndarray:
    """Return how far the first design is ahead of the best of the others, ``[world, future]``."""
    variable = results.plan.study.file.measures.shortfall.variable
    level = over_time(path(results, variable), results.time)
    ahead: np.ndarray = level[0] - level[1:].max(axis=0)
    return ahead


def centre_of(inputs: Sequence[UncertainInput], plan: Plan) -> np.ndarray:
    """Return the central point in normal scores: every input at its median, a structural switch at its base value."""
    scores = np.zeros(len(inputs))
    for at, row in enumerate(inputs):
        if row.distribution == SWITCH:
            scores[at] = 1.0 if plan.study.parameters[row.title].base == row.high else -1.0
    return scores


def ends_of(row: UncertainInput) -> tuple[float, float]:
    """Return the ends of an input's stated range in normal scores.

    A thousandth short of the ends where these are the ends of the distribution, which has no normal score there.
    """
    from scipy.special import ndtri

    if row.distribution == SWITCH:
        return -1.0, 1.0
    tail = TAIL if row.distribution in BOUNDED else 0.05
    return float(ndtri(tail)), float(ndtri(1 - tail))


@dataclass(frozen=True)
class OneAtATime:
    """Leads with one input moved at a time.

    ``centre`` is the central point in normal scores, ``lead`` and ``error`` the lead there and its standard error over
    futures; ``ends[input, 2]`` the low and the high end of each input's range, ``leads`` the leads there; ``turns`` the
    normal score nearest to the centre at which the order changes (not-a-number where it does not).
    """

    centre: np.ndarray
    lead: float
    error: float
    ends: np.ndarray
    leads: np.ndarray
    turns: np.ndarray


def one_at_a_time(lead: Lead) -> OneAtATime:
    """Move every input alone through its stated range, and find where the order of the designs changes.

    An order that changes and changes back between the centre and an end is not seen.
    """
    centre = centre_of(lead.inputs, lead.plan)
    count = len(centre)
    ends = np.array([ends_of(row) for row in lead.inputs]).reshape(count, 2)
    points = np.repeat(centre[None], 1 + 2 * count, axis=0)
    points[1 + np.arange(2 * count), np.repeat(np.arange(count), 2)] = ends.ravel()
    found = lead.of(points)
    averages = found.mean(axis=1)
    futures = found.shape[1]
    error = float(found[0].std(ddof=1) / np.sqrt(futures)) if futures > 1 else float("nan")
    leads = averages[1:].reshape(count, 2)
    turns = _turns(lead, centre, float(averages[0]), ends, leads)
    return OneAtATime(centre, float(averages[0]), error, ends, leads, turns)


def _turns(lead: Lead, centre: np.ndarray, middle: float, ends: np.ndarray, leads: np.ndarray) -> np.ndarray:
    """Return where the order changes, by halving the stretch from the centre to each end at which it has changed."""
    ahead = middle > 0
    turns = np.full(len(centre), np.nan)
    changed = np.isfinite(leads) & ((leads > 0) != ahead) & (ends != centre[:, None])
    which, side = np.nonzero(changed)
    if not which.size:
        return turns
    inner, outer = centre[which], ends[which, side]
    for _ in range(ROUNDS):
        middles = (inner + outer) / 2
        points = np.repeat(centre[None], which.size, axis=0)
        points[np.arange(which.size), which] = middles
        turned = (lead.mean(points) > 0) != ahead
        inner, outer = np.where(turned, inner, middles), np.where(turned, middles, outer)
    for at, score in zip(which, outer, strict=True):
        if not abs(score - centre[at]) >= abs(turns[at] - centre[at]):  # also where there is none yet
            turns[at] = score
    return turns


def values_at(plan: Plan, inputs: Sequence[UncertainInput], scores: np.ndarray) -> np.ndarray:
    """Return the values of inputs at points, ``(points, inputs)`` in each input's own unit.

    A share of several that sum to one depends on the others, which stand where the same point has them.
    """
    from scipy.special import ndtr

    quantiles = ndtr(scores)
    given = {row.stream: quantiles[:, at] for at, row in enumerate(inputs)}
    worlds = plan.with_(worlds=len(scores), quantiles=given).world_inputs()
    columns = []
    for at, row in enumerate(inputs):
        if row.lever:
            columns.append(_score_values(plan, row, quantiles[:, at]))
            continue
        name, elements = split_element(row.title)
        columns.append(_element(plan, worlds[name], name, elements))
    return np.stack(columns, axis=1)


def _score_values(plan: Plan, row: UncertainInput, quantiles: np.ndarray) -> np.ndarray:
    study = plan.study
    owner = study.designs.get(row.design) or study.overlays[row.design]
    scores = owner.levers if isinstance(owner, Design) else owner.adds
    score = owner.disruption if row.lever == DISRUPTION else scores[row.lever]
    if score is None:  # an overlay that costs nothing has no such input
        raise ValueError(f"`{row.design}` costs nothing to change to")
    return triangular(quantiles, score.low, score.mode, score.high)


def _element(plan: Plan, values: np.ndarray, name: str, elements: tuple[str, ...]) -> np.ndarray:
    from policy_lab.study.constants import element_index

    if not elements:
        return values.reshape(len(values), -1)[:, 0]
    index: tuple[Any, ...] = (slice(None), *element_index(plan.study.model, name, elements))
    return np.asarray(values[index]).reshape(len(values))


def switching_table(lead: Lead, found: OneAtATime) -> pd.DataFrame:
    """Return one row an input, those that move the lead most first.

    ``input``, ``unit``, ``group``, ``grade``, ``central``, ``low``, ``high`` (the stated range), ``lead_low``,
    ``lead_high`` (the lead with the input at each end), ``swing`` (the widest difference of these and the centre's),
    ``switching_value`` and ``switching_quantile`` (not-a-number: none within the range).
    """
    from scipy.special import ndtr

    inputs, centre = lead.inputs, found.centre
    central = values_at(lead.plan, inputs, centre[None])[0]
    rows = []
    for at, row in enumerate(inputs):
        turn, value = found.turns[at], float("nan")
        if np.isfinite(turn):
            moved = centre.copy()
            moved[at] = turn
            value = float(values_at(lead.plan, inputs, moved[None])[0, at])
        leads = [found.lead, *found.leads[at]]
        swing = float(np.nanmax(leads) - np.nanmin(leads))
        low, high = found.leads[at]
        known = (row.title, row.unit, row.group, row.grade, central[at], row.low, row.high)
        rows.append((*known, low, high, swing, value, float(ndtr(turn))))
    table = pd.DataFrame(rows, columns=_COLUMNS)
    return table.sort_values("swing", ascending=False, kind="stable", ignore_index=True)


_COLUMNS = [
    "input",
    "unit",
    "group",
    "grade",
    "central",
    "low",
    "high",
    "lead_low",
    "lead_high",
    "swing",
    "switching_value",
    "switching_quantile",
]
