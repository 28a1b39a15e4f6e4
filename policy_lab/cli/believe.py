"""`policy-lab believe`: what would you have to believe for another design to lead?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from policy_lab.cli.question import plan_of, size_options, tell, with_bar

if TYPE_CHECKING:
    from policy_lab.analysis.beliefs import Beliefs
    from policy_lab.out.layout import Grid

SHOWN = 12
"""Inputs in the printed table."""


@click.command()
@click.argument("study", required=False)
@click.option("--design", required=True, metavar="DESIGN", help="The design whose lead is asked about.")
@click.option("--against", metavar="DESIGN", help="Its rival. [the best of all others of its group]")
@size_options(worlds=100, futures=5)
@click.option(
    "--scores-held", is_flag=True, help="Leave all lever scores at their modes: what else would you have to believe?"
)
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Where to write. [results/STUDY/believe]")
def believe(
    study: str | None,
    design: str,
    against: str | None,
    scenario: str | None,
    start: str | None,
    worlds: int,
    futures: int,
    seed: int | None,
    settings: tuple[str, ...],
    scores_held: bool,
    out: Path | None,
) -> None:
    """Say what you would have to believe for the order of two designs of STUDY to be another one.

    Every uncertain input is moved alone through its stated range, for its switching value: the value at which the order
    changes. Then many are moved together, for the least surprising assumptions that change the order. A design leads
    where the mean of the outcome over the horizon is higher; STUDY is the default one unless named.
    """
    from policy_lab.analysis.belief_words import beliefs_in_words
    from policy_lab.analysis.beliefs import beliefs
    from policy_lab.charts.beliefs import beliefs_chart
    from policy_lab.out.folder import check_folder
    from policy_lab.study.plan import LEVERS

    asked = {"scenario": scenario, "start": start, "worlds": worlds, "futures": futures, "seed": seed}
    opened, plan = plan_of(study, [name for name in (design, against) if name], settings, **asked)
    if scores_held:
        plan = plan.with_(vary=plan.vary - {LEVERS})
    target = check_folder(out or Path("results") / opened.name / "believe")
    found = with_bar("Searching", lambda evaluate: beliefs(plan, design, against, evaluate, worlds=worlds))
    tell(
        f"{opened.file.title}: what would you have to believe of {found.setting.short(design)}?",
        _grid(found),
        beliefs_in_words(found),
        out=target,
        tables={
            "switching": found.switching,
            "needed": found.needed,
            "outcomes": found.outcomes,
            "ensemble": found.ensemble,
        },
        figures={"switching": beliefs_chart(found)},
    )


def _grid(found: Beliefs) -> Grid:
    from policy_lab.analysis.words import short_figure
    from policy_lab.out.layout import Grid

    rows = tuple(
        (
            str(row.input),
            f"{short_figure(row.low)} to {short_figure(row.high)}",
            row.grade,
            f"{row.lead_low:+.3f}",
            f"{row.lead_high:+.3f}",
            short_figure(row.switching_value) if row.switching_value == row.switching_value else "none in its range",
        )
        for row in found.switching.head(SHOWN).itertuples(index=False)
    )
    heads = ("input", "range", "evidence", "lead at its low end", "at its high end", "switching value")
    title = f"Lead at central values {found.lead:+.3f}; the {len(rows)} inputs that move it most"
    return Grid(heads, rows, title)
