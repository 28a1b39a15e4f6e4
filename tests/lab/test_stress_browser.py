"""The view *Batch and stress* in a real JupyterLab and a real Chromium: run, cancel, go on, export, ask."""

from __future__ import annotations

import io
import re
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from playwright.sync_api import Locator, Page

from policy_lab.results import open_batch
from tests.lab.browsing import PATIENCE, chromium, jupyter, open_notebook, write_notebook

pytestmark = pytest.mark.browser
CELL = "import policy_lab as pl\nscreen = pl.lab('fishery', worlds=6, futures=2)\nscreen"
WATCH = """() => {
  const far = document.querySelector('.st-work span'), seen = window.seenFar = [];
  new MutationObserver(() => seen.push([performance.now(), far.textContent])).observe(far, {childList: true});
}"""


@pytest.fixture(scope="module")
def visit(tmp_path_factory) -> Iterator[tuple[Page, Path, list[str]]]:
    """Give a page that shows the view, the folder of its notebook, and every error."""
    folder: Path = tmp_path_factory.mktemp("stress")
    write_notebook(folder / "screen.ipynb", CELL)
    with jupyter(folder) as address, chromium() as browser:
        page = browser.new_page(viewport={"width": 1500, "height": 1600}, accept_downloads=True)
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        open_notebook(page, address, "screen.ipynb")
        page.get_by_role("tab", name="Batch and stress").click()
        page.wait_for_selector(".st[data-ready=true]", state="attached", timeout=PATIENCE)
        yield page, folder, errors


def view(page: Page) -> Locator:
    return page.locator(".st")


def idle(page: Page) -> Locator:
    """Wait until nothing goes on."""
    page.wait_for_selector(".st[data-job='']", state="attached", timeout=PATIENCE)
    return view(page)


def start(page: Page, name: str, **labels: int) -> None:
    """Fill in numbers and press a button that begins long work; wait until it is under way."""
    for label, value in labels.items():
        view(page).get_by_label(label, exact=True).fill(str(value))
    view(page).get_by_role("button", name=name, exact=True).click()
    page.wait_for_selector(".st:not([data-job=''])", state="attached", timeout=PATIENCE)


def shown_risks(page: Page) -> dict[str, float]:
    """Read the risks out of the chart's label: design -> percent."""
    label = view(page).locator(".st-out svg").first.get_attribute("aria-label") or ""
    return {name.strip(" :;."): float(value) for name, value in re.findall(r"[:;] ([^:;,]+?) (\d+)%", label)}


def test_a_cancel_is_answered_at_once_and_the_batch_goes_on(visit) -> None:
    page, folder, _ = visit
    page.evaluate(WATCH)
    start(page, "Run the ensemble", Worlds=1200, **{"Futures in each": 20})
    page.wait_for_selector(".st[data-batch=partial]", state="attached", timeout=PATIENCE)  # the table grows
    assert "Partial" in view(page).locator(".st-find").first.inner_text()
    assert "a second" in page.evaluate("() => window.seenFar.map(one => one[1]).join()")
    took = page.evaluate(
        """() => new Promise(done => {
        const far = document.querySelector('.st-work span'), begun = performance.now();
        new MutationObserver(() => { if (far.textContent.includes('kept')) done(performance.now() - begun); })
          .observe(far, {childList: true});
        [...document.querySelectorAll('.st-work button')].find(one => one.textContent === 'Cancel').click(); })"""
    )
    idle(page)
    assert took < 500 * slowness()
    kept = view(page).locator(".st-find").first.inner_text()
    assert re.match(r"Partial: [\d,]+ worlds? of 1,200", kept)
    start(page, "Go on with this batch: run what is missing")
    idle(page)
    page.wait_for_selector(".st[data-batch=whole]", state="attached", timeout=PATIENCE)
    assert "modelled futures" in view(page).locator(".st-find").first.inner_text()
    (batch,) = [path for path in (folder / "results").iterdir() if (path / "manifest.json").is_file()]
    assert open_batch(batch).cases == 4 * 1200 * 20
    seen = page.evaluate("() => window.seenFar.map(one => one[0])")
    assert len(seen) <= 6 * (seen[-1] - seen[0]) / 1000 + 10


def slowness() -> float:
    """Return how much longer than on a quiet machine an answer may take: the tests share theirs with others."""
    import os

    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def test_a_slider_answers_while_a_batch_runs(visit) -> None:
    page, _, _ = visit
    start(page, "Run the ensemble", Worlds=1500, **{"Futures in each": 20, "Seed": 11})
    slider = page.get_by_role("slider", name="Intrinsic growth rate")
    slider.focus()
    times = []
    for _ in range(11):
        before = int(page.locator(".pl").get_attribute("data-n") or 0)
        begun = time.monotonic()
        page.keyboard.press("ArrowRight")
        page.wait_for_function("n => +document.querySelector('.pl').dataset.n > n", arg=before, timeout=PATIENCE)
        times.append(time.monotonic() - begun)
    assert view(page).get_attribute("data-job")  # it was still running
    assert sorted(times)[5] < 0.5 * slowness()
    page.keyboard.press("Control+z")
    view(page).get_by_role("button", name="Cancel, and keep what is done").click()
    idle(page)


