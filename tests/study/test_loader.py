from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from policy_lab.errors import InputError
from policy_lab.model.types import Kind
from policy_lab.provenance import bundled
from policy_lab.study import Study, default_study, find_studies, open_study

Change = Callable[..., Path]
Refuse = Callable[[Path], InputError]


def messages(error: InputError) -> str:
    return str(error)


def test_finds_the_bundled_studies() -> None:
    found = {entry.name: entry for entry in find_studies()}
    assert found["fishery"].title == "A shared fishery"
    assert default_study() in found


def test_opens_by_name_folder_and_file(fishery: Study) -> None:
    folder = bundled("models") / "fishery"
    for place in (folder, folder / "study.yaml", str(folder)):
        assert open_study(place).model.digest == fishery.model.digest


def test_a_study_is_complete(fishery: Study) -> None:
    constants = {name for name, variable in fishery.model.variables.items() if variable.kind is Kind.CONSTANT}
    assert {name.split("[")[0] for name in fishery.parameters} == constants == set(fishery.constants)
    assert np.array_equal(fishery.constants["Initial fleet"], [30, 24, 18])
    assert fishery.constants["Raid threshold"].shape == (3, 40)
    assert not fishery.constants["Raid threshold"].flags.writeable
    assert "4 designs" in repr(fishery)


def test_the_bundled_studies_open() -> None:
    for entry in find_studies():
        assert open_study(entry.name).file.title == entry.title


def test_an_unknown_study_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Did you mean `fishery`"):
        open_study("fishry")
    with pytest.raises(InputError, match=r"holds no `study\.yaml`"):
        open_study(tmp_path)


def test_an_unchanged_copy_opens(changed: Change) -> None:
    assert open_study(changed("study.yaml")).name == "fishery"


STUDY = [
    (("path: [Fish stock, Catch", "path: [Fish stok, Catch"), "Did you mean `Fish stock`"),
    (("Compliance, Mean compliance]", "Compliance, Compliance]"), "`Compliance` stands twice in one loop"),
    (("cut: [Quota cut, Days at sea]", "cut: [Days at sea, Quota cut]"), "is no link of this loop"),
    (("words:\n", "loops_left_out: {B4: none}\nwords:\n"), "`B4` is among the loops as well"),
    (("variable: Quota strictness", "variable: Quota strictnes"), "Did you mean `Quota strictness`"),
    (
        ("variable: Quota strictness", "variable: Quota cut"),
        "`Quota cut` is no constant of the model but of kind auxiliary",
    ),
    (("variable: Quota strictness", "variable: Food need"), "a single number is needed"),
    (("unit: 1/Month", "unit: Month"), "the unit is `Month`, but `1/Month` in the model"),
    (("base: open-access", "base: open-acces"), "no design `open-acces`. Did you mean `open-access`?"),
    (("scenario: random", "scenario: radnom"), "Did you mean `random`?"),
    (("voice: 0.8, licences", "voicee: 0.8, licences"), "no lever `voicee`. Did you mean `voice`?"),
    (("voice: 0.8, licences", "licences"), "no score for voice"),
    (("members: [north, south, west]", "members: [nort, south]"), "no member `nort`. Did you mean `north`?"),
    (("Reference fish stock: Fish stock", "Reference fish stock: Fleet"), "`Fleet` has other subscripts than"),
    (("  - Landings\n", "  - Landing\n"), "the model has no variable `Landing`. Did you mean `Landings`"),
    (("  - Landings\n", "  - Fleet\n"), "`Fleet` stands twice"),
    (("  - Patrol days\n", ""), "`Patrol days` is not among the outcomes"),
    (("- variable: Fleet", "- variable: Fleet[nrth]"), "no element `nrth`. Did you mean `north`?"),
    (("within: Community", "within: Communty"), "no subscript range `Communty`. Did you mean `Community`?"),
    (
        ("environment: [Fish stock, Mean trust", "environment: [Fish stock, Mean trus"),
        "the model has no variable `Mean trus`",
    ),
    (("horizon: 120 ", "horizon: -1 "), "should be greater than 0, but is -1"),
    (("model: fishery.mdl", "model: fishry.mdl"), "no file `fishry.mdl`. Did you mean `fishery.mdl`"),
    (("model: fishery.mdl", "model: /etc/hostname"), "has to lie in the study's own folder"),
    (("title: A shared", "titel: A shared"), "unknown key `titel`. Did you mean `title`?"),
]


