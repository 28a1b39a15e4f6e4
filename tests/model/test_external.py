"""Numbers from files beside a model: what is read, and what of a stranger's model and tables is refused."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from openpyxl import Workbook

from policy_lab.cli import main
from policy_lab.errors import InputError
from policy_lab.model import Model, read_model
from policy_lab.model import expression as ex
from policy_lab.model.kept import read_kept
from policy_lab.model.types import Kind, Origin

CONTROL = "\nINITIAL TIME = 0 ~~|\nFINAL TIME = 4 ~~|\nTIME STEP = 1 ~~|\nSAVEPER = 1 ~~|\n"
TABLE = "time,north,south\n0,1,10\n1,2,20\n3,4,40\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a table in it, inside one that holds a secret."""
    (tmp_path / "secret.csv").write_text("secret,12345\n", encoding="utf-8")
    inside = tmp_path / "model"
    inside.mkdir()
    (inside / "table.csv").write_text(TABLE, encoding="utf-8")
    return inside


def write(folder: Path, text: str) -> Path:
    path = folder / "model.mdl"
    path.write_text("{UTF-8}\n" + text + CONTROL, encoding="utf-8")
    return path


def read(folder: Path, text: str) -> Model:
    return read_model(write(folder, text))


def refusal(folder: Path, text: str) -> str:
    """Return the one fault of a model; the command line tells it too, with exit code 2 and nothing else."""
    path = write(folder, text)
    with pytest.raises(InputError) as caught:
        read_model(path)
    assert len(caught.value.problems) == 1, str(caught.value)
    problem = caught.value.problems[0]
    assert (problem.line, problem.variable) == (2, "x")
    told = str(problem)
    assert "\n" not in told
    assert len(told) < 500
    assert "12345" not in told
    for arguments in (["run", str(path)], ["run", str(path), "--engine", "pysd"], ["describe", str(path)]):
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 2, result.output
        assert result.stderr == f"policy-lab: {told}\n"
    return problem.what


def xlsx(path: Path, *rows: list[object]) -> Path:
    book = Workbook()
    sheet = book.active
    sheet.title = "Sheet"
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


def rewritten(path: Path, part: str, old: bytes, new: bytes) -> None:
    """Replace bytes of one part of a spreadsheet."""
    with zipfile.ZipFile(path) as archive:
        parts = {one.filename: archive.read(one) for one in archive.infolist()}
    assert old in parts[part]
    parts[part] = parts[part].replace(old, new)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def constant(file: str, tab: str = ",", cell: str = "B2") -> str:
    return f"x = GET DIRECT CONSTANTS('{file}', '{tab}', '{cell}') ~~|"


def test_constants_are_inputs_that_say_where_they_come_from(folder: Path) -> None:
    model = read(
        folder,
        "R: a, b ~~|\nk[R] = GET DIRECT CONSTANTS('table.csv', ',', 'B3') ~ m ~|\n"
        "GDP = GET XLS CONSTANTS('.\\table.csv', ',', 'c4') ~~|",
    )
    assert model["k"].kind is Kind.CONSTANT
    (component,) = model["k"].components
    assert component.expression == ex.Array((2.0, 20.0), (2,))
    assert component.origin == Origin("GET DIRECT CONSTANTS", "table.csv", ",", "B3")
    assert str(component.origin) == "table.csv, B3"
    assert model["GDP"].components[0].expression == ex.Number(40.0)
    assert [name for name, _ in model.files] == ["table.csv"]


def test_series_hold_their_points(folder: Path) -> None:
    model = read(
        folder,
        "R: a, b ~~|\nd[R] :HOLD BACKWARD: := GET DIRECT DATA('table.csv', ',', 'A', 'B2') ~~|\n"
        "f[R]( GET DIRECT LOOKUPS('table.csv', ',', 'A', 'B2') ) ~~|",
    )
    assert [one.expression for one in model["d"].components] == [
        ex.Data("hold_backward", (0.0, 1.0, 3.0), (1.0, 2.0, 4.0)),
        ex.Data("hold_backward", (0.0, 1.0, 3.0), (10.0, 20.0, 40.0)),
    ]
    assert model["d"].dimensions == model["f"].dimensions == ("R",)
    assert model["f"].components[1].expression == ex.Lookup((0.0, 1.0, 3.0), (10.0, 20.0, 40.0))
    assert str(model["d"].components[0].origin) == "table.csv, B2 along A"


