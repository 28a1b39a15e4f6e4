"""Write the equation book: one page of HTML that needs nothing else, its table as CSV, and every picture as SVG."""

from __future__ import annotations

import base64
import html
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from policy_lab.analysis.book import COLUMNS, equation_book, number
from policy_lab.analysis.loops import link_table, loop_table
from policy_lab.analysis.words import listed
from policy_lab.charts.causal_loop import loop_chart
from policy_lab.charts.figure import Figure
from policy_lab.charts.loop_map import loop_map
from policy_lab.charts.stock_flow import stock_flow_chart
from policy_lab.model.sections import pictures
from policy_lab.model.types import Kind, Model
from policy_lab.model.views import diagram_of, sketch_of
from policy_lab.out.folder import check_folder, whole_folder
from policy_lab.out.tables import write_csv

if TYPE_CHECKING:
    from policy_lab.run.feedback import NamedLoop
    from policy_lab.study import Study

Progress = Callable[[str], None]

_MOVING = ("Variable", "Equation", "Unit", "Loops")
_CONSTANT = ("Constant", "Value", "Unit", "Range", "Grade", "Source")
_STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.45 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; color: #0b0c0c; background: #fff;
  max-width: 78rem; margin: 0 auto; padding: 1rem 1.25rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.2; }
