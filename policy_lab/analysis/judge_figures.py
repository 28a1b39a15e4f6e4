"""Whether sums add up, formulas hold, figures from outside are met and numerics do not matter: pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from policy_lab.analysis.check_paths import (
    Array,
    Drawing,
    Paths,
    Verdict,
    change_words,
    drawn,
    figure,
    measured,
    share_words,
    term_path,
)
from policy_lab.study.check_schema import AlikeElements, Conserved, Data, Equals, Integration, Paired

if TYPE_CHECKING:
    from policy_lab.engine import Series


def conserved(series: Series, inside: Paths, expected: Conserved, stocks: frozenset[str]) -> Verdict:
    """Say whether what is inside is what was, plus what came in, less what went out.

    Parameters
    ----------
    series
        One or more runs by Euler's method, saved at every time step; it holds the entries and exits.
    inside
        What is inside; all paths are added up.
    expected
        Entries and exits by name.
    stocks
        Which variables are stocks: their change since the start is taken, flows are added up step by step.
    """
    held = np.sum(list(inside.values.values()), axis=0)
    entered = _passed(series, expected.entries, stocks)
    left = _passed(series, expected.exits, stocks)
    due = held[:, :1] + entered - left
    gap = np.abs(held - due) / np.maximum(np.abs(due).max(axis=1, keepdims=True), 1e-12)
    run, at = np.unravel_index(int(np.argmax(np.nan_to_num(gap, nan=np.inf))), gap.shape)
    most = float(gap[run, at])
    unit = f" {inside.unit}" if inside.unit else ""
    seen = (
        f"{figure(float(held[run, 0]))}{unit} at first, {figure(float(entered[run, -1]))} in, "
        f"{figure(float(left[run, -1]))} out, {figure(float(held[run, -1]))} at last; off by {share_words(most)}"
    )
    drawing = Drawing("inside", inside.unit, inside.clock, inside.time, held[int(run)], base=np.asarray(due)[int(run)])
    return Verdict(bool(most <= expected.within), seen, drawing)


def _passed(series: Series, names: Sequence[str], stocks: frozenset[str]) -> Array:
    """Return how much has passed through flows since the start, shape (runs, times)."""
    passed = np.zeros((series.runs, len(series.time)))
    steps = np.diff(series.time)
    for name in names:
        path = np.broadcast_to(term_path(series, name, "sum"), passed.shape)
        if series.spelled(name.split("[")[0]) in stocks:
            passed = passed + path - path[:, :1]
        else:
            passed = passed + np.concatenate(
                [np.zeros((series.runs, 1)), np.cumsum(path[:, :-1] * steps, axis=1)], axis=1
            )
    return passed


def equals(series: Series, paths: Paths, expected: Equals, elements: str) -> Verdict:
    """Hold paths against a formula of other variables."""
    due = _formula(series, expected, elements)
    inside = paths.within(expected.during)
    gaps: dict[str, Array] = {}
    for label, values in paths.values.items():
        wide = np.broadcast_to(due, values.shape)[:, inside]
        here, there = measured(values[:, inside], expected.measured), measured(wide, expected.measured)
        gaps[label] = np.abs(here - there) / np.maximum(np.abs(there).max(axis=1, keepdims=True), 1e-12)
    label = max(gaps, key=lambda name: float(np.max(np.nan_to_num(gaps[name], nan=np.inf))))
    run, at = np.unravel_index(int(np.argmax(np.nan_to_num(gaps[label], nan=np.inf))), gaps[label].shape)
    most = float(gaps[label][run, at])
    wide = np.broadcast_to(due, paths.values[label].shape)
    found = figure(float(measured(paths.values[label][:, inside], expected.measured)[run, at]))
    asked = figure(float(measured(wide[:, inside], expected.measured)[run, at]))
    subject = f"{label} is " if len(paths.values) > 1 else ""
    seen = f"{subject}{found} against {asked}: off by {share_words(most)}"
    drawing = drawn(paths, label, int(run), window=expected.during)
    return Verdict(bool(most <= expected.within), seen, replace(drawing, base=wide[int(run)], spread=None))


def _formula(series: Series, expected: Equals, elements: str) -> Array:
    def term(one: float | str) -> Array:
        return term_path(series, one, elements)

    with np.errstate(all="ignore"):
        if expected.value is not None:
            return term(expected.value)
        if expected.sum:
            return np.asarray(sum(term(one) for one in expected.sum))
        if expected.difference is not None:
            return np.asarray(term(expected.difference[0]) - term(expected.difference[1]))
        if expected.ratio is not None:
            return np.asarray(term(expected.ratio[0]) / term(expected.ratio[1]))
        due = np.ones((1, len(series.time)))
        for one in expected.product:
            due = due * term(one)
    return due


def against_data(paths: Paths, expected: Data, at: Array, figures: Array) -> Verdict:
    """Hold a path against figures from outside; of several runs or elements, each has to lie beside them.

    Parameters
    ----------
    paths
        What the model says.
    expected
        How figures and path are compared.
    at, figures
        Times of the figures on the run's clock, and the figures.
    """
    usable = at <= paths.time[-1] + 1e-9
    at, figures = at[usable], figures[usable]
    if not len(at):
        return Verdict(False, "no figure lies within the time of the run")
    scale = paths.unit
    if expected.relative_to is not None:
        figures = figures / np.interp(expected.relative_to, at, figures)
        scale = f"multiple of its value in {paths.when(expected.relative_to)}"
    found: dict[str, tuple[Array, Array]] = {}
    for label, values in paths.values.items():
        modelled = _sampled(paths.time, values, at, expected.averaged)
        whole = values
        if expected.relative_to is not None:
            one = _sampled(paths.time, values, np.array([expected.relative_to]), expected.averaged)
            modelled, whole = modelled / one, values / one
        found[label] = (modelled, whole)
    excess = {label: _missed(modelled, figures, expected) for label, (modelled, _) in found.items()}
    label = max(excess, key=lambda name: float(np.max(np.nan_to_num(excess[name], nan=np.inf))))
    run = int(np.argmax(np.nan_to_num(excess[label], nan=np.inf)))
    modelled, whole = found[label]
    seen = _data_words(paths, modelled[run], figures, at, expected)
    drawing = Drawing(label, scale, paths.clock, paths.time, whole[run], points=(at, figures), modelled=modelled[run])
    return Verdict(bool(excess[label][run] <= 0), seen, drawing)


def _sampled(time: Array, values: Array, at: Array, averaged: float) -> Array:
    """Return paths at some times, or averaged over a time up to each; before its start a run is at rest."""
    if averaged <= 0:
        return np.stack([np.interp(at, time, row) for row in values])
    steps = np.diff(time)
    area = np.concatenate(
        [np.zeros((len(values), 1)), np.cumsum((values[:, 1:] + values[:, :-1]) / 2 * steps, axis=1)], axis=1
    )

    def upto(moment: Array) -> Array:
        inside = np.stack([np.interp(np.maximum(moment, time[0]), time, row) for row in area])
        return np.asarray(inside + np.minimum(moment - time[0], 0.0) * values[:, :1])

    return np.asarray((upto(at) - upto(at - averaged)) / averaged)


def _missed(modelled: Array, figures: Array, expected: Data) -> Array:
    """Return for each run by how much it misses the figures beyond what is allowed; nil or less is a pass."""
    off = np.abs(modelled / figures - 1)
    match expected.judged:
        case "each":
            return np.asarray(off.max(axis=1) - expected.within)
        case "mean":
            return np.asarray(off.mean(axis=1) - expected.within)
    change, due = modelled[:, -1] / modelled[:, 0] - 1, figures[-1] / figures[0] - 1
    return np.asarray(np.abs(change - due) - expected.within * abs(due))


def _data_words(paths: Paths, modelled: Array, figures: Array, at: Array, expected: Data) -> str:
    if expected.judged == "change":
        first, last = paths.when(float(at[0])), paths.when(float(at[-1]))
        here, there = modelled[-1] / modelled[0], figures[-1] / figures[0]
        return f"{change_words(float(here))} from {first} to {last}; the figures {change_words(float(there))}"
    off = np.abs(modelled / figures - 1)
    worst = int(np.argmax(off))
    return (
        f"{len(at)} figures: off by {share_words(float(off.mean()))} on average, by {share_words(float(off[worst]))} "
        f"at most in {paths.when(round(float(at[worst]), 1))} "
        f"({figure(float(modelled[worst]))} against {figure(float(figures[worst]))})"
    )


def alike(series: Series, names: Sequence[str], expected: AlikeElements, members: tuple[str, ...]) -> Verdict:
    """Say whether all elements along a dimension have the same path, in every variable that has it."""
    spreads: dict[str, float] = {}
    for asked in names:
        name = series.spelled(asked)
        for axis, elements in enumerate(series.elements[name]):
            if elements == members:
                widest = float(np.ptp(series[name], axis=axis + 2).max())
                spreads[name] = float(widest / np.maximum(np.abs(series[name]).max(), 1e-12))
    if not spreads:
        return Verdict(False, f"none of the variables has the dimension `{expected.over}`")
    worst = max(spreads, key=lambda name: spreads[name])
    seen = f"elements differ by at most {share_words(spreads[worst])} ({worst}), in {len(spreads)} variables"
    values = series[worst][0].reshape(len(series.time), -1)
    spread = (values.min(axis=1), values.max(axis=1))
    drawing = Drawing(worst, series.units[worst], series.time_unit, series.time, values.mean(axis=1), spread=spread)
    return Verdict(spreads[worst] <= expected.within, seen, drawing)


def paired(paths: Paths, base: Paths, expected: Paired) -> Verdict:
    """Compare the variance of differences between runs with the same draws with that of runs with different ones."""
    shares = {}
    for label, values in paths.values.items():
        here, there = values[:, -1], base.values[label][:, -1]
        shares[label] = float(np.var(here - there) / np.maximum(np.var(here) + np.var(there), 1e-300))
    worst = max(shares, key=lambda name: shares[name])
    runs = paths.values[worst].shape[0]
    seen = f"the difference varies {share_words(shares[worst])} as much as under different draws ({runs} runs)"
    return Verdict(runs > 1 and shares[worst] <= expected.at_most, seen, drawn(paths, worst, 0))


def integration(usual: Paths, others: Mapping[str, Paths], expected: Integration) -> Verdict:
    """Compare the run as it is with runs at smaller steps and by other methods."""
    worst, gaps = ("", "", 0), {}
    most = -1.0
    for how, paths in others.items():
        gap = 0.0
        for label, values in usual.values.items():
            largest = np.maximum(np.abs(values).max(axis=1, keepdims=True), 1e-12)
            one = float(np.max(np.abs(paths.values[label] - values) / largest))
            gap = max(gap, one)
            if one > most:
                most, worst = one, (how, label, int(np.argmax(np.abs(paths.values[label] - values).max(axis=1))))
        gaps[how] = gap
    seen = "; ".join(f"{how}: {share_words(gap)}" for how, gap in gaps.items())
    drawing = drawn(usual, worst[1], worst[2])
    other = others[worst[0]].values[worst[1]][worst[2]]
    return Verdict(most <= expected.within, f"largest difference {seen}", replace(drawing, base=other, spread=None))
