"""The screen without a browser: what the page asks for, what it is told, and what it may not ask for."""

from __future__ import annotations

import base64
import csv
import io
import threading

import docx
import numpy as np
import pytest

import policy_lab as pl
from policy_lab.analysis.findings import headline
from policy_lab.analysis.risk import risk
from policy_lab.errors import InputError
from policy_lab.lab.moving import plan_of
from policy_lab.provenance import bundled
from policy_lab.run import run

GROWTH = "Intrinsic growth rate"


@pytest.fixture
def screen():
    opened = pl.lab("fishery", worlds=8, futures=3)
    yield opened
    opened.wait()


def arrays(screen):
    """Read the numbers as the page does."""
    values, at, found = np.frombuffer(screen.numbers, dtype="<f4"), 0, {}
    for name, *shape in screen.told["arrays"]:
        size = int(np.prod(shape))
        found[name] = values[at : at + size].reshape(shape)
        at += size
    assert at == len(values)
    return found


def ask(screen, number, do="move", **changes):
    told = {**screen.screen.plain(), **changes.pop("to", {})}
    content = {"n": number, "do": do, "screen": told, **changes}
    if do == "move" and not changes:
        screen.asked = content
    else:
        screen._on_message(screen, content, [])


def test_at_rest_it_shows_what_a_batch_gives(screen):
    ask(screen, 1, to={"settings": {GROWTH: 0.04}, "levers": {"patrol": "high"}})
    answer = screen.wait()
    expected = risk(run(plan_of(screen.study, screen.screen, worlds=8, futures=3)))
    assert list(answer.table["design"]) == list(expected["design"])
    for name in ("risk", "risk_q05", "chance_best", "regret_1_in_20", "burden_ratio"):
        assert np.array_equal(answer.table[name], expected[name], equal_nan=True), name
        assert np.allclose(arrays(screen)[name], expected[name], equal_nan=True), name
    assert screen.told["whole"]


def test_a_movement_is_one_small_message(screen):
    screen.wait()
    before = screen.seq
    ask(screen, 1, to={"settings": {GROWTH: 0.035}})
    assert screen.seq == before + 1
    assert screen.told["kind"] == "moved"
    assert len(screen.numbers) < 20_000
    assert screen.told["changes"] == [f"{GROWTH} 0.03 → 0.035 1/Month, held in every world"]
    assert "Settling" in screen.told["headline"]


def test_what_was_asked_before_something_answered_is_left_out(screen):
    ask(screen, 5, to={"settings": {GROWTH: 0.035}})
    ask(screen, 4, to={"settings": {GROWTH: 0.02}})
    assert screen.screen.settings == {GROWTH: 0.035}


def test_undo_and_redo_tell_the_page_where_to_stand(screen):
    ask(screen, 1, keep=True, to={"settings": {GROWTH: 0.035}})
    ask(screen, 2, "undo", keep=True)
    assert (screen.told["set"], screen.told["screen"]["settings"], screen.told["redo"]) == (True, {}, 1)
    ask(screen, 3, "redo", keep=True)
    assert screen.told["screen"]["settings"] == {GROWTH: 0.035}


@pytest.mark.parametrize(
    "asked",
    [
        {"designs": ["no such design"]},
        {"designs": []},
        {"scenario": "<script>"},
        {"area": "somewhere"},
        {"settings": {"Quota strictness": 1.0}},
        {"settings": {GROWTH: "high"}},
        {"levers": {"patrol": "very high"}},
        {"code": "import os"},
    ],
)
def test_the_page_can_ask_for_nothing_that_it_was_not_offered(screen, asked):
    before = screen.screen
    ask(screen, 1, to=asked)
    assert screen.told["fault"]
    assert screen.screen == before
    ask(screen, 2, to={"settings": {GROWTH: 0.04}})
    assert not screen.told.get("fault")


@pytest.mark.parametrize(
    ("name", "value", "held"), [(GROWTH, 9.0, 0.045), (GROWTH, -1.0, 0.02), ("Fish price", 2.4, 2.5)]
)
def test_values_stay_within_their_range(screen, name, value, held):
    ask(screen, 1, to={"settings": {name: value}})
    assert screen.screen.settings == {name: held}


def test_the_files_hold_what_is_drawn(screen, monkeypatch):
    sent = []
    screen.wait()
    monkeypatch.setattr(type(screen), "send", lambda self, content, buffers=None: sent.append((content, buffers)))
    for number, kind in enumerate(["csv", "yaml", "svg", "png"], 1):
        ask(screen, number, "file", kind=kind)
    files = {content["name"].rpartition(".")[2]: bytes(buffers[0]) for content, buffers in sent}
    rows = list(csv.DictReader(io.StringIO(files["csv"].decode())))
    central = [float(row["value"]) for row in rows if row["part"] == "central path"]
    assert np.allclose(central, arrays(screen)["central"].ravel(), rtol=1e-6)
    bands = [float(row["value"]) for row in rows if row["part"] == "all futures"]
    assert np.allclose(bands, arrays(screen)["bands"].ravel(), rtol=1e-6)
    assert "study: fishery\n" in files["yaml"].decode()
    assert files["svg"].startswith(b"<?xml")
    assert files["png"].startswith(b"\x89PNG")


def test_the_briefing_is_on_the_answer_that_is_shown(screen, monkeypatch):
    sent, there = [], threading.Event()
    found = screen.wait()

    def send(self, content, buffers=None):
        sent.append((content, buffers))
        there.set()

    monkeypatch.setattr(type(screen), "send", send)
    ask(screen, 1, "file", kind="docx")
    assert there.wait(120)
    ((content, buffers),) = sent
    assert content == {"kind": "file", "name": "fishery-briefing.docx"}
    document = docx.Document(io.BytesIO(bytes(buffers[0])))
    headed = headline(found.table, found.pairs, found.setting)
    assert any(paragraph.text == f"{headed}." for paragraph in document.paragraphs)


def test_a_saved_screen_comes_back(screen, tmp_path):
    ask(screen, 1, to={"settings": {GROWTH: 0.04}, "designs": ["open-access", "co-management"]})
    path = screen.save(tmp_path / "screen.yaml")
    other = pl.lab("fishery", screen=path, worlds=8, futures=3)
    assert other.screen == screen.screen
    assert np.array_equal(other.wait().table["risk"], screen.wait().table["risk"])


def test_a_newer_movement_takes_the_place_of_an_older_answer():
    opened = pl.lab("fishery", worlds=400, futures=20)
    ask(opened, 1, to={"settings": {GROWTH: 0.04}})
    ask(opened, 2, to={"settings": {GROWTH: 0.02}})
    answer = opened.wait()
    assert answer.results.plan.spoken_settings() == {GROWTH: 0.02}
    assert answer.setting.worlds == 400


def test_without_a_kernel_a_picture_and_its_words_remain(screen):
    data, _ = screen._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert "application/vnd.jupyter.widget-view+json" in data
    assert "Co-management" in data["text/plain"]
    assert "teaching example" in data["text/plain"]
    screen.wait()
    assert "modelled futures" in screen._repr_mimebundle_()[0]["text/plain"]


def test_a_study_whose_measure_nobody_has_chosen_is_refused(tmp_path):
    model = bundled("models") / "safeguarding" / "caseload.mdl"
    made = pl.new_study("mine", model, tmp_path / "mine")
    with pytest.raises(InputError, match="nobody has chosen the measures"):
        pl.lab(str(made.folder))