def test_time_settings_may_stand_in_a_table(folder: Path) -> None:
    path = write(folder, "")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("= 4", "= GET DIRECT CONSTANTS('table.csv', ',', 'C3')"), encoding="utf-8")
    assert read_model(path).time.final == 20


def test_exceptions_are_kept(folder: Path) -> None:
    model = read(
        folder,
        "R: a, b ~~|\nd[R] :EXCEPT: [a] := GET DIRECT DATA('table.csv', ',', 'A', 'B2') ~~|\n"
        "d[a] := GET DIRECT DATA('table.csv', ',', 'A', 'C2') ~~|",
    )
    found = {one.subscripts: one.expression.y for one in model["d"].components if isinstance(one.expression, ex.Data)}
    assert found == {("b",): (10.0, 20.0, 40.0), ("a",): (10.0, 20.0, 40.0)}


def test_what_is_missing_is_told_and_notes_below_a_table_are_left_out(folder: Path) -> None:
    (folder / "table.csv").write_text("t,v\n0,1\n1,\n3,4\n\nSource: nobody,\n", encoding="utf-8")
    model = read(folder, "d := GET DIRECT DATA('table.csv', ',', 'A', 'B2') ~~|")
    assert model["d"].components[0].expression == ex.Data("interpolate", (0.0, 1.0, 3.0), (1.0, 2.0, 4.0))
    assert [(one.variable, one.what) for one in model.warnings] == [("d", "1 of 3 values are missing in table.csv")]


def test_elements_of_a_range_may_stand_in_a_table(folder: Path) -> None:
    model = read(folder, "R: GET DIRECT SUBSCRIPT('table.csv', ',', 'B1', 'C1', 'in ') ~~|\ny[R] = 1 ~~|")
    assert model.subscripts["R"] == ("in north", "in south")


@pytest.mark.parametrize(
    ("definition", "told"),
    [
        ("GET DIRECT SUBSCRIPT('table.csv', ',', 'H9', 'H9', '')", "`table.csv` holds no elements there"),
        ("GET DIRECT SUBSCRIPT('../secret.csv', ',', 'A1', 'A1', '')", "leads out of the model's folder"),
        ("GET DIRECT SUBSCRIPT('table.csv', ',', 'A1', 'A1')", "GET DIRECT SUBSCRIPT takes 5 arguments, 4 given"),
        ("TABBED ARRAY('table.csv', ',', 'A1', 'A1', '')", "cannot be read by TABBED ARRAY"),
        ("GET DIRECT SUBSCRIPT('table.csv', ',', 'A1', 'A-1', '')", "neither a cell such as B2, a row nor a column"),
    ],
)
def test_ranges_that_cannot_be_read(folder: Path, definition: str, told: str) -> None:
    with pytest.raises(InputError) as caught:
        read(folder, f"x: {definition} ~~|")
    assert len(caught.value.problems) == 1
    assert told in caught.value.problems[0].what
    assert caught.value.problems[0].line == 2


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("../secret.csv", "leads out of the model's folder"),
        ("../../etc/passwd", "leads out of the model's folder"),
        ("sub/../../secret.csv", "leads out of the model's folder"),
        ("..\\secret.csv", "leads out of the model's folder"),
        ("/etc/passwd", "is an absolute path"),
        ("\\\\host\\share\\t.csv", "is an absolute path"),
        ("C:\\table.csv", "is not a file beside the model"),
        ("file:///etc/passwd.csv", "is not a file beside the model"),
        ("https://example.org/t.csv", "is not a file beside the model"),
        ("?data", "is an alias that Vensim keeps outside the model"),
        ("table.csv.py", "is no table of a kind that can be read"),
        ("model.mdl", "is no table of a kind that can be read"),
        ("table.xlsb", "is no table of a kind that can be read"),
        ("__import__(\"os\").mkdir(\"PWNED\") or \"t\".csv", "no file"),
        ("$(touch PWNED).csv", "no file"),
        ("tabel.csv", "no file `tabel.csv` beside the model"),
        ("folder.csv", "no file `folder.csv` beside the model"),
        ("", "GET DIRECT CONSTANTS needs a file and its cells"),
    ],
)  # fmt: skip
def test_a_file_that_may_not_be_read(folder: Path, name: str, told: str) -> None:
    (folder / "folder.csv").mkdir()
    assert told in refusal(folder, constant(name))
    assert sorted(one.name for one in folder.iterdir()) == ["folder.csv", "model.mdl", "table.csv"]


