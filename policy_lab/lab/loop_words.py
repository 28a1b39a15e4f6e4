"""What is said of the loops that a study names, and of what the designs do without some of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from policy_lab.analysis.loops import WAYS
from policy_lab.analysis.words import count, listed, two_figures
from policy_lab.model.loops import shared_links
from policy_lab.model.sections import sections
from policy_lab.run.feedback import NamedLoop
from policy_lab.study.study import Study

ALIKE: Final = 0.005
"""Two ends of paths that lie closer than this share of their size are told as level."""


def plain_loops(study: Study) -> list[dict[str, Any]]:
    """Return the named loops as plain values: what the study says of each, and in which views its variables stand."""
    homes = {name: view for view, names in sections(study.model).items() for name in names}
    paths = {name: loop.path for name, loop in study.file.loops.items()}
    return [
        {
            "name": name,
            "title": loop.title,
            "kind": loop.kind,
            "meaning": loop.meaning,
            "path": list(loop.path),
            "homes": [homes.get(one, "") for one in loop.path],
            "cut": list(loop.cut),
            "also": [other for other in shared_links(paths, loop.cut) if other != name],
        }
        for name, loop in study.file.loops.items()
    ]


def found_words(one: NamedLoop, unit: str) -> dict[str, Any]:
    """Return what the model says of a loop: its signs, each link in words, its delay, and what is not as stated."""
    steps = [
        f"more {link.cause} gives {WAYS[str(link.sign)]} {link.effect}{_delay(link.delay, unit)}" for link in one.links
    ]
    slowest = max(one.links, key=lambda link: link.delay, default=None)
    words = ""
    if slowest is not None and math.isfinite(one.delay) and slowest.delay > 0:
        words = f"Adjustment times on its way add up to about {time_words(one.delay, unit)}; "
        words += f"the slowest is that of {slowest.effect}."
    elif slowest is not None and slowest.delay > 0:
        words = f"{slowest.effect} only accumulates, so that the loop has no time of its own."
    elif slowest is not None:
        words = "Nothing on its way takes time."
    faults = f" Not as stated: {'; '.join(one.faults)}." if one.faults else ""
    return {"signs": [str(link.sign) for link in one.links], "steps": steps, "words": words + faults, "found": one.kind}


def _delay(delay: float, unit: str) -> str:
    if not delay > 0:
        return ""
    return f" (over about {time_words(delay, unit)})" if math.isfinite(delay) else " (which accumulates it)"


def time_words(value: float, unit: str) -> str:
    """Return a span of time in words.

    >>> time_words(24.8, "Month"), time_words(0.4, "Month"), time_words(1.0, "Year")
    ('25 months', '0.40 months', '1 year')
    """
    shown = f"{value:,.0f}" if value >= 10 else f"{value:.0f}" if value == round(value) else two_figures(value)
    noun = unit.lower().removesuffix("s")
    return f"{shown} {noun}{'' if shown == '1' else 's'}"


def lead_words(
    cut: str, names: tuple[str, str], whole: tuple[float, float], without: tuple[float, float], outcome: str
) -> str:
    """Say what cutting loops does to the lead of one design over another at the end of the central paths.

    Parameters
    ----------
    cut
        What was cut, ``R7`` or ``R7 and B2``.
    names
        Of the two designs.
    whole, without
        The outcome of the two at the end.
    """
    one, other = names
    before, after = whole[0] - whole[1], without[0] - without[1]
    size = max(abs(value) for value in (*whole, *without)) or 1.0
    if abs(after - before) < ALIKE * size:
        return f"With {cut} cut, {_lead(one, other, after, size)} in {outcome} at the end, as in the whole model."
    return (
        f"With {cut} cut, {_lead(one, other, after, size)} in {outcome} at the end; "
        f"in the whole model {_lead(one, other, before, size)}."
    )


def _lead(one: str, other: str, gap: float, size: float) -> str:
    if not math.isfinite(gap):
        return f"{one} and {other} cannot be compared"
    if abs(gap) < ALIKE * size:
        return f"{one} and {other} are level"
    return f"{one} is {two_figures(abs(gap))} {'ahead of' if gap > 0 else 'behind'} {other}"


def order_words(names: Sequence[str], whole: np.ndarray, without: np.ndarray) -> str:
    """Say whether cutting loops puts the ends of the designs' paths in another order; ends that are level have none."""
    turned = []
    size = float(np.abs(np.nan_to_num([whole, without])).max()) or 1.0
    for one in range(len(names)):
        for other in range(len(names)):
            before, after = whole[one] - whole[other], without[one] - without[other]
            if before > ALIKE * size and after < -ALIKE * size:
                turned.append(f"{names[other]} comes to lie before {names[one]}")
    if len(names) < 2:
        return ""
    if not turned:
        return f"The order of the {count(len(names), 'path')} stays as it was, near ties apart."
    more = f", and {count(len(turned) - 3, 'more pair')} turn" if len(turned) > 3 else ""
    return f"The order changes: {listed(turned[:3]) if not more else ', '.join(turned[:3])}{more}."


def cut_words(study: Study, names: Sequence[str]) -> str:
    """Say where loops are cut, and which others go over the same links."""
    paths: Mapping[str, Sequence[str]] = {name: loop.path for name, loop in study.file.loops.items()}
    said = []
    for name in names:
        cause, effect = study.file.loops[name].cut
        said.append(f"{name} is cut where {cause} acts on {effect}: {effect} goes on seeing it as it was at rest")
    also = dict.fromkeys(
        other for name in names for other in shared_links(paths, study.file.loops[name].cut) if other not in names
    )
    verb = "goes" if len(also) == 1 else "go"
    more = (
        f" {listed(list(also))} {verb} over the same link and {'is' if len(also) == 1 else 'are'} cut too."
        if also
        else ""
    )
    return f"{'; '.join(said)}.{more}"
