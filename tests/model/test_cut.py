"""Cutting a link leaves everything else as it was."""

from __future__ import annotations

import numpy as np
import pytest

from policy_lab.engine import compile_model
from policy_lab.errors import InputError
from policy_lab.model.cut import cut_links
from policy_lab.model.kept import read_kept
from policy_lab.model.types import Kind, Model
from policy_lab.provenance import bundled


@pytest.fixture(scope="module")
def fishery() -> Model:
    return read_kept(bundled("models") / "fishery" / "fishery.mdl")


def test_the_effect_reads_a_constant_and_the_rest_is_unchanged(fishery: Model) -> None:
    cut, held = cut_links(fishery, [("Fish stock", "Catch per boat")])
    name = held["Fish stock"]
    assert cut[name].kind is Kind.CONSTANT
    assert name in cut["Catch per boat"].causes
    assert "Fish stock" not in cut["Catch per boat"].causes
    assert "Fish stock" in cut["Growth"].causes
    assert {one for one in cut.variables if one not in fishery.variables} == {name}
    assert "Fish stock" in fishery["Catch per boat"].causes


def test_a_cut_link_carries_the_constant(fishery: Model) -> None:
    cut, held = cut_links(fishery, [("fish_stock", "Catch per boat"), ("Trust", "Mean trust")])
    compiled = compile_model(cut, backend="numpy")
    trust = np.array([0.1, 0.2, 0.3])
    values = {held["Fish stock"]: 1000.0, held["Trust"]: trust}
    series = compiled.run(values, outputs=["Catch per boat", "Days at sea", "Mean trust", "Trust"], final_time=3)
    catchability = compiled.inputs["Catchability"].default
    np.testing.assert_allclose(series["Catch per boat"], catchability * series["Days at sea"] * 1000, rtol=1e-12)
    np.testing.assert_allclose(series["Mean trust"], trust.mean(), rtol=1e-12)
    assert np.ptp(series["Trust"], axis=1).max() > 1e-3


def test_an_initial_value_is_no_link_that_acts(fishery: Model) -> None:
    cut, _ = cut_links(fishery, [("Intended rule", "Implemented rule")])
    component = cut["Implemented rule"].components[0].expression
    assert component.initial == fishery["Implemented rule"].components[0].expression.initial  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("link", "said"),
    [
        (("Trust", "Growth"), "no link from `Trust` to `Growth`. What drives it: "),
        (("Catchability", "Catch per boat"), "a link from a constant carries nothing that could be cut"),
        (("Nothing", "Growth"), "no variable `Nothing`"),
    ],
)
def test_links_that_are_not_there_are_refused(fishery: Model, link: tuple[str, str], said: str) -> None:
    with pytest.raises(InputError) as caught:
        cut_links(fishery, [link])
    assert said in str(caught.value)
