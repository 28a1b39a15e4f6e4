"""Clause by clause: which part of a design does the work on the way from one design to another.

The parts in which two designs differ (levers, members, the cost of changing over) are the players of a game; a
coalition is a design that has these parts of the second and all others of the first. Each part's share of the
difference is its Shapley value, so that the shares of all parts add up to the difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from policy_lab.analysis import games
from policy_lab.analysis.beside import burdens
from policy_lab.analysis.outcomes import band, over_futures, standard_error
from policy_lab.analysis.put_in import LEVEL, RISK, Evaluate, levels
from policy_lab.analysis.risk import world_risks
from policy_lab.analysis.setting import Setting, setting_of
from policy_lab.errors import InputError, Problem
from policy_lab.results.types import Results
from policy_lab.study.draws import change_scores
from policy_lab.study.elements import split_element
from policy_lab.study.mixture import CHANGE, MEMBERS, Mixture
from policy_lab.study.streams import stream

if TYPE_CHECKING:
    from policy_lab.study import Study
    from policy_lab.study.plan import Plan

BURDEN = "accumulated burden"
"""As a share of the first design's own, in the same world."""

CLEAR_PART, CLEAR_PAIR = 2, 3
"""How many errors away from zero is clear. Pairs are many, so that two errors would name some by chance."""

EXACT_UP_TO = 7
MOST_EXACT = 12
"""Parts of which every combination is run without and with being asked to; 12 parts are 4,096 designs."""

LEVER = "lever"
ALIKE = "scored alike"
"""Levers on which both designs have the same scores, drawn apart for each: their share is noise of judgement alone."""


@dataclass(frozen=True)
class Player:
    """One or more parts of a design that change hands together."""

    title: str
    kind: str
    parts: tuple[str, ...]
    first: str
    """What the first design has there, in words."""
    second: str


@dataclass(frozen=True)
class Clauses:
    """What each part does on the way from one design to another.

    ``ends``: one row a measure: ``measure``, ``unit``, ``first``, ``second``, ``difference``, ``error``, ``q05``,
    ``q95`` (over worlds). ``parts``: one row a measure and part: ``measure``, ``unit``, ``part``, ``kind``,
    ``first_has``, ``second_has``, ``share`` (Shapley value, mean over worlds), ``error``, ``q05``, ``q95``, ``clear``
    (the mean is further from zero than twice its error), ``alone`` (the part by itself, added to the first design) and
    ``last`` (added when all others are there), with their errors. ``together``: one row a measure and pair: ``part``,
    ``other``, ``together`` (what the two do beyond what each does by itself), ``error``, ``clear`` (three errors).

    Where orders were drawn instead of taking all (``exact`` false), ``q05`` and ``q95`` hold the noise of those draws
    too, and are too wide rather than too narrow; means and errors are right.
    """

    first: str
    second: str
    ends: pd.DataFrame
    parts: pd.DataFrame
    together: pd.DataFrame
    exact: bool
    setting: Setting
    burden: str
    """What the model calls the burden."""
    put_in: bool
    """Whether the order of the two was put in by their lever scores."""


def clauses(
    plan: Plan, first: str, second: str, evaluate: Evaluate, *, orders: int = 2, exact_up_to: int = EXACT_UP_TO
) -> Clauses:
    """Share out the difference between two designs over the parts in which they differ.

    Parameters
    ----------
    plan
        Worlds, futures, scenario and start; its designs do not matter.
    first, second
        The way leads from the first to the second.
    evaluate
        Turns a plan into results, usually :func:`policy_lab.run.run`.
    orders
        Pairs of orders drawn in each world, an order and its reverse, where there are more parts than ``exact_up_to``.
    exact_up_to
        Up to so many parts every coalition is run: two to that power designs.

    Returns
    -------
    Clauses
        Shapley values of the modelled shortfall risk, of the accumulated burden as a share of the first design's, and
        of the mean outcome over the horizon. See :mod:`policy_lab.analysis.games` for formulas and sources.

    Raises
    ------
    InputError
        When the two do not differ in anything, or no world gave usable numbers.
    """
    players = players_between(plan, first, second)
    ends = plan.with_(designs=(first, second), outcomes=_needed(plan.study))
    count = len(players)
    exact = count <= exact_up_to
    if exact:
        sets = np.broadcast_to(games.coalitions(count)[1:-1, None], (2**count - 2, plan.worlds, count))
        drawn = None
    else:
        generator = stream(plan.seed, f"clauses/{first}/{second}")
        drawn = games.draw_orders(generator, orders, plan.worlds, count)
        sets = _sampled_sets(drawn)
    results = evaluate(_mixed(ends, players, sets))
    found = {name: _usable(values) for name, values in _values(results).items() if np.isfinite(values).any()}
    if RISK not in found:
        raise InputError(Problem(what="no design on the way gave usable numbers"))
    estimates = {name: _estimate(values, drawn, count) for name, values in found.items()}
    end_results = _only_ends(results, ends)
    setting = setting_of(end_results)
    return Clauses(
        first=first,
        second=second,
        ends=_ends_table(found, plan.study),
        parts=_parts_table(found, estimates, players, plan.study),
        together=_together_table(estimates, players),
        exact=exact,
        setting=replace(setting, manifest=_manifest(results, first, second, exact, orders)),
        burden=split_element(plan.study.file.measures.burden.variable)[0],
        put_in=bool(setting.put_in),
    )


