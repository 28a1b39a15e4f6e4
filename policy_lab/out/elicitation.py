"""Write the sheet that experts fill in, and what came of it: tables, charts and words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from policy_lab.analysis.blind import Blind, blind_words, differing
from policy_lab.analysis.elicitation import by_expert, disagreement, elicitation_words, missing_table
from policy_lab.analysis.words import percent, spoken_unit, two_figures
from policy_lab.charts.elicitation import design_scores, most_disputed
from policy_lab.errors import InputError, Problem
from policy_lab.out.folder import whole_folder
from policy_lab.out.layout import Grid, Lines, Section, as_markdown, as_text
from policy_lab.out.tables import write_csv
from policy_lab.study.blind import blind_key, check_designs, described
from policy_lab.study.score_file import POOLED_FILE
from policy_lab.study.scores import POOL, Scores, bounds_of
from policy_lab.study.study import Study

BOM = "\ufeff"
"""Without it Excel does not take a CSV file for UTF-8."""
MOST_ROWS = 12
MOST_SPREADS = 4
"""So many designs leave room for ranges in a table of words."""


def template_table(study: Study, names: Mapping[str, str], *, expert: str = "", blind: bool = False) -> pd.DataFrame:
    """Return the sheet to fill in: one row a design and lever.

    ``names`` gives what a design is called in the sheet -> the design. Nothing is filled in but names, units and what
    they mean; blind, designs are described without their names.
    """
    rows = []
    for label, design in names.items():
        told = described(study, design) if blind else study.designs[design].title
        for key, lever in study.file.levers.items():
            rows.append(
                {
                    "expert": expert,
                    "design": label,
                    "lever": key,
                    "unit": lever.unit,
                    "low": "",
                    "mode": "",
                    "high": "",
                    "reason": "",
                    "described": told,
                    "title": lever.title,
                    "meaning": lever.meaning,
                    "range": _range_words(study, key),
                }
            )
    return pd.DataFrame(rows)


def write_template(
    study: Study,
    path: str | Path,
    *,
    designs: Iterable[str] | None = None,
    expert: str = "",
    blind: bool = False,
    seed: int | None = None,
) -> tuple[Path, ...]:
    """Write the sheet to fill in, and blind also its key beside it (``FILE.key.csv``); return the files.

    Raises
    ------
    InputError
        For an unknown design, an ending other than ``.csv``, or where a file cannot be written or stands already: one
        that was filled in must not be lost.
    """
    target = Path(path)
    if target.suffix.casefold() != ".csv":
        raise InputError(
            Problem(what=f"`{target.name}` is no name for a table", remedy="Use a name that ends in .csv.")
        )
    key = target.with_suffix(".key.csv")
    files = (target, key) if blind else (target,)
    standing = [file for file in files if file.exists()]
    if standing:
        remedy = "Name another file: one that was filled in is never written over."
        raise InputError(*(Problem(what="is there already", file=file, remedy=remedy) for file in standing))
    drawn = study.file.comparison.seed if seed is None else seed
    if blind:
        names = dict(blind_key(study, drawn, designs))
    else:
        wanted = tuple(study.file.comparison.designs if designs is None else designs)
        check_designs(study, wanted)
        names = {name: name for name in wanted}
    write_csv(template_table(study, names, expert=expert, blind=blind), target, for_excel=True)
    if blind:
        write_csv(pd.DataFrame({"label": list(names), "design": list(names.values())}), key)
    return files


def scores_table(scores: Scores, study: Study) -> pd.DataFrame:
    """Return scores in the form in which they are read, the weights with them."""
    rows = [
        (expert, design, lever, study.file.levers[lever].unit, one.low, one.mode, one.high, one.reason, weight)
        for expert, weight in zip(scores.experts, scores.weights, strict=True)
        for design, levers in scores.given[expert].items()
        for lever, one in levers.items()
    ]
    columns = ["expert", "design", "lever", "unit", "low", "mode", "high", "reason", "weight"]
    return pd.DataFrame(rows, columns=columns)


def elicitation_sections(study: Study, scores: Scores) -> list[Section]:
    """Return what came of an elicitation as words and small tables."""
    table, apart, missing = by_expert(study, scores), disagreement(study, scores), missing_table(study, scores)
    sections = [Section("What experts said", (Lines(elicitation_words(study, scores, apart, missing)),))]
    if not apart.empty:
        worst = tuple(
            (
                study.designs[row.design].short or row.design,
                row.title,
                f"{two_figures(row.lowest)} to {two_figures(row.highest)}",
                percent(row.furthest),
                f"{row.one}, {row.other}",
                percent(row.between),
                "yes" if row.apart else "no",
            )
            for row in apart.head(MOST_ROWS).itertuples(index=False)
        )
        named = ("design", "lever", "experts' means", "furthest", "between whom", "variance between", "nothing shared")
        sections.append(Section("Where they disagree most", (Grid(named, worst),)))
    pooled = table[table["expert"] == POOL]
    designs = [name for name in study.designs if (pooled["design"] == name).any()]
    heads = ("lever", *(study.designs[name].short or name for name in designs))
    rows = tuple(
        (
            lever.title,
            *(
                _cell(pooled[(pooled["design"] == name) & (pooled["lever"] == key)], len(designs) <= MOST_SPREADS)
                for name in designs
            ),
        )
        for key, lever in study.file.levers.items()
    )
    spread = ", and 5 to 95 %," if len(designs) <= MOST_SPREADS else ""
    note = f"Mean{spread} of the linear pool. pooled.csv has every expert beside it."
    return [*sections, Section("Pooled", (Grid(heads, rows), Lines((note,))))]


def write_elicitation(study: Study, scores: Scores, folder: str | Path) -> Path:
    """Write an elicitation to a folder, all of it or nothing; `policy-lab compare --scores FOLDER` takes it.

    ``scores.csv`` (as read, with weights), ``pooled.csv`` (by expert and pooled), ``disagreement.csv``,
    ``missing.csv``, ``disagreement.svg``, ``design-NAME.svg``, ``summary.txt`` and ``summary.md``.

    Raises
    ------
    InputError
        When the folder cannot be written to.
    """
    target = Path(folder)
    table, apart = by_expert(study, scores), disagreement(study, scores)
    figures = {"disagreement": most_disputed(study, scores, table, apart)}
    for design in dict.fromkeys(table["design"]):
        figures[f"design-{design}"] = design_scores(study, scores, table, apart, design)
    sections = elicitation_sections(study, scores)
    pictures = tuple(
        line
        for name, figure in figures.items()
        for line in (f"![{figure.alt.replace('[', '(').replace(']', ')')}]({name}.svg)", f"{figure.title}.")
    )
    with whole_folder(target) as temporary:
        write_csv(scores_table(scores, study), temporary / POOLED_FILE)
        write_csv(table, temporary / "pooled.csv")
        write_csv(apart, temporary / "disagreement.csv")
        write_csv(missing_table(study, scores), temporary / "missing.csv")
        for name, figure in figures.items():
            figure.save(temporary / f"{name}.svg")
        (temporary / "summary.txt").write_bytes(as_text(sections).encode("utf-8"))
        written = as_markdown([*sections, Section("Charts", (Lines(pictures),))])
        (temporary / "summary.md").write_bytes(written.encode("utf-8"))
    return target


def blind_sections(study: Study, scores: Scores, found: Blind) -> list[Section]:
    """Return what came of scoring blind as words and a table."""
    heads = ("design", "reader's scores", "authors' scores", "risk, reader's", "risk, authors'", "risk, placebo")
    grids = tuple(
        Grid(heads, _order_rows(study, rows), title=study.file.groups.get(str(group), str(group)))
        for group, rows in found.orders.groupby("group", sort=False)
    )
    note = (
        "Ranks inside each group; groups are not ranked against one another. Scores: 1 is the most enabling, with the "
        "mean place in the levers' ranges. Risk: 1 is the lowest modelled shortfall risk. Placebo: the reader's scores "
        "exchanged among the designs. Equal values share a rank."
    )
    return [
        Section(
            "A reader's order beside the authors'",
            (Lines((*blind_words(found, scores), differing(found, study))),),
        ),
        Section("Orders beside one another", (*grids, Lines((note, study.file.words.not_a_forecast)))),
    ]


def _order_rows(study: Study, orders: pd.DataFrame) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (
            study.designs[row.design].short or row.design,
            f"{row.reader_enabling_rank} ({percent(row.reader_enabling)})",
            f"{row.authors_enabling_rank} ({percent(row.authors_enabling)})",
            f"{row.reader_risk_rank} ({percent(row.reader_risk)})",
            f"{row.authors_risk_rank} ({percent(row.authors_risk)})",
            f"{row.placebo_risk_rank} ({percent(row.placebo_risk)})",
        )
        for row in orders.sort_values(["reader_enabling_rank", "design"]).itertuples(index=False)
    )


def write_blind(study: Study, scores: Scores, found: Blind, folder: str | Path) -> Path:
    """Write what came of scoring blind: ``scores.csv``, ``orders.csv``, ``agreement.csv``, ``placebo.csv``, words.

    Raises
    ------
    InputError
        When the folder cannot be written to.
    """
    target = Path(folder)
    sections = blind_sections(study, scores, found)
    with whole_folder(target) as temporary:
        write_csv(scores_table(scores, study), temporary / POOLED_FILE)
        write_csv(found.orders, temporary / "orders.csv")
        write_csv(found.agreement, temporary / "agreement.csv")
        write_csv(found.placebo, temporary / "placebo.csv")
        (temporary / "summary.txt").write_bytes(as_text(sections).encode("utf-8"))
        (temporary / "summary.md").write_bytes(as_markdown(sections).encode("utf-8"))
    return target


def _range_words(study: Study, key: str) -> str:
    lever = study.file.levers[key]
    low, high = bounds_of(study, lever)
    better = {"higher": "", "lower": "; lower is held to be better", "ambiguous": ""}[lever.better]
    if np.isfinite(low) and np.isfinite(high):
        return f"{low:g} to {high:g}{better}"
    return f"in {spoken_unit(lever.unit)}{better}"


def _cell(row: pd.DataFrame, spread: bool) -> str:
    if row.empty:
        return "-"
    one = row.iloc[0]
    if not spread:
        return two_figures(one["mean"])
    return f"{two_figures(one['mean'])} ({two_figures(one['q05'])} to {two_figures(one['q95'])})"
