"""Many places run beside one another, each as one world with the study's central values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from policy_lab.errors import InputError, Problem
from policy_lab.run.batch import run
from policy_lab.study.areas import find_area

if TYPE_CHECKING:
    from policy_lab.results.types import Results
    from policy_lab.run.cases import Progress
    from policy_lab.study.study import Study


def run_places(
    study: Study,
    places: Iterable[str] | None = None,
    *,
    neighbours: bool = False,
    design: str | None = None,
    scenario: str | None = None,
    start: Literal["switch", "settled", "file"] | None = None,
    futures: int = 1,
    seed: int | None = None,
    settings: Mapping[str, float] | None = None,
    horizon: float | None = None,
    save_period: float | None = None,
    outcomes: Sequence[str] | None = None,
    progress: Progress | None = None,
    engine: Literal["compiled", "numpy"] = "compiled",
) -> Results:
    """Run places under one design, all in one batch: starting points beside one another, never a league table.

    Parameters stand at their base values and scores at their modes, so that places differ by their own figures alone;
    the futures are the same for all. World ``n`` of the results is place ``n`` of ``results.plan.places``.

    Parameters
    ----------
    places
        Keys or names; every place of the study's table unless told.
    neighbours
        Whether the neighbours of those places run too, after them.
    design
        The study's base unless told.
    scenario, start, seed, settings, horizon, save_period
        As for `Study.plan`.
    futures
        Draws of luck.
    outcomes
        Variables to save; the study's own unless told.
    progress, engine
        As for `policy_lab.run`.

    Returns
    -------
    Results
        A place whose resting point was not found is listed in ``failures``.

    Raises
    ------
    InputError
        When the study binds no table of places, for an unknown place, and for whatever a plan refuses.
    """
    areas = study.areas()
    if not areas:
        raise InputError(Problem(what="this study binds no table of areas", file=study.files["study"]))
    keys = tuple(areas) if places is None else tuple(dict.fromkeys(find_area(areas, place) for place in places))
    if neighbours:
        keys = tuple(dict.fromkeys([*keys, *(near for key in keys for near in areas[key].neighbours)]))
    if outcomes is not None:
        known = tuple(dict.fromkeys(study.model.spelled(name) for name in outcomes))
        study = replace(study, file=study.file.model_copy(update={"outcomes": known}))
    plan = study.plan(
        designs=[study.file.comparison.base if design is None else design],
        scenario=scenario,
        start=start,
        worlds=len(keys),
        futures=futures,
        seed=seed,
        settings=settings,
        horizon=horizon,
        save_period=save_period,
    )
    return run(plan.with_(places=keys, vary=frozenset()), progress=progress, engine=engine)
