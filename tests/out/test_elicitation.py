from __future__ import annotations

import csv
import io

import pytest

from policy_lab.errors import InputError
from policy_lab.out.elicitation import scores_table, write_elicitation, write_template
from policy_lab.study import open_study
from policy_lab.study.score_file import NEEDED, read_scores
from policy_lab.study.scores import own_scores


@pytest.fixture(scope="module")
def fishery():
    return open_study("fishery")


def rows_of(path):
    text = path.read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_the_template_has_a_row_for_each_design_and_lever_and_nothing_filled_in(fishery, tmp_path):
    (path,) = write_template(fishery, tmp_path / "sheet.csv")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")  # without which Excel takes UTF-8 for something else
    rows = rows_of(path)
    assert {(row["design"], row["lever"]) for row in rows} == {
        (design, lever) for design in fishery.file.comparison.designs for lever in fishery.file.levers
    }
    assert tuple(rows[0])[: len(NEEDED)] == NEEDED
    assert not any(row[name] for row in rows for name in ("expert", "low", "mode", "high", "reason"))
    assert all(row["meaning"] == fishery.file.levers[row["lever"]].meaning for row in rows)


def test_a_filled_in_template_is_read_and_never_written_over(fishery, tmp_path):
    (path,) = write_template(fishery, tmp_path / "sheet.csv", designs=["co-management"], expert="Ann")
    text = path.read_text(encoding="utf-8").replace(",Dmnl,,,,,", ",Dmnl,0.1,0.2,0.3,because,")
    path.write_text(text, encoding="utf-8")
    scores = read_scores(fishery, [path])
    assert scores.experts == ("Ann",)
    assert scores.missing(["co-management"], fishery.file.levers) == ()
    with pytest.raises(InputError, match="is there already"):
        write_template(fishery, path)
    assert path.read_text(encoding="utf-8") == text


def test_a_blind_template_names_no_design_and_its_key_lies_apart(fishery, tmp_path):
    path, key = write_template(fishery, tmp_path / "sheet.csv", blind=True, seed=2)
    text = path.read_text(encoding="utf-8")
    for name, design in fishery.designs.items():
        assert name not in text
        assert design.title not in text
    assert {row["design"] for row in rows_of(path)} == {row["label"] for row in rows_of(key)}
    assert {row["design"] for row in rows_of(key)} == set(fishery.designs)


def test_a_template_of_an_unknown_design_or_ending_is_refused(fishery, tmp_path):
    with pytest.raises(InputError, match="Did you mean `co-management`"):
        write_template(fishery, tmp_path / "sheet.csv", designs=["comanagement"])
    with pytest.raises(InputError, match=r"ends in \.csv"):
        write_template(fishery, tmp_path / "sheet.xlsx")
    assert not list(tmp_path.iterdir())


def test_what_is_written_can_be_read_again_as_it_was(fishery, tmp_path):
    scores = own_scores(fishery, "somebody")
    folder = write_elicitation(fishery, scores, tmp_path / "said")
    again = read_scores(fishery, [folder])
    assert (again.experts, again.weights) == (("somebody",), (1.0,))
    for design, levers in scores.given["somebody"].items():
        for lever, one in levers.items():
            found = again.given["somebody"][design][lever]
            assert (found.low, found.mode, found.high) == (one.low, one.mode, one.high)
    assert {file.name for file in folder.iterdir()} >= {
        "pooled.csv",
        "disagreement.csv",
        "disagreement.svg",
        "summary.md",
        "design-co-management.svg",
    }
    assert len(scores_table(scores, fishery)) == 16