def test_what_is_exported_is_what_the_page_shows(visit, tmp_path) -> None:
    page, folder, _ = visit
    start(page, "Run the ensemble", Worlds=40, **{"Futures in each": 5, "Seed": 7})
    page.wait_for_selector(".st[data-batch=whole]", state="attached", timeout=PATIENCE)
    idle(page)
    shown = shown_risks(page)
    assert len(shown) == 4
    for name in ("Excel", "Tidy CSV", "Wide CSV", "Parquet", "NetCDF"):
        with page.expect_download(timeout=PATIENCE) as download:
            view(page).get_by_role("button").filter(has_text=re.compile(f"^{name}$")).click()
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        idle(page)
        assert "was sent to the browser" in view(page).inner_text()
        if name == "Excel":
            sheet = openpyxl.load_workbook(path, read_only=True)["Risk"]
            head, *rows = [row for row in sheet.iter_rows(values_only=True) if row[1] is not None]
            at = next(place for place, name in enumerate(head) if str(name).startswith("risk ("))
            risks = {row[head.index("short")]: 100 * float(row[at]) for row in rows}
            assert risks == pytest.approx(shown, abs=0.501)  # the page rounds to whole percents, a half upwards
        else:
            with zipfile.ZipFile(path) as packed:
                inside = {Path(one).name: packed.read(one) for one in packed.namelist()}
            assert {one: len(data) for one, data in inside.items()} == {
                file.name: file.stat().st_size for file in next((folder / "results").glob(f"*-{KINDS[name]}")).iterdir()
            }
            if name == "Parquet":
                assert len(pd.read_parquet(io.BytesIO(inside["runs.parquet"]))) == 4 * 40 * 5 * 121


KINDS = {"Tidy CSV": "tidy", "Wide CSV": "wide", "Parquet": "parquet", "NetCDF": "netcdf"}


def test_it_says_what_the_answer_hangs_on(visit) -> None:
    page, _, _ = visit
    start(page, "Look: find what the answer hangs on")
    idle(page)
    text = view(page).inner_text()
    assert "uncertain inputs matter" in text
    assert "How settled" in text
    bars = view(page).locator("svg .st-bar")
    assert bars.count() == 10
    widths = [float(bars.nth(at).get_attribute("width") or 0) for at in range(10)]
    assert widths == sorted(widths, reverse=True)
    assert "more inputs stand in the table" in text


def test_it_says_where_a_design_fails(visit) -> None:
    page, _, _ = visit
    start(page, "Run the ensemble", Worlds=200, **{"Futures in each": 1, "Seed": 7})
    page.wait_for_selector(".st[data-batch=whole]", state="attached", timeout=PATIENCE)
    idle(page)
    start(page, "Search where it fails")
    idle(page)
    words = view(page).inner_text()
    assert "falls short in" in words
    assert "Told from the half" in words or "does better than chance" in words


def test_a_page_that_is_opened_anew_shows_the_same(visit) -> None:
    page, _, _ = visit
    before = [one.inner_text() for one in idle(page).locator(".st-find").all()]
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")  # a new screen, a new view
    page.wait_for_selector(".pl[data-seq]", state="attached", timeout=PATIENCE)
    page.wait_for_function("() => !document.querySelector('.pl[data-view=stress]')", timeout=PATIENCE)
    page.get_by_role("tab", name="Batch and stress").click()
    page.wait_for_selector(".st-early select option", state="attached", timeout=PATIENCE)
    start(page, "Show this batch")
    page.wait_for_selector(".st[data-batch=whole]", state="attached", timeout=PATIENCE)
    assert idle(page).locator(".st-find").first.inner_text() == before[0]


def test_every_control_has_a_name_and_nothing_scrolls_sideways(visit) -> None:
    page, _, errors = visit
    unnamed = (
        view(page)
        .locator("input, select, button, svg[role=img]")
        .evaluate_all(
            """nodes => nodes
        .filter(node => !(node.getAttribute('aria-label') || node.labels?.length || node.textContent.trim()))
        .map(node => node.outerHTML.slice(0, 120))"""
        )
    )
    assert unnamed == []
    page.set_viewport_size({"width": 760, "height": 1600})
    page.wait_for_selector(".pl.nar", state="attached", timeout=PATIENCE)
    assert page.locator(".pl").evaluate("node => node.scrollWidth - node.clientWidth") <= 1
    page.set_viewport_size({"width": 1500, "height": 1600})
    assert errors == []
