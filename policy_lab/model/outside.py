"""Where a model's own text names another file: the equations and ranges whose values stand there.

What reads tables (`policy_lab.model.external`) and what it imports come in only for a model that names a file.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from policy_lab.errors import Problem
from policy_lab.model import expression as ex
from policy_lab.model.beside import BesideError
from policy_lab.model.elements import component_elements
from policy_lab.model.translation import Equation, Range
from policy_lab.model.types import Component

if TYPE_CHECKING:
    from policy_lab.model.external import Keyword, Tables

_STRUCTURES = frozenset({"GetConstantsStructure", "GetDataStructure", "GetLookupsStructure"})


@dataclass(frozen=True)
class Outside:
    """Reads what the model in ``folder`` takes from other files, and keeps what there is to say about it."""

    folder: Path
    notes: list[Problem] = field(default_factory=list)
    _tables: list[Tables] = field(default_factory=list)

    @property
    def files(self) -> tuple[tuple[str, str], ...]:
        """Name and SHA-256 of each file that was read."""
        return tuple(one for tables in self._tables for one in tables.files)

    def names_a_file(self, equation: Equation) -> bool:
        """Tell whether the values of an equation stand in another file."""
        return type(equation.component.ast).__name__ in _STRUCTURES

    def with_elements(self, ranges: Sequence[Range], problems: list[Problem]) -> tuple[Range, ...]:
        """Return ranges with the elements that files give them; one that cannot be read is a problem, and left out."""
        found = []
        for one in ranges:
            if not isinstance(one.abstract.subscripts, dict):
                found.append(one)
                continue
            from policy_lab.model.external import read_elements

            try:
                elements = read_elements(self._open(), one.abstract.subscripts)
                found.append(replace(one, abstract=replace(one.abstract, subscripts=elements)))
            except BesideError as error:
                problems.append(_problem(error, one.line, one.abstract.name))
                found.append(replace(one, abstract=replace(one.abstract, subscripts=[])))
        return tuple(found)

    def components(
        self,
        name: str,
        equation: Equation,
        blank: Component,
        elements: Mapping[str, tuple[str, ...]],
        problems: list[Problem],
    ) -> tuple[Component, ...]:
        """Return an equation with the values of its file: constants as they are, series one for each element.

        Parameters
        ----------
        name, equation, blank
            The variable, its equation as parsed, and the component to be filled.
        elements
            The elements of each range of the model.
        problems
            Where a fault goes; nothing is returned then.
        """
        known = [elements.get(subscript, (subscript,)) for subscript in blank.subscripts]
        if not all(known):
            return ()  # the range itself could not be read, which is told there
        try:
            found = self._filled(name, equation, blank, known)
        except BesideError as error:
            problems.append(_problem(error, equation.line, name))
            return ()
        if len(found) == 1:
            return found
        kept = {*component_elements(blank, elements)}
        return tuple(replace(part, excepted=()) for part in found if part.subscripts in kept)

    def _filled(
        self, name: str, equation: Equation, blank: Component, known: Sequence[Sequence[str]]
    ) -> tuple[Component, ...]:
        from policy_lab.model.external import origin_of, read_constant, read_points

        tree: Any = equation.component.ast
        lengths = [len(members) for members in known]
        if type(tree).__name__ == "GetConstantsStructure":
            value = read_constant(self._open(), tree, lengths)
            return (replace(blank, expression=value, origin=origin_of(self._open(), tree)),)
        series = type(tree).__name__ == "GetDataStructure"
        keyword: Keyword = (getattr(equation.component, "keyword", None) or "interpolate") if series else "interpolate"
        points = read_points(self._open(), tree, lengths, keyword)
        self.notes.extend(Problem(note, line=equation.line, variable=name) for note in points.notes)
        filled = replace(blank, origin=origin_of(self._open(), tree))
        return tuple(
            replace(
                filled,
                subscripts=chosen,
                expression=ex.Data(keyword, points.x, column) if series else ex.Lookup(points.x, column),
            )
            for chosen, column in zip(itertools.product(*known), points.columns, strict=True)
        )

    def _open(self) -> Tables:
        if not self._tables:
            from policy_lab.model.external import Tables

            self._tables.append(Tables(self.folder))
        return self._tables[0]


def _problem(error: BesideError, line: int, variable: str) -> Problem:
    return Problem(str(error), line=line, variable=variable, nearest=error.nearest, remedy=error.remedy)
