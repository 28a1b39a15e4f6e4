"""`policy-lab decide`: what should we make of the risks, and what would change the choice?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from policy_lab.cli.compare import QUICK_FUTURES, QUICK_WORLDS
from policy_lab.cli.door import note, progress_bar, warn

if TYPE_CHECKING:
    from policy_lab.results.types import Results


@click.command()
@click.argument("runs", metavar="[STUDY|FOLDER]", required=False)
@click.option("--block", metavar="NAME", help="Of a batch: which scenario, place and settings to read. [the only one]")
@click.option("--designs", metavar="A,B,…", help="Designs to compare. [the study's own, or all of the batch]")
@click.option("--scenario", metavar="NAME", help="What the world does. [study's own]")
@click.option("--start", type=click.Choice(["switch", "settled", "file"]), help="Where designs begin. [study's own]")
@click.option("--worlds", type=click.IntRange(min=2), metavar="K", help="Draws of what is not known. [study's own]")
@click.option("--futures", type=click.IntRange(min=1), metavar="S", help="Draws of luck in each world. [study's own]")
@click.option("--seed", type=click.IntRange(min=0), metavar="N", help="Same seed, same result. [study's own]")
@click.option("--pair", metavar="A,B", help="The two designs of the map. [the base and its lowest rival]")
@click.option("--inputs", metavar="X;Y", help="The two inputs of the map. [those that the difference goes with most]")
@click.option("--quick", is_flag=True, help="A first look: fewer worlds, futures and further runs.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Where to write. [results/STUDY/decision]")
def decide(
    runs: str | None,
    block: str | None,
    designs: str | None,
    scenario: str | None,
    start: Literal["switch", "settled", "file"] | None,
    worlds: int | None,
    futures: int | None,
    seed: int | None,
    pair: str | None,
    inputs: str | None,
    quick: bool,
    out: Path | None,
) -> None:
    """Read a comparison as a decision.

    STUDY is compared anew (the default study unless named); FOLDER is one that `policy-lab batch` wrote. Seven
    questions are answered, each with a table and two sentences: how long each design holds, which is good enough on
    every count, which is better for every reader, which evidence would be worth buying, where the order turns round,
    how many worlds the order needs, and when the benefits come. Further runs are made for the fourth and fifth, and to
    see how far good enough reaches.
    """
    from policy_lab.analysis.decision import Effort
    from policy_lab.analysis.decision import decide as read_decision
    from policy_lab.analysis.outcomes import check_usable
    from policy_lab.out.decision import decision_sections, write_decision
    from policy_lab.out.folder import check_folder
    from policy_lab.out.layout import as_text
    from policy_lab.run import run

    names = _split(designs, ",")
    asked = {"scenario": scenario, "start": start, "worlds": worlds, "futures": futures, "seed": seed}
    if runs is not None and _is_batch(Path(runs)):
        told = [f"--{name}" for name, value in asked.items() if value is not None]
        if told:
            raise click.UsageError(f"{', '.join(told)}: the runs in a folder are as they are; name a study instead.")
        results = stored_results(Path(runs), block, names)
        target = out or (Path(runs).parent if Path(runs).is_file() else Path(runs)) / "decision"
    else:
        if block is not None:
            raise click.UsageError("--block is for the folder of a batch.")
        asked["worlds"] = QUICK_WORLDS if quick and worlds is None else worlds
        asked["futures"] = QUICK_FUTURES if quick and futures is None else futures
        results = _compared(runs, names, asked)
        target = out or Path("results") / results.plan.study.name / "decision"
    check_folder(target)
    check_usable(results)
    effort = Effort(worlds=20, redraws=1, futures=2, reach_worlds=10, cells=3, cell_worlds=8) if quick else Effort()
    with progress_bar("Asking what would change the choice") as bar:
        found = read_decision(
            results,
            lambda plan: run(plan, progress=bar.batch(plan.cases)),
            effort,
            pair=_split(pair, ","),
            inputs=_split(inputs, ";"),
        )
    note("Writing …")
    folder = write_decision(results, found, target)
    click.echo(as_text(decision_sections(results, found)))
    click.echo(f"Files: {folder.resolve()}")


def _is_batch(path: Path) -> bool:
    """Say whether a path holds runs; a study's folder holds none."""
    return (path / "parts").is_dir() or (path / "runs.parquet").is_file() or path.suffix == ".parquet"


def stored_results(path: Path, block: str | None, designs: list[str]) -> Results:
    """Return the runs of a folder, of one of its blocks where it has several."""
    from policy_lab.results import open_batch

    stored = open_batch(path)
    warn(stored.warnings)
    return stored.results(block, design=designs or None)


def _compared(study: str | None, designs: list[str], asked: Mapping[str, object]) -> Results:
    from policy_lab.run import run
    from policy_lab.study import open_study

    opened = open_study(study)
    warn(opened.model.warnings)
    base = opened.file.comparison.base
    if designs and base not in designs:
        warn([f"`{base}` was added: it is the base to which ratios refer"])
        designs = [*designs, base]
    plan = opened.plan(designs=designs or None, **asked)  # type: ignore[arg-type]
    note(plan.describe())
    with progress_bar("Comparing") as bar:
        return run(plan, progress=bar.batch(plan.cases))


def _split(text: str | None, mark: str) -> list[str]:
    return [part.strip() for part in (text or "").split(mark) if part.strip()]
