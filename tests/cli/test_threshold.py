from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from policy_lab.analysis.put_in import calm_plan
from policy_lab.cli import main
from policy_lab.provenance import bundled
from policy_lab.run import run
from policy_lab.study import open_study


def policy_lab(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def study(tmp_path) -> Path:
    return Path(shutil.copytree(bundled("models") / "fishery", tmp_path / "fishery"))


def contents(folder):
    return {file.relative_to(folder): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_nothing_is_written_without_being_asked(study):
    before = contents(study)
    done = policy_lab("threshold", study, "--worlds", 5)
    assert done.exit_code == 0, done.stderr
    assert "30% lie below" in done.stdout
    assert contents(study) == before


def test_the_bar_is_saved_with_its_date_and_model_and_comments_stay(study):
    before = (study / "study.yaml").read_text(encoding="utf-8")
    done = policy_lab("threshold", study, "--worlds", 8, "--save")
    assert done.exit_code == 0, done.stderr
    opened = open_study(study)
    shortfall = opened.file.measures.shortfall
    assert shortfall.anchor.set_on is not None
    assert shortfall.anchor.model_digest == opened.model.digest
    assert set(shortfall.also_thresholds) == {"20% of places", "40% of places"}
    after = (study / "study.yaml").read_text(encoding="utf-8")
    kept = [line for line in before.splitlines() if "#" in line]
    assert kept
    assert all(line in after for line in kept)
    assert opened.file.comparison == open_study("fishery").file.comparison


def test_the_anchors_share_of_resting_places_lies_below_the_bar(study):
    policy_lab("threshold", study, "--worlds", 40, "--save")
    opened = open_study(study)
    shortfall = opened.file.measures.shortfall
    plan = opened.plan(designs=[shortfall.anchor.design], start="settled", worlds=40, futures=1, horizon=1)
    resting = run(calm_plan(plan))[shortfall.variable].values[0, :, 0, 0]
    assert np.mean(resting < shortfall.threshold) == pytest.approx(shortfall.anchor.share, abs=0.03)
