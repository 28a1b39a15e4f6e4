"""The view *Batch and stress* without a browser: its numbers are those of the analysis, whatever is cancelled."""

from __future__ import annotations

import io
import json
import sys
import threading
import zipfile
from pathlib import Path

import pandas as pd
import pytest

import policy_lab as pl
from policy_lab.analysis.discovery import discover
from policy_lab.analysis.measured import Question
from policy_lab.analysis.risk import risk
from policy_lab.analysis.sensitivity import sensitivity
from policy_lab.errors import InputError
from policy_lab.lab.batch_plan import earlier, folder_of, memory_of, plan_text, planned
from policy_lab.lab.long_work import BEAT, Cancelled, Far, Job
from policy_lab.lab.moving import plan_of
from policy_lab.lab.state import first_screen
from policy_lab.lab.stress import StressView
from policy_lab.out.batch_export import export_batch
from policy_lab.results import open_batch
from policy_lab.run import run
from policy_lab.run.ensemble import run_batch
from policy_lab.study.plan_file import read_plan
from policy_lab.study.stress_schema import Placed

SMALL = {"worlds": 24, "futures": 3, "seed": 7, "sampler": "monte carlo"}
LARGE = {"worlds": 128, "futures": 5, "seed": 7, "sampler": "sobol"}
STUDY = pl.open_study("fishery")
FIRST = first_screen(STUDY)
MOVED = FIRST.with_(
    designs=("open-access", "co-management"),
    settings={"Intrinsic growth rate": 0.04},
    levers={"patrol": "high"},
    events=(Placed(event="bad-weather", at=24),),
)


class Page:
    """What a page is told, and the files that it is handed."""

    def __init__(self, home: Path) -> None:
        self.told: list[dict[str, object]] = []
        self.files: dict[str, bytes] = {}
        self.on = lambda told: None
        self.view = StressView(STUDY, self.take, self.files.__setitem__, home=home)

    def take(self, message) -> None:
        json.dumps(message.told, allow_nan=False)  # the page reads JSON, which knows no not-a-number
        self.told.append(dict(message.told))
        self.on(message.told)

    def ask(self, do, screen=FIRST, **content):
        self.view.answer({"do": do, **content}, screen)
        self.view.wait()
        return self

    def last(self, section):
        return next(told for told in reversed(self.told) if told["section"] == section)

    def all(self, section):
        return [told for told in self.told if told["section"] == section]


@pytest.fixture
def page(tmp_path):
    return Page(tmp_path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A page with a whole batch of the study's own screen."""
    return Page(tmp_path_factory.mktemp("whole")).ask("run", **LARGE)


def files(folder: Path) -> dict[str, bytes]:
    """Return what a batch has written, less the log, which says when, and the commit, which others may move on."""
    found = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "log.jsonl"
    }
    if "manifest.json" in found:
        about = {name: value for name, value in json.loads(found["manifest.json"]).items() if name != "commit"}
        found["manifest.json"] = json.dumps(about).encode()
    return found


def test_a_batch_is_what_its_plan_gives_from_the_command_line(page, tmp_path):
    told = page.ask("run", MOVED, **SMALL).last("batch")
    folder = Path(told["folder"])
    assert folder.parent == tmp_path / "results"
    memory = int(float(told["gib"]) * 2**30)
    assert memory == json.loads((folder / "manifest.json").read_text())["memory"]
    again = run_batch(folder / "plan.yaml", tmp_path / "again", memory=memory)
    own = files(folder)
    own.pop("risk.csv")
    assert own == files(again)


def test_the_table_is_that_of_the_same_plan_run_at_once(page):
    told = page.ask("run", MOVED, **SMALL).last("batch")
    expected = risk(run(plan_of(STUDY, MOVED, worlds=24, futures=3, seed=7)))
    assert [row["design"] for row in told["rows"]] == list(expected["design"])
    for name in ("risk", "risk_q05", "risk_q95", "simulation_error"):
        assert [row[name] for row in told["rows"]] == list(expected[name]), name
    assert told["whole"]
    assert told["runs"] == 2 * 24 * 3
    assert told["screen"]["settings"] == {"Intrinsic growth rate": 0.04}
    assert told["screen"]["events"][0]["at"] == 24


