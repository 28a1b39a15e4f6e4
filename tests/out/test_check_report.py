"""The report of a check: every check with chart, reason and what was seen, whole or not at all."""

from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from policy_lab.analysis.check_result import CheckTable
from policy_lab.analysis.checking import check
from policy_lab.errors import InputError
from policy_lab.out.check_report import write_report
from policy_lab.provenance import bundled

CHECKS = """checks:
  no-fish-is-lost:
    title: No fish <is> lost & none made up
    test: F1
    variable: Fish stock
    expect: {conserved: {entries: [Growth], exits: [Landings, Raid catch]}}
    reason: A leak | would hide.
    reading: Accounting only.
  stock-vanishes:
    title: The stock vanishes
    variable: Fish stock
    expect: {between: {high: 0}}
    reason: It does not.
    expected_failure: {reason: Fish grow, size: 3000 tonne, mend: Nothing}
  units-agree:
    title: Units agree
    expect: {holds: units}
    reason: They have to.
  elsewhere:
    title: Held by a test
    expect: {held_by: "tests/x.py::test_y"}
    reason: Too slow here.
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> CheckTable:
    folder = tmp_path_factory.mktemp("study") / "fishery"
    shutil.copytree(bundled("models") / "fishery", folder)
    (folder / "checks.yaml").write_text(CHECKS, encoding="utf-8")
    return check(folder)


class Page(HTMLParser):
    """Collects what a reader and a screen reader meet."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in ("meta", "img"):
            self.open.append(tag)
        if tag == "img":
            self.images.append(given)
        if tag == "a":
            self.links.append(str(given["href"]))
        if "id" in given:
            self.anchors.add(f"#{given['id']}")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def test_the_page_stands_alone_and_is_whole(found: CheckTable, tmp_path: Path) -> None:
    text = (write_report(found, tmp_path / "report") / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    assert page.open == []
    assert set(page.links) == page.anchors
    assert len(page.anchors) == 4
    assert len(page.images) == 2  # a check of the file and one that is held elsewhere look at no path
    assert all(image["alt"] and str(image["src"]).startswith("data:image/svg+xml;base64,") for image in page.images)
    assert not re.search(r"(src|href)=\"https?:", text)
    for said in ("No fish <is> lost & none made up", "A leak | would hide.", "How to read it: Accounting only.",
                 "Why it fails: Fish grow", "How much: 3000 tonne", "What would mend it: Nothing",
                 "4 checks: 2 ok, 1 expected failure, 1 held elsewhere.", "tests/x.py::test_y"):  # fmt: skip
        assert said in page.words, said


def test_the_markdown_shows_the_charts_beside_it(found: CheckTable, tmp_path: Path) -> None:
    folder = write_report(found, tmp_path / "report")
    text = (folder / "report.md").read_text(encoding="utf-8")
    pictures = re.findall(r"!\[([^\]]+)\]\(([^)]+)\)", text)
    assert [name for _, name in pictures] == ["check-no-fish-is-lost.svg", "check-stock-vanishes.svg"]
    assert all((folder / name).is_file() for _, name in pictures)
    assert "## F1. No fish <is> lost & none made up" in text
    widths = {row.count("|") - row.count("\\|") for row in text.splitlines() if row.startswith("| No fish")}
    assert widths == {5}


def test_tables_and_manifest_hold_the_same(found: CheckTable, tmp_path: Path) -> None:
    folder = write_report(found, tmp_path / "report")
    table = pd.read_csv(folder / "checks.csv")
    assert list(table["check"]) == [one.name for one in found.results]
    assert len(pd.read_csv(folder / "findings.csv")) == len(found.findings)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["model"] == "fishery.mdl"
    assert "checks" in manifest["inputs_sha256"]


def test_the_same_result_gives_the_same_bytes(found: CheckTable, tmp_path: Path) -> None:
    first, second = (write_report(found, tmp_path / name) for name in ("one", "other"))
    for path in sorted(first.iterdir()):
        if path.name != "manifest.json":
            assert path.read_bytes() == (second / path.name).read_bytes(), path.name


def test_a_file_in_the_way_is_refused(found: CheckTable, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("here", encoding="utf-8")
    with pytest.raises(InputError, match="is a file"):
        write_report(found, tmp_path / "taken")
