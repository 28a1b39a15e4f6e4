"""Export stored runs: the tables by which they are read as a decision, or every run, for the tools that people use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import pandas as pd

from policy_lab.errors import InputError, Problem
from policy_lab.out.batch_words import cover_lines, note_lines
from policy_lab.out.data_dictionary import data_dictionary, study_of
from policy_lab.out.decision_tables import Calm, decision_tables
from policy_lab.out.folder import check_folder, whole_folder
from policy_lab.out.input_rows import input_rows, input_schema
from policy_lab.out.netcdf import write_netcdf
from policy_lab.out.run_files import write_csv_batches, write_parquet, write_tidy_csv, write_wide_csv
from policy_lab.out.run_rows import OUTCOME, Wanted, require_excel, tidy_rows, tidy_schema
from policy_lab.out.tables import write_csv
from policy_lab.out.workbook import MOST_CELLS, Sheet, write_workbook
from policy_lab.results.files import written_whole
from policy_lab.results.opening import open_batch
from policy_lab.results.read_write import write_manifest
from policy_lab.results.stored import StoredRuns

if TYPE_CHECKING:
    from policy_lab.results.choosing import Names

Format = Literal["tidy", "wide", "xlsx", "parquet", "netcdf"]
Progress = Callable[[str, int, int], None]
SUMMARY_FORMATS: Final = ("xlsx", "tidy", "parquet")


def export_batch(
    runs: StoredRuns | str | Path,
    folder: str | Path,
    *,
    format: Format = "xlsx",
    every_run: bool | None = None,
    design: Names = None,
    scenario: Names = None,
    area: Names = None,
    setting: Names = None,
    outcome: Names = None,
    calm: Calm | None = None,
    beyond_excel: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Write stored runs to a folder for other tools, all of it or nothing.

    Parameters
    ----------
    runs
        Of `open_batch`, or a folder or file that it opens.
    folder
        Is made where it is missing; files of the same names are replaced, others stay.
    format
        ``tidy``: CSV with a row for each case and time; ``wide``: CSV with a row for each case and outcome and a column
        a time; ``xlsx``: an accessible workbook; ``parquet``; ``netcdf`` (needs the `export` extra).
    every_run
        True: every run, and beside them what was drawn, a data dictionary and the failed cases. False: the decision
        tables and quantile paths. By default the tables as ``xlsx``, and every run in any other format.
    design, scenario, area, setting, outcome
        A name or several; all of them by default. In a workbook of tables the quantile paths are those of the
        outcomes asked for.
    calm
        Runs a block's worlds when nothing happens; see `decision_tables`.
    beyond_excel
        Write a CSV that is too large for Excel too.
    progress
        Told what is being written, how far, of how much.

    Returns
    -------
    pathlib.Path
        The folder. Apart from ``manifest.json``, which says when it was made, the same runs give the same bytes.

    Raises
    ------
    InputError
        For a name that is not there, a format that does not hold what is asked for, and what cannot be written.
    """
    stored = runs if isinstance(runs, StoredRuns) else open_batch(runs)
    choice = stored.choose(design=design, scenario=scenario, area=area, setting=setting, outcome=outcome)
    wanted = Wanted(stored, choice)
    whole = every_run if every_run is not None else format != "xlsx"
    if not whole and format not in SUMMARY_FORMATS:
        remedy = f"The summary is written as {', '.join(SUMMARY_FORMATS)}."
        raise InputError(Problem(what=f"`{format}` holds runs, and the summary is no runs", remedy=remedy))
    if next(wanted.parts(), None) is None:
        raise InputError(Problem(what="of what is asked for no runs are there", file=stored.folder))
    tell = progress or _silent
    with whole_folder(check_folder(folder)) as temporary:
        if whole:
            _write_runs(wanted, temporary, format, beyond_excel, tell)
        else:
            _write_tables(wanted, temporary, format, calm, tell)
        failed = _failed(wanted)
        if len(failed):
            write_csv(failed, temporary / "failures.csv", for_excel=True)
        write_manifest({**stored.manifest, "export": _told(wanted, format, whole)}, temporary / "manifest.json")
    return Path(folder)


