"""The units of every bundled model agree, and the checker that says so is not blind to any unit in them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest

from policy_lab.model import Model, read_model
from policy_lab.model.dimensions import check_units
from policy_lab.provenance import bundled

FILES = sorted(path for path in bundled("models").rglob("*") if path.suffix in (".mdl", ".xmile", ".stmx"))
every_model = pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])


def with_unit(model: Model, name: str, unit: str) -> Model:
    """Return a model in which one variable declares another unit."""
    changed = model.variables | {name: replace(model.variables[name], unit=unit)}
    return replace(model, variables=MappingProxyType(changed))


def test_there_are_models() -> None:
    assert len(FILES) >= 5


@every_model
def test_the_units_of_every_equation_agree(path: Path) -> None:
    report = check_units(read_model(path))
    assert [str(problem) for problem in (*report.faults, *report.warnings)] == []
    assert report.undeclared == ()
    assert report.checked > 10


@every_model
def test_a_wrong_unit_is_seen_wherever_it_stands(path: Path) -> None:
    """One variable after another declares a unit of nothing else in the model."""
    model = read_model(path)
    for name in list(model.variables)[:: len(model.variables) // 8]:
        report = check_units(with_unit(model, name, "zorkmid"))
        assert report.faults or report.warnings, name


@pytest.mark.parametrize(
    ("name", "unit", "told"),
    [
        ("Undetected harmed children", "child/Month", "Undetected harmed children"),
        ("Waiting time", "Dmnl", "Leaving the front door"),
        ("Hours per FTE", "hour/FTE", "Work capacity"),
        ("Scrutiny per notification", "1/review", "Political scrutiny"),
        ("Plan duration", "Year", "Plan ends"),
    ],
)
def test_a_wrong_unit_planted_in_the_flagship_is_caught_where_it_bites(name: str, unit: str, told: str) -> None:
    model = read_model(bundled("models") / "safeguarding" / "partnership.mdl")
    faults = check_units(with_unit(model, name, unit)).faults
    assert told in {problem.variable for problem in faults}
    for problem in faults:
        assert problem.file == model.path
        assert problem.line
        assert "`" in problem.what
