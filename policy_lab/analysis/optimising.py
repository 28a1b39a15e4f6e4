"""Which settings of the levers no other beats: shortfall, burden and cost weighed against one another.

A setting is a set of lever scores that no statute has. Scores are judgement, so this says what the authors' model
implies of them, and never that a law could set them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from policy_lab.analysis.measured import BURDEN, LEVEL, RISK, by_design, short_name
from policy_lab.analysis.needed import needed
from policy_lab.analysis.outcomes import mean_of, over_futures, over_time, path, standard_error
from policy_lab.analysis.setting import setting_of
from policy_lab.analysis.words import count, percent
from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.results.types import Results
from policy_lab.study.plan import LEVERS
from policy_lab.study.schema import Resource, Score

if TYPE_CHECKING:
    from policy_lab.study.plan import Plan
    from policy_lab.study.study import Study

Evaluate = Callable[["Plan"], Results]
Function = Callable[[np.ndarray], np.ndarray]
Progress = Callable[[int, int], None]
Measure = Literal["risk", "level"]

SETTING = "setting-"
"""Begins the name of every setting that is tried."""


@dataclass(frozen=True)
class Front:
    """Points of which none is better in all objectives: ``x[point, variable]`` and ``f[point, objective]``.

    ``volume`` is the hypervolume after each generation, as a share of the box between the best and the worst that was
    ever seen.
    """

    x: np.ndarray
    f: np.ndarray
    volume: np.ndarray


def pareto_front(
    function: Function,
    low: np.ndarray,
    high: np.ndarray,
    objectives: int,
    *,
    population: int = 40,
    generations: int = 30,
    seed: int = 0,
    progress: Progress | None = None,
) -> Front:
    """Minimise several objectives at once by NSGA-II (Deb et al. 2002, *IEEE Trans. Evolutionary Computation* 6:182).

    Parameters
    ----------
    function
        ``(points, variables) -> (points, objectives)``; a point that is not a number throughout counts as worst.
    low, high
        Bounds, ``(variables,)``.
    objectives
        How many.
    population, generations
        How many points at a time, and how often.
    seed
        Same seed, same front.
    progress
        Told how many generations are done, of how many.

    Raises
    ------
    InputError
        Where pymoo is not installed.
    """
    nsga2 = needed("pymoo.algorithms.moo.nsga2", "discovery", "optimisation").NSGA2(pop_size=population)
    problem = needed("pymoo.core.problem", "discovery", "optimisation").Problem
    nsga2.setup(
        problem(n_var=len(low), n_obj=objectives, xl=low, xu=high), termination=("n_gen", generations), seed=seed + 1
    )
    fronts: list[np.ndarray] = []
    worst, best = np.full(objectives, -np.inf), np.full(objectives, np.inf)
    for generation in range(generations):
        asked = nsga2.ask()
        values = function(np.clip(asked.get("X"), low, high))
        usable = np.asarray(np.isfinite(values).all(axis=1))
        worst = np.maximum(worst, values[usable].max(axis=0, initial=-np.inf))
        best = np.minimum(best, values[usable].min(axis=0, initial=np.inf))
        asked.set("F", np.where(usable[:, None], values, np.finfo(float).max / 1e10))
        nsga2.tell(infills=asked)
        fronts.append(np.array(nsga2.opt.get("F"), dtype=float))
        if progress:
            progress(generation + 1, generations)
    volume = np.array([hypervolume(front, best, worst) for front in fronts])
    return Front(np.array(nsga2.opt.get("X"), dtype=float), fronts[-1], volume)


def hypervolume(front: np.ndarray, best: np.ndarray, worst: np.ndarray) -> float:
    """Return the share of the box from the best to the worst corner that a front leaves behind it, 0 to 1."""
    span = np.where(worst > best, worst - best, 1.0)
    scaled = np.clip((front - best) / span, 0.0, 1.0)
    indicator = needed("pymoo.indicators.hv", "discovery", "optimisation").HV(ref_point=np.ones(len(best)))
    return float(indicator(scaled))


def undominated(values: np.ndarray) -> np.ndarray:
    """Return which rows of ``(points, objectives)`` no other row beats in one objective without losing in another."""
    no_worse = np.asarray((values[None, :, :] <= values[:, None, :]).all(axis=2))
    better = np.asarray((values[None, :, :] < values[:, None, :]).any(axis=2))
    beaten = np.logical_and(no_worse, better).any(axis=1)
    return ~beaten & np.isfinite(values).all(axis=1)


@dataclass(frozen=True)
class Optimum:
    """The front of lever settings, and the study's designs beside it.

    ``table`` has one row a setting of the front and one a design: ``name``, ``kind``, the levers' scores, and each
    objective ``sought`` and ``held_out`` (on worlds that the search never met) with its error; ``on_front`` says
    whether the point is still undominated there. ``convergence`` has the hypervolume after each generation.
    """

    objectives: tuple[str, ...]
    titles: Mapping[str, str]
    table: pd.DataFrame
    convergence: pd.DataFrame
    sentences: tuple[str, str]
    source: str
    manifest: Mapping[str, Any] = field(repr=False)


def _titles(study: Study, base: str, measure: Measure, resource: Resource) -> dict[str, str]:
    """Return what each objective is called, with its unit."""
    shortfall = study.file.measures.shortfall
    return {
        measure: shortfall.title
        if measure == RISK
        else f"{shortfall.variable}, less of it (minus the mean over the horizon)",
        BURDEN: f"{study.file.measures.burden.title}, ratio to {short_name(study, base)}",
        "cost": f"{resource.title} ({resource.unit})",
    }


def _with_settings(study: Study, like: str, points: np.ndarray) -> tuple[Study, list[str]]:
    """Return the study with a design for each point of lever scores, members as in ``like``, and their names."""
    model, change = study.design(like), _certain(_cost_of_change(study))
    names = [f"{SETTING}{number}" for number in range(1, len(points) + 1)]
    made = {
        name: model.model_copy(
            update={"levers": _scores(study, point), "disruption": change, "title": name, "short": ""}
        )
        for name, point in zip(names, points, strict=True)
    }
    return replace(study, designs=MappingProxyType({**study.designs, **made})), names


def optimise(
    plan: Plan,
    evaluate: Evaluate,
    *,
    measure: Measure = "risk",
    cost: str | None = None,
    like: str | None = None,
    population: int = 40,
    generations: int = 25,
    progress: Progress | None = None,
) -> Optimum:
    """Search lever settings for the front of shortfall, burden and cost, and judge it on worlds that it never met.

    Each lever moves between the lowest and the highest score that any design of the study is given. Members and the
    cost of changing over are no levers: a setting has the members of ``like``, and the change costs the median of what
    the study's other designs cost. Every setting meets the same worlds and futures; the front is then run on as many
    other worlds, where points that were only lucky fall back (the optimiser's curse; Smith and Winkler 2006,
    *Management Science* 52:311-322).

    Parameters
    ----------
    plan
        Its designs are shown beside the front; its worlds and futures are those of the search.
    evaluate
        Turns a plan into results, usually `policy_lab.run`.
    measure
        ``risk`` (share of futures that fall short) or ``level`` (the shortfall's variable, the more the better).
    cost
        A variable among the study's resources; by default what `measures.cost` in study.yaml names.
    like
        The design whose members a setting has; the base unless told.
    population, generations
        Of the search.
    progress
        Told how many generations are done, of how many.

    Raises
    ------
    InputError
        Where no resource is named as the cost, for an unknown design, and where pymoo is not installed.
    """
    study = plan.study
    resource = cost_of(study, cost)
    base_plan = plan.with_(vary=plan.vary - {LEVERS}, designs=tuple(dict.fromkeys((*plan.designs, plan.base))))

    def tried(points: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray, Results]:
        wider, names = _with_settings(study, like or plan.base, points)
        results = evaluate(base_plan.with_(study=wider, designs=(*names, *base_plan.designs), seed=seed))
        return *objectives_of(results, measure, resource), results

    def sought(points: np.ndarray) -> np.ndarray:
        return tried(points, plan.seed)[0][: len(points)]

    effort = {"population": population, "generations": generations}
    low, high = lever_bounds(study)
    front = pareto_front(sought, low, high, 3, seed=plan.seed, progress=progress, **effort)
    seen = tried(front.x, plan.seed)[0]
    held, errors, results = tried(front.x, plan.seed + 1)
    objectives = (measure, BURDEN, "cost")
    table = _table(study, base_plan.designs, front.x, seen, held, errors, objectives)
    told = setting_of(replace(results, plan=base_plan.with_(seed=plan.seed + 1), designs=base_plan.designs))
    return Optimum(
        objectives=objectives,
        titles=MappingProxyType(_titles(study, plan.base, measure, resource)),
        table=table,
        convergence=pd.DataFrame({"generation": np.arange(1, generations + 1), "hypervolume": front.volume}),
        sentences=_sentences(table, front, study, measure),
        source=told.source_line,
        manifest={**results.manifest, "optimise": effort},
    )


def cost_of(study: Study, asked: str | None) -> Resource:
    """Return the resource that counts as the cost: the one asked for, or else that of `measures.cost`."""
    measures = study.file.measures
    known = {resource.variable: resource for resource in measures.resources}
    name = asked or measures.cost
    if name in known:
        return known[name]
    remedy = f"Name one of the study's resources: {', '.join(known)}." if known else "Add `measures.resources`."
    what = f"no resource `{name}`" if name else "the study names no resource as its cost"
    raise InputError(Problem(what=what, file=study.files["study"], nearest=nearest_names(name, known), remedy=remedy))


def lever_bounds(study: Study) -> tuple[np.ndarray, np.ndarray]:
    """Return the lowest and highest score that any design gives each lever, in the order of the study's levers."""
    scores = [
        [design.levers[key] for design in study.designs.values() if key in design.levers] for key in study.file.levers
    ]
    low = np.array([min(one.low for one in each) for each in scores])
    return low, np.array([max(one.high for one in each) for each in scores])


def _cost_of_change(study: Study) -> float:
    """Return the median of the most likely costs of changing to the designs that are compared with the base."""
    others = [name for name in study.file.comparison.designs if name != study.file.comparison.base]
    return median([study.design(name).disruption.mode for name in others] or [0.0])


def _certain(value: float) -> Score:
    return Score(low=value, mode=value, high=value, reason="a setting that is tried; no statute has it")


def _scores(study: Study, point: np.ndarray) -> dict[str, Score]:
    return {key: _certain(float(value)) for key, value in zip(study.file.levers, point, strict=True)}


def objectives_of(results: Results, measure: Measure, cost: Resource) -> tuple[np.ndarray, np.ndarray]:
    """Return what is minimised for each design, ``(designs, 3)``, mean over worlds, and its standard error.

    The measure (a level with its sign turned), the burden as a ratio to the base in the same world, and the cost, mean
    over the horizon in the resource's unit.
    """
    base = results.designs.index(results.plan.base)
    shortfall = by_design(results, measure) * (-1.0 if measure == LEVEL else 1.0)
    burden = by_design(results, BURDEN)
    ratio = np.divide(burden, burden[base], out=np.full(burden.shape, np.nan), where=burden[base] > 0)
    spent = over_futures(over_time(path(results, cost.variable, "sum"), results.time)) * cost.per
    each = (shortfall, ratio, spent)
    values = np.array([[mean_of(row) for row in one] for one in each]).T
    return values, np.array([[standard_error(row) for row in one] for one in each]).T


def _table(
    study: Study,
    designs: Sequence[str],
    x: np.ndarray,
    seen: np.ndarray,
    held: np.ndarray,
    errors: np.ndarray,
    objectives: Sequence[str],
) -> pd.DataFrame:
    """Return one row a setting of the front, cheapest first, then one a design."""
    modes = [[study.design(name).levers[key].mode for key in study.file.levers] for name in designs]
    names = [*(f"setting {number}" for number in range(1, len(x) + 1)), *(short_name(study, name) for name in designs)]
    table = pd.DataFrame({"name": names, "kind": ["setting"] * len(x) + ["design"] * len(designs)})
    for place, lever in enumerate(study.file.levers.values()):
        table[lever.title] = [*x[:, place], *(row[place] for row in modes)]
    for place, name in enumerate(objectives):
        table[f"{name}_sought"], table[f"{name}_held_out"] = seen[:, place], held[:, place]
        table[f"{name}_error"] = errors[:, place]
    table["on_front"] = undominated(held)
    table["evidence_grade"] = "C"
    order = [*np.argsort(seen[: len(x), -1], kind="stable"), *range(len(x), len(table))]
    return table.iloc[order].reset_index(drop=True)


def _sentences(table: pd.DataFrame, front: Front, study: Study, measure: str) -> tuple[str, str]:
    """Say what the front is worth on worlds that it never met, and what it is not."""
    settings, designs = table[table["kind"] == "setting"], table[table["kind"] == "design"]
    kept = int(settings["on_front"].sum())
    standing = [str(name) for name in designs.loc[designs["on_front"], "name"]]
    beside = (
        f"; of the designs, {', '.join(standing)} {'is' if len(standing) == 1 else 'are'} not beaten by any of them"
    )
    first = (
        f"{count(len(settings), 'lever setting')} came out unbeaten in shortfall, burden and cost together, of which "
        f"{kept} stay so on worlds that the search never met{beside if standing else '; each design is beaten by one'}."
    )
    half = front.volume[len(front.volume) // 2]
    settled = percent(half / front.volume[-1]) if front.volume[-1] > 0 else "none"
    shift = table[f"{measure}_held_out"] - table[f"{measure}_sought"]
    slip = float(shift[table["kind"] == "setting"].mean() - shift[table["kind"] == "design"].mean())
    lost = f"lose {abs(slip):.2g} of their shortfall measure" if slip > 0 else "lose nothing"
    second = (
        f"Between the worlds of the search and others, settings {lost} against the designs; after half of the search "
        f"{settled} of the final volume was reached. Lever scores are judgement, and a setting is no statute. "
        f"{study.file.words.not_a_forecast}"
    )
    return first, second
