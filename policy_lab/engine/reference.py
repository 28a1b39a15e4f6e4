"""PySD as the oracle: the same file, parsed anew, built and run by PySD in a process of its own.

Nothing but numbers, operators and neutral names reaches the Python that PySD writes; it is written into a temporary
folder, and every run starts from the file, so that no run sees what an earlier one set. Inputs, first values of stocks
and time settings are put into the parsed model itself, which PySD then treats like any other.
"""

from __future__ import annotations

import itertools
import json
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from policy_lab.engine.data import drawn, one_keyword
from policy_lab.engine.reference_tables import ReferenceTables
from policy_lab.engine.series import Series
from policy_lab.errors import EngineError, InputError, Problem, clipped
from policy_lab.model.types import Kind, Model, Variable, plain_name

if TYPE_CHECKING:
    from policy_lab.engine.reference_tree import Neutral

_LOG = logging.getLogger(__name__)
_CLOCKS = {
    "initial_time": "INITIAL TIME",
    "final_time": "FINAL TIME",
    "time_step": "TIME STEP",
    "save_period": "SAVEPER",
}
_FIXED_KINDS = (Kind.STOCK, Kind.LOOKUP, Kind.TIME, Kind.DATA)


@dataclass(frozen=True)
class _Answer:
    """What the child process gave back, under neutral names."""

    warnings: tuple[str, ...]
    arrays: Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True)
class _Part:
    """One equation of a variable: what it covers, whether it is a ``Lookup`` or ``Data``, and its tree."""

    subscripts: Sequence[str]
    excepted: Sequence[Sequence[str]]
    kind: str
    tree: Any
    keyword: str | None = None


@dataclass(frozen=True)
class _Path:
    """Values over time: ``times`` of shape (points,), ``values`` of shape (points, *dimensions)."""

    times: NDArray[np.float64]
    values: NDArray[np.float64]


_Given: TypeAlias = "float | NDArray[np.float64] | _Path"


def run_reference(
    model: Model,
    inputs: Mapping[str, ArrayLike] | None = None,
    *,
    outputs: Iterable[str] | None = None,
    initial_time: float | None = None,
    final_time: float | None = None,
    time_step: float | None = None,
    save_period: float | None = None,
    start: Mapping[str, ArrayLike] | None = None,
    series: Mapping[str, tuple[ArrayLike, ArrayLike]] | None = None,
    method: str | None = None,
) -> Series:
    r"""Run a model once with PySD.

    Parameters
    ----------
    model
        The model, as `policy_lab.model.read_model` gave it; its file is parsed anew.
    inputs
        Values of constants (or of auxiliaries and flows, whose equations they replace), each of shape (\*dimensions)
        or a single number, in the variable's unit.
    outputs
        The variables to return; all but lookups when not given.
    initial_time, final_time, time_step, save_period
        In the unit of the model's time; the file's own when not given.
    start
        First values of stocks, each of shape (\*dimensions) or a single number. What starts from them follows.
    series
        Variables to replace by (times, values), values of shape (points, \*dimensions): straight lines between points,
        or what a data variable says of the time between them.
    method
        The integration method; PySD knows ``euler`` only. The file's own when not given.

    Returns
    -------
    Series
        One run; ``states`` holds the last values of the stocks, in the order of the model.

    Raises
    ------
    InputError
        When a name is unknown, a shape does not fit, or a method other than Euler is asked for.
    EngineError
        When PySD cannot build or run the model.
    """
    asked = method or model.integration
    if asked != "euler":
        raise InputError(
            Problem(f"PySD integrates by Euler only, and `{asked}` is asked for", file=model.path,
                    remedy="Use the compiled engine, or choose the method `euler`.")
        )  # fmt: skip
    wanted = _wanted(model, outputs)
    changed: dict[str, _Given] = _replaced(model, inputs or {}, start or {})
    changed |= {
        plain_name(model.spelled(name)): _Path(*_points(model, name, given)) for name, given in (series or {}).items()
    }
    clocks = {
        "initial_time": initial_time,
        "final_time": final_time,
        "time_step": time_step,
        "save_period": save_period,
    }
    changed |= {plain_name(_CLOCKS[key]): float(value) for key, value in clocks.items() if value is not None}
    stocks = tuple(one.name for one in model.variables.values() if one.kind is Kind.STOCK)
    answer, neutral = _in_child(model, dict.fromkeys((*wanted, *stocks)), changed, start or {})
    for message in answer.warnings:
        _LOG.warning("PySD, on %s: %s", model.path, message)
    return _series(model, wanted, stocks, answer, neutral)


