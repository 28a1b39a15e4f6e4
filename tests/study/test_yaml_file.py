from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Literal

import pytest
from pydantic import Field

from policy_lab.errors import InputError
from policy_lab.study.schema_base import Frozen
from policy_lab.study.yaml_file import YamlFile, read_yaml, validated


class Score(Frozen):
    low: float
    high: float


class Entry(Frozen):
    title: str
    kind: Literal["apple", "pear"] = "apple"
    scores: dict[str, Score] = Field(default_factory=dict)
    either: float | tuple[float, ...] = 0.0
    since: dt.date | None = None
    several: tuple[Score, ...] = ()


def yaml(tmp_path: Path, text: str) -> YamlFile:
    path = tmp_path / "entry.yaml"
    path.write_text(text, encoding="utf-8")
    return read_yaml(path)


def faults(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        validated(yaml(tmp_path, text), Entry)
    return [str(problem).removeprefix(str(tmp_path / "entry.yaml")) for problem in caught.value.problems]


def test_reads_numbers_dates_and_lists(tmp_path: Path) -> None:
    entry = validated(yaml(tmp_path, "title: a\neither: [1, 2.5, 1e+6]\nsince: 2026-01-31\n"), Entry)
    assert entry.either == (1.0, 2.5, 1e6)
    assert entry.since == dt.date(2026, 1, 31)


def test_unknown_keys_name_the_nearest_at_every_depth(tmp_path: Path) -> None:
    found = faults(
        tmp_path, "title: a\nkindd: pear\nscores:\n  x: {low: 0, hihg: 1, high: 1}\nseveral:\n  - {lowe: 1}\n"
    )
    assert found[0].startswith(":2: unknown key `kindd`. Did you mean `kind`? Known keys: title, kind,")
    assert any(text.startswith(":4: `scores.x`: unknown key `hihg`. Did you mean `high`?") for text in found)
    assert any(text.startswith(":6: `several[1]`: unknown key `lowe`. Did you mean `low`?") for text in found)


def test_missing_keys_name_the_entry_that_lacks_them(tmp_path: Path) -> None:
    assert faults(tmp_path, "scores:\n  x:\n    low: 0\n") == [
        ":1: `title` is missing",
        ":2: `scores.x`: `high` is missing",
    ]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("scores: {x: {low: '0', high: 1}}", 'should be a number, but is "0"'),
        ("scores: {x: {low: true, high: 1}}", "should be a number, but is true"),
        ("kind: pera", "should be 'apple' or 'pear', but is \"pera\""),
        ("either: text", "should be a number"),
        ("scores: [1]", "should hold entries, like `key: value`"),
    ],
)
def test_wrong_types_are_refused_and_never_guessed(tmp_path: Path, value: str, words: str) -> None:
    found = faults(tmp_path, f"title: a\n{value}\n")
    assert len(found) == 1
    assert found[0].startswith(":2: ")
    assert words in found[0]


@pytest.mark.parametrize(
    ("text", "line"), [("a: [1, 2\nb: 3\n", 2), ("a: 1\na: 2\n", 2), ("a: 'x\n", 2), ("\ta: 1\n", 1)]
)
def test_what_is_not_yaml_names_its_line(tmp_path: Path, text: str, line: int) -> None:
    with pytest.raises(InputError) as caught:
        yaml(tmp_path, text)
    assert caught.value.problems[0].line is not None
    assert abs(caught.value.problems[0].line - line) <= 1


@pytest.mark.parametrize("text", ["", "just words", "- a\n- b\n"])
def test_a_file_without_entries_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match="no `key: value` entries"):
        yaml(tmp_path, text)


def test_aliases_are_written_out_and_a_flood_of_them_is_refused(tmp_path: Path) -> None:
    assert yaml(tmp_path, "a: &x {low: 1}\nb: *x\n").data == {"a": {"low": 1}, "b": {"low": 1}}
    flood = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)
    )
    with pytest.raises(InputError, match="too many"):
        yaml(tmp_path, flood)


def test_a_tag_makes_no_object(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        validated(yaml(tmp_path, "title: !!python/object/apply:os.getcwd []\n"), Entry)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_yaml(tmp_path / "none.yaml")


def test_a_text_that_was_read_before_says_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLICY_LAB_CACHE", str(tmp_path / "cache"))
    text = "# words\ntitle: a\nsince: 2026-01-31\nseveral:\n  - {low: 0,\n     high: .inf}\neither: [1, 2]\n1: one\n"
    first, again = yaml(tmp_path, text), yaml(tmp_path, text)
    (kept,) = (tmp_path / "cache").iterdir()
    kept.write_bytes(b"harmed")
    for other in (again, yaml(tmp_path, text)):
        assert other == first
    places = [("title",), ("several",), ("several", 0, "low"), ("several", 0, "high"), ("either", 1), ("1",), (1,)]
    assert [again.line(*place) for place in places] == [2, 4, 5, 6, 7, 8, 8]
    assert again.line("several", 3, "low") == 4
    assert again.data["since"] == "2026-01-31"
