"""What a briefing is made of, whatever document it becomes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from policy_lab.charts.figure import Figure
from policy_lab.errors import InputError, Problem
from policy_lab.out.layout import Grid, Lines

ROLES: Final = ("commissioner", "analyst", "assurer", "approver")
"""Who answers for a piece of analysis after the Aqua Book (HM Treasury, 2015)."""


@dataclass(frozen=True)
class Picture:
    """A chart with its caption; ``name`` is short and stands in the document's record."""

    name: str
    figure: Figure

    @property
    def alt(self) -> str:
        """What a screen reader speaks: the finding, and what is drawn."""
        return f"{self.figure.title.rstrip('.')}. {self.figure.alt}"


@dataclass(frozen=True)
class Box:
    """Something set apart from the text."""

    title: str
    lines: tuple[str, ...]


Item = Lines | Grid | Picture | Box


@dataclass(frozen=True)
class Part:
    """A heading and what stands under it."""

    heading: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Briefing:
    """One description of a briefing, from which every kind of document is made.

    Parameters
    ----------
    answer
        One sentence; the title of slides and the subject of the document.
    first
        What page one says.
    parts
        What follows.
    people
        Role -> name, of `ROLES`; a final briefing names all of them.
    made_on
        Printed on the document; not among its numbers.
    record
        What made it: plain values from which `policy-lab reproduce` makes it again.
    """

    title: str
    question: str
    answer: str
    first: tuple[Part, ...]
    parts: tuple[Part, ...]
    people: Mapping[str, str]
    made_on: dt.date
    record: Mapping[str, Any] = field(repr=False)
    final: bool = False

    @property
    def status(self) -> str:
        """``Final``, or that it is a draft."""
        return "Final" if self.final else "Draft: not yet assured"

    @property
    def answering(self) -> tuple[str, ...]:
        """Who answers for it, a phrase a role."""
        return tuple(f"{role.capitalize()}: {name or '[to be named]'}" for role, name in self.people.items())

    @property
    def dated(self) -> str:
        """Its status and date."""
        return f"{self.status}. {self.made_on.day} {self.made_on:%B %Y}"

    @property
    def status_line(self) -> str:
        """Status, date and who answers for it, in one line."""
        return f"{self.dated}. {' · '.join(self.answering)}"

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Every chart, in order."""
        return tuple(item for part in (*self.first, *self.parts) for item in part.items if isinstance(item, Picture))

    @property
    def furniture(self) -> tuple[str, ...]:
        """What may stand on it in one place or another beside its text."""
        return self.title, self.answer, self.status_line, self.dated, *self.answering

    def texts(self) -> Iterator[str]:
        """Yield every piece of text with its numbers, in order: what a copy of this briefing has to say again."""
        yield self.question
        for part in (*self.first, *self.parts):
            for item in part.items:
                yield from _texts(item)


def shares(grid: Grid) -> tuple[float, ...]:
    """Return what part of the width each column gets: by its longest text, within bounds."""
    columns = list(zip(grid.heads, *grid.rows, strict=True))
    longest = [min(max(len(cell) for cell in column), 46) + 3 for column in columns]
    return tuple(one / sum(longest) for one in longest)


def is_figures(grid: Grid, place: int) -> bool:
    """Say whether a column holds figures: then it is set to the right."""
    cells = [row[place] for row in grid.rows if row[place] not in ("–", "-", "")]
    return bool(cells) and sum(cell.lstrip("±+−-£")[:1].isdigit() for cell in cells) > len(cells) / 2


def named_people(people: Mapping[str, str], *, final: bool) -> dict[str, str]:
    """Return who answers for a briefing, all roles in order.

    Raises
    ------
    InputError
        For an unknown role, and where a final briefing lacks one.
    """
    unknown = [role for role in people if role not in ROLES]
    missing = [role for role in ROLES if final and not people.get(role, "").strip()]
    problems = [Problem(what=f"no role `{role}`", nearest=ROLES) for role in unknown]
    if missing:
        remedy = f"Name them: {' '.join(f'--{role} NAME' for role in missing)}."
        problems.append(Problem(what=f"a final briefing needs its {' and '.join(missing)}", remedy=remedy))
    if problems:
        raise InputError(*problems)
    return {role: people.get(role, "").strip() for role in ROLES}


def _texts(item: Item) -> Iterator[str]:
    match item:
        case Lines(lines):
            yield from lines
        case Grid(heads, rows, title):
            yield from (title,) if title else ()
            for row in (heads, *rows):
                yield from row
        case Box(title, lines):
            yield title
            yield from lines
        case Picture(_, figure):
            yield from (figure.title, figure.subtitle, figure.source)
