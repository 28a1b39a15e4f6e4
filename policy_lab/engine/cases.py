"""What a user sets for runs, in the forms in which it is natural to give: whole constants, elements, tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from policy_lab.engine.inputs import Input, matched, shaped
from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.model.types import Kind, Model, plain_name

Array = NDArray[np.float64]
_INSTEAD = {
    Kind.TIME: "Time settings are arguments of a run: `time_step`, `final_time`, `initial_time`, `save_period`.",
    Kind.LOOKUP: "A table cannot be set for a run; change it in the model file.",
    Kind.DATA: "Give its values over time to the run, by `series`; without a file of them, compile with it there.",
    Kind.AUXILIARY: "Set what it is computed from, or name it in `free` or `series` when the model is compiled.",
    Kind.FLOW: "Set what it is computed from, or name it in `free` or `series` when the model is compiled.",
}


def by_input(
    model: Model, known: Mapping[str, Input], values: Mapping[str, ArrayLike], *, allow_nan: bool = True
) -> dict[str, ArrayLike]:
    """Return values by input, as the model spells it; single elements (``Fleet[north]``) are put into their input.

    Parameters
    ----------
    model, known
        The model, and what can be set in it.
    values
        By input, a number or an array of shape (*dimensions) or (runs, *dimensions); by element, a number or an array
        of shape (runs,). An element given goes before the whole input; elements not given keep theirs.

    Raises
    ------
    InputError
        For a name that cannot be set, with the nearest names and what to do instead; for an input given twice, one of
        the wrong shape, and one that is not a number where the model file has one, unless ``allow_nan``.
    """
    whole: dict[str, ArrayLike] = {}
    single: dict[str, dict[tuple[int, ...], ArrayLike]] = {}
    problems: list[Problem] = []
    for asked, value in values.items():
        try:
            name, place = place_of(model, known, asked)
            there = place in single.get(name, {}) if place is not None else name in whole
            if there:
                raise InputError(Problem(what=f"`{asked}` is given twice"))
            if place is None:
                whole[name] = value
            else:
                single.setdefault(name, {})[place] = value
        except InputError as error:
            problems.extend(error.problems)
    for name, elements in single.items():
        try:
            whole[name] = _put_together(known[name], whole.get(name), elements)
        except InputError as error:
            problems.extend(error.problems)
    for name, value in whole.items():
        try:
            array = shaped(known[name], value)
        except InputError as error:
            problems.extend(error.problems)
            continue
        missing = np.isnan(array) & ~np.isnan(known[name].default)
        if missing.any() and not allow_nan:
            at = f" at {tuple(int(place) for place in np.argwhere(missing)[0])}" if missing.ndim else ""
            what = f"the value of `{name}` is not a number{at}"
            problems.append(Problem(what=what, remedy="Leave it out to keep the value of the model file."))
    if problems:
        raise InputError(*problems)
    return whole


def joined(cases: Any) -> Mapping[str, ArrayLike]:
    """Return many cases as one mapping of arrays with a first axis of runs.

    Parameters
    ----------
    cases
        A sequence of mappings, one a run, which all set the same names; a mapping of arrays with a first axis of runs;
        or a table with a column for each constant or element (anything with ``columns``, such as a pandas DataFrame).

    Raises
    ------
    InputError
        When cases set different names or are neither of these.
    """
    if hasattr(cases, "columns") and hasattr(cases, "__getitem__"):
        return {str(column): np.asarray(cases[column]) for column in cases.columns}
    if isinstance(cases, Mapping):
        return cases
    if not isinstance(cases, Sequence) or isinstance(cases, str) or not all(isinstance(one, Mapping) for one in cases):
        what = f"cases are a sequence of mappings, a mapping of arrays or a table, not {type(cases).__name__}"
        raise InputError(Problem(what=what))
    if not cases:
        raise InputError(Problem(what="no cases to run"))
    first = {plain_name(name): name for name in cases[0]}
    stacked: dict[str, list[ArrayLike]] = {name: [] for name in first.values()}
    for number, case in enumerate(cases):
        own = {plain_name(name): value for name, value in case.items()}
        if own.keys() != first.keys():
            differing = ", ".join(f"`{name}`" for name in sorted(own.keys() ^ first.keys()))
            remedy = "Give every case the same names; the model's own values are in `compiled.inputs`."
            raise InputError(Problem(what=f"cases 0 and {number} do not set the same: {differing}", remedy=remedy))
        for plain, name in first.items():
            stacked[name].append(own[plain])
    return {name: _stacked(name, values) for name, values in stacked.items()}


def many(values: Mapping[str, ArrayLike], known: Mapping[str, Input]) -> dict[str, ArrayLike]:
    """Return values by input, each with a first axis of runs.

    Raises
    ------
    InputError
        For a value that is one for all runs, and for different numbers of runs.
    """
    problems = []
    for name, value in values.items():
        shape = np.shape(value)
        if len(shape) != len(known[name].shape) + 1:
            remedy = f"Give an array of shape {('runs', *known[name].shape)}; `run` takes values for all runs."
            problems.append(Problem(what=f"`{name}` has shape {shape}", remedy=remedy.replace("'", "")))
    if problems:
        raise InputError(*problems)
    return dict(values)


def outside_limits(model: Model, known: Mapping[str, Input], values: Mapping[str, ArrayLike]) -> tuple[Problem, ...]:
    """Return a warning for each value outside the limits that the model file states; the run is made all the same."""
    found = []
    for name, value in values.items():
        low, high = model.variables[name].limits
        if low is None and high is None:
            continue
        array = np.asarray(value, dtype=np.float64)
        out = array[(array < (-np.inf if low is None else low)) | (array > (np.inf if high is None else high))]
        if out.size:
            span = f"[{'?' if low is None else f'{low:g}'}, {'?' if high is None else f'{high:g}'}]"
            what = f"set to {out.flat[0]:g}, outside the limits {span} of the model file"
            found.append(Problem(what=what, variable=name, file=model.path, line=model.variables[name].line or None))
    return tuple(found)


def place_of(model: Model, known: Mapping[str, Input], asked: str) -> tuple[str, tuple[int, ...] | None]:
    """Return the input that a name means and, for a single element, where it stands; else raise an InputError."""
    plain = plain_name(asked)
    name = asked if asked in known else next((one for one in known if plain_name(one) == plain), None)
    if name is not None:
        return name, None
    variable, bracket, rest = asked.strip().removesuffix("]").partition("[")
    if not bracket or not asked.strip().endswith("]"):
        raise InputError(_not_an_input(model, known, asked))
    name = next((one for one in known if plain_name(one) == plain_name(variable)), None)
    if name is None:
        raise InputError(_not_an_input(model, known, variable.strip()))
    chosen = [element.strip() for element in rest.split(",")]
    elements = known[name].elements
    if len(chosen) != len(elements):
        shown = ", ".join(known[name].dimensions) or "no subscripts"
        raise InputError(Problem(what=f"`{asked}` has {len(chosen)} subscripts, `{name}` has {shown}"))
    what = f"an element of `{name}`"
    return name, tuple(own.index(matched(element, own, what)) for element, own in zip(chosen, elements, strict=True))


def _not_an_input(model: Model, known: Mapping[str, Input], asked: str) -> Problem:
    """Say why a name cannot be set and what to do instead."""
    from policy_lab.model import expression as ex  # only who explains needs the equations
    from policy_lab.model.walk import walk

    plain = plain_name(asked)
    variable = next((one for one in model.variables.values() if plain_name(one.name) == plain), None)
    if variable is None:
        return Problem(
            what=f"`{asked}` is not an input of this model",
            nearest=nearest_names(asked, known),
            remedy="Constants and freed variables can be set; `compiled.inputs` lists them.",
        )
    what = f"`{variable.name}` is not an input of this model but of kind {variable.kind.value}"
    if variable.kind is Kind.CONSTANT:
        return Problem(what=what, remedy="It was named in `series` when the model was compiled: give it over time.")
    if variable.kind is not Kind.STOCK:
        return Problem(what=what, file=model.path, line=variable.line or None, remedy=_INSTEAD[variable.kind])
    starts = dict.fromkeys(
        node.name
        for component in variable.components
        if isinstance(component.expression, ex.Stock)
        for node in walk(component.expression.initial)
        if isinstance(node, ex.Reference)
    )
    named = [f"`{model.spelled(name)}`" for name in starts]
    remedy = f"It starts from {' and '.join(named)}: set that, or" if named else "To start it elsewhere,"
    return Problem(
        what=f"{what}: only where it starts can be set",
        file=model.path,
        line=variable.line or None,
        remedy=f"{remedy} give `start`, an array in the order of `compiled.states`, beginning from `initial_states()`.",
    )


def _put_together(known: Input, whole: ArrayLike | None, elements: Mapping[tuple[int, ...], ArrayLike]) -> Array:
    base = known.default if whole is None else _numbers(known.name, whole)
    if base.ndim == 0:
        base = np.full(known.shape, float(base))
    columns = {place: _numbers(known.name, value) for place, value in elements.items()}
    if any(column.ndim > 1 for column in columns.values()):
        raise InputError(Problem(what=f"an element of `{known.name}` takes a number, or one for each run"))
    runs = {len(column) for column in columns.values() if column.ndim}
    runs |= {len(base)} if base.ndim > len(known.shape) else set()
    if len(runs) > 1:
        counts = ", ".join(map(str, sorted(runs)))
        raise InputError(Problem(what=f"elements of `{known.name}` for different numbers of runs: {counts}"))
    shape = (*runs, *known.shape)
    try:
        together = np.array(np.broadcast_to(base, shape))
    except ValueError:
        raise InputError(Problem(what=f"the value of `{known.name}` has shape {base.shape}")) from None
    for place, column in columns.items():
        where: tuple[Any, ...] = (..., *place)
        together[where] = column
    return together


def _stacked(name: str, values: Sequence[ArrayLike]) -> Array:
    arrays = [_numbers(name, value) for value in values]
    if len({array.shape for array in arrays}) > 1:
        raise InputError(Problem(what=f"`{name}` does not have the same shape in every case"))
    return np.stack(arrays)


def _numbers(name: str, value: ArrayLike) -> Array:
    try:
        return np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(Problem(what=f"the value of `{name}` is not a number: {value!r:.60}")) from None
