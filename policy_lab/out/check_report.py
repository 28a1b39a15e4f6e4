"""The report of a check: every check with its chart, its reason and what was seen, as HTML and as Markdown."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from policy_lab.analysis.check_result import CheckResult, CheckTable, Status
from policy_lab.charts.check import check_figure
from policy_lab.charts.figure import Figure
from policy_lab.out.folder import whole_folder
from policy_lab.out.tables import write_csv
from policy_lab.results.read_write import write_manifest

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #0b0c0c; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.9rem; } h2 { font-size: 1.4rem; margin-top: 2.5rem; } h3 { font-size: 1.1rem; margin: 2rem 0 .3rem; }
table { border-collapse: collapse; width: 100%; } th, td { border-bottom: 1px solid #b1b4b6; padding: .3rem .5rem;
text-align: left; vertical-align: top; } .status { font-weight: 600; padding: .1rem .4rem; border: 2px solid; }
.ok { color: #005a30; } .bad { color: #942514; } .known { color: #594d00; } .elsewhere { color: #383f43; }
figure { margin: .6rem 0; } img { max-width: 100%; } figcaption, .small { color: #505a5f; font-size: .9rem; }
"""


def write_report(found: CheckTable, folder: str | Path) -> Path:
    """Write the report of a check to a folder, all of it or nothing.

    ``report.html`` stands alone; ``report.md`` shows the charts beside it (``check-NAME.svg``); ``checks.csv`` and
    ``findings.csv`` hold the same in tables, ``manifest.json`` says what made it. But for the manifest, which says when
    it was made, the same result gives the same bytes.

    Parameters
    ----------
    found
        What `policy_lab.check` returned.
    folder
        Is made where it is missing; files of the same names are replaced.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    InputError
        When the folder cannot be written to.
    """
    import pandas as pd

    target = Path(folder)
    figures = {
        result.name: check_figure(result, _source(found), found.manifest)
        for result in found.results
        if result.drawing is not None
    }
    with whole_folder(target) as temporary:
        drawn = {name: figure.to_bytes("svg") for name, figure in figures.items()}
        for name, picture in drawn.items():
            (temporary / f"check-{name}.svg").write_bytes(picture)
        (temporary / "report.html").write_bytes(_html(found, figures, drawn).encode("utf-8"))
        (temporary / "report.md").write_bytes(_markdown(found, figures).encode("utf-8"))
        write_csv(found.to_frame().reset_index(), temporary / "checks.csv")
        rows = [
            [one.severity, one.rule, one.problem.variable, one.problem.line, one.problem.what, one.problem.remedy]
            for one in found.findings
        ]
        columns = ["severity", "rule", "variable", "line", "what", "remedy"]
        write_csv(pd.DataFrame(rows, columns=columns), temporary / "findings.csv")
        write_manifest(found.manifest, temporary / "manifest.json")
    return target


def _source(found: CheckTable) -> str:
    return f"{found.subject}: {found.manifest['model']}, version {str(found.manifest['model_sha256'])[:12]}"


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


def _known(result: CheckResult) -> tuple[str, ...]:
    """Say why a failure is expected, how large it is and what would mend it."""
    failure = result.expected_failure
    if failure is None:
        return ()
    return (f"Why it fails: {failure.reason}", f"How much: {failure.size}", f"What would mend it: {failure.mend}")


def _findings(found: CheckTable) -> Iterator[tuple[str, ...]]:
    for one in found.findings:
        problem = one.problem
        yield one.severity, one.rule, problem.variable or "", str(problem.line or ""), problem.what, problem.remedy


_HEADS = ("severity", "about", "variable", "line", "what", "remedy")