@pytest.mark.parametrize(("change", "words"), STUDY, ids=[words[:40] for _, words in STUDY])
def test_study_yaml_is_checked(change: tuple[str, str], words: str, changed: Change, refused: Refuse) -> None:
    folder = changed("study.yaml", change)
    error = refused(folder)
    assert words in messages(error)
    for problem in error.problems:
        assert problem.file is not None
        assert problem.line is not None


def line_of(path: Path, text: str) -> int:
    return next(n for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if text in line)


def test_faults_of_all_files_come_together_with_file_and_line(changed: Change, refused: Refuse) -> None:
    changed("designs.yaml", ("quota: {low: 0.55", "quotaa: {low: 0.55"), ("group: past", "group: passt"))
    changed("scenarios.yaml", ("Raids at expected rate: 0", "Raids at expected rat: 0"))
    changed("parameters.csv", ("Spell length,Month,8", "Spell length,Day,8"))
    folder = changed("study.yaml", ("variable: Community voice", "variable: Community voise"))
    found = {(Path(str(p.file)).name, p.line): str(p) for p in refused(folder).problems}
    for file, text in (
        ("designs.yaml", "quotaa"),
        ("designs.yaml", "passt"),
        ("scenarios.yaml", "Raids at expected rat:"),
        ("parameters.csv", "Spell length,Day"),
        ("study.yaml", "voise"),
    ):
        assert (file, line_of(folder / file, text)) in found


DESIGNS = [
    (("mode: 0.7, high: 0.85", "mode: 0.9, high: 0.85"), "low <= mode <= high does not hold"),
    (("high: 0.85", "high: 1.85"), "1.85 lies outside the limits"),
    (("members: [north, south, west]", "members: [east]"), "no member `east`"),
    (("  open-access:\n", "  open+access:\n"), "a name must not contain `+`"),
    (("reason: Nobody asks", "raeson: Nobody asks"), "Did you mean `reason`?"),
    (("      patrol: {low: 0.1,", "      petrol: {low: 0.1,"), "no lever `petrol`. Did you mean `patrol`?"),
    (("disruption: {low: 0.02", "disruption: {low: x"), 'should be a number, but is "x"'),
]


@pytest.mark.parametrize(("change", "words"), DESIGNS, ids=[words[:40] for _, words in DESIGNS])
def test_designs_yaml_is_checked(change: tuple[str, str], words: str, changed: Change, refused: Refuse) -> None:
    error = refused(changed("designs.yaml", change))
    assert words in messages(error)
    assert "designs.yaml:" in messages(error)


SCENARIOS = [
    (("extends: calm", "extends: clam"), "no scenario `clam`. Did you mean `calm`?"),
    (("extends: calm", "extends: one-bad-spell"), "extends itself in a circle"),
    (("Spell start: [30, ", "Spell start: [30, 40, "), "7 values for a constant with 6"),
    (("Raids at expected rate: 0", "Quota strictness: 0"), "`Quota strictness` is a lever: designs set it"),
    (("Raids at expected rate: 0", "Raid threshold: 0"), "is set and drawn"),
    (("Spell start: {distribution", "Spell length: {distribution"), "needs a constant with a subscript"),
    (("poisson times, rate: 0.03", "poisson times, mean: 0.03"), "`poisson times` needs `rate`"),
    (("poisson times, rate: 0.03", "poisson times, rate: 0"), "`rate` must be above 0"),
    (("exponential thresholds,", "exponential thresholds, high: 3,"), "makes no use of `high`"),
    (("exponential thresholds,", "exponential threshold,"), "should be 'uniform'"),
]