def players_between(plan: Plan, first: str, second: str) -> tuple[Player, ...]:
    """Return the parts in which two designs differ; levers that both score alike are one player together.

    Left out is what is the same in every world: a lever whose scores both take from the same design, equal members, an
    equal cost of changing over.

    Raises
    ------
    InputError
        When nothing is left.
    """
    study = plan.study
    one, other = study.design(first), study.design(second)
    players, alike = [], []
    for key, lever in study.file.levers.items():
        if _owners(study, first, key) == _owners(study, second, key):
            continue
        ours, theirs = one.levers[key], other.levers[key]
        if (ours.low, ours.mode, ours.high) == (theirs.low, theirs.mode, theirs.high):
            alike.append(key)
        else:
            players.append(Player(lever.title, LEVER, (key,), f"{ours.mode:g}", f"{theirs.mode:g}"))
    if study.file.membership and set(one.members) != set(other.members):
        players.append(Player("Members", MEMBERS, (MEMBERS,), _named(one.members), _named(other.members)))
    costs = [change_scores(study, name) for name in (first, second)]
    if study.file.transition and plan.start == "switch" and costs[0] != costs[1]:
        modes = (f"{sum(score.mode for score in cost.values()):g}" for cost in costs)
        players.append(Player("Cost of changing over", CHANGE, (CHANGE,), *modes))
    if not players:
        raise InputError(Problem(what=f"`{first}` and `{second}` differ in nothing that could do the work"))
    if alike:
        titles = ", ".join(study.file.levers[key].title for key in alike)
        players.append(Player("What both score alike", ALIKE, tuple(alike), titles, titles))
    return tuple(players)


def _owners(study: Study, design: str, lever: str) -> tuple[str, ...]:
    """Return the design and the overlays whose scores of a lever are drawn for a design."""
    base, overlays = study.design_parts(design)
    return base, *(name for name in overlays if lever in study.overlays[name].adds)


def _named(members: tuple[str, ...]) -> str:
    return ", ".join(members) or "none"


def _needed(study: Study) -> tuple[str, ...]:
    measures = study.file.measures
    names = (split_element(spelled)[0] for spelled in (measures.shortfall.variable, measures.burden.variable))
    return tuple(dict.fromkeys(names))


def _sampled_sets(orders: np.ndarray) -> np.ndarray:
    """Return the coalitions that drawn orders need, ``[coalition, world, player]``, without the two ends.

    The steps between the ends of every order, then those with two neighbours swapped, each player alone, and all but
    each player.
    """
    worlds, players = orders.shape[1:]
    steps = games.joined(orders)[:, 1:-1].reshape(-1, worlds, players)
    aside = games.swapped(orders).reshape(-1, worlds, players)
    single = np.broadcast_to(np.eye(players, dtype=bool)[:, None], (players, worlds, players))
    return np.concatenate([steps, aside, single, ~single])


def _mixed(ends: Plan, players: tuple[Player, ...], sets: np.ndarray) -> Plan:
    first, second = ends.designs
    mixed = {
        f"between {number}": Mixture(
            first, second, {part: row[:, at] for at, player in enumerate(players) for part in player.parts}
        )
        for number, row in enumerate(sets, start=1)
    }
    return ends.with_(designs=(first, second, *mixed), mixed=MappingProxyType(mixed))


def _values(results: Results) -> dict[str, np.ndarray]:
    """Return the measures of every coalition, ``[coalition, world]``: the first design, the second, those between."""
    burden = over_futures(burdens(results))
    own = np.where(burden[0] > 0, burden[0], np.nan)
    return {RISK: world_risks(results), BURDEN: burden / own, LEVEL: levels(results)}


def _usable(values: np.ndarray) -> np.ndarray:
    """Return the values with worlds in which some coalition failed made not-a-number throughout."""
    usable = np.isfinite(values).all(axis=0)
    if not usable.any():
        raise InputError(Problem(what="in no world did every design on the way give usable numbers"))
    return np.where(usable, values, np.nan)


