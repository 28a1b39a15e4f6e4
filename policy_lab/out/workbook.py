"""An accessible Excel workbook: one marked table a sheet, nothing merged, hidden or blank.

After the Government Analysis Function's guidance on making spreadsheets accessible: a cover, contents and notes come
first; each sheet has its title in A1 and one table marked as such; units stand in headers; an empty cell says why it is
empty; nothing depends on colour; the file has a title and a language.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import pandas as pd

from policy_lab.errors import InputError, Problem
from policy_lab.out.run_rows import require_excel
from policy_lab.results.files import written_whole

Format: TypeAlias = Any
Workbook: TypeAlias = Any
Worksheet: TypeAlias = Any
"""These are classes of xlsxwriter, which comes without types."""

NOT_KNOWN = "[x]"
"""Stands in a cell without a number, after the shorthand of the Government Statistical Service."""
NOT_APPLICABLE = "[z]"
"""Stands in a cell that needs no words."""
MOST_CELLS = 2_000_000
"""More would take more than about half a gigabyte to write."""
LANGUAGE = "en-GB"
FIXED_DATE: Final = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
"""Date of creation of every workbook: the same results give the same bytes."""
_LONGEST_CELL = 32_767
_WIDEST, _LETTER, _LINE = 100, 1.1, 16
"""Width of a page of text, and of a letter, in Excel's units of width; height of a line in points."""
_FONT: Final = {"font_name": "Arial", "font_size": 12}
_NO_UNITS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Sheet:
    """One sheet: its name, its title, words above the table, the table, and the unit of each column that has one."""

    name: str
    title: str
    table: pd.DataFrame
    words: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=lambda: _NO_UNITS)

    @property
    def headers(self) -> list[str]:
        """The header of each column, with its unit."""
        return [header(str(name), self.units.get(str(name), "")) for name in self.table.columns]


def header(name: str, unit: str) -> str:
    """Return the header of a column: its name, and its unit unless the name tells it.

    >>> header("risk", "share, 0 to 1"), header("Boats (boat)", "boat"), header("design", "")
    ('risk (share, 0 to 1)', 'Boats (boat)', 'design')
    """
    return name if not unit or f"({unit})" in name else f"{name} ({unit})"


def write_workbook(
    path: Path, *, title: str, cover: Sequence[str], notes: Sequence[str], sheets: Sequence[Sheet]
) -> Path:
    """Write a workbook, whole or not at all; the same tables give the same bytes.

    Parameters
    ----------
    title
        Of the document and of its cover.
    cover
        Paragraphs below the title.
    notes
        Numbered in their order on the sheet of notes.
    sheets
        In the order of the contents.

    Raises
    ------
    InputError
        When a table has more rows than a sheet holds, or all of them are too much for a workbook.
    """
    import xlsxwriter  # type: ignore[import-untyped]

    numbered = pd.DataFrame({"note": range(1, len(notes) + 1), "text": list(notes)})
    all_sheets = [
        Sheet("Contents", "Contents", _contents(sheets)),
        Sheet("Notes", "Notes", numbered, ("Notes apply to every sheet unless they say otherwise.",)),
        *sheets,
    ]
    _require_room(path, all_sheets)
    with written_whole(path) as temporary:
        unfinished = temporary.with_name(f"{temporary.name}.plain")
        try:
            # Nothing is taken for a formula, a link or a number because of how it looks.
            plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
            book = xlsxwriter.Workbook(str(unfinished), plain)
            formats = _formats(book)
            properties = {"title": title, "subject": cover[0] if cover else "", "author": "policy_lab"}
            book.set_properties({**properties, "created": FIXED_DATE})
            _cover(book, formats, title, cover)
            for sheet in all_sheets:
                _sheet(book, formats, sheet)
            book.close()
            _say_language(unfinished, temporary)
        finally:
            unfinished.unlink(missing_ok=True)
    return path


def _contents(sheets: Sequence[Sheet]) -> pd.DataFrame:
    rows = [("Notes", "What words, figures and signs mean")] + [(sheet.name, sheet.title) for sheet in sheets]
    return pd.DataFrame(rows, columns=["sheet", "what it holds"])


def _require_room(path: Path, sheets: Sequence[Sheet]) -> None:
    for sheet in sheets:
        above = len(sheet.words) + 2
        require_excel(len(sheet.table) + above, len(sheet.table.columns), f"sheet `{sheet.name}`", "Parquet or CSV")
    cells = sum(sheet.table.size for sheet in sheets)
    if cells > MOST_CELLS:
        what = f"the workbook would have {cells:,} cells, and {MOST_CELLS:,} is the most that is written"
        raise InputError(Problem(what=what, file=path, remedy="Choose fewer outcomes or designs, or Parquet or CSV."))


def _formats(book: Workbook) -> dict[str, Format]:
    shapes: dict[str, dict[str, Any]] = {
        "title": {"bold": True, "font_size": 16},
        "text": {"valign": "top"},
        "wrapped": {"text_wrap": True, "valign": "top"},
        "header": {"bold": True, "text_wrap": True, "valign": "top", "bottom": 1},
        "link": {"font_color": "#0000EE", "underline": 1},
        "whole": {"valign": "top", "num_format": "#,##0", "align": "right"},
        "small": {"valign": "top", "num_format": "0.000", "align": "right"},
        "large": {"valign": "top", "num_format": "#,##0.0", "align": "right"},
        "date": {"valign": "top", "num_format": "yyyy-mm-dd", "align": "right"},
        "sign": {"valign": "top", "align": "right"},
    }
    return {name: book.add_format({**_FONT, **shape}) for name, shape in shapes.items()}


