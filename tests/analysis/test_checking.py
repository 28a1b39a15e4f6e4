"""A study's checks from end to end: statuses, what is refused, and the table of results."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

import policy_lab as pl
from policy_lab.analysis.check_result import CheckTable, Status
from policy_lab.analysis.checking import check
from policy_lab.errors import InputError
from policy_lab.provenance import bundled


@pytest.fixture
def checked(tmp_path: Path) -> Callable[..., CheckTable]:
    """Check a copy of the fishery by checks of one's own."""

    def run(*entries: str, **options: object) -> CheckTable:
        folder = tmp_path / "fishery"
        if not folder.exists():
            shutil.copytree(bundled("models") / "fishery", folder)
        text = "checks:\n" + "".join(
            f"  check-{place}: {{title: It holds, reason: It has to, {entry}}}\n" for place, entry in enumerate(entries)
        )
        (folder / "checks.yaml").write_text(text, encoding="utf-8")
        return check(folder, **{"lint_too": False, **options})  # type: ignore[arg-type]

    return run


def test_each_status(checked: Callable[..., CheckTable]) -> None:
    known = "expected_failure: {reason: a, size: b, mend: c}"
    found = checked(
        "variable: Fish stock, expect: {between: {low: 0}}",
        "variable: Fish stock, expect: {between: {high: 0}}",
        f"variable: Fish stock, expect: {{between: {{high: 0}}}}, {known}",
        f"variable: Fish stock, expect: {{between: {{low: 0}}}}, {known}",
        "expect: {held_by: 'tests/elsewhere.py::test_it'}",
    )
    assert [one.status for one in found.results] == [
        Status.OK, Status.FAILED, Status.EXPECTED, Status.UNEXPECTED, Status.ELSEWHERE,
    ]  # fmt: skip
    assert [one.name for one in found.failed] == ["check-1", "check-3"]
    assert found.summary == (
        "5 checks: 1 ok, 1 FAILED, 1 expected failure, 1 FAILED: passes, though a failure is expected, 1 held elsewhere"
    )
    assert found["check-4"].seen == "tests/elsewhere.py::test_it"
    assert found["check-2"].line == 4


def test_every_kind_of_expectation_can_be_asked(checked: Callable[..., CheckTable]) -> None:
    changed = "change: [{set: {Quota strictness: 0.8}}], until: 240"
    stricter = f"when: {{{changed}}}, variable: Fish stock"
    landed = "['Landings[north]', 'Landings[south]', 'Landings[west]']"
    found = checked(
        f"{stricter}, expect: {{direction: {{moves: higher}}}}",
        f"{stricter}, expect: {{stays: {{within: 0.01, during: [0, 1]}}}}",
        f"{stricter}, expect: {{peaks: {{between: [60, 240]}}}}",
        f"{stricter}, expect: {{bottoms: {{between: [0, 0]}}}}",
        f"{stricter}, expect: {{shape: {{course: only rises, by: 0.0001}}}}",
        f"{stricter}, expect: {{reaches: {{level: 0.5, of: way, between: [6, 120]}}}}",
        f"{stricter}, expect: {{effect: {{low: 1, high: 1, when: {{{changed}}}}}}}",
        f"{stricter}, expect: {{between: {{low: 1, of: base}}}}",
        "when: {scenario: one-bad-spell}, variable: Fish stock, expect: {turns: {to: rising, between: [34, 60]}}",
        f"variable: Landings, elements: sum, expect: {{equals: {{sum: {landed}}}}}",
        "when: {alike: {dimension: Community}, start: file}, variable: Fleet, expect: {alike: {over: Community}}",
        "when: {scenario: random, switch_to: catch-quota, worlds: 10}, against: {scenario: random, worlds: 10}, "
        "variable: Fish stock, expect: {paired: {at_most: 0.9}}",
        "expect: {integration: {within: 0.05, halvings: 1}}",
        "variable: Fish stock, expect: {data: {points: [[0, 3139], [60, 3139]], source: made up, within: 0.01}}",
        "expect: {holds: units}",
        "expect: {holds: documentation}",
        "expect: {holds: structure}",
        "expect: {holds: unclipped}",
    )  # fmt: skip
    assert [str(one) for one in found.failed] == []
    assert {one.status for one in found.results} == {Status.OK}


def test_what_is_no_number_fails_and_says_since_when(checked: Callable[..., CheckTable]) -> None:
    condition = "when: {fix: {Mean trust: 0}, start: file}, variable: Fish stock, divided_by: Mean trust"
    found = checked(f"{condition}, expect: {{between: {{low: 0}}}}")
    assert found["check-0"].status is Status.FAILED
    assert found["check-0"].seen == "Fish stock is no number from month 0 on"


def test_a_start_that_does_not_rest_fails_the_check_and_not_the_run(checked: Callable[..., CheckTable]) -> None:
    plant = (
        "plant: {replace: 'Growth - SUM(Landings[Community!])', by: '0.01*Fish stock - 0*SUM(Landings[Community!])'}"
    )
    found = checked(f"when: {{{plant}}}, variable: Fish stock, expect: {{between: {{low: 0}}}}")
    assert found["check-0"].status is Status.FAILED
    assert "no resting point" in found["check-0"].seen