@dataclass(frozen=True)
class _Estimate:
    """Shapley values and what a part does first and last, ``[player, world]``, in the usable worlds."""

    shares: np.ndarray
    alone: np.ndarray
    last: np.ndarray
    games: games.Estimates


def _estimate(values: np.ndarray, orders: np.ndarray | None, count: int) -> _Estimate:
    usable = np.isfinite(values[0])
    first, second, between = values[0, usable], values[1, usable], values[2:, usable]
    if orders is None:
        table = np.concatenate([first[None], between, second[None]])
        bits = 1 << np.arange(count)
        found = games.exact(table)
        return _Estimate(found.shares, table[bits] - first, second - table[len(table) - 1 - bits], found)
    orders = orders[:, usable]
    number = len(orders)
    steps, aside, single, without = np.split(between, np.cumsum([number * (count - 1), number * (count - 1), count]))
    steps = steps.reshape(number, count - 1, -1)
    ends = [np.broadcast_to(end, (number, 1, end.size)) for end in (first, second)]
    path = np.concatenate([ends[0], steps, ends[1]], axis=1)
    found = games.sampled(orders, path, aside.reshape(number, count - 1, -1))
    return _Estimate(found.shares, single - first, second - without, found)


def _units(study: Study) -> Mapping[str, str]:
    outcome = split_element(study.file.measures.shortfall.variable)[0]
    return {RISK: "share of futures", BURDEN: "share of the first design's", LEVEL: study.model[outcome].unit}


def _ends_table(found: Mapping[str, np.ndarray], study: Study) -> pd.DataFrame:
    rows = []
    for measure, values in found.items():
        gap = values[1] - values[0]
        whole = (float(np.nanmean(values[0])), float(np.nanmean(values[1])))
        spread = (standard_error(gap), band(gap, 0.05), band(gap, 0.95))
        rows.append((measure, _units(study)[measure], *whole, float(np.nanmean(gap)), *spread))
    return pd.DataFrame(rows, columns=["measure", "unit", "first", "second", "difference", "error", "q05", "q95"])


def _parts_table(
    found: Mapping[str, np.ndarray], estimates: Mapping[str, _Estimate], players: tuple[Player, ...], study: Study
) -> pd.DataFrame:
    rows = []
    for measure in found:
        estimate = estimates[measure]
        for at, player in enumerate(players):
            shares, alone, last = estimate.shares[at], estimate.alone[at], estimate.last[at]
            share, error = float(shares.mean()), standard_error(shares)
            row: dict[str, object] = {"measure": measure, "unit": _units(study)[measure], "part": player.title}
            row |= {"kind": player.kind, "first_has": player.first, "second_has": player.second}
            row |= {"share": share, "error": error, "q05": band(shares, 0.05), "q95": band(shares, 0.95)}
            row |= {"clear": abs(share) > CLEAR_PART * error}
            row |= {"alone": float(alone.mean()), "alone_error": standard_error(alone)}
            row |= {"last": float(last.mean()), "last_error": standard_error(last)}
            rows.append(row)
    return pd.DataFrame(rows)


def _together_table(estimates: Mapping[str, _Estimate], players: tuple[Player, ...]) -> pd.DataFrame:
    rows = []
    for measure, estimate in estimates.items():
        mean, error = estimate.games.together, estimate.games.together_error
        for one in range(len(players)):
            for other in range(one + 1, len(players)):
                value, width = float(mean[one, other]), float(error[one, other])
                titles = (players[one].title, players[other].title)
                rows.append((measure, *titles, value, width, abs(value) > CLEAR_PAIR * width))
    return pd.DataFrame(rows, columns=["measure", "part", "other", "together", "error", "clear"])


def _only_ends(results: Results, ends: Plan) -> Results:
    """Return the two designs themselves, without those between them."""
    outcomes = {name: replace(one, values=one.values[:2]) for name, one in results.outcomes.items()}
    levers = {name: values[:2] for name, values in results.levers.items()}
    failures = tuple(case for case in results.failures if case.design in ends.designs)
    return replace(results, plan=ends, designs=ends.designs, outcomes=outcomes, levers=levers, failures=failures)


def _manifest(results: Results, first: str, second: str, exact: bool, orders: int) -> Mapping[str, Any]:
    """Return the manifest of the whole run, saying what it was for instead of listing every design between."""
    settings = {**results.manifest.get("settings", {}), "designs": [first, second]}
    way = {"from": first, "to": second, "coalitions": "all" if exact else f"{2 * orders} orders a world"}
    return MappingProxyType({**results.manifest, "settings": settings, "clauses": way})
