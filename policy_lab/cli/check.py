"""`policy-lab check`: what must hold of a study or a model, and what is doubtful about its file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from policy_lab.cli.door import note, progress_bar, warn

if TYPE_CHECKING:
    from policy_lab.analysis.check_result import CheckResult, CheckTable
    from policy_lab.model.lint import Finding

FAILED = 1
"""Exit code when a check fails that should not, or one passes that should fail."""
MOST_OF_A_RULE = 10
"""Findings of one rule that are listed without being asked for."""


@click.command()
@click.argument("what", metavar="[STUDY|MODEL]", required=False)
@click.option(
    "--checks", type=click.Path(path_type=Path), metavar="FILE", help="The checks. [checks.yaml of the study]"
)
@click.option("--only", multiple=True, metavar="NAME", help="One check, by its name or number. [all]")
@click.option("--report", type=click.Path(path_type=Path), metavar="FOLDER", help="Write the report, a chart a check.")
@click.option("--no-lint", is_flag=True, help="Leave out what is doubtful about the model file.")
@click.option("--all", "everything", is_flag=True, help=f"List all findings, not {MOST_OF_A_RULE} of a kind.")
@click.option("--strict", is_flag=True, help="Warnings about the model file fail the run as well.")
@click.option("--engine", type=click.Choice(["compiled", "numpy"]), default="compiled", show_default=True)
def check(
    what: str | None,
    checks: Path | None,
    only: tuple[str, ...],
    report: Path | None,
    no_lint: bool,
    everything: bool,
    strict: bool,
    engine: Literal["compiled", "numpy"],
) -> None:
    """Check a STUDY (its checks.yaml) or any MODEL file (.mdl, .xmile, .stmx).

    One line a check says whether it holds and what was seen; then what is doubtful about the model file, which fails
    nothing. Exit code 1 when a check fails, or one passes whose failure is expected.
    """
    from policy_lab.analysis.checking import check as checked
    from policy_lab.out.check_report import write_report
    from policy_lab.out.folder import check_folder

    if report is not None:
        check_folder(report)
    with progress_bar("Checking") as bar:
        told = bar.batch(1)

        def progress(done: int, total: int) -> None:
            bar.resize(total)
            told(done, total)

        found = checked(what, checks=checks, only=only or None, lint_too=not no_lint, engine=engine, progress=progress)
    click.echo(found.subject)
    for result in found.results:
        click.echo(_line(result))
    if found.results:
        click.echo(found.summary)
    if not no_lint:
        click.echo("\n".join(_findings(found, everything)))
    if report is not None:
        note("Writing the report …")
        click.echo(f"Report: {write_report(found, report).resolve()}")
    _end(found, strict)


def _line(result: CheckResult) -> str:
    number = f"{result.test} " if result.test else ""
    return f"{result.status:<16}  {number}{result.title}: {result.seen}"


def _findings(found: CheckTable, everything: bool) -> Iterator[str]:
    """Tell warnings before notices, rule by rule."""
    yield ""
    yield "THE MODEL FILE"
    ordered = sorted(found.findings, key=lambda one: one.severity != "warning")
    seen: Counter[str] = Counter()
    for one in ordered:
        seen[_kind(one)] += 1
        if everything or seen[_kind(one)] <= MOST_OF_A_RULE:
            yield f"{one}"
    for kind, count in seen.items():
        if not everything and count > MOST_OF_A_RULE:
            yield f"… and {count - MOST_OF_A_RULE} more {kind} (--all lists them)"
    severities = Counter(one.severity for one in found.findings)
    yield f"{severities['warning']} warnings, {severities['notice']} notices" if found.findings else "nothing doubtful"


def _kind(one: Finding) -> str:
    return f"{one.severity}s about {one.rule}"


def _end(found: CheckTable, strict: bool) -> None:
    """Leave with the exit code that the result asks for."""
    if found.failed:
        warn(f"`{result.name}` (line {result.line}): {result.reason}" for result in found.failed)
    if found.failed or (strict and found.warnings):
        click.get_current_context().exit(FAILED)
