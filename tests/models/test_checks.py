"""The checks of every bundled study hold, and faults planted into a copy of the flagship are caught by the command."""

from __future__ import annotations

import re
import shutil
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import policy_lab as pl
from policy_lab.analysis.check_result import CheckTable, Status
from policy_lab.cli import main
from policy_lab.provenance import bundled
from policy_lab.study.check_file import CHECKS_FILE
from policy_lab.study.check_schema import ChecksFile
from policy_lab.study.yaml_file import read_yaml, validated

ROOT = Path(__file__).parents[2]
STUDIES = ("fishery", "safeguarding")


@cache
def written(study: str) -> ChecksFile:
    return validated(read_yaml(bundled("models") / study / CHECKS_FILE), ChecksFile)


@cache
def found(study: str) -> CheckTable:
    return pl.check(study)


@pytest.mark.parametrize(("study", "name"), [(study, name) for study in STUDIES for name in written(study).checks])
def test_what_must_hold(study: str, name: str) -> None:
    result = found(study)[name]
    assert not result.bad, str(result)


@pytest.mark.parametrize("study", STUDIES)
def test_the_model_files_are_without_warnings(study: str) -> None:
    assert [str(one) for one in found(study).warnings] == []


@pytest.mark.parametrize("study", STUDIES)
def test_what_is_held_elsewhere_is_there(study: str) -> None:
    for name, one in written(study).checks.items():
        if not one.expect.held_by:
            continue
        path, _, test = one.expect.held_by.partition("::")
        assert (ROOT / path).is_file(), name
        assert re.search(rf"^def {test}\(", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE), name


def test_the_flagship_names_every_test_of_the_dossier() -> None:
    named = {number for one in written("safeguarding").checks.values() for number in one.test.split()}
    assert named == {f"T{number}" for number in range(1, 34)}


def test_no_test_that_must_hold_is_an_expected_failure() -> None:
    must = {f"T{number}" for number in (*range(1, 7), *range(27, 32))}
    failing = [one for one in written("safeguarding").checks.values() if one.expected_failure is not None]
    assert len(failing) <= 4
    assert not [one.title for one in failing if must & set(one.test.split())]


def test_every_natural_experiment_is_read_in_a_sentence() -> None:
    numbers = {f"T{number}" for number in range(13, 23)}
    experiments = [one for one in written("safeguarding").checks.values() if numbers & set(one.test.split())]
    assert len(experiments) > 20
    assert not [one.title for one in experiments if len(one.reading.split()) < 8]


def test_every_picture_with_figures_from_outside_says_how_to_read_it() -> None:
    with_figures = [one for one in written("safeguarding").checks.values() if one.figures_source]
    assert len(with_figures) >= 8
    assert not [one.title for one in with_figures if len(one.reading.split()) < 8]


FAULTS = {
    "a leak": (
        "children-are-conserved",
        "+Harm resolved in help-Help ends[Not harmed]",
        "+Harm resolved in help-Help ends[Not harmed]-0.001*Children in help[Not harmed]",
    ),
    "a forbidden edge": (
        "thesis-structure",
        "(1+Relief from trusted partners*Mean trust given[Agency])/Strain recovery time",
        "(1+Relief from trusted partners*Mean trust given[Agency])/Strain recovery time+0.001*Strain[Police]",
    ),
    "a wrong unit": (
        "units-agree",
        "(Normal waiting time-Minimum waiting time)/Casework speed\n\t~\tMonth",
        "(Normal waiting time-Minimum waiting time)/Casework speed\n\t~\tchild/Month",
    ),
    "a clipped stock": (
        "no-stock-is-clipped",
        "INTEG(Strain build rate[Agency]*(1-Strain[Agency])-Strain recovery rate[Agency]*Strain[Agency],0.4)",
        "INTEG(MAX(0,Strain build rate[Agency]*(1-Strain[Agency])-Strain recovery rate[Agency]*Strain[Agency]),0.4)",
    ),
}


def copied(study: str, folder: Path) -> Path:
    target = folder / study
    shutil.copytree(bundled("models") / study, target)
    return target


def policy_lab(*words: object) -> Result:
    return CliRunner().invoke(main, ["check", *(str(word) for word in words)])


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_caught_by_the_command(fault: str, tmp_path: Path) -> None:
    check, sound, unsound = FAULTS[fault]
    study = copied("safeguarding", tmp_path)
    model = study / "partnership.mdl"
    text = model.read_text(encoding="utf-8")
    assert text.count(sound) == 1, f"{text.count(sound)} places hold {sound!r}"
    model.write_text(text.replace(sound, unsound), encoding="utf-8")
    done = policy_lab(study, "--only", check, "--no-lint")
    assert done.exit_code == 1, done.output
    title = written("safeguarding").checks[check].title
    assert any(line.startswith(Status.FAILED) and title in line for line in done.stdout.splitlines())


def test_an_expected_failure_that_passes_fails_the_run(tmp_path: Path) -> None:
    study = copied("fishery", tmp_path)
    checks = study / CHECKS_FILE
    reason = "    reason: Gordon and Schaefer's catch equation.\n"
    text = checks.read_text(encoding="utf-8")
    assert reason in text
    checks.write_text(
        text.replace(reason, f"{reason}    expected_failure: {{reason: a, size: b, mend: c}}\n"), encoding="utf-8"
    )
    done = policy_lab(study, "--only", "catch-is-effort-times-stock", "--no-lint")
    assert done.exit_code == 1
    assert "passes, though a failure is expected" in done.stdout


def test_a_fifth_expected_failure_is_refused(tmp_path: Path) -> None:
    study = copied("fishery", tmp_path)
    checks = study / CHECKS_FILE
    text = checks.read_text(encoding="utf-8")
    excused = re.sub(r"^(    reason: )", r"    expected_failure: {reason: a, size: b, mend: c}\n\1", text, flags=re.M)
    checks.write_text(excused, encoding="utf-8")
    done = policy_lab(study)
    assert done.exit_code == 2
    assert "expected failures, where at most 4 are allowed" in done.stderr
