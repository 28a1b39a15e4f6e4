"""The panels of single cells and of provisions, without a browser: their numbers, their words, what they refuse."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import policy_lab as pl
from policy_lab.analysis.clause_words import clauses_in_words, headline
from policy_lab.analysis.clauses import clauses
from policy_lab.analysis.put_in import LEVEL, RISK, calm_plan
from policy_lab.errors import InputError, Problem
from policy_lab.lab import clause_panel
from policy_lab.lab.central import central_paths
from policy_lab.lab.clause_panel import ClauseView, signed
from policy_lab.lab.desk import Desk
from policy_lab.lab.moving import made_ready, plan_of
from policy_lab.lab.panel_words import Cells, Sides, balance_words, matrix_words, own_cells_mean_nothing
from policy_lab.lab.panels import MOST_MOMENTS, BalanceView, MatrixView, matrices, matrix_answer, offered_panels
from policy_lab.lab.state import first_screen
from policy_lab.provenance import bundled
from policy_lab.run import run
from policy_lab.study.panel_schema import Panels

FIRST, SECOND = "open-access", "co-management"
GROWTH = "Intrinsic growth rate"
ASKED = {"design": SECOND, "against": FIRST}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Give the fishery with a balance: every motive against a doubt, which falls as the motive grows."""
    folder: Path = tmp_path_factory.mktemp("study")
    for file in (bundled("models") / "fishery").iterdir():
        if file.is_file():
            (folder / file.name).write_bytes(file.read_bytes())
    added = (
        "Doubt[Community,Motive] = 0.85 - 0.5 * Motive strength[Community,Motive]\n\t~\tDmnl\n\t~\tExample.\n\t|\n\n"
    )
    balance = "  balance: {title: Both, motivators: Motive strength, barriers: Doubt, names: [motives, doubts]}\n"
    for name, place, text in (
        ("fishery.mdl", "Mean compliance = ", added),
        ("study.yaml", "  matrix:\n    - variable: Motive strength", balance),
    ):
        whole = (folder / name).read_text(encoding="utf-8")
        assert whole.count(place) == 1
        (folder / name).write_text(whole.replace(place, text + place), encoding="utf-8")
    return pl.open_study(folder)


@pytest.fixture(scope="module")
def screen(study):
    return first_screen(study).with_(settings={GROWTH: 0.04}, worlds=6, futures=2)


@pytest.fixture(scope="module")
def central(study, screen):
    return central_paths(made_ready(study, screen, (2, 1)), screen.settings, screen.designs)


class Told(list):
    """What a panel told the page."""

    def __call__(self, told, arrays) -> None:
        json.dumps(told, allow_nan=False)  # the page reads JSON, which knows no not-a-number
        self.append((told, arrays))

    def states(self) -> list[str]:
        return [told["state"] for told, _ in self]


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def desk(study, central, told):
    return Desk(study, lambda _: pytest.fail("nothing to draw anew"), lambda _: central, told)


@pytest.fixture(scope="module")
def calm(study, screen):
    """Run the same designs the long way round, with both variables saved."""
    plan = plan_of(study, screen).with_(vary=frozenset(), worlds=1, outcomes=("Motive strength", "Doubt"))
    return run(calm_plan(plan))


def shares_of(found, measure: str, scale: float) -> dict[str, float]:
    rows = found.parts[found.parts["measure"] == measure]
    return {part: scale * share for part, share in zip(rows["part"], rows["share"], strict=True)}


# ---------- the matrix


def test_the_matrix_shows_what_the_engine_computes(desk, told, screen, calm) -> None:
    MatrixView(desk).answer({"variable": "Motive strength", **ASKED}, screen)
    ((said, arrays),) = told
    values = calm.outcomes["Motive strength"].values[:, 0, 0]
    for place, name in enumerate((SECOND, FIRST)):
        expected = values[calm.designs.index(name)]
        assert np.allclose(arrays["values"][place], expected, rtol=1e-3)
    assert (said["low"], said["high"]) == (arrays["values"].min(), arrays["values"].max())
    assert len(said["words"]) == len(arrays["moments"]) == len(calm.time)
    assert said["named"][1][2] == "example in the south"
    assert np.array(said["shown"]).all()  # communities by motives: there is no diagonal


