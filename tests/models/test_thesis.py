"""The theory as structure: levels act inside an agency first; others are reached only through declared channels."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from policy_lab.analysis.structure import private_path, structure_faults
from policy_lab.model import read_model
from policy_lab.study.schema import StructureRule
from tests.models.flagship import Flagship


@pytest.fixture
def rule(flagship: Flagship) -> StructureRule:
    assert flagship.study.file.structure is not None
    return flagship.study.file.structure


def planted(flagship: Flagship, folder: Path, sound: str, unsound: str) -> Path:
    text = flagship.study.files["model"].read_text(encoding="utf-8")
    assert text.count(sound) == 1, f"{text.count(sound)} places hold {sound!r}"
    path = folder / "planted.mdl"
    path.write_text(text.replace(sound, unsound), encoding="utf-8")
    return path


def test_another_agency_is_reached_only_through_declared_channels(flagship: Flagship, rule: StructureRule) -> None:
    assert structure_faults(flagship.study.model, rule) == ()


def test_each_level_reaches_the_others_inside_every_agency(flagship: Flagship, rule: StructureRule) -> None:
    model = flagship.study.model
    for agency in model.subscripts["Agency"]:
        for start, end in permutations(model.subscripts["Level"], 2):
            for kind in ("Barrier", "Motivator"):
                assert private_path(model, rule, f"{kind}[{agency},{start}]", f"{kind}[{agency},{end}]")


def test_workload_reaches_the_professional_norm_through_strain(flagship: Flagship, rule: StructureRule) -> None:
    path = private_path(flagship.study.model, rule, "Work pressure[Police]", "Barrier[Police,Professional]")
    assert path[0] == "Work pressure[Police]"
    assert path[-1] == "Barrier[Police,Professional]"


def test_a_planted_forbidden_edge_is_caught(flagship: Flagship, rule: StructureRule, tmp_path: Path) -> None:
    sound = "(1+Relief from trusted partners*Mean trust given[Agency])/Strain recovery time"
    path = planted(flagship, tmp_path, sound, f"{sound}+0.001*Strain[Police]")
    faults = structure_faults(read_model(path), rule)
    assert {fault.cause for fault in faults} == {"Strain[Police]"}
    assert "Strain recovery rate[Health]" in {fault.effect for fault in faults}


def test_a_planted_undeclared_shared_variable_is_caught(
    flagship: Flagship, rule: StructureRule, tmp_path: Path
) -> None:
    sound = "Slack[Agency]=\n\t1/(1+Release odds*Perceived pressure[Agency]^Release sensitivity)"
    gossip = "Gossip=\n\tSUM(Strain[Agency!])\n\t~\tDmnl\n\t~\tWhat everybody hears.\n\t|\n\n"
    path = planted(flagship, tmp_path, sound, f"{gossip}{sound}/(1+0.01*Gossip)")
    faults = structure_faults(read_model(path), rule)
    assert {fault.effect for fault in faults} == {"Gossip"}


CUTS = {  # constants that carry each step of the theory
    "levels inside an agency": ("Own side influence", "Retreat from strain", "Retreat from blame"),
    "joint behaviour across agencies": ("Attention from information", "Meeting contact", "Colocation contact"),
}


@pytest.mark.parametrize("step", CUTS)
def test_cutting_a_step_of_the_theory_changes_detection(flagship: Flagship, step: str) -> None:
    """Both steps carry weight: without either, detection under the base design ends elsewhere in most worlds."""
    plan = flagship.study.plan(worlds=20, futures=1)
    inputs, states = flagship.at_rest(plan, plan.base)
    cut = {name: np.zeros_like(flagship.compiled.inputs[name].default) for name in CUTS[step]}
    name = "Effective detection capacity"
    whole, without = (
        flagship.compiled.run({**inputs, **changed}, start=states, outputs=[name])[name][:, -1] for changed in ({}, cut)
    )
    moved = np.abs(without / whole - 1)
    assert np.median(moved) > 0.01, f"moved by {np.sort(moved)}"
