"""The same study with less that is not known: every range drawn in towards what is held most likely."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from policy_lab.errors import InputError, Problem
from policy_lab.study.schema import Design, Overlay, Parameter, Score
from policy_lab.study.scores import Scores
from policy_lab.study.study import Study

IN_RATIOS = ("loguniform", "lognormal")
"""Distributions whose ranges are drawn in by ratios, so that they stay above zero."""


def narrowed(study: Study, share: float) -> Study:
    """Return the study with every range at a share of its width, about what is held most likely.

    A parameter's range is drawn in about its base value, a score's about its mode; experts' scores about their pooled
    mode. A structural switch has nothing between its two positions and goes on taking either.

    Parameters
    ----------
    share
        Above 0 and at most 1, which leaves everything as it is.

    Raises
    ------
    InputError
        For another share.
    """
    if not 0 < share <= 1:
        raise InputError(Problem(what=f"ranges are drawn in to a share above 0 and at most 1, not {share:g}"))
    designs = {name: _design(design, share) for name, design in study.designs.items()}
    overlays = {name: _overlay(overlay, share) for name, overlay in study.overlays.items()}
    return replace(
        study,
        parameters=MappingProxyType({name: _parameter(row, share) for name, row in study.parameters.items()}),
        designs=MappingProxyType(designs),
        overlays=MappingProxyType(overlays),
        scores=None if study.scores is None else _scores(study, study.scores, share),
    )


def _parameter(row: Parameter, share: float) -> Parameter:
    if row.low is None or row.high is None or not row.varies or row.distribution == "switch":
        return row
    if row.distribution in IN_RATIOS:
        low, high = (row.base * (end / row.base) ** share for end in (row.low, row.high))
    else:
        low, high = (row.base + share * (end - row.base) for end in (row.low, row.high))
    return row.model_copy(update={"low": low, "high": high})


def _score(score: Score, share: float, centre: float | None = None) -> Score:
    about = score.mode if centre is None else centre
    drawn_in = {name: about + share * (getattr(score, name) - about) for name in ("low", "mode", "high")}
    return score.model_copy(update=drawn_in)


def _design(design: Design, share: float) -> Design:
    levers = {name: _score(score, share) for name, score in design.levers.items()}
    return design.model_copy(update={"levers": levers, "disruption": _score(design.disruption, share)})


def _overlay(overlay: Overlay, share: float) -> Overlay:
    adds = {name: _score(score, share) for name, score in overlay.adds.items()}
    disruption = None if overlay.disruption is None else _score(overlay.disruption, share)
    return overlay.model_copy(update={"adds": adds, "disruption": disruption})


def _scores(study: Study, scores: Scores, share: float) -> Scores:
    given = {
        expert: MappingProxyType(
            {
                design: MappingProxyType(
                    {
                        lever: _score(score, share, study.designs[design].levers[lever].mode)
                        for lever, score in levers.items()
                    }
                )
                for design, levers in designs.items()
            }
        )
        for expert, designs in scores.given.items()
    }
    return replace(scores, given=MappingProxyType(given))
