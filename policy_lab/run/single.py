"""One model, run once: what `policy-lab run` does."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from policy_lab.errors import InputError, Problem
from policy_lab.model.types import Model, plain_name
from policy_lab.run.tables import column_values, read_data, read_time_table, waiting_for_data
from policy_lab.study.constants import constant_array
from policy_lab.study.elements import split_element
from policy_lab.study.settings import Setting, resolve_settings

if TYPE_CHECKING:
    from policy_lab.engine import Series
    from policy_lab.engine.digits import Accuracy

Engine = Literal["compiled", "numpy", "pysd"]
ENGINES: tuple[Engine, ...] = ("compiled", "numpy", "pysd")

MOST_WORK = 2_000_000_000
"""Steps × elements that are computed without being asked for twice: a minute or so of the compiled engine."""
MOST_SAVED = 50_000_000
"""Numbers that are kept without being asked for twice: 400 MB."""


def run_model(
    model: Model | str | os.PathLike[str],
    *,
    engine: Engine = "compiled",
    settings: Mapping[str, float] | None = None,
    series: Mapping[str, str | os.PathLike[str]] | None = None,
    data: Iterable[str | os.PathLike[str]] = (),
    outputs: Iterable[str] | None = None,
    final_time: float | None = None,
    time_step: float | None = None,
    method: str | None = None,
    tolerance: float | None = None,
    unlimited: bool = False,
) -> Series:
    """Run any model file once.

    Parameters
    ----------
    model
        A model, or the path of one (``.mdl``, ``.xmile``, ``.stmx``, ``.itmx``).
    engine
        ``compiled``, ``numpy`` (readable) or ``pysd`` (the oracle; slow).
    settings
        Constants to hold at a value: ``Name`` or ``Name[element]``, in their own unit.
    series
        Variables to replace by a table over time: CSV, tab-separated, or the first sheet of a spreadsheet.
    data
        Such tables for the model's data variables, a column for each.
    outputs
        Variables, or single elements of them, to save; all unless told.
    final_time, time_step
        In the model's time unit; the file's own unless told.
    method
        ``euler``, ``rk2``, ``rk4`` or ``adaptive``; the file's own unless told. The pysd engine knows Euler's only.
    tolerance
        Of the adaptive step: the error that a sub-step may add to a stock, as a share of it; 1e-6 unless told.
    unlimited
        Run however large it is.

    Returns
    -------
    Series
        One run; `policy_lab.engine.health.numeric_warnings` says which of its values are no finite numbers.

    Raises
    ------
    InputError
        For anything that cannot be used, all at once; for a run that is larger than the stated limits.
    """
    from policy_lab.model.kept import read_kept

    if not isinstance(model, Model):
        model = read_kept(Path(model))
    _check_engine(engine, method, tolerance)
    inputs = _inputs(model, settings or {})
    names = None if outputs is None else list(dict.fromkeys(_variable(model, name) for name in outputs))
    replaced = {**_data(model, data), **_replacements(model, series or {})}
    if not unlimited:
        refuse_if_large(model, names, final_time=final_time, time_step=time_step)
    if engine == "pysd":
        return _reference(model, inputs, names, replaced, final_time, time_step)
    from policy_lab.engine import compile_model

    compiled = compile_model(model, backend=engine, series=tuple(replaced))
    end, step = final_time, time_step
    return compiled.run(
        inputs, outputs=names, series=replaced, method=method, tolerance=tolerance, final_time=end, time_step=step
    )


def _check_engine(engine: str, method: str | None, tolerance: float | None) -> None:
    if engine not in ENGINES:
        raise InputError(Problem(what=f"no engine `{engine}`", remedy=f"Choose {', '.join(ENGINES)}."))
    if engine == "pysd" and (method not in (None, "euler") or tolerance is not None):
        raise InputError(Problem(what="the pysd engine knows Euler's method only"))


def model_accuracy(
    model: Model,
    *,
    engine: Engine = "compiled",
    settings: Mapping[str, float] | None = None,
    series: Mapping[str, str | os.PathLike[str]] | None = None,
    data: Iterable[str | os.PathLike[str]] = (),
    outputs: Iterable[str] | None = None,
    final_time: float | None = None,
    time_step: float | None = None,
    method: str | None = None,
    tolerance: float | None = None,
    unlimited: bool = False,
) -> Accuracy:
    """Say how many digits of each element the integration of such a run leaves standing; arguments of `run_model`."""
    from policy_lab.engine import compile_model
    from policy_lab.engine.digits import accuracy

    if engine == "pysd":
        raise InputError(Problem(what="the pysd engine compares no steps", remedy="Use --engine compiled or numpy."))
    inputs = _inputs(model, settings or {})
    names = None if outputs is None else list(dict.fromkeys(_variable(model, name) for name in outputs))
    replaced = {**_data(model, data), **_replacements(model, series or {})}
    if not unlimited:
        half = (model.time.step if time_step is None else time_step) / 2
        refuse_if_large(model, names, final_time=final_time, time_step=half)
    return accuracy(
        compile_model(model, backend=engine, series=tuple(replaced)),
        inputs,
        names,
        time_step=time_step,
        final_time=final_time,
        method=method,
        tolerance=tolerance,
        series=replaced,
    )


def refuse_if_large(
    model: Model, outputs: Iterable[str] | None, *, final_time: float | None, time_step: float | None
) -> None:
    """Raise an InputError when a run would compute or keep more numbers than the stated limits."""
    final = model.time.final if final_time is None else final_time
    step = model.time.step if time_step is None else time_step
    if not step > 0 or not np.isfinite(final):
        return  # the engine says so, with the line
    counts = {name: int(np.prod([len(labels) for labels in model.elements(name)])) for name in model.variables}
    steps = max(0.0, (final - model.time.initial) / step)
    saves = steps * step / max(model.time.save_period, step)
    kept = saves * sum(counts[name] for name in (counts if outputs is None else outputs))
    work = steps * sum(counts.values())
    if work <= MOST_WORK and kept <= MOST_SAVED:
        return
    raise InputError(
        Problem(
            what=(
                f"{steps:,.0f} steps × {sum(counts.values()):,} variables, {kept:,.0f} numbers to keep: "
                f"more than {MOST_WORK:,} to compute or {MOST_SAVED:,} to keep"
            ),
            file=model.path,
            line=next((one.line for one in model.variables.values() if plain_name(one.name) == "final time"), None),
            remedy="Shorten the horizon, raise TIME STEP or SAVEPER, return fewer variables, or lift the limit.",
        )
    )


def _inputs(model: Model, settings: Mapping[str, float]) -> dict[str, np.ndarray]:
    resolved: tuple[Setting, ...] = resolve_settings(model, settings)
    inputs: dict[str, np.ndarray] = {}
    for setting in resolved:
        current = inputs.get(setting.variable)
        inputs[setting.variable] = setting.applied(
            constant_array(model, model[setting.variable]) if current is None else current
        )
    return inputs


def _variable(model: Model, asked: str) -> str:
    """Return the variable that an output names, whole or by one element."""
    return model.spelled(split_element(asked)[0]) if asked not in model.variables else asked


def _replacements(
    model: Model, series: Mapping[str, str | os.PathLike[str]]
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    found = {}
    problems: list[Problem] = []
    for asked, path in series.items():
        try:
            name = model.spelled(asked)
            found[name] = column_values(model, read_time_table(Path(path)), name, only=True)
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(*problems)
    return found


def _data(model: Model, paths: Iterable[str | os.PathLike[str]]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    files = [Path(path) for path in paths]
    wanted = waiting_for_data(model)
    if wanted and not files:
        raise InputError(
            Problem(
                what=f"needs values for its data variables: {', '.join(wanted[:5])}",
                file=model.path,
                remedy="Give a table with a `time` column and one column a variable (--data FILE).",
            )
        )
    return read_data(model, files)


def _reference(
    model: Model,
    inputs: Mapping[str, np.ndarray],
    outputs: list[str] | None,
    replaced: Mapping[str, tuple[np.ndarray, np.ndarray]],
    final_time: float | None,
    time_step: float | None,
) -> Series:
    from policy_lab.engine.reference import run_reference

    return run_reference(model, inputs, outputs=outputs, final_time=final_time, time_step=time_step, series=replaced)
