"""Tables as CSV that is the same everywhere, and that no spreadsheet takes for a formula."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd

from policy_lab.results.files import written_whole

_RISKY = ("=", "+", "-", "@", "\t")
BOM = "\ufeff".encode()
"""Files that a person opens in Excel begin with it: without it Excel takes UTF-8 for the code page of the machine, and
every letter beyond ASCII is garbled. Python (`utf-8-sig`), pandas, R's readr, DuckDB and LibreOffice skip it."""
DIGITS = "%.10g"
"""Enough to rebuild every figure, few enough that a last bit does not show."""


def csv_text(table: pd.DataFrame) -> str:
    """Return a table as CSV: UTF-8 text, LF line ends, empty cells for what is not known.

    A text cell or a column name that begins with ``=``, ``+``, ``-``, ``@`` or a tab, perhaps after blanks, gets an
    apostrophe before it, so that a spreadsheet shows it and does not run it (OWASP, *CSV Injection*); line breaks in
    it become blanks. Numbers are not touched.
    """
    safe = table.copy()
    for name in safe.columns:
        if pd.api.types.is_bool_dtype(safe[name]):
            safe[name] = safe[name].map({True: "true", False: "false"})
        elif not pd.api.types.is_numeric_dtype(safe[name]):
            safe[name] = safe[name].map(plain_cell)
    safe.columns = pd.Index([plain_cell(name) for name in safe.columns])
    buffer = io.StringIO()
    safe.to_csv(buffer, index=False, lineterminator="\n", float_format=DIGITS)
    return buffer.getvalue()


def plain_cell(value: object) -> object:
    """Return a cell that cannot be run as a formula; everything but text is returned as it is."""
    if not isinstance(value, str):
        return value
    line = value.replace("\r", " ").replace("\n", " ")
    return f"'{line}" if line.lstrip(" ").startswith(_RISKY) else line


def write_csv(table: pd.DataFrame, path: Path, *, for_excel: bool = False) -> Path:
    """Write a table as CSV, whole or not at all; ``for_excel`` with the `BOM` that Excel needs.

    Raises
    ------
    InputError
        When the file cannot be written.
    """
    with written_whole(path) as temporary:
        temporary.write_bytes((BOM if for_excel else b"") + csv_text(table).encode("utf-8"))
    return path
