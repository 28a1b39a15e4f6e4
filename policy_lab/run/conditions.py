"""The runs behind checks: a condition in words becomes a series over time."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from policy_lab.errors import EngineError, InputError, Problem
from policy_lab.model import expression as ex
from policy_lab.model.cut import cut_links
from policy_lab.model.types import Model
from policy_lab.model.walk import walk
from policy_lab.run.batch import with_anchors
from policy_lab.study.check_schema import Change, Condition, FromTable
from policy_lab.study.check_tables import table_points
from policy_lab.study.constants import constant_array, constant_arrays
from policy_lab.study.plan import GROUPS, Plan
from policy_lab.study.settings import Setting, resolve_settings

if TYPE_CHECKING:
    from policy_lab.engine import CompiledModel, Series
    from policy_lab.study.check_file import CheckSet
    from policy_lab.study.study import Study

MOST_KEPT = 50_000_000
"""Bytes of one series beyond which it is made again where it is asked for again."""

Arrays = dict[str, np.ndarray]
Given = dict[str, tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class _Stage:
    """What runs from some time on: a model made ready, and everything that it is given."""

    compiled: CompiledModel
    inputs: Arrays
    series: Given
    start: np.ndarray | None


@dataclass(frozen=True, eq=False)
class Bench:
    """Makes the runs that checks ask for; one that was made already is not made again.

    Parameters
    ----------
    checks
        The checks, with their models and their study.
    read
        Reads a model file: those with a planted change are read anew.
    engine
        ``compiled`` or ``numpy``.
    """

    checks: CheckSet
    read: Callable[[Path], Model]
    engine: Any = "compiled"
    _made: dict[object, Any] = field(default_factory=dict, repr=False)

    def series(self, condition: Condition, names: Sequence[str]) -> Series:
        """Return the series of some variables under a condition: one run, or worlds × futures of them.

        Raises
        ------
        InputError
            For anything in the condition that cannot be used.
        EngineError
            When no resting point is found to start from.
        """
        many = condition.worlds * condition.futures > 1
        outputs = tuple(dict.fromkeys(names)) if many else None
        key = ("series", condition.model_dump_json(), outputs)
        if key in self._made:
            kept: Series = self._made[key]
            return kept
        found = self._run(condition, outputs)
        if sum(values.nbytes for values in found.values.values()) <= MOST_KEPT:
            self._made[key] = found
        return found

    def model(self, condition: Condition) -> Model:
        """Return the model of a condition, with what is planted in it."""
        whole = self.checks.model(condition)
        plant = condition.plant
        if plant is None:
            return whole
        key = ("model", condition.model, plant.replace, plant.by)
        if key not in self._made:
            self._made[key] = _planted(whole, plant.replace, plant.by, self.read)
        model: Model = self._made[key]
        return model

    def _compiled(self, model: Model, *, free: Sequence[str] = (), series: Sequence[str] = ()) -> CompiledModel:
        from policy_lab.engine import compile_model

        key = ("compiled", id(model), tuple(free), tuple(series))
        if key not in self._made:  # the model is kept beside it, so that its id stays its own
            self._made[key] = (model, compile_model(model, backend=self.engine, free=free, series=series))
        compiled: CompiledModel = self._made[key][1]
        return compiled

    def _run(self, condition: Condition, outputs: Sequence[str] | None) -> Series:
        model = self.model(condition)
        paths = _paths(model, self.checks.path.parent, condition)
        whole = self._compiled(model, series=tuple(paths))
        at_rest, running = (
            {name: values for name, values in inputs.items() if name in whole.inputs}
            for inputs in self._inputs(condition, model)
        )
        start = None
        if condition.start == "rest":
            start = np.repeat(self._rest(condition, whole, at_rest, paths), condition.futures, axis=0)
            at_rest = {name: _for_each(model, name, values, condition) for name, values in at_rest.items()}
        running = _changed(model, running, [one for one in condition.change if one.at <= model.time.initial])
        first = self._disturbed(condition, model, _Stage(whole, running, paths, start), at_rest)
        later = sorted((one for one in condition.change if one.at > model.time.initial), key=lambda one: one.at)
        return _in_stages(first, condition, later, outputs, self._end(condition, model))

    def _rest(self, condition: Condition, whole: CompiledModel, at_rest: Arrays, paths: Given) -> np.ndarray:
        """Return the resting states; conditions that differ only in what comes later share them."""
        later = {"futures": 1, "until": None, "time_step": None, "save_every": None, "method": None}
        key = ("rest", condition.undisturbed.model_copy(update=later).model_dump_json())
        if key not in self._made:
            still = {name: _first(*points) for name, points in paths.items()}
            self._made[key] = _rest(whole, at_rest, still)
        states: np.ndarray = self._made[key]
        return states

    def _end(self, condition: Condition, model: Model) -> float:
        study = self.checks.study
        if condition.until is not None:
            return model.time.initial + condition.until
        if study is not None and not condition.model:
            return model.time.initial + study.file.clock.horizon
        return model.time.final

    def _inputs(self, condition: Condition, model: Model) -> tuple[Arrays, Arrays]:
        """Return the constants while the resting point is sought, and those of the run."""
        study = self.checks.study
        if study is None or condition.model:
            settled = _held(model, {}, resolve_settings(model, condition.set))
            settled = _alike(model, settled, condition)
            return settled, dict(settled)
        if condition.plant is not None:
            study = replace(study, model=model, constants=constant_arrays(model))
        plan = _plan(study, condition)
        key = ("worlds", condition.model, condition.plant, condition.area, str(condition.set), plan.worlds, plan.seed)
        if key not in self._made:
            self._made[key] = with_anchors(plan, self._compiled(model))
        worlds, faults = self._made[key]
        if faults:
            raise EngineError(next(iter(faults.values())))
        return _study_inputs(plan, condition, worlds)

    def _links(self, condition: Condition) -> tuple[tuple[str, str], ...]:
        """Return the links that a condition cuts, those of named loops among them."""
        links = [(cause.strip(), effect.strip()) for cause, _, effect in (one.partition("->") for one in condition.cut)]
        study = self.checks.study
        if study is not None:
            links += [study.file.loops[name].cut for name in condition.without]
        return tuple(dict.fromkeys(links))

    def _disturbed(self, condition: Condition, model: Model, stage: _Stage, at_rest: Arrays) -> _Stage:
        """Return the stage with what is fixed, held and cut; each keeps, or takes, its value from the start on."""
        links = self._links(condition)
        if not (condition.fix or condition.hold or links):
            return stage
        severed, stand_ins = cut_links(model, links)
        held = [model.spelled(name) for name in condition.hold]
        fixed = {model.spelled(name): value for name, value in condition.fix.items()}
        seen = list(dict.fromkeys([*held, *stand_ins, *fixed]))
        before = stage.inputs if stage.start is None else at_rest
        first = stage.compiled.run(
            before, outputs=seen, start=stage.start, series=stage.series, final_time=model.time.initial, allow_nan=True
        )
        given = {name: np.array(first[name][:, 0]) for name in held}
        given |= {name: np.full_like(first[name][:, 0], value) for name, value in fixed.items()}
        given |= {stand_in: np.array(first[cause][:, 0]) for cause, stand_in in stand_ins.items()}
        key = ("severed", id(model), links)
        severed = self._made.setdefault(key, severed)
        compiled = self._compiled(severed, free=(*held, *fixed), series=tuple(stage.series))
        start = None if stage.start is None else _states(stage.start, stage.compiled, compiled)
        return _Stage(compiled, {**stage.inputs, **given}, stage.series, start)


def _states(start: np.ndarray, whole: CompiledModel, lesser: CompiledModel) -> np.ndarray:
    """Return the starting states of a model that has lost some of them, in its own order."""
    place = {name: at for at, name in enumerate(whole.states)}
    return start[..., [place[name] for name in lesser.states]]


def _study_inputs(plan: Plan, condition: Condition, worlds: Mapping[str, np.ndarray]) -> tuple[Arrays, Arrays]:
    study = plan.study
    design = condition.design or study.file.comparison.base
    anchored = {name: worlds[name] for name in (study.file.reference.anchors if study.file.reference else ())}
    resting = {**plan.rest_inputs(design), **anchored}
    running = dict(resting)
    if condition.switch_to:
        running |= plan.design_inputs(condition.switch_to)
    if condition.scenario:
        for name in study.file.rest.set:
            running[name] = worlds.get(name, study.constants[name])
    running = {name: _for_each(study.model, name, values, condition) for name, values in running.items()}
    if condition.scenario:
        luck = plan.future_inputs()
        running |= {name: np.array(values.reshape(-1, *values.shape[2:])) for name, values in luck.items()}
    return _alike(study.model, resting, condition), _alike(study.model, running, condition)


def _plan(study: Study, condition: Condition) -> Plan:
    """Return the plan whose draws a condition takes; without worlds everything stands at its base value."""
    plan = study.plan(
        designs=[condition.design or study.file.comparison.base],
        scenario=condition.scenario or None,
        start="switch",
        worlds=max(1, condition.worlds),
        futures=condition.futures,
        seed=condition.seed,
        settings=condition.set,
        area=condition.area or None,
    )
    return plan.with_(vary=GROUPS if condition.worlds else frozenset())


def _for_each(model: Model, name: str, values: np.ndarray, condition: Condition) -> np.ndarray:
    """Return each world's values once for each of its futures; what is the same in all worlds stays as it is."""
    return np.repeat(values, condition.futures, axis=0) if values.ndim > len(model.elements(name)) else values


