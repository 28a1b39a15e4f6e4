"""The app in a real Chromium: the screen without a notebook, for several visitors, asking nobody but this machine."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

import policy_lab as pl
from tests.lab.browsing import PATIENCE, chromium
from tests.lab.serving import App, running_app

pytestmark = pytest.mark.browser
GROWTH = "Intrinsic growth rate"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    with running_app(tmp_path_factory.mktemp("app"), "fishery", "--worlds", "12", "--futures", "3") as running:
        yield running


def visit(browser: Browser, address: str, **options: object) -> tuple[Page, list[str], list[str]]:
    """Open a page in a browser of its own; give it, all that it asked for, and all that went wrong."""
    page = browser.new_context(viewport={"width": 1400, "height": 1200}, **options).new_page()
    asked: list[str] = []
    faults: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda way: asked.append(way.url))
    page.on("response", lambda response: faults.append(response.url) if response.status >= 400 else None)
    page.on("requestfailed", lambda request: faults.append(request.url))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda told: faults.append(told.text) if told.type == "error" else None)
    page.goto(address, timeout=PATIENCE)
    return page, asked, faults


def shown(page: Page) -> None:
    """Wait until the whole answer is drawn."""
    page.wait_for_selector(".pl[data-kind=rested][data-whole=true]", timeout=PATIENCE)


def move(page: Page, key: str) -> None:
    """Press a key on the first slider, and wait until what it asked for is drawn."""
    before = int(page.locator(".pl").get_attribute("data-seq") or 0)
    page.get_by_role("slider", name=GROWTH).focus()
    page.keyboard.press(key)
    page.wait_for_function("n => +document.querySelector('.pl').dataset.seq > n", arg=before, timeout=PATIENCE)


def test_a_slider_moves_the_picture_and_nothing_leaves_this_machine(browser, app) -> None:
    page, asked, faults = visit(browser, app.address)
    shown(page)
    assert page.title() == "A shared fishery – policy_lab"
    assert page.locator("html").get_attribute("lang") == "en-GB"
    assert "token" not in page.url
    line, picture = page.locator(".ov svg path.ln").first, page.locator(".ov").screenshot()
    before = line.get_attribute("d")
    move(page, "End")
    assert line.get_attribute("d") != before
    assert page.locator(".ov").screenshot() != picture
    shown(page)
    assert page.get_by_text("import").count() == 0  # no code of the cell
    assert not page.locator("#loading").is_visible()
    assert {urlsplit(address).hostname for address in asked if not address.startswith(("blob:", "data:"))} == {
        "127.0.0.1"
    }
    assert faults == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.context.close()


def test_the_page_may_ask_nobody_else_even_if_it_wanted_to(browser, app) -> None:
    page, _, faults = visit(browser, app.address)
    shown(page)
    tried = page.evaluate("() => fetch('http://192.0.2.1/').then(() => 'answered', error => String(error))")
    assert "TypeError" in tried
    assert any("Content Security Policy" in fault for fault in faults)
    page.context.close()


def test_two_visitors_do_not_see_each_other(browser, app) -> None:
    first, _, _ = visit(browser, app.address)
    second, _, _ = visit(browser, app.address)
    shown(first)
    shown(second)
    at_first = second.locator("h2").first.inner_text()
    move(first, "End")
    shown(first)
    sliders = [page.get_by_role("slider", name=GROWTH) for page in (first, second)]
    assert [float(one.input_value()) for one in sliders] == [0.045, 0.03]
    assert second.locator("h2").first.inner_text() == at_first != first.locator("h2").first.inner_text()
    move(second, "Home")
    shown(second)
    assert float(sliders[0].input_value()) == 0.045
    for page in (first, second):
        page.context.close()


def test_it_loads_anew_without_the_token_and_starts_at_its_base(browser, app) -> None:
    page, _, _ = visit(browser, app.address)
    shown(page)
    move(page, "End")
    page.reload(timeout=PATIENCE)
    shown(page)
    assert float(page.get_by_role("slider", name=GROWTH).input_value()) == 0.03
    page.context.close()


def test_a_wrong_token_shows_words_and_nothing_else(browser, app) -> None:
    page, _, _ = visit(browser, app.address[:-3])
    assert "needs the token" in page.locator("body").inner_text()
    assert page.locator("script").count() == 0
    page.context.close()


def test_it_follows_light_and_dark(browser, app) -> None:
    grounds = {}
    for scheme in ("light", "dark"):
        page, _, _ = visit(browser, app.address, color_scheme=scheme)
        page.wait_for_selector(".pl[data-seq]", timeout=PATIENCE)
        place = "node => getComputedStyle(node).backgroundColor"
        grounds[scheme] = [page.locator(name).evaluate(place) for name in ("body", ".pl")]
        page.context.close()
    assert grounds == {"light": ["rgb(255, 255, 255)"] * 2, "dark": ["rgb(17, 20, 24)"] * 2}


def test_a_kernel_that_dies_is_told_in_words(browser, app) -> None:
    page, _, _ = visit(browser, app.address)
    shown(page)
    kernel = page.evaluate("() => JSON.parse(document.getElementById('jupyter-config-data').textContent).kernelId")
    (process,) = [pid for pid, command in app.processes() if f"kernel-{kernel}" in command]
    os.kill(process, signal.SIGKILL)
    page.wait_for_selector("#lost", state="visible", timeout=PATIENCE)
    assert "has stopped" in page.locator("#lost").inner_text()
    page.get_by_role("button", name="Open it anew").click()
    shown(page)
    assert not page.locator("#lost").is_visible()
    page.context.close()


def test_an_app_that_was_stopped_is_told_in_words(browser, tmp_path) -> None:
    with running_app(tmp_path / "app", "fishery", "--worlds", "4", "--futures", "2") as running:
        page, _, _ = visit(browser, running.address)
        shown(page)
        assert running.stop() == 0
        page.wait_for_selector("#lost", state="visible", timeout=PATIENCE)
        assert "does not answer" in page.locator("#lost").inner_text()
        page.context.close()


def test_it_opens_at_a_screen_that_was_saved(browser, tmp_path) -> None:
    saved = pl.lab("fishery", worlds=4, futures=2, designs=["open-access"]).save(tmp_path / "screen.yaml")
    given = ("fishery", "--worlds", "4", "--futures", "2", "--screen", str(saved))
    with running_app(tmp_path / "app", *given) as running:
        page, _, _ = visit(browser, running.address)
        shown(page)
        assert page.locator(".ov svg path.ln").count() == 1
        page.context.close()
