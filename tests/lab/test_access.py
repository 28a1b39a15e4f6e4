"""No view of the screen breaks WCAG 2.2 A or AA, as far as axe-core can tell: light and dark, wide and narrow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from policy_lab.provenance import bundled
from tests.lab.axe import violations
from tests.lab.browsing import PATIENCE, chromium, jupyter, open_notebook, write_notebook
from tests.lab.serving import App, running_app

pytestmark = pytest.mark.browser
CELL = "import policy_lab as pl\npl.lab('fishery', worlds=12, futures=3)"
CASELOAD = bundled("models") / "safeguarding" / "caseload.mdl"
OWN_CELL = f"import policy_lab as pl\npl.lab({str(CASELOAD)!r})"
VIEWS = ("compare", "explain", "stress")
WHOLE = ".pl[data-kind=rested][data-whole=true]"
THEMES = ("JupyterLab Light", "JupyterLab Dark")


@dataclass(frozen=True)
class Host:
    """One JupyterLab, one app and one browser for all tests of this file."""

    folder: Path
    address: str
    app: App
    browser: Browser

    def notebook(self, name: str, cell: str) -> Page:
        """Open a notebook in a page of its own and run it."""
        write_notebook(self.folder / f"{name}.ipynb", cell)
        opened = self.browser.new_page(viewport={"width": 1530, "height": 1400}, reduced_motion="reduce")
        open_notebook(opened, self.address, f"{name}.ipynb")
        opened.evaluate("() => window.jupyterapp.shell.collapseLeft()")
        return opened


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    folder = tmp_path_factory.mktemp("access")
    served = running_app(tmp_path_factory.mktemp("app"), "fishery", "--worlds", "12", "--futures", "3")
    with jupyter(folder) as address, served as app, chromium() as browser:
        yield Host(folder, address, app, browser)


@pytest.fixture(scope="module")
def page(host: Host) -> Page:
    opened = host.notebook("screen", CELL)
    opened.wait_for_selector(WHOLE, state="attached", timeout=PATIENCE)
    return opened


@pytest.fixture(scope="module")
def own(host: Host) -> Page:
    """The page of a model of one's own, with a slider moved and one scenario pinned, so that all of it is there."""
    opened = host.notebook("own", OWN_CELL)
    opened.get_by_role("slider").first.focus()
    opened.keyboard.press("End")
    opened.get_by_label("Name of a scenario").fill("Many more")
    opened.keyboard.press("Enter")
    opened.wait_for_selector(".pl-pins button", timeout=PATIENCE)
    return opened


def dress(page: Page, width: int, theme: str) -> None:
    """Show the page in a width and in light or dark."""
    page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
    page.wait_for_selector(
        f"body[data-jp-theme-light={'false' if 'Dark' in theme else 'true'}]", state="attached", timeout=PATIENCE
    )
    page.set_viewport_size({"width": width, "height": 1400})


def unfold(page: Page) -> None:
    """Open all that is folded."""
    page.evaluate("() => document.querySelectorAll('.pl details').forEach(node => { node.open = true; })")
    page.wait_for_timeout(1500)


def show(page: Page, view: str, width: int, theme: str) -> None:
    """Go to a view, in a width and in light or dark."""
    dress(page, width, theme)
    page.evaluate(
        """view => { const tabs = [...document.querySelectorAll('.pl [role=tab]')];
        tabs[['compare', 'explain', 'stress'].indexOf(view)].click(); }""",
        view,
    )
    page.wait_for_selector(f".pl[data-view={view}]", state="attached", timeout=PATIENCE)
    page.wait_for_timeout(1500)  # what a view asks for comes, and colours have moved


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", [1530, 770])
@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_no_violation(page: Page, view: str, width: int, theme: str) -> None:
    show(page, view, width, theme)
    assert violations(page) == []


@pytest.mark.parametrize("view", VIEWS)
def test_what_is_folded_away_and_what_is_pinned_is_as_good(page: Page, view: str) -> None:
    show(page, view, 1530, "JupyterLab Light")
    unfold(page)
    pin = page.locator(".pl [role=toolbar] [aria-label^='Pin what is shown']")
    pin.click()
    page.wait_for_timeout(500)
    found = violations(page)
    page.evaluate("() => document.querySelectorAll('.pl details').forEach(node => { node.open = false; })")
    pin.click()
    assert found == []


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", [1530, 770])
def test_the_page_of_ones_own_model_is_as_good(own: Page, width: int, theme: str) -> None:
    dress(own, width, theme)
    unfold(own)
    assert own.locator(".pl-own .pn:not(.base)").count() > 0  # the scenario is drawn
    assert violations(own) == []


@pytest.mark.parametrize(("scheme", "width"), [("light", 1360), ("dark", 1360), ("dark", 600)])
def test_the_whole_page_of_the_app_is_as_good(host: Host, scheme: str, width: int) -> None:
    """The page by itself: inside JupyterLab, axe does not look at whether a name holds the words that are seen."""
    visitor = host.browser.new_page(
        viewport={"width": width, "height": 1200}, color_scheme=scheme, reduced_motion="reduce"
    )
    visitor.goto(host.app.address, timeout=PATIENCE)
    visitor.wait_for_selector(WHOLE, timeout=PATIENCE)
    found = {}
    for place, view in enumerate(VIEWS):
        visitor.locator(".pl [role=tab]").nth(place).click()
        visitor.wait_for_timeout(1500)
        unfold(visitor)
        found[view] = violations(visitor, "html")
    visitor.get_by_role("button", name="Pin what is shown").click()
    visitor.evaluate("() => { document.getElementById('lost').hidden = false; }")
    found["head"] = violations(visitor, "header") + violations(visitor, "#lost")
    visitor.close()
    assert all(one == [] for one in found.values()), found


def test_the_scan_finds_what_is_there(page: Page) -> None:
    show(page, "compare", 1530, "JupyterLab Light")
    page.evaluate("() => { document.querySelector('.pl').append(document.createElement('button')); }")
    found = violations(page)
    page.evaluate("() => document.querySelector('.pl > button').remove()")
    assert any("button-name" in fault for fault in found)