def _held(model: Model, inputs: Mapping[str, np.ndarray], settings: Sequence[Setting]) -> Arrays:
    """Return the inputs with constants held at a value; those not among them start from the model's own."""
    changed = dict(inputs)
    for setting in settings:
        current = changed.get(setting.variable)
        changed[setting.variable] = setting.applied(
            constant_array(model, model[setting.variable]) if current is None else current
        )
    return changed


def _changed(model: Model, inputs: Mapping[str, np.ndarray], changes: Sequence[Change]) -> Arrays:
    changed = dict(inputs)
    for change in sorted(changes, key=lambda one: one.at):
        changed = _held(model, changed, resolve_settings(model, change.set))
    return changed


def _alike(model: Model, inputs: Arrays, condition: Condition) -> Arrays:
    """Give every element along a dimension the mean of all, in every constant that has it."""
    if condition.alike is None:
        return inputs
    spared = {model.spelled(name) for name in condition.alike.leaving_out}
    members = model.subscripts[condition.alike.dimension]
    changed = dict(inputs)
    for name, values in constant_arrays(model).items():
        elements = model.elements(name)
        if name in spared or members not in elements:
            continue
        current = changed.get(name, values)
        axis = elements.index(members) - len(elements)
        changed[name] = np.broadcast_to(current.mean(axis=axis, keepdims=True), current.shape).copy()
    return changed


