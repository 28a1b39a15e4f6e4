"""Which constants can be moved, and how far a key moves them."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import policy_lab as pl
from policy_lab.errors import InputError
from policy_lab.lab.sliders import MOST, MOST_OF_A_GROUP, round_step, sliders


@pytest.fixture(scope="module")
def study():
    return pl.open_study("fishery")


def test_the_study_says_which(study):
    found = {one.name: one for one in sliders(study)}
    assert list(found) == [name for names in study.file.sliders.values() for name in names]
    growth, price = found["Intrinsic growth rate"], found["Fish price"]
    assert (growth.low, growth.base, growth.high, growth.grade, growth.stops) == (0.02, 0.03, 0.045, "B", ())
    assert price.stops == (1.6, 2.0, 2.5)  # grade C: three steps, no decimals


def test_a_study_that_names_none_gets_the_best_known(study):
    bare = replace(study, file=study.file.model_copy(update={"sliders": {}}))
    found = sliders(bare)
    assert 0 < len(found) <= MOST
    groups = [one.group for one in found]
    assert max(map(groups.count, groups)) <= MOST_OF_A_GROUP
    assert found[0].name == "Intrinsic growth rate"  # the only constant of grade B that has a range


@given(st.floats(1e-12, 1e12))
def test_steps_are_round_and_no_larger(size):
    step = round_step(size)
    assert step <= size * (1 + 1e-6)
    assert size <= 2.5 * step * (1 + 1e-6)
    assert any(
        math.isclose(step / 10 ** round(math.log10(step / factor)), factor, rel_tol=1e-6) for factor in (1, 2, 5)
    )


@pytest.mark.parametrize(
    ("name", "word"),
    [("Fish prise", "Fish price"), ("Full days at sea", "no range"), ("Patrol intensity", "something else sets it")],
)
def test_a_slider_that_cannot_move_is_a_fault_of_the_study(study, tmp_path, name, word):
    for file in study.folder.iterdir():
        if file.is_file():
            (tmp_path / file.name).write_bytes(file.read_bytes())
    text = (study.folder / "study.yaml").read_text(encoding="utf-8").replace("    - Fish price\n", f"    - {name}\n")
    (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=word):
        pl.open_study(tmp_path)
