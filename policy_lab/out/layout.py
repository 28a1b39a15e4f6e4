"""Sections of words and tables, as plain text for a terminal or as Markdown."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

WIDTH = 100


@dataclass(frozen=True)
class Lines:
    """Paragraphs, or a list."""

    lines: tuple[str, ...]
    bullets: bool = False


@dataclass(frozen=True)
class Grid:
    """A small table of text."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""


Block = Lines | Grid


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it."""

    heading: str
    blocks: tuple[Block, ...]


def as_text(sections: Iterable[Section], width: int = WIDTH) -> str:
    """Return sections as plain text, wrapped to ``width`` letters; tables break cells between words."""
    return "\n".join(line for section in sections for line in _section_text(section, width)).strip() + "\n"


def as_markdown(sections: Sequence[Section]) -> str:
    """Return sections as Markdown, the first as the title of the page."""
    parts: list[str] = []
    for number, section in enumerate(sections):
        parts.append(f"{'#' if number == 0 else '##'} {section.heading}")
        for block in section.blocks:
            parts.append(_grid_markdown(block) if isinstance(block, Grid) else _lines_markdown(block))
    return "\n\n".join(part for part in parts if part) + "\n"


def _section_text(section: Section, width: int) -> Iterator[str]:
    yield section.heading.upper()
    for block in section.blocks:
        if isinstance(block, Grid):
            yield from _grid_text(block, width)
        else:
            mark = "- " if block.bullets else ""
            for line in block.lines:
                yield from textwrap.wrap(
                    mark + line,
                    width,
                    initial_indent="  ",
                    subsequent_indent="  " + " " * len(mark),
                    break_on_hyphens=False,
                )
        yield ""


def _grid_text(grid: Grid, width: int) -> Iterator[str]:
    widths = _widths(grid, width - 2 - 2 * (len(grid.heads) - 1))
    if grid.title:
        yield f"  {grid.title}"
    for row in (grid.heads, *grid.rows):
        cells = [_broken(cell, room) for cell, room in zip(row, widths, strict=True)]
        for line in zip_longest(*cells, fillvalue=""):
            yield "  " + "  ".join(part.ljust(room) for part, room in zip(line, widths, strict=True)).rstrip()


def _widths(grid: Grid, room: int) -> list[int]:
    """Share out the width that there is: heads are broken first, then the widest cells; words stay whole."""
    columns = list(zip(grid.heads, *grid.rows, strict=True))
    least = [max(len(word) for cell in column for word in (cell.split() or [""])) for column in columns]
    bodies = [max((len(cell) for cell in column[1:]), default=0) for column in columns]
    widths = [max(len(cell) for cell in column) for column in columns]
    while sum(widths) > room:
        loose = [place for place, width in enumerate(widths) if width > least[place]]
        if not loose:
            break
        heads = [place for place in loose if widths[place] > bodies[place]]
        widths[max(heads or loose, key=lambda place: widths[place])] -= 1
    return widths


def _broken(cell: str, room: int) -> list[str]:
    return textwrap.wrap(cell, max(room, 1), break_long_words=False, break_on_hyphens=False) or [""]


def _grid_markdown(grid: Grid) -> str:
    rows = [grid.heads, tuple("---" for _ in grid.heads), *grid.rows]
    table = "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)
    return f"**{grid.title}**\n\n{table}" if grid.title else table


def _lines_markdown(block: Lines) -> str:
    return "\n".join(f"- {line}" for line in block.lines) if block.bullets else "\n\n".join(block.lines)
