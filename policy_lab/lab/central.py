"""Central paths of any variables: every design at central values and in calm, in one call of the engine.

They are the runs whose shortfall measure `policy_lab.lab.moving.moved` shows, with everything else that is computed on
the way; the footings that the last movement found serve again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from policy_lab.engine import CompiledModel
from policy_lab.lab.moving import Ready, anchored, cells, footed, held_inputs
from policy_lab.model.types import Kind, Model
from policy_lab.run.cases import timeline_of
from policy_lab.run.drawn import Arrays
from policy_lab.study.constants import element_index
from policy_lab.study.elements import split_element
from policy_lab.study.settings import apply_settings, resolve_settings
from policy_lab.study.study import Study


@dataclass(frozen=True)
class Central:
    """Paths of variables without luck.

    Parameters
    ----------
    designs
        In the order of the arrays.
    time
        Since the start, in the model's unit.
    values
        Variable -> ``[design, time, *elements]``, in its own unit.
    """

    designs: tuple[str, ...]
    time: np.ndarray
    values: Mapping[str, np.ndarray]

    def of(self, design: str, variable: str) -> np.ndarray:
        """Return one variable under one design: ``[time, *elements]``."""
        return np.asarray(self.values[variable][self.designs.index(design)])


@dataclass(frozen=True)
class Cut:
    """A model with links cut, made ready to run, and cause -> the constant that stands in for it."""

    compiled: CompiledModel
    stand_ins: Mapping[str, str]


def moving_variables(model: Model) -> tuple[str, ...]:
    """Return the variables of a model that can move."""
    still = (Kind.CONSTANT, Kind.LOOKUP, Kind.TIME)
    return tuple(name for name, variable in model.variables.items() if variable.kind not in still)


def central_paths(
    ready: Ready,
    settings: Mapping[str, float],
    designs: Sequence[str] = (),
    variables: Collection[str] | None = None,
    cut: Cut | None = None,
) -> Central:
    """Run the designs at central values and in calm, with constants held at some values.

    Parameters
    ----------
    settings
        Constant -> value, in its own unit, as for `moved`.
    designs
        Those to run, of the plan's; all unless told.
    variables
        What to save; every variable that moves unless told.
    cut
        Run a model with links cut: from the start on their effects see the causes as they were at rest. The resting
        points stay those of the whole model.
    """
    plan, study, sample = ready.plan, ready.plan.study, ready.sample
    chosen = tuple(designs) or plan.designs
    held = resolve_settings(study.model, settings)
    anchors, _ = anchored(ready, held)
    starts: dict[str, np.ndarray] = {}
    for name in dict.fromkeys(sample.rest_of(design) for design in chosen):
        laid = ready.resting[name].changed(anchors, cells(held))
        starts[name] = footed(laid, ready.footings.get(name)).rest.states[-1:]
    calm = {name: values[-1:] for name, values in held_inputs({**ready.worlds, **anchors}, held, study).items()}
    inputs = {name: np.concatenate([values] * len(chosen)) for name, values in calm.items()}
    for name in ready.rows[chosen[0]]:
        inputs[name] = np.concatenate([ready.rows[design][name][-1:] for design in chosen])
    inputs = apply_settings(inputs, [one for one in held if one.variable in ready.rows[chosen[0]]])
    compiled = ready.compiled
    if cut is not None:
        compiled = cut.compiled
        at_rest = {}
        for name, states in starts.items():
            given = held_inputs({**ready.rests[name], **anchors}, held, study)
            at_rest[name] = _at_rest(ready, {key: values[-1:] for key, values in given.items()}, states, cut)
        for name in cut.stand_ins.values():
            inputs[name] = np.concatenate([at_rest[sample.rest_of(design)][name] for design in chosen])
    line = timeline_of(plan, compiled)
    series = compiled.run(
        inputs,
        outputs=list(moving_variables(study.model) if variables is None else variables),
        start=np.concatenate([starts[sample.rest_of(design)] for design in chosen]),
        final_time=line.final_time,
        time_step=plan.time_step,
        save_period=plan.save_period,
        threads=1,
        allow_nan=True,
    )
    return Central(chosen, line.labels - study.model.time.initial, series.values)


def _at_rest(ready: Ready, inputs: Arrays, states: np.ndarray, cut: Cut) -> dict[str, np.ndarray]:
    """Return what stands in for the causes of cut links: their values at rest in the whole model."""
    first = ready.compiled.run(
        inputs,
        outputs=list(cut.stand_ins),
        start=states,
        final_time=ready.plan.study.model.time.initial,
        threads=1,
        allow_nan=True,
    )
    return {name: np.array(first[cause][:, 0]) for cause, name in cut.stand_ins.items()}


def measure_paths(paths: Central, study: Study) -> np.ndarray:
    """Return the paths of the study's shortfall measure, ``[design, time]``."""
    variable, elements = split_element(study.file.measures.shortfall.variable)
    values = paths.values[variable]
    if not elements:
        return np.asarray(values)
    at: tuple[Any, ...] = (..., *element_index(study.model, variable, elements))
    return np.asarray(values[at])
