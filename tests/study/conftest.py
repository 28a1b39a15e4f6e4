from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from policy_lab.errors import InputError
from policy_lab.provenance import bundled
from policy_lab.study import Study, open_study


@pytest.fixture(scope="session")
def fishery() -> Study:
    return open_study("fishery")


@pytest.fixture
def changed(tmp_path: Path) -> Callable[..., Path]:
    """Copy the fishery and replace text in one of its files; every replacement has to find something."""

    def change(file: str, *pairs: tuple[str, str]) -> Path:
        folder = tmp_path / "fishery"
        if not folder.exists():
            shutil.copytree(bundled("models") / "fishery", folder)
        text = (folder / file).read_text(encoding="utf-8")
        for old, new in pairs:
            assert old in text, f"{file} holds no {old!r}"
            text = text.replace(old, new, 1)
        (folder / file).write_text(text, encoding="utf-8")
        return folder

    return change


@pytest.fixture
def refused() -> Callable[[Path], InputError]:
    """Open a study that has to be refused, and return why."""

    def refuse(folder: Path) -> InputError:
        with pytest.raises(InputError) as caught:
            open_study(folder)
        return caught.value

    return refuse
