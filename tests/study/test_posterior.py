"""A saved posterior replaces the priors of what it holds, joint draw by joint draw, and nothing else."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import policy_lab as pl
from policy_lab.errors import InputError
from policy_lab.provenance import bundled, file_digest
from policy_lab.study.posterior import MANIFEST_FILE, POSTERIOR_FILE, posterior_warnings, read_posterior
from policy_lab.study.study import Study

NAMES = ("Care duration", "Base quit rate[Social care]")
DRAWS = [(27.0, 0.010), (28.0, 0.011), (29.0, 0.012)]


@pytest.fixture
def study(tmp_path: Path) -> Study:
    folder = tmp_path / "safeguarding"
    shutil.copytree(bundled("models") / "safeguarding", folder)
    with (folder / POSTERIOR_FILE).open("w", encoding="utf-8", newline="") as text:
        csv.writer(text).writerows([NAMES, *DRAWS])
    opened = pl.open_study(str(folder))
    (folder / MANIFEST_FILE).write_text(json.dumps({"model_sha256": opened.model.digest}), encoding="utf-8")
    return opened


def test_worlds_take_whole_draws(study: Study) -> None:
    inputs = study.plan(worlds=40, futures=1, posterior=True).world_inputs()
    pairs = set(zip(inputs["Care duration"].tolist(), inputs["Base quit rate"][:, 0].tolist(), strict=True))
    assert pairs == set(DRAWS)


def test_other_parameters_keep_their_priors(study: Study) -> None:
    prior, posterior = (study.plan(worlds=20, futures=1, posterior=one).world_inputs() for one in (False, True))
    for name in prior:
        if name not in ("Care duration", "Base quit rate"):
            np.testing.assert_array_equal(prior[name], posterior[name])
    np.testing.assert_array_equal(prior["Base quit rate"][:, 1:], posterior["Base quit rate"][:, 1:])


def test_the_plan_says_so(study: Study) -> None:
    plan = study.plan(worlds=2, futures=1, posterior=True)
    assert "saved posterior" in plan.describe()
    assert plan.choices()["posterior"] is True


def test_a_user_setting_stands_above_the_posterior(study: Study) -> None:
    plan = study.plan(worlds=5, futures=1, posterior=True, settings={"Care duration": 31.0})
    assert set(plan.world_inputs()["Care duration"].tolist()) == {31.0}


def test_a_model_that_changed_since_is_told(study: Study) -> None:
    assert posterior_warnings(study) == ()
    (study.folder / MANIFEST_FILE).write_text(json.dumps({"model_sha256": "other"}), encoding="utf-8")
    assert "another version" in posterior_warnings(study)[0]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([("Care durations",), ("1",)], "Care duration"),
        ([("Care duration",), ("soon",)], "finite numbers"),
        ([("Care duration",), ("1", "2")], "finite numbers"),
        ([("Care duration",)], "no draws"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(study: Study, rows: list[tuple[str, ...]], words: str) -> None:
    with (study.folder / POSTERIOR_FILE).open("w", encoding="utf-8", newline="") as text:
        csv.writer(text).writerows(rows)
    with pytest.raises(InputError, match=words):
        study.plan(posterior=True)


def test_without_a_saved_posterior_the_command_is_named(study: Study) -> None:
    (study.folder / POSTERIOR_FILE).unlink()
    with pytest.raises(InputError, match="policy-lab calibrate"):
        read_posterior(study)


def test_a_run_records_which_draws_it_took(tmp_path: Path) -> None:
    shutil.copytree(bundled("models") / "fishery", tmp_path / "fishery")
    study = pl.open_study(str(tmp_path / "fishery"))
    drawn = next(name for name, one in study.parameters.items() if one.varies)
    saved = tmp_path / "fishery" / POSTERIOR_FILE
    saved.write_text(f"{drawn}\n{study.parameters[drawn].base}\n", encoding="utf-8")
    plans = [study.plan(worlds=2, futures=1, posterior=one) for one in (True, False)]
    with_draws, without = (pl.run(plan).manifest["inputs_sha256"] for plan in plans)
    assert with_draws == {**without, "posterior": file_digest(saved)}
