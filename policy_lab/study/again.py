"""A plan made again from what a manifest says of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from policy_lab.errors import InputError, Problem
from policy_lab.study.samplers import MONTE_CARLO, Correlation
from policy_lab.study.steps import stepped

if TYPE_CHECKING:
    from policy_lab.study.plan import Plan
    from policy_lab.study.study import Study

_NOT_AGAIN: Final = {
    "scores": "experts' scores stood in for the study's own",
    "quantiles": "some draws were given from outside",
    "mixed": "designs were put together of two",
    "places": "each world was a place of its own",
}
"""Choices whose values a manifest names but does not hold."""


def plan_again(study: Study, manifest: Mapping[str, Any]) -> Plan:
    """Return the plan that a manifest tells of.

    Parameters
    ----------
    study
        As it is today; that it is the same as then is not looked at here.
    manifest
        Of results: its ``settings`` are `Plan.choices`, its ``seed`` and ``time_step`` the plan's own.

    Raises
    ------
    InputError
        For choices that cannot be made again from what the manifest holds, and for what the study does not know today.

    Examples
    --------
    >>> from policy_lab.study import open_study
    >>> study = open_study("fishery")
    >>> plan = study.plan(worlds=3, futures=2, settings={"Fish price": 1.7})
    >>> told = {"settings": plan.choices(), "seed": plan.seed, "time_step": plan.study.model.time.step}
    >>> plan_again(study, told).choices() == plan.choices()
    True
    """
    chosen = manifest.get("settings", {})
    missing = [key for key in ("designs", "scenario", "start", "worlds", "futures") if key not in chosen]
    if missing:
        raise InputError(Problem(what=f"this manifest tells of no plan: it lacks {', '.join(missing)}"))
    lost = [words for key, words in _NOT_AGAIN.items() if chosen.get(key)]
    if chosen.get("cut"):
        lost.append("loops were cut")
    if lost:
        raise InputError(Problem(what=f"the plan cannot be made again from its manifest: {'; '.join(lost)}"))
    step = float(manifest.get("time_step") or study.model.time.step)
    plan = stepped(study, chosen.get("steps", {})).plan(
        designs=chosen["designs"],
        scenario=chosen["scenario"],
        start=chosen["start"],
        worlds=chosen["worlds"],
        futures=chosen["futures"],
        seed=manifest.get("seed"),
        settings=chosen.get("set", {}),
        horizon=chosen.get("horizon"),
        save_period=chosen.get("save_period"),
        time_step=None if step == study.model.time.step else step,
        area=chosen.get("area"),
        posterior=bool(chosen.get("posterior", False)),
    )
    return plan.with_(
        vary=chosen.get("vary", plan.vary),
        seeds=chosen.get("seeds", {}),
        scores_from=chosen.get("scores_from", {}),
        sampler=chosen.get("sampler", MONTE_CARLO),
        correlations=[_correlation(one) for one in chosen.get("correlations", ())],
        outcomes=chosen.get("outcomes", ()),
        settings_name=chosen.get("settings_name", ""),
    )


def _correlation(told: Mapping[str, Any]) -> Correlation:
    first, second = told["between"]
    return Correlation(first, second, told["rank"])
