"""Data variables whose values a file beside the model gives: as points over time that every backend follows.

Backends draw straight lines between points. A value that holds until the next one, or from the last one on, is drawn
with two points at each jump, one floating-point number apart, so that no moment lies between them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from policy_lab.engine import ir
from policy_lab.engine.given import SeriesValues
from policy_lab.model.elements import component_elements
from policy_lab.model.types import Kind, Model, Variable

if TYPE_CHECKING:
    from policy_lab.model import expression as ex

Array = NDArray[np.float64]
_BEFORE_ALL = -1.7976931348623157e308  # the least finite number


@dataclass(frozen=True)
class Followed:
    """A data variable: what holds between its points, and its values where the model names a file of them."""

    keyword: str
    values: tuple[SeriesValues, ...] = ()


def followed(model: Model) -> Mapping[str, Followed]:
    """Return the data variables of a model that are followed over time, those of single moments (`:RAW:`) left out."""
    found = {}
    for name, variable in model.variables.items():
        keyword = one_keyword(variable) if variable.kind is Kind.DATA else ""
        if keyword:
            values = tuple(_values(model, variable)) if read_from_file(variable) else ()
            found[name] = Followed(keyword, values)
    return MappingProxyType(found)


def keywords_of(variable: Variable) -> frozenset[str]:
    """Return what the equations of a data variable say of the time between their points."""
    from policy_lab.model import expression as ex  # a model without data never needs it

    return frozenset(one.expression.keyword for one in variable.components if isinstance(one.expression, ex.Data))


def one_keyword(variable: Variable) -> str:
    """Return what a data variable says of the time between its points; empty where that is nothing, or several."""
    keywords = keywords_of(variable)
    return next(iter(keywords)) if len(keywords) == 1 and "raw" not in keywords else ""


def read_from_file(variable: Variable) -> bool:
    """Tell whether every equation of a variable is a series whose points have been read."""
    from policy_lab.model import expression as ex  # a model without data never needs it

    trees = [one.expression for one in variable.components]
    return bool(trees) and all(isinstance(tree, ex.Data) and tree.x for tree in trees)


def drawn(times: Array, values: Array, keyword: str) -> tuple[Array, Array]:
    """Return points such that straight lines between them are what ``keyword`` says.

    Parameters
    ----------
    times, values
        Of shape (points,), rising, and (points, …).
    keyword
        ``interpolate``, ``hold_backward`` (a value holds until the next) or ``look_forward`` (from the last one on).
    """
    if keyword == "interpolate" or len(times) < 2:
        return times, values
    if keyword == "hold_backward":
        beside = np.nextafter(times[1:], -np.inf)
        both, order = np.concatenate([times, beside]), np.concatenate([values, values[:-1]])
    else:
        beside = np.nextafter(times[:-1], np.inf)
        both, order = np.concatenate([times, beside]), np.concatenate([values, values[1:]])
    rising = np.argsort(both, kind="stable")
    both, order = both[rising], order[rising]
    first = np.append(True, np.diff(both) > 0)  # points one number apart leave no room between them
    return both[first], order[first]


def table_of(data: ex.Data) -> ir.Table:
    """Return a series as a table over time, exact at every moment; `:RAW:` has no value but at its points."""
    x, y = np.array(data.x), np.array(data.y)
    if data.keyword == "interpolate":
        return ir.Table(data.x, data.y, "interpolate")
    if data.keyword == "hold_backward":
        return ir.Table(data.x, data.y, "hold_backward")
    if data.keyword == "look_forward":
        steps = np.append(x[0], np.nextafter(x[:-1], np.inf))
        return ir.Table(tuple(steps.tolist()), data.y, "hold_backward")
    points = {_BEFORE_ALL: math.nan} | {float(at): math.nan for at in np.nextafter(x, np.inf)}
    points |= dict(zip(x.tolist(), y.tolist(), strict=True))
    return ir.Table(tuple(sorted(points)), tuple(points[at] for at in sorted(points)), "hold_backward")


def _values(model: Model, variable: Variable) -> Iterator[SeriesValues]:
    """Yield the cells of a variable in row-major order, those over the same times together."""
    from policy_lab.model import expression as ex  # a model without data never needs it

    cells: dict[tuple[str, ...], ex.Data] = {}
    for component in variable.components:
        if isinstance(component.expression, ex.Data):
            cells |= dict.fromkeys(component_elements(component, model.subscripts), component.expression)
    order = [cells[element] for element in itertools.product(*model.elements(variable.name))]
    for _, group in itertools.groupby(order, key=lambda one: (one.x, one.keyword)):
        yield _together([*group])


def _together(cells: Sequence[ex.Data]) -> SeriesValues:
    values = np.array([one.y for one in cells]).T
    times, points = drawn(np.array(cells[0].x), values, cells[0].keyword)
    return SeriesValues(times, np.ascontiguousarray(points.T[:, :, None]))
