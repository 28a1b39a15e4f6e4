"""`policy-lab compare`: which design is least likely to fall short, and how sure can we be?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from policy_lab.cli.door import note, progress_bar, warn
from policy_lab.cli.elicit import scores_of
from policy_lab.cli.question import calm

if TYPE_CHECKING:
    from policy_lab.analysis.put_in import Effort, PutIn
    from policy_lab.results.types import Results
    from policy_lab.study import Plan, Study

QUICK_WORLDS = 20
QUICK_FUTURES = 5


@click.command()
@click.argument("study", required=False)
@click.option("--designs", metavar="A,B,…", help="Designs to compare, overlays as DESIGN+OVERLAY. [study's own]")
@click.option("--scenario", metavar="NAME", help="What the world does. [study's own]")
@click.option(
    "--start",
    type=click.Choice(["switch", "settled", "file"]),
    help="switch: all start from the base design at rest; settled: each at its own rest; file: with the starting "
    "values of the model file. [study's own]",
)
@click.option("--worlds", type=click.IntRange(min=1), metavar="K", help="Draws of what is not known. [study's own]")
@click.option("--futures", type=click.IntRange(min=1), metavar="S", help="Draws of luck in each world. [study's own]")
@click.option("--seed", type=click.IntRange(min=0), metavar="N", help="Same seed, same result. [study's own]")
@click.option("--set", "settings", multiple=True, metavar='"NAME=VALUE"', help="Hold a constant, in its own unit.")
@click.option("--posterior", is_flag=True, help="Draw fitted parameters from the study's saved posterior.")
@click.option(
    "--area", metavar="PLACE", help="Start from one place of the areas table, by key or name. No league table."
)
@click.option(
    "--scores", multiple=True, type=click.Path(path_type=Path), metavar="FILE", help="Experts' scores; see `elicit`."
)
@click.option("--expert", metavar="NAME", help="Only this expert's scores. [each world takes one expert's]")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Where to write. [results/STUDY]")
@click.option("--all-runs", is_flag=True, help="Also write every run as CSV (large).")
@click.option(
    "--quick",
    is_flag=True,
    help=f"A first look: {QUICK_WORLDS} worlds × {QUICK_FUTURES} futures unless told, and smaller tests of the orders.",
)
@click.option("--no-checks", is_flag=True, help="Leave out the tests of what was put in.")
@click.option("--engine", type=click.Choice(["compiled", "numpy"]), default="compiled", show_default=True)
def compare(
    study: str | None,
    designs: str | None,
    scenario: str | None,
    start: Literal["switch", "settled", "file"] | None,
    worlds: int | None,
    futures: int | None,
    seed: int | None,
    settings: tuple[str, ...],
    posterior: bool,
    area: str | None,
    scores: tuple[Path, ...],
    expert: str | None,
    out: Path | None,
    all_runs: bool,
    quick: bool,
    no_checks: bool,
    engine: Literal["compiled", "numpy"],
) -> None:
    """Compare the designs of STUDY (the default study unless named).

    Prints what was put in, then what was found, and writes tables, charts, runs and words.
    """
    from policy_lab.analysis.outcomes import check_usable
    from policy_lab.analysis.tables import tables_of
    from policy_lab.out.folder import check_folder, export
    from policy_lab.out.layout import as_text
    from policy_lab.out.summary import summary
    from policy_lab.study import open_study, parse_setting
    from policy_lab.study.measure import refuse_placeholder
    from policy_lab.study.posterior import posterior_warnings
    from policy_lab.study.settings import outside_ranges

    opened = open_study(study)
    warn(opened.model.warnings)
    refuse_placeholder(opened)
    target = check_folder(out or Path("results") / opened.name)
    plan = opened.plan(
        designs=_with_base(opened, designs),
        scenario=scenario,
        start=start,
        worlds=QUICK_WORLDS if quick and worlds is None else worlds,
        futures=QUICK_FUTURES if quick and futures is None else futures,
        seed=seed,
        settings=dict(parse_setting(text) for text in settings),
        area=area,
        posterior=posterior,
        scores=scores_of(opened, scores, expert),
    )
    _warn_of_another_bar(opened)
    warn(outside_ranges(opened.parameters.values(), plan.settings))
    warn(_missing_figures(opened, plan.area))
    if posterior:
        warn(posterior_warnings(opened))
    note(plan.describe())
    results = _run(plan, engine)
    _warn_of_failures(results)
    check_usable(results)
    checks = None if no_checks else _check(results, engine, _effort(quick))
    tables = tables_of(results, checks, calm(results, engine) if no_checks else None)
    folder = export(
        results,
        target,
        checks=checks,
        tables=tables,
        all_runs=all_runs,
        progress=_writing,
    )
    click.echo(as_text(summary(tables, opened.file)))
    click.echo(f"Files: {folder.resolve()}")


def _with_base(study: Study, asked: str | None) -> list[str] | None:
    """Return the designs asked for, and the base design with them: ratios and the change-over refer to it."""
    if asked is None:
        return None
    names = [name.strip() for name in asked.split(",") if name.strip()]
    base = study.file.comparison.base
    if names and base not in names:
        warn([f"`{base}` was added: it is the base to which ratios refer"])
        names.append(base)
    return names


def _warn_of_another_bar(study: Study) -> None:
    anchor = study.file.measures.shortfall.anchor
    if anchor.model_digest and anchor.model_digest != study.model.content:
        remedy = "`policy-lab threshold` sets it anew"
        warn([f"the bar was set on {anchor.set_on} with another version of the model; {remedy}"])


def _missing_figures(study: Study, area: str | None) -> Iterator[str]:
    """Say which figures of a place are not published, and what stands in for them."""
    if area is not None:
        from policy_lab.study.areas import told_gaps

        yield from told_gaps(study.areas(), area)


def _warn_of_failures(results: Results) -> None:
    cases = results.failures
    shown = [
        f"{case.design}, world {case.world}, future {case.future}: {f'`{case.variable}` ' if case.variable else ''}"
        f"{case.reason}"
        for case in cases[:5]
    ]
    more = [f"{len(cases) - 5:,} more cases failed"] if len(cases) > 5 else []
    warn([*shown, *more])


def _run(plan: Plan, engine: Literal["compiled", "numpy"]) -> Results:
    from policy_lab.run import run

    with progress_bar("Comparing") as bar:
        return run(plan, progress=bar.batch(plan.cases), engine=engine)


def _check(results: Results, engine: Literal["compiled", "numpy"], effort: Effort) -> PutIn:
    from policy_lab.analysis.put_in import put_in
    from policy_lab.run import run

    with progress_bar("Testing what was put in") as bar:
        return put_in(results, lambda plan: run(plan, progress=bar.batch(plan.cases), engine=engine), effort)


def _effort(quick: bool) -> Effort:
    from policy_lab.analysis.put_in import Effort

    return Effort(redraws=20, futures=2, exchanges=2, exchange_worlds=10, rows=16, resamples=50) if quick else Effort()


def _writing(what: str) -> None:
    note(f"Writing {what} …")
