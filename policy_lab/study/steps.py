"""Judged levers moved by hand: at the low or the high end of their scores, in every design at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.study.schema import Score

if TYPE_CHECKING:
    from policy_lab.study.study import Study

Step = Literal["low", "high"]
"""Where a judged lever stands when it is not as the study has it: at the lower or the upper end of its scores."""


def stepped(study: Study, steps: Mapping[str, Step]) -> Study:
    """Return the study with some levers at the low or the high end of their scores, in every design and overlay.

    Raises
    ------
    InputError
        For a lever that the study does not have, and where experts' scores stand in for the study's own: what they
        drew has no one end.

    Examples
    --------
    >>> from policy_lab.study import open_study
    >>> study = stepped(open_study("fishery"), {"patrol": "high"})
    >>> study.design("catch-quota").levers["patrol"].mode, dict(study.steps)
    (0.55, {'patrol': 'high'})
    """
    if not steps:
        return study
    problems = [
        Problem(what=f"no lever `{name}` in this study", nearest=nearest_names(name, study.file.levers))
        for name in steps
        if name not in study.file.levers
    ]
    if study.scores is not None:
        problems.append(Problem(what="levers stand at the ends of the study's own scores, and these are experts'"))
    if problems:
        raise InputError(*problems)
    designs = {
        name: design.model_copy(update={"levers": _ends(design.levers, steps)})
        for name, design in study.designs.items()
    }
    overlays = {
        name: overlay.model_copy(update={"adds": _ends(overlay.adds, steps)})
        for name, overlay in study.overlays.items()
    }
    return replace(
        study,
        designs=MappingProxyType(designs),
        overlays=MappingProxyType(overlays),
        steps=MappingProxyType({**study.steps, **steps}),
    )


def step_words(study: Study, key: str, step: Step) -> str:
    """Say where a lever stands: ``Patrols: at the high end of the scores in every arrangement``."""
    return f"{study.file.levers[key].title}: at the {step} end of the scores in every {study.file.words.design}"


def _ends(scores: Mapping[str, Score], steps: Mapping[str, Step]) -> dict[str, Score]:
    """Return scores of which some are certain."""
    return {key: _end(score, steps[key]) if key in steps else score for key, score in scores.items()}


def _end(score: Score, step: Step) -> Score:
    value = score.low if step == "low" else score.high
    return score.model_copy(update={"low": value, "mode": value, "high": value})
