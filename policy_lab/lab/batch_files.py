"""A batch as files for other tools: written beside the notebook, and handed to the browser where they are small."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from policy_lab.analysis.put_in import calm_plan
from policy_lab.errors import InputError, Problem
from policy_lab.lab.batch_table import is_whole
from policy_lab.out.batch_export import Format, export_batch
from policy_lab.out.decision_tables import measured
from policy_lab.results.opening import open_batch
from policy_lab.results.types import Results
from policy_lab.run.batch import run

LARGEST: Final = 20_000_000
"""Bytes that are sent to the browser; more stays beside the notebook."""
WORTH: Final = 100_000_000
"""Bytes up to which files are packed to see whether they are small enough then."""
FORMATS: Final[dict[Format, str]] = {
    "xlsx": "Excel workbook of the decision tables",
    "tidy": "CSV, a row for each run and saved time",
    "wide": "CSV, a row for each run and outcome",
    "parquet": "Parquet, for R, Python, DuckDB",
    "netcdf": "NetCDF, labelled arrays",
}
_STAMP: Final = (1980, 1, 1, 0, 0, 0)
"""Of every file in a zip, whenever it is made: the same files give the same bytes."""


@dataclass(frozen=True)
class Exported:
    """Files that were written: where they lie, how large they are, and what can be sent of them.

    ``content`` is empty where they are too large to be sent.
    """

    folder: Path
    sizes: tuple[tuple[str, int], ...]
    whole: bool
    name: str
    content: bytes

    def plain(self) -> dict[str, Any]:
        """Return what the page says of it."""
        sizes = [[name, size] for name, size in self.sizes]
        sent = {"name": self.name if self.content else "", "size": len(self.content)}
        return {"folder": str(self.folder), "files": sizes, "whole": self.whole, "sent": sent}


def exported(
    batch: Path,
    format: Format,
    *,
    brief: bool = False,
    progress: Callable[[str, int, int], None] | None = None,
) -> Exported:
    """Write a batch for other tools, in a folder beside it.

    Parameters
    ----------
    batch
        The batch's folder; one that was cancelled gives the runs that are there, and its files say that it is partial.
    format
        As for `export_batch`.
    brief
        No more outcomes than the measures need.
    progress
        Told what is being written, how far, of how much; what it raises ends the export, and nothing is left of it.

    Raises
    ------
    InputError
        For the decision tables of a batch that is not whole, and for what cannot be written.
    """
    stored = open_batch(batch)
    whole = is_whole(stored)
    if format == "xlsx" and not whole:
        what = "the workbook holds decision tables, which are made of a whole batch"
        raise InputError(Problem(what=what, remedy="Go on with the batch, or choose another format for its runs."))
    target = batch.with_name(f"{batch.name}-{format}{'' if whole else '-partial'}")
    outcomes = [name for name in measured(stored.plan().study) if name in stored.outcomes] if brief else None
    export_batch(stored, target, format=format, outcome=outcomes, calm=_calm, beyond_excel=True, progress=progress)
    names = sorted(path for path in target.iterdir() if path.is_file())
    sizes = tuple((path.name, path.stat().st_size) for path in names)
    name, content = _sent(batch.name, target, names)
    return Exported(target, sizes, whole, name, content)


def _calm(results: Results) -> Results:
    """Run the same worlds when nothing happens, with one thread: whoever moves a slider has the others."""
    return run(calm_plan(results.plan), threads=1)


def _sent(name: str, folder: Path, files: list[Path]) -> tuple[str, bytes]:
    """Return what is sent to the browser: a workbook as it is, several files as one zip; nothing where too large."""
    books = [path for path in files if path.suffix == ".xlsx"]
    if len(books) == 1 and books[0].stat().st_size <= LARGEST:
        return f"{name}.xlsx", books[0].read_bytes()
    if sum(path.stat().st_size for path in files) > WORTH:
        return "", b""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            entry = zipfile.ZipInfo(f"{folder.name}/{path.name}", _STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
    content = packed.getvalue()
    return (f"{folder.name}.zip", content) if len(content) <= LARGEST else ("", b"")
