"""What a movement of a slider shows at once: every design run at central values, and in a few worlds with luck.

Everything that does not move is drawn, solved and laid out once, when the designs, the place or the scenario change
(`made_ready`). A movement then changes the few arrays that it touches, follows the resting points (`engine.follow`)
and runs all cases of all designs in one call of the engine (`moved`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from policy_lab.analysis.outcomes import over_futures
from policy_lab.analysis.put_in import calm_plan
from policy_lab.analysis.shortfall import spells
from policy_lab.engine import CompiledModel, compile_model
from policy_lab.engine.follow import Footing, follow, footing
from policy_lab.engine.rest import solve_rest
from policy_lab.lab.state import Screen, stepped
from policy_lab.run.cases import timeline_of
from policy_lab.run.drawn import Arrays, Drawn
from policy_lab.study.constants import element_index
from policy_lab.study.elements import split_element
from policy_lab.study.plan import Plan
from policy_lab.study.settings import Setting, apply_settings, resolve_settings
from policy_lab.study.study import Study

SAMPLE = (6, 2)
"""Worlds, and futures in each, that are run at every movement. Measured on nine designs of 470 variables: 6 × 2 answer
within 0.1 s on two processors, 8 × 2 in 0.13 s (`python -m benchmarks.screen`)."""

STILL = 1e-5
"""Relative rate of change, per unit of time, that counts as rest while something moves: paths are right to 1e-4, which
no pixel shows, in half the steps. The whole answer is solved to 1e-8."""

_NONE: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Moved:
    """What is shown while a slider moves.

    Parameters
    ----------
    designs
        In the order of the arrays.
    time
        Since the start, in the model's unit.
    central
        The measure at central values and in calm: ``[design, time]``.
    shares
        Of the futures of each world of the sample that fall short: ``[design, world]``.
    cases
        How many futures the sample holds for each design.
    """

    designs: tuple[str, ...]
    time: np.ndarray
    central: np.ndarray
    shares: np.ndarray
    cases: int


@dataclass(frozen=True)
class Ready:
    """All that stays while sliders move: what was drawn, and where the last movement came to rest.

    ``calm`` is one more world after those of the sample. ``touched`` holds what was set when the footings were found.
    """

    sample: Drawn
    calm: Drawn
    compiled: CompiledModel
    reference: Arrays
    rests: Mapping[str, Arrays]
    worlds: Arrays
    rows: Mapping[str, Arrays]
    footings: Mapping[str, Footing] = field(default_factory=lambda: _NONE)

    @property
    def plan(self) -> Plan:
        """The plan of the sample, without anything that sliders set."""
        return self.sample.plan


_REFERENCE = ""
"""Stands among the footings for the policy-intent reference."""


def plan_of(study: Study, screen: Screen, **options: Any) -> Plan:
    """Return the plan that a screen asks for, its settings and lever steps included; options as for `Study.plan`.

    Raises
    ------
    InputError
        For anything that the study does not know.
    """
    return stepped(study, screen.levers).plan(
        designs=screen.designs,
        scenario=screen.scenario,
        area=screen.area or None,
        settings=dict(screen.settings),
        **options,
    )


def made_ready(study: Study, screen: Screen, sample: tuple[int, int] = SAMPLE) -> Ready:
    """Draw everything that stays the same while sliders move.

    Parameters
    ----------
    screen
        Its settings play no part: they are what moves.
    sample
        Worlds and futures.
    """
    plan = plan_of(study, screen.with_(settings={}), worlds=sample[0], futures=sample[1])
    central = calm_plan(plan.with_(vary=frozenset(), worlds=1))
    drawn, calm = Drawn.of(plan), Drawn.of(central)
    constants, count = study.constants, plan.worlds
    rests = {name: _stacked(drawn.rests[name], calm.rests[name], count, constants) for name in drawn.rests}
    place = np.append(np.repeat(np.arange(plan.worlds), plan.futures), plan.worlds)
    return Ready(
        sample=drawn,
        calm=calm,
        compiled=compile_model(study.model),
        reference=_stacked(drawn.reference, calm.reference, count, constants),
        rests=rests,
        worlds=_stacked(drawn.worlds, calm.worlds, count, constants),
        rows={name: _rows(drawn, calm, name, place, constants) for name in plan.designs},
    )


def moved(ready: Ready, settings: Mapping[str, float], designs: Sequence[str] = ()) -> tuple[Moved, Ready]:
    """Run all cases with constants held at some values.

    Parameters
    ----------
    settings
        Constant -> value, in its own unit; none of them may be one that the study's rest or reference hold.
    designs
        Those to run, of the plan's; all unless told.

    Returns
    -------
    Moved, Ready
        What came out, and where the next movement starts from.
    """
    plan, compiled = ready.plan, ready.compiled
    chosen = tuple(designs) or plan.designs
    held = resolve_settings(plan.study.model, settings)
    anchors, footings = anchored(ready, held)
    starts: dict[str, np.ndarray] = {}
    for name in dict.fromkeys(ready.sample.rest_of(design) for design in chosen):
        inputs = held_inputs({**ready.rests[name], **anchors}, held, plan.study)
        footings[name] = footed(compiled, inputs, ready.footings.get(name))
        starts[name] = footings[name].rest.states
    series = _run(ready, held, anchors, starts, chosen)
    values = series[1].reshape(len(chosen), -1, len(series[0]))
    sampled = values[:, :-1].reshape(len(chosen), plan.worlds, plan.futures, -1)
    measure = plan.study.file.measures.shortfall
    shares = over_futures(spells(sampled, measure.threshold, measure.periods).fell)
    found = Moved(chosen, series[0], values[:, -1], shares, plan.worlds * plan.futures)
    return found, replace(ready, footings=footings)


def anchored(ready: Ready, held: Sequence[Setting]) -> tuple[dict[str, np.ndarray], dict[str, Footing]]:
    """Return what the reference at rest anchors, ``[world, *dims]``, and its footing."""
    reference, compiled = ready.plan.study.file.reference, ready.compiled
    if reference is None or not ready.reference:
        return {}, {}
    inputs = held_inputs(ready.reference, held, ready.plan.study)
    found = footed(compiled, inputs, ready.footings.get(_REFERENCE))
    first = compiled.run(
        inputs,
        outputs=list(reference.anchors.values()),
        start=found.rest.states,
        final_time=ready.plan.study.model.time.initial,
        threads=1,
        allow_nan=True,
    )
    anchors = {constant: np.array(first[variable][:, 0]) for constant, variable in reference.anchors.items()}
    return anchors, {_REFERENCE: found}


def footed(compiled: CompiledModel, inputs: Arrays, last: Footing | None) -> Footing:
    """Return resting points: from the last ones if there are any, else searched for."""
    if last is not None:
        return follow(compiled, inputs, last, STILL)
    return footing(compiled, inputs, solve_rest(compiled, inputs))


def _run(
    ready: Ready, held: Sequence[Setting], anchors: Arrays, starts: Arrays, chosen: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Return times since the start, and the measure ``[case, time]``: design by design, the calm case last."""
    plan, compiled = ready.plan, ready.compiled
    place = np.append(np.repeat(np.arange(plan.worlds), plan.futures), plan.worlds)
    worlds = held_inputs({**ready.worlds, **anchors}, held, plan.study)
    inputs = {name: np.concatenate([values[place]] * len(chosen)) for name, values in worlds.items()}
    for name in ready.rows[chosen[0]]:
        inputs[name] = np.concatenate([ready.rows[design][name] for design in chosen])
    inputs = apply_settings(inputs, [one for one in held if one.variable in ready.rows[chosen[0]]])
    variable, elements = split_element(plan.study.file.measures.shortfall.variable)
    line = timeline_of(plan, compiled)
    series = compiled.run(
        inputs,
        outputs=[variable],
        start=np.concatenate([starts[ready.sample.rest_of(design)][place] for design in chosen]),
        final_time=line.final_time,
        time_step=plan.time_step,
        save_period=plan.save_period,
        allow_nan=True,
    )
    values = series[variable]
    if elements:
        at: tuple[Any, ...] = (..., *element_index(plan.study.model, variable, elements))
        values = values[at]
    return line.labels - plan.study.model.time.initial, values.reshape(len(values), -1)