h2 { margin-top: 2.5rem; border-top: 2px solid #12436d; padding-top: .6rem; }
a { color: #12436d; } a:focus { outline: 3px solid #f46a25; outline-offset: 2px; }
.skip { position: absolute; left: -99rem; } .skip:focus { position: static; }
.wide { overflow-x: auto; } .wide:focus { outline: 3px solid #f46a25; }
table { border-collapse: collapse; width: 100%; font-size: .84rem; margin: .5rem 0 1rem; }
caption { text-align: left; font-weight: 600; padding: .4rem 0; }
th, td { text-align: left; vertical-align: top; padding: .35rem .5rem; border-bottom: 1px solid #d3d7da; }
thead th { border-bottom: 2px solid #0b0c0c; background: #f3f6f9; }
tbody th { font-weight: 600; min-width: 8rem; } td:last-child:not(:nth-child(-n+4)) { min-width: 13rem; }
tbody th small, td small { display: block; font-weight: 400; color: #505a5f; }
code { font: .8rem/1.4 ui-monospace, "DejaVu Sans Mono", Consolas, monospace; white-space: pre-wrap; }
code { overflow-wrap: anywhere; }
figure { margin: 1rem 0; } figure img { max-width: 100%; height: auto; border: 1px solid #d3d7da; }
figcaption { color: #505a5f; font-size: .84rem; } details { font-size: .84rem; margin: .3rem 0; }
nav ul { columns: 2; } .pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(24rem, 1fr)); gap: 1rem; }
@page { size: A4; margin: 1.6cm; }
@media print { nav, .skip { display: none; } .wide { overflow: visible; }
  body { padding: 0; } h2 { break-before: page; } figure, tr { break-inside: avoid; } }
"""


@dataclass(frozen=True)
class Book:
    """Everything that the book shows, made before anything is written."""

    title: str
    table: pd.DataFrame
    views: Mapping[str, Figure]
    loops: Sequence[NamedLoop]
    charts: Mapping[str, Figure]
    map: Mapping[str, Figure]
    left_out: Mapping[str, str]
    unit: str
    said: Sequence[str]


def write_book(what: Study | Model, folder: str | Path, *, progress: Progress | None = None) -> Path:
    """Write the equation book of a study or of a model.

    Parameters
    ----------
    what
        A study gives ranges, grades, sources and named loops too; a model alone its equations and pictures.
    folder
        Is made where it is missing; files of the same names are replaced, others stay.
    progress
        Told what is being made.

    Returns
    -------
    pathlib.Path
        The folder, with ``equations.html``, ``equations.csv``, ``columns.csv``, the views and, of a study with named
        loops, ``loops.csv``, ``links.csv``, ``loops.svg`` and a picture of each.

    Raises
    ------
    InputError
        When the folder cannot be written to, or a study's base design finds no rest.
    """
    target = check_folder(folder)
    say = progress or _silent
    book = _made(what, say)
    with whole_folder(target) as temporary:
        (temporary / "equations.html").write_text("\n".join(_page(book)), encoding="utf-8", newline="\n")
        write_csv(book.table, temporary / "equations.csv")
        write_csv(pd.DataFrame(COLUMNS.items(), columns=["column", "meaning"]), temporary / "columns.csv")
        for name, figure in {**book.views, **book.charts, **book.map}.items():
            figure.save(temporary / f"{_file_name(name)}.svg")
        if book.loops:
            write_csv(loop_table(book.loops), temporary / "loops.csv")
            write_csv(link_table(book.loops), temporary / "links.csv")
    return target


def _silent(_: str) -> None:
    pass


def _made(what: Study | Model, say: Progress) -> Book:
    study = None if isinstance(what, Model) else what
    model = what if isinstance(what, Model) else what.model
    unit = model.time.unit.strip().lower().removesuffix("s") or "time unit"
    source = f"Source: {model.path.name}, read by policy_lab"
    manifest = {"model": model.path.name, "model_digest": model.digest}
    loops: tuple[NamedLoop, ...] = ()
    if study is not None and study.file.loops:
        from policy_lab.run.feedback import named_loops

        say("loops")
        loops = named_loops(study)
    sketch = sketch_of(model)
    views = {}
    for title in pictures(model):
        say(f"view {title}")
        views[title] = stock_flow_chart(model, diagram_of(model, title, sketch=sketch), source=source)
    drawn = [one for one in loops if one.links]
    charts = {f"loop {one.name}": loop_chart(one, unit=unit, source=source, manifest=manifest) for one in drawn}
    say("map of loops")
    found = {"loops": loop_map(drawn, model, source=source, manifest=manifest)} if drawn else {}
    table = equation_book(model, study=study, loops=loops)
    title = study.file.title if study else model.name
    left_out = study.file.loops_left_out if study else {}
    return Book(title, table, views, loops, charts, found, left_out, unit, tuple(_said(model, study, table)))


def _said(model: Model, study: Study | None, table: pd.DataFrame) -> Iterator[str]:
    kinds = Counter(str(one.kind) for one in model.variables.values() if one.kind is not Kind.TIME)
    counted = listed([f"{count} {_plural(kind, count)}" for kind, count in kinds.most_common()])
    yield f"{model.path.name}: {sum(kinds.values())} variables, of which {counted}, in {len(table)} rows."
    if study is not None:
        yield "Evidence grades: A published statistic, B literature, C judgement."
        yield study.file.words.not_a_forecast
    yield f"Digest of the model file (SHA-256): {model.digest[:16]}…"


def _plural(kind: str, count: int) -> str:
    if count == 1 or kind == "data":
        return kind
    return f"{kind[:-1]}ies" if kind.endswith("y") else f"{kind}s"


def _file_name(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.casefold()).strip("-") or "view"


def _page(book: Book) -> Iterator[str]:
    title = html.escape(book.title)
    yield f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}: equation book</title>'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<style>{_STYLE}</style>\n</head>\n<body>"
    yield '<a class="skip" href="#main">Skip to the equations</a>'
    yield f"<header><h1>{title}: equation book</h1>"
    yield from (f"<p>{html.escape(one)}</p>" for one in book.said)
    yield '</header>\n<nav aria-label="Contents"><h2>Contents</h2><ul>'
    views = list(dict.fromkeys(book.table["view"]))
    yield from (f'<li><a href="#{_file_name(view)}">{html.escape(view)}</a></li>' for view in views)
    if book.loops:
        yield '<li><a href="#feedback-loops">Feedback loops</a></li>'
    yield '</ul></nav>\n<main id="main">'
    for view in views:
        yield from _view(book, view)
    if book.loops:
        yield from _loops(book)
    yield "</main>\n</body>\n</html>"


def _view(book: Book, view: str) -> Iterator[str]:
    """Yield one view: its picture, what moves with its equations, and its constants with their evidence."""
    yield f'<section aria-labelledby="{_file_name(view)}"><h2 id="{_file_name(view)}">{html.escape(view)}</h2>'
    if view in book.views:
        yield from _figure(book.views[view])
    rows = book.table[book.table["view"] == view]
    ranges = [_range(low, high) for low, high in zip(rows["low"], rows["high"], strict=True)]
    told = rows.assign(range=ranges).astype(object).where(rows.assign(range=ranges).notna(), "").to_dict("records")
    cells = [{str(key): str(value) for key, value in row.items()} for row in told]
    constants = [row for row in cells if row["kind"] == "constant"]
    moving = [row for row in cells if row["kind"] != "constant"]
    yield from _table(f"Equations of {view}", _MOVING, [_moving_cells(row) for row in moving])
    yield from _table(f"Constants of {view}", _CONSTANT, [_constant_cells(row) for row in constants])
    yield "</section>"


def _table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield a table whose first cell of each row is its header; nothing where there are no rows."""
    if not rows:
        return
    label = html.escape(caption, quote=True)
    yield f'<div class="wide" tabindex="0" role="region" aria-label="{label}"><table><caption>{label}</caption>'
    yield (
        "<thead><tr>" + "".join(f'<th scope="col">{html.escape(head)}</th>' for head in heads) + "</tr></thead><tbody>"
    )
    for first, *others in rows:
        yield f'<tr><th scope="row">{first}</th>' + "".join(f"<td>{cell}</td>" for cell in others) + "</tr>"
    yield "</tbody></table></div>"


def _named(row: Mapping[str, str], *told: str) -> str:
    """Return the header of a row: the name, and small below it what is told of it."""
    small = "".join(f"<small>{html.escape(one)}</small>" for one in told if one)
    return html.escape(row["variable"]) + small


def _moving_cells(row: Mapping[str, str]) -> tuple[str, ...]:
    kind = row["kind"] + (f" over {row['subscripts']}" if row["subscripts"] else "")
    named = _named(row, kind, row["meaning"])
    return named, f"<code>{html.escape(row['equation'])}</code>", html.escape(row["unit"]), html.escape(row["loops"])


def _constant_cells(row: Mapping[str, str]) -> tuple[str, ...]:
    over = f"over {row['subscripts']}" if row["subscripts"] and "[" not in row["variable"] else ""
    ranged = html.escape(row["range"]) + (
        f"<small>{html.escape(row['distribution'])}</small>" if row["distribution"] else ""
    )
    source = html.escape(row["source"]) + (f"<small>{html.escape(row['mark'])}</small>" if row["mark"] else "")
    plain = [html.escape(row[name]) for name in ("value", "unit")]
    return _named(row, over, row["meaning"]), *plain, ranged, html.escape(row["grade"]), source


def _range(low: object, high: object) -> str:
    return "" if pd.isna(low) or pd.isna(high) else f"{number(float(str(low)))} to {number(float(str(high)))}"


def _loops(book: Book) -> Iterator[str]:
    yield '<section aria-labelledby="feedback-loops"><h2 id="feedback-loops">Feedback loops</h2>'
    for figure in book.map.values():
        yield from _figure(figure)
    heads = ("Loop", "What the study says", "What the model says", f"Adjustment times ({book.unit}s)", "Path")
    rows = []
    for row in loop_table(book.loops).itertuples(index=False):
        found = html.escape(row.found) + (f"<small>{html.escape(row.faults)}</small>" if row.faults else "")
        cells = (html.escape(f"{row.loop} {row.title}"), html.escape(row.stated), found, number(float(row.delay)))
        rows.append((*cells, html.escape(row.path.replace("->", "→"))))
    yield from _table("Named loops", heads, rows)
    if book.left_out:
        yield "<h3>Loops that this model does not have</h3><ul>"
        yield from (f"<li><strong>{html.escape(k)}</strong>: {html.escape(v)}</li>" for k, v in book.left_out.items())
        yield "</ul>"
    yield '<div class="pair">'
    for figure in book.charts.values():
        yield from _figure(figure)
    yield "</div></section>"


def _figure(figure: Figure) -> Iterator[str]:
    """Yield a picture with its words: a short text in its place, the whole of it below."""
    picture = base64.b64encode(figure.to_bytes("svg")).decode("ascii")
    title, alt = html.escape(figure.title, quote=True), html.escape(figure.alt)
    yield f'<figure><img alt="{title}; told in words below" src="data:image/svg+xml;base64,{picture}">'
    yield f"<figcaption>{title}</figcaption><details><summary>In words</summary><p>{alt}</p></details></figure>"