def reference_warnings(model: Model) -> tuple[str, ...]:
    """Return what PySD warns of when it builds a model, the names of the file put back; nothing is run.

    Raises
    ------
    EngineError
        When PySD cannot build the model.
    """
    return _in_child(model, (), {}, {})[0].warnings


def _wanted(model: Model, outputs: Iterable[str] | None) -> tuple[str, ...]:
    if outputs is None:
        return tuple(one.name for one in model.variables.values() if one.kind is not Kind.LOOKUP)
    names = tuple(dict.fromkeys(model.spelled(name) for name in outputs))
    tables = [name for name in names if model.variables[name].kind is Kind.LOOKUP]
    if tables:
        raise InputError(*(Problem("a lookup has no value over time", file=model.path, variable=t) for t in tables))
    return names


def _replaced(model: Model, inputs: Mapping[str, ArrayLike], start: Mapping[str, ArrayLike]) -> dict[str, _Given]:
    """Check inputs and first values against the model; return them by plain name."""
    found: dict[str, _Given] = {}
    problems: list[Problem] = []
    for given, first in ((inputs, False), (start, True)):
        for name, value in given.items():
            try:
                variable = model[name]
                found[plain_name(variable.name)] = _fitted(model, variable, value, first)
            except InputError as error:
                problems += error.problems
    if problems:
        raise InputError(*problems)
    return found


def _fitted(model: Model, variable: Variable, value: ArrayLike, first: bool) -> float | NDArray[np.float64]:
    fault = ""
    if first and variable.kind is not Kind.STOCK:
        fault = f"only a stock has a first value, and this is a {variable.kind}"
    elif not first and variable.kind in _FIXED_KINDS:
        fault = f"a {variable.kind} cannot be set like this"
    shape = tuple(len(elements) for elements in model.elements(variable.name))
    array = np.asarray(value, dtype=float)
    if not fault and array.shape not in (shape, (1, *shape), (), (1,)):
        fault = f"an array of shape {array.shape} for a variable of shape {shape}"
    if fault:
        raise InputError(Problem(fault, file=model.path, line=variable.line, variable=variable.name))
    if not shape:
        return float(array.reshape(-1)[0])
    return np.broadcast_to(array.reshape(shape) if array.size > 1 else array.reshape(-1)[0], shape).astype(float)


