"""The equation book: every variable with its equation, unit, value, range, evidence and loops, view by view."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from policy_lab.errors import InputError
from policy_lab.model.loops import feedback_groups, running_links
from policy_lab.model.scan import folded
from policy_lab.model.sections import sections
from policy_lab.model.types import Kind, Model, Variable
from policy_lab.study.constants import constant_array

if TYPE_CHECKING:
    from policy_lab.run.feedback import NamedLoop
    from policy_lab.study import Study
    from policy_lab.study.schema import Parameter

MOST_NUMBERS = 6
"""So many elements are listed one by one; of more the smallest and the largest are told."""
COLUMNS = {
    "view": "The view, or group of equations, in which the variable stands",
    "variable": "Its name, with the element where a row is about one element only",
    "kind": "stock, flow, auxiliary, constant, lookup, data",
    "subscripts": "The ranges over which it is defined",
    "unit": "As the model file gives it",
    "equation": "As the model file has it",
    "value": "A constant's base value",
    "low": "Low end of a constant's range",
    "high": "High end of a constant's range",
    "distribution": "How a constant is drawn between them",
    "grade": "Evidence: A published statistic, B literature, C judgement",
    "mark": "How far the fact was verified: found, recalled, computed, assumption",
    "source": "Where a constant's value comes from",
    "loops": "Named loops through the variable",
    "feedback": "Whether it is in any feedback loop of the model",
    "meaning": "The documentation in the model file",
    "line": "Line of the model file",
}
"""The columns of the book, and what they hold."""
_ORDER = (Kind.STOCK, Kind.FLOW, Kind.AUXILIARY, Kind.DATA, Kind.LOOKUP, Kind.CONSTANT)


def equation_book(model: Model, *, study: Study | None = None, loops: Sequence[NamedLoop] = ()) -> pd.DataFrame:
    """Return the equation book of a model.

    Only constants have a value in it: what comes out of a run is a result, and results have their own rules of what
    may be said.

    Parameters
    ----------
    model
        The model.
    study
        For ranges, grades and sources of constants; without it those columns are empty.
    loops
        Named loops, as `policy_lab.run.feedback.named_loops` finds them.

    Returns
    -------
    pandas.DataFrame
        The columns of :data:`COLUMNS`. One row a variable; of a constant whose elements have rows of their own in
        ``parameters.csv``, one row for each of those. In a view stocks come first, constants last.
    """
    circular = {name for group in feedback_groups(running_links(model)) for name in group}
    through: dict[str, list[str]] = {}
    for one in loops:
        for name in one.loop.path:
            through.setdefault(name, []).append(one.name)
    parameters = _parameters(study)
    values = study.constants if study else _literal_values(model)
    rows = []
    for view, names in sections(model).items():
        for name in sorted(names, key=lambda name: _ORDER.index(model.variables[name].kind)):
            variable = model.variables[name]
            common = {
                "view": view,
                "variable": name,
                "kind": str(variable.kind),
                "subscripts": ", ".join(variable.dimensions),
                "unit": variable.unit,
                "equation": equation_text(variable),
                "value": value_text(model, name, values),
                "loops": ", ".join(through.get(name, ())),
                "feedback": name in circular,
                "meaning": " ".join(variable.documentation.split()),
                "line": variable.line,
            }
            rows += list(_rows(common, parameters.get(name, ())))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _literal_values(model: Model) -> dict[str, np.ndarray]:
    """Return the constants that the file gives as numbers; one that it gives in another way has no value here."""
    found = {}
    for name, variable in model.variables.items():
        if variable.kind is Kind.CONSTANT:
            with suppress(InputError):
                found[name] = constant_array(model, variable)
    return found


def _rows(common: Mapping[str, object], known: Sequence[tuple[str, Parameter]]) -> Iterator[dict[str, object]]:
    if not known:
        yield dict(common)
    for spelled, one in known:
        evidence = {
            "low": one.low,
            "high": one.high,
            "distribution": one.distribution,
            "grade": one.grade,
            "mark": one.mark,
            "source": one.source,
        }
        own = {"variable": spelled, "value": number(one.base)} if spelled != common["variable"] else {}
        yield {**common, **own, **evidence}


def _parameters(study: Study | None) -> dict[str, list[tuple[str, Parameter]]]:
    """Return the rows of ``parameters.csv`` of each constant."""
    found: dict[str, list[tuple[str, Parameter]]] = {}
    for spelled, one in (study.parameters if study else {}).items():
        found.setdefault(spelled.partition("[")[0].strip(), []).append((spelled, one))
    return found


def equation_text(variable: Variable) -> str:
    """Return the equations of a variable, each on a line of its own, white space folded."""
    begins = re.compile(rf"\n(?=\s*{re.escape(variable.name)}\s*[\[=(:])", re.IGNORECASE)
    return "\n".join(line for line in (folded(part) for part in begins.split(variable.equation)) if line)


def value_text(model: Model, name: str, values: Mapping[str, np.ndarray]) -> str:
    """Return a value in words: a number, a few of them with their elements, or smallest and largest of many."""
    if name not in values:
        return ""
    array = np.asarray(values[name], dtype=float)
    if array.ndim == 0 or array.size == 1:
        return number(float(array.ravel()[0]))
    finite = array[np.isfinite(array)]
    if not finite.size:
        return "not known"
    if finite.min() == finite.max() and finite.size == array.size:
        return f"{number(float(finite.min()))} each"
    if array.ndim == 1 and array.size <= MOST_NUMBERS:
        labels = model.elements(name)[0]
        return "; ".join(f"{label} {number(float(value))}" for label, value in zip(labels, array, strict=True))
    return f"{number(float(finite.min()))} to {number(float(finite.max()))}"


def number(value: float | None) -> str:
    """Return a number with four significant figures at most.

    >>> number(0.123456), number(1234.5), number(84400000.0), number(None)
    ('0.1235', '1,234', '84,400,000', '')
    """
    if value is None:
        return ""
    if not np.isfinite(value):
        return "not known"
    if value == 0:
        return "0"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}"