def _html(found: CheckTable, figures: Mapping[str, Figure], drawn: Mapping[str, bytes]) -> str:
    body = [
        f"<h1>Checks: {_safe(found.subject)}</h1>",
        f"<p>{_safe(_sentence(found.summary))}</p>",
        f'<p class="small">{_safe(_source(found))}.</p>',
        "<h2>Summary</h2>",
        _grid(("check", "number", "status", "what was seen"), [_summary_row(one) for one in found.results], raw=True),
        "<h2>Each check</h2>",
        *(_section(one, figures.get(one.name), drawn.get(one.name)) for one in found.results),
        "<h2>What is doubtful about the model file</h2>",
        _grid(_HEADS, list(_findings(found))) if found.findings else "<p>Nothing.</p>",
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n'
        f"<title>Checks: {_safe(found.subject)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def _summary_row(result: CheckResult) -> tuple[str, ...]:
    return (
        f'<a href="#{_safe(result.name)}">{_safe(result.title)}</a>',
        _safe(result.test),
        _badge(result.status),
        _safe(result.seen),
    )


def _section(result: CheckResult, figure: Figure | None, drawn: bytes | None) -> str:
    number = f"{result.test}. " if result.test else ""
    parts = [
        f'<h3 id="{_safe(result.name)}">{_safe(number + result.title)}</h3>',
        f"<p>{_badge(result.status)} {_safe(result.seen)}</p>",
    ]
    if figure is not None and drawn is not None:
        picture = base64.b64encode(drawn).decode("ascii")
        caption = _safe(f"{figure.subtitle}. {_legend(result)} {figure.source}.")
        image = f'<img alt="{_safe(figure.alt)}" src="data:image/svg+xml;base64,{picture}">'
        parts.append(f"<figure>{image}<figcaption>{caption}</figcaption></figure>")
    parts.append(f"<p>Why: {_safe(result.reason)}</p>")
    if result.reading:
        parts.append(f"<p>How to read it: {_safe(result.reading)}</p>")
    parts += [f"<p>{_safe(line)}</p>" for line in _known(result)]
    parts.append(f'<p class="small">Check {_safe(result.name)}, line {result.line} of its file.</p>')
    return "\n".join(parts)


def _figures(result: CheckResult) -> str:
    return f"Figures: {result.figures}." if result.figures else ""


def _legend(result: CheckResult) -> str:
    """Say what the marks of a chart are."""
    drawing = result.drawing
    if drawing is None:
        return ""
    parts = ["Line: the path looked at most closely"]
    parts += ["band: all runs or elements"] if drawing.spread is not None else []
    parts += ["grey dashes: what it is held against"] if drawing.base is not None else []
    parts += ["dashed level: the bound"] if drawing.low is not None or drawing.high is not None else []
    parts += ["grey field: the time looked at"] if drawing.window is not None else []
    parts += ["dots: figures from outside"] if drawing.points is not None else []
    parts += ["rings: the model over the same time"] if drawing.modelled is not None else []
    return "; ".join(parts) + "."


def _badge(status: Status) -> str:
    kind = {Status.OK: "ok", Status.EXPECTED: "known", Status.ELSEWHERE: "elsewhere"}.get(status, "bad")
    return f'<span class="status {kind}">{_safe(str(status))}</span>'


def _grid(heads: tuple[str, ...], rows: list[tuple[str, ...]], *, raw: bool = False) -> str:
    top = "".join(f'<th scope="col">{_safe(head)}</th>' for head in heads)
    body = "\n".join(
        "<tr>" + "".join(f"<td>{cell if raw else _safe(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table>\n<thead><tr>{top}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"


def _safe(text: str) -> str:
    return html.escape(text, quote=True)


def _markdown(found: CheckTable, figures: Mapping[str, Figure]) -> str:
    parts = [f"# Checks: {found.subject}", _sentence(found.summary), f"{_source(found)}."]
    rows = [(one.title, one.test, str(one.status), one.seen) for one in found.results]
    parts.append(_table(("check", "number", "status", "what was seen"), rows))
    for one in found.results:
        number = f"{one.test}. " if one.test else ""
        parts += [f"## {number}{one.title}", f"**{one.status}**: {one.seen}"]
        if one.name in figures:
            alt = figures[one.name].alt.replace("[", "(").replace("]", ")")
            parts += [
                f"![{alt}](check-{one.name}.svg)",
                f"{figures[one.name].subtitle}. {_legend(one)} {_figures(one)}".strip(),
            ]
        parts.append(f"Why: {one.reason}")
        parts += [f"How to read it: {one.reading}"] if one.reading else []
        parts += list(_known(one))
    parts.append("## What is doubtful about the model file")
    parts.append(_table(_HEADS, list(_findings(found))) if found.findings else "Nothing.")
    return "\n\n".join(parts) + "\n"


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in lines)
