"""Part of some results, and the difference between two designs on the same draws."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from types import MappingProxyType

from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.results.types import Outcome, Results


def select(results: Results, *, designs: Iterable[str] | None = None, outcomes: Iterable[str] | None = None) -> Results:
    """Return results for some designs and outcomes, in the order in which they are named. Arrays are shared.

    Raises
    ------
    InputError
        For a design or an outcome that the results do not hold.
    """
    kept = results.designs if designs is None else tuple(designs)
    places = [_place(results, design) for design in kept]
    names = tuple(results.outcomes) if outcomes is None else tuple(outcomes)
    chosen = {name: replace(results[name], values=results[name].values[places]) for name in names}
    return replace(
        results,
        designs=kept,
        outcomes=MappingProxyType(chosen),
        levers=MappingProxyType({name: scores[places] for name, scores in results.levers.items()}),
        failures=tuple(case for case in results.failures if case.design in kept),
    )


def difference(results: Results, first: str, second: str, outcome: str) -> Outcome:
    """Return ``first`` minus ``second``, case by case: ``[1, world, future, time, *elements]`` in its unit."""
    whole = results[outcome]
    values = whole.values[[_place(results, first)]] - whole.values[[_place(results, second)]]
    return replace(whole, values=values)


def _place(results: Results, design: str) -> int:
    if design not in results.designs:
        problem = Problem(what=f"no design `{design}` in these results", nearest=nearest_names(design, results.designs))
        raise InputError(problem)
    return results.designs.index(design)
