from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from policy_lab.out.layout import as_text
from policy_lab.out.plan_template import plan_template
from policy_lab.out.plans import plan_sections, size_words
from policy_lab.provenance import bundled
from policy_lab.study import find_studies, open_study
from policy_lab.study.plan_file import PlanSet, read_plan

STUDIES = [entry.name for entry in find_studies()]
EXAMPLES = sorted(bundled("models").glob("*/plans/*.yaml"))


def planned(tmp_path: Path, text: str) -> PlanSet:
    path = tmp_path / "plan.yaml"
    path.write_text(text, encoding="utf-8")
    return read_plan(path)


def words(found: PlanSet) -> str:
    return " ".join(as_text(plan_sections(found)).split())


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_reads_and_says_what_it_holds(path: Path) -> None:
    found = read_plan(path)
    told = words(found)
    assert f"{found.cases:,} runs" in told
    assert all(f"{block.key} {block.scenario}" in told for block in found.blocks)


def test_the_example_of_the_fishery_in_words() -> None:
    told = words(read_plan(bundled("models") / "fishery" / "plans" / "weather.yaml"))
    for sentence in (
        "4 blocks × 5 designs × 512 worlds × 5 futures = 51,200 runs of 120 months, in steps of 0.25 and saved every",
        "Every design starts from `open-access` at rest and takes effect at month 0.",
        "random_costly-patrols random the study's own values Patrol levy = 0.3 12,800",
        "biology 0 1 4 5",
        "Fish price and Cost per boat are drawn together, with a rank correlation of 0.5.",
        "stormy-decade: A stormy decade. Spells of bad weather come three times as often; raids as before.",
        "WHAT IS HELD IN EVERY BLOCK - Assessment delay = 12 Month",
        "about seven digits (single precision)",
        "Simulation errors count worlds as independent draws; of worlds spread evenly they say too much.",
        "Mean trust (Dmnl); Raid rate (raid/Month).",
    ):
        assert sentence in told, told


def test_what_one_block_alone_holds_is_still_drawn_in_others(tmp_path: Path) -> None:
    """Five parameters of biology have a range; one is held in both blocks, at different values, another in one."""
    found = planned(
        tmp_path,
        "study: fishery\nsettings:\n  a: {Spell length: 4, Catchability: 0.00001}\n  b: {Spell length: 9}\n"
        "uncertain: {vary: [biology], worlds: 2}\n",
    )
    told = words(found)
    assert "biology 0 1 3 4 all 0 1 3 4" in told
    assert "25 of 30 parameters that have a range stand at their base values." in told
    assert "The scores of 4 levers stand at their most likely values." in told
    assert "Luck is not drawn anew" in told


def test_a_count_of_one_is_no_plural(tmp_path: Path) -> None:
    found = planned(tmp_path, "study: fishery\ndesigns: [open-access]\nuncertain: {worlds: 1, futures: 1}\n")
    assert size_words(found) == "1 design × 1 world × 1 future = 1 run"


@pytest.mark.parametrize("name", STUDIES)
def test_a_new_plan_runs_what_the_study_compares(name: str, tmp_path: Path) -> None:
    found = planned(tmp_path, plan_template(open_study(name)))
    (block,) = found.blocks
    assert block.plan.choices() == open_study(name).plan().choices()
    assert found.precision == "double"


@pytest.mark.parametrize("name", STUDIES)
def test_every_key_of_a_new_plan_reads_when_its_mark_is_taken_away(name: str, tmp_path: Path) -> None:
    text = plan_template(open_study(name))
    marked = re.compile(r"^( *)#(?=[^ #\n]|  +\S)", re.MULTILINE)
    found = planned(tmp_path, marked.sub(r"\1", text))
    assert found.study.scenarios["my-scenario"].extends == found.study.file.comparison.scenario
    plan = found.blocks[-1].plan
    assert len(plan.correlations) == 1
    assert len({block.setting for block in found.blocks}) == 2
    assert plan.settings
    assert plan.outcomes
    assert set(plan.designs) == set(found.study.designs)


@pytest.mark.parametrize("name", STUDIES)
def test_a_new_plan_fits_a_page(name: str) -> None:
    assert max(len(line) for line in plan_template(open_study(name)).splitlines()) <= 120


def test_names_that_yaml_would_take_for_something_else_are_quoted(tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "yes, no: a study"
    shutil.copytree(bundled("models") / "fishery", folder)
    designs = folder / "designs.yaml"
    designs.write_text(designs.read_text(encoding="utf-8").replace("  open-access:", '  "no":'), encoding="utf-8")
    study_yaml = folder / "study.yaml"
    study_yaml.write_text(study_yaml.read_text(encoding="utf-8").replace("open-access", '"no"'), encoding="utf-8")
    found = planned(tmp_path, plan_template(open_study(folder)))
    assert found.blocks[0].plan.designs[0] == "no"
    assert found.study.folder == folder


def test_steps_and_a_calendar_are_told_in_words(tmp_path: Path) -> None:
    text = "study: safeguarding\nsteps: {duty: low}\nstress: [{event: budget-cut, at: 18, size: high}]\n"
    told = words(planned(tmp_path, f"{text}uncertain: {{worlds: 2, futures: 1}}\n"))
    assert "Duty strength: at the low end of the scores in every partnership design." in told
    assert (
        "Stress calendar: budget cut (high: a fifth of budgets) at month 18; no other comes, nor any national" in told
    )
    assert "WHAT IS HELD IN EVERY BLOCK - Nothing." in told
    assert "Budget cut month" not in told.partition("WHAT IS HELD")[2]


def test_a_study_without_events_to_place_says_so(tmp_path: Path) -> None:
    study = open_study("fishery")
    bare = replace(study, file=study.file.model_copy(update={"stress": {}}))
    assert "# This study lets no event be placed by hand." in plan_template(bare)
    assert "#stress:" in plan_template(study)
