"""A plan made into results: the reference and the starting states solved for each world, then every case run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import numpy as np

from policy_lab.errors import InputError, Problem
from policy_lab.provenance import manifest
from policy_lab.results.types import FailedCase, Outcome, Results
from policy_lab.study.posterior import POSTERIOR_FILE

if TYPE_CHECKING:
    from policy_lab.engine import CompiledModel
    from policy_lab.study.plan import Plan

Arrays = Mapping[str, np.ndarray]
Progress = Callable[[int, int], None]

LARGEST_BATCH = 1000
"""Cases in one call of the engine: enough to keep every thread busy, few enough to bound memory and show progress."""


@dataclass(frozen=True)
class Start:
    """Where the runs of a design begin: ``states[world, state]``, and why a world has no usable start."""

    states: np.ndarray
    faults: Mapping[int, str]


def run(
    plan: Plan,
    *,
    progress: Progress | None = None,
    engine: Literal["compiled", "numpy"] = "compiled",
    threads: int | None = None,
    cut: Sequence[tuple[str, str]] = (),
) -> Results:
    """Run a plan.

    In every world the policy-intent reference is solved at rest, and gives the anchors their values; then the base
    design is solved at rest (``switch``) or each design (``settled``); from there each design runs through each future.

    Parameters
    ----------
    plan
        Made by `Study.plan`.
    progress
        Told how many cases are done, of how many.
    engine
        ``compiled`` (fast) or ``numpy`` (readable).
    threads
        Threads of the compiled engine; all processors unless told.
    cut
        Links, cause and effect, that are cut while the cases run: the effect goes on seeing the cause as it was at the
        rest from which the case starts. The reference and the rests are those of the whole model.

    Returns
    -------
    Results
        Outcomes at every save period in the model's units, as float64. A case whose rest was not found or whose numbers
        are not finite is listed in ``failures``, and all its values are not-a-number.

    Raises
    ------
    InputError
        When the model holds an equation that the engine cannot compute.
    """
    from policy_lab.engine import compile_model

    study = plan.study
    compiled = compile_model(study.model, backend=engine)
    if progress:
        progress(0, plan.cases)
    worlds, reference_faults = with_anchors(plan, compiled)
    starts = _starts(plan, compiled, worlds, reference_faults)
    running, held = _with_cuts(plan, compiled, worlds, starts, cut, engine)
    outcomes, time, failures, beyond = _cases(plan, running, worlds, starts, held, progress, threads)
    return Results(
        plan=plan,
        designs=plan.designs,
        time=time,
        outcomes=MappingProxyType(outcomes),
        worlds=MappingProxyType(worlds),
        levers=MappingProxyType(plan.lever_scores()),
        manifest=MappingProxyType(_manifest(plan, engine, failures, beyond, cut)),
        failures=failures,
    )


def with_anchors(plan: Plan, compiled: CompiledModel) -> tuple[dict[str, np.ndarray], dict[int, str]]:
    """Return the inputs of each world with what the reference at rest anchors, and why a world's reference failed."""
    worlds = dict(plan.world_inputs())
    reference = plan.study.file.reference
    if reference is None or not reference.anchors:
        return worlds, {}
    inputs = plan.reference_inputs()
    start = _rest(compiled, inputs, plan.worlds, "the reference")
    first = compiled.run(
        inputs,
        outputs=list(reference.anchors.values()),
        start=start.states,
        final_time=plan.study.model.time.initial,
        allow_nan=True,
    )
    for constant, variable in reference.anchors.items():
        worlds[constant] = np.array(first[variable][:, 0])
    return worlds, dict(start.faults)


def _starts(plan: Plan, compiled: CompiledModel, worlds: Arrays, faults: Mapping[int, str]) -> dict[str, Start]:
    """Return where each design begins in each world."""

    def rest_of(design: str) -> Start:
        inputs = {**plan.rest_inputs(design), **_anchors(plan, worlds)}
        start = _rest(compiled, inputs, plan.worlds, f"`{design}`")
        return Start(start.states, {**start.faults, **faults})

    if plan.start == "switch":
        shared = rest_of(plan.base)
        return dict.fromkeys(plan.designs, shared)
    return {design: rest_of(design) for design in plan.designs}


