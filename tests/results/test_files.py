from __future__ import annotations

from pathlib import Path

import pytest

from policy_lab.errors import InputError
from policy_lab.results import written_whole


def test_a_file_appears_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "file.txt"
    with written_whole(path) as temporary:
        temporary.write_text("half", encoding="utf-8")
        assert not path.exists()
    assert path.read_text(encoding="utf-8") == "half"
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_fails_does_not_appear(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    with pytest.raises(RuntimeError, match="stopped"), written_whole(path) as temporary:
        temporary.write_text("half", encoding="utf-8")
        raise RuntimeError("stopped")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be written"), written_whole(tmp_path / "file" / "below"):
        pass
    with pytest.raises(InputError, match="is a folder"), written_whole(tmp_path):
        pass
