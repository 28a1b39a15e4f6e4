"""What a movement of a slider shows at once: every design run at central values, and in a few worlds with luck.

Everything that does not move is drawn, solved and laid out once, when the designs, the place or the scenario change
(`made_ready`). A movement then changes the few inputs that it touches, follows the resting points (`engine.follow`)
and runs all cases of all designs (`moved`): the central paths at the model's own time step, the small sample first at
a longer one. That tells which futures come near the bar, and those run again at the model's own step
(`lab.coarse`), so that the sample says what it would say without the shortcut.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from policy_lab.analysis.outcomes import over_futures
from policy_lab.analysis.put_in import calm_plan
from policy_lab.engine import CompiledModel, compile_model
from policy_lab.engine.follow import Footing, follow_laid, footing_of
from policy_lab.engine.laid import Cell, Laid
from policy_lab.engine.rest import search_rest
from policy_lab.lab.coarse import Coarse, Runs, sampled
from policy_lab.lab.state import Screen, held_of
from policy_lab.run.cases import timeline_of
from policy_lab.run.drawn import Arrays, Drawn
from policy_lab.study.constants import element_index
from policy_lab.study.elements import split_element
from policy_lab.study.plan import Plan
from policy_lab.study.settings import Setting, apply_settings, resolve_settings
from policy_lab.study.steps import stepped
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

    ``calm`` is one more world after those of the sample. ``cases``, ``resting`` and ``referring`` are laid out for the
    engine: the cases of all designs, design by design with the calm one last; what each start is at rest under; and
    what the policy-intent reference is at rest under (nothing where it anchors nothing). ``footings`` are where the
    last movement came to rest, ``coarse`` says how the sample may be run.
    """

    sample: Drawn
    calm: Drawn
    compiled: CompiledModel
    reference: Arrays
    rests: Mapping[str, Arrays]
    worlds: Arrays
    rows: Mapping[str, Arrays]
    cases: Laid
    resting: Mapping[str, Laid]
    referring: Laid | None
    footings: Mapping[str, Footing] = field(default_factory=lambda: _NONE)
    coarse: Coarse | None = None

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
        settings=held_of(study, screen),
        **{"worlds": screen.worlds, "futures": screen.futures, "seed": screen.seed, **options},
    )


