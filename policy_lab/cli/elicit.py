"""`policy-lab elicit`: experts score designs, their scores are pooled, and a blind reader's order is told."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from policy_lab.cli.door import note, progress_bar, warn

if TYPE_CHECKING:
    from policy_lab.study import Study
    from policy_lab.study.scores import Scores

_STUDY = click.option("--study", metavar="STUDY", help="Which study was scored. [the default study]")
_KEY = click.option(
    "--key", type=click.Path(path_type=Path), metavar="FILE", help="The key of a blind template: label -> design."
)
_WEIGHTS = click.option(
    "--weights", metavar="NAME=W,…", help="What each expert counts for. [the files' `weight`, or all alike]"
)


@click.group()
def elicit() -> None:
    """Ask experts for the scores of designs, and use what they say.

    `template` writes the sheet to fill in, `read` pools what came back, `blind` shows an order given without names
    beside the authors'. `policy-lab compare --scores` runs a comparison on experts' scores.
    """


@elicit.command()
@click.argument("study", required=False)
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), metavar="FILE.csv")
@click.option("--designs", metavar="A,B,…", help="Designs to score. [those that the study compares]")
@click.option("--expert", default="", metavar="NAME", help="Write the expert's name in every row.")
@click.option("--blind", is_flag=True, help="Anonymous designs in a drawn order; the key goes to FILE.key.csv.")
@click.option("--seed", type=click.IntRange(min=0), metavar="N", help="Draws the order of --blind. [the study's]")
def template(study: str | None, out: Path, designs: str | None, expert: str, blind: bool, seed: int | None) -> None:
    """Write the sheet for STUDY's experts: one row for each design and lever, to be filled in.

    low, mode and high: the lowest value that is still plausible, the most likely one, the highest.
    """
    from policy_lab.out.elicitation import write_template
    from policy_lab.study import open_study

    opened = open_study(study)
    names = None if designs is None else tuple(name.strip() for name in designs.split(",") if name.strip())
    for path in write_template(opened, out, designs=names, expert=expert, blind=blind, seed=seed):
        click.echo(f"Wrote {path}")
    if blind:
        note("Keep the key from whoever scores.")


@elicit.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@_STUDY
@_KEY
@_WEIGHTS
@click.option("--expert", metavar="NAME", help="Only this expert's scores.")
@click.option("--out", type=click.Path(path_type=Path), metavar="FOLDER", help="Write tables, charts and words.")
def read(
    files: tuple[Path, ...], study: str | None, key: Path | None, weights: str | None, expert: str | None,
    out: Path | None,
) -> None:  # fmt: skip
    """Read experts' FILES: pool them, and show where they disagree."""
    from policy_lab.out.elicitation import elicitation_sections, write_elicitation
    from policy_lab.out.layout import as_text
    from policy_lab.study import open_study

    opened = open_study(study)
    scores = _read(opened, files, expert, weights, key)
    click.echo(as_text(elicitation_sections(opened, scores)), nl=False)
    if out is not None:
        click.echo(f"Files: {write_elicitation(opened, scores, out).resolve()}")


@elicit.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@_STUDY
@_KEY
@_WEIGHTS
@click.option("--expert", metavar="NAME", help="Only this reader's scores.")
@click.option("--worlds", type=click.IntRange(min=1), default=20, show_default=True, metavar="K")
@click.option("--futures", type=click.IntRange(min=1), default=3, show_default=True, metavar="S")
@click.option("--out", type=click.Path(path_type=Path), metavar="FOLDER", help="Write tables and words.")
def blind(
    files: tuple[Path, ...],
    study: str | None,
    key: Path | None,
    weights: str | None,
    expert: str | None,
    worlds: int,
    futures: int,
    out: Path | None,
) -> None:
    """Show a reader's own order beside the authors' and a placebo.

    FILES were scored on a sheet of `elicit template --blind`; --key says which design was which. Runs the model under
    the reader's scores, the authors', and the reader's exchanged among the designs.
    """
    from policy_lab.analysis.blind import blind_order
    from policy_lab.out.elicitation import blind_sections, write_blind
    from policy_lab.out.layout import as_text
    from policy_lab.run import run
    from policy_lab.study import open_study

    opened = open_study(study)
    scores = _read(opened, files, expert, weights, key)
    if key is None:
        warn(["without --key these scores were given under the designs' own names: the reader was not blind"])
    scored = [name for name in opened.designs if any(name in given for given in scores.given.values())]
    plan = opened.plan(designs=scored, worlds=worlds, futures=futures)
    with progress_bar("Putting orders beside one another") as bar:
        found = blind_order(plan, scores, lambda asked: run(asked, progress=bar.batch(asked.cases)))
    click.echo(as_text(blind_sections(opened, scores, found)), nl=False)
    if out is not None:
        click.echo(f"Files: {write_blind(opened, scores, found, out).resolve()}")


def scores_of(study: Study, files: Iterable[Path], expert: str | None) -> Scores | None:
    """Return the experts' scores that a comparison is to take, if any files are given.

    Raises
    ------
    InputError
        For anything wrong in them, or an expert without a file.
    """
    paths = tuple(files)
    if not paths:
        from policy_lab.errors import InputError, Problem

        if expert is not None:
            raise InputError(Problem(what=f"--expert {expert} without --scores", remedy="Give the file too."))
        return None
    return _read(study, paths, expert)


def _read(
    study: Study, files: Iterable[Path], expert: str | None, weights: str | None = None, key: Path | None = None
) -> Scores:
    from policy_lab.study.score_file import outside_span, read_scores

    scores = read_scores(study, files, weights=_weights(weights), key=key)
    scores = scores if expert is None else scores.only(expert)
    warn(outside_span(study, scores))
    return scores


def _weights(text: str | None) -> dict[str, float] | None:
    """Return ``Ann=2,Bob=1`` as a mapping."""
    from policy_lab.errors import InputError, Problem

    if text is None:
        return None
    found: dict[str, float] = {}
    for part in text.split(","):
        name, equals, value = part.rpartition("=")
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        if not equals or number != number:
            raise InputError(Problem(what=f"`{part}` is no weight", remedy="Write --weights Ann=2,Bob=1."))
        found[name.strip()] = number
    return found
