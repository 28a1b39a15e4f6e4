"""What the commands that answer one question share: the options of a run, and how an answer is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

from policy_lab.cli.door import note, progress_bar, warn

if TYPE_CHECKING:
    import pandas as pd

    from policy_lab.analysis.put_in import Evaluate
    from policy_lab.charts.figure import Figure
    from policy_lab.out.layout import Grid
    from policy_lab.results.types import Results
    from policy_lab.study import Plan, Study

Command = TypeVar("Command", bound=Callable[..., Any])


def size_options(worlds: int, futures: int) -> Callable[[Command], Command]:
    """Give a command the options of a run of so many worlds and futures."""
    options = (
        click.option("--scenario", metavar="NAME", help="What the world does. [study's own]"),
        click.option(
            "--start",
            type=click.Choice(["switch", "settled", "file"]),
            help="switch: all start from the base design at rest; settled: each at its own rest; file: with the "
            "starting values of the model file. [study's own]",
        ),
        click.option(
            "--worlds", type=click.IntRange(min=2), metavar="K", default=worlds, show_default=True,
            help="Draws of what is not known.",
        ),
        click.option(
            "--futures", type=click.IntRange(min=1), metavar="S", default=futures, show_default=True,
            help="Draws of luck in each world.",
        ),
        click.option("--seed", type=click.IntRange(min=0), metavar="N", help="Same seed, same result. [study's own]"),
        click.option(
            "--set", "settings", multiple=True, metavar='"NAME=VALUE"', help="Hold a constant, in its own unit."
        ),
    )  # fmt: skip

    def wrap(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return wrap


def plan_of(
    study: str | None, designs: Iterable[str] | None, settings: Sequence[str], **asked: Any
) -> tuple[Study, Plan]:
    """Open a study and make the plan that a command was asked for."""
    from policy_lab.study import open_study, parse_setting

    opened = open_study(study)
    warn(opened.model.warnings)
    held = dict(parse_setting(text) for text in settings)
    return opened, opened.plan(designs=designs, settings=held, **asked)


def pair_of(text: str | None, option: str) -> tuple[str, str] | None:
    """Return the two designs of ``A,B``, as an option gives them; None where it was not given."""
    if text is None:
        return None
    names = [name.strip() for name in text.split(",") if name.strip()]
    if len(names) != 2:
        raise click.BadParameter("two designs, as A,B", param_hint=option)
    return names[0], names[1]


def with_bar(words: str, work: Callable[[Evaluate], Any]) -> Any:
    """Do work that needs runs, and show how far they are."""
    from policy_lab.run import run

    with progress_bar(words) as bar:
        return work(lambda plan: run(plan, progress=bar.batch(plan.cases)))


def calm(results: Results, engine: Literal["compiled", "numpy"] = "compiled") -> Results:
    """Run the same worlds when nothing happens: without them a shock cannot be told from wear."""
    from policy_lab.analysis.put_in import calm_plan
    from policy_lab.run import run

    return run(calm_plan(results.plan), engine=engine)


def tell(
    heading: str,
    grid: Grid,
    words: Sequence[str],
    *,
    out: Path,
    tables: Mapping[str, pd.DataFrame],
    figures: Mapping[str, Figure],
) -> None:
    """Print the table and the sentences of an answer, and write its files."""
    from policy_lab.out.answer import write_answer
    from policy_lab.out.layout import Lines, Section, as_text

    note("Writing …")
    folder = write_answer(out, tables, figures, words)
    click.echo(as_text([Section(heading, (grid, Lines(tuple(words))))]))
    click.echo(f"Files: {folder.resolve()}")