def test_the_words_of_the_matrix_follow_the_numbers(desk, told, screen) -> None:
    MatrixView(desk).answer({"variable": "Motive strength", **ASKED}, screen)
    ((said, arrays),) = told
    for at in (0, 40, len(said["words"]) - 1):
        now, other = arrays["values"][0, at], arrays["values"][1, at]
        high = said["named"][now.argmax() // 3][now.argmax() % 3]
        words = said["words"][at]
        assert words.startswith(f"Highest: {high} ({now.max():.{said['places']}f})")
        assert f"The mean is {now.mean():.{said['places']}f}" in words
        if at:
            widest = np.abs(now - other).argmax()
            row, column = divmod(int(widest), 3)
            pair = f"{now[row, column]:.{said['places']}f} against {other[row, column]:.{said['places']}f}"
            assert f"differ most in {said['named'][row][column]}: {pair}" in words
    row, column = said["widest"]
    apart = np.abs(arrays["values"][0] - arrays["values"][1]).max(axis=0)
    assert apart[row, column] == apart.max()


def test_one_design_alone_is_set_against_nothing(desk, told, screen) -> None:
    MatrixView(desk).answer({"variable": "Motive strength", "design": FIRST, "against": FIRST}, screen)
    BalanceView(desk).answer({"design": FIRST, "against": FIRST}, screen)
    (matrix, cells), (balance, sides) = told
    assert cells["values"].shape[0] == sides["barriers"].shape[0] == 1
    assert not any("Under" in words for words in (*matrix["words"], *balance["words"]))


def test_what_was_not_offered_is_refused(desk, screen) -> None:
    with pytest.raises(InputError, match="Did you mean `Motive strength`"):
        MatrixView(desk).answer({"variable": "Motive strenght", **ASKED}, screen)
    with pytest.raises(InputError, match="does not offer `Raid threshold`"):
        MatrixView(desk).answer({"variable": "Raid threshold", **ASKED}, screen)
    for panel in (MatrixView(desk), BalanceView(desk), ClauseView(desk)):
        with pytest.raises(InputError, match="no design `nobody` on this screen"):
            panel.answer({"variable": "Motive strength", "do": "work", **ASKED, "design": "nobody"}, screen)


def test_a_long_run_is_thinned_out(study, central, screen) -> None:
    times = np.linspace(0.0, 120.0, 3 * MOST_MOMENTS)
    values = {name: np.repeat(paths, 10, axis=1)[:, : len(times)] for name, paths in central.values.items()}
    long = replace(central, time=times, values=values)
    said, arrays = matrix_answer(long, matrices(study)[0], study, SECOND, FIRST)
    assert len(said["words"]) == len(arrays["moments"]) == arrays["values"].shape[1] == MOST_MOMENTS
    assert (arrays["moments"][0], arrays["moments"][-1]) == (0, len(times) - 1)


def test_a_study_that_names_none_offers_all_pairwise_variables_and_no_balance(study, screen) -> None:
    bare = replace(study, file=study.file.model_copy(update={"panels": Panels()}))
    offered = offered_panels(bare)
    assert [one["variable"] for one in offered["matrix"]] == ["Motive strength", "Doubt"]
    assert offered["matrix"][0]["across"] == ["Community", "Motive"]
    assert "balance" not in offered
    with pytest.raises(InputError, match="names no balance"):
        BalanceView(Desk(bare, lambda _: None, lambda _: None, lambda *_: None)).answer(ASKED, screen)


def test_a_diagonal_that_tells_nothing_is_left_blank() -> None:
    paths = np.random.default_rng(1).uniform(size=(2, 5, 4, 4))
    moving = np.linspace(0.2, 0.4, 5)
    for place in range(4):
        paths[:, :, place, place] = moving  # it moves, but is the same for everybody
    assert own_cells_mean_nothing(paths)
    assert not own_cells_mean_nothing(np.full((1, 5, 4, 4), 0.3))  # all cells alike: nothing tells them apart
    paths[1, 3, 2, 2] += 1e-3
    assert not own_cells_mean_nothing(paths)


def test_the_safeguarding_diagonal_is_blank_and_its_words_name_who_trusts_whom() -> None:
    study = pl.open_study("safeguarding")
    first = first_screen(study).with_(designs=["masa-2023", "macpt-2026"])
    central = central_paths(made_ready(study, first, (2, 1)), {}, first.designs)
    bare = replace(study, file=study.file.model_copy(update={"panels": Panels()}))
    found = {one.variable: one for one in (*matrices(bare), *matrices(study))}
    trust, contact = (matrix_answer(central, found[name], study, *first.designs)[0] for name in ("Trust", "Contact"))
    assert np.array_equal(np.array(trust["shown"]) == 0, np.eye(6, dtype=bool))
    assert re.match(r"Highest: trust of .+ in .+ \(0\.\d\d\)\. Lowest: ", trust["words"][-1])
    # Nobody has to say so where the model holds one number there.
    plain = next(one for one in matrices(bare) if one.variable == "Contact")
    assert plain.own
    assert matrix_answer(central, plain, study, *first.designs)[0]["shown"] == contact["shown"]
    assert trust["named"][0][2] == "trust of Social care in Health"


# ---------- the balance


def test_the_balance_shows_what_the_engine_computes(desk, told, screen, calm) -> None:
    BalanceView(desk).answer(ASKED, screen)
    ((said, arrays),) = told
    at = calm.designs.index(SECOND)
    for key, name in (("motivators", "Motive strength"), ("barriers", "Doubt")):
        expected = calm.outcomes[name].values[at, 0, 0]
        assert np.allclose(arrays[key][0], expected, rtol=1e-3)
    behind = int((arrays["motivators"][0, -1] < arrays["barriers"][0, -1]).sum())
    assert behind == 3
    assert "By motive: legitimacy 3 of 3; no other." in said["words"][-1]
    assert f"Doubts outweigh motives at {behind} of 9" in said["words"][-1]
    there = int((arrays["motivators"][1, -1] < arrays["barriers"][1, -1]).sum())
    short = desk.study.design(FIRST).short or desk.study.design(FIRST).title
    assert f"Under {short} {'also ' if there == behind else ''}at {there or 'none'} of 9." in said["words"][-1]


CELLS = Cells(
    ("north", "south"), ("fear", "habit"), lambda row, column: f"{column} of {row}", np.ones((2, 2), dtype=bool)
)
SIDES = Sides("motives", "doubts", "kind", 2)
say_balance = partial(balance_words, cells=CELLS, sides=SIDES, against="Other")


def test_the_words_of_a_balance() -> None:
    start = np.array([[0.2, -0.1], [0.3, 0.1]])
    later = np.array([[-0.3, 0.05], [-0.04, 0.1]])
    first, last = say_balance(np.array([start, later]), np.array([start, start]))
    assert first == (
        "Doubts outweigh motives at 1 of 4: habit of north (by 0.10). By kind: habit 1 of 2; no other. "
        "With every kind taken together, motives outweigh doubts everywhere. Under Other also at 1 of 4."
    )
    assert last == (
        "Doubts outweigh motives at 2 of 4: fear of north (by 0.30) and fear of south (by 0.04). "
        "By kind: fear 2 of 2; no other. With every kind taken together, doubts outweigh motives for north. "
        "Since the start it has turned to doubts at fear of north and fear of south and to motives at habit of north. "
        "Under Other at 1 of 4."
    )


def test_a_balance_that_nothing_outweighs_and_one_that_is_not_known() -> None:
    good = np.array([[0.2, 0.1], [0.3, 0.02]])
    first, last = say_balance(np.array([good, good]), None)
    assert first.startswith("Doubts outweigh motives nowhere; least is missing at habit of south (by 0.02).")
    assert last.endswith("Nowhere has that turned since the start.")
    assert say_balance(np.full((1, 2, 2), np.nan), None) == ["No run gave usable numbers here."]


def test_the_words_of_a_matrix_with_nothing_to_tell() -> None:
    say = partial(matrix_words, cells=CELLS, places=2, against="Other")
    flat = np.full((2, 2, 2), 0.3)
    assert say(flat, flat)[1] == "All 4 cells stand at 0.30. Under Other no cell differs to the last digit shown."
    assert say(np.full((1, 2, 2), np.nan), None) == ["No run gave usable numbers here."]
    below = say(np.array([[[-0.2, 0.1], [0.0, 0.0]]]), None)[0]
    assert "Lowest: fear of north (\N{MINUS SIGN}0.20)" in below


# ---------- the provisions


def worked(desk: Desk, screen, sizes) -> ClauseView:
    panel = ClauseView(desk, sizes)
    panel.answer({"do": "work", **ASKED}, screen)
    panel.wait()
    return panel


def test_the_waterfall_holds_the_table_of_the_analysis(study, desk, told, screen) -> None:
    screen = screen.with_(levers={"patrol": "low"})
    worked(desk, screen, ((3, 1), (99, 99)))
    answers = [said for said, _ in told if said["state"] == "found"]
    assert [one["whole"] for one in answers] == [False, True]  # no more worlds and futures than the screen has
    found = clauses(plan_of(study, screen), FIRST, SECOND, run)
    assert answers[-1]["headline"] == headline(found)
    assert answers[-1]["sentences"] == list(clauses_in_words(found))
    assert "6 worlds × 2 futures" in answers[-1]["size"]
    measures = {one["name"]: one for one in answers[-1]["measures"]}
    for name, scale in ((RISK, 100.0), (LEVEL, 1.0)):
        drawn, bars = measures[name], measures[name]["bars"]
        expected = shares_of(found, name, scale)
        places = len(drawn["end_labels"][0].partition(".")[2])
        assert {bar["part"]: bar["label"] for bar in bars} == {k: signed(v, places) for k, v in expected.items()}
        assert {bar["part"]: bar["to"] - bar["from"] for bar in bars} == pytest.approx(expected)
        assert bars[-1]["to"] == pytest.approx(drawn["ends"][1])  # the shares lead from one total to the other
        assert drawn["ends"][1] == pytest.approx(scale * float(found.ends.set_index("measure").loc[name, "difference"]))
        gains = [bar["to"] - bar["from"] for bar in bars if not bar["alike"]]
        assert gains == sorted(gains, reverse=name != RISK)
    assert "grade C" in answers[-1]["evidence"]
    assert answers[-1]["screen"] == screen.plain()


def test_progress_only_grows(desk, told, screen, monkeypatch) -> None:
    monkeypatch.setattr(clause_panel, "BEAT", 0.0)
    worked(desk, screen, ((2, 1), (6, 2)))
    shares = [said["share"] for said, _ in told if said["state"] == "working"]
    assert len(shares) > 4
    assert shares == sorted(shares)
    assert 0.0 <= shares[0] < shares[-1] <= 1.0


def test_what_is_cancelled_stops_and_keeps_quiet(study, desk, told, screen) -> None:
    panel = ClauseView(desk, ((400, 20),))
    panel.answer({"do": "work", **ASKED}, screen.with_(worlds=400, futures=20))
    panel.answer({"do": "stop"}, screen)
    panel.wait()
    states = told.states()
    assert states[-1] == "stopped"
    assert set(states[:-1]) == {"working"}  # told more than once where it was slow to stop


def test_a_newer_question_takes_the_place_of_an_older_one(study, desk, told, screen) -> None:
    panel = ClauseView(desk, ((400, 20),))
    panel.answer({"do": "work", **ASKED}, screen.with_(worlds=400, futures=20))
    panel.answer({"do": "work", "design": "catch-quota", "against": FIRST}, screen)
    panel.wait()
    (answer,) = [said for said, _ in told if said["state"] == "found"]
    assert (answer["first"], answer["second"]) == (FIRST, "catch-quota")


def test_two_designs_that_are_the_same_are_refused_in_words(desk, screen) -> None:
    with pytest.raises(InputError, match="no provisions to share out"):
        ClauseView(desk).answer({"do": "work", "design": FIRST, "against": FIRST}, screen)
    with pytest.raises(InputError, match="does not know `format the disk`"):
        ClauseView(desk).answer({"do": "format the disk", **ASKED}, screen)


def test_what_goes_wrong_behind_is_told_in_words(desk, told, screen, monkeypatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise InputError(Problem(what="no design on the way gave usable numbers"))

    monkeypatch.setattr(clause_panel, "run", broken)
    worked(desk, screen, ((2, 1),))
    assert told.states() == ["working", "refused"]
    assert "no design on the way" in told[-1][0]["words"]


# ---------- colours


def luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = digits if len(digits) == 6 else "".join(2 * digit for digit in digits)
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def themes() -> Iterator[dict[str, str]]:
    css = (Path(clause_panel.__file__).parent / "front" / "panels.css").read_text(encoding="utf-8")
    for block in re.findall(r"\{(--q0:[^}]*)\}", css):
        yield dict(re.findall(r"--(\w+):(#\w+)", block))


def test_every_shade_of_a_cell_can_be_read_and_darker_means_more_or_less_throughout() -> None:
    css = (Path(clause_panel.__file__).parent / "front" / "panels.css").read_text(encoding="utf-8")
    found = list(themes())
    assert len(found) == 3  # light, JupyterLab's dark, the system's dark
    assert found[1] == found[2]
    for theme in found:
        shades = []
        for background, text in re.findall(r"\.pl \.q\d+\{background:var\(--(\w+)\);color:var\(--(\w+)\)\}", css):
            light, dark = sorted((luminance(theme[background]), luminance(theme[text])), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, background
            shades.append(luminance(theme[background]))
        assert len(shades) == 12
        assert shades in (sorted(shades), sorted(shades, reverse=True))
