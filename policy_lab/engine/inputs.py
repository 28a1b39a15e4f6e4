"""What a caller gives for a batch of runs, checked and laid out for the backends."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from policy_lab.engine.data import Followed, drawn
from policy_lab.engine.given import Given, SeriesValues
from policy_lab.engine.ir import Role
from policy_lab.engine.layout import Layout
from policy_lab.engine.lowered import Lowered
from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.model.types import Model, plain_name

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Input:
    """Something that can be set for each run.

    ``default`` has the shape of ``elements``, one axis a dimension.
    """

    name: str
    unit: str
    dimensions: tuple[str, ...]
    elements: tuple[tuple[str, ...], ...]
    default: Array

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of elements in each dimension."""
        return tuple(len(names) for names in self.elements)


def input_of(model: Model, name: str, default: Array) -> Input:
    """Return a variable of a model as an input with this default."""
    variable = model.variables[name]
    return Input(name, variable.unit, variable.dimensions, model.elements(name), np.asarray(default, dtype=np.float64))


def matched(name: str, candidates: Iterable[str], what: str, remedy: str = "") -> str:
    """Return the candidate that ``name`` means: case and underscores do not count.

    Raises
    ------
    InputError
        With the nearest names.
    """
    candidates = tuple(candidates)
    if name in candidates:
        return name
    wanted = plain_name(name)
    for candidate in candidates:
        if plain_name(candidate) == wanted:
            return candidate
    raise InputError(Problem(what=f"`{name}` is not {what}", nearest=nearest_names(name, candidates), remedy=remedy))


def gathered(
    lowered: Lowered,
    layout: Layout,
    known: Mapping[str, Input],
    defaults: Array,
    values: Mapping[str, ArrayLike],
    *,
    runs: int | None = None,
    series: tuple[SeriesValues, ...] = (),
) -> Given:
    """Lay out the given cells of a batch.

    Parameters
    ----------
    defaults
        The given cells as the model file has them: :func:`default_values`.
    values
        By input, an array of shape (*dimensions) for all runs or (runs, *dimensions); a single number fills an
        input with dimensions.
    runs
        Number of runs where something else decides it.

    Raises
    ------
    InputError
        For unknown names, wrong shapes, numbers of runs that differ, and constants that cannot be set.
    """
    problems: list[Problem] = []
    arrays: dict[str, Array] = {}
    for name, value in values.items():
        try:
            spelled = matched(name, known, "an input of this model", "Constants and freed variables can be set.")
            arrays[spelled] = shaped(known[spelled], value)
            if spelled in lowered.structural and not np.all(arrays[spelled] == known[spelled].default):
                raise InputError(Problem(what=f"`{spelled}` is the order of a delay and cannot be set for a run"))
        except InputError as error:
            problems.extend(error.problems)
    counts = {a.shape[0] for name, a in arrays.items() if a.ndim > len(known[name].shape)}
    counts |= {s.values.shape[2] for s in series if s.values.shape[2] > 1} | ({runs} if runs is not None else set())
    if 0 in counts:
        problems.append(Problem(what="inputs for no runs: an array of length 0"))
    elif len(counts) > 1:
        problems.append(Problem(what=f"inputs for different numbers of runs: {', '.join(map(str, sorted(counts)))}"))
    if problems:
        raise InputError(*problems)
    number = next(iter(counts), 1)
    return Given(number, *_laid_out(layout, defaults, arrays, known, number), series)


def shaped(known: Input, value: ArrayLike) -> Array:
    """Return a value for an input as an array of shape (*dimensions) or (runs, *dimensions), or raise an InputError."""
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(Problem(what=f"the value of `{known.name}` is not a number: {value!r:.60}")) from None
    if array.shape == known.shape or (array.shape[1:] == known.shape and array.ndim == len(known.shape) + 1):
        return array
    if array.ndim == 0:
        return np.full(known.shape, float(array))
    raise InputError(
        Problem(
            what=f"the value of `{known.name}` has shape {array.shape}",
            remedy=f"Give {known.shape} for all runs, or (runs, …) of it.",
        )
    )


