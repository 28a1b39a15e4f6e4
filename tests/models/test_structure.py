"""What the flagship's structure says about care, early help, thresholds and learning; and that its switches tell."""

from __future__ import annotations

import numpy as np
import pytest

from policy_lab.engine.rest import solve_rest
from policy_lab.engine.series import Series
from tests.models.flagship import Flagship

SWITCHES = ("Threshold ratchet", "Assessment tipping", "Pairwise trust", "Weakest link")


def base_run(flagship: Flagship, changed: dict[str, float], outputs: list[str], months: float = 120) -> Series:
    """Run the base values from their resting point, with some constants changed at month 0."""
    states = solve_rest(flagship.compiled, {}).states
    return flagship.compiled.run(changed, start=states, outputs=outputs, final_time=months)


def test_structural_switches_are_drawn_as_part_of_the_world(flagship: Flagship) -> None:
    rows = flagship.study.parameters
    assert {name for name, row in rows.items() if row.group == "structure"} == set(SWITCHES)
    drawn = flagship.study.plan(worlds=64, futures=1).world_inputs()
    for name in SWITCHES:
        assert set(np.unique(drawn[name])) == {0.0, 1.0}
        assert 0.2 < drawn[name].mean() < 0.8


@pytest.mark.parametrize("switch", SWITCHES)
def test_each_structural_switch_changes_detection_after_a_shock(flagship: Flagship, switch: str) -> None:
    name = "Effective detection capacity"
    shock = {"Scrutiny wave month[W1]": 12.0, "Scrutiny wave size[W1]": 1.5, "Budget cut month": 24.0}
    shock |= {"Budget cut size": 0.2, "Need growth": 0.002}
    plan = flagship.study.plan(worlds=10, futures=1)
    inputs, states = flagship.at_rest(plan, plan.base)
    ends = [
        flagship.compiled.run({**inputs, **shock, switch: value}, start=states, outputs=[name])[name][:, -1]
        for value in (0.0, 1.0)
    ]
    assert np.abs(ends[1] / ends[0] - 1).max() > 0.002


def test_statutory_spending_comes_first_and_early_help_is_the_residual(flagship: Flagship) -> None:
    names = ["Services budget", "Statutory spending", "Affordable early help", "Overspend met from reserves"]
    run = base_run(flagship, {"Budget cut month": 12.0, "Budget cut size": 0.2}, [*names, "Early help spending"])
    budget, statutory, early, reserves = (run[name][0] for name in names)
    np.testing.assert_allclose(statutory + early, budget + reserves, rtol=1e-12)
    assert early.min() > 0
    cut = 1 - run["Early help spending"][0, -1] / run["Early help spending"][0, 0]
    fall_of_statutory = 1 - statutory[-1] / statutory[0]
    assert cut > 3 * fall_of_statutory


def test_lost_early_help_raises_need_only_after_two_to_three_years(flagship: Flagship) -> None:
    run = base_run(flagship, {"Budget cut month": 0.0, "Budget cut size": 0.2}, ["Need from lost early help"])
    need = run["Need from lost early help"][0]
    final = need[-1] - need[0]
    assert final > 0
    assert need[12] - need[0] < 0.15 * final
    half = int(np.argmax(need - need[0] > final / 2))
    assert 24 <= half <= 48


def test_a_scrutiny_wave_lowers_both_thresholds_and_the_yield_of_enquiries(flagship: Flagship) -> None:
    """More enquiries of which fewer lead to a plan: England from 2010 to 2025 (DfE)."""
    wave = {"Scrutiny wave month[W1]": 12.0, "Scrutiny wave size[W1]": 1.0}
    run = base_run(flagship, wave, ["Referrals", "To section 47", "Plan starts"])
    referrals, enquiries, plans = (run[name][0].sum(axis=-1) for name in run.values)
    assert enquiries[24] / enquiries[0] > referrals[24] / referrals[0] > 1
    assert plans[36] / enquiries[36] < plans[0] / enquiries[0]


def test_thresholds_come_back_only_without_the_ratchet(flagship: Flagship) -> None:
    wave = {"Scrutiny wave month[W1]": 12.0, "Scrutiny wave size[W1]": 1.0}
    name = "Enquiry permissiveness"
    left = []
    for ratchet in (1.0, 0.0):
        path = base_run(flagship, {**wave, "Threshold ratchet": ratchet}, [name], months=60)[name][0]
        left.append((path[60] - path[0]) / (path.max() - path[0]))
    assert left[0] > 0.5 > 0.15 > left[1]


def test_professionals_forget_when_people_leave_and_organisations_do_not(flagship: Flagship) -> None:
    """Quit rates double at month 0: lessons leave with people, and what is built into the ways of working stays."""
    names = ["Professional learning", "Organisational learning"]
    quits = {"Base quit rate": 2 * flagship.compiled.inputs["Base quit rate"].default}
    states = solve_rest(flagship.compiled, {}).states
    run = flagship.compiled.run(quits, start=states, outputs=names, final_time=12)
    people, ways = (1 - run[name][0, -1] / run[name][0, 0] for name in names)
    assert (people > 0.03).all()
    assert (people > 2 * ways).all()
