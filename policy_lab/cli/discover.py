"""`policy-lab discover`: in which futures does a design fall short, and where does the weaker of two win?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from policy_lab.cli.door import progress_bar
from policy_lab.cli.question import pair_of, plan_of, tell, with_bar

if TYPE_CHECKING:
    from policy_lab.analysis.discovery import Discovery
    from policy_lab.out.layout import Grid
    from policy_lab.results.types import Results

WORLDS = 1000
PAIR_FUTURES = 3


@click.command()
@click.argument("what", metavar="[STUDY|BATCH-DIR]", required=False)
@click.option("--design", metavar="DESIGN", help="Whose shortfalls. [the base design]")
@click.option("--difference", metavar="A,B", help="Instead: the worlds in which the apparently weaker of two wins.")
@click.option("--block", metavar="NAME", help="Of a batch: which of its blocks. [the only one]")
@click.option("--scenario", metavar="NAME", help="What the world does. [study's own]")
@click.option("--start", type=click.Choice(["switch", "settled", "file"]), help="Where designs begin. [study's own]")
@click.option(
    "--worlds", type=click.IntRange(min=100), default=WORLDS, show_default=True, metavar="K",
    help="Draws of what is not known: half of them are searched, half judge what was found.",
)  # fmt: skip
@click.option("--seed", type=click.IntRange(min=0), metavar="N", help="Same seed, same result. [study's own]")
@click.option("--set", "settings", multiple=True, metavar='"NAME=VALUE"', help="Hold a constant, in its own unit.")
@click.option(
    "--resamples", type=click.IntRange(min=0), default=10, show_default=True, metavar="N",
    help="Searches on resampled worlds, to see which limits come again.",
)  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Where to write. [results/STUDY/discovery]")
def discover(
    what: str | None,
    design: str | None,
    difference: str | None,
    block: str | None,
    scenario: str | None,
    start: str | None,
    worlds: int,
    seed: int | None,
    settings: tuple[str, ...],
    resamples: int,
    out: Path | None,
) -> None:
    """Say in which futures a design of STUDY falls short: a box of inputs in plain words.

    Runs the default study unless one is named; a folder that `policy-lab batch` wrote is read instead.
    The box is sought in one half of the worlds and judged on the other, so that one which only fits chance is told as
    none. With --difference: where the apparently weaker of two designs does better. If there is no such region, the
    order between them follows from what was put in.
    """
    from policy_lab.analysis.discovery import discover as search
    from policy_lab.charts.discovery import discovery_chart
    from policy_lab.out.folder import check_folder

    pair = pair_of(difference, "--difference")
    names = list(pair) if pair else [design] if design else None
    if what is not None and (Path(what) / "parts").is_dir():
        results = _stored(Path(what), block)
    else:
        asked = {"scenario": scenario, "start": start, "worlds": worlds, "seed": seed}
        opened, plan = plan_of(what, names, settings, futures=PAIR_FUTURES if pair else 1, **asked)
        if names is None:
            plan = plan.with_(designs=(plan.base,))
        check_folder(out or Path("results") / opened.name / "discovery")
        results = with_bar("Running worlds", lambda evaluate: evaluate(plan))
    target = check_folder(out or Path("results") / results.plan.study.name / "discovery")
    with progress_bar("Searching") as bar:
        first, second = pair or (design, None)
        told = bar.batch(1 + resamples)
        found = search(results, first, second, resamples=resamples, progress=told)
    figure = discovery_chart(found, results.plan.seed)
    tables = {"discovery": found.table, "regions": found.regions, "path": found.box.path, "inputs": found.box.scores}
    tell(found.what, _grid(found), found.sentences, out=target, tables=tables, figures={"discovery": figure})


def _stored(folder: Path, block: str | None) -> Results:
    from policy_lab.results.opening import open_batch

    return open_batch(folder).results(block)


def _grid(found: Discovery) -> Grid:
    from policy_lab.analysis.words import percent, short_figure
    from policy_lab.out.layout import Grid

    heads = ("input", "kind", "evidence", "limit", "quasi-p", "came again")
    rows = tuple(
        (
            str(row.input),
            str(row.kind),
            str(row.grade),
            f"{row.side} {short_figure(row.value)} {row.unit}".strip(),
            f"{row.quasi_p:.2g}",
            percent(row.again),
        )
        for row in found.table.itertuples(index=False)
    )
    return Grid(heads, rows, title="The box" if found.box.better_than_chance else "No box does better than chance")
