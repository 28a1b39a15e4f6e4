"""One check, run and judged: which runs it needs, and which judgement it asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from policy_lab.analysis import judge, judge_figures
from policy_lab.analysis.check_paths import Paths, Verdict, paths_of
from policy_lab.analysis.structure import structure_faults
from policy_lab.errors import InputError, Problem
from policy_lab.model.types import Kind, Model
from policy_lab.run.conditions import Bench
from policy_lab.study.check_file import EVERY_STOCK
from policy_lab.study.check_schema import Beside, Check, Condition, Data
from policy_lab.study.check_tables import table_points
from policy_lab.study.study import Study

MOST_NAMED = 3
"""Faults of a file that are named one by one."""


def with_figures(found: Verdict, one: Check, folder: Path) -> Verdict:
    """Return a verdict whose drawing shows the figures that stand beside the path, within the time of the run."""
    if one.beside is None or found.drawing is None or found.drawing.points is not None:
        return found
    drawing = found.drawing
    at, figures = _figures(one.beside, folder)
    if one.beside.relative_to is not None:
        there = np.interp(one.beside.relative_to, at, figures)
        figures = figures * np.interp(one.beside.relative_to, drawing.time, drawing.path) / there
    shown = at <= drawing.time[-1]
    return replace(found, drawing=replace(drawing, points=(at[shown], figures[shown])))


def verdict(bench: Bench, one: Check) -> Verdict:
    """Make the runs that a check needs, and judge what they show.

    Raises
    ------
    InputError
        For what cannot be used in its condition.
    EngineError
        When no resting point is found.
    """
    model = bench.model(one.when)
    expect = one.expect
    if expect.holds is not None:
        return _read_only(model, bench.checks.study, expect.holds)
    names = _names(model, one)
    needed = _needed(one, names)
    if expect.integration is not None:
        return _integration(bench, one, names or _outcomes(bench), needed or _outcomes(bench))
    condition = one.when
    if expect.conserved is not None:
        step = condition.time_step or model.time.step
        condition = condition.model_copy(update={"method": "euler", "save_every": step})
    series = bench.series(condition, needed)
    paths = paths_of(series, one, names)
    lost = _not_finite(paths)
    if lost:
        return Verdict(False, lost)
    if expect.conserved is not None:
        stocks = frozenset(name for name, variable in model.variables.items() if variable.kind is Kind.STOCK)
        return judge_figures.conserved(series, paths, expect.conserved, stocks)
    if expect.equals is not None:
        return judge_figures.equals(series, paths, expect.equals, one.elements)
    if expect.alike is not None:
        return judge_figures.alike(series, names, expect.alike, model.subscripts[expect.alike.over])
    if isinstance(expect.what, Data):
        return judge_figures.against_data(paths, expect.what, *_figures(expect.what, bench.checks.path.parent))
    return _on_paths(one, paths, lambda condition: paths_of(bench.series(condition, needed), one, names))


def _on_paths(one: Check, paths: Paths, under: Callable[[Condition], Paths]) -> Verdict:
    """Judge what needs paths alone, those of the base, or those of another effect."""
    expect = one.expect
    compares = expect.kind in ("direction", "paired", "effect") or getattr(expect.what, "of", "") == "base"
    other = under(one.when.undisturbed if one.against is None else one.against) if compares else None
    if expect.direction is not None and other is not None:
        return judge.direction(paths, expect.direction, other)
    if expect.effect is not None and other is not None:
        usual = expect.effect.when
        without = usual.undisturbed if expect.effect.against is None else expect.effect.against
        return judge.effect(paths, other, under(usual), under(without), expect.effect)
    if expect.paired is not None and other is not None:
        return judge_figures.paired(paths, other, expect.paired)
    if expect.between is not None:
        return judge.between(paths, expect.between, other)
    if expect.stays is not None:
        return judge.stays(paths, expect.stays, other)
    if expect.shape is not None:
        return judge.shape(paths, expect.shape, other)
    if expect.turns is not None:
        return judge.turns(paths, expect.turns)
    if expect.reaches is not None:
        return judge.reaches(paths, expect.reaches, other)
    return judge.extreme(paths, expect.what, highest=expect.peaks is not None)


def _integration(bench: Bench, one: Check, names: Sequence[str], needed: Sequence[str]) -> Verdict:
    expected = one.expect.integration
    assert expected is not None  # noqa: S101
    time = bench.model(one.when).time
    step = one.when.time_step or time.step
    usual = one.when.model_copy(update={"time_step": step, "save_every": max(time.save_period, step)})

    def paths(condition: Condition) -> Paths:
        return paths_of(bench.series(condition, needed), one, names)

    others = {
        f"step {step / 2**halving:g}": usual.model_copy(update={"time_step": step / 2**halving})
        for halving in range(1, expected.halvings + 1)
    }
    others |= {method.upper(): usual.model_copy(update={"method": method}) for method in expected.methods}
    return judge_figures.integration(
        paths(usual), {name: paths(condition) for name, condition in others.items()}, expected
    )


def _outcomes(bench: Bench) -> tuple[str, ...]:
    """Return what numerics are judged by where a check names no variable: the study's measure, or every stock."""
    study, model = bench.checks.study, bench.checks.models[""]
    if study is not None:
        return (study.file.measures.shortfall.variable,)
    return tuple(name for name, variable in model.variables.items() if variable.kind is Kind.STOCK)