def made_ready(study: Study, screen: Screen, sample: tuple[int, int] = SAMPLE) -> Ready:
    """Draw everything that stays the same while sliders move.

    Parameters
    ----------
    screen
        Its settings and events play no part: they are what moves.
    sample
        Worlds and futures.
    """
    plan = plan_of(study, screen.still(), worlds=sample[0], futures=sample[1])
    central = calm_plan(plan.with_(vary=frozenset(), worlds=1))
    drawn, calm = Drawn.of(plan), Drawn.of(central)
    constants, count = study.constants, plan.worlds
    rests = {name: _stacked(drawn.rests[name], calm.rests[name], count, constants) for name in drawn.rests}
    reference = _stacked(drawn.reference, calm.reference, count, constants)
    worlds = _stacked(drawn.worlds, calm.worlds, count, constants)
    place = _place(plan)
    rows = {name: _rows(drawn, calm, name, place, constants) for name in plan.designs}
    compiled = compile_model(study.model)
    anchors = _unanchored(study, count + 1) if reference else {}
    return Ready(
        sample=drawn,
        calm=calm,
        compiled=compiled,
        reference=reference,
        rests=rests,
        worlds=worlds,
        rows=rows,
        cases=_laid_cases(compiled, {**worlds, **anchors}, rows, place),
        resting={name: Laid.of(compiled, {**inputs, **anchors}, count + 1) for name, inputs in rests.items()},
        referring=Laid.of(compiled, reference, count + 1) if reference else None,
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
    plan = ready.plan
    chosen = tuple(designs) or plan.designs
    held = resolve_settings(plan.study.model, settings)
    anchors, footings = anchored(ready, held)
    starts: dict[str, np.ndarray] = {}
    for name in dict.fromkeys(ready.sample.rest_of(design) for design in chosen):
        laid = ready.resting[name].changed(anchors, cells(held))
        footings[name] = footed(laid, ready.footings.get(name))
        starts[name] = footings[name].rest.states
    found, coarse = _run(ready, held, anchors, starts, chosen)
    return found, replace(ready, footings=footings, coarse=coarse)


def anchored(ready: Ready, held: Sequence[Setting]) -> tuple[dict[str, np.ndarray], dict[str, Footing]]:
    """Return what the reference at rest anchors, ``[world, *dims]``, and its footing."""
    reference = ready.plan.study.file.reference
    if reference is None or ready.referring is None:
        return {}, {}
    laid = ready.referring.changed({}, cells(held))
    found = footed(laid, ready.footings.get(_REFERENCE))
    first = laid.first(reference.anchors.values(), ready.compiled.timeline(), found.rest.states)
    return {constant: first[variable] for constant, variable in reference.anchors.items()}, {_REFERENCE: found}


def footed(laid: Laid, last: Footing | None) -> Footing:
    """Return resting points: from the last ones if there are any, else searched for."""
    compiled, given, line = laid.compiled, laid.given, laid.compiled.timeline()
    if last is not None:
        return follow_laid(compiled, given, line, last, STILL)
    states = np.ascontiguousarray(compiled.backend.initial_states(given, line))
    return footing_of(compiled, given, line, search_rest(compiled, given, line, states))


def _run(
    ready: Ready, held: Sequence[Setting], anchors: Arrays, starts: Arrays, chosen: Sequence[str]
) -> tuple[Moved, Coarse]:
    """Run the cases of some designs; return what comes out, and how the next movement may run the sample."""
    plan, study, place = ready.plan, ready.plan.study, _place(ready.plan)
    first = np.concatenate([plan.designs.index(name) * len(place) + np.arange(len(place)) for name in chosen])
    own, everywhere = ready.rows[chosen[0]], np.tile(place, len(chosen))
    found = {name: values[everywhere] for name, values in anchors.items() if name not in own}
    laid = ready.cases.chosen(first).changed(found, cells(held))
    start = np.concatenate([starts[ready.sample.rest_of(design)][place] for design in chosen])
    measure = study.file.measures.shortfall
    variable, elements = split_element(measure.variable)
    at = element_index(study.model, variable, elements) if elements else ()
    line = timeline_of(plan, ready.compiled)
    runs = Runs(laid, start, variable, at, line, measure.threshold, measure.periods)
    cases = np.arange(len(first)).reshape(len(chosen), -1)  # the calm one last
    central, fell, coarse = sampled(runs, cases[:, :-1].ravel(), cases[:, -1], ready.coarse)
    shares = over_futures(fell.reshape(len(chosen), plan.worlds, plan.futures))
    time = line.labels - study.model.time.initial
    return Moved(tuple(chosen), time, central, shares, plan.worlds * plan.futures), coarse


def cells(held: Sequence[Setting]) -> list[Cell]:
    """Return settings as inputs that are laid out take them."""
    return [(one.variable, one.place, one.value) for one in held]


def _place(plan: Plan) -> np.ndarray:
    """Return the world of each case of one design; the calm one comes last."""
    return np.append(np.repeat(np.arange(plan.worlds), plan.futures), plan.worlds)


def _unanchored(study: Study, count: int) -> dict[str, np.ndarray]:
    """Return rows for what the reference anchors, before a movement has found what that is."""
    reference = study.file.reference
    names = reference.anchors if reference is not None else ()
    return {name: np.full((count, *np.shape(study.constants[name])), np.nan) for name in names}


def _laid_cases(compiled: CompiledModel, worlds: Arrays, rows: Mapping[str, Arrays], place: np.ndarray) -> Laid:
    """Lay out every case of every design: what its world fixes, then what the design and luck set."""
    inputs = {name: np.concatenate([values[place]] * len(rows)) for name, values in worlds.items()}
    for name in next(iter(rows.values())):
        inputs[name] = np.concatenate([own[name] for own in rows.values()])
    return Laid.of(compiled, inputs, len(rows) * len(place))


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
