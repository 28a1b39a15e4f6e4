"""Pictures of every view of the screen, to look at: `python -m tests.lab.pictures FOLDER STUDY WORLDS`."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from playwright.sync_api import Page

from tests.lab.browsing import PATIENCE, chromium, jupyter, open_notebook, write_notebook

WHOLE = ".pl[data-kind=rested][data-whole=true]"
MARGIN = 170
"""Pixels of JupyterLab beside the screen."""
SHAPES = (("light", 1360), ("dark", 1360), ("light", 600), ("dark", 600))
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}


def pictures(folder: Path, study: str, worlds: int) -> None:
    """Write ``VIEW-SHADE-WIDTH.png`` for each view, light and dark, wide and narrow, and the first with a pin."""
    folder.mkdir(parents=True, exist_ok=True)
    cell = f"import policy_lab as pl\nscreen = pl.lab({study!r}, worlds={worlds})\nscreen"
    write_notebook(folder / "screen.ipynb", cell)
    with jupyter(folder) as address, chromium() as browser:
        page = browser.new_page(viewport={"width": 1360 + MARGIN, "height": 1400})
        open_notebook(page, address, "screen.ipynb")
        page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
        tabs = page.locator(".pl [role=tab]")
        names = ["compare"]
        for place in range(tabs.count()):
            if tabs.nth(place).is_visible():
                tabs.nth(place).click()
                names[place:] = [page.locator(".pl").get_attribute("data-view") or str(place)]
        for shade, width in SHAPES:
            page.evaluate(
                "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", THEMES[shade]
            )
            page.set_viewport_size({"width": width + MARGIN, "height": 1400})
            for place, name in enumerate(names):
                if len(names) > 1:
                    tabs.nth(place).click()
                _take(page, folder / f"{name}-{shade}-{width}.png")
        _pinned(page)
        _take(page, folder / "compare-pinned-1360.png")


def _take(page: Page, path: Path) -> None:
    """Wait until the whole answer is there and nothing moves, and take the picture of the screen as high as it is."""
    page.wait_for_selector(WHOLE, state="attached", timeout=5 * PATIENCE)
    time.sleep(2.5)  # colours and rows move for a moment, and a view works out what it shows
    screen, size = page.locator(".pl"), page.viewport_size
    height = screen.evaluate("node => node.scrollHeight")
    assert size is not None
    page.set_viewport_size({"width": size["width"], "height": int(height) + 300})
    time.sleep(1)
    screen.screenshot(path=path)
    page.set_viewport_size(size)


def _theme(page: Page, shade: str) -> None:
    page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", THEMES[shade])


def _pinned(page: Page) -> None:
    """Pin the first view and move its first slider to the end."""
    _theme(page, "light")
    page.set_viewport_size({"width": 1360 + MARGIN, "height": 1400})
    page.locator(".pl [role=tab]").first.evaluate("tab => tab.click()")
    page.wait_for_selector(".pl[data-view=compare]", state="attached", timeout=PATIENCE)
    screen = page.locator(".pl")
    screen.locator("[role=toolbar] [aria-label^='Pin what is shown']").click()
    screen.get_by_role("slider").first.focus()
    before = int(screen.get_attribute("data-n") or 0)
    page.keyboard.press("End")
    page.wait_for_function("n => +document.querySelector('.pl').dataset.n > n", arg=before, timeout=PATIENCE)


if __name__ == "__main__":
    pictures(Path(sys.argv[1]).resolve(), sys.argv[2], int(sys.argv[3]))
