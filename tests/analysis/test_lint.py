"""What a base run shows of a model: tables read outside their points, starts that move, steps that are too long."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy_lab.analysis.lint import lint
from policy_lab.model import Model, read_model
from policy_lab.model.lint import Finding
from policy_lab.provenance import bundled

TIMES = """
FINAL TIME = 20
	~	Month
	~	End.
	|
INITIAL TIME = 0
	~	Month
	~	Start.
	|
TIME STEP = {step}
	~	Month
	~	Step.
	|
SAVEPER = 1
	~	Month
	~	Saved.
	|
"""


def model(folder: Path, *equations: str, step: float = 0.125, head: str = "") -> Model:
    """Return a model of equations with the unit Dmnl, or what follows a `~`."""
    text = head
    for equation in equations:
        plain, _, unit = equation.partition("~")
        text += f"{plain.strip()}\n\t~\t{unit.strip() or 'Dmnl'}\n\t~\tSaid.\n\t|\n"
    path = folder / "model.mdl"
    path.write_text(text + TIMES.format(step=step), encoding="utf-8")
    return read_model(path)


def told(findings: tuple[Finding, ...], rule: str) -> list[tuple[str, str, str]]:
    return [(one.severity, str(one.problem.variable), one.problem.what) for one in findings if one.rule == rule]


REST = ("Stock = INTEG(Inflow - Stock/Stay, 5)", "Inflow = 1 ~1/Month", "Stay = 5 ~Month")


def test_a_sound_model_at_rest_is_left_in_peace(tmp_path: Path) -> None:
    assert lint(model(tmp_path, *REST)) == ()


def test_a_start_out_of_equilibrium_is_a_notice(tmp_path: Path) -> None:
    moving = model(tmp_path, REST[0].replace("5)", "4)"), *REST[1:])
    assert told(lint(moving), "start") == [
        ("notice", "Stock", "starts out of equilibrium: `Stock` changes by 5% of itself in the first month")
    ]


def test_what_only_adds_up_is_no_start_out_of_equilibrium(tmp_path: Path) -> None:
    assert told(lint(model(tmp_path, *REST, "Total = INTEG(Inflow, 0)")), "start") == []


@pytest.mark.parametrize(("stay", "severity"), [(0.4, "notice"), (0.2, "warning"), (0.5, None)])
def test_a_step_long_beside_a_time_constant(tmp_path: Path, stay: float, severity: str | None) -> None:
    quick = model(
        tmp_path, f"Stock = INTEG(Inflow - Stock/Stay, {stay})", "Inflow = 1 ~1/Month", f"Stay = {stay} ~Month"
    )
    found = told(lint(quick), "time step")
    assert [(one[0], one[1]) for one in found] == ([(severity, "Stock")] if severity else [])
    if severity:
        assert f"the time step 0.125 is long beside `Stock`, which answers to itself in {stay:g}" in found[0][2]


def test_digits_that_half_the_step_would_change(tmp_path: Path) -> None:
    swing = model(
        tmp_path,
        "Prey = INTEG(Growth*Prey - Bite*Prey*Hunter, 2)", "Hunter = INTEG(Bite*Prey*Hunter - Death*Hunter, 1)",
        "Growth = 1 ~1/Month", "Bite = 1 ~1/Month", "Death = 1 ~1/Month", step=0.125,
    )  # fmt: skip
    found = [one for one in told(lint(swing), "time step") if "half the time step" in one[2]]
    assert {one[:2] for one in found} == {("warning", "Prey"), ("warning", "Hunter")}


def test_a_table_read_outside_its_points(tmp_path: Path) -> None:
    table = "Effect = Curve(Time/Scale)", "Curve([(0,0)-(2,2)],(0,0),(1,2),(2,2))", "Scale = 5 ~Month"
    found = told(lint(model(tmp_path, *table)), "table")
    assert len(found) == 1
    assert found[0][:2] == ("warning", "Effect")
    assert (
        "reads `Curve` at 4 in month 20, outside its points from 0 to 2; it keeps its last value there" in found[0][2]
    )


def test_a_table_inside_its_points_is_fine(tmp_path: Path) -> None:
    table = "Effect = Curve(Time/Scale)", "Curve([(0,0)-(4,2)],(0,0),(1,2),(4,2))", "Scale = 5 ~Month"
    assert told(lint(model(tmp_path, *table)), "table") == []


def test_each_element_is_held_against_its_own_table(tmp_path: Path) -> None:
    head = "Place: a, b\n\t~\n\t~\tPlaces.\n\t|\n"
    own = model(
        tmp_path,
        "Effect[Place] = Curve[Place](Level[Place])", "Level[Place] = 1, 3",
        "Curve[a]([(0,0)-(2,2)],(0,0),(2,2))", "Curve[b]([(0,0)-(2,2)],(0,0),(2,2))", head=head,
    )  # fmt: skip
    found = told(lint(own), "table")
    assert len(found) == 1
    assert "at 3 for b in" in found[0][2]


def test_a_table_inside_a_sum_is_seen(tmp_path: Path) -> None:
    head = "Place: a, b\n\t~\n\t~\tPlaces.\n\t|\n"
    summed = model(
        tmp_path,
        "Effect = SUM(Curve(Level[Place!]))",
        "Level[Place] = 1, 3",
        "Curve([(0,0)-(2,2)],(0,0),(2,2))",
        head=head,
    )
    assert "at 3 for b in" in told(lint(summed), "table")[0][2]


def test_numbers_that_are_none_are_a_warning(tmp_path: Path) -> None:
    found = told(lint(model(tmp_path, "Ratio = 1/(Time - Moment)", "Moment = 4 ~Month")), "base run")
    assert found[0][:2] == ("warning", "Ratio")
    assert "division by zero" in found[0][2]


def test_a_model_that_cannot_be_run_is_read_all_the_same(tmp_path: Path) -> None:
    found = lint(model(tmp_path, "Stock = INTEG(Series - Stock, 1)", "Series:INTERPOLATE:", "Idle = 3"))
    assert any(one.rule == "base run" and "only its file was looked at" in one.problem.what for one in found)
    assert ("warning", "Idle", "this constant is read by nothing") in told(found, "unused")


def test_the_bundled_models_give_no_warning() -> None:
    for path in sorted(bundled("models").glob("*/*.mdl")):
        assert [str(one) for one in lint(read_model(path)) if one.severity == "warning"] == [], path.name
