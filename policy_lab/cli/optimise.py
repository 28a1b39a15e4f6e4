"""`policy-lab optimise`: which lever settings does no other beat, for what they cost?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from policy_lab.cli.door import progress_bar
from policy_lab.cli.question import plan_of, tell

if TYPE_CHECKING:
    from policy_lab.analysis.optimising import Measure, Optimum
    from policy_lab.out.layout import Grid


@click.command()
@click.argument("study", required=False)
@click.option(
    "--measure", type=click.Choice(["risk", "level"]), default="risk", show_default=True,
    help="risk: share of futures that fall short; level: the measure itself.",
)  # fmt: skip
@click.option("--cost", metavar="VARIABLE", help="Which of the study's resources is the cost. [measures.cost]")
@click.option("--like", metavar="DESIGN", help="Whose members a setting has. [the base design]")
@click.option("--designs", metavar="A,B,…", help="Designs to show beside the front. [study's own]")
@click.option("--scenario", metavar="NAME", help="What the world does. [study's own]")
@click.option("--worlds", type=click.IntRange(min=2), default=12, show_default=True, metavar="K", help="Of the search.")
@click.option("--futures", type=click.IntRange(min=1), default=4, show_default=True, metavar="S", help="In each world.")
@click.option("--population", type=click.IntRange(min=8), default=40, show_default=True, help="Settings at a time.")
@click.option("--generations", type=click.IntRange(min=2), default=25, show_default=True, help="How often.")
@click.option("--seed", type=click.IntRange(min=0), metavar="N", help="Same seed, same result. [study's own]")
@click.option("--set", "settings", multiple=True, metavar='"NAME=VALUE"', help="Hold a constant, in its own unit.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Where to write. [results/STUDY/optimise]")
def optimise(
    study: str | None,
    measure: Measure,
    cost: str | None,
    like: str | None,
    designs: str | None,
    scenario: str | None,
    worlds: int,
    futures: int,
    population: int,
    generations: int,
    seed: int | None,
    settings: tuple[str, ...],
    out: Path | None,
) -> None:
    """Search the lever settings of STUDY that no other beats in shortfall, burden and cost at once.

    Each lever moves between the lowest and the highest score that any design is given. The front is then run on worlds
    that the search never met, because the best of many tries is partly luck. Lever scores are judgement: this says what
    the model implies of them; a setting is no statute.
    """
    from policy_lab.analysis.optimising import optimise as search
    from policy_lab.charts.optimising import front_chart
    from policy_lab.out.folder import check_folder
    from policy_lab.run import run

    names = [name.strip() for name in designs.split(",") if name.strip()] if designs else None
    opened, plan = plan_of(study, names, settings, scenario=scenario, worlds=worlds, futures=futures, seed=seed)
    target = check_folder(out or Path("results") / opened.name / "optimise")
    with progress_bar("Searching") as bar:
        found = search(
            plan, run, measure=measure, cost=cost, like=like, population=population, generations=generations,
            progress=bar.batch(generations),
        )  # fmt: skip
    tables = {"front": found.table, "convergence": found.convergence}
    tell(
        opened.file.title,
        _grid(found),
        found.sentences,
        out=target,
        tables=tables,
        figures={"front": front_chart(found)},
    )


def _grid(found: Optimum) -> Grid:
    """Return the designs, and of the front the cheapest, the middle and the dearest setting."""
    from policy_lab.analysis.words import short_figure
    from policy_lab.out.layout import Grid

    settings = found.table[found.table["kind"] == "setting"]
    chosen = sorted({0, len(settings) // 2, len(settings) - 1} - {-1})
    shown = [*(settings.iloc[place] for place in chosen)]
    shown += [row for _, row in found.table[found.table["kind"] == "design"].iterrows()]
    heads = ("", *(found.titles[name] for name in found.objectives), "unbeaten")
    rows = tuple(
        (
            str(row["name"]),
            *(short_figure(float(row[f"{name}_held_out"])) for name in found.objectives),
            "yes" if row["on_front"] else "no",
        )
        for row in shown
    )
    return Grid(heads, rows, title="On worlds that the search never met; of the front three settings, by cost")
