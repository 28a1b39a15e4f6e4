"""`policy-lab check`: one line a check, what is doubtful about the file, and exit codes that a release can rest on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from policy_lab.cli import main
from policy_lab.provenance import bundled


def policy_lab(*words: object) -> Result:
    return CliRunner().invoke(main, ["check", *(str(word) for word in words)])


@pytest.fixture
def fishery(tmp_path: Path) -> Path:
    folder = tmp_path / "fishery"
    shutil.copytree(bundled("models") / "fishery", folder)
    return folder


def test_one_line_a_check_says_whether_it_holds_and_what_was_seen() -> None:
    done = policy_lab("fishery", "--only", "units-agree", "--only", "a-quota-spares-fish", "--no-lint")
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0] == "A shared fishery"
    assert lines[1].startswith("ok                Units agree in every equation: 39 equations agree")
    assert lines[2].startswith("ok                A stricter quota leaves more fish: ")
    assert "higher at the end" in lines[2]
    assert lines[3:] == ["2 checks: 2 ok"]


def test_a_failure_is_exit_code_1_with_its_reason(fishery: Path) -> None:
    gone = "title: The stock vanishes, reason: It should not, variable: Fish stock, expect: {between: {high: 0}}"
    checks = f"checks:\n  gone: {{{gone}}}\n"
    (fishery / "checks.yaml").write_text(checks, encoding="utf-8")
    done = policy_lab(fishery, "--no-lint")
    assert done.exit_code == 1
    assert "FAILED            The stock vanishes: Fish stock is " in done.stdout
    assert "`gone` (line 2): It should not" in done.stderr


def test_bad_checks_are_exit_code_2_with_their_line(fishery: Path) -> None:
    (fishery / "checks.yaml").write_text("checks:\n  a: {titel: x}\n", encoding="utf-8")
    done = policy_lab(fishery)
    assert done.exit_code == 2
    assert "checks.yaml:2: `checks.a`: unknown key `titel`. Did you mean `title`" in done.stderr


def test_a_model_alone_is_only_read(tmp_path: Path) -> None:
    done = policy_lab(bundled("models") / "safeguarding" / "caseload.mdl")
    assert done.exit_code == 0
    assert "THE MODEL FILE\nnothing doubtful\n" in done.stdout
    assert "checks:" not in done.stdout


def test_warnings_fail_a_strict_run_only(tmp_path: Path) -> None:
    text = (bundled("models") / "safeguarding" / "caseload.mdl").read_text(encoding="utf-8")
    doubtful = tmp_path / "doubtful.mdl"
    idle = "Idle=\n\t3\n\t~\tDmnl\n\t~\tNothing reads it.\n\t|\n\n"
    doubtful.write_text(text.replace("Surge month=", f"{idle}Surge month=", 1), encoding="utf-8")
    easy, strict = policy_lab(doubtful), policy_lab(doubtful, "--strict")
    assert (easy.exit_code, strict.exit_code) == (0, 1)
    assert "warning (unused): " in easy.stdout
    assert "`Idle`: this constant is read by nothing. Use it or take it out" in easy.stdout
    assert ".mdl:12: `Idle`" in easy.stdout


def test_a_model_with_checks_of_its_own(tmp_path: Path) -> None:
    checks = tmp_path / "mine.yaml"
    checks.write_text(
        "checks:\n  a: {title: Cases stay, reason: They do, variable: every stock, expect: {between: {low: 0}}}\n",
        encoding="utf-8",
    )
    done = policy_lab(bundled("models") / "safeguarding" / "caseload.mdl", "--checks", checks, "--no-lint")
    assert done.exit_code == 0, done.output
    assert "ok                Cases stay: " in done.stdout


def test_a_report_is_written(fishery: Path, tmp_path: Path) -> None:
    done = policy_lab(fishery, "--only", "a-quota-spares-fish", "--no-lint", "--report", tmp_path / "report")
    assert done.exit_code == 0, done.output
    assert {"report.html", "report.md", "manifest.json", "check-a-quota-spares-fish.svg"} <= {
        path.name for path in (tmp_path / "report").iterdir()
    }
    assert f"Report: {(tmp_path / 'report').resolve()}" in done.stdout


def test_findings_of_a_kind_are_counted_beyond_ten() -> None:
    bench = Path(__file__).parents[2] / "benchmarks" / "bench.mdl"
    short, long = policy_lab(bench), policy_lab(bench, "--all")
    assert "more notices about documentation (--all lists them)" in short.stdout
    assert len(long.stdout.splitlines()) > 2 * len(short.stdout.splitlines())


def test_a_study_that_is_not_there_is_answered_with_the_nearest() -> None:
    done = policy_lab("fishry")
    assert done.exit_code == 2
    assert "Did you mean `fishery`?" in done.stderr


def test_keys_of_checks_are_explained() -> None:
    done = CliRunner().invoke(main, ["describe", "--keys"])
    assert "hold (may be left out): Variables that keep the value which they have at the start" in done.stdout
