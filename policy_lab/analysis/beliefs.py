"""What would you have to believe? The least surprising assumptions under which the order of designs is another one.

Inputs are independent, and their joint distance from the centre is measured in normal scores, where it is the
Mahalanobis distance: one input at distance d is as surprising as all of them together at distance d. The nearest point
at which the order changes is the design point of structural reliability (Hasofer & Lind 1974, *Journal of the
Engineering Mechanics Division* 100:111-121); the chance of a move as far or farther in that direction is ``Phi(-d)``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from policy_lab.analysis.outcomes import band, mean_of, over_futures
from policy_lab.analysis.put_in import Evaluate, levels
from policy_lab.analysis.risk import world_risks
from policy_lab.analysis.setting import Setting, setting_of
from policy_lab.analysis.switching import (
    SWITCH,
    Lead,
    OneAtATime,
    lead_in,
    one_at_a_time,
    switching_table,
    values_at,
)
from policy_lab.errors import InputError, Problem
from policy_lab.results.types import Results
from policy_lab.study.elements import split_element
from policy_lab.study.inputs import uncertain_inputs

if TYPE_CHECKING:
    from policy_lab.study.plan import Plan

MOVED = 24
"""Inputs that the search moves: those that move the lead most by themselves."""
TURNS = 12
"""Steps of the search at most."""
STEP = 0.25
"""Of the differences from which the search takes its direction, in normal scores."""
ENOUGH = 0.75
"""The fewest inputs that make up so much of the squared distance are tried alone."""


@dataclass(frozen=True)
class Beliefs:
    """What was found; the lead is that of `switching.Lead`.

    ``switching``: see `switching.switching_table`. ``needed``: one row an assumption of the least surprising point
    found, the greatest first: ``input``, ``unit``, ``group``, ``grade``, ``central``, ``needed``, ``quantile``,
    ``distance`` (its own) and ``share`` (of the squared distance; nothing for a structural switch, either position of
    which is held equally likely). Empty where none was found. ``outcomes``: one row a design: ``design``, and its
    modelled shortfall risk and mean outcome at the centre and at that point (``risk``, ``risk_needed``, ``mean``,
    ``mean_needed``; the risks over few futures).
    """

    design: str
    rivals: tuple[str, ...]
    ahead: bool
    """Whether the design is ahead at the centre; the search then is for where it no longer is."""
    lead: float
    error: float
    """Standard error of the lead at the centre over futures."""
    switching: pd.DataFrame
    needed: pd.DataFrame
    distance: float
    """Of the assumptions together; not-a-number where none were found within the ranges."""
    nearest: float
    """Of the nearest point with every input moved a little, which no reader can picture."""
    outcomes: pd.DataFrame
    ensemble: pd.DataFrame
    """One row: ``worlds``, ``ahead`` (share of worlds in which the design leads; withheld, not-a-number, where its
    order to a rival was put in), ``lead``, ``q05``, ``q95`` (over worlds)."""
    searched: int
    """Points at which the designs were run."""
    setting: Setting


def beliefs(plan: Plan, design: str, against: str | None, evaluate: Evaluate, *, worlds: int = 100) -> Beliefs:
    """Find what one would have to believe for the order of a design and its rivals to change.

    Every input is moved alone through its stated range; then the inputs that matter most are moved together, from an
    ensemble's and the single moves' direction, to the nearest point at which the order changes (sequential quadratic
    programming, then bisection); last as few of them as make up most of that distance.

    Parameters
    ----------
    plan
        Futures, scenario, start, and what varies: without ``levers`` in its ``vary`` all scores stand at their modes.
    design
        The design whose lead is asked about.
    against
        Its rival; every other compared design of its group where None.
    evaluate
        Turns a plan into results, usually :func:`policy_lab.run.run`.
    worlds
        Drawn for the ensemble.

    Raises
    ------
    InputError
        Without a rival, with nothing that varies, or for a plan whose inputs are drawn together.
    """
    rivals = _rivals(plan, design, against)
    outcome = split_element(plan.study.file.measures.shortfall.variable)[0]
    own = plan.with_(designs=(design, *rivals), outcomes=(outcome,))
    inputs = uncertain_inputs(own)
    if not inputs:
        raise InputError(Problem(what="nothing varies between the worlds of this plan"))
    counted = _Counted(evaluate)
    lead = Lead(own, inputs, counted)
    single = one_at_a_time(lead)
    if not np.isfinite(single.lead):
        raise InputError(Problem(what="the central point gave no usable numbers"))
    drawn = evaluate(own.with_(worlds=worlds))
    found = _search(lead, single)
    point = single.centre if found is None else found.point
    setting = setting_of(drawn)
    both = lead.results(np.stack([single.centre, point]))
    return Beliefs(
        design=design,
        rivals=rivals,
        ahead=single.lead > 0,
        lead=single.lead,
        error=single.error,
        switching=switching_table(lead, single),
        needed=_needed_table(lead, single, found),
        distance=float("nan") if found is None else found.distance,
        nearest=float("nan") if found is None else found.nearest,
        outcomes=_outcomes_table(both, found is not None),
        ensemble=_ensemble_table(drawn, withheld=any(design in pair for pair in setting.put_in)),
        searched=counted.points,
        setting=setting,
    )


class _Counted:
    """An `evaluate` that counts the worlds that it was asked for."""

    def __init__(self, evaluate: Evaluate) -> None:
        self._evaluate = evaluate
        self.points = 0

    def __call__(self, plan: Plan) -> Results:
        self.points += plan.worlds
        return self._evaluate(plan)


def _rivals(plan: Plan, design: str, against: str | None) -> tuple[str, ...]:
    study = plan.study
    group = study.design(design).group
    if against is not None:
        study.design(against)
        rivals = tuple(name for name in (against,) if name != design)
    else:
        compared = study.file.comparison.designs
        rivals = tuple(name for name in compared if name != design and study.design(name).group == group)
    if not rivals:
        what = f"`{design}` has no rival" + ("" if against else f" in its group `{group}`")
        raise InputError(Problem(what=what, remedy="Name another design as its rival."))
    return rivals


@dataclass(frozen=True)
class _Found:
    """A point in normal scores at which the order is another one, its distance and that of the nearest point known."""

    point: np.ndarray
    distance: float
    nearest: float


def _search(lead: Lead, single: OneAtATime) -> _Found | None:
    """Return the least surprising point found at which the order changes; None where none was within the ranges."""
    goal = -1.0 if single.lead > 0 else 1.0
    start = _with_switches(lead, single, goal)
    free = np.array([row.distribution != SWITCH for row in lead.inputs])
    slopes = np.where(free, _slopes(single), 0.0)
    moved = np.argsort(-np.abs(slopes), kind="stable")[: min(MOVED, int(np.count_nonzero(slopes)))]
    if goal * lead.mean(start[None])[0] > 0:  # the switches alone do it
        return _Found(start, 0.0, 0.0)
    if not moved.size:
        return None

    def gains(scores: np.ndarray) -> np.ndarray:
        """Return how far the lead is on the wanted side, for scores of the moved inputs."""
        points = np.repeat(start[None], len(scores), axis=0)
        points[:, moved] = scores
        return goal * np.nan_to_num(lead.mean(points), nan=-goal * single.lead)

    ends = single.ends[moved]
    nearest = _nearest(gains, goal * slopes[moved], ends)
    if nearest is None:
        return None
    few = _fewest(gains, nearest, ends)
    point = start.copy()
    point[moved] = few
    return _Found(point, float(np.linalg.norm(few)), float(np.linalg.norm(nearest)))


def _with_switches(lead: Lead, single: OneAtATime, goal: float) -> np.ndarray:
    """Return the centre with each structural switch where it alone serves the goal best: no position is surprising."""
    start = single.centre.copy()
    for at, row in enumerate(lead.inputs):
        if row.distribution == SWITCH:
            start[at] = single.ends[at, int(np.nanargmax(goal * single.leads[at]))]
    return start


def _slopes(single: OneAtATime) -> np.ndarray:
    """Return the change of the lead for a step of one in each input's normal score, over its whole range."""
    slopes: np.ndarray = (single.leads[:, 1] - single.leads[:, 0]) / (single.ends[:, 1] - single.ends[:, 0])
    return np.nan_to_num(slopes)


