"""Loops as tables: what the model says of those that a study names, and what cutting each does to the result."""

from __future__ import annotations

import math
from collections.abc import Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from policy_lab.analysis.beside import lever_grade
from policy_lab.analysis.outcomes import path
from policy_lab.analysis.shortfall import shortfall
from policy_lab.analysis.words import listed
from policy_lab.model.loops import shared_links

if TYPE_CHECKING:
    from policy_lab.results.types import Results
    from policy_lab.run.feedback import NamedLoop
    from policy_lab.run.knock_out import KnockOut

BAND = (0.05, 0.95)
"""Quantiles over worlds between which a band reaches."""
WAYS = MappingProxyType({"+": "more", "−": "less", "±": "either", "0": "nothing"})
"""What more of a cause gives of its effect, by the sign of their link."""
SHOWS = 0.005
"""A relative change of the outcome that is smaller than this, mean over worlds, is told as none that shows."""
FIRM = 0.9
"""A link that has its sign in a smaller share of elements and worlds than this is said not to be firm."""


def loop_table(loops: Sequence[NamedLoop]) -> pd.DataFrame:
    """Return one row for each named loop.

    Returns
    -------
    pandas.DataFrame
        ``loop``, ``title``, ``stated`` and ``found`` kind, ``variables`` (how many), ``delay`` (adjustment times on the
        way, added up, in the model's unit), ``slowest`` (the variable with the longest of them), ``weakest_share`` (the
        smallest share of elements and worlds in which a link has its sign), ``cut`` (the link at which it is cut),
        ``also_cut`` (other named loops over that link), ``faults`` (what is not as stated), ``path``.
    """
    paths = {one.name: one.loop.path for one in loops}
    rows = []
    for one in loops:
        slowest = max(one.links, key=lambda link: link.delay, default=None)
        others = [name for name in shared_links(paths, one.loop.cut) if name != one.name]
        rows.append(
            {
                "loop": one.name,
                "title": one.loop.title,
                "stated": one.loop.kind,
                "found": one.kind,
                "variables": len(one.loop.path),
                "delay": one.delay,
                "slowest": slowest.effect if slowest is not None and slowest.delay > 0 else "",
                "weakest_share": min((share for share in one.shares if math.isfinite(share)), default=math.nan),
                "cut": " -> ".join(one.loop.cut),
                "also_cut": ", ".join(others),
                "faults": "; ".join(one.faults),
                "path": " -> ".join((*one.loop.path, one.loop.path[0])),
            }
        )
    return pd.DataFrame(rows)


def link_table(loops: Sequence[NamedLoop]) -> pd.DataFrame:
    """Return one row for each link of each named loop.

    Returns
    -------
    pandas.DataFrame
        ``loop``, ``cause``, ``effect``, ``more_of_the_cause`` (gives ``more`` or ``less`` of the effect, ``either``, or
        ``nothing``), ``share`` (of elements and worlds in which that is so), ``delay`` (the effect's own adjustment
        time, in the model's unit; 0 without memory).
    """
    columns = ["loop", "cause", "effect", "more_of_the_cause", "share", "delay"]
    rows = [
        (one.name, link.cause, link.effect, WAYS[str(link.sign)], share, link.delay)
        for one in loops
        for link, share in zip(one.links, one.shares, strict=True)
    ]
    return pd.DataFrame(rows, columns=columns)


