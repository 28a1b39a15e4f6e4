"""The question, as frozen data: parameters, designs, scenarios and the plan of what to run.

What stands here is imported when it is first used: who only runs a model file needs no study.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from policy_lab.study.loader import StudyEntry, default_study, find_studies, open_study
    from policy_lab.study.plan import Plan
    from policy_lab.study.settings import parse_setting
    from policy_lab.study.study import Study

_HOMES: Final = {
    "Plan": "plan",
    "Study": "study",
    "StudyEntry": "loader",
    "default_study": "loader",
    "find_studies": "loader",
    "open_study": "loader",
    "parse_setting": "settings",
}
"""Public name -> the module that holds it."""

__all__ = ["Plan", "Study", "StudyEntry", "default_study", "find_studies", "open_study", "parse_setting"]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module `policy_lab.study` has no attribute `{name}`")
    return getattr(import_module(f"policy_lab.study.{_HOMES[name]}"), name)
