"""What a user does on the first view, in a real JupyterLab and a real Chromium, and what has to come of it."""

from __future__ import annotations

import base64
import json
import math
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from playwright.sync_api import Browser, Locator, Page

from tests.lab.browsing import PATIENCE, chromium, jupyter, open_notebook, write_notebook

pytestmark = pytest.mark.browser
CELL = "import policy_lab as pl\nscreen = pl.lab({study!r}, worlds=12, futures=3)\nscreen"
GROWTH, PRICE = "Intrinsic growth rate", "Fish price"
WHOLE = ".pl[data-kind=rested][data-whole=true]"
MARGIN = 170
"""Pixels of JupyterLab beside the screen."""


@dataclass(frozen=True)
class Host:
    """One JupyterLab and one browser for all tests of this file."""

    folder: Path
    address: str
    browser: Browser

    def notebook(self, name: str, *cells: str) -> Page:
        """Open a notebook in a page of its own and run it."""
        write_notebook(self.folder / f"{name}.ipynb", *cells)
        page = self.browser.new_page(viewport={"width": 1530, "height": 1300}, accept_downloads=True)
        open_notebook(page, self.address, f"{name}.ipynb")
        page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
        page.wait_for_selector(WHOLE, state="attached", timeout=PATIENCE)
        return page


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    folder = tmp_path_factory.mktemp("compare")
    with jupyter(folder) as address, chromium() as browser:
        yield Host(folder, address, browser)


@pytest.fixture(scope="module")
def fishery(host: Host) -> Page:
    return host.notebook("fishery", CELL.format(study="fishery"))


@pytest.fixture
def page(fishery: Page) -> Page:
    """The screen at base: what a test before has moved is put back."""
    everything = fishery.locator(".pl .all")
    if everything.is_visible():
        answered(fishery, everything.click)
    fishery.wait_for_selector(WHOLE, state="attached", timeout=PATIENCE)
    return fishery


def answered(page: Page, act) -> None:
    """Do something that asks for a movement, and wait until its answer is drawn."""
    before = int(page.locator(".pl").first.get_attribute("data-n") or 0)
    act()
    page.wait_for_function("n => +document.querySelector('.pl').dataset.n > n", arg=before, timeout=PATIENCE)


def python(page: Page, code: str) -> str:
    """Run code in the notebook's kernel, as another cell would; return what it prints."""
    return page.evaluate(
        """async code => { let told = '';
        const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
        const asked = kernel.requestExecute({code});
        asked.onIOPub = message => { told += message.content.text || message.content.evalue || ''; };
        await asked.done; return told.trim(); }""",
        code,
    )


def settings(page: Page) -> dict[str, float]:
    return json.loads(python(page, "import json; print(json.dumps(dict(screen.screen.settings)))"))


def slider(page: Page, name: str) -> Locator:
    return page.get_by_role("slider", name=name)


def typed(page: Page, name: str, value: str) -> None:
    field = page.get_by_role("spinbutton", name=name)
    field.fill(value)
    answered(page, lambda: field.press("Enter"))


def test_a_typed_value_is_taken_shown_and_held_within_its_range(page: Page) -> None:
    typed(page, GROWTH, "0.037")
    assert settings(page) == {GROWTH: 0.037}
    assert float(slider(page, GROWTH).input_value()) == pytest.approx(0.037)
    typed(page, GROWTH, "7")
    assert settings(page) == {GROWTH: 0.045}  # its upper end
    assert float(page.get_by_role("spinbutton", name=GROWTH).input_value()) == 0.045


def test_one_is_reset_and_then_all(page: Page) -> None:
    typed(page, GROWTH, "0.04")
    answered(page, lambda: page.get_by_role("radiogroup", name=PRICE).get_by_role("radio", name="high").check())
    one = page.get_by_role("button", name=f"Reset {GROWTH} to its base")
    answered(page, one.click)
    assert list(settings(page)) == [PRICE]
    assert float(slider(page, GROWTH).input_value()) == 0.03
    assert not one.is_visible()
    answered(page, page.locator(".pl .all").click)
    assert settings(page) == {}
    assert page.locator(".pl .all").is_hidden()
    assert "Everything at base" in page.locator(".pl-note").inner_text()