def default_values(lowered: Lowered, layout: Layout, known: Mapping[str, Input]) -> Array:
    """Return the given cells as the model file has them."""
    values = np.full(layout.given, np.nan)
    for symbol in lowered.program.of_role(Role.INPUT, Role.LITERAL):
        literal = symbol.role is Role.LITERAL
        own = lowered.program.literals[symbol.name] if literal else known[symbol.name].default.ravel()
        values[layout.offsets[symbol.name] : layout.offsets[symbol.name] + symbol.size] = own
    return values


def _laid_out(
    layout: Layout, defaults: Array, arrays: Mapping[str, Array], known: Mapping[str, Input], runs: int
) -> tuple[Array, NDArray[np.int64], Array]:
    shared, row = defaults.copy(), np.full(layout.given, -1, dtype=np.int64)
    rows: list[Array] = []
    count = 0
    for name, value in arrays.items():
        shape = known[name].shape
        size = math.prod(shape)
        part = slice(layout.offsets[name], layout.offsets[name] + size)
        if value.ndim > len(shape):
            row[part] = np.arange(count, count + size)
            count += size
            rows.append(value.reshape(runs, size).T)
        else:
            shared[part] = value.ravel()
    varying = np.concatenate(rows) if rows else np.empty((0, runs))
    return shared, row, np.ascontiguousarray(varying)


def series_values(
    lowered: Lowered,
    known: Mapping[str, Input],
    series: Mapping[str, tuple[ArrayLike, ArrayLike]],
    data: Mapping[str, Followed],
) -> tuple[SeriesValues, ...]:
    """Lay out the values given over time.

    Parameters
    ----------
    series
        By variable, times of shape (points,) and values of shape (points, *dimensions) or
        (runs, points, *dimensions). A constant that is not given keeps its default.
    data
        The data variables of the model: those that are not given follow what a file beside the model says.

    Raises
    ------
    InputError
        For unknown or missing names, times that do not rise, and wrong shapes.
    """
    symbols = lowered.program.of_role(Role.SERIES)
    names = [symbol.name for symbol in symbols]
    remedy = "Name it in `series` when the model is compiled."
    given = {matched(name, names, "a series of this compiled model", remedy): pair for name, pair in series.items()}
    laid_out: list[SeriesValues] = []
    for symbol in symbols:
        if symbol.name in given:
            times, values = given[symbol.name]
            keyword = data[symbol.name].keyword if symbol.name in data else "interpolate"
            numbers = np.asarray(times, float), np.asarray(values, float)
            laid_out.append(_one_series(symbol.name, symbol.shape, *numbers, keyword))
        elif symbol.name in known:
            laid_out.append(SeriesValues(np.zeros(1), known[symbol.name].default.reshape(symbol.size, 1, 1)))
        elif symbol.name in data and data[symbol.name].values:
            laid_out += data[symbol.name].values
        else:
            raise InputError(Problem(what=f"no values given for the series `{symbol.name}`"))
    return tuple(laid_out)


def _one_series(name: str, shape: Sequence[int], times: Array, values: Array, keyword: str) -> SeriesValues:
    if times.ndim != 1 or not len(times) or not np.all(np.diff(times) > 0):
        raise InputError(Problem(what=f"the times of the series `{name}` do not rise"))
    full = (len(times), *shape)
    if values.shape == full:
        values = values[None]
    elif values.shape[1:] != full:
        raise InputError(Problem(what=f"the series `{name}` has shape {values.shape}, expected {full} or (runs, …)"))
    by_point = values.reshape(values.shape[0], len(times), -1).transpose(1, 2, 0)
    times, by_point = drawn(times, by_point, keyword)
    return SeriesValues(times, np.ascontiguousarray(by_point.transpose(1, 0, 2)))