def _points(
    model: Model, name: str, given: tuple[ArrayLike, ArrayLike]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    variable = model[name]
    shape = tuple(len(elements) for elements in model.elements(variable.name))
    times, values = (np.asarray(part, dtype=float) for part in given)
    if values.shape[:1] == (1,) and values.shape == (1, *times.shape, *shape):
        values = values[0]
    fault = ""
    if variable.kind in (Kind.STOCK, Kind.LOOKUP, Kind.TIME):
        fault = f"a {variable.kind} cannot be replaced by values over time"
    elif times.ndim != 1 or not len(times) or (np.diff(times) <= 0).any():
        fault = "the times of its values must rise"
    elif values.shape != (*times.shape, *shape):
        fault = f"values of shape {values.shape} over time, {(*times.shape, *shape)} expected"
    elif variable.kind is Kind.DATA and not one_keyword(variable):
        fault = "data without one value between its points"
    if fault:
        raise InputError(Problem(fault, file=model.path, line=variable.line, variable=variable.name))
    return drawn(times, values, one_keyword(variable) or "interpolate")


def _in_child(
    model: Model,
    outputs: Iterable[str],
    changed: Mapping[str, _Given],
    start: Mapping[str, ArrayLike],
) -> tuple[_Answer, Neutral]:
    """Parse the file anew, send it to a child process under neutral names, and read what it gives back."""
    from policy_lab.engine.reference_tree import hoist_tables, neutral_names
    from policy_lab.model.translation import abstract_model, raise_if_any, translate

    translation = translate(model.path)
    raise_if_any(translation.problems, translation.path)
    tables = ReferenceTables.of(model)
    if translation.digest != model.digest or tables.changed:
        changed_file = clipped(tables.changed) or "the model file"
        raise InputError(
            Problem(f"{changed_file} has changed since it was read", file=model.path, remedy="Read the model again.")
        )
    parsed = abstract_model(translation)
    hoist_tables(parsed)
    for one in parsed.sections[0].subscripts:
        if isinstance(one.subscripts, dict):  # elements that a table gives
            one.subscripts = [*model.subscripts[_spelled(model.subscripts, one.name)]]
    neutral = neutral_names(parsed)
    firsts = {plain_name(model.spelled(name)) for name in start}
    request = {
        "ranges": _ranges(parsed, model, neutral),
        "elements": [_element(one, model, neutral, tables, changed, firsts) for one in parsed.sections[0].elements],
        "outputs": {neutral.variables[plain_name(name)]: _columns(model, name, neutral) for name in outputs},
    }
    with tempfile.TemporaryDirectory(prefix="policy_lab_reference_") as folder:
        request["texts"] = tables.written_into(Path(folder))
        return _ask(request, Path(folder), model, neutral), neutral


def _ranges(parsed: Any, model: Model, neutral: Neutral) -> list[dict[str, Any]]:
    """Return the ranges under neutral names; ranges that correspond map onto each other both ways."""
    found = []
    for one in parsed.sections[0].subscripts:
        mine = _spelled(model.subscripts, one.name)
        others = [
            other
            for other, elements in model.subscripts.items()
            if other != mine
            and (
                other in model.mappings.get(mine, ())
                or mine in model.mappings.get(other, ())
                or elements == model.subscripts[mine]
            )
        ]
        copied = isinstance(one.subscripts, str)
        elements = neutral.subscript(one.subscripts) if copied else [*map(neutral.subscript, model.subscripts[mine])]
        mapping = [neutral.subscript(other) for other in others]
        found.append({"name": neutral.subscript(mine), "elements": elements, "mapping": mapping})
    return found


def _spelled(names: Iterable[str], name: str) -> str:
    return next(one for one in names if plain_name(one) == plain_name(name))


def _element(
    one: Any,
    model: Model,
    neutral: Neutral,
    tables: ReferenceTables,
    changed: Mapping[str, _Given],
    firsts: set[str],
) -> dict[str, Any]:
    """Return one variable under neutral names, with the value or the first value that the run gives it."""
    from policy_lab.engine.reference_tree import ForeignText, encode

    plain = plain_name(one.name)
    try:
        components = [
            {
                "subscripts": [neutral.subscript(name) for name in part.subscripts],
                "excepted": [[neutral.subscript(name) for name in group] for group in part.excepted],
                "kind": part.kind,
                "keyword": part.keyword,
                "tree": encode(tables.hidden(part.tree), neutral),
            }
            for part in _parts(one, model, changed.get(plain), plain in firsts)
        ]
    except ForeignText as error:
        fault = Problem(f"{error} cannot be given to PySD", file=model.path, variable=one.name)
        raise EngineError(str(fault)) from error
    return {"name": neutral.variables[plain], "components": components}


def _parts(one: Any, model: Model, given: _Given | None, first: bool) -> list[_Part]:
    """Return the equations of a variable, what is given put in."""
    parts = [
        _Part(part.subscripts[0], part.subscripts[1], part.type, part.ast, getattr(part, "keyword", None))
        for part in one.components
    ]
    if given is None:
        return parts
    variable = model[one.name]
    if isinstance(given, _Path):
        return [_Part(left, (), "", tree) for left, tree in _followed(model, variable, given)]
    if not first:
        return [_Part(variable.dimensions, (), "", given)]
    value = np.asarray(given, dtype=float)
    return [
        replace(part, tree=replace(part.tree, initial=_part(model, variable, part.subscripts, value))) for part in parts
    ]


def _followed(model: Model, variable: Variable, path: _Path) -> Iterator[tuple[list[str], Any]]:
    """Yield one equation for each element: a table read at the time of the run."""
    from pysd.translators.structures import abstract_expressions as ae

    xs = tuple(path.times.tolist())
    for place, chosen in zip(
        np.ndindex(path.values.shape[1:]), itertools.product(*model.elements(variable.name)), strict=True
    ):
        ys = tuple(path.values[(slice(None), *place)].tolist())
        table = ae.LookupsStructure(xs, ys, (xs[0], xs[-1]), (min(ys), max(ys)), "interpolate")
        yield list(chosen), ae.InlineLookupsStructure(ae.ReferenceStructure("time", None), table)


def _part(
    model: Model, variable: Variable, left: Sequence[str], value: NDArray[np.float64]
) -> float | NDArray[np.float64]:
    """Return the part of an array that one equation of a variable covers."""
    places = []
    for subscript, elements in zip(left, model.elements(variable.name), strict=True):
        known = {plain_name(element): place for place, element in enumerate(elements)}
        names = {plain_name(name): members for name, members in model.subscripts.items()}
        places.append([known[plain_name(one)] for one in names.get(plain_name(subscript), (subscript,))])
    part = value[np.ix_(*places)] if places else value
    whole = all(len(place) == 1 for place in places)
    return float(part.reshape(-1)[0]) if whole else part


def _columns(model: Model, name: str, neutral: Neutral) -> list[str]:
    """Return the names that PySD gives the elements of a variable, in row-major order."""
    own = neutral.variables[plain_name(name)]
    combinations = itertools.product(*model.elements(name))
    inner = [",".join(neutral.subscript(element) for element in chosen) for chosen in combinations]
    return [f"{own}[{chosen}]" if chosen else own for chosen in inner]


def _ask(request: Mapping[str, Any], folder: Path, model: Model, neutral: Neutral) -> _Answer:
    """Start the child process and read what it leaves in its folder."""
    room = str(Path(__file__).resolve().parents[2])
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TMPDIR", "TEMP") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "policy_lab.engine.reference_child"],
        input=json.dumps(request),
        cwd=folder,
        env=kept | {"PYTHONPATH": room, "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    written = folder / "answer.json"
    answer = json.loads(written.read_text(encoding="utf-8")) if written.is_file() else {}
    if done.returncode != 0 or "warnings" not in answer:
        said = neutral.text_back(answer.get("error") or (done.stderr.strip().splitlines() or ["no message"])[-1])
        fault = f"PySD could not {'run' if request['outputs'] else 'build'} this model: {clipped(said, 300)}"
        raise EngineError(str(Problem(fault, file=model.path)))
    arrays: dict[str, NDArray[np.float64]] = {}
    if request["outputs"]:
        with np.load(folder / "values.npz", allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
    return _Answer(tuple(neutral.text_back(message) for message in answer["warnings"]), arrays)


def _series(model: Model, wanted: Sequence[str], stocks: Sequence[str], answer: _Answer, neutral: Neutral) -> Series:
    def shaped(name: str) -> NDArray[np.float64]:
        found = answer.arrays[neutral.variables[plain_name(name)]]
        return found.reshape(1, len(found), *(len(elements) for elements in model.elements(name)))

    values = {name: shaped(name) for name in wanted}
    last = [shaped(name)[0, -1].ravel() for name in stocks]
    return Series(
        time=answer.arrays["time"],
        values=values,
        units={name: model.variables[name].unit for name in wanted},
        dimensions={name: model.variables[name].dimensions for name in wanted},
        elements={name: model.elements(name) for name in wanted},
        states=np.concatenate(last)[np.newaxis] if last else np.empty((1, 0)),
        time_unit=model.time.unit,
    )
