"""Whether paths do what is expected of them: pure functions of arrays. Every run and every element has to pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from policy_lab.analysis.check_paths import (
    Array,
    Paths,
    Verdict,
    change_words,
    drawn,
    figure,
    measured,
    share_of,
    share_words,
)
from policy_lab.study.check_schema import Between, Direction, Effect, Extreme, Reaches, Shape, Stays, Turns

ROUNDING = 1e-12
"""By how much of the largest value, or of 1, a bound may be missed: what rounding of a solved start leaves."""
_SPOKEN = {"end": "at the end", "mean": "on average", "highest": "at its highest", "lowest": "at its lowest"}


def between(paths: Paths, expected: Between, base: Paths | None) -> Verdict:
    """Hold paths, or their multiples of the start or the base, against bounds."""
    inside = paths.within(expected.during)
    shown = _relative(paths, expected.of, base)
    scale = "" if expected.of == "value" else f"multiple of the {expected.of}"
    low = -np.inf if expected.low is None else expected.low
    high = np.inf if expected.high is None else expected.high
    found = {label: measured(values[:, inside], expected.measured) for label, values in shown.items()}
    excess = {label: np.maximum(low - values, values - high) for label, values in found.items()}
    label, run, at = _worst(excess)
    worst = float(found[label][run, at])
    largest = max(1.0, *(float(np.abs(values).max()) for values in found.values()))
    passed = bool(excess[label][run, at] <= ROUNDING * largest)
    lowest, highest = _ends(found)
    what = _SPOKEN.get(expected.measured, "")
    seen = f"{figure(lowest)} to {figure(highest)}" if highest - lowest > 1e-9 * abs(highest) else figure(lowest)
    if expected.high is None and len(found) > 1:
        seen = f"{figure(lowest)} or more ({label})"
    elif expected.low is None and len(found) > 1:
        seen = f"{figure(highest)} or less ({label})"
    seen = " ".join(part for part in (seen, what, f"({scale})" if scale else "") if part)
    if not passed:
        when = f" in {paths.when(paths.time[inside][at])}" if expected.measured == "always" else ""
        bound = f"below {figure(low)}" if worst < low else f"above {figure(high)}"
        seen = f"{label} is {figure(worst)}{when}, {bound}; all: {seen}"
    drawing = drawn(
        paths, label, run, values=shown, scale=scale, low=expected.low, high=expected.high, window=expected.during
    )
    return Verdict(passed, seen, drawing)


def direction(paths: Paths, expected: Direction, base: Paths) -> Verdict:
    """Say whether paths lie higher or lower than the base, or where it does."""
    inside = paths.within(expected.during)
    excess, ratios = {}, {}
    for label, values in paths.values.items():
        here = measured(values[:, inside], expected.measured)
        there = measured(base.values[label][:, inside], expected.measured)
        ratio = 1 + (here - there) / np.maximum(np.abs(there), 1e-12)
        ratios[label], excess[label] = ratio, _beyond(ratio - 1, expected)
    kept = _passing_runs(excess, expected.in_share)
    label, run, at = _worst({name: values[kept] for name, values in excess.items()})
    run = int(np.flatnonzero(kept)[run])
    passed = bool(excess[label][run, at] <= 0)
    closest = change_words(float(ratios[label][run, at]))
    seen = f"{closest} {_SPOKEN.get(expected.measured, '')}".strip()
    if len(paths.values) > 1 or len(kept) > 1:
        ends = _ends({name: values[kept] for name, values in ratios.items()})
        seen = " to ".join(dict.fromkeys(change_words(end) for end in ends))
        seen = f"{seen} {_SPOKEN.get(expected.measured, '')}".strip() + f"; closest call: {label}"
    seen += f" in {paths.when(paths.time[inside][at])}" if expected.measured == "always" else ""
    seen += f" ({_pair(paths, base, label, run, inside, at, expected)})"
    if expected.in_share < 1:
        share = float(np.mean(np.all(np.concatenate(list(excess.values()), axis=1) <= 0, axis=1)))
        seen = f"{seen}; so in {100 * share:.0f}% of runs"
    drawing = drawn(paths, label, run, window=expected.during)
    return Verdict(passed, seen, replace(drawing, base=base.values[label][run], spread=None))


def stays(paths: Paths, expected: Stays, base: Paths | None) -> Verdict:
    """Say how far paths move from their start, or from the base."""
    inside = paths.within(expected.during)
    moved = {}
    for label, values in paths.values.items():
        reference = values[:, :1] if expected.of == "start" or base is None else base.values[label][:, inside]
        floor = np.maximum(np.abs(reference), expected.at_least)
        moved[label] = np.abs(values[:, inside] - reference) / floor
    label, run, at = _worst({name: values - expected.within for name, values in moved.items()})
    most = float(moved[label][run, at])
    from_what = "the start" if expected.of == "start" else "the base"
    many = f" ({label})" if len(paths.values) > 1 else ""
    seen = f"moves by at most {share_words(most)} from {from_what}, in {paths.when(paths.time[inside][at])}{many}"
    drawing = drawn(paths, label, run, window=expected.during)
    if expected.of == "base" and base is not None:
        drawing = replace(drawing, base=base.values[label][run], spread=None)
    return Verdict(most <= expected.within, seen, drawing)


def extreme(paths: Paths, expected: Extreme, *, highest: bool) -> Verdict:
    """Say when paths are at their highest or lowest, and how far that is from the start."""
    first, last = expected.between
    excess, times, sizes = {}, {}, {}
    for label, values in paths.values.items():
        at = values.argmax(axis=1) if highest else values.argmin(axis=1)
        times[label] = paths.time[at]
        ratio = share_of(np.take_along_axis(values, at[:, None], axis=1), values[:, :1])[:, 0]
        sizes[label] = ratio - 1 if highest else 1 - ratio
        outside = np.maximum(first - times[label], times[label] - last)
        excess[label] = np.where(outside > 1e-9, np.inf, expected.by - sizes[label])[:, None]
    label, run, _ = _worst(excess)
    when, size = paths.when(float(times[label][run])), float(sizes[label][run])
    word = "highest" if highest else "lowest"
    seen = f"{word} in {when}, {change_words(1 + size if highest else 1 - size)} than at the start"
    if len(paths.values) > 1:
        seen = f"{label} {seen}"
    return Verdict(bool(excess[label][run, 0] <= 0), seen, drawn(paths, label, run, window=expected.between))


def shape(paths: Paths, expected: Shape, base: Paths | None) -> Verdict:
    """Say whether paths first fall and then rise, or the other way round, against their start or the base."""
    inside = paths.within(expected.during)
    time = paths.time[inside]
    told: list[tuple[bool, str, str, int]] = []
    for label, values in paths.values.items():
        reference = values[:, :1] if expected.of == "start" or base is None else base.values[label]
        ratios = share_of(values, np.broadcast_to(reference, values.shape))[:, inside]
        for run, ratio in enumerate(ratios):
            passed, words = _course(ratio - 1, time, expected, paths)
            told.append((passed, words, label, run))
    passed, words, label, run = min(told, key=lambda one: one[0])
    drawing = drawn(paths, label, run, window=expected.during)
    if expected.of == "base" and base is not None:
        drawing = replace(drawing, base=base.values[label][run], spread=None)
    return Verdict(passed, f"{label} {words}" if len(paths.values) > 1 else words, drawing)


def _course(change: Array, time: Array, expected: Shape, paths: Paths) -> tuple[bool, str]:
    falls, rises = change < -expected.by, change > expected.by
    first_fall = float(time[np.argmax(falls)]) if falls.any() else np.inf
    first_rise = float(time[np.argmax(rises)]) if rises.any() else np.inf
    lowest, highest = int(change.argmin()), int(change.argmax())
    parts = []
    if np.isfinite(first_fall):
        parts.append(f"falls to {change_words(1 + change[lowest])} in {paths.when(time[lowest])}")
    if np.isfinite(first_rise):
        parts.append(f"rises to {change_words(1 + change[highest])} in {paths.when(time[highest])}")
    if first_rise < first_fall:
        parts.reverse()
    words = ", then ".join(parts) or "neither falls nor rises"
    passed = {
        "falls before it rises": np.isfinite(first_rise) and first_fall < first_rise,
        "rises before it falls": np.isfinite(first_fall) and first_rise < first_fall,
        "only rises": bool(rises.any() and not falls.any()),
        "only falls": bool(falls.any() and not rises.any()),
    }[expected.course]
    return bool(passed), words


def turns(paths: Paths, expected: Turns) -> Verdict:
    """Look for a turning point inside a window."""
    inside = np.flatnonzero(paths.within(expected.between))
    excess, places = {}, {}
    for label, values in paths.values.items():
        signed = values if expected.to == "falling" else -values
        at = inside[signed[:, inside].argmax(axis=1)]
        top = np.take_along_axis(signed, at[:, None], axis=1)[:, 0]
        before = np.array([row[: place + 1].min() for row, place in zip(signed, at, strict=True)])
        after = np.array([row[place:].min() for row, place in zip(signed, at, strict=True)])
        size = np.minimum(top - before, top - after) / np.maximum(np.abs(top), 1e-12)
        excess[label], places[label] = (expected.by - size)[:, None], at
    label, run, _ = _worst(excess)
    when = paths.when(float(paths.time[places[label][run]]))
    size = expected.by - float(excess[label][run, 0])
    word = "turns to falling" if expected.to == "falling" else "turns to rising"
    passed = bool(excess[label][run, 0] <= 0)
    seen = f"{word} in {when}, by {share_words(size)} on the flatter side" if passed else f"does not turn in {when}"
    return Verdict(passed, seen, drawn(paths, label, run, window=expected.between))


def reaches(paths: Paths, expected: Reaches, base: Paths | None) -> Verdict:
    """Say when paths first come to a level."""
    first, last = expected.between
    excess, times, levels = {}, {}, {}
    for label, values in paths.values.items():
        level = _level(values, expected, None if base is None else base.values[label])
        times[label] = np.array([_crossing(paths.time, row - goal) for row, goal in zip(values, level, strict=True)])
        outside = np.maximum(first - times[label], times[label] - last)
        excess[label], levels[label] = outside[:, None], level
    label, run, _ = _worst(excess)
    when = float(times[label][run])
    level = levels[label][run]
    shown = figure(float(level[0]))
    seen = f"reaches {shown} in {paths.when(round(when, 1))}" if np.isfinite(when) else f"never reaches {shown}"
    drawing = drawn(paths, label, run, low=float(level[0]), window=expected.between)
    return Verdict(bool(excess[label][run, 0] <= 1e-9), seen, drawing)


def effect(paths: Paths, base: Paths, usual: Paths, without: Paths, expected: Effect) -> Verdict:
    """Say how large an effect is beside another: ``paths`` against ``base``, beside ``usual`` against ``without``."""
    inside = paths.within(expected.during)
    shares, sizes = {}, {}
    for label in paths.values:
        here, there = (
            measured((one.values[label] - two.values[label])[:, inside], expected.measured)
            for one, two in ((paths, base), (usual, without))
        )
        shares[label], sizes[label] = share_of(here, there), (here, there)
    low = -np.inf if expected.low is None else expected.low
    high = np.inf if expected.high is None else expected.high
    excess = {label: np.maximum(low - values, values - high) for label, values in shares.items()}
    label, run, at = _worst(excess)
    share = figure(float(shares[label][run, at]))
    pair = " against ".join(figure(float(one[run, at])) for one in sizes[label])
    seen = f"{share} times the usual effect {_SPOKEN[expected.measured]} ({pair})"
    drawing = drawn(paths, label, run, window=expected.during)
    passed = bool(excess[label][run, at] <= 0)
    return Verdict(passed, seen, replace(drawing, base=base.values[label][run], spread=None))


def _level(values: Array, expected: Reaches, base: Array | None) -> Array:
    """Return the level of each run over time, shape (runs, times)."""
    match expected.of:
        case "start":
            return np.broadcast_to(values[:, :1] * expected.level, values.shape)
        case "way" | "peak":
            start = values[:, :1]
            furthest = np.take_along_axis(values, np.abs(values - start).argmax(axis=1)[:, None], axis=1)
            to = values[:, -1:] if expected.of == "way" else furthest
            return np.broadcast_to(start + (to - start) * expected.level, values.shape)
        case "base" if base is not None:
            return base * expected.level
    return np.full(values.shape, expected.level)


def _crossing(time: Array, gap: Array) -> float:
    """Return the first time at which a gap is nil or has changed its sign, between saved times by a straight line."""
    if gap[0] == 0:
        return float(time[0])
    passed = np.flatnonzero(np.sign(gap) != np.sign(gap[0]))
    if not len(passed):
        return float("inf")
    after = int(passed[0])
    share = gap[after - 1] / (gap[after - 1] - gap[after])
    return float(time[after - 1] + share * (time[after] - time[after - 1]))


def _relative(paths: Paths, of: str, base: Paths | None) -> Mapping[str, Array]:
    if of == "start":
        return {label: share_of(values, values[:, :1]) for label, values in paths.values.items()}
    if of == "base" and base is not None:
        return {label: share_of(values, base.values[label]) for label, values in paths.values.items()}
    return paths.values


def _beyond(change: Array, expected: Direction) -> Array:
    """Return by how much a relative change misses what is expected; nil or less is a pass."""
    least = max(expected.by, 1e-9)
    match expected.moves:
        case "higher":
            return least - change
        case "lower":
            return least + change
        case "not higher":
            return change - least
        case "not lower":
            return -change - least
    return np.abs(change) - least


def _passing_runs(excess: Mapping[str, Array], share: float) -> np.ndarray:
    """Return which runs are looked at: all, or the best of them as many as have to pass."""
    worst = np.max(np.concatenate(list(excess.values()), axis=1), axis=1)
    count = max(1, int(np.ceil(share * len(worst) - 1e-9)))
    kept = np.zeros(len(worst), dtype=bool)
    kept[np.argsort(worst, kind="stable")[:count]] = True
    return kept


def _pair(paths: Paths, base: Paths, label: str, run: int, inside: np.ndarray, at: int, expected: Direction) -> str:
    here = measured(paths.values[label][:, inside], expected.measured)[run, at]
    there = measured(base.values[label][:, inside], expected.measured)[run, at]
    return f"{figure(float(here))} against {figure(float(there))}"


def _worst(excess: Mapping[str, Array]) -> tuple[str, int, int]:
    """Return label, run and place of what misses most; what is no number misses most of all."""
    label = max(excess, key=lambda name: float(np.max(np.nan_to_num(excess[name], nan=np.inf))))
    values = np.nan_to_num(excess[label], nan=np.inf)
    run, at = np.unravel_index(int(np.argmax(values)), values.shape)
    return label, int(run), int(at)


def _ends(values: Mapping[str, Array]) -> tuple[float, float]:
    return min(float(one.min()) for one in values.values()), max(float(one.max()) for one in values.values())