def _read_only(model: Model, study: Study | None, what: str) -> Verdict:
    """Judge what is read from the file without a run."""
    faults, seen = _faults(model, study, what)
    if not faults:
        return Verdict(True, seen)
    more = f" and {len(faults) - MOST_NAMED} more" if len(faults) > MOST_NAMED else ""
    return Verdict(False, "; ".join(faults[:MOST_NAMED]) + more)


def _faults(model: Model, study: Study | None, what: str) -> tuple[list[str], str]:
    if what == "structure":
        rule = study.file.structure if study else None
        if rule is None:
            raise InputError(Problem(what="the study states no `structure`"))
        links = len(model.variables)
        return [str(fault) for fault in structure_faults(model, rule)], f"no forbidden link among {links} variables"
    if what == "units":
        from policy_lab.model.dimensions import check_units

        report = check_units(model)
        found = [str(one) for one in (*report.faults, *report.warnings)]
        found += [f"`{name}` has no unit" for name in report.undeclared]
        return found, f"{report.checked} equations agree in their units"
    if what == "unclipped":
        from policy_lab.model.lint import clipped_stocks

        return [str(one.problem) for one in clipped_stocks(model)], "no stock is kept in bounds by MIN or MAX"
    bare = [
        f"`{one.name}` (line {one.line}) lacks {'a unit' if not one.unit.strip() else 'a word of what it means'}"
        for one in model.variables.values()
        if not one.unit.strip() or not one.documentation.strip()
    ]
    return bare, f"{len(model.variables)} variables have a unit and say what they mean"


def _names(model: Model, one: Check) -> tuple[str, ...]:
    """Return the variables and elements that a check looks at."""
    names: dict[str, None] = {}
    for spelled in one.variables:
        if spelled == EVERY_STOCK:
            names |= dict.fromkeys(name for name, variable in model.variables.items() if variable.kind is Kind.STOCK)
        else:
            names[spelled] = None
    spared = {model.spelled(name.split("[")[0]) + name.partition("[")[1] + name.partition("[")[2]
              for name in one.leaving_out}  # fmt: skip
    return tuple(name for name in names if name not in spared)


def _needed(one: Check, names: Sequence[str]) -> tuple[str, ...]:
    """Return the whole variables that a run has to save."""
    terms: list[Any] = [*names, one.divided_by]
    if one.expect.conserved is not None:
        terms += [*one.expect.conserved.entries, *one.expect.conserved.exits]
    if one.expect.equals is not None:
        formula = one.expect.equals
        terms += [formula.value, *formula.sum, *formula.product, *(formula.difference or ()), *(formula.ratio or ())]
    whole = (term.split("[")[0].strip() for term in terms if isinstance(term, str) and term)
    return tuple(dict.fromkeys(whole))


def _figures(expected: Data | Beside, folder: Path) -> tuple[np.ndarray, np.ndarray]:
    if expected.table is not None:
        return table_points(folder, expected.table)
    at, values = zip(*expected.points, strict=True)
    return np.array(at, dtype=float), np.array(values, dtype=float)


def _not_finite(paths: Paths) -> str:
    for label, values in paths.values.items():
        bad = ~np.isfinite(values).all(axis=0)
        if bad.any():
            return f"{label} is no number from {paths.when(float(paths.time[int(np.argmax(bad))]))} on"
    return ""
