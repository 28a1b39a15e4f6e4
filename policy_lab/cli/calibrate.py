"""`policy-lab calibrate`: hold a study against its published past."""

from __future__ import annotations

from typing import Literal

import click

from policy_lab.cli.door import note, told_progress


@click.command()
@click.argument("study", required=False)
@click.option("--method", type=click.Choice(["point", "posterior"]), default="point", show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@click.option("--steps", type=click.IntRange(min=50), default=None, help="Steps of each chain that are kept.")
@click.option("--out", "folder", type=click.Path(), default=None, help="Folder for tables, chart and words.")
@click.option("--save", is_flag=True, help="Write the thinned posterior into the study's folder, for plans to use.")
def calibrate(
    study: str | None,
    method: Literal["point", "posterior"],
    seed: int,
    steps: int | None,
    folder: str | None,
    save: bool,
) -> None:
    """Fit STUDY to the past that its history.yaml describes, and say what the data cannot speak to.

    A point takes about a minute, a posterior many.
    """
    from policy_lab.analysis.calibration import Effort
    from policy_lab.analysis.calibration import calibrate as fitted
    from policy_lab.out.calibration import calibration_summary, export_calibration, save_posterior
    from policy_lab.out.folder import check_folder
    from policy_lab.out.layout import as_text
    from policy_lab.study import open_study

    if save and method != "posterior":
        raise click.UsageError("--save keeps a posterior: add --method posterior")
    opened = open_study(study)
    if folder:
        check_folder(folder)
    effort = Effort() if steps is None else Effort(steps=steps)
    with told_progress() as tell:
        found = fitted(opened, method=method, seed=seed, effort=effort, tell=tell)
    click.echo(as_text(calibration_summary(found)))
    if folder:
        click.echo(f"Wrote {export_calibration(found, folder)}")
    if save:
        click.echo(f"Wrote {save_posterior(found)}")
    elif method == "posterior":
        note("The posterior was not kept; --save writes it into the study's folder.")
