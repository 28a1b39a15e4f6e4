"""Named loops as files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from policy_lab.errors import InputError
from policy_lab.out.loops import write_loops
from policy_lab.run.feedback import named_loops
from policy_lab.study import open_study


def test_tables_and_pictures_are_written_whole(tmp_path: Path) -> None:
    study = open_study("fishery")
    found = named_loops(study, ["B1", "R3"], worlds=1)
    folder = write_loops(study, found, tmp_path / "loops")
    assert {path.name for path in folder.iterdir()} == {
        "loops.csv",
        "links.csv",
        "loop-b1.svg",
        "loop-r3.svg",
        "loops.svg",
    }
    links = pd.read_csv(folder / "links.csv")
    assert set(links["more_of_the_cause"]) == {"more", "less"}, (
        "words, so that no spreadsheet takes a sign for a formula"
    )
    assert "Fish stock" in (folder / "loop-b1.svg").read_text(encoding="utf-8")


def test_a_loop_that_is_not_in_the_model_has_a_row_and_no_picture(tmp_path: Path) -> None:
    study = open_study("fishery")
    (one,) = named_loops(study, ["B1"], worlds=1)
    lost = replace(one, links=(), shares=(), missing=(("Landings", "Fish stock"),))
    folder = write_loops(study, [lost], tmp_path / "loops")
    assert {path.name for path in folder.iterdir()} == {"loops.csv", "links.csv"}
    assert "no link from `Landings`" in pd.read_csv(folder / "loops.csv")["faults"].iloc[0]


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("x", encoding="utf-8")
    with pytest.raises(InputError, match="is a file"):
        write_loops(open_study("fishery"), [], tmp_path / "taken")
