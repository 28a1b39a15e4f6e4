"""From a key on a slider to changed pixels, in Chromium: `python -m benchmarks.screen_pixels STUDY [app]`.

In JupyterLab, or as `policy-lab app` serves it.

The key is stamped before anything else hears of it; the drawing after the next frame and a message posted behind it.
"""

from __future__ import annotations

import math
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import Page

from tests.lab.browsing import PATIENCE, chromium, jupyter, open_notebook, write_notebook
from tests.lab.serving import running_app

MOVES, DRAG = 50, 4.0
STAMPS = """() => { const root = document.querySelector('.pl'); window.stamps = []; let pressed = 0;
root.addEventListener('keydown', () => { pressed = performance.now(); }, true);
new MutationObserver(() => { if (root.dataset.kind !== 'moved' || !pressed) return; const from = pressed; pressed = 0;
const after = new MessageChannel();
after.port1.onmessage = () => { window.stamps.push(performance.now() - from); window.seen(); };
requestAnimationFrame(() => after.port2.postMessage(0)); })
.observe(root, {attributes: true, attributeFilter: ['data-drawn']}); }"""
PRESSED = "() => { window.drawn = new Promise(seen => { window.seen = seen; }); }"
"""To wait without asking at every frame, which would make frames of its own."""


@contextmanager
def opened(study: str, *, app: bool) -> Iterator[Page]:
    """Give a page on which the screen of a study has been drawn."""
    folder = Path(tempfile.mkdtemp())
    write_notebook(folder / "screen.ipynb", f"import policy_lab as pl\nscreen = pl.lab({study!r})\nscreen")
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1530, "height": 1300})
        if app:
            with running_app(folder, study) as served:
                start = time.monotonic()
                page.goto(served.address)
                page.wait_for_selector(".pl[data-drawn]", state="attached", timeout=PATIENCE)
                print(f"first drawing {time.monotonic() - start:.1f} s after the page was asked for")
                yield page
        else:
            with jupyter(folder) as address:
                print(f"first drawing {open_notebook(page, address, 'screen.ipynb'):.1f} s after the cell was run")
                yield page


def main() -> None:
    with opened(sys.argv[1], app="app" in sys.argv[2:]) as page:
        page.evaluate(STAMPS)
        screen = page.locator(".pl")
        slider = screen.get_by_role("slider").first
        slider.focus()
        before = int(screen.get_attribute("data-drawn") or 0)
        for _ in range(MOVES):
            page.evaluate(PRESSED)
            page.keyboard.press("ArrowRight")
            page.evaluate("() => window.drawn")
        drawn = int(screen.get_attribute("data-drawn") or 0) - before
        stamps = np.array(page.evaluate("window.stamps"))
        print(f"slider to pixels: median {np.median(stamps):.0f} ms, p95 {np.quantile(stamps, 0.95):.0f} ms")
        print(f"repaints: {drawn} for {MOVES} movements")
        box = slider.bounding_box()
        assert box is not None
        height, before, start, moves = box["y"] + box["height"] / 2, drawn + before, time.monotonic(), 0
        page.mouse.move(box["x"] + box["width"] / 2, height)
        page.mouse.down()
        while time.monotonic() - start < DRAG:
            moves += 1
            page.mouse.move(box["x"] + box["width"] * (0.5 + 0.4 * math.sin(moves / 25)), height)
            time.sleep(0.016)
        page.mouse.up()
        drawn = int(screen.get_attribute("data-drawn") or 0) - before
        print(f"drag: {moves} movements in {DRAG:g} s, {drawn / DRAG:.1f} repaints a second")
        start = time.monotonic()
        for state, words in (("[data-kind=rested]", "first worlds"), ("[data-whole=true]", "whole answer")):
            page.wait_for_selector(f".pl{state}", state="attached", timeout=10 * PATIENCE)
            print(f"{words} after {time.monotonic() - start:.1f} s")


if __name__ == "__main__":
    main()