def test_figures_may_stand_beside_a_path_without_judging_it(checked: Callable[..., CheckTable]) -> None:
    beside = "beside: {points: [[0, 50], [60, 100], [900, 1]], source: a survey, relative_to: 0}"
    found = checked(f"variable: Fish stock, expect: {{between: {{low: 0}}}}, {beside}")["check-0"]
    assert found.status is Status.OK
    assert found.figures == "a survey"
    assert found.drawing is not None
    assert found.drawing.points is not None
    at, figures = found.drawing.points
    assert at.tolist() == [0, 60]  # the run has ended by month 900
    assert figures[0] == pytest.approx(found.drawing.path[0])
    assert figures[1] == pytest.approx(2 * figures[0])


def test_a_window_after_the_run_is_refused_with_its_line(checked: Callable[..., CheckTable]) -> None:
    with pytest.raises(InputError) as caught:
        checked("variable: Fish stock, expect: {between: {low: 0, during: [500, 600]}}")
    assert "checks.yaml:2: `check-0`: no saved time lies between 500 and 600" in str(caught.value)


def test_some_checks_by_name_or_number(checked: Callable[..., CheckTable]) -> None:
    entries = ["variable: Fish stock, expect: {between: {low: 0}}"] * 2 + ["test: F7, expect: {holds: units}"]
    assert [one.name for one in checked(*entries, only=["check-1", "F7"]).results] == ["check-1", "check-2"]
    with pytest.raises(InputError, match=r"no check `chekc-1`\. Did you mean `check-1`"):
        checked(*entries, only=["chekc-1"])


def test_the_table_is_frozen_and_becomes_a_frame(checked: Callable[..., CheckTable]) -> None:
    found = checked("variable: Fish stock, expect: {between: {low: 0}}")
    frame = found.to_frame()
    assert frame.loc["check-0", "status"] == "ok"
    assert frame.loc["check-0", "line"] == 2
    with pytest.raises(FrozenInstanceError):
        found.subject = "another"  # type: ignore[misc]
    with pytest.raises(InputError, match="no check `check-9`"):
        found["check-9"]
    assert str(found).endswith("1 check: 1 ok")


def test_the_manifest_names_what_was_checked(checked: Callable[..., CheckTable]) -> None:
    found = checked("expect: {holds: units}")
    assert found.manifest["model"] == "fishery.mdl"
    assert set(found.manifest["inputs_sha256"]) == {"checks", "designs", "parameters", "scenarios", "study"}
    table = "{table: national.csv, where: {measure: cla_at_31_march}, time: year, value: value, origin: 2008}"
    driven = checked(
        f"when: {{over_time: {{Landings: {table}}}, start: file, until: 2}}, variable: Fleet, "
        f"expect: {{between: {{low: 0}}}}, beside: {{table: {table}, source: made up}}"
    )
    assert "table national.csv" in driven.manifest["inputs_sha256"]


def test_a_model_alone_is_read_and_checked_by_checks_of_its_own(tmp_path: Path) -> None:
    model = bundled("models") / "fishery" / "fishery.mdl"
    assert pl.check(model).results == ()
    checks = tmp_path / "mine.yaml"
    checks.write_text(
        "checks:\n  a: {title: b, reason: c, when: {start: file}, variable: Fish stock, expect: {between: {low: 0}}}\n",
        encoding="utf-8",
    )
    assert [one.status for one in pl.check(model, checks=checks, lint_too=False).results] == [Status.OK]


def test_a_study_without_checks_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "fishery"
    shutil.copytree(bundled("models") / "fishery", folder)
    (folder / "checks.yaml").unlink()
    with pytest.raises(InputError, match="this study has no checks"):
        check(folder)


def test_progress_is_told(checked: Callable[..., CheckTable]) -> None:
    told: list[tuple[int, int]] = []
    checked("expect: {holds: units}", "expect: {holds: unclipped}", progress=lambda *done: told.append(done))
    assert told == [(1, 2), (2, 2)]


def test_the_readable_engine_sees_the_same(checked: Callable[..., CheckTable]) -> None:
    entry = "when: {until: 12, scenario: one-bad-spell}, variable: Fish stock, expect: {between: {low: 0}}"
    assert checked(entry)["check-0"].seen == checked(entry, engine="numpy")["check-0"].seen


def test_the_sector_models_of_a_study_are_read_too(tmp_path: Path) -> None:
    folder = tmp_path / "safeguarding"
    shutil.copytree(bundled("models") / "safeguarding", folder)
    sector = folder / "caseload.mdl"
    idle = "Idle=\n\t3\n\t~\tDmnl\n\t~\tNothing reads it.\n\t|\n\nSurge month="
    sector.write_text(sector.read_text(encoding="utf-8").replace("Surge month=", idle, 1), encoding="utf-8")
    found = check(folder, only=["units-agree"])
    assert [(one.problem.variable, Path(str(one.problem.file)).name) for one in found.warnings] == [
        ("Idle", "caseload.mdl")
    ]
