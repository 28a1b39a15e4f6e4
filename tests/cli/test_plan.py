from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from policy_lab.cli import main
from policy_lab.provenance import bundled

WEATHER = bundled("models") / "fishery" / "plans" / "weather.yaml"


def policy_lab(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def test_a_new_plan_is_written_once_and_reads(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    done = policy_lab("plan", "new", "fishery", "--out", path)
    assert done.exit_code == 0, done.stderr
    assert f"Wrote {path}" in done.stdout
    assert policy_lab("plan", "check", path).stdout == (
        f"{path} can be run: 4 designs × 100 worlds × 20 futures = 8,000 runs.\n"
    )
    path.write_text("study: fishery\n", encoding="utf-8")
    again = policy_lab("plan", "new", "fishery", "--out", path)
    assert again.exit_code == 2
    assert "is there already" in again.stderr
    assert path.read_text(encoding="utf-8") == "study: fishery\n"
    assert policy_lab("plan", "new", "fishery", "--out", path, "--replace").exit_code == 0
    assert sorted(tmp_path.iterdir()) == [path]


def test_check_says_every_fault_in_a_line_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text("study: fishery\nscenarios: [clam]\nuncertain:\n  hold: {Fish prise: 2}\n", encoding="utf-8")
    done = policy_lab("plan", "check", path)
    assert done.exit_code == 2
    assert done.stdout == ""
    first, second = done.stderr.splitlines()
    assert first.startswith(f"policy-lab: {path}:2: `scenarios[1]`: no scenario `clam`")
    assert "Did you mean `calm`?" in first
    assert second.startswith(f"policy-lab: {path}:4: `uncertain.hold.Fish prise`: no variable `Fish prise`")
    shown = policy_lab("plan", "show", path)
    assert (shown.exit_code, shown.stderr) == (2, done.stderr)


def test_show_says_in_words_what_would_run() -> None:
    done = policy_lab("plan", "show", WEATHER)
    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith("WEATHER AND PATROLS\n")
    assert "= 51,200 runs" in done.stdout
    assert done.stderr == ""


def test_what_may_not_mean_what_it_seems_is_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text("study: fishery\nsave_period: 3\n", encoding="utf-8")
    done = policy_lab("plan", "check", path)
    assert done.exit_code == 0
    assert "warning: the measure counts 6 saved periods in a row: saved every 3 months these are 18" in done.stderr


def test_the_keys_are_explained() -> None:
    told = policy_lab("describe", "--keys").stdout
    assert "PlanFile: `plan.yaml`, whole" in told
    assert "  sampler (may be left out): How worlds are spread." in told
