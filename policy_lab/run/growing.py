"""A plan run a few worlds at a time: results that grow, until they are whole or no longer wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from policy_lab.results.types import Outcome, Results
from policy_lab.run.batch import manifest_of
from policy_lab.run.cases import Ran, in_order, run_cases
from policy_lab.run.drawn import Drawn
from policy_lab.run.solve import Solved, solve

if TYPE_CHECKING:
    from policy_lab.engine import CompiledModel
    from policy_lab.study.plan import Plan


class Unwanted(Exception):
    """Raised inside a run whose answer nobody waits for any more."""


def growing(
    plan: Plan, sizes: Sequence[int], *, unwanted: Callable[[], bool] = lambda: False, threads: int | None = None
) -> Iterator[Results]:
    """Run a plan, and yield what there is so far; the last is what `policy_lab.run.batch.run` gives.

    Parameters
    ----------
    plan
        With the draws of its whole number of worlds, whichever of them are run.
    sizes
        Worlds after which results are yielded; the plan's own number is always the last.
    unwanted
        Asked before every design of every few worlds; once it says yes, nothing more is yielded.
    threads
        Of the compiled engine; all processors unless told.

    Yields
    ------
    Results
        Of the first so many worlds.
    """
    from policy_lab.engine import compile_model

    def look(_done: int, _of: int) -> None:
        if unwanted():
            raise Unwanted

    compiled, drawn, parts = compile_model(plan.study.model), Drawn.of(plan), []
    edges = [0, *(size for size in sorted(set(sizes)) if size < plan.worlds), plan.worlds]
    try:
        for first, last in pairwise(edges):
            look(first, plan.worlds)
            parts.append(_part(drawn.part(first, last), compiled, look, threads))
            yield _joined(plan if last == plan.worlds else _first_worlds(plan, last), parts)
    except Unwanted:
        return


def _part(
    drawn: Drawn, compiled: CompiledModel, look: Callable[[int, int], None], threads: int | None
) -> tuple[Solved, Ran]:
    solved = solve(drawn, compiled, threads)
    return solved, run_cases(solved, compiled, progress=look, threads=threads)


def _first_worlds(plan: Plan, worlds: int) -> Plan:
    """Return the plan as one of its first worlds: what it says of itself, not what it would draw."""
    return replace(plan, worlds=worlds)


def _joined(plan: Plan, parts: Sequence[tuple[Solved, Ran]]) -> Results:
    first = parts[0][1]
    outcomes = {
        name: Outcome(
            one.name,
            one.unit,
            one.dimensions,
            one.elements,
            np.concatenate([ran.outcomes[name].values for _, ran in parts], axis=1),
        )
        for name, one in first.outcomes.items()
    }
    worlds = {name: np.concatenate([solved.worlds[name] for solved, _ in parts]) for name in parts[0][0].worlds}
    failures = in_order((case for _, ran in parts for case in ran.failures), plan.designs)
    levers = {name: values[:, : plan.worlds] for name, values in plan.lever_scores().items()}
    return Results(
        plan=plan,
        designs=plan.designs,
        time=first.time,
        outcomes=MappingProxyType(outcomes),
        worlds=MappingProxyType(worlds),
        levers=MappingProxyType(levers),
        manifest=MappingProxyType(manifest_of(plan, "compiled", failures, sum(ran.beyond for _, ran in parts))),
        failures=failures,
    )
