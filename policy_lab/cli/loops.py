"""`policy-lab loops`: the feedback of a model, the loops that a study names, and what cutting them does."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from policy_lab.cli.describe import MODEL_ENDINGS
from policy_lab.cli.door import progress_bar, warn

if TYPE_CHECKING:
    import pandas as pd

    from policy_lab.model.types import Model
    from policy_lab.run.feedback import NamedLoop
    from policy_lab.study import Study

NOT_AS_STATED = 1
"""Exit code when a named loop is not in the model, or works another way than the study says."""


@click.command()
@click.argument("what", metavar="[STUDY|MODEL]", required=False)
@click.option("--cut", multiple=True, metavar="LOOP", help="Cut a named loop and say what that does; `all` cuts each.")
@click.option("--designs", metavar="A,B", help="Designs to run with the loop cut. [those of study.yaml]")
@click.option("--worlds", type=click.IntRange(min=1), default=20, show_default=True, metavar="K")
@click.option("--futures", type=click.IntRange(min=1), default=5, show_default=True, metavar="S")
@click.option("--most", type=click.IntRange(min=0), default=20, show_default=True, metavar="N", help="Loops to list.")
@click.option("--longest", type=click.IntRange(min=1), metavar="N", help="Variables in a loop that is listed. [any]")
@click.option("--out", type=click.Path(path_type=Path), metavar="FOLDER", help="Write tables and pictures.")
def loops(
    what: str | None,
    cut: tuple[str, ...],
    designs: str | None,
    worlds: int,
    futures: int,
    most: int,
    longest: int | None,
    out: Path | None,
) -> None:
    """Say what feeds back in a STUDY (the default one unless named) or in any MODEL file.

    Of a study, the loops that its study.yaml names: whether they are in the graph, work as stated, and how long they
    take. Of a model file, its shortest loops. With --cut, what the result is without a loop. Exit code 1 when a named
    loop is not as stated.
    """
    if what is not None and what.lower().endswith(MODEL_ENDINGS):
        from policy_lab.model.kept import read_kept

        model = read_kept(Path(what))
        warn(model.warnings)
        click.echo("\n".join(_feedback(model, most, longest)))
        return
    from policy_lab.run.feedback import named_loops
    from policy_lab.study import open_study

    study = open_study(what)
    warn(study.model.warnings)
    found = named_loops(study) if study.file.loops else ()
    click.echo("\n".join(_named(study, found)))
    click.echo("\n".join(_feedback(study.model, 0, longest)))
    effects = _cut(study, cut, designs, worlds, futures) if cut else None
    if out is not None:
        from policy_lab.out.loops import write_loops

        click.echo(f"Wrote {write_loops(study, found, out, effects).resolve()}")
    if any(one.faults for one in found):
        click.get_current_context().exit(NOT_AS_STATED)


def _named(study: Study, found: Sequence[NamedLoop]) -> Iterator[str]:
    unit = study.model.time.unit.strip().lower().removesuffix("s")
    yield f"{study.name}: {len(found)} named loops"
    width = max((len(one.loop.title) for one in found), default=0)
    for one in found:
        state = "as stated" if not one.faults else "NOT AS STATED"
        took = f"{one.delay:.0f} {unit}s" if math.isfinite(one.delay) else "accumulates"
        size = f"{len(one.loop.path):>2} variables"
        yield f"  {one.name:<4} {one.loop.title:<{width}}  {one.kind:<11}  {size}  {took:>11}  {state}"
        yield from (f"       {fault}" for fault in one.faults)
        for link, share in zip(one.links, one.shares, strict=True):
            if share < 0.9:
                yield f"       {link.cause} -> {link.effect} is {link.sign} in {share:.0%} of elements and worlds only"
    for name, reason in study.file.loops_left_out.items():
        told = f"{name:<4} not in this model. {reason}"
        yield from textwrap.wrap(told, 100, initial_indent="  ", subsequent_indent=" " * 7, break_on_hyphens=False)


def _feedback(model: Model, most: int, longest: int | None) -> Iterator[str]:
    from policy_lab.model.loops import MOST_LOOPS, feedback_groups, find_loops, running_links

    graph = running_links(model)
    groups = feedback_groups(graph)
    found = find_loops(graph, most=max(most, MOST_LOOPS), longest=longest)
    yield ""
    yield f"{model.name}: {sum(map(len, groups))} of {len(graph)} variables that move are in feedback loops"
    if groups:
        sizes = ", ".join(str(len(group)) for group in groups[:10])
        yield f"  {len(groups)} sets in which all act on one another, of {sizes} variables"
    told = f"; {found.partial}" if found.partial else ", which are all"
    yield f"  {len(found.found):,} loops found{told}"
    yield from (f"  {' -> '.join((*loop, loop[0]))}" for loop in found.found[:most])
    if most and len(found.found) > most:
        yield f"  … and {len(found.found) - most:,} more (--most lists them)"


def _cut(study: Study, names: Sequence[str], designs: str | None, worlds: int, futures: int) -> pd.DataFrame:
    from policy_lab.analysis.loops import loop_effects
    from policy_lab.run.knock_out import knock_out

    chosen = () if "all" in names else tuple(names)
    wanted = [name.strip() for name in designs.split(",")] if designs else None
    with progress_bar("Cutting loops") as bar:
        told = bar.batch(1)

        def progress(done: int, total: int) -> None:
            bar.resize(total)
            told(done, total)

        knocked = knock_out(study, *chosen, designs=wanted, worlds=worlds, futures=futures, progress=progress)
    effects = loop_effects(knocked)
    click.echo("\n".join(_effects(study, effects, worlds, futures)))
    return effects


def _effects(study: Study, effects: pd.DataFrame, worlds: int, futures: int) -> Iterator[str]:
    """Tell what each cut does: one line a loop and design, and which matter most."""
    from policy_lab.analysis.loops import effects_in_words, signed

    variable = study.file.measures.shortfall.variable
    yield ""
    yield f"WITHOUT EACH LOOP, over {worlds} worlds × {futures} futures; bands are 5 to 95 % over worlds"
    yield "Each is cut at one link, held as it was at rest; other loops over that link are cut with it."
    yield f"Lever scores have evidence grade {effects['evidence_grade'].iloc[0]}. {study.file.words.not_a_forecast}"
    yield f"  {'':<22}{'modelled shortfall risk':>30}  {variable} at the horizon"
    for (name, title), rows in effects.groupby(["loop", "title"], sort=False):
        yield f"  {name} {title}"
        for row in rows.itertuples(index=False):
            risk = f"{row.risk:.0%} -> {row.risk_without:.0%}"
            change = (
                f"{signed(row.outcome_change)} ({signed(row.outcome_change_low)} to {signed(row.outcome_change_high)})"
            )
            yield f"    {row.design:<26}{risk:>22}  {change}{'' if row.clear else ', no clear effect'}"
        share = rows["order_changes"].iloc[0]
        if len(rows) > 1 and share > 0:
            yield f"    the designs come out in another order in {share:.0%} of worlds"
    yield effects_in_words(effects, variable)