def _write_runs(wanted: Wanted, folder: Path, format: Format, beyond_excel: bool, tell: Progress) -> None:
    told = partial(tell, "runs")
    if format == "tidy":
        write_tidy_csv(wanted, folder / "runs.csv", beyond_excel=beyond_excel, progress=told)
    elif format == "wide":
        write_wide_csv(wanted, folder / "runs_wide.csv", beyond_excel=beyond_excel, progress=told)
    elif format == "parquet":
        write_parquet(wanted, folder / "runs.parquet", progress=told)
    elif format == "netcdf":
        write_netcdf(wanted, folder / "runs.nc", progress=told)
    else:
        _write_runs_workbook(wanted, folder / "runs.xlsx", tell)
    schema = input_schema(wanted)
    if len(schema) and format == "parquet":
        _write_inputs_parquet(wanted, folder / "inputs.parquet")
    elif len(schema) and format != "xlsx":
        rows = len(wanted.choice.designs) * len(wanted.choice.worlds)
        write_csv_batches(input_rows(wanted), schema, folder / "inputs.csv", rows)
    write_csv(data_dictionary(wanted, schema.names), folder / "dictionary.csv", for_excel=True)


def _write_runs_workbook(wanted: Wanted, path: Path, tell: Progress) -> None:
    """Write every run as one sheet, its inputs as a second, the data dictionary as a third."""
    schema = tidy_schema(wanted)
    rows = wanted.cases * len(wanted.choice.times)
    require_excel(rows + 3, len(schema), path.name, "Parquet or `--format tidy --beyond-excel`")
    if rows * len(schema) > MOST_CELLS:
        what = f"{path.name} would have {rows * len(schema):,} cells, and {MOST_CELLS:,} is the most that is written"
        remedy = "Choose fewer outcomes, designs or scenarios, the summary instead of the runs, or CSV or Parquet."
        raise InputError(Problem(what=what, remedy=remedy))
    tell("runs", 0, rows)
    runs = pd.concat([batch.to_pandas() for batch in tidy_rows(wanted)], ignore_index=True)
    inputs = [batch.to_pandas() for batch in input_rows(wanted)]
    guide = data_dictionary(wanted, input_schema(wanted).names)
    units = dict(zip(guide["column"], guide["unit"], strict=True))
    sheets = [
        Sheet("Runs", "Every run: one row a case and saved time", runs, ("Empty outcomes are of failed cases.",), units)
    ]
    if inputs:
        drawn = pd.concat(inputs, ignore_index=True)
        sheets.append(Sheet("Inputs", "What was drawn for each design and world", drawn, (), units))
    sheets.append(Sheet("Dictionary", "What every column holds", guide))
    _write_book(wanted, path, sheets, tables=False)
    tell("runs", rows, rows)


def _write_tables(wanted: Wanted, folder: Path, format: Format, calm: Calm | None, tell: Progress) -> None:
    tables = decision_tables(wanted.stored, wanted.choice, calm=calm, progress=partial(tell, "tables"))
    if format == "xlsx":
        _write_book(wanted, folder / "summary.xlsx", tables.sheets, tables=True)
        return
    for sheet in tables.sheets:
        name = sheet.name.lower().replace(" ", "_")
        if format == "parquet" and sheet.name != "Columns":
            with written_whole(folder / f"{name}.parquet") as temporary:
                sheet.table.to_parquet(temporary, index=False)
        else:
            write_csv(sheet.table, folder / f"{name}.csv", for_excel=True)


def _write_book(wanted: Wanted, path: Path, sheets: Sequence[Sheet], *, tables: bool) -> None:
    study = study_of(wanted.stored)
    title = study.file.title if study else str(wanted.stored.manifest.get("subject", "Modelled runs"))
    notes = note_lines(wanted, study, tables=tables)
    write_workbook(path, title=title, cover=cover_lines(wanted, study), notes=notes, sheets=sheets)


def _write_inputs_parquet(wanted: Wanted, path: Path) -> None:
    import pyarrow.parquet as pq

    with (
        written_whole(path) as temporary,
        pq.ParquetWriter(temporary, input_schema(wanted), compression="zstd") as writer,
    ):
        for batch in input_rows(wanted):
            writer.write_batch(batch)


def _failed(wanted: Wanted) -> pd.DataFrame:
    """Return the failed cases among what is exported."""
    table, choice = wanted.stored.failures, wanted.choice
    kept = table["design"].isin(choice.designs) & table["scenario"].isin(choice.scenarios)
    return table[kept & table["area"].isin(choice.areas) & table["setting"].isin(choice.settings)]


def _told(wanted: Wanted, format: str, whole: bool) -> dict[str, object]:
    choice = wanted.choice
    return {
        "format": format,
        "holds": "runs" if whole else "summary",
        "designs": choice.designs,
        "blocks": [block.name for _, block in choice.blocks(wanted.stored.blocks)],
        "outcomes": choice.outcomes,
        "columns_of_outcomes_begin_with": OUTCOME if whole else "",
        **({"incomplete": [problem.what for problem in wanted.stored.warnings]} if wanted.stored.warnings else {}),
    }


def _silent(_: str, __: int, ___: int) -> None:
    """Tell nobody."""
