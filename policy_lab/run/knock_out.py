"""One plan run whole, and again with each named loop cut."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from policy_lab.results.types import Results
from policy_lab.run.batch import run
from policy_lab.run.feedback import chosen_loops

if TYPE_CHECKING:
    from policy_lab.study import Study

WORLDS = 20
FUTURES = 5


@dataclass(frozen=True)
class KnockOut:
    """The same worlds and futures with all loops closed, and with one loop at a time cut."""

    whole: Results
    without: Mapping[str, Results]


def knock_out(
    study: Study,
    *loops: str,
    designs: Iterable[str] | None = None,
    scenario: str | None = None,
    start: Literal["switch", "settled", "file"] | None = None,
    worlds: int = WORLDS,
    futures: int = FUTURES,
    seed: int | None = None,
    engine: Literal["compiled", "numpy"] = "compiled",
    progress: Callable[[int, int], None] | None = None,
) -> KnockOut:
    """Cut loops by name, one at a time, and run the same cases again.

    A loop is cut at the link that `study.yaml` names for it: from the start on the effect sees the cause as it was at
    rest, in each world. Every loop that goes over that link is cut with it. Rests and the policy-intent reference are
    those of the whole model, so that all cases start from the same states.

    Parameters
    ----------
    study
        With `loops` in its `study.yaml`.
    loops
        Their names; all of them when none is given.
    designs, scenario, start, worlds, futures, seed
        As for `Study.plan`.
    engine
        As for `run`.
    progress
        Told how many cases are done, of how many.

    Returns
    -------
    KnockOut
        `policy_lab.loop_effects` makes a table of it.

    Raises
    ------
    InputError
        For a loop that the study does not have.
    """
    chosen = chosen_loops(study, loops or None)
    plan = study.plan(designs=designs, scenario=scenario, start=start, worlds=worlds, futures=futures, seed=seed)
    total = plan.cases * (1 + len(chosen))
    done = 0

    def told(cases: int, _: int) -> None:
        if progress:
            progress(done + cases, total)

    whole = run(plan, progress=told, engine=engine)
    without = {}
    for name, loop in chosen.items():
        done += plan.cases
        without[name] = run(plan, progress=told, engine=engine, cut=(loop.cut,))
    return KnockOut(whole, MappingProxyType(without))
