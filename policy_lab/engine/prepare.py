"""From a model or the path of one to something that runs: the front door of the engine."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from policy_lab.engine.compiled import CompiledModel
from policy_lab.engine.data import keywords_of, one_keyword
from policy_lab.engine.given import Backend
from policy_lab.engine.inputs import input_of
from policy_lab.engine.layout import Layout, layout_of
from policy_lab.engine.lowered import Lowered, lowered_kept
from policy_lab.errors import InputError, Problem
from policy_lab.model.kept import read_kept
from policy_lab.model.types import Kind, Model

BackendName = Literal["compiled", "numpy"]


def compile(
    model: Model | str | os.PathLike[str],
    *,
    backend: BackendName = "compiled",
    free: Sequence[str] = (),
    series: Sequence[str] = (),
) -> CompiledModel:
    """Make a model ready to run, once or many times.

    Parameters
    ----------
    model
        A model, or the path of one (``.mdl``, ``.xmile``, ``.stmx``, ``.itmx``). What is read from a path is kept in
        the cache folder (``POLICY_LAB_CACHE``), so that the same file is not translated again.
    backend
        ``compiled`` (machine code) or ``numpy`` (readable, slow).
    free
        Variables whose equations are replaced by an input, to cut a loop.
    series
        Constants, auxiliaries or data variables whose values will be given over time.

    Returns
    -------
    CompiledModel
        With ``run`` for one case, ``run_many`` for many, ``inputs`` for what can be set.

    Raises
    ------
    InputError
        With every equation that cannot be computed exactly, by name and line; nothing is run.

    Examples
    --------
    >>> import policy_lab as pl
    >>> fishery = pl.compile(pl.open_study("fishery").model)
    >>> series = fishery.run({"Initial trust": 0.8}, outputs=["Trust"], final_time=1)
    >>> series["Trust"][0, 0]  # at the start, one a community
    array([0.8, 0.8, 0.8])
    >>> series.units["Trust"]
    'Dmnl'
    """
    if not isinstance(model, Model):
        model = read_kept(Path(model))
    return compile_model(model, backend=backend, free=free, series=series)


def compile_model(
    model: Model, *, backend: BackendName = "compiled", free: Sequence[str] = (), series: Sequence[str] = ()
) -> CompiledModel:
    """Make a model ready to run.

    Parameters
    ----------
    model
        As :func:`policy_lab.model.read_model` returns it.
    backend
        ``compiled`` (LLVM) or ``numpy`` (readable, slow).
    free
        Variables whose equations are replaced by an input, to cut a loop: an input's default is the variable's value
        at the initial time.
    series
        Constants, auxiliaries or data variables whose values will be given over time.

    Raises
    ------
    InputError
        With every equation that cannot be computed exactly, by name and line; nothing is run.
    """
    free = [model.spelled(name) for name in free]
    series = [model.spelled(name) for name in series]
    for name in (*free, *series):
        _replaceable(model, name, series=name in series)
    lowered = lowered_kept(model, free=free, series=series)
    inputs = {name: input_of(model, name, value) for name, value in lowered.defaults.items() if name not in series}
    if free:
        whole = compile_model(model, backend="numpy")
        initial = whole.run(outputs=list(free), final_time=model.time.initial)
        inputs |= {name: input_of(model, name, initial[name][0, 0]) for name in free}
    return CompiledModel(model, lowered, _backend(backend, lowered), inputs)


def _backend(name: str, lowered: Lowered) -> Backend:
    layout: Layout = layout_of(lowered.program)
    if name == "numpy":
        from policy_lab.engine.numpy_backend import NumpyBackend

        return NumpyBackend(lowered.program, layout)
    if name == "compiled":
        from policy_lab.engine.llvm_backend import LlvmBackend

        return LlvmBackend(lowered.program, layout)
    raise InputError(Problem(what=f"no engine `{name}`", remedy="Choose `compiled` or `numpy`."))


def _replaceable(model: Model, name: str, *, series: bool) -> None:
    variable = model.variables[name]
    kind = variable.kind
    problem = Problem(what=f"`{name}` is a {kind} and cannot be {'given as a series' if series else 'freed'}")
    if kind in (Kind.TIME, Kind.LOOKUP) or (not series and kind is Kind.DATA):
        raise InputError(problem)
    if kind is Kind.CONSTANT and not series:
        raise InputError(replace(problem, remedy="A constant is an input already."))
    keywords = keywords_of(variable)
    if keywords and not one_keyword(variable):
        what = f"`{name}` is data without one value between its points ({', '.join(sorted(keywords))})"
        raise InputError(Problem(what=what, file=model.path, line=variable.line or None))
