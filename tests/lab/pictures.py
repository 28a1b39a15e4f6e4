"""Pictures of the screen, to look at: `python -m tests.lab.pictures FOLDER STUDY WORLDS`."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from tests.lab.browsing import PATIENCE, chromium, jupyter, open_notebook, write_notebook

WHOLE = ".pl[data-kind=rested][data-whole=true]"
MARGIN = 170
"""Pixels of JupyterLab beside the screen."""


def pictures(folder: Path, study: str, worlds: int) -> None:
    """Write `light-1360.png`, `dark-1360.png`, `pinned-1360.png` and `light-600.png`."""
    folder.mkdir(parents=True, exist_ok=True)
    cell = f"import policy_lab as pl\nscreen = pl.lab({study!r}, worlds={worlds})\nscreen"
    write_notebook(folder / "screen.ipynb", cell)
    with jupyter(folder) as address, chromium() as browser:
        page = browser.new_page(viewport={"width": 1360 + MARGIN, "height": 2200})
        open_notebook(page, address, "screen.ipynb")
        page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
        screen = page.locator(".pl")

        def take(name: str) -> None:
            page.wait_for_selector(WHOLE, state="attached", timeout=5 * PATIENCE)
            time.sleep(1)  # colours and rows move for a moment
            screen.screenshot(path=folder / f"{name}.png")

        def theme(name: str) -> None:
            page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", name)

        take("light-1360")
        theme("JupyterLab Dark")
        take("dark-1360")
        theme("JupyterLab Light")
        screen.get_by_role("button", name="Pin", exact=False).first.click()
        screen.get_by_role("slider").first.focus()
        before = int(screen.get_attribute("data-seq") or 0)
        page.keyboard.press("End")
        page.wait_for_function("n => +document.querySelector('.pl').dataset.seq > n", arg=before, timeout=PATIENCE)
        take("pinned-1360")
        page.set_viewport_size({"width": 600 + MARGIN, "height": 3600})
        take("light-600")


if __name__ == "__main__":
    pictures(Path(sys.argv[1]).resolve(), sys.argv[2], int(sys.argv[3]))
