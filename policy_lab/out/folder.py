"""Write everything that a comparison leaves: tables, runs, charts, words and manifest."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from policy_lab.analysis.decision import Reading
from policy_lab.analysis.put_in import PutIn
from policy_lab.analysis.tables import Tables, tables_of
from policy_lab.charts.dominance import dominance_figure
from policy_lab.charts.fan import fan_figure
from policy_lab.charts.figure import Figure
from policy_lab.charts.risk import risk_figure
from policy_lab.charts.satisfice import satisficing_figure
from policy_lab.charts.split import split_figure
from policy_lab.charts.surface import surface_figure
from policy_lab.charts.survival import survival_figure
from policy_lab.errors import InputError, Problem, nearest_names
from policy_lab.out.layout import Lines, Section, as_markdown, as_text
from policy_lab.out.summary import summary
from policy_lab.out.tables import write_csv
from policy_lab.results.files import unwritable
from policy_lab.results.read_write import write_manifest, write_runs
from policy_lab.results.types import Results

Progress = Callable[[str], None]


def export(
    results: Results,
    folder: str | Path,
    *,
    checks: PutIn | None = None,
    tables: Tables | None = None,
    all_runs: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Write a comparison to a folder, all of it or nothing.

    The files are written beside the folder first and moved into it at the end, so that a failure leaves no half-written
    file. Apart from ``manifest.json``, which says when it was made, the same results give the same bytes.

    Parameters
    ----------
    results
        Finished cases.
    folder
        Is made where it is missing; files of the same names are replaced, others stay.
    checks
        What :func:`policy_lab.analysis.put_in.put_in` found; without it the summary says that orders were not tested.
    tables
        The tables, if they have been made already.
    all_runs
        Also write every run as ``runs.csv``.
    progress
        Told what is being written.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    InputError
        When the folder cannot be written to.
    """
    target = Path(folder)
    made = tables if tables is not None else tables_of(results, checks)
    say = progress or _silent
    with whole_folder(target) as temporary:
        say("tables")
        for name, table in csv_files(made):
            write_csv(table, temporary / f"{name}.csv")
        say("runs")
        write_runs(results, temporary / "runs.parquet")
        if all_runs:
            write_runs(results, temporary / "runs.csv")
        say("charts")
        figures = figures_of(results, made)
        for name, figure in figures.items():
            figure.save(temporary / f"{name}.svg")
            figure.save(temporary / f"{name}.png")
        say("words")
        sections = summary(made, results.plan.study.file)
        (temporary / "summary.txt").write_bytes(as_text(sections).encode("utf-8"))
        (temporary / "summary.md").write_bytes(as_markdown([*sections, _pictures(figures)]).encode("utf-8"))
        write_manifest(results.manifest, temporary / "manifest.json")
    return target


def check_folder(folder: str | Path) -> Path:
    """Return the folder, if `export` can write to it: asked before a long run, not after it.

    Raises
    ------
    InputError
        When it is a file, or neither it nor the nearest folder above it that exists can be written to.
    """
    target = Path(folder)
    if target.exists() and not target.is_dir():
        raise InputError(Problem(what="is a file, where a folder is to be written", file=target))
    try:
        nearest = next(above for above in target.absolute().parents if above.exists())
        with tempfile.TemporaryDirectory(dir=nearest, prefix=f".{target.name}."):
            return target
    except OSError as error:
        raise unwritable(target, error) from error


def _silent(_: str) -> None:
    """Tell nobody."""


def csv_files(tables: Tables) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the name of its file and each table of a comparison."""
    yield "dominance", tables.dominance
    yield "risk", tables.risk
    yield "pairwise", tables.pairwise
    yield "series", tables.series
    yield "surface", tables.surface
    yield "thresholds", tables.thresholds
    yield "split", tables.split
    yield "columns", tables.columns
    yield from reading_tables(tables.reading)
    if tables.put_in is not None:
        yield "flips", tables.put_in.flips
        yield "placebo", tables.put_in.placebo
        yield "variance", tables.put_in.variance
        yield "variance_grades", tables.put_in.grades
        if len(tables.put_in.variants):
            yield "variants", tables.put_in.variants


def reading_tables(reading: Reading) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the name of its file and each table that holds something."""
    named = {
        "survival": reading.survival,
        "holding_times": reading.holding_times,
        "satisficing": reading.satisficing,
        "stochastic_dominance": reading.stochastic,
        "convergence": reading.convergence,
        "convergence_pairs": reading.pair_convergence,
        "burden_timing": reading.timing,
    }
    yield from ((name, table) for name, table in named.items() if not table.empty)


def _drawers(results: Results, tables: Tables) -> dict[str, Callable[[], Figure]]:
    """Return what draws each chart of a comparison, by its short name."""
    setting, measure = tables.setting, results.plan.study.file.measures.shortfall
    paths = tables.series[tables.series["variable"] == measure.variable]
    drawers: dict[str, Callable[[], Figure]] = {
        "dominance": lambda: dominance_figure(tables.dominance, tables.pairwise, setting),
        "risk": lambda: risk_figure(tables.risk, tables.pairwise, setting),
        "surface": lambda: surface_figure(tables.surface, setting),
        "split": lambda: split_figure(tables.split, setting),
        "survival": lambda: survival_figure(tables.reading.survival, tables.reading.holding_times, setting),
    }
    if results.plan.study.file.criteria:
        drawers["satisficing"] = lambda: satisficing_figure(tables.reading.satisficing, setting)
    if not paths.empty:
        drawers["fan"] = lambda: fan_figure(paths, measure.variable, setting, measure.threshold)
    return drawers


def figures_of(results: Results, tables: Tables, names: Sequence[str] | None = None) -> dict[str, Figure]:
    """Return charts of a comparison by their short names; all of them unless told.

    Raises
    ------
    InputError
        For a chart that there is not.
    """
    drawers = _drawers(results, tables)
    chosen = tuple(drawers) if names is None else tuple(names)
    unknown = [name for name in chosen if name not in drawers]
    if unknown:
        raise InputError(
            *(
                Problem(
                    what=f"no chart `{one}`",
                    nearest=nearest_names(one, drawers),
                    remedy=f"Known: {', '.join(drawers)}.",
                )
                for one in unknown
            )
        )
    return {name: drawers[name]() for name in chosen}


def _pictures(figures: dict[str, Figure]) -> Section:
    """Return the charts as Markdown pictures, each with its alt text."""
    lines = []
    for name, figure in figures.items():
        alt = figure.alt.replace("[", "(").replace("]", ")")
        lines.append(f"![{alt}]({name}.png)")
        lines.append(f"{figure.title}. {figure.source}")
    return Section("Charts", (Lines(tuple(lines)),))


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """Give a temporary folder beside ``target``; its files move there when the block ends without an error."""
    temporary = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        check_folder(target)
        temporary.mkdir(parents=True)
        yield temporary
        target.mkdir(exist_ok=True)
        for file in sorted(temporary.iterdir()):
            os.replace(file, target / file.name)
    except OSError as error:
        raise unwritable(target, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