def test_a_cancelled_batch_keeps_what_is_whole_and_goes_on_to_the_same_bytes(page, tmp_path):
    page.on = lambda told: told["section"] == "batch" and page.view.answer({"do": "cancel"}, FIRST)
    partial = page.ask("run", **LARGE).last("batch")
    assert not partial["whole"]
    assert 0 < partial["runs"] < partial["of_runs"]
    assert partial["headline"].startswith("Partial")
    folder = Path(partial["folder"])
    kept = set(files(folder))
    assert "failures.csv" not in kept
    (one,) = page.last("earlier")["batches"]
    assert (one["whole"], one["kept"] > 0) == (False, True)
    page.on = lambda told: None
    anew = Page(tmp_path)  # a kernel that was started again
    anew.ask("hello")
    (found,) = anew.last("earlier")["batches"]
    done = anew.ask("open", name=found["name"], go_on=True).last("batch")
    assert done["whole"]
    once = Page(tmp_path / "once").ask("run", **LARGE).last("batch")
    assert files(folder) == files(Path(once["folder"]))
    assert done["rows"] == once["rows"]
    assert done["headline"] == once["headline"]


def test_cancel_is_answered_before_the_work_is_put_away(page):
    begun, seen = threading.Event(), []
    page.on = lambda told: told.get("doing") == "running" and begun.set()
    page.view.answer({"do": "run", **LARGE}, FIRST)
    assert begun.wait(60)
    page.on = seen.append
    page.view.answer({"do": "cancel"}, FIRST)
    assert seen[0]["stopping"]  # told within the call itself
    page.view.wait()
    assert page.last("work")["job"] == ""


def test_a_partial_table_is_of_the_worlds_that_are_there(page):
    page.ask("run", **LARGE)
    partial = [told for told in page.all("batch") if not told["whole"]]
    stored = open_batch(partial[0]["folder"])
    worlds = partial[0]["worlds"]
    values = stored.select(outcome=STUDY.file.measures.shortfall.variable, world=range(worlds))
    assert values.sizes["world"] == worlds < 128
    from policy_lab.analysis.shortfall import spells

    measure = STUDY.file.measures.shortfall
    array = values[measure.variable].squeeze(drop=True).transpose("design", "world", "future", "time").to_numpy()
    shares = spells(array, measure.threshold, measure.periods).fell.mean(axis=2)
    assert [row["risk"] for row in partial[0]["rows"]] == pytest.approx(shares.mean(axis=1))


def test_it_tells_how_far_it_is_no_more_than_five_times_a_second():
    told: list[Far] = []
    job = Job("work", told.append)
    job.step("running", 100_000, "runs")
    for done in range(100_000):
        job.progress(done, 100_000)
    assert len(told) <= 2 + (told[-1].done / max(1, 100_000)) / BEAT + 10
    assert told[-1].of == "runs"
    job.cancel()
    with pytest.raises(Cancelled):
        job.progress(1, 2)


def test_rate_and_time_left_leave_out_what_was_there_before(monkeypatch):
    clock = iter([0.0, 0.0, 1.0, 2.0])
    monkeypatch.setattr("policy_lab.lab.long_work.monotonic", lambda: next(clock))
    told: list[Far] = []
    job = Job("work", told.append)
    job.step("running", 1000)
    job.progress(500, 1000)
    job.progress(700, 1000)
    assert (told[-1].rate, told[-1].left) == (100.0, 3.0)


@pytest.mark.parametrize("kind", ["tidy", "wide", "parquet", "netcdf", "xlsx"])
def test_an_export_is_that_of_the_command_line(whole, tmp_path, kind):
    batch = Path(whole.last("batch")["folder"])
    told = whole.ask("export", format=kind).last("export")
    from policy_lab.cli.question import calm

    direct = export_batch(batch, tmp_path / kind, format=kind, calm=calm, beyond_excel=True)
    ours = {name: data for name, data in files(Path(told["folder"])).items() if name != "manifest.json"}
    assert ours == {name: data for name, data in files(direct).items() if name != "manifest.json"}
    assert {name: size for name, size in told["files"] if name != "manifest.json"} == {
        name: len(data) for name, data in ours.items()
    }
    assert told["whole"]


def test_small_files_are_handed_to_the_browser(page):
    told = page.ask("run", **SMALL).ask("export", format="parquet", brief=True).last("export")
    content = page.files[told["sent"]["name"]]
    assert len(content) == told["sent"]["size"]
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        inside = {Path(name).name: packed.read(name) for name in packed.namelist()}
    assert inside == {path.name: path.read_bytes() for path in Path(told["folder"]).iterdir()}
    assert len(pd.read_parquet(io.BytesIO(inside["runs.parquet"]))) == 4 * 24 * 3 * 121


