"""No view of the screen breaks WCAG 2.2 A or AA, as far as axe-core can tell: light and dark, wide and narrow."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.lab.axe import violations
from tests.lab.browsing import PATIENCE, chromium, jupyter, open_notebook, write_notebook

pytestmark = pytest.mark.browser
CELL = "import policy_lab as pl\npl.lab('fishery', worlds=12, futures=3)"
VIEWS = ("compare", "explain", "stress")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("access")
    write_notebook(folder / "screen.ipynb", CELL)
    with jupyter(folder) as address, chromium() as browser:
        opened = browser.new_page(viewport={"width": 1530, "height": 1400}, reduced_motion="reduce")
        open_notebook(opened, address, "screen.ipynb")
        opened.evaluate("() => window.jupyterapp.shell.collapseLeft()")
        opened.wait_for_selector(".pl[data-kind=rested][data-whole=true]", state="attached", timeout=PATIENCE)
        yield opened


def show(page: Page, view: str, width: int, theme: str) -> None:
    """Go to a view, in a width and in light or dark."""
    page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
    page.wait_for_selector(
        f"body[data-jp-theme-light={'false' if 'Dark' in theme else 'true'}]", state="attached", timeout=PATIENCE
    )
    page.set_viewport_size({"width": width, "height": 1400})
    page.evaluate(
        """view => { const tabs = [...document.querySelectorAll('.pl [role=tab]')];
        tabs[['compare', 'explain', 'stress'].indexOf(view)].click(); }""",
        view,
    )
    page.wait_for_selector(f".pl[data-view={view}]", state="attached", timeout=PATIENCE)
    page.wait_for_timeout(1500)  # what a view asks for comes, and colours have moved


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
@pytest.mark.parametrize("width", [1530, 770])
@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_no_violation(page: Page, view: str, width: int, theme: str) -> None:
    show(page, view, width, theme)
    assert violations(page) == []


@pytest.mark.parametrize("view", VIEWS)
def test_what_is_folded_away_and_what_is_pinned_is_as_good(page: Page, view: str) -> None:
    show(page, view, 1530, "JupyterLab Light")
    page.evaluate("() => document.querySelectorAll('.pl details').forEach(node => { node.open = true; })")
    pin = page.locator(".pl [role=toolbar] [aria-label^='Pin what is shown']")
    pin.click()
    page.wait_for_timeout(500)
    found = violations(page)
    page.evaluate("() => document.querySelectorAll('.pl details').forEach(node => { node.open = false; })")
    pin.click()
    assert found == []


def test_the_scan_finds_what_is_there(page: Page) -> None:
    show(page, "compare", 1530, "JupyterLab Light")
    page.evaluate("() => { document.querySelector('.pl').append(document.createElement('button')); }")
    found = violations(page)
    page.evaluate("() => document.querySelector('.pl > button').remove()")
    assert any("button-name" in fault for fault in found)
