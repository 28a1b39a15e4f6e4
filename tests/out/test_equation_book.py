"""The equation book as files: a page that asks for nothing, tables that read alone, and pictures."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from lxml import html

from policy_lab.errors import InputError
from policy_lab.model import read_model
from policy_lab.model.sections import pictures
from policy_lab.out.equation_book import write_book
from policy_lab.study import Study, open_study


@pytest.fixture(scope="module")
def fishery() -> Study:
    return open_study("fishery")


@pytest.fixture(scope="module")
def folder(fishery: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_book(fishery, tmp_path_factory.mktemp("book") / "fishery")


@pytest.fixture(scope="module")
def page(folder: Path) -> html.HtmlElement:
    return html.fromstring((folder / "equations.html").read_text(encoding="utf-8"))


def test_all_files_are_there(fishery: Study, folder: Path) -> None:
    names = {path.name for path in folder.iterdir()}
    assert {"equations.html", "equations.csv", "columns.csv", "loops.csv", "links.csv", "loops.svg"} <= names
    assert {f"loop-{name.casefold()}.svg" for name in fishery.file.loops} <= names
    assert {"the-fish.svg", "the-fleet.svg"} <= names


def test_the_page_asks_for_nothing_from_outside(folder: Path, page: html.HtmlElement) -> None:
    text = (folder / "equations.html").read_text(encoding="utf-8")
    assert "<script" not in text
    assert all(link.startswith("#") for link in page.xpath("//a/@href"))
    assert all(source.startswith("data:image/svg+xml;base64,") for source in page.xpath("//img/@src"))
    assert not page.xpath("//link")


def test_the_page_can_be_read_aloud(page: html.HtmlElement) -> None:
    assert page.get("lang") == "en"
    assert page.xpath("string(//title)") == "A shared fishery: equation book"
    assert len(page.xpath("//h1")) == 1
    assert page.xpath("//main") and page.xpath("//nav[@aria-label]")
    for table in page.xpath("//table"):
        assert table.xpath("./caption")
        assert all(cell.get("scope") == "col" for cell in table.xpath("./thead//th"))
        assert all(row.xpath("./th[@scope='row']") for row in table.xpath("./tbody/tr"))
    assert all(len(alt) > 10 for alt in page.xpath("//img/@alt"))
    assert len(page.xpath("//figure//details")) == len(page.xpath("//figure"))
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert {link.lstrip("#") for link in page.xpath("//a/@href")} <= set(ids)


def test_one_section_a_view_with_every_equation(fishery: Study, page: html.HtmlElement) -> None:
    sections = page.xpath("//section/h2/text()")
    assert sections[:4] == ["The fish", "The fleet", "The rules", "Compliance and raids"]
    assert sections[-1] == "Feedback loops"
    codes = " ".join(page.xpath("//code/text()"))
    for name in ("Fish stock", "Landings[Community]", "Raid hazard[Community]"):
        assert name in codes
    assert len(pictures(fishery.model)) == len(page.xpath("//section[.//table//code]//figure"))


def test_the_tables_stand_alone(folder: Path) -> None:
    table = pd.read_csv(folder / "equations.csv")
    meaning = pd.read_csv(folder / "columns.csv")
    assert list(table.columns) == list(meaning["column"])
    assert set(pd.read_csv(folder / "loops.csv")["loop"]) == {"R1", "R2", "R3", "B1", "B2", "B3", "B4"}


def test_what_a_model_file_says_is_text_and_never_markup(tmp_path: Path) -> None:
    path = tmp_path / "rude.mdl"
    path.write_text(
        '{UTF-8}\nw = INTEG(-w/k, 8) ~ <b>litre ~ <script>alert(1)</script> & "more". |\nk = 4 ~ Minute ~ |\n'
        "FINAL TIME = 9 ~ Minute ~ |\nINITIAL TIME = 0 ~ Minute ~ |\n"
        "SAVEPER = 1 ~ Minute ~ |\nTIME STEP = 1 ~ Minute ~ |\n",
        encoding="utf-8",
    )
    text = (write_book(read_model(path), tmp_path / "book") / "equations.html").read_text(encoding="utf-8")
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "<b>litre" not in text


def test_a_file_in_the_place_of_the_folder_is_refused(fishery: Study, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("x", encoding="utf-8")
    with pytest.raises(InputError, match="is a file"):
        write_book(fishery.model, tmp_path / "taken")