def _paths(model: Model, folder: Path, condition: Condition) -> Given:
    """Return the values over time that stand in for variables, over their dimensions."""
    found: Given = {}
    for asked, points in condition.over_time.items():
        name = model.spelled(asked)
        if isinstance(points, FromTable):
            at, values = table_points(folder, points)
        else:
            at, values = (np.array(column, dtype=float) for column in zip(*points, strict=True))
        shape = tuple(len(elements) for elements in model.elements(name))
        wide = values.reshape(-1, *(1 for _ in shape))
        found[name] = (at, np.array(np.broadcast_to(wide, (len(values), *shape))))
    return found


def _first(at: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a path that keeps its first value."""
    return at[0] + np.array([0.0, 1.0]), np.stack([values[0], values[0]])


def _rest(whole: CompiledModel, inputs: Arrays, series: Given) -> np.ndarray:
    from policy_lab.engine.rest import solve_rest

    rest = solve_rest(whole, inputs, series=series)
    lost = np.flatnonzero(~rest.converged)
    if len(lost):
        worst = float(np.max(rest.residual[lost]))
        of = "no resting point was found" if len(rest.converged) == 1 else f"{len(lost)} worlds found no resting point"
        raise EngineError(f"{of} to start from (largest relative rate {worst:.2g})")
    return rest.states


def _in_stages(
    first: _Stage, condition: Condition, later: Sequence[Change], outputs: Sequence[str] | None, end: float
) -> Series:
    """Run from change to change, each from where the one before it ended."""
    compiled, model = first.compiled, first.compiled.model
    _refuse_pipelines(model, later)
    _refuse_between_saves(model, condition, later)
    stops = [*dict.fromkeys(change.at for change in later if change.at < end), end]
    parts: list[Series] = []
    inputs, start, begin = first.inputs, first.start, model.time.initial
    for stop in stops:
        parts.append(
            compiled.run(
                inputs,
                outputs=outputs,
                start=start,
                initial_time=begin,
                final_time=stop,
                time_step=condition.time_step,
                save_period=condition.save_every,
                method=condition.method,
                series=first.series,
                allow_nan=True,
            )
        )
        inputs = _changed(model, inputs, [change for change in later if change.at == stop])
        start, begin = parts[-1].states, stop
    return parts[0] if len(parts) == 1 else _joined(parts)


def _refuse_pipelines(model: Model, later: Sequence[Change]) -> None:
    if not later:
        return
    for variable in model.variables.values():
        if any(isinstance(node, ex.DelayFixed) for one in variable.components for node in walk(one.expression)):
            raise InputError(
                Problem(
                    "constants cannot change during a run of a model with a pipeline delay",
                    file=model.path,
                    line=variable.line,
                    variable=variable.name,
                    why="what is on its way would be lost at the change",
                    remedy="Change them at time 0, or give the variable a path with `over_time`.",
                )
            )


def _refuse_between_saves(model: Model, condition: Condition, later: Sequence[Change]) -> None:
    period = max(condition.save_every or model.time.save_period, condition.time_step or model.time.step)
    for change in later:
        turns = (change.at - model.time.initial) / period
        if abs(turns - round(turns)) > 1e-9:
            what = f"a change at {change.at:g} falls between two saved times, which are {period:g} apart"
            raise InputError(Problem(what=what, remedy="Move it, or save more often with `save_every`."))


def _joined(parts: Sequence[Series]) -> Series:
    """Join the series of stages; where two meet, the later one tells the moment after the change."""
    last = parts[-1]
    kept = [len(part.time) - (part is not last) for part in parts]
    values = {
        name: np.concatenate([part[name][:, :count] for part, count in zip(parts, kept, strict=True)], axis=1)
        for name in last.values
    }
    time = np.concatenate([part.time[:count] for part, count in zip(parts, kept, strict=True)])
    return replace(last, time=time, values=MappingProxyType(values))


def _planted(model: Model, sound: str, planted: str, read: Callable[[Path], Model]) -> Model:
    """Return the model with some of its text replaced; the file itself stays as it is."""
    text = model.path.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix="policy_lab.") as folder:
        path = Path(folder) / model.path.name
        path.write_text(text.replace(sound, planted), encoding="utf-8")
        return replace(read(path), path=model.path)
