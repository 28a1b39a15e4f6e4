"""The second study: a model that holds together by itself, so that what goes wrong on it goes wrong in the package."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from policy_lab.engine import compile_model
from policy_lab.engine.reference import reference_warnings, run_reference
from policy_lab.errors import InputError
from policy_lab.model import Kind
from policy_lab.results import Results
from policy_lab.run import run
from policy_lab.study import Study, open_study

SHARES = ("Compliance", "Trust", "Implemented rule")
SUBJECT = ("child", "safeguard", "partner", "social work", "agency", "police")


@cache
def fishery() -> Study:
    return open_study("fishery")


@cache
def everything() -> Results:
    """Run all designs with every variable that varies as an outcome."""
    study = fishery()
    kinds = (Kind.STOCK, Kind.FLOW, Kind.AUXILIARY)
    names = tuple(name for name, variable in study.model.variables.items() if variable.kind in kinds)
    wide = replace(study, file=study.file.model_copy(update={"outcomes": names}))
    return run(wide.plan(worlds=100, futures=3))


def test_every_variable_has_a_unit_and_a_sentence() -> None:
    for name, variable in fishery().model.variables.items():
        assert variable.unit, name
        assert len(variable.documentation.split()) >= 3, name


def test_pysd_opens_it_without_a_word() -> None:
    assert reference_warnings(fishery().model) == ()
    assert fishery().model.warnings == ()


def test_the_study_shares_no_word_with_the_flagship() -> None:
    for path in fishery().files.values():
        text = path.read_text(encoding="utf-8").casefold()
        assert not [word for word in SUBJECT if word in text], path.name


@pytest.mark.parametrize("expected", [0.0, 1.0])
def test_engines_agree_with_pysd_while_spells_and_raids_happen(expected: float) -> None:
    """The first year, with spells and thresholds moved into it."""
    model = fishery().model
    inputs = {
        "Raids at expected rate": expected,
        "Spell start": np.array([2.0, 4.5, 6.0, 11.0, 40.0, 50.0]),
        "Raid threshold": np.cumsum(np.full((3, 40), 0.25), axis=1) * np.array([[1.0], [2.0], [3.0]]),
        "Quota strictness": 0.7,
        "Community voice": 0.5,
        "Sits in council": np.array([1.0, 0.0, 1.0]),
        "Disruption of change": 0.05,
    }
    oracle = run_reference(model, inputs, final_time=12)
    for backend in ("compiled", "numpy"):
        found = compile_model(model, backend=backend).run(inputs, final_time=12)  # type: ignore[arg-type]
        for name, values in oracle.values.items():
            if model[name].kind is Kind.TIME:
                continue
            scale = np.maximum(np.abs(values), 1e-3)
            assert (np.abs(found[name] - values) / scale).max() < 1e-9, (backend, name)
    assert (oracle["Raids seen"][0, -1] > 0).all()


def test_fish_are_conserved() -> None:
    """The stock is what it was, plus growth, less landings and raids, each added up by itself."""
    study = fishery()
    compiled = compile_model(study.model)
    plan = study.plan(worlds=50, futures=1)
    inputs = {**plan.world_inputs(), **plan.design_inputs("co-management")}
    inputs |= {name: values[:, 0] for name, values in plan.future_inputs().items()}
    flows = ("Growth", "Landings", "Raid catch")
    step = study.model.time.step
    series = compiled.run(inputs, outputs=["Fish stock", *flows], save_period=step)
    growth = series["Growth"]
    taken = series["Landings"].sum(axis=-1) + series["Raid catch"].sum(axis=-1)
    added_up = np.cumsum((growth - taken)[:, :-1], axis=1) * step
    change = series["Fish stock"][:, 1:] - series["Fish stock"][:, :1]
    assert np.abs(change - added_up).max() < 1e-9 * series["Fish stock"].max()


def test_stocks_stay_within_their_bounds() -> None:
    results = everything()
    assert results.failures == ()
    for name in SHARES:
        values = results[name].values
        assert values.min() >= 0, name
        assert values.max() <= 1, name
    for name in ("Fish stock", "Fleet", "Accumulated hardship", "Raids seen", "Raid rate"):
        assert results[name].values.min() >= -1e-12, name
    assert results["Days at sea"].values.min() > 0


def test_raids_come_when_their_threshold_is_crossed() -> None:
    results = everything()
    exposure, seen, due = (results[name].values for name in ("Raid exposure", "Raids seen", "Raids due"))
    thresholds = results.plan.future_inputs()["Raid threshold"]
    crossed = (exposure[..., None] >= thresholds[None, :, :, None]).sum(axis=-1)
    assert np.array_equal(crossed, due)
    assert (seen <= due + 1e-9).all()
    assert due.max() < thresholds.shape[-1], "more raids than thresholds: give the model more elements"


def test_no_lever_is_free() -> None:
    """Raising any lever makes some outcome worse in some world."""
    study = fishery()
    better = {
        "Stock against the reference": 1,
        "Accumulated hardship": -1,
        "Trust": 1,
        "Landings": 1,
        "Patrol days": -1,
    }
    base = study.designs["catch-quota"]
    designs = {"plain": base}
    for key, score in base.levers.items():
        raised = score.model_copy(update={end: min(1.0, getattr(score, end) + 0.3) for end in ("low", "mode", "high")})
        designs[key] = base.model_copy(update={"levers": {**base.levers, key: raised}, "members": ("north", "south")})
    designs["plain"] = base.model_copy(update={"members": ("north", "south")})
    plan = replace(study, designs={**study.designs, **designs}).plan(designs=list(designs), worlds=30, futures=2)
    results = run(plan.with_(vary={"parameters", "luck"}))
    for place, key in enumerate(designs):
        if key == "plain":
            continue
        worse = {
            name
            for name, direction in better.items()
            if (direction * (results[name].values[place] - results[name].values[0]).mean(axis=2) < -1e-9).any()
        }
        assert worse, f"raising `{key}` costs nothing"


def test_halving_the_time_step_moves_little() -> None:
    plan = fishery().plan(worlds=20, futures=2)
    coarse, fine = run(plan), run(plan.with_(time_step=plan.study.model.time.step / 2))
    name = "Stock against the reference"
    moved = np.abs(coarse[name].values - fine[name].values)
    assert np.median(moved) < 1e-3
    assert moved.max() < 0.02


def test_open_access_leaves_no_profit() -> None:
    """Gordon's result: with free entry and nothing else, the margin of a boat goes to nil."""
    study = fishery()
    plan = study.plan(designs=["open-access"], scenario="calm", start="settled", worlds=20, futures=1)
    free = {lever.variable: 0.0 for lever in study.file.levers.values()}
    wide = replace(study, file=study.file.model_copy(update={"outcomes": ("Profit margin", "Fish stock")}))
    results = run(plan.with_(study=wide, settings=study.plan(settings=free).settings))
    assert np.abs(results["Profit margin"].values).max() < 1e-6


def test_a_plan_for_the_fishery_knows_nothing_of_other_studies() -> None:
    with pytest.raises(InputError, match="no design"):
        fishery().plan(designs=["masa-2023"])
