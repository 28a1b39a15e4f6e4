"""Several experts' scores of the levers, kept apart: each world takes the whole view of one of them.

A linear opinion pool (Stone 1961, *Annals of Mathematical Statistics* 32:1339-1342): the pooled density is the weighted
mean of the experts' densities, so drawing an expert with those weights and then from that expert's own distribution
draws from it exactly. The expert is drawn once for a world, so that what one person holds together stays together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.study.sampling import triangular
from policy_lab.study.schema import Lever, Score
from policy_lab.study.streams import Uniforms, uniforms

if TYPE_CHECKING:
    from policy_lab.study.study import Study

DIMENSIONLESS = ("", "1", "dmnl", "dimensionless")
EXPERT_STREAM = "expert"
POOL = "pooled"
"""What the experts together are called."""


@dataclass(frozen=True, eq=False)
class Scores:
    """What experts judged: ``given[expert][design][lever]``, and what each expert counts for.

    ``weights`` stand in the order of ``experts`` and sum to one; ``files`` are the files' names and SHA-256 digests.
    """

    experts: tuple[str, ...]
    weights: tuple[float, ...]
    given: Mapping[str, Mapping[str, Mapping[str, Score]]] = field(repr=False)
    files: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)

    def only(self, expert: str) -> Scores:
        """Return one expert's scores alone.

        Raises
        ------
        InputError
            For an expert who gave none.
        """
        if expert not in self.experts:
            known = f"Experts: {', '.join(self.experts)}."
            nearest = nearest_names(expert, self.experts)
            raise InputError(Problem(what=f"no scores of an expert `{expert}`", nearest=nearest, remedy=known))
        return Scores((expert,), (1.0,), MappingProxyType({expert: self.given[expert]}), self.files)

    def weighted(self, weights: Mapping[str, float]) -> Scores:
        """Return the same scores with other weights, which are made to sum to one; who is not named counts nothing.

        Raises
        ------
        InputError
            For an unknown expert, a negative weight, or weights that are all nothing.
        """
        problems = [
            Problem(what=f"a weight for `{name}`, who gave no scores", nearest=nearest_names(name, self.experts))
            for name in weights
            if name not in self.experts
        ]
        problems += [
            Problem(what=f"the weight of `{name}` is {weight:g}", remedy="Give a number from 0.")
            for name, weight in weights.items()
            if not (np.isfinite(weight) and weight >= 0)
        ]
        total = sum(weights.values())
        if not problems and total <= 0:
            problems.append(Problem(what="no expert has a weight above 0"))
        if problems:
            raise InputError(*problems)
        kept = tuple(name for name in self.experts if weights.get(name, 0.0) > 0)
        given = MappingProxyType({name: self.given[name] for name in kept})
        return Scores(kept, tuple(weights[name] / total for name in kept), given, self.files)

    def of(self, design: str, lever: str) -> tuple[Score, ...]:
        """Return every expert's score of one lever of one design, in the order of ``experts``."""
        return tuple(self.given[expert][design][lever] for expert in self.experts)

    def missing(self, designs: Iterable[str], levers: Iterable[str]) -> tuple[tuple[str, str, str], ...]:
        """Return what was not scored: expert, design and lever."""
        names, wanted = tuple(designs), tuple(levers)
        return tuple(
            (expert, design, lever)
            for expert in self.experts
            for design in names
            for lever in wanted
            if lever not in self.given[expert].get(design, {})
        )

    def words(self) -> str:
        """Say whose scores these are."""
        if len(self.experts) == 1:
            return f"lever scores are those of {self.experts[0]}"
        shares = ", ".join(f"{name} ({weight:.0%})" for name, weight in zip(self.experts, self.weights, strict=True))
        return f"lever scores are pooled from {len(self.experts)} experts, one drawn for each world: {shares}"

    def choices(self) -> dict[str, Any]:
        """Return whose scores these are as plain values, for a manifest."""
        return {"experts": dict(zip(self.experts, self.weights, strict=True)), "files_sha256": dict(self.files)}


def world_experts(scores: Scores, worlds: int, seed: int, draw: Uniforms = uniforms) -> np.ndarray:
    """Return whose view each world takes, ``(worlds,)``: places in ``scores.experts``."""
    bounds = np.cumsum(scores.weights)[:-1]
    return np.searchsorted(bounds, draw(seed, EXPERT_STREAM, worlds), side="right")


