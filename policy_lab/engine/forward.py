"""Exact derivatives of outcomes: one run a direction, all in one batch of the tangent program."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from policy_lab.engine.given import Given
from policy_lab.engine.layout import Layout, layout_of
from policy_lab.engine.tangent import Tangent, tangent

if TYPE_CHECKING:
    from policy_lab.engine.compiled import CompiledModel

Array = NDArray[np.float64]
_FIXED_STEPS = ("euler", "rk2", "rk4")
_CLOCK = ("initial_time", "final_time", "time_step", "save_period")


@dataclass(frozen=True)
class Directions:
    """Derivatives by variable, of shape (directions, times, *dimensions).

    ``blocked`` says, by input and variable, why some are not to be had so.
    """

    values: Mapping[str, Array]
    blocked: Mapping[str, Mapping[str, str]]


def unavailable(compiled: CompiledModel, options: Mapping[str, Any]) -> str:
    """Say why a run with these options has no tangent program; nothing where it has one."""
    if (options.get("method") or compiled.model.integration) not in _FIXED_STEPS:
        return "the steps adapt themselves to the numbers"
    return "the states that the run starts from are given" if options.get("start") is not None else ""


def directions(
    compiled: CompiledModel,
    outputs: Sequence[str],
    base: Mapping[str, Array],
    moved: Sequence[tuple[str, tuple[int, ...]]],
    options: Mapping[str, Any],
) -> Directions:
    """Return the derivatives of whole variables in the direction of each input element that is moved.

    Parameters
    ----------
    outputs
        Names of variables, as the model spells them.
    base
        The value of every input, of shape (*dimensions).
    moved
        Input and place of each element.
    options
        As for ``run``; those that :func:`unavailable` names are not taken.
    """
    program = compiled.program
    made = tangent(program, list(dict.fromkeys(name for name, _ in moved)))
    layout = layout_of(made.program)
    backend = type(compiled.backend)(made.program, layout)  # type: ignore[call-arg]  # as compile_model makes them
    given = compiled.ready(base, None, options.get("series") or {})[0]
    line = compiled.timeline(*(options.get(name) for name in _CLOCK))
    carried = [name for name in outputs if name in made.names]
    cells = [layout.cells(made.program.symbols[made.names[name]]).ravel() for name in carried]
    raw = backend.simulate(
        _seeded(given, made, layout, moved),
        line,
        np.concatenate([np.empty(0, dtype=np.int64), *cells]),
        method=options.get("method") or compiled.model.integration,
        start=None,
        threads=options.get("threads") or (os.cpu_count() or 1),
        progress=None,
    )
    found: dict[str, Array] = {}
    first = 0
    for name in outputs:
        shape = program.symbols[name].shape if name in program.symbols else ()
        size = int(np.prod(shape))
        if name in made.names:
            part = raw.outputs[:, first : first + size].transpose(2, 0, 1)
            first += size
        else:
            part = np.zeros((len(moved), len(line.saved), size))
        found[name] = part.reshape(len(moved), len(line.saved), *shape)
    return Directions(found, {name: made.blocked(name) for name in dict.fromkeys(name for name, _ in moved)})


def _seeded(given: Given, made: Tangent, layout: Layout, moved: Sequence[tuple[str, tuple[int, ...]]]) -> Given:
    """Give one run to each direction: its seed is 1 at the element that moves and 0 elsewhere."""
    count = layout.given - len(given.shared)
    seeds = np.zeros((count, len(moved)))
    for lane, (name, place) in enumerate(moved):
        cell = layout.cells(made.program.symbols[made.names[name]])[place]
        seeds[int(cell) - len(given.shared), lane] = 1.0
    return Given(
        runs=len(moved),
        shared=np.concatenate([given.shared, np.zeros(count)]),
        row=np.concatenate([given.row, np.arange(count)]),
        varying=seeds,
        series=given.series,
    )
