"""A model made ready to run: set inputs, get series."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from policy_lab.engine import ir
from policy_lab.engine.adaptive import ADAPTIVE, Record, Tolerance, tolerance_of, unmet
from policy_lab.engine.cases import by_input, joined, many, outside_limits
from policy_lab.engine.data import followed
from policy_lab.engine.given import Backend, Given, Progress, Raw
from policy_lab.engine.inputs import Input, default_values, gathered, input_of, matched, series_values
from policy_lab.engine.layout import by_symbol, layout_of
from policy_lab.engine.lowered import Lowered
from policy_lab.engine.series import Series
from policy_lab.engine.timeline import Timeline, timeline
from policy_lab.errors import InputError, Problem
from policy_lab.model.types import Kind, Model, plain_name

if TYPE_CHECKING:
    from policy_lab.engine.sensitivity import Sensitivities

Array = NDArray[np.float64]
METHODS = ("euler", "rk2", "rk4", ADAPTIVE)
MAXIMUM_BYTES = 16 * 2**30  # of saved values


class CompiledModel:
    """A model ready to run any number of times, from any number of threads; a run leaves nothing behind.

    Made by :func:`policy_lab.compile`.

    Examples
    --------
    >>> import policy_lab as pl
    >>> fishery = pl.compile(pl.open_study("fishery").model)
    >>> fishery.inputs["Initial fleet"].default  # boat, one a community
    array([30., 24., 18.])
    >>> base = fishery.run()
    >>> base["Fish stock"].shape  # runs, months
    (1, 121)
    >>> bigger = fishery.run({"Initial fleet[north]": 60}, outputs=["Fish stock"])
    >>> bool(bigger["Fish stock"][0, 12] < base["Fish stock"][0, 12])
    True
    """

    def __init__(self, model: Model, lowered: Lowered, backend: Backend, inputs: Mapping[str, Input]) -> None:
        self._model = model
        self._lowered = lowered
        self._backend = backend
        self._inputs = MappingProxyType(dict(inputs))
        self._layout = layout_of(lowered.program)
        symbols = lowered.program.symbols
        self._known = {name: None for name, v in model.variables.items() if name in symbols or v.kind is Kind.TIME}
        self._default_values = default_values(lowered, self._layout, self._inputs)
        replaced = [
            symbol.name for symbol in lowered.program.of_role(ir.Role.SERIES) if symbol.name in lowered.defaults
        ]
        self._data = followed(model)
        self._replaced = {name: input_of(model, name, lowered.defaults[name]) for name in replaced}

    @property
    def model(self) -> Model:
        """The model, as it was read."""
        return self._model

    @property
    def program(self) -> ir.Program:
        """The ordered equations that are computed; printable."""
        return self._lowered.program

    @property
    def backend(self) -> Backend:
        """What computes: for the engine's own solvers."""
        return self._backend

    @property
    def inputs(self) -> Mapping[str, Input]:
        """What can be set for each run: every constant and every freed variable."""
        return self._inputs

    @property
    def states(self) -> tuple[str, ...]:
        """Names of all states, element by element: stocks, and the insides of delays and smooths."""
        return self._layout.state_names

    def __repr__(self) -> str:
        return f"CompiledModel({self._model.name!r}, {len(self._inputs)} inputs, {len(self.states)} states)"

    def run(
        self,
        inputs: Mapping[str, ArrayLike] | None = None,
        *,
        outputs: Sequence[str] | None = None,
        start: ArrayLike | None = None,
        initial_time: float | None = None,
        final_time: float | None = None,
        time_step: float | None = None,
        save_period: float | None = None,
        method: str | None = None,
        tolerance: float | Sequence[float] | Tolerance | None = None,
        series: Mapping[str, tuple[ArrayLike, ArrayLike]] | None = None,
        threads: int | None = None,
        progress: Progress | None = None,
        allow_nan: bool = False,
    ) -> Series:
        """Run the model.

        Parameters
        ----------
        inputs
            By input, in its own unit, a number or an array of shape (*dimensions) for all runs or (runs, *dimensions);
            single elements by ``Name[element]``, shape () or (runs,). Nothing set: the values of the model file.
        outputs
            Variables to save; all variables when not given.
        start
            States to start from, shape (states,) or (runs, states), in the order of :attr:`states`; else the model's
            own initial values. A pipeline delay starts full of its value.
        initial_time, final_time, time_step, save_period
            In the model's unit of time; from the model file when not given.
        method
            ``euler``, ``rk2`` (Heun), ``rk4`` or ``adaptive``; what the file asks for when not given. An adaptive step
            divides each time step where a stock's error would be beyond the tolerance, for each run by itself; each
            costs at least six rounds of the equations (RK4 four), and runs gain nothing from being many.
        tolerance
            Of the adaptive step: the error that a sub-step may add to a stock, as a share of it (1e-6 when not given),
            or that share and an amount in the stock's unit (a thousandth of the share).
        series
            By variable, (times, values) with values of shape (points, *dimensions) or (runs, points, *dimensions).
        threads
            Threads to use; as many as there are processors when not given.
        progress
            Called with the share of the work that is done.
        allow_nan
            Whether inputs may be not-a-number.

        Returns
        -------
        Series
            Values of shape (runs, times, *dimensions), with ``warnings`` of inputs outside the file's limits.

        Raises
        ------
        InputError
            For anything that cannot be used, with the nearest names.
        """
        inputs = by_input(self._model, self._inputs, inputs or {}, allow_nan=allow_nan)
        line = self.timeline(initial_time, final_time, time_step, save_period)
        names = self._output_names(outputs)
        first = None if start is None else np.asarray(start, dtype=np.float64)
        given = self._given(inputs, first, series or {})
        asked = self.method(method)
        allowed = tolerance_of(tolerance, asked)
        values, raw = self._solved(given, line, names, asked, allowed, first, threads or usable_processors(), progress)
        return self._series(line, values, raw, inputs, allowed)

    def _solved(
        self,
        given: Given,
        line: Timeline,
        names: Sequence[str],
        method: str,
        tolerance: Tolerance | None,
        start: Array | None,
        threads: int,
        progress: Progress | None,
    ) -> tuple[dict[str, Array], Raw]:
        """Return the asked variables over time, and what the backend left beside them."""
        stored = self._stored(names)
        _check_memory(given.runs, len(line.saved), sum(symbol.size for symbol in stored))
        raw = self._backend.simulate(
            given,
            line,
            np.concatenate([np.empty(0, dtype=np.int64), *(self._layout.cells(symbol).ravel() for symbol in stored)]),
            method=method,
            tolerance=tolerance,
            start=None if start is None else self._start(start, given.runs),
            threads=threads,
            progress=progress,
        )
        values = {name: self._given_values(name, given, line) for name in names if name not in {s.name for s in stored}}
        values |= by_symbol(raw.outputs, stored)
        return {name: values[name] for name in names}, raw

    def run_many(self, cases: Any, **options: Any) -> Series:
        """Run many cases at once, which is faster by far than one after the other.

        Parameters
        ----------
        cases
            A sequence of mappings, one a run, all with the same names; a mapping of arrays whose first axis is the
            runs; or a DataFrame with a row for each run and a column for each constant (``Name``) or element
            (``Name[element]``). Values are in the unit of the constant.
        options
            As for :meth:`run`.

        Returns
        -------
        Series
            Values of shape (runs, times, *dimensions), in the order of the cases.

        Raises
        ------
        InputError
            For anything that cannot be used, and when cases are of different number or set different names.

        Examples
        --------
        >>> import policy_lab as pl
        >>> fishery = pl.compile(pl.open_study("fishery").model)
        >>> cases = [{"Initial trust": 0.2}, {"Initial trust": 0.8}]
        >>> fishery.run_many(cases, outputs=["Trust"])["Trust"].shape  # runs, months, communities
        (2, 121, 3)
        """
        values = by_input(self._model, self._inputs, joined(cases))
        return self.run(many(values, self._inputs), **options)

    def sensitivities(
        self,
        outputs: Sequence[str],
        constants: Sequence[str],
        *,
        inputs: Mapping[str, ArrayLike] | None = None,
        times: Sequence[float] | None = None,
        **options: Any,
    ) -> Sensitivities:
        """Return derivatives of outcomes with respect to constants: exact where the equations have them.

        Where they have none (INTEGER, the time of a pulse), or a corner or a jump is near, finite steps are taken.

        Parameters
        ----------
        outputs, constants
            Whole variables, or single elements (``Fleet[north]``).
        inputs
            Where to take the derivatives, as for :meth:`run` but for one run; at the model's own values if not given.
        times
            Saved times, in the model's unit; the last one when not given.
        options
            As for :meth:`run`. States given as ``start`` are held when a constant moves.

        Returns
        -------
        Sensitivities
            Values, estimated errors, whether smooth and whether exact, each of shape (times, outputs, constants);
            ``why`` says what stood in the way of those that are not.

        Raises
        ------
        InputError
            For names and times that cannot be used.

        Examples
        --------
        >>> import policy_lab as pl
        >>> fishery = pl.compile(pl.open_study("fishery").model)
        >>> found = fishery.sensitivities(["Fish stock"], ["Initial trust", "Initial fleet"])
        >>> found.constants
        ('Initial trust', 'Initial fleet[north]', 'Initial fleet[south]', 'Initial fleet[west]')
        >>> bool(found["Fish stock", "Initial trust"][0] > 0)  # tonne, for one more unit of trust
        True
        """
        from policy_lab.engine.sensitivity import sensitivities

        return sensitivities(self, outputs, constants, inputs, times, **options)

    def _stored(self, names: Sequence[str]) -> list[ir.Symbol]:
        """Return the symbols that a backend has to save: what is given is known without."""
        symbols = [self.program.symbols[name] for name in names if name in self.program.symbols]
        return [symbol for symbol in symbols if symbol.role is not ir.Role.INPUT]

    def initial_states(
        self,
        inputs: Mapping[str, ArrayLike] | None = None,
        *,
        initial_time: float | None = None,
        series: Mapping[str, tuple[ArrayLike, ArrayLike]] | None = None,
    ) -> Array:
        """Return the states in which runs with these inputs start, shape (runs, states)."""
        given = self._given(by_input(self._model, self._inputs, inputs or {}), None, series or {})
        return self._backend.initial_states(given, self.timeline(initial_time)).T

    def rates(
        self,
        inputs: Mapping[str, ArrayLike] | None,
        states: ArrayLike,
        time: float | None = None,
        *,
        time_step: float | None = None,
        series: Mapping[str, tuple[ArrayLike, ArrayLike]] | None = None,
    ) -> Array:
        """Return d(state)/d(time) at a time (the initial time when not given), shape (runs, states).

        A state that jumps (SAMPLE IF TRUE, a pipeline delay) has the jump over one time step as its rate.
        """
        first = np.asarray(states, dtype=np.float64)
        given = self._given(by_input(self._model, self._inputs, inputs or {}), first, series or {})
        line = self.timeline(None, None, time_step)
        start = self._start(first, given.runs)
        return self._backend.rates(given, line, start, line.initial_time if time is None else time).T

    def ready(
        self,
        inputs: Mapping[str, ArrayLike],
        start: ArrayLike | None,
        series: Mapping[str, tuple[ArrayLike, ArrayLike]],
    ) -> tuple[Given, Timeline, Array]:
        """Return what a solver needs: the given values, the time settings, and states of shape (states, runs)."""
        first = None if start is None else np.asarray(start, dtype=np.float64)
        given = self._given(inputs, first, series)
        line = self.timeline()
        states = self._backend.initial_states(given, line) if first is None else self._start(first, given.runs)
        return given, line, np.ascontiguousarray(states)

    def timeline(
        self,
        initial_time: float | None = None,
        final_time: float | None = None,
        time_step: float | None = None,
        save_period: float | None = None,
    ) -> Timeline:
        """Return when a run steps and saves; what is not given comes from the model file."""
        settings = self._model.time
        initial = settings.initial if initial_time is None else float(initial_time)
        final = settings.final if final_time is None else float(final_time)
        step = settings.step if time_step is None else float(time_step)
        if save_period is None:
            save_period = step if settings.saves_every_step else settings.save_period
        if initial_time is not None and final_time is None:
            final = max(final, initial)
        return timeline(initial, final, step, float(save_period))

    def method(self, method: str | None = None) -> str:
        """Return the method of integration that a run uses: the one that is asked for, or else the file's.

        Raises
        ------
        InputError
            When there is no such method.
        """
        asked = method or self._model.integration
        if asked not in METHODS:
            raise InputError(
                Problem(
                    what=f"the integration method `{asked}` is not supported",
                    file=None if method else self._model.path,
                    remedy=f"Ask for {', '.join(METHODS[:-1])} or {METHODS[-1]} (`method`).",
                )
            )
        return asked

    def _given(
        self,
        inputs: Mapping[str, ArrayLike],
        start: Array | None,
        series: Mapping[str, tuple[ArrayLike, ArrayLike]],
    ) -> Given:
        runs = start.shape[0] if start is not None and start.ndim == 2 else None
        values = series_values(self._lowered, self._replaced, series, self._data)
        return gathered(
            self._lowered, self._layout, self._inputs, self._default_values, inputs, runs=runs, series=values
        )

    def _start(self, start: Array, runs: int) -> Array:
        if start.shape[-1:] != (len(self.states),) or start.ndim > 2:
            raise InputError(
                Problem(what=f"`start` has shape {start.shape}", remedy=f"Give ({len(self.states)},) or (runs, …).")
            )
        if start.ndim == 2 and start.shape[0] != runs:
            raise InputError(Problem(what=f"`start` is for {start.shape[0]} runs, the inputs for {runs}"))
        return np.ascontiguousarray(np.broadcast_to(start, (runs, len(self.states))).T)

    def _output_names(self, outputs: Sequence[str] | None) -> list[str]:
        known = self._known
        if outputs is None:
            return list(known)
        problems: list[Problem] = []
        names: dict[str, None] = {}
        for name in [outputs] if isinstance(outputs, str) else outputs:
            try:
                names[name if name in known else matched(name, known, "a variable with values in this model")] = None
            except InputError as error:
                problems.extend(error.problems)
        if problems:
            raise InputError(*problems)
        return list(names)

    def _given_values(self, name: str, given: Given, line: Timeline) -> Array:
        """Return an input, or a time setting, as a series without storing it at every time."""
        saves = len(line.saved)
        if name not in self.program.symbols:
            clock = ir.CLOCKS[plain_name(name)]
            setting = line.labels if clock == "time" else np.full(saves, getattr(line, clock))
            return np.broadcast_to(setting, (given.runs, saves))
        symbol = self.program.symbols[name]
        part = slice(self._layout.offsets[name], self._layout.offsets[name] + symbol.size)
        rows = given.row[part]
        values = given.varying[rows].T if symbol.size and rows[0] >= 0 else given.shared[part][None]
        whole = values.reshape(values.shape[0], 1, *symbol.shape)
        return np.broadcast_to(whole, (given.runs, saves, *symbol.shape))

    def _series(
        self,
        line: Timeline,
        values: Mapping[str, Array],
        raw: Raw,
        inputs: Mapping[str, ArrayLike],
        tolerance: Tolerance,
    ) -> Series:
        states, unit = raw.states.T, self._model.time.unit
        went = () if raw.record is None else unmet(raw.record, self.states, unit, tolerance)
        variables = {name: self._model.variables[name] for name in values}
        for array in (line.labels, states, *values.values()):
            array.flags.writeable = False  # nothing changes after it is made
        return Series(
            time=line.labels,
            values=MappingProxyType(dict(values)),
            units=MappingProxyType({name: variable.unit for name, variable in variables.items()}),
            dimensions=MappingProxyType({name: variable.dimensions for name, variable in variables.items()}),
            elements=MappingProxyType({name: self._model.elements(name) for name in variables}),
            states=states,
            time_unit=unit,
            warnings=(*outside_limits(self._model, self._inputs, inputs), *went),
            sub_steps=None if raw.record is None else raw.record[Record.KEPT].astype(np.int64),
            beyond_tolerance=None if raw.record is None else raw.record[Record.UNMET].astype(np.int64),
        )


def _check_memory(runs: int, saves: int, cells: int) -> None:
    needed = 8 * runs * saves * cells
    if needed > MAXIMUM_BYTES:
        raise InputError(
            Problem(
                what=f"{runs} runs × {saves} saved times × {cells} values need {needed / 2**30:.0f} GiB of memory",
                why=f"at most {MAXIMUM_BYTES // 2**30} GiB are used",
                remedy="Save fewer variables, raise SAVEPER, or run in parts.",
            )
        )


def usable_processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
