from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from policy_lab.cli import main
from policy_lab.provenance import bundled


def test_new_says_what_to_edit_and_compare_refuses_until_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    model = str(bundled("models") / "fishery" / "fishery.mdl")
    made = CliRunner().invoke(main, ["new", "mine", "--model", model])
    assert made.exit_code == 0, made.output
    assert "study.yaml:" in made.output
    assert "parameters.csv:" in made.output
    refused = CliRunner().invoke(main, ["compare", "mine", "--quick"])
    assert refused.exit_code == 2
    assert "nobody has chosen the measures" in refused.output
    assert not (tmp_path / "results").exists()
    planned = CliRunner().invoke(main, ["plan", "new", "mine"])
    assert planned.exit_code == 0, planned.output
    assert CliRunner().invoke(main, ["plan", "check", "plan.yaml"]).exit_code == 0
    study = tmp_path / "mine" / "study.yaml"
    kept = [line for line in study.read_text(encoding="utf-8").splitlines() if not line.startswith("  placeholder:")]
    study.write_text("\n".join(kept), encoding="utf-8")
    compared = CliRunner().invoke(main, ["compare", "mine", "--worlds", "4", "--futures", "1", "--no-checks"])
    assert compared.exit_code == 0, compared.output


def test_a_second_study_of_the_same_name_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    refused = CliRunner().invoke(main, ["new", "mine", "--model", "none.mdl"])
    assert refused.exit_code == 2
    assert "is there already" in refused.output
