"""The view *Explain* without a browser: its numbers are the engine's own, and it answers only what was offered."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import policy_lab as pl
from policy_lab.analysis.loops import loop_effects
from policy_lab.analysis.outcomes import path
from policy_lab.analysis.put_in import calm_plan
from policy_lab.engine import compile_model
from policy_lab.errors import InputError
from policy_lab.lab.averaged import averaged
from policy_lab.lab.central import Cut, central_paths, measure_paths, moving_variables
from policy_lab.lab.explain import PANELS, ExplainView
from policy_lab.lab.loop_words import lead_words, order_words, plain_loops, time_words
from policy_lab.lab.moving import made_ready, moved, plan_of
from policy_lab.lab.relative import relative
from policy_lab.lab.state import first_screen
from policy_lab.lab.why import differences, put_in, put_in_words, relative_distance, ways_to_outcome
from policy_lab.model.cut import cut_links
from policy_lab.model.sections import sections
from policy_lab.run import run
from policy_lab.run.knock_out import knock_out

GROWTH = "Intrinsic growth rate"
CLOSE = {"rtol": 2e-3}
"""While something moves, resting points are good to about four figures (`policy_lab.lab.moving.STILL`)."""


@pytest.fixture(scope="module")
def study():
    return pl.open_study("fishery")


@pytest.fixture(scope="module")
def screen(study):
    return first_screen(study)


@pytest.fixture(scope="module")
def ready(study, screen):
    return made_ready(study, screen)


class Page:
    """Stands for the page: it keeps what it is told, and reads the numbers as the page does."""

    def __init__(self, study, ready):
        self.told = []
        self.view = ExplainView(study, lambda screen: ready, self._tell)

    def _tell(self, message):
        values, at, arrays = np.frombuffer(message.numbers, dtype="<f4"), 0, {}
        for name, *shape in message.told["arrays"]:
            size = int(np.prod(shape))
            arrays[name] = values[at : at + size].reshape(shape)
            at += size
        assert at == len(values)
        self.told.append((message.told, arrays))

    def ask(self, screen, panel, **content):
        before = len(self.told)
        try:
            self.view.answer({"panel": panel, **content}, screen)
        finally:
            one = self.view._panels.get(panel)
            for work in ("_behind", "_finding"):
                if hasattr(one, work):
                    getattr(one, work).wait()
        return [(told, arrays) for told, arrays in self.told[before:] if not told.get("answered")]


@pytest.fixture
def page(study, ready):
    opened = Page(study, ready)
    yield opened
    opened.view.stop()


def calm(study, screen):
    return calm_plan(plan_of(study, screen, worlds=1, futures=1).with_(vary=frozenset(), worlds=1))


def pair(screen):
    return {"design": screen.designs[1], "against": screen.designs[0]}


# ---------- central paths


@pytest.mark.parametrize("settings", [{}, {GROWTH: 0.041}])
def test_central_paths_are_those_of_a_movement(ready, settings, study):
    found, after = moved(ready, settings)
    for start in (ready, after):
        paths = central_paths(start, settings)
        assert np.allclose(measure_paths(paths, study), found.central, rtol=1e-4)
    assert np.array_equal(measure_paths(central_paths(after, settings), study), found.central)
    assert np.array_equal(paths.time, found.time)


def test_central_paths_hold_every_variable_as_a_batch_runs_it(study, screen, ready):
    paths = central_paths(ready, {})
    assert set(paths.values) == set(moving_variables(study.model))
    results = run(calm(study, screen))
    assert len(results.outcomes) > 1
    for name, outcome in results.outcomes.items():
        assert np.allclose(paths.values[name], outcome.values[:, 0, 0], **CLOSE), name
    assert np.array_equal(paths.of(screen.designs[1], "Fleet"), paths.values["Fleet"][1])


def test_some_designs_and_variables_are_the_same_numbers(study, screen, ready):
    whole = central_paths(ready, {})
    some = central_paths(ready, {}, screen.designs[2:], ["Fleet"])
    assert set(some.values) == {"Fleet"}
    assert np.allclose(some.values["Fleet"], whole.values["Fleet"][2:], rtol=1e-12)


@pytest.mark.parametrize("names", [("R1",), ("R2", "B3")])
def test_with_loops_cut_they_are_what_a_run_with_cuts_gives(study, screen, ready, names):
    links = [study.file.loops[name].cut for name in names]
    model, stand_ins = cut_links(study.model, links)
    cut = central_paths(ready, {}, cut=Cut(compile_model(model), stand_ins), variables=["Fish stock"])
    expected = run(calm(study, screen), cut=links).outcomes["Fish stock"].values[:, 0, 0]
    assert np.allclose(cut.values["Fish stock"], expected, **CLOSE)
    assert not np.allclose(cut.values["Fish stock"], central_paths(ready, {}).values["Fish stock"], rtol=1e-3)


# ---------- one number for a variable that has many


def test_nobody_is_paired_with_themselves():
    values = np.array([[[9.0, 1.0], [3.0, 9.0]]])
    elements = [["a", "b"], ["a", "b"]]
    assert averaged(values, elements) == pytest.approx([2.0])
    assert averaged(values, elements, ["sum", "sum"]) == pytest.approx([4.0])
    assert averaged(values, elements, [None, "sum"]) == pytest.approx([2.0])
    assert averaged(values, elements, [0, None]) == pytest.approx([5.0])  # what was asked for is given
    assert averaged(values, elements, [1, 0]) == pytest.approx([3.0])
    other = np.arange(6.0).reshape(1, 2, 3)
    assert averaged(other, [["a", "b"], ["x", "y", "z"]], [None, "sum"]) == pytest.approx([7.5])


# ---------- why one design does better


def test_the_variables_that_differ_most_are_few_and_on_the_way(study, screen, ready):
    paths = central_paths(ready, {})
    for design in screen.designs[1:]:
        found = differences(study, paths, design, screen.designs[0])
        ways, homes = ways_to_outcome(study), {n: view for view, names in sections(study.model).items() for n in names}
        assert 3 <= len(found) <= 5
        assert [one.steps for one in found] == sorted((one.steps for one in found), reverse=True)
        for one in found:
            assert one.steps == ways[one.name] > 0
            assert one.name not in put_in(study)
            assert one.view == homes[one.name]
            assert sum(other.view == one.view for other in found) <= 2
            values = averaged(paths.values[one.name], study.model.elements(one.name))
            span = max(values.max() - values.min(), 0.5 * np.abs(values).max())
            expected = np.abs(values[paths.designs.index(design)] - values[0]).mean() / span
            assert one.size == pytest.approx(expected)


def test_nothing_differs_more_than_what_is_told_but_for_a_stated_reason(study, screen, ready):
    paths = central_paths(ready, {})
    found = {one.name for one in differences(study, paths, screen.designs[3], screen.designs[0])}
    assert found, "there is something to compare with"
    sizes = {}
    for name, values in paths.values.items():
        mean = averaged(values, study.model.elements(name))
        sizes[name] = relative_distance(mean[3], mean[0], mean)
    first = max((name for name in ways_to_outcome(study) if name not in put_in(study)), key=lambda name: sizes[name])
    assert first in found or study.model[first].kind.value == "flow"


def test_what_follows_from_levers_alone_was_put_in(study):
    found = put_in(study)
    assert "Intended rule" in found
    assert not {"Fish stock", "Compliance", "Trust"} & found


def test_levers_that_differ_are_told_as_put_in(study):
    scores = dict.fromkeys(study.file.levers, (0.5, 0.5)) | {"patrol": (0.7, 0.2)}
    words = put_in_words(study, scores, "co-management", "open-access")
    title = study.file.levers["patrol"].title
    assert words.startswith("Put in, not found:")
    assert f"higher {title} (0.70 against 0.20)" in words
    assert "lower" not in words
    same = put_in_words(study, dict.fromkeys(scores, (0.5, 0.5)), "catch-quota", "open-access")
    assert "no lever" in same or "core" in same


def test_the_panel_tells_lines_and_words(page, study, screen, ready):
    ((told, arrays),) = page.ask(screen, "why", **pair(screen))
    assert told["put"].startswith("Put in, not found")
    assert len(told["items"]) == len(arrays["one"]) == len(arrays["other"])
    paths = central_paths(ready, {})
    for item, one in zip(told["items"], arrays["one"], strict=True):
        expected = averaged(paths.of(screen.designs[1], item["name"]), study.model.elements(item["name"]))
        assert np.allclose(one, expected, rtol=1e-6)
    ((alone, _),) = page.ask(screen, "why", design=screen.designs[0], against=screen.designs[0])
    assert not alone["items"]
    assert "choose a second" in alone["put"]


# ---------- stocks and flows


def test_a_part_is_told_with_its_diagram_once_and_its_values(page, study, screen, ready):
    ((told, arrays),) = page.ask(screen, "flow", **pair(screen))
    nodes = told["diagram"]["nodes"]
    paths = central_paths(ready, {})
    assert told["part"] == told["parts"][0] == "The fish"
    for at, mine, other in zip(told["shown"], arrays["series"], arrays["other"], strict=True):
        name = nodes[at]["name"]
        for design, values in ((screen.designs[1], mine), (screen.designs[0], other)):
            assert np.allclose(values, averaged(paths.of(design, name), study.model.elements(name)), rtol=1e-6), name
    ((again, _),) = page.ask(screen, "flow", part="The fish", has="The fish", **pair(screen))
    assert "diagram" not in again
    ((picked, some),) = page.ask(
        screen, "flow", part="Compliance and raids", picks={"Motive": "deterrence"}, **pair(screen)
    )
    row = [picked["diagram"]["nodes"][at]["name"] for at in picked["shown"]].index("Motive strength")
    expected = paths.of(screen.designs[1], "Motive strength")[:, :, 1].mean(axis=1)
    assert np.allclose(some["series"][row], expected, rtol=1e-6)


# ---------- loops


def test_the_loops_are_told_and_then_what_the_model_says_of_them(page, study, screen):
    (listed, _), (found, _) = page.ask(screen, "loops", what="list")
    assert [one["name"] for one in listed["loops"]] == list(study.file.loops)
    assert set(found["loops"]) == set(study.file.loops)
    for name, one in found["loops"].items():
        assert len(one["signs"]) == len(study.file.loops[name].path)
        assert one["found"] == study.file.loops[name].kind
    assert found["loops"]["R2"]["signs"] == ["+", "−", "+", "+", "−", "+"]
    assert "more Compliance gives less Raid hazard" in " ".join(found["loops"]["R2"]["steps"])


def test_without_a_loop_paths_and_risks_are_those_of_a_knock_out(page, study, screen):
    told = page.ask(screen, "loops", what="cut", loops=["R2"], **pair(screen))
    (paths,) = [one for one in told if one[0]["what"] == "paths"]
    (risk,) = [one for one in told if one[0]["what"] == "risk"]
    links = [study.file.loops["R2"].cut]
    for cut, values in (((), paths[1]["whole"]), (links, paths[1]["without"])):
        assert np.allclose(
            values, path(run(calm(study, screen), cut=cut), "Stock against the reference")[:, 0, 0], **CLOSE
        )
    table = loop_effects(knock_out(study, "R2", worlds=10, futures=5))
    assert list(table["design"]) == risk[0]["designs"]
    for column, key in (
        ("risk", "risk"),
        ("risk_without", "risk_without"),
        ("risk_change", "change"),
        ("risk_change_low", "low"),
        ("risk_change_high", "high"),
    ):
        assert np.allclose(risk[1][key], table[column], atol=1e-6), key
    assert "R2 is cut where Raid rate acts on Trust lost" in paths[0]["cut"]


def test_loops_over_the_same_link_are_said_to_go_with_it(study):
    loops = dict(study.file.loops.items())
    loops["R9"] = loops["R2"].model_copy(update={"title": "Twin"})
    twin = replace(study, file=study.file.model_copy(update={"loops": loops}))
    also = {one["name"]: one["also"] for one in plain_loops(twin)}
    assert also["R2"] == ["R9"]
    assert also["B4"] == []


def test_leads_and_orders_in_words():
    words = lead_words("R7", ("A", "B"), (0.6, 0.5), (0.52, 0.5), "catch")
    assert words == "With R7 cut, A is 0.020 ahead of B in catch at the end; in the whole model A is 0.10 ahead of B."
    assert "as in the whole model" in lead_words("R7", ("A", "B"), (0.6, 0.5), (0.6, 0.5), "catch")
    assert "B comes to lie before A" in order_words(["A", "B"], np.array([0.6, 0.5]), np.array([0.4, 0.5]))
    assert "stays" in order_words(["A", "B"], np.array([0.6, 0.5]), np.array([0.6, 0.598]))
    assert time_words(1.0, "Year") == "1 year"


def test_what_is_not_known_is_said_to_be_so():
    lost = float("nan")
    assert "cannot be compared" in lead_words("R7", ("A", "B"), (lost, 0.5), (0.52, 0.5), "catch")
    assert "stays" in order_words(["A", "B"], np.array([lost, 0.5]), np.array([lost, 0.5]))
    assert relative_distance(np.array([lost, 1.0]), np.array([0.0, 1.0]), np.array([lost, 1.0, 0.0, 1.0])) == 0.0


# ---------- only what was offered


@pytest.mark.parametrize(
    ("panel", "content"),
    [
        ("nothing", {}),
        ("flow", {"design": "no such", "against": "open-access"}),
        ("flow", {"design": "co-management", "against": "open-access", "part": "Constants"}),
        ("flow", {"design": "co-management", "against": "open-access", "picks": {"Community": "east"}}),
        ("why", {"design": "co-management"}),
        ("loops", {"what": "cut", "loops": ["R99"], "design": "co-management", "against": "open-access"}),
        ("loops", {"what": "cut", "loops": ["R1"], "design": "co-management", "against": "../etc"}),
        ("loops", {"what": "exec"}),
    ],
)
def test_what_was_not_offered_is_refused(page, screen, panel, content):
    with pytest.raises(InputError):
        page.ask(screen, panel, **content)
    if panel in PANELS:
        assert page.told[-1][0]["answered"]  # so that the page may ask again


def test_a_design_that_is_not_on_the_screen_is_refused(page, screen):
    fewer = screen.with_(designs=screen.designs[:2])
    with pytest.raises(InputError, match="no design"):
        page.ask(fewer, "why", design=screen.designs[3], against=screen.designs[0])


def test_asking_twice_runs_the_model_once(page, screen):
    assert page.view.central(screen) is page.view.central(screen)
    assert page.view.central(screen.with_(settings={GROWTH: 0.04})) is not page.view.central(screen)


# ---------- the flagship


def test_the_flagship_is_explained_whole():
    study = pl.open_study("safeguarding")
    screen = first_screen(study)
    found, ready = moved(made_ready(study, screen), {})
    page = Page(study, ready)
    assert np.array_equal(measure_paths(page.view.central(screen), study), found.central)
    pair = {"design": "macpt-2026", "against": "masa-2023"}
    ((why, _),) = page.ask(screen, "why", **pair)
    assert len(why["items"]) == 5
    assert not any(item["name"].startswith(("Goal for", "Realised", "Intended")) for item in why["items"])
    assert "Information gateway (0.75 against 0.50)" in why["put"]
    ((first, _),) = page.ask(screen, "flow", **pair)
    for part in first["parts"]:
        ((told, arrays),) = page.ask(screen, "flow", part=part, **pair)
        assert told["diagram"]["placed"] == "sketch"
        assert np.isfinite(arrays["series"]).all()
        assert arrays["series"].shape == arrays["other"].shape == (len(told["shown"]), len(found.time))


def test_what_is_a_prior_is_shown_as_a_ratio_and_never_as_an_amount():
    flagship = pl.open_study("safeguarding")
    named = flagship.file.panels.as_ratio
    assert "Undetected harmed children" in named
    screen = first_screen(flagship)
    ready = moved(made_ready(flagship, screen), {})[1]
    amounts = central_paths(ready, {}, screen.designs)
    ratios = relative(flagship, amounts)
    base = screen.designs.index(flagship.file.comparison.base)
    for name in named:
        one, other = amounts.values[name], ratios.values[name]
        scale = one.max() / other.max()
        assert np.allclose(one, other * scale)
        assert 0.2 < float(np.abs(other[base]).max()) < 20
    told = []
    view = ExplainView(flagship, lambda _: ready, told.append)
    pair = {"design": "macpt-2026", "against": "masa-2023"}
    view.answer({"panel": "flow", "part": "A Harm and detection", **pair}, screen)
    view._panels["flow"]._behind.wait()
    nodes = next(one.told["diagram"]["nodes"] for one in told if "diagram" in one.told)
    units = {node["name"]: node["unit"] for node in nodes}
    assert {units[name] for name in named if name in units} <= {"× its start", "× the base's end"}
    assert "child" not in units["Undetected harmed children"]
