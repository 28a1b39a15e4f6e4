"""`policy-lab new`: a study to edit, for any model file."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("name")
@click.option(
    "--model", required=True, type=click.Path(path_type=Path), metavar="FILE", help="The model: .mdl, .xmile or .stmx."
)
@click.option("--out", type=click.Path(path_type=Path), metavar="FOLDER", help="Where to write. [./NAME]")
def new(name: str, model: Path, out: Path | None) -> None:
    """Write a study called NAME to edit, for a model of your own.

    Reads the model (nothing of it is executed), copies it into a new folder, and writes the files of a study beside it:
    the stocks as outcomes, each constant with a range, one base design and one example. What only you can know is
    marked in the files and listed here. The study opens and runs, but compares nothing before you have chosen what it
    measures. Nothing that exists is written over.
    """
    from policy_lab.out.new_study import new_study

    made = new_study(name, model, out)
    click.echo(f"Wrote {made.folder}. It opens and runs; before it can compare, these are yours to edit:")
    for line in made.to_edit:
        click.echo(f"  {line}")
    click.echo(f"Then: policy-lab check {made.folder}, and policy-lab compare {made.folder} --quick")
