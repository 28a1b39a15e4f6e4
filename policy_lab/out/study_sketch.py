"""What a model file alone lets a new study begin with: its stocks, a lever, a measure to replace, ranges to doubt."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from policy_lab.errors import InputError, Problem
from policy_lab.model.links import component_links, element_name
from policy_lab.model.types import Kind, Model
from policy_lab.model.walk import acting
from policy_lab.study.constants import constant_arrays
from policy_lab.study.elements import split_element
from policy_lab.study.schema import Parameter

SOURCE = "set by `policy-lab new`: replace"
SPREAD = 0.5
"""Of the base value, to both sides, where the model file states no limits: a guess that has to be replaced."""


@dataclass(frozen=True)
class StudySketch:
    """What a new study is written from.

    Parameters
    ----------
    stocks
        The stocks, in the order of the file.
    positive
        Those of them that start above nil in each element.
    measured, start_value
        The stock, or the element of one, that stands in for the measure, and where it starts, in its own unit.
    burden
        Another one, one that starts at nil where there is any; the same where there is no other.
    lever
        The constant that the example design changes: the nearest one that acts on ``measured`` during a run.
    parameters
        A row for each constant.
    saved
        How many times are saved in a run.
    rests
        Whether the model comes to rest at its base values.
    """

    model: Model
    stocks: tuple[str, ...]
    positive: tuple[str, ...]
    measured: str
    start_value: float
    burden: str
    lever: Parameter
    parameters: tuple[Parameter, ...]
    saved: int
    rests: bool

    @property
    def example(self) -> tuple[float, float, float]:
        """What the example design sets the lever to: about half of the way to the further end of its range."""
        ends = [end for end in (self.lever.low, self.lever.high) if end is not None]
        base = self.lever.base
        way = max(ends, key=lambda end: (tidy(abs(end - base)), end)) - base  # upwards where both are as far
        low, mode, high = sorted(tidy(base + share * way) for share in (0.25, 0.5, 0.75))
        return low, mode, high


def sketch_study(model: Model) -> StudySketch:
    """Look a model over, and run it once from its file's starting values.

    Raises
    ------
    InputError
        When the model has no stock, no constant that acts on one, a constant outside its own limits, or cannot be run.
    """
    from policy_lab.engine import compile_model
    from policy_lab.engine.rest import solve_rest
    from policy_lab.run.single import run_model

    stocks = tuple(name for name, variable in model.variables.items() if variable.kind is Kind.STOCK)
    if not stocks:
        raise InputError(Problem(what="has no stock, so that there is nothing to follow over time", file=model.path))
    if model.time.final <= model.time.initial:
        raise InputError(Problem(what="starts and ends at the same time", file=model.path, variable="FINAL TIME"))
    parameters = tuple(parameter_rows(model))
    run = run_model(model, outputs=stocks)
    starts = {name: np.asarray(run[name][0, 0]) for name in stocks}
    measured, lever = _measured(model, starts, parameters)
    name, labels = split_element(measured)
    place = tuple(known.index(label) for known, label in zip(model.elements(name), labels, strict=True))
    adding_up = sorted(stocks, key=lambda stock: bool((starts[stock] != 0).any()))  # a stock that begins empty
    others = [_first_element(model, stock) for stock in adding_up if stock != name]
    return StudySketch(
        model=model,
        stocks=stocks,
        positive=tuple(stock for stock in stocks if (starts[stock] > 0).all()),
        measured=measured,
        start_value=float(starts[name][place]),
        burden=others[0] if others else measured,
        lever=lever,
        parameters=parameters,
        saved=len(run.time),
        rests=bool(solve_rest(compile_model(model)).converged.all()),
    )


def parameter_rows(model: Model) -> Iterator[Parameter]:
    """Yield a row for each constant of a model, or for each element where they differ.

    Raises
    ------
    InputError
        With each value that is no finite number or lies outside the limits that the file states for it.
    """
    problems: list[Problem] = []
    for name, values in constant_arrays(model).items():
        lowest, highest = model[name].limits
        for spelled, base in _spelled(model, name, values):
            fault, remedy = "", ""
            if not np.isfinite(base):
                fault = f"the value {base} is no finite number"
            elif (lowest is not None and base < lowest) or (highest is not None and base > highest):
                fault = (
                    f"the value {base:g} lies outside the limits {_span(lowest, highest)} that the file states for it"
                )
                remedy = "Mend one of them in the model file."
            if fault:
                line = model[name].line
                problems.append(Problem(what=fault, file=model.path, line=line, variable=spelled, remedy=remedy))
            else:
                yield _row(spelled, model[name].unit, base, (lowest, highest))
    if problems:
        raise InputError(*problems)


def _span(lowest: float | None, highest: float | None) -> str:
    """Spell limits as Vensim does, ``?`` for none."""
    return f"[{', '.join('?' if one is None else f'{one:g}' for one in (lowest, highest))}]"


def tidy(value: float) -> float:
    """Return a worked-out number without the trace of binary arithmetic: 0.15, not 0.15000000000000002."""
    return float(f"{value:.12g}")


def _row(name: str, unit: str, base: float, limits: tuple[float | None, float | None]) -> Parameter:
    """Return a row: the limits of the file where it states both, else half the base value to both sides."""
    lowest, highest = limits
    note, fixed = "", False
    if lowest is not None and highest is not None:
        low, high = lowest, highest
        if (low, high) == (0, 1) and base in (0, 1):
            note, fixed = "0 or 1: held, since it may be a switch; write `switch` to draw it", True
    else:
        low, high = (tidy(base - SPREAD * abs(base)), tidy(base + SPREAD * abs(base)))
        low, high = min(max(low, lowest if lowest is not None else low), base), max(high, base)
        high = max(min(high, highest if highest is not None else high), base)
    if low == high:
        return _parameter(name, unit, base, None, None, "fixed", "no limits in the file, and half of nil is nil")
    return _parameter(name, unit, base, low, high, "fixed" if fixed else "triangular", note)


def _parameter(
    name: str, unit: str, base: float, low: float | None, high: float | None, distribution: str, note: str
) -> Parameter:
    return Parameter.model_validate(
        {
            "variable": name,
            "unit": unit,
            "base": base,
            "low": low,
            "high": high,
            "distribution": distribution,
            "grade": "C",
            "mark": "assumption",
            "source": SOURCE,
            "note": note,
        }
    )


def _spelled(model: Model, name: str, values: np.ndarray) -> Iterator[tuple[str, float]]:
    """Yield a constant once where all its elements are alike, else each element."""
    if (values == values.flat[0]).all() or not np.isfinite(values).all():
        yield name, float(values.flat[0] if np.isfinite(values).all() else values[~np.isfinite(values)][0])
        return
    elements = model.elements(name)
    for place in np.ndindex(values.shape):
        labels = tuple(known[at] for known, at in zip(elements, place, strict=True))
        yield element_name(name, labels), float(values[place])


def _first_element(model: Model, name: str) -> str:
    return element_name(name, tuple(known[0] for known in model.elements(name)))


def _measured(
    model: Model, starts: Mapping[str, np.ndarray], parameters: tuple[Parameter, ...]
) -> tuple[str, Parameter]:
    """Choose a stock that some constant acts on, and that constant; one that starts above nil where there is any."""
    ranged = {
        row.variable: row for row in parameters if row.low is not None and not model.elements(_plain(row.variable))
    }
    causes: dict[str, list[str]] = {}
    for variable in model.variables.values():
        found = (_plain(cause) for cause, _ in component_links(model, variable, acting))
        causes[variable.name] = list(dict.fromkeys(found))
    for name in sorted(starts, key=lambda stock: not (starts[stock] > 0).all()):
        for cause in _upstream(causes, name):
            if cause in ranged:
                return _first_element(model, name), ranged[cause]
    raise InputError(
        Problem(
            what="no constant without subscripts acts on a stock, so that no design could choose anything",
            file=model.path,
            remedy="Give the model a constant for what a design chooses.",
        )
    )


def _upstream(causes: Mapping[str, list[str]], name: str) -> Iterator[str]:
    """Yield what acts on a variable, nearest first."""
    queue, seen = deque([name]), {name}
    while queue:
        for cause in causes.get(queue.popleft(), []):
            if cause not in seen:
                seen.add(cause)
                queue.append(cause)
                yield cause


def _plain(element: str) -> str:
    return split_element(element)[0]
