"""A plan made into results: the reference and the starting states solved for each world, then every case run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from policy_lab.provenance import manifest
from policy_lab.results.types import FailedCase, Results
from policy_lab.run.cases import Progress, run_cases
from policy_lab.run.drawn import Drawn
from policy_lab.run.solve import anchored, solve, with_cuts
from policy_lab.study.posterior import POSTERIOR_FILE

if TYPE_CHECKING:
    import numpy as np

    from policy_lab.engine import CompiledModel
    from policy_lab.study.plan import Plan


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
    solved = solve(Drawn.of(plan), compiled, threads)
    running, held = with_cuts(solved, compiled, cut, engine)
    ran = run_cases(solved, running, held=held, progress=progress, threads=threads)
    return Results(
        plan=plan,
        designs=plan.designs,
        time=ran.time,
        outcomes=MappingProxyType(dict(ran.outcomes)),
        worlds=MappingProxyType(dict(solved.worlds)),
        levers=MappingProxyType(plan.lever_scores()),
        manifest=MappingProxyType(manifest_of(plan, engine, ran.failures, ran.beyond, cut)),
        failures=ran.failures,
    )


def with_anchors(plan: Plan, compiled: CompiledModel) -> tuple[dict[str, np.ndarray], dict[int, str]]:
    """Return the inputs of each world with what the reference at rest anchors, and why a world's reference failed."""
    return anchored(Drawn.of(plan), compiled)


def manifest_of(
    plan: Plan, engine: str, failures: tuple[FailedCase, ...], beyond: int = 0, cut: Sequence[tuple[str, str]] = ()
) -> dict[str, object]:
    """Return what made the results of a plan."""
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
