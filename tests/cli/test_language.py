"""`policy-lab describe --language` lists what a model uses."""

from __future__ import annotations

from click.testing import CliRunner

from policy_lab.cli import main
from policy_lab.study import open_study


def test_a_model_tells_what_it_uses_and_what_computes_it() -> None:
    path = open_study("fishery").model.path
    done = CliRunner().invoke(main, ["describe", str(path), "--language"])
    assert done.exit_code == 0
    smooth = next(line for line in done.stdout.splitlines() if line.strip().startswith("smooth ("))
    assert "compiled, numpy, pysd" in smooth
    assert "Refused" not in done.stdout