def _cover(book: Workbook, formats: Mapping[str, Format], title: str, cover: Sequence[str]) -> None:
    page = book.add_worksheet("Cover")
    page.hide_gridlines(2)
    page.fit_to_pages(1, 0)
    page.set_column(0, 0, _WIDEST)
    page.write_string(0, 0, title, formats["title"])
    for row, words in enumerate(cover, start=1):
        page.write_string(row, 0, words, formats["wrapped"])
        page.set_row(row, _LINE * _lines(words, _WIDEST))


def _sheet(book: Workbook, formats: Mapping[str, Format], sheet: Sheet) -> None:
    page = book.add_worksheet(sheet.name)
    page.write_string(0, 0, sheet.title, formats["title"])
    rows, columns = sheet.table.shape
    described = f"This sheet holds one table of {rows:,} row{'s' if rows != 1 else ''} and {columns:,} columns."
    for row, words in enumerate((described, *sheet.words), start=1):
        page.write_string(row, 0, words, formats["text"])
    top = len(sheet.words) + 2
    # A table needs a row beneath its header even where nothing was found.
    told = sheet.table if rows else pd.DataFrame([[NOT_APPLICABLE] * columns], columns=sheet.table.columns)
    heights = [1] * len(told)
    widths = _widths(told, sheet.headers)
    for place, (name, width) in enumerate(zip(told.columns, widths, strict=True)):
        page.set_column(place, place, width)
        lines = _column(page, formats, told[name], place, top + 1, width, links=sheet.name == "Contents" and not place)
        heights = [max(pair) for pair in zip(heights, lines, strict=True)]
    for row, height in enumerate(heights, start=top + 1):
        if height > 1:
            page.set_row(row, _LINE * height)
    page.set_row(top, _LINE * max(_lines(words, width) for words, width in zip(sheet.headers, widths, strict=True)))
    _mark_table(page, formats, sheet, top, len(told))
    page.freeze_panes(top + 1, 0)
    page.set_landscape()
    if sum(widths) < 2 * _WIDEST:
        page.fit_to_pages(1, 0)
    page.repeat_rows(top)


def _mark_table(page: Worksheet, formats: Mapping[str, Format], sheet: Sheet, top: int, rows: int) -> None:
    """Mark a table as one, so that a screen reader tells the header of every cell."""
    headers = [{"header": words, "header_format": formats["header"]} for words in sheet.headers]
    name = f"table_{re.sub(r'[^A-Za-z0-9]+', '_', sheet.name)}"
    shape = {"style": "Table Style Light 1", "banded_rows": False, "autofilter": False}
    page.add_table(top, 0, top + rows, len(headers) - 1, {"name": name, "columns": headers, **shape})


def _widths(table: pd.DataFrame, headers: Sequence[str]) -> list[float]:
    """Return a width for each column: of its longest text, so far as that leaves room for the others."""
    most = _WIDEST if len(headers) <= 4 else 60
    widths = []
    for name, words in zip(table.columns, headers, strict=True):
        longest = max((len(value) for value in table[name].tolist() if isinstance(value, str)), default=0)
        widths.append(min(max(longest * _LETTER, len(words) * _LETTER / 2, 10) + 2, most))
    return widths


def _lines(words: str, width: float) -> int:
    """Return over how many lines words run in a column."""
    return max(1, math.ceil(len(words) * _LETTER / (width - 1)))


def _column(
    page: Worksheet,
    formats: Mapping[str, Format],
    values: pd.Series,
    place: int,
    first: int,
    width: float,
    *,
    links: bool = False,
) -> list[int]:
    """Write one column, each cell as what it is; return how many lines each takes."""
    lines = []
    shape = formats[_number_shape(values)]
    for row, value in enumerate(values.tolist(), start=first):
        lines.append(1)
        if isinstance(value, bool):
            page.write_string(row, place, "true" if value else "false", formats["text"])
        elif isinstance(value, dt.date):
            page.write_datetime(row, place, dt.datetime.combine(value, dt.time()), formats["date"])
        elif isinstance(value, int | float) and math.isfinite(value):
            page.write_number(row, place, value, shape)
        elif isinstance(value, str) and value.strip():
            lines[-1] = _lines(value, width)
            if links:
                page.write_url(row, place, f"internal:'{value}'!A1", formats["link"], value)
            else:
                page.write_string(row, place, _cell(value), formats["wrapped" if lines[-1] > 1 else "text"])
        else:
            sign = NOT_APPLICABLE if isinstance(value, str) else NOT_KNOWN
            page.write_string(row, place, sign, formats["text" if isinstance(value, str) else "sign"])
    return lines


def _number_shape(values: pd.Series) -> str:
    """Return how the numbers of a column are shown; the cells keep every digit."""
    numbers = pd.to_numeric(values, errors="coerce").dropna().astype(float)
    if (numbers == numbers.round()).all():
        return "whole"
    return "small" if numbers.abs().max() < 10 else "large"


def _cell(text: str) -> str:
    """Return a text that a cell holds: on one line, and no longer than Excel allows."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_CELL else f"{line[: _LONGEST_CELL - 1]}…"


def _say_language(source: Path, target: Path) -> None:
    """Copy a workbook, and say in its properties which language it is in: the writer has no option for that."""
    said = f"<dc:language>{LANGUAGE}</dc:language></cp:coreProperties>"
    with zipfile.ZipFile(source) as plain, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as whole:
        for entry in plain.infolist():
            content = plain.read(entry)
            if entry.filename == "docProps/core.xml":
                content = content.decode("utf-8").replace("</cp:coreProperties>", said).encode("utf-8")
            whole.writestr(entry, content, zipfile.ZIP_DEFLATED)