def test_a_cancelled_batch_is_marked_partial_in_what_is_exported(page):
    page.on = lambda told: told["section"] == "batch" and page.view.answer({"do": "cancel"}, FIRST)
    page.ask("run", **LARGE)
    page.on = lambda told: None
    told = page.ask("export", format="tidy", brief=True).last("export")
    assert not told["whole"]
    assert told["folder"].endswith("-partial")
    manifest = json.loads((Path(told["folder"]) / "manifest.json").read_text())
    assert "parts are missing" in manifest["export"]["incomplete"][0]
    page.ask("export", format="xlsx")
    assert "whole batch" in page.last("fault")["words"]


def test_the_sensitivity_is_that_of_the_analysis(page):
    told = page.ask("sensitivity", MOVED, outcome="level", design="co-management", other="open-access")
    told, far = page.last("sensitivity"), [one for one in page.all("work") if one["of"] == "runs"][-1]
    plan = plan_of(STUDY, MOVED, worlds=2, futures=5)
    (expected,) = sensitivity(plan, run, [Question("level", "co-management", "open-access")])
    assert [row["input"] for row in told["rows"]] == list(expected.table["input"])
    assert [row["size"] for row in told["rows"]] == list(expected.table["importance"])
    assert (told["finding"], told["settled"]) == expected.sentences
    assert far["done"] == far["total"]  # what it was said to need is what it needed
    moved = {row["input"] for row in told["rows"]}
    assert "Intrinsic growth rate" not in moved  # a slider holds it
    assert not any(name.startswith("Patrols of") for name in moved)  # the lever stands at one end of its scores
    assert "set by hand" in " ".join(told["notes"])


def test_the_search_is_that_of_the_analysis(whole):
    told = whole.ask("discover", design="open-access", other="").last("discovery")
    results = open_batch(whole.last("batch")["folder"]).results()
    expected = discover(results, "open-access")
    assert tuple(told["sentences"]) == expected.sentences
    assert told["holds"] == expected.box.better_than_chance
    assert told["held_out"]["density"] == expected.box.held_out.density
    if told["holds"]:
        sides = {(one["input"], limit["side"]): limit["value"] for one in told["limits"] for limit in one["limits"]}
        assert sides == {(one.column, one.side): one.value for one in expected.box.limits}
        for one in told["limits"]:
            assert sum(one["all"]) == told["rows"]
            assert sum(one["hits"]) == told["happens"]


def test_where_no_box_holds_none_is_drawn(whole):
    told = whole.ask("discover", design="open-access", other="co-management").last("discovery")
    if not told["holds"]:
        assert told["limits"] == []
    assert told["what"]


def test_too_few_worlds_are_refused(page):
    page.ask("run", **SMALL).ask("discover", design="open-access")
    assert "too few" in page.last("fault")["words"]


def test_a_page_that_is_shown_anew_is_told_everything_again(whole):
    before = len(whole.told)
    whole.ask("hello")
    told = {one["section"]: one for one in whole.told[before:]}
    assert {"offer", "batch", "earlier", "work"} <= set(told)
    assert told["batch"] == whole.last("batch")
    assert told["offer"]["usual"]["worlds"] == STUDY.file.comparison.worlds


def test_an_earlier_batch_is_shown_without_running_it_again(whole):
    name = whole.last("batch")["name"]
    anew = Page(Path(whole.last("batch")["folder"]).parents[1])
    anew.ask("open", name=name)
    assert anew.last("batch")["rows"] == whole.last("batch")["rows"]


def test_the_same_screen_and_size_are_one_batch(page):
    page.ask("run", MOVED, **SMALL)
    other = MOVED.with_(settings=dict(reversed(MOVED.settings.items())))
    page.ask("run", other, **SMALL)
    assert len(earlier(STUDY, page.view._home)) == 1
    page.ask("run", MOVED, **{**SMALL, "seed": 8})
    assert len(earlier(STUDY, page.view._home)) == 2


def test_the_estimate_is_of_these_runs(page):
    told = page.ask("estimate", **SMALL).last("estimate")
    assert told["cases"] == 4 * 24 * 3
    assert 0 < told["seconds"] < 600
    assert told["size"] == SMALL


@pytest.mark.parametrize(
    ("size", "words"),
    [
        ({"worlds": 1}, "worlds"),
        ({"worlds": 10**9}, "worlds"),
        ({"worlds": 2.5}, "worlds"),
        ({"worlds": "100; import os"}, "worlds"),
        ({"futures": None}, "futures"),
        ({"futures": True}, "futures"),
        ({"seed": -1}, "seed"),
        ({"sampler": "halton"}, "sampler"),
        ({"worlds": 10_000, "futures": 400}, "are the most"),
    ],
)
def test_sizes_that_make_no_sense_are_refused_at_once(page, size, words):
    page.ask("run", **{**SMALL, **size})
    assert words in page.last("fault")["words"]
    assert not page.view._home.exists()


