from __future__ import annotations

from pathlib import Path

import pytest

from policy_lab.errors import InputError
from policy_lab.study.elements import split_element
from policy_lab.study.parameters import read_parameters

HEADER = "variable,unit,base,low,high,distribution,grade,mark,source\n"


def problems(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "parameters.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_parameters(path)
    return [str(problem).removeprefix(str(path)) for problem in caught.value.problems]


def test_reads_rows_with_their_lines_over_quoted_line_breaks(tmp_path: Path) -> None:
    path = tmp_path / "parameters.csv"
    path.write_text(
        HEADER + 'A,m,1,0,2,uniform,A,found,"two\nlines"\n\n"B [ x , y ]",m,3,,,fixed,C,assumption,none\n',
        encoding="utf-8",
    )
    first, second = read_parameters(path)
    assert (first.parameter.variable, first.line, first.parameter.low) == ("A", 2, 0.0)
    assert (second.parameter.variable, second.line, second.parameter.low) == ("B[x,y]", 5, None)
    assert second.parameter.group == "other parameters"


def test_every_fault_is_reported_at_once_with_its_line(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        HEADER
        + "A,m,one,0,2,uniform,A,found,s\n"
        + "B,m,1,0,2,unform,A,found,s\n"
        + "C,m,5,0,2,uniform,A,found,s\n"
        + "D,m,1,,,uniform,A,found,s\n"
        + "E,m,1,0,,uniform,A,found,s\n"
        + "F,m,1,-1,2,loguniform,A,found,s\n"
        + "G,m,1,1,1,uniform,D,found,s\n"
        + "H,m,1,0,2\n"
        + "I,m,,0,2,uniform,A,found,s\n"
        + "J,m,nan,,,fixed,A,found,s\n",
    )
    expected = [
        (2, "`A`: `base` should be a number, but is `one`"),
        (3, "Did you mean `uniform`"),
        (4, "low <= base <= high does not hold: 0, 5, 2"),
        (5, "`uniform` needs low and high"),
        (6, "give both low and high"),
        (7, "`loguniform` needs low > 0"),
        (8, "`grade` should be 'A', 'B' or 'C', but is `D`"),
        (9, "5 cells where the header has 9"),
        (10, "`base` is empty"),
        (11, "`base` should be a number, but is `nan`"),
    ]
    assert len(found) == len(expected)
    for text, (line, words) in zip(found, expected, strict=True):
        assert text.startswith(f":{line}: ")
        assert words in text


def test_a_name_stands_once(tmp_path: Path) -> None:
    found = problems(tmp_path, HEADER + "A,m,1,,,fixed,A,found,s\nA,m,1,,,fixed,A,found,s\n")
    assert found == [":3: `A`: stands twice; the first row is line 2"]


def test_columns_are_checked_first(tmp_path: Path) -> None:
    found = problems(tmp_path, "variable,unit,base,low,high,distributon,grade,mark,source\n")
    assert found == [
        ":1: unknown column `distributon`. Did you mean `distribution`?",
        ":1: no column `distribution`",
    ]


def test_a_broken_table_is_refused(tmp_path: Path) -> None:
    assert "not a CSV table" in problems(tmp_path, HEADER + 'A,"m\n')[0]
    path = tmp_path / "bytes.csv"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="UTF-8"):
        read_parameters(path)


@pytest.mark.parametrize(
    ("spelled", "parts"),
    [("A", ("A", ())), ("A b[x]", ("A b", ("x",))), ("A[x, y z]", ("A", ("x", "y z"))), ("odd]", ("odd]", ()))],
)
def test_splits_elements(spelled: str, parts: tuple[str, tuple[str, ...]]) -> None:
    assert split_element(spelled) == parts
