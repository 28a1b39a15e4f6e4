"""`policy-lab calibrate`: hold a study against its published past, or one place against its own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import click

from policy_lab.cli.door import note, told_progress

if TYPE_CHECKING:
    from policy_lab.analysis.calibration import Calibration, Effort, PlaceCalibration
    from policy_lab.study import Study

Method = Literal["point", "posterior"]


@click.command()
@click.argument("study", required=False)
@click.option("--area", metavar="PLACE", help="One place, by key or name, fitted to its own published figures.")
@click.option("--method", type=click.Choice(["point", "posterior"]), default="point", show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@click.option("--steps", type=click.IntRange(min=50), default=None, help="Steps of each chain that are kept.")
@click.option("--resume", is_flag=True, help="Go on with a posterior that was cut off; same numbers as if it were not.")
@click.option("--out", "folder", type=click.Path(), default=None, help="Folder for tables, chart and words.")
@click.option("--save", is_flag=True, help="Write the thinned posterior into the study's folder, for plans to use.")
def calibrate(
    study: str | None,
    area: str | None,
    method: Method,
    seed: int,
    steps: int | None,
    resume: bool,
    folder: str | None,
    save: bool,
) -> None:
    """Fit STUDY to the past that its history.yaml describes, and say what the data cannot speak to.

    A point takes a minute or two, a posterior half an hour; what a posterior has done is kept, and --resume goes on
    from there. With --area, what the study's past taught is the prior, and only the few parameters that the place's own
    figures can speak to may move: under a minute for a point, some minutes for a posterior.
    """
    from policy_lab.out.folder import check_folder
    from policy_lab.study import open_study

    _refuse(area, method, resume, save)
    opened = open_study(study)
    if folder:
        check_folder(folder)
    if area is not None:
        _one_place(opened, area, method, seed, steps, resume, folder)
    else:
        _whole(opened, method, seed, steps, resume, folder, save)


def _refuse(area: str | None, method: Method, resume: bool, save: bool) -> None:
    if save and area is not None:
        raise click.UsageError(
            "--save keeps the study's posterior, which plans draw from for every place; a place's goes to --out"
        )
    if save and method != "posterior":
        raise click.UsageError("--save keeps a posterior: add --method posterior")
    if resume and method != "posterior":
        raise click.UsageError("--resume goes on with a posterior: add --method posterior")


def _whole(
    study: Study, method: Method, seed: int, steps: int | None, resume: bool, folder: str | None, save: bool
) -> None:
    from policy_lab.analysis.calibration import Effort
    from policy_lab.analysis.calibration import calibrate as fitted
    from policy_lab.out.calibration import calibration_summary, export_calibration, save_posterior
    from policy_lab.out.layout import as_text

    with told_progress() as tell:
        found = fitted(study, method=method, seed=seed, effort=_effort(Effort(), steps), tell=tell, resume=resume)
    click.echo(as_text(calibration_summary(found)))
    if folder:
        click.echo(f"Wrote {export_calibration(found, folder)}")
    if save:
        click.echo(f"Wrote {save_posterior(found)}")
    elif method == "posterior":
        note("The posterior was not kept; --save writes it into the study's folder.")
    _forget(found)


def _one_place(
    study: Study, area: str, method: Method, seed: int, steps: int | None, resume: bool, folder: str | None
) -> None:
    from policy_lab.analysis.calibration import PLACE_EFFORT, calibrate_place
    from policy_lab.out.layout import as_text
    from policy_lab.out.place_calibration import export_place, place_calibration_summary

    effort = _effort(PLACE_EFFORT, steps)
    with told_progress() as tell:
        found: PlaceCalibration = calibrate_place(
            study, area, method=method, seed=seed, effort=effort, tell=tell, resume=resume
        )
    click.echo(as_text(place_calibration_summary(found)))
    if folder:
        click.echo(f"Wrote {export_place(found, folder)}")
    _forget(found.found)


def _effort(usual: Effort, steps: int | None) -> Effort:
    return usual if steps is None else replace(usual, steps=steps)


def _forget(found: Calibration) -> None:
    """Delete the kept steps: what they led to has been told and written."""
    for checkpoint in found.checkpoints:
        checkpoint.forget()