def test_designs_are_unpicked_down_to_one_and_picked_again(page: Page) -> None:
    boxes = page.locator(".pl-picker input[type=checkbox]:visible")
    count = boxes.count()
    assert count == page.locator(".rk .rr").count() == page.locator(".pl .sm").count()
    for place in range(count - 1):
        answered(page, boxes.nth(place).click)
    assert page.locator(".rk .rr").count() == page.locator(".pl .sm").count() == 1
    boxes.nth(count - 1).click()  # the last one stays
    assert boxes.nth(count - 1).is_checked()
    assert len(json.loads(python(page, "print(json.dumps(list(screen.screen.designs)))"))) == 1
    page.wait_for_selector(WHOLE, state="attached", timeout=PATIENCE)
    assert page.locator(".rk .num").first.text_content() in {"–", ""}  # nothing to be lowest of
    for place in range(count - 1):
        answered(page, boxes.nth(place).click)
    assert page.locator(".rk .rr").count() == count


def test_a_pin_shows_differences_to_what_was_pinned(page: Page) -> None:
    ends = "print(json.dumps([round(float(row[-1]), 6) for row in screen._moved.central]))"
    before = json.loads(python(page, f"import json; {ends}"))
    names = json.loads(python(page, "print(json.dumps([screen.study.design(n).short for n in screen._moved.designs]))"))
    pin = page.locator(".pl [role=toolbar] [aria-label^='Pin what is shown']")
    pin.click()
    assert pin.get_attribute("aria-pressed") == "true"
    typed(page, GROWTH, "0.045")
    after = json.loads(python(page, ends))
    for name, one, other in zip(names, before, after, strict=True):
        label = page.locator(".ov text.dl", has_text=name).text_content() or ""
        found = re.search(r"\((.+)\)$", label)
        assert found, label
        assert float(found[1].replace("−", "-").replace("±", "")) == pytest.approx(other - one, abs=0.006)
    assert page.locator(".sm .pn[d^=M]").count() == len(names)  # where each stood, dashed
    pin.click()
    assert not any("(" in text for text in page.locator(".ov text.dl").all_text_contents())
    assert page.locator(".pn[d^=M]").count() == 0


def test_a_drag_ends_where_the_hand_stops(page: Page) -> None:
    handle = slider(page, GROWTH)
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    assert box is not None
    screen, height = page.locator(".pl"), box["y"] + box["height"] / 2
    before = [int(screen.get_attribute(name) or 0) for name in ("data-drawn", "data-seq")]
    page.mouse.move(box["x"] + box["width"] / 2, height)
    page.mouse.down()
    for step in range(60):
        page.mouse.move(box["x"] + box["width"] * (0.5 + 0.4 * math.sin(step / 8)), height)
        time.sleep(0.016)
    page.mouse.move(box["x"] + 0.75 * box["width"], height)
    page.mouse.up()
    shown = float(handle.input_value())
    page.wait_for_selector(WHOLE, state="attached", timeout=PATIENCE)
    assert settings(page) == {GROWTH: pytest.approx(shown)}
    assert f"{GROWTH} 0.03 → {shown:.4g}" in page.locator(".pl-note").inner_text()
    drawn, answers = (int(screen.get_attribute(name) or 0) - old for name, old in zip(
        ("data-drawn", "data-seq"), before, strict=True
    ))  # fmt: skip
    assert 3 <= drawn <= answers  # no repaint without an answer, and the page kept up with the hand


def test_the_pictures_hold_what_is_on_screen(page: Page, tmp_path: Path) -> None:
    typed(page, GROWTH, "0.04")
    page.wait_for_selector(WHOLE, state="attached", timeout=PATIENCE)
    files = {}
    for kind in ("SVG", "PNG"):
        with page.expect_download(timeout=PATIENCE) as download:
            page.get_by_role("button", name=f"{kind}: save").click()
        download.value.save_as(tmp_path / f"picture.{kind.lower()}")
        files[kind] = (tmp_path / f"picture.{kind.lower()}").read_bytes()
    assert files["PNG"].startswith(b"\x89PNG")
    drawing = files["SVG"].decode("utf-8")
    shown = page.locator(".rk text.dl").all_text_contents()
    for text in shown:
        name, share = text.rsplit(" ", 1)
        assert f"{name} {share} (" in drawing, text  # its alternative text says each design's share and range
    expected = python(
        page,
        "from policy_lab.charts.risk import risk_figure; import base64\n"
        "r = screen.answer; print(base64.b64encode(risk_figure(r.table, r.pairs, r.setting).to_bytes('svg')).decode())",
    )
    assert base64.b64decode(expected) == files["SVG"]


