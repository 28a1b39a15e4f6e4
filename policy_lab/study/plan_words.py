"""A plan in words, and as plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from policy_lab.study.mixture import mixture_choices
from policy_lab.study.plan import GROUPS
from policy_lab.study.samplers import LATIN_HYPERCUBE, MONTE_CARLO, SOBOL
from policy_lab.study.steps import step_words
from policy_lab.study.streams import given_choices
from policy_lab.study.stress import beside_calendar, calendar_words, placed_in

if TYPE_CHECKING:
    from policy_lab.study.plan import Plan

SPREADS: Final = {LATIN_HYPERCUBE: "Latin hypercube", SOBOL: "Sobol sequence"}
"""What a sampler makes of the worlds."""


def described(plan: Plan) -> str:
    """Say in words what would be run."""
    unit = plan.study.model.time.unit.lower().removesuffix("s")
    starts = {
        "switch": f"each starts from `{plan.base}` at rest and changes at {unit} 0",
        "settled": "each starts at its own rest",
        "file": "each starts where the model file does",
    }
    size = f"{len(plan.designs)} designs × {plan.worlds} worlds × {plan.futures} futures = {plan.cases:,} runs"
    parts = [
        f"{size} of {plan.horizon:g} {unit}s",
        f"scenario `{plan.scenario}`: {plan.study.scenario(plan.scenario).title}",
        starts[plan.start],
        f"seed {plan.seed}",
    ]
    if plan.vary != GROUPS:
        parts.append(f"only {', '.join(sorted(plan.vary)) or 'nothing'} drawn anew")
    if plan.seeds:
        parts.append(f"other seeds for {', '.join(f'{name} ({seed})' for name, seed in sorted(plan.seeds.items()))}")
    if plan.scores_from:
        swaps = ", ".join(f"`{name}` has those of `{other}`" for name, other in sorted(plan.scores_from.items()))
        parts.append(f"scores exchanged: {swaps}")
    if plan.area is not None:
        parts.append(f"starting values of {plan.study.areas()[plan.area].name}")
    if plan.study.scores is not None:
        parts.append(plan.study.scores.words())
    if plan.posterior:
        parts.append("fitted parameters drawn from the saved posterior")
    if plan.sampler != MONTE_CARLO:
        parts.append(f"worlds spread as a {SPREADS[plan.sampler]}")
    parts += [f"`{one.first}` and `{one.second}` drawn with rank correlation {one.rank:g}" for one in plan.correlations]
    parts += [step_words(plan.study, key, step) for key, step in plan.study.steps.items()]
    held = plan.spoken_settings()
    events = calendar_words(plan.study, placed_in(plan.study, held))
    parts += [events] if events else []
    parts += [f"{name} held at {value:g}" for name, value in beside_calendar(plan.study, held).items()]
    return "; ".join(parts) + "."


def choices(plan: Plan) -> dict[str, Any]:
    """Return every choice of the plan as plain values, for a manifest."""
    return {
        "study": plan.study.name,
        "designs": list(plan.designs),
        "scenario": plan.scenario,
        "start": plan.start,
        "worlds": plan.worlds,
        "futures": plan.futures,
        "horizon": plan.horizon,
        "save_period": plan.save_period,
        "area": plan.area,
        **_places(plan),
        "posterior": plan.posterior,
        **({"scores": plan.study.scores.choices()} if plan.study.scores is not None else {}),
        "set": plan.spoken_settings(),
        "vary": sorted(plan.vary),
        "seeds": dict(plan.seeds),
        "scores_from": dict(plan.scores_from),
        **_unusual(plan),
    }


def _unusual(plan: Plan) -> dict[str, Any]:
    """Return the choices that few plans make; those that were not made are left out."""
    told = {
        "sampler": "" if plan.sampler == MONTE_CARLO else plan.sampler,
        "correlations": [one.choices() for one in plan.correlations],
        "outcomes": list(plan.saved) if plan.outcomes else [],
        "settings_name": plan.settings_name,
        "steps": dict(plan.study.steps),
        "stress": [one.model_dump() for one in placed_in(plan.study, plan.spoken_settings())],
        "quantiles": given_choices(plan.quantiles),
        "mixed": mixture_choices(plan.mixed),
    }
    return {name: value for name, value in told.items() if value}


def _places(plan: Plan) -> dict[str, Any]:
    """Return the places beside one another, and for any place what stands in for figures that it lacks."""
    if plan.area is None and not plan.places:
        return {}
    areas = plan.study.areas()
    filled = {
        key: {name: {"value": one.value, "median_of": list(one.places)} for name, one in areas[key].filled.items()}
        for key in ((plan.area,) if plan.area is not None else plan.places)
        if areas[key].filled
    }
    beside = {"places": list(plan.places)} if plan.places else {}
    return {**beside, "area_filled": filled} if filled else beside
