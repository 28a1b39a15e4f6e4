"""What places start from, in words and tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from policy_lab.analysis.places import place_figures
from policy_lab.analysis.words import listed, short_figure, spoken_unit
from policy_lab.out.layout import Grid, Lines, Section
from policy_lab.study.areas import bound_areas

if TYPE_CHECKING:
    import pandas as pd

    from policy_lab.study.areas import Area
    from policy_lab.study.study import Study

NO_RANKING = "In alphabetical order. A starting point is no judgement of a place, and nothing here ranks places."


def all_places(study: Study) -> list[Section]:
    """Return what every place starts from beside its neighbours' range, in alphabetical order."""
    table, binding = place_figures(study), bound_areas(study)
    titles = [binding.titles.get(name, name) for name in binding.bind]
    rows = tuple(
        (str(name), *(_cell(row) for _, row in rows.iterrows()))
        for (name, _), rows in table.groupby(["name", "key"], sort=False)
    )
    notes = [NO_RANKING, f"Figures of {binding.period}. In brackets: lowest and highest of its neighbours; m: million."]
    if binding.neighbours:
        notes.append(f"Neighbours: the {binding.neighbours.count} {binding.neighbours.title}.")
    filled = table.loc[table["filled_from"] != "", "name"].unique()
    if len(filled):
        notes.append(f"* not published: the median of neighbours stands in ({listed(sorted(filled))}).")
    return [Section(f"{len(rows)} places", (Lines(tuple(notes)), Grid(("place", *titles), rows)))]


def one_place(study: Study, place: Area) -> list[Section]:
    """Return what one place starts from, beside its neighbours' range, and who they are."""
    table, binding, areas = place_figures(study, [place.key]), bound_areas(study), study.areas()
    grid = Grid(
        ("starts from", "unit", "this place", "neighbours: lowest", "median", "highest"),
        tuple(
            (str(row["title"]), spoken_unit(str(row["unit"])), _marked(row), *_spread(row))
            for _, row in table.iterrows()
        ),
    )
    neighbours = sorted(areas[key].name for key in place.neighbours)
    near = f"The {len(neighbours)} {binding.neighbours.title}: {listed(neighbours)}." if binding.neighbours else ""
    notes = [line for line in (near, *_gaps(table), "A starting point is no judgement of a place.") if line]
    heading = f"{place.name} ({place.key}), {binding.period}"
    return [Section(heading, (grid, Lines(tuple(notes))))]


def _cell(row: pd.Series) -> str:
    """Return a place's figure and the range of its neighbours, as ``138 (90 to 207)``."""
    low, _, high = _spread(row)
    whole = f"{_marked(row)} ({low} to {high})" if row["beside"] else _marked(row)
    return whole.replace(" million", "m")


def _marked(row: pd.Series) -> str:
    return f"{short_figure(row['value'])}{'*' if row['filled_from'] else ''}"


def _spread(row: pd.Series) -> tuple[str, str, str]:
    low, middle, high = (short_figure(row[name]) if row["beside"] else "" for name in ("low", "median", "high"))
    return low, middle, high


def _gaps(table: pd.DataFrame) -> Iterator[str]:
    for _, row in table[table["filled_from"] != ""].iterrows():
        yield f"* {row['title']}: not published; the median of {row['filled_from']}."
    for _, row in table[table["value"].isna()].iterrows():
        yield f"{row['title']}: not published, and by too few neighbours; the study's own value stands."
