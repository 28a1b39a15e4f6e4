from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from policy_lab.errors import InputError
from policy_lab.provenance import bundled
from policy_lab.study import Study
from policy_lab.study.plan import GROUPS
from policy_lab.study.plan_file import PlanSet, read_plan
from policy_lab.study.samplers import Correlation
from policy_lab.study.score_file import NEEDED

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str) -> Path:
        path = tmp_path / "plan.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return written


@pytest.fixture(scope="module")
def weather() -> PlanSet:
    return read_plan(bundled("models") / "fishery" / "plans" / "weather.yaml")


def refused(path: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        read_plan(path)
    return [str(problem).removeprefix(f"{path}:") for problem in caught.value.problems]


def test_a_plan_that_says_nothing_is_the_studys_own(write: Write, fishery: Study) -> None:
    found = read_plan(write("study: fishery\n"))
    (block,) = found.blocks
    usual = fishery.plan()
    assert (block.key, block.area, block.setting) == ("random", "", "")
    assert block.plan.choices() == usual.choices()
    assert found.cases == usual.cases == 8000
    assert found.precision == "double"
    assert found.text == b"study: fishery\n"
    drawn, expected = block.plan.world_inputs(), usual.world_inputs()
    assert all(np.array_equal(drawn[name], expected[name]) for name in expected)


def test_the_example_holds_its_blocks_in_order(weather: PlanSet) -> None:
    assert [block.key for block in weather.blocks] == [
        *("random_as-drawn", "random_costly-patrols"),
        *("stormy-decade_as-drawn", "stormy-decade_costly-patrols"),
    ]
    assert weather.cases == 4 * 5 * 512 * 5
    assert weather.precision == "single"
    plain, dear = weather.blocks[2].plan, weather.blocks[3].plan
    assert plain.spoken_settings() == {"Assessment delay": 12}
    assert dear.spoken_settings() == {"Assessment delay": 12, "Patrol levy": 0.3}
    assert dear.correlations == (Correlation("Fish price", "Cost per boat", 0.5),)
    assert dear.saved[-2:] == ("Mean trust", "Raid rate")
    assert (dear.sampler, dear.settings_name) == ("sobol", "costly-patrols")
    assert weather.study.files["plan"] == weather.path


def test_a_new_scenario_extends_the_studys_and_keeps_its_luck(weather: PlanSet) -> None:
    """Three times the rate: the same draws, so every spell comes at a third of its time; raids stay as they were."""
    usual, stormy = weather.blocks[0].plan.future_inputs(), weather.blocks[2].plan.future_inputs()
    assert np.array_equal(usual["Raid threshold"], stormy["Raid threshold"])
    assert np.array_equal(usual["Raids at expected rate"], stormy["Raids at expected rate"])
    assert stormy["Spell start"][..., 0].mean() == pytest.approx(1 / 0.09, rel=0.15)
    assert "stormy-decade" in weather.study.scenarios


def test_worlds_are_the_same_in_every_block(weather: PlanSet) -> None:
    first, last = weather.blocks[0].plan.world_inputs(), weather.blocks[-1].plan.world_inputs()
    assert all(np.array_equal(first[name], last[name]) for name in first if name != "Patrol levy")


def test_what_varies_and_what_is_held(write: Write) -> None:
    (block,) = read_plan(
        write("study: fishery\nuncertain: {worlds: 4, vary: [luck, biology, Fish price], hold: {Spell length: 3}}\n")
    ).blocks
    drawn = block.plan.world_inputs()
    assert block.plan.vary == {"luck", "biology", "Fish price"}
    assert set(drawn) == {
        *("Intrinsic growth rate", "Carrying capacity", "Spell severity", "Spell length", "Catchability"),
        "Fish price",
    }
    assert (drawn["Spell length"] == 3).all()


def test_a_grade_of_evidence_can_vary_alone(write: Write) -> None:
    (block,) = read_plan(write("study: fishery\nuncertain: {worlds: 4, vary: [grade B]}\n")).blocks
    assert set(block.plan.world_inputs()) == {"Intrinsic growth rate"}


def test_areas_are_blocks_and_the_studys_own_values_can_be_one(write: Write) -> None:
    found = read_plan(write("study: safeguarding\nareas: [own, camden, 203]\nuncertain: {worlds: 1}\n"))
    assert [(block.area, block.key) for block in found.blocks] == [
        ("", "random-shocks"),
        ("202", "random-shocks_202"),
        ("203", "random-shocks_203"),
    ]
    assert [block.plan.area for block in found.blocks] == [None, "202", "203"]
    everywhere = read_plan(write("study: safeguarding\nareas: all\nuncertain: {worlds: 1}\n"))
    assert len(everywhere.blocks) == len(everywhere.study.areas()) > 100


def test_structural_switches_are_drawn_or_held(write: Write) -> None:
    text = "study: safeguarding\nuncertain: {{worlds: 40, vary: {vary}, switches: {{Weakest link: {value}}}}}\n"
    (held,) = read_plan(write(text.format(vary="[structure]", value=1))).blocks
    assert (held.plan.world_inputs()["Weakest link"] == 1).all()
    (drawn,) = read_plan(write(text.format(vary="[luck]", value="drawn"))).blocks
    assert set(drawn.plan.world_inputs()) == {"Weakest link"}
    assert set(drawn.plan.world_inputs()["Weakest link"]) == {0, 1}
    (usual,) = read_plan(write("study: safeguarding\nuncertain: {switches: {Weakest link: drawn}}\n")).blocks
    assert usual.plan.vary == GROUPS


@pytest.fixture
def expert(tmp_path: Path, fishery: Study) -> Path:
    """Scores of two designs by one invented expert, who thinks of every lever as of the others' quota."""
    path = tmp_path / "ann.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(NEEDED)
        for name in ("open-access", "co-management"):
            one = fishery.designs[name].levers["quota"]
            for lever in fishery.file.levers:
                writer.writerow(["Ann", name, lever, "Dmnl", one.low, one.mode, one.high, "invented"])
    return path


def test_experts_scores_stand_in_for_the_studys(write: Write, expert: Path, fishery: Study) -> None:
    text = "study: fishery\ndesigns: [open-access, co-management]\nuncertain: {worlds: 6, scores: ann.csv}\n"
    (block,) = read_plan(write(text)).blocks
    drawn = block.plan.lever_scores()["voice"]
    quota = fishery.designs["co-management"].levers["quota"]
    assert ((quota.low <= drawn[1]) & (drawn[1] <= quota.high)).all()
    assert list(block.plan.choices()["scores"]["experts"]) == ["Ann"]
    assert "lever scores are those of Ann" in block.plan.describe()


def test_designs_that_an_expert_left_out_and_files_that_are_not_there(write: Write, expert: Path) -> None:
    left_out = refused(write("study: fishery\nuncertain:\n  scores: ann.csv\n"))
    assert left_out[0].startswith("3: `catch-quota` is not scored in full (Ann: quota, patrol, voice, licences)")
    with pytest.raises(InputError, match=r"bob\.csv"):
        read_plan(write("study: fishery\nuncertain: {scores: [bob.csv]}\n"))


def test_a_study_beside_the_plan_comes_first(changed: Callable[..., Path], write: Write, tmp_path: Path) -> None:
    changed("study.yaml", ("title: A shared fishery", "title: Beside the plan"))
    assert read_plan(write("study: fishery\n")).study.file.title == "Beside the plan"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("study: fishrey\n", "1: no study `fishrey`. Did you mean `fishery`?"),
        ("study: fishery\nscenario: calm\n", "2: unknown key `scenario`. Did you mean `scenarios`"),
        (
            "study: fishery\nuncertain:\n  samplr: sobol\n",
            "3: `uncertain`: unknown key `samplr`. Did you mean",
        ),
        ("study: fishery\nuncertain: {sampler: sobel}\n", "2: `uncertain.sampler`: should be 'monte carlo', 'latin"),
        ("study: fishery\nuncertain: {worlds: 0}\n", "2: `uncertain.worlds`: should be greater than or equal to 1"),
        ("study: fishery\ndesigns: [open-acess]\n", "2: `designs[1]`: no design `open-acess` in this study. Did you"),
        ("study: fishery\ndesigns:\n  - open-access\n  - open-access\n", "4: `designs[2]`: `open-access` stands twice"),
        ("study: fishery\ndesigns: []\n", "2: `designs`: names none"),
        ("study: fishery\nscenarios: [clam]\n", "2: `scenarios[1]`: no scenario `clam` in this study or plan. Did you"),
        ("study: fishery\nareas: [Camden]\n", "2: `areas[1]`: no area `Camden`: this study binds no table"),
        ("study: fishery\nareas: all\n", "2: `areas`: this study binds no table of areas"),
        ("study: safeguarding\nareas: [Camden, 202]\n", "2: `areas[2]`: `202` stands twice"),
        (
            "study: fishery\nsettings:\n  a:\n    Fish prise: 2\n",
            "4: `settings.a.Fish prise`: no variable `Fish",
        ),
        (
            "study: fishery\nuncertain:\n  hold: {Fish price: 2}\nsettings:\n  a: {fish price: 3}\n",
            "5: `settings.a.fish price`: is held in line 3 as well",
        ),
        ("study: fishery\nsettings:\n  a: {}\n  A: {}\n", "1: two blocks of this plan would both be called `random_a`"),
        (
            "study: safeguarding\nuncertain: {switches: {Weakst link: 1}}\n",
            "2: `uncertain.switches.Weakst link`: `Weakst link` is no structural switch of this study. Did you mean",
        ),
        ("study: safeguarding\nuncertain: {switches: {Weakest link: 2}}\n", "should be `drawn`, 0 or 1"),
        (
            "study: fishery\nuncertain:\n  vary:\n    - luck\n    - bioligy\n",
            "5: `uncertain.vary[2]`: no group, grade or parameter `bioligy` of uncertain inputs. Did you",
        ),
        ("study: fishery\nuncertain: {vary: [scale]}\n", "2: `uncertain.vary[1]`: nothing of `scale` has a range"),
        ("study: fishery\nuncertain: {vary: ['Weight of motive[example]']}\n", "Name all of `Weight of motive`"),
        ("study: fishery\nuncertain: {vary: [Fish price], hold: {Fish price: 2}}\n", "`Fish price` is held in this"),
        (
            "study: fishery\nuncertain:\n  correlations:\n    - {between: [Fish price, Cost per bot], rank: 0.5}\n",
            "4: `uncertain.correlations[1]`: no parameter `Cost per bot`. Did you mean `Cost per boat`",
        ),
        (
            (
                "study: fishery\nuncertain: {vary: [biology],\n"
                "correlations: [{between: [Fish price, Spell length], rank: 0}]}"
            ),
            "3: `uncertain.correlations[1]`: `Fish price` is not drawn in this plan",
        ),
        (
            "study: fishery\nuncertain:\n  correlations:\n    - {between: [Fish price, Cost per boat], rank: 1.5}\n",
            "4: `uncertain.correlations[1].rank`: should be less than 1",
        ),
        (
            "study: fishery\nuncertain: {posterior: true}\n",
            "2: `uncertain.posterior`: this study has no saved",
        ),
        (
            "study: fishery\noutcomes: {only: [Trst]}\n",
            "2: `outcomes.only[1]`: the model has no variable `Trst`.",
        ),
        ("study: fishery\nhorizon: 10\nsave_period: 3\n", "2: `horizon`: the horizon, 10, is no multiple of the save"),
        (
            "study: fishery\nsave_period: 0.3\n",
            "2: `save_period`: the save period, 0.3, is no multiple of the",
        ),
        ("study: fishery\nhorizon: .inf\n", "2: `horizon`: "),
        ("study: fishery\nprecision: half\n", "2: `precision`: should be 'single' or 'double', but is \"half\""),
        ("", "1: holds no `key: value` entries"),
        ("study: fishery\n designs: [\n", "2: "),
    ],
)
def test_a_typo_is_answered_with_its_line_and_the_nearest_name(write: Write, text: str, words: str) -> None:
    found = refused(write(text))
    assert len(found) == 1, found
    assert found[0].startswith(words) or (not words[0].isdigit() and words in found[0]), found[0]


