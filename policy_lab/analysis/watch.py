"""What should we watch? Which published indicator warns earliest before the bar is crossed, and how often for nothing.

An alarm is on while an indicator, as far as it has been published, is further from its resting value than a level. The
level is set on one half of the worlds so that alarms are on in a stated share of quiet months, and judged on the other
half. A month is quiet where no persistent shortfall begins within the window after it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from policy_lab.analysis.outcomes import band, path
from policy_lab.analysis.put_in import Evaluate
from policy_lab.analysis.setting import Setting, setting_of
from policy_lab.analysis.shortfall import shortfall
from policy_lab.errors import InputError, Problem
from policy_lab.results.types import Results
from policy_lab.study.elements import split_element
from policy_lab.study.sampling import NORMAL_95
from policy_lab.study.streams import stream

if TYPE_CHECKING:
    from policy_lab.study.plan import Plan

SHARES = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3)
"""Shares of quiet months with an alarm at which the curves are drawn."""
RESAMPLES = 200
UNPUBLISHED = "the outcome itself"


@dataclass(frozen=True)
class Futures:
    """Futures at risk of one half of the worlds, one row each.

    ``changes[indicator][future, time]``: relative change from rest as published by then; ``crossing``: index of the
    saved time at which the first persistent shortfall begins, or the number of saved times where none does; ``world``:
    whose future it is.
    """

    changes: Mapping[str, np.ndarray]
    crossing: np.ndarray
    world: np.ndarray
    time: np.ndarray


@dataclass(frozen=True)
class Watch:
    """What was found.

    ``indicators``: one row an indicator, the one that tells most beyond chance first, and last the outcome itself,
    which nobody publishes: ``indicator``, ``title``, ``published``, ``every``, ``lag``, ``sign`` (``rises`` or
    ``falls``), ``level`` (relative change beyond which the alarm is on), ``false_alarms`` (share of quiet months with
    an alarm), ``hits`` (share of crossings with an alarm in the window before them) with ``hits_q05`` and ``hits_q95``,
    ``hits_by_chance`` (the same alarm read in other futures at risk at that time), ``lead``, ``lead_q05``, ``lead_q95``
    (time from the first alarm in the window to the crossing: median and 5-95 % of the hits), ``auc`` with ``auc_q05``
    and ``auc_q95``, ``informative`` (more hits than by chance, in 95 % of resampled worlds and of repeats of chance).
    ``curve``: for each indicator and share of alarms ``asked``: ``false_alarms``, ``hits``, ``hits_by_chance`` and
    ``lead``. Everything but ``sign`` and ``level`` is of the half of the worlds on which nothing was set.
    """

    design: str
    window: float
    asked: float
    indicators: pd.DataFrame
    curve: pd.DataFrame
    crossings: int
    """In the half that judges."""
    futures: int
    setting: Setting


def watch(plan: Plan, design: str, evaluate: Evaluate, *, window: float = 24.0, false_alarms: float = 0.1) -> Watch:
    """Judge the study's published indicators as warnings of a persistent shortfall under one design.

    Parameters
    ----------
    plan
        Worlds, futures, scenario and start; its designs do not matter.
    design
        Under which the futures run.
    evaluate
        Turns a plan into results, usually :func:`policy_lab.run.run`.
    window
        How long before a crossing an alarm counts as a warning of it, in the model's time unit.
    false_alarms
        Share of quiet months in which an alarm may be on.

    Raises
    ------
    InputError
        When the study names no indicators, has too few worlds, or no future crosses the bar in one of the halves.
    """
    study = plan.study
    if not study.file.indicators:
        remedy = "List them under `indicators` in study.yaml."
        raise InputError(
            Problem(what="this study names no published indicators", file=study.files["study"], remedy=remedy)
        )
    outcome = study.file.measures.shortfall.variable
    needed = [outcome, *(one.variable for one in study.file.indicators.values())]
    names = tuple(dict.fromkeys(split_element(spelled)[0] for spelled in needed))
    results = evaluate(plan.with_(designs=(design,), outcomes=names))
    setting_half, judging_half = halves(results)
    rows, curves = [], []
    for key in setting_half.changes:
        rule = fit_rule(setting_half, key, window, (false_alarms, *SHARES))
        rows.append({**_told(results, key), **_judged(judging_half, key, rule, window, plan.seed)})
        curves += [
            {"indicator": key, "asked": share, **_alarms(judging_half, key, rule.sign, level, window).rates()}
            for share, level in zip(SHARES, rule.levels[1:], strict=True)
        ]
    table = pd.DataFrame(rows)
    table = table.assign(last=table["indicator"] == UNPUBLISHED, gain=table["hits"] - table["hits_by_chance"])
    table = table.sort_values(["last", "gain"], ascending=[True, False], kind="stable", ignore_index=True)
    return Watch(
        design=design,
        window=window,
        asked=false_alarms,
        indicators=table.drop(columns=["last", "gain"]),
        curve=pd.DataFrame(curves),
        crossings=int((judging_half.crossing < len(results.time)).sum()),
        futures=len(judging_half.crossing),
        setting=setting_of(results),
    )


def published(values: np.ndarray, time: np.ndarray, every: float, lag: float) -> np.ndarray:
    """Return what a reader knows of a variable at each saved time: ``[..., time]``; the first value before anything.

    Parameters
    ----------
    values
        ``[..., time]``.
    time
        Since the start.
    every
        Length of the periods whose means are published; 0 for each saved value by itself.
    lag
        From the end of a period to publication.

    Examples
    --------
    >>> published(np.array([1.0, 2.0, 3.0, 4.0, 5.0]), np.arange(5.0), 2.0, 1.0)
    array([1. , 1. , 1. , 2.5, 2.5])
    """
    ends = time if every <= 0 else np.arange(every, time[-1] + 1e-9, every)
    if every <= 0:
        figures = values
    else:
        period = np.ceil((time - time[0]) / every - 1e-9).astype(int)  # the start itself stands before the first period
        figures = np.stack([values[..., period == number].mean(axis=-1) for number in range(1, len(ends) + 1)], axis=-1)
    latest = np.searchsorted(ends + lag, time + 1e-9, side="right") - 1
    known = figures[..., np.clip(latest, 0, None)]
    return np.where(latest >= 0, known, values[..., :1])


def halves(results: Results) -> tuple[Futures, Futures]:
    """Return the futures of the worlds that set levels and of those that judge, drawn from a named stream.

    Left out are failed cases and those below the bar from the start, of which nothing can warn.
    """
    worlds, futures = results.plan.worlds, results.plan.futures
    found = shortfall(results)
    fell, first = found.fell[0], found.first[0]
    usable = np.isfinite(fell) & (first != 0)
    crossing = np.where(fell == 1.0, first, len(results.time))
    world = np.broadcast_to(np.arange(worlds)[:, None], (worlds, futures))
    order = stream(results.plan.seed, "watch/halves").permutation(worlds)
    changes = {key: _changes(results, key) for key in (*results.plan.study.file.indicators, UNPUBLISHED)}
    parts = []
    for half in (order[: worlds // 2], order[worlds // 2 :]):
        kept = usable & np.isin(world, half)
        part = {key: values[kept] for key, values in changes.items()}
        parts.append(Futures(part, crossing[kept], world[kept], results.time))
        if not (crossing[kept] < len(results.time)).any():
            remedy = "Run more worlds or futures."
            raise InputError(Problem(what="in one half of the worlds no future crosses the bar", remedy=remedy))
    return parts[0], parts[1]


def _changes(results: Results, key: str) -> np.ndarray:
    """Return the published change of an indicator as a share of its resting value: ``[world, future, time]``."""
    file = results.plan.study.file
    if key == UNPUBLISHED:
        values, every, lag = path(results, file.measures.shortfall.variable)[0], 0.0, 0.0
    else:
        one = file.indicators[key]
        values, every, lag = path(results, one.variable, one.elements)[0], one.every, one.lag
    rest = values[..., :1]
    if (rest == 0).any():
        what = f"indicator `{key}` is 0 at rest, so that no change can be told as a share of it"
        raise InputError(Problem(what=what, file=results.plan.study.files["study"], remedy="Name another variable."))
    change: np.ndarray = (published(values, results.time, every, lag) - rest) / np.abs(rest)
    return change


def _kinds(half: Futures, window: float) -> tuple[np.ndarray, np.ndarray]:
    """Return which months are quiet and which are in the window before a crossing, ``[future, time]``.

    Months so late that the window reaches beyond the horizon are neither, unless a crossing is seen to follow.
    """
    time = half.time
    crosses = half.crossing < len(time)
    at = np.where(crosses, time[np.minimum(half.crossing, len(time) - 1)], np.inf)[:, None]
    before = (time >= at - window) & (time < at)
    quiet = (time < at - window) & (time <= time[-1] - window)
    return quiet, before


@dataclass(frozen=True)
class Rule:
    """When an alarm is on: the change times ``sign`` beyond a level; ``levels`` in the order of the asked shares."""

    sign: int
    levels: tuple[float, ...]


def fit_rule(half: Futures, key: str, window: float, shares: Sequence[float]) -> Rule:
    """Choose on one half the direction that tells crossings better, and the levels with the asked shares of alarms."""
    quiet, before = _kinds(half, window)
    if not quiet.any():
        raise InputError(
            Problem(what=f"no month is quiet with a window of {window:g}", remedy="Ask for a shorter one.")
        )
    change = half.changes[key]
    sign = 1 if area_under_curve(change[before], change[quiet]) >= 0.5 else -1
    levels = np.quantile(sign * change[quiet], [1 - share for share in shares])
    return Rule(sign, tuple(max(0.0, float(level)) for level in levels))


def area_under_curve(
    positive: np.ndarray, negative: np.ndarray, weights: tuple[np.ndarray, np.ndarray] | None = None
) -> float:
    """Return the chance that a drawn positive exceeds a drawn negative, ties counting one half.

    The area under the receiver operating characteristic (Hanley & McNeil 1982, *Radiology* 143:29-36).

    >>> area_under_curve(np.array([2.0, 1.0]), np.array([1.0, 0.0]))
    0.875
    """
    values, place = np.unique(np.concatenate([positive, negative]), return_inverse=True)
    above, below = weights or (np.ones(len(positive)), np.ones(len(negative)))
    high = np.bincount(place[: len(positive)], above, len(values))
    low = np.bincount(place[len(positive) :], below, len(values))
    total = high.sum() * low.sum()
    return float((high * (np.cumsum(low) - low / 2)).sum() / total) if total > 0 else float("nan")


@dataclass(frozen=True)
class _Alarms:
    """What an alarm did: ``leads[crossing]`` (not-a-number: none), the same by chance, and quiet months with one."""

    leads: np.ndarray
    chance_hits: np.ndarray
    worlds: np.ndarray
    """Of each crossing."""
    false: float

    def rates(self) -> dict[str, float]:
        """Return the figures of a point of the curve."""
        return {
            "false_alarms": self.false,
            "hits": float(np.isfinite(self.leads).mean()),
            "hits_by_chance": float(self.chance_hits.mean()),
            "lead": band(self.leads, 0.5),
        }


def _alarms(half: Futures, key: str, sign: int, level: float, window: float) -> _Alarms:
    on = sign * half.changes[key] > level
    quiet, _ = _kinds(half, window)
    crossing = np.flatnonzero(half.crossing < len(half.time))
    leads, hits = (np.full(len(crossing), np.nan) for _ in range(2))
    for at in np.unique(half.crossing[crossing]):
        span = np.flatnonzero((half.time >= half.time[at] - window) & (half.time < half.time[at]))
        first = half.time[at] - half.time[span]
        there = on[:, span]
        lead = np.where(there.any(axis=1), first[there.argmax(axis=1)], 0.0)
        mine = half.crossing[crossing] == at
        others = half.crossing > at
        leads[mine] = np.where(lead[crossing[mine]] > 0, lead[crossing[mine]], np.nan)
        hits[mine] = (lead[others] > 0).mean() if others.any() else np.nan
    usable = np.isfinite(hits)
    average = float(on[quiet].mean()) if quiet.any() else float("nan")
    return _Alarms(leads[usable], hits[usable], half.world[crossing][usable], average)


def _judged(half: Futures, key: str, rule: Rule, window: float, seed: int) -> dict[str, object]:
    found = _alarms(half, key, rule.sign, rule.levels[0], window)
    generator = stream(seed, f"watch/{key}")
    own = np.unique(half.world)
    drawn = generator.multinomial(len(own), np.full(len(own), 1 / len(own)), RESAMPLES)
    hit = np.isfinite(found.leads).astype(float)
    weights = drawn[:, np.searchsorted(own, found.worlds)]
    total = weights.sum(axis=1)
    hits = np.divide(weights @ hit, total, out=np.full(len(total), np.nan), where=total > 0)
    gain = np.divide(weights @ (hit - found.chance_hits), total, out=np.full(len(total), np.nan), where=total > 0)
    quiet, before = _kinds(half, window)
    change = rule.sign * half.changes[key]
    month_world = np.broadcast_to(np.searchsorted(own, half.world)[:, None], change.shape)
    areas = np.array(
        [
            area_under_curve(change[before], change[quiet], (times[month_world[before]], times[month_world[quiet]]))
            for times in drawn[: RESAMPLES // 4]
        ]
    )
    return {
        "sign": "rises" if rule.sign > 0 else "falls",
        "level": rule.levels[0],
        **found.rates(),
        "hits_q05": band(hits, 0.05),
        "hits_q95": band(hits, 0.95),
        "lead_q05": band(found.leads, 0.05),
        "lead_q95": band(found.leads, 0.95),
        "auc": area_under_curve(change[before], change[quiet]),
        "auc_q05": band(areas, 0.05),
        "auc_q95": band(areas, 0.95),
        "informative": bool(band(gain, 0.05) > 0 and _beyond_chance(hit, found.chance_hits)),
    }


def _beyond_chance(hit: np.ndarray, chance: np.ndarray) -> bool:
    """Say whether there are more hits than chance gives in 95 % of repeats, were crossings independent.

    By the normal approximation of the Poisson-binomial distribution with a continuity correction. It stands beside the
    resampling of worlds, which knows no spread where every crossing or none is hit.
    """
    spread = float(np.sqrt((chance * (1 - chance)).sum()))
    return float((hit - chance).sum()) - 0.5 > NORMAL_95 * spread


def _told(results: Results, key: str) -> dict[str, object]:
    file = results.plan.study.file
    if key == UNPUBLISHED:
        title = f"{split_element(file.measures.shortfall.variable)[0]} itself"
        return {"indicator": key, "title": title, "published": "by nobody", "every": 0.0, "lag": 0.0}
    one = file.indicators[key]
    return {"indicator": key, "title": one.title, "published": one.published, "every": one.every, "lag": one.lag}
