"""Worlds made ready to run: the reference and the starting states solved, and what stands in where links are cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from policy_lab.run.drawn import Arrays, Drawn

if TYPE_CHECKING:
    from policy_lab.engine import CompiledModel
    from policy_lab.study.plan import Plan


@dataclass(frozen=True)
class Start:
    """Where the runs of a design begin: ``states[world, state]``, and why a world has no usable start."""

    states: np.ndarray
    faults: Mapping[int, str]


@dataclass(frozen=True)
class Solved:
    """Some worlds, ready to run.

    Parameters
    ----------
    drawn
        What was drawn for them.
    worlds
        What each world fixes, ``[world, *dims]``, with what the reference at rest anchors.
    starts
        Where each design begins. Worlds are counted from the first of these.
    """

    drawn: Drawn
    worlds: Arrays
    starts: Mapping[str, Start]


def solve(drawn: Drawn, compiled: CompiledModel, threads: int | None = None) -> Solved:
    """Solve the reference in every world, which gives the anchors their values, and then the starting states."""
    worlds, faults = anchored(drawn, compiled, threads)
    anchors = {name: worlds[name] for name in anchor_names(drawn.plan)}
    starts: dict[str, Start] = {}
    for design, inputs in drawn.rests.items():
        given = {**inputs, **anchors}
        if drawn.plan.start == "file":
            start = _written(compiled, given, drawn.count, f"`{design}`")
        else:
            start = _rest(compiled, given, drawn.count, f"`{design}`", threads)
        starts[design] = Start(start.states, {**start.faults, **faults})
    return Solved(drawn, worlds, {design: starts[drawn.rest_of(design)] for design in drawn.plan.designs})


def anchored(
    drawn: Drawn, compiled: CompiledModel, threads: int | None = None
) -> tuple[dict[str, np.ndarray], dict[int, str]]:
    """Return the inputs of each world with what the reference at rest anchors, and why a world's reference failed."""
    worlds = dict(drawn.worlds)
    reference = drawn.plan.study.file.reference
    if reference is None or not reference.anchors:
        return worlds, {}
    start = _rest(compiled, drawn.reference, drawn.count, "the reference", threads)
    first = compiled.run(
        drawn.reference,
        outputs=list(reference.anchors.values()),
        start=start.states,
        final_time=drawn.plan.study.model.time.initial,
        threads=threads,
        allow_nan=True,
    )
    for constant, variable in reference.anchors.items():
        worlds[constant] = np.array(first[variable][:, 0])
    return worlds, dict(start.faults)


def anchor_names(plan: Plan) -> tuple[str, ...]:
    """Return the constants to which the reference at rest gives their values."""
    reference = plan.study.file.reference
    return tuple(reference.anchors) if reference else ()


def with_cuts(
    solved: Solved,
    compiled: CompiledModel,
    links: Sequence[tuple[str, str]],
    engine: Literal["compiled", "numpy"],
) -> tuple[CompiledModel, Mapping[str, Arrays]]:
    """Return the model with links cut, and for each design what stands in for the causes: their values at rest."""
    drawn = solved.drawn
    if not links:
        return compiled, {design: {} for design in drawn.plan.designs}
    from policy_lab.engine import compile_model
    from policy_lab.model.cut import cut_links

    model, stand_ins = cut_links(drawn.plan.study.model, links)
    anchors = {name: solved.worlds[name] for name in anchor_names(drawn.plan)}
    at_rest: dict[str, Arrays] = {}
    for design in drawn.plan.designs:
        rest = drawn.rest_of(design)
        if rest not in at_rest:
            first = compiled.run(
                {**drawn.rests[rest], **anchors},
                outputs=list(stand_ins),
                start=solved.starts[design].states,
                final_time=drawn.plan.study.model.time.initial,
                allow_nan=True,
            )
            at_rest[rest] = {name: np.array(first[cause][:, 0]) for cause, name in stand_ins.items()}
    held = {design: at_rest[drawn.rest_of(design)] for design in drawn.plan.designs}
    return compile_model(model, backend=engine), held


def _rest(compiled: CompiledModel, inputs: Arrays, worlds: int, of: str, threads: int | None) -> Start:
    """Solve a resting point in every world."""
    from policy_lab.engine.rest import solve_rest

    rest = solve_rest(compiled, inputs, threads=threads)
    states = np.broadcast_to(rest.states, (worlds, rest.states.shape[-1]))
    converged = np.broadcast_to(rest.converged, (worlds,))
    residual = np.broadcast_to(rest.residual, (worlds,))
    lost = np.flatnonzero(~converged | ~np.isfinite(states).all(axis=1))
    return Start(states, {int(w): f"no resting point of {of} was found (residual {residual[w]:.2g})" for w in lost})


def _written(compiled: CompiledModel, inputs: Arrays, worlds: int, of: str) -> Start:
    """Work out the starting values that the model file gives, in every world."""
    _, _, states = compiled.ready(inputs, None, {})
    found = np.broadcast_to(states.T, (worlds, len(states)))
    lost = np.flatnonzero(~np.isfinite(found).all(axis=1))
    return Start(found, {int(w): f"a stock of {of} has no finite starting value" for w in lost})
