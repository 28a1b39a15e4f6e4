"""A place is fitted to its own figures with what the whole taught as its prior; truths are known."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from policy_lab.analysis.calibration import Effort, PlaceCalibration, calibrate_place
from policy_lab.analysis.calibration.place import LEAST_SPREAD, NORMAL_95, between_places, whole_of
from policy_lab.study import Study
from policy_lab.study.history import read_history
from policy_lab.study.place_past import read_place_past
from policy_lab.study.posterior import MANIFEST_FILE, POSTERIOR_FILE
from tests.ports import CAPACITIES, fishery_with_ports

SHORT = Effort(generations=15, ensembles=2, walkers=12, steps=100, burn=80, draws=50)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return fishery_with_ports(tmp_path_factory.mktemp("ports"))


@pytest.fixture(scope="module")
def posterior(study: Study) -> PlaceCalibration:
    pytest.importorskip("emcee")
    return calibrate_place(study, "D", method="posterior", effort=SHORT)


def row_of(found: PlaceCalibration, parameter: str) -> dict[str, float]:
    return found.moved.set_index("parameter").loc[parameter].to_dict()


@pytest.mark.parametrize("key", ["A", "C"])
def test_a_place_moves_from_the_whole_towards_its_truth_and_errs_less(study: Study, key: str) -> None:
    found = calibrate_place(study, key, effort=SHORT)
    row = row_of(found, "Carrying capacity")
    assert abs(row["value"] - CAPACITIES[key]) < abs(row["whole"] - CAPACITIES[key])
    assert row["value"] == pytest.approx(CAPACITIES[key], rel=0.06)
    assert (found.pooled["own"] < found.pooled["whole"]).all()
    assert set(found.found.skill["window"]) == {"fitted", "held out"}
    assert found.found.draws.empty
    assert found.found.contraction.empty


def test_a_place_beyond_its_prior_is_drawn_back_towards_the_whole(study: Study) -> None:
    row = row_of(calibrate_place(study, "E", effort=SHORT), "Carrying capacity")
    assert row["whole"] < row["value"] < CAPACITIES["E"]


def test_the_prior_of_a_place_has_the_spread_of_the_other_places(study: Study) -> None:
    """Log figures of the others, less each year's mean: the spread of four places' means, by hand."""
    past = read_place_past(read_history(study), "A")
    others = np.log([one["landings"].values[one["landings"].years <= 2018] for key, one in past.elsewhere.items()
                     if key != "C"])  # fmt: skip
    cove = past.elsewhere["C"]["landings"]
    found = between_places(past, "landings", seed=1)
    rest = others - others.mean(axis=0)
    assert found == pytest.approx(rest.mean(axis=1).std(ddof=1), rel=0.35)  # without Cove, which misses a year
    assert cove.years.size == 11
    row = row_of(calibrate_place(study, "A", effort=SHORT), "Carrying capacity")
    assert row["prior_median"] == pytest.approx(row["whole"])
    assert np.log(row["prior_q95"] / row["whole"]) == pytest.approx(NORMAL_95 * max(found, LEAST_SPREAD))


def test_a_posterior_narrows_what_the_figures_speak_to_and_only_that(posterior: PlaceCalibration) -> None:
    table = posterior.found.contraction.set_index("parameter")
    assert table.loc["Carrying capacity", "data"] == "speak"
    assert table.loc["Carrying capacity", "contraction"] > 0.8
    assert table.loc["Spell severity", "data"] == "silent"  # the past had no spell
    assert row_of(posterior, "Spell severity")["series"] == ""  # no boats are published there
    low, high = (table.loc["Carrying capacity", name] for name in ("q05", "q95"))
    assert low < row_of(posterior, "Carrying capacity")["value"] < high
    assert list(posterior.found.draws) == ["Carrying capacity", "Response to profit", "Spell severity"]
    assert len(posterior.found.draws) == 50
    assert set(posterior.found.coverage["window"]) == {"fitted", "held out"}


def test_a_posterior_that_is_cut_off_goes_on(
    study: Study, posterior: PlaceCalibration, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLICY_LAB_CACHE", str(tmp_path))
    steps: list[int] = []

    def stop(words: str, done: int, _: int) -> None:
        if words.startswith("sampling") and done > 150:
            raise KeyboardInterrupt

    def count(words: str, done: int, _: int) -> None:
        steps.extend([done] if words.startswith("sampling") else [])

    with pytest.raises(KeyboardInterrupt):
        calibrate_place(study, "D", method="posterior", effort=SHORT, tell=stop)
    again = calibrate_place(study, "D", method="posterior", effort=SHORT, tell=count, resume=True)
    assert min(steps) > 150 - 50
    np.testing.assert_array_equal(again.found.draws, posterior.found.draws)
    steps.clear()
    other = calibrate_place(study, "B", method="posterior", effort=SHORT, tell=count, resume=True)
    assert min(steps) == 10  # nothing of another place is taken up
    assert other.found.checkpoints != again.found.checkpoints


def test_the_saved_posterior_is_the_prior_where_it_is_of_this_model(tmp_path_factory: pytest.TempPathFactory) -> None:
    study = fishery_with_ports(tmp_path_factory.mktemp("saved"))
    generator = np.random.default_rng(3)
    draws = {
        "Carrying capacity": 11_500 * np.exp(0.05 * generator.standard_normal(200)),
        "Response to profit": 0.8 * np.exp(0.1 * generator.standard_normal(200)),
    }
    with (study.folder / POSTERIOR_FILE).open("w", encoding="utf-8", newline="") as text:
        csv.writer(text).writerows([draws, *zip(*draws.values(), strict=True)])
    manifest = study.folder / MANIFEST_FILE
    manifest.write_text(json.dumps({"model_sha256": study.model.digest}), encoding="utf-8")
    history = read_history(study)
    whole = whole_of(history, 1, SHORT)
    assert "saved posterior" in whole.source
    assert whole.middle["Carrying capacity"] == pytest.approx(np.median(draws["Carrying capacity"]), rel=0.02)
    assert whole.spread["Carrying capacity"] == pytest.approx(0.05, rel=0.2)
    manifest.write_text(json.dumps({"model_sha256": "another"}), encoding="utf-8")
    assert "most probable point" in whole_of(history, 1, SHORT).source