def held_inputs(inputs: Arrays, held: Sequence[Setting], study: Study) -> dict[str, np.ndarray]:
    """Return the inputs with every setting made; a constant that is not among them is added."""
    count = len(next(iter(inputs.values()))) if inputs else 1
    added = {
        one.variable: np.array(
            np.broadcast_to(study.constants[one.variable], (count, *np.shape(study.constants[one.variable])))
        )
        for one in held
        if one.variable not in inputs
    }
    return apply_settings({**inputs, **added}, held)


def _rows(drawn: Drawn, calm: Drawn, design: str, place: np.ndarray, constants: Arrays) -> dict[str, np.ndarray]:
    """Return what a design sets and what luck draws, a row a case."""
    own = _stacked(drawn.designs[design], calm.designs[design], drawn.count, constants)
    luck = {name: values.reshape(-1, *values.shape[2:]) for name, values in drawn.futures.items()}
    quiet = {name: values.reshape(-1, *values.shape[2:]) for name, values in calm.futures.items()}
    return {
        **{name: values[place] for name, values in own.items()},
        **_stacked(luck, quiet, drawn.count * drawn.plan.futures, constants),
    }


def _stacked(many: Arrays, one: Arrays, count: int, constants: Arrays) -> dict[str, np.ndarray]:
    """Return ``count`` rows, and the one after them; what either lacks stands at its base value."""
    found = {}
    for name in dict.fromkeys((*many, *one)):
        base = np.asarray(constants[name])
        parts = [
            arrays[name] if name in arrays else np.broadcast_to(base, (rows, *base.shape))
            for arrays, rows in ((many, count), (one, 1))
        ]
        found[name] = np.concatenate(parts)
    return found