def _rest(compiled: CompiledModel, inputs: Arrays, worlds: int, of: str) -> Start:
    """Solve a resting point in every world."""
    from policy_lab.engine.rest import solve_rest

    rest = solve_rest(compiled, inputs)
    states = np.broadcast_to(rest.states, (worlds, rest.states.shape[-1]))
    converged = np.broadcast_to(rest.converged, (worlds,))
    residual = np.broadcast_to(rest.residual, (worlds,))
    lost = np.flatnonzero(~converged | ~np.isfinite(states).all(axis=1))
    return Start(states, {int(w): f"no resting point of {of} was found (residual {residual[w]:.2g})" for w in lost})


def _with_cuts(
    plan: Plan,
    compiled: CompiledModel,
    worlds: Arrays,
    starts: Mapping[str, Start],
    cut: Sequence[tuple[str, str]],
    engine: Literal["compiled", "numpy"],
) -> tuple[CompiledModel, dict[str, Arrays]]:
    """Return the model with links cut, and for each design what stands in for the causes: their values at rest."""
    if not cut:
        return compiled, {design: {} for design in plan.designs}
    from policy_lab.engine import compile_model
    from policy_lab.model.cut import cut_links

    model, stand_ins = cut_links(plan.study.model, cut)
    at_rest: dict[str, Arrays] = {}
    resting = {design: plan.base if plan.start == "switch" else design for design in plan.designs}
    for design, rest in resting.items():
        if rest not in at_rest:
            first = compiled.run(
                {**plan.rest_inputs(rest), **_anchors(plan, worlds)},
                outputs=list(stand_ins),
                start=starts[design].states,
                final_time=plan.study.model.time.initial,
                allow_nan=True,
            )
            at_rest[rest] = {name: np.array(first[cause][:, 0]) for cause, name in stand_ins.items()}
    held = {design: at_rest[rest] for design, rest in resting.items()}
    return compile_model(model, backend=engine), held


def _cases(
    plan: Plan,
    compiled: CompiledModel,
    worlds: Arrays,
    starts: Mapping[str, Start],
    held: Mapping[str, Arrays],
    progress: Progress | None,
    threads: int | None,
) -> tuple[dict[str, Outcome], np.ndarray, tuple[FailedCase, ...], int]:
    """Run every case, a part of the worlds at a time; the draws of a part are laid out once for all designs.

    The last of what is returned is how many cases an adaptive step left beyond its tolerance somewhere.
    """
    model = plan.study.model
    line = compiled.timeline(
        final_time=model.time.initial + plan.horizon, time_step=plan.time_step, save_period=plan.save_period
    )
    outcomes = _empty_outcomes(plan, len(line.labels))
    futures = plan.future_inputs()
    chosen = {design: plan.design_inputs(design) for design in plan.designs}
    failures: list[FailedCase] = []
    done = beyond = 0
    for part in _parts(plan):
        common = {name: _for_each_future(values[part], plan.futures) for name, values in worlds.items()}
        luck = {name: values[part].reshape(-1, *values.shape[2:]) for name, values in futures.items()}
        for place, design in enumerate(plan.designs):
            own = {**chosen[design], **held[design]}
            own = {name: _for_each_future(values[part], plan.futures) for name, values in own.items()}
            series = compiled.run(
                {**common, **own, **luck},
                outputs=list(outcomes),
                start=_for_each_future(starts[design].states[part], plan.futures),
                final_time=line.final_time,
                time_step=plan.time_step,
                save_period=plan.save_period,
                threads=threads,
                allow_nan=True,  # a world whose reference failed; its cases are counted as failed
            )
            values = {name: outcome.values[place, part] for name, outcome in outcomes.items()}
            for name, target in values.items():
                target[...] = series[name].reshape(target.shape)
            failures += _failed(design, part.start, values, line.labels - model.time.initial, starts[design].faults)
            if series.beyond_tolerance is not None:
                beyond += int(np.count_nonzero(series.beyond_tolerance))
            done += (part.stop - part.start) * plan.futures
            if progress:
                progress(done, plan.cases)
    order = {design: place for place, design in enumerate(plan.designs)}
    failures.sort(key=lambda case: (order[case.design], case.world, case.future))
    return outcomes, line.labels - model.time.initial, tuple(failures), beyond


