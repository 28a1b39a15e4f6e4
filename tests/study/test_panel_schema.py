from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from policy_lab.errors import InputError
from policy_lab.model.types import Kind
from policy_lab.study import Study, open_study
from policy_lab.study.panel_checks import pairwise
from policy_lab.study.panel_schema import BalancePanel, MatrixPanel, Panels

Change = Callable[..., Path]
Refuse = Callable[[Path], InputError]

MOTIVE = "- variable: Motive strength"
FIRST = "  matrix:\n    - variable: Motive strength"


def balance(motivators: str, barriers: str) -> tuple[str, str]:
    return FIRST, f"  balance: {{title: Both, motivators: {motivators}, barriers: {barriers}}}\n{FIRST}"


BAD = [
    ((MOTIVE, "- variable: Motive strenght"), "Did you mean `Motive strength`?"),
    ((MOTIVE, "- variable: Raid thresholds"), "Did you mean `Raid threshold`"),
    ((MOTIVE, "- variable: Fleet"), "`Fleet` has 1 dimension, and a panel needs two"),
    ((MOTIVE, "- variable: Fish stock"), "`Fish stock` has no dimensions, and a panel needs two"),
    ((MOTIVE, "- variable: Raid threshold"), "`Raid threshold` does not change over time: it is of kind constant"),
    ((MOTIVE, f"- {{variable: Motive strength, title: Twice}}\n    {MOTIVE}"), "`Motive strength` is shown already"),
    (("{column} in the {row}", "{column} in the {line}"), "has to name {row} and {column}"),
    (("{column} in the {row}", "{column} and {column}"), "has to name {row} and {column}"),
    (("{column} in the {row}", "{column.__class__} in the {row}"), "has to name {row} and {column}"),
    (("{column} in the {row}", "{column:>9} in the {row}"), "has to name {row} and {column}"),
    (("{column} in the {row}", "{column in the {row}"), "a bracket that is not closed"),
    (("columns: which motive", "column: which motive"), "unknown key `column`. Did you mean `columns`?"),
    ((MOTIVE, f"{MOTIVE}\n      own: false"), "has no cell of an element with itself to leave blank"),
    (balance("Motive strength", "Motive strength"), "`Motive strength` stands on both sides"),
    (balance("Motive strength", "Motive weakness"), "the model has no variable `Motive weakness`"),
    (balance("Compliance", "Motive strength"), "`Compliance` has 1 dimension"),
    ((FIRST, f"  as_ratio: [Fish stocks]\n{FIRST}"), "Did you mean `Fish stock`?"),
    ((FIRST, f"  as_ratio: [Raid threshold]\n{FIRST}"), "`Raid threshold` does not change over time"),
]


@pytest.mark.parametrize(("change", "words"), BAD, ids=[words[:44] for _, words in BAD])
def test_panels_are_held_against_the_model(
    change: tuple[str, str], words: str, changed: Change, refused: Refuse
) -> None:
    error = refused(changed("study.yaml", change))
    assert words in str(error)
    for problem in error.problems:
        assert problem.line is not None
        assert Path(str(problem.file)).name == "study.yaml"


def test_both_sides_of_a_balance_have_the_same_elements(changed: Change, refused: Refuse) -> None:
    added = "\nPull[Community,Rule] = Implemented rule[Rule] * Trust[Community]\n\t~\tDmnl\n\t~\tExample.\n\t|\n"
    changed("fishery.mdl", ("\nMean compliance = ", f"{added}\nMean compliance = "))
    folder = changed("study.yaml", balance("Motive strength", "Pull"))
    assert "`Pull` has other elements than `Motive strength`" in str(refused(folder))


def test_a_balance_of_one_shape_and_unit_opens(changed: Change) -> None:
    added = "\nDoubt[Community,Motive] = 1 - Motive strength[Community,Motive]\n\t~\tDmnl\n\t~\tExample.\n\t|\n"
    changed("fishery.mdl", ("\nMean compliance = ", f"{added}\nMean compliance = "))
    study = open_study(changed("study.yaml", balance("Motive strength", "Doubt")))
    bound = study.file.panels.balance
    assert bound is not None
    assert (bound.motivators, bound.barriers, bound.names) == ("Motive strength", "Doubt", ("motivators", "barriers"))
    other = changed(
        "fishery.mdl", ("Community,Motive]\n\t~\tDmnl\n\t~\tExample", "Community,Motive]\n\t~\tboat\n\t~\tE")
    )
    with pytest.raises(InputError, match="`Doubt` is in `boat`, but `Motive strength` in `Dmnl`"):
        open_study(other)


def test_what_changes_over_two_dimensions_can_be_shown(fishery: Study) -> None:
    assert pairwise(fishery.model) == ("Motive strength",)  # Raid threshold, its other one, is a constant
    assert fishery.model["Raid threshold"].kind is Kind.CONSTANT


def test_a_study_without_panels_opens(changed: Change) -> None:
    text = (changed("study.yaml") / "study.yaml").read_text(encoding="utf-8")
    start, end = text.index("\npanels:"), text.index("\ngroups:")
    folder = changed("study.yaml", (text[start:end], ""))
    assert open_study(folder).file.panels == Panels()


def test_a_cell_is_named_in_the_study_s_own_words() -> None:
    panel = MatrixPanel(variable="x", title="t", cell="{row} in {column}")
    assert panel.named("north", "fear") == "north in fear"
    assert MatrixPanel(variable="x", title="t").named("north", "{row}") == "north and {row}"
    with pytest.raises(ValidationError):
        BalancePanel(title="t", motivators="a", barriers="b", names=("one",))
