"""A study for a model that nobody has seen: it opens and runs, says what to edit, is written whole or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import policy_lab as pl
from policy_lab.model import read_model
from policy_lab.out.study_sketch import parameter_rows, sketch_study
from policy_lab.out.study_template import _number
from policy_lab.provenance import bundled
from policy_lab.results.files import written_whole
from policy_lab.study.yaml_file import read_yaml

TIMES = "FINAL TIME=2030 ~ Year ~|\nINITIAL TIME=2010 ~ Year ~|\nTIME STEP=0.25 ~ Year ~|\nSAVEPER=1 ~ Year ~|\n"
SAVINGS = f"""{{UTF-8}}
Group: old, young ~ ~|
Spent= INTEG(SUM(Spending[Group!]), 0) ~ pound ~|
Savings[Group]= INTEG(Savings[Group]*Interest rate-Spending[Group], Start[Group]) ~ pound ~|
Start[Group]= 100, 50 ~ pound ~|
Spending[Group]= 1, 2 ~ pound/Year [0,10] ~|
Interest rate= 0.05 ~ 1/Year ~|
Cap= 3 ~ Dmnl [?,4] ~|
Is open= 1 ~ Dmnl [0,1] ~|
Nothing= 0 ~ Dmnl ~|
{TIMES}"""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "savings.mdl"
    path.write_text(SAVINGS, encoding="utf-8")
    return path


def test_the_folder_opens_and_holds_the_model_as_it_was(model: Path, tmp_path: Path) -> None:
    made = pl.new_study("my-savings", model, tmp_path / "study")
    assert (made.folder / "savings.mdl").read_bytes() == model.read_bytes()
    study = pl.open_study(made.folder)
    assert study.file.title == "my-savings"
    assert study.file.outcomes == ("Spent", "Savings")
    assert study.file.clock.horizon == 20
    assert study.file.clock.start.isoformat() == "2010-01-01"
    assert list(study.scenarios) == ["calm"]
    assert len(study.designs) == 2
    assert {row.mark for row in study.parameters.values()} == {"assumption"}
    assert {row.grade for row in study.parameters.values()} == {"C"}


def test_ranges_are_the_limits_of_the_file_or_half_to_both_sides(model: Path) -> None:
    rows = {row.variable: row for row in parameter_rows(read_model(model))}
    told = {name: (row.low, row.high, row.distribution) for name, row in rows.items()}
    assert told == {
        "Start[old]": (50, 150, "triangular"),
        "Start[young]": (25, 75, "triangular"),
        "Spending[old]": (0, 10, "triangular"),
        "Spending[young]": (0, 10, "triangular"),
        "Interest rate": (0.025, 0.075, "triangular"),
        "Cap": (1.5, 4, "triangular"),
        "Is open": (0, 1, "fixed"),
        "Nothing": (None, None, "fixed"),
    }


def test_what_is_measured_can_be_moved_and_is_refused_until_chosen(model: Path, tmp_path: Path) -> None:
    """Spent adds up whatever happens, by constants with subscripts; interest acts on savings."""
    sketch = sketch_study(read_model(model))
    assert (sketch.measured, sketch.lever.variable, sketch.burden) == ("Savings[old]", "Interest rate", "Spent")
    assert not sketch.rests  # savings grow or go, and never stand still by themselves
    study = pl.open_study(pl.new_study("savings", model, tmp_path / "study").folder)
    plan = study.plan(worlds=4)
    assert plan.start == "file"
    results = pl.run(plan)
    first, last = results["Savings"].values[0, :, 0, 0, 0], results["Savings"].values[:, :, 0, -1, 0]
    np.testing.assert_allclose(first, study.plan(worlds=4).world_inputs()["Start"][:, 0])
    assert (last[1] > last[0]).all()  # the example pays more interest
    with pytest.raises(pl.InputError, match="nobody has chosen the measures"):
        pl.risk(results)
    text = study.files["study"].read_text(encoding="utf-8")
    chosen = [line for line in text.splitlines() if not line.startswith("  placeholder:")]
    study.files["study"].write_text("\n".join(chosen), encoding="utf-8")
    assert len(pl.risk(pl.run(pl.open_study(study.folder).plan(worlds=4)))) == 2


def test_every_mark_is_listed_with_its_line(model: Path, tmp_path: Path) -> None:
    made = pl.new_study("savings", model, tmp_path / "study")
    listed = {tuple(words.split(":")[:2]) for words in made.to_edit if not words.startswith("parameters.csv")}
    marked = {
        (path.name, str(number))
        for path in made.folder.glob("*.yaml")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if "# EDIT: " in line
    }
    assert listed == marked
    assert len(marked) > 15
    (rows,) = (words for words in made.to_edit if words.startswith("parameters.csv"))
    assert "8 constants" in rows


def test_its_checks_pass(model: Path, tmp_path: Path) -> None:
    found = pl.check(pl.new_study("savings", model, tmp_path / "study").folder)
    assert {result.status for result in found.results} == {"ok"}
    assert len(found.results) == 2


def test_a_model_at_rest_starts_from_there(tmp_path: Path) -> None:
    made = pl.new_study("fish", bundled("models") / "fishery" / "fishery.mdl", tmp_path / "fish")
    study = pl.open_study(made.folder)
    assert study.file.comparison.start == "switch"
    assert not pl.run(study.plan(worlds=3)).failures


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("Cap= 3", "Cap= 5", "savings.mdl:8: `Cap`: the value 5 lies outside the limits [?, 4]"),
        ("INTEG(SUM(Spending[Group!]), 0)", "SUM(Spending[Group!])", ""),
        (
            "= INTEG(Savings[Group]*Interest rate-Spending[Group], Start[Group])",
            "= 3",
            "no constant without subscripts",
        ),
        ("INTEG(SUM(Spending[Group!]), 0)", "BIZARRE(3)", "BIZARRE"),
    ],
)
def test_what_cannot_be_used_is_told_and_nothing_is_written(
    model: Path, tmp_path: Path, old: str, new: str, told: str
) -> None:
    model.write_text(SAVINGS.replace(old, new), encoding="utf-8")
    target = tmp_path / "study"
    if told:
        with pytest.raises(pl.InputError) as caught:
            pl.new_study("savings", model, target)
        assert told.casefold() in str(caught.value).casefold()
        assert [path.name for path in tmp_path.iterdir()] == ["savings.mdl"]
    else:  # one stock less: the other one is measured, and stands for the burden too
        pl.new_study("savings", model, target)
        assert pl.open_study(target).file.measures.burden.variable == "Savings[old]"


def test_nothing_that_exists_is_written_over(model: Path, tmp_path: Path) -> None:
    target = tmp_path / "study"
    target.mkdir()
    with pytest.raises(pl.InputError, match="is there already"):
        pl.new_study("savings", model, target)
    assert not list(target.iterdir())


@pytest.mark.parametrize("name", ["", "a/b", "..", "-x", "two words"])
def test_a_name_that_is_no_folder_is_refused(model: Path, name: str) -> None:
    with pytest.raises(pl.InputError, match="cannot be the name"):
        pl.new_study(name, model)


@settings(max_examples=30, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_read_back_as_they_are(tmp_path_factory: pytest.TempPathFactory, value: float) -> None:
    path = tmp_path_factory.getbasetemp() / "number.yaml"
    with written_whole(path) as temporary:
        temporary.write_text(f"value: {_number(value)}\n", encoding="utf-8")
    assert float(read_yaml(path).data["value"]) == value
    assert not isinstance(read_yaml(path).data["value"], str)
