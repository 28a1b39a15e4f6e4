"""What must hold of the flagship whatever its parameters: conservation, bounds, symmetry, rest, and no free lever."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from policy_lab.engine import compile_model
from policy_lab.engine.compiled import CompiledModel
from policy_lab.model import read_model
from policy_lab.model.types import Kind
from tests.models.flagship import Flagship

SHARES = (  # stocks between 0 and 1 by structure
    "Strain",
    "Trust",
    "Jointly trained",
    "Barrier",
    "Motivator",
    "Implemented integration",
    "Professional learning",
    "Organisational learning",
    "Defensiveness",
    "Compliance burden",
)
HUNDRED = 100


def stocks_of(flagship: Flagship) -> list[str]:
    return [one.name for one in flagship.study.model.variables.values() if one.kind == Kind.STOCK]


def conservation_error(compiled: CompiledModel, inputs: dict[str, np.ndarray]) -> float:
    """Return the largest relative gap between what is in the stocks and what separately accumulated flows say."""
    names = ["All children in the model", "Cumulative entries", "Cumulative exits"]
    names += ["All permanent staff", "Cumulative hires", "Cumulative leavers"]
    series = compiled.run(inputs, outputs=names)
    gaps = []
    for inside, entered, left in (names[:3], names[3:]):
        expected = series[inside][:, :1] + series[entered] - series[left]
        gaps.append(np.abs(series[inside] / expected - 1).max())
    return float(max(gaps))


def test_children_and_staff_are_conserved(flagship: Flagship) -> None:
    plan = flagship.study.plan(worlds=20, futures=1)
    for design in plan.designs:
        assert conservation_error(flagship.compiled, flagship.in_future(plan, design)) < 1e-9


def test_a_planted_leak_is_caught(flagship: Flagship, tmp_path: Path) -> None:
    text = flagship.study.files["model"].read_text(encoding="utf-8")
    sound = "+Harm resolved in help-Help ends[Not harmed]"
    assert sound in text
    leaking = tmp_path / "leaking.mdl"
    leaking.write_text(text.replace(sound, f"{sound}-0.001*Children in help[Not harmed]"), encoding="utf-8")
    assert conservation_error(compile_model(read_model(leaking), backend="numpy"), {}) > 1e-6


def worst_shocks(flagship: Flagship, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return inputs in which every shock of the scenario comes within ten years, at the largest size it may have."""
    worst = dict(inputs)
    for name, draw in flagship.study.scenarios["random-shocks"].draw.items():
        if draw.high is not None:
            worst[name] = np.full_like(inputs[name], draw.high)
        elif name.endswith(" month"):
            worst[name] = inputs[name] % 120
    return worst


def out_of_bounds(flagship: Flagship, inputs: dict[str, np.ndarray], worlds: int) -> set[str]:
    """Return what is wrong with the stocks of any world: not finite, below nil, or a share above one."""
    names, wrong = stocks_of(flagship), set()
    for first in range(0, worlds, 250):
        part = {name: values[first : first + 250] for name, values in inputs.items()}
        series = flagship.compiled.run(part, outputs=names, save_period=3)
        for name in names:
            values = series[name]
            if not np.isfinite(values).all():
                wrong.add(f"{name} is not finite")
            elif values.min() < 0:
                wrong.add(f"{name} falls to {values.min()}")
            elif name in SHARES and values.max() > 1:
                wrong.add(f"{name} rises to {values.max()}")
    return wrong


def test_stocks_stay_in_bounds_in_a_thousand_worlds(flagship: Flagship) -> None:
    plan = flagship.study.plan(worlds=1000, futures=1, seed=1)
    for design in ("acpc-1988", "macpt-2026"):
        assert not out_of_bounds(flagship, flagship.in_future(plan, design), plan.worlds)


@pytest.mark.slow
def test_stocks_stay_in_bounds_in_ten_thousand_worlds_under_the_largest_shocks(flagship: Flagship) -> None:
    """T4 as the dossier has it: 10,000 draws of all parameters, each under the largest shocks, a thousand at a time."""
    for seed in range(10):
        plan = flagship.study.plan(worlds=1000, futures=1, seed=seed)
        design = ("acpc-1988", "macpt-2026")[seed % 2]
        worst = worst_shocks(flagship, flagship.in_future(plan, design))
        assert not out_of_bounds(flagship, worst, plan.worlds), f"seed {seed}, {design}"


def test_identical_levers_give_identical_designs(flagship: Flagship) -> None:
    """Guards against anything that knows a design by name."""
    plan = flagship.study.plan(worlds=5, futures=2)
    one = flagship.in_future(plan, "lscb-2006")
    other = {**flagship.in_future(plan, "welsh-type"), **plan.design_inputs("lscb-2006")}
    first = flagship.compiled.run(one, outputs=["Effective detection capacity", "Trust"])
    second = flagship.compiled.run(other, outputs=["Effective detection capacity", "Trust"])
    for name in first.values:
        np.testing.assert_array_equal(first[name], second[name])


