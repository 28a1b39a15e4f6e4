"""Spreadsheets: what is read of whole ones, and one clear fault for every other."""

from __future__ import annotations

import io
import random
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_lab.model.beside import Beside, BesideError, read_beside
from policy_lab.model.cells import Box
from policy_lab.model.workbooks import open_workbook

TABLES = Path(__file__).parents[1] / "conformance"
CELLS = (("year", "north", "south", "west"), (1.0, 1.0, 10.0, 5.0), (2.0, 3.0, None, 6.0), (5.0, 9.0, 40.0, 7.0))


@pytest.mark.parametrize("name", ["direct.xlsx", "direct.xls"])
def test_a_sheet_is_its_cells(name: str) -> None:
    book = open_workbook(read_beside(TABLES, name))
    assert book.sheets == ("Numbers",)
    sheet = book.sheet("numbers ")
    assert tuple(row[:4] for row in sheet.rows[:4]) == CELLS
    assert sheet.at(4, 2) == 50.0


def test_what_is_no_number_is_told_as_text() -> None:
    sheet = open_workbook(read_beside(TABLES, "direct.xls")).sheet("Numbers")
    assert (sheet.at(1, 4), sheet.at(1, 5), sheet.at(2, 4), sheet.at(3, 4)) == (
        "2026-11-23 00:00:00",
        "TRUE",
        0.0,
        None,
    )


def test_names_of_cells() -> None:
    book = open_workbook(read_beside(TABLES, "direct.xlsx"))
    assert book.cells_named("Numbers", "A_Row") == Box(3, 1, 3, 3)
    with pytest.raises(BesideError) as caught:
        book.cells_named("Numbers", "yeers")
    assert caught.value.nearest == ("years",)


def harmed(raw: bytearray, chance: random.Random) -> bytes:
    """Change, leave out, repeat or put in a few bytes."""
    for _ in range(chance.choice([1, 2, 5, 20])):
        at = chance.randrange(len(raw))
        match chance.randrange(4):
            case 0:
                raw[at] = chance.randrange(256)
            case 1:
                del raw[at : at + chance.randrange(1, 60)]
            case 2:
                raw[at:at] = raw[at : at + chance.randrange(1, 200)]
            case _:
                raw[at:at] = chance.choice([b"9" * 12, b'"', b"&x;", b"<", b"\xff", b"1e999", b' r="1"'])
        if not raw:
            break
    return bytes(raw)


def harmed_part(raw: bytes, chance: random.Random) -> bytes:
    """Do the same to one part of an archive, which stays whole."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        parts = {one: archive.read(one) for one in archive.namelist()}
    name = chance.choice(list(parts))
    parts[name] = harmed(bytearray(parts[name]), chance)
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    return kept.getvalue()


@given(st.sampled_from(["direct.xlsx", "direct.xls"]), st.booleans(), st.randoms())
def test_a_harmed_spreadsheet_is_read_or_refused(name: str, inside: bool, chance: random.Random) -> None:
    whole = read_beside(TABLES, name).raw
    raw = harmed_part(whole, chance) if inside and name.endswith("x") else harmed(bytearray(whole), chance)
    try:
        book = open_workbook(Beside(name, raw, ""))
        for sheet in book.sheets:
            assert book.sheet(sheet).name == sheet
    except BesideError as error:
        assert "\n" not in str(error)
        assert len(str(error)) < 300
