"""What a check looks at, and what it says: paths taken out of a series, and a verdict with what to draw."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from policy_lab.errors import InputError, Problem
from policy_lab.study.elements import split_element

if TYPE_CHECKING:
    from policy_lab.engine import Series
    from policy_lab.study.check_schema import Check, Measured, Window

Array = NDArray[np.float64]
VARIOUS = "various units"
"""The unit of paths that share none."""
TINY = 1e-12
"""What counts as nil when a share is taken of it."""


@dataclass(frozen=True)
class Paths:
    """Paths over time by label: ``values[label]`` has the shape (runs, times), in ``unit``; ``time`` in ``clock``."""

    time: Array
    values: Mapping[str, Array]
    unit: str
    clock: str

    @property
    def start(self) -> dict[str, Array]:
        """The first value of each path, shape (runs, 1)."""
        return {label: values[:, :1] for label, values in self.values.items()}

    def within(self, window: Window | None) -> NDArray[np.bool_]:
        """Tell which times lie in a window; all without one."""
        if window is None:
            return np.ones(len(self.time), dtype=bool)
        inside = (self.time >= window[0] - 1e-9) & (self.time <= window[1] + 1e-9)
        if not inside.any():
            last = self.time[-1]
            raise InputError(
                Problem(what=f"no saved time lies between {window[0]:g} and {window[1]:g}; the run ends at {last:g}")
            )
        return inside

    def when(self, time: float) -> str:
        """Say a time in words."""
        return f"{self.clock.lower().removesuffix('s') or 'time'} {time:g}"


@dataclass(frozen=True)
class Drawing:
    """What a small chart of a check shows; every part but the path may be missing.

    ``path`` is the one that was looked at most closely (the worst); ``spread`` the lowest and highest over runs and
    elements where there are several. ``low`` and ``high`` are bounds, ``window`` a span of time, ``points`` figures
    from outside as times and values, ``modelled`` what the model says for the same times (or the year up to each).
    ``scale`` says what the numbers are.
    """

    label: str
    scale: str
    clock: str
    time: Array
    path: Array
    base: Array | None = None
    spread: tuple[Array, Array] | None = None
    low: float | None = None
    high: float | None = None
    window: tuple[float, float] | None = None
    points: tuple[Array, Array] | None = None
    modelled: Array | None = None


@dataclass(frozen=True)
class Verdict:
    """Whether an expectation was met, and in words what was seen."""

    passed: bool
    seen: str
    drawing: Drawing | None = field(default=None, repr=False)


def paths_of(series: Series, check: Check, names: Sequence[str]) -> Paths:
    """Take the paths of a check out of a series: variables or elements, added up, divided and scaled as it says.

    Parameters
    ----------
    series
        With every variable that the check names.
    check
        What to do with them.
    names
        The variables or elements to look at.
    """
    values: dict[str, Array] = {}
    units: list[str] = []
    below = _below(series, check)
    for spelled in names:
        name, elements = split_element(spelled)
        name = series.spelled(name)
        units.append(series.units[name])
        for label, path in _elements(series, name, elements, check.elements).items():
            divisor = below if check.divided_by else np.ones(1)
            with np.errstate(all="ignore"):
                values[label] = path * check.times / divisor
    unit = units[0] if len(set(units)) == 1 else VARIOUS
    if check.elements == "total" and len(values) > 1:
        values = {f"total of {', '.join(names)}": np.asarray(sum(values.values()))}
    if check.divided_by or check.times != 1:
        unit = f"{unit} × {check.times:g}" if check.times != 1 else unit
        unit = f"{unit} / {check.divided_by}" if check.divided_by else unit
    return Paths(np.asarray(series.time), values, unit, series.time_unit)


def term_path(series: Series, term: float | str, elements: str) -> Array:
    """Return a term of a formula: a number, or a variable whose elements are added up or averaged, (runs, times)."""
    if not isinstance(term, str):
        return np.full((1, len(series.time)), float(term))
    name, chosen = split_element(term)
    name = series.spelled(name)
    found = _elements(series, name, chosen, "sum" if elements == "each" else elements)
    return next(iter(found.values()))


def _below(series: Series, check: Check) -> Array:
    if not check.divided_by:
        return np.ones((1, 1))
    name, elements = split_element(check.divided_by)
    found = _elements(series, series.spelled(name), elements, "sum" if check.elements == "each" else check.elements)
    return next(iter(found.values()))


def _elements(series: Series, name: str, elements: tuple[str, ...], taken: str) -> dict[str, Array]:
    """Return the paths of one variable by label, shape (runs, times)."""
    values = series[name]
    if elements:
        known = series.elements[name]
        place = tuple(labels.index(element) for labels, element in zip(known, elements, strict=True))
        column: tuple[Any, ...] = (slice(None), slice(None), *place)
        return {f"{name}[{','.join(elements)}]": values[column]}
    flat = values.reshape(*values.shape[:2], -1)
    if flat.shape[2] == 1 or taken == "each":
        return {label: flat[:, :, at] for at, label in enumerate(series.element_names(name))}
    return {f"mean of {name}": flat.mean(axis=2)} if taken == "mean" else {f"sum of {name}": flat.sum(axis=2)}


def measured(values: Array, how: Measured) -> Array:
    """Return what is measured of paths of shape (runs, times): (runs, times) for ``always``, else (runs, 1)."""
    match how:
        case "end":
            return values[:, -1:]
        case "mean":
            return values.mean(axis=1, keepdims=True)
        case "highest":
            return values.max(axis=1, keepdims=True)
        case "lowest":
            return values.min(axis=1, keepdims=True)
    return values


def share_of(values: Array, reference: Array, least: float = TINY) -> Array:
    """Return values as multiples of a reference whose size counts as ``least`` at least."""
    floor = np.where(reference < 0, -1.0, 1.0) * np.maximum(np.abs(reference), least)
    return np.asarray(np.where(values == reference, 1.0, values / floor))


def figure(value: float) -> str:
    """Return a number in four significant figures at most, thousands separated.

    >>> figure(0.123456), figure(12345.6), figure(3.0), figure(1.5e-12)
    ('0.1235', '12,346', '3', '1.5e-12')
    """
    if not math.isfinite(value):
        return "no number"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def change_words(ratio: float) -> str:
    """Return a multiple as a change in per cent.

    >>> change_words(1.034), change_words(0.5), change_words(1.0)
    ('3.4% higher', '50% lower', 'the same')
    """
    if not math.isfinite(ratio):
        return "no number"
    change = abs(ratio - 1)
    return "the same" if change < 1e-9 else f"{share_words(change)} {'higher' if ratio > 1 else 'lower'}"


def share_words(share: float) -> str:
    """Return a small share in per cent.

    >>> share_words(0.0123), share_words(2e-13), share_words(2.2)
    ('1.2%', '2e-11%', '220%')
    """
    if not math.isfinite(share):
        return "no number"
    return f"{100 * share:,.0f}%" if share >= 1 else f"{100 * share:.2g}%"


def drawn(
    paths: Paths,
    label: str,
    run: int,
    *,
    values: Mapping[str, Array] | None = None,
    scale: str = "",
    low: float | None = None,
    high: float | None = None,
    window: Window | None = None,
) -> Drawing:
    """Return a drawing of one path, with the spread of all where there are more on the same scale."""
    shown = paths.values if values is None else values
    runs = shown[label].shape[0]
    alike = [label] if paths.unit == VARIOUS and not scale else list(shown)
    every = np.concatenate([shown[name] for name in alike])
    spread = (every.min(axis=0), every.max(axis=0)) if len(alike) > 1 or runs > 1 else None
    path = shown[label][run]
    return Drawing(label, scale or paths.unit, paths.clock, paths.time, path, None, spread, low, high, window)
