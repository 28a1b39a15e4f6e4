"""The screen of one's own model in a real Chromium: sliders, scenarios, charts, files, keyboard and words."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page

from policy_lab.lab.own_run import own_model
from policy_lab.provenance import bundled
from tests.lab.axe import violations
from tests.lab.browsing import PATIENCE, chromium
from tests.lab.serving import running_app

pytestmark = pytest.mark.browser
CASELOAD = bundled("models") / "safeguarding" / "caseload.mdl"
NAME = "New referrals"


@pytest.fixture(scope="module")
def visit(tmp_path_factory) -> Iterator[tuple[Page, list[str]]]:
    with running_app(tmp_path_factory.mktemp("app"), str(CASELOAD)) as app, chromium() as browser:
        page = browser.new_page(viewport={"width": 1360, "height": 1300}, accept_downloads=True)
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda told: faults.append(told.text) if told.type == "error" else None)
        page.goto(app.address, timeout=PATIENCE)
        page.wait_for_selector(".pl[data-seq]", timeout=PATIENCE)
        for fold in page.locator(".pl-side details:not([open]) > summary").all():
            fold.click()
        yield page, faults
        assert faults == []


def answered(page: Page, act) -> Locator:
    """Do something, and wait until what it asked for is drawn."""
    screen = page.locator(".pl")
    before = int(screen.get_attribute("data-seq") or 0)
    act()
    page.wait_for_function("n => +document.querySelector('.pl').dataset.seq > n", arg=before, timeout=PATIENCE)
    return screen


def test_a_key_moves_the_line_the_words_and_the_table(visit) -> None:
    page, _ = visit
    slider, line = page.get_by_role("slider", name=NAME), page.locator(".pl-own path.ln").first
    before, drawn = line.get_attribute("d"), int(page.locator(".pl").get_attribute("data-drawn") or 0)
    slider.focus()
    screen = answered(page, lambda: page.keyboard.press("End"))
    assert float(slider.input_value()) == 442
    assert line.get_attribute("d") != before
    assert int(screen.get_attribute("data-drawn") or 0) in (drawn + 1, drawn + 2)  # input and change
    own = own_model(CASELOAD)
    expected = own.run({NAME: 442}, list(own.first))
    for row, name in zip(page.locator(".pl-diff tbody tr").all(), own.first, strict=True):
        cells = row.locator("td").all_inner_texts()
        assert float(cells[1].replace(",", "")) == pytest.approx(expected[name][0, -1], rel=1e-3, abs=0.5)
    assert "1 constant moved" in screen.locator("h2").inner_text()
    assert f"--set '{NAME}=442.0'" in screen.locator(".pl-note").last.inner_text()


def test_a_scenario_is_pinned_by_name_and_can_be_gone_back_to(visit) -> None:
    page, _ = visit
    slider = page.get_by_role("slider", name=NAME)
    slider.focus()
    answered(page, lambda: page.keyboard.press("Home"))
    answered(page, lambda: page.keyboard.press("End"))
    page.get_by_label("Name of a scenario").fill("Many more")
    answered(page, lambda: page.keyboard.press("Enter"))
    assert page.locator(".pl-pins").inner_text().startswith("Many more")
    slider.focus()
    answered(page, lambda: page.keyboard.press("Home"))
    assert page.locator(".pl-own").first.locator("path.pn").count() == 2  # as the file has it, and what was pinned
    assert "Many more" in page.locator(".pl-diff thead").inner_text()
    answered(page, lambda: page.get_by_role("button", name="Go to Many more").click())
    assert float(slider.input_value()) == 442
    answered(page, lambda: page.get_by_role("button", name="Take away Many more").click())
    assert page.locator(".pl-pins button").count() == 0
    answered(page, lambda: page.get_by_role("button", name="Undo the last").click())
    assert page.locator(".pl-pins button").count() == 2


def test_a_chart_is_added_and_hidden_and_a_constant_is_found(visit) -> None:
    page, _ = visit
    charts = page.locator(".pl-own")
    before = charts.count()
    answered(page, lambda: page.get_by_label("Add a chart").select_option("Work pressure"))
    assert charts.count() == before + 1
    assert charts.last.get_attribute("title")
    answered(page, lambda: page.get_by_role("button", name="Hide Work pressure").click())
    assert charts.count() == before
    page.get_by_label("Find one of").fill("surge")
    names = page.locator(".pl-row:visible .pl-name").all_inner_texts()
    assert names
    assert all("surge" in name.lower() for name in names)
    page.get_by_label("Find one of").fill("")


def test_the_saved_table_holds_what_is_drawn(visit) -> None:
    page, _ = visit
    page.get_by_role("slider", name=NAME).focus()
    answered(page, lambda: page.keyboard.press("Home"))
    with page.expect_download(timeout=PATIENCE) as download:
        page.get_by_role("button", name="CSV: save").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text(encoding="utf-8"))))
    own = own_model(CASELOAD)
    value = float(page.get_by_role("slider", name=NAME).input_value())
    expected = own.run({NAME: value}, list(own.first))
    for name in own.first:
        written = [float(row["value"]) for row in rows if row["run"] == "now" and row["variable"] == name]
        assert written == pytest.approx(expected[name][0].tolist(), rel=1e-9)
    for kind, start in (("PNG", b"\x89PNG"), ("SVG", b"<?xml"), ("YAML", b"# What stood")):
        with page.expect_download(timeout=PATIENCE) as download:
            page.get_by_role("button", name=f"{kind}: save").click()
        assert download.value.path().read_bytes().startswith(start)


def test_every_control_has_a_name_and_nothing_scrolls_sideways(visit) -> None:
    page, _ = visit
    unnamed = (
        page.locator(".pl")
        .locator("input, select, button, svg[role=img]")
        .evaluate_all(
            """nodes => nodes
        .filter(node => !(node.getAttribute('aria-label') || node.labels?.length || node.textContent.trim()))
        .map(node => node.outerHTML.slice(0, 120))"""
        )
    )
    assert unnamed == []
    for width in (600, 900, 1360):
        page.set_viewport_size({"width": width, "height": 1300})
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_axe_finds_no_violation_in_the_whole_page(visit) -> None:
    page, _ = visit
    page.get_by_label("Name of a scenario").fill("As it stands")
    answered(page, lambda: page.keyboard.press("Enter"))
    page.evaluate("() => document.querySelectorAll('.pl details').forEach(node => { node.open = true; })")
    page.wait_for_timeout(500)
    assert violations(page, "html") == []