def test_the_nearest_file_is_named(folder: Path) -> None:
    path = write(folder, constant("tabel.csv"))
    with pytest.raises(InputError) as caught:
        read_model(path)
    assert caught.value.problems[0].nearest == ("table.csv",)


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no links here")
def test_links_may_not_lead_out(folder: Path) -> None:
    (folder / "link.csv").symlink_to(folder.parent / "secret.csv")
    assert "leads out of the model's folder" in refusal(folder, constant("link.csv", cell="B1"))
    (folder / "up").symlink_to(folder.parent, target_is_directory=True)
    assert "leads out of the model's folder" in refusal(folder, constant("up/secret.csv", cell="B1"))
    (folder / "round.csv").symlink_to(folder / "round.csv")
    assert refusal(folder, constant("round.csv"))
    (folder / "good.csv").symlink_to(folder / "table.csv")
    assert read(folder, constant("good.csv"))["x"].components[0].expression == ex.Number(1.0)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_only_ordinary_files_are_opened(folder: Path) -> None:
    os.mkfifo(folder / "pipe.csv")
    assert "no file `pipe.csv` beside the model" in refusal(folder, constant("pipe.csv"))


@pytest.mark.parametrize(
    ("content", "cell", "told"),
    [
        (b"a,=1+1\n", "B1", "`=1+1` is not a number but a formula, and formulas are not computed (cell B1"),
        (b"a,\"=cmd|' /C calc'!A0\"\n", "B1", "but a formula, and formulas are not computed (cell B1"),
        (b"a,north\n", "B1", "`north` is not a number (cell B1 of `t.csv`)"),
        (b'a,"1,5"\n', "B1", "`1,5` is not a number: it has a comma where a point is due (cell B1"),
        (b"a,1e999\n", "B1", "`1e999` is not a number"),
        (b"a,0x10\n", "B1", "`0x10` is not a number"),
        (b"a,1\n", "C7", "a number is due, and the cell is empty (cell C7 of `t.csv`)"),
        (b"a,\n", "B1", "a number is due, and the cell is empty (cell B1 of `t.csv`)"),
        (b"a,NA\n", "B1", "a number is due, and the cell is empty (cell B1 of `t.csv`)"),
        (b"a,1\n", "first", "`first` is no cell such as B2, and only an .xlsx file gives names to cells"),
        (b"gr\xfc\xdf,1\n", "B1", "line 1 is not valid UTF-8"),
        (b"a,1\n\0", "B1", "it holds binary content"),
        (b"a," + b"x" * 200_000 + b"\n", "B1", "line 1 cannot be taken apart"),
        (b"," * 10_000_000 + b"\n", "B1", "a row has 10,000,001 columns; the limit is 18,278"),
        (b"\n" * 1_100_000 + b"1\n", "B1", "a sheet goes on beyond 1,048,576 rows"),
        (b"1\n" * 600 + b"," * 17_000 + b"1\n", "B1", "a sheet of 601 rows × 17,001 columns"),
        (b"1" * 20_000_001, "A1", "is larger than the limit of 20,000,000 bytes"),
    ],
    ids=range(17),
)
def test_text_tables_that_cannot_be_used(folder: Path, content: bytes, cell: str, told: str) -> None:
    (folder / "t.csv").write_bytes(content)
    assert told in refusal(folder, constant("t.csv", cell=cell))


@pytest.mark.parametrize(
    ("equation", "told"),
    [
        ("x := GET DIRECT DATA('t.csv', ',', 'A', 'B2')", "`two` is not a number (cell B3 of `t.csv`)"),
        ("x := GET DIRECT DATA('t.csv', ',', 'A', 'C2')", "`half` is not a number (cell A4 of `t.csv`)"),
        ("x := GET DIRECT DATA('t.csv', ',', 'D', 'C2')", "no numbers along `C2` of `t.csv` to read it at"),
        ("x := GET DIRECT DATA('t.csv', ',', 'A', 'D2')", "no values at `D2` of `t.csv`"),
        ("x := GET DIRECT DATA('t.csv', ',', 'E', 'C2')", "`t.csv` has more than one value at 7"),
        ("x := GET DIRECT DATA('t.csv', ',', 'A1B', 'C2')", "`A1B` is neither a row such as 1 nor a column such as A"),
        ("x := GET DIRECT DATA('t.csv', ',', '0', 'C2')", "rows are counted from 1"),
        ("x := GET DIRECT DATA('t.csv', ',', '1', 'there')", "`there` is no cell such as B2"),
        ("x( GET DIRECT LOOKUPS('t.csv', ',', 'A') )", "GET DIRECT LOOKUPS takes 4 arguments, 3 given"),
        ("x = 2 * GET DIRECT DATA('t.csv', ',', 'A', 'B2')", "GET DIRECT DATA stands within an expression"),
        ("x = GET DIRECT CONSTANTS('t.csv', 2, 'B2')", "GET DIRECT CONSTANTS takes texts in single quotes"),
        ("x = GET DIRECT CONSTANTS('t.csv', ';;', 'B2')", "`;;` does not separate cells; give one sign"),
    ],
)
def test_series_that_cannot_be_read(folder: Path, equation: str, told: str) -> None:
    rows = ["t,v,w,,e", "0,1,1,,7", "1,two,2,,7", "half,,3,,8"]
    (folder / "t.csv").write_text("\n".join(rows), encoding="utf-8")
    assert told in refusal(folder, f"{equation} ~~|")


