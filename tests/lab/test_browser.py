"""The screen in a real JupyterLab and a real Chromium: what a user does, and what has to come of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from playwright.sync_api import Locator, Page

import policy_lab as pl
from policy_lab.lab.moving import made_ready, moved
from policy_lab.lab.state import first_screen
from tests.lab.browsing import PATIENCE, chromium, jupyter, open_notebook, write_notebook

pytestmark = pytest.mark.browser
CELL = "import policy_lab as pl\nscreen = pl.lab('fishery', worlds=12, futures=3)\nscreen"


@pytest.fixture(scope="module")
def visit(tmp_path_factory) -> Iterator[tuple[Page, list[str], list[str]]]:
    """Give a page on which a notebook has shown the screen, every address it asked for, and every error."""
    folder: Path = tmp_path_factory.mktemp("lab")
    write_notebook(folder / "screen.ipynb", CELL)
    with jupyter(folder) as address, chromium() as browser:
        page = browser.new_page(viewport={"width": 1500, "height": 1200}, accept_downloads=True)
        asked, errors = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        open_notebook(page, address, "screen.ipynb")
        yield page, asked, errors


def rest(page: Page) -> Locator:
    """Wait until the whole answer is drawn."""
    page.wait_for_selector(".pl[data-kind=rested][data-whole=true]", state="attached", timeout=PATIENCE)
    return page.locator(".pl")


def press(page: Page, key: str) -> Locator:
    """Press a key, and wait until what it asked for is drawn."""
    screen = page.locator(".pl")
    before = int(screen.get_attribute("data-seq") or 0)
    page.keyboard.press(key)
    page.wait_for_function(
        "before => +document.querySelector('.pl').dataset.seq > before", arg=before, timeout=PATIENCE
    )
    return screen


def test_a_key_moves_the_slider_the_picture_and_the_words(visit) -> None:
    page, _, _ = visit
    screen = rest(page)
    slider, first = screen.get_by_role("slider", name="Intrinsic growth rate"), screen.locator("h2").first.inner_text()
    line = screen.locator(".ov svg path.ln").first
    slider.focus()
    before, value = line.get_attribute("d"), float(slider.input_value())
    drawn, picture = int(screen.get_attribute("data-drawn") or 0), screen.locator(".ov").screenshot()
    press(page, "End")
    assert float(slider.input_value()) == 0.045 > value
    assert screen.get_attribute("data-kind") == "moved"
    assert int(screen.get_attribute("data-drawn") or 0) == drawn + 1  # one movement, one repaint
    assert line.get_attribute("d") != before
    assert screen.locator(".ov").screenshot() != picture
    assert "Settling" in screen.locator("h2").first.inner_text()
    assert "0.03 → 0.045" in screen.locator(".pl-note").inner_text()
    rest(page)
    assert "modelled futures" in screen.locator("h2").first.inner_text()
    assert screen.locator("h2").first.inner_text() != first
    page.wait_for_function(
        """() => { const words = name => document.querySelector(`.pl .pl-main > ${name}`).textContent;
        return words('[role=status]') === words('h2'); }""",
        timeout=PATIENCE,
    )


def test_arrow_keys_reach_the_slider_in_command_mode(visit) -> None:
    page, _, _ = visit
    slider = rest(page).get_by_role("slider", name="Intrinsic growth rate")
    slider.focus()
    press(page, "Home")
    assert float(slider.input_value()) == 0.02
    press(page, "ArrowRight")
    assert float(slider.input_value()) == pytest.approx(0.0202)
    press(page, "PageUp")
    assert float(slider.input_value()) > 0.0202
    assert page.evaluate("document.activeElement.type") == "range"  # the notebook has not moved to another cell


def test_undo_goes_back_and_moves_the_slider(visit) -> None:
    page, _, _ = visit
    screen = rest(page)
    slider = screen.get_by_role("slider", name="Intrinsic growth rate")
    slider.focus()
    press(page, "Home")
    press(page, "End")
    press(page, "Control+z")
    page.wait_for_function("() => +document.querySelector('.pl input[type=range]').value === 0.02", timeout=PATIENCE)
    rest(page)


def test_the_saved_table_holds_the_numbers_that_are_drawn(visit, tmp_path) -> None:
    page, _, _ = visit
    screen = rest(page)
    screen.get_by_role("slider", name="Intrinsic growth rate").focus()
    press(page, "End")
    rest(page)
    with page.expect_download(timeout=PATIENCE) as download:
        screen.get_by_role("button", name="CSV: save").click()
    download.value.save_as(tmp_path / "table.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "table.csv").read_text(encoding="utf-8"))))
    study = pl.open_study("fishery")
    found, _ = moved(made_ready(study, first_screen(study)), {"Intrinsic growth rate": 0.045})
    for design, path in zip(found.designs, found.central, strict=True):
        written = [float(row["value"]) for row in rows if row["part"] == "central path" and row["design"] == design]
        assert np.allclose(written, path, rtol=1e-3)
        # The end of the line on the screen: its label says the same number.
        label = screen.locator(".ov text.dl", has_text=study.design(design).short).text_content() or ""
        assert float(label.split()[-1]) == pytest.approx(path[-1], abs=0.006)
    shares = {row["design"]: float(row["value"]) for row in rows if row["quantity"] == "risk"}
    ranked = " ".join(screen.locator(".rk text.dl").all_text_contents())
    for design, share in shares.items():
        assert f"{study.design(design).short} {round(100 * share)}%" in ranked


def test_at_600_pixels_nothing_scrolls_sideways(visit) -> None:
    page, _, _ = visit
    screen = rest(page)
    page.set_viewport_size({"width": 760, "height": 1000})
    page.wait_for_selector(".pl.nar", state="attached", timeout=PATIENCE)
    assert screen.evaluate("node => node.scrollWidth - node.clientWidth") <= 1
    page.set_viewport_size({"width": 1500, "height": 1200})


def test_every_control_has_a_name(visit) -> None:
    page, _, _ = visit
    controls = rest(page).locator("input, select, button, svg[role=img]")
    unnamed = controls.evaluate_all(
        """nodes => nodes
        .filter(node => !(node.getAttribute('aria-label') || node.labels?.length || node.textContent.trim()))
        .map(node => node.outerHTML.slice(0, 120))"""
    )
    assert unnamed == []
    assert controls.count() > 20


def test_no_request_left_this_machine_and_nothing_failed(visit) -> None:
    page, asked, errors = visit
    rest(page)
    hosts = {urlsplit(address).hostname for address in asked if address.startswith(("http", "ws"))}
    assert hosts == {"127.0.0.1"}
    assert errors == []
