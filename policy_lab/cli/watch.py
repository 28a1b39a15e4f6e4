"""`policy-lab watch`: which published indicator warns before the bar is crossed, and how early?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from policy_lab.cli.question import plan_of, size_options, tell, with_bar

if TYPE_CHECKING:
    from policy_lab.analysis.watch import Watch
    from policy_lab.out.layout import Grid


@click.command()
@click.argument("study", required=False)
@click.option("--design", metavar="DESIGN", help="Under which the futures run. [the study's base design]")
@size_options(worlds=200, futures=10)
@click.option(
    "--window", type=click.FloatRange(min=0, min_open=True), default=24, show_default=True, metavar="T",
    help="How long before a crossing an alarm counts as a warning of it, in the model's time unit.",
)  # fmt: skip
@click.option(
    "--false-alarms", type=click.FloatRange(min=0, max=1, min_open=True, max_open=True), default=0.1,
    show_default=True, metavar="SHARE", help="Share of quiet times in which an alarm may be on.",
)  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Where to write. [results/STUDY/watch]")
def watch(
    study: str | None,
    design: str | None,
    scenario: str | None,
    start: str | None,
    worlds: int,
    futures: int,
    seed: int | None,
    settings: tuple[str, ...],
    window: float,
    false_alarms: float,
    out: Path | None,
) -> None:
    """Say which published indicator of STUDY warns earliest before the bar is crossed, and how often for nothing.

    An alarm is on while an indicator, as late as it is published, has moved further from its resting value than a
    level. Levels are set on one half of the worlds so that alarms are on in a stated share of quiet times, and judged
    on the other half. STUDY is the default one unless named.
    """
    from policy_lab.analysis.watch import watch as judge
    from policy_lab.analysis.watch_words import watch_in_words
    from policy_lab.charts.watch import watch_chart
    from policy_lab.out.folder import check_folder
    from policy_lab.study import open_study

    under = design or open_study(study).file.comparison.base
    asked = {"scenario": scenario, "start": start, "worlds": worlds, "futures": futures, "seed": seed}
    opened, plan = plan_of(study, [under], settings, **asked)
    target = check_folder(out or Path("results") / opened.name / "watch")
    found = with_bar(
        "Watching", lambda evaluate: judge(plan, under, evaluate, window=window, false_alarms=false_alarms)
    )
    tell(
        f"{opened.file.title}: what should we watch?",
        _grid(found),
        watch_in_words(found),
        out=target,
        tables={"indicators": found.indicators, "curve": found.curve},
        figures={"watch": watch_chart(found)},
    )


def _grid(found: Watch) -> Grid:
    from policy_lab.analysis.words import percent
    from policy_lab.out.layout import Grid

    unit = found.setting.unit
    rows = tuple(
        (
            str(row.title),
            f"{row.sign} by {percent(row.level)}",
            f"{percent(row.hits)} ({percent(row.hits_q05)} to {percent(row.hits_q95)})",
            percent(row.hits_by_chance),
            f"{row.lead:.0f} ({row.lead_q05:.0f} to {row.lead_q95:.0f})" if row.lead == row.lead else "none",
            percent(row.false_alarms),
            f"{row.auc:.2f} ({row.auc_q05:.2f} to {row.auc_q95:.2f})",
        )
        for row in found.indicators.itertuples(index=False)
    )
    heads = (
        "indicator", "alarm when it", "crossings warned of", "by chance", f"{unit}s ahead", "false alarms", "AUC",
    )  # fmt: skip
    return Grid(heads, rows, "Brackets: 5 to 95 %; the one that tells most beyond chance first")