def _anchors(plan: Plan, worlds: Arrays) -> dict[str, np.ndarray]:
    reference = plan.study.file.reference
    return {name: worlds[name] for name in reference.anchors} if reference else {}


def _parts(plan: Plan) -> Iterator[slice]:
    """Yield slices of worlds, of about `LARGEST_BATCH` cases each."""
    size = max(1, LARGEST_BATCH // plan.futures)
    for first in range(0, plan.worlds, size):
        yield slice(first, min(first + size, plan.worlds))


def _for_each_future(values: np.ndarray, futures: int) -> np.ndarray:
    """Return ``(worlds * futures, *dims)``: each world's values once for each of its futures."""
    return np.repeat(values, futures, axis=0)


def _empty_outcomes(plan: Plan, times: int) -> dict[str, Outcome]:
    model = plan.study.model
    outcomes = {}
    for name in plan.study.file.outcomes:
        elements = model.elements(name)
        shape = (len(plan.designs), plan.worlds, plan.futures, times, *(len(labels) for labels in elements))
        try:
            values = np.empty(shape)
        except MemoryError as error:
            size = 8 * np.prod(shape, dtype=float) / 1e9
            problem = Problem(what=f"`{name}` alone needs {size:.0f} GB", remedy="Ask for fewer worlds or futures.")
            raise InputError(problem) from error
        outcomes[name] = Outcome(name, model[name].unit, model[name].dimensions, elements, values)
    return outcomes


def _failed(
    design: str, first_world: int, values: Arrays, time: np.ndarray, faults: Mapping[int, str]
) -> Iterator[FailedCase]:
    """Yield the cases of a part that are not usable, and make all their values not-a-number."""
    shape = next(iter(values.values())).shape[:2]
    lost = {(world - first_world): reason for world, reason in faults.items() if 0 <= world - first_world < shape[0]}
    usable = np.ones(shape, dtype=bool)
    for world, reason in lost.items():
        usable[world] = False
        for future in range(shape[1]):
            yield FailedCase(design, first_world + world, future, "", float(time[0]), reason)
    for world, future, name, at in _not_finite(values):
        if usable[world, future]:
            usable[world, future] = False
            yield FailedCase(design, first_world + world, future, name, float(time[at]), "not a finite number")
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


def _manifest(
    plan: Plan, engine: str, failures: tuple[FailedCase, ...], beyond: int, cut: Sequence[tuple[str, str]]
) -> dict[str, object]:
    from policy_lab.engine.adaptive import ADAPTIVE, Tolerance

    study = plan.study
    settings = plan.choices()
    if cut:
        settings["cut"] = [f"{cause} -> {effect}" for cause, effect in cut]
    stepped: dict[str, object] = {}
    if study.model.integration == ADAPTIVE:
        stepped = {"tolerance": asdict(Tolerance()), "cases_beyond_tolerance": beyond}
    return manifest(
        subject=study.file.title,
        model=study.files["model"],
        model_digest=study.model.digest,
        tables=study.model.files,
        files={
            **{name: path for name, path in study.files.items() if name != "model"},
            **({"posterior": study.folder / POSTERIOR_FILE} if plan.posterior else {}),
        },
        seed=plan.seed,
        time_step=plan.time_step or study.model.time.step,
        method=study.model.integration,
        engine=engine,
        settings=settings,
        cases=plan.cases,
        failed_cases=len(failures),
        **stepped,
    )
