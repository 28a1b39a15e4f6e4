"""The stress calendar in a real JupyterLab and a real Chromium: place, drag, keys, undo, marks, save and open again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

import policy_lab as pl
from policy_lab.analysis.risk import risk
from policy_lab.lab.screen_file import read_screen
from tests.lab.browsing import PATIENCE, chromium, jupyter, open_notebook, write_notebook

pytestmark = pytest.mark.browser
CELLS = (
    "import policy_lab as pl\nscreen = pl.lab('safeguarding', worlds=4, futures=2, designs=['masa-2023', 'acpc-1988'])",
    "screen",
)


@pytest.fixture(scope="module")
def visit(tmp_path_factory) -> Iterator[tuple[Page, list[str], Path, str]]:
    """Give a page that shows the screen, its calendar unfolded, every error, and where more can be opened."""
    folder: Path = tmp_path_factory.mktemp("lab")
    write_notebook(folder / "screen.ipynb", *CELLS)
    expect.set_options(timeout=PATIENCE)
    with jupyter(folder) as address, chromium() as browser:
        page = browser.new_page(viewport={"width": 1500, "height": 1400}, accept_downloads=True)
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        open_notebook(page, address, "screen.ipynb")
        rest(page)
        page.locator(".pl-calendar > summary").click()
        yield page, errors, folder, address


def rest(page: Page) -> Locator:
    """Wait until everything that was asked for is answered, and the whole answer drawn."""
    page.wait_for_selector(".pl[data-kind=rested][data-whole=true]", state="attached", timeout=PATIENCE)
    return page.locator(".pl")


def place(page: Page, event: str, month: int, size: str) -> Locator:
    """Place an event with the controls, wait until it is answered, and return its mark."""
    add = page.get_by_role("group", name="Place an event")
    add.get_by_role("combobox", name="Event").select_option(label=event)
    add.get_by_role("spinbutton", name="Month").fill(str(month))
    add.get_by_role("combobox", name="Size").select_option(size)
    add.get_by_role("button").click()
    mark = page.get_by_role("slider", name=f"{event}, {size}, month {month}")
    expect(mark).to_have_count(1)
    rest(page)
    return mark


def changed(page: Page) -> str:
    return page.locator(".pl-note").inner_text()


def ranking(page: Page) -> str:
    return " ".join(page.locator(".rk text.dl").all_text_contents())


def paths(page: Page) -> list[str | None]:
    return [line.get_attribute("d") for line in page.locator(".ov svg path.ln").all()]


def test_what_is_placed_is_answered_told_and_marked_on_the_paths(visit) -> None:
    page, *_ = visit
    before = paths(page)
    mark = place(page, "Budget cut", 24, "high")
    expect(page.locator(".pl-note")).to_contain_text(
        "budget cut (high: a fifth of budgets) at month 24; no other comes"
    )
    assert "nor any national wave of scrutiny" in changed(page)
    assert paths(page) != before
    assert page.locator(".pl-calendar summary").inner_text() == "Stress calendar: 1 placed"
    assert mark.get_attribute("aria-valuetext") == "month 24"
    spoken = page.locator(".ov svg").first.get_attribute("aria-label") or ""
    assert spoken.endswith("Placed by hand: budget cut at month 24.")
    # The mark on the paths stands where the line of time has month 24: a fifth of the way.
    lines = page.locator(".ov svg line.evl")
    expect(lines).to_have_count(1)
    ends = page.locator(".ov svg line.bar").evaluate("node => [+node.getAttribute('x1'), +node.getAttribute('x2')]")
    assert float(lines.get_attribute("x1") or 0) == pytest.approx(ends[0] + 0.2 * (ends[1] - ends[0]), abs=0.6)
    assert page.locator(".ov svg text.evt").all_text_contents() == ["Cut"]
    assert page.locator(".pl-mult svg line.evl").count() == page.locator(".pl-mult figure").count()


def test_keys_move_a_mark_by_a_month_or_a_year_in_command_mode(visit) -> None:
    page, *_ = visit
    page.get_by_role("slider", name="Budget cut").focus()
    for key, month in [
        ("ArrowRight", 25),
        ("ArrowDown", 24),
        ("PageUp", 36),
        ("PageDown", 24),
        ("End", 120),
        ("ArrowRight", 120),
        ("Home", 1),
        ("PageDown", 1),
    ]:
        page.keyboard.press(key)
        expect(page.get_by_role("slider", name=f"Budget cut, high, month {month}", exact=True)).to_be_focused()
    page.keyboard.press("PageUp")
    expect(page.locator(".pl-note")).to_contain_text("budget cut (high: a fifth of budgets) at month 13;")
    rest(page)


def test_a_mark_can_be_dragged_and_the_paths_follow(visit) -> None:
    page, *_ = visit
    mark = page.get_by_role("slider", name="Budget cut")
    mark.scroll_into_view_if_needed()
    track = page.locator(".pl-calendar .pl-track", has=mark).bounding_box()
    held = mark.bounding_box()
    assert track is not None
    assert held is not None
    before, undos = paths(page), page.locator(".pl").get_by_role("button", name="Undo the last change")
    page.mouse.move(held["x"] + held["width"] / 2, held["y"] + held["height"] / 2)
    page.mouse.down()
    for share in np.linspace(0.2, 0.5, 12):
        page.mouse.move(track["x"] + share * track["width"], held["y"] + 5)
    page.mouse.up()
    expect(page.get_by_role("slider", name="Budget cut, high, month 60", exact=True)).to_have_count(1)
    expect(page.locator(".pl-note")).to_contain_text("at month 60;")
    assert paths(page) != before
    undos.click()  # the drag was one step
    expect(page.get_by_role("slider", name="Budget cut, high, month 13", exact=True)).to_have_count(1)
    expect(page.locator(".pl-note")).to_contain_text("at month 13;")
    page.locator(".pl").get_by_role("button", name="Redo what was undone").click()
    expect(page.get_by_role("slider", name="Budget cut, high, month 60", exact=True)).to_have_count(1)
    rest(page)


def test_what_a_drag_does_can_be_typed_and_chosen(visit) -> None:
    page, *_ = visit
    row = page.locator(".pl-calendar .pl-placed li")
    row.get_by_role("spinbutton", name="Budget cut, month").fill("48")
    page.keyboard.press("Enter")
    expect(page.get_by_role("slider", name="Budget cut, high, month 48", exact=True)).to_have_count(1)
    row.get_by_role("combobox", name="Budget cut, size at month 48").select_option("low")
    expect(page.locator(".pl-note")).to_contain_text("budget cut (low: 2% of budgets) at month 48;")
    row.get_by_role("spinbutton").fill("999")
    page.keyboard.press("Enter")
    expect(row.get_by_role("spinbutton")).to_have_value("120")  # within the run
    rest(page)


def test_no_more_can_be_placed_than_the_model_holds(visit) -> None:
    page, *_ = visit
    add = page.get_by_role("group", name="Place an event")
    add.get_by_role("combobox", name="Event").select_option(label="Budget cut")
    add.get_by_role("button").click()
    expect(page.locator(".pl-calendar [role=status]")).to_contain_text("Budget cut: the model holds one")
    assert page.locator(".pl-calendar .pl-placed li").count() == 1


def test_a_click_on_a_line_places_and_delete_removes(visit) -> None:
    page, *_ = visit
    track = page.locator(".pl-calendar .pl-lane", has_text="Pandemic").locator(".pl-track")
    box = track.bounding_box()
    assert box is not None
    track.click(position={"x": 0.25 * box["width"], "y": box["height"] / 2})
    mark = page.get_by_role("slider", name="Pandemic, typical, month 30", exact=True)
    expect(mark).to_have_count(1)
    expect(page.locator(".pl-note")).to_contain_text("pandemic (typical: seven tenths of spring 2020) at month 30")
    mark.focus()
    page.keyboard.press("Delete")
    expect(mark).to_have_count(0)
    expect(page.locator(".pl-note")).not_to_contain_text("at month 30")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("Budget cut")
    page.keyboard.press("Control+z")
    expect(mark).to_have_count(1)
    rest(page)


def test_the_saved_file_opens_on_the_same_numbers(visit, tmp_path) -> None:
    page, _, folder, address = visit
    place(page, "National wave of scrutiny", 12, "high")
    screen = page.locator(".pl")
    screen.get_by_role("combobox", name="Add a design with an addition").select_option(label="MASA 2023 with MASH")
    screen.get_by_role("button", name="Add this design with its addition").click()
    expect(page.locator(".ov text.dl", has_text="MASA 2023 with MASH")).to_have_count(1)
    expect(screen.get_by_role("checkbox", name="MASA 2023 with MASH")).to_be_checked()
    rest(page)
    page.wait_for_timeout(500)
    rest(page)
    with page.expect_download(timeout=PATIENCE) as download:
        screen.get_by_role("button", name="YAML: save").click()
    path = folder / "saved.yaml"
    download.value.save_as(path)
    study = pl.open_study("safeguarding")
    saved = read_screen(path, study)
    assert [(one.event, one.at, one.size) for one in saved.events] == [
        ("scrutiny", 12.0, "high"),
        ("pandemic", 30.0, "typical"),
        ("budget-cut", 120.0, "low"),
    ]
    assert saved.designs == ("acpc-1988", "masa-2023", "masa-2023+mash")
    batch = risk(pl.open_batch(pl.run_batch(path, tmp_path / "batch")).results())
    ranked = ranking(page)
    for row in batch.itertuples():
        assert f"{study.design(row.design).short} {round(100 * row.risk)}%" in ranked
    write_notebook(folder / "again.ipynb", f"import policy_lab as pl\npl.lab(screen={str(path)!r})")
    again = page.context.browser.new_page(viewport={"width": 1500, "height": 1400})
    open_notebook(again, address, "again.ipynb")
    rest(again)
    assert ranking(again) == ranked
    assert changed(again) == changed(page)
    assert again.locator(".pl-calendar .pl-mark").count() == 3
    assert again.locator(".pl-calendar summary").inner_text() == "Stress calendar: 3 placed"
    again.close()


def test_cleared_the_scenario_says_again_what_comes(visit) -> None:
    page, errors, *_ = visit
    page.get_by_role("button", name="Clear the calendar").click()
    expect(page.locator(".pl-note")).to_contain_text("Everything at base")
    expect(page.locator(".ov svg line.evl")).to_have_count(0)
    assert page.locator(".pl-calendar summary").inner_text() == "Stress calendar"
    assert page.locator(".pl-calendar .pl-mark").count() == 0
    unnamed = page.locator(".pl-cal :is(input, select, button, [role=slider])").evaluate_all(
        "nodes => nodes.filter(n => !(n.getAttribute('aria-label') || n.labels?.length || n.textContent.trim())).length"
    )
    assert unnamed == 0
    assert errors == []


def test_what_was_saved_can_be_opened_on_the_page_and_undone(visit) -> None:
    page, errors, folder, _ = visit
    button = page.locator(".pl").get_by_role("button", name="Open a file that was saved here")
    with page.expect_file_chooser() as chooser:
        button.click()
    chooser.value.set_files(folder / "saved.yaml")
    expect(page.locator(".pl-calendar .pl-mark")).to_have_count(3)
    expect(page.locator(".ov svg line.evl")).to_have_count(3)
    expect(page.get_by_role("slider", name="Pandemic, typical, month 30", exact=True)).to_have_count(1)
    rest(page)
    (folder / "wrong.yaml").write_text("study: safeguarding\nscenarios: [storm]\n", encoding="utf-8")
    with page.expect_file_chooser() as chooser:
        button.click()
    chooser.value.set_files(folder / "wrong.yaml")
    expect(page.locator(".pl").get_by_role("alert")).to_contain_text(
        "screen.yaml:2: `scenarios[1]`: no scenario `storm`"
    )
    assert page.locator(".pl-calendar .pl-mark").count() == 3
    page.locator(".pl").get_by_role("button", name="Undo the last change").click()
    expect(page.locator(".pl-calendar .pl-mark")).to_have_count(0)
    assert errors == []