def test_identical_agencies_stay_identical(flagship: Flagship) -> None:
    """Give every agency the same parameters and a sixth of the casework: nothing may tell them apart."""
    model = flagship.study.model
    alike = {}
    for one in flagship.compiled.inputs.values():
        if one.dimensions and one.dimensions[0] == "Agency" and one.name != "Other agency":
            mean = one.default.mean(axis=0, keepdims=True)
            alike[one.name] = np.broadcast_to(mean, one.default.shape).copy()
    alike["Core member"] = np.ones(6)
    agencies = [
        one.name for one in model.variables.values() if one.dimensions[:1] == ("Agency",) and one.name not in alike
    ]
    series = flagship.compiled.run(alike, outputs=agencies, final_time=60)
    for name in agencies:
        if model[name].dimensions == ("Agency", "Partner"):
            off = series[name][..., ~np.eye(6, dtype=bool)]
            assert np.ptp(off, axis=-1).max() < 1e-12, name
        else:
            assert np.ptp(series[name], axis=2).max() <= 1e-12 * max(1.0, np.abs(series[name]).max()), name


def test_the_solved_start_stays_where_it_is_for_twenty_years(flagship: Flagship) -> None:
    plan = flagship.study.plan(worlds=HUNDRED, futures=1)
    moving = {"Undetected harm burden", "Integrated hazard", "Events counted"}
    names = [name for name in stocks_of(flagship) if name not in moving and not name.startswith("Cumulative")]
    inputs, states = flagship.at_rest(plan, plan.base)
    series = flagship.compiled.run(inputs, start=states, outputs=names, final_time=240, save_period=60)
    for name in names:
        values = series[name]
        drift = np.abs(values - values[:, :1]) / np.maximum(np.abs(values[:, :1]), 1e-6)
        assert drift.max() < 0.01, f"{name} drifts by {drift.max():.2%}"


def test_no_lever_is_free(flagship: Flagship) -> None:
    assert free_levers(flagship, {}) == []


def test_a_planted_free_lever_is_caught(flagship: Flagship) -> None:
    """Take the cost path of scrutiny away: nothing then speaks against more of it."""
    costs = ("Scrutiny hours", "Compliance from scrutiny", "Insistence on review")
    costless = {name: np.zeros(1) for name in costs}
    assert "scrutiny" in free_levers(flagship, costless)


def free_levers(flagship: Flagship, changed: dict[str, np.ndarray]) -> list[str]:
    """Return the levers whose rise, from a middling score to a high one, harms no outcome in any world.

    Every world starts from the base design at rest and runs for ten years with the one score and with the other. Where
    less of a lever is held to be favourable, it is lowered. Outcomes are those that a user is shown, averaged over the
    years; an outcome counts as harmed beyond one part in a million.
    """
    worlds = 30
    plan = flagship.study.plan(worlds=worlds, futures=1)
    outcomes = {  # +1: more is better
        "Effective detection capacity": 1,
        "Casework quality": 1,
        "Mean trust": 1,
        "Casework staff": 1,
        "Children harmed and not helped": -1,
        "Casework pressure": -1,
        "Partnership cost": -1,
    }
    inputs, states = flagship.at_rest(plan, plan.base)
    inputs |= {name: np.repeat(value, worlds) for name, value in changed.items()}
    free = []
    for name, lever in flagship.study.file.levers.items():
        low, high = (6.0, 14.0) if lever.unit == "Month" else (0.45, 0.75)
        less, more = (high, low) if lever.better == "lower" else (low, high)
        found = []
        for score in (less, more):
            chosen = {**inputs, lever.variable: np.full(worlds, score)}
            series = flagship.compiled.run(chosen, start=states, outputs=list(outcomes))
            found.append({one: series[one].mean(axis=1) for one in outcomes})
        harmed = [
            (sign * (found[1][one] - found[0][one]) / np.abs(found[0][one]) < -1e-6).any()
            for one, sign in outcomes.items()
        ]
        if not any(harmed):
            free.append(name)
    return free


def test_every_equation_has_a_unit_and_says_what_it_means(flagship: Flagship) -> None:
    bare = [
        one.name
        for one in flagship.study.model.variables.values()
        if not one.unit.strip() or not one.documentation.strip()
    ]
    assert bare == []


@pytest.mark.parametrize("name", ["Strain[Police]", "Willingness[Health]"])
def test_names_of_elements_are_those_of_the_file(flagship: Flagship, name: str) -> None:
    variable, element = name.rstrip("]").split("[")
    assert element in flagship.study.model.elements(variable)[0]
