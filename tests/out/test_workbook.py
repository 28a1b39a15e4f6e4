from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from policy_lab.errors import InputError
from policy_lab.out.workbook import NOT_APPLICABLE, NOT_KNOWN, Sheet, header, write_workbook

TABLE = pd.DataFrame(
    {
        "design": ["open access", "=1+1", "Küste – 漁業"],
        "risk": [0.25, np.nan, 1.0],
        "cases": [1, 20_000, 3],
        "clear": [True, False, True],
        "words": ["", "see http://example.org", "a\nb"],
        "date": [dt.date(2026, 1, 1), dt.date(2026, 2, 1), dt.date(2026, 3, 1)],
    }
)
SHEETS = (
    Sheet("Risk", "Modelled risk", TABLE, ("Words above.",), {"risk": "share, 0 to 1"}),
    Sheet("Nothing", "No rows", pd.DataFrame({"a": [], "b": []})),
)


def written(path: Path) -> Path:
    return write_workbook(
        path, title="A shared fishery", cover=["Which?", "No forecast."], notes=["One.", "Two."], sheets=SHEETS
    )


@pytest.fixture
def book(tmp_path: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(written(tmp_path / "book.xlsx"))


def test_cover_contents_and_notes_come_first(book: openpyxl.Workbook) -> None:
    assert book.sheetnames == ["Cover", "Contents", "Notes", "Risk", "Nothing"]
    assert [cell.value for cell in book["Cover"]["A"]] == ["A shared fishery", "Which?", "No forecast."]
    contents = book["Contents"]
    assert [cell.value for cell in contents["A"]] == [
        "Contents",
        "This sheet holds one table of 3 rows and 2 columns.",
        "sheet",
        "Notes",
        "Risk",
        "Nothing",
    ]
    assert contents["A5"].hyperlink.location == "'Risk'!A1"
    assert book["Notes"]["B5"].value == "One."


def test_every_sheet_but_the_cover_is_one_marked_table(book: openpyxl.Workbook) -> None:
    for sheet in book.worksheets[1:]:
        (table,) = sheet.tables.values()
        first, last = table.ref.split(":")
        assert first.startswith("A")
        assert last == sheet.cell(sheet.max_row, sheet.max_column).coordinate
        assert table.headerRowCount in (1, None)
        assert table.autoFilter is None
        top = sheet[first].row
        assert sheet.freeze_panes == f"A{top + 1}"
        assert sheet["A1"].value
        assert not sheet.merged_cells.ranges
        assert [column.name for column in table.tableColumns] == [cell.value for cell in sheet[top]]
        for row in sheet.iter_rows(min_row=top):
            assert all(cell.value not in (None, "") for cell in row)
        for row in range(1, sheet.max_row + 1):
            assert sheet.cell(row, 1).value not in (None, ""), "no row is blank"
            assert not sheet.row_dimensions[row].hidden
        assert not any(dimension.hidden for dimension in sheet.column_dimensions.values())
        assert sheet.sheet_state == "visible"


def test_cells_hold_what_they_are(book: openpyxl.Workbook) -> None:
    sheet = book["Risk"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=4)]
    assert rows[0] == ["design", "risk (share, 0 to 1)", "cases", "clear", "words", "date"]
    assert rows[1] == ["open access", 0.25, 1, "true", NOT_APPLICABLE, dt.datetime(2026, 1, 1)]
    assert rows[2] == ["=1+1", NOT_KNOWN, 20_000, "false", "see http://example.org", dt.datetime(2026, 2, 1)]
    assert rows[3][0::4] == ["Küste – 漁業", "a b"]
    assert sheet["A6"].data_type == "s", "text that looks like a formula stays text"
    assert sheet["B5"].number_format == "0.000"
    assert sheet["C6"].number_format == "#,##0"
    assert sheet["F5"].number_format == "yyyy-mm-dd"
    assert not sheet["E6"].hyperlink


def test_a_table_without_rows_says_so(book: openpyxl.Workbook) -> None:
    rows = [[cell.value for cell in row] for row in book["Nothing"].iter_rows(min_row=2)]
    assert rows[0][0] == "This sheet holds one table of 0 rows and 2 columns."
    assert rows[2] == [NOT_APPLICABLE, NOT_APPLICABLE]


def test_the_document_has_title_and_language(tmp_path: Path, book: openpyxl.Workbook) -> None:
    assert (book.properties.title, book.properties.subject) == ("A shared fishery", "Which?")
    assert book.properties.language == "en-GB"
    assert book.properties.created == book.properties.modified == dt.datetime(2000, 1, 1)


def test_the_same_tables_give_the_same_bytes(tmp_path: Path) -> None:
    one, two = (written(tmp_path / name).read_bytes() for name in ("a.xlsx", "b.xlsx"))
    assert one == two
    with zipfile.ZipFile(tmp_path / "a.xlsx") as whole:
        assert whole.testzip() is None
        assert {entry.date_time[0] for entry in whole.infolist()} == {1980}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.xlsx", "b.xlsx"]


def test_what_a_workbook_cannot_hold_is_refused(tmp_path: Path) -> None:
    def of(rows: int, columns: int) -> Sheet:
        return Sheet("Runs", "Runs", pd.DataFrame(np.zeros((rows, columns))))

    for sheet, said in (
        (of(1_048_576, 1), "Excel holds 1,048,575"),
        (of(1_000_000, 3), "3,000,0.. cells, and 2,000,000"),
    ):
        with pytest.raises(InputError, match=said):
            write_workbook(tmp_path / "large.xlsx", title="T", cover=["c"], notes=["n"], sheets=[sheet])
    assert list(tmp_path.iterdir()) == []


def test_a_header_tells_its_unit_once() -> None:
    assert header("Boats (boat)", "boat") == "Boats (boat)"
    assert header("time", "month") == "time (month)"
