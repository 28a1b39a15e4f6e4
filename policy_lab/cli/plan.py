"""`policy-lab plan`: what to run, as a file."""

from __future__ import annotations

from pathlib import Path

import click

from policy_lab.cli.door import warn

_PLAN = click.argument("file", metavar="PLAN.yaml", type=click.Path(path_type=Path))


@click.group()
def plan() -> None:
    """Write down what to run, as a file: designs, scenarios, places, worlds, futures and settings.

    `new` writes a file to begin with, `check` finds what is wrong with one, `show` says in words what it would run.
    `policy-lab batch PLAN.yaml` runs it.
    """


@plan.command()
@click.argument("study", required=False)
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), default=Path("plan.yaml"), show_default=True, metavar="FILE"
)
@click.option("--replace", is_flag=True, help="Write over a file that is there already.")
def new(study: str | None, out: Path, replace: bool) -> None:
    """Write a plan of STUDY (the default study unless named) to begin with.

    It reads as it stands, and runs what `policy-lab compare` does. Every key is explained where it stands; what may be
    left out stands behind a `#`.
    """
    from policy_lab.errors import InputError, Problem
    from policy_lab.out.plan_template import plan_template
    from policy_lab.results.files import written_whole
    from policy_lab.study import open_study

    if out.exists() and not replace:
        remedy = "Choose another name with --out, or say --replace."
        raise InputError(Problem(what="is there already", file=out, remedy=remedy))
    text = plan_template(open_study(study))
    with written_whole(out) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")
    click.echo(f"Wrote {out}. Change it, then: policy-lab plan show {out}")


@plan.command()
@_PLAN
def check(file: Path) -> None:
    """Find what is wrong with PLAN.yaml: a line for each fault, with the nearest name.

    Exit code 2 where there is any; nothing is run.
    """
    from policy_lab.out.plans import size_words
    from policy_lab.study.plan_file import read_plan
    from policy_lab.study.plan_warnings import plan_warnings

    planned = read_plan(file)
    warn(plan_warnings(planned))
    click.echo(f"{file} can be run: {size_words(planned)}.")


@plan.command()
@_PLAN
def show(file: Path) -> None:
    """Say in words what PLAN.yaml would run: how many runs, what is chosen, drawn, held and saved."""
    from policy_lab.out.layout import as_text
    from policy_lab.out.plans import plan_sections
    from policy_lab.study.plan_file import read_plan
    from policy_lab.study.plan_warnings import plan_warnings

    planned = read_plan(file)
    warn(plan_warnings(planned))
    click.echo(as_text(plan_sections(planned)), nl=False)
