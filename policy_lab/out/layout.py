"""Sections of words and tables, as plain text for a terminal or as Markdown."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

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
    """Return sections as plain text, wrapped to ``width`` letters; tables keep their own width."""
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
            yield from _grid_text(block)
        else:
            mark = "- " if block.bullets else ""
            for line in block.lines:
                yield from textwrap.wrap(
                    mark + line, width, initial_indent="  ", subsequent_indent="  " + " " * len(mark)
                )
        yield ""


def _grid_text(grid: Grid) -> Iterator[str]:
    widths = [max(len(row[place]) for row in (grid.heads, *grid.rows)) for place in range(len(grid.heads))]
    if grid.title:
        yield f"  {grid.title}"
    for row in (grid.heads, *grid.rows):
        yield "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _grid_markdown(grid: Grid) -> str:
    rows = [grid.heads, tuple("---" for _ in grid.heads), *grid.rows]
    table = "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)
    return f"**{grid.title}**\n\n{table}" if grid.title else table


def _lines_markdown(block: Lines) -> str:
    return "\n".join(f"- {line}" for line in block.lines) if block.bullets else "\n\n".join(block.lines)
