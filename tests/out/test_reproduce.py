"""A file made again from its own record: the same numbers, and the very number that somebody changed."""

from __future__ import annotations

import shutil

import docx
import pytest

import policy_lab as pl
from policy_lab.errors import InputError
from policy_lab.out.brief.office import NAMES
from policy_lab.out.brief.write import brief
from policy_lab.out.folder import export
from policy_lab.out.reproduce import reproduce
from policy_lab.run import run

OFFICE = any(map(shutil.which, NAMES))


@pytest.fixture(scope="module")
def results():
    return run(pl.open_study("fishery").plan(worlds=24, futures=4, settings={"Fish price": 1.7}))


@pytest.fixture(scope="module")
def folder(results, tmp_path_factory):
    return export(results, tmp_path_factory.mktemp("runs") / "fishery")


@pytest.mark.parametrize("kind", ["docx", "pptx", "html", "odt", "pdf"])
def test_every_kind_of_briefing_comes_out_the_same(results, tmp_path, kind):
    if kind in ("odt", "pdf") and not OFFICE:
        with pytest.raises(InputError, match="LibreOffice"):
            brief(results, tmp_path / f"briefing.{kind}")
        return
    found = reproduce(brief(results, tmp_path / f"briefing.{kind}"), run)
    assert found.same, [one.words() for one in found.differences]
    assert found.inputs == ()
    assert found.compared > 100


def test_a_changed_number_is_named(results, tmp_path):
    path = brief(results, tmp_path / "briefing.docx")
    document = docx.Document(str(path))
    cell = next(c for t in document.tables for r in t.rows[1:] for c in r.cells[1:] if c.text.endswith("%"))
    was = cell.text
    cell.paragraphs[0].runs[0].text = "63.5%"
    document.save(str(path))
    found = reproduce(path, run)
    assert not found.same
    assert [(one.stands, one.expected) for one in found.differences] in ([("63.5%", was)], [("63.5%", "")])


def test_a_changed_picture_is_seen(results, tmp_path):
    path = brief(results, tmp_path / "briefing.docx")
    document = docx.Document(str(path))
    blip = document.inline_shapes[1]._inline.graphic.graphicData.pic.blipFill.blip.embed
    document.part.related_parts[blip]._blob = results and (tmp_path / "briefing.docx").read_bytes()[:100]
    document.save(str(path))
    assert [one.where for one in reproduce(path, run).differences] == ["chart `risk`"]


@pytest.mark.parametrize("name", ["risk.csv", "pairwise.csv", "risk.svg", "fan.png"])
def test_tables_and_charts_come_out_the_same(folder, name):
    assert reproduce(folder / name, run).same


def test_a_changed_cell_is_named(folder, tmp_path):
    copied = shutil.copytree(folder, tmp_path / "copied")
    text = (copied / "risk.csv").read_text(encoding="utf-8").splitlines()
    place = text[0].split(",").index("risk")
    row = text[1].split(",")
    text[1] = ",".join([*row[:place], "0.123", *row[place + 1 :]])
    (copied / "risk.csv").write_text("\n".join(text) + "\n", encoding="utf-8")
    (one,) = reproduce(copied / "risk.csv", run).differences
    assert one.where == "line 2, column risk"
    assert (one.stands, one.expected) == ("0.123", row[place])


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("notes.txt", b"hello", "carries no record"),
        ("plain.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "carries no record of policy_lab"),
        ("broken.docx", b"not a zip", "cannot be read as .docx"),
        ("page.html", b"<html></html>", "carries no record of policy_lab"),
    ],
)
def test_files_that_are_not_ours_are_refused(tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=words):
        reproduce(tmp_path / name, run)