Gains = Callable[[np.ndarray], np.ndarray]


def _nearest(gains: Gains, slopes: np.ndarray, ends: np.ndarray) -> np.ndarray | None:
    """Return the nearest point found at which the gain is no longer below zero, or None.

    From the point where the single moves' slopes would reach it, by SLSQP with differences run in one batch; the way
    from the centre to whatever it ends at is searched for the crossing itself.
    """
    from scipy.optimize import minimize

    known: dict[bytes, tuple[float, np.ndarray]] = {}
    lowest, highest = ends[:, 0], ends[:, 1]
    count = len(slopes)
    size = abs(float(gains(np.zeros((1, count)))[0])) or 1.0

    def at(point: np.ndarray) -> tuple[float, np.ndarray]:
        key = point.tobytes()
        if key not in known:
            down, up = np.maximum(point - STEP, lowest), np.minimum(point + STEP, highest)
            points = np.repeat(point[None], 1 + 2 * count, axis=0)
            points[1 + np.arange(count), np.arange(count)] = down
            points[1 + count + np.arange(count), np.arange(count)] = up
            found = gains(points) / size
            known[key] = float(found[0]), (found[1 + count :] - found[1 : 1 + count]) / (up - down)
        return known[key]

    first = np.clip(slopes * size / float(slopes @ slopes), lowest, highest)
    ended = minimize(
        lambda point: float(point @ point) / 2,
        first,
        jac=lambda point: point,
        method="SLSQP",
        bounds=list(zip(lowest, highest, strict=True)),
        constraints={"type": "ineq", "fun": lambda point: at(point)[0], "jac": lambda point: at(point)[1]},
        options={"maxiter": TURNS, "ftol": 1e-3},
    )
    extreme = np.where(slopes > 0, highest, lowest)
    crossings = [_crossing(gains, way, ends) for way in (ended.x, first, extreme) if np.any(way)]
    reached = [point for point in crossings if point is not None]
    return min(reached, key=lambda point: float(point @ point)) if reached else None


