"""From a model file to PySD's syntax tree, equation by equation, with no piece of the file executed.

`translate` gives the tree together with what PySD loses (line numbers, text as written, integration method);
`guarded_parse` gives the bare ``AbstractModel`` to engines that want PySD's own classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from policy_lab.errors import InputError, Problem
from policy_lab.model.source import XMILE_SUFFIXES, read_source

if TYPE_CHECKING:
    from pysd.translators.structures.abstract_model import AbstractModel, AbstractSubscriptRange

LONGEST_NAME = 1_000


@dataclass(frozen=True)
class Equation:
    """One parsed equation: PySD's component beside what the file says about it.

    ``component`` is one of PySD's abstract components (``subscripts``, ``ast``); ``flow`` marks an XMILE ``<flow>``.
    """

    name: str
    component: Any
    text: str
    unit: str
    limits: tuple[float | None, float | None]
    documentation: str
    line: int
    group: str = ""
    flow: bool = False


@dataclass(frozen=True)
class Range:
    """One parsed subscript range; ``matched`` are ranges that it maps onto with their elements, in its own order."""

    abstract: AbstractSubscriptRange
    line: int
    matched: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True)
class Translation:
    """A model file, parsed but not yet understood.

    ``problems`` are the faults found so far, ``broken`` the names of the variables whose equations have them.
    """

    path: Path
    digest: str
    equations: tuple[Equation, ...]
    ranges: tuple[Range, ...]
    integration: str
    views: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    warnings: tuple[Problem, ...] = ()
    problems: tuple[Problem, ...] = ()
    broken: frozenset[str] = frozenset()


def translate(path: str | Path) -> Translation:
    """Parse a ``.mdl``, ``.xmile``, ``.stmx`` or ``.itmx`` file; faults of single equations are in ``problems``.

    Raises
    ------
    InputError
        When the file cannot be read at all.
    """
    source = read_source(path)
    if source.path.suffix.lower() in XMILE_SUFFIXES:
        from policy_lab.model.xmile import translate_xmile

        return translate_xmile(source)
    from policy_lab.model.vensim import translate_vensim

    return translate_vensim(source)


def guarded_parse(path: str | Path) -> AbstractModel:
    """Parse a model file into PySD's ``AbstractModel`` without executing any of its text.

    Raises
    ------
    InputError
        With every fault of the file.
    """
    translation = translate(path)
    raise_if_any(translation.problems, translation.path)
    return abstract_model(translation)


def abstract_model(translation: Translation) -> AbstractModel:
    """Put a translation back together as PySD would have built it."""
    from pysd.translators.structures import abstract_model as am

    elements: dict[str, Any] = {}
    for equation in translation.equations:
        key = equation.name.lower().replace(" ", "_")
        kind = am.AbstractControlElement if key in CONTROL else am.AbstractElement
        element = elements.setdefault(key, kind(name=equation.name, components=[]))
        element.units = equation.unit or element.units
        element.documentation = equation.documentation or element.documentation
        if equation.limits != (None, None):
            element.limits = equation.limits
        element.components.append(equation.component)
    section = am.AbstractSection(
        name="__main__", path=translation.path.with_suffix(".py"), type="main", params=[], returns=[],
        subscripts=tuple(found.abstract for found in translation.ranges), elements=tuple(elements.values()),
        constraints=(), test_inputs=(), split=False, views_dict=None,
    )  # fmt: skip
    return am.AbstractModel(original_path=translation.path, sections=(section,))


CONTROL: Mapping[str, str] = {
    "initial_time": "INITIAL TIME",
    "final_time": "FINAL TIME",
    "time_step": "TIME STEP",
    "saveper": "SAVEPER",
}


def raise_if_any(problems: Sequence[Problem], path: Path) -> None:
    """Raise all problems of a stage together, in the order of the file, each with the file's name."""
    if problems:
        raise InputError(*(named(one, path) for one in sorted(dict.fromkeys(problems), key=lambda one: one.line or 0)))


def named(problem: Problem, path: Path) -> Problem:
    """Return the problem with the file's name in it."""
    return problem if problem.file is not None else replace(problem, file=path)
