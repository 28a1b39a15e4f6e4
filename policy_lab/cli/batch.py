"""`policy-lab batch`: every case of a plan's file, streamed to a folder."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from policy_lab.analysis.words import percent, two_figures
from policy_lab.cli.door import STOPPED, Bar, note, progress_bar, warn
from policy_lab.errors import PolicyLabError

if TYPE_CHECKING:
    import pandas as pd

    from policy_lab.analysis.headline import Headline
    from policy_lab.run.estimate import Estimate
    from policy_lab.study.plan_file import PlanSet

GIB = 2**30


@click.command()
@click.argument("plan", metavar="PLAN.yaml", type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR", help="Where to write. [results/NAME OF THE PLAN]"
)
@click.option("--resume", is_flag=True, help="Go on with a run that was stopped: do only what is missing.")
@click.option(
    "--workers", type=click.IntRange(min=1), metavar="N", help="So many processes. [the threads of one process]"
)
@click.option("--cluster", metavar="ADDRESS", help="A Dask scheduler, such as tcp://host:8786, whose workers compute.")
@click.option(
    "--memory",
    type=click.FloatRange(min=0.01),
    default=1.0,
    show_default=True,
    metavar="GiB",
    help="What each process may use, about; it sets the size of the parts.",
)
@click.option("--dry-run", is_flag=True, help="Say what it would cost, measured on a few of its runs, and stop.")
def batch(
    plan: Path,
    out: Path | None,
    resume: bool,
    workers: int | None,
    cluster: str | None,
    memory: float,
    dry_run: bool,
) -> None:
    """Run everything that PLAN.yaml asks for and stream it to a folder, in memory that does not grow with it.

    A run that is stopped, by Ctrl-C, a power cut or a full disk, keeps what is whole; --resume does the rest, and the
    files are the same as if it had never stopped. Read the folder with `policy-lab export`, `pl.open_batch` or DuckDB.
    """
    from policy_lab.out.folder import check_folder
    from policy_lab.out.tables import write_csv
    from policy_lab.run.ensemble import run_batch
    from policy_lab.study.plan_file import read_plan

    if workers is not None and cluster is not None:
        raise click.UsageError("--workers are processes here, --cluster those of a Dask scheduler: choose one")
    planned = read_plan(plan)
    allowed = int(memory * GIB)
    if dry_run:
        _tell_cost(planned, allowed)
        return
    folder = check_folder(out or Path("results") / plan.stem)
    note(f"{planned.cases:,} runs of {planned.study.file.title} in {len(planned.blocks)} blocks, to {folder}.")
    with progress_bar("Running") as bar:
        told = _Told(bar, planned)
        try:
            run_batch(
                planned, folder, resume=resume, workers=workers, cluster=cluster, memory=allowed,
                progress=told.progress, finished=told.finished,
            )  # fmt: skip
        except (KeyboardInterrupt, PolicyLabError) as error:
            if told.kept or isinstance(error, KeyboardInterrupt):
                kept = f"policy-lab: stopped; {told.kept:,} of {planned.cases:,} runs are written and stay. Go on with:"
                sized = "" if memory == 1 else f" --memory {memory:g}"
                click.echo(f"{kept}\npolicy-lab batch {plan} --out {folder} --resume{sized}", err=True)
            if isinstance(error, KeyboardInterrupt):
                click.get_current_context().exit(STOPPED)
            raise
    table = told.headline.table()
    write_csv(table, folder / "risk.csv")
    click.echo("\n".join(_summary(planned, table)))
    failed = int(table["failed_cases"].sum())
    if failed:
        warn([f"{failed:,} of {planned.cases:,} runs have no usable numbers; {folder / 'failures.csv'} says why"])
    click.echo(f"Files: {folder.resolve()}")


class _Told:
    """What a person at the terminal sees while a batch runs."""

    def __init__(self, bar: Bar, planned: PlanSet) -> None:
        from policy_lab.analysis.headline import Headline

        self._bar = bar
        self._tell: Callable[[int, int], None] = bar.batch(planned.cases)
        self._begun = False
        self.headline: Headline = Headline(planned.study, tuple(block.key for block in planned.blocks))

    @property
    def kept(self) -> int:
        """How many runs are written."""
        return sum(fell.size for fell in self.headline.fell.values())

    def progress(self, done: int, total: int) -> None:
        """Show how many runs are done."""
        if not self._begun:
            self._bar.resumed(done)
            self._begun = True
        self._tell(done, total)

    def finished(self, path: Path) -> None:
        """Take a finished file into the headline and show it."""
        self.headline = self.headline.with_part(path)
        self._bar.beneath(_running(self.headline))


def _running(headline: Headline) -> str:
    """Return the shortfall risk by design so far, in the block that is in work."""
    table = headline.table()
    last = table.tail(len(headline.designs))
    each = [
        f"{row.design} {percent(row.risk)} ±{two_figures(100 * row.simulation_error)}"
        for row in last.itertuples(index=False)
    ]
    return f"shortfall risk so far: {', '.join(each)}"


def _summary(planned: PlanSet, table: pd.DataFrame) -> Iterator[str]:
    """Yield the headline of each block in plain words."""
    file = planned.study.file
    measure = file.measures.shortfall
    yield f"{planned.title or file.title}: {planned.cases:,} runs."
    yield (
        f"Modelled shortfall risk (share of futures in which {measure.variable} stays below {measure.threshold:g} for "
        f"{measure.periods} saved periods), ± its simulation error, in the order of the plan:"
    )
    for keys, block in table.groupby(["scenario", "area", "setting"], sort=False):
        if len(planned.blocks) > 1:
            yield f"  {' · '.join(key for key in keys if key)}"
        for row in block.itertuples(index=False):
            yield f"    {row.design:<28} {_share(row.risk, row.simulation_error)}"
    yield (
        "These are results of a model on judged scores, no forecasts. Where all scores of a design are at least those "
        "of another, their order was put in; `policy-lab compare` says which were, and how firm the other orders are."
    )


def _share(risk: float, error: float) -> str:
    return "not known" if math.isnan(risk) else f"{percent(risk)} ± {two_figures(100 * error)} points"


def _tell_cost(planned: PlanSet, memory: int) -> None:
    """Say what a plan would cost."""
    from policy_lab.run.estimate import estimate

    for line in _cost(estimate(planned, memory=memory)):
        click.echo(line)


def _cost(found: Estimate) -> Iterator[str]:
    yield f"{found.cases:,} runs in {found.blocks} blocks, {found.worlds:,} worlds, {found.parts:,} parts."
    yield (
        f"About {_span(found.seconds)} on this machine as busy as it is now, of which {_span(found.solving)} to find "
        f"where worlds are at rest; about {found.disk / GIB:.2g} GiB on disk, {found.memory / GIB:.1f} GiB of memory."
    )
    yield f"Measured on {found.tried} of these runs just now, and not promised: it may be half that or twice."


def _span(seconds: float) -> str:
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.2g} {unit}"
    return f"{seconds:.2g} seconds"