def _crossing(gains: Gains, way: np.ndarray, ends: np.ndarray) -> np.ndarray | None:
    """Return where the way from the centre first reaches a gain of zero or more, at most to the ends of the ranges."""
    limits = np.where(way > 0, ends[:, 1], ends[:, 0])
    scale = np.divide(limits, way, out=np.full(way.shape, np.inf), where=way != 0)
    farthest = max(1.0, float(scale.min()))
    inner, outer = 0.0, farthest
    for _ in range(2):
        lengths = np.linspace(inner, outer, 17)[1:]
        reached = np.flatnonzero(gains(np.clip(lengths[:, None] * way, ends[:, 0], ends[:, 1])) >= 0)
        if not reached.size:
            return None
        outer = float(lengths[reached[0]])
        inner = outer - (lengths[1] - lengths[0])
    return np.clip(outer * way, ends[:, 0], ends[:, 1])


def _fewest(gains: Gains, point: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Return a point with fewer inputs moved, each a little farther; the point itself where that does not do."""
    squares = point**2
    order = np.argsort(-squares, kind="stable")
    count = 1 + int(np.searchsorted(np.cumsum(squares[order]), ENOUGH * squares.sum()))
    way = np.where(np.isin(np.arange(len(point)), order[:count]), point, 0.0)
    few = _crossing(gains, way, ends)
    return point if few is None else few


def _needed_table(lead: Lead, single: OneAtATime, found: _Found | None) -> pd.DataFrame:
    from scipy.special import ndtr

    columns = ["input", "unit", "group", "grade", "central", "needed", "quantile", "distance", "share"]
    if found is None:
        return pd.DataFrame(columns=columns)
    central, needed = values_at(lead.plan, lead.inputs, np.stack([single.centre, found.point]))
    rows = []
    for at in np.flatnonzero(found.point != single.centre):
        row = lead.inputs[at]
        flipped = row.distribution == SWITCH
        distance = 0.0 if flipped else abs(float(found.point[at]))
        share = distance**2 / found.distance**2 if found.distance > 0 else 0.0
        quantile = float("nan") if flipped else float(ndtr(found.point[at]))
        known = (row.title, row.unit, row.group, row.grade)
        rows.append((*known, central[at], needed[at], quantile, distance, share))
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values("distance", ascending=False, kind="stable", ignore_index=True)


def _outcomes_table(both: Results, found: bool) -> pd.DataFrame:
    risks, means = world_risks(both), levels(both)
    unknown = np.full(len(both.designs), np.nan)
    return pd.DataFrame(
        {
            "design": list(both.designs),
            "risk": risks[:, 0],
            "risk_needed": risks[:, 1] if found else unknown,
            "mean": means[:, 0],
            "mean_needed": means[:, 1] if found else unknown,
        }
    )


def _ensemble_table(drawn: Results, *, withheld: bool) -> pd.DataFrame:
    lead = over_futures(lead_in(drawn)[None])[0]
    ahead = float("nan") if withheld else mean_of(np.where(np.isfinite(lead), lead > 0, np.nan))
    row = (len(lead), ahead, mean_of(lead), band(lead, 0.05), band(lead, 0.95))
    return pd.DataFrame([row], columns=["worlds", "ahead", "lead", "q05", "q95"])