@pytest.mark.parametrize(("change", "words"), SCENARIOS, ids=[words[:40] for _, words in SCENARIOS])
def test_scenarios_yaml_is_checked(change: tuple[str, str], words: str, changed: Change, refused: Refuse) -> None:
    error = refused(changed("scenarios.yaml", change))
    assert words in messages(error)
    assert "scenarios.yaml:" in messages(error)


PARAMETERS = [
    (("Spell length,", "Spell lenght,"), "the model has no such constant. Did you mean `Spell length`"),
    (("Spell length,", "Spell lenght,"), "this constant of the model has no row in parameters.csv"),
    (("Spell length,", "Quota cut,"), "is no constant of the model but of kind auxiliary"),
    (("Initial fleet[west],boat,18,,,fixed", "Initial fleet[north],boat,30,,,fixed"), "stands twice"),
    (("Initial fleet[west]", "Initial fleet[weest]"), "no element `weest`. Did you mean `west`?"),
    (("Initial fleet[west]", "Initial fleet[weest]"), "no row in parameters.csv for [west]"),
    (("Initial fleet[west]", "Initial fleet"), "is covered by an earlier row as well"),
    (("Spell length,Month,8,", "Spell length,Month,9,"), "base is 9, but 8 in the model"),
    (("Spell length,Month,8,", "Spell length,month,8,"), "unit is `month`, but `Month` in the model"),
    (("Raid length,Month,1,,,fixed", "Raid length,Month,1,,,lever"), "is marked `lever`, but study.yaml names it"),
    (("Licence limit,Dmnl,0.1,,,lever", "Licence limit,Dmnl,0.1,,,fixed"), "has to be `lever`"),
    (
        ("Raids at expected rate,Dmnl,1,,", "Raids at expected rate,Dmnl,1,0,2"),
        "high 2 lies outside the model's limits",
    ),
    (("Spell length,Month,8,4,14,triangular", "Spell length,Month,8,4,14,dirichlet"), "one row for each element"),
]


@pytest.mark.parametrize(("change", "words"), PARAMETERS, ids=[f"{c[1][:20]}-{w[:30]}" for c, w in PARAMETERS])
def test_parameters_are_held_against_the_model(
    change: tuple[str, str], words: str, changed: Change, refused: Refuse
) -> None:
    error = refused(changed("parameters.csv", change))
    assert words in messages(error)


def test_every_constant_of_the_model_needs_a_row(changed: Change, refused: Refuse) -> None:
    row = next(
        line
        for line in (bundled("models") / "fishery" / "parameters.csv").read_text(encoding="utf-8").splitlines()
        if line.startswith("Time to implement")
    )
    error = refused(changed("parameters.csv", (row + "\n", "")))
    (problem,) = error.problems
    assert problem.variable == "Time to implement"
    assert Path(str(problem.file)).name == "fishery.mdl"
    assert problem.line == line_of(bundled("models") / "fishery" / "fishery.mdl", "Time to implement = 9")


def test_criteria_are_held_against_outcomes_and_measures(changed, refused) -> None:
    folder = changed(
        "study.yaml",
        ("    variable: Fleet\n    elements: sum\n    over: end", "    variable: Fleet\n    over: end"),
        (
            "    variable: Patrol days\n    per: 12\n    unit: day/year\n    at_most",
            "    variable: Patrol day\n    at_most",
        ),
        ("    measure: burden\n", "    measure: gap\n"),
        ("  gap:\n    intent: Intent\n    implemented: Implementation\n", ""),
        ("    title: Rules on paper less rules at sea\n", ""),
    )
    words = str(refused(folder))
    assert "`Fleet` has several elements where one number is needed" in words
    assert "Did you mean `Patrol days`" in words
    assert "this study measures no gap" in words
