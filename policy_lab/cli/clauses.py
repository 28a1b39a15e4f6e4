"""`policy-lab clauses`: which provision does the work on the way from one design to another?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from policy_lab.cli.question import plan_of, size_options, tell, with_bar

if TYPE_CHECKING:
    from policy_lab.analysis.clauses import Clauses
    from policy_lab.out.layout import Grid


@click.command()
@click.argument("study", required=False)
@click.option("--from", "first", required=True, metavar="DESIGN", help="Where the way begins.")
@click.option("--to", "second", required=True, metavar="DESIGN", help="Where it leads; overlays as DESIGN+OVERLAY.")
@size_options(worlds=60, futures=10)
@click.option(
    "--orders", type=click.IntRange(min=1), default=2, show_default=True, metavar="N",
    help="Pairs of orders drawn in each world, where there are too many parts to run every combination.",
)  # fmt: skip
@click.option(
    "--exact", is_flag=True, help="Run every combination of parts, however many (2 to the power of their number)."
)
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Where to write. [results/STUDY/clauses]")
def clauses(
    study: str | None,
    first: str,
    second: str,
    scenario: str | None,
    start: str | None,
    worlds: int,
    futures: int,
    seed: int | None,
    settings: tuple[str, ...],
    orders: int,
    exact: bool,
    out: Path | None,
) -> None:
    """Say clause by clause what changes the result between two designs of STUDY (the default one unless named).

    The parts in which the designs differ (levers, members, the cost of changing over) are brought in one after another,
    in all orders or a sample of them; a part's share is what it changes on average (its Shapley value), so that all
    shares add up to the difference. Also told: which parts work only together. Lever scores are judgement, so this
    says what the authors' scores imply, not what a provision would do.
    """
    from policy_lab.analysis.clause_words import clauses_in_words
    from policy_lab.analysis.clauses import EXACT_UP_TO, MOST_EXACT
    from policy_lab.analysis.clauses import clauses as share_out
    from policy_lab.charts.clauses import clauses_chart
    from policy_lab.out.folder import check_folder

    asked = {"scenario": scenario, "start": start, "worlds": worlds, "futures": futures, "seed": seed}
    opened, plan = plan_of(study, [first, second], settings, **asked)
    target = check_folder(out or Path("results") / opened.name / "clauses")
    most = MOST_EXACT if exact else EXACT_UP_TO
    found = with_bar(
        "Clause by clause",
        lambda evaluate: share_out(plan, first, second, evaluate, orders=orders, exact_up_to=most),
    )
    tell(
        f"{opened.file.title}: from {found.setting.short(first)} to {found.setting.short(second)}, clause by clause",
        _grid(found),
        clauses_in_words(found),
        out=target,
        tables={"clauses": found.parts, "together": found.together, "ends": found.ends},
        figures={"clauses": clauses_chart(found)},
    )


def _grid(found: Clauses) -> Grid:
    from policy_lab.analysis.clauses import BURDEN
    from policy_lab.analysis.put_in import LEVEL, RISK
    from policy_lab.out.layout import Grid

    risk, burden, level = (
        found.parts[found.parts["measure"] == measure].set_index("part") for measure in (RISK, BURDEN, LEVEL)
    )
    rows = [
        (
            str(part),
            "" if row["kind"] == "scored alike" else f"{row['first_has']} -> {row['second_has']}",
            _share(row, 100, 1),
            _share(burden.loc[part], 100, 2) if part in burden.index else "not known",
            _share(level.loc[part], 1, 4),
        )
        for part, row in risk.sort_values("share").iterrows()
    ]
    heads = ("part", "judged", "risk, of 100 futures", f"{found.burden}, %", f"mean of {found.setting.outcome}")
    title = "Share of each part, mean over worlds ± its standard error"
    return Grid(heads, tuple(rows), title)


def _share(row: dict[str, float], scale: float, places: int) -> str:
    return f"{row['share'] * scale:+.{places}f} ± {row['error'] * scale:.{places}f}"
