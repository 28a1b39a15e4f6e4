"""`policy-lab places`: what each place starts from, beside its neighbours."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from policy_lab.cli.door import note, progress_bar, warn

if TYPE_CHECKING:
    from policy_lab.study import Study


@click.command()
@click.argument("study", required=False)
@click.argument("places", metavar="[PLACE]...", nargs=-1)
@click.option("--chart", type=click.Path(path_type=Path), metavar="FILE", help="Run them and draw them: svg, png, pdf.")
@click.option("--farthest", is_flag=True, help="The two places whose published figures differ most.")
@click.option("--csv", "table", type=click.Path(path_type=Path), metavar="FILE", help="Write the figures as a table.")
@click.option("--futures", type=click.IntRange(min=1), default=20, show_default=True, metavar="S", help="Of the chart.")
def places(
    study: str | None, places: tuple[str, ...], chart: Path | None, farthest: bool, table: Path | None, futures: int
) -> None:
    """Say what each PLACE of STUDY starts from, beside the range of its neighbours.

    Places are asked for by key or by name; all are listed in alphabetical order unless some are named. Nothing here
    ranks places.
    """
    from policy_lab.analysis.places import most_different, place_figures
    from policy_lab.out.layout import as_text
    from policy_lab.out.places import all_places, one_place
    from policy_lab.study import open_study
    from policy_lab.study.areas import find_area

    opened = open_study(study)
    warn(opened.model.warnings)
    areas = opened.areas()
    keys = [find_area(areas, place) for place in places]
    if farthest:
        keys += [key for key in most_different(opened) if key not in keys]
    sections = [section for key in keys for section in one_place(opened, areas[key])] or all_places(opened)
    click.echo(as_text(sections))
    if table is not None:
        from policy_lab.results.files import written_whole

        with written_whole(table) as temporary:
            place_figures(opened, keys or None).to_csv(temporary, index=False, lineterminator="\n")
        click.echo(f"Wrote {table.resolve()}")
    if chart is not None:
        _draw(opened, keys, chart, futures)


def _draw(study: Study, keys: list[str], target: Path, futures: int) -> None:
    from policy_lab.charts.place import check_places, place_chart
    from policy_lab.run.places import run_places

    check_places(keys)
    with progress_bar("Running places") as bar:

        def tell(done: int, total: int) -> None:
            bar.resize(total)
            bar.batch(0)(done, total)

        results = run_places(study, keys, neighbours=True, futures=futures, progress=tell)
    note("Drawing …")
    click.echo(f"Wrote {place_chart(results, keys).save(target).resolve()}")