def pooled_draws(
    scores: Scores, design: str, lever: str, worlds: int, seed: int, draw: Uniforms = uniforms
) -> np.ndarray:
    """Return ``(worlds,)`` draws of a lever from the linear pool, each from the triangle of its world's expert.

    The quantile that a world draws is the same for every expert, and the same as without experts' scores.
    """
    u = draw(seed, f"lever/{design}/{lever}", worlds)
    each = np.stack([triangular(u, one.low, one.mode, one.high) for one in scores.of(design, lever)])
    drawn: np.ndarray = each[world_experts(scores, worlds, seed, draw), np.arange(worlds)]
    return drawn


def scored_study(study: Study, scores: Scores) -> Study:
    """Return the study with experts' scores in the place of its own, wherever all of them scored a whole design.

    Such a design shows the weighted mean of the experts' modes, between the lowest low and the highest high; worlds
    are drawn from the experts themselves. Overlays and the costs of changing over stay those of the study.
    """
    designs = {
        name: design
        if scores.missing([name], study.file.levers)
        else design.model_copy(update={"levers": {key: _summed(scores, name, key) for key in study.file.levers}})
        for name, design in study.designs.items()
    }
    return replace(study, designs=MappingProxyType(designs), scores=scores)


def own_scores(study: Study, name: str = "the authors") -> Scores:
    """Return the study's own scores in the form of an expert's."""
    given = MappingProxyType({design: MappingProxyType(dict(found.levers)) for design, found in study.designs.items()})
    return Scores((name,), (1.0,), MappingProxyType({name: given}))


def views(study: Study) -> tuple[Study, ...]:
    """Return the study as each of its experts sees it; just the study where no experts' scores were put in."""
    if study.scores is None:
        return (study,)
    return tuple(scored_study(study, study.scores.only(expert)) for expert in study.scores.experts)


def unscored(study: Study, designs: Iterable[str]) -> list[Problem]:
    """Return a problem for each design that some expert did not score whole; none without experts' scores."""
    if study.scores is None:
        return []
    problems = []
    for name in dict.fromkeys(study.design_parts(design)[0] for design in designs):
        gaps: dict[str, list[str]] = {}
        for expert, _, lever in study.scores.missing([name], study.file.levers):
            gaps.setdefault(expert, []).append(lever)
        who = "; ".join(f"{expert}: {', '.join(levers)}" for expert, levers in gaps.items())
        if gaps:
            remedy = "Score them, leave the design out, or take one expert who scored it all."
            problems.append(Problem(what=f"`{name}` is not scored in full ({who})", remedy=remedy))
    return problems


def bounds_of(study: Study, lever: Lever) -> tuple[float, float]:
    """Return the range of a lever in its unit: its row's, the model's, or 0 to 1 where it has no unit; else open."""
    row = study.parameters.get(lever.variable)
    if row is not None and row.low is not None and row.high is not None:
        return row.low, row.high
    low, high = study.model[lever.variable].limits
    if low is not None and high is not None:
        return low, high
    if lever.unit.strip().casefold() in DIMENSIONLESS:
        return 0.0, 1.0
    return (-np.inf if low is None else low), (np.inf if high is None else high)


def scale_of(study: Study, key: str, scores: Sequence[Scores] = ()) -> tuple[float, float]:
    """Return the range over which a lever is judged: its own, or where that is open what designs and experts span."""
    low, high = bounds_of(study, study.file.levers[key])
    given = [design.levers[key] for design in study.designs.values() if key in design.levers]
    given += [
        levers[key] for one in scores for designs in one.given.values() for levers in designs.values() if key in levers
    ]
    lowest = low if np.isfinite(low) else min((one.low for one in given), default=0.0)
    highest = high if np.isfinite(high) else max((one.high for one in given), default=1.0)
    return lowest, highest


def _summed(scores: Scores, design: str, lever: str) -> Score:
    """Put several experts' scores in one: where they agree it is theirs."""
    given = scores.of(design, lever)
    mode = sum(weight * one.mode for weight, one in zip(scores.weights, given, strict=True))
    low, high = min(one.low for one in given), max(one.high for one in given)
    reason = "; ".join(f"{who}: {one.reason}" for who, one in zip(scores.experts, given, strict=True) if one.reason)
    return Score(low=low, mode=min(max(mode, low), high), high=high, reason=reason or scores.words())
