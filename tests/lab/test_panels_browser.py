"""The panels of single cells and of provisions in a real JupyterLab: the moment, the keyboard, and a waterfall."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, Page

import policy_lab as pl
from policy_lab.analysis.clauses import clauses
from policy_lab.analysis.put_in import RISK
from policy_lab.lab.central import central_paths
from policy_lab.lab.clause_panel import signed
from policy_lab.lab.moving import made_ready, plan_of
from policy_lab.lab.panel_words import places_for
from policy_lab.lab.state import first_screen
from policy_lab.run import run
from tests.lab.axe import violations
from tests.lab.browsing import PATIENCE, chromium, jupyter, open_notebook, write_notebook

pytestmark = pytest.mark.browser
CELL = "import policy_lab as pl\nscreen = pl.lab('fishery', worlds=8, futures=2)\nscreen"
MATRIX, CLAUSES = "div.pl-cells", "div.pl-clauses"


@pytest.fixture(scope="module")
def visit(tmp_path_factory) -> Iterator[tuple[Page, list[str]]]:
    """Give a page that shows the view Explain, and every error on it."""
    folder: Path = tmp_path_factory.mktemp("panels")
    write_notebook(folder / "screen.ipynb", CELL)
    with jupyter(folder) as address, chromium() as browser:
        page = browser.new_page(viewport={"width": 1500, "height": 1200})
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        open_notebook(page, address, "screen.ipynb")
        page.locator(".pl").get_by_role("tab", name="Explain").click()
        page.wait_for_selector(f".pl {MATRIX} [role=gridcell]", state="attached", timeout=PATIENCE)
        yield page, errors


def numbers(screen: Locator) -> list[list[float]]:
    """Read what stands in the cells."""
    rows = screen.locator(f"{MATRIX} [role=grid] tbody tr").all()
    return [[float(cell) for cell in row.get_by_role("gridcell").all_text_contents()] for row in rows]


def chosen(screen: Locator) -> tuple[str, str]:
    """Return the design that is explained, and what it is set against."""
    first, second = (screen.get_by_role("combobox", name=name) for name in ("Explain", "Set against"))
    return first.input_value(), second.input_value()


def test_the_cells_follow_the_moment_and_hold_the_numbers_of_the_engine(visit) -> None:
    page, _ = visit
    screen = page.locator(".pl")
    moment = screen.get_by_role("slider", name="Moment")
    study = pl.open_study("fishery")
    first = first_screen(study)
    central = central_paths(made_ready(study, first), {}, first.designs, ["Motive strength"])
    paths = [central.of(name, "Motive strength") for name in chosen(screen)]
    places = places_for(min(one.min() for one in paths), max(one.max() for one in paths))
    said = []
    for key, at in (("End", -1), ("Home", 0)):
        moment.focus()
        page.keyboard.press(key)
        assert np.allclose(numbers(screen), paths[0][at], atol=0.6 * 10.0**-places)
        said.append(screen.locator(f"{MATRIX} .pl-said").inner_text())
    assert said[0].startswith("Month 120")
    assert said[1].startswith("Month 0")
    assert "at the start" in said[0]


def test_arrow_keys_walk_through_the_cells_and_show_each_path(visit) -> None:
    page, _ = visit
    screen = page.locator(".pl")
    cells = screen.locator(f"{MATRIX} [role=gridcell]")
    assert screen.locator(f"{MATRIX} [role=gridcell][tabindex='0']").count() == 1  # one stop for the tab key
    screen.locator(f"{MATRIX} [role=gridcell][tabindex='0']").focus()
    page.keyboard.press("Control+Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert cells.nth(4).evaluate("cell => cell === document.activeElement")  # three motives a community
    label = cells.nth(4).get_attribute("aria-label") or ""
    assert label.startswith("deterrence in the south: ")
    path = screen.locator(f"{MATRIX} figure")
    assert path.locator("figcaption b").inner_text() == "Deterrence in the south"
    assert (path.locator("svg").get_attribute("aria-label") or "").startswith("Deterrence in the south over time.")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")  # stays inside
    assert path.locator("figcaption b").inner_text() == "Deterrence in the north"


def test_the_waterfall_shows_the_table_of_the_analysis_and_says_when_it_is_out_of_date(visit) -> None:
    page, _ = visit
    screen = page.locator(".pl")
    part = screen.locator(CLAUSES)
    second, first = chosen(screen)
    assert part.locator("svg").count() == 0  # nothing before somebody asks
    part.get_by_role("button", name="Work it out").focus()
    page.keyboard.press("Enter")
    part.get_by_text("Worked out.").wait_for(state="visible", timeout=PATIENCE)
    part.get_by_role("combobox", name="Share out").select_option(RISK)
    study = pl.open_study("fishery")
    plan = plan_of(study, first_screen(study), worlds=8, futures=2)
    found = clauses(plan, first, second, run)
    rows = found.parts[found.parts["measure"] == RISK].set_index("part")
    drawn = {
        str(one.get_attribute("data-part")): one.text_content() or ""
        for one in part.locator("svg text[data-part]").all()
    }
    places = places_for(0.0, 100 * float(rows["share"].abs().max()))
    for name, row in rows.iterrows():
        assert drawn[str(name)] == signed(100 * row["share"], places)
    ends = found.ends.set_index("measure").loc[RISK]
    for name, key in ((first, "first"), (second, "second")):
        design = study.design(name)
        assert drawn[design.short or design.title] == f"{100 * ends[key]:,.{places}f}"
    words = part.inner_text()
    assert "grade C" in words
    assert "Out of date" not in words
    screen.get_by_role("slider", name="Intrinsic growth rate").focus()
    page.keyboard.press("End")
    part.get_by_text("Out of date").wait_for(state="visible", timeout=PATIENCE)
    assert part.locator("svg").count() == 1  # what was worked out stays to be read
    for panel in (MATRIX, CLAUSES):
        assert violations(page, panel) == []
    part.get_by_role("button", name="Work it out").click()
    part.get_by_text("Out of date").wait_for(state="hidden", timeout=PATIENCE)


def test_a_design_set_against_itself_has_nothing_to_share_out(visit) -> None:
    page, errors = visit
    screen = page.locator(".pl")
    part = screen.locator(CLAUSES)
    second, first = chosen(screen)
    screen.get_by_role("combobox", name="Explain").select_option(first)
    part.get_by_text("Nothing to share out").wait_for(state="visible", timeout=PATIENCE)
    assert part.get_by_role("button", name="Work it out").is_disabled()
    screen.get_by_role("combobox", name="Explain").select_option(second)
    assert part.get_by_role("button", name="Work it out").is_enabled()
    assert errors == []
