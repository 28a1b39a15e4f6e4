"""Bytes into text: decoded without losing a character, and refused where they are no model."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_lab.errors import InputError
from policy_lab.model.source import read_source


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("source")


def source(folder: Path, raw: bytes, name: str = "m.mdl") -> tuple[str, int]:
    path = folder / name
    path.write_bytes(raw)
    read = read_source(path)
    return read.text, len(read.warnings)


@pytest.mark.parametrize(
    ("raw", "text", "warnings"),
    [
        ("{UTF-8}\nflüss".encode(), "{UTF-8}\nflüss", 0),
        ("flüss".encode(), "flüss", 0),
        (b"\xef\xbb\xbf{UTF-8}\nx", "{UTF-8}\nx", 0),
        ("{Windows-1252}\nflüss €".encode("cp1252"), "{Windows-1252}\nflüss €", 0),
        ("{UTF-8}\nflüss €".encode("cp1252"), "{UTF-8}\nflüss €", 1),
        (b"{UTF-8}\n\x81\xfc", "{UTF-8}\n\x81ü", 1),
        ("{no-such-code}\nflüss".encode("cp1252"), "{no-such-code}\nflüss", 1),
        ("flüss".encode("utf-16"), "flüss", 0),
    ],
)
def test_decoding(folder: Path, raw: bytes, text: str, warnings: int) -> None:
    found, count = source(folder, raw)
    assert (found.removeprefix("\ufeff"), count) == (text, warnings)


@given(st.binary(min_size=1, max_size=200))
def test_any_bytes_give_a_text_of_no_fewer_characters_or_a_refusal(folder: Path, raw: bytes) -> None:
    try:
        text, warnings = source(folder, raw)
    except InputError as error:
        assert len(error.problems) == 1
        return
    if warnings:
        assert len(text) == len(raw.removeprefix(b"\xef\xbb\xbf"))


@pytest.mark.parametrize(
    ("raw", "name", "told"),
    [
        (b" \n", "m.mdl", "is empty"),
        (b"a\x00b", "m.mdl", "binary content"),
        (b"\x80\x04\x95", "m.mdl", "pickle"),
        (b"x", "m.xlsx", "unknown kind of model file"),
        (b"a\x00b", "m.xmile", "binary content"),
    ],
)
def test_what_is_no_model(folder: Path, raw: bytes, name: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        source(folder, raw, name)


def test_a_missing_file_and_a_folder(folder: Path) -> None:
    (folder / "d.mdl").mkdir()
    for name in ("none.mdl", "d.mdl"):
        with pytest.raises(InputError, match="no such file"):
            read_source(folder / name)