def test_new_scenarios_are_checked_like_those_of_the_study(write: Write) -> None:
    found = refused(
        write(
            "study: fishery\n"
            "new_scenarios:\n"
            "  calm: {title: a, meaning: b}\n"
            "  rough:\n"
            "    title: a\n"
            "    meaning: b\n"
            "    extends: randm\n"
            "    set: {Spell strat: 3, Quota strictness: 1}\n"
            "    draw: {Patrol levy: {distribution: poisson times, rate: 1}}\n"
        )
    )
    assert [text.split(":")[0] for text in found] == ["3", "7", "8", "8", "9"]
    assert "the study has a scenario `calm` already. Call it otherwise, and say `extends: calm`" in found[0]
    assert "`new_scenarios.rough.extends`: no scenario `randm`. Did you mean `random`?" in found[1]
    assert "the model has no variable `Spell strat`. Did you mean `Spell start`" in found[2]
    assert "`Quota strictness` is a lever: designs set it, scenarios do not" in found[3]
    assert "`poisson times` needs a constant with a subscript" in found[4]


def test_all_that_is_wrong_with_a_file_comes_together_from_top_to_bottom(write: Write) -> None:
    found = refused(
        write(
            "study: fishery\ndesigns: [nothing]\nscenarios: [nothing]\nsettings: {a: {nothing: 1}}\n"
            "uncertain:\n  vary: [nothing]\noutcomes: {also: [nothing]}\n"
        )
    )
    assert [text.split(":")[0] for text in found] == ["2", "3", "4", "6", "7"]


def test_a_faulty_study_is_told_of_in_its_own_file(changed: Callable[..., Path], write: Write) -> None:
    changed("scenarios.yaml", ("extends: calm", "extends: clam"))
    with pytest.raises(InputError, match=r"scenarios\.yaml:\d+: .*no scenario `clam`"):
        read_plan(write("study: fishery\n"))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_plan(tmp_path / "plan.yaml")
