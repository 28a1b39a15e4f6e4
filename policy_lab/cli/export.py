"""`policy-lab export`: stored runs, for a spreadsheet, a statistics package or another model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from policy_lab.cli.door import told_progress, warn
from policy_lab.cli.question import calm

if TYPE_CHECKING:
    pass

HOLDS = {
    "xlsx": "an accessible Excel workbook",
    "tidy": "CSV, a row for each run and month",
    "wide": "CSV, a row for each run and outcome, a column a month",
    "parquet": "Parquet, for R, Python, DuckDB",
    "netcdf": "NetCDF, labelled arrays",
}


@click.command()
@click.argument("runs", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "format_",
    type=click.Choice(list(HOLDS)),
    default="xlsx",
    show_default=True,
    help="; ".join(f"{name}: {words}" for name, words in HOLDS.items()) + ".",
)
@click.option("--summary", "holds", flag_value="summary", help="The decision tables and quantile paths. [xlsx]")
@click.option("--runs", "holds", flag_value="runs", help="Every run, with what was drawn for it. [other formats]")
@click.option("--designs", metavar="A,B,…", help="Only these designs. [all]")
@click.option("--scenarios", metavar="A,B,…", help="Only these scenarios. [all]")
@click.option("--areas", metavar="A,B,…", help="Only these places, by key. [all]")
@click.option("--settings", metavar="A,B,…", help="Only these named settings. [all]")
@click.option("--outcomes", metavar="A,B,…", help="Only these outcomes; of a summary, whose paths are shown. [all]")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Where to write. [RUNS-export]")
@click.option("--beyond-excel", is_flag=True, help="Write a CSV that has more rows than Excel opens.")
@click.option(
    "--by-speed",
    is_flag=True,
    help="Tell shocks from wear by the speed of the fall, instead of running each world once more in calm.",
)
def export(
    runs: Path,
    format_: Literal["tidy", "wide", "xlsx", "parquet", "netcdf"],
    holds: str | None,
    designs: str | None,
    scenarios: str | None,
    areas: str | None,
    settings: str | None,
    outcomes: str | None,
    out: Path | None,
    beyond_excel: bool,
    by_speed: bool,
) -> None:
    """Write RUNS for other tools: the folder of a batch, or the runs.parquet of a comparison.

    By default a workbook of the decision tables: what was put in, risk with its bands, pairs, how shortfalls begin,
    other bars, resources and paths over time, with a cover, notes and the meaning of every column. In the other formats
    every run, with a data dictionary beside it.
    """
    from policy_lab.out.batch_export import export_batch
    from policy_lab.results import open_batch

    stored = open_batch(runs)
    warn(stored.warnings)
    target = out or _beside(runs)
    whole = format_ != "xlsx" if holds is None else holds == "runs"
    with told_progress() as tell:
        folder = export_batch(
            stored,
            target,
            format=format_,
            every_run=whole,
            design=_names(designs),
            scenario=_names(scenarios),
            area=_names(areas),
            setting=_names(settings),
            outcome=_names(outcomes),
            calm=None if by_speed else calm,
            beyond_excel=beyond_excel,
            progress=tell,
        )
    what = "Every run" if whole else "The decision tables and quantile paths"
    click.echo(f"{what} as {HOLDS[format_]}; the runs are modelled and no forecast.")
    guide = "the sheets Notes and Columns" if format_ == "xlsx" and not whole else _guide(folder)
    click.echo(f"What each column holds, in which unit and how well it is known: {guide}.")
    click.echo(f"Files: {folder.resolve()}")


def _names(asked: str | None) -> list[str] | None:
    return None if asked is None else [name.strip() for name in asked.split(",") if name.strip()]


def _beside(runs: Path) -> Path:
    """Return a folder beside the runs, for nothing is written into them."""
    home = runs.parent if runs.suffix == ".parquet" else runs
    return home.resolve().with_name(f"{home.resolve().name}-export")


def _guide(folder: Path) -> str:
    return next(name for name in ("dictionary.csv", "columns.csv") if (folder / name).is_file())