def test_what_was_chosen_is_saved_and_opened_by_another_cell(page: Page, host: Host) -> None:
    typed(page, GROWTH, "0.04")
    answered(page, page.locator(".pl-picker input[type=checkbox]:visible").first.click)
    page.wait_for_selector(WHOLE, state="attached", timeout=PATIENCE)
    with page.expect_download(timeout=PATIENCE) as download:
        page.get_by_role("button", name="Save what was chosen").click()
    download.value.save_as(host.folder / "saved.yaml")
    python(page, "other = pl.lab('fishery', screen='saved.yaml'); other.wait()")
    told = python(
        page,
        "one, two = other.screen, screen.screen\n"
        "print(one.designs == two.designs, dict(one.settings) == dict(two.settings),"
        " list(other.answer.table['risk']) == list(screen.answer.table['risk']))",
    )
    answered(page, page.locator(".pl-picker input[type=checkbox]:visible").first.click)
    assert told == "True True True"


@pytest.mark.parametrize("width", [600, 900, 1360])
@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_nothing_overlaps_or_scrolls_sideways(page: Page, width: int, theme: str) -> None:
    page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
    page.set_viewport_size({"width": width + MARGIN, "height": 1300})
    page.wait_for_timeout(800)
    screen = page.locator(".pl")
    assert screen.evaluate("node => node.scrollWidth - node.clientWidth") <= 1
    overlaps = screen.evaluate(
        """root => { const found = [];
        for (const svg of root.querySelectorAll('svg[role=img]')) {
          const boxes = [...svg.querySelectorAll('text')].filter(node => node.textContent.trim())
            .map(node => [node.textContent, node.getBoundingClientRect()]).filter(([, box]) => box.width);
          boxes.forEach(([one, a], k) => boxes.slice(k + 1).forEach(([other, b]) => {
            const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
            const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
            if (across > 2 && down > 4) found.push(`${one} | ${other}`); }));
        } return found; }"""
    )
    page.set_viewport_size({"width": 1530, "height": 1300})
    page.evaluate("() => window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Light'})")
    assert overlaps == []


def test_tab_reaches_every_control_in_the_order_in_which_it_stands(page: Page) -> None:
    order = """() => [...document.querySelectorAll('.pl :is(button, input, select, summary, [tabindex="0"])')]
      .filter(node => node.tabIndex >= 0 && !node.disabled && node.checkVisibility({visibilityProperty: true}))
      .filter(node => node.type !== 'radio' || node.checked)"""
    count = page.evaluate(f"() => ({order})().length")
    page.evaluate(f"() => {{ ({order})()[0].focus(); }}")
    visited = []
    for _ in range(count):
        visited.append(page.evaluate(f"() => ({order})().indexOf(document.activeElement)"))
        page.keyboard.press("Tab")
    assert visited == list(range(count))
    assert count > 25
    assert page.evaluate("document.querySelector('.pl').contains(document.activeElement)") is False  # no trap


def test_the_live_region_does_not_chatter(page: Page) -> None:
    page.evaluate(
        """() => { window.spoken = []; const live = document.querySelector('.pl .pl-main [role=status]');
        new MutationObserver(() => window.spoken.push(live.textContent))
        .observe(live, {childList: true, characterData: true, subtree: true}); }"""
    )
    handle = slider(page, GROWTH)
    handle.focus()
    for _ in range(15):
        page.keyboard.press("ArrowRight")
    page.wait_for_selector(WHOLE, state="attached", timeout=PATIENCE)
    page.wait_for_timeout(600)
    spoken = page.evaluate("window.spoken")
    assert len(spoken) <= 1  # once at rest, whatever moved before
    assert all("Settling" not in words for words in spoken)


