"""`policy-lab brief`: from finished runs to a document."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from policy_lab.cli.decide import stored_results
from policy_lab.cli.door import note, progress_bar

if TYPE_CHECKING:
    from policy_lab.results.types import Results

OVERVIEW = "dominance, risk, fan, surface, split, survival, satisficing"


@click.command()
@click.argument("runs", metavar="RESULTS", type=click.Path(path_type=Path))
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), metavar="FILE", required=True,
    help="The document: .docx, .pptx or .html; .odt and .pdf where LibreOffice is installed.",
)  # fmt: skip
@click.option("--block", metavar="NAME", help="Of a batch: which scenario, place and settings. [the only one]")
@click.option("--designs", metavar="A,B,…", help="Designs to tell of. [all of the runs]")
@click.option("--charts", metavar="A,B,…", help=f"Which charts: {OVERVIEW}. [the first three]")
@click.option("--commissioner", metavar="NAME", default="", help="Who asked for it.")
@click.option("--analyst", metavar="NAME", default="", help="Who made it.")
@click.option("--assurer", metavar="NAME", default="", help="Who checked it.")
@click.option("--approver", metavar="NAME", default="", help="Who answers for its use.")
@click.option("--final", is_flag=True, help="No draft any more: all four have to be named.")
@click.option("--template", type=click.Path(path_type=Path), metavar="FILE", help="Your house's own .docx or .pptx.")
@click.option("--no-watch", is_flag=True, help="Do not work out which published figures warn; it takes further runs.")
def brief(
    runs: Path,
    out: Path,
    block: str | None,
    designs: str | None,
    charts: str | None,
    commissioner: str,
    analyst: str,
    assurer: str,
    approver: str,
    final: bool,
    template: Path | None,
    no_watch: bool,
) -> None:
    """Write a briefing on finished RESULTS: a folder that `compare` or `batch` wrote.

    Page one has the question, the answer, how sure we are, what was assumed, what would change it, the cost and what to
    watch; charts, tables, limits, evidence and the record of how it was made follow.
    """
    from policy_lab.out.brief.content import FEW
    from policy_lab.out.brief.write import brief as write
    from policy_lab.out.brief.write import kind_of
    from policy_lab.run import run

    kind_of(out)
    results = stored_results(runs, block, _names(designs))
    people = {"commissioner": commissioner, "analyst": analyst, "assurer": assurer, "approver": approver}
    note(_size(results))
    with progress_bar("Judging what to watch") as bar:
        written = write(
            results,
            out,
            people=people,
            charts=_names(charts) or FEW,
            final=final,
            template=template,
            evaluate=None if no_watch else lambda plan: run(plan, progress=bar.batch(plan.cases)),
        )
    click.echo(f"{written.resolve()} ({written.stat().st_size / 1e6:.2g} MB)")


def _size(results: Results) -> str:
    return f"{results.plan.cases:,} runs of {results.plan.study.file.title}."


def _names(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]
