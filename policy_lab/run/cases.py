"""Every case of some worlds run, and those told apart whose numbers are not usable."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from policy_lab.errors import InputError, Problem
from policy_lab.results.types import FailedCase, Outcome
from policy_lab.run.drawn import Arrays, Drawn
from policy_lab.run.solve import Solved

if TYPE_CHECKING:
    from policy_lab.engine import CompiledModel
    from policy_lab.engine.timeline import Timeline
    from policy_lab.study.plan import Plan

Progress = Callable[[int, int], None]

LARGEST_BATCH = 1000
"""Cases in one call of the engine: enough to keep every thread busy, few enough to bound memory and show progress."""


@dataclass(frozen=True)
class Ran:
    """Finished cases of some worlds.

    ``outcomes`` hold ``[design, world, future, time, *elements]``, ``time`` is since the start; ``beyond`` counts the
    cases that an adaptive step left beyond its tolerance. Failed cases bear the numbers of worlds in the plan.
    """

    outcomes: Mapping[str, Outcome]
    time: np.ndarray
    failures: tuple[FailedCase, ...]
    beyond: int


def run_cases(
    solved: Solved,
    compiled: CompiledModel,
    *,
    held: Mapping[str, Arrays] | None = None,
    progress: Progress | None = None,
    threads: int | None = None,
) -> Ran:
    """Run every case, a slice of the worlds at a time; the draws of a slice are laid out once for all designs.

    Parameters
    ----------
    solved
        Worlds and where their runs begin.
    compiled
        The plan's model, or the same with links cut.
    held
        Design -> inputs beside its own, ``[world, *dims]``: what stands in where links are cut.
    progress
        Told how many cases are done, of how many.
    """
    drawn, plan = solved.drawn, solved.drawn.plan
    line, start = timeline_of(plan, compiled), plan.study.model.time.initial
    outcomes = _empty_outcomes(drawn, len(line.labels))
    failures: list[FailedCase] = []
    total = len(plan.designs) * drawn.count * plan.futures
    done = beyond = 0
    for part in _slices(drawn):
        common = {name: _for_each_future(values[part], plan.futures) for name, values in solved.worlds.items()}
        luck = {name: values[part].reshape(-1, *values.shape[2:]) for name, values in drawn.futures.items()}
        for place, design in enumerate(plan.designs):
            own = {**drawn.designs[design], **(held or {}).get(design, {})}
            own = {name: _for_each_future(values[part], plan.futures) for name, values in own.items()}
            series = compiled.run(
                {**common, **own, **luck},
                outputs=list(outcomes),
                start=_for_each_future(solved.starts[design].states[part], plan.futures),
                final_time=line.final_time,
                time_step=plan.time_step,
                save_period=plan.save_period,
                threads=threads,
                allow_nan=True,  # a world whose reference failed; its cases are counted as failed
            )
            values = {name: outcome.values[place, part] for name, outcome in outcomes.items()}
            for name, target in values.items():
                target[...] = series[name].reshape(target.shape)
            failures += _failed(design, drawn.first, part.start, values, line.labels - start, solved)
            if series.beyond_tolerance is not None:
                beyond += int(np.count_nonzero(series.beyond_tolerance))
            done += (part.stop - part.start) * plan.futures
            if progress:
                progress(done, total)
    return Ran(outcomes, line.labels - start, in_order(failures, plan.designs), beyond)


def in_order(failures: Iterable[FailedCase], designs: Sequence[str]) -> tuple[FailedCase, ...]:
    """Return failed cases by design, world and future."""
    order = {design: place for place, design in enumerate(designs)}
    return tuple(sorted(failures, key=lambda case: (order[case.design], case.world, case.future)))


def timeline_of(plan: Plan, compiled: CompiledModel) -> Timeline:
    """Return when the runs of a plan step and save."""
    return compiled.timeline(
        final_time=plan.study.model.time.initial + plan.horizon, time_step=plan.time_step, save_period=plan.save_period
    )


def _slices(drawn: Drawn) -> Iterator[slice]:
    """Yield slices of worlds, of about `LARGEST_BATCH` cases each."""
    size = max(1, LARGEST_BATCH // drawn.plan.futures)
    for first in range(0, drawn.count, size):
        yield slice(first, min(first + size, drawn.count))


def _for_each_future(values: np.ndarray, futures: int) -> np.ndarray:
    """Return ``(worlds * futures, *dims)``: each world's values once for each of its futures."""
    return np.repeat(values, futures, axis=0)


def _empty_outcomes(drawn: Drawn, times: int) -> dict[str, Outcome]:
    plan, model = drawn.plan, drawn.plan.study.model
    outcomes = {}
    for name in plan.saved:
        elements = model.elements(name)
        shape = (len(plan.designs), drawn.count, plan.futures, times, *(len(labels) for labels in elements))
        try:
            values = np.empty(shape)
        except MemoryError as error:
            size = 8 * np.prod(shape, dtype=float) / 1e9
            problem = Problem(what=f"`{name}` alone needs {size:.0f} GB", remedy="Ask for fewer worlds or futures.")
            raise InputError(problem) from error
        outcomes[name] = Outcome(name, model[name].unit, model[name].dimensions, elements, values)
    return outcomes


def _failed(
    design: str, before: int, first: int, values: Arrays, time: np.ndarray, solved: Solved
) -> Iterator[FailedCase]:
    """Yield the cases of a slice that are not usable, and make all their values not-a-number.

    ``before`` worlds of the plan come before those that were solved, ``first`` of these before the slice.
    """
    shape = next(iter(values.values())).shape[:2]
    faults = solved.starts[design].faults
    lost = {(world - first): reason for world, reason in faults.items() if 0 <= world - first < shape[0]}
    usable = np.ones(shape, dtype=bool)
    for world, reason in lost.items():
        usable[world] = False
        for future in range(shape[1]):
            yield FailedCase(design, before + first + world, future, "", float(time[0]), reason)
    for world, future, name, at in _not_finite(values):
        if usable[world, future]:
            usable[world, future] = False
            yield FailedCase(design, before + first + world, future, name, float(time[at]), "not a finite number")
    for target in values.values():
        target[~usable] = np.nan


def _not_finite(values: Arrays) -> Iterator[tuple[int, int, str, int]]:
    """Yield world, future, outcome and first saved time of every value that is no finite number, the earliest first."""
    found: list[tuple[int, int, int, str]] = []
    for name, array in values.items():
        if np.isfinite(array.sum()):  # a single bad value shows in the sum: the slow search is seldom needed
            continue
        finite = np.isfinite(array.reshape(*array.shape[:3], -1))
        bad = np.asarray(~finite.all(axis=-1))
        for world, future in np.argwhere(bad.any(axis=-1)):
            found.append((int(np.argmax(bad[world, future])), int(world), int(future), name))
    for at, world, future, name in sorted(found, key=lambda entry: entry[:3]):
        yield world, future, name, at
