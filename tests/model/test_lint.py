"""What is doubtful about a model file is told with line, variable and remedy, and sound files are left in peace."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy_lab.model import Model, read_model
from policy_lab.model.kept import read_kept
from policy_lab.model.lint import Finding, clipped_stocks, lint_file
from policy_lab.provenance import bundled

SOUND = """{UTF-8}
Stock = INTEG(Inflow - Outflow, Start)
	~	piece
	~	What is there.
	|

Inflow = Rate
	~	piece/Month
	~	What comes in.
	|

Outflow = Stock / Stay
	~	piece/Month
	~	What goes out.
	|

Rate = 3
	~	piece/Month
	~	Source: made up.
	|

Start = 10
	~	piece
	~	Source: made up.
	|

Stay = 5
	~	Month
	~	Source: made up.
	|

FINAL TIME = 10
	~	Month
	~	End.
	|
INITIAL TIME = 0
	~	Month
	~	Start.
	|
TIME STEP = 0.25
	~	Month
	~	Step.
	|
SAVEPER = 1
	~	Month
	~	Saved.
	|
"""


def model(folder: Path, *pairs: tuple[str, str]) -> Model:
    text = SOUND
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    path = folder / "model.mdl"
    path.write_text(text, encoding="utf-8")
    return read_model(path)


def of(findings: tuple[Finding, ...], rule: str) -> list[Finding]:
    return [one for one in findings if one.rule == rule]


def test_a_sound_model_is_left_in_peace(tmp_path: Path) -> None:
    assert lint_file(model(tmp_path)) == ()


@pytest.mark.parametrize(
    ("old", "new", "rule", "severity", "variable", "line", "said"),
    [
        ("Stock / Stay", "Stock * Stay", "units", "warning", "Outflow", 12, "but `piece/Month` is declared"),
        ("\t~\tpiece\n\t~\tWhat is there.", "\t~\t\n\t~\tWhat is there.", "units", "notice", "Stock", 2, "no unit"),
        ("What goes out.", "", "documentation", "notice", "Outflow", 12, "has no documentation"),
        ("Inflow = Rate", "Inflow = Start / Stay", "unused", "warning", "Rate", 17, "constant is read by nothing"),
        (
            "Start, Start", "Start", "unused", "notice", "Inflow", 7, "is read by no other equation",
        ),
        ("Inflow = Rate", "Inflow = 0.3 * Rate", "buried constant", "notice", "Inflow", 7, "equation: 0.3"),
        ("TIME STEP = 0.25", "TIME STEP = 0.1", "time step", "notice", "TIME STEP", 40, "no power of two"),
    ],
)  # fmt: skip
def test_each_doubtful_thing_is_told_with_its_place(
    tmp_path: Path, old: str, new: str, rule: str, severity: str, variable: str, line: int, said: str
) -> None:
    if rule == "unused" and variable == "Inflow":
        old, new = "INTEG(Inflow - Outflow, Start)", "INTEG(Rate - Outflow, Start)"
    found = of(lint_file(model(tmp_path, (old, new))), rule)
    assert [(one.severity, one.problem.variable) for one in found] == [(severity, variable)], found
    assert found[0].problem.line == line
    assert said in found[0].problem.what
    assert found[0].problem.remedy or rule == "units"


def test_what_a_study_reads_is_used(tmp_path: Path) -> None:
    unread = model(tmp_path, ("Inflow = Rate", "Inflow = Start / Stay"))
    assert of(lint_file(unread, frozenset({"Rate"})), "unused") == []


@pytest.mark.parametrize(
    ("old", "new", "severity", "variable"),
    [
        ("INTEG(Inflow - Outflow, Start)", "INTEG(MAX(-Stock, Inflow - Outflow), Start)", "warning", "Stock"),
        ("INTEG(Inflow - Outflow, Start)", "INTEG(MAX(0, Inflow - Outflow), Start)", "warning", "Stock"),
        ("Outflow = Stock / Stay", "Outflow = MIN(Stock, Rate)", "notice", "Outflow"),
    ],
)
def test_a_stock_kept_in_bounds_by_min_or_max_is_told(
    tmp_path: Path, old: str, new: str, severity: str, variable: str
) -> None:
    found = clipped_stocks(model(tmp_path, (old, new)))
    assert [(one.severity, one.problem.variable) for one in found] == [(severity, variable)]
    assert "first order" in found[0].problem.remedy


def test_min_of_other_things_is_no_clip(tmp_path: Path) -> None:
    assert clipped_stocks(model(tmp_path, ("Inflow = Rate", "Inflow = MIN(Rate, Start / Stay)"))) == ()


def test_numbers_that_explain_themselves_are_no_buried_constants(tmp_path: Path) -> None:
    powers = model(tmp_path, ("Inflow = Rate", "Inflow = 2 * Rate * (1 - (Stock / Start) ^ 0.5) * -1"))
    assert of(lint_file(powers), "buried constant") == []


def test_variables_that_no_view_shows_are_told_where_there_are_views(tmp_path: Path) -> None:
    drawn = "10,1,Stock,100,100,40,20,3,3,0,0,0,0,0,0"
    sketch = (
        "\n\\\\\\---/// Sketch information - do not modify anything except names\nV300  Do not put anything below "
        f"this section - it will be ignored\n*View 1\n$192-192-192,0,Arial|11||0-0-0|0-0-0|0-0-255|-1--1--1|-1--1--1|"
        f"96,96,100,0\n{drawn}\n///---\\\\\\\n"
    )
    found = of(lint_file(model(tmp_path, ("\t~\tSaved.\n\t|\n", f"\t~\tSaved.\n\t|\n{sketch}"))), "drawing")
    assert {one.problem.variable for one in found} == {"Inflow", "Outflow", "Rate", "Start", "Stay"}


def test_the_bundled_models_give_no_warning() -> None:
    for path in sorted(bundled("models").glob("*/*.mdl")):
        assert [str(one) for one in lint_file(read_kept(path)) if one.severity == "warning"] == [], path