def test_a_bomb_is_not_expanded(folder: Path) -> None:
    path = xlsx(folder / "bomb.xlsx", ["a", 1])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/zeros.bin", b"\0" * 150_000_000)
    assert path.stat().st_size < 1_000_000
    assert "it expands to more than 100,000,000 bytes" in refusal(folder, constant("bomb.xlsx", "Sheet", "B1"))


def test_odd_packing_and_passwords_are_refused(folder: Path) -> None:
    whole = xlsx(folder / "t.xlsx", ["a", 1]).read_bytes()
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        parts = {one: archive.read(one) for one in archive.namelist()}
    with zipfile.ZipFile(folder / "t.xlsx", "w", zipfile.ZIP_LZMA) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    assert "it is packed in a way" in refusal(folder, constant("t.xlsx", "Sheet", "B1"))
    central = whole.rindex(b"PK\x01\x02")
    (folder / "t.xlsx").write_bytes(whole[: central + 8] + b"\x01" + whole[central + 9 :])
    assert "it is encrypted" in refusal(folder, constant("t.xlsx", "Sheet", "B1"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused(folder: Path, encoding: str) -> None:
    path = xlsx(folder / "t.xlsx", ["a", 1])
    secret = (folder.parent / "secret.csv").as_uri()
    declared = f"<?xml version='1.0' encoding='{encoding}'?><!DOCTYPE x [<!ENTITY e SYSTEM '{secret}'>]>"
    with zipfile.ZipFile(path) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    text = declared + sheet.partition("?>")[2].replace("<v>1</v>", "<v>&e;</v>")
    with zipfile.ZipFile(path) as archive:
        parts = {one: archive.read(one) for one in archive.namelist()}
    parts["xl/worksheets/sheet1.xml"] = text.encode(encoding)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    assert "it declares a document type" in refusal(folder, constant("t.xlsx", "Sheet", "B1"))


def test_a_spreadsheet_is_its_values(folder: Path) -> None:
    path = xlsx(folder / "t.xlsx", ["=1+1", 3, "word", True, None, 4.5])
    assert "a number is due, and the cell is empty (cell A1" in refusal(folder, constant("t.xlsx", "Sheet", "A1"))
    assert "`word` is not a number (cell C1" in refusal(folder, constant("t.xlsx", "Sheet", "C1"))
    assert "`TRUE` is not a number (cell D1" in refusal(folder, constant("t.xlsx", "Sheet", "D1"))
    assert "no sheet `Other` in it" in refusal(folder, constant("t.xlsx", "Other", "A1"))
    assert "`name` is neither a cell nor a range" in refusal(folder, constant("t.xlsx", "Sheet", "name"))
    assert read(folder, constant("t.xlsx", "sheet", "F1"))["x"].components[0].expression == ex.Number(4.5)
    rewritten(path, "xl/worksheets/sheet1.xml", b"<f>1+1</f><v></v>", b"<f>1+1</f><v>2</v>")
    assert read(folder, constant("t.xlsx", "Sheet", "A1"))["x"].components[0].expression == ex.Number(2.0)


def test_a_sheet_that_lies_about_its_size_is_limited(folder: Path) -> None:
    path = xlsx(folder / "t.xlsx", ["a", 1])
    rewritten(path, "xl/worksheets/sheet1.xml", b'<row r="1">', b'<row r="999999999999">')
    assert "a sheet goes on beyond 1,048,576 rows" in refusal(folder, constant("t.xlsx", "Sheet", "B1"))


@pytest.mark.parametrize("suffix", [".xlsx", ".xlsm", ".xls", ".ods"])
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not an archive", b"a,1\n", bytes(range(256)) * 40])
def test_what_is_no_spreadsheet_is_refused(folder: Path, suffix: str, content: bytes) -> None:
    (folder / f"t{suffix}").write_bytes(content)
    assert "it is no spreadsheet of its kind" in refusal(folder, constant(f"t{suffix}", "Sheet", "B1"))


def test_a_spreadsheet_that_is_cut_short_is_refused(folder: Path) -> None:
    whole = xlsx(folder / "t.xlsx", ["a", 1]).read_bytes()
    (folder / "t.xlsx").write_bytes(whole[: len(whole) // 2])
    assert "or not a whole one" in refusal(folder, constant("t.xlsx", "Sheet", "B1"))
    with zipfile.ZipFile(io.BytesIO(), "w") as empty:
        empty.writestr("nothing.txt", "nothing")
        assert isinstance(empty.fp, io.BytesIO)
        content = empty.fp
    (folder / "t.xlsx").write_bytes(content.getvalue())
    assert "it is no spreadsheet of its kind" in refusal(folder, constant("t.xlsx", "Sheet", "B1"))


def ods(rows: str) -> bytes:
    names = "office:1.0 table:1.0 text:1.0".replace(":1.0", "").split()
    spaces = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in names)
    body = f'<office:body><office:spreadsheet><table:table table:name="Sheet">{rows}</table:table>'
    content = f"<office:document-content {spaces}>{body}</office:spreadsheet></office:body></office:document-content>"
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
    return kept.getvalue()


def number(value: str, times: str = "1") -> str:
    attributes = f'office:value-type="float" office:value="{value}" table:number-columns-repeated="{times}"'
    return f"<table:table-cell {attributes}><text:p>{value}</text:p></table:table-cell>"


def test_open_documents(folder: Path) -> None:
    gap = '<table:table-cell table:number-columns-repeated="2"/>'
    word = '<table:table-cell office:value-type="string"><text:p>word</text:p></table:table-cell>'
    end = '<table:table-row table:number-rows-repeated="1048000"><table:table-cell/></table:table-row>'
    rows = f"<table:table-row>{gap}{number('2.5', '2')}{word}</table:table-row>{end}"
    (folder / "t.ods").write_bytes(ods(rows))
    assert read(folder, constant("t.ods", "Sheet", "D1"))["x"].components[0].expression == ex.Number(2.5)
    assert "`word` is not a number (cell E1" in refusal(folder, constant("t.ods", "Sheet", "E1"))
    assert "is empty (cell B1" in refusal(folder, constant("t.ods", "Sheet", "B1"))
    (folder / "t.ods").write_bytes(ods(f"<table:table-row>{number('1', '2000000000')}</table:table-row>"))
    assert "a row has more than 18,278 columns" in refusal(folder, constant("t.ods", "Sheet", "A1"))
    many = f'<table:table-row table:number-rows-repeated="2000000000">{number("1")}</table:table-row>'
    (folder / "t.ods").write_bytes(ods(many))
    assert "a sheet goes on beyond 1,048,576 rows" in refusal(folder, constant("t.ods", "Sheet", "A1"))


def test_a_changed_table_is_noticed(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLICY_LAB_CACHE", str(tmp_path / "cache"))
    path = write(folder, constant("table.csv"))
    first = read_kept(path)
    again = read_kept(path)
    assert first == again
    assert first["x"].components == again["x"].components
    (folder / "table.csv").write_text(TABLE.replace("0,1,", "0,7,"), encoding="utf-8")
    changed = read_kept(path)
    assert changed["x"].components[0].expression == ex.Number(7.0)
    assert changed.digest == first.digest
    assert changed.content != first.content
    (folder / "table.csv").unlink()
    with pytest.raises(InputError, match=r"no file `table\.csv` beside the model"):
        read_kept(path)


def test_nothing_is_written_and_a_file_is_read_once(folder: Path) -> None:
    names = "".join(f"y{place} = GET DIRECT CONSTANTS('table.csv', ',', 'B2') ~~|\n" for place in range(300))
    model = read(folder, names)
    assert [name for name, _ in model.files] == ["table.csv"]
    assert sorted(one.name for one in folder.iterdir()) == ["model.mdl", "table.csv"]