@pytest.mark.parametrize(
    "asked",
    [
        {"do": "export", "format": "xlsx"},
        {"do": "discover", "design": "open-access"},
        {"do": "open", "name": "../../etc"},
        {"do": "open", "name": None},
        {"do": "sensitivity", "outcome": "__import__", "design": "open-access"},
        {"do": "sensitivity", "outcome": "level", "design": "no such"},
        {"do": "sensitivity", "outcome": "burden", "design": "open-access"},
        {"do": "sensitivity", "outcome": "level", "design": "open-access", "other": "open-access"},
    ],
)
def test_what_was_not_offered_is_refused(page, asked):
    page.ask(**asked)
    assert page.last("fault")["words"]
    assert not page.all("export") + page.all("discovery") + page.all("sensitivity")


def test_an_unknown_action_is_refused(page):
    with pytest.raises(InputError, match="does not know"):
        page.view.answer({"do": "delete"}, FIRST)


def test_an_unknown_format_is_refused(whole):
    whole.ask("export", format="../../x")
    assert "no format" in whole.last("fault")["words"]


def test_one_piece_of_work_at_a_time(page):
    begun = threading.Event()
    page.on = lambda told: told.get("doing") == "running" and begun.set()
    page.view.answer({"do": "run", **LARGE}, FIRST)
    assert begun.wait(60)
    page.view.answer({"do": "run", **SMALL}, FIRST)
    assert "still going on" in page.last("fault")["words"]
    page.view.stop()
    page.view.wait()


def test_two_pages_do_not_write_to_one_folder(page, tmp_path):
    other, begun = Page(tmp_path), threading.Event()
    page.on = lambda told: told.get("done", 0) and begun.set()
    page.view.answer({"do": "run", **LARGE}, FIRST)
    assert begun.wait(60)
    other.ask("run", **LARGE)
    page.view.wait()
    assert page.last("batch")["whole"]
    faults = other.all("fault")
    assert not faults or "another run is writing" in faults[0]["words"]
    assert faults or other.last("batch")["rows"] == page.last("batch")["rows"]


def test_the_plan_is_cut_into_parts_of_whole_worlds():
    text = plan_text(STUDY, FIRST, planned_size(100))
    assert "worlds: 100" in text
    plan_set = planned(STUDY, FIRST, planned_size(100))
    assert memory_of(plan_set) % 2**24 == 0
    assert folder_of(plan_set, Path("x")).name.startswith("lab-fishery-")


def planned_size(worlds):
    from policy_lab.lab.batch_plan import Size

    return Size(worlds, 20, 7, "monte carlo")


def test_closing_the_screen_stops_the_batch_and_keeps_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    opened = pl.lab("fishery", worlds=6, futures=2)
    opened.wait()
    view = opened._views["stress"]
    begun = threading.Event()
    monkeypatch.setattr(
        type(opened),
        "send",
        lambda self, content, buffers=None: content.get("doing") == "running" and begun.set(),
    )
    plain = opened.screen.plain()
    opened._on_message(opened, {"view": "stress", "do": "run", "screen": plain, **LARGE, "worlds": 1000}, [])
    assert begun.wait(60)
    opened.close()
    view.wait()
    (one,) = earlier(STUDY, tmp_path / "results")
    assert not one.whole


def test_the_plan_that_stands_beside_the_runs_is_the_screens(page):
    told = page.ask("run", MOVED, **SMALL).last("batch")
    plan_set = read_plan(Path(told["folder"]) / "plan.yaml")
    expected = plan_of(STUDY, MOVED, worlds=24, futures=3, seed=7)
    assert plan_set.blocks[0].plan.choices() == expected.choices()


@pytest.mark.parametrize(
    ("module", "asked"),
    [
        ("SALib.sample.morris", {"do": "sensitivity", "outcome": "level", "design": "open-access"}),
        ("ema_workbench.analysis.prim", {"do": "discover", "design": "open-access"}),
    ],
)
def test_what_is_not_installed_is_said_with_how_to_get_it(whole, monkeypatch, module, asked):
    monkeypatch.setitem(sys.modules, module, None)
    whole.ask(**asked)
    assert "policy_lab[discovery]" in whole.last("fault")["words"]
