"""`policy-lab sensitivity`: which of the things that we do not know matter for the result?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from policy_lab.cli.question import pair_of, plan_of, tell, with_bar

if TYPE_CHECKING:
    from policy_lab.analysis.screening import Method
    from policy_lab.analysis.sensitivity import By, Sensitivity
    from policy_lab.out.layout import Grid

SHOWN = 12


@click.command()
@click.argument("study", required=False)
@click.option("--design", metavar="DESIGN", help="Whose result is explained. [the base design]")
@click.option("--difference", metavar="A,B", help="Explain A less B, in the same worlds and futures, instead.")
@click.option(
    "--outcome", "outcomes", multiple=True, metavar="NAME",
    help="risk (share of futures that fall short), level (the measure itself), burden (as a ratio), or a saved "
    "outcome; repeat for several. [level, risk and burden]",
)  # fmt: skip
@click.option(
    "--method", type=click.Choice(["morris", "sobol", "pawn", "delta"]), default="morris", show_default=True,
    help="morris screens many inputs in few runs; sobol shares out the variance; pawn and delta look at the whole "
    "distribution.",
)  # fmt: skip
@click.option(
    "--by", type=click.Choice(["input", "group", "grade"]),
    help="Move single inputs, groups of them, or grades of evidence. [input; sobol: group]",
)  # fmt: skip
@click.option(
    "--samples", type=click.IntRange(min=2), metavar="N",
    help="Trajectories (morris), base samples (sobol) or worlds (pawn, delta). [what about 1,500 worlds allow]",
)  # fmt: skip
@click.option("--scenario", metavar="NAME", help="What the world does. [study's own]")
@click.option("--start", type=click.Choice(["switch", "settled", "file"]), help="Where designs begin. [study's own]")
@click.option(
    "--futures", type=click.IntRange(min=1), default=5, show_default=True, metavar="S",
    help="Futures, the same for every world.",
)  # fmt: skip
@click.option("--seed", type=click.IntRange(min=0), metavar="N", help="Same seed, same result. [study's own]")
@click.option("--set", "settings", multiple=True, metavar='"NAME=VALUE"', help="Hold a constant, in its own unit.")
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR", help="Where to write. [results/STUDY/sensitivity]"
)
def sensitivity(
    study: str | None,
    design: str | None,
    difference: str | None,
    outcomes: tuple[str, ...],
    method: Method,
    by: By | None,
    samples: int | None,
    scenario: str | None,
    start: Literal["switch", "settled", "file"] | None,
    futures: int,
    seed: int | None,
    settings: tuple[str, ...],
    out: Path | None,
) -> None:
    """Say which uncertain inputs of STUDY (the default one unless named) matter for its result.

    Every constant with a range and every lever score is moved through its own distribution while luck is held: none is
    left out. An input counts only when it moves the result more than another draw of luck does. What matters for one
    design often cancels in the difference of two: ask for that with --difference.
    """
    from policy_lab.analysis import sensitivity as analysis
    from policy_lab.analysis.measured import BURDEN, OUTCOMES, put_in_words
    from policy_lab.charts.sensitivity import sensitivity_chart
    from policy_lab.out.folder import check_folder

    opened, plan = plan_of(study, None, settings, scenario=scenario, start=start, futures=futures, seed=seed)
    target = check_folder(out or Path("results") / opened.name / "sensitivity")
    pair = pair_of(difference, "--difference")
    one_of_its_own = pair is None and (design or plan.base) == plan.base
    asked = outcomes or tuple(name for name in OUTCOMES if not (name == BURDEN and one_of_its_own))
    questions = analysis.asked_of(plan, asked, design, pair)
    found = with_bar(
        "Moving inputs",
        lambda evaluate: analysis.sensitivity(plan, evaluate, questions, method=method, by=by, samples=samples),
    )
    several = len(found) > 1
    names = [f"sensitivity-{one.question.outcome}" if several else "sensitivity" for one in found]
    tables = {name: one.table for name, one in zip(names, found, strict=True)}
    tables |= {f"{name}-groups": one.groups for name, one in zip(names, found, strict=True) if len(one.groups)}
    tables |= {f"{name}-convergence": one.convergence for name, one in zip(names, found, strict=True)}
    figures = {name: sensitivity_chart(one) for name, one in zip(names, found, strict=True)}
    words = [sentence for one in found for sentence in one.sentences]
    words += [line for line in (put_in_words(opened, questions[0]), analysis.CAVEAT) if line]
    tell(found[0].title, _grid(found[0]), words, out=target, tables=tables, figures=figures)


def _grid(found: Sensitivity) -> Grid:
    from policy_lab.analysis.words import short_figure
    from policy_lab.out.layout import Grid

    rows = tuple(
        (
            str(row.input),
            str(row.group),
            str(row.grade),
            short_figure(row.importance),
            f"{short_figure(row.importance_q05)} to {short_figure(row.importance_q95)}",
            str(row.verdict),
        )
        for row in found.table.head(SHOWN).itertuples(index=False)
    )
    return Grid(("input", "group", "evidence", "effect", "5 to 95%", "told"), rows, title=_meaning(found))


def _meaning(found: Sensitivity) -> str:
    meaning = str(found.table["meaning"].iloc[0])
    return f"Effect: {meaning}; what {found.floor_words} reaches is {found.table['floor'].iloc[0]:.2g}."
