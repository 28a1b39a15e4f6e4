"""What is doubtful about a model, read from its file and seen in its base run; nothing here is an error.

Findings of the file come from :mod:`policy_lab.model.lint`. Here the model is run once as it stands: numbers that are
none, tables read outside their points, a start that is no resting point, a time step that is long beside the shortest
time constant, digits that half the step would change.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import numpy as np

from policy_lab.analysis.check_paths import share_words
from policy_lab.analysis.lint_tables import table_findings
from policy_lab.errors import EngineError, InputError, Problem
from policy_lab.model.links import variable_links
from policy_lab.model.lint import Finding, Severity, lint_file
from policy_lab.model.types import Kind, Model

if TYPE_CHECKING:
    from policy_lab.engine import CompiledModel, Series

RESTLESS = 0.01
"""Share of itself that a stock may change by in a time unit at the start before it is told."""
STEPS_PER_CONSTANT = 4.0
"""Time steps that the shortest time constant should hold; with fewer than two a run can oscillate by itself."""
FEW_DIGITS = 2.0
"""Digits under which the time step is told to matter."""
MOST_STATES = 2_000
"""Beyond so many states, time constants are not looked for: their number of pairs grows with the square."""
_MOVE = 1e-6

__all__ = ["Finding", "lint"]


def lint(
    model: Model,
    *,
    outcomes: frozenset[str] = frozenset(),
    engine: Literal["compiled", "numpy"] = "compiled",
) -> tuple[Finding, ...]:
    """Say what is doubtful about a model.

    Parameters
    ----------
    model
        Any model, read.
    outcomes
        Variables that something outside the model reads.
    engine
        ``compiled`` or ``numpy``.

    Returns
    -------
    tuple of Finding
        Those of the file first, then those of the base run. A model that cannot be run as it stands is told as one
        finding, and only its file is looked at.
    """
    return (*lint_file(model, outcomes), *_base_run(model, outcomes, engine))


def _base_run(model: Model, outcomes: frozenset[str], engine: Literal["compiled", "numpy"]) -> tuple[Finding, ...]:
    from policy_lab.engine import compile_model
    from policy_lab.engine.health import numeric_warnings
    from policy_lab.run.single import refuse_if_large

    try:
        refuse_if_large(model, None, final_time=None, time_step=None)
        compiled = compile_model(model, backend=engine)
        series = compiled.run()
    except (InputError, EngineError) as error:
        first = str(error).splitlines()[0]
        problem = Problem(f"cannot be run as it stands, so that only its file was looked at: {first}", model.path)
        return (Finding("base run", "notice", problem),)
    return (
        *(Finding("base run", "warning", problem) for problem in numeric_warnings(series, model)),
        *table_findings(model, engine),
        *_start(compiled, model),
        *_time_constants(compiled, model, series),
        *_digits(compiled, model, outcomes),
    )


def _start(compiled: CompiledModel, model: Model) -> Iterator[Finding]:
    """Tell of stocks that move at the start: their drift mixes with whatever a run is meant to show."""
    states = compiled.initial_states()[0]
    rates = compiled.rates(None, states)[0]
    drawn_back = (
        _own_speed(compiled, states, model.time.initial) if len(states) <= MOST_STATES else np.ones(len(states))
    )
    adding_up = _accumulators(model)
    worst: dict[str, tuple[float, str]] = {}
    for name, state, rate, speed in zip(compiled.states, states, rates, drawn_back, strict=True):
        stock = name.split("[")[0]
        if stock not in model.variables or stock in adding_up or model[stock].kind is not Kind.STOCK:
            continue
        if state == 0 and speed == 0:  # it only adds up
            continue
        share = abs(rate) / abs(state) if state else math.inf if rate else 0.0
        if share > worst.get(stock, (RESTLESS, ""))[0]:
            worst[stock] = (share, name)
    unit = model.time.unit.lower().removesuffix("s") or "time unit"
    for stock, (share, name) in sorted(worst.items(), key=lambda one: -one[1][0]):
        size = f"by {share_words(share)} of itself" if math.isfinite(share) else "from nothing"
        what = f"starts out of equilibrium: `{name}` changes {size} in the first {unit}"
        remedy = "Fine where a transient is meant; else start it at rest."
        yield _finding("start", "notice", model, stock, what, remedy)


def _accumulators(model: Model) -> frozenset[str]:
    """Return the stocks from which no stock is reached: they only add up."""
    effects: dict[str, list[str]] = {}
    for cause, effect in variable_links(model):
        effects.setdefault(cause, []).append(effect)
    stocks = {name for name, variable in model.variables.items() if variable.kind is Kind.STOCK}
    found = set()
    for stock in stocks:
        seen: set[str] = set()
        queue = list(effects.get(stock, ()))
        while queue and not seen & stocks:
            name = queue.pop()
            if name not in seen:
                seen.add(name)
                queue += effects.get(name, ())
        if not seen & stocks:
            found.add(stock)
    return frozenset(found)


def _time_constants(compiled: CompiledModel, model: Model, series: Series) -> Iterator[Finding]:
    """Tell of states that answer to themselves faster than a few time steps, at the start or at the end."""
    count = len(compiled.states)
    if not 0 < count <= MOST_STATES:
        return
    step = model.time.step
    speeds = np.zeros(count)
    for states, time in ((compiled.initial_states()[0], model.time.initial), (series.states[0], model.time.final)):
        speeds = np.maximum(speeds, _own_speed(compiled, states, time))
    worst: dict[str, tuple[float, str]] = {}
    for name, speed in zip(compiled.states, speeds.tolist(), strict=True):
        variable = name.split(" · ")[0].split("[")[0]
        if speed * step * STEPS_PER_CONSTANT > max(1.0 + 1e-6, worst.get(variable, (0.0, ""))[0] * step * 4):
            worst[variable] = (speed, name)
    for variable, (speed, name) in sorted(worst.items(), key=lambda one: -one[1][0]):
        severity: Severity = "warning" if speed * step > 0.5 * (1 + 1e-6) else "notice"
        what = f"the time step {step:g} is long beside `{name}`, which answers to itself in {1 / speed:.3g}"
        remedy = (
            f"Take a time step of {_binary(1 / (STEPS_PER_CONSTANT * speed)):g} or less, or a longer time constant."
        )
        place = variable if variable in model.variables else "TIME STEP"
        yield _finding("time step", severity, model, place, what, remedy)


def _own_speed(compiled: CompiledModel, states: np.ndarray, time: float) -> np.ndarray:
    """Return how fast each state pulls itself back: −d(rate)/d(state), by a small move of each; jumps left out."""
    count = len(states)
    moves = _MOVE * np.maximum(np.abs(states), 1e-3 * max(float(np.abs(states).max(initial=0.0)), 1e-6))
    batch = np.tile(states, (count + 1, 1))
    batch[np.arange(count), np.arange(count)] += moves
    rates = compiled.rates(None, batch, time)
    with np.errstate(all="ignore"):
        slopes = (rates[np.arange(count), np.arange(count)] - rates[count]) / moves
    return np.where(np.isfinite(slopes), np.maximum(-slopes, 0.0), 0.0)


def _digits(compiled: CompiledModel, model: Model, outcomes: frozenset[str]) -> Iterator[Finding]:
    """Tell of stocks and results that half the time step, or another method, changes visibly.

    What lies between them is left out: a difference that passes through nil has no digits whatever the time step.
    """
    from policy_lab.engine.digits import accuracy

    kinds = (Kind.AUXILIARY, Kind.FLOW)
    results = [
        name
        for name, one in model.variables.items()
        if one.kind is Kind.STOCK or (one.kind in kinds and (name in outcomes or not one.uses))
    ]
    try:
        found = accuracy(compiled, outputs=results) if results else None
    except (InputError, EngineError) as error:
        problem = Problem(f"half the time step could not be tried: {str(error).splitlines()[0]}", model.path)
        yield Finding("time step", "notice", problem)
        return
    told: set[str] = set()
    for row in found.rows if found else ():
        name = row.name.split("[")[0]
        if row.digits >= FEW_DIGITS or name in told or name not in model.variables:
            continue
        told.add(name)
        share = max(row.step, row.method)
        size = share_words(share) if math.isfinite(share) else "beyond all measure"
        what = f"`{row.name}` changes by {size} with half the time step or another method"
        remedy = "Shorten the time step until it does not, or say why it should (jumps, drawn events)."
        yield _finding("time step", "warning", model, name, what, remedy)


def _finding(rule: str, severity: Severity, model: Model, name: str, what: str, remedy: str) -> Finding:
    line = model.variables[name].line if name in model.variables else None
    return Finding(rule, severity, Problem(what, model.path, line, name, remedy=remedy))


def _binary(limit: float) -> float:
    """Return the largest power of two that is not above a limit."""
    return float(2.0 ** math.floor(math.log2(limit))) if limit > 0 and math.isfinite(limit) else limit
