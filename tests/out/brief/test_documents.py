"""Briefings opened with readers that are not ours: headings, alt text, languages, tables, and the same numbers."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile

import docx
import pptx
import pytest
from lxml import etree
from PIL import Image

import policy_lab as pl
from policy_lab.analysis.tables import tables_of
from policy_lab.errors import InputError
from policy_lab.out.brief.content import Choice, briefing
from policy_lab.out.brief.docx import to_docx
from policy_lab.out.brief.html import to_html
from policy_lab.out.brief.pptx import to_pptx
from policy_lab.out.brief.record import read_record
from policy_lab.run import run

DAY = dt.date(2026, 11, 23)
PEOPLE = {"commissioner": "A. Ahmed", "analyst": "B. Brown", "assurer": "C. Clark", "approver": "D. Davies"}
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


@pytest.fixture(scope="module")
def results():
    return run(pl.open_study("fishery").plan(worlds=24, futures=4))


@pytest.fixture(scope="module")
def described(results):
    record = {"manifest": dict(results.manifest), "briefing": {}}
    return briefing(tables_of(results), results, Choice(PEOPLE), made_on=DAY, record=record)


@pytest.fixture(scope="module")
def word(described):
    return docx.Document(io.BytesIO(to_docx(described)))


def test_page_one_answers_in_the_order_of_a_reader(described):
    assert [part.heading for part in described.first] == [
        "Answer", "How sure we are", "What was assumed", "What would change it", "Cost", "What to watch",
        "What this is not",
    ]  # fmt: skip
    assert "Confidence:" in " ".join(described.texts())
    assert any("grade C" in text for text in described.texts())


def test_the_answer_follows_the_numbers(results, described):
    other = run(results.plan.with_(seed=99, worlds=8, futures=2))
    record = {"manifest": {}, "briefing": {}}
    changed = briefing(tables_of(other), other, Choice(PEOPLE), made_on=DAY, record=record)
    risks = [row for part in changed.parts for item in part.items for row in getattr(item, "rows", ())]
    before = [row for part in described.parts for item in part.items for row in getattr(item, "rows", ())]
    assert risks != before


def test_headings_are_real_and_in_order(word):
    levels = [int(p.style.name[-1]) for p in word.paragraphs if p.style.name.startswith("Heading")]
    assert levels.count(2) == 7
    assert all(after <= before + 1 for before, after in zip([1, *levels], levels, strict=False))
    assert word.paragraphs[0].style.name == "Title"


def test_every_picture_has_words(word, described):
    named = [shape._inline.docPr for shape in word.inline_shapes]
    assert len(named) == len(described.pictures) == 3
    assert [one.get("descr") for one in named] == [picture.alt for picture in described.pictures]


def test_tables_mark_their_heads_and_keep_rows_whole(word):
    for table in word.tables:
        properties = [row._tr.trPr for row in table.rows]
        assert all(one.find(f"{W}cantSplit") is not None for one in properties if one is not None)
    heads = [table for table in word.tables if len(table.rows) > 1]
    assert heads
    assert all(table.rows[0]._tr.trPr.find(f"{W}tblHeader") is not None for table in heads)


def test_language_title_and_page(word, described):
    core = word.core_properties
    assert (core.language, core.title, core.author) == ("en-GB", described.title, "B. Brown")
    language = word.styles.element.find(f".//{W}rPrDefault/{W}rPr/{W}lang")
    assert language.get(f"{W}val") == "en-GB"
    section = word.sections[0]
    assert (round(section.page_width.cm, 1), round(section.page_height.cm, 1)) == (21.0, 29.7)


def test_a_draft_says_so_on_every_page(described, word):
    assert "DRAFT" in etree.tostring(word.sections[0].header._element).decode()
    final = Choice(PEOPLE, final=True)
    assert final.final
    assert "Draft" in word.sections[0].header.paragraphs[0].text


def test_pictures_stand_at_the_size_for_which_they_were_drawn(word, described):
    for shape, picture in zip(word.inline_shapes, described.pictures, strict=True):
        assert shape.width.inches == pytest.approx(picture.figure.plot_size[0], abs=0.01)
        blip = shape._inline.graphic.graphicData.pic.blipFill.blip.embed
        with Image.open(io.BytesIO(word.part.related_parts[blip].blob)) as image:
            assert image.width / shape.width.inches == pytest.approx(200, abs=2)


def test_slides_have_titles_alt_text_and_notes(described):
    show = pptx.Presentation(io.BytesIO(to_pptx(described)))
    assert show.slide_width / show.slide_height == pytest.approx(16 / 9, abs=0.01)
    alts = []
    for slide in show.slides:
        assert slide.shapes.title.text.strip()
        for shape in slide.shapes:
            assert shape.left >= 0
            assert shape.left + shape.width <= show.slide_width
            assert shape.top + shape.height <= show.slide_height
            if shape.shape_type == 13:
                alts.append(shape._element.nvPicPr.cNvPr.get("descr"))
    assert alts == [picture.alt for picture in described.pictures]
    assert show.slides[0].shapes.title.text == described.answer
    charts = [shape.chart for slide in show.slides for shape in slide.shapes if shape.has_chart]
    medians = described.pictures[2].figure.data.query("quantile == 0.5")
    for series in charts[0].plots[0].series:
        wanted = medians[medians["design"] == series.name]["value"]
        assert list(series.values) == pytest.approx(list(wanted))


def test_the_page_asks_for_nothing_and_says_everything(described):
    page = to_html(described).decode()
    assert '<html lang="en-GB">' in page
    assert not re.search(r'(?:src|href)="(?!#)', page)
    assert "<script" not in page
    root = etree.HTML(page)
    words = " ".join("".join(root.itertext()).split())
    for text in described.texts():
        assert " ".join(text.split()) in words, text
    assert len(root.findall(".//figure")) == 3
    identifiers = [node.get("id") for node in root.iter() if node.get("id")]
    assert len(identifiers) == len(set(identifiers))
    for table in root.iter("table"):
        assert table.findall(".//thead//th[@scope='col']")


def test_the_record_stands_in_every_document(described):
    wanted = dict(described.record)["manifest"]["model_sha256"]
    for made in (to_docx(described), to_pptx(described)):
        with zipfile.ZipFile(io.BytesIO(made)) as packed:
            found = read_record(packed.read("customXml/policy_lab.xml").decode(), escaped=True)
        assert found["manifest"]["model_sha256"] == wanted


def test_a_house_keeps_its_styles(described, tmp_path):
    house = docx.Document()
    house.styles["Heading 1"].font.name = "Georgia"
    house.add_paragraph("What the house's own page says.")
    house.save(tmp_path / "house.docx")
    made = docx.Document(io.BytesIO(to_docx(described, tmp_path / "house.docx")))
    assert made.styles["Heading 1"].font.name == "Georgia"
    assert "own page" not in " ".join(paragraph.text for paragraph in made.paragraphs)


def test_a_final_briefing_names_everybody(results):
    with pytest.raises(InputError, match="needs its assurer and approver"):
        briefing(
            tables_of(results),
            results,
            Choice({"commissioner": "A", "analyst": "B"}, final=True),
            made_on=DAY,
            record={},
        )
    with pytest.raises(InputError, match="no role `reviewer`"):
        briefing(tables_of(results), results, Choice({"reviewer": "A"}), made_on=DAY, record={})
    with pytest.raises(InputError, match="no chart `risks`"):
        briefing(tables_of(results), results, Choice({}, charts=("risks",)), made_on=DAY, record={})


def test_a_briefing_is_small(described):
    assert len(to_docx(described)) < 3e6