def loop_effects(knocked: KnockOut) -> pd.DataFrame:
    """Return what cutting each loop does, one row for each loop and design.

    Both results have the same worlds and futures, so that their difference is the loop's own. Bands reach over worlds,
    from 5 to 95 %.

    Returns
    -------
    pandas.DataFrame
        ``loop``, ``title``, ``kind``, ``design``; ``risk`` and ``risk_without`` (shares of futures that fall short),
        ``risk_change`` with ``_low`` and ``_high``; ``outcome_change`` with ``_low`` and ``_high``: the relative change
        of the shortfall's variable at the horizon, mean over futures; ``clear``: whether that band leaves out zero;
        ``largest``: the largest change in any world, without sign; ``order_changes``: the share of worlds in which the
        designs come out in another order of the outcome; ``evidence_grade``: the weakest behind the lever scores;
        ``worlds`` and ``futures`` in each.
    """
    study = knocked.whole.plan.study
    whole_risk, whole_end = _risk(knocked.whole), _end(knocked.whole)
    grade = lever_grade(knocked.whole)
    rows = []
    for name, results in knocked.without.items():
        loop = study.file.loops[name]
        risk = _risk(results) - whole_risk
        ends = _end(results)
        with np.errstate(all="ignore"):
            moved = ends / whole_end - 1
        other = _orders_differ(whole_end, ends)
        for place, design in enumerate(results.designs):
            band = _band(moved[place])
            rows.append(
                {
                    "loop": name,
                    "title": loop.title,
                    "kind": loop.kind,
                    "design": design,
                    "risk": _mean(whole_risk[place]),
                    "risk_without": _mean(whole_risk[place] + risk[place]),
                    **dict(
                        zip(("risk_change", "risk_change_low", "risk_change_high"), _band(risk[place]), strict=True)
                    ),
                    **dict(zip(("outcome_change", "outcome_change_low", "outcome_change_high"), band, strict=True)),
                    "clear": bool(band[1] > 0 or band[2] < 0),
                    "largest": float(np.nanmax(np.abs(moved[place]), initial=0.0)),
                    "order_changes": other,
                    "evidence_grade": grade,
                    "worlds": knocked.whole.plan.worlds,
                    "futures": knocked.whole.plan.futures,
                }
            )
    return pd.DataFrame(rows)


def effects_in_words(effects: pd.DataFrame, variable: str) -> str:
    """Say which loops carry weight, and which none that shows.

    Parameters
    ----------
    effects
        As :func:`loop_effects` returns them.
    variable
        The shortfall's variable.
    """
    means = effects.assign(size=effects["outcome_change"].abs()).groupby("loop", sort=False)["size"].max()
    strong = means[means >= SHOWS].sort_values(ascending=False)
    weak = [str(name) for name, size in means.items() if not size >= SHOWS]
    told = [f"{name} ({signed(float(size)).lstrip('+')})" for name, size in strong.items()]
    first = f"Cutting moves {variable} at the horizon most, in some design on average, for {listed(told)}."
    if not told:
        first = f"No cut moves {variable} at the horizon by {SHOWS:.1%} on average in any design."
    return first + (f" By less than {SHOWS:.1%} in every design: {listed(weak)}." if weak and told else "")


def signed(share: float) -> str:
    """Return a relative change in percent with its sign, two significant figures at most.

    >>> signed(0.4567), signed(-0.0234), signed(0.0004), signed(float("nan"))
    ('+46%', '-2.3%', '0%', 'not known')
    """
    if not math.isfinite(share):
        return "not known"
    if abs(share) < 0.0005:
        return "0%"
    return f"{share:+.0%}" if abs(share) >= 0.0995 else f"{share:+.1%}"


def _risk(results: Results) -> np.ndarray:
    """Return the share of futures that fall short, ``[design, world]``."""
    with np.errstate(all="ignore"):
        return np.asarray(_mean_of(shortfall(results).fell))


def _end(results: Results) -> np.ndarray:
    """Return the shortfall's variable at the horizon, mean over futures, ``[design, world]``."""
    variable = results.plan.study.file.measures.shortfall.variable
    return _mean_of(path(results, variable)[..., -1])


def _mean_of(values: np.ndarray) -> np.ndarray:
    """Return the mean over the last axis of what is usable; not-a-number where nothing is."""
    usable = np.isfinite(values)
    count = usable.sum(axis=-1)
    total = np.where(usable, values, 0.0).sum(axis=-1)
    return np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0)


def _mean(values: np.ndarray) -> float:
    return float(_mean_of(values))


def _band(values: np.ndarray) -> tuple[float, float, float]:
    """Return mean, low and high end over worlds."""
    usable = values[np.isfinite(values)]
    if not usable.size:
        return math.nan, math.nan, math.nan
    low, high = np.quantile(usable, BAND)
    return float(usable.mean()), float(low), float(high)


def _orders_differ(one: np.ndarray, other: np.ndarray) -> float:
    """Return the share of usable worlds in which two sets of ``[design, world]`` put the designs in another order."""
    usable = np.isfinite(one).all(axis=0) & np.isfinite(other).all(axis=0)
    if not usable.any():
        return math.nan
    orders = [np.argsort(values[:, usable], axis=0, kind="stable") for values in (one, other)]
    return float((orders[0] != orders[1]).any(axis=0).mean())
