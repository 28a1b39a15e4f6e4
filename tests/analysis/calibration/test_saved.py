"""What was saved is read as it was sampled, and what was not saved is drawn from what the data allow."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import policy_lab as pl
from policy_lab.analysis.calibration.calibrate import fit_past
from policy_lab.analysis.calibration.likelihood import Fit
from policy_lab.analysis.calibration.saved import _Part, _parts, _with_nuisance
from policy_lab.charts.contraction import contraction_chart
from policy_lab.errors import InputError
from policy_lab.out.calibration import calibration_summary
from policy_lab.out.layout import as_text
from policy_lab.provenance import bundled
from policy_lab.study import Study
from policy_lab.study.history import History, fitted_rows, read_history
from policy_lab.study.posterior import MANIFEST_FILE, POSTERIOR_FILE, read_posterior

STRUCTURE = "Threshold ratchet"


@pytest.fixture(scope="module")
def scores() -> np.ndarray:
    fitted = read_history(pl.open_study("safeguarding")).parameters
    return np.random.default_rng(5).normal(0, 0.4, size=(12, len(fitted)))


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory, scores: np.ndarray) -> Study:
    """The flagship with twelve draws of each structure that stand in for a posterior."""
    folder = tmp_path_factory.mktemp("saved") / "safeguarding"
    shutil.copytree(bundled("models") / "safeguarding", folder)
    study = pl.open_study(str(folder))
    history = read_history(study)
    values = fit_past(history, {}, history.parameters).values(scores)
    columns = {}
    for one in history.parameters:
        for row in fitted_rows(study, one.name):
            columns[row] = values[one.name] * (study.parameters[row].base if one.together else 1.0)
    with (folder / POSTERIOR_FILE).open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text)
        writer.writerow([*columns, STRUCTURE])
        for structure in (1, 0):
            writer.writerows(
                [*(f"{cell:.10f}" for cell in row), structure] for row in zip(*columns.values(), strict=True)
            )
    (folder / MANIFEST_FILE).write_text(json.dumps({"model_sha256": study.model.digest}), encoding="utf-8")
    return study


@pytest.fixture(scope="module")
def history(study: Study) -> History:
    return read_history(study)


def test_scores_come_back_from_what_was_saved(study: Study, history: History, scores: np.ndarray) -> None:
    parts = _parts(history, read_posterior(study))
    assert [part.held[STRUCTURE] for part in parts] == [1, 0]
    for part in parts:
        np.testing.assert_allclose(part.scores, scores, atol=1e-3)


def test_the_past_is_held_against_saved_draws_without_sampling(study: Study, history: History) -> None:
    found = pl.read_calibration(study, draws=8, generations=1)
    again = pl.read_calibration(study, draws=8, generations=0)
    assert set(found.skill["verdict"]) <= {"", "no skill", "better than both", "too few years"}
    assert len(found.draws) == 24
    assert set(found.rivals["explanation"]) == set(history.file.rivals)
    assert again.rivals.empty
    np.testing.assert_array_equal(found.bands["model"], again.bands["model"])  # same seed, same answers
    assert (found.bands["q05"] <= found.bands["q95"]).all()
    assert len(found.contraction) == 2 * len(history.parameters)
    assert pl.history_chart(again).data.equals(again.bands)
    figure = contraction_chart(again)
    assert figure.data.equals(again.contraction)
    assert all(one.name in figure.alt for one in history.parameters)
    assert figure.to_bytes("svg")
    said = as_text(calibration_summary(again))
    assert "nan" not in said  # how draws were sampled is not known from the draws
    assert "RIVAL EXPLANATIONS" not in said


def test_a_column_that_is_missing_is_named(study: Study, tmp_path: Path) -> None:
    folder = tmp_path / "safeguarding"
    shutil.copytree(study.folder, folder)
    path = folder / POSTERIOR_FILE
    path.write_text(path.read_text(encoding="utf-8").replace("Care duration,", "Care delay,", 1), encoding="utf-8")
    with pytest.raises(InputError, match="Care delay"):
        pl.read_calibration(pl.open_study(str(folder)))
    rows = [row[1:] for row in csv.reader(study.folder.joinpath(POSTERIOR_FILE).read_text().splitlines())]
    path.write_text("\n".join(",".join(row) for row in rows), encoding="utf-8")
    with pytest.raises(InputError, match="no column `Low yield referral rate"):
        pl.read_calibration(pl.open_study(str(folder)))


def test_a_nuisance_is_drawn_in_proportion_to_what_the_figures_allow(history: History) -> None:
    """Where the model is a level times one nuisance, its draws gather at the value that meets the figures."""
    parameters = history.sampled
    name = parameters[-1].name
    middle = (parameters[-1].low + parameters[-1].high) / 2
    wanted = 1.2  # times the middle of its range
    figures = {"one": np.full(40, wanted)}

    def simulate(draws):
        return {"one": np.repeat(draws[name][:, None] / middle, 40, axis=1)}

    fit = Fit(parameters, simulate, figures, {"one": np.ones(40, dtype=bool)})
    part = _Part({}, fit, np.zeros((60, len(history.parameters))))
    drawn = fit.values(_with_nuisance(part, part.scores, history, seed=1))
    assert np.median(drawn[name]) / middle == pytest.approx(wanted, rel=0.05)
    assert np.std(drawn[name] / middle) < 0.1  # its prior has 0.58
    other = drawn[parameters[-2].name]
    assert other.std() == pytest.approx((parameters[-2].high - parameters[-2].low) / 12**0.5, rel=0.35)  # left alone
