"""The views of a file, or the groups of its equations where it has none."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy_lab.errors import InputError
from policy_lab.model.sections import pictures, sections
from tests.model.tanks import TANKS, read


def test_groups_stand_for_views_where_there_are_none(tmp_path: Path) -> None:
    model = read(tmp_path)
    assert sections(model) == {
        "Water": ("upper", "lower", "rain", "falling", "leaking", "stay", "share"),
        "People": ("wish", "dryness", "seen"),
    }
    assert pictures(model) == ("Water", "People")


def test_a_file_that_has_changed_is_refused(tmp_path: Path) -> None:
    model = read(tmp_path)
    read(tmp_path, TANKS.replace("stay = 4", "stay = 5"))
    with pytest.raises(InputError, match="changed since it was read"):
        sections(model)
