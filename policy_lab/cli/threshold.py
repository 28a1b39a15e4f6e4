"""`policy-lab threshold`: set the bar of the shortfall measure from its outside anchor."""

from __future__ import annotations

from typing import Literal

import click

from policy_lab.cli.door import note, progress_bar, warn


@click.command()
@click.argument("study", required=False)
@click.option("--worlds", type=click.IntRange(min=1), default=20, show_default=True, metavar="K")
@click.option("--save", is_flag=True, help="Write the bar, its date and the model's digest into study.yaml.")
@click.option("--engine", type=click.Choice(["compiled", "numpy"]), default="compiled", show_default=True)
def threshold(study: str | None, worlds: int, save: bool, engine: Literal["compiled", "numpy"]) -> None:
    """Set the bar of STUDY so that the anchor's share of places lies below it.

    The anchor design is put at rest in every place of the areas table and every world; the bar is the quantile of the
    outcome at the anchor's share. Nothing is written without --save.
    """
    from policy_lab.analysis.threshold import anchored_bar
    from policy_lab.analysis.words import percent, two_figures
    from policy_lab.out.threshold import save_bar
    from policy_lab.run import run
    from policy_lab.study import open_study

    opened = open_study(study)
    warn(opened.model.warnings)
    anchor = opened.file.measures.shortfall.anchor
    with progress_bar("Placing the bar") as bar:
        found = anchored_bar(
            opened, lambda plan: run(plan, progress=bar.batch(plan.cases), engine=engine), worlds=worlds
        )
    place = f"{found.places} places × {worlds} worlds" if found.places > 1 else f"{worlds} worlds (no areas table)"
    click.echo(f"{anchor.source} ({anchor.status})")
    click.echo(f"Under {anchor.design} at rest, over {place}:")
    for share, value in found.bars.items():
        own = "  <- the anchor's share" if share == anchor.share else ""
        click.echo(f"  {percent(share)} lie below {value:.4f}{own}")
    click.echo(f"  range: {two_figures(found.low)} to {two_figures(found.high)} (5 to 95 %)")
    click.echo(f"Bar now in study.yaml: {opened.file.measures.shortfall.threshold:g}")
    if found.failed:
        warn([f"{found.failed} of {found.cases} resting points could not be used and were left out"])
    if save:
        click.echo(f"Wrote {save_bar(opened, found)}")
    else:
        note("Nothing was written; --save writes the bar into study.yaml.")
