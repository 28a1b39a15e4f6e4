"""A briefing as one page of HTML that asks for nothing else: pictures are drawn in it, numbers stand in tables."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from policy_lab.out.brief.parts import Box, Briefing, Item, Part, Picture, is_figures
from policy_lab.out.brief.record import record_text
from policy_lab.out.layout import Grid, Lines

_DOCUMENT_TYPE = re.compile(rb"^.*?(?=<svg)", re.DOTALL)
_MOST_ROWS = 400
"""Of a chart's data that stand in the page; the whole is in the CSV beside the runs."""

STYLE: Final = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")


def to_html(briefing: Briefing) -> bytes:
    """Return a briefing as one page of HTML."""
    return "\n".join(_page(briefing)).encode("utf-8")


def _page(briefing: Briefing) -> Iterator[str]:
    yield '<!DOCTYPE html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width,initial-scale=1">'
    yield f'<title>{_text(briefing.title)}</title>\n<meta name="description" content="{_text(briefing.answer)}">'
    yield f'<meta name="policy_lab-record" content="{_text(record_text(briefing))}">'
    yield f"<style>{STYLE}</style>\n</head>\n<body>\n<main>"
    yield f'<h1>{_text(briefing.title)}</h1>\n<p class="question">{_text(briefing.question)}</p>'
    mark = "status" if briefing.final else "status draft"
    yield f'<p class="{mark}">{_text(briefing.status_line)}</p>'
    for part in briefing.first:
        yield from _part(part, "h2" if part is briefing.first[0] else "h3")
    for part in briefing.parts:
        yield from _part(part, "h2")
    yield "</main>\n</body>\n</html>\n"


def _part(part: Part, level: str) -> Iterator[str]:
    if part.items:
        yield f"<{level}>{_text(part.heading)}</{level}>"
        for item in part.items:
            yield from _item(item)


def _item(item: Item) -> Iterator[str]:
    match item:
        case Lines(lines, True):
            yield "<ul>" + "".join(f"<li>{_text(line)}</li>" for line in lines) + "</ul>"
        case Lines(lines):
            yield from (f"<p>{_text(line)}</p>" for line in lines)
        case Grid():
            yield _grid(item)
        case Box(title, lines):
            inside = "".join(f"<p>{_text(line)}</p>" for line in lines)
            yield f'<div class="box"><p><b>{_text(title)}</b></p>{inside}</div>'
        case Picture():
            yield from _picture(item)


def _picture(picture: Picture) -> Iterator[str]:
    figure = picture.figure
    drawn = _DOCUMENT_TYPE.sub(b"", figure.to_bytes("svg", words=False)).decode("utf-8")
    words = f"<b>{_text(figure.title)}</b><span>{_text(figure.subtitle)}</span>"
    yield f"<figure>\n<figcaption>{words}</figcaption>\n{_own_names(drawn, picture.name)}"
    yield f'<p class="source">{_text(figure.source)}</p>'
    data = figure.data.head(_MOST_ROWS)
    rows = tuple(tuple(_cell(value) for value in row) for row in data.itertuples(index=False))
    more = f" (the first {_MOST_ROWS} of {len(figure.data):,} rows)" if len(figure.data) > _MOST_ROWS else ""
    table = _grid(Grid(tuple(map(str, data.columns)), rows, ""))
    yield f"<details><summary>Data of this chart{more}</summary>{table}</details>\n</figure>"


def _own_names(drawn: str, name: str) -> str:
    """Give the parts of a drawing names of their own: several drawings share this page."""
    named = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', drawn)
    named = re.sub(r'(href="#)([^"]+)"', rf'\1{name}-\2"', named)
    return re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", named)


def _grid(grid: Grid) -> str:
    figures = [place > 0 and is_figures(grid, place) for place in range(len(grid.heads))]
    marks = [' class="n"' if one else "" for one in figures]
    caption = f"<caption>{_text(grid.title)}</caption>" if grid.title else ""
    heads = "".join(f'<th scope="col"{mark}>{_text(cell)}</th>' for cell, mark in zip(grid.heads, marks, strict=True))
    rows = "".join(
        "<tr>"
        f'<th scope="row">{_text(row[0])}</th>'
        + "".join(f"<td{mark}>{_text(cell)}</td>" for cell, mark in zip(row[1:], marks[1:], strict=True))
        + "</tr>"
        for row in grid.rows
    )
    table = f"<table>{caption}<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    name = _text(grid.title or grid.heads[0])
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{name}">{table}</div>'


def _cell(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _text(text: str) -> str:
    return html.escape(text, quote=True)
