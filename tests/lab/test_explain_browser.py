"""The view *Explain* in a real JupyterLab and a real Chromium: what a user does, and what has to come of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page

import policy_lab as pl
from policy_lab.lab.central import central_paths
from policy_lab.lab.moving import made_ready
from policy_lab.lab.state import first_screen
from tests.lab.browsing import PATIENCE, chromium, jupyter, open_notebook, write_notebook

pytestmark = pytest.mark.browser
CELL = "import policy_lab as pl\nscreen = pl.lab('fishery', worlds=6, futures=2)\nscreen"
GROWTH = "Intrinsic growth rate"


@pytest.fixture(scope="module")
def visit(tmp_path_factory) -> Iterator[tuple[Page, list[str], list[str]]]:
    """Give a page that shows the view, every address it asked for, and every error."""
    folder: Path = tmp_path_factory.mktemp("explain")
    write_notebook(folder / "screen.ipynb", CELL)
    with jupyter(folder) as address, chromium() as browser:
        page = browser.new_page(viewport={"width": 1500, "height": 1200})
        asked, errors = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        open_notebook(page, address, "screen.ipynb")
        page.evaluate("() => window.jupyterapp.commands.execute('application:toggle-left-area')")  # all the width
        page.get_by_role("tab", name="Explain").click()
        page.wait_for_selector(".pl-sf .stock", state="attached", timeout=PATIENCE)
        page.wait_for_selector(".pl-whylist li", state="attached", timeout=PATIENCE)
        page.wait_for_selector(".pl-looplist li", state="attached", timeout=PATIENCE)
        yield page, asked, errors


def part(page: Page, name: str) -> Locator:
    return page.locator(f".pl-part[data-panel={name}]")


def value_of(page: Page, name: str) -> str:
    """Return the value that stands at a variable of the diagram."""
    box = page.locator(".pl-sf .nd").filter(has=page.locator("text.nm", has_text=re.compile(f"^{name}$")))
    return (box.locator(".vu .b").text_content() or "").replace(",", "")


def go(page: Page, value: int) -> None:
    """Move the moment as a user does who drags it."""
    page.get_by_role("slider", name="Moment").fill(str(value))


def until_it_is_not(page: Page, name: str, before: str) -> None:
    page.wait_for_function(
        """([name, before]) => [...document.querySelectorAll('.pl-sf .nd')].some(one =>
        one.querySelector('.nm')?.textContent === name &&
        one.querySelector('.vu .b').textContent.replace(',', '') !== before)""",
        arg=[name, before],
        timeout=PATIENCE,
    )


def test_values_follow_the_moment_and_are_the_engines(visit) -> None:
    page, _, _ = visit
    study = pl.open_study("fishery")
    screen = first_screen(study)
    name = page.get_by_role("combobox", name="Explain", exact=True).input_value()
    paths = central_paths(made_ready(study, screen), {}).of(name, "Fish stock")
    for at in (120, 60, 24, 0):
        go(page, at)
        assert float(value_of(page, "Fish stock")) == pytest.approx(paths[at], rel=5e-3)
        assert f"month {at}" in (page.get_by_role("slider", name="Moment").get_attribute("aria-valuetext") or "")
    page.get_by_role("slider", name="Moment").focus()
    page.keyboard.press("ArrowRight")
    assert float(value_of(page, "Fish stock")) == pytest.approx(paths[1], rel=5e-3)
    page.wait_for_function(
        "() => document.querySelector('.pl-sf').getAttribute('aria-label').includes('at month 1 ')", timeout=PATIENCE
    )
    page.keyboard.press("End")


def test_the_sparkline_grows_with_the_moment(visit) -> None:
    page, _, _ = visit
    line = page.locator(".pl-sf .stock .nw").first
    go(page, 120)
    whole = (line.get_attribute("d") or "").count("L")
    go(page, 30)
    assert (line.get_attribute("d") or "").count("L") == 30 < whole == 120
    go(page, 120)


def test_playing_moves_the_moment_and_stops_when_asked(visit) -> None:
    page, _, _ = visit
    moment = page.get_by_role("slider", name="Moment")
    go(page, 0)
    page.get_by_role("button", name="Play the time line").click()
    page.wait_for_function("() => +document.querySelector('.pl-moment input').value > 2", timeout=PATIENCE)
    page.get_by_role("button", name="Pause the time line").click()
    at = int(moment.input_value())
    page.wait_for_timeout(400)
    assert int(moment.input_value()) == at
    go(page, 120)


def test_who_wants_no_motion_gets_leaps_of_a_year(visit) -> None:
    page, _, _ = visit
    page.emulate_media(reduced_motion="reduce")
    go(page, 0)
    page.get_by_role("button", name="Play the time line").click()
    page.wait_for_function("() => +document.querySelector('.pl-moment input').value > 0", timeout=PATIENCE)
    page.get_by_role("button", name="Pause the time line").click()
    assert int(page.get_by_role("slider", name="Moment").input_value()) % 12 == 0
    page.emulate_media(reduced_motion="no-preference")
    go(page, 120)


def test_another_part_of_the_model_and_one_of_its_elements(visit) -> None:
    page, _, _ = visit
    part(page, "flow").get_by_label("Part of the model").select_option("Compliance and raids")
    page.wait_for_function("() => document.querySelector('.pl-sf').textContent.includes('Trust')", timeout=PATIENCE)
    study = pl.open_study("fishery")
    name = page.get_by_role("combobox", name="Explain", exact=True).input_value()
    end = central_paths(made_ready(study, first_screen(study)), {}).of(name, "Motive strength")[-1]
    mean = value_of(page, "Motive strength")
    assert float(mean) == pytest.approx(end.mean(), rel=5e-3)
    part(page, "flow").get_by_label("Motive").select_option("deterrence")
    until_it_is_not(page, "Motive strength", mean)
    assert float(value_of(page, "Motive strength")) == pytest.approx(end[:, 1].mean(), rel=5e-3)
    page.wait_for_function(
        "() => document.querySelector('.pl-flow .pl-says').textContent.includes('Motive deterrence')", timeout=PATIENCE
    )
    before = value_of(page, "Motive strength")
    part(page, "flow").get_by_label("Motive").select_option("sum of all")
    until_it_is_not(page, "Motive strength", before)
    assert float(value_of(page, "Motive strength")) == pytest.approx(end.sum(axis=1).mean(), rel=5e-3)
    part(page, "flow").get_by_label("Motive").select_option("")


def test_a_loop_is_lit_by_pointer_and_by_keyboard(visit) -> None:
    page, _, _ = visit
    part(page, "flow").get_by_label("Part of the model").select_option("Compliance and raids")
    page.wait_for_function(
        "() => document.querySelector('.pl-sf').textContent.includes('Raid hazard')", timeout=PATIENCE
    )
    assert page.locator(".pl-sf.lit").count() == 0
    chip = part(page, "flow").get_by_role("button", name="R2 ")
    chip.hover()
    page.wait_for_selector(".pl-sf.lit .on", state="attached", timeout=PATIENCE)
    assert "Raids and trust" in page.locator(".pl-loopwords").inner_text()
    page.mouse.move(5, 5)
    page.wait_for_function("() => !document.querySelector('.pl-sf.lit')", timeout=PATIENCE)
    chip.focus()
    page.keyboard.press("Enter")
    assert chip.get_attribute("aria-pressed") == "true"
    lit = page.locator(".pl-sf .nd.on .nm").all_text_contents()
    assert {"Compliance", "Trust"} <= set(lit)
    assert page.locator(".pl-sf .on .sg").all_text_contents().count("−") >= 2  # once the model was asked for signs
    page.keyboard.press("Enter")
    assert chip.get_attribute("aria-pressed") == "false"


def test_a_loop_is_switched_off_and_on_again(visit) -> None:
    page, _, _ = visit
    loops = part(page, "loops")
    switch = loops.get_by_role("switch", name=re.compile("^R2 Raids and trust"))
    assert switch.get_attribute("aria-checked") == "true"
    switch.focus()
    page.keyboard.press("Space")
    assert switch.get_attribute("aria-checked") == "false"
    page.wait_for_selector(".pl-without figure svg", state="attached", timeout=PATIENCE)
    page.wait_for_function(
        "() => document.querySelector('.pl-cutside').textContent.includes('10 worlds with 5 futures')", timeout=PATIENCE
    )
    words = loops.get_by_role("status").inner_text()
    assert "With R2 cut" in words
    assert "Central paths" in words
    figures = loops.locator(".pl-without figure")
    assert figures.count() == 4
    for figure in figures.all():
        full, dashed = figure.locator("path.ln").all()
        assert dashed.get_attribute("stroke-dasharray")
        assert not full.get_attribute("stroke-dasharray")
        assert "risk" in (figure.locator("svg").get_attribute("aria-label") or "")
    assert figures.nth(1).locator("path.ln").nth(0).get_attribute("d") != figures.nth(1).locator("path.ln").nth(
        1
    ).get_attribute("d")
    page.keyboard.press("Space")
    page.wait_for_function("() => document.querySelector('.pl-without').hidden", timeout=PATIENCE)


def test_the_moment_stays_in_sight_while_the_page_scrolls(visit) -> None:
    page, _, _ = visit
    part(page, "loops").locator(".pl-looplist li").last.scroll_into_view_if_needed()
    page.wait_for_function(
        """() => { const bar = document.querySelector('.pl-when').getBoundingClientRect();
        const seen = document.elementFromPoint(bar.x + bar.width / 2, bar.y + bar.height / 2);
        return bar.top > 0 && seen.closest('.pl-when') !== null; }""",
        timeout=PATIENCE,
    )
    assert page.get_by_role("tab", name="Explain").bounding_box()["y"] < 0  # there was something to scroll


def test_a_section_folds_and_opens_again(visit) -> None:
    page, _, _ = visit
    why = part(page, "why")
    summary = why.locator("summary").first
    summary.focus()
    page.keyboard.press("Enter")
    assert not why.locator(".pl-whys").is_visible()
    page.keyboard.press("Enter")
    page.wait_for_selector(".pl-whylist li", state="visible", timeout=PATIENCE)


def test_a_slider_brings_new_values_and_other_words(visit) -> None:
    page, _, _ = visit
    part(page, "flow").get_by_label("Part of the model").select_option("The fish")
    page.wait_for_function(
        "() => document.querySelector('.pl-sf').textContent.includes('Fish stock')", timeout=PATIENCE
    )
    before, said = value_of(page, "Fish stock"), part(page, "why").locator(".pl-says").inner_text()
    page.get_by_role("slider", name=GROWTH).focus()
    page.keyboard.press("End")
    until_it_is_not(page, "Fish stock", before)
    page.wait_for_function(
        "said => document.querySelector('.pl-whys .pl-says').textContent !== said", arg=said, timeout=PATIENCE
    )
    study = pl.open_study("fishery")
    name = page.get_by_role("combobox", name="Explain", exact=True).input_value()
    paths = central_paths(made_ready(study, first_screen(study)), {GROWTH: 0.045}).of(name, "Fish stock")
    assert float(value_of(page, "Fish stock")) == pytest.approx(paths[-1], rel=5e-3)


def test_another_design_is_explained(visit) -> None:
    page, _, _ = visit
    before = page.locator(".pl-explain h2").inner_text()
    page.get_by_role("combobox", name="Explain", exact=True).select_option("co-management")
    assert page.locator(".pl-explain h2").inner_text() != before
    page.wait_for_function(
        "() => document.querySelector('.pl-put').textContent.includes('Co-management scores higher')", timeout=PATIENCE
    )
    page.get_by_role("combobox", name="Set against", exact=True).select_option("co-management")
    page.wait_for_function(
        "() => document.querySelector('.pl-put').textContent.includes('choose a second')", timeout=PATIENCE
    )
    page.get_by_role("combobox", name="Set against", exact=True).select_option("open-access")


def test_tables_stand_beside_the_pictures(visit) -> None:
    page, _, _ = visit
    for name, column in (("flow", "Fish stock"), ("why", "how far apart")):
        fold = part(page, name).locator(".pl-data")
        fold.locator("summary").click()
        fold.locator("table", has_text=column).wait_for(timeout=PATIENCE)
        fold.locator("summary").click()


@pytest.mark.parametrize("width", [1500, 700, 600])
def test_nothing_is_wider_than_the_page(visit, width) -> None:
    page, _, _ = visit
    page.set_viewport_size({"width": width, "height": 1200})
    page.wait_for_timeout(600)
    wide = page.evaluate("() => { const e = document.querySelector('.pl'); return e.scrollWidth - e.clientWidth; }")
    assert wide <= 0
    page.set_viewport_size({"width": 1500, "height": 1200})


def test_nothing_was_fetched_and_nothing_failed(visit) -> None:
    _, asked, errors = visit
    assert {urlsplit(one).hostname for one in asked if one.startswith(("http", "ws"))} <= {"127.0.0.1", "localhost"}
    assert not errors
