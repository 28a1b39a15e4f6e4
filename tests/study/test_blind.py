from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_lab.errors import InputError
from policy_lab.study import open_study
from policy_lab.study.blind import blind_key, described, footing, label_of


@pytest.fixture(scope="module")
def fishery():
    return open_study("fishery")


def test_every_design_has_one_label_and_the_seed_draws_the_order(fishery):
    keys = [blind_key(fishery, seed) for seed in range(12)]
    assert all(list(key) == ["A", "B", "C", "D"] for key in keys)
    assert all(sorted(key.values()) == sorted(fishery.file.comparison.designs) for key in keys)
    assert len({tuple(key.values()) for key in keys}) > 3
    assert dict(blind_key(fishery, 3)) == dict(blind_key(fishery, 3))


@pytest.mark.parametrize("designs", [["nobody"], ["open-access", "open-access"], ["open-access+watch"], []])
def test_designs_that_cannot_be_scored_are_refused(fishery, designs):
    with pytest.raises(InputError):
        blind_key(fishery, 1, designs)


@pytest.mark.parametrize("name", ["fishery", "safeguarding"])
def test_a_description_gives_neither_name_nor_date_away(name):
    study = open_study(name)
    for key, design in study.designs.items():
        told = described(study, key)
        assert not re.search(r"\d{2,}", told), told
        for given_away in (key, design.title, design.short, design.legal_basis):
            assert given_away.casefold() not in told.casefold() or given_away in ("none",)
        assert all(member in told for member in design.members)


@pytest.mark.parametrize(
    ("basis", "kind"),
    [
        ("Fisheries Act 1996 ss 3 and 4", "a statute"),
        ("No enforceable duty to meet; guidance of 1988", "no enforceable duty and guidance"),
        ("SI 2006/90", "regulations or an order"),
        ("Local agreement only.", "an agreement"),
        ("none", "nothing that is told here"),
    ],
)
def test_a_legal_basis_is_told_by_its_kind(basis, kind):
    assert footing(basis) == kind


@given(st.integers(0, 5000), st.integers(0, 5000))
def test_labels_differ(one, other):
    assert (label_of(one) == label_of(other)) == (one == other)


@pytest.mark.parametrize("name", ["fishery", "safeguarding"])
def test_no_two_designs_are_told_alike(name):
    study = open_study(name)
    told = [described(study, key) for key in study.designs]
    assert len(set(told)) == len(told)


def test_without_words_of_its_own_a_design_is_told_by_its_footing(fishery):
    from dataclasses import replace

    silent = fishery.designs["catch-quota"].model_copy(update={"unnamed": ""})
    study = replace(fishery, designs={**fishery.designs, "catch-quota": silent})
    assert described(study, "catch-quota") == "No core members; rests on regulations or an order."