def test_two_copies_on_one_page_move_together(host: Host) -> None:
    page = host.notebook("copies", CELL.format(study="fishery"), "screen")
    first, second = page.locator(".pl").nth(0), page.locator(".pl").nth(1)
    for acting, other, key, value in ((first, second, "End", 0.045), (second, first, "Home", 0.02)):
        acting.get_by_role("slider", name=GROWTH).focus()
        page.keyboard.press(key)
        page.wait_for_function(
            "([most, value]) => [...document.querySelectorAll('.pl input[type=range]')]"
            ".filter(node => +node.max === most).map(node => +node.value).join() === [value, value].join()",
            arg=[0.045, value],
            timeout=PATIENCE,
        )
        assert float(other.get_by_role("slider", name=GROWTH).input_value()) == value
        assert settings(page) == {GROWTH: value}
    page.close()


def test_an_area_and_a_scenario_move_the_start(host: Host) -> None:
    page = host.notebook("safeguarding", "import policy_lab as pl\nscreen = pl.lab(worlds=4, futures=2)\nscreen")
    line = page.locator(".ov svg path.ln").first
    before = line.get_attribute("d")
    answered(page, lambda: page.get_by_label("Start from the figures of").select_option("383"))
    assert line.get_attribute("d") != before
    assert (
        "started from the figures of Leeds, which is no judgement of that place"
        in page.locator(".pl-note").inner_text()
    )
    assert python(page, "print(screen.screen.area)") == "383"
    marks = page.locator(".pl-range .tick").evaluate_all("nodes => nodes.map(node => node.title)")
    assert "Base 3.677" in marks  # the mark stands at the place's own figure
    answered(page, lambda: page.locator(".pl-choice:has(> span:text-is('Scenario')) select").select_option("pandemic"))
    assert python(page, "print(screen.screen.scenario)") == "pandemic"
    assert "scenario: " in page.locator(".pl-note").inner_text()
    page.close()


def saved(page: Page, file: Path) -> list[NotebookNode]:
    """Save the notebook as a user does; return the outputs of its first cell."""
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    end = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < end and not nbformat.read(file, 4).cells[0].outputs:
        time.sleep(0.2)
    return list(nbformat.read(file, 4).cells[0].outputs)


def test_a_saved_notebook_keeps_a_picture_and_its_words(page: Page, host: Host) -> None:
    file = host.folder / "fishery.ipynb"
    widget, picture = saved(page, file)
    assert "application/vnd.jupyter.widget-view+json" in widget.data
    assert picture.data["image/png"]
    assert "Not a forecast" in picture.data["text/plain"] or "teaching example" in picture.data["text/plain"]
    from nbconvert import HTMLExporter

    html = HTMLExporter().from_filename(str(file))[0]
    assert 'src="data:image/png;base64,' in html


def test_a_notebook_that_is_opened_and_not_run_shows_the_picture(host: Host) -> None:
    cell = (
        "import policy_lab as pl\nscreen = pl.lab('fishery', worlds=4, futures=2)\nprint(type(screen.wait()))\nscreen"
    )
    page, file = host.notebook("later", cell), host.folder / "later.ipynb"
    assert page.locator("figure.pl-saved").count() == 1
    assert page.locator("figure.pl-saved").is_hidden()  # the screen itself is there
    told, *_ = saved(page, file)
    assert told.text.strip() == "<class 'policy_lab.lab.page.Rested'>"  # a cell that waits gets its answer
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    page.close()
    opened = host.browser.new_page(viewport={"width": 1530, "height": 1300})
    opened.goto(f"{host.address}lab/workspaces/later/tree/later.ipynb?reset", timeout=PATIENCE)
    picture = opened.locator("figure.pl-saved img")
    picture.wait_for(state="visible", timeout=PATIENCE)
    assert picture.evaluate("node => node.naturalWidth") > 400
    assert "fall short" in (picture.get_attribute("alt") or "")
    assert "Run the cell to move its sliders" in opened.locator("figure.pl-saved").inner_text()
    assert opened.locator(".pl").count() == 0
    opened.close()


def test_a_kernel_that_has_gone_is_told_at_once(page: Page) -> None:
    """The last test of this file: its kernel is gone after it."""
    alarm = page.locator(".pl > [role=alert]")
    assert alarm.is_hidden()
    start = time.monotonic()
    page.evaluate("() => { window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart(); }")
    page.wait_for_selector(".pl > [role=alert]:not([hidden])", timeout=PATIENCE)
    assert "The kernel has stopped or begun anew" in alarm.inner_text()
    assert time.monotonic() - start < 12  # the page's host has said so; nobody waited for silence
